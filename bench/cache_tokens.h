/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the tokens that the cache is measured with, and the verifier that takes them. */
#ifndef BENCH_CACHE_TOKENS_H
#define BENCH_CACHE_TOKENS_H

#include <jwkeep/verifier.h>

typedef struct cache_tokens {
    jwkeep_jwk *signing;
    jwkeep_keyset *keys;
    jwkeep_buffer bytes;
    jwkeep_span *spans;
    size_t count;
    jwkeep_buffer once; /* the last one of cache_tokens_once */
    size_t once_count;
} cache_tokens;

/* A key for `algorithm`, among others, and `count` distinct tokens of about 350 bytes of claims
 * in random order. Errors: OUT_OF_MEMORY, those of making keys and tokens. */
JWKEEP_MUST_USE jwkeep_code cache_tokens_make(jwkeep_algorithm algorithm, size_t count,
                                              cache_tokens *ret_tokens, jwkeep_error *error);
void cache_tokens_done(cache_tokens *tokens);

/* One more that differs from all; good until the next call. */
JWKEEP_MUST_USE jwkeep_code cache_tokens_once(cache_tokens *tokens, jwkeep_span *ret_bytes,
                                              jwkeep_error *error);

/* A verifier of them that remembers `entries`. */
JWKEEP_MUST_USE jwkeep_code cache_tokens_verifier(const cache_tokens *tokens, size_t entries,
                                                  jwkeep_verifier **ret_verifier,
                                                  jwkeep_error *error);

/* A random number, from a fixed seed; good enough to draw tokens by. */
uint64_t cache_tokens_random(uint64_t *state);

#endif
