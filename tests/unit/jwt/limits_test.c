/* SPDX-License-Identifier: Apache-2.0
 *
 * Each limit that a token meets on its way, at its default and one past it: the whole way, by
 * tokens that are right but for their size. */
#include "base/attributes.h"
#include "support/forge.h"
#include <jwkeep/dpop.h>
#include <jwkeep/http_token.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define NOW_MS INT64_C(1700000000000)
#define HEADER "{\"alg\":\"HS256\",\"kid\":\"k\"}"

static jwkeep_jwk *key;
static jwkeep_keyset *keys;
static jwkeep_token *token;
static jwkeep_buffer text;

static int set_up(void **state) {
    (void)state;
    key = forge_key(JWKEEP_ALGORITHM_HS256, "k");
    keys = forge_keyset(&key, 1);
    jwkeep_buffer_init(&text, 1u << 20);
    return jwkeep_token_new(&token, NULL) == JWKEEP_OK ? 0 : -1;
}

static int tear_down(void **state) {
    (void)state;
    jwkeep_buffer_done(&text);
    jwkeep_token_free(token);
    jwkeep_keyset_unref(keys);
    jwkeep_jwk_unref(key);
    return 0;
}

static void put(const char *part) {
    if (jwkeep_buffer_append_text(&text, part) != JWKEEP_OK)
        fail_msg("no room");
}

static void put_times(const char *part, size_t count) {
    for (size_t i = 0; i < count; i++)
        put(part);
}

/* Takes `bytes`. */
static jwkeep_code verify_bytes(char *bytes) {
    jwkeep_code code =
        jwkeep_jwt_verify(jwkeep_span_text(bytes), NULL, keys, NULL, NOW_MS, token, NULL, NULL);
    free(bytes);
    jwkeep_buffer_clear(&text);
    return code;
}

/* What is in the buffer is the payload, or the header. */
static jwkeep_code verify_payload(void) {
    return verify_bytes(forge_token(JWKEEP_SPAN(HEADER), jwkeep_buffer_span(&text), key,
                                    JWKEEP_ALGORITHM_HS256));
}

static jwkeep_code verify_header(void) {
    return verify_bytes(
        forge_token(jwkeep_buffer_span(&text), JWKEEP_SPAN("{}"), key, JWKEEP_ALGORITHM_HS256));
}

/* A token of exactly `size` bytes: four characters for three bytes of the payload, and the rest
 * by a header that is longer or shorter. */
static jwkeep_code verify_token_of(size_t size) {
    for (size_t pad = 0; pad < 8; pad++) {
        put("{\"alg\":\"HS256\",\"kid\":\"k\",\"p\":\"");
        put_times("x", pad);
        put("\"}");
        char *shortest = forge_token(jwkeep_buffer_span(&text), JWKEEP_SPAN("{\"a\":\"\"}"),
                                     key, JWKEEP_ALGORITHM_HS256);
        size_t missing = size - strlen(shortest);
        free(shortest);
        char *payload = NULL;
        for (size_t more = missing / 4 * 3; more < missing / 4 * 3 + 4; more++) {
            if (asprintf(&payload, "{\"a\":\"%0*d\"}", (int)more, 0) < 0)
                fail_msg("no memory");
            char *bytes = forge_token(jwkeep_buffer_span(&text), jwkeep_span_text(payload), key,
                                      JWKEEP_ALGORITHM_HS256);
            free(payload);
            if (strlen(bytes) == size)
                return verify_bytes(bytes);
            free(bytes);
        }
        jwkeep_buffer_clear(&text);
    }
    fail_msg("no token of %zu bytes", size);
    return JWKEEP_OK;
}

static void max_token_bytes(void **state) {
    (void)state;
    assert_int_equal(verify_token_of(JWKEEP_MAX_TOKEN_BYTES), JWKEEP_OK);
    assert_int_equal(verify_token_of(JWKEEP_MAX_TOKEN_BYTES + 1), JWKEEP_TOKEN_TOO_LARGE);
}

/* Four characters for three bytes: 4096 stand for 3072. */
static void put_header_of(size_t decoded_bytes) {
    const size_t frame = sizeof HEADER - 1 + sizeof ",\"p\":\"\"" - 1;
    put("{\"alg\":\"HS256\",\"kid\":\"k\",\"p\":\"");
    put_times("x", decoded_bytes - frame);
    put("\"}");
}

static void max_header_bytes(void **state) {
    (void)state;
    put_header_of(JWKEEP_MAX_HEADER_BYTES / 4 * 3);
    assert_int_equal(verify_header(), JWKEEP_OK);
    put_header_of(JWKEEP_MAX_HEADER_BYTES / 4 * 3 + 1);
    assert_int_equal(verify_header(), JWKEEP_TOKEN_TOO_LARGE);
}

static jwkeep_code verify_kid_of(size_t bytes) {
    put("{\"alg\":\"HS256\",\"kid\":\"");
    put_times("k", bytes);
    put("\"}");
    return verify_header();
}

static void max_kid_bytes(void **state) {
    (void)state;
    assert_int_equal(verify_kid_of(JWKEEP_MAX_KID_BYTES), JWKEEP_KID_UNKNOWN);
    assert_int_equal(verify_kid_of(JWKEEP_MAX_KID_BYTES + 1), JWKEEP_KID_TOO_LONG);
}

static jwkeep_code verify_depth_of(size_t depth, jwkeep_code (*verify)(void)) {
    put(HEADER);
    text.size--;
    put(",\"d\":");
    put_times("[", depth - 1);
    put_times("]", depth - 1);
    put("}");
    return verify();
}

static void max_json_depth(void **state) {
    (void)state;
    assert_int_equal(verify_depth_of(JWKEEP_MAX_JSON_DEPTH, verify_payload), JWKEEP_OK);
    assert_int_equal(verify_depth_of(JWKEEP_MAX_JSON_DEPTH + 1, verify_payload),
                     JWKEEP_JSON_TOO_DEEP);
    assert_int_equal(verify_depth_of(JWKEEP_MAX_JSON_DEPTH, verify_header), JWKEEP_OK);
    assert_int_equal(verify_depth_of(JWKEEP_MAX_JSON_DEPTH + 1, verify_header),
                     JWKEEP_JSON_TOO_DEEP);
}

/* The object and the array are values, too. */
static jwkeep_code verify_values_of(size_t count) {
    put("{\"v\":[0");
    put_times(",0", count - 3);
    put("]}");
    return verify_payload();
}

static void max_json_values(void **state) {
    (void)state;
    assert_int_equal(verify_values_of(JWKEEP_MAX_JSON_VALUES), JWKEEP_OK);
    assert_int_equal(verify_values_of(JWKEEP_MAX_JSON_VALUES + 1), JWKEEP_JSON_TOO_LARGE);
}

static jwkeep_code verify_audiences_of(size_t count) {
    put("{\"aud\":[\"a\"");
    put_times(",\"a\"", count - 1);
    put("]}");
    return verify_payload();
}

static void max_audiences(void **state) {
    (void)state;
    assert_int_equal(verify_audiences_of(JWKEEP_MAX_AUDIENCES), JWKEEP_OK);
    assert_int_equal(verify_audiences_of(JWKEEP_MAX_AUDIENCES + 1), JWKEEP_CLAIM_TYPE);
}

/* The right key stands behind `wrong` others that fit as well. */
static jwkeep_code verify_behind(size_t wrong) {
    jwkeep_jwk *all[JWKEEP_MAX_CANDIDATES + 1];
    for (size_t i = 0; i < wrong; i++)
        all[i] = forge_key(JWKEEP_ALGORITHM_HS256, "k");
    all[wrong] = key;
    jwkeep_keyset *many = forge_keyset(all, wrong + 1);
    char *bytes =
        forge_token(JWKEEP_SPAN(HEADER), JWKEEP_SPAN("{}"), key, JWKEEP_ALGORITHM_HS256);
    jwkeep_code code =
        jwkeep_jwt_verify(jwkeep_span_text(bytes), NULL, many, NULL, NOW_MS, token, NULL, NULL);
    free(bytes);
    jwkeep_keyset_unref(many);
    for (size_t i = 0; i < wrong; i++)
        jwkeep_jwk_unref(all[i]);
    return code;
}

static void max_candidates(void **state) {
    (void)state;
    assert_int_equal(verify_behind(JWKEEP_MAX_CANDIDATES - 1), JWKEEP_OK);
    assert_int_equal(verify_behind(JWKEEP_MAX_CANDIDATES), JWKEEP_SIGNATURE_INVALID);
}

static jwkeep_code verify_crit_of(size_t count) {
    put("{\"alg\":\"HS256\",\"kid\":\"k\",\"crit\":[\"x0\"");
    char name[16];
    for (size_t i = 1; i < count; i++) {
        snprintf(name, sizeof name, ",\"x%zu\"", i);
        put(name);
    }
    put("]");
    for (size_t i = 0; i < count; i++) {
        snprintf(name, sizeof name, ",\"x%zu\":0", i);
        put(name);
    }
    put("}");
    return verify_header();
}

static void max_crit(void **state) {
    (void)state;
    assert_int_equal(verify_crit_of(JWKEEP_MAX_CRIT), JWKEEP_CRIT_UNSUPPORTED);
    assert_int_equal(verify_crit_of(JWKEEP_MAX_CRIT + 1), JWKEEP_CRIT_INVALID);
}

static jwkeep_code find_token_of(size_t bytes) {
    jwkeep_buffer found;
    jwkeep_http_found where;
    put("Bearer ");
    put_times("a", bytes);
    const jwkeep_span value = jwkeep_buffer_span(&text);
    const jwkeep_http_request request = {.authorization = &value, .authorization_count = 1};
    jwkeep_buffer_init(&found, 2 * JWKEEP_MAX_TOKEN_BYTES);
    jwkeep_code code = jwkeep_http_token_find(&request, NULL, &found, &where, NULL);
    jwkeep_buffer_done(&found);
    jwkeep_buffer_clear(&text);
    return code;
}

static void max_token_bytes_in_a_request(void **state) {
    (void)state;
    assert_int_equal(find_token_of(JWKEEP_MAX_TOKEN_BYTES), JWKEEP_OK);
    assert_int_equal(find_token_of(JWKEEP_MAX_TOKEN_BYTES + 1), JWKEEP_TOKEN_TOO_LARGE);
}

static jwkeep_code prove_with_token_of(size_t bytes) {
    jwkeep_dpop_proof *proof = NULL;
    put_times(".", bytes);
    const jwkeep_span value = jwkeep_buffer_span(&text);
    const jwkeep_dpop_request request = {.proofs = &value,
                                         .proof_count = 1,
                                         .method = JWKEEP_SPAN("GET"),
                                         .url = JWKEEP_SPAN("https://a.example/")};
    assert_int_equal(jwkeep_dpop_proof_new(&proof, NULL), JWKEEP_OK);
    jwkeep_code code = jwkeep_dpop_verify(&request, NULL, NOW_MS, proof, NULL);
    jwkeep_dpop_proof_free(proof);
    jwkeep_buffer_clear(&text);
    return code;
}

static void max_token_bytes_of_a_proof(void **state) {
    (void)state;
    assert_int_equal(prove_with_token_of(JWKEEP_MAX_TOKEN_BYTES), JWKEEP_TOKEN_MALFORMED);
    assert_int_equal(prove_with_token_of(JWKEEP_MAX_TOKEN_BYTES + 1), JWKEEP_TOKEN_TOO_LARGE);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(max_token_bytes),
        cmocka_unit_test(max_header_bytes),
        cmocka_unit_test(max_kid_bytes),
        cmocka_unit_test(max_json_depth),
        cmocka_unit_test(max_json_values),
        cmocka_unit_test(max_audiences),
        cmocka_unit_test(max_candidates),
        cmocka_unit_test(max_crit),
        cmocka_unit_test(max_token_bytes_in_a_request),
        cmocka_unit_test(max_token_bytes_of_a_proof),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
