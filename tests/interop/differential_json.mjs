// SPDX-License-Identifier: Apache-2.0
// Owns the verdicts of npm jose on JSON serializations, for
// tests/interop/test_differential_json.py. The first line on standard input has the key set and
// the algorithms; each line after it is a form and a text, and is answered with "ok" and the
// payload in base64, or with jose's code and message.
import { createInterface } from "node:readline";
import * as jose from "jose";

let keys, options;

function find(header, token) {
  const kid = header?.kid ?? token.header?.kid;
  const key = keys.get(kid);
  if (!key) throw new jose.errors.JWKSNoMatchingKey();
  return key;
}

async function prepare({ jwks, algorithms }) {
  keys = new Map();
  for (const key of jwks.keys) keys.set(key.kid, await jose.importJWK(key, key.alg));
  options = { algorithms };
}

async function judge([form, text]) {
  try {
    const verify = form === "general" ? jose.generalVerify : jose.flattenedVerify;
    const { payload } = await verify(JSON.parse(text), find, options);
    return ["ok", Buffer.from(payload).toString("base64")];
  } catch (error) {
    return [error.code ?? error.name, error.message];
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line);
  if (Array.isArray(request)) console.log(JSON.stringify(await judge(request)));
  else await prepare(request);
}
