/* SPDX-License-Identifier: Apache-2.0
 *
 * The attack: a token that is bound to its owner's key, sent by a thief who has the token but
 * not the key, or who leaves the proof out. */
#include "base/attributes.h"
#include "support/forge.h"
#include <jwkeep/confirmation.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define NOW_MS INT64_C(1700000000000)
#define URL "https://api.example/"

/* 32 bytes of 0x01, and their base64url */
#define HASH_TEXT "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE"
static uint8_t hash_bytes[JWKEEP_CERTIFICATE_HASH_SIZE];

static jwkeep_jwk *key, *client;
static jwkeep_token *token;
static jwkeep_dpop_proof *proof;
static jwkeep_error error;

static void make_proof(void) {
    jwkeep_buffer header;
    jwkeep_buffer_init(&header, 4096);
    if (jwkeep_buffer_append_text(&header,
                                  "{\"typ\":\"dpop+jwt\",\"alg\":\"ES256\",\"jwk\":") ||
        jwkeep_jwk_write(client, false, &header, NULL) ||
        jwkeep_buffer_append_text(&header, "}"))
        fail_msg("cannot write the header");
    char *bytes = forge_token(
        jwkeep_buffer_span(&header),
        JWKEEP_SPAN("{\"jti\":\"1\",\"htm\":\"GET\",\"htu\":\"" URL "\",\"iat\":1700000000}"),
        client, JWKEEP_ALGORITHM_ES256);
    jwkeep_span span = jwkeep_span_text(bytes);
    const jwkeep_dpop_request request = {.proofs = &span,
                                         .proof_count = 1,
                                         .method = JWKEEP_SPAN("GET"),
                                         .url = JWKEEP_SPAN(URL)};
    jwkeep_code code = jwkeep_dpop_verify(&request, NULL, NOW_MS, proof, &error);
    free(bytes);
    jwkeep_buffer_done(&header);
    if (code != JWKEEP_OK)
        fail_msg("no proof: %s", error.text);
}

static int set_up(void **state) {
    (void)state;
    key = forge_key(JWKEEP_ALGORITHM_ES256, NULL);
    client = forge_key(JWKEEP_ALGORITHM_ES256, NULL);
    memset(hash_bytes, 1, sizeof hash_bytes);
    if (jwkeep_token_new(&token, NULL) || jwkeep_dpop_proof_new(&proof, NULL))
        return -1;
    make_proof();
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    jwkeep_dpop_proof_free(proof);
    jwkeep_token_free(token);
    jwkeep_jwk_unref(client);
    jwkeep_jwk_unref(key);
    return 0;
}

/* Checks a verified token with this `cnf`; NULL: without one. `%s` in it is the client's
 * thumbprint. */
static jwkeep_code check(const char *cnf, const jwkeep_presented *presented) {
    char payload[512] = "{}";
    const char *at = cnf ? strstr(cnf, "%s") : NULL;
    jwkeep_span jkt = jwkeep_jwk_thumbprint_text(client);
    if (cnf)
        snprintf(payload, sizeof payload, "{\"cnf\":%.*s%.*s%s}",
                 at ? (int)(at - cnf) : (int)strlen(cnf), cnf, at ? (int)jkt.size : 0,
                 (const char *)jkt.data, at ? at + 2 : "");
    char *bytes = forge_token(JWKEEP_SPAN("{\"alg\":\"ES256\"}"), jwkeep_span_text(payload),
                              key, JWKEEP_ALGORITHM_ES256);
    jwkeep_code verified =
        jwkeep_jwt_verify(jwkeep_span_text(bytes), key, NULL, NULL, NOW_MS, token, NULL, NULL);
    jwkeep_code code = jwkeep_confirmation_check(token, presented, &error);
    free(bytes);
    assert_int_equal(verified, JWKEEP_OK);
    return code;
}

#define BOUND "{\"jkt\":\"%s\"}"
#define OTHER "{\"jkt\":\"0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I\"}"
#define BY_TLS "{\"x5t#S256\":\"" HASH_TEXT "\"}"

static void accepts_the_key_that_the_token_names(void **state) {
    (void)state;
    const jwkeep_presented shown = {.proof = proof};
    assert_int_equal(check(BOUND, &shown), JWKEEP_OK);
    assert_int_equal(check(OTHER, &shown), JWKEEP_CONFIRMATION_MISMATCH);
    assert_string_equal(error.where, "cnf.jkt");
    assert_int_equal(check("{\"jkt\":\"\"}", &shown), JWKEEP_CONFIRMATION_MISMATCH);
}

static void accepts_the_certificate_that_the_token_names(void **state) {
    (void)state;
    jwkeep_presented shown = {.certificate_hash =
                                  jwkeep_span_of(hash_bytes, sizeof hash_bytes)};
    assert_int_equal(check(BY_TLS, &shown), JWKEEP_OK);
    hash_bytes[31] ^= 1;
    assert_int_equal(check(BY_TLS, &shown), JWKEEP_CONFIRMATION_MISMATCH);
    assert_string_equal(error.where, "cnf.x5t#S256");
}

static void a_bound_token_is_no_bearer_token(void **state) {
    (void)state;
    const jwkeep_presented proved = {.proof = proof};
    const jwkeep_presented by_tls = {.certificate_hash =
                                         jwkeep_span_of(hash_bytes, sizeof hash_bytes)};
    assert_int_equal(check(BOUND, NULL), JWKEEP_CONFIRMATION_MISSING);
    assert_int_equal(check(BY_TLS, NULL), JWKEEP_CONFIRMATION_MISSING);
    assert_int_equal(check(BOUND, &by_tls), JWKEEP_CONFIRMATION_MISSING);
    assert_int_equal(check(BY_TLS, &proved), JWKEEP_CONFIRMATION_MISSING);
    /* A proof shown for a token that names no key of a proof is worth nothing. */
    const jwkeep_presented both = {
        .proof = proof, .certificate_hash = jwkeep_span_of(hash_bytes, sizeof hash_bytes)};
    assert_int_equal(check(BY_TLS, &both), JWKEEP_CONFIRMATION_MISSING);
    assert_string_equal(error.where, "cnf.jkt");
}

static void a_token_bound_twice_needs_both(void **state) {
    (void)state;
    static const char both[] = "{\"jkt\":\"%s\",\"x5t#S256\":\"" HASH_TEXT "\"}";
    jwkeep_presented shown = {.proof = proof};
    assert_int_equal(check(both, &shown), JWKEEP_CONFIRMATION_MISSING);
    shown.certificate_hash = jwkeep_span_of(hash_bytes, sizeof hash_bytes);
    assert_int_equal(check(both, &shown), JWKEEP_OK);
}

static void a_token_that_is_not_bound(void **state) {
    (void)state;
    jwkeep_presented shown = {.certificate_hash =
                                  jwkeep_span_of(hash_bytes, sizeof hash_bytes)};
    assert_int_equal(check(NULL, NULL), JWKEEP_OK);
    assert_int_equal(check(NULL, &shown), JWKEEP_OK);
    shown.is_binding_required = true;
    assert_int_equal(check(NULL, &shown), JWKEEP_CONFIRMATION_MISSING);
    shown = (jwkeep_presented){.proof = proof};
    assert_int_equal(check(NULL, &shown), JWKEEP_CONFIRMATION_MISSING);
}

static void refuses_a_binding_that_nobody_checked(void **state) {
    (void)state;
    static const char *const cnfs[] = {"{\"jwk\":{}}", "{\"kid\":\"a\"}", "{\"jkt2\":\"a\"}",
                                       "{\"jkt\":\"%s\",\"kid\":\"a\"}",
                                       "{\"jkt\":\"%s\",\"\":\"a\"}"};
    const jwkeep_presented shown = {.proof = proof};
    for (size_t i = 0; i < JK_COUNT_OF(cnfs); i++)
        assert_int_equal(check(cnfs[i], i < 3 ? NULL : &shown),
                         JWKEEP_CONFIRMATION_UNSUPPORTED);
}

static void refuses_a_cnf_of_another_type(void **state) {
    (void)state;
    static const char *const cnfs[] = {
        "null",          "{}", "[]", "\"%s\"", "true", "{\"jkt\":1}", "{\"jkt\":[\"%s\"]}",
        "{\"jkt\":null}"};
    const jwkeep_presented shown = {.proof = proof};
    for (size_t i = 0; i < JK_COUNT_OF(cnfs); i++)
        assert_int_equal(check(cnfs[i], &shown), JWKEEP_CLAIM_TYPE);
}

static void needs_what_was_verified(void **state) {
    (void)state;
    jwkeep_dpop_proof *none = NULL;
    jwkeep_token *unverified = NULL;
    assert_int_equal(jwkeep_dpop_proof_new(&none, NULL), JWKEEP_OK);
    const jwkeep_presented unproved = {.proof = none};
    jwkeep_code without_proof = check(BOUND, &unproved);
    jwkeep_dpop_proof_free(none);
    assert_int_equal(jwkeep_token_new(&unverified, NULL), JWKEEP_OK);
    jwkeep_code without_token = jwkeep_confirmation_check(unverified, NULL, NULL);
    jwkeep_token_free(unverified);
    const jwkeep_presented short_hash = {.certificate_hash = jwkeep_span_of(hash_bytes, 31)};
    assert_int_equal(without_proof, JWKEEP_MISUSE_STATE);
    assert_int_equal(without_token, JWKEEP_MISUSE_STATE);
    assert_int_equal(jwkeep_confirmation_check(NULL, NULL, NULL), JWKEEP_MISUSE_STATE);
    assert_int_equal(check(BY_TLS, &short_hash), JWKEEP_MISUSE_ARGUMENT);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(accepts_the_key_that_the_token_names),
        TEST(accepts_the_certificate_that_the_token_names),
        TEST(a_bound_token_is_no_bearer_token),
        TEST(a_token_bound_twice_needs_both),
        TEST(a_token_that_is_not_bound),
        TEST(refuses_a_binding_that_nobody_checked),
        TEST(refuses_a_cnf_of_another_type),
        TEST(needs_what_was_verified),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
