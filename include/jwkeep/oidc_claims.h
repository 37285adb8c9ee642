/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the typed reading of the standard claims about a user (OpenID Connect Core §5.1), of an
 * ID token or of an answer of the UserInfo endpoint. Refuses claims of other types. */
#ifndef JWKEEP_OIDC_CLAIMS_H
#define JWKEEP_OIDC_CLAIMS_H

#include <jwkeep/error.h>
#include <jwkeep/json.h>

JWKEEP_BEGIN

typedef enum jwkeep_oidc_flag {
    JWKEEP_OIDC_FLAG_ABSENT = 0,
    JWKEEP_OIDC_FLAG_FALSE = 1,
    JWKEEP_OIDC_FLAG_TRUE = 2
} jwkeep_oidc_flag;

/* OpenID Connect Core §5.1.1 */
typedef struct jwkeep_oidc_address {
    jwkeep_span formatted;
    jwkeep_span street_address;
    jwkeep_span locality;
    jwkeep_span region;
    jwkeep_span postal_code;
    jwkeep_span country;
} jwkeep_oidc_address;

/* Absent spans are absent claims. All are borrowed from the claims. What the user or the
 * provider wrote in them is not checked: a `website` need not be a URL. */
typedef struct jwkeep_oidc_claims {
    jwkeep_span sub;
    jwkeep_span name;
    jwkeep_span given_name;
    jwkeep_span family_name;
    jwkeep_span middle_name;
    jwkeep_span nickname;
    jwkeep_span preferred_username;
    jwkeep_span profile;
    jwkeep_span picture;
    jwkeep_span website;
    jwkeep_span email;
    jwkeep_oidc_flag email_verified;
    jwkeep_span gender;
    jwkeep_span birthdate;
    jwkeep_span zoneinfo;
    jwkeep_span locale;
    jwkeep_span phone_number;
    jwkeep_oidc_flag phone_number_verified;
    jwkeep_oidc_address address;
    int64_t updated_at_s; /* seconds since 1970, rounded down; −1 where absent */
} jwkeep_oidc_claims;

/* Reads `claims`, an object: jwkeep_token_claims of a verified token. Any thread.
 * Errors: CLAIM_TYPE (`where` names the claim: also a text such as "true" for a flag),
 * CLAIMS_INVALID (not an object), MISUSE_ARGUMENT. */
JWKEEP_API JWKEEP_MUST_USE jwkeep_code jwkeep_oidc_claims_read(const jwkeep_json *claims,
                                                               jwkeep_oidc_claims *ret_claims,
                                                               jwkeep_error *error);

JWKEEP_END

#endif
