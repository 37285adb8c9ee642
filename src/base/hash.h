/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the keyed hash of tables whose keys a stranger may choose: SipHash-1-3. Not a message
 * authentication code. */
#ifndef JK_BASE_HASH_H
#define JK_BASE_HASH_H

#include "base/attributes.h"
#include <jwkeep/span.h>

typedef struct jk_hash_key {
    uint64_t k0;
    uint64_t k1;
} jk_hash_key;

/* From the system's random source (getrandom); falls back on nothing: false if refused. */
JWKEEP_MUST_USE bool jk_hash_key_random(jk_hash_key *ret_key);

JWKEEP_PURE uint64_t jk_hash(const jk_hash_key *key, jwkeep_span bytes);

/* SipHash with other numbers of rounds, so that the published vectors of SipHash-2-4 can be
 * checked against the same code. */
JWKEEP_PURE uint64_t jk_hash_rounds(const jk_hash_key *key, jwkeep_span bytes,
                                    unsigned word_rounds, unsigned final_rounds);

#endif
