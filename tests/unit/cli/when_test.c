/* SPDX-License-Identifier: Apache-2.0
 *
 * Times in words, and the ways to give one. */
#include "cli/when.h"
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define NOW 1700000000

static char text[WHEN_TEXT_BYTES];

static const char *relative(int64_t distance_s) {
    when_relative(NOW + distance_s, NOW, text);
    return text;
}

static void says_a_date_in_utc(void **state) {
    (void)state;
    assert_true(when_date(0, text));
    assert_string_equal(text, "1970-01-01 00:00:00 UTC");
    assert_true(when_date(NOW, text));
    assert_string_equal(text, "2023-11-14 22:13:20 UTC");
    assert_true(when_date(WHEN_MAX_S, text));
    assert_string_equal(text, "9999-12-31 23:59:59 UTC");
}

static void says_no_date_outside_the_range(void **state) {
    (void)state;
    assert_false(when_date(-1, text));
    assert_false(when_date(WHEN_MAX_S + 1, text));
}

static void says_how_far_away_a_time_is(void **state) {
    (void)state;
    assert_string_equal(relative(0), "now");
    assert_string_equal(relative(-1), "1 second ago");
    assert_string_equal(relative(59), "in 59 seconds");
    assert_string_equal(relative(-60), "1 minute ago");
    assert_string_equal(relative(-180), "3 minutes ago");
    assert_string_equal(relative(3600), "in 1 hour");
    assert_string_equal(relative(2 * 86400), "in 2 days");
    assert_string_equal(relative(-31557600), "1 year ago");
}

static void reads_times_from_now_and_from_1970(void **state) {
    (void)state;
    int64_t time_s = 0;
    assert_true(when_read("now", NOW, &time_s));
    assert_int_equal(time_s, NOW);
    assert_true(when_read("+300", NOW, &time_s));
    assert_int_equal(time_s, NOW + 300);
    assert_true(when_read("-300", NOW, &time_s));
    assert_int_equal(time_s, NOW - 300);
    assert_true(when_read("300", NOW, &time_s));
    assert_int_equal(time_s, 300);
}

static void refuses_what_is_no_time(void **state) {
    (void)state;
    static const char *const BAD[] = {"",    "+",     "-",   "soon",         "+-1",
                                      "1.5", "now+1", "++1", "253402300800", "-1700000001"};
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        int64_t time_s = 7;
        if (when_read(BAD[i], NOW, &time_s))
            fail_msg("\"%s\" is taken", BAD[i]);
        assert_int_equal(time_s, 7);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(says_a_date_in_utc),
        cmocka_unit_test(says_no_date_outside_the_range),
        cmocka_unit_test(says_how_far_away_a_time_is),
        cmocka_unit_test(reads_times_from_now_and_from_1970),
        cmocka_unit_test(refuses_what_is_no_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
