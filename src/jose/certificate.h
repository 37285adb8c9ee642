/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the certificates that stand in a JWK: `x5c`, `x5t` and `x5t#S256` (RFC 7517 §4.7–4.9).
 */
#ifndef JK_JOSE_CERTIFICATE_H
#define JK_JOSE_CERTIFICATE_H

#include "crypto/key.h"
#include <jwkeep/certificate.h>

/* From the value of an `x5c`. Errors: as jwkeep_certificate_parse. */
JWKEEP_MUST_USE jwkeep_code jk_certificate_from_x5c(const jwkeep_json *x5c,
                                                    const jwkeep_limits *limits,
                                                    jwkeep_certificate **ret_certificate,
                                                    jwkeep_error *error);

/* Whether what `jwk` says of certificates holds for the key of these numbers: the first one of
 * `x5c` is for it, and has the hashes `x5t` and `x5t#S256`. Without `x5c` there is nothing to
 * hold the hashes against. Errors: JWK_INVALID (a member of the wrong type),
 * CERTIFICATE_KEY_MISMATCH, CERTIFICATE_HASH_MISMATCH and those of jk_certificate_from_x5c. */
JWKEEP_MUST_USE jwkeep_code jk_certificate_check_jwk(const jwkeep_json *jwk,
                                                     const jwkeep_limits *limits,
                                                     const jk_key_material *material,
                                                     jwkeep_error *error);

/* Appends the certificates as the value of an `x5c`. Errors: those of the buffer. */
JWKEEP_MUST_USE jwkeep_code jk_certificate_write_x5c(const jwkeep_certificate *certificate,
                                                     jwkeep_buffer *json);

/* An empty list of certificates; each that is added is read and counted against `limits`. */
JWKEEP_MUST_USE jwkeep_code jk_certificate_new(jwkeep_certificate **ret_certificate,
                                               jwkeep_error *error);
JWKEEP_MUST_USE jwkeep_code jk_certificate_add(jwkeep_certificate *certificate, jwkeep_span der,
                                               const jwkeep_limits *limits,
                                               jwkeep_error *error);

#endif
