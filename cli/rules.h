/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the options that say what a token must be, alike in `jwt verify` and `serve`. */
#ifndef CLI_RULES_H
#define CLI_RULES_H

#include "cli/keys.h"
#include <jwkeep/jwt.h>

#define RULES_MAX_AGE_S 315576000 /* ten years */

typedef struct rules_options {
    text_list algs;
    text_list required;
    const char *typ;
    int64_t leeway_s;
    int64_t max_age_s;
} rules_options;

/* Rows of a table for the field `rules` of `structure`. */
#define RULES_OPTIONS(structure)                                                               \
    LIST(structure, rules.algs, "alg", "ALG", "allow it (default: what the keys are for)"),    \
        LIST(structure, rules.required, "require", "CLAIM", "a claim that must be there"),     \
        TEXT(structure, rules.typ, "typ", "TYP", "the header's typ must be this"),             \
        NUMBER(structure, rules.leeway_s, "leeway", "S", 0, JWKEEP_MAX_LEEWAY_S,               \
               "seconds that clocks may differ (default 0)"),                                  \
        NUMBER(structure, rules.max_age_s, "max-age", "S", 1, RULES_MAX_AGE_S,                 \
               "seconds since iat at the most")

/* Fills `ret_rules`, which borrows from `options` and from `audiences`. */
exit_status rules_fill(const rules_options *options, const text_list *audiences,
                       jwkeep_rules *ret_rules);

#endif
