/* SPDX-License-Identifier: Apache-2.0
 *
 * Every rule at its bound and one past it, and what is told about those that fail. */
#include "base/allocator.h"
#include "jwt/rules.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define T_S INT64_C(1700000000)
#define T_MS (T_S * 1000)

typedef struct judgement {
    jwkeep_code code;
    jwkeep_error error;
    jwkeep_failures failures;
} judgement;

static judgement judge(const jwkeep_rules *rules, const char *json, int64_t now_ms) {
    judgement result = {.code = JWKEEP_OK};
    jwkeep_rules resolved;
    jwkeep_json_text *text = NULL;
    jwkeep_code ready = jk_rules_resolve(rules, &resolved, &result.error);
    if (ready == JWKEEP_OK)
        ready = jwkeep_json_parse(jwkeep_span_text(json), NULL, &text, &result.error);
    if (ready != JWKEEP_OK)
        fail_msg("%s: %s", json, result.error.text);
    jk_claims claims;
    jk_claims_read(jwkeep_json_root(text), JWKEEP_MAX_AUDIENCES, &claims);
    result.code = jk_rules_judge(&resolved, &claims, now_ms, &result.failures, &result.error);
    jwkeep_json_text_free(text);
    return result;
}

static jwkeep_code code_of(const jwkeep_rules *rules, const char *json, int64_t now_ms) {
    judgement result = judge(rules, json, now_ms);
    assert_int_equal(result.failures.count, result.code == JWKEEP_OK ? 0 : 1);
    return result.code;
}

static jwkeep_rules plain_rules(void) {
    jwkeep_rules rules;
    jwkeep_rules_init(&rules);
    return rules;
}

static void refuses_a_token_at_its_expiry(void **state) {
    (void)state;
    jwkeep_rules rules = plain_rules();
    assert_int_equal(code_of(&rules, "{\"exp\":1700000000}", T_MS - 1), JWKEEP_OK);
    assert_int_equal(code_of(&rules, "{\"exp\":1700000000}", T_MS), JWKEEP_TOKEN_EXPIRED);
    assert_int_equal(code_of(&rules, "{\"exp\":1700000000.25}", T_MS + 249), JWKEEP_OK);
    assert_int_equal(code_of(&rules, "{\"exp\":1700000000.25}", T_MS + 250),
                     JWKEEP_TOKEN_EXPIRED);
    assert_int_equal(code_of(&rules, "{}", T_MS), JWKEEP_OK);
}

static void refuses_a_token_before_its_beginning(void **state) {
    (void)state;
    jwkeep_rules rules = plain_rules();
    assert_int_equal(code_of(&rules, "{\"nbf\":1700000000}", T_MS), JWKEEP_OK);
    assert_int_equal(code_of(&rules, "{\"nbf\":1700000000}", T_MS - 1),
                     JWKEEP_TOKEN_NOT_YET_VALID);
}

static void refuses_a_token_from_the_future(void **state) {
    (void)state;
    jwkeep_rules rules = plain_rules();
    assert_int_equal(code_of(&rules, "{\"iat\":1700000000}", T_MS), JWKEEP_OK);
    assert_int_equal(code_of(&rules, "{\"iat\":1700000000}", T_MS - 1),
                     JWKEEP_TOKEN_ISSUED_IN_FUTURE);
}

static void gives_leeway_to_each_time(void **state) {
    (void)state;
    jwkeep_rules rules = plain_rules();
    rules.leeway_s = 5;
    assert_int_equal(code_of(&rules, "{\"exp\":1700000000}", T_MS + 4999), JWKEEP_OK);
    assert_int_equal(code_of(&rules, "{\"exp\":1700000000}", T_MS + 5000),
                     JWKEEP_TOKEN_EXPIRED);
    assert_int_equal(code_of(&rules, "{\"nbf\":1700000000}", T_MS - 5000), JWKEEP_OK);
    assert_int_equal(code_of(&rules, "{\"nbf\":1700000000}", T_MS - 5001),
                     JWKEEP_TOKEN_NOT_YET_VALID);
    assert_int_equal(code_of(&rules, "{\"iat\":1700000000}", T_MS - 5000), JWKEEP_OK);
    assert_int_equal(code_of(&rules, "{\"iat\":1700000000}", T_MS - 5001),
                     JWKEEP_TOKEN_ISSUED_IN_FUTURE);
}

static void refuses_a_token_past_the_greatest_age(void **state) {
    (void)state;
    jwkeep_rules rules = plain_rules();
    rules.max_age_s = 60;
    assert_int_equal(code_of(&rules, "{\"iat\":1700000000}", T_MS + 60000), JWKEEP_OK);
    assert_int_equal(code_of(&rules, "{\"iat\":1700000000}", T_MS + 60001),
                     JWKEEP_TOKEN_TOO_OLD);
    assert_int_equal(code_of(&rules, "{}", T_MS), JWKEEP_CLAIM_MISSING);
}

static void judges_at_the_ends_of_the_clock(void **state) {
    (void)state;
    jwkeep_rules rules = plain_rules();
    rules.leeway_s = JWKEEP_MAX_LEEWAY_S;
    rules.max_age_s = JK_NUMERIC_DATE_MAX_S;
    const char *json = "{\"exp\":253402300799,\"iat\":253402300799}";
    assert_int_equal(code_of(&rules, json, INT64_MIN), JWKEEP_TOKEN_ISSUED_IN_FUTURE);
    judgement last = judge(&rules, json, INT64_MAX);
    assert_int_equal(last.failures.count, 2);
    assert_int_equal(last.failures.items[0].code, JWKEEP_TOKEN_EXPIRED);
    assert_int_equal(last.failures.items[1].code, JWKEEP_TOKEN_TOO_OLD);
}

static void demands_one_of_the_issuers(void **state) {
    (void)state;
    static const char *const issuers[] = {"https://a.example", "https://b.example"};
    jwkeep_rules rules = plain_rules();
    rules.issuers = issuers;
    rules.issuer_count = 2;
    assert_int_equal(code_of(&rules, "{\"iss\":\"https://b.example\"}", 0), JWKEEP_OK);
    assert_int_equal(code_of(&rules, "{\"iss\":\"https://b.example/\"}", 0),
                     JWKEEP_ISSUER_MISMATCH);
    assert_int_equal(code_of(&rules, "{\"iss\":\"\"}", 0), JWKEEP_ISSUER_MISMATCH);
    assert_int_equal(code_of(&rules, "{}", 0), JWKEEP_CLAIM_MISSING);
}

static void demands_one_of_the_audiences(void **state) {
    (void)state;
    static const char *const audiences[] = {"api", "web"};
    jwkeep_rules rules = plain_rules();
    rules.audiences = audiences;
    rules.audience_count = 2;
    assert_int_equal(code_of(&rules, "{\"aud\":\"web\"}", 0), JWKEEP_OK);
    assert_int_equal(code_of(&rules, "{\"aud\":[\"x\",\"api\"]}", 0), JWKEEP_OK);
    assert_int_equal(code_of(&rules, "{\"aud\":[\"x\",\"apis\"]}", 0),
                     JWKEEP_AUDIENCE_MISMATCH);
    assert_int_equal(code_of(&rules, "{\"aud\":[]}", 0), JWKEEP_AUDIENCE_MISMATCH);
    assert_int_equal(code_of(&rules, "{\"aud\":\"WEB\"}", 0), JWKEEP_AUDIENCE_MISMATCH);
    assert_int_equal(code_of(&rules, "{}", 0), JWKEEP_CLAIM_MISSING);
}

static void demands_subject_and_jti(void **state) {
    (void)state;
    jwkeep_rules rules = plain_rules();
    rules.subject = "anna";
    assert_int_equal(code_of(&rules, "{\"sub\":\"anna\"}", 0), JWKEEP_OK);
    assert_int_equal(code_of(&rules, "{\"sub\":\"anna\\u0000\"}", 0), JWKEEP_SUBJECT_MISMATCH);
    assert_int_equal(code_of(&rules, "{}", 0), JWKEEP_CLAIM_MISSING);
    rules = plain_rules();
    rules.jti = "7";
    assert_int_equal(code_of(&rules, "{\"jti\":\"7\"}", 0), JWKEEP_OK);
    assert_int_equal(code_of(&rules, "{\"jti\":\"8\"}", 0), JWKEEP_JTI_MISMATCH);
    assert_int_equal(code_of(&rules, "{}", 0), JWKEEP_CLAIM_MISSING);
}

static void demands_required_claims_that_are_not_null(void **state) {
    (void)state;
    static const char *const required[] = {"scope"};
    jwkeep_rules rules = plain_rules();
    rules.required = required;
    rules.required_count = 1;
    assert_int_equal(code_of(&rules, "{\"scope\":\"\"}", 0), JWKEEP_OK);
    assert_int_equal(code_of(&rules, "{\"scope\":false}", 0), JWKEEP_OK);
    assert_int_equal(code_of(&rules, "{\"scope\":null}", 0), JWKEEP_CLAIM_MISSING);
    judgement missing = judge(&rules, "{}", 0);
    assert_int_equal(missing.code, JWKEEP_CLAIM_MISSING);
    assert_ptr_equal(missing.error.where, required[0]);
    assert_string_equal(missing.error.clause, "RFC 7519 §4");
}

static void names_a_required_registered_claim_once(void **state) {
    (void)state;
    static const char *const required[] = {"sub", "exp", "iat"};
    jwkeep_rules rules = plain_rules();
    rules.subject = "anna";
    rules.max_age_s = 10;
    rules.required = required;
    rules.required_count = 3;
    judgement result = judge(&rules, "{\"exp\":null}", 0);
    assert_int_equal(result.failures.count, 3);
    assert_string_equal(result.failures.items[0].where, "sub");
    assert_int_equal(result.failures.items[0].code, JWKEEP_CLAIM_MISSING);
    assert_string_equal(result.failures.items[1].where, "exp");
    assert_int_equal(result.failures.items[1].code, JWKEEP_CLAIM_TYPE);
    assert_string_equal(result.failures.items[2].where, "iat");
    assert_int_equal(result.failures.items[2].code, JWKEEP_CLAIM_MISSING);
}

static void refuses_ill_typed_claims_that_no_rule_asks_for(void **state) {
    (void)state;
    jwkeep_rules rules = plain_rules();
    for (int claim = 0; claim < JK_CLAIM_COUNT; claim++) {
        const jk_claim_info *info = jk_claim_info_of((jk_claim)claim);
        char json[64];
        snprintf(json, sizeof json, "{\"%s\":{}}", info->name);
        judgement result = judge(&rules, json, T_MS);
        assert_int_equal(result.code, JWKEEP_CLAIM_TYPE);
        assert_string_equal(result.error.where, info->name);
        assert_string_equal(result.error.clause, info->clause);
    }
}

static void tells_all_failures_in_order_with_claim_and_clause(void **state) {
    (void)state;
    static const char *const wanted[] = {"x"};
    static const char *const required[] = {"scope", "acr"};
    jwkeep_rules rules = plain_rules();
    rules.issuers = rules.audiences = wanted;
    rules.issuer_count = rules.audience_count = 1;
    rules.subject = rules.jti = "x";
    rules.max_age_s = 10;
    rules.required = required;
    rules.required_count = 2;
    judgement result = judge(&rules,
                             "{\"iat\":1600000000,\"nbf\":1800000000,\"exp\":1600000001,"
                             "\"jti\":\"j\",\"sub\":\"s\",\"aud\":\"a\",\"iss\":\"i\"}",
                             T_MS);
    static const struct {
        jwkeep_code code;
        const char *where, *clause;
    } expected[] = {
        {JWKEEP_ISSUER_MISMATCH, "iss", "RFC 7519 §4.1.1"},
        {JWKEEP_AUDIENCE_MISMATCH, "aud", "RFC 7519 §4.1.3"},
        {JWKEEP_SUBJECT_MISMATCH, "sub", "RFC 7519 §4.1.2"},
        {JWKEEP_JTI_MISMATCH, "jti", "RFC 7519 §4.1.7"},
        {JWKEEP_TOKEN_EXPIRED, "exp", "RFC 7519 §4.1.4"},
        {JWKEEP_TOKEN_NOT_YET_VALID, "nbf", "RFC 7519 §4.1.5"},
        {JWKEEP_TOKEN_TOO_OLD, "iat", "RFC 7519 §4.1.6"},
        {JWKEEP_CLAIM_MISSING, "scope", "RFC 7519 §4"},
        {JWKEEP_CLAIM_MISSING, "acr", "RFC 7519 §4"},
    };
    assert_int_equal(result.failures.count, JK_COUNT_OF(expected));
    for (size_t i = 0; i < JK_COUNT_OF(expected); i++) {
        const jwkeep_error *item = &result.failures.items[i];
        assert_int_equal(item->code, expected[i].code);
        assert_string_equal(item->where, expected[i].where);
        assert_string_equal(item->clause, expected[i].clause);
        assert_string_equal(item->text, jwkeep_code_text(expected[i].code));
    }
    assert_int_equal(result.code, JWKEEP_ISSUER_MISMATCH);
    assert_int_equal(result.error.code, JWKEEP_ISSUER_MISMATCH);
}

static void keeps_no_more_failures_than_there_is_room_for(void **state) {
    (void)state;
    static const char *const required[] = {"a", "b", "c", "d", "e", "f", "g", "h", "i",
                                           "j", "k", "l", "m", "n", "o", "p", "q", "r"};
    jwkeep_rules rules = plain_rules();
    rules.required = required;
    rules.required_count = JK_COUNT_OF(required);
    judgement result = judge(&rules, "{}", 0);
    assert_int_equal(result.failures.count, JWKEEP_MAX_FAILURES);
    assert_string_equal(result.failures.items[JWKEEP_MAX_FAILURES - 1].where, "p");
}

static jwkeep_code check_typ(const char *wanted, const char *typ) {
    jwkeep_rules rules = plain_rules();
    rules.typ = wanted;
    return jk_rules_check_typ(&rules, jwkeep_span_text(typ), NULL);
}

static void compares_typ_as_a_media_type(void **state) {
    (void)state;
    assert_int_equal(check_typ("at+jwt", "at+jwt"), JWKEEP_OK);
    assert_int_equal(check_typ("at+jwt", "AT+JWT"), JWKEEP_OK);
    assert_int_equal(check_typ("at+jwt", "application/at+jwt"), JWKEEP_OK);
    assert_int_equal(check_typ("at+jwt", "Application/AT+jwt"), JWKEEP_OK);
    assert_int_equal(check_typ("application/at+jwt", "at+jwt"), JWKEEP_OK);
    assert_int_equal(check_typ(NULL, "anything"), JWKEEP_OK);
    assert_int_equal(check_typ(NULL, NULL), JWKEEP_OK);
    assert_int_equal(check_typ("at+jwt", "jwt"), JWKEEP_TYP_MISMATCH);
    assert_int_equal(check_typ("at+jwt", "at+jwt "), JWKEEP_TYP_MISMATCH);
    assert_int_equal(check_typ("at+jwt", ""), JWKEEP_TYP_MISMATCH);
    assert_int_equal(check_typ("at+jwt", NULL), JWKEEP_TYP_MISMATCH);
    assert_int_equal(check_typ("", NULL), JWKEEP_TYP_MISMATCH);
    assert_int_equal(check_typ("text/jwt", "application/text/jwt"), JWKEEP_TYP_MISMATCH);
    assert_int_equal(check_typ("@", "`"), JWKEEP_TYP_MISMATCH);
    assert_int_equal(check_typ("[", "{"), JWKEEP_TYP_MISMATCH);
}

static void names_the_clause_of_typ(void **state) {
    (void)state;
    jwkeep_rules rules = plain_rules();
    rules.typ = "at+jwt";
    jwkeep_error error;
    assert_int_equal(jk_rules_check_typ(&rules, JWKEEP_SPAN("JWT"), &error),
                     JWKEEP_TYP_MISMATCH);
    assert_string_equal(error.where, "typ");
    assert_string_equal(error.clause, "RFC 7515 §4.1.9");
}

static void refuses(const jwkeep_rules *rules, const char *where) {
    jwkeep_rules untouched = {.leeway_s = 42};
    jwkeep_error error = {0};
    assert_int_equal(jk_rules_resolve(rules, &untouched, &error), JWKEEP_MISUSE_ARGUMENT);
    assert_string_equal(error.where, where);
    assert_int_equal(untouched.leeway_s, 42);
}

static void refuses_rules_outside_their_range(void **state) {
    (void)state;
    static const char *const holed[] = {"a", NULL};
    jwkeep_rules rules = plain_rules();
    rules.leeway_s = -1;
    refuses(&rules, "leeway_s");
    rules.leeway_s = JWKEEP_MAX_LEEWAY_S + 1;
    refuses(&rules, "leeway_s");
    rules = plain_rules();
    rules.max_age_s = -1;
    refuses(&rules, "max_age_s");
    rules.max_age_s = INT64_MAX;
    refuses(&rules, "max_age_s");
    rules = plain_rules();
    rules.issuer_count = 1;
    refuses(&rules, "issuers");
    rules.issuers = holed;
    rules.issuer_count = 2;
    refuses(&rules, "issuers");
    rules = plain_rules();
    rules.audiences = holed;
    rules.audience_count = 2;
    refuses(&rules, "audiences");
    rules = plain_rules();
    rules.required_count = 1;
    refuses(&rules, "required");
    rules = plain_rules();
    rules.algorithms = JWKEEP_ALGORITHM_BIT(0);
    refuses(&rules, "algorithms");
    rules = plain_rules();
    rules.struct_size = 0;
    refuses(&rules, "struct_size");
    rules.struct_size = sizeof rules + 1;
    refuses(&rules, "struct_size");
}

static void takes_rules_of_a_shorter_version(void **state) {
    (void)state;
    jwkeep_rules rules = plain_rules(), resolved;
    rules.algorithms = JWKEEP_ALGORITHM_BIT(JWKEEP_ALGORITHM_ES256);
    rules.leeway_s = 99;
    rules.struct_size = offsetof(jwkeep_rules, issuers);
    assert_int_equal(jk_rules_resolve(&rules, &resolved, NULL), JWKEEP_OK);
    assert_int_equal(resolved.algorithms, rules.algorithms);
    assert_int_equal(resolved.leeway_s, 0);
    assert_int_equal(jk_rules_resolve(NULL, &resolved, NULL), JWKEEP_OK);
    assert_int_equal(resolved.struct_size, sizeof resolved);
}

static void keeps_copies_of_all_texts(void **state) {
    (void)state;
    char issuer[] = "i", audience[] = "a", required[] = "r";
    char subject[] = "s", jti[] = "j", typ[] = "t";
    const char *issuers[] = {issuer}, *audiences[] = {audience}, *requireds[] = {required};
    jwkeep_rules rules = plain_rules();
    rules.issuers = issuers;
    rules.audiences = audiences;
    rules.required = requireds;
    rules.issuer_count = rules.audience_count = rules.required_count = 1;
    rules.subject = subject;
    rules.jti = jti;
    rules.typ = typ;
    jk_arena arena;
    jk_arena_init(&arena, 4096);
    bool is_kept = jk_rules_keep(&rules, &arena);
    *issuer = *audience = *required = *subject = *jti = *typ = '!';
    issuers[0] = audiences[0] = requireds[0] = NULL;
    char kept[8] = {0};
    if (is_kept)
        snprintf(kept, sizeof kept, "%c%c%c%c%c%c", *rules.issuers[0], *rules.audiences[0],
                 *rules.required[0], *rules.subject, *rules.jti, *rules.typ);
    jk_arena_done(&arena);
    assert_string_equal(kept, "iarsjt");
}

static void says_when_there_is_no_memory_to_keep_texts(void **state) {
    (void)state;
    static const char *const issuers[] = {"https://issuer.example"};
    jwkeep_rules rules = plain_rules();
    rules.issuers = issuers;
    rules.issuer_count = 1;
    jk_arena arena;
    jk_arena_init(&arena, 16);
    bool is_kept = jk_rules_keep(&rules, &arena);
    jk_arena_done(&arena);
    assert_false(is_kept);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_a_token_at_its_expiry),
        cmocka_unit_test(refuses_a_token_before_its_beginning),
        cmocka_unit_test(refuses_a_token_from_the_future),
        cmocka_unit_test(gives_leeway_to_each_time),
        cmocka_unit_test(refuses_a_token_past_the_greatest_age),
        cmocka_unit_test(judges_at_the_ends_of_the_clock),
        cmocka_unit_test(demands_one_of_the_issuers),
        cmocka_unit_test(demands_one_of_the_audiences),
        cmocka_unit_test(demands_subject_and_jti),
        cmocka_unit_test(demands_required_claims_that_are_not_null),
        cmocka_unit_test(names_a_required_registered_claim_once),
        cmocka_unit_test(refuses_ill_typed_claims_that_no_rule_asks_for),
        cmocka_unit_test(tells_all_failures_in_order_with_claim_and_clause),
        cmocka_unit_test(keeps_no_more_failures_than_there_is_room_for),
        cmocka_unit_test(compares_typ_as_a_media_type),
        cmocka_unit_test(names_the_clause_of_typ),
        cmocka_unit_test(refuses_rules_outside_their_range),
        cmocka_unit_test(takes_rules_of_a_shorter_version),
        cmocka_unit_test(keeps_copies_of_all_texts),
        cmocka_unit_test(says_when_there_is_no_memory_to_keep_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
