/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading a parsed text: the walk, strings, raw bytes, and what numbers are worth. */
#include "codec/json.h"
#include "support/watched_memory.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static jwkeep_json_text *text;

static const jwkeep_json *parse_bytes(jwkeep_span bytes) {
    jwkeep_json_text_free(text);
    text = NULL;
    jwkeep_error error;
    if (jwkeep_json_parse(bytes, NULL, &text, &error))
        fail_msg("%.*s: %s", (int)bytes.size, (const char *)bytes.data, error.text);
    return jwkeep_json_root(text);
}

static const jwkeep_json *parse(const char *json) {
    return parse_bytes(jwkeep_span_text(json));
}

static int free_text(void **state) {
    (void)state;
    jwkeep_json_text_free(text);
    text = NULL;
    return 0;
}

static void assert_span(jwkeep_span span, const char *expected) {
    assert_true(jwkeep_span_is_present(span));
    assert_int_equal(span.size, strlen(expected));
    if (span.size)
        assert_memory_equal(span.data, expected, span.size);
}

static void walks_in_the_order_of_the_text(void **state) {
    (void)state;
    const jwkeep_json *root = parse("{\"a\":[1,[2,{}],3],\"b\":{\"c\":null},\"d\":[]}");
    assert_int_equal(jwkeep_json_count(root), 3);
    assert_null(jwkeep_json_next(root));
    const jwkeep_json *a = jwkeep_json_first(root);
    assert_span(jwkeep_json_name(a), "a");
    assert_int_equal(jwkeep_json_count(a), 3);
    const jwkeep_json *element = jwkeep_json_first(a);
    assert_span(jwkeep_json_raw(element), "1");
    assert_false(jwkeep_span_is_present(jwkeep_json_name(element)));
    element = jwkeep_json_next(element);
    assert_span(jwkeep_json_raw(element), "[2,{}]");
    element = jwkeep_json_next(element);
    assert_span(jwkeep_json_raw(element), "3");
    assert_null(jwkeep_json_next(element));
    const jwkeep_json *b = jwkeep_json_next(a);
    assert_span(jwkeep_json_name(b), "b");
    assert_null(jwkeep_json_next(jwkeep_json_first(b)));
    const jwkeep_json *d = jwkeep_json_next(b);
    assert_span(jwkeep_json_name(d), "d");
    assert_null(jwkeep_json_first(d));
    assert_null(jwkeep_json_next(d));
}

static void finds_members_by_their_unescaped_names(void **state) {
    (void)state;
    const jwkeep_json *root =
        parse("{\"x\":{\"alg\":0},\"\\u0061lg\":1,\"a\\u0000b\":2,\"\":3}");
    assert_span(jwkeep_json_raw(jwkeep_json_member(root, "alg")), "1");
    assert_span(jwkeep_json_raw(jwkeep_json_member(root, "")), "3");
    assert_span(jwkeep_json_raw(jk_json_member(root, JWKEEP_SPAN("a\0b"))), "2");
    assert_null(jwkeep_json_member(root, "a"));
    assert_null(jwkeep_json_member(root, "ALG"));
    assert_null(jwkeep_json_member(root, NULL));
    assert_null(jwkeep_json_member(parse("[\"alg\"]"), "alg"));
}

static void finds_nothing_in_an_absent_value(void **state) {
    (void)state;
    bool boolean;
    int64_t whole;
    double real;
    assert_int_equal(jwkeep_json_type_of(NULL), JWKEEP_JSON_NULL);
    assert_int_equal(jwkeep_json_count(NULL), 0);
    assert_null(jwkeep_json_member(NULL, "a"));
    assert_null(jwkeep_json_first(NULL));
    assert_null(jwkeep_json_next(NULL));
    assert_false(jwkeep_span_is_present(jwkeep_json_name(NULL)));
    assert_false(jwkeep_span_is_present(jwkeep_json_string(NULL)));
    assert_false(jwkeep_span_is_present(jwkeep_json_raw(NULL)));
    assert_int_equal(jwkeep_json_boolean(NULL, &boolean), JWKEEP_JSON_TYPE);
    assert_int_equal(jwkeep_json_int64(NULL, &whole), JWKEEP_JSON_TYPE);
    assert_int_equal(jwkeep_json_double(NULL, &real), JWKEEP_JSON_TYPE);
    assert_null(jwkeep_json_root(NULL));
    jwkeep_json_text_free(NULL);
}

static void refuses_arguments_that_are_missing(void **state) {
    (void)state;
    jwkeep_json_text *none = NULL;
    jwkeep_limits limits;
    jwkeep_limits_init(&limits);
    assert_int_equal(jwkeep_json_parse(JWKEEP_SPAN("1"), NULL, NULL, NULL),
                     JWKEEP_MISUSE_ARGUMENT);
    assert_int_equal(jwkeep_json_parse(jwkeep_span_of(NULL, 1), NULL, &none, NULL),
                     JWKEEP_MISUSE_ARGUMENT);
    limits.max_json_depth = 0;
    assert_int_equal(jwkeep_json_parse(JWKEEP_SPAN("1"), &limits, &none, NULL),
                     JWKEEP_MISUSE_ARGUMENT);
    assert_int_equal(jwkeep_json_parse(JWKEEP_SPAN_NONE, NULL, &none, NULL),
                     JWKEEP_JSON_SYNTAX);
    assert_null(none);
}

static void tells_when_memory_is_out(void **state) {
    (void)state;
    jwkeep_json_text *none = NULL;
    watched_memory_seen()->is_exhausted = true;
    jwkeep_code code = jwkeep_json_parse(JWKEEP_SPAN("[1]"), NULL, &none, NULL);
    watched_memory_seen()->is_exhausted = false;
    assert_int_equal(code, JWKEEP_OUT_OF_MEMORY);
    assert_null(none);
}

static void tells_the_type_of_each_value(void **state) {
    (void)state;
    static const char *const texts[] = {"null", "true", "1", "\"\"", "[]", "{}"};
    for (int type = 0; type < 6; type++)
        assert_int_equal(jwkeep_json_type_of(parse(texts[type])), type);
}

static void unescapes_strings(void **state) {
    (void)state;
    assert_span(jwkeep_json_string(parse("\"plain\"")), "plain");
    assert_span(jwkeep_json_string(parse("\"\"")), "");
    assert_span(jwkeep_json_string(parse("\"a\\\"\\\\\\/\\b\\f\\n\\r\\tz\"")),
                "a\"\\/\b\f\n\r\tz");
    assert_span(jwkeep_json_string(parse("\"\\u0041\\u00e9\\u20AC\\uD83D\\uDE00\"")),
                "A\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80");
    assert_span(jwkeep_json_string(parse("\"\xc3\xa9\\u007f\xf0\x9f\x98\x80\"")),
                "\xc3\xa9\x7f\xf0\x9f\x98\x80");
    assert_span(jwkeep_json_string(parse("\"\\uffff\\u0800\\u07ff\\udbff\\udfff\"")),
                "\xef\xbf\xbf\xe0\xa0\x80\xdf\xbf\xf4\x8f\xbf\xbf");
    jwkeep_span nul = jwkeep_json_string(parse("\"a\\u0000b\""));
    assert_int_equal(nul.size, 3);
    assert_memory_equal(nul.data, "a\0b", 3);
    assert_false(jwkeep_span_is_present(jwkeep_json_string(parse("1"))));
}

static void keeps_the_bytes_as_they_stood(void **state) {
    (void)state;
    const jwkeep_json *root = parse(" { \"a\" : \"\\u0041\" , \"b\":[ 1 ] } ");
    assert_span(jwkeep_json_raw(root), "{ \"a\" : \"\\u0041\" , \"b\":[ 1 ] }");
    assert_span(jwkeep_json_raw(jwkeep_json_member(root, "a")), "\"\\u0041\"");
    assert_span(jwkeep_json_raw(jwkeep_json_member(root, "b")), "[ 1 ]");
}

static void copies_what_it_parses(void **state) {
    (void)state;
    char json[] = "[\"abc\"]";
    const jwkeep_json *root = parse(json);
    memset(json, 'x', sizeof json - 1);
    assert_span(jwkeep_json_string(jwkeep_json_first(root)), "abc");
}

static void reads_booleans(void **state) {
    (void)state;
    bool boolean = false;
    assert_int_equal(jwkeep_json_boolean(parse("true"), &boolean), JWKEEP_OK);
    assert_true(boolean);
    assert_int_equal(jwkeep_json_boolean(parse("false"), &boolean), JWKEEP_OK);
    assert_false(boolean);
    assert_int_equal(jwkeep_json_boolean(parse("\"true\""), &boolean), JWKEEP_JSON_TYPE);
}

static void reads_whole_numbers_exactly(void **state) {
    (void)state;
    static const struct {
        const char *json;
        int64_t number;
    } table[] = {
        {"0", 0},
        {"-0", 0},
        {"1700000000", 1700000000},
        {"-5", -5},
        {"9007199254740993", 9007199254740993},
        {"999999999999999999", 999999999999999999},
        {"9223372036854775807", INT64_MAX},
        {"-9223372036854775808", INT64_MIN},
        {"1e3", 1000},
        {"1E+3", 1000},
        {"10e-1", 1},
        {"1.0", 1},
        {"1.50e1", 15},
        {"-1.5e1", -15},
        {"1700000000.000", 1700000000},
        {"9.223372036854775807e18", INT64_MAX},
        {"92233720368547758070000e-4", INT64_MAX},
        {"0e999999999999999999999", 0},
        {"0.000e-99999999999999999999", 0},
        {"0.0000000000000000000000001e25", 1},
    };
    for (size_t i = 0; i < JK_COUNT_OF(table); i++) {
        int64_t number = 42;
        assert_int_equal(jwkeep_json_int64(parse(table[i].json), &number), JWKEEP_OK);
        if (number != table[i].number)
            fail_msg("%s read as %lld", table[i].json, (long long)number);
    }
}

static void refuses_whole_numbers_out_of_range(void **state) {
    (void)state;
    static const char *const table[] = {"9223372036854775808",
                                        "-9223372036854775809",
                                        "18446744073709551616",
                                        "99999999999999999999",
                                        "1e19",
                                        "-1e19",
                                        "1.5",
                                        "1e-1",
                                        "0.1e0",
                                        "123e-3",
                                        "1e999999999999999999",
                                        "1e-999999999999999999",
                                        "9.2233720368547758071e18"};
    for (size_t i = 0; i < JK_COUNT_OF(table); i++) {
        int64_t number = 42;
        if (jwkeep_json_int64(parse(table[i]), &number) != JWKEEP_JSON_RANGE)
            fail_msg("%s read as %lld", table[i], (long long)number);
        assert_int_equal(number, 42);
    }
    int64_t number = 42;
    assert_int_equal(jwkeep_json_int64(parse("\"1\""), &number), JWKEEP_JSON_TYPE);
    assert_int_equal(number, 42);
}

/* Digits are read eight at a time: every length, and every place of another character. */
static void reads_digits_wherever_they_stand(void **state) {
    (void)state;
    char json[32];
    for (int size = 1; size <= 18; size++) {
        int64_t expected = 0, number = 42;
        for (int i = 0; i < size; i++) {
            int digit = 1 + (size + 7 * i) % 9;
            expected = expected * 10 + digit;
            json[i] = (char)('0' + digit);
        }
        json[size] = '\0';
        assert_int_equal(jwkeep_json_int64(parse(json), &number), JWKEEP_OK);
        assert_int_equal(number, expected);
        for (int i = 1; i + 1 < size; i++) {
            char digit = json[i];
            json[i] = '.';
            assert_int_equal(jwkeep_json_int64(parse(json), &number), JWKEEP_JSON_RANGE);
            json[i] = digit;
        }
    }
}

static void reads_a_number_of_thousands_of_digits(void **state) {
    (void)state;
    enum { DIGITS = 5000 };
    static char json[DIGITS + 16];
    int64_t whole = 0;
    double real = 0;
    memset(json, '0', DIGITS);
    json[0] = '7';
    memcpy(json + DIGITS, "e-4999", 7);
    assert_int_equal(jwkeep_json_int64(parse(json), &whole), JWKEEP_OK);
    assert_int_equal(whole, 7);
    assert_int_equal(jwkeep_json_double(parse(json), &real), JWKEEP_OK);
    assert_true(real == 7.0);
    json[DIGITS - 1] = '1';
    assert_int_equal(jwkeep_json_int64(parse(json), &whole), JWKEEP_JSON_RANGE);
    assert_int_equal(jwkeep_json_double(parse(json), &real), JWKEEP_OK);
    assert_true(real == 7.0);
}

static void reads_doubles_rounded_once(void **state) {
    (void)state;
    static const struct {
        const char *json;
        double number;
    } table[] = {
        {"0", 0.0},
        {"1", 1.0},
        {"0.1", 0.1},
        {"-2.5e-3", -2.5e-3},
        {"1e308", 1e308},
        {"1.7976931348623157e308", 1.7976931348623157e308},
        {"5e-324", 5e-324},
        {"2.2250738585072014e-308", 2.2250738585072014e-308},
        {"9007199254740993", 9007199254740992.0},
        {"9007199254740993.0000000000000000000000000000001", 9007199254740994.0},
        {"1e-400", 0.0},
        {"0e400", 0.0},
        {"123456789012345678901234567890", 123456789012345678901234567890.0},
    };
    for (size_t i = 0; i < JK_COUNT_OF(table); i++) {
        double number = 42;
        assert_int_equal(jwkeep_json_double(parse(table[i].json), &number), JWKEEP_OK);
        if (number != table[i].number)
            fail_msg("%s read as %.17g", table[i].json, number);
    }
    double zero = 1;
    assert_int_equal(jwkeep_json_double(parse("-0.0"), &zero), JWKEEP_OK);
    assert_true(zero == 0.0 && signbit(zero));
}

/* A midpoint between two doubles and, 1,500 digits on, what tips it. */
static void a_digit_far_behind_still_decides_the_rounding(void **state) {
    (void)state;
    enum { DIGITS = 1500 };
    static char json[DIGITS + 32];
    memset(json, '0', DIGITS);
    memcpy(json, "9007199254740993.", 17);
    json[DIGITS] = '\0';
    double number = 0;
    assert_int_equal(jwkeep_json_double(parse(json), &number), JWKEEP_OK);
    assert_true(number == 9007199254740992.0);
    json[DIGITS - 1] = '1';
    assert_int_equal(jwkeep_json_double(parse(json), &number), JWKEEP_OK);
    assert_true(number == 9007199254740994.0);
}

static void refuses_doubles_out_of_range(void **state) {
    (void)state;
    static const char *const table[] = {"1e309", "-1e309", "1.8e308", "1e99999999999999999999"};
    for (size_t i = 0; i < JK_COUNT_OF(table); i++) {
        double number = 42;
        assert_int_equal(jwkeep_json_double(parse(table[i]), &number), JWKEEP_JSON_RANGE);
        assert_true(number == 42);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(walks_in_the_order_of_the_text, free_text),
        cmocka_unit_test_teardown(finds_members_by_their_unescaped_names, free_text),
        cmocka_unit_test_teardown(finds_nothing_in_an_absent_value, free_text),
        cmocka_unit_test_teardown(refuses_arguments_that_are_missing, free_text),
        cmocka_unit_test_teardown(tells_when_memory_is_out, free_text),
        cmocka_unit_test_teardown(tells_the_type_of_each_value, free_text),
        cmocka_unit_test_teardown(unescapes_strings, free_text),
        cmocka_unit_test_teardown(keeps_the_bytes_as_they_stood, free_text),
        cmocka_unit_test_teardown(copies_what_it_parses, free_text),
        cmocka_unit_test_teardown(reads_booleans, free_text),
        cmocka_unit_test_teardown(reads_whole_numbers_exactly, free_text),
        cmocka_unit_test_teardown(refuses_whole_numbers_out_of_range, free_text),
        cmocka_unit_test_teardown(reads_digits_wherever_they_stand, free_text),
        cmocka_unit_test_teardown(reads_a_number_of_thousands_of_digits, free_text),
        cmocka_unit_test_teardown(reads_doubles_rounded_once, free_text),
        cmocka_unit_test_teardown(a_digit_far_behind_still_decides_the_rounding, free_text),
        cmocka_unit_test_teardown(refuses_doubles_out_of_range, free_text),
    };
    return cmocka_run_group_tests(tests, watched_memory_install, NULL);
}
