/* SPDX-License-Identifier: Apache-2.0
 *
 * Who verifies: engines of the test's own are put before OpenSSL. One that takes a key accepts
 * any signature of its size, which OpenSSL never does: the verdict tells who gave it. */
#include "crypto/engine.h"
#include <jwkeep/engine.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define MESSAGE JWKEEP_SPAN("message")

static struct {
    unsigned asked;
    unsigned verified;
    unsigned freed;
    jk_key_material seen;
    jwkeep_code failure;
} counts;

static jwkeep_code prepare(const jk_key_material *numbers, jwkeep_algorithm_set serves,
                           void **ret_state, jwkeep_algorithm_set *ret_algorithms) {
    counts.asked++;
    counts.seen = *numbers;
    if (counts.failure || !serves)
        return counts.failure;
    *ret_state = &counts;
    *ret_algorithms = serves;
    return JWKEEP_OK;
}

/* Serves one curve. */
static jwkeep_code prepare_p256(const jk_key_material *numbers, void **ret_state,
                                jwkeep_algorithm_set *ret_algorithms, jwkeep_error *error) {
    (void)error;
    bool is_served = numbers->crv == JWKEEP_CRV_P256;
    return prepare(numbers, is_served ? JWKEEP_ALGORITHM_BIT(JWKEEP_ALGORITHM_ES256) : 0,
                   ret_state, ret_algorithms);
}

/* Serves RSA keys, under one of their algorithms. */
static jwkeep_code prepare_rs256(const jk_key_material *numbers, void **ret_state,
                                 jwkeep_algorithm_set *ret_algorithms, jwkeep_error *error) {
    (void)error;
    bool is_served = numbers->kty == JWKEEP_KTY_RSA;
    return prepare(numbers, is_served ? JWKEEP_ALGORITHM_BIT(JWKEEP_ALGORITHM_RS256) : 0,
                   ret_state, ret_algorithms);
}

static jwkeep_code accept(void *state, const jk_algorithm_info *info, jwkeep_span message,
                          jwkeep_span signature, jwkeep_error *error) {
    (void)info, (void)message, (void)signature, (void)error;
    assert_ptr_equal(state, &counts);
    counts.verified++;
    return JWKEEP_OK;
}

static void free_state(void *state) {
    assert_ptr_equal(state, &counts);
    counts.freed++;
}

static const jk_engine P256 = {"p256", prepare_p256, accept, free_state};
static const jk_engine RS256 = {"rs256", prepare_rs256, accept, free_state};
static const jk_engine *const BOTH[] = {&P256, &RS256, NULL};
static const jk_engine_choice ANY = {BOTH, NULL};

static int set_up(void **state) {
    (void)state;
    memset(&counts, 0, sizeof counts);
    return 0;
}

/* A new key, private, as these engines take it. */
static jwkeep_code make(const jk_engine_choice *choice, jwkeep_kty kty, jwkeep_crv crv,
                        jk_key **ret_key) {
    jk_arena arena;
    jk_arena_init(&arena, JK_KEY_NUMBERS_MAX_BYTES);
    jk_key *plain = NULL;
    jk_key_material numbers;
    assert_int_equal(jk_key_generate(kty, crv, 0, &plain, NULL), JWKEEP_OK);
    assert_int_equal(jk_key_export(plain, &arena, &numbers, NULL), JWKEEP_OK);
    jwkeep_code code = jk_key_import_with(choice, &numbers, ret_key, NULL);
    jk_arena_done(&arena);
    jk_key_free(plain);
    return code;
}

static jk_key *key_of(const jk_engine_choice *choice, jwkeep_kty kty, jwkeep_crv crv) {
    jk_key *key = NULL;
    assert_int_equal(make(choice, kty, crv, &key), JWKEEP_OK);
    return key;
}

/* The verdict on a signature that is none. */
static jwkeep_code verdict(const jk_key *key, const char *only, jwkeep_algorithm algorithm,
                           size_t size) {
    uint8_t signature[JK_SIGNATURE_MAX_BYTES];
    memset(signature, 1, sizeof signature);
    return jk_key_verify_by(key, only, algorithm, MESSAGE, jwkeep_span_of(signature, size),
                            NULL);
}

static void a_key_is_verified_with_the_engine_that_takes_it(void **state) {
    (void)state;
    jk_key *key = key_of(&ANY, JWKEEP_KTY_EC, JWKEEP_CRV_P256);
    assert_string_equal(jk_key_engine_name(key, JWKEEP_ALGORITHM_ES256), "p256");
    assert_int_equal(verdict(key, NULL, JWKEEP_ALGORITHM_ES256, 64), JWKEEP_OK);
    assert_int_equal(counts.verified, 1);
    jk_key_free(key);
    assert_int_equal(counts.freed, 1);
}

static void what_is_declined_falls_through_to_the_next(void **state) {
    (void)state;
    jk_key *key = key_of(&ANY, JWKEEP_KTY_RSA, JWKEEP_CRV_ABSENT);
    assert_int_equal(counts.asked, 2);
    assert_string_equal(jk_key_engine_name(key, JWKEEP_ALGORITHM_RS256), "rs256");
    assert_int_equal(verdict(key, NULL, JWKEEP_ALGORITHM_RS256, 256), JWKEEP_OK);
    jk_key_free(key);
}

static void what_all_decline_is_verified_by_openssl(void **state) {
    (void)state;
    jk_key *key = key_of(&ANY, JWKEEP_KTY_EC, JWKEEP_CRV_P384);
    assert_int_equal(counts.asked, 2);
    assert_string_equal(jk_key_engine_name(key, JWKEEP_ALGORITHM_ES384), "openssl");
    assert_int_equal(verdict(key, NULL, JWKEEP_ALGORITHM_ES384, 96), JWKEEP_SIGNATURE_INVALID);
    jk_key_free(key);
    assert_int_equal(counts.verified + counts.freed, 0);
}

static void an_algorithm_an_engine_does_not_name_is_left_to_openssl(void **state) {
    (void)state;
    jk_key *key = key_of(&ANY, JWKEEP_KTY_RSA, JWKEEP_CRV_ABSENT);
    assert_string_equal(jk_key_engine_name(key, JWKEEP_ALGORITHM_PS256), "openssl");
    assert_int_equal(verdict(key, NULL, JWKEEP_ALGORITHM_PS256, 256), JWKEEP_SIGNATURE_INVALID);
    assert_int_equal(counts.verified, 0);
    jk_key_free(key);
}

static void an_algorithm_that_is_not_for_the_key_has_no_engine(void **state) {
    (void)state;
    jk_key *key = key_of(&ANY, JWKEEP_KTY_EC, JWKEEP_CRV_P256);
    assert_null(jk_key_engine_name(key, JWKEEP_ALGORITHM_RS256));
    assert_int_equal(verdict(key, NULL, JWKEEP_ALGORITHM_RS256, 256), JWKEEP_KEY_ALG_MISMATCH);
    assert_int_equal(verdict(key, NULL, JWKEEP_ALGORITHM_ES256, 63), JWKEEP_SIGNATURE_INVALID);
    assert_int_equal(counts.verified, 0);
    jk_key_free(key);
}

static void a_choice_of_openssl_keeps_others_from_being_asked(void **state) {
    (void)state;
    const jk_engine_choice openssl = {BOTH, "openssl"};
    jk_key *key = key_of(&openssl, JWKEEP_KTY_EC, JWKEEP_CRV_P256);
    assert_int_equal(counts.asked, 0);
    assert_string_equal(jk_key_engine_name(key, JWKEEP_ALGORITHM_ES256), "openssl");
    assert_int_equal(verdict(key, NULL, JWKEEP_ALGORITHM_ES256, 64), JWKEEP_SIGNATURE_INVALID);
    jk_key_free(key);
}

static void a_choice_of_one_engine_keeps_the_others_from_being_asked(void **state) {
    (void)state;
    const jk_engine_choice one = {BOTH, "rs256"};
    jk_key *key = key_of(&one, JWKEEP_KTY_EC, JWKEEP_CRV_P256);
    assert_int_equal(counts.asked, 1);
    assert_string_equal(jk_key_engine_name(key, JWKEEP_ALGORITHM_ES256), "openssl");
    jk_key_free(key);
}

static void a_verification_can_be_restricted_as_well(void **state) {
    (void)state;
    jk_key *key = key_of(&ANY, JWKEEP_KTY_EC, JWKEEP_CRV_P256);
    assert_int_equal(verdict(key, "p256", JWKEEP_ALGORITHM_ES256, 64), JWKEEP_OK);
    assert_int_equal(verdict(key, "openssl", JWKEEP_ALGORITHM_ES256, 64),
                     JWKEEP_SIGNATURE_INVALID);
    assert_int_equal(verdict(key, "rs256", JWKEEP_ALGORITHM_ES256, 64),
                     JWKEEP_SIGNATURE_INVALID);
    assert_int_equal(counts.verified, 1);
    jk_key_free(key);
}

static void an_engine_sees_no_private_number(void **state) {
    (void)state;
    jk_key *keys[] = {key_of(&ANY, JWKEEP_KTY_RSA, JWKEEP_CRV_ABSENT),
                      key_of(&ANY, JWKEEP_KTY_OKP, JWKEEP_CRV_ED25519),
                      key_of(&ANY, JWKEEP_KTY_EC, JWKEEP_CRV_P256)};
    assert_true(jk_key_is_private(keys[2]));
    const jk_key_material *seen = &counts.seen;
    assert_true(jwkeep_span_is_present(seen->x) && jwkeep_span_is_present(seen->y));
    const jwkeep_span secrets[] = {seen->d,  seen->p,  seen->q, seen->dp,
                                   seen->dq, seen->qi, seen->k};
    for (size_t i = 0; i < JK_COUNT_OF(secrets); i++)
        assert_false(jwkeep_span_is_present(secrets[i]));
    for (size_t i = 0; i < JK_COUNT_OF(keys); i++)
        jk_key_free(keys[i]);
}

static void no_engine_is_asked_about_a_symmetric_key(void **state) {
    (void)state;
    jk_key *key = key_of(&ANY, JWKEEP_KTY_OCT, JWKEEP_CRV_ABSENT);
    assert_int_equal(counts.asked, 0);
    jk_key_free(key);
}

static void signing_stays_with_openssl(void **state) {
    (void)state;
    jk_key *key = key_of(&ANY, JWKEEP_KTY_EC, JWKEEP_CRV_P256);
    uint8_t signature[JK_SIGNATURE_MAX_BYTES];
    size_t size;
    assert_int_equal(jk_key_sign(key, JWKEEP_ALGORITHM_ES256, MESSAGE, signature, &size, NULL),
                     JWKEEP_OK);
    assert_int_equal(jk_key_verify_by(key, "openssl", JWKEEP_ALGORITHM_ES256, MESSAGE,
                                      jwkeep_span_of(signature, size), NULL),
                     JWKEEP_OK);
    jk_key_free(key);
}

static void a_failing_engine_leaves_no_key(void **state) {
    (void)state;
    jk_key *key = NULL;
    counts.failure = JWKEEP_OUT_OF_MEMORY;
    assert_int_equal(make(&ANY, JWKEEP_KTY_EC, JWKEEP_CRV_P256, &key), JWKEEP_OUT_OF_MEMORY);
    assert_null(key);
    assert_int_equal(counts.freed, 0);
}

static void the_list_ends_in_openssl(void **state) {
    (void)state;
    size_t count = 0;
    while (jwkeep_engine_name(count)) {
        assert_true(jk_engine_is_known(jwkeep_engine_name(count)));
        count++;
    }
    assert_string_equal(jwkeep_engine_name(count - 1), "openssl");
    assert_null(jwkeep_engine_name(SIZE_MAX));
    assert_false(jk_engine_is_known("no-such"));
    assert_false(jk_engine_is_known(""));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_key_is_verified_with_the_engine_that_takes_it, set_up),
        cmocka_unit_test_setup(what_is_declined_falls_through_to_the_next, set_up),
        cmocka_unit_test_setup(what_all_decline_is_verified_by_openssl, set_up),
        cmocka_unit_test_setup(an_algorithm_an_engine_does_not_name_is_left_to_openssl, set_up),
        cmocka_unit_test_setup(an_algorithm_that_is_not_for_the_key_has_no_engine, set_up),
        cmocka_unit_test_setup(a_choice_of_openssl_keeps_others_from_being_asked, set_up),
        cmocka_unit_test_setup(a_choice_of_one_engine_keeps_the_others_from_being_asked,
                               set_up),
        cmocka_unit_test_setup(a_verification_can_be_restricted_as_well, set_up),
        cmocka_unit_test_setup(an_engine_sees_no_private_number, set_up),
        cmocka_unit_test_setup(no_engine_is_asked_about_a_symmetric_key, set_up),
        cmocka_unit_test_setup(signing_stays_with_openssl, set_up),
        cmocka_unit_test_setup(a_failing_engine_leaves_no_key, set_up),
        cmocka_unit_test_setup(the_list_ends_in_openssl, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
