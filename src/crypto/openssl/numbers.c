/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the reading of numbers out of an EVP_PKEY, and the names of curves. */
#include "crypto/openssl/numbers.h"
#include "base/error.h"
#include "crypto/openssl/failure.h"
#include <openssl/core_names.h>
#include <openssl/err.h>

static const char *const curve_names[] = {
    [JWKEEP_CRV_P256] = "prime256v1",  [JWKEEP_CRV_P384] = "secp384r1",
    [JWKEEP_CRV_P521] = "secp521r1",   [JWKEEP_CRV_SECP256K1] = "secp256k1",
    [JWKEEP_CRV_ED25519] = SN_ED25519, [JWKEEP_CRV_ED448] = SN_ED448,
};

const char *jk_openssl_curve_name(jwkeep_crv crv) {
    return (unsigned)crv < JK_COUNT_OF(curve_names) ? curve_names[crv] : NULL;
}

jwkeep_crv jk_openssl_curve_of(const char *name) {
    for (size_t i = 1; i < JK_COUNT_OF(curve_names); i++) {
        if (strcmp(name, curve_names[i]) == 0)
            return (jwkeep_crv)i;
    }
    return JWKEEP_CRV_ABSENT;
}

BIGNUM *jk_openssl_secret_number(jwkeep_span number) {
    BIGNUM *secret = BN_secure_new();
    if (!secret || !BN_bin2bn(number.data, (int)number.size, secret)) {
        BN_clear_free(secret);
        return NULL;
    }
    BN_set_flags(secret, BN_FLG_CONSTTIME);
    return secret;
}

jwkeep_code jk_openssl_number_store(const BIGNUM *number, size_t width, jk_arena *arena,
                                    jwkeep_span *ret_number, jwkeep_error *error) {
    size_t size = width ? width : (size_t)BN_num_bytes(number);
    uint8_t *bytes = jk_arena_bytes(arena, size);
    if (!bytes)
        return jk_fail(error, JWKEEP_OUT_OF_MEMORY);
    if (BN_bn2binpad(number, bytes, (int)size) < 0)
        return jk_openssl_fail(error);
    *ret_number = jwkeep_span_of(bytes, size);
    return JWKEEP_OK;
}

/* An absent parameter leaves `ret_number` absent. */
static jwkeep_code read_number(const EVP_PKEY *key, const char *parameter, size_t width,
                               jk_arena *arena, jwkeep_span *ret_number, jwkeep_error *error) {
    BIGNUM *number = BN_secure_new();
    if (!number)
        return jk_openssl_fail(error);
    jwkeep_code code = JWKEEP_OK;
    if (EVP_PKEY_get_bn_param(key, parameter, &number) == 1)
        code = jk_openssl_number_store(number, width, arena, ret_number, error);
    BN_clear_free(number);
    return code;
}

static jwkeep_code extract_rsa(const EVP_PKEY *key, jk_arena *arena, jk_key_material *numbers,
                               jwkeep_error *error) {
    const struct {
        const char *parameter;
        jwkeep_span *number;
    } members[] = {
        {OSSL_PKEY_PARAM_RSA_N, &numbers->n},
        {OSSL_PKEY_PARAM_RSA_E, &numbers->e},
        {OSSL_PKEY_PARAM_RSA_D, &numbers->d},
        {OSSL_PKEY_PARAM_RSA_FACTOR1, &numbers->p},
        {OSSL_PKEY_PARAM_RSA_FACTOR2, &numbers->q},
        {OSSL_PKEY_PARAM_RSA_EXPONENT1, &numbers->dp},
        {OSSL_PKEY_PARAM_RSA_EXPONENT2, &numbers->dq},
        {OSSL_PKEY_PARAM_RSA_COEFFICIENT1, &numbers->qi},
    };
    numbers->kty = JWKEEP_KTY_RSA;
    for (size_t i = 0; i < JK_COUNT_OF(members); i++) {
        jwkeep_code code =
            read_number(key, members[i].parameter, 0, arena, members[i].number, error);
        if (code)
            return code;
    }
    BIGNUM *third = NULL;
    bool has_third = EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_FACTOR3, &third) == 1;
    BN_clear_free(third);
    if (has_third)
        return jk_openssl_refuse(error, JWKEEP_JWK_KTY_UNSUPPORTED, "oth", "RFC 7518 §6.3.2.7");
    return JWKEEP_OK;
}

/* OpenSSL takes numbers that are those of a curve with a name for the curve. */
static bool is_curve_in_numbers(const EVP_PKEY *key) {
    int is_explicit = 0;
    return EVP_PKEY_get_int_param(key, OSSL_PKEY_PARAM_EC_DECODED_FROM_EXPLICIT_PARAMS,
                                  &is_explicit) == 1 &&
           is_explicit != 0;
}

static jwkeep_code extract_ec(const EVP_PKEY *key, jk_arena *arena, jk_key_material *numbers,
                              jwkeep_error *error) {
    char name[64];
    size_t name_size;
    numbers->kty = JWKEEP_KTY_EC;
    if (is_curve_in_numbers(key))
        return jk_openssl_refuse(error, JWKEEP_JWK_CRV_UNSUPPORTED, "crv", "RFC 5480 §2.1.1");
    if (EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME, name, sizeof name,
                                       &name_size) == 1)
        numbers->crv = jk_openssl_curve_of(name);
    if (!numbers->crv)
        return jk_openssl_refuse(error, JWKEEP_JWK_CRV_UNSUPPORTED, "crv", "RFC 7518 §6.2.1.1");
    size_t width = jk_crv_bytes(numbers->crv);
    jwkeep_code code =
        read_number(key, OSSL_PKEY_PARAM_EC_PUB_X, width, arena, &numbers->x, error);
    if (!code)
        code = read_number(key, OSSL_PKEY_PARAM_EC_PUB_Y, width, arena, &numbers->y, error);
    if (!code)
        code = read_number(key, OSSL_PKEY_PARAM_PRIV_KEY, width, arena, &numbers->d, error);
    return code;
}

typedef int raw_getter(const EVP_PKEY *key, unsigned char *bytes, size_t *size);

static jwkeep_code read_raw(const EVP_PKEY *key, raw_getter *getter, jk_arena *arena,
                            jwkeep_span *ret_number, jwkeep_error *error) {
    size_t size;
    if (getter(key, NULL, &size) != 1)
        return JWKEEP_OK; /* a public key has no private half */
    uint8_t *bytes = jk_arena_bytes(arena, size);
    if (!bytes)
        return jk_fail(error, JWKEEP_OUT_OF_MEMORY);
    if (getter(key, bytes, &size) == 1)
        *ret_number = jwkeep_span_of(bytes, size);
    return JWKEEP_OK;
}

static jwkeep_code extract_okp(const EVP_PKEY *key, jk_arena *arena, jk_key_material *numbers,
                               jwkeep_error *error) {
    numbers->kty = JWKEEP_KTY_OKP;
    numbers->crv = EVP_PKEY_is_a(key, SN_ED448) ? JWKEEP_CRV_ED448 : JWKEEP_CRV_ED25519;
    jwkeep_code code = read_raw(key, EVP_PKEY_get_raw_public_key, arena, &numbers->x, error);
    if (!code)
        code = read_raw(key, EVP_PKEY_get_raw_private_key, arena, &numbers->d, error);
    return code;
}

jwkeep_code jk_openssl_extract(const EVP_PKEY *key, jk_arena *arena,
                               jk_key_material *ret_material, jwkeep_error *error) {
    jk_key_material numbers = {0};
    jwkeep_code code;
    if (EVP_PKEY_is_a(key, "RSA"))
        code = extract_rsa(key, arena, &numbers, error);
    else if (EVP_PKEY_is_a(key, "EC"))
        code = extract_ec(key, arena, &numbers, error);
    else if (EVP_PKEY_is_a(key, SN_ED25519) || EVP_PKEY_is_a(key, SN_ED448))
        code = extract_okp(key, arena, &numbers, error);
    else
        code = jk_openssl_refuse(error, JWKEEP_JWK_KTY_UNSUPPORTED, "kty", "RFC 7518 §6.1");
    ERR_clear_error(); /* asking a public key for its private half leaves a trace */
    if (!code)
        *ret_material = numbers;
    return code;
}
