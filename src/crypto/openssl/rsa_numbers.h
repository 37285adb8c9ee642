/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the arithmetic of RSA keys (RFC 8017 §3): do the private numbers belong to the public
 * ones, and what are the factors if only n, e and d are known. */
#ifndef JK_CRYPTO_OPENSSL_RSA_NUMBERS_H
#define JK_CRYPTO_OPENSSL_RSA_NUMBERS_H

#include "crypto/engine.h"
#include <openssl/bn.h>

/* NULL where the key has none. */
typedef struct jk_rsa_numbers {
    BIGNUM *n, *e, *d, *p, *q, *dp, *dq, *qi;
} jk_rsa_numbers;

/* Errors: OUT_OF_MEMORY, CRYPTO_FAILED. */
JWKEEP_MUST_USE jwkeep_code jk_rsa_numbers_init(jk_rsa_numbers *numbers,
                                                const jk_key_material *material,
                                                jwkeep_error *error);
void jk_rsa_numbers_done(jk_rsa_numbers *numbers); /* wipes; zeroed ones are fine */

/* For private keys: p · q is n, d inverts e for both, dp, dq and qi follow from them.
 * Errors: KEY_MISMATCH, OUT_OF_MEMORY, CRYPTO_FAILED. */
JWKEEP_MUST_USE jwkeep_code jk_rsa_numbers_check(const jk_rsa_numbers *numbers,
                                                 jwkeep_error *error);

/* From n, e and d the others. Errors: as above. */
JWKEEP_MUST_USE jwkeep_code jk_rsa_numbers_factor(jk_rsa_numbers *numbers, jwkeep_error *error);

#endif
