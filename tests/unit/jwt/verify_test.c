/* SPDX-License-Identifier: Apache-2.0
 *
 * Whole tokens through jwkeep_jwt_verify: what is shown of a good one, that nothing is shown
 * of any other, and in which order a token is checked. */
#include "support/forge.h"
#include <jwkeep/jwt.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define NOW_MS INT64_C(1700000000000)

static struct fixture {
    jwkeep_jwk *hs256, *es256, *anonymous;
    jwkeep_keyset *keys;
    jwkeep_token *token;
    jwkeep_rules rules;
    jwkeep_failures failures;
    jwkeep_error error;
} fixture;

static int set_up(void **state) {
    (void)state;
    struct fixture *f = &fixture;
    *f = (struct fixture){0};
    f->hs256 = forge_key(JWKEEP_ALGORITHM_HS256, "h");
    f->es256 = forge_key(JWKEEP_ALGORITHM_ES256, "e");
    f->anonymous = forge_key(JWKEEP_ALGORITHM_ES256, NULL);
    jwkeep_jwk *keys[] = {f->hs256, f->es256, f->anonymous};
    f->keys = forge_keyset(keys, 3);
    jwkeep_rules_init(&f->rules);
    return jwkeep_token_new(&f->token, NULL) == JWKEEP_OK ? 0 : -1;
}

static int tear_down(void **state) {
    (void)state;
    jwkeep_token_free(fixture.token);
    jwkeep_keyset_unref(fixture.keys);
    jwkeep_jwk_unref(fixture.hs256);
    jwkeep_jwk_unref(fixture.es256);
    jwkeep_jwk_unref(fixture.anonymous);
    return 0;
}

static jwkeep_code verify(const char *token) {
    fixture.error = (jwkeep_error){0};
    return jwkeep_jwt_verify(jwkeep_span_text(token), NULL, fixture.keys, &fixture.rules,
                             NOW_MS, fixture.token, &fixture.failures, &fixture.error);
}

static jwkeep_code verify_and_free(char *token) {
    jwkeep_code code = verify(token);
    free(token);
    return code;
}

/* Another character of the alphabet, so that the bytes change and the encoding holds. */
static void spoil_signature(char *token) {
    char *character = token + strlen(token) - 5;
    *character = *character == 'A' ? 'B' : 'A';
}

/* Signed with the fixture's HS256 key. */
static char *token_of(const char *header, const char *payload) {
    return forge_token(jwkeep_span_text(header), jwkeep_span_text(payload), fixture.hs256,
                       JWKEEP_ALGORITHM_HS256);
}

static char *token_with(const char *payload) {
    return token_of("{\"alg\":\"HS256\",\"kid\":\"h\"}", payload);
}

static bool is_text(jwkeep_span span, const char *text) {
    return jwkeep_span_is_present(span) && jwkeep_span_equals(span, jwkeep_span_text(text));
}

static void assert_shows_nothing(const jwkeep_token *token) {
    int64_t number = 42;
    bool boolean = true;
    jwkeep_span text = JWKEEP_SPAN("untouched");
    assert_null(jwkeep_token_header(token));
    assert_null(jwkeep_token_claims(token));
    assert_false(jwkeep_span_is_present(jwkeep_token_header_json(token)));
    assert_false(jwkeep_span_is_present(jwkeep_token_claims_json(token)));
    assert_int_equal(jwkeep_token_algorithm(token), JWKEEP_ALGORITHM_ABSENT);
    assert_false(jwkeep_span_is_present(jwkeep_token_key_thumbprint(token)));
    assert_false(jwkeep_span_is_present(jwkeep_token_key_kid(token)));
    assert_false(jwkeep_span_is_present(jwkeep_token_issuer(token)));
    assert_false(jwkeep_span_is_present(jwkeep_token_subject(token)));
    assert_false(jwkeep_span_is_present(jwkeep_token_jti(token)));
    assert_int_equal(jwkeep_token_audience_count(token), 0);
    assert_false(jwkeep_span_is_present(jwkeep_token_audience_at(token, 0)));
    assert_int_equal(jwkeep_token_expires_s(token, &number), JWKEEP_NOT_FOUND);
    assert_int_equal(jwkeep_token_not_before_s(token, &number), JWKEEP_NOT_FOUND);
    assert_int_equal(jwkeep_token_issued_at_s(token, &number), JWKEEP_NOT_FOUND);
    assert_int_equal(jwkeep_token_claim_string(token, "iss", &text), JWKEEP_NOT_FOUND);
    assert_int_equal(jwkeep_token_claim_int64(token, "exp", &number), JWKEEP_NOT_FOUND);
    assert_int_equal(jwkeep_token_claim_boolean(token, "ok", &boolean), JWKEEP_NOT_FOUND);
    assert_int_equal(number, 42);
    assert_true(boolean);
    assert_true(is_text(text, "untouched"));
}

#define ALL_CLAIMS                                                                             \
    "{\"iss\":\"i\",\"sub\":\"s\",\"aud\":[\"a\",\"b\"],\"jti\":\"j\",\"exp\":1700000010.75,"  \
    "\"nbf\":1699999990,\"iat\":1699999990.999,\"ok\":true,\"n\":-7,\"f\":1.5}"

static void shows_all_of_a_verified_token(void **state) {
    (void)state;
    const char *header = "{\"typ\":\"JWT\",\"alg\":\"HS256\",\"kid\":\"h\"}";
    const jwkeep_token *token = fixture.token;
    assert_int_equal(verify_and_free(token_of(header, ALL_CLAIMS)), JWKEEP_OK);
    assert_true(is_text(jwkeep_token_header_json(token), header));
    assert_true(is_text(jwkeep_token_claims_json(token), ALL_CLAIMS));
    assert_true(is_text(
        jwkeep_json_string(jwkeep_json_member(jwkeep_token_header(token), "typ")), "JWT"));
    assert_int_equal(jwkeep_json_count(jwkeep_token_claims(token)), 10);
    assert_int_equal(jwkeep_token_algorithm(token), JWKEEP_ALGORITHM_HS256);
    assert_true(is_text(jwkeep_token_key_kid(token), "h"));
    assert_true(jwkeep_span_equals(jwkeep_token_key_thumbprint(token),
                                   jwkeep_jwk_thumbprint(fixture.hs256)));
    assert_true(is_text(jwkeep_token_issuer(token), "i"));
    assert_true(is_text(jwkeep_token_subject(token), "s"));
    assert_true(is_text(jwkeep_token_jti(token), "j"));
    assert_int_equal(jwkeep_token_audience_count(token), 2);
    assert_true(is_text(jwkeep_token_audience_at(token, 1), "b"));
    assert_int_equal(fixture.failures.count, 0);
}

static void gives_times_in_whole_seconds_and_claims_by_name(void **state) {
    (void)state;
    const jwkeep_token *token = fixture.token;
    int64_t exp = 0, nbf = 0, iat = 0, number = 0;
    bool is_ok = false;
    jwkeep_span text = JWKEEP_SPAN_NONE;
    assert_int_equal(verify_and_free(token_with(ALL_CLAIMS)), JWKEEP_OK);
    assert_int_equal(jwkeep_token_expires_s(token, &exp), JWKEEP_OK);
    assert_int_equal(jwkeep_token_not_before_s(token, &nbf), JWKEEP_OK);
    assert_int_equal(jwkeep_token_issued_at_s(token, &iat), JWKEEP_OK);
    assert_int_equal(exp, 1700000010);
    assert_int_equal(nbf, 1699999990);
    assert_int_equal(iat, 1699999990);
    assert_int_equal(jwkeep_token_claim_int64(token, "n", &number), JWKEEP_OK);
    assert_int_equal(number, -7);
    assert_int_equal(jwkeep_token_claim_int64(token, "f", &number), JWKEEP_JSON_RANGE);
    assert_int_equal(jwkeep_token_claim_int64(token, "sub", &number), JWKEEP_JSON_TYPE);
    assert_int_equal(jwkeep_token_claim_boolean(token, "ok", &is_ok), JWKEEP_OK);
    assert_true(is_ok);
    assert_int_equal(jwkeep_token_claim_boolean(token, "n", &is_ok), JWKEEP_JSON_TYPE);
    assert_int_equal(jwkeep_token_claim_string(token, "sub", &text), JWKEEP_OK);
    assert_true(is_text(text, "s"));
    assert_int_equal(jwkeep_token_claim_string(token, "n", &text), JWKEEP_JSON_TYPE);
    assert_int_equal(jwkeep_token_claim_string(token, "none", &text), JWKEEP_NOT_FOUND);
}

static void shows_nothing_before_the_first_verification(void **state) {
    (void)state;
    assert_shows_nothing(fixture.token);
    assert_shows_nothing(NULL);
}

static void shows_nothing_after_each_way_to_fail(void **state) {
    (void)state;
    static const char *const others[] = {"", "a.b", "..", "a.b.c", "e30.e30.e30"};
    char *good = token_with(ALL_CLAIMS);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        assert_int_equal(verify(good), JWKEEP_OK);
        assert_int_not_equal(verify(others[i]), JWKEEP_OK);
        assert_shows_nothing(fixture.token);
        assert_int_equal(jwkeep_code_class(fixture.error.code), JWKEEP_CLASS_REJECTED);
    }
    assert_int_equal(verify(good), JWKEEP_OK);
    spoil_signature(good);
    assert_int_equal(verify_and_free(good), JWKEEP_SIGNATURE_INVALID);
    assert_shows_nothing(fixture.token);
    assert_int_equal(verify_and_free(token_with(ALL_CLAIMS)), JWKEEP_OK);
    assert_int_equal(verify_and_free(token_with("{\"sub\":\"s\",\"exp\":1}")),
                     JWKEEP_TOKEN_EXPIRED);
    assert_shows_nothing(fixture.token);
}

static void judges_claims_only_under_a_good_signature(void **state) {
    (void)state;
    char *expired = token_with("{\"exp\":1,\"nbf\":9999999999}");
    assert_int_equal(verify(expired), JWKEEP_TOKEN_EXPIRED);
    assert_int_equal(fixture.failures.count, 2);
    assert_int_equal(fixture.failures.items[1].code, JWKEEP_TOKEN_NOT_YET_VALID);
    spoil_signature(expired);
    assert_int_equal(verify_and_free(expired), JWKEEP_SIGNATURE_INVALID);
    assert_int_equal(fixture.failures.count, 0);
}

static void a_good_token_leaves_no_failures_of_the_one_before(void **state) {
    (void)state;
    assert_int_equal(verify_and_free(token_with("{\"exp\":1}")), JWKEEP_TOKEN_EXPIRED);
    assert_int_equal(verify_and_free(token_with("{}")), JWKEEP_OK);
    assert_int_equal(fixture.failures.count, 0);
}

static void checks_the_header_before_the_signature(void **state) {
    (void)state;
    char *token = token_of("{\"alg\":\"HS256\"}", "{}");
    spoil_signature(token);
    fixture.rules.algorithms = JWKEEP_ALGORITHM_BIT(JWKEEP_ALGORITHM_ES256);
    assert_int_equal(verify(token), JWKEEP_ALG_NOT_ALLOWED);
    fixture.rules.algorithms = 0;
    fixture.rules.is_kid_required = true;
    assert_int_equal(verify(token), JWKEEP_KID_MISSING);
    fixture.rules.is_kid_required = false;
    fixture.rules.typ = "at+jwt";
    assert_int_equal(verify(token), JWKEEP_TYP_MISMATCH);
    fixture.rules.typ = NULL;
    assert_int_equal(verify_and_free(token), JWKEEP_SIGNATURE_INVALID);
}

static void chooses_the_key_by_kid(void **state) {
    (void)state;
    assert_int_equal(verify_and_free(token_of("{\"alg\":\"HS256\",\"kid\":\"unknown\"}", "{}")),
                     JWKEEP_KID_UNKNOWN);
    assert_int_equal(verify_and_free(token_of("{\"alg\":\"HS256\",\"kid\":\"e\"}", "{}")),
                     JWKEEP_KEY_ALG_MISMATCH);
    char *token = token_of("{\"alg\":\"HS256\",\"kid\":\"unknown\"}", "{}");
    jwkeep_code code = jwkeep_jwt_verify(jwkeep_span_text(token), fixture.hs256, NULL,
                                         &fixture.rules, NOW_MS, fixture.token, NULL, NULL);
    free(token);
    assert_int_equal(code, JWKEEP_OK);
}

static void names_the_key_after_its_set_is_gone(void **state) {
    (void)state;
    jwkeep_jwk *key = forge_key(JWKEEP_ALGORITHM_HS256, "short-lived");
    uint8_t thumbprint[JWKEEP_THUMBPRINT_SIZE];
    memcpy(thumbprint, jwkeep_jwk_thumbprint(key).data, sizeof thumbprint);
    char *token = forge_token(JWKEEP_SPAN("{\"alg\":\"HS256\"}"), JWKEEP_SPAN("{}"), key,
                              JWKEEP_ALGORITHM_HS256);
    jwkeep_code code = jwkeep_jwt_verify(jwkeep_span_text(token), key, NULL, &fixture.rules,
                                         NOW_MS, fixture.token, NULL, NULL);
    free(token);
    jwkeep_jwk_unref(key);
    assert_int_equal(code, JWKEEP_OK);
    assert_true(is_text(jwkeep_token_key_kid(fixture.token), "short-lived"));
    assert_memory_equal(jwkeep_token_key_thumbprint(fixture.token).data, thumbprint,
                        sizeof thumbprint);
}

static void says_that_a_key_has_no_kid(void **state) {
    (void)state;
    char *token = forge_token(JWKEEP_SPAN("{\"alg\":\"ES256\"}"), JWKEEP_SPAN("{}"),
                              fixture.anonymous, JWKEEP_ALGORITHM_ES256);
    assert_int_equal(verify_and_free(token), JWKEEP_OK);
    assert_false(jwkeep_span_is_present(jwkeep_token_key_kid(fixture.token)));
}

static void refuses_payloads_that_are_no_claims_set(void **state) {
    (void)state;
    static const struct {
        const char *payload;
        jwkeep_code code;
    } cases[] = {
        {"[]", JWKEEP_CLAIMS_INVALID},
        {"\"text\"", JWKEEP_CLAIMS_INVALID},
        {"null", JWKEEP_CLAIMS_INVALID},
        {"not json", JWKEEP_JSON_SYNTAX},
        {"{} ,", JWKEEP_JSON_SYNTAX},
        {"{\"exp\":1,\"exp\":9999999999}", JWKEEP_JSON_DUPLICATE},
        {"{\"exp\":1,\"\\u0065xp\":9999999999}", JWKEEP_JSON_DUPLICATE},
        {"{\"sub\":\"\xff\"}", JWKEEP_JSON_UTF8},
        {"[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]", JWKEEP_JSON_TOO_DEEP},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        jwkeep_code code = verify_and_free(token_with(cases[i].payload));
        if (code != cases[i].code)
            fail_msg("%s: %s", cases[i].payload, jwkeep_code_name(code));
        assert_shows_nothing(fixture.token);
    }
}

static void refuses_a_signed_payload_that_is_no_base64url(void **state) {
    (void)state;
    static const char *const payloads[] = {"e30=", "e31", "e3+", "e", "e3 0"};
    for (size_t i = 0; i < sizeof payloads / sizeof *payloads; i++) {
        char *header = forge_base64url(JWKEEP_SPAN("{\"alg\":\"HS256\",\"kid\":\"h\"}"));
        char *token =
            forge_segments(header, payloads[i], fixture.hs256, JWKEEP_ALGORITHM_HS256);
        size_t payload_at = strlen(header) + 1;
        free(header);
        jwkeep_code code = verify_and_free(token);
        if (code != JWKEEP_BASE64URL_INVALID)
            fail_msg("%s: %s", payloads[i], jwkeep_code_name(code));
        assert_true(fixture.error.offset >= payload_at);
        assert_true(fixture.error.offset < payload_at + strlen(payloads[i]));
        assert_shows_nothing(fixture.token);
    }
}

static void obeys_the_limits_of_the_rules(void **state) {
    (void)state;
    jwkeep_limits limits;
    jwkeep_limits_init(&limits);
    fixture.rules.limits = &limits;
    char *token = token_with("{\"aud\":[\"a\",\"b\"]}");
    limits.max_token_bytes = strlen(token);
    assert_int_equal(verify(token), JWKEEP_OK);
    limits.max_token_bytes--;
    assert_int_equal(verify(token), JWKEEP_TOKEN_TOO_LARGE);
    jwkeep_limits_init(&limits);
    limits.max_audiences = 1;
    assert_int_equal(verify(token), JWKEEP_CLAIM_TYPE);
    limits.max_audiences = 0;
    assert_int_equal(verify_and_free(token), JWKEEP_MISUSE_ARGUMENT);
}

/* The token object remembers headers: limits that are narrowed later must still hold. */
static void a_remembered_header_obeys_narrower_limits(void **state) {
    (void)state;
    jwkeep_limits limits;
    jwkeep_limits_init(&limits);
    fixture.rules.limits = &limits;
    char *token = forge_token(JWKEEP_SPAN("{\"alg\":\"HS256\",\"kid\":\"12345678\"}"),
                              JWKEEP_SPAN("{}"), fixture.hs256, JWKEEP_ALGORITHM_HS256);
    jwkeep_code codes[3];
    for (size_t i = 0; i < 3; i++) {
        limits.max_kid_bytes = i == 2 ? 7 : 8;
        codes[i] = jwkeep_jwt_verify(jwkeep_span_text(token), fixture.hs256, NULL,
                                     &fixture.rules, NOW_MS, fixture.token, NULL, NULL);
    }
    free(token);
    assert_int_equal(codes[0], JWKEEP_OK);
    assert_int_equal(codes[1], JWKEEP_OK);
    assert_int_equal(codes[2], JWKEEP_KID_TOO_LONG);
}

static void a_recurring_header_brings_its_own_claims_and_key(void **state) {
    (void)state;
    jwkeep_span expected[] = {JWKEEP_SPAN("{\"sub\":\"1\"}"), JWKEEP_SPAN("{\"sub\":\"22\"}")};
    for (int round = 0; round < 4; round++) {
        jwkeep_span payload = expected[round % 2];
        char *token = forge_token(JWKEEP_SPAN("{\"alg\":\"HS256\",\"kid\":\"h\"}"), payload,
                                  fixture.hs256, JWKEEP_ALGORITHM_HS256);
        assert_int_equal(verify_and_free(token), JWKEEP_OK);
        assert_true(jwkeep_span_equals(jwkeep_token_claims_json(fixture.token), payload));
    }
}

static void refuses_calls_without_key_or_token(void **state) {
    (void)state;
    char *token = token_with("{}");
    assert_int_equal(verify(token), JWKEEP_OK);
    assert_int_equal(jwkeep_jwt_verify(jwkeep_span_text(token), NULL, NULL, &fixture.rules,
                                       NOW_MS, fixture.token, NULL, NULL),
                     JWKEEP_MISUSE_ARGUMENT);
    assert_shows_nothing(fixture.token);
    assert_int_equal(jwkeep_jwt_verify(jwkeep_span_text(token), NULL, fixture.keys,
                                       &fixture.rules, NOW_MS, NULL, NULL, NULL),
                     JWKEEP_MISUSE_ARGUMENT);
    fixture.rules.leeway_s = -1;
    assert_int_equal(verify(token), JWKEEP_MISUSE_ARGUMENT);
    assert_int_equal(jwkeep_jwt_verify(jwkeep_span_text(token), NULL, fixture.keys, NULL,
                                       NOW_MS, fixture.token, NULL, NULL),
                     JWKEEP_OK);
    free(token);
    jwkeep_token_free(NULL);
    assert_int_equal(jwkeep_token_new(NULL, NULL), JWKEEP_MISUSE_ARGUMENT);
}

/* RFC 7519 §3.1, with the key of RFC 7515 §A.1.1. */
static void verifies_the_example_of_the_rfc(void **state) {
    (void)state;
    static const char token[] =
        "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9"
        ".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290"
        "Ijp0cnVlfQ"
        ".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    jwkeep_jwk *key = forge_key_of("{\"kty\":\"oct\",\"k\":\"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ"
                                   "-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow\"}");
    jwkeep_code codes[2];
    bool is_root = false;
    codes[0] = jwkeep_jwt_verify(jwkeep_span_text(token), key, NULL, NULL,
                                 INT64_C(1300819380) * 1000 - 1, fixture.token, NULL, NULL);
    bool is_joe = is_text(jwkeep_token_issuer(fixture.token), "joe");
    jwkeep_code found =
        jwkeep_token_claim_boolean(fixture.token, "http://example.com/is_root", &is_root);
    codes[1] = jwkeep_jwt_verify(jwkeep_span_text(token), key, NULL, NULL,
                                 INT64_C(1300819380) * 1000, fixture.token, NULL, NULL);
    jwkeep_jwk_unref(key);
    assert_int_equal(codes[0], JWKEEP_OK);
    assert_true(is_joe && is_root && found == JWKEEP_OK);
    assert_int_equal(codes[1], JWKEEP_TOKEN_EXPIRED);
    assert_shows_nothing(fixture.token);
}

/* RFC 7519 §6.1. */
static void refuses_the_unsecured_example_of_the_rfc(void **state) {
    (void)state;
    static const char unsecured[] =
        "eyJhbGciOiJub25lIn0"
        ".eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290"
        "Ijp0cnVlfQ.";
    assert_int_not_equal(verify(unsecured), JWKEEP_OK);
    assert_shows_nothing(fixture.token);
    char signed_after_all[sizeof unsecured + 4];
    snprintf(signed_after_all, sizeof signed_after_all, "%sAAAA", unsecured);
    assert_int_equal(verify(signed_after_all), JWKEEP_ALG_NONE);
    assert_shows_nothing(fixture.token);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(shows_all_of_a_verified_token),
        TEST(gives_times_in_whole_seconds_and_claims_by_name),
        TEST(shows_nothing_before_the_first_verification),
        TEST(shows_nothing_after_each_way_to_fail),
        TEST(judges_claims_only_under_a_good_signature),
        TEST(a_good_token_leaves_no_failures_of_the_one_before),
        TEST(checks_the_header_before_the_signature),
        TEST(chooses_the_key_by_kid),
        TEST(names_the_key_after_its_set_is_gone),
        TEST(says_that_a_key_has_no_kid),
        TEST(refuses_payloads_that_are_no_claims_set),
        TEST(refuses_a_signed_payload_that_is_no_base64url),
        TEST(obeys_the_limits_of_the_rules),
        TEST(a_remembered_header_obeys_narrower_limits),
        TEST(a_recurring_header_brings_its_own_claims_and_key),
        TEST(refuses_calls_without_key_or_token),
        TEST(verifies_the_example_of_the_rfc),
        TEST(refuses_the_unsecured_example_of_the_rfc),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
