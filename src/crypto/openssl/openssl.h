/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns what the OpenSSL backend offers to the rest of src/crypto/: preparing keys, making and
 * reading them. Every failure leaves the calling thread's OpenSSL error queue empty. */
#ifndef JK_CRYPTO_OPENSSL_OPENSSL_H
#define JK_CRYPTO_OPENSSL_OPENSSL_H

#include "crypto/engine.h"

/* Makes the state that checks signatures by a key of these numbers, which have passed
 * jk_key_material_check and are complete (an RSA private key has its factors). `numbers` must
 * outlive the state. Errors: NOT_ON_CURVE, KEY_MISMATCH, OUT_OF_MEMORY, CRYPTO_FAILED. */
JWKEEP_MUST_USE jwkeep_code jk_openssl_prepare(const jk_key_material *numbers,
                                               jk_key_engine *ret_engine, jwkeep_error *error);

/* Finds the factors of an RSA key of which only n, e and d are given, and with them p, q, dp,
 * dq, qi. `ret_material` points into `material` and `scratch`. Errors: KEY_MISMATCH. */
JWKEEP_MUST_USE jwkeep_code jk_openssl_rsa_complete(const jk_key_material *material,
                                                    jk_arena *scratch,
                                                    jk_key_material *ret_material,
                                                    jwkeep_error *error);

/* The numbers, in `scratch`, of a new random key. */
JWKEEP_MUST_USE jwkeep_code jk_openssl_generate(jwkeep_kty kty, jwkeep_crv crv, size_t bits,
                                                jk_arena *scratch,
                                                jk_key_material *ret_material,
                                                jwkeep_error *error);

/* The numbers, in `scratch`, of a key in PEM or DER. Errors: those of jk_key_read. */
JWKEEP_MUST_USE jwkeep_code jk_openssl_key_read(jwkeep_span bytes, const jk_key_source *source,
                                                jk_arena *scratch,
                                                jk_key_material *ret_material,
                                                jwkeep_error *error);

/* Appends a key of these numbers, which are those of a prepared one, as jk_key_write. */
JWKEEP_MUST_USE jwkeep_code jk_openssl_key_write(const jk_key_material *numbers,
                                                 const jk_key_form *form, jwkeep_buffer *buffer,
                                                 jwkeep_error *error);

#endif
