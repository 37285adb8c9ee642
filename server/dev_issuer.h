/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the embedded test issuer: keys made at start, its JWKS and discovery documents, a
 * token endpoint that signs what it is asked to, rotation. For demonstrations, tests and
 * benchmarks. Refuses to listen anywhere but on loopback, and says in every answer that it is
 * a test issuer (X-Jwkeep-Test-Issuer: 1).
 *
 *   GET  /jwks.json                         Cache-Control: max-age, ETag, 304
 *   GET  /.well-known/openid-configuration
 *   POST /token    form: sub scope aud ttl alg -> {"access_token":…,"token_type":"Bearer",
 *                  "expires_in":…,"scope":…}
 *   POST /rotate   form: retire=1 to drop older keys at once -> {"generation":…,"kids":[…]}
 *   GET  /stats    {"downloads":…,"not_modified":…,"tokens":…,"rotations":…,"generation":…}
 *
 * A rotation makes a new key for each algorithm and keeps the previous generation in the set;
 * what is older is dropped. The `kid` of a key is its RFC 7638 thumbprint. */
#ifndef SERVER_DEV_ISSUER_H
#define SERVER_DEV_ISSUER_H

#include "server/limits.h"
#include <jwkeep/algorithm.h>
#include <jwkeep/buffer.h>
#include <jwkeep/error.h>
#include <jwkeep/span.h>

#define DEV_ISSUER_ADDRESS "127.0.0.1:0"
#define DEV_ISSUER_AUDIENCE "demo"
#define DEV_ISSUER_TTL_S 300
#define DEV_ISSUER_MAX_TTL_S 86400
#define DEV_ISSUER_MAX_AGE_S 300u
#define DEV_ISSUER_MAX_LATENCY_MS 60000u

/* Fill with dev_issuer_options_init, then change what must differ. Text is copied. */
typedef struct dev_issuer_options {
    const char *address;             /* "127.0.0.1:PORT" or "[::1]:PORT"; 0: any port */
    const char *audience;            /* `aud` of tokens that ask for none */
    jwkeep_algorithm_set algorithms; /* one key each; asymmetric ones only */
    uint32_t latency_ms;             /* before each answer to GET /jwks.json */
    uint32_t max_age_s;              /* in Cache-Control of the JWKS */
} dev_issuer_options;

/* A running test issuer, with a thread of its own. Any thread may call what follows. */
typedef struct dev_issuer dev_issuer;

/* RS256, PS256, ES256 and EdDSA, no latency. */
void dev_issuer_options_init(dev_issuer_options *options);

/* Makes the keys, listens, starts the thread; returns once it answers.
 * Errors: MISUSE_ARGUMENT (`where` names the option: not loopback, a symmetric algorithm),
 * OUT_OF_MEMORY, CRYPTO_FAILED, SYSTEM_FAILED. */
JWKEEP_MUST_USE jwkeep_code dev_issuer_start(const dev_issuer_options *options,
                                             dev_issuer **ret_issuer, jwkeep_error *error);

/* Closes everything, answers nobody any more, joins the thread. NULL is fine. */
void dev_issuer_stop(dev_issuer *issuer);

/* "127.0.0.1:41234"; the issuer's name and base URL "http://127.0.0.1:41234"; the URL of its
 * JWKS. Valid until dev_issuer_stop. */
const char *dev_issuer_address(const dev_issuer *issuer);
const char *dev_issuer_url(const dev_issuer *issuer);
const char *dev_issuer_jwks_url(const dev_issuer *issuer);

/* What POST /rotate does, in the calling thread. Published when it returns.
 * Errors: OUT_OF_MEMORY, CRYPTO_FAILED. */
JWKEEP_MUST_USE jwkeep_code dev_issuer_rotate(dev_issuer *issuer, bool retires_previous,
                                              jwkeep_error *error);

/* A token asked for. Absent spans: `sub` "demo", `aud` the issuer's audience, `scope` left
 * out. `ttl_s` 0 is DEV_ISSUER_TTL_S; a negative one gives a token that has expired.
 * `algorithm` ABSENT is the first of the issuer's. */
typedef struct dev_issuer_request {
    jwkeep_span sub;
    jwkeep_span scope;
    jwkeep_span aud;
    int64_t ttl_s;
    jwkeep_algorithm algorithm;
} dev_issuer_request;

/* Appends a token signed with the present key of the algorithm: iss, sub, aud, iat, nbf, exp,
 * jti, scope. `request` may be NULL.
 * Errors: MISUSE_ARGUMENT (no key for the algorithm, a ttl over DEV_ISSUER_MAX_TTL_S, text
 * that is not UTF-8), OUT_OF_MEMORY, CRYPTO_FAILED, MISUSE_TOO_SMALL (the buffer). */
JWKEEP_MUST_USE jwkeep_code dev_issuer_mint(dev_issuer *issuer,
                                            const dev_issuer_request *request,
                                            jwkeep_buffer *buffer, jwkeep_error *error);

/* How the next answers of GET /jwks.json behave, so that outages can be played. */
void dev_issuer_set_latency(dev_issuer *issuer, uint32_t latency_ms);
void dev_issuer_set_failing(dev_issuer *issuer, bool is_failing); /* 503 instead */

/* GET /jwks.json requests so far, failed and 304 ones included. */
uint64_t dev_issuer_downloads(const dev_issuer *issuer);

#endif
