/* SPDX-License-Identifier: Apache-2.0
 *
 * The guess at a mistyped word. */
#include "server/nearest.h"
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const char *guess(const char *typed) {
    static const char *const KNOWN[] = {"verify", "sign", "decode", "serve", "jwk", "jwks"};
    nearest found = {0};
    for (size_t i = 0; i < sizeof KNOWN / sizeof KNOWN[0]; i++)
        nearest_offer(&found, typed, KNOWN[i]);
    return found.best;
}

static void finds_a_letter_left_out_added_changed_or_swapped(void **state) {
    (void)state;
    assert_string_equal(guess("verfy"), "verify");
    assert_string_equal(guess("veriffy"), "verify");
    assert_string_equal(guess("verifi"), "verify");
    assert_string_equal(guess("evrify"), "verify");
    assert_string_equal(guess("isgn"), "sign");
}

static void prefers_the_nearer_word(void **state) {
    (void)state;
    assert_string_equal(guess("jwks"), "jwks");
    assert_string_equal(guess("jwk"), "jwk");
}

static void finds_nothing_where_nothing_is_near(void **state) {
    (void)state;
    assert_null(guess("frobnicate"));
    assert_null(guess(""));
    assert_null(guess("design"));
}

static void does_not_guess_at_long_words(void **state) {
    (void)state;
    char word[NEAREST_MAX_BYTES + 2];
    memset(word, 'a', sizeof word);
    word[NEAREST_MAX_BYTES + 1] = '\0';
    nearest found = {0};
    nearest_offer(&found, word, word);
    assert_null(found.best);
    nearest_offer(&found, word + 1, word + 1);
    assert_ptr_equal(found.best, word + 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_a_letter_left_out_added_changed_or_swapped),
        cmocka_unit_test(prefers_the_nearer_word),
        cmocka_unit_test(finds_nothing_where_nothing_is_near),
        cmocka_unit_test(does_not_guess_at_long_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
