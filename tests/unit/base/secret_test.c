/* SPDX-License-Identifier: Apache-2.0
 *
 * Comparing and wiping secrets: what they answer. That the comparison takes constant time is
 * not something a unit test can tell. */
#include "base/secret.h"
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define MAX_BYTES 150u /* more than two strides, a word and some bytes */

static void sees_every_single_bit_of_every_size(void **state) {
    (void)state;
    uint8_t a[MAX_BYTES];
    uint8_t b[MAX_BYTES];
    memset(a, 0x5a, sizeof a);
    memcpy(b, a, sizeof b);
    for (size_t size = 1; size <= MAX_BYTES; size++) {
        assert_true(jk_secret_equals(jwkeep_span_of(a, size), jwkeep_span_of(b, size)));
        for (size_t bit = 0; bit < size * 8; bit++) {
            b[bit / 8] ^= (uint8_t)(1u << bit % 8);
            assert_false(jk_secret_equals(jwkeep_span_of(a, size), jwkeep_span_of(b, size)));
            b[bit / 8] ^= (uint8_t)(1u << bit % 8);
        }
    }
}

static void takes_other_sizes_as_unequal_and_nothing_as_equal(void **state) {
    (void)state;
    assert_false(jk_secret_equals(JWKEEP_SPAN("abc"), JWKEEP_SPAN("abcd")));
    assert_false(jk_secret_equals(JWKEEP_SPAN("abc"), JWKEEP_SPAN_NONE));
    assert_true(jk_secret_equals(JWKEEP_SPAN_NONE, JWKEEP_SPAN_NONE));
}

static void wipes_the_bytes_it_was_told_to_and_no_other(void **state) {
    (void)state;
    uint8_t bytes[6] = {1, 2, 3, 4, 5, 6};
    static const uint8_t expected[6] = {1, 0, 0, 0, 5, 6};
    jk_secret_wipe(bytes + 1, 3);
    assert_memory_equal(bytes, expected, 6);
    jk_secret_wipe(NULL, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sees_every_single_bit_of_every_size),
        cmocka_unit_test(takes_other_sizes_as_unequal_and_nothing_as_equal),
        cmocka_unit_test(wipes_the_bytes_it_was_told_to_and_no_other),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
