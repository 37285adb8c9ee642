/* SPDX-License-Identifier: Apache-2.0
 *
 * The known attacks on JOSE libraries, as far as they need the JSON serializations. Each test
 * opens with the attack. */
#include "base/attributes.h"
#include "support/forge.h"
#include "support/jose.h"
#include "support/watched_memory.h"
#include "unit/jose/vectors.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define TOKEN_MAX 16384

static jwkeep_jwk *key;

static int make_key(void **state) {
    int status = watched_memory_install(state);
    key = key_of(RFC7517_A3_HMAC);
    return status;
}

static int free_key(void **state) {
    (void)state;
    jwkeep_jwk_unref(key);
    return 0;
}

/* The members of one signature over `payload` as it stands in the token; the protected header
 * is left out where `header` is NULL, and then an empty one is signed. */
static void put_signature(const char *header, const char *unprotected, const char *payload,
                          char *ret_members, size_t size) {
    char *encoded = header ? forge_base64url(jwkeep_span_text(header)) : strdup("");
    char *token = forge_segments(encoded, payload, key, JWKEEP_ALGORITHM_HS256);
    snprintf(ret_members, size, "%s%s%s%s%s\"signature\":\"%s\"",
             header ? "\"protected\":\"" : "", encoded, header ? "\"," : "",
             unprotected ? "\"header\":" : "", unprotected ? unprotected : "",
             strrchr(token, '.') + 1);
    free(token);
    free(encoded);
}

static jwkeep_code verify(const char *token, jwkeep_jws_demand demand) {
    jwkeep_jws_json *verified = NULL;
    jwkeep_jws_options options = {.key = key};
    jwkeep_jws_policy policy = {.demand = demand};
    assert_int_equal(jwkeep_jws_json_new(&verified, NULL), JWKEEP_OK);
    jwkeep_code code =
        jwkeep_jws_json_verify(jwkeep_span_text(token), &options, &policy, verified, NULL);
    assert_true((code == JWKEEP_OK) ==
                jwkeep_span_is_present(jwkeep_jws_json_payload(verified)));
    jwkeep_jws_json_free(verified);
    return code;
}

/* A flattened token of these headers, well signed, and the code it gets. */
static jwkeep_code verify_headers(const char *header, const char *unprotected) {
    static char members[4096];
    static char token[TOKEN_MAX];
    char with_comma[1024];
    snprintf(with_comma, sizeof with_comma, "%s,", unprotected ? unprotected : "");
    put_signature(header, unprotected ? with_comma : NULL, "e30", members, sizeof members);
    snprintf(token, sizeof token, "{\"payload\":\"e30\",%s}", members);
    return verify(token, JWKEEP_JWS_DEMAND_ALL);
}

static void the_forger_signs_well(void **state) {
    (void)state;
    assert_int_equal(verify_headers("{\"alg\":\"HS256\"}", NULL), JWKEEP_OK);
    assert_int_equal(verify_headers("{\"alg\":\"HS256\"}", "{\"kid\":\"a\",\"x\":1}"),
                     JWKEEP_OK);
}

/* 4. `alg` stands in the unprotected header, where anybody can change it
 * (GHSA-jc38-x7x8-2xc8). */
static void alg_from_an_unprotected_header(void **state) {
    (void)state;
    assert_int_equal(verify_headers("{}", "{\"alg\":\"HS256\"}"), JWKEEP_ALG_MISSING);
    assert_int_equal(verify_headers("{\"typ\":\"x\"}", "{\"alg\":\"HS256\"}"),
                     JWKEEP_ALG_MISSING);
    assert_int_equal(verify_headers(NULL, "{\"alg\":\"HS256\"}"), JWKEEP_HEADER_UNPROTECTED);
    assert_int_equal(verify_headers("{\"alg\":\"HS256\"}", "{\"alg\":\"HS256\"}"),
                     JWKEEP_HEADER_UNPROTECTED);
    assert_int_equal(verify_headers("{\"alg\":\"HS256\"}", "{\"\\u0061lg\":\"none\"}"),
                     JWKEEP_HEADER_UNPROTECTED);
}

/* 5. `none`, in either header, with a signature or with an empty one. */
static void alg_none(void **state) {
    (void)state;
    assert_int_equal(verify_headers("{\"alg\":\"none\"}", NULL), JWKEEP_ALG_NONE);
    assert_int_equal(verify_headers(NULL, "{\"alg\":\"none\"}"), JWKEEP_HEADER_UNPROTECTED);
    assert_int_equal(verify("{\"payload\":\"e30\",\"protected\":\"eyJhbGciOiJub25lIn0\","
                            "\"signature\":\"\"}",
                            JWKEEP_JWS_DEMAND_ANY),
                     JWKEEP_ALG_NONE);
    assert_int_equal(verify("{\"payload\":\"e30\",\"protected\":\"eyJhbGciOiJIUzI1NiJ9\","
                            "\"signature\":\"\"}",
                            JWKEEP_JWS_DEMAND_ANY),
                     JWKEEP_SIGNATURE_INVALID);
}

/* 6. `crit` or what it names is not protected: a verifier that honours it can be led, one that
 * does not ignores what is critical (CVE-2025-59420). */
static void crit_that_is_not_protected(void **state) {
    (void)state;
    assert_int_equal(verify_headers("{\"alg\":\"HS256\"}", "{\"crit\":[\"x\"],\"x\":1}"),
                     JWKEEP_HEADER_UNPROTECTED);
    assert_int_equal(verify_headers("{\"alg\":\"HS256\",\"crit\":[\"x\"]}", "{\"x\":1}"),
                     JWKEEP_CRIT_INVALID);
    assert_int_equal(
        verify_headers("{\"alg\":\"HS256\",\"crit\":[\"b64\"]}", "{\"b64\":false}"),
        JWKEEP_CRIT_INVALID);
    assert_int_equal(verify_headers("{\"alg\":\"HS256\"}", "{\"b64\":false}"),
                     JWKEEP_HEADER_UNPROTECTED);
    assert_int_equal(verify_headers("{\"alg\":\"HS256\",\"crit\":[\"x\"],\"x\":1}", NULL),
                     JWKEEP_CRIT_UNSUPPORTED);
}

/* 7. The unprotected header brings the key. */
static void a_key_that_comes_unprotected(void **state) {
    (void)state;
    jwkeep_jwk *own = key_of(RFC7515_A3_KEY);
    jwkeep_jws_options options = {.pinned_thumbprint = jwkeep_jwk_thumbprint(own)};
    jwkeep_jws_json *verified = NULL;
    assert_int_equal(jwkeep_jws_json_new(&verified, NULL), JWKEEP_OK);
    static const char token[] =
        "{\"payload\":\"" RFC7515_PAYLOAD "\",\"header\":{\"jwk\":" RFC7515_A3_KEY
        "},\"protected\":\"eyJhbGciOiJFUzI1NiJ9\",\"signature\":\"" RFC7515_A3_SIGNATURE "\"}";
    assert_int_equal(
        jwkeep_jws_json_verify(jwkeep_span_text(token), &options, NULL, verified, NULL),
        JWKEEP_EMBEDDED_KEY_MISSING);
    jwkeep_jws_json_free(verified);
    jwkeep_jwk_unref(own);
}

/* 15. One token that is signed, encrypted, flattened and general at once: each part of a system
 * reads another (CVE-2022-3102). */
static void tokens_of_two_kinds(void **state) {
    (void)state;
    static const char *const others[] = {
        "\"ciphertext\":\"AA\"",
        "\"signatures\":[]",
        "\"signatures\":[{\"signature\":\"AA\"}]",
        "\"signatures\":null",
    };
    static char members[4096];
    static char token[TOKEN_MAX];
    put_signature("{\"alg\":\"HS256\"}", NULL, "e30", members, sizeof members);
    for (size_t i = 0; i < JK_COUNT_OF(others); i++) {
        snprintf(token, sizeof token, "{\"payload\":\"e30\",%s,%s}", members, others[i]);
        assert_int_equal(verify(token, JWKEEP_JWS_DEMAND_ANY), JWKEEP_JWS_JSON_INVALID);
    }
    snprintf(token, sizeof token,
             "{\"payload\":\"e30\",\"signatures\":[{%s}],\"header\":{\"kid\":\"x\"}}", members);
    assert_int_equal(verify(token, JWKEEP_JWS_DEMAND_ANY), JWKEEP_JWS_JSON_INVALID);
    snprintf(token, sizeof token, "{\"payload\":\"e30\",\"unknown\":[1],\"signatures\":[{%s}]}",
             members);
    assert_int_equal(verify(token, JWKEEP_JWS_DEMAND_ANY), JWKEEP_OK);
}

/* 15. The JSON serialization where a compact token is expected: nobody gets it unasked. */
static void json_where_compact_is_expected(void **state) {
    (void)state;
    static char members[4096];
    static char token[TOKEN_MAX];
    put_signature("{\"alg\":\"HS256\"}", NULL, "e30", members, sizeof members);
    snprintf(token, sizeof token, "{\"payload\":\"e30\",%s}", members);
    jwkeep_jws_options options = {.key = key};
    assert_int_equal(
        jwkeep_jws_verify(jwkeep_span_text(token), &options, NULL, NULL, NULL, NULL),
        JWKEEP_TOKEN_MALFORMED);
    jwkeep_token *result = NULL;
    assert_int_equal(jwkeep_token_new(&result, NULL), JWKEEP_OK);
    assert_int_equal(
        jwkeep_jwt_verify(jwkeep_span_text(token), key, NULL, NULL, 0, result, NULL, NULL),
        JWKEEP_TOKEN_MALFORMED);
    jwkeep_token_free(result);
}

/* 16. Thousands of signatures, each of which costs a check. */
static void more_signatures_than_anybody_makes(void **state) {
    (void)state;
    static char token[JWKEEP_MAX_JSON_TOKEN_BYTES + 64];
    static char members[4096];
    put_signature("{\"alg\":\"HS256\"}", NULL, "e30", members, sizeof members);
    for (size_t count = JWKEEP_MAX_SIGNATURES; count <= JWKEEP_MAX_SIGNATURES + 1; count++) {
        int at = snprintf(token, sizeof token, "{\"payload\":\"e30\",\"signatures\":[");
        for (size_t i = 0; i < count; i++)
            at += snprintf(token + at, sizeof token - (size_t)at, "%s{%s}", i ? "," : "",
                           members);
        snprintf(token + at, sizeof token - (size_t)at, "]}");
        assert_int_equal(verify(token, JWKEEP_JWS_DEMAND_ALL),
                         count == JWKEEP_MAX_SIGNATURES ? JWKEEP_OK
                                                        : JWKEEP_TOO_MANY_SIGNATURES);
    }
    memset(token, ' ', JWKEEP_MAX_JSON_TOKEN_BYTES + 1);
    token[JWKEEP_MAX_JSON_TOKEN_BYTES + 1] = '\0';
    assert_int_equal(verify(token, JWKEEP_JWS_DEMAND_ANY), JWKEEP_TOKEN_TOO_LARGE);
    token[JWKEEP_MAX_JSON_TOKEN_BYTES] = '\0';
    assert_int_equal(verify(token, JWKEEP_JWS_DEMAND_ANY), JWKEEP_JSON_SYNTAX);
}

/* 17. `protected` is missing (CVE-2024-21664), or both headers have one name and two parts of a
 * system read different values. */
/* As many signatures over a large payload as a token may have: each is checked over the payload
 * with its own header before it, and a verifier that keeps all of these texts needs many times
 * the memory. */
static void a_payload_for_every_signature(void **state) {
    (void)state;
    const size_t size = 1024 * 1024;
    uint8_t *bytes = calloc(size, 1);
    jwkeep_jws_signer signers[JWKEEP_MAX_SIGNATURES];
    jwkeep_jws_options options = {.key = key, .detached = jwkeep_span_of(bytes, size)};
    jwkeep_jws_json *verified = NULL;
    jwkeep_buffer token;
    assert_non_null(bytes);
    for (size_t i = 0; i < JK_COUNT_OF(signers); i++)
        signers[i] = (jwkeep_jws_signer){
            .key = key, .algorithm = JWKEEP_ALGORITHM_HS256, .is_payload_detached = true};
    jwkeep_buffer_init(&token, TOKEN_MAX);
    assert_int_equal(jwkeep_jws_json_sign(options.detached, signers, JK_COUNT_OF(signers),
                                          JWKEEP_JWS_FORM_GENERAL, &token, NULL),
                     JWKEEP_OK);
    assert_int_equal(jwkeep_jws_json_new(&verified, NULL), JWKEEP_OK);
    size_t before = watched_memory_seen()->live_bytes;
    assert_int_equal(
        jwkeep_jws_json_verify(jwkeep_buffer_span(&token), &options, NULL, verified, NULL),
        JWKEEP_OK);
    assert_int_equal(jwkeep_jws_json_count(verified), JWKEEP_MAX_SIGNATURES);
    assert_in_range(watched_memory_seen()->live_bytes - before, 1, 2 * size);
    jwkeep_jws_json_free(verified);
    jwkeep_buffer_done(&token);
    free(bytes);
}

static void headers_that_say_it_twice(void **state) {
    (void)state;
    assert_int_equal(verify_headers(NULL, NULL), JWKEEP_ALG_MISSING);
    assert_int_equal(verify_headers(NULL, "{\"kid\":\"a\"}"), JWKEEP_ALG_MISSING);
    assert_int_equal(verify_headers("{\"alg\":\"HS256\",\"kid\":\"a\"}", "{\"kid\":\"b\"}"),
                     JWKEEP_HEADER_REPEATED);
    assert_int_equal(verify_headers("{\"alg\":\"HS256\",\"x\":1}", "{\"\\u0078\":1}"),
                     JWKEEP_HEADER_REPEATED);
    assert_int_equal(verify_headers("{\"alg\":\"HS256\"}", "{\"x\":1,\"x\":2}"),
                     JWKEEP_JSON_DUPLICATE);
}

/* Two signatures read the payload differently: one as base64url, one as it is (RFC 7797 §3). */
static void a_payload_with_two_meanings(void **state) {
    (void)state;
    static char encoded[4096];
    static char unencoded[4096];
    static char token[TOKEN_MAX];
    put_signature("{\"alg\":\"HS256\"}", NULL, "e30", encoded, sizeof encoded);
    put_signature("{\"alg\":\"HS256\",\"b64\":false,\"crit\":[\"b64\"]}", NULL, "e30",
                  unencoded, sizeof unencoded);
    snprintf(token, sizeof token, "{\"payload\":\"e30\",\"signatures\":[{%s},{%s}]}", encoded,
             unencoded);
    assert_int_equal(verify(token, JWKEEP_JWS_DEMAND_ANY), JWKEEP_B64_INCONSISTENT);
    snprintf(token, sizeof token, "{\"payload\":\"e30\",\"signatures\":[{%s},{%s}]}", unencoded,
             unencoded);
    assert_int_equal(verify(token, JWKEEP_JWS_DEMAND_ALL), JWKEEP_OK);
}

/* A signature that holds is moved to another payload, or its neighbour carries it. */
static void a_signature_of_another_payload(void **state) {
    (void)state;
    static char members[4096];
    static char token[TOKEN_MAX];
    put_signature("{\"alg\":\"HS256\"}", NULL, "e30", members, sizeof members);
    snprintf(token, sizeof token, "{\"payload\":\"e31\",%s}", members);
    assert_int_equal(verify(token, JWKEEP_JWS_DEMAND_ANY), JWKEEP_BASE64URL_INVALID);
    snprintf(token, sizeof token, "{\"payload\":\"W10\",%s}", members);
    assert_int_equal(verify(token, JWKEEP_JWS_DEMAND_ANY), JWKEEP_SIGNATURE_INVALID);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_forger_signs_well),
        cmocka_unit_test(alg_from_an_unprotected_header),
        cmocka_unit_test(alg_none),
        cmocka_unit_test(crit_that_is_not_protected),
        cmocka_unit_test(a_key_that_comes_unprotected),
        cmocka_unit_test(tokens_of_two_kinds),
        cmocka_unit_test(json_where_compact_is_expected),
        cmocka_unit_test(more_signatures_than_anybody_makes),
        cmocka_unit_test(a_payload_for_every_signature),
        cmocka_unit_test(headers_that_say_it_twice),
        cmocka_unit_test(a_payload_with_two_meanings),
        cmocka_unit_test(a_signature_of_another_payload),
    };
    return cmocka_run_group_tests(tests, make_key, free_key);
}
