/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the way of numbers between spans, BIGNUMs and EVP_PKEYs. */
#ifndef JK_CRYPTO_OPENSSL_NUMBERS_H
#define JK_CRYPTO_OPENSSL_NUMBERS_H

#include "crypto/engine.h"
#include <openssl/bn.h>
#include <openssl/evp.h>

/* OpenSSL's names of our curves, for EC and OKP; NULL for ABSENT. */
JWKEEP_CONST const char *jk_openssl_curve_name(jwkeep_crv crv);
jwkeep_crv jk_openssl_curve_of(const char *name);

/* `number` as a BIGNUM that is wiped when freed and handled in constant time, for
 * BN_clear_free; NULL without memory. */
JWKEEP_MUST_USE BIGNUM *jk_openssl_secret_number(jwkeep_span number);

/* `number` in `arena`, in `width` bytes, or in as few as it needs if `width` is 0.
 * Errors: OUT_OF_MEMORY, CRYPTO_FAILED (wider than that). */
JWKEEP_MUST_USE jwkeep_code jk_openssl_number_store(const BIGNUM *number, size_t width,
                                                    jk_arena *arena, jwkeep_span *ret_number,
                                                    jwkeep_error *error);

/* The numbers of `key`, private ones included where it has them, in `arena`.
 * Errors: JWK_KTY_UNSUPPORTED, JWK_CRV_UNSUPPORTED, OUT_OF_MEMORY, CRYPTO_FAILED. */
JWKEEP_MUST_USE jwkeep_code jk_openssl_extract(const EVP_PKEY *key, jk_arena *arena,
                                               jk_key_material *ret_material,
                                               jwkeep_error *error);

#endif
