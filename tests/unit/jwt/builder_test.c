/* SPDX-License-Identifier: Apache-2.0
 *
 * What a builder writes and signs, and what it refuses to. */
#include "base/attributes.h"
#include "jwt/claims.h"
#include "support/forge.h"
#include "support/jose.h"
#include <jwkeep/builder.h>
#include <jwkeep/jwt.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define NOW_S INT64_C(1700000000)
#define NOW_MS (NOW_S * 1000 + 999)

static jwkeep_builder *builder;
static jwkeep_buffer output;
static jwkeep_error error;

static int set_up(void **state) {
    (void)state;
    jwkeep_buffer_init(&output, 2 * JWKEEP_BUILDER_MAX_BYTES);
    return jwkeep_builder_new(&builder, NULL) == JWKEEP_OK ? 0 : -1;
}

static int tear_down(void **state) {
    (void)state;
    jwkeep_builder_free(builder);
    jwkeep_buffer_done(&output);
    return 0;
}

static jwkeep_code write_claims(void) {
    jwkeep_buffer_clear(&output);
    return jwkeep_builder_write(builder, NOW_MS, &output, &error);
}

static void writes(const char *json) {
    if (write_claims() != JWKEEP_OK)
        fail_msg("%s (%s)", error.text, error.where ? error.where : "");
    if (!holds(&output, json))
        fail_msg("%.*s", (int)output.size, (const char *)output.data);
}

/* The failure sticks, tells `where`, and nothing is written. */
static void fails(jwkeep_code code, const char *where) {
    jwkeep_builder_set_string(builder, "later", JWKEEP_SPAN("x"));
    assert_int_equal(write_claims(), code);
    assert_int_equal(error.code, code);
    assert_int_equal(output.size, 0);
    if (where)
        assert_string_equal(error.where, where);
    else
        assert_null(error.where);
    jwkeep_builder_clear(builder);
    writes("{}");
}

static void writes_every_kind_of_claim_in_order(void **state) {
    (void)state;
    jwkeep_builder_set_issuer(builder, JWKEEP_SPAN("i"));
    jwkeep_builder_set_string(builder, "s", JWKEEP_SPAN("a\"\n\xc3\xa9"));
    jwkeep_builder_set_int64(builder, "n", INT64_MIN);
    jwkeep_builder_set_double(builder, "d", 0.25);
    jwkeep_builder_set_boolean(builder, "t", true);
    jwkeep_builder_set_boolean(builder, "f", false);
    jwkeep_builder_set_null(builder, "z");
    jwkeep_builder_set_json(builder, "j", JWKEEP_SPAN(" {\"a\": [1,\"\\u0000\"]} "));
    jwkeep_builder_add_claims(builder, JWKEEP_SPAN("{\"x\":1,\"y\":{}}"));
    jwkeep_builder_set_subject(builder, JWKEEP_SPAN(""));
    jwkeep_builder_set_jti(builder, JWKEEP_SPAN("7"));
    writes("{\"iss\":\"i\",\"s\":\"a\\\"\\n\xc3\xa9\",\"n\":-9223372036854775808,\"d\":0.25,"
           "\"t\":true,\"f\":false,\"z\":null,\"j\":{\"a\": [1,\"\\u0000\"]},\"x\":1,\"y\":{},"
           "\"sub\":\"\",\"jti\":\"7\"}");
}

static void one_audience_is_a_string_and_several_are_an_array(void **state) {
    (void)state;
    jwkeep_builder_add_audience(builder, JWKEEP_SPAN("a"));
    writes("{\"aud\":\"a\"}");
    jwkeep_builder_set_int64(builder, "x", 1);
    jwkeep_builder_add_audience(builder, JWKEEP_SPAN("b"));
    jwkeep_builder_add_audience(builder, JWKEEP_SPAN("a"));
    writes("{\"aud\":[\"a\",\"b\",\"a\"],\"x\":1}");
}

static void times_are_absolute_or_from_the_moment_of_signing(void **state) {
    (void)state;
    jwkeep_builder_set_expires_in(builder, 300);
    jwkeep_builder_set_not_before_in(builder, -5);
    jwkeep_builder_set_issued_in(builder, 0);
    writes("{\"exp\":1700000300,\"nbf\":1699999995,\"iat\":1700000000}");
    jwkeep_builder_clear(builder);
    jwkeep_builder_set_expires_at(builder, 3);
    jwkeep_builder_set_not_before_at(builder, 1);
    jwkeep_builder_set_issued_at(builder, 2);
    writes("{\"exp\":3,\"nbf\":1,\"iat\":2}");
}

static void each_token_has_a_random_jti_of_its_own(void **state) {
    (void)state;
    char first[64] = {0};
    jwkeep_builder_set_random_jti(builder);
    assert_int_equal(write_claims(), JWKEEP_OK);
    assert_int_equal(output.size, sizeof "{\"jti\":\"\"}" - 1 + 22);
    memcpy(first, output.data, output.size);
    assert_int_equal(write_claims(), JWKEEP_OK);
    assert_memory_not_equal(first, output.data, output.size);
}

static void refuses_a_name_given_twice_however_it_is_given(void **state) {
    (void)state;
    jwkeep_builder_set_string(builder, "a", JWKEEP_SPAN("1"));
    jwkeep_builder_set_null(builder, "a");
    fails(JWKEEP_MISUSE_ARGUMENT, "a");
    jwkeep_builder_set_expires_in(builder, 1);
    jwkeep_builder_set_expires_at(builder, 1);
    fails(JWKEEP_MISUSE_ARGUMENT, "exp");
    jwkeep_builder_set_jti(builder, JWKEEP_SPAN("1"));
    jwkeep_builder_set_random_jti(builder);
    fails(JWKEEP_MISUSE_ARGUMENT, "jti");
    jwkeep_builder_set_json(builder, "aud", JWKEEP_SPAN("[\"a\"]"));
    jwkeep_builder_add_audience(builder, JWKEEP_SPAN("b"));
    fails(JWKEEP_MISUSE_ARGUMENT, "aud");
    jwkeep_builder_set_issuer(builder, JWKEEP_SPAN("i"));
    jwkeep_builder_add_claims(builder, JWKEEP_SPAN("{\"x\":1,\"\\u0069ss\":\"evil\"}"));
    fails(JWKEEP_MISUSE_ARGUMENT, "iss");
}

static void refuses_registered_claims_of_the_wrong_type(void **state) {
    (void)state;
    static const struct {
        const char *name, *json;
    } cases[] = {{"iss", "[\"i\"]"}, {"sub", "1"},    {"aud", "{}"},      {"aud", "[1]"},
                 {"exp", "\"1\""},   {"exp", "-1"},   {"nbf", "1e400"},   {"iat", "1e12"},
                 {"jti", "null"},    {"exp", "null"}, {"iat", "[170000]"}};
    for (size_t i = 0; i < JK_COUNT_OF(cases); i++) {
        jwkeep_builder_set_json(builder, cases[i].name, jwkeep_span_text(cases[i].json));
        assert_int_equal(write_claims(), JWKEEP_CLAIM_TYPE);
        assert_string_equal(error.where, cases[i].name);
        assert_int_equal(output.size, 0);
        jwkeep_builder_clear(builder);
    }
}

static void refuses_times_no_verifier_would_read(void **state) {
    (void)state;
    jwkeep_builder_set_expires_in(builder, JK_NUMERIC_DATE_MAX_S - NOW_S);
    assert_int_equal(write_claims(), JWKEEP_OK);
    jwkeep_builder_clear(builder);
    jwkeep_builder_set_expires_in(builder, JK_NUMERIC_DATE_MAX_S - NOW_S + 1);
    assert_int_equal(write_claims(), JWKEEP_CLAIM_TYPE);
    jwkeep_builder_clear(builder);
    jwkeep_builder_set_issued_in(builder, -NOW_S - 1);
    assert_int_equal(write_claims(), JWKEEP_CLAIM_TYPE);
    jwkeep_builder_clear(builder);
    jwkeep_builder_set_not_before_in(builder, INT64_MAX);
    fails(JWKEEP_MISUSE_ARGUMENT, "nbf");
    jwkeep_builder_set_not_before_in(builder, INT64_MIN);
    fails(JWKEEP_MISUSE_ARGUMENT, "nbf");
}

static void refuses_what_is_no_json(void **state) {
    (void)state;
    static const struct {
        const char *json;
        jwkeep_code code;
    } cases[] = {{"{", JWKEEP_JSON_SYNTAX},      {"1,\"x\":2", JWKEEP_JSON_SYNTAX},
                 {"", JWKEEP_JSON_SYNTAX},       {"{\"a\":1,\"a\":1}", JWKEEP_JSON_DUPLICATE},
                 {"\"\xff\"", JWKEEP_JSON_UTF8}, {"NaN", JWKEEP_JSON_SYNTAX}};
    for (size_t i = 0; i < JK_COUNT_OF(cases); i++) {
        jwkeep_builder_set_json(builder, "c", jwkeep_span_text(cases[i].json));
        fails(cases[i].code, "c");
    }
    jwkeep_builder_add_claims(builder, JWKEEP_SPAN("[1]"));
    fails(JWKEEP_CLAIMS_INVALID, NULL);
    jwkeep_builder_set_string(builder, "c", JWKEEP_SPAN("\xff"));
    fails(JWKEEP_JSON_UTF8, "c");
    jwkeep_builder_add_audience(builder, JWKEEP_SPAN("\xc3"));
    fails(JWKEEP_JSON_UTF8, "aud");
    jwkeep_builder_set_double(builder, "c", (double)NAN);
    fails(JWKEEP_MISUSE_ARGUMENT, "c");
    jwkeep_builder_set_double(builder, "c", (double)INFINITY);
    fails(JWKEEP_MISUSE_ARGUMENT, "c");
    jwkeep_builder_set_null(builder, NULL);
    fails(JWKEEP_MISUSE_ARGUMENT, "name");
}

static void the_first_failure_sticks(void **state) {
    (void)state;
    jwkeep_builder_set_json(builder, "a", JWKEEP_SPAN("{"));
    jwkeep_builder_set_null(builder, "b");
    jwkeep_builder_set_null(builder, "b");
    assert_int_equal(jwkeep_builder_check(builder, &error), JWKEEP_JSON_SYNTAX);
    assert_string_equal(error.where, "a");
    assert_int_equal(jwkeep_builder_check(builder, NULL), JWKEEP_JSON_SYNTAX);
    fails(JWKEEP_JSON_SYNTAX, "a");
}

static void bounds_what_it_holds(void **state) {
    (void)state;
    static uint8_t letters[JWKEEP_BUILDER_MAX_BYTES];
    memset(letters, 'x', sizeof letters);
    const size_t frame = sizeof "{\"c\":\"\"}" - 1;
    jwkeep_builder_set_string(builder, "c", jwkeep_span_of(letters, sizeof letters - frame));
    assert_int_equal(write_claims(), JWKEEP_OK);
    assert_int_equal(output.size, sizeof letters);
    jwkeep_builder_clear(builder);
    jwkeep_builder_set_string(builder, "c",
                              jwkeep_span_of(letters, sizeof letters - frame + 1));
    assert_int_equal(write_claims(), JWKEEP_MISUSE_TOO_SMALL);
    jwkeep_builder_clear(builder);
    jwkeep_builder_set_string(builder, "c", jwkeep_span_of(letters, sizeof letters));
    fails(JWKEEP_MISUSE_TOO_SMALL, "c");
}

static jwkeep_code sign_and_verify(const jwkeep_jws_signer *signer, const jwkeep_jwk *key,
                                   jwkeep_token *token) {
    jwkeep_buffer_clear(&output);
    jwkeep_code code = jwkeep_builder_sign(builder, signer, NOW_MS, &output, &error);
    if (code == JWKEEP_OK)
        code = jwkeep_jwt_verify(jwkeep_buffer_span(&output), key, NULL, NULL, NOW_MS, token,
                                 NULL, &error);
    return code;
}

static void signs_a_token_with_further_header_parameters(void **state) {
    (void)state;
    jwkeep_jwk *key = forge_key(JWKEEP_ALGORITHM_ES256, "k");
    const jwkeep_jws_signer signer = {.key = key, .typ = JWKEEP_SPAN("at+jwt")};
    jwkeep_token *token = NULL;
    assert_int_equal(jwkeep_token_new(&token, NULL), JWKEEP_OK);
    jwkeep_builder_set_expires_in(builder, 60);
    jwkeep_builder_set_header_string(builder, "x", JWKEEP_SPAN("y"));
    jwkeep_builder_set_header_json(builder, "z", JWKEEP_SPAN("[1]"));
    jwkeep_code code = sign_and_verify(&signer, key, token);
    bool is_right =
        code == JWKEEP_OK && jwkeep_span_equals(jwkeep_token_claims_json(token),
                                                JWKEEP_SPAN("{\"exp\":1700000060}"));
    const jwkeep_json *header = jwkeep_token_header(token);
    is_right = is_right &&
               jwkeep_span_equals(jwkeep_json_string(jwkeep_json_member(header, "x")),
                                  JWKEEP_SPAN("y")) &&
               jwkeep_json_count(jwkeep_json_member(header, "z")) == 1;
    jwkeep_token_free(token);
    jwkeep_jwk_unref(key);
    assert_int_equal(code, JWKEEP_OK);
    assert_true(is_right);
}

static jwkeep_code sign_with(const jwkeep_jws_signer *signer) {
    jwkeep_buffer_clear(&output);
    return jwkeep_builder_sign(builder, signer, NOW_MS, &output, &error);
}

static void refuses_header_parameters_that_are_the_signers(void **state) {
    (void)state;
    jwkeep_jwk *key = forge_key(JWKEEP_ALGORITHM_ES256, "k");
    jwkeep_jws_signer signer = {.key = key};
    jwkeep_builder_set_header_string(builder, "alg", JWKEEP_SPAN("none"));
    jwkeep_code reserved = sign_with(&signer);
    jwkeep_builder_clear(builder);
    jwkeep_builder_set_header_string(builder, "x", JWKEEP_SPAN("y"));
    signer.header = JWKEEP_SPAN("{\"z\":1}");
    jwkeep_code both = sign_with(&signer);
    jwkeep_builder_clear(builder);
    jwkeep_builder_set_header_string(builder, "x", JWKEEP_SPAN("y"));
    jwkeep_builder_set_header_json(builder, "x", JWKEEP_SPAN("1"));
    jwkeep_code twice = sign_with(&signer);
    jwkeep_jwk_unref(key);
    assert_int_equal(reserved, JWKEEP_HEADER_INVALID);
    assert_int_equal(both, JWKEEP_MISUSE_ARGUMENT);
    assert_int_equal(twice, JWKEEP_MISUSE_ARGUMENT);
    assert_int_equal(output.size, 0);
}

static void needs_a_builder_a_signer_and_a_buffer(void **state) {
    (void)state;
    const jwkeep_jws_signer signer = {.key = NULL};
    assert_int_equal(jwkeep_builder_new(NULL, NULL), JWKEEP_MISUSE_ARGUMENT);
    assert_int_equal(jwkeep_builder_check(NULL, NULL), JWKEEP_MISUSE_ARGUMENT);
    assert_int_equal(jwkeep_builder_write(NULL, 0, &output, NULL), JWKEEP_MISUSE_ARGUMENT);
    assert_int_equal(jwkeep_builder_write(builder, 0, NULL, NULL), JWKEEP_MISUSE_ARGUMENT);
    assert_int_equal(jwkeep_builder_sign(builder, NULL, 0, &output, NULL),
                     JWKEEP_MISUSE_ARGUMENT);
    assert_int_equal(jwkeep_builder_sign(builder, &signer, 0, NULL, NULL),
                     JWKEEP_MISUSE_ARGUMENT);
    jwkeep_builder_set_string(NULL, "a", JWKEEP_SPAN("b"));
    jwkeep_builder_set_json(NULL, "a", JWKEEP_SPAN("1"));
    jwkeep_builder_set_header_string(NULL, "a", JWKEEP_SPAN("b"));
    jwkeep_builder_set_header_json(NULL, "a", JWKEEP_SPAN("1"));
    jwkeep_builder_add_claims(NULL, JWKEEP_SPAN("{}"));
    jwkeep_builder_add_audience(NULL, JWKEEP_SPAN("a"));
    jwkeep_builder_clear(NULL);
    jwkeep_builder_free(NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(writes_every_kind_of_claim_in_order),
        TEST(one_audience_is_a_string_and_several_are_an_array),
        TEST(times_are_absolute_or_from_the_moment_of_signing),
        TEST(each_token_has_a_random_jti_of_its_own),
        TEST(refuses_a_name_given_twice_however_it_is_given),
        TEST(refuses_registered_claims_of_the_wrong_type),
        TEST(refuses_times_no_verifier_would_read),
        TEST(refuses_what_is_no_json),
        TEST(the_first_failure_sticks),
        TEST(bounds_what_it_holds),
        TEST(signs_a_token_with_further_header_parameters),
        TEST(refuses_header_parameters_that_are_the_signers),
        TEST(needs_a_builder_a_signer_and_a_buffer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
