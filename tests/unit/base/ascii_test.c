/* SPDX-License-Identifier: Apache-2.0
 *
 * Every byte: which are letters and digits, and what they are worth. */
#include "base/ascii.h"
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const char letters[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

static void knows_letters_and_digits(void **state) {
    (void)state;
    for (unsigned byte = 0; byte < 256; byte++) {
        bool is_one = byte != 0 && strchr(letters, (int)byte) != NULL;
        assert_int_equal(jk_ascii_is_alphanumeric((uint8_t)byte), is_one);
        bool is_upper = byte >= 'A' && byte <= 'Z';
        assert_int_equal(jk_ascii_lower((uint8_t)byte), is_upper ? byte + 32 : byte);
    }
}

static void knows_hexadecimal_digits(void **state) {
    (void)state;
    static const char digits[] = "0123456789abcdef";
    for (unsigned byte = 0; byte < 256; byte++) {
        const char *at = byte ? strchr(digits, jk_ascii_lower((uint8_t)byte)) : NULL;
        assert_int_equal(jk_ascii_hex_digit((uint8_t)byte), at ? (int)(at - digits) : -1);
    }
}

static void compares_without_regard_to_case(void **state) {
    (void)state;
    assert_true(jk_ascii_equals_ignoring_case(JWKEEP_SPAN("at+JWT"), JWKEEP_SPAN("AT+jwt")));
    assert_true(jk_ascii_equals_ignoring_case(JWKEEP_SPAN(""), JWKEEP_SPAN_NONE));
    assert_false(jk_ascii_equals_ignoring_case(JWKEEP_SPAN("a"), JWKEEP_SPAN("ab")));
    assert_false(jk_ascii_equals_ignoring_case(JWKEEP_SPAN("@"), JWKEEP_SPAN("`")));
    assert_false(jk_ascii_equals_ignoring_case(JWKEEP_SPAN("["), JWKEEP_SPAN("{")));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(knows_letters_and_digits),
        cmocka_unit_test(knows_hexadecimal_digits),
        cmocka_unit_test(compares_without_regard_to_case),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
