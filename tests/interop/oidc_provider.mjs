// SPDX-License-Identifier: Apache-2.0
//
// Owns a real issuer, npm oidc-provider, on a loopback port that the system chooses. Access
// tokens for the resource urn:api:ALG are at+jwt (RFC 9068), signed with ALG. Says its URL as a
// line of JSON, then takes a line a command: "rotate" puts new keys before the old ones,
// "retire" puts them in their place.
import http from 'node:http';
import readline from 'node:readline';
import { exportJWK, generateKeyPair } from 'jose';
import Provider from 'oidc-provider';

const ALGORITHMS = ['RS256', 'PS256', 'ES256', 'EdDSA'];
const RESOURCE = 'urn:api:';
const LIFETIME_S = 300;
console.info = console.error; // the provider's hints; standard output is ours
let generation = 0;
let keys = [];
let answer;

async function makeKeys() {
  generation += 1;
  return Promise.all(ALGORITHMS.map(async (alg) => {
    const { privateKey } = await generateKeyPair(alg, { extractable: true });
    return { ...await exportJWK(privateKey), alg, use: 'sig', kid: `${alg}-${generation}` };
  }));
}

function resource(ctx, indicator) {
  return {
    scope: 'read write',
    audience: 'api',
    accessTokenFormat: 'jwt',
    accessTokenTTL: LIFETIME_S,
    jwt: { sign: { alg: indicator.slice(RESOURCE.length) } },
  };
}

function begin(url) {
  const provider = new Provider(url, {
    jwks: { keys },
    clients: [{
      client_id: 'client',
      client_secret: 'secret',
      grant_types: ['client_credentials'],
      redirect_uris: [],
      response_types: [],
    }],
    enabledJWA: { clientAuthSigningAlgValues: ['RS256'] },
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: false },
      resourceIndicators: { enabled: true, getResourceServerInfo: resource },
    },
  });
  answer = provider.callback();
}

keys = await makeKeys();
const server = http.createServer((request, response) => answer(request, response));
server.listen(0, '127.0.0.1', () => {
  const url = `http://127.0.0.1:${server.address().port}`;
  begin(url);
  console.log(JSON.stringify({ url }));
  const lines = readline.createInterface({ input: process.stdin });
  lines.on('line', async (command) => {
    const made = await makeKeys();
    keys = command === 'retire' ? made : [...made, ...keys];
    begin(url);
    console.log(JSON.stringify({ generation }));
  });
  lines.on('close', () => process.exit(0));
});
