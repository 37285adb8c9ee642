/* SPDX-License-Identifier: Apache-2.0
 *
 * Making a verifier: what is refused and which field is named, and that all is copied. */
#include "support/forge.h"
#include <jwkeep/verifier.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static jwkeep_jwk *key;
static jwkeep_keyset *keys;

static int set_up(void **state) {
    (void)state;
    key = forge_key(JWKEEP_ALGORITHM_HS256, "k");
    keys = forge_keyset(&key, 1);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    jwkeep_keyset_unref(keys);
    jwkeep_jwk_unref(key);
    return 0;
}

static jwkeep_verifier_options options_of(const jwkeep_issuer *issuers, size_t count) {
    jwkeep_verifier_options options;
    jwkeep_verifier_options_init(&options);
    options.issuers = issuers;
    options.issuer_count = count;
    return options;
}

static void refuses(const jwkeep_verifier_options *options, jwkeep_code expected,
                    const char *where) {
    jwkeep_verifier *verifier = NULL;
    jwkeep_error error = {0};
    jwkeep_code code = jwkeep_verifier_new(options, &verifier, &error);
    bool is_made = verifier != NULL;
    jwkeep_verifier_free(verifier);
    assert_int_equal(code, expected);
    assert_int_equal(error.code, expected);
    assert_int_equal(is_made, expected == JWKEEP_OK);
    if (where) {
        assert_non_null(error.where);
        assert_string_equal(error.where, where);
    }
}

static void refuses_issuers(const jwkeep_issuer *issuers, size_t count, const char *where) {
    const jwkeep_verifier_options options = options_of(issuers, count);
    refuses(&options, JWKEEP_MISUSE_ARGUMENT, where);
}

static void refuses_a_cache_out_of_its_range(void **state) {
    (void)state;
    const jwkeep_issuer issuer = {.issuer = "i", .keys = keys};
    jwkeep_verifier_options options = options_of(&issuer, 1);
    options.cache_entries = JWKEEP_CACHE_MAX_ENTRIES + 1;
    refuses(&options, JWKEEP_MISUSE_ARGUMENT, "cache_entries");
    options.cache_entries = 1;
    options.cache_bytes = JWKEEP_CACHE_MIN_BYTES - 1;
    refuses(&options, JWKEEP_MISUSE_ARGUMENT, "cache_bytes");
    options.cache_bytes = JWKEEP_CACHE_MAX_BYTES + 1;
    refuses(&options, JWKEEP_MISUSE_ARGUMENT, "cache_bytes");
    options.cache_bytes = JWKEEP_CACHE_MIN_BYTES;
    refuses(&options, JWKEEP_OK, NULL);
}

/* Options of before there was a cache end where it begins. */
static void takes_options_that_know_no_cache(void **state) {
    (void)state;
    const jwkeep_issuer issuer = {.issuer = "i", .keys = keys};
    jwkeep_verifier_options options = options_of(&issuer, 1);
    jwkeep_verifier *verifier = NULL;
    jwkeep_cache_status status;
    options.struct_size = offsetof(jwkeep_verifier_options, cache_entries);
    options.cache_entries = 7;
    assert_int_equal(jwkeep_verifier_new(&options, &verifier, NULL), JWKEEP_OK);
    jwkeep_code code = jwkeep_verifier_cache_status(verifier, &status);
    jwkeep_verifier_free(verifier);
    assert_int_equal(code, JWKEEP_NOT_FOUND);
}

static void refuses_options_that_are_none(void **state) {
    (void)state;
    const jwkeep_issuer issuer = {.issuer = "i", .keys = keys};
    jwkeep_verifier_options options = options_of(&issuer, 1);
    refuses(NULL, JWKEEP_MISUSE_ARGUMENT, "options");
    options.struct_size = 0;
    refuses(&options, JWKEEP_MISUSE_ARGUMENT, "struct_size");
    options.struct_size = sizeof options + 8;
    refuses(&options, JWKEEP_MISUSE_ARGUMENT, "struct_size");
    options = options_of(&issuer, 1);
    assert_int_equal(jwkeep_verifier_new(&options, NULL, NULL), JWKEEP_MISUSE_ARGUMENT);
    jwkeep_verifier_free(NULL);
}

static void refuses_no_issuers_or_too_many(void **state) {
    (void)state;
    const jwkeep_issuer issuer = {.issuer = "i", .keys = keys};
    refuses_issuers(NULL, 1, "issuers");
    refuses_issuers(&issuer, 0, "issuers");
    refuses_issuers(&issuer, JWKEEP_MAX_ISSUERS + 1, "issuers");
}

static void refuses_issuers_that_contradict_themselves(void **state) {
    (void)state;
    static const char *const texts[] = {"i"};
    jwkeep_rules rules;
    jwkeep_rules_init(&rules);
    rules.issuers = texts;
    rules.issuer_count = 1;
    jwkeep_source_options source = {.struct_size = 1};
    const jwkeep_issuer both = {.issuer = "i", .keys = keys, .jwks_url = "https://a.example"};
    /* Refused before anything is read through it. */
    jwkeep_source *shared_source = (jwkeep_source *)(void *)&rules;
    const jwkeep_issuer shared = {
        .issuer = "i", .jwks_url = "https://a.example", .shared_source = shared_source};
    const jwkeep_issuer nothing = {.name = "n"};
    const jwkeep_issuer nameless = {.name = "", .issuer = "i", .keys = keys};
    const jwkeep_issuer ruled = {.issuer = "i", .keys = keys, .rules = &rules};
    const jwkeep_issuer unset = {
        .issuer = "i", .jwks_url = "https://a.example", .source = &source};
    refuses_issuers(&both, 1, "jwks_url");
    refuses_issuers(&shared, 1, "shared_source");
    refuses_issuers(&nothing, 1, "issuer");
    refuses_issuers(&nameless, 1, "name");
    refuses_issuers(&ruled, 1, "rules.issuers");
    refuses_issuers(&unset, 1, "source");
    rules.issuer_count = 0;
    rules.leeway_s = -1;
    refuses_issuers(&ruled, 1, "leeway_s");
}

static void refuses_issuers_that_contradict_each_other(void **state) {
    (void)state;
    const jwkeep_issuer same_iss[] = {{.name = "a", .issuer = "i", .keys = keys},
                                      {.name = "b", .issuer = "i", .keys = keys}};
    const jwkeep_issuer same_name[] = {{.name = "a", .issuer = "i", .keys = keys},
                                       {.name = "a", .issuer = "j", .keys = keys}};
    const jwkeep_issuer unnamed[] = {{.issuer = "i", .keys = keys},
                                     {.name = "default", .issuer = "j", .keys = keys}};
    const jwkeep_issuer any[] = {{.name = "a", .issuer = "i", .keys = keys},
                                 {.name = "b", .keys = keys}};
    refuses_issuers(same_iss, 2, "issuer");
    refuses_issuers(same_name, 2, "name");
    refuses_issuers(unnamed, 2, "name");
    refuses_issuers(any, 2, "issuer");
}

static void refuses_limits_and_urls_that_cannot_be(void **state) {
    (void)state;
    jwkeep_limits limits;
    jwkeep_limits_init(&limits);
    limits.max_kid_bytes = 0;
    const jwkeep_issuer local = {.issuer = "i", .keys = keys};
    const jwkeep_issuer plain_http = {.issuer = "i", .jwks_url = "http://a.example/jwks"};
    jwkeep_verifier_options options = options_of(&local, 1);
    options.limits = &limits;
    refuses(&options, JWKEEP_MISUSE_ARGUMENT, "max_kid_bytes");
    options = options_of(&plain_http, 1);
    refuses(&options, JWKEEP_TRANSPORT_URL, NULL);
}

static jwkeep_code verify_with(jwkeep_verifier *verifier, const char *payload) {
    jwkeep_token *token = NULL;
    char *bytes = forge_token(JWKEEP_SPAN("{\"alg\":\"HS256\",\"kid\":\"k\"}"),
                              jwkeep_span_text(payload), key, JWKEEP_ALGORITHM_HS256);
    jwkeep_code code = jwkeep_token_new(&token, NULL);
    if (code == JWKEEP_OK)
        code = jwkeep_verifier_verify(verifier, jwkeep_span_text(bytes), 0, token, NULL, NULL);
    jwkeep_token_free(token);
    free(bytes);
    return code;
}

static void copies_all_it_is_given(void **state) {
    (void)state;
    char name[] = "name", iss[] = "iss", subject[] = "subject";
    jwkeep_limits limits;
    jwkeep_rules rules;
    jwkeep_limits_init(&limits);
    jwkeep_rules_init(&rules);
    rules.subject = subject;
    rules.limits = &limits;
    jwkeep_issuer issuer = {.name = name, .issuer = iss, .keys = keys, .rules = &rules};
    jwkeep_verifier_options options = options_of(&issuer, 1);
    options.limits = &limits;
    jwkeep_verifier *verifier = NULL;
    jwkeep_code made = jwkeep_verifier_new(&options, &verifier, NULL);
    *name = *iss = *subject = '!';
    memset(&rules, 0, sizeof rules);
    memset(&limits, 0, sizeof limits);
    memset(&issuer, 0, sizeof issuer);
    memset(&options, 0, sizeof options);
    jwkeep_code good = verify_with(verifier, "{\"iss\":\"iss\",\"sub\":\"subject\"}");
    jwkeep_code bad = verify_with(verifier, "{\"iss\":\"iss\",\"sub\":\"!ubject\"}");
    bool is_named = strcmp(jwkeep_verifier_issuer_name(verifier, 0), "name") == 0;
    jwkeep_verifier_free(verifier);
    assert_int_equal(made, JWKEEP_OK);
    assert_int_equal(good, JWKEEP_OK);
    assert_int_equal(bad, JWKEEP_SUBJECT_MISMATCH);
    assert_true(is_named);
}

static void an_issuer_without_iss_takes_tokens_of_anybody(void **state) {
    (void)state;
    const jwkeep_issuer issuer = {.keys = keys};
    const jwkeep_verifier_options options = options_of(&issuer, 1);
    jwkeep_verifier *verifier = NULL;
    jwkeep_code made = jwkeep_verifier_new(&options, &verifier, NULL);
    jwkeep_code any = verify_with(verifier, "{\"iss\":\"anybody\"}");
    jwkeep_code none = verify_with(verifier, "{}");
    jwkeep_code ill_typed = verify_with(verifier, "{\"iss\":1}");
    bool is_named = strcmp(jwkeep_verifier_issuer_name(verifier, 0), "default") == 0;
    bool has_id = jwkeep_verifier_issuer_id(verifier, 0) != NULL;
    jwkeep_verifier_free(verifier);
    assert_int_equal(made, JWKEEP_OK);
    assert_int_equal(any, JWKEEP_OK);
    assert_int_equal(none, JWKEEP_OK);
    assert_int_equal(ill_typed, JWKEEP_CLAIM_TYPE);
    assert_true(is_named);
    assert_false(has_id);
}

static void obeys_its_limits(void **state) {
    (void)state;
    jwkeep_limits limits;
    jwkeep_limits_init(&limits);
    limits.max_token_bytes = 64;
    const jwkeep_issuer issuer = {.keys = keys};
    jwkeep_verifier_options options = options_of(&issuer, 1);
    options.limits = &limits;
    jwkeep_verifier *verifier = NULL;
    jwkeep_code made = jwkeep_verifier_new(&options, &verifier, NULL);
    jwkeep_code code = verify_with(verifier, "{\"iss\":\"anybody\"}");
    jwkeep_verifier_free(verifier);
    assert_int_equal(made, JWKEEP_OK);
    assert_int_equal(code, JWKEEP_TOKEN_TOO_LARGE);
}

static void finds_each_of_a_thousand_issuers(void **state) {
    (void)state;
    enum { COUNT = 1000 };
    jwkeep_issuer *issuers = calloc(COUNT, sizeof *issuers);
    char(*names)[16] = calloc(COUNT, sizeof *names);
    for (size_t i = 0; i < COUNT; i++) {
        snprintf(names[i], sizeof names[i], "issuer-%zu", i);
        issuers[i] = (jwkeep_issuer){.name = names[i], .issuer = names[i], .keys = keys};
    }
    const jwkeep_verifier_options options = options_of(issuers, COUNT);
    jwkeep_verifier *verifier = NULL;
    jwkeep_code made = jwkeep_verifier_new(&options, &verifier, NULL);
    free(issuers);
    free(names);
    size_t refused = 0;
    for (size_t i = 0; made == JWKEEP_OK && i < COUNT; i += 37) {
        char payload[64];
        snprintf(payload, sizeof payload, "{\"iss\":\"issuer-%zu\"}", i);
        refused += verify_with(verifier, payload) != JWKEEP_OK;
    }
    jwkeep_code stranger = verify_with(verifier, "{\"iss\":\"issuer-1000\"}");
    jwkeep_verifier_free(verifier);
    assert_int_equal(made, JWKEEP_OK);
    assert_int_equal(refused, 0);
    assert_int_equal(stranger, JWKEEP_ISSUER_UNKNOWN);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_a_cache_out_of_its_range),
        cmocka_unit_test(takes_options_that_know_no_cache),
        cmocka_unit_test(refuses_options_that_are_none),
        cmocka_unit_test(refuses_no_issuers_or_too_many),
        cmocka_unit_test(refuses_issuers_that_contradict_themselves),
        cmocka_unit_test(refuses_issuers_that_contradict_each_other),
        cmocka_unit_test(refuses_limits_and_urls_that_cannot_be),
        cmocka_unit_test(copies_all_it_is_given),
        cmocka_unit_test(an_issuer_without_iss_takes_tokens_of_anybody),
        cmocka_unit_test(obeys_its_limits),
        cmocka_unit_test(finds_each_of_a_thousand_issuers),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
