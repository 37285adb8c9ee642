/* SPDX-License-Identifier: Apache-2.0
 *
 * The image of a parsed text: a copy says what the text said, byte by byte, and lives without
 * the text, the arena and the image it came from. */
#include "codec/json_image.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static bool is_same_span(jwkeep_span a, jwkeep_span b) {
    return a.size == b.size && jwkeep_span_is_present(a) == jwkeep_span_is_present(b) &&
           jwkeep_span_equals(a, b);
}

static void says_the_same(const jwkeep_json *a, const jwkeep_json *b) {
    assert_int_equal(jwkeep_json_type_of(a), jwkeep_json_type_of(b));
    assert_int_equal(jwkeep_json_count(a), jwkeep_json_count(b));
    assert_true(is_same_span(jwkeep_json_raw(a), jwkeep_json_raw(b)));
    assert_true(is_same_span(jwkeep_json_name(a), jwkeep_json_name(b)));
    assert_true(is_same_span(jwkeep_json_string(a), jwkeep_json_string(b)));
    const jwkeep_json *x = jwkeep_json_first(a);
    const jwkeep_json *y = jwkeep_json_first(b);
    for (; x && y; x = jwkeep_json_next(x), y = jwkeep_json_next(y))
        says_the_same(x, y);
    assert_true(!x && !y);
}

/* The text is a block of its own, with nothing behind it that might be read by mistake. */
static jk_json_image *image_of(const char *text, const jwkeep_json **ret_root, jk_arena *arena,
                               uint8_t **ret_text) {
    size_t size = strlen(text);
    jwkeep_limits limits;
    jwkeep_limits_init(&limits);
    jk_arena_init(arena, SIZE_MAX / 2);
    *ret_text = jk_arena_bytes(arena, size);
    memcpy(*ret_text, text, size);
    jwkeep_span span = jwkeep_span_of(*ret_text, size);
    assert_int_equal(jk_json_parse(span, &limits, arena, ret_root, NULL), JWKEEP_OK);
    jk_json_image *image = malloc(jk_json_image_size(*ret_root, span));
    assert_non_null(image);
    jk_json_image_make(*ret_root, span, image);
    assert_int_equal(image->size, jk_json_image_size(*ret_root, span));
    return image;
}

static bool is_part(const jk_json_image *image, const uint8_t *at, size_t size) {
    const uint8_t *start = (const uint8_t *)image;
    return !at || (at >= start && at + size <= start + image->size);
}

/* Nothing points to where it came from. */
static void stands_alone(const jk_json_image *image) {
    for (size_t i = 0; i < image->value_count; i++) {
        jwkeep_span raw = jwkeep_json_raw(&image->values[i]);
        jwkeep_span name = jwkeep_json_name(&image->values[i]);
        jwkeep_span string = jwkeep_json_string(&image->values[i]);
        assert_true(is_part(image, raw.data, raw.size));
        assert_true(is_part(image, name.data, name.size));
        assert_true(is_part(image, string.data, string.size));
    }
}

static void survives(const char *text) {
    const jwkeep_json *root;
    jk_arena arena;
    uint8_t *bytes;
    jk_json_image *image = image_of(text, &root, &arena, &bytes);
    says_the_same(root, image->values);
    jk_json_image *copy = malloc(image->size);
    assert_non_null(copy);
    jk_json_image_copy(image, copy);
    stands_alone(image);
    stands_alone(copy);
    free(image);
    says_the_same(root, copy->values);
    assert_true(jwkeep_span_equals(jk_json_image_text(copy), jwkeep_span_text(text)));
    jk_arena_done(&arena);
    jwkeep_json_text *again = NULL;
    assert_int_equal(jwkeep_json_parse(jwkeep_span_text(text), NULL, &again, NULL), JWKEEP_OK);
    says_the_same(jwkeep_json_root(again), copy->values);
    jwkeep_json_text_free(again);
    free(copy);
}

static void keeps_values_of_every_type(void **state) {
    (void)state;
    survives("{\"a\":[1,-2.5e3,true,false,null,{\"b\":{}}],\"\":\"\",\"c\":[[],[\"x\"]]}");
    survives(" [ 1 , 2 ] ");
    survives("\"alone\"");
    survives("{}");
}

static void keeps_strings_that_were_unescaped(void **state) {
    (void)state;
    survives("{\"\\u0061\":\"\\n\",\"b\\\"\":\"\\ud83d\\ude00\",\"c\":\"plain\",\"d\":\"\"}");
    survives("[\"\\u0000\",\"\\\\\"]");
}

/* An unescaped string may stand in the arena right behind the text: it is not of the text. */
static void tells_a_string_behind_the_text_from_one_in_it(void **state) {
    (void)state;
    jwkeep_json value = {.type = JWKEEP_JSON_STRING, .is_last = true};
    uint8_t bytes[] = "[\"\\u0041\"]A";
    jwkeep_span text = jwkeep_span_of(bytes, sizeof bytes - 2);
    value.raw = bytes + 1;
    value.raw_size = 8;
    value.as.string = bytes + sizeof bytes - 2;
    value.string_size = 1;
    jk_json_image *image = malloc(jk_json_image_size(&value, text));
    assert_non_null(image);
    jk_json_image_make(&value, text, image);
    bytes[sizeof bytes - 2] = 'X';
    bool is_kept = jwkeep_span_equals(jwkeep_json_string(image->values), JWKEEP_SPAN("A"));
    free(image);
    assert_true(is_kept);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_values_of_every_type),
        cmocka_unit_test(keeps_strings_that_were_unescaped),
        cmocka_unit_test(tells_a_string_behind_the_text_from_one_in_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
