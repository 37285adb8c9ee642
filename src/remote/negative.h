/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the memory of missing names: `kid`s that a download from the issuer itself has just not
 * brought. Names are kept as keyed hashes, for a limited time, and no more than a fixed number
 * of them; a new one takes the place of the one that would be forgotten first among its
 * neighbours. Pure but for its storage, which is got when the first name comes and does not
 * grow: time is passed in.
 *
 * It says that a name was missing, not that it still is: jk_policy_refuses_missing decides
 * what follows from that. */
#ifndef JK_REMOTE_NEGATIVE_H
#define JK_REMOTE_NEGATIVE_H

#include "base/hash.h"

/* How many places a name may be kept in: what a lookup reads at the most. */
#define JK_NEGATIVE_NEIGHBOURS 8u

typedef struct jk_negative_entry {
    uint64_t hash;
    int64_t forgotten_at_ms; /* INT64_MIN: no name */
} jk_negative_entry;

typedef struct jk_negative {
    jk_hash_key key;
    int64_t ttl_ms;
    size_t max_names;
    jk_negative_entry *entries; /* NULL before the first name */
    bool is_empty;
} jk_negative;

/* `ttl_ms` 0 remembers nothing; `max_names` is 1 or more. */
void jk_negative_init(jk_negative *memory, const jk_hash_key *key, int64_t ttl_ms,
                      size_t max_names);
void jk_negative_done(jk_negative *memory);

/* Where there is no memory for it, a name is not remembered. */
void jk_negative_add(jk_negative *memory, jwkeep_span kid, int64_t now_ms);

bool jk_negative_has(const jk_negative *memory, jwkeep_span kid, int64_t now_ms);

/* The set is another one now. */
void jk_negative_clear(jk_negative *memory);

#endif
