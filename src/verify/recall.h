/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the one question that stands between a remembered token and its signature check: would
 * the same key be the first to be tried for it now (R22)? */
#ifndef JK_VERIFY_RECALL_H
#define JK_VERIFY_RECALL_H

#include "verify/token_cache.h"
#include "verify/verifier.h"

/* Whether the signature of `token`, opened from look->entry or read anew, is known to hold
 * under a key of `issuer` as they are at some moment during this call. What is found to hold
 * under newer keys is noted, so that a rotation costs one search a token. No lock. */
JWKEEP_MUST_USE bool jk_recall_holds(const jk_cache_look *look, const jwkeep_token *token,
                                     const jk_issuer *issuer);

#endif
