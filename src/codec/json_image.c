/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns packing and unpacking. */
#include "codec/json_image.h"
#include "base/attributes.h"

/* The marks of a value: one bit, and where its name and its string are, two bits each. */
#define IS_LAST 1u
#define NAME_SHIFT 1u
#define STRING_SHIFT 3u
enum { NOWHERE = 0, IN_TEXT = 1, IN_STRINGS = 2, PLACES = 4 };

static size_t count_of(const jwkeep_json *root) {
    return (size_t)(jk_json_after(root) - root);
}

/* A string of the text ends before its closing quote, so that one at the very end of the text
 * is not of it: it only follows it in the arena. */
static bool is_in(jwkeep_span text, const uint8_t *at) {
    return (uintptr_t)at - (uintptr_t)text.data < text.size;
}

static bool has_own_string(const jwkeep_json *value, jwkeep_span text) {
    return value->type == JWKEEP_JSON_STRING && !is_in(text, value->as.string);
}

static bool has_own_name(const jwkeep_json *value, jwkeep_span text) {
    return value->name && !is_in(text, value->name);
}

size_t jk_json_image_size(const jwkeep_json *root, jwkeep_span text) {
    size_t count = count_of(root);
    size_t size = sizeof(jk_json_image) + count * sizeof(jk_packed_json);
    for (const jwkeep_json *value = root; value < root + count; value++) {
        size += has_own_string(value, text) ? value->string_size : 0;
        size += has_own_name(value, text) ? value->name_size : 0;
    }
    return size;
}

/* Notes where the string is: in the text, or copied to the end of the strings. */
static uint16_t place(const uint8_t *string, size_t size, jwkeep_span text,
                      jk_json_image *image, unsigned shift, uint8_t *marks) {
    if (is_in(text, string)) {
        *marks = (uint8_t)(*marks | IN_TEXT << shift);
        return (uint16_t)(string - text.data);
    }
    uint8_t *strings = (uint8_t *)(image->values + image->value_count);
    uint16_t start = image->strings_size;
    memcpy(strings + start, string, size);
    image->strings_size = (uint16_t)(start + size);
    *marks = (uint8_t)(*marks | IN_STRINGS << shift);
    return start;
}

static void pack(const jwkeep_json *value, jwkeep_span text, jk_json_image *image,
                 jk_packed_json *packed) {
    *packed = (jk_packed_json){.raw = (uint16_t)(value->raw - text.data),
                               .raw_size = (uint16_t)value->raw_size,
                               .type = value->type,
                               .marks = value->is_last ? IS_LAST : 0};
    if (value->name) {
        packed->name_size = (uint16_t)value->name_size;
        packed->name =
            place(value->name, value->name_size, text, image, NAME_SHIFT, &packed->marks);
    }
    if (jk_json_is_container(value)) {
        packed->as.container.count = (uint16_t)value->as.container.count;
        packed->as.container.span = (uint16_t)value->as.container.span;
    } else if (value->type == JWKEEP_JSON_STRING) {
        packed->as.string.size = (uint16_t)value->string_size;
        packed->as.string.start = place(value->as.string, value->string_size, text, image,
                                        STRING_SHIFT, &packed->marks);
    }
}

void jk_json_image_make(const jwkeep_json *root, jwkeep_span text, jk_json_image *ret_image) {
    size_t count = count_of(root); /* at the most one of two bytes of the text begins a value */
    ret_image->value_count = (uint16_t)count;
    ret_image->strings_size = 0;
    for (size_t i = 0; i < count; i++)
        pack(&root[i], text, ret_image, &ret_image->values[i]);
}

/* `places` are those that marks name. No branch but for containers, which are few. */
static inline void unpack(const jk_packed_json *packed, const uintptr_t places[PLACES],
                          jwkeep_json *ret_value) {
    const unsigned marks = packed->marks;
    const uintptr_t names = places[marks >> NAME_SHIFT & (PLACES - 1)];
    const uintptr_t strings = places[marks >> STRING_SHIFT & (PLACES - 1)];
    ret_value->raw = (const uint8_t *)(places[IN_TEXT] + packed->raw);
    ret_value->raw_size = packed->raw_size;
    ret_value->name = (const uint8_t *)(names + packed->name);
    ret_value->name_size = packed->name_size;
    ret_value->type = packed->type;
    ret_value->is_last = marks & IS_LAST;
    if (packed->type >= JWKEEP_JSON_ARRAY) {
        ret_value->as.container.count = packed->as.container.count;
        ret_value->as.container.span = packed->as.container.span;
        return;
    }
    ret_value->as.string = (const uint8_t *)(strings + packed->as.string.start);
    ret_value->string_size = packed->as.string.size;
}

const jwkeep_json *jk_json_image_open(const jk_json_image *image, const uint8_t *text,
                                      jk_arena *arena) {
    size_t count = image->value_count;
    jwkeep_json *values = jk_arena_alloc(arena, count * sizeof *values);
    uint8_t *strings = jk_arena_bytes(arena, image->strings_size);
    if (!values || !strings)
        return NULL;
    if (image->strings_size)
        memcpy(strings, image->values + count, image->strings_size);
    const uintptr_t places[PLACES] = {
        [NOWHERE] = 0, [IN_TEXT] = (uintptr_t)text, [IN_STRINGS] = (uintptr_t)strings};
    for (size_t i = 0; i < count; i++)
        unpack(&image->values[i], places, &values[i]);
    return values;
}
