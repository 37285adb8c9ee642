/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns how the files of the backend divide preparing a key between them, one file a family.
 * Each function is jk_openssl_prepare for keys of its type. */
#ifndef JK_CRYPTO_OPENSSL_BACKEND_H
#define JK_CRYPTO_OPENSSL_BACKEND_H

#include "crypto/engine.h"
#include <openssl/evp.h>

jwkeep_code jk_openssl_prepare_rsa(const jk_key_material *numbers, jk_key_engine *ret_engine,
                                   jwkeep_error *error);
jwkeep_code jk_openssl_prepare_ec(const jk_key_material *numbers, jk_key_engine *ret_engine,
                                  jwkeep_error *error);
jwkeep_code jk_openssl_prepare_okp(const jk_key_material *numbers, jk_key_engine *ret_engine,
                                   jwkeep_error *error);
jwkeep_code jk_openssl_prepare_hmac(const jk_key_material *numbers, jk_key_engine *ret_engine,
                                    jwkeep_error *error);

/* The key of OpenSSL with these numbers, checked as when preparing; the caller frees, also on
 * failure. */
JWKEEP_MUST_USE jwkeep_code jk_openssl_make_rsa(const jk_key_material *numbers,
                                                EVP_PKEY **ret_key, jwkeep_error *error);
JWKEEP_MUST_USE jwkeep_code jk_openssl_make_ec(const jk_key_material *numbers,
                                               EVP_PKEY **ret_key, jwkeep_error *error);
JWKEEP_MUST_USE jwkeep_code jk_openssl_make_okp(const jk_key_material *numbers,
                                                EVP_PKEY **ret_key, jwkeep_error *error);

#endif
