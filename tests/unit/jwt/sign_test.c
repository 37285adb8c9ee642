/* SPDX-License-Identifier: Apache-2.0
 *
 * Making a JWT, and what is refused before anything is signed. */
#include "support/forge.h"
#include <jwkeep/jwt.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static jwkeep_jwk *key;
static jwkeep_buffer token;

static int set_up(void **state) {
    (void)state;
    key = forge_key(JWKEEP_ALGORITHM_ES256, "k");
    jwkeep_buffer_init(&token, 4096);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    jwkeep_jwk_unref(key);
    jwkeep_buffer_done(&token);
    return 0;
}

static jwkeep_code sign(const char *claims, jwkeep_span typ, jwkeep_error *error) {
    const jwkeep_jws_signer signer = {.key = key, .typ = typ};
    return jwkeep_jwt_sign(jwkeep_span_text(claims), &signer, &token, error);
}

/* Whether the token in the buffer verifies under rules that ask for `typ`. */
static jwkeep_code verify(const char *typ) {
    jwkeep_token *verified = NULL;
    jwkeep_rules rules;
    jwkeep_rules_init(&rules);
    rules.typ = typ;
    jwkeep_code code = jwkeep_token_new(&verified, NULL);
    if (code == JWKEEP_OK)
        code = jwkeep_jwt_verify(jwkeep_buffer_span(&token), key, NULL, &rules, 0, verified,
                                 NULL, NULL);
    jwkeep_token_free(verified);
    return code;
}

static void makes_a_token_that_verifies(void **state) {
    (void)state;
    assert_int_equal(sign("{\"iss\":\"i\",\"aud\":[\"a\"],\"exp\":1}", JWKEEP_SPAN_NONE, NULL),
                     JWKEEP_OK);
    assert_int_equal(verify(NULL), JWKEEP_OK);
}

static void says_jwt_unless_told_otherwise(void **state) {
    (void)state;
    assert_int_equal(sign("{}", JWKEEP_SPAN_NONE, NULL), JWKEEP_OK);
    assert_int_equal(verify("JWT"), JWKEEP_OK);
    jwkeep_buffer_clear(&token);
    assert_int_equal(sign("{}", JWKEEP_SPAN("at+jwt"), NULL), JWKEEP_OK);
    assert_int_equal(verify("at+jwt"), JWKEEP_OK);
    assert_int_equal(verify("JWT"), JWKEEP_TYP_MISMATCH);
}

static void refuses_claims_that_no_verifier_may_accept(void **state) {
    (void)state;
    static const struct {
        const char *claims;
        jwkeep_code code;
        const char *where;
    } cases[] = {
        {"[]", JWKEEP_CLAIMS_INVALID, NULL},
        {"", JWKEEP_JSON_SYNTAX, NULL},
        {"{\"a\":1,\"a\":2}", JWKEEP_JSON_DUPLICATE, NULL},
        {"{\"exp\":\"1\"}", JWKEEP_CLAIM_TYPE, "exp"},
        {"{\"nbf\":-1}", JWKEEP_CLAIM_TYPE, "nbf"},
        {"{\"iat\":1e400}", JWKEEP_CLAIM_TYPE, "iat"},
        {"{\"iss\":1}", JWKEEP_CLAIM_TYPE, "iss"},
        {"{\"aud\":{}}", JWKEEP_CLAIM_TYPE, "aud"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        jwkeep_error error = {0};
        jwkeep_code code = sign(cases[i].claims, JWKEEP_SPAN_NONE, &error);
        if (code != cases[i].code)
            fail_msg("%s: %s", cases[i].claims, jwkeep_code_name(code));
        assert_int_equal(error.code, code);
        if (cases[i].where)
            assert_string_equal(error.where, cases[i].where);
        assert_int_equal(token.size, 0);
    }
}

static void refuses_a_call_without_signer_or_buffer(void **state) {
    (void)state;
    const jwkeep_jws_signer signer = {.key = key};
    assert_int_equal(jwkeep_jwt_sign(JWKEEP_SPAN("{}"), NULL, &token, NULL),
                     JWKEEP_MISUSE_ARGUMENT);
    assert_int_equal(jwkeep_jwt_sign(JWKEEP_SPAN("{}"), &signer, NULL, NULL),
                     JWKEEP_MISUSE_ARGUMENT);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(makes_a_token_that_verifies),
        TEST(says_jwt_unless_told_otherwise),
        TEST(refuses_claims_that_no_verifier_may_accept),
        TEST(refuses_a_call_without_signer_or_buffer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
