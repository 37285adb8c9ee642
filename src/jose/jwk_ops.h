/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns what a key says of its use: the names of `key_ops`, and that `use`, `key_ops` and `alg`
 * do not contradict each other (RFC 7517 §4.2–4.4). */
#ifndef JK_JOSE_JWK_OPS_H
#define JK_JOSE_JWK_OPS_H

#include "jose/jwk_form.h"

/* The bit of the operation called `name`; JWKEEP_JWK_OP_OTHER for one that is not known. */
uint32_t jk_jwk_op_of(jwkeep_span name);

/* Every operation with a name, and room for all of these as an array. */
#define JK_JWK_OPS_KNOWN ((uint32_t)JWKEEP_JWK_OP_OTHER - 1u)
#define JK_JWK_OPS_MAX_TEXT 128u

/* Makes `ops` the `key_ops` of `traits`: their names in the order of their bits, in `json`,
 * which must live as long. Errors: those of the buffer. */
JWKEEP_MUST_USE jwkeep_code jk_jwk_ops_set(jk_jwk_traits *traits, uint32_t ops,
                                           jwkeep_buffer *json);

/* Errors: JWK_USE_INCONSISTENT. */
JWKEEP_MUST_USE jwkeep_code jk_jwk_check_use(const jk_jwk_traits *traits, jwkeep_error *error);

#endif
