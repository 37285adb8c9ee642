/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns crypto/digest.h on OpenSSL. */
#include "crypto/digest.h"
#include "crypto/openssl/failure.h"
#include "crypto/openssl/fetched.h"
#include <limits.h>
#include <openssl/rand.h>

jwkeep_code jk_sha256(jwkeep_span bytes, uint8_t ret_digest[JK_SHA256_SIZE],
                      jwkeep_error *error) {
    uint8_t digest[JK_SHA256_SIZE];
    const EVP_MD *sha256 = jk_fetched_sha256();
    if (!sha256 || EVP_Digest(bytes.data, bytes.size, digest, NULL, sha256, NULL) != 1)
        return jk_openssl_fail(error);
    memcpy(ret_digest, digest, sizeof digest);
    return JWKEEP_OK;
}

jwkeep_code jk_random(void *ret_bytes, size_t size, jwkeep_error *error) {
    if (size > INT_MAX || RAND_priv_bytes(ret_bytes, (int)size) != 1)
        return jk_openssl_fail(error);
    return JWKEEP_OK;
}
