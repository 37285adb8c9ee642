/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns plain hashing, random bytes. */
#ifndef JK_CRYPTO_DIGEST_H
#define JK_CRYPTO_DIGEST_H

#include "base/attributes.h"
#include <jwkeep/error.h>
#include <jwkeep/span.h>

#define JK_SHA256_SIZE 32

JWKEEP_MUST_USE jwkeep_code jk_sha256(jwkeep_span bytes, uint8_t ret_digest[JK_SHA256_SIZE],
                                      jwkeep_error *error);

#define JK_DIGEST_MAX_BYTES 64

/* The hash of the SHA family that gives `size` bytes: 20 (SHA-1, for what names things by it,
 * never for security), 32, 48 or 64. */
JWKEEP_MUST_USE jwkeep_code jk_digest(size_t size, jwkeep_span bytes, uint8_t *ret_digest,
                                      jwkeep_error *error);

/* SHAKE256 (FIPS 202) with as much output as Ed448 takes of it (RFC 8032 §5.2). */
#define JK_SHAKE256_ED448_SIZE 114

JWKEEP_MUST_USE jwkeep_code jk_shake256(jwkeep_span bytes,
                                        uint8_t ret_digest[JK_SHAKE256_ED448_SIZE],
                                        jwkeep_error *error);

/* For keys: from the crypto library's generator. */
JWKEEP_MUST_USE jwkeep_code jk_random(void *ret_bytes, size_t size, jwkeep_error *error);

#endif
