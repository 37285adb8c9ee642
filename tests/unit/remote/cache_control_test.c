/* SPDX-License-Identifier: Apache-2.0
 *
 * How long an answer is good, by its header fields. */
#include "remote/cache_control.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define NOW 784111777 /* Sun, 06 Nov 1994 08:49:37 GMT */

static const jk_lifetime_limits limits = {.min_s = 60, .max_s = 3600, .default_s = 600};

/* Without bounds, to see the number itself. */
static const jk_lifetime_limits wide = {.min_s = 0, .max_s = INT64_MAX, .default_s = 7777};

static int64_t lifetime_of(const char *cache_control, const char *age) {
    jk_cache_fields fields = {.cache_control = jwkeep_span_text(cache_control),
                              .age = jwkeep_span_text(age)};
    return jk_cache_lifetime_s(&fields, &wide, NOW);
}

typedef struct control_row {
    const char *text;
    int64_t lifetime_s;
} control_row;

static void r07_reads_cache_control(void **state) {
    (void)state;
    static const control_row rows[] = {
        {"max-age=300", 300},
        {"public, max-age=300", 300},
        {"MAX-AGE=300", 300},
        {"max-age=\"300\"", 300},
        {" max-age = 300 ", 300},
        {"max-age=300;", 7777},
        {"max-age=-1", 7777},
        {"max-age=", 7777},
        {"max-age", 7777},
        {"max-age=1.5", 7777},
        {"max-age=99999999999999999999", 2147483648},
        {"max-age=0", 0},
        {"max-age=300, max-age=200", 200},
        {"no-store", 0},
        {"No-Cache", 0},
        {"no-cache=\"set-cookie\", max-age=300", 0},
        {"max-age=300, no-store", 0},
        {"s-maxage=10, max-age=300", 300},
        {"x=\"max-age=1\", max-age=300", 300},
        {"x=\"a\\\",max-age=1,b\", max-age=300", 300},
        {"x=\"unclosed, max-age=300", 7777},
        {"xmax-age=1", 7777},
        {",,,max-age=300,,", 300},
        {"must-revalidate", 7777},
        {"", 7777},
        {NULL, 7777},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int64_t got = lifetime_of(rows[i].text, NULL);
        if (got != rows[i].lifetime_s)
            print_error("row %zu: %s\n", i, rows[i].text);
        assert_int_equal(got, rows[i].lifetime_s);
    }
}

static void r07_subtracts_the_age(void **state) {
    (void)state;
    assert_int_equal(lifetime_of("max-age=300", "100"), 200);
    assert_int_equal(lifetime_of("max-age=300", "300"), 0);
    assert_int_equal(lifetime_of("max-age=300", "9999999999999999999999"), 0);
    assert_int_equal(lifetime_of("max-age=300", "soon"), 300);
    assert_int_equal(lifetime_of("max-age=300", "-5"), 300);
    assert_int_equal(lifetime_of("public", "100"), 7777);
}

static void r07_clamps_the_lifetime(void **state) {
    (void)state;
    static const control_row rows[] = {
        {"max-age=0", 60},      {"no-store", 60},           {"max-age=59", 60},
        {"max-age=60", 60},     {"max-age=61", 61},         {"max-age=3600", 3600},
        {"max-age=3601", 3600}, {"max-age=31536000", 3600}, {"", 600},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        jk_cache_fields fields = {.cache_control = jwkeep_span_text(rows[i].text)};
        assert_int_equal(jk_cache_lifetime_s(&fields, &limits, NOW), rows[i].lifetime_s);
    }
}

static int64_t lifetime_until(const char *expires, const char *date) {
    jk_cache_fields fields = {.expires = jwkeep_span_text(expires),
                              .date = jwkeep_span_text(date)};
    return jk_cache_lifetime_s(&fields, &wide, NOW);
}

static void r07_reads_expires_where_max_age_is_missing(void **state) {
    (void)state;
    assert_int_equal(lifetime_until("Sun, 06 Nov 1994 08:59:37 GMT", NULL), 600);
    assert_int_equal(
        lifetime_until("Sun, 06 Nov 1994 08:59:37 GMT", "Sun, 06 Nov 1994 08:58:37 GMT"), 60);
    assert_int_equal(lifetime_until("Sun, 06 Nov 1994 08:00:00 GMT", NULL), 0);
    assert_int_equal(lifetime_until("0", NULL), 0);
    assert_int_equal(lifetime_until("", NULL), 0);
    assert_int_equal(lifetime_until("Sun, 06 Nov 1994 08:59:37 GMT", "yesterday"), 600);
    jk_cache_fields both = {.cache_control = JWKEEP_SPAN("max-age=5"),
                            .expires = JWKEEP_SPAN("Sun, 06 Nov 1994 08:59:37 GMT")};
    assert_int_equal(jk_cache_lifetime_s(&both, &wide, NOW), 5);
}

typedef struct date_row {
    const char *text;
    int64_t time_s; /* -1: none */
} date_row;

static void reads_dates_in_three_forms(void **state) {
    (void)state;
    static const date_row rows[] = {
        {"Sun, 06 Nov 1994 08:49:37 GMT", NOW},
        {"  Sun, 06 Nov 1994 08:49:37 GMT ", NOW},
        {"Sunday, 06-Nov-94 08:49:37 GMT", NOW},
        {"Sun Nov  6 08:49:37 1994", NOW},
        {"Wed Nov 16 08:49:37 1994", NOW + 10 * 86400},
        {"Thu, 01 Jan 1970 00:00:00 GMT", 0},
        {"Thu, 29 Feb 2024 23:59:60 GMT", 1709251200},
        {"Fri, 31 Dec 9999 23:59:59 GMT", 253402300799},
        {"Wednesday, 01-Jan-20 00:00:00 GMT", 1577836800},
        {"Sun, 06 Nov 1994 08:49:37", -1},
        {"Sun, 06 Nov 1994 08:49:37 CET", -1},
        {"Sun, 06 Nov 1994 24:00:00 GMT", -1},
        {"Sun, 00 Nov 1994 08:49:37 GMT", -1},
        {"Sun, 06 nov 1994 08:49:37 GMT", -1},
        {"Sun, 06 Nov 1994 08:49:37 GMT x", -1},
        {"Sun, 06 Nov 94 08:49:37 GMT", -1},
        {"Sunday, 06-Nov-1994 08:49:37 GMT", -1},
        {"Sun, ", -1},
        {"Sun", -1},
        {"", -1},
        {"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa,", -1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        int64_t time_s = -1;
        bool is_date = jk_http_date(jwkeep_span_text(rows[i].text), NOW, &time_s);
        if (is_date != (rows[i].time_s >= 0) || time_s != rows[i].time_s)
            print_error("row %zu: %s\n", i, rows[i].text);
        assert_int_equal(is_date, rows[i].time_s >= 0);
        assert_int_equal(time_s, rows[i].time_s);
    }
}

static void a_short_year_is_at_most_fifty_years_ahead(void **state) {
    (void)state;
    int64_t time_s = 0;
    jwkeep_span text = JWKEEP_SPAN("Friday, 01-Jan-44 00:00:00 GMT");
    assert_true(jk_http_date(text, NOW, &time_s));
    assert_int_equal(time_s, 2335219200);
    assert_true(jk_http_date(text, NOW - 2 * 31556952, &time_s));
    assert_int_equal(time_s, -820540800);
}

static void r10_reads_retry_after_as_seconds_or_date(void **state) {
    (void)state;
    static const control_row rows[] = {
        {"120", 120},
        {" 0 ", 0},
        {"99999999999999999999", 2147483648},
        {"-1", 0},
        {"Sun, 06 Nov 1994 08:51:37 GMT", 120},
        {"Sun, 06 Nov 1994 08:00:00 GMT", 0},
        {"later", 0},
        {NULL, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        jk_cache_fields fields = {.retry_after = jwkeep_span_text(rows[i].text)};
        assert_int_equal(jk_cache_retry_after_s(&fields, NOW), rows[i].lifetime_s);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(r07_reads_cache_control),
        cmocka_unit_test(r07_subtracts_the_age),
        cmocka_unit_test(r07_clamps_the_lifetime),
        cmocka_unit_test(r07_reads_expires_where_max_age_is_missing),
        cmocka_unit_test(reads_dates_in_three_forms),
        cmocka_unit_test(a_short_year_is_at_most_fifty_years_ahead),
        cmocka_unit_test(r10_reads_retry_after_as_seconds_or_date),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
