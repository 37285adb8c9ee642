/* SPDX-License-Identifier: Apache-2.0
 *
 * The image of a parsed text: unpacked beside another copy of the text it says what reading
 * that copy says, field by field, and lives without the image, the first text and its arena.
 * Held against the reader over the corpus of its fuzzer, random texts and the largest ones. */
#include "codec/json_image.h"
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define CORPUS "fuzz/corpus/json"
#define RANDOM_TEXTS 3000u

static const uint8_t *in_block(jwkeep_span text) {
    uint8_t *copy = malloc(text.size ? text.size : 1);
    assert_non_null(copy);
    memcpy(copy, text.data, text.size);
    return copy;
}

static void let_go(const void *block) {
    free((void *)(uintptr_t)block);
}

static jwkeep_limits wide_limits(void) {
    jwkeep_limits limits;
    jwkeep_limits_init(&limits);
    limits.max_json_values = 1u << 16;
    return limits;
}

static bool is_within(jwkeep_span text, const uint8_t *at) {
    return (uintptr_t)at - (uintptr_t)text.data < text.size;
}

/* In the text where the reader points into it, and equal where it does not. */
static void is_same_string(const uint8_t *a, const uint8_t *b, size_t size, jwkeep_span text) {
    if (!a || is_within(text, a))
        assert_ptr_equal(a, b);
    else
        assert_memory_equal(a, b, size);
}

static void is_same_value(const jwkeep_json *a, const jwkeep_json *b, jwkeep_span text) {
    assert_int_equal(a->type, b->type);
    assert_int_equal(a->is_last, b->is_last);
    assert_ptr_equal(a->raw, b->raw);
    assert_int_equal(a->raw_size, b->raw_size);
    assert_int_equal(a->name_size, b->name_size);
    is_same_string(a->name, b->name, a->name_size, text);
    if (jk_json_is_container(a)) {
        assert_int_equal(a->as.container.count, b->as.container.count);
        assert_int_equal(a->as.container.span, b->as.container.span);
        return;
    }
    assert_int_equal(a->is_unescaped, b->is_unescaped);
    if (!a->is_unescaped)
        return;
    assert_int_equal(a->string_size, b->string_size);
    is_same_string(a->as.string, b->as.string, a->string_size, text);
}

static void is_same_answer(const jwkeep_json *a, const jwkeep_json *b) {
    int64_t whole[2] = {0, 0};
    double real[2] = {0, 0};
    bool boolean[2] = {false, false};
    assert_int_equal(jwkeep_json_type_of(a), jwkeep_json_type_of(b));
    assert_int_equal(jwkeep_json_count(a), jwkeep_json_count(b));
    assert_true(jwkeep_span_equals(jwkeep_json_raw(a), jwkeep_json_raw(b)));
    assert_true(jwkeep_span_equals(jwkeep_json_name(a), jwkeep_json_name(b)));
    assert_true(jwkeep_span_equals(jwkeep_json_string(a), jwkeep_json_string(b)));
    assert_int_equal(jwkeep_json_int64(a, &whole[0]), jwkeep_json_int64(b, &whole[1]));
    assert_int_equal(jwkeep_json_double(a, &real[0]), jwkeep_json_double(b, &real[1]));
    assert_int_equal(jwkeep_json_boolean(a, &boolean[0]), jwkeep_json_boolean(b, &boolean[1]));
    assert_int_equal(whole[0], whole[1]);
    assert_memory_equal(&real[0], &real[1], sizeof real[0]);
    assert_int_equal(boolean[0], boolean[1]);
    const jwkeep_json *x = jwkeep_json_first(a);
    const jwkeep_json *y = jwkeep_json_first(b);
    for (; x && y; x = jwkeep_json_next(x), y = jwkeep_json_next(y))
        is_same_answer(x, y);
    assert_true(!x && !y);
}

/* NULL if the reader refuses the text. */
static jk_json_image *image_of(jwkeep_span text) {
    const jwkeep_limits limits = wide_limits();
    const jwkeep_json *root;
    jk_json_image *image = NULL;
    jk_arena arena;
    jwkeep_span first = jwkeep_span_of(in_block(text), text.size);
    jk_arena_init(&arena, SIZE_MAX / 2);
    if (jk_json_parse(first, &limits, &arena, &root, NULL) == JWKEEP_OK) {
        image = malloc(jk_json_image_size(root, first));
        assert_non_null(image);
        jk_json_image_make(root, first, image);
    }
    jk_arena_done(&arena);
    let_go(first.data);
    return image;
}

static void unpacks_as_read(const jk_json_image *image, jwkeep_span text) {
    const jwkeep_limits limits = wide_limits();
    const jwkeep_json *read;
    jk_arena read_arena, unpacked_arena;
    jk_arena_init(&read_arena, SIZE_MAX / 2);
    jk_arena_init(&unpacked_arena, SIZE_MAX / 2);
    const jwkeep_json *unpacked = jk_json_image_open(image, text.data, &unpacked_arena);
    assert_non_null(unpacked);
    let_go(image);
    assert_int_equal(jk_json_parse(text, &limits, &read_arena, &read, NULL), JWKEEP_OK);
    for (const jwkeep_json *end = jk_json_after(read), *a = read, *b = unpacked; a < end;
         a++, b++)
        is_same_value(a, b, text);
    is_same_answer(read, unpacked);
    jk_arena_done(&unpacked_arena);
    jk_arena_done(&read_arena);
}

/* Whether there was anything to compare. */
static bool survives(jwkeep_span text) {
    jk_json_image *image = image_of(text);
    if (!image)
        return false;
    jwkeep_span other = jwkeep_span_of(in_block(text), text.size);
    unpacks_as_read(image, other);
    let_go(other.data);
    return true;
}

static bool survives_text(const char *text) {
    return survives(jwkeep_span_text(text));
}

static void keeps_values_of_every_type(void **state) {
    (void)state;
    assert_true(survives_text(
        "{\"a\":[1,-2.5e3,true,false,null,{\"b\":{}}],\"\":\"\",\"c\":[[],[\"x\"]]}"));
    assert_true(survives_text(" [ 1 , 2 ] "));
    char named[2 * 256 + 16]; /* names of 255 and of 256 bytes */
    snprintf(named, sizeof named, "{\"%0255d\":1,\"%0256d\":\"x\"}", 1, 2);
    assert_true(survives_text(named));
    assert_true(survives_text("\"alone\""));
    assert_true(survives_text("7"));
    assert_true(survives_text("{}"));
}

static void keeps_strings_that_were_unescaped(void **state) {
    (void)state;
    assert_true(survives_text(
        "{\"\\u0061\":\"\\n\",\"b\\\"\":\"\\ud83d\\ude00\",\"c\":\"plain\",\"d\":\"\"}"));
    assert_true(survives_text("[\"\\u0000\",\"\\\\\"]"));
    assert_true(survives_text("{\"\\n\":{\"\\t\":[\"\\r\",{\"x\":\"\\f\"}]},\"y\":\"\\b\"}"));
}

static void keeps_what_the_corpus_says(void **state) {
    (void)state;
    static uint8_t bytes[JK_JSON_IMAGE_MAX_BYTES];
    size_t accepted = 0;
    DIR *corpus = opendir(CORPUS);
    assert_non_null(corpus);
    for (const struct dirent *one; (one = readdir(corpus));) {
        char path[512];
        snprintf(path, sizeof path, CORPUS "/%s", one->d_name);
        FILE *file = one->d_name[0] != '.' ? fopen(path, "rb") : NULL;
        if (!file)
            continue;
        accepted += survives(jwkeep_span_of(bytes, fread(bytes, 1, sizeof bytes, file)));
        fclose(file);
    }
    closedir(corpus);
    assert_true(accepted >= 8);
}

struct writer {
    char text[1u << 16];
    size_t size;
    uint64_t state;
};

static size_t below(struct writer *w, size_t bound) {
    w->state ^= w->state << 13;
    w->state ^= w->state >> 7;
    w->state ^= w->state << 17;
    return (size_t)(w->state % bound);
}

static void put(struct writer *w, const char *piece) {
    size_t size = strlen(piece);
    memcpy(w->text + w->size, piece, size);
    w->size += size;
}

static void put_space(struct writer *w) {
    static const char *const spaces[] = {"", "", "", " ", "\n\t", "\r "};
    put(w, spaces[below(w, JK_COUNT_OF(spaces))]);
}

/* `number` makes names differ. */
static void put_string(struct writer *w, size_t number) {
    static const char *const pieces[] = {
        "a",        "longer than eight", "\\n", "\\\"", "\\u0041",
        "\xc3\xa9", "\\ud83d\\ude00",    "/",   "\\\\", ""};
    char suffix[16];
    put(w, "\"");
    for (size_t left = below(w, 4); left > 0; left--)
        put(w, pieces[below(w, JK_COUNT_OF(pieces))]);
    snprintf(suffix, sizeof suffix, "%zu", number);
    put(w, number ? suffix : "");
    put(w, "\"");
}

static void put_value(struct writer *w, unsigned depth) {
    static const char *const bare[] = {"null", "true", "false", "0", "-1.5e3", "1700000000"};
    size_t kind = below(w, depth < 5 ? 8 : 5);
    put_space(w);
    if (kind < 2) {
        put(w, bare[below(w, JK_COUNT_OF(bare))]);
    } else if (kind < 5) {
        put_string(w, 0);
    } else {
        bool is_object = kind > 5;
        put(w, is_object ? "{" : "[");
        size_t count = below(w, 5);
        for (size_t i = 0; i < count; i++) {
            put(w, i ? "," : "");
            put_space(w);
            if (is_object) {
                put_string(w, i + 1);
                put_space(w);
                put(w, ":");
            }
            put_value(w, depth + 1);
        }
        put(w, is_object ? "}" : "]");
    }
    put_space(w);
}

static void keeps_what_random_texts_say(void **state) {
    (void)state;
    static struct writer writer = {.state = 88172645463325252u};
    size_t accepted = 0;
    for (size_t i = 0; i < RANDOM_TEXTS; i++) {
        writer.size = 0;
        put_value(&writer, 0);
        accepted += survives(jwkeep_span_of((const uint8_t *)writer.text, writer.size));
    }
    assert_int_equal(accepted, RANDOM_TEXTS); /* names of one object end in other numbers */
}

/* `first`, then `piece` as often as it goes, then `last`: as long as a text with an image may
 * be, filled up with spaces. */
static void survives_filled(const char *first, const char *piece, const char *last) {
    static char text[JK_JSON_IMAGE_MAX_BYTES];
    size_t end = sizeof text - strlen(last);
    size_t at = strlen(first);
    memcpy(text, first, at);
    for (; at + strlen(piece) <= end; at += strlen(piece))
        memcpy(text + at, piece, strlen(piece));
    memcpy(text + at, last, strlen(last));
    at += strlen(last);
    memset(text + at, ' ', sizeof text - at);
    assert_true(survives(jwkeep_span_of((const uint8_t *)text, sizeof text)));
}

static void keeps_the_largest_texts(void **state) {
    (void)state;
    survives_filled("\"", "x", "\"");
    survives_filled("[0", ",0", "]");
    survives_filled("[\"\"", ",\"\"", "]");
    survives_filled("[\"\\n\"", ",\"\\n\"", "]");
    survives_filled("{\"", "\\n", "\":\"\\t\"}");
    survives_filled("[", " ", "{\"a\":\"\\n\"}]");
}

/* An unescaped name may stand in the arena right behind the text: it is not of the text. */
static void tells_a_name_behind_the_text_from_one_in_it(void **state) {
    (void)state;
    uint8_t bytes[] = "{\"\\u0041\":1}A";
    jwkeep_span text = jwkeep_span_of(bytes, sizeof bytes - 2);
    jwkeep_json values[2] = {{.raw = bytes,
                              .raw_size = (uint32_t)text.size,
                              .type = JWKEEP_JSON_OBJECT,
                              .is_last = true,
                              .as.container = {1, 2}},
                             {.raw = bytes + 10,
                              .raw_size = 1,
                              .type = JWKEEP_JSON_NUMBER,
                              .is_last = true,
                              .name = bytes + sizeof bytes - 2,
                              .name_size = 1}};
    jk_json_image *image = malloc(jk_json_image_size(values, text));
    assert_non_null(image);
    jk_json_image_make(values, text, image);
    bytes[sizeof bytes - 2] = 'X';
    jk_arena arena;
    jk_arena_init(&arena, SIZE_MAX / 2);
    const jwkeep_json *root = jk_json_image_open(image, bytes, &arena);
    bool is_kept = root && jwkeep_json_member(root, "A") != NULL;
    jk_arena_done(&arena);
    free(image);
    assert_true(is_kept);
}

static void says_that_there_is_no_memory(void **state) {
    (void)state;
    static const char text[] = "{\"\\n\":[1,2,3]}";
    jk_json_image *image = image_of(jwkeep_span_text(text));
    assert_non_null(image);
    for (size_t bytes = 0; bytes <= 5 * sizeof(jwkeep_json); bytes += sizeof(jwkeep_json)) {
        jk_arena arena;
        jk_arena_init(&arena, bytes);
        assert_null(jk_json_image_open(image, (const uint8_t *)text, &arena));
        jk_arena_done(&arena);
    }
    free(image);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_values_of_every_type),
        cmocka_unit_test(keeps_strings_that_were_unescaped),
        cmocka_unit_test(keeps_what_the_corpus_says),
        cmocka_unit_test(keeps_what_random_texts_say),
        cmocka_unit_test(keeps_the_largest_texts),
        cmocka_unit_test(tells_a_name_behind_the_text_from_one_in_it),
        cmocka_unit_test(says_that_there_is_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
