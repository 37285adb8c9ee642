/* SPDX-License-Identifier: Apache-2.0
 *
 * Keys that do not come from a JWK: generated ones and those from PEM. */
#include "base/attributes.h"
#include "support/jose.h"
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static jwkeep_jwk *generate(const jwkeep_jwk_spec *spec) {
    jwkeep_jwk *key = NULL;
    jwkeep_error error = {0};
    if (jwkeep_jwk_generate(spec, &key, &error))
        fail_msg("%s %s", jwkeep_code_name(error.code), error.where ? error.where : "");
    return key;
}

static void generates_a_key_for_every_algorithm(void **state) {
    (void)state;
    for (int value = 1; value < JWKEEP_ALGORITHM_COUNT; value++) {
        jwkeep_jwk_spec spec = {.algorithm = (jwkeep_algorithm)value};
        jwkeep_jwk *key = generate(&spec);
        assert_int_equal(jwkeep_jwk_algorithm(key), value);
        assert_int_equal(jwkeep_jwk_may_sign(key, spec.algorithm), JWKEEP_OK);
        assert_int_equal(jwkeep_jwk_may_verify(key, spec.algorithm), JWKEEP_OK);
        assert_true(jwkeep_jwk_is_private(key));
        jwkeep_jwk_unref(key);
    }
}

static void takes_the_defaults_of_the_algorithm(void **state) {
    (void)state;
    static const struct {
        jwkeep_jwk_spec spec;
        jwkeep_crv crv;
        size_t bits;
    } rows[] = {
        {{.algorithm = JWKEEP_ALGORITHM_EDDSA}, JWKEEP_CRV_ED25519, 0},
        {{.algorithm = JWKEEP_ALGORITHM_EDDSA, .crv = JWKEEP_CRV_ED448}, JWKEEP_CRV_ED448, 0},
        {{.algorithm = JWKEEP_ALGORITHM_ES256K}, JWKEEP_CRV_SECP256K1, 256},
        {{.algorithm = JWKEEP_ALGORITHM_HS384}, JWKEEP_CRV_ABSENT, 384},
        {{.algorithm = JWKEEP_ALGORITHM_HS256, .bits = 1024}, JWKEEP_CRV_ABSENT, 1024},
        {{.kty = JWKEEP_KTY_OCT}, JWKEEP_CRV_ABSENT, 256},
        {{.kty = JWKEEP_KTY_RSA}, JWKEEP_CRV_ABSENT, 2048},
    };
    for (size_t i = 0; i < JK_COUNT_OF(rows); i++) {
        jwkeep_jwk *key = generate(&rows[i].spec);
        assert_int_equal(jwkeep_jwk_crv(key), rows[i].crv);
        if (rows[i].bits)
            assert_int_equal(jwkeep_jwk_bits(key), rows[i].bits);
        jwkeep_jwk_unref(key);
    }
}

static void names_the_key(void **state) {
    (void)state;
    jwkeep_jwk_spec spec = {.algorithm = JWKEEP_ALGORITHM_ES256, .use = JWKEEP_JWK_USE_SIG};
    jwkeep_jwk *key = generate(&spec);
    assert_true(jwkeep_span_equals(jwkeep_jwk_kid(key), jwkeep_jwk_thumbprint_text(key)));
    assert_int_equal(jwkeep_jwk_use_of(key), JWKEEP_JWK_USE_SIG);
    jwkeep_jwk_unref(key);
    spec.kid = JWKEEP_SPAN("me");
    key = generate(&spec);
    assert_true(jwkeep_span_equals(jwkeep_jwk_kid(key), JWKEEP_SPAN("me")));
    jwkeep_jwk_unref(key);
    spec.kid = JWKEEP_SPAN("");
    key = generate(&spec);
    assert_null(jwkeep_jwk_kid(key).data);
    jwkeep_jwk_unref(key);
}

/* RFC 7638 §7: the thumbprint of an oct key is a hash of the secret. */
static void gives_an_oct_key_a_random_kid(void **state) {
    (void)state;
    jwkeep_jwk_spec spec = {.algorithm = JWKEEP_ALGORITHM_HS256};
    jwkeep_jwk *a = generate(&spec);
    jwkeep_jwk *b = generate(&spec);
    assert_int_equal(jwkeep_jwk_kid(a).size, 22);
    assert_false(jwkeep_span_equals(jwkeep_jwk_kid(a), jwkeep_jwk_kid(b)));
    assert_memory_not_equal(jwkeep_jwk_kid(a).data, jwkeep_jwk_thumbprint_text(a).data, 22);
    jwkeep_jwk_unref(a);
    jwkeep_jwk_unref(b);
}

static void refuses_a_spec_that_contradicts_itself(void **state) {
    (void)state;
    static uint8_t long_kid[JWKEEP_MAX_KID_BYTES + 1] = {'k'};
    const struct {
        jwkeep_jwk_spec spec;
        jwkeep_code code;
        const char *where;
    } rows[] = {
        {{0}, JWKEEP_MISUSE_ARGUMENT, "kty"},
        {{.kty = (jwkeep_kty)9}, JWKEEP_MISUSE_ARGUMENT, "kty"},
        {{.algorithm = (jwkeep_algorithm)99}, JWKEEP_MISUSE_ARGUMENT, "algorithm"},
        {{.kty = JWKEEP_KTY_EC}, JWKEEP_MISUSE_ARGUMENT, "crv"},
        {{.kty = JWKEEP_KTY_OKP}, JWKEEP_MISUSE_ARGUMENT, "crv"},
        {{.kty = JWKEEP_KTY_EC, .crv = JWKEEP_CRV_ED25519}, JWKEEP_MISUSE_ARGUMENT, "crv"},
        {{.kty = JWKEEP_KTY_OKP, .crv = JWKEEP_CRV_P256}, JWKEEP_MISUSE_ARGUMENT, "crv"},
        {{.kty = JWKEEP_KTY_RSA, .crv = JWKEEP_CRV_P256}, JWKEEP_MISUSE_ARGUMENT, "crv"},
        {{.kty = JWKEEP_KTY_EC, .crv = (jwkeep_crv)9}, JWKEEP_MISUSE_ARGUMENT, "crv"},
        {{.kty = JWKEEP_KTY_EC, .crv = JWKEEP_CRV_P256, .bits = 256},
         JWKEEP_MISUSE_ARGUMENT,
         "bits"},
        {{.algorithm = JWKEEP_ALGORITHM_RS256, .kty = JWKEEP_KTY_OCT},
         JWKEEP_MISUSE_ARGUMENT,
         NULL},
        {{.algorithm = JWKEEP_ALGORITHM_ES256, .crv = JWKEEP_CRV_P384},
         JWKEEP_MISUSE_ARGUMENT,
         "algorithm"},
        {{.kty = JWKEEP_KTY_RSA, .bits = 2047}, JWKEEP_JWK_TOO_WEAK, "bits"},
        {{.kty = JWKEEP_KTY_RSA, .bits = 8200}, JWKEEP_JWK_TOO_LARGE, "bits"},
        {{.kty = JWKEEP_KTY_RSA, .bits = 2049}, JWKEEP_MISUSE_ARGUMENT, "bits"},
        {{.kty = JWKEEP_KTY_OCT, .bits = 248}, JWKEEP_JWK_TOO_WEAK, "bits"},
        {{.kty = JWKEEP_KTY_OCT, .bits = 8200}, JWKEEP_JWK_TOO_LARGE, "bits"},
        {{.kty = JWKEEP_KTY_OCT, .bits = 260}, JWKEEP_MISUSE_ARGUMENT, "bits"},
        {{.algorithm = JWKEEP_ALGORITHM_HS512, .bits = 256}, JWKEEP_JWK_TOO_WEAK, "bits"},
        {{.algorithm = JWKEEP_ALGORITHM_ES256, .use = JWKEEP_JWK_USE_ENC},
         JWKEEP_MISUSE_ARGUMENT,
         "use"},
        {{.algorithm = JWKEEP_ALGORITHM_ES256, .kid = {long_kid, sizeof long_kid}},
         JWKEEP_KID_TOO_LONG,
         "kid"},
        {{.algorithm = JWKEEP_ALGORITHM_ES256, .kid = JWKEEP_SPAN("\xff")},
         JWKEEP_MISUSE_ARGUMENT,
         "kid"},
    };
    for (size_t i = 0; i < JK_COUNT_OF(rows); i++) {
        jwkeep_jwk *key = NULL;
        jwkeep_error error = {0};
        jwkeep_code code = jwkeep_jwk_generate(&rows[i].spec, &key, &error);
        if (code != rows[i].code || error.code != code || key)
            fail_msg("row %zu: %s", i, jwkeep_code_name(code));
        if (rows[i].where)
            assert_string_equal(error.where, rows[i].where);
    }
}

/* One Ed25519 key as openssl writes it: private, public, in a certificate. */
static const char private_pem[] =
    "-----BEGIN PRIVATE KEY-----\n"
    "MC4CAQAwBQYDK2VwBCIEIMfDDtnZ75UJAWpuy3vWcq+HhRnDh/2+vuE7RpqqM4XW\n"
    "-----END PRIVATE KEY-----\n";
static const char public_pem[] =
    "-----BEGIN PUBLIC KEY-----\n"
    "MCowBQYDK2VwAyEAgCdg5R7kCV+icbtyVjedDUNsev7pHE1Z26Ufd1d3YnM=\n"
    "-----END PUBLIC KEY-----\n";
static const char certificate_pem[] =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBLjCB4aADAgECAhQhNCRGZmgtNz7Ilh54idLK/Kx7WTAFBgMrZXAwDDEKMAgG\n"
    "A1UEAwwBdDAgFw0yNjExMjMxNTMwMjNaGA8yMTI2MTAzMDE1MzAyM1owDDEKMAgG\n"
    "A1UEAwwBdDAqMAUGAytlcAMhAIAnYOUe5AlfonG7clY3nQ1DbHr+6RxNWdulH3dX\n"
    "d2Jzo1MwUTAdBgNVHQ4EFgQUsiyxIZWC1uRYT+oGADes+r0cpRgwHwYDVR0jBBgw\n"
    "FoAUsiyxIZWC1uRYT+oGADes+r0cpRgwDwYDVR0TAQH/BAUwAwEB/zAFBgMrZXAD\n"
    "QQCYICnR/h4oIT/B5zOyIoUnB+4VwjKTg434wn+QSN5loMToJevC4L7BYTPSvTY/\n"
    "+f3evyDH8JAeoxF6z9bWumYM\n"
    "-----END CERTIFICATE-----\n";

static jwkeep_jwk *pem_key(const char *pem) {
    jwkeep_jwk *key = NULL;
    assert_int_equal(jwkeep_jwk_parse_pem(jwkeep_span_text(pem), &key, NULL), JWKEEP_OK);
    assert_null(jwkeep_jwk_kid(key).data);
    assert_int_equal(jwkeep_jwk_algorithm(key), JWKEEP_ALGORITHM_ABSENT);
    assert_int_equal(jwkeep_jwk_crv(key), JWKEEP_CRV_ED25519);
    return key;
}

static void reads_one_key_from_three_forms_of_pem(void **state) {
    (void)state;
    jwkeep_jwk *private_key = pem_key(private_pem);
    jwkeep_jwk *public_key = pem_key(public_pem);
    jwkeep_jwk *certified = pem_key(certificate_pem);
    assert_true(jwkeep_jwk_is_private(private_key));
    assert_false(jwkeep_jwk_is_private(public_key));
    assert_false(jwkeep_jwk_is_private(certified));
    assert_true(jwkeep_jwk_is_same(private_key, public_key));
    assert_true(jwkeep_jwk_is_same(public_key, certified));
    jwkeep_jwk_unref(private_key);
    jwkeep_jwk_unref(public_key);
    jwkeep_jwk_unref(certified);
}

static void refuses_what_is_no_pem(void **state) {
    (void)state;
    static const char *const pems[] = {"", "{\"kty\":\"oct\"}", "-----BEGIN PUBLIC KEY-----\n"};
    for (size_t i = 0; i < JK_COUNT_OF(pems); i++) {
        jwkeep_jwk *key = NULL;
        jwkeep_error error = {0};
        assert_int_equal(jwkeep_jwk_parse_pem(jwkeep_span_text(pems[i]), &key, &error),
                         JWKEEP_PEM_INVALID);
        assert_int_equal(error.code, JWKEEP_PEM_INVALID);
        assert_null(key);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(generates_a_key_for_every_algorithm),
        cmocka_unit_test(takes_the_defaults_of_the_algorithm),
        cmocka_unit_test(names_the_key),
        cmocka_unit_test(gives_an_oct_key_a_random_kid),
        cmocka_unit_test(refuses_a_spec_that_contradicts_itself),
        cmocka_unit_test(reads_one_key_from_three_forms_of_pem),
        cmocka_unit_test(refuses_what_is_no_pem),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
