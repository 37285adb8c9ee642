/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the key's inner interface: what the rest of jose/ may do with one. */
#ifndef JK_JOSE_JWK_H
#define JK_JOSE_JWK_H

#include "crypto/key.h"
#include <jwkeep/jwk.h>

/* From a parsed JWK; `value` may go away afterwards. `limits` are resolved ones.
 * Errors as jwkeep_jwk_parse. */
JWKEEP_MUST_USE jwkeep_code jk_jwk_from_json(const jwkeep_json *value,
                                             const jwkeep_limits *limits, jwkeep_jwk **ret_key,
                                             jwkeep_error *error);

/* Whether a parsed JWK has a member that is secret for its `kty`. Looks at the names alone:
 * checking that the numbers of a private key belong together can take seconds. */
JWKEEP_PURE bool jk_jwk_has_secret(const jwkeep_json *value);

/* Writes the key as a JSON value, as jwkeep_jwk_write; the writer keeps its own failures.
 * Errors: JWK_NOT_PUBLIC, OUT_OF_MEMORY, CRYPTO_FAILED. */
JWKEEP_MUST_USE jwkeep_code jk_jwk_write(const jwkeep_jwk *key, bool with_private,
                                         jwkeep_json_writer *writer, jwkeep_error *error);

/* Held by one more key set, or by one less. */
jwkeep_jwk *jk_jwk_join_set(jwkeep_jwk *key);
void jk_jwk_leave_set(jwkeep_jwk *key);

/* Whether any key set has the key, at some moment of about now. Relaxed: it orders nothing, and
 * what is done for it must be right either way. */
bool jk_jwk_is_in_a_set(const jwkeep_jwk *key);

/* The prepared key, borrowed. */
const jk_key *jk_jwk_prepared(const jwkeep_jwk *key);

#endif
