/* SPDX-License-Identifier: Apache-2.0
 *
 * What a source does not take from an issuer: bad keys, one by one, and sets that are too
 * large, as a whole. */
#include "support/scripted_source.h"
#include "unit/jose/vectors.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define EC                                                                                     \
    "\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" RFC7517_EC_X "\",\"y\":\"" RFC7517_EC_Y "\""
#define RSA "\"kty\":\"RSA\",\"n\":\"" RFC7517_RSA_N "\""

typedef struct bad_key {
    const char *json;
    jwkeep_code code;
} bad_key;

/* The next refresh brings `others` and the keys that are there. */
static void refresh(fixture *f, const char *others) {
    f->event_count = 0;
    script_pass(&f->world, f->refresher, 9 * MINUTE);
    script_answer_body(&f->world, f->refresher, scripted_mix(others, "ab"));
}

static void check_skipped(fixture *f, const bad_key *rows, size_t count) {
    for (size_t i = 0; i < count; i++) {
        refresh(f, rows[i].json);
        if (scripted_count(f, JWKEEP_EVENT_KEY_SKIPPED, 0) != 1 ||
            f->events[0].code != rows[i].code)
            fail_msg("%s: %s", rows[i].json, jwkeep_code_name(f->events[0].code));
        assert_int_equal(scripted_count(f, JWKEEP_EVENT_UNCHANGED, 0), 1);
        assert_int_equal(scripted_status(f).keys_skipped, 1);
        assert_int_equal(scripted_status(f).keys, 2);
        assert_int_equal(scripted_status(f).health, JWKEEP_HEALTH_OK);
    }
}

#define CHECK_SKIPPED(f, rows) check_skipped(f, rows, sizeof rows / sizeof rows[0])

static void r14_keys_of_an_unknown_kind_are_skipped(void **state) {
    static const bad_key rows[] = {
        {"{\"kty\":\"AKP\",\"alg\":\"ML-DSA-44\",\"pub\":\"AA\"}", JWKEEP_JWK_KTY_NOT_IN_BUILD},
        {"{\"kty\":\"OKP\",\"crv\":\"X25519\",\"x\":\"" RFC7517_EC_X "\"}",
         JWKEEP_JWK_CRV_UNSUPPORTED},
        {"{\"kty\":\"EC\",\"crv\":\"P-224\",\"x\":\"AA\",\"y\":\"AA\"}",
         JWKEEP_JWK_CRV_UNSUPPORTED},
        {"{" EC ",\"alg\":\"ECDH-ES\"}", JWKEEP_JWK_ALG_UNSUPPORTED},
        {"{" EC ",\"alg\":\"none\"}", JWKEEP_JWK_ALG_UNSUPPORTED},
        {"{" EC ",\"alg\":\"RS256\"}", JWKEEP_JWK_ALG_MISMATCH},
    };
    CHECK_SKIPPED(*state, rows);
}

static void r14_malformed_keys_are_skipped(void **state) {
    static const bad_key rows[] = {
        {"7", JWKEEP_JWK_INVALID},
        {"null", JWKEEP_JWK_INVALID},
        {"[]", JWKEEP_JWK_INVALID},
        {"{}", JWKEEP_JWK_MEMBER_MISSING},
        {"{\"kty\":1}", JWKEEP_JWK_INVALID},
        {"{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" RFC7517_EC_X "\"}",
         JWKEEP_JWK_MEMBER_MISSING},
        {"{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"****\",\"y\":\"" RFC7517_EC_Y "\"}",
         JWKEEP_JWK_MEMBER_INVALID},
        {"{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" RFC7517_EC_Y "\",\"y\":\"" RFC7517_EC_X
         "\"}",
         JWKEEP_JWK_NOT_ON_CURVE},
    };
    CHECK_SKIPPED(*state, rows);
}

static void r14_symmetric_and_private_keys_are_skipped(void **state) {
    static const bad_key rows[] = {
        {RFC7517_A3_HMAC, JWKEEP_JWK_NOT_PUBLIC},
        {"{" EC ",\"d\":\"" RFC7517_EC_D "\"}", JWKEEP_JWK_NOT_PUBLIC},
        {RFC7517_A2_RSA, JWKEEP_JWK_NOT_PUBLIC},
    };
    CHECK_SKIPPED(*state, rows);
}

/* 1024 bits; 1, 2 and 2^64 + 1 as exponents. */
static void r14_rsa_keys_out_of_bounds_are_skipped(void **state) {
    static const bad_key rows[] = {
        {"{\"kty\":\"RSA\",\"n\":\"" RFC7517_RSA_P "\",\"e\":\"AQAB\"}", JWKEEP_JWK_TOO_WEAK},
        {"{" RSA ",\"e\":\"AQ\"}", JWKEEP_JWK_MEMBER_INVALID},
        {"{" RSA ",\"e\":\"Ag\"}", JWKEEP_JWK_MEMBER_INVALID},
        {"{" RSA ",\"e\":\"AQAAAAAAAAAB\"}", JWKEEP_JWK_MEMBER_INVALID},
    };
    CHECK_SKIPPED(*state, rows);
}

/* A modulus of 1024 bytes with all bits set, and of 1025. */
static void r14_rsa_keys_have_8192_bits_at_the_most(void **state) {
    fixture *f = *state;
    static const struct {
        size_t digits;
        const char *last;
        size_t skipped;
    } rows[] = {{1365, "w", 0}, {1366, "8", 1}};
    for (size_t i = 0; i < 2; i++) {
        char digits[1400];
        char json[2048];
        memset(digits, '_', rows[i].digits);
        snprintf(digits + rows[i].digits, 2, "%s", rows[i].last);
        snprintf(json, sizeof json, "{\"kty\":\"RSA\",\"n\":\"%s\",\"e\":\"AQAB\"}", digits);
        refresh(f, json);
        assert_int_equal(scripted_count(f, JWKEEP_EVENT_KEY_SKIPPED, 0), rows[i].skipped);
        assert_int_equal(scripted_status(f).keys, 3 - rows[i].skipped);
    }
    assert_int_equal(f->events[0].code, JWKEEP_JWK_TOO_LARGE);
}

/* 3, and 2^63 + 1: the largest has 64 bits. */
static void r14_rsa_exponents_within_bounds_are_taken(void **state) {
    fixture *f = *state;
    refresh(f, "{" RSA ",\"e\":\"Aw\"},{" RSA ",\"e\":\"gAAAAAAAAAE\"}");
    assert_int_equal(scripted_count(f, JWKEEP_EVENT_KEY_SKIPPED, 0), 0);
    assert_int_equal(scripted_status(f).keys, 4);
}

static void r14_skipped_keys_are_named_and_counted(void **state) {
    fixture *f = *state;
    script_pass(&f->world, f->refresher, 9 * MINUTE);
    script_answer_body(&f->world, f->refresher,
                       scripted_mix("{\"kty\":\"oct\",\"k\":\"AAAA\"},{\"kty\":\"XYZ\"}", "a"));
    assert_int_equal(scripted_count(f, JWKEEP_EVENT_KEY_SKIPPED, 0), 2);
    assert_int_equal(f->events[0].code, JWKEEP_JWK_NOT_PUBLIC);
    assert_int_equal(f->events[1].code, JWKEEP_JWK_KTY_UNSUPPORTED);
    jwkeep_source_status status;
    jwkeep_source_status_get(f->source, &status);
    assert_int_equal(status.keys_skipped, 2);
    assert_int_equal(status.keys, 1);
}

static void check_refused(fixture *f) {
    assert_int_equal(scripted_count(f, JWKEEP_EVENT_FAILED, 0), 1);
    assert_int_equal(f->events[f->event_count - 1].code, JWKEEP_TRANSPORT_BODY);
    assert_true(scripted_has(f, "a"));
}

/* With the keys a and b. */
static void refresh_with_many(fixture *f, size_t count) {
    char others[2048] = "";
    size_t size = 0;
    for (size_t i = 2; i < count; i++)
        size += (size_t)snprintf(others + size, sizeof others - size, "%s{\"kty\":\"?\"}",
                                 i > 2 ? "," : "");
    refresh(f, others);
}

static void r12_a_set_of_more_than_a_hundred_keys_is_refused(void **state) {
    fixture *f = *state;
    refresh_with_many(f, JWKEEP_MAX_KEYS);
    assert_int_equal(scripted_status(f).keys_skipped, JWKEEP_MAX_KEYS - 2);
    assert_int_equal(scripted_status(f).last_error, JWKEEP_OK);
    refresh_with_many(f, JWKEEP_MAX_KEYS + 1);
    check_refused(f);
}

/* Inside the set, its array and the key. */
static void refresh_with_depth(fixture *f, int depth) {
    char json[128];
    snprintf(json, sizeof json, "{\"kty\":\"?\",\"x\":%.*s%.*s}", depth - 3, "[[[[[[[[[[[[[[[[",
             depth - 3, "]]]]]]]]]]]]]]]]");
    refresh(f, json);
}

static void r12_a_set_deeper_than_sixteen_is_refused(void **state) {
    fixture *f = *state;
    refresh_with_depth(f, JWKEEP_MAX_JSON_DEPTH);
    assert_int_equal(scripted_status(f).last_error, JWKEEP_OK);
    refresh_with_depth(f, JWKEEP_MAX_JSON_DEPTH + 1);
    check_refused(f);
}

#define TEST(name)                                                                             \
    cmocka_unit_test_setup_teardown(name, scripted_set_up_loaded, scripted_tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(r12_a_set_of_more_than_a_hundred_keys_is_refused),
        TEST(r12_a_set_deeper_than_sixteen_is_refused),
        TEST(r14_keys_of_an_unknown_kind_are_skipped),
        TEST(r14_malformed_keys_are_skipped),
        TEST(r14_symmetric_and_private_keys_are_skipped),
        TEST(r14_rsa_keys_out_of_bounds_are_skipped),
        TEST(r14_rsa_keys_have_8192_bits_at_the_most),
        TEST(r14_rsa_exponents_within_bounds_are_taken),
        TEST(r14_skipped_keys_are_named_and_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
