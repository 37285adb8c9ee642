/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the story this library is made for, as a benchmark: an issuer whose JWKS takes a while,
 * a rotation, thousands of requests whose `kid` is missing at once, while others go on. */
#ifndef BENCH_STORM_MAIN_H
#define BENCH_STORM_MAIN_H

#include <jwkeep/algorithm.h>
#include <jwkeep/error.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define BENCH_STORM_MAX_REQUESTS 50000u
#define BENCH_STORM_MAX_LATENCY_MS 30000u

typedef struct bench_storm_options {
    uint32_t requests;          /* 1–BENCH_STORM_MAX_REQUESTS */
    uint32_t latency_ms;        /* 1–BENCH_STORM_MAX_LATENCY_MS */
    uint32_t quiet_ms;          /* of known kids alone before the storm */
    unsigned workers;           /* 0: one a core */
    jwkeep_algorithm algorithm; /* an asymmetric one */
    bool is_library_only;       /* leave the other two ways out */
    bool has_race;              /* then a rotation while a download is in flight */
    bool is_json;
    FILE *progress; /* NULL: none */
} bench_storm_options;

/* Prints to `out`. `ret_is_good`: with the library there was one download (two in the race),
 * no duplicate, and every request was answered right.
 * Errors: OUT_OF_MEMORY, SYSTEM_FAILED, CRYPTO_FAILED, those of the test issuer and of
 * jwkeep_verifier_new. */
JWKEEP_MUST_USE jwkeep_code bench_storm(const bench_storm_options *options, FILE *out,
                                        bool *ret_is_good, jwkeep_error *error);

#endif
