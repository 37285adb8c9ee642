/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the benchmark of reading: a lookup by `kid` in a ring that somebody keeps replacing,
 * at one thread, two, and so on, beside the same lookup in a set that nothing protects. */
#ifndef BENCH_READ_H
#define BENCH_READ_H

#include <jwkeep/error.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define BENCH_READ_MAX_ROUNDS 101u
#define BENCH_READ_MAX_THREADS 256u

typedef struct bench_read_options {
    unsigned threads;  /* 1, 2, 4, … and this many; 0: the cores */
    unsigned rounds;   /* 1–BENCH_READ_MAX_ROUNDS; each: a slice of every kind, by turns */
    uint32_t time_ms;  /* for one number of threads, all rounds together */
    uint32_t write_ms; /* between two publications; 0: none */
    bool is_json;
} bench_read_options;

/* Prints a line a number of threads to `out`: nanoseconds on the CPU a lookup, medians of the
 * rounds.
 * Errors: OUT_OF_MEMORY, SYSTEM_FAILED (threads), CRYPTO_FAILED, NOT_FOUND (a lookup went
 * wrong). */
JWKEEP_MUST_USE jwkeep_code bench_read(const bench_read_options *options, FILE *out,
                                       jwkeep_error *error);

#endif
