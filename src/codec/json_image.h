/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns parsed values without their text, packed: what was found where. Given the text again,
 * they are unpacked in one pass, with nothing read a second time. Refuses texts that 16 bits
 * cannot point into. */
#ifndef JK_CODEC_JSON_IMAGE_H
#define JK_CODEC_JSON_IMAGE_H

#include "codec/json_value.h"

/* Of a text; no longer one has an image. */
#define JK_JSON_IMAGE_MAX_BYTES ((size_t)UINT16_MAX)

/* A value: what most need. */
typedef struct jk_packed_json {
    uint16_t raw; /* where it begins in the text */
    uint16_t raw_size;
    uint16_t name; /* where it begins in the text */
    uint8_t name_size;
    uint8_t marks; /* of json_image.c: its type, and whether it is odd */
} jk_packed_json;

/* What an odd one needs besides: a container, a long name, or what was unescaped. */
typedef struct jk_odd_json {
    uint16_t name_size;
    uint16_t first;  /* of a container: its count; of a string: its size */
    uint16_t second; /* of a container: its span, as in jwkeep_json */
    uint16_t marks;  /* of json_image.c: what was unescaped */
} jk_odd_json;

typedef struct jk_json_image {
    uint16_t value_count;
    uint16_t odd_count;
    uint16_t strings_size;   /* of those that were unescaped: no longer than the text */
    jk_packed_json values[]; /* the root first; behind them the odd ones, then the strings */
} jk_json_image;

/* The block that the image of `root`, which was read from `text`, takes. */
JWKEEP_PURE size_t jk_json_image_size(const jwkeep_json *root, jwkeep_span text);

/* Makes it in `ret_image`: that many bytes, aligned as a jk_json_image. */
void jk_json_image_make(const jwkeep_json *root, jwkeep_span text, jk_json_image *ret_image);

/* The values as jk_json_parse makes them of `text`, equal to the one the image was made of.
 * They borrow it; all else is in the arena. NULL without memory. */
JWKEEP_MUST_USE const jwkeep_json *jk_json_image_open(const jk_json_image *image,
                                                      const uint8_t *text, jk_arena *arena);

#endif
