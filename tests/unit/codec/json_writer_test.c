/* SPDX-License-Identifier: Apache-2.0
 *
 * The JSON writer: what it writes, what it refuses, and that numbers read back. */
#include "base/attributes.h"
#include <float.h>
#include <jwkeep/json.h>
#include <locale.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

typedef jwkeep_json_writer writer;

static uint8_t storage[8192];
static jwkeep_buffer buffer;

static writer start(void) {
    writer w;
    jwkeep_buffer_init_fixed(&buffer, storage, sizeof storage);
    jwkeep_json_writer_init(&w, &buffer);
    return w;
}

static void assert_wrote(const writer *w, const char *expected) {
    assert_int_equal(jwkeep_json_writer_finish(w), JWKEEP_OK);
    assert_int_equal(buffer.size, strlen(expected));
    assert_memory_equal(buffer.data, expected, buffer.size);
}

static void writes_compact_texts_in_the_order_of_the_calls(void **state) {
    (void)state;
    writer w = start();
    jwkeep_json_write_object(&w);
    jwkeep_json_write_member_string(&w, "iss", JWKEEP_SPAN("me"));
    jwkeep_json_write_member_int64(&w, "exp", INT64_MIN);
    jwkeep_json_write_member_boolean(&w, "ok", true);
    jwkeep_json_write_name(&w, JWKEEP_SPAN("aud"));
    jwkeep_json_write_array(&w);
    jwkeep_json_write_string(&w, JWKEEP_SPAN("a"));
    jwkeep_json_write_null(&w);
    jwkeep_json_write_boolean(&w, false);
    jwkeep_json_write_object(&w);
    jwkeep_json_write_end(&w);
    jwkeep_json_write_raw(&w, JWKEEP_SPAN("[1, 2]"));
    jwkeep_json_write_end(&w);
    jwkeep_json_write_name(&w, JWKEEP_SPAN("z"));
    jwkeep_json_write_int64(&w, INT64_MAX);
    jwkeep_json_write_end(&w);
    assert_wrote(&w, "{\"iss\":\"me\",\"exp\":-9223372036854775808,\"ok\":true,"
                     "\"aud\":[\"a\",null,false,{},[1, 2]],\"z\":9223372036854775807}");
}

static void escapes_what_must_be_escaped_and_nothing_else(void **state) {
    (void)state;
    writer w = start();
    jwkeep_json_write_string(
        &w, JWKEEP_SPAN("\"\\/\b\f\n\r\t\0\x01\x1f\x7f"
                        "\xc3\xa9\xf0\x9f\x98\x80 and more plain text than one block"));
    assert_wrote(&w, "\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0000\\u0001\\u001f\x7f"
                     "\xc3\xa9\xf0\x9f\x98\x80 and more plain text than one block\"");
    w = start();
    jwkeep_json_write_string(&w, JWKEEP_SPAN_NONE);
    assert_wrote(&w, "\"\"");
}

static void refuses_strings_that_are_not_utf8(void **state) {
    (void)state;
    static const char *const table[] = {"\x80", "abc\xff", "\xc0\x80", "\xed\xa0\x80",
                                        "0123456789abcdef\xf4\x90\x80\x80"};
    for (size_t i = 0; i < JK_COUNT_OF(table); i++) {
        writer w = start();
        jwkeep_json_write_string(&w, jwkeep_span_text(table[i]));
        assert_int_equal(jwkeep_json_writer_finish(&w), JWKEEP_JSON_UTF8);
        w = start();
        jwkeep_json_write_object(&w);
        jwkeep_json_write_member_boolean(&w, table[i], true);
        jwkeep_json_write_end(&w);
        assert_int_equal(jwkeep_json_writer_finish(&w), JWKEEP_JSON_UTF8);
    }
}

static void assert_misused(const writer *w) {
    assert_int_equal(jwkeep_json_writer_finish(w), JWKEEP_MISUSE_STATE);
}

static void refuses_calls_out_of_order(void **state) {
    (void)state;
    writer w = start();
    assert_misused(&w); /* nothing written */
    jwkeep_json_write_object(&w);
    assert_misused(&w); /* not closed */
    jwkeep_json_write_null(&w);
    assert_misused(&w); /* a value without a name */
    w = start();
    jwkeep_json_write_name(&w, JWKEEP_SPAN("a"));
    assert_misused(&w); /* a name outside an object */
    w = start();
    jwkeep_json_write_array(&w);
    jwkeep_json_write_name(&w, JWKEEP_SPAN("a"));
    assert_misused(&w); /* a name in an array */
    w = start();
    jwkeep_json_write_object(&w);
    jwkeep_json_write_name(&w, JWKEEP_SPAN("a"));
    jwkeep_json_write_name(&w, JWKEEP_SPAN("b"));
    assert_misused(&w); /* two names */
    w = start();
    jwkeep_json_write_object(&w);
    jwkeep_json_write_name(&w, JWKEEP_SPAN("a"));
    jwkeep_json_write_end(&w);
    assert_misused(&w); /* a name without a value */
    w = start();
    jwkeep_json_write_null(&w);
    jwkeep_json_write_null(&w);
    assert_misused(&w); /* two texts */
    w = start();
    jwkeep_json_write_end(&w);
    assert_misused(&w); /* nothing to close */
}

static void refuses_the_33rd_level(void **state) {
    (void)state;
    writer w = start();
    for (int i = 0; i < 32; i++)
        jwkeep_json_write_array(&w);
    for (int i = 0; i < 32; i++)
        jwkeep_json_write_end(&w);
    assert_int_equal(jwkeep_json_writer_finish(&w), JWKEEP_OK);
    w = start();
    for (int i = 0; i < 33; i++)
        jwkeep_json_write_array(&w);
    for (int i = 0; i < 33; i++)
        jwkeep_json_write_end(&w);
    assert_misused(&w);
}

static void keeps_the_first_failure(void **state) {
    (void)state;
    writer w = start();
    jwkeep_json_write_array(&w);
    jwkeep_json_write_string(&w, JWKEEP_SPAN("\xff"));
    size_t size = buffer.size;
    jwkeep_json_write_name(&w, JWKEEP_SPAN("a"));
    jwkeep_json_write_null(&w);
    jwkeep_json_write_end(&w);
    assert_int_equal(jwkeep_json_writer_finish(&w), JWKEEP_JSON_UTF8);
    assert_int_equal(buffer.size, size);
}

static void tells_when_the_buffer_is_full(void **state) {
    (void)state;
    writer w;
    jwkeep_buffer_init_fixed(&buffer, storage, 4);
    jwkeep_json_writer_init(&w, &buffer);
    jwkeep_json_write_string(&w, JWKEEP_SPAN("ab"));
    assert_wrote(&w, "\"ab\"");
    jwkeep_buffer_init_fixed(&buffer, storage, 4);
    jwkeep_json_writer_init(&w, &buffer);
    jwkeep_json_write_string(&w, JWKEEP_SPAN("abc"));
    assert_int_equal(jwkeep_json_writer_finish(&w), JWKEEP_MISUSE_TOO_SMALL);
}

static void writes_doubles_as_short_as_they_read_back(void **state) {
    (void)state;
    static const struct {
        double number;
        const char *json;
    } table[] = {
        {0.0, "0"},
        {-0.0, "-0"},
        {1.0, "1"},
        {-1.5, "-1.5"},
        {0.1, "0.1"},
        {100.0, "100"},
        {123456.789, "123456.789"},
        {1e20, "100000000000000000000"},
        {1e21, "1e21"},
        {0.0000001, "0.0000001"},
        {1.5e-8, "1.5e-8"},
        {0.1 + 0.2, "0.30000000000000004"},
        {1e300, "1e300"},
        {DBL_MAX, "1.7976931348623157e308"},
        {1.0 / 3, "0.3333333333333333"},
        {1700000000.25, "1700000000.25"},
    };
    for (size_t i = 0; i < JK_COUNT_OF(table); i++) {
        writer w = start();
        jwkeep_json_write_double(&w, table[i].number);
        assert_wrote(&w, table[i].json);
    }
}

static void refuses_doubles_that_are_not_finite(void **state) {
    (void)state;
    static const double table[] = {HUGE_VAL, -HUGE_VAL, NAN};
    for (size_t i = 0; i < JK_COUNT_OF(table); i++) {
        writer w = start();
        jwkeep_json_write_double(&w, table[i]);
        assert_misused(&w);
    }
}

static bool reads_back(double number) {
    writer w = start();
    jwkeep_json_write_double(&w, number);
    if (jwkeep_json_writer_finish(&w))
        return false;
    jwkeep_json_text *text = NULL;
    double read = 0;
    bool is_read =
        jwkeep_json_parse(jwkeep_buffer_span(&buffer), NULL, &text, NULL) == JWKEEP_OK &&
        jwkeep_json_double(jwkeep_json_root(text), &read) == JWKEEP_OK;
    jwkeep_json_text_free(text);
    return is_read && memcmp(&read, &number, sizeof read) == 0;
}

static void every_double_reads_back_bit_by_bit(void **state) {
    (void)state;
    uint64_t bits = 1;
    for (int i = 0; i < 20000; i++) {
        double number;
        memcpy(&number, &bits, sizeof number);
        if (isfinite(number) && !reads_back(number))
            fail_msg("%.17g does not read back", number);
        bits = bits * 6364136223846793005u + 1442695040888963407u;
    }
}

static void a_locale_with_a_decimal_comma_changes_nothing(void **state) {
    (void)state;
    static const char *const locales[] = {"de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8", "de_DE",
                                          "nl_NL.UTF-8"};
    const char *set = NULL;
    for (size_t i = 0; i < JK_COUNT_OF(locales) && !set; i++)
        set = setlocale(LC_NUMERIC, locales[i]);
    if (!set)
        skip(); /* none is installed */
    bool is_right = reads_back(1234.5) && reads_back(1e-300);
    setlocale(LC_NUMERIC, "C");
    assert_true(is_right);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_compact_texts_in_the_order_of_the_calls),
        cmocka_unit_test(escapes_what_must_be_escaped_and_nothing_else),
        cmocka_unit_test(refuses_strings_that_are_not_utf8),
        cmocka_unit_test(refuses_calls_out_of_order),
        cmocka_unit_test(refuses_the_33rd_level),
        cmocka_unit_test(keeps_the_first_failure),
        cmocka_unit_test(tells_when_the_buffer_is_full),
        cmocka_unit_test(writes_doubles_as_short_as_they_read_back),
        cmocka_unit_test(refuses_doubles_that_are_not_finite),
        cmocka_unit_test(every_double_reads_back_bit_by_bit),
        cmocka_unit_test(a_locale_with_a_decimal_comma_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
