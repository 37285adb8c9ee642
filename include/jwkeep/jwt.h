/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns JSON Web Tokens (RFC 7519): the verified token, verifying with keys at hand, signing.
 * What claims must say is <jwkeep/rules.h>; verifying against an issuer's keys is
 * <jwkeep/verifier.h>. */
#ifndef JWKEEP_JWT_H
#define JWKEEP_JWT_H

#include <jwkeep/jws.h>
#include <jwkeep/rules.h>

JWKEEP_BEGIN

/* A verified token, and the memory to verify the next one in: make one for each thread (or
 * each event loop) and use it again and again; after the first few tokens a verification
 * allocates nothing. One thread at a time. */
typedef struct jwkeep_token jwkeep_token;

/* An empty token, the caller's to free; freeing wipes what it held, and NULL is fine.
 * Errors: OUT_OF_MEMORY, MISUSE_ARGUMENT (no place for it). */
JWKEEP_API JWKEEP_MUST_USE jwkeep_code jwkeep_token_new(jwkeep_token **ret_token,
                                                        jwkeep_error *error);
JWKEEP_API void jwkeep_token_free(jwkeep_token *token);

/* What the token says. All are borrowed, and valid until the token is used for the next
 * verification or freed. After a verification that failed, before the first one, and where
 * `token` is NULL, there is nothing: NULL, absent, NOT_FOUND. */
JWKEEP_API const jwkeep_json *jwkeep_token_header(const jwkeep_token *token);
JWKEEP_API const jwkeep_json *jwkeep_token_claims(const jwkeep_token *token);
JWKEEP_API jwkeep_span jwkeep_token_header_json(const jwkeep_token *token);
JWKEEP_API jwkeep_span jwkeep_token_claims_json(const jwkeep_token *token);
JWKEEP_API jwkeep_algorithm jwkeep_token_algorithm(const jwkeep_token *token);

/* The key that fitted: its thumbprint and `kid` (absent where it has none). */
JWKEEP_API jwkeep_span jwkeep_token_key_thumbprint(const jwkeep_token *token);
JWKEEP_API jwkeep_span jwkeep_token_key_kid(const jwkeep_token *token);

/* Registered claims: absent where the token has none. */
JWKEEP_API jwkeep_span jwkeep_token_issuer(const jwkeep_token *token);
JWKEEP_API jwkeep_span jwkeep_token_subject(const jwkeep_token *token);
JWKEEP_API jwkeep_span jwkeep_token_jti(const jwkeep_token *token);
JWKEEP_API size_t jwkeep_token_audience_count(const jwkeep_token *token);
JWKEEP_API jwkeep_span jwkeep_token_audience_at(const jwkeep_token *token, size_t index);

/* NumericDates, in whole seconds rounded down. NOT_FOUND without the claim. */
JWKEEP_API JWKEEP_MUST_USE jwkeep_code jwkeep_token_expires_s(const jwkeep_token *token,
                                                              int64_t *ret_time_s);
JWKEEP_API JWKEEP_MUST_USE jwkeep_code jwkeep_token_not_before_s(const jwkeep_token *token,
                                                                 int64_t *ret_time_s);
JWKEEP_API JWKEEP_MUST_USE jwkeep_code jwkeep_token_issued_at_s(const jwkeep_token *token,
                                                                int64_t *ret_time_s);

/* Any claim by name; NOT_FOUND, JSON_TYPE, JSON_RANGE. */
JWKEEP_API JWKEEP_MUST_USE jwkeep_code jwkeep_token_claim_string(const jwkeep_token *token,
                                                                 const char *name,
                                                                 jwkeep_span *ret_text);
JWKEEP_API JWKEEP_MUST_USE jwkeep_code jwkeep_token_claim_int64(const jwkeep_token *token,
                                                                const char *name,
                                                                int64_t *ret_number);
JWKEEP_API JWKEEP_MUST_USE jwkeep_code jwkeep_token_claim_boolean(const jwkeep_token *token,
                                                                  const char *name,
                                                                  bool *ret_boolean);

/* Verifies `bytes`, a JWT in JWS compact serialization, with `key` (whatever `kid` the token
 * names) or, if `key` is NULL, with `keys`, and holds its claims against `rules` (NULL: the
 * defaults) at the time `now_ms` (milliseconds since 1970). On success `token` holds the
 * result. `failures` (may be NULL) collects all failing claims of a token whose signature is
 * good; it is empty for any other failure. Errors: those of jwkeep_jws_verify for a key or a
 * set; TYP_MISMATCH; CLAIMS_INVALID; CLAIM_MISSING, CLAIM_TYPE, TOKEN_EXPIRED,
 * TOKEN_NOT_YET_VALID, TOKEN_ISSUED_IN_FUTURE, TOKEN_TOO_OLD, ISSUER_MISMATCH,
 * AUDIENCE_MISMATCH, SUBJECT_MISMATCH, JTI_MISMATCH, CLAIM_MISMATCH, SCOPE_INSUFFICIENT, each
 * with `where` the claim and its clause; those of the profile: AZP_MISMATCH, CLIENT_MISMATCH,
 * AUTH_TOO_OLD; VALIDATOR_REFUSED, and whatever a validator gives. TOKEN_NESTED (`cty` is
 * "JWT": the payload is not claims but a token, RFC 7519 §5.2); where
 * rules->is_nesting_allowed, NESTING_TOO_DEEP, and all errors may be those of a token inside,
 * offsets being in that. */
JWKEEP_API JWKEEP_MUST_USE jwkeep_code
jwkeep_jwt_verify(jwkeep_span bytes, const jwkeep_jwk *key, const jwkeep_keyset *keys,
                  const jwkeep_rules *rules, int64_t now_ms, jwkeep_token *token,
                  jwkeep_failures *failures, jwkeep_error *error);

/* Appends a JWT: `claims` (a JSON object; registered claims of the right types) signed as
 * `signer` says; where signer->typ is absent, `typ` is "JWT". signer->cty must not be "JWT": a
 * nested token is made by jwkeep_jws_sign, of a token.
 * Errors: CLAIMS_INVALID, CLAIM_TYPE, JSON_…, MISUSE_ARGUMENT, and those of jwkeep_jws_sign. */
JWKEEP_API JWKEEP_MUST_USE jwkeep_code jwkeep_jwt_sign(jwkeep_span claims,
                                                       const jwkeep_jws_signer *signer,
                                                       jwkeep_buffer *token,
                                                       jwkeep_error *error);

JWKEEP_END

#endif
