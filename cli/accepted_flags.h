/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the options that say which issuers are accepted when a token names them. Their ranges
 * are those of <jwkeep/verifier.h>. */
#ifndef CLI_ACCEPTED_FLAGS_H
#define CLI_ACCEPTED_FLAGS_H

#include "cli/options.h"
#include "cli/report.h"
#include <jwkeep/verifier.h>

typedef struct accepted_flags {
    text_list patterns;
    int64_t max_issuers; /* 0, as the others: the library's */
    int64_t max_unloaded;
    int64_t idle_s;
} accepted_flags;

/* Rows of a table for the field `accepted` of `structure`. */
#define ACCEPTED_FLAGS(structure)                                                              \
    LIST(structure, accepted.patterns, "accept-issuer", "PATTERN",                             \
         "accept whoever stands behind this https URL; * is a label or segment"),              \
        NUMBER(structure, accepted.max_issuers, "accept-max", "N", 1,                          \
               JWKEEP_MAX_DYNAMIC_ISSUERS, "so accepted at a time (default 10000)"),           \
        NUMBER(structure, accepted.max_unloaded, "accept-max-unloaded", "N", 1,                \
               JWKEEP_MAX_DYNAMIC_ISSUERS, "of them without keys (default 256)"),              \
        NUMBER(structure, accepted.idle_s, "accept-idle", "S", 60, 604800,                     \
               "until one that no token names loses its place (default 3600)")

bool accepted_flags_are_given(const accepted_flags *flags);

/* Says whose tokens are judged by `rules`, and how keys are kept: of `source`, which was filled
 * for configured issuers, what goes for strangers as well. All of it is borrowed. */
void accepted_flags_fill(const accepted_flags *flags, const jwkeep_rules *rules,
                         jwkeep_source_options *source, jwkeep_dynamic_issuers *ret_accepted);

/* What they ask that cannot be: STATUS_USAGE, told. */
exit_status accepted_flags_check(const accepted_flags *flags);

/* Whether `error` of making a verifier is about a pattern. */
bool accepted_flags_are_refused(const jwkeep_error *error);

#endif
