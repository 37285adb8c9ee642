/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the ready sets of rules: what a JWT access token and an ID token must say. */
#ifndef JK_JWT_PROFILE_H
#define JK_JWT_PROFILE_H

#include "jwt/claims.h"
#include "jwt/verdict.h"

/* The field of `rules` that the profile, or its absence, does not go with; NULL if all do. */
const char *jk_profile_bad_field(const jwkeep_rules *rules);

/* The `typ` that the profile demands; NULL if it demands none. */
const char *jk_profile_typ(jwkeep_profile profile);

/* Names of the claims that must be there, ended by NULL. */
const char *const *jk_profile_required(jwkeep_profile profile);

/* Whether `typ`, absent without one, may stand in a token of the profile, of which `typ` is
 * not demanded. */
bool jk_profile_allows_typ(jwkeep_profile profile, jwkeep_span typ);

/* What must be said besides. */
void jk_profile_judge(const jwkeep_rules *rules, const jk_claims *claims, jk_verdict *verdict);

/* Holds `auth_time` against the greatest age, 0 for none. */
void jk_auth_time_judge(const jk_claims *claims, int64_t max_age_s, int64_t leeway_s,
                        int64_t now_ms, jk_verdict *verdict);

#endif
