/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the rules about claims that RFC 7519 does not register: scopes and values. */
#ifndef JK_JWT_CLAIM_RULES_H
#define JK_JWT_CLAIM_RULES_H

#include "base/arena.h"
#include "jwt/verdict.h"

/* Whether each can be held against a claim at all. */
JWKEEP_MUST_USE bool jk_claim_rules_are_whole(const jwkeep_claim_rule *rules, size_t count);

/* Whether each is a scope-token (RFC 6749 §3.3). */
JWKEEP_MUST_USE bool jk_scopes_are_tokens(const char *const *scopes, size_t count);

/* Copies the rules and all they point to into `arena`. False without memory. */
JWKEEP_MUST_USE bool jk_claim_rules_keep(const jwkeep_claim_rule **rules, size_t count,
                                         jk_arena *arena);

void jk_claim_rules_judge(const jwkeep_claim_rule *rules, size_t count,
                          const jwkeep_json *claims, jk_verdict *verdict);

void jk_scopes_judge(const char *const *scopes, size_t count, const jwkeep_json *claims,
                     jk_verdict *verdict);

#endif
