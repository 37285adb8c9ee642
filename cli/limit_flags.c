/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the way from the options to the limits. */
#include "cli/limit_flags.h"
#include <string.h>

#define FIELD(name)                                                                            \
    { offsetof(limit_flags, name), offsetof(jwkeep_limits, name) }

static const struct {
    size_t from;
    size_t to;
} FIELDS[] = {
    FIELD(max_token_bytes), FIELD(max_header_bytes), FIELD(max_kid_bytes),
    FIELD(max_json_depth),  FIELD(max_json_values),  FIELD(max_keyset_bytes),
    FIELD(max_keys),        FIELD(max_candidates),   FIELD(max_crit),
    FIELD(max_audiences),
};

_Static_assert(sizeof(limit_flags) == sizeof FIELDS / sizeof *FIELDS * sizeof(int64_t),
               "each field of limit_flags has a row");

jwkeep_limits limit_flags_limits(const limit_flags *flags) {
    jwkeep_limits limits;
    jwkeep_limits_init(&limits);
    for (size_t i = 0; i < sizeof FIELDS / sizeof *FIELDS; i++) {
        int64_t given;
        memcpy(&given, (const char *)flags + FIELDS[i].from, sizeof given);
        size_t value = (size_t)given;
        if (given != 0)
            memcpy((char *)&limits + FIELDS[i].to, &value, sizeof value);
    }
    return limits;
}
