/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the choice of the family a key is prepared for. */
#include "base/error.h"
#include "crypto/openssl/backend.h"
#include "crypto/openssl/openssl.h"

jwkeep_code jk_openssl_prepare(const jk_key_material *numbers, jk_key_engine *ret_engine,
                               jwkeep_error *error) {
    switch (numbers->kty) {
    case JWKEEP_KTY_RSA:
        return jk_openssl_prepare_rsa(numbers, ret_engine, error);
    case JWKEEP_KTY_EC:
        return jk_openssl_prepare_ec(numbers, ret_engine, error);
    case JWKEEP_KTY_OKP:
        return jk_openssl_prepare_okp(numbers, ret_engine, error);
    case JWKEEP_KTY_OCT:
        return jk_openssl_prepare_hmac(numbers, ret_engine, error);
    case JWKEEP_KTY_ABSENT:
        break;
    }
    return jk_fail(error, JWKEEP_JWK_KTY_UNSUPPORTED);
}
