/* SPDX-License-Identifier: Apache-2.0
 *
 * What the JSON reader accepts, and each refusal with its offset. */
#include "codec/json_names.h"
#include "codec/json_scan.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

typedef struct expectation {
    const char *text;
    jwkeep_code code;
    size_t offset;
} expectation;

/* Parses an exact heap copy, so that the sanitizer sees a byte read past the end. */
static jwkeep_code parse(jwkeep_span text, const jwkeep_limits *limits, size_t *ret_offset) {
    uint8_t *exact = malloc(text.size ? text.size : 1);
    if (!exact)
        abort();
    if (text.size)
        memcpy(exact, text.data, text.size);
    jwkeep_limits defaults;
    jwkeep_limits_init(&defaults);
    jk_arena arena;
    jk_arena_init(&arena, jk_json_arena_bytes(text.size, limits ? limits : &defaults));
    const jwkeep_json *root = NULL;
    jwkeep_error error = {.code = JWKEEP_OK, .offset = JWKEEP_NO_OFFSET};
    jwkeep_code code = jk_json_parse(jwkeep_span_of(exact, text.size),
                                     limits ? limits : &defaults, &arena, &root, &error);
    jk_arena_done(&arena);
    free(exact);
    if (code != error.code || (root != NULL) != (code == JWKEEP_OK))
        return JWKEEP_SYSTEM_FAILED;
    *ret_offset = error.offset;
    return code;
}

static void check(const expectation *table, size_t count) {
    for (size_t i = 0; i < count; i++) {
        size_t offset;
        jwkeep_code code = parse(jwkeep_span_text(table[i].text), NULL, &offset);
        if (code != table[i].code || offset != table[i].offset)
            fail_msg("%s: %s at %zu", table[i].text, jwkeep_code_name(code), offset);
    }
}

#define CHECK(table) check(table, JK_COUNT_OF(table))
#define SYNTAX(text, offset)                                                                   \
    { text, JWKEEP_JSON_SYNTAX, offset }
#define UTF8(text, offset)                                                                     \
    { text, JWKEEP_JSON_UTF8, offset }
#define FINE(text)                                                                             \
    { text, JWKEEP_OK, JWKEEP_NO_OFFSET }

static void accepts_every_kind_of_value(void **state) {
    (void)state;
    static const expectation table[] = {
        FINE("null"),
        FINE("true"),
        FINE("false"),
        FINE("0"),
        FINE("-0"),
        FINE("10"),
        FINE("-1.5e+10"),
        FINE("0.0E-0"),
        FINE("1e5"),
        FINE("\"\""),
        FINE("[]"),
        FINE("{}"),
        FINE(" \t\r\n[ 1 , [ ] , { } ] \n"),
        FINE("{\"a\" : 1 , \"b\" : [ true ] }"),
        FINE("\"a longer string of more than sixteen bytes, and more\""),
        FINE("{\"\":{\"\":{}}}"),
        FINE("\"\x7f\""),
    };
    CHECK(table);
}

static void rejects_what_is_no_json_text(void **state) {
    (void)state;
    static const expectation table[] = {
        SYNTAX("", 0),
        SYNTAX("  ", 2),
        SYNTAX("x", 0),
        SYNTAX("tru", 3),
        SYNTAX("trux", 3),
        SYNTAX("nul", 3),
        SYNTAX("falsy", 4),
        SYNTAX("True", 0),
        SYNTAX("NaN", 0),
        SYNTAX("'a'", 0),
        SYNTAX("\xef\xbb\xbf{}", 0),
        SYNTAX("\v1", 0),
        SYNTAX("\f1", 0),
        SYNTAX("\xc2\xa0"
               "1",
               0),
        SYNTAX("// c\n1", 0),
        SYNTAX(",", 0),
        SYNTAX("]", 0),
    };
    CHECK(table);
}

static void rejects_broken_arrays(void **state) {
    (void)state;
    static const expectation table[] = {
        SYNTAX("[", 1),     SYNTAX("[1", 2),        SYNTAX("[1,", 3), SYNTAX("[1,]", 3),
        SYNTAX("[,1]", 1),  SYNTAX("[1 2]", 3),     SYNTAX("[1}", 2), SYNTAX("[[]", 3),
        SYNTAX("[1:2]", 2), SYNTAX("[\"a\":1]", 4),
    };
    CHECK(table);
}

static void rejects_broken_objects(void **state) {
    (void)state;
    static const expectation table[] = {
        SYNTAX("{", 1),         SYNTAX("{\"a\"", 4),    SYNTAX("{\"a\":", 5),
        SYNTAX("{\"a\":1", 6),  SYNTAX("{\"a\":1,", 7), SYNTAX("{\"a\":1,}", 7),
        SYNTAX("{,}", 1),       SYNTAX("{1:1}", 1),     SYNTAX("{\"a\" 1}", 5),
        SYNTAX("{\"a\",1}", 4), SYNTAX("{\"a\":}", 5),  SYNTAX("{\"a\":1 \"b\":2}", 7),
        SYNTAX("{\"a\":1]", 6), SYNTAX("{a:1}", 1),     SYNTAX("{null:1}", 1),
    };
    CHECK(table);
}

static void rejects_broken_numbers(void **state) {
    (void)state;
    static const expectation table[] = {
        SYNTAX("-", 1),     SYNTAX("-a", 1),       SYNTAX("+1", 0),        SYNTAX("01", 1),
        SYNTAX("-01", 2),   SYNTAX("1.", 2),       SYNTAX(".5", 0),        SYNTAX("1.e5", 2),
        SYNTAX("1e", 2),    SYNTAX("1e+", 3),      SYNTAX("1e-x", 3),      SYNTAX("0x10", 1),
        SYNTAX("1_000", 1), SYNTAX("Infinity", 0), SYNTAX("-Infinity", 1), SYNTAX("[1.]", 3),
        SYNTAX("1e5.5", 3), SYNTAX("--1", 1),
    };
    CHECK(table);
}

static void rejects_bytes_after_the_value(void **state) {
    (void)state;
    static const expectation table[] = {
        SYNTAX("1 2", 2),        SYNTAX("{} x", 3), SYNTAX("[]]", 2),
        SYNTAX("\"a\"\"b\"", 3), SYNTAX("{}{}", 2), SYNTAX("null,", 4),
    };
    CHECK(table);
    size_t offset;
    assert_int_equal(parse(jwkeep_span_of("1\0", 2), NULL, &offset), JWKEEP_JSON_SYNTAX);
    assert_int_equal(offset, 1);
    assert_int_equal(parse(jwkeep_span_of("{}\0", 3), NULL, &offset), JWKEEP_JSON_SYNTAX);
    assert_int_equal(offset, 2);
}

static void rejects_broken_strings(void **state) {
    (void)state;
    static const expectation table[] = {
        SYNTAX("\"", 1),
        SYNTAX("\"abc", 4),
        SYNTAX("\"\\", 2),
        SYNTAX("\"\\\"", 3),
        SYNTAX("\"\\x\"", 2),
        SYNTAX("\"\\U0041\"", 2),
        SYNTAX("\"\\u\"", 3),
        SYNTAX("\"\\u12\"", 5),
        SYNTAX("\"\\u12g4\"", 5),
        SYNTAX("\"\\u123", 6),
        SYNTAX("\"\\'\"", 2),
        SYNTAX("\"a\nb\"", 2),
        SYNTAX("\"\x1f\"", 1),
        SYNTAX("\"\\n\x01\"", 3),
        SYNTAX("\"0123456789abcdef0123456789abcdef\t\"", 33),
        SYNTAX("\"\\ud83d\\u12\"", 11),
        SYNTAX("{\"\\x\":1}", 3),
        SYNTAX("\"\\n", 3),
    };
    CHECK(table);
}

static void rejects_a_nul_in_a_string(void **state) {
    (void)state;
    size_t offset;
    assert_int_equal(parse(jwkeep_span_of("\"a\0b\"", 5), NULL, &offset), JWKEEP_JSON_SYNTAX);
    assert_int_equal(offset, 2);
    assert_int_equal(parse(jwkeep_span_of("\"\\\0\"", 4), NULL, &offset), JWKEEP_JSON_SYNTAX);
    assert_int_equal(offset, 2);
}

static void rejects_what_is_not_utf8(void **state) {
    (void)state;
    static const expectation table[] = {
        FINE("\"\xc2\x80\xdf\xbf\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf\""),
        FINE("\"\xf0\x90\x80\x80\xf4\x8f\xbf\xbf\""),
        UTF8("\"\x80\"", 1),
        UTF8("\"a\xbf\"", 2),
        UTF8("\"\xc0\x80\"", 1),
        UTF8("\"\xc1\xbf\"", 1),
        UTF8("\"\xc2\"", 1),
        UTF8("\"\xe0\x80\x80\"", 1),
        UTF8("\"\xe0\x9f\xbf\"", 1),
        UTF8("\"\xed\xa0\x80\"", 1),
        UTF8("\"\xed\xbf\xbf\"", 1),
        UTF8("\"\xe2\x82\"", 1),
        UTF8("\"\xf0\x80\x80\x80\"", 1),
        UTF8("\"\xf0\x8f\xbf\xbf\"", 1),
        UTF8("\"\xf4\x90\x80\x80\"", 1),
        UTF8("\"\xf5\x80\x80\x80\"", 1),
        UTF8("\"\xff\"", 1),
        UTF8("\"\xf0\x9f\x98\"", 1),
        UTF8("\"\xc2", 1),
        UTF8("\"\\n\xc2\x41\"", 3),
        UTF8("{\"\xfe\":1}", 2),
    };
    CHECK(table);
}

static void rejects_lone_surrogates_in_escapes(void **state) {
    (void)state;
    static const expectation table[] = {
        FINE("\"\\ud83d\\ude00\""),    FINE("\"\\uD83D\\uDE00\""),
        FINE("\"\\u0000\""),           UTF8("\"\\ud83d\"", 1),
        UTF8("\"\\ude00\"", 1),        UTF8("\"a\\udfff\\ud800\"", 2),
        UTF8("\"\\ud83d\\ud83d\"", 1), UTF8("\"\\udc00\\udc00\"", 1),
        UTF8("\"\\ud83d\\ue000\"", 1), UTF8("\"\\ud83d\\n\"", 1),
        UTF8("\"\\ud83dx\"", 1),       UTF8("\"\\ud83d\\u0041\"", 1),
        UTF8("\"\\ud83d", 1),
    };
    CHECK(table);
}

#define DUPLICATE(text, offset)                                                                \
    { text, JWKEEP_JSON_DUPLICATE, offset }

static void rejects_a_member_name_that_appears_twice(void **state) {
    (void)state;
    static const expectation table[] = {
        DUPLICATE("{\"a\":1,\"a\":2}", 7),
        DUPLICATE("{\"a\":1, \"b\":[1,2] ,\n \"a\":2}", 21),
        DUPLICATE("{\"\":1,\"\":1}", 6),
        DUPLICATE("{\"alg\":1,\"\\u0061lg\":2}", 9),
        DUPLICATE("{\"\\u0061\":1,\"\\u0061\":2}", 12),
        DUPLICATE("[{\"x\":{\"k\":{},\"k\":{}}}]", 14),
        FINE("{\"a\":{\"a\":1},\"b\":{\"a\":1}}"),
        FINE("[{\"a\":1},{\"a\":1}]"),
        FINE("{\"a\":1,\"A\":2,\"a \":3,\"\":4}"),
    };
    CHECK(table);
    size_t offset;
    assert_int_equal(parse(JWKEEP_SPAN("{\"a\\u0000b\":1,\"a\\u0000c\":2}"), NULL, &offset),
                     JWKEEP_OK);
}

/* An object of `count` members "m0".. and, when `twin` is a member's number, that name again
 * at the end; the offset of the last name. */
static size_t make_object(char *text, size_t room, unsigned count, int twin) {
    size_t size = (size_t)snprintf(text, room, "{");
    size_t offset = 0;
    for (unsigned i = 0; i < count; i++) {
        offset = size + (i > 0);
        unsigned number = twin >= 0 && i == count - 1 ? (unsigned)twin : i;
        size +=
            (size_t)snprintf(text + size, room - size, "%s\"m%u\":[{}]", i ? "," : "", number);
    }
    snprintf(text + size, room - size, "}");
    return offset;
}

static void finds_duplicates_among_few_and_many_members(void **state) {
    (void)state;
    static char text[32768];
    static const unsigned counts[] = {
        2,   JK_JSON_SMALL_OBJECT - 1, JK_JSON_SMALL_OBJECT, JK_JSON_SMALL_OBJECT + 1, 64, 65,
        1000};
    for (size_t c = 0; c < JK_COUNT_OF(counts); c++) {
        size_t offset;
        make_object(text, sizeof text, counts[c], -1);
        assert_int_equal(parse(jwkeep_span_text(text), NULL, &offset), JWKEEP_OK);
        for (unsigned twin = 0; twin + 1 < counts[c]; twin += 1 + counts[c] / 70) {
            size_t expected = make_object(text, sizeof text, counts[c], (int)twin);
            assert_int_equal(parse(jwkeep_span_text(text), NULL, &offset),
                             JWKEEP_JSON_DUPLICATE);
            assert_int_equal(offset, expected);
        }
    }
}

static void rejects_one_level_past_the_depth_limit(void **state) {
    (void)state;
    jwkeep_limits limits;
    jwkeep_limits_init(&limits);
    limits.max_json_depth = 3;
    size_t offset;
    assert_int_equal(parse(JWKEEP_SPAN("[[[1]]]"), &limits, &offset), JWKEEP_OK);
    assert_int_equal(parse(JWKEEP_SPAN("{\"a\":{\"b\":{}},\"c\":[[]]}"), &limits, &offset),
                     JWKEEP_OK);
    assert_int_equal(parse(JWKEEP_SPAN("[[[[1]]]]"), &limits, &offset), JWKEEP_JSON_TOO_DEEP);
    assert_int_equal(offset, 3);
    assert_int_equal(parse(JWKEEP_SPAN("[[],{\"a\":{\"b\":[]}}]"), &limits, &offset),
                     JWKEEP_JSON_TOO_DEEP);
    assert_int_equal(offset, 14);
}

static void needs_no_stack_for_depth(void **state) {
    (void)state;
    enum { DEPTH = 100000 };
    jwkeep_limits limits;
    jwkeep_limits_init(&limits);
    limits.max_json_depth = DEPTH;
    limits.max_json_values = DEPTH;
    char *text = malloc(2 * DEPTH);
    if (!text)
        abort();
    memset(text, '[', DEPTH);
    memset(text + DEPTH, ']', DEPTH);
    size_t offset;
    jwkeep_code code = parse(jwkeep_span_of(text, 2 * DEPTH), &limits, &offset);
    free(text);
    assert_int_equal(code, JWKEEP_OK);
}

static void rejects_one_value_past_the_limit(void **state) {
    (void)state;
    jwkeep_limits limits;
    jwkeep_limits_init(&limits);
    limits.max_json_values = 4;
    size_t offset;
    assert_int_equal(parse(JWKEEP_SPAN("[1,2,{}]"), &limits, &offset), JWKEEP_OK);
    assert_int_equal(parse(JWKEEP_SPAN("[1,[],3,4]"), &limits, &offset), JWKEEP_JSON_TOO_LARGE);
    assert_int_equal(offset, 8);
    assert_int_equal(parse(JWKEEP_SPAN("[1,{\"a\":{}}]"), &limits, &offset), JWKEEP_OK);
    assert_int_equal(parse(JWKEEP_SPAN("[1,{\"a\":[0]}]"), &limits, &offset),
                     JWKEEP_JSON_TOO_LARGE);
    assert_int_equal(offset, 9);
    limits.max_json_values = 1;
    assert_int_equal(parse(JWKEEP_SPAN("1"), &limits, &offset), JWKEEP_OK);
    assert_int_equal(parse(JWKEEP_SPAN("[1]"), &limits, &offset), JWKEEP_JSON_TOO_LARGE);
}

static void rejects_a_text_of_more_than_4_gib_unread(void **state) {
    (void)state;
    volatile size_t size = JK_JSON_MAX_BYTES;
    jwkeep_json_text *text = NULL;
    jwkeep_error error;
    assert_int_equal(jwkeep_json_parse(jwkeep_span_of("1", size + 1), NULL, &text, &error),
                     JWKEEP_JSON_TOO_LARGE);
    assert_int_equal(error.offset, JK_JSON_MAX_BYTES);
    assert_null(text);
}

/* Texts that need the most memory for their size: many values, many names, long escapes. */
static void the_arena_bound_suffices_for_the_worst_texts(void **state) {
    (void)state;
    static char text[65536];
    jwkeep_limits limits;
    jwkeep_limits_init(&limits);
    limits.max_json_values = 1u << 20;
    size_t offset;
    for (size_t value_count = 1; value_count < 20000; value_count += 1 + value_count / 3) {
        text[0] = '[';
        for (size_t i = 0; i < value_count; i++)
            memcpy(text + 1 + 2 * i, "1,", 2);
        text[2 * value_count] = ']';
        assert_int_equal(parse(jwkeep_span_of(text, 2 * value_count + 1), &limits, &offset),
                         JWKEEP_OK);
    }
    make_object(text, sizeof text, 4000, -1);
    assert_int_equal(parse(jwkeep_span_text(text), &limits, &offset), JWKEEP_OK);
    memset(text, 'x', sizeof text);
    memcpy(text, "[\"\\n", 4);
    memcpy(text + 60000, "\"]", 2);
    assert_int_equal(parse(jwkeep_span_of(text, 60002), &limits, &offset), JWKEEP_OK);
}

static void tells_when_the_arena_is_too_small(void **state) {
    (void)state;
    jwkeep_limits limits;
    jwkeep_limits_init(&limits);
    jk_arena arena;
    jk_arena_init(&arena, 8);
    const jwkeep_json *root = NULL;
    jwkeep_error error;
    jwkeep_code code = jk_json_parse(JWKEEP_SPAN("[]"), &limits, &arena, &root, &error);
    jk_arena_done(&arena);
    assert_int_equal(code, JWKEEP_OUT_OF_MEMORY);
    assert_null(root);
    assert_true(error.offset == JWKEEP_NO_OFFSET);
}

static void cites_the_clause_of_each_refusal(void **state) {
    (void)state;
    static const struct {
        const char *text;
        const char *clause;
    } table[] = {
        {"1 1", "RFC 8259 §2"},
        {"x", "RFC 8259 §3"},
        {"{1}", "RFC 8259 §4"},
        {"[1", "RFC 8259 §5"},
        {"1.", "RFC 8259 §6"},
        {"\"\\x\"", "RFC 8259 §7"},
        {"\"\xff\"", "RFC 8259 §8.1"},
        {"\"\\ud800\"", "RFC 8259 §8.2"},
        {"[[[[[[[[[[[[[[[[[1", "RFC 8259 §9"},
        {"{\"a\":1,\"a\":1}", "RFC 7515 §4"},
    };
    for (size_t i = 0; i < JK_COUNT_OF(table); i++) {
        jwkeep_json_text *text = NULL;
        jwkeep_error error;
        assert_int_not_equal(
            jwkeep_json_parse(jwkeep_span_text(table[i].text), NULL, &text, &error), JWKEEP_OK);
        assert_string_equal(error.clause, table[i].clause);
    }
}

static void both_scanners_stop_at_the_same_byte(void **state) {
    (void)state;
    uint8_t bytes[48];
    for (size_t size = 0; size <= sizeof bytes; size++) {
        for (size_t at = 0; at < size; at++) {
            for (unsigned byte = 0; byte < 256; byte++) {
                memset(bytes, 'a' + (int)(at % 26), sizeof bytes);
                bytes[at] = (uint8_t)byte;
                if (at + 2 < size)
                    bytes[at + 2] = '"';
                bool is_plain = byte >= 0x20 && byte < 0x80 && byte != '"' && byte != '\\';
                size_t expected = !is_plain ? at : at + 2 < size ? at + 2 : size;
                assert_ptr_equal(jk_json_scan(bytes, bytes, bytes + size), bytes + expected);
                assert_ptr_equal(jk_json_scan(bytes, bytes + at, bytes + size),
                                 bytes + expected);
                assert_ptr_equal(jk_json_scan_words(bytes, bytes + size), bytes + expected);
            }
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accepts_every_kind_of_value),
        cmocka_unit_test(rejects_what_is_no_json_text),
        cmocka_unit_test(rejects_broken_arrays),
        cmocka_unit_test(rejects_broken_objects),
        cmocka_unit_test(rejects_broken_numbers),
        cmocka_unit_test(rejects_bytes_after_the_value),
        cmocka_unit_test(rejects_broken_strings),
        cmocka_unit_test(rejects_a_nul_in_a_string),
        cmocka_unit_test(rejects_what_is_not_utf8),
        cmocka_unit_test(rejects_lone_surrogates_in_escapes),
        cmocka_unit_test(rejects_a_member_name_that_appears_twice),
        cmocka_unit_test(finds_duplicates_among_few_and_many_members),
        cmocka_unit_test(rejects_one_level_past_the_depth_limit),
        cmocka_unit_test(needs_no_stack_for_depth),
        cmocka_unit_test(rejects_one_value_past_the_limit),
        cmocka_unit_test(rejects_a_text_of_more_than_4_gib_unread),
        cmocka_unit_test(the_arena_bound_suffices_for_the_worst_texts),
        cmocka_unit_test(tells_when_the_arena_is_too_small),
        cmocka_unit_test(cites_the_clause_of_each_refusal),
        cmocka_unit_test(both_scanners_stop_at_the_same_byte),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
