/* SPDX-License-Identifier: Apache-2.0
 *
 * The table of codes against the enumerators of the public header, and the error record. */
#include "base/error.h"
#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define MAX_CODES 256

typedef struct enumerator {
    char name[64];
    int value;
} enumerator;

static enumerator enumerators[MAX_CODES];
static size_t enumerator_count;

/* The enumerators of jwkeep_code, read from the header itself. */
static int read_enumerators(void **state) {
    (void)state;
    FILE *file = fopen("include/jwkeep/error.h", "r");
    if (!file)
        return -1;
    char line[256];
    int is_inside = 0;
    while (fgets(line, sizeof line, file) && enumerator_count < MAX_CODES) {
        if (strstr(line, "typedef enum jwkeep_code"))
            is_inside = 1;
        if (strstr(line, "} jwkeep_code;"))
            is_inside = 0;
        enumerator *next = &enumerators[enumerator_count];
        if (is_inside &&
            sscanf(line, " JWKEEP_%63[A-Z0-9_] = %d", next->name, &next->value) == 2)
            enumerator_count++;
    }
    fclose(file);
    for (size_t i = 0; i < enumerator_count; i++)
        for (char *c = enumerators[i].name; *c; c++)
            *c = (char)tolower((unsigned char)*c);
    return enumerator_count > 50 ? 0 : -1;
}

static void names_every_code_after_its_enumerator(void **state) {
    (void)state;
    for (size_t i = 0; i < enumerator_count; i++)
        assert_string_equal(jwkeep_code_name((jwkeep_code)enumerators[i].value),
                            enumerators[i].name);
}

static void has_a_text_for_every_code(void **state) {
    (void)state;
    for (size_t i = 0; i < enumerator_count; i++) {
        const char *text = jwkeep_code_text((jwkeep_code)enumerators[i].value);
        assert_string_not_equal(text, jwkeep_code_text((jwkeep_code)999));
        assert_true(strlen(text) > 3);
        assert_int_not_equal(text[strlen(text) - 1], '.');
        assert_null(strchr(text, '\n'));
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(text, jwkeep_code_text((jwkeep_code)enumerators[j].value));
    }
}

static void derives_the_class_from_the_code(void **state) {
    (void)state;
    for (size_t i = 0; i < enumerator_count; i++)
        assert_int_equal(jwkeep_code_class((jwkeep_code)enumerators[i].value),
                         enumerators[i].value / 1000);
}

static void calls_a_value_that_is_no_code_unknown_and_internal(void **state) {
    (void)state;
    static const int strangers[] = {-1, 4, 999, 1010, 1999, 9000};
    for (size_t i = 0; i < JK_COUNT_OF(strangers); i++) {
        assert_string_equal(jwkeep_code_name((jwkeep_code)strangers[i]), "unknown");
        assert_int_equal(jwkeep_code_class((jwkeep_code)strangers[i]), JWKEEP_CLASS_INTERNAL);
    }
}

static void fills_the_whole_record(void **state) {
    (void)state;
    jwkeep_error error = {JWKEEP_OK, "old", "old", "old", 7};
    assert_int_equal(jk_fail(&error, JWKEEP_TOKEN_EXPIRED), JWKEEP_TOKEN_EXPIRED);
    assert_int_equal(error.code, JWKEEP_TOKEN_EXPIRED);
    assert_string_equal(error.text, jwkeep_code_text(JWKEEP_TOKEN_EXPIRED));
    assert_null(error.where);
    assert_null(error.clause);
    assert_true(error.offset == JWKEEP_NO_OFFSET);
}

static void keeps_where_clause_and_offset(void **state) {
    (void)state;
    jwkeep_error error;
    assert_int_equal(jk_fail_at(&error, JWKEEP_CRIT_INVALID, "crit", "RFC 7515 §4.1.11", 5),
                     JWKEEP_CRIT_INVALID);
    assert_string_equal(error.where, "crit");
    assert_string_equal(error.clause, "RFC 7515 §4.1.11");
    assert_int_equal(error.offset, 5);
    assert_int_equal(jk_fail_text(&error, JWKEEP_MISUSE_STATE, "own words", "x", NULL),
                     JWKEEP_MISUSE_STATE);
    assert_string_equal(error.text, "own words");
    assert_true(error.offset == JWKEEP_NO_OFFSET);
}

static void needs_no_record(void **state) {
    (void)state;
    assert_int_equal(jk_fail(NULL, JWKEEP_OUT_OF_MEMORY), JWKEEP_OUT_OF_MEMORY);
    assert_int_equal(jk_fail_at(NULL, JWKEEP_JSON_TYPE, "a", "b", 1), JWKEEP_JSON_TYPE);
    assert_int_equal(jk_fail_text(NULL, JWKEEP_JSON_TYPE, "a", "b", "c"), JWKEEP_JSON_TYPE);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_every_code_after_its_enumerator),
        cmocka_unit_test(has_a_text_for_every_code),
        cmocka_unit_test(derives_the_class_from_the_code),
        cmocka_unit_test(calls_a_value_that_is_no_code_unknown_and_internal),
        cmocka_unit_test(fills_the_whole_record),
        cmocka_unit_test(keeps_where_clause_and_offset),
        cmocka_unit_test(needs_no_record),
    };
    return cmocka_run_group_tests(tests, read_enumerators, NULL);
}
