/* SPDX-License-Identifier: Apache-2.0
 *
 * Whole tokens by an engine of the test's own, which accepts any signature of a key on P-256:
 * that a damaged token passes shows who verified. */
#include "crypto/engine.h"
#include "jose/jwk_form.h"
#include "support/forge.h"
#include <jwkeep/jwkeep.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static jwkeep_code prepare(const jk_key_material *numbers, void **ret_state,
                           jwkeep_algorithm_set *ret_algorithms, jwkeep_error *error) {
    (void)error, (void)ret_state;
    if (numbers->crv == JWKEEP_CRV_P256)
        *ret_algorithms = JWKEEP_ALGORITHM_BIT(JWKEEP_ALGORITHM_ES256);
    return JWKEEP_OK;
}

static jwkeep_code accept(void *state, const jk_algorithm_info *info, jwkeep_span message,
                          jwkeep_span signature, jwkeep_error *error) {
    (void)state, (void)info, (void)message, (void)signature, (void)error;
    return JWKEEP_OK;
}

static void free_state(void *state) {
    (void)state;
}

static const jk_engine LENIENT = {"lenient", prepare, accept, free_state};
static const jk_engine *const ENGINES[] = {&LENIENT, NULL};

static struct {
    jwkeep_jwk *key;
    jwkeep_keyset *set;
    char *damaged; /* a token whose signature is wrong */
    jwkeep_token *token;
} fixture;

/* The same key with the engine before OpenSSL. */
static jwkeep_jwk *with_engine(const jwkeep_jwk *key) {
    const jk_engine_choice choice = {ENGINES, NULL};
    jk_arena arena;
    jk_arena_init(&arena, JK_KEY_NUMBERS_MAX_BYTES);
    jk_key_material numbers;
    jk_key *prepared = NULL;
    jwkeep_jwk *made = NULL;
    const jk_jwk_traits traits = {.kid = jwkeep_jwk_kid(key)};
    jwkeep_code code = jk_key_export(jk_jwk_prepared(key), &arena, &numbers, NULL);
    if (code == JWKEEP_OK)
        code = jk_key_import_with(&choice, &numbers, &prepared, NULL);
    if (code == JWKEEP_OK)
        code = jk_jwk_create(prepared, &numbers, &traits, &made, NULL);
    jk_arena_done(&arena);
    assert_int_equal(code, JWKEEP_OK);
    return made;
}

static int set_up(void **state) {
    (void)state;
    jwkeep_jwk *plain = forge_key(JWKEEP_ALGORITHM_ES256, "k");
    fixture.key = with_engine(plain);
    fixture.set = forge_keyset(&fixture.key, 1);
    fixture.damaged = forge_token(JWKEEP_SPAN("{\"alg\":\"ES256\",\"kid\":\"k\"}"),
                                  JWKEEP_SPAN("{\"iss\":\"i\",\"exp\":2000000000}"), plain,
                                  JWKEEP_ALGORITHM_ES256);
    char *signature = strrchr(fixture.damaged, '.') + 1;
    signature[10] = signature[10] == 'A' ? 'B' : 'A';
    jwkeep_jwk_unref(plain);
    return jwkeep_token_new(&fixture.token, NULL) == JWKEEP_OK ? 0 : -1;
}

static int tear_down(void **state) {
    (void)state;
    free(fixture.damaged);
    jwkeep_token_free(fixture.token);
    jwkeep_keyset_unref(fixture.set);
    jwkeep_jwk_unref(fixture.key);
    return 0;
}

static jwkeep_code verify(const char *engine, jwkeep_error *error) {
    jwkeep_rules rules;
    jwkeep_rules_init(&rules);
    rules.engine = engine;
    return jwkeep_jwt_verify(jwkeep_span_text(fixture.damaged), NULL, fixture.set, &rules, 0,
                             fixture.token, NULL, error);
}

static jwkeep_code make_verifier(const char *engine, const char *engine_of_rules,
                                 jwkeep_verifier **ret_verifier, jwkeep_error *error) {
    jwkeep_rules rules;
    jwkeep_rules_init(&rules);
    rules.engine = engine_of_rules;
    const jwkeep_issuer issuer = {.issuer = "i", .keys = fixture.set, .rules = &rules};
    jwkeep_verifier_options options;
    jwkeep_verifier_options_init(&options);
    options.issuers = &issuer;
    options.issuer_count = 1;
    options.engine = engine;
    return jwkeep_verifier_new(&options, ret_verifier, error);
}

static jwkeep_code verify_with(const char *engine) {
    jwkeep_verifier *verifier = NULL;
    assert_int_equal(make_verifier(engine, NULL, &verifier, NULL), JWKEEP_OK);
    jwkeep_code code = jwkeep_verifier_verify(verifier, jwkeep_span_text(fixture.damaged), 0,
                                              fixture.token, NULL, NULL);
    jwkeep_verifier_free(verifier);
    return code;
}

static void a_token_reaches_the_engine_of_its_key(void **state) {
    (void)state;
    assert_string_equal(jwkeep_jwk_engine(fixture.key, JWKEEP_ALGORITHM_ES256), "lenient");
    assert_null(jwkeep_jwk_engine(fixture.key, JWKEEP_ALGORITHM_ES384));
    assert_int_equal(verify(NULL, NULL), JWKEEP_OK);
    assert_int_equal(verify_with(NULL), JWKEEP_OK);
}

static void rules_that_name_openssl_keep_it_out(void **state) {
    (void)state;
    assert_int_equal(verify("openssl", NULL), JWKEEP_SIGNATURE_INVALID);
}

static void a_verifier_that_names_openssl_keeps_it_out(void **state) {
    (void)state;
    assert_int_equal(verify_with("openssl"), JWKEEP_SIGNATURE_INVALID);
}

static void a_name_that_no_engine_has_is_misuse(void **state) {
    (void)state;
    jwkeep_error error;
    assert_int_equal(verify("no-such", &error), JWKEEP_MISUSE_ARGUMENT);
    assert_string_equal(error.where, "engine");
    jwkeep_verifier *verifier = NULL;
    assert_int_equal(make_verifier("no-such", NULL, &verifier, &error), JWKEEP_MISUSE_ARGUMENT);
    assert_string_equal(error.where, "engine");
    assert_int_equal(make_verifier(NULL, "no-such", &verifier, &error), JWKEEP_MISUSE_ARGUMENT);
    assert_null(verifier);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_token_reaches_the_engine_of_its_key),
        cmocka_unit_test(rules_that_name_openssl_keep_it_out),
        cmocka_unit_test(a_verifier_that_names_openssl_keeps_it_out),
        cmocka_unit_test(a_name_that_no_engine_has_is_misuse),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
