// SPDX-License-Identifier: Apache-2.0
//
// Owns making tests/vectors/http_requests.txt: requests, good and damaged, each with what
// Node's parser (llhttp, strict) makes of it. Usage: node http_requests.mjs [COUNT [SEED]]
// The test beside the file asks that our reader never accepts what that one refuses, and
// reads nothing differently.
import { createRequire } from 'node:module';

const { HTTPParser, methods } = createRequire(import.meta.url)('_http_common');

const seeds = [
  'GET / HTTP/1.1\r\nHost: a\r\n\r\n',
  'GET /verify?x=y HTTP/1.1\r\nHost: a:8080\r\nAuthorization: Bearer a.b.c\r\n\r\n',
  'HEAD /verify HTTP/1.0\r\nConnection: close\r\nX-Original-URI: /a?b=c\r\n\r\n',
  'POST /token HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nsub=a',
  'PUT /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n',
  'OPTIONS * HTTP/1.1\r\nHost: a\r\nX-Empty:\r\n\r\n',
  'GET http://a/b HTTP/1.1\r\nHost: a\r\nX-A: \t b c \t\r\nx-a: caf\xc3\xa9\r\n\r\n',
  'DELETE /a HTTP/1.1\r\nhost:a\r\nConnection: keep-alive, te\r\nTE: trailers\r\n\r\n',
  '\r\nGET /a HTTP/1.1\r\nHost: a\r\nCookie: a="b"; c={d}\r\n\r\n',
  'GET /a HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer a\r\nAuthorization: Bearer b\r\n\r\n',
];
const lines = [
  'Content-Length: 0', 'Content-Length: 1', 'Content-Length: 1, 1', 'Content-Length: +1',
  'Content-Length : 0', 'Content-Length: 0x0', 'Content-Length:', 'Transfer-Encoding: chunked',
  'Transfer-Encoding: identity', 'Transfer-Encoding : chunked', ' folded', '\tfolded',
  'Host: b', 'No colon', ': no name', 'Expect: 100-continue', 'X:\0', 'X: a\rb', 'X: a\nY: b',
  'Authoriz: Bearer forged\r\n ation: x', 'Connection: close', 'X(: a', 'X\xff: a', 'X: \x7f',
];
const bytes = '\0\t\n\v\r "#%(,/:;<@AZ[\\]^`az{|}~\x7f\x80\xff01.H';

let state = Number(process.argv[3] ?? 1);
function random(bound) { // a linear congruential generator: the file can be made again
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return Math.floor((state / 2 ** 32) * bound);
}
const pick = (list) => list[random(list.length)];

const damages = [
  (t, at) => t.slice(0, at) + pick(bytes) + t.slice(at + 1),
  (t, at) => t.slice(0, at) + pick(bytes) + t.slice(at),
  (t, at) => t.slice(0, at) + t.slice(at + 1),
  (t, at) => t.slice(0, at) + t[at] + t.slice(at),
  (t, at) => t.slice(0, at),
  (t) => t.replace('\r\n', pick(['\n', '\r', '\r\r\n', '\n\r', ' \r\n', '\r\n\r\n'])),
  (t) => {
    const ends = [...t.matchAll(/\r\n/g)].map((match) => match.index + 2);
    const at = ends.length ? pick(ends) : 0;
    return t.slice(0, at) + pick(lines) + '\r\n' + t.slice(at);
  },
];

function request() {
  let text = pick(seeds);
  for (let count = random(4); count > 0 && text.length > 1; count--)
    text = pick(damages)(text, random(text.length));
  return text;
}

// What Node makes of the first request in `text`.
function judge(text) {
  const seen = { fields: [], body: 0, isComplete: false };
  const parser = new HTTPParser();
  parser.initialize(HTTPParser.REQUEST, {}, 65536, 0);
  parser[HTTPParser.kOnHeaders] = (fields, url) => {
    if (!seen.isComplete) {
      seen.fields.push(...fields);
      seen.url = (seen.url ?? '') + url;
    }
  };
  parser[HTTPParser.kOnHeadersComplete] = (major, minor, fields, method, url) => {
    if (!seen.isComplete) {
      seen.fields.push(...(fields ?? []));
      seen.method = methods[method];
      seen.url = (seen.url ?? '') + (url ?? '');
    }
    return 0;
  };
  parser[HTTPParser.kOnBody] = (chunk, offset, size) => {
    if (!seen.isComplete) seen.body += size ?? chunk.length;
  };
  parser[HTTPParser.kOnMessageComplete] = () => { seen.isComplete = true; };
  const result = parser.execute(Buffer.from(text, 'latin1'));
  seen.error = result instanceof Error ? result.code : undefined;
  return seen;
}

// Visible ASCII but the backslash stands for itself; \xx is a byte, \_ nothing at all.
const escape = (text) => text === '' ? '\\_' : text.replace(/[^!-[\]-~]/g,
  (byte) => `\\${byte.charCodeAt(0).toString(16).padStart(2, '0')}`);

function line(text) {
  const seen = judge(text);
  const verdict = !seen.isComplete ? ['-', seen.error ?? 'incomplete']
    : ['+', String(seen.body), seen.method, seen.url, ...seen.fields];
  return [text, ...verdict].map(escape).join(' ');
}

console.log(`# node ${process.versions.node}, llhttp ${process.versions.llhttp}`);
const made = new Set(seeds);
while (made.size < Number(process.argv[2] ?? 2000)) made.add(request());
for (const text of made) console.log(line(text));
