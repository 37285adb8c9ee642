/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns finding an issuer by the `iss` of a token, which a stranger chooses: a keyed hash, open
 * addressing, never more than half full. Filled once, then only read. */
#ifndef JK_VERIFY_ISSUER_TABLE_H
#define JK_VERIFY_ISSUER_TABLE_H

#include "base/arena.h"
#include "base/hash.h"
#include <jwkeep/error.h>

typedef struct jk_issuer_entry {
    jwkeep_span name; /* absent where the place is free */
    size_t index;
} jk_issuer_entry;

typedef struct jk_issuer_table {
    jk_hash_key key;
    jk_issuer_entry *entries;
    size_t mask; /* one less than their number, a power of two */
} jk_issuer_table;

#define JK_ISSUER_NONE ((size_t)-1)

/* An empty table with room for `capacity` names, in `arena`.
 * Errors: OUT_OF_MEMORY, SYSTEM_FAILED (no random key). */
JWKEEP_MUST_USE jwkeep_code jk_issuer_table_init(jk_issuer_table *table, size_t capacity,
                                                 jk_arena *arena, jwkeep_error *error);

/* Adds `name`, which the table borrows, under `index`; false if it is there already. */
JWKEEP_MUST_USE bool jk_issuer_table_add(jk_issuer_table *table, jwkeep_span name,
                                         size_t index);

/* The index of `name`, compared byte by byte, or JK_ISSUER_NONE. */
size_t jk_issuer_table_find(const jk_issuer_table *table, jwkeep_span name);

#endif
