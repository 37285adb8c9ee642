/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns moving parsed values between blocks. */
#include "codec/json_image.h"
#include "base/attributes.h"

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
    size_t size = sizeof(jk_json_image) + count * sizeof *root + text.size;
    for (const jwkeep_json *value = root; value < root + count; value++) {
        size += has_own_string(value, text) ? value->string_size : 0;
        size += has_own_name(value, text) ? value->name_size : 0;
    }
    return size;
}

/* Copies the string to `*end`, which moves behind it. */
static const uint8_t *append(const uint8_t *string, size_t size, uint8_t **end) {
    const uint8_t *copy = *end;
    if (size)
        memcpy(*end, string, size);
    *end += size;
    return copy;
}

void jk_json_image_make(const jwkeep_json *root, jwkeep_span text, jk_json_image *ret_image) {
    size_t count = count_of(root);
    uint8_t *start = (uint8_t *)(ret_image->values + count);
    uint8_t *end = start;
    (void)append(text.data, text.size, &end);
    for (size_t i = 0; i < count; i++) {
        const jwkeep_json *value = &root[i];
        jwkeep_json *made = &ret_image->values[i];
        *made = *value;
        made->raw = start + (value->raw - text.data);
        if (has_own_name(value, text))
            made->name = append(value->name, value->name_size, &end);
        else if (value->name)
            made->name = start + (value->name - text.data);
        if (has_own_string(value, text))
            made->as.string = append(value->as.string, value->string_size, &end);
        else if (value->type == JWKEEP_JSON_STRING)
            made->as.string = start + (value->as.string - text.data);
    }
    ret_image->size = (size_t)(end - (uint8_t *)ret_image);
    ret_image->value_count = (uint32_t)count;
    ret_image->text_size = (uint32_t)text.size;
}

void jk_json_image_copy(const jk_json_image *image, jk_json_image *ret_copy) {
    const uint8_t *from = (const uint8_t *)image;
    uint8_t *to = (uint8_t *)ret_copy;
    memcpy(to, from, image->size);
    for (jwkeep_json *value = ret_copy->values; value < ret_copy->values + image->value_count;
         value++) {
        value->raw = to + (value->raw - from);
        if (value->name)
            value->name = to + (value->name - from);
        if (value->type == JWKEEP_JSON_STRING)
            value->as.string = to + (value->as.string - from);
    }
}
