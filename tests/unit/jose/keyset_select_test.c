/* SPDX-License-Identifier: Apache-2.0
 *
 * The rules by which keys are chosen from a set, each alone and against the others. */
#include "base/attributes.h"
#include "support/jose.h"
#include "unit/jose/vectors.h"
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define EC_A                                                                                   \
    "\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" RFC7517_EC_X "\",\"y\":\"" RFC7517_EC_Y "\""
#define OKP "\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"" RFC8037_X "\""
#define MAX_KEYS 8

/* By position: 0 and 1 share a kid; 2 is for encryption; 3 private; 4 and 5 without kid. */
static jwkeep_keyset *set;

static int make_set(void **state) {
    (void)state;
    set = keyset_of("{\"keys\":["
                    "{" EC_A ",\"kid\":\"twice\",\"alg\":\"ES256\"},"
                    "{" OKP ",\"kid\":\"twice\"},"
                    "{" EC_A ",\"kid\":\"enc\",\"use\":\"enc\"},"
                    "{" EC_A ",\"kid\":\"own\",\"d\":\"" RFC7517_EC_D
                    "\",\"key_ops\":[\"sign\"]},"
                    "{" OKP "},"
                    "{" EC_A ",\"key_ops\":[\"verify\",\"other\"]}]}");
    return 0;
}

static int free_set(void **state) {
    (void)state;
    jwkeep_keyset_unref(set);
    return 0;
}

/* Chosen keys as a number whose decimal digits are their positions plus one. */
static int chosen(jwkeep_keyset_selection selection, size_t capacity) {
    jwkeep_jwk *keys[MAX_KEYS] = {NULL};
    size_t count = 99;
    jwkeep_error error = {0};
    jwkeep_code code = jwkeep_keyset_select(set, &selection, capacity, keys, &count, &error);
    assert_int_equal(error.code, code);
    if (code) {
        assert_int_equal(count, 99);
        return -(int)code;
    }
    int digits = 0;
    for (size_t i = 0; i < count; i++)
        digits = digits * 10 + (int)jwkeep_keyset_index_of(set, keys[i]) + 1;
    return digits;
}

#define CHOSEN(...) chosen((jwkeep_keyset_selection){__VA_ARGS__}, MAX_KEYS)
#define KID(text) .kid = JWKEEP_SPAN(text)

static void takes_every_key_with_the_kid(void **state) {
    (void)state;
    assert_int_equal(CHOSEN(KID("twice")), 12);
    assert_int_equal(CHOSEN(KID("own")), 4);
    assert_int_equal(CHOSEN(KID("nobody")), -JWKEEP_KID_UNKNOWN);
    assert_int_equal(CHOSEN(KID("")), -JWKEEP_KID_UNKNOWN);
    assert_int_equal(CHOSEN(.algorithm = JWKEEP_ALGORITHM_ABSENT), 123456);
}

static void tells_keys_of_one_kid_apart_by_algorithm(void **state) {
    (void)state;
    assert_int_equal(CHOSEN(KID("twice"), .algorithm = JWKEEP_ALGORITHM_ES256), 1);
    assert_int_equal(CHOSEN(KID("twice"), .algorithm = JWKEEP_ALGORITHM_EDDSA), 2);
    assert_int_equal(CHOSEN(KID("twice"), .algorithm = JWKEEP_ALGORITHM_RS256),
                     -JWKEEP_KEY_ALG_MISMATCH);
    assert_int_equal(CHOSEN(KID("enc"), .algorithm = JWKEEP_ALGORITHM_ES256),
                     -JWKEEP_KEY_USE_FORBIDDEN);
}

static void infers_the_algorithm_unless_the_key_must_name_it(void **state) {
    (void)state;
    assert_int_equal(CHOSEN(.algorithm = JWKEEP_ALGORITHM_EDDSA), 25);
    assert_int_equal(CHOSEN(.algorithm = JWKEEP_ALGORITHM_EDDSA, .is_key_alg_required = true),
                     -JWKEEP_KEY_ALG_MISMATCH);
    assert_int_equal(CHOSEN(.algorithm = JWKEEP_ALGORITHM_ES256, .is_key_alg_required = true),
                     1);
}

static void may_require_a_kid_or_have_a_default(void **state) {
    (void)state;
    assert_int_equal(CHOSEN(.is_kid_required = true), -JWKEEP_KID_MISSING);
    assert_int_equal(CHOSEN(.default_key = jwkeep_keyset_at(set, 4)), 5);
    assert_int_equal(CHOSEN(KID("own"), .default_key = jwkeep_keyset_at(set, 4)), 4);
    assert_int_equal(CHOSEN(KID("nobody"), .default_key = jwkeep_keyset_at(set, 4)),
                     -JWKEEP_KID_UNKNOWN);
    assert_int_equal(
        CHOSEN(.algorithm = JWKEEP_ALGORITHM_ES256, .default_key = jwkeep_keyset_at(set, 4)),
        -JWKEEP_KEY_ALG_MISMATCH);
}

static void may_want_one_key_alone(void **state) {
    (void)state;
    assert_int_equal(CHOSEN(KID("twice"), .is_kid_unique = true), -JWKEEP_KEY_AMBIGUOUS);
    assert_int_equal(
        CHOSEN(KID("twice"), .algorithm = JWKEEP_ALGORITHM_ES256, .is_kid_unique = true), 1);
    /* One place to put it is no excuse. */
    assert_int_equal(chosen((jwkeep_keyset_selection){KID("twice"), .is_kid_unique = true}, 1),
                     -JWKEEP_KEY_AMBIGUOUS);
}

static void holds_use_and_key_ops_against_the_operation(void **state) {
    (void)state;
    assert_int_equal(CHOSEN(.operation = JWKEEP_JWK_OP_SIGN), 4);
    assert_int_equal(CHOSEN(.operation = JWKEEP_JWK_OP_VERIFY), 1256);
    assert_int_equal(CHOSEN(.operation = JWKEEP_JWK_OP_DERIVE_KEY), 235);
    assert_int_equal(
        CHOSEN(.operation = JWKEEP_JWK_OP_SIGN, .algorithm = JWKEEP_ALGORITHM_ES256), 4);
    assert_int_equal(
        CHOSEN(.operation = JWKEEP_JWK_OP_SIGN, .algorithm = JWKEEP_ALGORITHM_EDDSA),
        -JWKEEP_KEY_USE_FORBIDDEN);
}

static void gives_no_more_keys_than_there_is_room_for(void **state) {
    (void)state;
    assert_int_equal(chosen((jwkeep_keyset_selection){.is_kid_required = false}, 3), 123);
    assert_int_equal(chosen((jwkeep_keyset_selection){KID("twice")}, 1), 1);
    assert_int_equal(chosen((jwkeep_keyset_selection){KID("twice")}, 0),
                     -JWKEEP_MISUSE_ARGUMENT);
}

static void refuses_an_operation_that_is_none(void **state) {
    (void)state;
    assert_int_equal(CHOSEN(.operation = JWKEEP_JWK_OP_OTHER), -JWKEEP_MISUSE_ARGUMENT);
    assert_int_equal(
        CHOSEN(.operation = (jwkeep_jwk_op)(JWKEEP_JWK_OP_SIGN | JWKEEP_JWK_OP_VERIFY)),
        -JWKEEP_MISUSE_ARGUMENT);
    assert_int_equal(
        CHOSEN(.operation = JWKEEP_JWK_OP_ENCRYPT, .algorithm = JWKEEP_ALGORITHM_ES256),
        -JWKEEP_MISUSE_ARGUMENT);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_every_key_with_the_kid),
        cmocka_unit_test(tells_keys_of_one_kid_apart_by_algorithm),
        cmocka_unit_test(infers_the_algorithm_unless_the_key_must_name_it),
        cmocka_unit_test(may_require_a_kid_or_have_a_default),
        cmocka_unit_test(may_want_one_key_alone),
        cmocka_unit_test(holds_use_and_key_ops_against_the_operation),
        cmocka_unit_test(gives_no_more_keys_than_there_is_room_for),
        cmocka_unit_test(refuses_an_operation_that_is_none),
    };
    return cmocka_run_group_tests(tests, make_set, free_set);
}
