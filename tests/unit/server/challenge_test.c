/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the tests of challenges. */
#include "server/challenge.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void names_the_realm_and_the_error(void **state) {
    (void)state;
    char text[CHALLENGE_BYTES];
    challenge_write(&(challenge){.realm = "a b"}, text);
    assert_string_equal(text, "Bearer realm=\"a b\"");
    challenge_write(
        &(challenge){.realm = "a", .error = "invalid_token", .description = "it has expired"},
        text);
    assert_string_equal(text, "Bearer realm=\"a\", error=\"invalid_token\", "
                              "error_description=\"it has expired\"");
}

static void a_description_cannot_leave_its_quotes(void **state) {
    (void)state;
    char text[CHALLENGE_BYTES];
    challenge_write(
        &(challenge){.realm = "a", .error = "e", .description = "\", x=\"\\\r\n\x7f\xc3\xa9"},
        text);
    assert_string_equal(text,
                        "Bearer realm=\"a\", error=\"e\", error_description=\"', x='''''''\"");
}

static void names_the_scope_that_is_needed_and_the_resource(void **state) {
    (void)state;
    char text[CHALLENGE_BYTES];
    const challenge said = {.realm = "a",
                            .error = "insufficient_scope",
                            .description = "d",
                            .scope = "read write",
                            .resource_metadata = "https://r.example"};
    challenge_write(&said, text);
    assert_string_equal(text, "Bearer realm=\"a\", error=\"insufficient_scope\", "
                              "error_description=\"d\", scope=\"read write\", "
                              "resource_metadata=\"https://r.example\"");
}

static void cuts_a_long_description(void **state) {
    (void)state;
    char text[CHALLENGE_BYTES];
    char description[1000];
    memset(description, 'd', sizeof description);
    description[sizeof description - 1] = '\0';
    challenge_write(&(challenge){.realm = "a", .error = "e", .description = description}, text);
    assert_true(strlen(text) < 200);
    assert_int_equal(text[strlen(text) - 1], '"');
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_the_realm_and_the_error),
        cmocka_unit_test(a_description_cannot_leave_its_quotes),
        cmocka_unit_test(names_the_scope_that_is_needed_and_the_resource),
        cmocka_unit_test(cuts_a_long_description),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
