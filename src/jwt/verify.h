/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the way of a token, step by step, for those who must stop between the steps to find a
 * key. What is read stays inside the token object until jk_jwt_finish shows it; whoever gives
 * up on the way calls jk_token_reset. Limits and rules are resolved ones. */
#ifndef JK_JWT_VERIFY_H
#define JK_JWT_VERIFY_H

#include "jwt/rules.h"
#include "jwt/token.h"

/* Forgets what the token held; takes `bytes`, which must live until jk_jwt_finish, apart and
 * reads the header.
 * Errors: those of jk_jws_split and jk_jws_read_header. */
JWKEEP_MUST_USE jwkeep_code jk_jwt_open(jwkeep_token *token, jwkeep_span bytes,
                                        const jwkeep_limits *limits, jwkeep_error *error);

/* The same for bytes that jk_jwt_open has taken before, under the same limits, and then found
 * the dots at these offsets: they are not looked for again. Errors: those of
 * jk_jws_read_header. */
JWKEEP_MUST_USE jwkeep_code jk_jwt_open_known(jwkeep_token *token, jwkeep_span bytes,
                                              size_t first_dot, size_t second_dot,
                                              const jwkeep_limits *limits, jwkeep_error *error);

/* Decodes the payload; once, however often it is called. The payload of a token whose `cty` is
 * "JWT" is never read as claims.
 * Errors: TOKEN_NESTED, BASE64URL_INVALID, OUT_OF_MEMORY. */
JWKEEP_MUST_USE jwkeep_code jk_jwt_read_payload(jwkeep_token *token, jwkeep_error *error);

/* Reads the claims, and the payload before; once, however often it is called.
 * Errors: those of jk_jwt_read_payload, JSON_…, CLAIMS_INVALID. */
JWKEEP_MUST_USE jwkeep_code jk_jwt_read_claims(jwkeep_token *token, const jwkeep_limits *limits,
                                               jwkeep_error *error);

/* What the token says about itself, unverified: for finding its issuer and its key. */
static inline jwkeep_span jk_jwt_kid(const jwkeep_token *token) {
    return token->header->kid;
}

/* `iss`. Errors: CLAIM_MISSING, CLAIM_TYPE. */
JWKEEP_MUST_USE jwkeep_code jk_jwt_issuer(const jwkeep_token *token, jwkeep_span *ret_issuer,
                                          jwkeep_error *error);

/* What the header must say whatever the key.
 * Errors: ALG_NOT_ALLOWED, KID_MISSING, TYP_MISMATCH. */
JWKEEP_MUST_USE jwkeep_code jk_jwt_check_header(const jwkeep_token *token,
                                                const jwkeep_rules *rules, jwkeep_error *error);

/* Holds the claims, which were read, against `rules` before there is a key: nobody gets a
 * key downloaded for a token that would be refused with it. Errors as jk_rules_prejudge. */
JWKEEP_MUST_USE jwkeep_code jk_jwt_precheck(const jwkeep_token *token,
                                            const jwkeep_rules *rules, int64_t now_ms,
                                            jwkeep_error *error);

/* Checks the signature with `key` or, if it is NULL, one of `keys`, which may go away
 * afterwards. `ret_key` (may be NULL): the one that fitted, borrowed from them.
 * Errors as jk_jws_check_signature. */
JWKEEP_MUST_USE jwkeep_code jk_jwt_check_signature(jwkeep_token *token, const jwkeep_jwk *key,
                                                   const jwkeep_keyset *keys,
                                                   const jwkeep_rules *rules,
                                                   const jwkeep_limits *limits,
                                                   const jwkeep_jwk **ret_key,
                                                   jwkeep_error *error);

/* The key of `keys` that jk_jwt_check_signature tries first; NULL if there is none. */
const jwkeep_jwk *jk_jwt_first_key(const jwkeep_token *token, const jwkeep_keyset *keys,
                                   const jwkeep_rules *rules);

/* In place of jk_jwt_check_signature, for who knows that it would succeed with `key`: the same
 * key has checked the same bytes before. Errors: OUT_OF_MEMORY. */
JWKEEP_MUST_USE jwkeep_code jk_jwt_trust_signature(jwkeep_token *token, const jwkeep_jwk *key,
                                                   jwkeep_error *error);

/* Judges the claims of a token whose signature was found good, and lets the accessors speak.
 * Errors: MISUSE_STATE (no signature was checked), those of jk_jwt_read_claims and
 * jk_rules_judge. */
JWKEEP_MUST_USE jwkeep_code jk_jwt_finish(jwkeep_token *token, const jwkeep_rules *rules,
                                          const jwkeep_limits *limits, int64_t now_ms,
                                          jwkeep_failures *failures, jwkeep_error *error);

#endif
