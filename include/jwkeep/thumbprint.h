/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns thumbprints of keys under every hash (RFC 7638), and their URIs (RFC 9278). The one
 * under SHA-256, which the library itself tells keys apart by, every key has ready:
 * jwkeep_jwk_thumbprint. */
#ifndef JWKEEP_THUMBPRINT_H
#define JWKEEP_THUMBPRINT_H

#include <jwkeep/jwk.h>

JWKEEP_BEGIN

#define JWKEEP_THUMBPRINT_MAX_SIZE 64u /* SHA-512 */

typedef enum jwkeep_thumbprint_hash {
    JWKEEP_THUMBPRINT_SHA256 = 0,
    JWKEEP_THUMBPRINT_SHA384 = 1,
    JWKEEP_THUMBPRINT_SHA512 = 2
} jwkeep_thumbprint_hash;

/* A thumbprint and the hash it was made with: `size` bytes of `bytes`. */
typedef struct jwkeep_thumbprint {
    jwkeep_thumbprint_hash hash;
    size_t size; /* 32, 48 or 64, as the hash has it */
    uint8_t bytes[JWKEEP_THUMBPRINT_MAX_SIZE];
} jwkeep_thumbprint;

/* The thumbprint of `key` (RFC 7638 §3), the same for a private key and its public half. That
 * of an oct key is made from the secret: do not publish it (§7).
 * Errors: MISUSE_ARGUMENT (the hash), OUT_OF_MEMORY, CRYPTO_FAILED. */
JWKEEP_API JWKEEP_MUST_USE jwkeep_code
jwkeep_thumbprint_compute(const jwkeep_jwk *key, jwkeep_thumbprint_hash hash,
                          jwkeep_thumbprint *ret_thumbprint, jwkeep_error *error);

/* Appends `urn:ietf:params:oauth:jwk-thumbprint:sha-256:` and the thumbprint in base64url (RFC
 * 9278 §3), or the same with sha-384 or sha-512. Errors: JWK_NOT_PUBLIC (an oct key: the URI is
 * made to be published), those of jwkeep_thumbprint_compute and of the buffer. */
JWKEEP_API JWKEEP_MUST_USE jwkeep_code jwkeep_thumbprint_write_uri(const jwkeep_jwk *key,
                                                                   jwkeep_thumbprint_hash hash,
                                                                   jwkeep_buffer *uri,
                                                                   jwkeep_error *error);

/* Reads such a URI. What stands before the thumbprint is compared byte by byte.
 * Errors: THUMBPRINT_URI_INVALID (another URN, another hash, another length, not base64url). */
JWKEEP_API JWKEEP_MUST_USE jwkeep_code jwkeep_thumbprint_read_uri(
    jwkeep_span uri, jwkeep_thumbprint *ret_thumbprint, jwkeep_error *error);

/* `*ret_is_of` says whether `thumbprint` is that of `key`. Errors as
 * jwkeep_thumbprint_compute. */
JWKEEP_API JWKEEP_MUST_USE jwkeep_code
jwkeep_thumbprint_is_of(const jwkeep_thumbprint *thumbprint, const jwkeep_jwk *key,
                        bool *ret_is_of, jwkeep_error *error);

JWKEEP_END

#endif
