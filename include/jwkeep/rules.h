/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns what the claims of a token must say: registered claims, times, scopes, any other claim
 * by its value, checks of the caller's own, and ready profiles: JWT access tokens, ID tokens.
 * All failures of a token are told at once. */
#ifndef JWKEEP_RULES_H
#define JWKEEP_RULES_H

#include <jwkeep/algorithm.h>
#include <jwkeep/error.h>
#include <jwkeep/json.h>
#include <jwkeep/limits.h>

JWKEEP_BEGIN

#define JWKEEP_MAX_LEEWAY_S 86400
#define JWKEEP_MAX_FAILURES 16u

/* How a claim is held against values. */
typedef enum jwkeep_claim_test {
    JWKEEP_CLAIM_ONE_OF = 1,      /* is one of them; with one value: equals it */
    JWKEEP_CLAIM_CONTAINS = 2,    /* holds one of them: an array among its elements, a string
                                     among its words, which single spaces separate */
    JWKEEP_CLAIM_CONTAINS_ALL = 3 /* holds all of them */
} jwkeep_claim_test;

/* A value to compare with, of its type alone: the string "1" is not the number 1, nor true.
 * Strings are compared byte by byte; numbers by what they are worth (1.0 is 1). */
typedef struct jwkeep_claim_value {
    jwkeep_json_type type; /* STRING, NUMBER or BOOLEAN: says which of the next three counts */
    const char *string;
    int64_t number;
    bool boolean;
} jwkeep_claim_value;

/* What one claim must say: it must be there, and pass the test. */
typedef struct jwkeep_claim_rule {
    const char *name;
    jwkeep_claim_test test;
    const jwkeep_claim_value *values;
    size_t value_count; /* at least 1 */
} jwkeep_claim_rule;

/* A check of the caller's own. `check` sees the claims of a token whose signature is good, and
 * never those of another; it is called once in a verification, also where other rules have
 * failed, on the thread that verifies. JWKEEP_OK lets the token pass. A code of another class
 * than JWKEEP_CLASS_OK refuses it under that code; any other becomes VALIDATOR_REFUSED. The
 * claims are borrowed, until it returns. */
typedef struct jwkeep_validator {
    const char *name; /* `where` of its failure */
    jwkeep_code (*check)(void *user, const jwkeep_json *claims, int64_t now_ms);
    void *user; /* must live as long as whatever keeps the rules; any thread */
} jwkeep_validator;

/* What a token of a standard must be, on top of what the fields of the rules say. Each needs
 * an issuer: rules->issuers, or the one that a verifier has. */
typedef enum jwkeep_profile {
    JWKEEP_PROFILE_NONE = 0,

    /* A JWT access token (RFC 9068 §4): `typ` "at+jwt"; `iss`, `exp`, `aud`, `sub`,
     * `client_id`, `iat` and `jti` must be there, and `client_id`, `scope`, `acr` be strings,
     * `auth_time` a NumericDate, `amr` an array of strings. rules->audiences must be given;
     * rules->typ must not. Where rules->client_id is given, `client_id` must be that. */
    JWKEEP_PROFILE_AT_JWT = 1,

    /* An ID token (OpenID Connect Core §2, §3.1.3.7): `iss`, `sub` (255 bytes at the most),
     * `aud`, `exp` and `iat` must be there; `aud` must hold rules->client_id, which must be
     * given, and besides it only rules->audiences (those that the client trusts); `azp` must be
     * that client, and be there if `aud` holds several. `typ`, where there is one, is "JWT": an
     * access token is no ID token (RFC 8725 §3.11). What a client knows of one login alone
     * (nonce, codes, tokens that came along) is checked by jwkeep_id_token_check. */
    JWKEEP_PROFILE_ID_TOKEN = 2
} jwkeep_profile;

/* What claims must say. Fill with jwkeep_rules_init, then change what must differ. A list that
 * is empty, and a text that is NULL, demands nothing. The structure and all it points to are
 * only read, and must live as long as the call that takes them; whatever keeps rules
 * (a verifier) copies them, except what `user` of a validator points to.
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
    const char *const *scopes;   /* `scope` must hold all of them (RFC 6749 §3.3, RFC 8693
                                    §4.2): scope-tokens, without a space */
    size_t scope_count;
    const jwkeep_claim_rule *claims; /* what other claims must say */
    size_t claim_count;
    const jwkeep_validator *validators; /* in this order, after all other rules */
    size_t validator_count;
    const char *engine; /* checks signatures alone, with OpenSSL behind it: one of
                           <jwkeep/engine.h>; NULL: whichever a key has */
    jwkeep_profile profile;
    const char *client_id;  /* for a profile alone */
    int64_t max_auth_age_s; /* now − `auth_time` at the most (`auth_time` is then required); 0:
                               any */
    bool is_nesting_allowed; /* for keys at hand: a token whose payload is again a signed token
                                (`cty` "JWT", RFC 7519 §5.2) is verified inwards, each with the
                                same keys, at most limits.max_nesting deep; what holds is the
                                innermost. Otherwise it is refused */
} jwkeep_rules;

/* Sets every field to its default: the times are checked, nothing else is demanded, not even
 * `exp`. Any thread. Never fails. */
JWKEEP_API void jwkeep_rules_init(jwkeep_rules *rules);

/* Everything about a token that failed, in the order iss, aud, sub, jti, exp, nbf, iat, max
 * age, required, scopes, claims, profile, auth_time, validators. The first one is also the
 * call's error. */
typedef struct jwkeep_failures {
    size_t count; /* at most JWKEEP_MAX_FAILURES; what is beyond is not kept */
    jwkeep_error items[JWKEEP_MAX_FAILURES];
} jwkeep_failures;

JWKEEP_END

#endif
