/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns crypto/digest.h on OpenSSL. */
#include "crypto/digest.h"
#include "crypto/openssl/failure.h"
#include "crypto/openssl/fetched.h"
#include <limits.h>
#include <openssl/rand.h>

jwkeep_code jk_digest(size_t size, jwkeep_span bytes, uint8_t *ret_digest,
                      jwkeep_error *error) {
    uint8_t digest[EVP_MAX_MD_SIZE];
    const EVP_MD *hash = jk_fetched_digest(size);
    if (!hash || EVP_Digest(bytes.data, bytes.size, digest, NULL, hash, NULL) != 1)
        return jk_openssl_fail(error);
    memcpy(ret_digest, digest, size);
    return JWKEEP_OK;
}

jwkeep_code jk_sha256(jwkeep_span bytes, uint8_t ret_digest[JK_SHA256_SIZE],
                      jwkeep_error *error) {
    return jk_digest(JK_SHA256_SIZE, bytes, ret_digest, error);
}

jwkeep_code jk_shake256(jwkeep_span bytes, uint8_t ret_digest[JK_SHAKE256_ED448_SIZE],
                        jwkeep_error *error) {
    const EVP_MD *hash = jk_fetched_shake256();
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool is_hashed = hash && context && EVP_DigestInit_ex2(context, hash, NULL) == 1 &&
                     EVP_DigestUpdate(context, bytes.data, bytes.size) == 1 &&
                     EVP_DigestFinalXOF(context, ret_digest, JK_SHAKE256_ED448_SIZE) == 1;
    EVP_MD_CTX_free(context);
    return is_hashed ? JWKEEP_OK : jk_openssl_fail(error);
}

jwkeep_code jk_random(void *ret_bytes, size_t size, jwkeep_error *error) {
    if (size > INT_MAX || RAND_priv_bytes(ret_bytes, (int)size) != 1)
        return jk_openssl_fail(error);
    return JWKEEP_OK;
}
