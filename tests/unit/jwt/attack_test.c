/* SPDX-License-Identifier: Apache-2.0
 *
 * Attacks on whole tokens, each one signed by the right key where that makes the attack
 * harder to see: confusion of algorithms, keys brought along in the header, claims of types
 * that other libraries mistook for the right one. */
#include "support/forge.h"
#include <jwkeep/jwt.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define NOW_MS INT64_C(1700000000000)

static jwkeep_jwk *rsa, *es256, *hs256;
static jwkeep_keyset *keys;
static jwkeep_token *token;

static int set_up(void **state) {
    (void)state;
    rsa = forge_key(JWKEEP_ALGORITHM_RS256, "r");
    es256 = forge_key(JWKEEP_ALGORITHM_ES256, "e");
    hs256 = forge_key(JWKEEP_ALGORITHM_HS256, "h");
    jwkeep_jwk *all[] = {rsa, es256, hs256};
    keys = forge_keyset(all, 3);
    return jwkeep_token_new(&token, NULL) == JWKEEP_OK ? 0 : -1;
}

static int tear_down(void **state) {
    (void)state;
    jwkeep_token_free(token);
    jwkeep_keyset_unref(keys);
    jwkeep_jwk_unref(rsa);
    jwkeep_jwk_unref(es256);
    jwkeep_jwk_unref(hs256);
    return 0;
}

/* Takes `bytes`. The rules ask for everything that can be asked for. */
static jwkeep_code verify(char *bytes, const jwkeep_jwk *key) {
    static const char *const issuers[] = {"https://issuer.example"};
    static const char *const audiences[] = {"api"};
    jwkeep_rules rules;
    jwkeep_rules_init(&rules);
    rules.issuers = issuers;
    rules.audiences = audiences;
    rules.issuer_count = rules.audience_count = 1;
    jwkeep_code code = jwkeep_jwt_verify(jwkeep_span_text(bytes), key, key ? NULL : keys,
                                         &rules, NOW_MS, token, NULL, NULL);
    free(bytes);
    if (code != JWKEEP_OK && jwkeep_token_claims(token))
        fail_msg("a token that was refused shows its claims");
    return code;
}

#define GOOD_CLAIMS                                                                            \
    "{\"iss\":\"https://issuer.example\",\"aud\":\"api\",\"exp\":1700000060,\"sub\":\"s\"}"

static char *claims_of(const char *payload) {
    return forge_token(JWKEEP_SPAN("{\"alg\":\"HS256\",\"kid\":\"h\"}"),
                       jwkeep_span_text(payload), hs256, JWKEEP_ALGORITHM_HS256);
}

static void accepts_what_the_attacks_are_made_from(void **state) {
    (void)state;
    assert_int_equal(verify(claims_of(GOOD_CLAIMS), NULL), JWKEEP_OK);
}

/* CVE-2025-30144: fast-jwt took an array that holds the right issuer for the issuer. */
static void refuses_iss_as_array(void **state) {
    (void)state;
    static const char *const payloads[] = {
        "{\"iss\":[\"https://evil.example\",\"https://issuer.example\"],\"aud\":\"api\"}",
        "{\"iss\":[\"https://issuer.example\"],\"aud\":\"api\"}",
        "{\"iss\":{\"https://issuer.example\":1},\"aud\":\"api\"}",
        "{\"iss\":null,\"aud\":\"api\"}",
    };
    for (size_t i = 0; i < sizeof payloads / sizeof *payloads; i++)
        assert_int_equal(verify(claims_of(payloads[i]), NULL), JWKEEP_CLAIM_TYPE);
}

/* CVE-2020-26160: jwt-go took an `aud` of another type for a missing one. */
static void refuses_aud_of_another_type(void **state) {
    (void)state;
    static const char *const auds[] = {"{\"api\":true}", "[[\"api\"]]", "[\"api\",1]",
                                       "null",           "0",           "[\"api\",null]"};
    for (size_t i = 0; i < sizeof auds / sizeof *auds; i++) {
        char payload[160];
        snprintf(payload, sizeof payload, "{\"iss\":\"https://issuer.example\",\"aud\":%s}",
                 auds[i]);
        assert_int_equal(verify(claims_of(payload), NULL), JWKEEP_CLAIM_TYPE);
    }
    assert_int_equal(verify(claims_of("{\"iss\":\"https://issuer.example\",\"aud\":[]}"), NULL),
                     JWKEEP_AUDIENCE_MISMATCH);
}

static void refuses_times_of_another_type_or_range(void **state) {
    (void)state;
    static const char *const values[] = {"\"9999999999\"",
                                         "\"2099-01-01T00:00:00Z\"",
                                         "1e400",
                                         "1e308",
                                         "-1",
                                         "253402300800",
                                         "[9999999999]",
                                         "true",
                                         "null",
                                         "{\"a\":9999999999}"};
    static const char *const names[] = {"exp", "nbf", "iat"};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        for (size_t j = 0; j < sizeof names / sizeof *names; j++) {
            char payload[200];
            snprintf(payload, sizeof payload,
                     "{\"iss\":\"https://issuer.example\",\"aud\":\"api\",\"%s\":%s}", names[j],
                     values[i]);
            jwkeep_code code = verify(claims_of(payload), NULL);
            if (code != JWKEEP_CLAIM_TYPE)
                fail_msg("%s: %s", payload, jwkeep_code_name(code));
        }
}

static void refuses_numbers_that_json_does_not_have(void **state) {
    (void)state;
    static const char *const values[] = {"NaN", "Infinity", "-Infinity", "0x7fffffff", "1.",
                                         ".5",  "+1",       "01",        "1e"};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        char payload[64];
        snprintf(payload, sizeof payload, "{\"exp\":%s}", values[i]);
        assert_int_equal(verify(claims_of(payload), NULL), JWKEEP_JSON_SYNTAX);
    }
}

static void the_last_of_two_equal_claims_does_not_win(void **state) {
    (void)state;
    assert_int_equal(verify(claims_of("{\"iss\":\"https://evil.example\",\"aud\":\"api\","
                                      "\"iss\":\"https://issuer.example\"}"),
                            NULL),
                     JWKEEP_JSON_DUPLICATE);
}

/* CVE-2015-9235 and its kin: a public key's text used as an HMAC secret. */
static void refuses_hs256_made_with_the_public_key(void **state) {
    (void)state;
    jwkeep_buffer text;
    jwkeep_buffer_init(&text, 65536);
    assert_int_equal(jwkeep_jwk_write(rsa, false, &text, NULL), JWKEEP_OK);
    char *secret = forge_base64url(jwkeep_buffer_span(&text));
    jwkeep_buffer_done(&text);
    char json[2048];
    snprintf(json, sizeof json, "{\"kty\":\"oct\",\"k\":\"%s\"}", secret);
    free(secret);
    jwkeep_jwk *forger = forge_key_of(json);
    char *forged = forge_token(JWKEEP_SPAN("{\"alg\":\"HS256\",\"kid\":\"r\"}"),
                               JWKEEP_SPAN(GOOD_CLAIMS), forger, JWKEEP_ALGORITHM_HS256);
    char *again = strdup(forged);
    jwkeep_jwk_unref(forger);
    assert_int_equal(verify(forged, NULL), JWKEEP_KEY_ALG_MISMATCH);
    assert_int_equal(verify(again, rsa), JWKEEP_KEY_ALG_MISMATCH);
}

static void refuses_none_in_any_spelling(void **state) {
    (void)state;
    static const char *const names[] = {"none", "None", "NONE", "nOnE"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char header[64];
        snprintf(header, sizeof header, "{\"alg\":\"%s\",\"kid\":\"h\"}", names[i]);
        char *forged = forge_token(jwkeep_span_text(header), JWKEEP_SPAN(GOOD_CLAIMS), hs256,
                                   JWKEEP_ALGORITHM_HS256);
        assert_int_equal(verify(forged, NULL), JWKEEP_ALG_NONE);
    }
}

/* CVE-2018-0114: the token brings the key that it is to be checked with. */
static void never_uses_a_key_from_the_header(void **state) {
    (void)state;
    jwkeep_jwk *evil = forge_key(JWKEEP_ALGORITHM_ES256, "e");
    jwkeep_buffer header;
    jwkeep_buffer_init(&header, 4096);
    jwkeep_code code =
        jwkeep_buffer_append_text(&header, "{\"alg\":\"ES256\",\"kid\":\"e\",\"jwk\":");
    if (code == JWKEEP_OK)
        code = jwkeep_jwk_write(evil, false, &header, NULL);
    if (code == JWKEEP_OK)
        code = jwkeep_buffer_append_text(&header, ",\"jku\":\"https://evil.example/jwks\"}");
    char *forged = forge_token(jwkeep_buffer_span(&header), JWKEEP_SPAN(GOOD_CLAIMS), evil,
                               JWKEEP_ALGORITHM_ES256);
    jwkeep_buffer_done(&header);
    jwkeep_jwk_unref(evil);
    assert_int_equal(code, JWKEEP_OK);
    assert_int_equal(verify(forged, NULL), JWKEEP_SIGNATURE_INVALID);
}

static void a_header_of_another_token_does_not_fit(void **state) {
    (void)state;
    char *good = claims_of(GOOD_CLAIMS);
    char *other = forge_base64url(JWKEEP_SPAN("{\"kid\":\"h\",\"alg\":\"HS256\"}"));
    char *mixed = NULL;
    assert_true(asprintf(&mixed, "%s%s", other, strchr(good, '.')) > 0);
    free(other);
    assert_int_equal(verify(good, NULL), JWKEEP_OK);
    assert_int_equal(verify(mixed, NULL), JWKEEP_SIGNATURE_INVALID);
}

/* Every byte of a good token matters: the last characters of each segment too, where other
 * decoders drop bits. */
static void refuses_a_change_of_any_single_character(void **state) {
    (void)state;
    char *good = claims_of("{\"aud\":\"api\",\"iss\":\"https://issuer.example\"}");
    size_t size = strlen(good);
    for (size_t i = 0; i < size; i++)
        for (const char *c = "A-b0_9./=+ \n"; *c; c++) {
            if (good[i] == *c)
                continue;
            char *changed = strdup(good);
            assert_non_null(changed);
            changed[i] = *c;
            assert_int_equal(jwkeep_code_class(verify(changed, NULL)), JWKEEP_CLASS_REJECTED);
        }
    assert_int_equal(verify(good, NULL), JWKEEP_OK);
}

static void refuses_a_token_cut_or_lengthened_anywhere(void **state) {
    (void)state;
    char *good = claims_of(GOOD_CLAIMS);
    size_t size = strlen(good);
    for (size_t i = 0; i < size; i++)
        assert_int_equal(jwkeep_code_class(verify(strndup(good, i), NULL)),
                         JWKEEP_CLASS_REJECTED);
    char *longer = NULL;
    assert_true(asprintf(&longer, "%s.", good) > 0);
    assert_int_equal(verify(longer, NULL), JWKEEP_TOKEN_MALFORMED);
    free(good);
}

#define TEST(name) cmocka_unit_test(name)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(accepts_what_the_attacks_are_made_from),
        TEST(refuses_iss_as_array),
        TEST(refuses_aud_of_another_type),
        TEST(refuses_times_of_another_type_or_range),
        TEST(refuses_numbers_that_json_does_not_have),
        TEST(the_last_of_two_equal_claims_does_not_win),
        TEST(refuses_hs256_made_with_the_public_key),
        TEST(refuses_none_in_any_spelling),
        TEST(never_uses_a_key_from_the_header),
        TEST(a_header_of_another_token_does_not_fit),
        TEST(refuses_a_change_of_any_single_character),
        TEST(refuses_a_token_cut_or_lengthened_anywhere),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
