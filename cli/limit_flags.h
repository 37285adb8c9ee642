/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the options that bound what a token or a key set may cost, alike in `serve` and `jwt
 * verify`: each is named as its key in the configuration file, and has its range. */
#ifndef CLI_LIMIT_FLAGS_H
#define CLI_LIMIT_FLAGS_H

#include "cli/options.h"
#include <jwkeep/limits.h>

/* 0: the library's. */
typedef struct limit_flags {
    int64_t max_token_bytes;
    int64_t max_header_bytes;
    int64_t max_kid_bytes;
    int64_t max_json_depth;
    int64_t max_json_values;
    int64_t max_keyset_bytes;
    int64_t max_keys;
    int64_t max_candidates;
    int64_t max_crit;
    int64_t max_audiences;
} limit_flags;

#define LIMIT_FLAG(structure, field, name, high, help)                                         \
    NUMBER(structure, limits.field, name, "N", 1, high, help)

/* Rows of a table for the field `limits` of `structure`. */
#define LIMIT_FLAGS(structure)                                                                 \
    LIMIT_FLAG(structure, max_token_bytes, "max-token-bytes", 1048576,                         \
               "of a token (default 16384)"),                                                  \
        LIMIT_FLAG(structure, max_header_bytes, "max-header-bytes", 1048576,                   \
                   "of a token's header, still encoded (default 4096)"),                       \
        LIMIT_FLAG(structure, max_kid_bytes, "max-kid-bytes", 65536,                           \
                   "of a kid (default 256)"),                                                  \
        LIMIT_FLAG(structure, max_json_depth, "max-json-depth", 32,                            \
                   "nesting of JSON (default 16)"),                                            \
        LIMIT_FLAG(structure, max_json_values, "max-json-values", 1000000,                     \
                   "values in one JSON text (default 4096)"),                                  \
        LIMIT_FLAG(structure, max_keyset_bytes, "max-keyset-bytes", 67108864,                  \
                   "of a key set that is downloaded (default 524288)"),                        \
        LIMIT_FLAG(structure, max_keys, "max-keys", 10000, "keys of it (default 100)"),        \
        LIMIT_FLAG(structure, max_candidates, "max-candidates", 100,                           \
                   "keys tried for one token (default 4)"),                                    \
        LIMIT_FLAG(structure, max_crit, "max-crit", 1000, "names in crit (default 16)"),       \
        LIMIT_FLAG(structure, max_audiences, "max-audiences", 10000,                           \
                   "values in aud (default 64)")

/* The library's limits, but for what was given. */
jwkeep_limits limit_flags_limits(const limit_flags *flags);

#endif
