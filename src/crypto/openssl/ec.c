/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns EC keys (RFC 7518 §6.2) and ECDSA (§3.4): points on the curve, private numbers that
 * belong to them, signatures in range. */
#include "base/error.h"
#include "crypto/ecdsa_signature.h"
#include "crypto/openssl/backend.h"
#include "crypto/openssl/failure.h"
#include "crypto/openssl/numbers.h"
#include "crypto/openssl/signer.h"
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/param_build.h>

#define POINT_MAX_BYTES (1u + 2u * JK_ECDSA_NUMBER_MAX_BYTES)

/* RFC 7518 §3.4 with FIPS 186-4 §6.4: r and s are from 1 to n - 1. OpenSSL's provider looks as
 * well; which provider answers is for the system's configuration to say. */
static bool is_in_range(jwkeep_span signature, jwkeep_crv crv) {
    const uint8_t *order = jk_crv_order(crv);
    size_t width = jk_crv_bytes(crv);
    return jk_number_is_below(signature.data, order, width) &&
           jk_number_is_below(signature.data + width, order, width);
}

/* As OpenSSL takes it; 0 for numbers out of range. */
static size_t pack(jwkeep_span signature, jwkeep_crv crv,
                   uint8_t ret_der[JK_ECDSA_DER_MAX_BYTES]) {
    return is_in_range(signature, crv) ? jk_ecdsa_to_der(signature, ret_der) : 0;
}

static jwkeep_code unpack(const uint8_t *der, size_t size, uint8_t *ret_signature,
                          size_t signature_bytes, jwkeep_error *error) {
    if (!jk_ecdsa_from_der(jwkeep_span_of(der, size), signature_bytes / 2, ret_signature))
        return jk_fail(error, JWKEEP_CRYPTO_FAILED);
    return JWKEEP_OK;
}

static jwkeep_code verify(void *state, const jk_algorithm_info *info, jwkeep_span message,
                          jwkeep_span signature, jwkeep_error *error) {
    uint8_t der[JK_ECDSA_DER_MAX_BYTES];
    size_t size = pack(signature, info->crv, der);
    if (size == 0)
        return jk_fail_signature(info, error);
    return jk_signer_verify(state, info, message, jwkeep_span_of(der, size), error);
}

static jwkeep_code sign(void *state, const jk_algorithm_info *info, jwkeep_span message,
                        uint8_t *ret_signature, size_t signature_bytes, jwkeep_error *error) {
    uint8_t der[JK_ECDSA_DER_MAX_BYTES];
    size_t size = sizeof der;
    jwkeep_code code = jk_signer_sign(state, info, message, der, &size, error);
    return code ? code : unpack(der, size, ret_signature, signature_bytes, error);
}

static jwkeep_code verify_digest(void *state, const jk_algorithm_info *info, jwkeep_span digest,
                                 jwkeep_span signature, jwkeep_error *error) {
    uint8_t der[JK_ECDSA_DER_MAX_BYTES];
    size_t size = pack(signature, info->crv, der);
    if (size == 0)
        return jk_fail_signature(info, error);
    return jk_signer_verify_digest(state, info, digest, jwkeep_span_of(der, size), error);
}

static jwkeep_code sign_digest(void *state, const jk_algorithm_info *info, jwkeep_span digest,
                               uint8_t *ret_signature, size_t signature_bytes,
                               jwkeep_error *error) {
    uint8_t der[JK_ECDSA_DER_MAX_BYTES];
    size_t size = sizeof der;
    jwkeep_code code = jk_signer_sign_digest(state, info, digest, der, &size, error);
    return code ? code : unpack(der, size, ret_signature, signature_bytes, error);
}

static void free_state(void *state) {
    jk_signer_free(state);
}

static size_t put_point(const jk_key_material *numbers, uint8_t ret_point[POINT_MAX_BYTES]) {
    size_t width = jk_crv_bytes(numbers->crv);
    ret_point[0] = POINT_CONVERSION_UNCOMPRESSED;
    memcpy(ret_point + 1, numbers->x.data, width);
    memcpy(ret_point + 1 + width, numbers->y.data, width);
    return 1 + 2 * width;
}

/* The caller frees; parameters made from a secret BIGNUM are wiped when freed. */
static OSSL_PARAM *list_parameters(const jk_key_material *numbers, const BIGNUM *d) {
    uint8_t point[POINT_MAX_BYTES];
    size_t size = put_point(numbers, point);
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    OSSL_PARAM *parameters = NULL;
    if (builder &&
        OSSL_PARAM_BLD_push_utf8_string(builder, OSSL_PKEY_PARAM_GROUP_NAME,
                                        jk_openssl_curve_name(numbers->crv), 0) == 1 &&
        OSSL_PARAM_BLD_push_octet_string(builder, OSSL_PKEY_PARAM_PUB_KEY, point, size) == 1 &&
        (!d || OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_PRIV_KEY, d) == 1))
        parameters = OSSL_PARAM_BLD_to_param(builder);
    OSSL_PARAM_BLD_free(builder);
    return parameters;
}

/* `*ret_key` may be set on failure as well: the caller frees it. */
static jwkeep_code build(OSSL_PARAM parameters[], int selection, EVP_PKEY **ret_key,
                         jwkeep_error *error) {
    EVP_PKEY_CTX *maker = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    if (!maker || EVP_PKEY_fromdata_init(maker) != 1) {
        EVP_PKEY_CTX_free(maker);
        return jk_openssl_fail(error);
    }
    jwkeep_code code = JWKEEP_OK;
    if (EVP_PKEY_fromdata(maker, ret_key, selection, parameters) != 1)
        code = jk_openssl_refuse(error, JWKEEP_JWK_NOT_ON_CURVE, "x", "RFC 7518 §6.2.1");
    EVP_PKEY_CTX_free(maker);
    return code;
}

static jwkeep_code check(EVP_PKEY *key, bool is_private, jwkeep_error *error) {
    EVP_PKEY_CTX *checker = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
    if (!checker)
        return jk_openssl_fail(error);
    jwkeep_code code = JWKEEP_OK;
    if (EVP_PKEY_public_check_quick(checker) != 1)
        code = jk_openssl_refuse(error, JWKEEP_JWK_NOT_ON_CURVE, "x", "RFC 7518 §6.2.1");
    else if (is_private && EVP_PKEY_pairwise_check(checker) != 1)
        code = jk_openssl_refuse(error, JWKEEP_JWK_KEY_MISMATCH, "d", "RFC 7518 §6.2.2");
    EVP_PKEY_CTX_free(checker);
    return code;
}

jwkeep_code jk_openssl_make_ec(const jk_key_material *numbers, EVP_PKEY **ret_key,
                               jwkeep_error *error) {
    bool is_private = jwkeep_span_is_present(numbers->d);
    BIGNUM *d = is_private ? jk_openssl_secret_number(numbers->d) : NULL;
    OSSL_PARAM *parameters = !is_private || d ? list_parameters(numbers, d) : NULL;
    BN_clear_free(d);
    if (!parameters)
        return jk_openssl_fail(error);
    jwkeep_code code =
        build(parameters, is_private ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY, ret_key, error);
    OSSL_PARAM_free(parameters);
    return code ? code : check(*ret_key, is_private, error);
}

jwkeep_code jk_openssl_prepare_ec(const jk_key_material *numbers, jk_key_engine *ret_engine,
                                  jwkeep_error *error) {
    static const jk_key_ops ops = {verify, sign, free_state, verify_digest, sign_digest};
    EVP_PKEY *key = NULL;
    jk_signer *signer;
    jwkeep_code code = jk_openssl_make_ec(numbers, &key, error);
    if (!code)
        code = jk_signer_new(key, &signer, error);
    if (code) {
        EVP_PKEY_free(key);
        return code;
    }
    *ret_engine = (jk_key_engine){&ops, signer};
    return JWKEEP_OK;
}
