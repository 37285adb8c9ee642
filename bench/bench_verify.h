/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the benchmark of whole tokens: ≈ 400 bytes of claims, all distinct, the key by `kid`
 * from a set of three, iss, aud and exp checked; beside the bare signature check of OpenSSL
 * on the same tokens, with a prepared key and a reused context. */
#ifndef BENCH_VERIFY_H
#define BENCH_VERIFY_H

#include <jwkeep/algorithm.h>
#include <jwkeep/error.h>
#include <stdio.h>

#define BENCH_MAX_ROUNDS 101u
#define BENCH_VERIFY_MAX_THREADS 256u

typedef struct bench_verify_options {
    jwkeep_algorithm_set algorithms;
    unsigned rounds;  /* 1–BENCH_MAX_ROUNDS; each: a slice of either, by turns */
    uint32_t time_ms; /* for one algorithm, all rounds together */
    unsigned threads; /* 0: one thread beside OpenSSL; else as many beside one thread */
    bool is_json;
} bench_verify_options;

/* Prints a line an algorithm to `out`: medians of the rounds, their spread, the ratio.
 * Errors: SYSTEM_FAILED (threads), CRYPTO_FAILED (also if a check of the benchmark's own
 * fails), OUT_OF_MEMORY, those of jwkeep_jwt_sign and jwkeep_jwt_verify. */
JWKEEP_MUST_USE jwkeep_code bench_verify(const bench_verify_options *options, FILE *out,
                                         jwkeep_error *error);

#endif
