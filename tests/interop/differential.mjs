// SPDX-License-Identifier: Apache-2.0
// Owns the verdicts of npm jose for tests/interop/test_differential.py. The first line on standard
// input has the key set and what every token must say; each line after it is a token in JSON, and
// is answered with "ok" and the claims, or with jose's code and message.
import { createInterface } from "node:readline";
import * as jose from "jose";

let keys, options;

function find(header) {
  const key = keys.get(header.kid);
  if (!key) throw new jose.errors.JWKSNoMatchingKey();
  return key;
}

async function prepare({ jwks, rules }) {
  keys = new Map();
  for (const key of jwks.keys) keys.set(key.kid, await jose.importJWK(key, key.alg));
  options = { ...rules, currentDate: new Date(rules.now * 1000), clockTolerance: 0 };
}

async function judge(token) {
  try {
    const { payload } = await jose.jwtVerify(token, find, options);
    return ["ok", payload];
  } catch (error) {
    return [error.code ?? error.name, error.message];
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line);
  if (typeof request === "string") console.log(JSON.stringify(await judge(request)));
  else await prepare(request);
}
