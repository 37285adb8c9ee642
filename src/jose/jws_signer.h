/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns what the calls that sign have in common: a signer that has been checked, the protected
 * header it writes, the signature it or its device makes. */
#ifndef JK_JOSE_JWS_SIGNER_H
#define JK_JOSE_JWS_SIGNER_H

#include "base/arena.h"
#include "crypto/key.h"
#include <jwkeep/jws.h>

/* Which algorithm `signer` signs with, after the checks of key and device.
 * Errors: MISUSE_ARGUMENT, MISUSE_PRIVATE_NEEDED, MISUSE_KEY_ALG, KEY_USE_FORBIDDEN. */
JWKEEP_MUST_USE jwkeep_code jk_jws_signer_check(const jwkeep_jws_signer *signer,
                                                jwkeep_algorithm *ret_algorithm,
                                                jwkeep_error *error);

/* The protected header in base64url, in `arena`.
 * Errors: JSON_…, HEADER_INVALID, CRIT_INVALID, OUT_OF_MEMORY. */
JWKEEP_MUST_USE jwkeep_code jk_jws_signer_header(const jwkeep_jws_signer *signer,
                                                 jwkeep_algorithm algorithm, jk_arena *arena,
                                                 jwkeep_span *ret_encoded, jwkeep_error *error);

/* The signature of `message`.
 * Errors: OUT_OF_MEMORY, CRYPTO_FAILED, SIGNER_FAILED, whatever the device gives. */
JWKEEP_MUST_USE jwkeep_code jk_jws_signer_sign(const jwkeep_jws_signer *signer,
                                               jwkeep_algorithm algorithm, jwkeep_span message,
                                               uint8_t ret_signature[JK_SIGNATURE_MAX_BYTES],
                                               size_t *ret_size, jwkeep_error *error);

#endif
