/* SPDX-License-Identifier: Apache-2.0
 *
 * The attack: a token whose payload is another token, of which a reader that takes the payload
 * for claims, or the inner signature for checked, believes what nobody signed (RFC 7519 §5.2).
 */
#include "base/attributes.h"
#include "support/forge.h"
#include <jwkeep/verifier.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define NOW_MS INT64_C(1700000000000)
#define CLAIMS "{\"iss\":\"i\",\"sub\":\"inner\"}"

static jwkeep_jwk *key, *evil;
static jwkeep_token *token;
static jwkeep_error error;

static int set_up(void **state) {
    (void)state;
    key = forge_key(JWKEEP_ALGORITHM_ES256, "k");
    evil = forge_key(JWKEEP_ALGORITHM_ES256, "k");
    return jwkeep_token_new(&token, NULL) == JWKEEP_OK ? 0 : -1;
}

static int tear_down(void **state) {
    (void)state;
    jwkeep_token_free(token);
    jwkeep_jwk_unref(evil);
    jwkeep_jwk_unref(key);
    return 0;
}

/* Signs `payload`, which it frees. */
static char *sign(const char *header, char *payload, const jwkeep_jwk *signer) {
    char *bytes = forge_token(jwkeep_span_text(header), jwkeep_span_text(payload), signer,
                              JWKEEP_ALGORITHM_ES256);
    free(payload);
    return bytes;
}

#define OUTER "{\"alg\":\"ES256\",\"cty\":\"JWT\"}"
#define INNER "{\"alg\":\"ES256\",\"typ\":\"at+jwt\"}"

static char *inner(void) {
    return sign(INNER, strdup(CLAIMS), key);
}

/* `depth` tokens around one with claims. */
static char *nested(size_t depth) {
    char *bytes = inner();
    for (size_t i = 0; i < depth; i++)
        bytes = sign(OUTER, bytes, key);
    return bytes;
}

static jwkeep_rules allowing(void) {
    jwkeep_rules rules;
    jwkeep_rules_init(&rules);
    rules.is_nesting_allowed = true;
    return rules;
}

/* Takes `bytes`. */
static jwkeep_code verify(char *bytes, const jwkeep_rules *rules) {
    jwkeep_code code = jwkeep_jwt_verify(jwkeep_span_text(bytes), key, NULL, rules, NOW_MS,
                                         token, NULL, &error);
    free(bytes);
    assert_true((code == JWKEEP_OK) == (jwkeep_token_claims(token) != NULL));
    return code;
}

static void refuses_a_token_in_a_token_unless_asked(void **state) {
    (void)state;
    assert_int_equal(verify(nested(1), NULL), JWKEEP_TOKEN_NESTED);
    assert_string_equal(error.where, "cty");
    assert_string_equal(error.clause, "RFC 7519 §5.2");
}

/* The header says "a token", the payload is claims: it is one of the two, and not claims. */
static void never_takes_the_payload_of_an_outer_token_for_claims(void **state) {
    (void)state;
    static const char *const ctys[] = {"JWT", "jwt", "application/jwt", "Application/JWT"};
    jwkeep_rules rules = allowing();
    for (size_t i = 0; i < JK_COUNT_OF(ctys); i++) {
        char header[80];
        snprintf(header, sizeof header, "{\"alg\":\"ES256\",\"cty\":\"%s\"}", ctys[i]);
        assert_int_equal(verify(sign(header, strdup(CLAIMS), key), NULL), JWKEEP_TOKEN_NESTED);
        assert_int_equal(verify(sign(header, strdup(CLAIMS), key), &rules),
                         JWKEEP_TOKEN_MALFORMED);
    }
    assert_int_equal(
        verify(sign("{\"alg\":\"ES256\",\"cty\":\"json\"}", strdup(CLAIMS), key), NULL),
        JWKEEP_OK);
}

static void verifies_inwards_where_allowed(void **state) {
    (void)state;
    jwkeep_rules rules = allowing();
    rules.typ = "at+jwt";
    for (size_t depth = 0; depth <= JWKEEP_MAX_NESTING; depth++) {
        assert_int_equal(verify(nested(depth), &rules), JWKEEP_OK);
        assert_true(jwkeep_span_equals(jwkeep_token_claims_json(token), JWKEEP_SPAN(CLAIMS)));
        assert_true(jwkeep_span_equals(jwkeep_token_header_json(token), JWKEEP_SPAN(INNER)));
        assert_true(jwkeep_span_equals(jwkeep_token_subject(token), JWKEEP_SPAN("inner")));
        assert_true(jwkeep_span_equals(jwkeep_token_key_kid(token), JWKEEP_SPAN("k")));
    }
}

static void goes_no_deeper_than_the_limit(void **state) {
    (void)state;
    jwkeep_rules rules = allowing();
    assert_int_equal(verify(nested(JWKEEP_MAX_NESTING + 1), &rules), JWKEEP_NESTING_TOO_DEEP);
    jwkeep_limits limits;
    jwkeep_limits_init(&limits);
    limits.max_nesting = 1;
    rules.limits = &limits;
    assert_int_equal(verify(nested(1), &rules), JWKEEP_OK);
    assert_int_equal(verify(nested(2), &rules), JWKEEP_NESTING_TOO_DEEP);
}

static void believes_no_layer_that_is_not_signed_by_the_key(void **state) {
    (void)state;
    jwkeep_rules rules = allowing();
    char *by_evil = sign(INNER, strdup(CLAIMS), evil);
    assert_int_equal(verify(sign(OUTER, by_evil, key), &rules), JWKEEP_SIGNATURE_INVALID);
    assert_int_equal(verify(sign(OUTER, inner(), evil), &rules), JWKEEP_SIGNATURE_INVALID);
    char *none = sign("{\"alg\":\"none\"}", strdup(CLAIMS), key);
    assert_int_equal(verify(sign(OUTER, none, key), &rules), JWKEEP_ALG_NONE);
}

static void asks_every_layer_for_an_allowed_algorithm(void **state) {
    (void)state;
    jwkeep_rules rules = allowing();
    rules.algorithms = JWKEEP_ALGORITHM_BIT(JWKEEP_ALGORITHM_RS256);
    assert_int_equal(verify(nested(1), &rules), JWKEEP_ALG_NOT_ALLOWED);
}

static void holds_the_innermost_against_the_rules(void **state) {
    (void)state;
    static const char *const issuers[] = {"j"};
    jwkeep_rules rules = allowing();
    rules.issuers = issuers;
    rules.issuer_count = 1;
    assert_int_equal(verify(nested(1), &rules), JWKEEP_ISSUER_MISMATCH);
    rules = allowing();
    rules.typ = "other";
    assert_int_equal(verify(nested(1), &rules), JWKEEP_TYP_MISMATCH);
}

static void holds_the_limits_inside_too(void **state) {
    (void)state;
    jwkeep_rules rules = allowing();
    char *dots = sign(OUTER, strdup("a.b"), key);
    assert_int_equal(verify(dots, &rules), JWKEEP_TOKEN_MALFORMED);
    assert_int_equal(verify(sign(OUTER, strdup(""), key), &rules), JWKEEP_TOKEN_MALFORMED);
    assert_int_equal(
        verify(sign(OUTER,
                    sign("{\"alg\":\"ES256\",\"crit\":[\"x\"],\"x\":1}", strdup(CLAIMS), key),
                    key),
               &rules),
        JWKEEP_CRIT_UNSUPPORTED);
}

static void a_verifier_refuses_nesting(void **state) {
    (void)state;
    jwkeep_keyset *keys = forge_keyset(&key, 1);
    jwkeep_rules rules = allowing();
    jwkeep_issuer issuer = {.issuer = "i", .keys = keys, .rules = &rules};
    jwkeep_verifier_options options;
    jwkeep_verifier *verifier = NULL;
    jwkeep_verifier_options_init(&options);
    options.issuers = &issuer;
    options.issuer_count = 1;
    jwkeep_code misuse = jwkeep_verifier_new(&options, &verifier, &error);
    assert_string_equal(error.where, "rules.is_nesting_allowed");
    issuer.rules = NULL;
    jwkeep_code made = jwkeep_verifier_new(&options, &verifier, &error);
    char *claims = sign(OUTER, strdup(CLAIMS), key);
    jwkeep_code code =
        jwkeep_verifier_verify(verifier, jwkeep_span_text(claims), 0, token, NULL, &error);
    free(claims);
    jwkeep_verifier_free(verifier);
    jwkeep_keyset_unref(keys);
    assert_int_equal(misuse, JWKEEP_MISUSE_ARGUMENT);
    assert_int_equal(made, JWKEEP_OK);
    assert_int_equal(code, JWKEEP_TOKEN_NESTED);
}

static void signs_no_claims_as_a_token(void **state) {
    (void)state;
    jwkeep_buffer buffer;
    const jwkeep_jws_signer signer = {.key = key, .cty = JWKEEP_SPAN("application/JWT")};
    jwkeep_buffer_init(&buffer, 4096);
    jwkeep_code code = jwkeep_jwt_sign(JWKEEP_SPAN(CLAIMS), &signer, &buffer, &error);
    size_t size = buffer.size;
    jwkeep_buffer_done(&buffer);
    assert_int_equal(code, JWKEEP_MISUSE_ARGUMENT);
    assert_string_equal(error.where, "signer.cty");
    assert_int_equal(size, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_a_token_in_a_token_unless_asked),
        cmocka_unit_test(never_takes_the_payload_of_an_outer_token_for_claims),
        cmocka_unit_test(verifies_inwards_where_allowed),
        cmocka_unit_test(goes_no_deeper_than_the_limit),
        cmocka_unit_test(believes_no_layer_that_is_not_signed_by_the_key),
        cmocka_unit_test(asks_every_layer_for_an_allowed_algorithm),
        cmocka_unit_test(holds_the_innermost_against_the_rules),
        cmocka_unit_test(holds_the_limits_inside_too),
        cmocka_unit_test(a_verifier_refuses_nesting),
        cmocka_unit_test(signs_no_claims_as_a_token),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
