/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the refusal of duplicate member names (RFC 7515 §4, RFC 7519 §4: reject them), at a
 * cost linear in the text whoever chose the names. */
#ifndef JK_CODEC_JSON_NAMES_H
#define JK_CODEC_JSON_NAMES_H

#include "base/hash.h"
#include "codec/json_value.h"

/* Up to this many members are compared one with another, more go through a hash table. */
#define JK_JSON_SMALL_OBJECT 24u

/* One for each text: the key is drawn when the first large object needs it. */
typedef struct jk_json_names {
    jk_arena *arena;
    jk_hash_key key;
    bool has_key;
} jk_json_names;

/* JWKEEP_OK, or JSON_DUPLICATE and the first member whose name stood before, or OUT_OF_MEMORY,
 * SYSTEM_FAILED (no random key). `object` is complete. */
JWKEEP_MUST_USE jwkeep_code jk_json_names_check(jk_json_names *names, const jwkeep_json *object,
                                                const jwkeep_json **ret_duplicate);

#endif
