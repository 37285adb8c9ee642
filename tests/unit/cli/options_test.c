/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading arguments from a table. */
#include "cli/options.h"
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

struct values {
    bool is_loud;
    const char *name;
    int64_t count;
    text_list items;
    const char *first;
    const char *second;
};

static const option_spec SPECS[] = {
    FLAG(struct values, is_loud, "loud", ""),
    TEXT(struct values, name, "name", "TEXT", ""),
    NUMBER(struct values, count, "count", "N", -5, 10, ""),
    LIST(struct values, items, "item", "TEXT", ""),
    OPERAND(struct values, first, "FIRST", ""),
    OPERAND(struct values, second, "SECOND", ""),
};

static char fault[OPTIONS_FAULT_BYTES];

#define READ(values_, ...)                                                                     \
    read_words(values_, (char *[]){__VA_ARGS__},                                               \
               sizeof((char *[]){__VA_ARGS__}) / sizeof(char *))

static options_result read_words(struct values *values, char **words, size_t count) {
    static const option_table table = OPTION_TABLE(SPECS);
    fault[0] = '\0';
    return options_read(table, (int)count, words, values, fault);
}

static void assert_fault(options_result result, const char *says) {
    assert_int_equal(result, OPTIONS_FAULT);
    if (!strstr(fault, says))
        fail_msg("\"%s\" is not in \"%s\"", says, fault);
    assert_null(strchr(fault, '\n'));
}

static void reads_each_kind(void **state) {
    (void)state;
    struct values values = {0};
    assert_int_equal(READ(&values, "--loud", "--name", "a", "--count=7", "--item", "x",
                          "--item=y", "one", "two"),
                     OPTIONS_OK);
    assert_true(values.is_loud);
    assert_string_equal(values.name, "a");
    assert_int_equal(values.count, 7);
    assert_int_equal(values.items.count, 2);
    assert_string_equal(values.items.items[1], "y");
    assert_string_equal(values.first, "one");
    assert_string_equal(values.second, "two");
}

static void keeps_defaults_that_nothing_changes(void **state) {
    (void)state;
    struct values values = {.count = 3, .name = "d"};
    assert_int_equal(READ(&values, "one"), OPTIONS_OK);
    assert_int_equal(values.count, 3);
    assert_string_equal(values.name, "d");
    assert_false(values.is_loud);
    assert_null(values.second);
}

static void tells_what_is_given_of_each_kind(void **state) {
    (void)state;
    const struct values usual = {.name = "a", .count = 7};
    struct values values = usual;
    for (size_t i = 0; i < sizeof SPECS / sizeof SPECS[0]; i++)
        assert_false(options_is_given(&SPECS[i], &values, &usual));
    assert_int_equal(READ(&values, "--loud", "--name=b", "--count=8", "--item=x", "one"),
                     OPTIONS_OK);
    for (size_t i = 0; i < sizeof SPECS / sizeof SPECS[0]; i++) {
        bool is_second = SPECS[i].offset == offsetof(struct values, second);
        assert_int_equal(options_is_given(&SPECS[i], &values, &usual), !is_second);
    }
}

static void takes_a_value_that_begins_with_dashes(void **state) {
    (void)state;
    struct values values = {0};
    assert_int_equal(READ(&values, "--name", "--loud", "--count", "-5"), OPTIONS_OK);
    assert_string_equal(values.name, "--loud");
    assert_int_equal(values.count, -5);
    assert_false(values.is_loud);
}

static void takes_an_empty_value_and_one_with_equals(void **state) {
    (void)state;
    struct values values = {0};
    assert_int_equal(READ(&values, "--name=", "--item=a=b"), OPTIONS_OK);
    assert_string_equal(values.name, "");
    assert_string_equal(values.items.items[0], "a=b");
}

static void takes_a_dash_as_an_operand(void **state) {
    (void)state;
    struct values values = {0};
    assert_int_equal(READ(&values, "-"), OPTIONS_OK);
    assert_string_equal(values.first, "-");
}

static void takes_all_after_two_dashes_as_operands(void **state) {
    (void)state;
    struct values values = {0};
    assert_int_equal(READ(&values, "--", "--loud", "--"), OPTIONS_OK);
    assert_string_equal(values.first, "--loud");
    assert_string_equal(values.second, "--");
    assert_false(values.is_loud);
}

static void finds_help_wherever_it_stands(void **state) {
    (void)state;
    struct values values = {0};
    assert_int_equal(READ(&values, "one", "--help"), OPTIONS_HELP);
    assert_int_equal(READ(&values, "-h", "--no-such"), OPTIONS_HELP);
}

static void names_the_nearest_option(void **state) {
    (void)state;
    struct values values = {0};
    assert_fault(READ(&values, "--cuont", "1"), "did you mean --count?");
    assert_fault(READ(&values, "--hlep"), "did you mean --help?");
    assert_fault(READ(&values, "--frobnicate"), "unknown option --frobnicate");
    assert_null(strstr(fault, "did you mean"));
}

static void refuses_an_abbreviation(void **state) {
    (void)state;
    struct values values = {0};
    assert_fault(READ(&values, "--lou"), "unknown option --lou");
    assert_false(values.is_loud);
}

static void refuses_a_short_option(void **state) {
    (void)state;
    struct values values = {0};
    assert_fault(READ(&values, "-l"), "unknown option -l");
}

static void refuses_a_missing_value(void **state) {
    (void)state;
    struct values values = {0};
    assert_fault(READ(&values, "--name"), "--name needs a value");
}

static void refuses_a_value_for_a_flag(void **state) {
    (void)state;
    struct values values = {0};
    assert_fault(READ(&values, "--loud=yes"), "--loud takes no value");
}

static void refuses_numbers_out_of_range_or_none(void **state) {
    (void)state;
    static char *const BAD[] = {
        "11", "-6", "", "1e3", "0x1", " 1", "1 ", "+1", "1.0", "--1", "99999999999999999999"};
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        struct values values = {.count = 3};
        assert_fault(READ(&values, "--count", BAD[i]), "--count takes a whole number");
        assert_int_equal(values.count, 3);
    }
}

static void refuses_an_operand_too_many(void **state) {
    (void)state;
    struct values values = {0};
    assert_fault(READ(&values, "a", "b", "c"), "unexpected argument \"c\"");
}

static void bounds_a_repeated_option(void **state) {
    (void)state;
    struct values values = {0};
    char *words[OPTIONS_MAX_REPEATS + 1];
    for (size_t i = 0; i <= OPTIONS_MAX_REPEATS; i++)
        words[i] = "--item=x";
    assert_int_equal(read_words(&values, words, OPTIONS_MAX_REPEATS), OPTIONS_OK);
    values.items.count = 0;
    assert_fault(read_words(&values, words, OPTIONS_MAX_REPEATS + 1), "more than 64 times");
    assert_int_equal(values.items.count, OPTIONS_MAX_REPEATS);
}

static void survives_an_endless_word(void **state) {
    (void)state;
    struct values values = {0};
    static char word[5000];
    memset(word, 'x', sizeof word - 1);
    memcpy(word, "--", 2);
    assert_fault(READ(&values, word), "unknown option --xxx");
    assert_fault(READ(&values, "a", "b", word + 2), "unexpected argument");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_each_kind),
        cmocka_unit_test(keeps_defaults_that_nothing_changes),
        cmocka_unit_test(tells_what_is_given_of_each_kind),
        cmocka_unit_test(takes_a_value_that_begins_with_dashes),
        cmocka_unit_test(takes_an_empty_value_and_one_with_equals),
        cmocka_unit_test(takes_a_dash_as_an_operand),
        cmocka_unit_test(takes_all_after_two_dashes_as_operands),
        cmocka_unit_test(finds_help_wherever_it_stands),
        cmocka_unit_test(names_the_nearest_option),
        cmocka_unit_test(refuses_an_abbreviation),
        cmocka_unit_test(refuses_a_short_option),
        cmocka_unit_test(refuses_a_missing_value),
        cmocka_unit_test(refuses_a_value_for_a_flag),
        cmocka_unit_test(refuses_numbers_out_of_range_or_none),
        cmocka_unit_test(refuses_an_operand_too_many),
        cmocka_unit_test(bounds_a_repeated_option),
        cmocka_unit_test(survives_an_endless_word),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
