/* SPDX-License-Identifier: Apache-2.0
 *
 * Rules about any claim, about scopes, and checks of the application's own: what passes, what
 * does not, and when each is asked. */
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

static jwkeep_rules plain_rules(void) {
    jwkeep_rules rules;
    jwkeep_rules_init(&rules);
    return rules;
}

static jwkeep_code judge(const jwkeep_rules *rules, const char *json,
                         jwkeep_failures *failures) {
    jwkeep_rules resolved;
    jwkeep_json_text *text = NULL;
    jwkeep_error error;
    if (jk_rules_resolve(rules, &resolved, &error) != JWKEEP_OK ||
        jwkeep_json_parse(jwkeep_span_text(json), NULL, &text, &error) != JWKEEP_OK)
        fail_msg("%s: %s (%s)", json, error.text, error.where ? error.where : "");
    jk_claims claims;
    jk_claims_read(jwkeep_json_root(text), JWKEEP_MAX_AUDIENCES, &claims);
    failures->count = 0;
    jwkeep_code code = jk_rules_judge(&resolved, &claims, NOW_MS, failures, NULL);
    jwkeep_json_text_free(text);
    return code;
}

/* The code for a claim `c` of this JSON under one rule. */
static jwkeep_code held(jwkeep_claim_test test, const jwkeep_claim_value *values, size_t count,
                        const char *claim) {
    char json[256];
    jwkeep_failures failures;
    jwkeep_rules rules = plain_rules();
    jwkeep_claim_rule rule = {"c", test, values, count};
    rules.claims = &rule;
    rules.claim_count = 1;
    snprintf(json, sizeof json, "{\"c\":%s}", claim);
    jwkeep_code code = judge(&rules, json, &failures);
    assert_int_equal(failures.count, code == JWKEEP_OK ? 0 : 1);
    if (code != JWKEEP_OK)
        assert_string_equal(failures.items[0].where, "c");
    return code;
}

#define STRING(text)                                                                           \
    { JWKEEP_JSON_STRING, text, 0, false }
#define NUMBER(value)                                                                          \
    { JWKEEP_JSON_NUMBER, NULL, value, false }
#define BOOLEAN(value)                                                                         \
    { JWKEEP_JSON_BOOLEAN, NULL, 0, value }

static void compares_a_string_byte_by_byte(void **state) {
    (void)state;
    static const jwkeep_claim_value values[] = {STRING("admin"), STRING("")};
    assert_int_equal(held(JWKEEP_CLAIM_ONE_OF, values, 1, "\"admin\""), JWKEEP_OK);
    assert_int_equal(held(JWKEEP_CLAIM_ONE_OF, values, 1, "\"\\u0061dmin\""), JWKEEP_OK);
    static const char *const others[] = {"\"Admin\"", "\"admin \"", "\"admin\\u0000\"",
                                         "\"admi\"", "\"\""};
    for (size_t i = 0; i < JK_COUNT_OF(others); i++)
        assert_int_equal(held(JWKEEP_CLAIM_ONE_OF, values, 1, others[i]),
                         JWKEEP_CLAIM_MISMATCH);
    assert_int_equal(held(JWKEEP_CLAIM_ONE_OF, values, 2, "\"\""), JWKEEP_OK);
}

static void never_converts_between_types(void **state) {
    (void)state;
    static const jwkeep_claim_value text[] = {STRING("1")};
    static const jwkeep_claim_value number[] = {NUMBER(1)};
    static const jwkeep_claim_value truth[] = {BOOLEAN(true)};
    static const char *const no_string[] = {"1", "true", "[\"1\"]", "{\"1\":1}"};
    for (size_t i = 0; i < JK_COUNT_OF(no_string); i++)
        assert_int_equal(held(JWKEEP_CLAIM_ONE_OF, text, 1, no_string[i]), JWKEEP_CLAIM_TYPE);
    assert_int_equal(held(JWKEEP_CLAIM_ONE_OF, number, 1, "\"1\""), JWKEEP_CLAIM_TYPE);
    assert_int_equal(held(JWKEEP_CLAIM_ONE_OF, number, 1, "true"), JWKEEP_CLAIM_TYPE);
    assert_int_equal(held(JWKEEP_CLAIM_ONE_OF, truth, 1, "\"true\""), JWKEEP_CLAIM_TYPE);
    assert_int_equal(held(JWKEEP_CLAIM_ONE_OF, truth, 1, "1"), JWKEEP_CLAIM_TYPE);
    assert_int_equal(held(JWKEEP_CLAIM_ONE_OF, text, 1, "null"), JWKEEP_CLAIM_MISSING);
}

static void compares_numbers_by_what_they_are_worth(void **state) {
    (void)state;
    static const jwkeep_claim_value values[] = {NUMBER(9007199254740993), NUMBER(-3)};
    assert_int_equal(held(JWKEEP_CLAIM_ONE_OF, values, 2, "9007199254740993"), JWKEEP_OK);
    assert_int_equal(held(JWKEEP_CLAIM_ONE_OF, values, 2, "9007199254740993.0"), JWKEEP_OK);
    assert_int_equal(held(JWKEEP_CLAIM_ONE_OF, values, 2, "-30e-1"), JWKEEP_OK);
    /* The next double is the same as that of the one above. */
    assert_int_equal(held(JWKEEP_CLAIM_ONE_OF, values, 2, "9007199254740992"),
                     JWKEEP_CLAIM_MISMATCH);
    static const char *const others[] = {"-3.5", "3", "1e400", "-3.0000000000000000001"};
    for (size_t i = 0; i < JK_COUNT_OF(others); i++)
        assert_int_equal(held(JWKEEP_CLAIM_ONE_OF, values, 2, others[i]),
                         JWKEEP_CLAIM_MISMATCH);
}

static void compares_booleans(void **state) {
    (void)state;
    static const jwkeep_claim_value values[] = {BOOLEAN(true), BOOLEAN(false)};
    assert_int_equal(held(JWKEEP_CLAIM_ONE_OF, values, 1, "true"), JWKEEP_OK);
    assert_int_equal(held(JWKEEP_CLAIM_ONE_OF, values, 1, "false"), JWKEEP_CLAIM_MISMATCH);
    assert_int_equal(held(JWKEEP_CLAIM_ONE_OF, values, 2, "false"), JWKEEP_OK);
}

static void finds_values_in_arrays(void **state) {
    (void)state;
    static const jwkeep_claim_value values[] = {STRING("a"), NUMBER(7), BOOLEAN(true)};
    assert_int_equal(held(JWKEEP_CLAIM_CONTAINS, values, 3, "[\"x\",7]"), JWKEEP_OK);
    assert_int_equal(held(JWKEEP_CLAIM_CONTAINS, values, 1, "[\"x\",[\"a\"],{\"a\":\"a\"}]"),
                     JWKEEP_CLAIM_MISMATCH);
    assert_int_equal(held(JWKEEP_CLAIM_CONTAINS, values, 1, "[]"), JWKEEP_CLAIM_MISMATCH);
    static const jwkeep_claim_value empty[] = {STRING("")};
    assert_int_equal(held(JWKEEP_CLAIM_CONTAINS, empty, 1, "[1,null,[],{}]"),
                     JWKEEP_CLAIM_MISMATCH);
    assert_int_equal(held(JWKEEP_CLAIM_CONTAINS_ALL, values, 3, "[true,7,\"a\"]"), JWKEEP_OK);
    assert_int_equal(held(JWKEEP_CLAIM_CONTAINS_ALL, values, 3, "[\"true\",7,\"a\"]"),
                     JWKEEP_CLAIM_MISMATCH);
    assert_int_equal(held(JWKEEP_CLAIM_CONTAINS, values, 3, "{\"a\":\"a\"}"),
                     JWKEEP_CLAIM_TYPE);
    assert_int_equal(held(JWKEEP_CLAIM_CONTAINS, values, 3, "7"), JWKEEP_CLAIM_TYPE);
}

static void finds_words_in_strings(void **state) {
    (void)state;
    static const jwkeep_claim_value values[] = {STRING("read"), STRING("write")};
    static const jwkeep_claim_value odd[] = {STRING(""), STRING("a b"), NUMBER(1)};
    assert_int_equal(held(JWKEEP_CLAIM_CONTAINS, values, 1, "\"read\""), JWKEEP_OK);
    assert_int_equal(held(JWKEEP_CLAIM_CONTAINS, values, 1, "\"x read\""), JWKEEP_OK);
    assert_int_equal(held(JWKEEP_CLAIM_CONTAINS_ALL, values, 2, "\"write  read \""), JWKEEP_OK);
    static const char *const others[] = {"\"reads\"", "\"unread\"", "\"x,read\"",
                                         "\"read\\twrite\"", "\"\""};
    for (size_t i = 0; i < JK_COUNT_OF(others); i++)
        assert_int_equal(held(JWKEEP_CLAIM_CONTAINS, values, 2, others[i]),
                         JWKEEP_CLAIM_MISMATCH);
    assert_int_equal(held(JWKEEP_CLAIM_CONTAINS_ALL, values, 2, "\"read\""),
                     JWKEEP_CLAIM_MISMATCH);
    assert_int_equal(held(JWKEEP_CLAIM_CONTAINS, odd, 3, "\"a b  1\""), JWKEEP_CLAIM_MISMATCH);
}

static void demands_every_scope(void **state) {
    (void)state;
    static const char *const scopes[] = {"read", "write"};
    static const struct {
        const char *json;
        jwkeep_code code;
    } cases[] = {
        {"{\"scope\":\"write x read\"}", JWKEEP_OK},
        {"{\"scope\":\"read\"}", JWKEEP_SCOPE_INSUFFICIENT},
        {"{\"scope\":\"read writes\"}", JWKEEP_SCOPE_INSUFFICIENT},
        {"{\"scope\":\"read\\twrite\"}", JWKEEP_SCOPE_INSUFFICIENT},
        {"{\"scope\":\"READ WRITE\"}", JWKEEP_SCOPE_INSUFFICIENT},
        {"{\"scope\":\"\"}", JWKEEP_SCOPE_INSUFFICIENT},
        {"{\"scope\":[\"read\",\"write\"]}", JWKEEP_CLAIM_TYPE},
        {"{\"scope\":null}", JWKEEP_CLAIM_MISSING},
        {"{\"scp\":\"read write\"}", JWKEEP_CLAIM_MISSING},
    };
    jwkeep_rules rules = plain_rules();
    rules.scopes = scopes;
    rules.scope_count = 2;
    for (size_t i = 0; i < JK_COUNT_OF(cases); i++) {
        jwkeep_failures failures;
        jwkeep_code code = judge(&rules, cases[i].json, &failures);
        if (code != cases[i].code)
            fail_msg("%s: %s", cases[i].json, jwkeep_code_name(code));
        assert_int_equal(failures.count, code == JWKEEP_OK ? 0 : 1);
    }
}

static void collects_failures_of_every_kind(void **state) {
    (void)state;
    static const jwkeep_claim_value values[] = {STRING("x")};
    static const jwkeep_claim_rule claims[] = {{"a", JWKEEP_CLAIM_ONE_OF, values, 1},
                                               {"b", JWKEEP_CLAIM_CONTAINS, values, 1}};
    static const char *const scopes[] = {"s"};
    jwkeep_rules rules = plain_rules();
    rules.claims = claims;
    rules.claim_count = 2;
    rules.scopes = scopes;
    rules.scope_count = 1;
    jwkeep_failures failures;
    assert_int_equal(judge(&rules, "{\"exp\":1,\"a\":\"y\"}", &failures), JWKEEP_TOKEN_EXPIRED);
    assert_int_equal(failures.count, 4);
    assert_int_equal(failures.items[1].code, JWKEEP_CLAIM_MISSING);
    assert_string_equal(failures.items[1].where, "scope");
    assert_int_equal(failures.items[2].code, JWKEEP_CLAIM_MISMATCH);
    assert_string_equal(failures.items[3].where, "b");
}

/* What the application's own check saw. */
struct seen {
    int calls;
    jwkeep_code answer;
    bool has_tenant;
    int64_t now_ms;
};

static jwkeep_code look(void *user, const jwkeep_json *claims, int64_t now_ms) {
    struct seen *seen = user;
    seen->calls++;
    seen->has_tenant = jwkeep_json_member(claims, "tenant") != NULL;
    seen->now_ms = now_ms;
    return seen->answer;
}

static void asks_a_validator_and_takes_its_answer(void **state) {
    (void)state;
    static const struct {
        jwkeep_code answer, code;
    } cases[] = {
        {JWKEEP_OK, JWKEEP_OK},
        {JWKEEP_NOT_FOUND, JWKEEP_VALIDATOR_REFUSED},
        {JWKEEP_PENDING, JWKEEP_VALIDATOR_REFUSED},
        {JWKEEP_VALIDATOR_REFUSED, JWKEEP_VALIDATOR_REFUSED},
        {JWKEEP_SUBJECT_MISMATCH, JWKEEP_SUBJECT_MISMATCH},
        {JWKEEP_SYSTEM_FAILED, JWKEEP_SYSTEM_FAILED},
    };
    for (size_t i = 0; i < JK_COUNT_OF(cases); i++) {
        struct seen seen = {.answer = cases[i].answer};
        jwkeep_validator validator = {"tenant", look, &seen};
        jwkeep_rules rules = plain_rules();
        jwkeep_failures failures;
        rules.validators = &validator;
        rules.validator_count = 1;
        assert_int_equal(judge(&rules, "{\"tenant\":\"t\"}", &failures), cases[i].code);
        assert_int_equal(seen.calls, 1);
        assert_true(seen.has_tenant && seen.now_ms == NOW_MS);
        assert_int_equal(failures.count, cases[i].code == JWKEEP_OK ? 0 : 1);
        if (failures.count > 0)
            assert_string_equal(failures.items[0].where, "tenant");
    }
}

static jwkeep_code verify_signed_by(const jwkeep_jwk *signer, const jwkeep_jwk *key,
                                    struct seen *seen) {
    jwkeep_validator validator = {"tenant", look, seen};
    jwkeep_rules rules = plain_rules();
    rules.validators = &validator;
    rules.validator_count = 1;
    char *bytes = forge_token(JWKEEP_SPAN("{\"alg\":\"HS256\"}"), JWKEEP_SPAN("{\"tenant\":1}"),
                              signer, JWKEEP_ALGORITHM_HS256);
    jwkeep_token *token = NULL;
    jwkeep_code code = jwkeep_token_new(&token, NULL);
    if (code == JWKEEP_OK)
        code = jwkeep_jwt_verify(jwkeep_span_text(bytes), key, NULL, &rules, NOW_MS, token,
                                 NULL, NULL);
    jwkeep_token_free(token);
    free(bytes);
    return code;
}

static void shows_a_validator_no_claims_of_a_forged_token(void **state) {
    (void)state;
    jwkeep_jwk *key = forge_key(JWKEEP_ALGORITHM_HS256, NULL);
    jwkeep_jwk *evil = forge_key(JWKEEP_ALGORITHM_HS256, NULL);
    struct seen seen = {.answer = JWKEEP_OK};
    jwkeep_code forged = verify_signed_by(evil, key, &seen);
    int calls = seen.calls;
    jwkeep_code good = verify_signed_by(key, key, &seen);
    jwkeep_jwk_unref(evil);
    jwkeep_jwk_unref(key);
    assert_int_equal(forged, JWKEEP_SIGNATURE_INVALID);
    assert_int_equal(calls, 0);
    assert_int_equal(good, JWKEEP_OK);
    assert_int_equal(seen.calls, 1);
}

static void judging_before_the_signature_calls_no_validator(void **state) {
    (void)state;
    struct seen seen = {.answer = JWKEEP_VALIDATOR_REFUSED};
    jwkeep_validator validator = {"tenant", look, &seen};
    jwkeep_rules rules = plain_rules(), resolved;
    rules.validators = &validator;
    rules.validator_count = 1;
    jwkeep_json_text *text = NULL;
    jk_claims claims;
    assert_int_equal(jk_rules_resolve(&rules, &resolved, NULL), JWKEEP_OK);
    assert_int_equal(jwkeep_json_parse(JWKEEP_SPAN("{}"), NULL, &text, NULL), JWKEEP_OK);
    jk_claims_read(jwkeep_json_root(text), JWKEEP_MAX_AUDIENCES, &claims);
    jwkeep_code code = jk_rules_prejudge(&resolved, &claims, NOW_MS, NULL);
    jwkeep_json_text_free(text);
    assert_int_equal(code, JWKEEP_OK);
    assert_int_equal(seen.calls, 0);
}

static void refuses(const jwkeep_rules *rules, const char *field) {
    jwkeep_rules resolved;
    jwkeep_error error;
    assert_int_equal(jk_rules_resolve(rules, &resolved, &error), JWKEEP_MISUSE_ARGUMENT);
    assert_string_equal(error.where, field);
}

static void refuses_claim_rules_that_ask_for_nothing(void **state) {
    (void)state;
    static const jwkeep_claim_value good[] = {STRING("x")};
    static const jwkeep_claim_value no_text[] = {STRING(NULL)};
    static const jwkeep_claim_value array[] = {{JWKEEP_JSON_ARRAY, "x", 0, false}};
    static const jwkeep_claim_value null[] = {{JWKEEP_JSON_NULL, "x", 0, false}};
    const jwkeep_claim_rule bad[] = {
        {NULL, JWKEEP_CLAIM_ONE_OF, good, 1},       {"c", (jwkeep_claim_test)0, good, 1},
        {"c", JWKEEP_CLAIM_CONTAINS, good, 0},      {"c", JWKEEP_CLAIM_ONE_OF, NULL, 1},
        {"c", JWKEEP_CLAIM_CONTAINS_ALL, array, 1}, {"c", JWKEEP_CLAIM_ONE_OF, no_text, 1},
        {"c", JWKEEP_CLAIM_ONE_OF, null, 1},        {"c", (jwkeep_claim_test)4, good, 1},
    };
    jwkeep_rules rules = plain_rules();
    rules.claim_count = 1;
    refuses(&rules, "claims");
    for (size_t i = 0; i < JK_COUNT_OF(bad); i++) {
        rules.claims = &bad[i];
        refuses(&rules, "claims");
    }
}

static void refuses_scopes_that_are_no_scope_tokens(void **state) {
    (void)state;
    static const char *const bad[] = {"", "a b", "a\"", "a\\", "\xc3\xa9", "a\n", NULL};
    jwkeep_rules rules = plain_rules();
    rules.scope_count = 1;
    refuses(&rules, "scopes");
    for (size_t i = 0; i < JK_COUNT_OF(bad); i++) {
        rules.scopes = &bad[i];
        refuses(&rules, "scopes");
    }
}

static void refuses_validators_without_a_name_or_a_function(void **state) {
    (void)state;
    static const jwkeep_validator bad[] = {{NULL, look, NULL}, {"v", NULL, NULL}};
    jwkeep_rules rules = plain_rules();
    rules.validator_count = 1;
    refuses(&rules, "validators");
    for (size_t i = 0; i < JK_COUNT_OF(bad); i++) {
        rules.validators = &bad[i];
        refuses(&rules, "validators");
    }
}

/* Keeps copies in `arena` of rules whose texts are then overwritten. */
static bool keep_and_overwrite(jwkeep_rules *rules, jk_arena *arena) {
    char scope[] = "s", name[] = "c", value[] = "v", validator_name[] = "w";
    const char *scopes[] = {scope};
    jwkeep_claim_value values[] = {STRING(value), NUMBER(5)};
    jwkeep_claim_rule claims[] = {{name, JWKEEP_CLAIM_ONE_OF, values, 2}};
    jwkeep_validator validators[] = {{validator_name, look, NULL}};
    rules->scopes = scopes;
    rules->claims = claims;
    rules->validators = validators;
    rules->scope_count = rules->claim_count = rules->validator_count = 1;
    bool is_kept = jk_rules_keep(rules, arena);
    *scope = *name = *value = *validator_name = '!';
    scopes[0] = NULL;
    values[1].number = 6;
    claims[0].value_count = 0;
    validators[0].check = NULL;
    return is_kept;
}

static void keeps_copies_of_claim_rules_scopes_and_validators(void **state) {
    (void)state;
    jwkeep_rules rules = plain_rules();
    jk_arena arena;
    jk_arena_init(&arena, 4096);
    bool is_right =
        keep_and_overwrite(&rules, &arena) && strcmp(rules.scopes[0], "s") == 0 &&
        strcmp(rules.claims[0].name, "c") == 0 && rules.claims[0].value_count == 2 &&
        strcmp(rules.claims[0].values[0].string, "v") == 0 &&
        rules.claims[0].values[1].number == 5 && strcmp(rules.validators[0].name, "w") == 0 &&
        rules.validators[0].check == look;
    jk_arena_done(&arena);
    assert_true(is_right);
}

static void says_when_there_is_no_memory_to_keep_them(void **state) {
    (void)state;
    size_t room = 0;
    for (bool is_kept = false; !is_kept; room += 8) {
        jwkeep_rules rules = plain_rules();
        jk_arena arena;
        jk_arena_init(&arena, room);
        is_kept = keep_and_overwrite(&rules, &arena);
        jk_arena_done(&arena);
        assert_true(room < 4096);
    }
    assert_true(room > sizeof(jwkeep_claim_rule) + 2 * sizeof(jwkeep_claim_value) +
                           sizeof(jwkeep_validator));
}

static void a_verifier_holds_copied_rules_against_tokens(void **state) {
    (void)state;
    jwkeep_jwk *key = forge_key(JWKEEP_ALGORITHM_ES256, "e");
    jwkeep_keyset *keys = forge_keyset(&key, 1);
    struct seen seen = {.answer = JWKEEP_OK};
    jwkeep_verifier *verifier = NULL;
    jwkeep_token *token = NULL;
    jwkeep_error error;
    {
        jwkeep_claim_value values[] = {STRING("acme")};
        jwkeep_claim_rule claim = {"tenant", JWKEEP_CLAIM_ONE_OF, values, 1};
        jwkeep_validator validator = {"own", look, &seen};
        jwkeep_rules rules = plain_rules();
        rules.claims = &claim;
        rules.validators = &validator;
        rules.claim_count = rules.validator_count = 1;
        jwkeep_issuer issuer = {.issuer = "i", .keys = keys, .rules = &rules};
        jwkeep_verifier_options options;
        jwkeep_verifier_options_init(&options);
        options.issuers = &issuer;
        options.issuer_count = 1;
        assert_int_equal(jwkeep_verifier_new(&options, &verifier, NULL), JWKEEP_OK);
    }
    assert_int_equal(jwkeep_token_new(&token, NULL), JWKEEP_OK);
    static const struct {
        const char *payload;
        jwkeep_code code;
    } cases[] = {{"{\"iss\":\"i\",\"tenant\":\"acme\"}", JWKEEP_OK},
                 {"{\"iss\":\"i\",\"tenant\":\"acm\"}", JWKEEP_CLAIM_MISMATCH}};
    jwkeep_code codes[2];
    bool is_named = false;
    for (size_t i = 0; i < 2; i++) {
        char *bytes =
            forge_token(JWKEEP_SPAN("{\"alg\":\"ES256\",\"kid\":\"e\"}"),
                        jwkeep_span_text(cases[i].payload), key, JWKEEP_ALGORITHM_ES256);
        codes[i] =
            jwkeep_verifier_verify(verifier, jwkeep_span_text(bytes), 0, token, NULL, &error);
        free(bytes);
    }
    is_named = strcmp(error.where, "tenant") == 0;
    jwkeep_token_free(token);
    jwkeep_verifier_free(verifier);
    jwkeep_keyset_unref(keys);
    jwkeep_jwk_unref(key);
    assert_int_equal(codes[0], cases[0].code);
    assert_int_equal(codes[1], cases[1].code);
    assert_true(is_named);
    assert_int_equal(seen.calls, 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(compares_a_string_byte_by_byte),
        cmocka_unit_test(never_converts_between_types),
        cmocka_unit_test(compares_numbers_by_what_they_are_worth),
        cmocka_unit_test(compares_booleans),
        cmocka_unit_test(finds_values_in_arrays),
        cmocka_unit_test(finds_words_in_strings),
        cmocka_unit_test(demands_every_scope),
        cmocka_unit_test(collects_failures_of_every_kind),
        cmocka_unit_test(asks_a_validator_and_takes_its_answer),
        cmocka_unit_test(shows_a_validator_no_claims_of_a_forged_token),
        cmocka_unit_test(judging_before_the_signature_calls_no_validator),
        cmocka_unit_test(refuses_claim_rules_that_ask_for_nothing),
        cmocka_unit_test(refuses_scopes_that_are_no_scope_tokens),
        cmocka_unit_test(refuses_validators_without_a_name_or_a_function),
        cmocka_unit_test(keeps_copies_of_claim_rules_scopes_and_validators),
        cmocka_unit_test(says_when_there_is_no_memory_to_keep_them),
        cmocka_unit_test(a_verifier_holds_copied_rules_against_tokens),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
