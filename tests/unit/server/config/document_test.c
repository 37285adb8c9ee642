/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the tests of the YAML tree: its places, its bounds, and what variables put into it. */
#include "server/config/document.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static jk_arena arena;
static config_fault fault;
static const config_node *root;

static int set_up(void **state) {
    (void)state;
    jk_arena_init(&arena, 16u << 20);
    fault = (config_fault){.place = {0}};
    root = NULL;
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    jk_arena_done(&arena);
    return 0;
}

static const char *get(const char *name) {
    if (strcmp(name, "FULL") == 0)
        return "a: ${FULL}\nb: [1]";
    return strcmp(name, "EMPTY") == 0 ? "" : NULL;
}

static bool read_text(const char *text) {
    return config_document_read(jwkeep_span_text(text), &arena, get, &root, &fault);
}

static void remembers_places(void **state) {
    (void)state;
    assert_true(read_text("a: 1\nlist:\n  - x\n  - {k: 'v'}\n"));
    const config_node *list = config_member(root, "list");
    const config_node *value = config_member(config_element(list, 1), "k");
    assert_int_equal(list->named.line, 2);
    assert_int_equal(list->count, 2);
    assert_string_equal(value->text, "v");
    assert_false(value->is_plain);
    assert_int_equal(value->place.line, 4);
    assert_int_equal(value->place.column, 9);
    assert_null(config_member(root, "none"));
    assert_null(config_element(list, 2));
    assert_null(config_member(list, "k"));
}

static void puts_variables_in_as_texts(void **state) {
    (void)state;
    const char *const cases[][2] = {
        {"x: ${FULL}", "a: ${FULL}\nb: [1]"},
        {"x: \"<${EMPTY}>\"", "<>"},
        {"x: \"${EMPTY:-text}\"", "text"},
        {"x: \"${NONE:-}\"", ""},
        {"x: \"${NONE:-a:-b}c\"", "a:-bc"},
        {"x: $${FULL}", "${FULL}"},
        {"x: a$b$", "a$b$"},
        {"x: $", "$"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (!read_text(cases[i][0]))
            fail_msg("%s: %s", cases[i][0], fault.text);
        assert_string_equal(config_member(root, "x")->text, cases[i][1]);
    }
}

static void refuses_variables_that_are_none(void **state) {
    (void)state;
    const char *const texts[] = {"x: ${NONE}",  "x: ${}",      "x: ${FULL",       "x: ${9}",
                                 "x: ${FULL:}", "x: ${FU LL}", "x: \"${FULL:-\"", "${FULL}: 1"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (read_text(texts[i]))
            fail_msg("taken: %s", texts[i]);
}

static void bounds_a_text(void **state) {
    (void)state;
    static char text[CONFIG_MAX_TEXT_BYTES + 8];
    memset(text, 'v', sizeof text - 1);
    memcpy(text, "x: ", 3);
    assert_false(read_text(text));
    text[CONFIG_MAX_TEXT_BYTES + 3] = '\0';
    assert_true(read_text(text));
}

static void bounds_the_keys_of_a_mapping(void **state) {
    (void)state;
    static char text[CONFIG_MAX_KEYS * 16];
    size_t size = 0;
    for (unsigned i = 0; i <= CONFIG_MAX_KEYS; i++) {
        if (i == CONFIG_MAX_KEYS)
            assert_true(read_text(text));
        size += (size_t)snprintf(text + size, sizeof text - size, "k%u: 1\n", i);
    }
    assert_false(read_text(text));
}

static void bounds_the_depth(void **state) {
    (void)state;
    assert_true(read_text("[[[[[[[[[[]]]]]]]]]]"));
    assert_false(read_text("[[[[[[[[[[[]]]]]]]]]]]"));
    assert_non_null(strstr(fault.text, "deeper"));
}

static void says_when_memory_is_out(void **state) {
    (void)state;
    jk_arena_done(&arena);
    jk_arena_init(&arena, 4096);
    assert_false(read_text("a: [x, y, z]\nb: [x, y, z]\n"));
    assert_non_null(strstr(fault.text, "memory"));
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(remembers_places),
        TEST(puts_variables_in_as_texts),
        TEST(refuses_variables_that_are_none),
        TEST(bounds_a_text),
        TEST(bounds_the_keys_of_a_mapping),
        TEST(bounds_the_depth),
        TEST(says_when_memory_is_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
