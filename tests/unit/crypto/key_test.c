/* SPDX-License-Identifier: Apache-2.0
 *
 * Which numbers make a key, and what is said about those that do not. */
#include "crypto/algorithm.h"
#include "crypto/engine.h"
#include "crypto/key.h"
#include <openssl/err.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define ARENA_MAX_BYTES 65536u

/* A key of every type with its numbers, which tests copy and spoil. */
typedef struct fixture {
    jk_arena arena;
    jk_key *rsa, *p256, *p521, *ed25519, *oct;
    jk_key_material rsa_numbers, p256_numbers, p521_numbers, ed25519_numbers, oct_numbers;
} fixture;

static fixture shared;

static int generate(jwkeep_kty kty, jwkeep_crv crv, jk_key **key, jk_key_material *numbers) {
    return jk_key_generate(kty, crv, 0, key, NULL) ||
           jk_key_export(*key, &shared.arena, numbers, NULL);
}

static int set_up(void **state) {
    (void)state;
    jk_arena_init(&shared.arena, ARENA_MAX_BYTES);
    return generate(JWKEEP_KTY_RSA, JWKEEP_CRV_ABSENT, &shared.rsa, &shared.rsa_numbers) ||
           generate(JWKEEP_KTY_EC, JWKEEP_CRV_P256, &shared.p256, &shared.p256_numbers) ||
           generate(JWKEEP_KTY_EC, JWKEEP_CRV_P521, &shared.p521, &shared.p521_numbers) ||
           generate(JWKEEP_KTY_OKP, JWKEEP_CRV_ED25519, &shared.ed25519,
                    &shared.ed25519_numbers) ||
           generate(JWKEEP_KTY_OCT, JWKEEP_CRV_ABSENT, &shared.oct, &shared.oct_numbers);
}

static int tear_down(void **state) {
    (void)state;
    jk_key_free(shared.rsa);
    jk_key_free(shared.p256);
    jk_key_free(shared.p521);
    jk_key_free(shared.ed25519);
    jk_key_free(shared.oct);
    jk_arena_done(&shared.arena);
    return 0;
}

static void assert_refused(const jk_key_material *material, jwkeep_code expected,
                           const char *where) {
    jk_key *const untouched = (jk_key *)&shared;
    jk_key *key = untouched;
    jwkeep_error error = {0};
    jwkeep_code code = jk_key_import(material, &key, &error);
    assert_int_equal(ERR_peek_error(), 0);
    if (!code)
        jk_key_free(key);
    assert_int_equal(code, expected);
    assert_int_equal(error.code, expected);
    assert_string_equal(error.where, where);
    assert_ptr_equal(key, untouched);
}

static void assert_usable(const jk_key_material *material) {
    jk_key *key = NULL;
    assert_int_equal(jk_key_import(material, &key, NULL), JWKEEP_OK);
    jk_key_free(key);
}

/* A copy of `span` in the arena, with room for one byte more. */
static uint8_t *copy(jwkeep_span span) {
    uint8_t *bytes = jk_arena_bytes(&shared.arena, span.size + 1);
    assert_non_null(bytes);
    memcpy(bytes, span.data, span.size);
    bytes[span.size] = 0;
    return bytes;
}

static jwkeep_span with_changed_byte(jwkeep_span span, size_t at, uint8_t mask) {
    uint8_t *bytes = copy(span);
    bytes[at] ^= mask;
    return jwkeep_span_of(bytes, span.size);
}

static jwkeep_span with_leading_zero(jwkeep_span span) {
    uint8_t *bytes = copy(span);
    memmove(bytes + 1, bytes, span.size);
    bytes[0] = 0;
    return jwkeep_span_of(bytes, span.size + 1);
}

static jk_key_material public_of(jk_key_material numbers) {
    numbers.d = numbers.p = numbers.q = JWKEEP_SPAN_NONE;
    numbers.dp = numbers.dq = numbers.qi = JWKEEP_SPAN_NONE;
    return numbers;
}

static void accepts_public_and_private_numbers(void **state) {
    (void)state;
    const jk_key_material *all[] = {&shared.rsa_numbers, &shared.p256_numbers,
                                    &shared.p521_numbers, &shared.ed25519_numbers,
                                    &shared.oct_numbers};
    for (size_t i = 0; i < JK_COUNT_OF(all); i++) {
        assert_usable(all[i]);
        jk_key_material material = public_of(*all[i]);
        assert_usable(&material);
    }
}

static void tells_type_curve_size_and_privacy(void **state) {
    (void)state;
    assert_int_equal(jk_key_kty(shared.p521), JWKEEP_KTY_EC);
    assert_int_equal(jk_key_crv(shared.p521), JWKEEP_CRV_P521);
    assert_int_equal(jk_key_bits(shared.p521), 521);
    assert_int_equal(jk_key_bits(shared.rsa), 2048);
    assert_int_equal(jk_key_bits(shared.oct), 256);
    assert_int_equal(jk_key_bits(shared.ed25519), 256);
    assert_true(jk_key_is_private(shared.rsa));
    assert_true(jk_key_is_private(shared.oct));
    jk_key_material material = public_of(shared.rsa_numbers);
    jk_key *key = NULL;
    assert_int_equal(jk_key_import(&material, &key, NULL), JWKEEP_OK);
    bool is_private = jk_key_is_private(key);
    jk_key_free(key);
    assert_false(is_private);
}

static void exports_only_the_members_of_the_type(void **state) {
    (void)state;
    jk_key_material material = shared.p256_numbers;
    material.n = material.k = JWKEEP_SPAN("stray");
    jk_key *key = NULL;
    jk_key_material exported = {0};
    assert_int_equal(jk_key_import(&material, &key, NULL), JWKEEP_OK);
    jwkeep_code code = jk_key_export(key, &shared.arena, &exported, NULL);
    jk_key_free(key);
    assert_int_equal(code, JWKEEP_OK);
    assert_false(jwkeep_span_is_present(exported.n));
    assert_false(jwkeep_span_is_present(exported.k));
    assert_true(jwkeep_span_equals(exported.x, shared.p256_numbers.x));
    assert_true(jwkeep_span_equals(exported.d, shared.p256_numbers.d));
}

static void refuses_an_export_that_does_not_fit(void **state) {
    (void)state;
    jk_arena small;
    jk_arena_init(&small, 16);
    jk_key_material exported = {0};
    jwkeep_code code = jk_key_export(shared.rsa, &small, &exported, NULL);
    jk_arena_done(&small);
    assert_int_equal(code, JWKEEP_OUT_OF_MEMORY);
    assert_int_equal(exported.kty, JWKEEP_KTY_ABSENT);
}

static void refuses_an_unknown_type_or_curve(void **state) {
    (void)state;
    jk_key_material material = {.kty = JWKEEP_KTY_ABSENT};
    assert_refused(&material, JWKEEP_JWK_KTY_UNSUPPORTED, "kty");
    material = shared.p256_numbers;
    material.crv = JWKEEP_CRV_ED25519;
    assert_refused(&material, JWKEEP_JWK_CRV_UNSUPPORTED, "crv");
    material = shared.ed25519_numbers;
    material.crv = JWKEEP_CRV_P256;
    assert_refused(&material, JWKEEP_JWK_CRV_UNSUPPORTED, "crv");
}

static void refuses_a_missing_member(void **state) {
    (void)state;
    jk_key_material material = shared.rsa_numbers;
    material.n = JWKEEP_SPAN_NONE;
    assert_refused(&material, JWKEEP_JWK_MEMBER_MISSING, "n");
    material = shared.rsa_numbers;
    material.e = JWKEEP_SPAN_NONE;
    assert_refused(&material, JWKEEP_JWK_MEMBER_MISSING, "e");
    material = shared.p256_numbers;
    material.y = JWKEEP_SPAN_NONE;
    assert_refused(&material, JWKEEP_JWK_MEMBER_MISSING, "y");
    material = shared.ed25519_numbers;
    material.x = JWKEEP_SPAN_NONE;
    assert_refused(&material, JWKEEP_JWK_MEMBER_MISSING, "x");
    material = shared.oct_numbers;
    material.k = JWKEEP_SPAN_NONE;
    assert_refused(&material, JWKEEP_JWK_MEMBER_MISSING, "k");
}

/* RFC 7518 §6.3.2 */
static void refuses_some_but_not_all_rsa_factors(void **state) {
    (void)state;
    jk_key_material material = shared.rsa_numbers;
    material.qi = JWKEEP_SPAN_NONE;
    assert_refused(&material, JWKEEP_JWK_MEMBER_MISSING, "qi");
    material = shared.rsa_numbers;
    material.d = JWKEEP_SPAN_NONE;
    assert_refused(&material, JWKEEP_JWK_MEMBER_MISSING, "d");
    material = public_of(shared.rsa_numbers);
    material.q = shared.rsa_numbers.q;
    assert_refused(&material, JWKEEP_JWK_MEMBER_MISSING, "d");
}

static void refuses_leading_zeros_in_rsa_numbers(void **state) {
    (void)state;
    jk_key_material material = public_of(shared.rsa_numbers);
    material.n = with_leading_zero(material.n);
    assert_refused(&material, JWKEEP_JWK_MEMBER_INVALID, "n");
    material = public_of(shared.rsa_numbers);
    material.e = with_leading_zero(material.e);
    assert_refused(&material, JWKEEP_JWK_MEMBER_INVALID, "e");
    material = shared.rsa_numbers;
    material.dp = with_leading_zero(material.dp);
    assert_refused(&material, JWKEEP_JWK_MEMBER_INVALID, "dp");
    material = shared.rsa_numbers;
    material.p = JWKEEP_SPAN("");
    assert_refused(&material, JWKEEP_JWK_MEMBER_INVALID, "p");
}

static void refuses_a_small_a_large_and_an_even_modulus(void **state) {
    (void)state;
    static uint8_t large[JK_RSA_MAX_BITS / 8 + 1];
    memset(large, 0xff, sizeof large);
    jk_key_material material = public_of(shared.rsa_numbers);
    material.n = with_changed_byte(material.n, 0, 0x80);
    assert_refused(&material, JWKEEP_JWK_TOO_WEAK, "n"); /* 2047 bits */
    material.n = jwkeep_span_of(large, 1);
    assert_refused(&material, JWKEEP_JWK_TOO_WEAK, "n");
    material.n = jwkeep_span_of(large, sizeof large);
    assert_refused(&material, JWKEEP_JWK_TOO_LARGE, "n");
    material.n = jwkeep_span_of(large, sizeof large - 1);
    assert_usable(&material);
    material.n = with_changed_byte(shared.rsa_numbers.n, shared.rsa_numbers.n.size - 1, 1);
    assert_refused(&material, JWKEEP_JWK_MEMBER_INVALID, "n");
}

static void refuses_an_rsa_exponent_that_is_even_or_one_or_huge(void **state) {
    (void)state;
    const jwkeep_span refused[] = {
        JWKEEP_SPAN("\x01"),
        JWKEEP_SPAN("\x02"),
        JWKEEP_SPAN("\x01\x00\x00"),
        JWKEEP_SPAN("\x01\x00\x00\x00\x00\x00\x00\x00\x01"),
        JWKEEP_SPAN(""),
    };
    jk_key_material material = public_of(shared.rsa_numbers);
    for (size_t i = 0; i < JK_COUNT_OF(refused); i++) {
        material.e = refused[i];
        assert_refused(&material, JWKEEP_JWK_MEMBER_INVALID, "e");
    }
    material.e = JWKEEP_SPAN("\x03");
    assert_usable(&material);
    material.e = JWKEEP_SPAN("\xff\xff\xff\xff\xff\xff\xff\xff");
    assert_usable(&material);
}

static void refuses_a_private_rsa_number_wider_than_the_modulus(void **state) {
    (void)state;
    uint8_t wide[257];
    memset(wide, 0xff, sizeof wide);
    jk_key_material material = shared.rsa_numbers;
    material.d = jwkeep_span_of(wide, sizeof wide);
    assert_refused(&material, JWKEEP_JWK_MEMBER_INVALID, "d");
}

/* Each private number of an RSA key is tied to the others. */
static void refuses_rsa_numbers_that_do_not_belong_together(void **state) {
    (void)state;
    for (int i = 0; i < 6; i++) {
        jk_key_material material = shared.rsa_numbers;
        jwkeep_span *members[] = {&material.d,  &material.p,  &material.q,
                                  &material.dp, &material.dq, &material.qi};
        *members[i] = with_changed_byte(*members[i], members[i]->size - 1, 2);
        assert_refused(&material, JWKEEP_JWK_KEY_MISMATCH, "d");
    }
}

static void refuses_rsa_factors_of_one_and_n(void **state) {
    (void)state;
    jk_key_material material = shared.rsa_numbers;
    material.p = JWKEEP_SPAN("\x01");
    material.q = material.n;
    assert_refused(&material, JWKEEP_JWK_KEY_MISMATCH, "d");
}

static void completes_an_rsa_key_of_which_only_d_is_known(void **state) {
    (void)state;
    jk_key_material material = public_of(shared.rsa_numbers);
    material.d = shared.rsa_numbers.d;
    jk_key *key = NULL;
    jk_key_material exported = {0};
    assert_int_equal(jk_key_import(&material, &key, NULL), JWKEEP_OK);
    jwkeep_code code = jk_key_export(key, &shared.arena, &exported, NULL);
    jk_key_free(key);
    assert_int_equal(code, JWKEEP_OK);
    bool is_swapped = !jwkeep_span_equals(exported.p, shared.rsa_numbers.p);
    assert_true(jwkeep_span_equals(exported.p,
                                   is_swapped ? shared.rsa_numbers.q : shared.rsa_numbers.p));
    assert_true(jwkeep_span_equals(exported.dp,
                                   is_swapped ? shared.rsa_numbers.dq : shared.rsa_numbers.dp));
    assert_usable(&exported);
}

static void refuses_an_rsa_d_alone_that_is_of_another_key(void **state) {
    (void)state;
    jk_key_material material = public_of(shared.rsa_numbers);
    material.d = with_changed_byte(shared.rsa_numbers.d, 100, 0x10);
    assert_refused(&material, JWKEEP_JWK_KEY_MISMATCH, "d");
    material.d = with_changed_byte(shared.rsa_numbers.d, shared.rsa_numbers.d.size - 1, 1);
    assert_refused(&material, JWKEEP_JWK_KEY_MISMATCH, "d"); /* even: e · d - 1 is odd */
}

static void refuses_coordinates_of_another_width(void **state) {
    (void)state;
    jk_key_material material = public_of(shared.p256_numbers);
    material.x = with_leading_zero(material.x);
    assert_refused(&material, JWKEEP_JWK_MEMBER_INVALID, "x");
    material = public_of(shared.p521_numbers);
    material.y = jwkeep_span_of(material.y.data + 1, material.y.size - 1);
    assert_refused(&material, JWKEEP_JWK_MEMBER_INVALID, "y");
    material = shared.p256_numbers;
    material.d = with_leading_zero(material.d);
    assert_refused(&material, JWKEEP_JWK_MEMBER_INVALID, "d");
    material = public_of(shared.ed25519_numbers);
    material.x = with_leading_zero(material.x);
    assert_refused(&material, JWKEEP_JWK_MEMBER_INVALID, "x");
    material = shared.ed25519_numbers;
    material.d = jwkeep_span_of(material.d.data, material.d.size - 1);
    assert_refused(&material, JWKEEP_JWK_MEMBER_INVALID, "d");
}

static void refuses_points_off_the_curve(void **state) {
    (void)state;
    static const uint8_t zeros[32];
    uint8_t ones[32];
    memset(ones, 0xff, sizeof ones);
    jk_key_material material = public_of(shared.p256_numbers);
    material.y = with_changed_byte(material.y, 31, 1);
    assert_refused(&material, JWKEEP_JWK_NOT_ON_CURVE, "x");
    material.x = material.y = jwkeep_span_of(zeros, sizeof zeros);
    assert_refused(&material, JWKEEP_JWK_NOT_ON_CURVE, "x");
    material = public_of(shared.p256_numbers);
    material.x = jwkeep_span_of(ones, sizeof ones); /* not below the field's prime */
    assert_refused(&material, JWKEEP_JWK_NOT_ON_CURVE, "x");
    material = public_of(shared.p256_numbers);
    material.crv = JWKEEP_CRV_SECP256K1;
    assert_refused(&material, JWKEEP_JWK_NOT_ON_CURVE, "x");
}

static void refuses_a_private_ec_number_out_of_range(void **state) {
    (void)state;
    static const uint8_t zeros[32];
    jk_key_material material = shared.p256_numbers;
    material.d = jwkeep_span_of(zeros, sizeof zeros);
    assert_refused(&material, JWKEEP_JWK_MEMBER_INVALID, "d");
    material.d = jwkeep_span_of(jk_crv_order(JWKEEP_CRV_P256), 32);
    assert_refused(&material, JWKEEP_JWK_MEMBER_INVALID, "d");
}

static void refuses_a_private_number_of_another_public_key(void **state) {
    (void)state;
    jk_key_material material = shared.p256_numbers;
    material.d = with_changed_byte(material.d, 31, 3);
    assert_refused(&material, JWKEEP_JWK_KEY_MISMATCH, "d");
    material = shared.ed25519_numbers;
    material.d = with_changed_byte(material.d, 0, 1);
    assert_refused(&material, JWKEEP_JWK_KEY_MISMATCH, "d");
}

static void refuses_an_empty_and_an_oversized_oct_key(void **state) {
    (void)state;
    static const uint8_t large[JK_OCT_MAX_BYTES + 1];
    jk_key_material material = {.kty = JWKEEP_KTY_OCT, .k = JWKEEP_SPAN("")};
    assert_refused(&material, JWKEEP_JWK_TOO_WEAK, "k");
    material.k = jwkeep_span_of(large, sizeof large);
    assert_refused(&material, JWKEEP_JWK_TOO_LARGE, "k");
    material.k = jwkeep_span_of(large, sizeof large - 1);
    assert_usable(&material);
    material.k = jwkeep_span_of(large, 1);
    assert_usable(&material);
}

/* RFC 7518 §3.2 */
static void does_not_use_an_hmac_key_shorter_than_the_hash(void **state) {
    (void)state;
    uint8_t signature[JK_SIGNATURE_MAX_BYTES];
    size_t size = 0;
    jwkeep_error error;
    assert_int_equal(jk_key_sign(shared.oct, JWKEEP_ALGORITHM_HS256, JWKEEP_SPAN("m"),
                                 signature, &size, NULL),
                     JWKEEP_OK);
    assert_int_equal(size, 32);
    assert_int_equal(jk_key_sign(shared.oct, JWKEEP_ALGORITHM_HS384, JWKEEP_SPAN("m"),
                                 signature, &size, &error),
                     JWKEEP_MISUSE_KEY_ALG);
    assert_string_equal(error.clause, "RFC 7518 §3.2");
    assert_int_equal(jk_key_verify(shared.oct, JWKEEP_ALGORITHM_HS384, JWKEEP_SPAN("m"),
                                   jwkeep_span_of(signature, 48), &error),
                     JWKEEP_KEY_ALG_MISMATCH);
    assert_string_equal(error.clause, "RFC 7518 §3.2");
}

static void does_not_sign_with_a_public_key(void **state) {
    (void)state;
    uint8_t signature[JK_SIGNATURE_MAX_BYTES];
    size_t size = 77;
    const jk_key_material numbers[] = {public_of(shared.rsa_numbers),
                                       public_of(shared.p256_numbers),
                                       public_of(shared.ed25519_numbers)};
    const jwkeep_algorithm algorithms[] = {JWKEEP_ALGORITHM_PS256, JWKEEP_ALGORITHM_ES256,
                                           JWKEEP_ALGORITHM_EDDSA};
    for (size_t i = 0; i < JK_COUNT_OF(numbers); i++) {
        jk_key *key = NULL;
        assert_int_equal(jk_key_import(&numbers[i], &key, NULL), JWKEEP_OK);
        jwkeep_code code =
            jk_key_sign(key, algorithms[i], JWKEEP_SPAN("m"), signature, &size, NULL);
        jk_key_free(key);
        assert_int_equal(code, JWKEEP_MISUSE_PRIVATE_NEEDED);
        assert_int_equal(size, 77);
    }
}

static void refuses_to_generate_what_it_would_not_import(void **state) {
    (void)state;
    const struct {
        jwkeep_kty kty;
        jwkeep_crv crv;
        size_t bits;
    } cases[] = {
        {JWKEEP_KTY_ABSENT, JWKEEP_CRV_ABSENT, 0},
        {JWKEEP_KTY_RSA, JWKEEP_CRV_ABSENT, 1024},
        {JWKEEP_KTY_RSA, JWKEEP_CRV_ABSENT, 2049},
        {JWKEEP_KTY_RSA, JWKEEP_CRV_ABSENT, JK_RSA_MAX_BITS + 8},
        {JWKEEP_KTY_RSA, JWKEEP_CRV_P256, 2048},
        {JWKEEP_KTY_EC, JWKEEP_CRV_ABSENT, 0},
        {JWKEEP_KTY_EC, JWKEEP_CRV_ED25519, 0},
        {JWKEEP_KTY_EC, JWKEEP_CRV_P256, 256},
        {JWKEEP_KTY_OKP, JWKEEP_CRV_P256, 0},
        {JWKEEP_KTY_OCT, JWKEEP_CRV_ABSENT, 248},
        {JWKEEP_KTY_OCT, JWKEEP_CRV_ABSENT, 257},
        {JWKEEP_KTY_OCT, JWKEEP_CRV_ABSENT, JK_OCT_MAX_BYTES * 8 + 8},
    };
    for (size_t i = 0; i < JK_COUNT_OF(cases); i++) {
        jk_key *key = NULL;
        jwkeep_error error;
        assert_int_equal(
            jk_key_generate(cases[i].kty, cases[i].crv, cases[i].bits, &key, &error),
            JWKEEP_MISUSE_ARGUMENT);
        assert_int_equal(error.code, JWKEEP_MISUSE_ARGUMENT);
        assert_null(key);
    }
}

static void generates_another_key_each_time(void **state) {
    (void)state;
    jk_key *key = NULL;
    jk_key_material numbers = {0};
    assert_int_equal(generate(JWKEEP_KTY_EC, JWKEEP_CRV_P256, &key, &numbers), 0);
    jk_key_free(key);
    assert_false(jwkeep_span_equals(numbers.d, shared.p256_numbers.d));
    key = NULL;
    assert_int_equal(generate(JWKEEP_KTY_OCT, JWKEEP_CRV_ABSENT, &key, &numbers), 0);
    jk_key_free(key);
    assert_false(jwkeep_span_equals(numbers.k, shared.oct_numbers.k));
}

static void frees_nothing_without_complaint(void **state) {
    (void)state;
    jk_key_free(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accepts_public_and_private_numbers),
        cmocka_unit_test(tells_type_curve_size_and_privacy),
        cmocka_unit_test(exports_only_the_members_of_the_type),
        cmocka_unit_test(refuses_an_export_that_does_not_fit),
        cmocka_unit_test(refuses_an_unknown_type_or_curve),
        cmocka_unit_test(refuses_a_missing_member),
        cmocka_unit_test(refuses_some_but_not_all_rsa_factors),
        cmocka_unit_test(refuses_leading_zeros_in_rsa_numbers),
        cmocka_unit_test(refuses_a_small_a_large_and_an_even_modulus),
        cmocka_unit_test(refuses_an_rsa_exponent_that_is_even_or_one_or_huge),
        cmocka_unit_test(refuses_a_private_rsa_number_wider_than_the_modulus),
        cmocka_unit_test(refuses_rsa_numbers_that_do_not_belong_together),
        cmocka_unit_test(refuses_rsa_factors_of_one_and_n),
        cmocka_unit_test(completes_an_rsa_key_of_which_only_d_is_known),
        cmocka_unit_test(refuses_an_rsa_d_alone_that_is_of_another_key),
        cmocka_unit_test(refuses_coordinates_of_another_width),
        cmocka_unit_test(refuses_points_off_the_curve),
        cmocka_unit_test(refuses_a_private_ec_number_out_of_range),
        cmocka_unit_test(refuses_a_private_number_of_another_public_key),
        cmocka_unit_test(refuses_an_empty_and_an_oversized_oct_key),
        cmocka_unit_test(does_not_use_an_hmac_key_shorter_than_the_hash),
        cmocka_unit_test(does_not_sign_with_a_public_key),
        cmocka_unit_test(refuses_to_generate_what_it_would_not_import),
        cmocka_unit_test(generates_another_key_each_time),
        cmocka_unit_test(frees_nothing_without_complaint),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
