/* SPDX-License-Identifier: Apache-2.0
 *
 * The attack: an ID token of another login, or one that came with another access token or
 * code, put in place of the right one. */
#include "base/attributes.h"
#include "support/forge.h"
#include <jwkeep/id_token.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define NOW_MS INT64_C(1700000000000)

static jwkeep_token *token;
static jwkeep_id_token_login login;
static jwkeep_failures failures;
static jwkeep_error error;

static int set_up(void **state) {
    (void)state;
    jwkeep_id_token_login_init(&login);
    return jwkeep_token_new(&token, NULL) == JWKEEP_OK ? 0 : -1;
}

static int tear_down(void **state) {
    (void)state;
    jwkeep_token_free(token);
    return 0;
}

static void verify_by(jwkeep_jwk *key, jwkeep_algorithm algorithm, const char *payload) {
    char header[64];
    snprintf(header, sizeof header, "{\"alg\":\"%s\"}", jwkeep_algorithm_name(algorithm));
    char *bytes =
        forge_token(jwkeep_span_text(header), jwkeep_span_text(payload), key, algorithm);
    jwkeep_code code = jwkeep_jwt_verify(jwkeep_span_text(bytes), key, NULL, NULL, NOW_MS,
                                         token, NULL, &error);
    free(bytes);
    if (code != JWKEEP_OK)
        fail_msg("%s: %s", payload, error.text);
}

static jwkeep_code check_by(jwkeep_jwk *key, jwkeep_algorithm algorithm, const char *payload) {
    verify_by(key, algorithm, payload);
    jwkeep_code code = jwkeep_id_token_check(token, &login, NOW_MS, &failures, &error);
    assert_true(code == JWKEEP_OK || error.code == code);
    return code;
}

static jwkeep_code check_under(jwkeep_algorithm algorithm, const char *payload) {
    jwkeep_jwk *key = forge_key(algorithm, NULL);
    jwkeep_code code = check_by(key, algorithm, payload);
    jwkeep_jwk_unref(key);
    return code;
}

/* Without `alg`. */
static jwkeep_jwk *key_of_curve(jwkeep_crv crv) {
    const jwkeep_jwk_spec spec = {.kty = JWKEEP_KTY_OKP, .crv = crv};
    jwkeep_jwk *key = NULL;
    assert_int_equal(jwkeep_jwk_generate(&spec, &key, NULL), JWKEEP_OK);
    return key;
}

static jwkeep_code check(const char *payload) {
    return check_under(JWKEEP_ALGORITHM_HS256, payload);
}

static void demands_the_nonce_that_was_sent(void **state) {
    (void)state;
    assert_int_equal(check("{}"), JWKEEP_OK);
    assert_int_equal(check("{\"nonce\":\"n\"}"), JWKEEP_NONCE_MISMATCH);
    assert_int_equal(check("{\"nonce\":\"\"}"), JWKEEP_NONCE_MISMATCH);
    login.nonce = JWKEEP_SPAN("n");
    assert_int_equal(check("{\"nonce\":\"n\"}"), JWKEEP_OK);
    assert_int_equal(check("{\"nonce\":\"m\"}"), JWKEEP_NONCE_MISMATCH);
    assert_int_equal(check("{\"nonce\":\"\"}"), JWKEEP_NONCE_MISMATCH);
    assert_int_equal(check("{\"nonce\":[\"n\"]}"), JWKEEP_CLAIM_TYPE);
    assert_int_equal(check("{}"), JWKEEP_CLAIM_MISSING);
    assert_string_equal(error.where, "nonce");
    login.nonce = JWKEEP_SPAN("");
    assert_int_equal(check("{}"), JWKEEP_CLAIM_MISSING);
}

/* OpenID Connect Core, appendix A.3 and A.4 */
#define ACCESS_TOKEN "jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y"
#define AT_HASH "77QmUPtjPfzWtF2AnpK9RQ"
#define CODE "Qcb0Orv1zh30vL1MPRsbm-diHiMwcLyZvn1arpZv-Jxf_11jnpEX3Tgfvk"
#define C_HASH "LDktKdoQak3Pk0cnXxCltA"

static void compares_the_hashes_of_what_came_along(void **state) {
    (void)state;
    static const char both[] = "{\"at_hash\":\"" AT_HASH "\",\"c_hash\":\"" C_HASH "\"}";
    assert_int_equal(check(both), JWKEEP_OK);
    login.access_token = JWKEEP_SPAN(ACCESS_TOKEN);
    login.code = JWKEEP_SPAN(CODE);
    assert_int_equal(check(both), JWKEEP_OK);
    assert_int_equal(check("{}"), JWKEEP_OK);
    login.access_token = JWKEEP_SPAN("another");
    assert_int_equal(check(both), JWKEEP_HASH_MISMATCH);
    assert_string_equal(error.where, "at_hash");
    login.code = JWKEEP_SPAN("another");
    assert_int_equal(check(both), JWKEEP_HASH_MISMATCH);
    assert_int_equal(failures.count, 2);
    assert_string_equal(failures.items[1].where, "c_hash");
    assert_int_equal(check("{\"at_hash\":1,\"c_hash\":null}"), JWKEEP_CLAIM_TYPE);
    assert_int_equal(failures.count, 2);
    assert_int_equal(check("{\"at_hash\":\"\"}"), JWKEEP_HASH_MISMATCH);
}

static void demands_hashes_where_the_flow_does(void **state) {
    (void)state;
    login.access_token = JWKEEP_SPAN(ACCESS_TOKEN);
    login.code = JWKEEP_SPAN(CODE);
    login.is_at_hash_required = login.is_c_hash_required = true;
    assert_int_equal(check("{\"at_hash\":\"" AT_HASH "\",\"c_hash\":\"" C_HASH "\"}"),
                     JWKEEP_OK);
    assert_int_equal(check("{}"), JWKEEP_CLAIM_MISSING);
    assert_int_equal(failures.count, 2);
}

/* The left halves of the SHA-384 and SHA-512 of "token", by OpenSSL's command line. */
static void takes_the_hash_of_the_algorithm(void **state) {
    (void)state;
    static const struct {
        jwkeep_algorithm algorithm;
        const char *payload;
    } cases[] = {
        {JWKEEP_ALGORITHM_HS384, "{\"at_hash\":\"Cm6hANx1qgPTYYSWu3KFaieklEAsPkh3\"}"},
        {JWKEEP_ALGORITHM_ES384, "{\"at_hash\":\"Cm6hANx1qgPTYYSWu3KFaieklEAsPkh3\"}"},
        {JWKEEP_ALGORITHM_HS512,
         "{\"at_hash\":\"ImXaughy_DrvFp0Hk2XlkPDLyO1GwqeYTIpkKAPP2Ww\"}"},
        {JWKEEP_ALGORITHM_EDDSA,
         "{\"at_hash\":\"ImXaughy_DrvFp0Hk2XlkPDLyO1GwqeYTIpkKAPP2Ww\"}"},
        {JWKEEP_ALGORITHM_ED25519,
         "{\"at_hash\":\"ImXaughy_DrvFp0Hk2XlkPDLyO1GwqeYTIpkKAPP2Ww\"}"},
    };
    login.access_token = JWKEEP_SPAN("token");
    for (size_t i = 0; i < JK_COUNT_OF(cases); i++) {
        assert_int_equal(check_under(cases[i].algorithm, cases[i].payload), JWKEEP_OK);
        assert_int_equal(check(cases[i].payload), JWKEEP_HASH_MISMATCH);
    }
}

/* The left half of 114 bytes of the SHAKE256 of "token", by OpenSSL's command line and Python's
 * _sha3. */
static void takes_shake256_for_the_curve_ed448(void **state) {
    (void)state;
    static const char good[] = "{\"at_hash\":\"ZpsVsPHyCxw-L854tH1BSHo_uyeotZeU9GcDngReCYbbGANf"
                               "hQ0WKs70DNeb3r5aEWB26f_H-CGq\"}";
    static const char sha512[] =
        "{\"at_hash\":\"ImXaughy_DrvFp0Hk2XlkPDLyO1GwqeYTIpkKAPP2Ww\"}";
    static const char shorter[] =
        "{\"at_hash\":\"ZpsVsPHyCxw-L854tH1BSHo_uyeotZeU9GcDngReCYY\"}";
    login.access_token = JWKEEP_SPAN("token");
    jwkeep_algorithm names[] = {JWKEEP_ALGORITHM_ED448, JWKEEP_ALGORITHM_EDDSA};
    for (size_t i = 0; i < JK_COUNT_OF(names); i++) {
        jwkeep_jwk *key = key_of_curve(JWKEEP_CRV_ED448);
        assert_int_equal(check_by(key, names[i], good), JWKEEP_OK);
        assert_int_equal(check_by(key, names[i], sha512), JWKEEP_HASH_MISMATCH);
        assert_int_equal(check_by(key, names[i], shorter), JWKEEP_HASH_MISMATCH);
        jwkeep_jwk_unref(key);
    }
}

static void demands_a_login_that_is_new_enough(void **state) {
    (void)state;
    login.max_age_s = 60;
    login.leeway_s = 5;
    assert_int_equal(check("{\"auth_time\":1699999940}"), JWKEEP_OK);
    assert_int_equal(check("{\"auth_time\":1699999939}"), JWKEEP_AUTH_TOO_OLD);
    assert_int_equal(check("{\"auth_time\":1700000005}"), JWKEEP_OK);
    assert_int_equal(check("{\"auth_time\":1700000006}"), JWKEEP_TOKEN_ISSUED_IN_FUTURE);
    assert_int_equal(check("{}"), JWKEEP_CLAIM_MISSING);
}

static void misused(const char *field) {
    assert_int_equal(check("{}"), JWKEEP_MISUSE_ARGUMENT);
    assert_string_equal(error.where, field);
    jwkeep_id_token_login_init(&login);
}

static void refuses_what_cannot_be_checked(void **state) {
    (void)state;
    login.is_at_hash_required = true;
    misused("access_token");
    login.is_c_hash_required = true;
    misused("code");
    login.max_age_s = -1;
    misused("max_age_s");
    login.leeway_s = JWKEEP_MAX_LEEWAY_S + 1;
    misused("leeway_s");
    login.struct_size = 0;
    misused("struct_size");
    assert_int_equal(check("{}"), JWKEEP_OK);
    assert_int_equal(jwkeep_id_token_check(token, NULL, NOW_MS, NULL, NULL),
                     JWKEEP_MISUSE_ARGUMENT);
    jwkeep_token *unverified = NULL;
    assert_int_equal(jwkeep_token_new(&unverified, NULL), JWKEEP_OK);
    jwkeep_code code = jwkeep_id_token_check(unverified, &login, NOW_MS, NULL, NULL);
    jwkeep_token_free(unverified);
    assert_int_equal(code, JWKEEP_MISUSE_STATE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(demands_the_nonce_that_was_sent),    TEST(compares_the_hashes_of_what_came_along),
        TEST(demands_hashes_where_the_flow_does), TEST(takes_the_hash_of_the_algorithm),
        TEST(takes_shake256_for_the_curve_ed448), TEST(demands_a_login_that_is_new_enough),
        TEST(refuses_what_cannot_be_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
