/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the state of RSA and EC keys: hash, then one operation of an EVP_PKEY_CTX on the
 * digest, both on contexts that are used again and again. Refuses to know the form of
 * signatures: they come and go as OpenSSL has them. */
#ifndef JK_CRYPTO_OPENSSL_SIGNER_H
#define JK_CRYPTO_OPENSSL_SIGNER_H

#include "crypto/engine.h"
#include <openssl/evp.h>

typedef struct jk_signer jk_signer;

/* `key` is taken over, on success only. Errors: OUT_OF_MEMORY. */
JWKEEP_MUST_USE jwkeep_code jk_signer_new(EVP_PKEY *key, jk_signer **ret_signer,
                                          jwkeep_error *error);
void jk_signer_free(jk_signer *signer);

/* Errors: SIGNATURE_INVALID, OUT_OF_MEMORY, CRYPTO_FAILED. */
JWKEEP_MUST_USE jwkeep_code jk_signer_verify(jk_signer *signer, const jk_algorithm_info *info,
                                             jwkeep_span message, jwkeep_span signature,
                                             jwkeep_error *error);

/* The same for the digest of a message. */
JWKEEP_MUST_USE jwkeep_code jk_signer_verify_digest(jk_signer *signer,
                                                    const jk_algorithm_info *info,
                                                    jwkeep_span digest, jwkeep_span signature,
                                                    jwkeep_error *error);

/* `*size` is the room at `ret_signature` before and the size of the signature after.
 * Errors: OUT_OF_MEMORY, CRYPTO_FAILED. */
JWKEEP_MUST_USE jwkeep_code jk_signer_sign(jk_signer *signer, const jk_algorithm_info *info,
                                           jwkeep_span message, uint8_t *ret_signature,
                                           size_t *size, jwkeep_error *error);
JWKEEP_MUST_USE jwkeep_code jk_signer_sign_digest(jk_signer *signer,
                                                  const jk_algorithm_info *info,
                                                  jwkeep_span digest, uint8_t *ret_signature,
                                                  size_t *size, jwkeep_error *error);

#endif
