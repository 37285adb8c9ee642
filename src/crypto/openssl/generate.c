/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the making of new keys. Their numbers go the way of any other key's: through
 * jk_key_import and its checks. */
#include "base/error.h"
#include "crypto/digest.h"
#include "crypto/openssl/failure.h"
#include "crypto/openssl/numbers.h"
#include "crypto/openssl/openssl.h"

static jwkeep_code generate_oct(size_t bits, jk_arena *scratch, jk_key_material *ret_material,
                                jwkeep_error *error) {
    size_t size = bits / 8;
    uint8_t *bytes = jk_arena_bytes(scratch, size);
    if (!bytes)
        return jk_fail(error, JWKEEP_OUT_OF_MEMORY);
    jwkeep_code code = jk_random(bytes, size, error);
    if (!code)
        *ret_material =
            (jk_key_material){.kty = JWKEEP_KTY_OCT, .k = jwkeep_span_of(bytes, size)};
    return code;
}

static EVP_PKEY *generate_pair(jwkeep_kty kty, jwkeep_crv crv, size_t bits) {
    const char *curve = jk_openssl_curve_name(crv);
    if (kty == JWKEEP_KTY_RSA)
        return EVP_PKEY_Q_keygen(NULL, NULL, "RSA", bits);
    if (kty == JWKEEP_KTY_EC)
        return EVP_PKEY_Q_keygen(NULL, NULL, "EC", curve);
    return EVP_PKEY_Q_keygen(NULL, NULL, curve);
}

jwkeep_code jk_openssl_generate(jwkeep_kty kty, jwkeep_crv crv, size_t bits, jk_arena *scratch,
                                jk_key_material *ret_material, jwkeep_error *error) {
    if (kty == JWKEEP_KTY_OCT)
        return generate_oct(bits, scratch, ret_material, error);
    EVP_PKEY *pair = generate_pair(kty, crv, bits);
    if (!pair)
        return jk_openssl_fail(error);
    jwkeep_code code = jk_openssl_extract(pair, scratch, ret_material, error);
    EVP_PKEY_free(pair);
    return code;
}
