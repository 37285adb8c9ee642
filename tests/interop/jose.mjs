// SPDX-License-Identifier: Apache-2.0
// Owns speaking for npm jose: a request a line on standard input, an answer a line on standard
// output, both JSON. Bytes travel as base64url.
import { createInterface } from "node:readline";
import * as jose from "jose";

const { encode, decode } = jose.base64url;

const doing = {
  async generate({ alg, crv }) {
    if (alg.startsWith("HS")) {
      const size = Number(alg.slice(2)) / 8;
      return { kty: "oct", alg, k: encode(crypto.getRandomValues(new Uint8Array(size))) };
    }
    const pair = await jose.generateKeyPair(alg, { crv, extractable: true });
    return { ...(await jose.exportJWK(pair.privateKey)), alg };
  },
  async sign({ key, alg, payload, header }) {
    return new jose.CompactSign(decode(payload)).setProtectedHeader({ alg, ...header })
      .sign(await jose.importJWK(key, alg));
  },
  async verify({ key, alg, token }) {
    const imported = await jose.importJWK(key, alg);
    const { payload } = await jose.compactVerify(token, imported, { algorithms: [alg] });
    return encode(payload);
  },
  async signJson({ keys, payload, b64 }) {
    const protectedHeader = (key) => ({ alg: key.alg, ...(b64 ? {} : { b64, crit: ["b64"] }) });
    if (keys.length === 1)
      return new jose.FlattenedSign(decode(payload)).setProtectedHeader(protectedHeader(keys[0]))
        .setUnprotectedHeader({ kid: keys[0].kid, number: 0 })
        .sign(await jose.importJWK(keys[0], keys[0].alg));
    const signed = new jose.GeneralSign(decode(payload));
    for (const [number, key] of keys.entries())
      signed.addSignature(await jose.importJWK(key, key.alg))
        .setProtectedHeader(protectedHeader(key)).setUnprotectedHeader({ kid: key.kid, number });
    return signed.sign();
  },
  async verifyJson({ key, alg, token }) {
    const imported = await jose.importJWK(key, alg);
    const verify = token.signatures ? jose.generalVerify : jose.flattenedVerify;
    const { payload } = await verify(token, imported, { algorithms: [alg] });
    return encode(payload);
  },
  async thumbprint({ key }) {
    return jose.calculateJwkThumbprint(key);
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line);
  try {
    console.log(JSON.stringify({ result: await doing[request.op](request) }));
  } catch (error) {
    console.log(JSON.stringify({ error: String(error) }));
  }
}
