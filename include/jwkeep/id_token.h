/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns what a client checks of an ID token for one login, after the rules of
 * JWKEEP_PROFILE_ID_TOKEN held (<jwkeep/rules.h>): what it had sent, and what came along
 * (OpenID Connect Core §3.1.3.7, §3.2.2.9, §3.3.2.11). */
#ifndef JWKEEP_ID_TOKEN_H
#define JWKEEP_ID_TOKEN_H

#include <jwkeep/jwt.h>

JWKEEP_BEGIN

/* What the client knows of the login. Fill with jwkeep_id_token_login_init. */
typedef struct jwkeep_id_token_login {
    size_t struct_size;
    jwkeep_span nonce; /* that was sent; absent: none was, and the token must have none */
    jwkeep_span access_token; /* that came along; absent: none did */
    jwkeep_span code;         /* the authorization code that came along; absent: none did */
    bool is_at_hash_required; /* `at_hash` must be there (implicit and hybrid flows); else it is
                                 checked where it is */
    bool is_c_hash_required;  /* `c_hash` as well (hybrid flow) */
    int64_t max_age_s;        /* the `max_age` that was asked for: `auth_time` must be there and
                                 no longer ago; 0: none was */
    int64_t leeway_s;         /* that `auth_time` may be ahead; default 0 */
} jwkeep_id_token_login;

/* Sets every field to its default: nothing was sent, nothing came along. Any thread. Never
 * fails. */
JWKEEP_API void jwkeep_id_token_login_init(jwkeep_id_token_login *login);

/* Holds a verified ID token against the login. `at_hash` and `c_hash` are the left half of the
 * hash that the token's `alg` uses (RFC 8032: SHA-512 for Ed25519, SHAKE256 with 114 bytes for
 * Ed448; so agreed for OpenID Connect, https://bitbucket.org/openid/connect/issues/1125).
 * `failures` (may be NULL) collects all. Any thread. Errors: NONCE_MISMATCH, HASH_MISMATCH,
 * AUTH_TOO_OLD, TOKEN_ISSUED_IN_FUTURE
 * (`auth_time`), CLAIM_MISSING, CLAIM_TYPE, each with `where`; MISUSE_STATE (`token` is not a
 * verified one), MISUSE_ARGUMENT; CRYPTO_FAILED. */
JWKEEP_API JWKEEP_MUST_USE jwkeep_code jwkeep_id_token_check(const jwkeep_token *token,
                                                             const jwkeep_id_token_login *login,
                                                             int64_t now_ms,
                                                             jwkeep_failures *failures,
                                                             jwkeep_error *error);

JWKEEP_END

#endif
