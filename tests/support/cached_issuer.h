/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns a verifier with a cache of tokens in a scripted world, for tests of what it remembers:
 * one issuer, "i", whose keys are downloaded, and one, "l", whose keys are local. What fails
 * ends the test. */
#ifndef TESTS_SUPPORT_CACHED_ISSUER_H
#define TESTS_SUPPORT_CACHED_ISSUER_H

#include "support/script.h"
#include "verify/verifier.h"

#define CACHED_NOW_S INT64_C(1700000000)

typedef struct cached_issuer {
    script world;
    jwkeep_refresher *refresher; /* the verifier's */
    jwkeep_verifier *verifier;
    jwkeep_token *token;
    jwkeep_failures failures;
    jwkeep_error error;
} cached_issuer;

/* A verifier that remembers `entries` tokens, in `bytes` at the most; both as in the options.
 * The audience must be "api". */
void cached_issuer_init(cached_issuer *f, jwkeep_keyset *local_keys, size_t entries,
                        size_t bytes);
void cached_issuer_done(cached_issuer *f);

/* Has the keys of "i" replaced by these. */
void cached_issuer_publish(cached_issuer *f, jwkeep_jwk *const *keys, size_t count);

/* Without waiting: PENDING for a token that would. */
jwkeep_code cached_issuer_verify(cached_issuer *f, const char *token);

jwkeep_cache_status cached_issuer_status(const cached_issuer *f);

/* A token of `key` with this header and these claims (JSON members, without braces). */
char *cached_issuer_token(const jwkeep_jwk *key, const char *header, const char *claims);

/* The same key as `key`, of EdDSA, material and `kid` alike, but with `alg` "Ed25519": no
 * longer for tokens that say EdDSA. */
jwkeep_jwk *cached_issuer_renamed(const jwkeep_jwk *key);

#endif
