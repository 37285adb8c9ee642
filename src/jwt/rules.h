/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the caller's rules once they are inside: checked, copied where they must last, and
 * held against a token's claims. */
#ifndef JK_JWT_RULES_H
#define JK_JWT_RULES_H

#include "base/arena.h"
#include "jwt/claims.h"
#include <jwkeep/jwt.h>

/* Copies `rules`, or the defaults when it is NULL; lists and texts stay the caller's. A
 * structure of an older, shorter version gets the defaults for what it does not have.
 * Errors: MISUSE_ARGUMENT, with `where` the field. */
JWKEEP_MUST_USE jwkeep_code jk_rules_resolve(const jwkeep_rules *rules, jwkeep_rules *ret_rules,
                                             jwkeep_error *error);

/* Copies what resolved rules point to, except their limits and what is a validator's, into
 * `arena`, and makes them point there. False without memory. */
JWKEEP_MUST_USE bool jk_rules_keep(jwkeep_rules *rules, jk_arena *arena);

/* Whether `typ` is the media type that the rules and the profile ask for (RFC 7515 §4.1.9).
 * Errors: TYP_MISMATCH. */
JWKEEP_MUST_USE jwkeep_code jk_rules_check_typ(const jwkeep_rules *rules, jwkeep_span typ,
                                               jwkeep_error *error);

/* Whether a profile, if there is one, has its issuer; for rules that are complete.
 * Errors: MISUSE_ARGUMENT. */
JWKEEP_MUST_USE jwkeep_code jk_rules_check_issuers(const jwkeep_rules *rules,
                                                   jwkeep_error *error);

/* Holds `claims`, of a token whose signature is good, against resolved rules. The first
 * failing claim is the result; `failures` (may be NULL, and is empty before) gets all of them.
 * Errors: the claims' ones of jwkeep_jwt_verify. */
JWKEEP_MUST_USE jwkeep_code jk_rules_judge(const jwkeep_rules *rules, const jk_claims *claims,
                                           int64_t now_ms, jwkeep_failures *failures,
                                           jwkeep_error *error);

/* The same before the signature was checked: the caller's own checks are not called. */
JWKEEP_MUST_USE jwkeep_code jk_rules_prejudge(const jwkeep_rules *rules,
                                              const jk_claims *claims, int64_t now_ms,
                                              jwkeep_error *error);

#endif
