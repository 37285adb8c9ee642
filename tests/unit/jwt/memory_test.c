/* SPDX-License-Identifier: Apache-2.0
 *
 * Every allocation of building tokens, of tokens inside tokens, of proofs of possession, of
 * requests and of kept rules fails once: the call says so, leaves its outputs alone and loses
 * nothing. */
#include "support/failing_memory.h"
#include "support/forge.h"
#include <jwkeep/jwkeep.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define NOW_MS INT64_C(1700000000000)

static jwkeep_jwk *key;
static jwkeep_keyset *keys;
static char *nested;
static char *proof_bytes;

static char *make_proof(void) {
    jwkeep_buffer header;
    jwkeep_buffer_init(&header, 4096);
    if (jwkeep_buffer_append_text(&header,
                                  "{\"typ\":\"dpop+jwt\",\"alg\":\"ES256\",\"jwk\":") ||
        jwkeep_jwk_write(key, false, &header, NULL) || jwkeep_buffer_append_text(&header, "}"))
        return NULL;
    char *bytes = forge_token(jwkeep_buffer_span(&header),
                              JWKEEP_SPAN("{\"jti\":\"1\",\"htm\":\"GET\",\"htu\":"
                                          "\"https://a.example/\",\"iat\":1700000000}"),
                              key, JWKEEP_ALGORITHM_ES256);
    jwkeep_buffer_done(&header);
    return bytes;
}

static int set_up(void **state) {
    if (failing_memory_install(state))
        return -1;
    key = forge_key(JWKEEP_ALGORITHM_ES256, "k");
    keys = forge_keyset(&key, 1);
    char *inner = forge_token(JWKEEP_SPAN("{\"alg\":\"ES256\",\"kid\":\"k\"}"),
                              JWKEEP_SPAN("{\"iss\":\"i\",\"a\":\"\\u0061\"}"), key,
                              JWKEEP_ALGORITHM_ES256);
    nested = forge_token(JWKEEP_SPAN("{\"alg\":\"ES256\",\"kid\":\"k\",\"cty\":\"JWT\"}"),
                         jwkeep_span_text(inner), key, JWKEEP_ALGORITHM_ES256);
    free(inner);
    proof_bytes = make_proof();
    return proof_bytes ? 0 : -1;
}

static int tear_down(void **state) {
    (void)state;
    free(proof_bytes);
    free(nested);
    jwkeep_keyset_unref(keys);
    jwkeep_jwk_unref(key);
    return 0;
}

static void fill(jwkeep_builder *builder) {
    jwkeep_builder_set_issuer(builder, JWKEEP_SPAN("i"));
    jwkeep_builder_add_audience(builder, JWKEEP_SPAN("a"));
    jwkeep_builder_add_audience(builder, JWKEEP_SPAN("b"));
    jwkeep_builder_set_expires_in(builder, 60);
    jwkeep_builder_set_random_jti(builder);
    jwkeep_builder_set_double(builder, "d", 0.5);
    jwkeep_builder_set_json(builder, "j", JWKEEP_SPAN("[\"\\u0061\"]"));
    jwkeep_builder_add_claims(builder, JWKEEP_SPAN("{\"x\":{\"y\":1}}"));
    jwkeep_builder_set_header_string(builder, "h", JWKEEP_SPAN("v"));
}

static jwkeep_code build(jwkeep_error *error) {
    jwkeep_builder *builder = NULL;
    jwkeep_buffer token;
    const jwkeep_jws_signer signer = {.key = key};
    jwkeep_code code = jwkeep_builder_new(&builder, error);
    assert_true((code == JWKEEP_OK) == (builder != NULL));
    if (code != JWKEEP_OK)
        return code;
    jwkeep_buffer_init(&token, 4096);
    fill(builder);
    code = jwkeep_builder_write(builder, NOW_MS, &token, error);
    assert_true((code == JWKEEP_OK) == (token.size > 0));
    jwkeep_buffer_clear(&token);
    if (code == JWKEEP_OK)
        code = jwkeep_builder_sign(builder, &signer, NOW_MS, &token, error);
    assert_true((code == JWKEEP_OK) == (token.size > 0));
    jwkeep_buffer_done(&token);
    jwkeep_builder_free(builder);
    return code;
}

static jwkeep_code verify_nested(jwkeep_error *error) {
    jwkeep_token *token = NULL;
    jwkeep_rules rules;
    jwkeep_rules_init(&rules);
    rules.is_nesting_allowed = true;
    jwkeep_code code = jwkeep_token_new(&token, error);
    if (code != JWKEEP_OK)
        return code;
    code = jwkeep_jwt_verify(jwkeep_span_text(nested), key, NULL, &rules, NOW_MS, token, NULL,
                             error);
    assert_true((code == JWKEEP_OK) == (jwkeep_token_claims(token) != NULL));
    jwkeep_token_free(token);
    return code;
}

static jwkeep_code verify_proof(jwkeep_dpop_proof *proof, jwkeep_error *error) {
    const jwkeep_span span = jwkeep_span_text(proof_bytes);
    const jwkeep_dpop_request request = {.proofs = &span,
                                         .proof_count = 1,
                                         .method = JWKEEP_SPAN("GET"),
                                         .url = JWKEEP_SPAN("https://a.example/")};
    jwkeep_dpop_options options;
    jwkeep_dpop_options_init(&options);
    jwkeep_code code = jwkeep_replay_new(4, 65, &options.replay, error);
    if (code != JWKEEP_OK)
        return code;
    code = jwkeep_dpop_verify(&request, &options, NOW_MS, proof, error);
    assert_true((code == JWKEEP_OK) == jwkeep_span_is_present(jwkeep_dpop_proof_jkt(proof)));
    jwkeep_replay_free(options.replay);
    return code;
}

static jwkeep_code prove(jwkeep_error *error) {
    jwkeep_dpop_proof *proof = NULL;
    jwkeep_code code = jwkeep_dpop_proof_new(&proof, error);
    assert_true((code == JWKEEP_OK) == (proof != NULL));
    if (code == JWKEEP_OK)
        code = verify_proof(proof, error);
    jwkeep_dpop_proof_free(proof);
    return code;
}

static jwkeep_code find_token(jwkeep_error *error) {
    const jwkeep_http_request request = {.method = JWKEEP_SPAN("POST"),
                                         .content_type =
                                             JWKEEP_SPAN("application/x-www-form-urlencoded"),
                                         .body = JWKEEP_SPAN("access_token=%61.b")};
    jwkeep_http_token_options options;
    jwkeep_http_found found = {JWKEEP_HTTP_PLACE_QUERY, false};
    jwkeep_buffer token;
    jwkeep_http_token_options_init(&options);
    options.is_form_read = true;
    jwkeep_buffer_init(&token, 64);
    jwkeep_code code = jwkeep_http_token_find(&request, &options, &token, &found, error);
    assert_int_equal(found.place,
                     code == JWKEEP_OK ? JWKEEP_HTTP_PLACE_FORM : JWKEEP_HTTP_PLACE_QUERY);
    jwkeep_buffer_done(&token);
    return code;
}

static jwkeep_code refuse_nothing(void *user, const jwkeep_json *claims, int64_t now_ms) {
    (void)user, (void)claims, (void)now_ms;
    return JWKEEP_OK;
}

static jwkeep_code keep_rules(jwkeep_error *error) {
    static const char *const texts[] = {"a", "b"};
    static const jwkeep_claim_value values[] = {{JWKEEP_JSON_STRING, "v", 0, false}};
    static const jwkeep_claim_rule claims[] = {{"c", JWKEEP_CLAIM_ONE_OF, values, 1}};
    static const jwkeep_validator validators[] = {{"own", refuse_nothing, NULL}};
    jwkeep_rules rules;
    jwkeep_rules_init(&rules);
    rules.profile = JWKEEP_PROFILE_AT_JWT;
    rules.client_id = "client";
    rules.audiences = rules.scopes = rules.required = texts;
    rules.audience_count = rules.scope_count = rules.required_count = 2;
    rules.claims = claims;
    rules.validators = validators;
    rules.claim_count = rules.validator_count = 1;
    const jwkeep_issuer issuer = {.issuer = "i", .keys = keys, .rules = &rules};
    jwkeep_verifier_options options;
    jwkeep_verifier *verifier = NULL;
    jwkeep_verifier_options_init(&options);
    options.issuers = &issuer;
    options.issuer_count = 1;
    jwkeep_code code = jwkeep_verifier_new(&options, &verifier, error);
    assert_true((code == JWKEEP_OK) == (verifier != NULL));
    jwkeep_verifier_free(verifier);
    return code;
}

static void survives(failing_attempt attempt) {
    assert_true(failing_memory_try(attempt) > 0);
}

static void building_survives_each_failure(void **state) {
    (void)state;
    survives(build);
}

static void nesting_survives_each_failure(void **state) {
    (void)state;
    survives(verify_nested);
}

static void proving_survives_each_failure(void **state) {
    (void)state;
    survives(prove);
}

static void finding_survives_each_failure(void **state) {
    (void)state;
    survives(find_token);
}

static void keeping_rules_survives_each_failure(void **state) {
    (void)state;
    survives(keep_rules);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(building_survives_each_failure),
        cmocka_unit_test(nesting_survives_each_failure),
        cmocka_unit_test(proving_survives_each_failure),
        cmocka_unit_test(finding_survives_each_failure),
        cmocka_unit_test(keeping_rules_survives_each_failure),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
