/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the algorithm table and the names of key types and curves. Refuses every spelling but
 * the registered one. */
#include "crypto/algorithm.h"

static const jk_algorithm_info table[JWKEEP_ALGORITHM_COUNT] = {
    [JWKEEP_ALGORITHM_HS256] = {JWKEEP_ALGORITHM_HS256, "HS256", "SHA256", JK_FAMILY_HMAC,
                                JWKEEP_KTY_OCT, JWKEEP_CRV_ABSENT, 32, 32},
    [JWKEEP_ALGORITHM_HS384] = {JWKEEP_ALGORITHM_HS384, "HS384", "SHA384", JK_FAMILY_HMAC,
                                JWKEEP_KTY_OCT, JWKEEP_CRV_ABSENT, 48, 48},
    [JWKEEP_ALGORITHM_HS512] = {JWKEEP_ALGORITHM_HS512, "HS512", "SHA512", JK_FAMILY_HMAC,
                                JWKEEP_KTY_OCT, JWKEEP_CRV_ABSENT, 64, 64},
    [JWKEEP_ALGORITHM_RS256] = {JWKEEP_ALGORITHM_RS256, "RS256", "SHA256", JK_FAMILY_RSA_PKCS1,
                                JWKEEP_KTY_RSA, JWKEEP_CRV_ABSENT, 32, 0},
    [JWKEEP_ALGORITHM_RS384] = {JWKEEP_ALGORITHM_RS384, "RS384", "SHA384", JK_FAMILY_RSA_PKCS1,
                                JWKEEP_KTY_RSA, JWKEEP_CRV_ABSENT, 48, 0},
    [JWKEEP_ALGORITHM_RS512] = {JWKEEP_ALGORITHM_RS512, "RS512", "SHA512", JK_FAMILY_RSA_PKCS1,
                                JWKEEP_KTY_RSA, JWKEEP_CRV_ABSENT, 64, 0},
    [JWKEEP_ALGORITHM_PS256] = {JWKEEP_ALGORITHM_PS256, "PS256", "SHA256", JK_FAMILY_RSA_PSS,
                                JWKEEP_KTY_RSA, JWKEEP_CRV_ABSENT, 32, 0},
    [JWKEEP_ALGORITHM_PS384] = {JWKEEP_ALGORITHM_PS384, "PS384", "SHA384", JK_FAMILY_RSA_PSS,
                                JWKEEP_KTY_RSA, JWKEEP_CRV_ABSENT, 48, 0},
    [JWKEEP_ALGORITHM_PS512] = {JWKEEP_ALGORITHM_PS512, "PS512", "SHA512", JK_FAMILY_RSA_PSS,
                                JWKEEP_KTY_RSA, JWKEEP_CRV_ABSENT, 64, 0},
    [JWKEEP_ALGORITHM_ES256] = {JWKEEP_ALGORITHM_ES256, "ES256", "SHA256", JK_FAMILY_ECDSA,
                                JWKEEP_KTY_EC, JWKEEP_CRV_P256, 32, 64},
    [JWKEEP_ALGORITHM_ES384] = {JWKEEP_ALGORITHM_ES384, "ES384", "SHA384", JK_FAMILY_ECDSA,
                                JWKEEP_KTY_EC, JWKEEP_CRV_P384, 48, 96},
    [JWKEEP_ALGORITHM_ES512] = {JWKEEP_ALGORITHM_ES512, "ES512", "SHA512", JK_FAMILY_ECDSA,
                                JWKEEP_KTY_EC, JWKEEP_CRV_P521, 64, 132},
    [JWKEEP_ALGORITHM_ES256K] = {JWKEEP_ALGORITHM_ES256K, "ES256K", "SHA256", JK_FAMILY_ECDSA,
                                 JWKEEP_KTY_EC, JWKEEP_CRV_SECP256K1, 32, 64},
    [JWKEEP_ALGORITHM_EDDSA] = {JWKEEP_ALGORITHM_EDDSA, "EdDSA", NULL, JK_FAMILY_EDDSA,
                                JWKEEP_KTY_OKP, JWKEEP_CRV_ABSENT, 0, 0},
    [JWKEEP_ALGORITHM_ED25519] = {JWKEEP_ALGORITHM_ED25519, "Ed25519", NULL, JK_FAMILY_EDDSA,
                                  JWKEEP_KTY_OKP, JWKEEP_CRV_ED25519, 0, 64},
    [JWKEEP_ALGORITHM_ED448] = {JWKEEP_ALGORITHM_ED448, "Ed448", NULL, JK_FAMILY_EDDSA,
                                JWKEEP_KTY_OKP, JWKEEP_CRV_ED448, 0, 114},
};

static const char *const kty_names[] = {
    [JWKEEP_KTY_RSA] = "RSA",
    [JWKEEP_KTY_EC] = "EC",
    [JWKEEP_KTY_OCT] = "oct",
    [JWKEEP_KTY_OKP] = "OKP",
};

typedef struct curve {
    const char *name;
    uint16_t bytes;
} curve;

static const curve curves[] = {
    [JWKEEP_CRV_P256] = {"P-256", 32},      [JWKEEP_CRV_P384] = {"P-384", 48},
    [JWKEEP_CRV_P521] = {"P-521", 66},      [JWKEEP_CRV_SECP256K1] = {"secp256k1", 32},
    [JWKEEP_CRV_ED25519] = {"Ed25519", 32}, [JWKEEP_CRV_ED448] = {"Ed448", 57},
};

const jk_algorithm_info *jk_algorithm_info_of(jwkeep_algorithm algorithm) {
    bool is_known = (unsigned)algorithm < JK_COUNT_OF(table) && table[algorithm].name;
    return is_known ? &table[algorithm] : NULL;
}

jwkeep_algorithm jwkeep_algorithm_from_name(jwkeep_span name) {
    for (size_t i = 1; i < JK_COUNT_OF(table); i++) {
        if (jwkeep_span_equals(name, jwkeep_span_text(table[i].name)))
            return table[i].algorithm;
    }
    return JWKEEP_ALGORITHM_ABSENT;
}

bool jwkeep_algorithm_is_left_out(jwkeep_span name) {
    static const char *const left_out[] = {"ML-DSA-44", "ML-DSA-65", "ML-DSA-87"};
    for (size_t i = 0; i < JK_COUNT_OF(left_out); i++)
        if (jwkeep_span_equals(name, jwkeep_span_text(left_out[i])))
            return true;
    return false;
}

const char *jwkeep_algorithm_name(jwkeep_algorithm algorithm) {
    const jk_algorithm_info *info = jk_algorithm_info_of(algorithm);
    return info ? info->name : NULL;
}

bool jwkeep_algorithm_fits(jwkeep_algorithm algorithm, jwkeep_kty kty, jwkeep_crv crv) {
    const jk_algorithm_info *info = jk_algorithm_info_of(algorithm);
    if (!info || info->kty != kty)
        return false;
    if (kty == JWKEEP_KTY_RSA || kty == JWKEEP_KTY_OCT)
        return true;
    if (info->algorithm == JWKEEP_ALGORITHM_EDDSA)
        return crv == JWKEEP_CRV_ED25519 || crv == JWKEEP_CRV_ED448;
    return info->crv == crv;
}

jwkeep_kty jwkeep_kty_from_name(jwkeep_span name) {
    for (size_t i = 1; i < JK_COUNT_OF(kty_names); i++) {
        if (jwkeep_span_equals(name, jwkeep_span_text(kty_names[i])))
            return (jwkeep_kty)i;
    }
    return JWKEEP_KTY_ABSENT;
}

const char *jwkeep_kty_name(jwkeep_kty kty) {
    return (unsigned)kty < JK_COUNT_OF(kty_names) ? kty_names[kty] : NULL;
}

jwkeep_crv jwkeep_crv_from_name(jwkeep_span name) {
    for (size_t i = 1; i < JK_COUNT_OF(curves); i++) {
        if (jwkeep_span_equals(name, jwkeep_span_text(curves[i].name)))
            return (jwkeep_crv)i;
    }
    return JWKEEP_CRV_ABSENT;
}

const char *jwkeep_crv_name(jwkeep_crv crv) {
    return (unsigned)crv < JK_COUNT_OF(curves) ? curves[crv].name : NULL;
}

size_t jk_crv_bytes(jwkeep_crv crv) {
    return (unsigned)crv < JK_COUNT_OF(curves) ? curves[crv].bytes : 0;
}

jwkeep_algorithm_set jwkeep_algorithm_all(void) {
    return (JWKEEP_ALGORITHM_BIT(JWKEEP_ALGORITHM_COUNT) - 1) &
           ~JWKEEP_ALGORITHM_BIT(JWKEEP_ALGORITHM_ABSENT);
}

jwkeep_algorithm_set jwkeep_algorithm_asymmetric(void) {
    jwkeep_algorithm_set set = 0;
    for (size_t i = 1; i < JK_COUNT_OF(table); i++) {
        if (table[i].family != JK_FAMILY_HMAC)
            set |= JWKEEP_ALGORITHM_BIT(i);
    }
    return set;
}
