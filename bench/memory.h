/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns what the parts of bench_memory.c share: reading the heap, and a line for each thing. */
#ifndef BENCH_MEMORY_PARTS_H
#define BENCH_MEMORY_PARTS_H

#include "server/dev_issuer.h"
#include <jwkeep/verifier.h>
#include <stdio.h>

/* Bytes that malloc has given out, of every thread's arena. */
size_t memory_heap(void);

/* Bytes of the process in memory; 0 if the system does not say. */
size_t memory_resident(void);

typedef struct memory_table {
    FILE *out;
    bool is_json;
    bool has_row;
} memory_table;

void memory_row(memory_table *table, const char *what, size_t bytes);

jwkeep_code memory_fail(jwkeep_code code, jwkeep_error *error);

/* A verifier with `count` issuers whose keys `issuer` serves. */
JWKEEP_MUST_USE jwkeep_code memory_verifier(dev_issuer *issuer, size_t count, bool is_eager,
                                            jwkeep_verifier **ret_verifier,
                                            jwkeep_error *error);

/* Rows for a pending verification, a connection of the service, a request parked there. */
JWKEEP_MUST_USE jwkeep_code memory_of_service(memory_table *table, dev_issuer *issuer,
                                              jwkeep_error *error);

/* Rows for a token that is remembered. */
JWKEEP_MUST_USE jwkeep_code memory_of_cache(memory_table *table, jwkeep_error *error);

#endif
