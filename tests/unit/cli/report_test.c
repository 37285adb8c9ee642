/* SPDX-License-Identifier: Apache-2.0
 *
 * Diagnostics: statuses, words, and bytes that a terminal would obey. */
#include "cli/report.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static char printed[512];

static void keep(char *bytes, size_t size) {
    snprintf(printed, sizeof printed, "%.*s", (int)size, bytes);
    free(bytes);
}

static const char *safely(jwkeep_span text) {
    char *bytes = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&bytes, &size);
    report_safely(out, text);
    fclose(out);
    keep(bytes, size);
    assert_int_equal(report_columns(text) > 0, text.size > 0);
    return printed;
}

static const char *words(const jwkeep_error *error) {
    char *bytes = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&bytes, &size);
    report_words(out, error);
    fclose(out);
    keep(bytes, size);
    return printed;
}

static void derives_the_status_from_the_class(void **state) {
    (void)state;
    assert_int_equal(status_of(JWKEEP_OK), 0);
    assert_int_equal(status_of(JWKEEP_TOKEN_EXPIRED), 1);
    assert_int_equal(status_of(JWKEEP_MISUSE_ARGUMENT), 2);
    assert_int_equal(status_of(JWKEEP_KEYS_STALE), 3);
    assert_int_equal(status_of(JWKEEP_TRANSPORT_TLS), 3);
    assert_int_equal(status_of(JWKEEP_OUT_OF_MEMORY), 4);
}

static void says_what_is_known_of_an_error(void **state) {
    (void)state;
    jwkeep_error error = {
        .code = JWKEEP_TOKEN_EXPIRED, .text = "gone", .offset = JWKEEP_NO_OFFSET};
    assert_string_equal(words(&error), "gone [token_expired]");
    error.where = "exp";
    assert_string_equal(words(&error), "gone (exp) [token_expired]");
    error.clause = "RFC 7519 §4.1.4";
    error.offset = 17;
    assert_string_equal(words(&error), "gone (exp, byte 17, RFC 7519 §4.1.4) [token_expired]");
    error.where = NULL;
    error.clause = NULL;
    assert_string_equal(words(&error), "gone (byte 17) [token_expired]");
}

static void hands_text_on(void **state) {
    (void)state;
    assert_string_equal(safely(JWKEEP_SPAN("kid-1 ~")), "kid-1 ~");
    assert_string_equal(safely(JWKEEP_SPAN("Schl\xc3\xbcssel \xe2\x82\xac \xf0\x9f\x94\x91")),
                        "Schl\xc3\xbcssel \xe2\x82\xac \xf0\x9f\x94\x91");
    assert_int_equal(report_columns(JWKEEP_SPAN("\xc3\xbc\xe2\x82\xac")), 2);
}

static void hands_no_control_character_on(void **state) {
    (void)state;
    assert_string_equal(safely(JWKEEP_SPAN("a\x1b[31mb")), "a\\x1b[31mb");
    assert_string_equal(safely(JWKEEP_SPAN("a\nb\rc\td")), "a\\x0ab\\x0dc\\x09d");
    assert_string_equal(safely(jwkeep_span_of("a\0b", 3)), "a\\x00b");
    assert_string_equal(safely(JWKEEP_SPAN("\x7f")), "\\x7f");
    assert_string_equal(safely(JWKEEP_SPAN("\xc2\x9b"
                                           "31m")),
                        "\\xc2\\x9b31m");
    assert_int_equal(report_columns(JWKEEP_SPAN("\x1b")), 4);
}

static void hands_nothing_on_that_is_not_utf8(void **state) {
    (void)state;
    assert_string_equal(safely(JWKEEP_SPAN("\x80")), "\\x80");
    assert_string_equal(safely(JWKEEP_SPAN("\xc0\xaf")), "\\xc0\\xaf");
    assert_string_equal(safely(JWKEEP_SPAN("\xe0\x9f\xbf")), "\\xe0\\x9f\\xbf");
    assert_string_equal(safely(JWKEEP_SPAN("\xed\xa0\x80")), "\\xed\\xa0\\x80");
    assert_string_equal(safely(JWKEEP_SPAN("\xf4\x90\x80\x80")), "\\xf4\\x90\\x80\\x80");
    assert_string_equal(safely(JWKEEP_SPAN("\xe2\x82")), "\\xe2\\x82");
    assert_string_equal(safely(JWKEEP_SPAN("\xff")), "\\xff");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(derives_the_status_from_the_class),
        cmocka_unit_test(says_what_is_known_of_an_error),
        cmocka_unit_test(hands_text_on),
        cmocka_unit_test(hands_no_control_character_on),
        cmocka_unit_test(hands_nothing_on_that_is_not_utf8),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
