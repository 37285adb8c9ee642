/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns packing and unpacking. */
#include "codec/json_image.h"
#include "base/attributes.h"

/* The marks of a value; the lowest bits are its type. */
enum { TYPE_MASK = 7, IS_LAST = 8, IS_NAMED = 16, IS_ODD = 32 };

/* The marks of an odd one: what stands among the strings, in the order of the values, the name
 * of one before its string. */
enum { HAS_OWN_NAME = 1, IS_UNESCAPED = 2 };

static size_t count_of(const jwkeep_json *root) {
    return (size_t)(jk_json_after(root) - root);
}

/* A name of the text ends before its closing quote, so that one at the very end of the text is
 * not of it: it only follows it in the arena. */
static bool has_own_name(const jwkeep_json *value, jwkeep_span text) {
    return value->name && (uintptr_t)value->name - (uintptr_t)text.data >= text.size;
}

static bool is_odd(const jwkeep_json *value, jwkeep_span text) {
    return jk_json_is_container(value) || value->name_size > UINT8_MAX ||
           has_own_name(value, text) || value->is_unescaped;
}

static size_t strings_size_of(const jwkeep_json *value, jwkeep_span text) {
    return (value->is_unescaped ? value->string_size : 0) +
           (has_own_name(value, text) ? value->name_size : 0);
}

size_t jk_json_image_size(const jwkeep_json *root, jwkeep_span text) {
    size_t count = count_of(root);
    size_t size = sizeof(jk_json_image) + count * sizeof(jk_packed_json);
    for (const jwkeep_json *value = root; value < root + count; value++)
        size += strings_size_of(value, text) + (is_odd(value, text) ? sizeof(jk_odd_json) : 0);
    return size;
}

static jk_odd_json *odd_of(jk_json_image *image) {
    return (jk_odd_json *)(void *)(image->values + image->value_count);
}

static void pack(const jwkeep_json *value, jwkeep_span text, jk_packed_json *packed) {
    unsigned marks = value->type;
    *packed = (jk_packed_json){.raw = (uint16_t)(value->raw - text.data),
                               .raw_size = (uint16_t)value->raw_size};
    if (value->name) {
        marks |= IS_NAMED;
        packed->name_size = (uint8_t)value->name_size;
        packed->name = has_own_name(value, text) ? 0 : (uint16_t)(value->name - text.data);
    }
    if (value->is_last)
        marks |= IS_LAST;
    if (is_odd(value, text))
        marks |= IS_ODD;
    packed->marks = (uint8_t)marks;
}

static void pack_odd(const jwkeep_json *value, jwkeep_span text, jk_odd_json *odd) {
    *odd = (jk_odd_json){.name_size = (uint16_t)value->name_size};
    if (jk_json_is_container(value)) {
        odd->first = (uint16_t)value->as.container.count;
        odd->second = (uint16_t)value->as.container.span;
    } else if (value->is_unescaped) {
        odd->first = (uint16_t)value->string_size;
    }
    odd->marks = (uint16_t)((has_own_name(value, text) ? HAS_OWN_NAME : 0) |
                            (value->is_unescaped ? IS_UNESCAPED : 0));
}

static uint8_t *append(uint8_t *end, const uint8_t *string, size_t size) {
    memcpy(end, string, size);
    return end + size;
}

void jk_json_image_make(const jwkeep_json *root, jwkeep_span text, jk_json_image *ret_image) {
    size_t count = count_of(root); /* at the most one of two bytes of the text begins a value */
    size_t odd_count = 0;
    ret_image->value_count = (uint16_t)count;
    for (size_t i = 0; i < count; i++) {
        pack(&root[i], text, &ret_image->values[i]);
        if (ret_image->values[i].marks & IS_ODD)
            pack_odd(&root[i], text, &odd_of(ret_image)[odd_count++]);
    }
    uint8_t *strings = (uint8_t *)(odd_of(ret_image) + odd_count);
    uint8_t *end = strings;
    for (const jwkeep_json *value = root; value < root + count; value++) {
        if (has_own_name(value, text))
            end = append(end, value->name, value->name_size);
        if (value->is_unescaped)
            end = append(end, value->as.string, value->string_size);
    }
    ret_image->odd_count = (uint16_t)odd_count;
    ret_image->strings_size = (uint16_t)(end - strings);
}

/* What is right for all but the odd ones. `names` is where a name begins to be counted from:
 * NULL for a value without one, the text for one with. */
static inline void unpack(const jk_packed_json *packed, const uint8_t *text,
                          const uintptr_t names[2], jwkeep_json *ret_value) {
    const unsigned marks = packed->marks;
    ret_value->raw = text + packed->raw;
    ret_value->raw_size = packed->raw_size;
    ret_value->name = (const uint8_t *)(names[marks / IS_NAMED & 1u] + packed->name);
    ret_value->name_size = packed->name_size;
    ret_value->type = marks & TYPE_MASK;
    ret_value->is_last = marks / IS_LAST & 1u;
    ret_value->is_unescaped = false;
}

/* Gives the end of the strings that it used. */
static const uint8_t *unpack_odd(const jk_odd_json *odd, const uint8_t *strings,
                                 jwkeep_json *value) {
    value->name_size = odd->name_size;
    if (odd->marks & HAS_OWN_NAME) {
        value->name = strings;
        strings += odd->name_size;
    }
    if (jk_json_is_container(value)) {
        value->as.container.count = odd->first;
        value->as.container.span = odd->second;
    } else if (odd->marks & IS_UNESCAPED) {
        value->is_unescaped = true;
        value->as.string = strings;
        value->string_size = odd->first;
        strings += odd->first;
    }
    return strings;
}

const jwkeep_json *jk_json_image_open(const jk_json_image *image, const uint8_t *text,
                                      jk_arena *arena) {
    const size_t count = image->value_count;
    const jk_odd_json *odd = (const jk_odd_json *)(const void *)(image->values + count);
    jwkeep_json *values = jk_arena_alloc(arena, count * sizeof *values + image->strings_size);
    if (!values)
        return NULL;
    uint8_t *own = (uint8_t *)(values + count);
    if (image->strings_size)
        memcpy(own, odd + image->odd_count, image->strings_size);
    const uint8_t *strings = own;
    const uintptr_t names[2] = {0, (uintptr_t)text};
    for (size_t i = 0; i < count; i++) {
        unpack(&image->values[i], text, names, &values[i]);
        if (image->values[i].marks & IS_ODD)
            strings = unpack_odd(odd++, strings, &values[i]);
    }
    return values;
}
