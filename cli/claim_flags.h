/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the options that say what claims of any name must be, and the rules made of them. */
#ifndef CLI_CLAIM_FLAGS_H
#define CLI_CLAIM_FLAGS_H

#include "cli/options.h"
#include "cli/report.h"
#include <jwkeep/rules.h>

typedef struct claim_flags {
    text_list texts;
    text_list jsons;
    text_list contained;
    text_list scopes;
} claim_flags;

/* Rows of a table for the field `claims` of `structure`. */
#define CLAIM_FLAGS(structure)                                                                 \
    LIST(structure, claims.texts, "claim", "NAME=TEXT",                                        \
         "a claim must be this; given again: one of these"),                                   \
        LIST(structure, claims.jsons, "claim-json", "NAME=JSON",                               \
             "the same: a string, whole number or boolean"),                                   \
        LIST(structure, claims.contained, "contains", "NAME=TEXT",                             \
             "a claim must hold this: array, or words"),                                       \
        LIST(structure, claims.scopes, "scope", "SCOPE", "scope must hold all of these")

#define CLAIM_RULES_MAX (3u * OPTIONS_MAX_REPEATS)

/* The rules, and the memory they stand in. */
typedef struct claim_rules {
    jwkeep_claim_rule items[CLAIM_RULES_MAX];
    size_t count;
    void *owned[3u * CLAIM_RULES_MAX]; /* names, values and texts on the heap */
    size_t owned_count;
} claim_rules;

/* Puts what `flags` say into `ret_rules`, which was filled before and borrows from both.
 * `rules` is zeroed before, and ended in any case. */
exit_status claim_rules_begin(const claim_flags *flags, claim_rules *rules,
                              jwkeep_rules *ret_rules);
void claim_rules_end(claim_rules *rules);

#endif
