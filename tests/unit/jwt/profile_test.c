/* SPDX-License-Identifier: Apache-2.0
 *
 * The ready rule sets: a good access token and a good ID token, and each of them with one thing
 * wrong at a time. */
#include "base/attributes.h"
#include "jwt/rules.h"
#include "support/forge.h"
#include <jwkeep/verifier.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define NOW_MS INT64_C(1700000000000)

static jwkeep_jwk *key;

static int set_up(void **state) {
    (void)state;
    key = forge_key(JWKEEP_ALGORITHM_ES256, "k");
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    jwkeep_jwk_unref(key);
    return 0;
}

typedef struct verdict {
    jwkeep_code code;
    jwkeep_error error;
    jwkeep_failures failures;
} verdict;

static verdict verify(const jwkeep_rules *rules, const char *typ, const char *payload) {
    char header[96];
    verdict result = {.code = JWKEEP_OK};
    jwkeep_token *token = NULL;
    snprintf(header, sizeof header, "{\"alg\":\"ES256\"%s%s%s}", typ ? ",\"typ\":\"" : "",
             typ ? typ : "", typ ? "\"" : "");
    char *bytes = forge_token(jwkeep_span_text(header), jwkeep_span_text(payload), key,
                              JWKEEP_ALGORITHM_ES256);
    result.code = jwkeep_token_new(&token, &result.error);
    if (result.code == JWKEEP_OK)
        result.code = jwkeep_jwt_verify(jwkeep_span_text(bytes), key, NULL, rules, NOW_MS,
                                        token, &result.failures, &result.error);
    jwkeep_token_free(token);
    free(bytes);
    return result;
}

static void refuses(const jwkeep_rules *rules, const char *typ, const char *payload,
                    jwkeep_code code, const char *where) {
    verdict result = verify(rules, typ, payload);
    if (result.code != code || strcmp(result.error.where, where) != 0)
        fail_msg("%s: %s (%s)", payload, jwkeep_code_name(result.code),
                 result.code ? result.error.where : "");
    if (code != JWKEEP_TYP_MISMATCH)
        assert_int_equal(result.failures.count, 1);
    assert_non_null(result.error.clause);
}

static void accepts(const jwkeep_rules *rules, const char *typ, const char *payload) {
    verdict result = verify(rules, typ, payload);
    if (result.code != JWKEEP_OK)
        fail_msg("%s: %s (%s)", payload, jwkeep_code_name(result.code), result.error.where);
}

static const char *const issuers[] = {"https://as.example"};
static const char *const audiences[] = {"https://rs.example"};
static const char *const trusted[] = {"partner"};

static jwkeep_rules at_jwt_rules(void) {
    jwkeep_rules rules;
    jwkeep_rules_init(&rules);
    rules.profile = JWKEEP_PROFILE_AT_JWT;
    rules.issuers = issuers;
    rules.audiences = audiences;
    rules.issuer_count = rules.audience_count = 1;
    return rules;
}

static jwkeep_rules id_token_rules(void) {
    jwkeep_rules rules;
    jwkeep_rules_init(&rules);
    rules.profile = JWKEEP_PROFILE_ID_TOKEN;
    rules.issuers = issuers;
    rules.issuer_count = 1;
    rules.client_id = "s6BhdRkqt3";
    return rules;
}

/* The members of a good token, one of which `changed` takes the place of: `name` says which;
 * NULL for `changed` leaves it out; a `name` that is none of them adds it. */
static const char *payload_with(const char *const (*members)[2], size_t count, const char *name,
                                const char *changed) {
    static char payload[1024];
    size_t at = 0;
    bool is_known = false;
    const char *comma = "{";
    for (size_t i = 0; i < count; i++) {
        bool is_meant = strcmp(members[i][0], name) == 0;
        is_known = is_known || is_meant;
        const char *value = is_meant ? changed : members[i][1];
        if (value) {
            at += (size_t)snprintf(payload + at, sizeof payload - at, "%s\"%s\":%s", comma,
                                   members[i][0], value);
            comma = ",";
        }
    }
    if (!is_known && changed)
        at += (size_t)snprintf(payload + at, sizeof payload - at, ",\"%s\":%s", name, changed);
    snprintf(payload + at, sizeof payload - at, "}");
    return payload;
}

/* RFC 9068 §2.2 */
static const char *access_token_with(const char *name, const char *changed) {
    static const char *const members[][2] = {{"iss", "\"https://as.example\""},
                                             {"exp", "1700000060"},
                                             {"aud", "\"https://rs.example\""},
                                             {"sub", "\"5ba552d67\""},
                                             {"client_id", "\"s6BhdRkqt3\""},
                                             {"iat", "1700000000"},
                                             {"jti", "\"dbe39bf3a3ba4238a513f51d6e1691c4\""}};
    return payload_with(members, JK_COUNT_OF(members), name, changed);
}

/* OpenID Connect Core §2 */
static const char *id_token_with(const char *name, const char *changed) {
    static const char *const members[][2] = {{"iss", "\"https://as.example\""},
                                             {"sub", "\"24400320\""},
                                             {"aud", "\"s6BhdRkqt3\""},
                                             {"exp", "1700000060"},
                                             {"iat", "1700000000"}};
    return payload_with(members, JK_COUNT_OF(members), name, changed);
}

static void accepts_an_access_token(void **state) {
    (void)state;
    jwkeep_rules rules = at_jwt_rules();
    accepts(&rules, "at+jwt", access_token_with("", NULL));
    accepts(&rules, "application/AT+JWT", access_token_with("", NULL));
    accepts(&rules, "at+jwt", access_token_with("scope", "\"a b\""));
    accepts(&rules, "at+jwt", access_token_with("auth_time", "1699999999.5"));
    accepts(&rules, "at+jwt", access_token_with("amr", "[\"pwd\",\"otp\"]"));
    rules.client_id = "s6BhdRkqt3";
    accepts(&rules, "at+jwt", access_token_with("", NULL));
}

static void an_access_token_says_what_it_is(void **state) {
    (void)state;
    jwkeep_rules rules = at_jwt_rules();
    static const char *const typs[] = {"JWT", "at+jwt2", "text/at+jwt", "", NULL};
    for (size_t i = 0; i < JK_COUNT_OF(typs); i++)
        refuses(&rules, typs[i], access_token_with("", NULL), JWKEEP_TYP_MISMATCH, "typ");
}

static void an_access_token_lacks_none_of_its_claims(void **state) {
    (void)state;
    static const char *const names[] = {"iss", "exp", "aud", "sub", "client_id", "iat", "jti"};
    jwkeep_rules rules = at_jwt_rules();
    for (size_t i = 0; i < JK_COUNT_OF(names); i++)
        refuses(&rules, "at+jwt", access_token_with(names[i], NULL), JWKEEP_CLAIM_MISSING,
                names[i]);
    verdict all = verify(&rules, "at+jwt", "{}");
    assert_int_equal(all.failures.count, JK_COUNT_OF(names));
}

static void an_access_token_has_claims_of_the_right_types(void **state) {
    (void)state;
    static const char *const cases[][2] = {
        {"iss", "[\"https://as.example\"]"},
        {"exp", "\"1700000060\""},
        {"aud", "{}"},
        {"client_id", "7"},
        {"client_id", "[\"s6BhdRkqt3\"]"},
        {"scope", "[\"a\"]"},
        {"auth_time", "\"1\""},
        {"auth_time", "-1"},
        {"acr", "0"},
        {"amr", "\"pwd\""},
        {"amr", "[1]"},
    };
    jwkeep_rules rules = at_jwt_rules();
    for (size_t i = 0; i < JK_COUNT_OF(cases); i++)
        refuses(&rules, "at+jwt", access_token_with(cases[i][0], cases[i][1]),
                JWKEEP_CLAIM_TYPE, cases[i][0]);
}

static void an_access_token_is_for_this_client_and_audience(void **state) {
    (void)state;
    jwkeep_rules rules = at_jwt_rules();
    refuses(&rules, "at+jwt", access_token_with("aud", "\"https://other.example\""),
            JWKEEP_AUDIENCE_MISMATCH, "aud");
    rules.client_id = "another";
    refuses(&rules, "at+jwt", access_token_with("", NULL), JWKEEP_CLIENT_MISMATCH, "client_id");
}

static void accepts_an_id_token(void **state) {
    (void)state;
    jwkeep_rules rules = id_token_rules();
    accepts(&rules, "JWT", id_token_with("", NULL));
    accepts(&rules, NULL, id_token_with("", NULL));
    accepts(&rules, "application/jwt", id_token_with("aud", "[\"s6BhdRkqt3\"]"));
    accepts(&rules, "JWT", id_token_with("azp", "\"s6BhdRkqt3\""));
}

static void an_access_token_is_no_id_token(void **state) {
    (void)state;
    static const char *const typs[] = {"at+jwt", "logout+jwt", "dpop+jwt", ""};
    jwkeep_rules rules = id_token_rules();
    for (size_t i = 0; i < JK_COUNT_OF(typs); i++)
        refuses(&rules, typs[i], id_token_with("", NULL), JWKEEP_TYP_MISMATCH, "typ");
}

static void an_id_token_lacks_none_of_its_claims(void **state) {
    (void)state;
    static const char *const names[] = {"iss", "sub", "aud", "exp", "iat"};
    jwkeep_rules rules = id_token_rules();
    for (size_t i = 0; i < JK_COUNT_OF(names); i++)
        refuses(&rules, "JWT", id_token_with(names[i], NULL), JWKEEP_CLAIM_MISSING, names[i]);
}

static void an_id_token_has_claims_of_the_right_types(void **state) {
    (void)state;
    static const char *const cases[][2] = {
        {"azp", "[\"s6BhdRkqt3\"]"}, {"nonce", "1"}, {"at_hash", "null"}, {"c_hash", "[]"},
        {"auth_time", "\"now\""},    {"acr", "2"},   {"amr", "{}"},
    };
    jwkeep_rules rules = id_token_rules();
    for (size_t i = 0; i < JK_COUNT_OF(cases); i++)
        refuses(&rules, "JWT", id_token_with(cases[i][0], cases[i][1]), JWKEEP_CLAIM_TYPE,
                cases[i][0]);
}

static void an_id_token_is_for_this_client(void **state) {
    (void)state;
    jwkeep_rules rules = id_token_rules();
    refuses(&rules, "JWT", id_token_with("aud", "\"other\""), JWKEEP_AUDIENCE_MISMATCH, "aud");
    refuses(&rules, "JWT", id_token_with("aud", "[]"), JWKEEP_AUDIENCE_MISMATCH, "aud");
    refuses(&rules, "JWT", id_token_with("azp", "\"other\""), JWKEEP_AZP_MISMATCH, "azp");
    refuses(&rules, "JWT", id_token_with("azp", "\"\""), JWKEEP_AZP_MISMATCH, "azp");
}

static void further_audiences_of_an_id_token_are_trusted_ones(void **state) {
    (void)state;
    static const char both[] = "[\"s6BhdRkqt3\",\"partner\"],\"azp\":\"s6BhdRkqt3\"";
    jwkeep_rules rules = id_token_rules();
    refuses(&rules, "JWT", id_token_with("aud", both), JWKEEP_AUDIENCE_MISMATCH, "aud");
    rules.audiences = trusted;
    rules.audience_count = 1;
    accepts(&rules, "JWT", id_token_with("aud", both));
    accepts(&rules, "JWT", id_token_with("", NULL));
    refuses(&rules, "JWT", id_token_with("aud", "\"partner\""), JWKEEP_AUDIENCE_MISMATCH,
            "aud");
    refuses(&rules, "JWT", id_token_with("aud", "[\"s6BhdRkqt3\",\"partner\"]"),
            JWKEEP_CLAIM_MISSING, "azp");
}

static void the_subject_of_an_id_token_is_bounded(void **state) {
    (void)state;
    char sub[300];
    jwkeep_rules rules = id_token_rules();
    memset(sub, 'x', sizeof sub);
    sub[0] = sub[256] = '"';
    sub[257] = '\0';
    accepts(&rules, "JWT", id_token_with("sub", sub));
    sub[256] = 'x';
    sub[257] = '"';
    sub[258] = '\0';
    refuses(&rules, "JWT", id_token_with("sub", sub), JWKEEP_CLAIM_TYPE, "sub");
}

static void the_user_authenticated_not_too_long_ago(void **state) {
    (void)state;
    jwkeep_rules rules = id_token_rules();
    rules.max_auth_age_s = 60;
    rules.leeway_s = 5;
    accepts(&rules, "JWT", id_token_with("auth_time", "1699999940"));
    accepts(&rules, "JWT", id_token_with("auth_time", "1700000005"));
    refuses(&rules, "JWT", id_token_with("auth_time", "1699999939.999"), JWKEEP_AUTH_TOO_OLD,
            "auth_time");
    refuses(&rules, "JWT", id_token_with("auth_time", "1700000005.001"),
            JWKEEP_TOKEN_ISSUED_IN_FUTURE, "auth_time");
    refuses(&rules, "JWT", id_token_with("auth_time", NULL), JWKEEP_CLAIM_MISSING, "auth_time");
    rules.profile = JWKEEP_PROFILE_NONE;
    rules.client_id = NULL;
    refuses(&rules, NULL, "{\"iss\":\"https://as.example\",\"auth_time\":\"1699999999\"}",
            JWKEEP_CLAIM_TYPE, "auth_time");
}

static void a_missing_claim_is_told_once(void **state) {
    (void)state;
    static const char *const required[] = {"client_id", "sub", "client_id"};
    jwkeep_rules rules = at_jwt_rules();
    rules.required = required;
    rules.required_count = 3;
    refuses(&rules, "at+jwt", access_token_with("client_id", NULL), JWKEEP_CLAIM_MISSING,
            "client_id");
}

static void misused(const jwkeep_rules *rules, const char *field) {
    verdict result = verify(rules, "at+jwt", "{}");
    assert_int_equal(result.code, JWKEEP_MISUSE_ARGUMENT);
    assert_string_equal(result.error.where, field);
}

static void a_profile_is_given_what_it_needs(void **state) {
    (void)state;
    jwkeep_rules rules = at_jwt_rules();
    rules.issuer_count = 0;
    misused(&rules, "issuers");
    rules = at_jwt_rules();
    rules.audience_count = 0;
    misused(&rules, "audiences");
    rules = at_jwt_rules();
    rules.typ = "JWT";
    misused(&rules, "typ");
    rules = id_token_rules();
    rules.client_id = NULL;
    misused(&rules, "client_id");
    rules = id_token_rules();
    rules.profile = JWKEEP_PROFILE_NONE;
    misused(&rules, "client_id");
    rules.profile = (jwkeep_profile)3;
    misused(&rules, "profile");
    rules = id_token_rules();
    rules.max_auth_age_s = -1;
    misused(&rules, "max_auth_age_s");
}

static int64_t fixed_clock(void *user) {
    (void)user;
    return NOW_MS;
}

static jwkeep_code make_verifier(const char *issuer, const jwkeep_rules *rules,
                                 jwkeep_verifier **ret_verifier, jwkeep_error *error) {
    jwkeep_keyset *keys = forge_keyset(&key, 1);
    const jwkeep_issuer one = {.issuer = issuer, .keys = keys, .rules = rules};
    jwkeep_verifier_options options;
    jwkeep_verifier_options_init(&options);
    options.issuers = &one;
    options.issuer_count = 1;
    options.now_ms = fixed_clock;
    jwkeep_code code = jwkeep_verifier_new(&options, ret_verifier, error);
    jwkeep_keyset_unref(keys);
    return code;
}

static void a_verifier_gives_a_profile_its_issuer(void **state) {
    (void)state;
    jwkeep_verifier *verifier = NULL;
    jwkeep_token *token = NULL;
    jwkeep_error error;
    jwkeep_rules rules = at_jwt_rules();
    rules.issuer_count = 0;
    assert_int_equal(make_verifier(NULL, &rules, &verifier, &error), JWKEEP_MISUSE_ARGUMENT);
    assert_string_equal(error.where, "issuers");
    char client[] = "s6BhdRkqt3";
    rules.client_id = client;
    assert_int_equal(make_verifier(issuers[0], &rules, &verifier, &error), JWKEEP_OK);
    client[0] = '!';
    assert_int_equal(jwkeep_token_new(&token, NULL), JWKEEP_OK);
    char *bytes = forge_token(JWKEEP_SPAN("{\"alg\":\"ES256\",\"typ\":\"at+jwt\"}"),
                              jwkeep_span_text(access_token_with("jti", NULL)), key,
                              JWKEEP_ALGORITHM_ES256);
    jwkeep_failures failures;
    jwkeep_code code =
        jwkeep_verifier_verify(verifier, jwkeep_span_text(bytes), 0, token, &failures, &error);
    free(bytes);
    jwkeep_token_free(token);
    jwkeep_verifier_free(verifier);
    assert_int_equal(code, JWKEEP_CLAIM_MISSING);
    assert_int_equal(failures.count, 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accepts_an_access_token),
        cmocka_unit_test(an_access_token_says_what_it_is),
        cmocka_unit_test(an_access_token_lacks_none_of_its_claims),
        cmocka_unit_test(an_access_token_has_claims_of_the_right_types),
        cmocka_unit_test(an_access_token_is_for_this_client_and_audience),
        cmocka_unit_test(accepts_an_id_token),
        cmocka_unit_test(an_access_token_is_no_id_token),
        cmocka_unit_test(an_id_token_lacks_none_of_its_claims),
        cmocka_unit_test(an_id_token_has_claims_of_the_right_types),
        cmocka_unit_test(an_id_token_is_for_this_client),
        cmocka_unit_test(further_audiences_of_an_id_token_are_trusted_ones),
        cmocka_unit_test(the_subject_of_an_id_token_is_bounded),
        cmocka_unit_test(the_user_authenticated_not_too_long_ago),
        cmocka_unit_test(a_missing_claim_is_told_once),
        cmocka_unit_test(a_profile_is_given_what_it_needs),
        cmocka_unit_test(a_verifier_gives_a_profile_its_issuer),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
