/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns a parsed text as one block: values, the text they were read from, the strings that were
 * unescaped. It points nowhere but into itself, so that a copy costs a memcpy and a walk, not
 * another reading. */
#ifndef JK_CODEC_JSON_IMAGE_H
#define JK_CODEC_JSON_IMAGE_H

#include "codec/json_value.h"

typedef struct jk_json_image {
    size_t size; /* of the whole block */
    uint32_t value_count;
    uint32_t text_size;
    jwkeep_json values[]; /* the root first; behind them the text, then the strings */
} jk_json_image;

/* The block that the image of `root`, which was read from `text`, takes. */
JWKEEP_PURE size_t jk_json_image_size(const jwkeep_json *root, jwkeep_span text);

/* Makes it in `ret_image`: that many bytes, aligned for any type. */
void jk_json_image_make(const jwkeep_json *root, jwkeep_span text, jk_json_image *ret_image);

/* Copies `image` to another such block of image->size bytes. */
void jk_json_image_copy(const jk_json_image *image, jk_json_image *ret_copy);

static inline jwkeep_span jk_json_image_text(const jk_json_image *image) {
    return jwkeep_span_of((const uint8_t *)(image->values + image->value_count),
                          image->text_size);
}

#endif
