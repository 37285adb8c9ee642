// SPDX-License-Identifier: Apache-2.0
//
// Owns the peers that run in Node.js: PEER ALG FOLDER, and the conversation of peer.c.
// jose: jwtVerify with a local key set. fast-jwt: a verifier for each key, chosen by the `kid`
// of the header; fast-jwt-cache: the same with its cache of 1,000 tokens.
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";

const ISSUER = "https://issuer.example/tenant/0b9b1b5e";
const AUDIENCE = "https://api.example";
const [name, alg, folder] = process.argv.slice(2);
const tokens = readFileSync(`${folder}/tokens.txt`, "utf8").trim().split("\n");
const kids = readFileSync(`${folder}/kids.txt`, "utf8").trim().split("\n");

async function prepareJose() {
  const { createLocalJWKSet, importJWK, jwtVerify } = await import("jose");
  const set = JSON.parse(readFileSync(`${folder}/jwks.json`, "utf8"));
  const options = { issuer: ISSUER, audience: AUDIENCE, algorithms: [alg] };
  let find = createLocalJWKSet(set);
  if (alg.startsWith("HS")) {
    // Its key set refuses symmetric keys.
    const keys = new Map();
    for (const key of set.keys) keys.set(key.kid, await importJWK(key, alg));
    find = (header) => keys.get(header.kid);
  }
  return (token) => jwtVerify(token, find, options);
}

async function prepareFastJwt(cache) {
  const { createVerifier } = await import("fast-jwt");
  const verifiers = new Map(
    kids.map((kid) => {
      const key = readFileSync(`${folder}/${kid}.key`);
      const options = { key, cache, algorithms: [alg], allowedIss: ISSUER, allowedAud: AUDIENCE };
      return [kid, createVerifier(options)];
    }),
  );
  return (token) => {
    const segment = token.slice(0, token.indexOf("."));
    const header = JSON.parse(Buffer.from(segment, "base64url").toString());
    return verifiers.get(header.kid)(token);
  };
}

async function isRefused(verify, token) {
  try {
    await verify(token);
    return false;
  } catch {
    return true;
  }
}

const peers = {
  jose: () => prepareJose(),
  "fast-jwt": () => prepareFastJwt(false),
  "fast-jwt-cache": () => prepareFastJwt(true),
};

let next = 0;
async function run(verify, sliceMs) {
  let count = 0;
  const start = process.cpuUsage();
  for (;;) {
    for (let i = 0; i < 16; i++, count++) await verify(tokens[next++ % tokens.length]);
    const used = process.cpuUsage(start);
    const ns = (used.user + used.system) * 1000;
    if (ns >= sliceMs * 1e6) return `${count} ${ns}`;
  }
}

try {
  const verify = await peers[name]();
  await verify(tokens[0]);
  const at = tokens[0].lastIndexOf(".") + 1;
  const other = tokens[0][at] === "A" ? "B" : "A";
  if (!(await isRefused(verify, tokens[0].slice(0, at) + other + tokens[0].slice(at + 1))))
    process.exit(3);
  console.log("ready");
  for await (const line of createInterface({ input: process.stdin }))
    console.log(await run(verify, Number(line.split(" ")[1])));
} catch (error) {
  console.error(`${name}: ${error.message}`);
  process.exit(3);
}
