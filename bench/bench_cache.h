/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the benchmark of the cache of verified tokens: hits a second over a working set, on one
 * thread and on several, and how many tokens of a Zipf distribution it finds beside a simulated
 * LRU, without and with a flood of tokens that come once. */
#ifndef BENCH_CACHE_H
#define BENCH_CACHE_H

#include <jwkeep/algorithm.h>
#include <jwkeep/error.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define BENCH_CACHE_MAX_ROUNDS 101u
#define BENCH_CACHE_MAX_THREADS 256u
#define BENCH_CACHE_MAX_TOKENS 1000000u

typedef struct bench_cache_options {
    jwkeep_algorithm algorithm; /* of the working set */
    size_t tokens;              /* of the working set */
    unsigned threads;           /* beside one */
    unsigned rounds;            /* 1–BENCH_CACHE_MAX_ROUNDS; each: a slice of either */
    uint32_t time_ms;           /* all rounds together */
    size_t population;          /* tokens under the Zipf distribution */
    size_t entries;             /* of the cache that they are looked for in */
    size_t draws;
    bool is_json;
} bench_cache_options;

/* Prints both to `out`.
 * Errors: OUT_OF_MEMORY, SYSTEM_FAILED (threads; a token did not verify, or not from the
 * cache), those of making keys, tokens and verifiers. */
JWKEEP_MUST_USE jwkeep_code bench_cache(const bench_cache_options *options, FILE *out,
                                        jwkeep_error *error);

#endif
