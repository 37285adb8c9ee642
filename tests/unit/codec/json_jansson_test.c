/* SPDX-License-Identifier: Apache-2.0
 *
 * The reader against jansson 2.14 on generated and mutated texts. Where the two disagree, it
 * must be for one of the reasons listed in docs/design/json.md. */
#include "base/attributes.h"
#include <ctype.h>
#include <jansson.h>
#include <jwkeep/json.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define SEEDS 25000u
#define MUTATIONS 4
#define MAX_TEXT 4096u
#define JANSSON_FLAGS (JSON_REJECT_DUPLICATES | JSON_DECODE_ANY | JSON_ALLOW_NUL)

typedef enum verdict {
    AGREE_ACCEPT,
    AGREE_REJECT,
    NUL_AFTER_WORD, /* jansson skips a raw NUL that ends a number or a literal */
    NUMBER_RANGE,   /* jansson converts numbers while it parses, and refuses large ones */
    NUL_IN_NAME,    /* jansson cannot hold a member name with \u0000 */
    OUR_LIMIT,      /* depth or number of values */
    DISAGREE,
    VERDICT_COUNT
} verdict;

typedef struct sample {
    uint64_t random;
    size_t size;
    char text[MAX_TEXT];
} sample;

static uint64_t draw(sample *s, uint64_t below) {
    s->random ^= s->random << 13;
    s->random ^= s->random >> 7;
    s->random ^= s->random << 17;
    return (s->random * 0x2545f4914f6cdd1du >> 33) % below;
}

static void add(sample *s, const char *piece) {
    size_t size = strlen(piece);
    if (s->size + size <= sizeof s->text) {
        memcpy(s->text + s->size, piece, size);
        s->size += size;
    }
}

#define ADD_ONE_OF(s, table) add(s, table[draw(s, JK_COUNT_OF(table))])

static void add_space(sample *s) {
    static const char *const spaces[] = {" ", "\n", "\t", "\r\n  "};
    if (draw(s, 6) == 0)
        ADD_ONE_OF(s, spaces);
}

static void add_string(sample *s) {
    static const char *const pieces[] = {
        "a",    "kid",  "exp",     "https://issuer.example/", "\xc3\xa9", "\xe2\x82\xac",
        "\\n",  "\\\"", "\\u0041", "\xf0\x9f\x98\x80",        "\\/",      "\\ud83d\\ude00",
        "\x7f", "\\\\", "\\u00e9", "0123456789abcdef"};
    add(s, "\"");
    for (uint64_t count = draw(s, 4); count; count--)
        ADD_ONE_OF(s, pieces);
    if (draw(s, 200) == 0)
        add(s, "\\u0000");
    add(s, "\"");
}

static void add_number(sample *s) {
    static const char *const numbers[] = {
        "0",     "-0",   "1700000000",          "-17",  "3.25",   "1e3", "2E-3", "0.1",
        "-1e+2", "1e22", "9223372036854775807", "5e-1", "123456", "10",  "1.0e0"};
    static const char *const huge[] = {"1e400", "-1e999", "9223372036854775808",
                                       "123456789012345678901234567890"};
    if (draw(s, 60) == 0)
        ADD_ONE_OF(s, huge);
    else
        ADD_ONE_OF(s, numbers);
}

static void add_value(sample *s, unsigned depth);

static void add_members(sample *s, unsigned depth, bool is_object) {
    uint64_t count = draw(s, 5);
    add(s, is_object ? "{" : "[");
    for (uint64_t i = 0; i < count; i++) {
        add_space(s);
        if (is_object) {
            add_string(s);
            add_space(s);
            add(s, ":");
        }
        add_value(s, depth + 1);
        add(s, i + 1 < count ? "," : "");
    }
    add_space(s);
    add(s, is_object ? "}" : "]");
}

static void add_value(sample *s, unsigned depth) {
    static const char *const literals[] = {"true", "false", "null"};
    uint64_t kind = draw(s, depth > 5 ? 6 : 10);
    add_space(s);
    if (kind < 2)
        ADD_ONE_OF(s, literals);
    else if (kind < 4)
        add_number(s);
    else if (kind < 6)
        add_string(s);
    else
        add_members(s, depth, kind < 9);
    add_space(s);
}

static void mutate(sample *s) {
    static const char interesting[] =
        "\"\\{}[]:,0-9.eEu \n\x00\x01\x1f\x7f\x80\xbf\xc2\xed\xf4";
    size_t at = s->size ? draw(s, s->size) : 0;
    char byte = interesting[draw(s, sizeof interesting - 1)];
    switch (draw(s, 4)) {
    case 0: /* replace */
        s->text[at] = byte;
        s->size = s->size ? s->size : 1;
        break;
    case 1: /* insert */
        if (s->size < sizeof s->text) {
            memmove(s->text + at + 1, s->text + at, s->size - at);
            s->text[at] = byte;
            s->size++;
        }
        break;
    case 2: /* remove */
        if (s->size) {
            memmove(s->text + at, s->text + at + 1, s->size - at - 1);
            s->size--;
        }
        break;
    default: /* cut off, or double a piece at the end */
        if (draw(s, 2))
            s->size = at;
        else if (s->size + (s->size - at) <= sizeof s->text) {
            memcpy(s->text + s->size, s->text + at, s->size - at);
            s->size += s->size - at;
        }
    }
}

static bool is_same(const jwkeep_json *ours, const json_t *theirs);

static bool is_same_number(const jwkeep_json *ours, const json_t *theirs) {
    int64_t whole;
    double real;
    if (json_is_integer(theirs))
        return jwkeep_json_int64(ours, &whole) == JWKEEP_OK &&
               whole == json_integer_value(theirs);
    return json_is_real(theirs) && jwkeep_json_double(ours, &real) == JWKEEP_OK &&
           real >= json_real_value(theirs) && real <= json_real_value(theirs);
}

static bool is_same_array(const jwkeep_json *ours, const json_t *theirs) {
    size_t index = 0;
    const jwkeep_json *element = jwkeep_json_first(ours);
    for (; element; element = jwkeep_json_next(element))
        if (!is_same(element, json_array_get(theirs, index++)))
            return false;
    return json_is_array(theirs) && index == json_array_size(theirs) &&
           index == jwkeep_json_count(ours);
}

static bool is_same_object(const jwkeep_json *ours, const json_t *theirs) {
    size_t count = 0;
    const jwkeep_json *member = jwkeep_json_first(ours);
    for (; member; member = jwkeep_json_next(member), count++) {
        jwkeep_span name = jwkeep_json_name(member);
        if (!is_same(member, json_object_getn(theirs, (const char *)name.data, name.size)))
            return false;
    }
    return json_is_object(theirs) && count == json_object_size(theirs) &&
           count == jwkeep_json_count(ours);
}

static bool is_same_string(const jwkeep_json *ours, const json_t *theirs) {
    return json_is_string(theirs) &&
           jwkeep_span_equals(
               jwkeep_json_string(ours),
               jwkeep_span_of(json_string_value(theirs), json_string_length(theirs)));
}

static bool is_same(const jwkeep_json *ours, const json_t *theirs) {
    bool boolean;
    switch (jwkeep_json_type_of(ours)) {
    case JWKEEP_JSON_NULL:
        return json_is_null(theirs);
    case JWKEEP_JSON_BOOLEAN:
        return jwkeep_json_boolean(ours, &boolean) == JWKEEP_OK && json_is_boolean(theirs) &&
               boolean == json_is_true(theirs);
    case JWKEEP_JSON_NUMBER:
        return is_same_number(ours, theirs);
    case JWKEEP_JSON_STRING:
        return is_same_string(ours, theirs);
    case JWKEEP_JSON_ARRAY:
        return is_same_array(ours, theirs);
    case JWKEEP_JSON_OBJECT:
        return is_same_object(ours, theirs);
    }
    return false;
}

static bool is_nul_after_word(const char *text, size_t size, const jwkeep_error *error) {
    size_t at = error->offset;
    return error->code == JWKEEP_JSON_SYNTAX && at < size && text[at] == '\0' && at > 0 &&
           isalnum((unsigned char)text[at - 1]);
}

static verdict judge_difference(const char *text, size_t size, jwkeep_code code,
                                const jwkeep_error *ours, const json_error_t *theirs) {
    if (code == JWKEEP_JSON_TOO_DEEP || code == JWKEEP_JSON_TOO_LARGE)
        return OUR_LIMIT;
    if (code)
        return is_nul_after_word(text, size, ours) ? NUL_AFTER_WORD : DISAGREE;
    if (json_error_code(theirs) == json_error_numeric_overflow)
        return NUMBER_RANGE;
    if (json_error_code(theirs) == json_error_null_byte_in_key)
        return NUL_IN_NAME;
    return DISAGREE;
}

static verdict compare(const char *text, size_t size) {
    jwkeep_json_text *ours = NULL;
    jwkeep_error error;
    json_error_t their_error;
    jwkeep_code code = jwkeep_json_parse(jwkeep_span_of(text, size), NULL, &ours, &error);
    json_t *theirs = json_loadb(text, size, JANSSON_FLAGS, &their_error);
    verdict result;
    if (code && !theirs)
        result = AGREE_REJECT;
    else if (!code && theirs)
        result = is_same(jwkeep_json_root(ours), theirs) ? AGREE_ACCEPT : DISAGREE;
    else
        result = judge_difference(text, size, code, &error, &their_error);
    json_decref(theirs);
    jwkeep_json_text_free(ours);
    return result;
}

static void print_text(const sample *s) {
    for (size_t i = 0; i < s->size; i++)
        printf(s->text[i] >= 0x20 && s->text[i] < 0x7f ? "%c" : "<%02x>",
               (unsigned char)s->text[i]);
    printf("\n");
}

static void count_verdict(size_t *counts, const sample *s, uint64_t seed) {
    verdict result = compare(s->text, s->size);
    counts[result]++;
    if (result == DISAGREE) {
        print_text(s);
        fail_msg("seed %llu: disagreement on the text above", (unsigned long long)seed);
    }
}

static void agrees_with_jansson_but_for_the_listed_reasons(void **state) {
    (void)state;
    static sample s;
    size_t counts[VERDICT_COUNT] = {0};
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        s.random = seed * 0x9e3779b97f4a7c15u;
        s.size = 0;
        add_value(&s, 0);
        count_verdict(counts, &s, seed);
        for (int i = 0; i < MUTATIONS; i++) {
            mutate(&s);
            count_verdict(counts, &s, seed);
        }
    }
    /* Both halves of the comparison must be worth something. */
    assert_true(counts[AGREE_ACCEPT] > SEEDS / 2);
    assert_true(counts[AGREE_REJECT] > SEEDS / 2);
    assert_true(counts[NUMBER_RANGE] > 0);
    assert_true(counts[NUL_IN_NAME] > 0);
}

static void each_listed_reason_is_real(void **state) {
    (void)state;
    assert_int_equal(compare("[1\0]", 4), NUL_AFTER_WORD);
    assert_int_equal(compare("[true\0 ]", 8), NUL_AFTER_WORD);
    assert_int_equal(compare("[1e400]", 7), NUMBER_RANGE);
    assert_int_equal(compare("[9223372036854775808]", 21), NUMBER_RANGE);
    assert_int_equal(compare("{\"\\u0000\":1}", 12), NUL_IN_NAME);
    assert_int_equal(compare("[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]", 35), OUR_LIMIT);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agrees_with_jansson_but_for_the_listed_reasons),
        cmocka_unit_test(each_listed_reason_is_real),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
