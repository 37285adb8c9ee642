/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns counting what the cache finds when tokens come as they do: few often, most seldom (Zipf,
 * s = 1), beside a simulated LRU that sees the same tokens in the same order. */
#ifndef BENCH_CACHE_HITS_H
#define BENCH_CACHE_HITS_H

#include "bench/bench_cache.h"

typedef struct cache_hits {
    double cache; /* part of the draws that was found, from 0 to 1 */
    double lru;
    double flooded_cache; /* the same, each draw followed by a token that comes once */
    double flooded_lru;
} cache_hits;

/* Draws options->draws tokens, after a fifth of them that are not counted.
 * Errors as bench_cache. */
JWKEEP_MUST_USE jwkeep_code cache_hits_count(const bench_cache_options *options,
                                             cache_hits *ret_hits, jwkeep_error *error);

#endif
