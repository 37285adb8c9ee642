/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns what a verifier remembers of verified tokens: that a key has checked these very bytes,
 * and what was read from them. Refuses to remember a verdict: whether the key is still good and
 * the claims hold is asked every time (verify/recall.h). Design and figures:
 * docs/design/token-cache.md. */
#ifndef JK_VERIFY_TOKEN_CACHE_H
#define JK_VERIFY_TOKEN_CACHE_H

#include "verify/cache_shard.h"
#include <jwkeep/verifier.h>

typedef struct jk_token_cache jk_token_cache;

/* Within the ranges of jwkeep_verifier_options; `max_bytes` 0: JWKEEP_CACHE_ENTRY_BYTES each.
 * Errors: OUT_OF_MEMORY, SYSTEM_FAILED. */
JWKEEP_MUST_USE jwkeep_code jk_token_cache_new(size_t max_entries, size_t max_bytes,
                                               jk_token_cache **ret_cache, jwkeep_error *error);

/* Nobody may be using it. NULL is fine. */
void jk_token_cache_free(jk_token_cache *cache);

/* What was found for one token; its thread's. */
typedef struct jk_cache_look {
    jk_token_cache *cache;  /* NULL: none is in use */
    jk_cached_token *entry; /* announced in `hazard`; NULL: nothing is remembered */
    jk_hazard *hazard;      /* NULL: none was free, and nothing is found */
    jk_cache_shard *shard;
    jwkeep_span bytes;
    uint64_t tag;
    uint32_t epoch;
} jk_cache_look;

/* Notes that this thread will look for `bytes`, which are not kept, and has the memory bring
 * the place where they would be found, and the entry of what the thread expected before. No
 * lock. */
void jk_token_cache_expect(const jk_token_cache *cache, jwkeep_span bytes);

/* Finds the entry of `bytes`, which must live as long as the look is used, if there is one.
 * `cache` may be NULL: then nothing is found. No lock. Every look is left by the same thread.
 */
void jk_token_cache_look(jk_token_cache *cache, jwkeep_span bytes, jk_cache_look *ret_look);

void jk_token_cache_leave(jk_cache_look *look);

/* What was found was good: counts it, for the figures and for its stay. */
void jk_token_cache_hit(const jk_cache_look *look);
void jk_token_cache_miss(const jk_cache_look *look);

/* Remembers `token`, verified, whose bytes were looked for, and that it was `key` that checked
 * them, in this generation of the keys of this issuer. Waits for nobody; without memory, or if
 * it is longer than JK_CACHED_TOKEN_MAX_BYTES, nothing is remembered. */
void jk_token_cache_put(const jk_cache_look *look, const jwkeep_token *token,
                        const jwkeep_jwk *key, uint64_t issuer, uint64_t generation);

/* No look that begins after this finds what was looked for before it. Any thread. */
void jk_token_cache_forget(jk_token_cache *cache);

void jk_token_cache_status(const jk_token_cache *cache, jwkeep_cache_status *ret_status);

#endif
