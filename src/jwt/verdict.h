/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns how the failing claims of a token are noted: the first one is the call's error, all of
 * them go to the caller's list. */
#ifndef JK_JWT_VERDICT_H
#define JK_JWT_VERDICT_H

#include "base/error.h"
#include <jwkeep/rules.h>
#include <string.h>

typedef struct jk_verdict {
    jwkeep_failures *failures; /* may be NULL; empty before */
    jwkeep_error *error;
    jwkeep_code code; /* of the first failure */
} jk_verdict;

/* Two rules may miss the same claim: it is told once. */
static inline bool jk_verdict_has(const jk_verdict *verdict, jwkeep_code code,
                                  const char *where) {
    const jwkeep_failures *failures = verdict->failures;
    for (size_t i = 0; failures && i < failures->count; i++)
        if (failures->items[i].code == code && strcmp(failures->items[i].where, where) == 0)
            return true;
    return false;
}

static inline void jk_verdict_note(jk_verdict *verdict, jwkeep_code code, const char *where,
                                   const char *clause) {
    if (verdict->code == JWKEEP_OK)
        verdict->code = jk_fail_at(verdict->error, code, where, clause, JWKEEP_NO_OFFSET);
    jwkeep_failures *failures = verdict->failures;
    if (failures && failures->count < JWKEEP_MAX_FAILURES &&
        !jk_verdict_has(verdict, code, where))
        (void)jk_fail_at(&failures->items[failures->count++], code, where, clause,
                         JWKEEP_NO_OFFSET);
}

#endif
