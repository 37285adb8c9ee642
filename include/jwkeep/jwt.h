/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns JSON Web Tokens (RFC 7519): the rules a token's claims must meet, the verified token,
 * verifying with keys at hand, signing. Verifying against an issuer's keys is
 * <jwkeep/verifier.h>. */
#ifndef JWKEEP_JWT_H
#define JWKEEP_JWT_H

#include <jwkeep/jws.h>

JWKEEP_BEGIN

#define JWKEEP_MAX_LEEWAY_S 86400
#define JWKEEP_MAX_FAILURES 16u

/* What claims must say. Fill with jwkeep_rules_init, then change what must differ. A list that
 * is empty, and a text that is NULL, demands nothing. The structure and all it points to are
 * only read, and must live as long as the call that takes them; whatever keeps rules
 * (a verifier) copies them.
 *
 * Always checked where the claim is present: `exp` (now < exp + leeway), `nbf`
 * (now ≥ nbf − leeway), `iat` (now ≥ iat − leeway); all three are NumericDates: numbers of
 * seconds from 0 to 253402300799 (the year 9999), of whose fraction milliseconds count. A
 * claim of another type is refused even where no rule asks for it, and so is an `iss`, `sub`
 * or `jti` that is not a string and an `aud` that is neither a string nor an array of at most
 * limits.max_audiences strings. */
typedef struct jwkeep_rules {
    size_t struct_size;              /* set by jwkeep_rules_init */
    jwkeep_algorithm_set algorithms; /* 0: whatever the keys are for */
    const char *const *issuers;      /* `iss` must be one of them (RFC 7519 §4.1.1) */
    size_t issuer_count;
    const char *const *audiences; /* `aud` must hold one of them (§4.1.3) */
    size_t audience_count;
    const char *subject;         /* `sub` must be this (§4.1.2) */
    const char *jti;             /* `jti` must be this (§4.1.7) */
    const char *typ;             /* header `typ`: compared without regard to case, with or
                                    without "application/" (RFC 7515 §4.1.9) */
    const char *const *required; /* claims that must be there, not null */
    size_t required_count;
    int64_t leeway_s;  /* 0–JWKEEP_MAX_LEEWAY_S; default 0 */
    int64_t max_age_s; /* now − iat at the most (`iat` is then required); 0: any */
    bool is_kid_required;
    const jwkeep_limits *limits; /* NULL: the defaults */
} jwkeep_rules;

JWKEEP_API void jwkeep_rules_init(jwkeep_rules *rules);

/* Every claim of a token that failed, in the order iss, aud, sub, jti, exp, nbf, iat, max age,
 * required. The first one is also the call's error. */
typedef struct jwkeep_failures {
    size_t count; /* at most JWKEEP_MAX_FAILURES; what is beyond is not kept */
    jwkeep_error items[JWKEEP_MAX_FAILURES];
} jwkeep_failures;

/* A verified token, and the memory to verify the next one in: make one for each thread (or
 * each event loop) and use it again and again; after the first few tokens a verification
 * allocates nothing. One thread at a time. */
typedef struct jwkeep_token jwkeep_token;

/* Errors: OUT_OF_MEMORY. */
JWKEEP_API JWKEEP_MUST_USE jwkeep_code jwkeep_token_new(jwkeep_token **ret_token,
                                                        jwkeep_error *error);
JWKEEP_API void jwkeep_token_free(jwkeep_token *token);

/* What the token says. All are borrowed, and valid until the token is used for the next
 * verification or freed. After a verification that failed, and before the first one, there is
 * nothing: NULL, absent, NOT_FOUND. */
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
 * good; it is empty for any other failure. Errors: those of jwkeep_jws_verify; TYP_MISMATCH;
 * CLAIMS_INVALID; CLAIM_MISSING, CLAIM_TYPE, TOKEN_EXPIRED, TOKEN_NOT_YET_VALID,
 * TOKEN_ISSUED_IN_FUTURE, TOKEN_TOO_OLD, ISSUER_MISMATCH, AUDIENCE_MISMATCH, SUBJECT_MISMATCH,
 * JTI_MISMATCH, each with `where` the claim and its clause. */
JWKEEP_API JWKEEP_MUST_USE jwkeep_code
jwkeep_jwt_verify(jwkeep_span bytes, const jwkeep_jwk *key, const jwkeep_keyset *keys,
                  const jwkeep_rules *rules, int64_t now_ms, jwkeep_token *token,
                  jwkeep_failures *failures, jwkeep_error *error);

/* Appends a JWT: `claims` (a JSON object; registered claims of the right types) signed as
 * `signer` says; where signer->typ is absent, `typ` is "JWT".
 * Errors: CLAIMS_INVALID, CLAIM_TYPE, JSON_…, and those of jwkeep_jws_sign. */
JWKEEP_API JWKEEP_MUST_USE jwkeep_code jwkeep_jwt_sign(jwkeep_span claims,
                                                       const jwkeep_jws_signer *signer,
                                                       jwkeep_buffer *token,
                                                       jwkeep_error *error);

JWKEEP_END

#endif
