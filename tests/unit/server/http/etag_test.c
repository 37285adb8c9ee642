/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the tests of entity tags. */
#include "server/http/etag.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static bool matches(const char *if_none_match) {
    return http_etag_matches(jwkeep_span_text(if_none_match), "\"a\"");
}

static void finds_the_tag_in_a_list(void **state) {
    (void)state;
    assert_true(matches("\"a\""));
    assert_true(matches("W/\"a\""));
    assert_true(matches("\"b\" , \"a\""));
    assert_true(matches("\"b\",W/\"a\",\"c\""));
    assert_true(matches("*"));
}

static void finds_nothing_else(void **state) {
    (void)state;
    assert_false(matches(NULL));
    assert_false(matches(""));
    assert_false(matches(","));
    assert_false(matches("a"));
    assert_false(matches("\"A\""));
    assert_false(matches("w/\"a\""));
    assert_false(matches("W/"));
    assert_false(matches("\"ab\", \"\""));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_the_tag_in_a_list),
        cmocka_unit_test(finds_nothing_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
