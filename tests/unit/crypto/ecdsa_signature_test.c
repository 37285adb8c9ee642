/* SPDX-License-Identifier: Apache-2.0
 *
 * r ‖ s to DER and back, and which DER is not taken. */
#include "crypto/algorithm.h"
#include "crypto/ecdsa_signature.h"
#include "crypto/engine.h"
#include "support/hex.h"
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void assert_der(const char *raw_hex, const char *der_hex) {
    uint8_t raw[2 * JK_ECDSA_NUMBER_MAX_BYTES];
    uint8_t expected[JK_ECDSA_DER_MAX_BYTES];
    uint8_t der[JK_ECDSA_DER_MAX_BYTES];
    uint8_t back[2 * JK_ECDSA_NUMBER_MAX_BYTES];
    jwkeep_span from = hex_decode(raw_hex, raw, sizeof raw);
    jwkeep_span to = hex_decode(der_hex, expected, sizeof expected);
    size_t size = jk_ecdsa_to_der(from, der);
    assert_int_equal(size, to.size);
    assert_memory_equal(der, to.data, size);
    assert_true(jk_ecdsa_from_der(to, from.size / 2, back));
    assert_memory_equal(back, from.data, from.size);
}

static void writes_minimal_integers(void **state) {
    (void)state;
    assert_der("0102", "3006020101020102");
    assert_der("00010080", "300702010102020080");
    assert_der("007f0100", "300702017f02020100");
    assert_der("ffff8000", "300a020300ffff0203008000");
}

static void uses_the_long_form_from_128_bytes_on(void **state) {
    (void)state;
    uint8_t raw[2 * JK_ECDSA_NUMBER_MAX_BYTES];
    uint8_t der[JK_ECDSA_DER_MAX_BYTES];
    uint8_t back[sizeof raw];
    memset(raw, 0xff, sizeof raw);
    size_t size = jk_ecdsa_to_der(jwkeep_span_of(raw, sizeof raw), der);
    assert_int_equal(size, sizeof der);
    assert_int_equal(der[1], 0x81);
    assert_int_equal(der[2], size - 3);
    assert_true(jk_ecdsa_from_der(jwkeep_span_of(der, size), 66, back));
    assert_memory_equal(back, raw, sizeof raw);
}

static void refuses_numbers_that_are_too_wide_or_uneven(void **state) {
    (void)state;
    uint8_t raw[2 * JK_ECDSA_NUMBER_MAX_BYTES + 2] = {1};
    uint8_t der[JK_ECDSA_DER_MAX_BYTES];
    assert_int_equal(jk_ecdsa_to_der(jwkeep_span_of(raw, sizeof raw), der), 0);
    assert_int_equal(jk_ecdsa_to_der(jwkeep_span_of(raw, 63), der), 0);
    assert_int_equal(jk_ecdsa_to_der(JWKEEP_SPAN_NONE, der), 0);
}

static void refuses_der_that_is_not_two_integers(void **state) {
    (void)state;
    static const char *const refused[] = {
        "",
        "30",
        "3006",
        "3006020101020101ff",   /* a byte after the sequence */
        "3007020101020101ff",   /* a byte after the integers */
        "3003020101",           /* one integer */
        "3106020101020101",     /* a set */
        "3006040101020101",     /* an octet string */
        "30070202010202020101", /* lengths past the end */
        "308006020101020101",   /* an indefinite length */
        "3081",
        "300702030100000201", /* wider than asked for */
        "300802040100000002",
    };
    uint8_t bytes[32];
    uint8_t raw[4];
    for (size_t i = 0; i < JK_COUNT_OF(refused); i++)
        assert_false(jk_ecdsa_from_der(hex_decode(refused[i], bytes, sizeof bytes), 2, raw));
}

static void reads_every_prefix_within_bounds(void **state) {
    (void)state;
    uint8_t whole[16];
    uint8_t raw[4];
    jwkeep_span der = hex_decode("300a020300ffff0203008000", whole, sizeof whole);
    for (size_t size = 0; size < der.size; size++)
        assert_false(jk_ecdsa_from_der(jwkeep_span_of(der.data, size), 2, raw));
}

static void knows_which_numbers_are_in_range(void **state) {
    (void)state;
    const jwkeep_crv curves[] = {JWKEEP_CRV_P256, JWKEEP_CRV_P384, JWKEEP_CRV_P521,
                                 JWKEEP_CRV_SECP256K1};
    for (size_t i = 0; i < JK_COUNT_OF(curves); i++) {
        uint8_t number[JK_ECDSA_NUMBER_MAX_BYTES] = {0};
        size_t width = jk_crv_bytes(curves[i]);
        const uint8_t *order = jk_crv_order(curves[i]);
        assert_false(jk_number_is_below(number, order, width));
        number[width - 1] = 1;
        assert_true(jk_number_is_below(number, order, width));
        memcpy(number, order, width);
        assert_false(jk_number_is_below(number, order, width));
        number[width - 1]--; /* orders are odd */
        assert_true(jk_number_is_below(number, order, width));
        memset(number, 0xff, width);
        assert_false(jk_number_is_below(number, order, width));
    }
    assert_null(jk_crv_order(JWKEEP_CRV_ED25519));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_minimal_integers),
        cmocka_unit_test(uses_the_long_form_from_128_bytes_on),
        cmocka_unit_test(refuses_numbers_that_are_too_wide_or_uneven),
        cmocka_unit_test(refuses_der_that_is_not_two_integers),
        cmocka_unit_test(reads_every_prefix_within_bounds),
        cmocka_unit_test(knows_which_numbers_are_in_range),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
