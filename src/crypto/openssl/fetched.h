/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the algorithms looked up in OpenSSL's providers: once a process, never per key or
 * token, because a look-up takes locks that all threads share. */
#ifndef JK_CRYPTO_OPENSSL_FETCHED_H
#define JK_CRYPTO_OPENSSL_FETCHED_H

#include "crypto/algorithm.h"
#include <openssl/evp.h>

/* The hash of `info`; NULL if the providers have it not, or if `info` has none. */
const EVP_MD *jk_fetched_hash(const jk_algorithm_info *info);

/* SHA-1, SHA-256, SHA-384 or SHA-512, by the size of what they give; NULL likewise. */
const EVP_MD *jk_fetched_digest(size_t size);

/* SHAKE256, or NULL. */
const EVP_MD *jk_fetched_shake256(void);

/* The MAC called HMAC, or NULL. */
EVP_MAC *jk_fetched_hmac(void);

#endif
