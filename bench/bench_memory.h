/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns `jwkeep bench memory`: what each thing that there are many of takes. */
#ifndef BENCH_MEMORY_H
#define BENCH_MEMORY_H

#include <jwkeep/attributes.h>
#include <jwkeep/error.h>
#include <stdbool.h>
#include <stdio.h>

typedef struct bench_memory_options {
    unsigned sources; /* of the row that is told in full: 1 to JWKEEP_MAX_ISSUERS */
    bool is_json;
} bench_memory_options;

/* Prints a line for each thing: the heap it takes, all of it, OpenSSL's and libcurl's part
 * included. Errors: SYSTEM_FAILED (threads, sockets), OUT_OF_MEMORY, CRYPTO_FAILED, those of
 * the test issuer and of jwkeep_verifier_wait_ready. */
JWKEEP_MUST_USE jwkeep_code bench_memory(const bench_memory_options *options, FILE *out,
                                         jwkeep_error *error);

#endif
