/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the layout of a parsed value. Values stand in one array in the order of the text: the
 * first child of a container follows it, and its next sibling stands after its children. */
#ifndef JK_CODEC_JSON_VALUE_H
#define JK_CODEC_JSON_VALUE_H

#include "codec/json.h"

struct jwkeep_json {
    const uint8_t *raw;  /* in the text */
    const uint8_t *name; /* unescaped; NULL outside an object */
    union {
        const uint8_t *string; /* unescaped; only where `is_unescaped` */
        struct {
            uint32_t count; /* children */
            uint32_t span;  /* values from this one to its last descendant; while the container
                             * is being read, the index of the one that holds it */
        } container;
    } as;
    uint32_t raw_size;
    uint32_t name_size;
    uint32_t string_size; /* as `as.string` */
    uint8_t type;
    bool is_last;      /* of its container; the root is */
    bool is_unescaped; /* a string with escapes; any other stands in `raw`, between quotes */
};

static inline bool jk_json_is_container(const jwkeep_json *value) {
    return value->type >= JWKEEP_JSON_ARRAY;
}

/* What stands after `value` and all within it: its sibling, unless it is the last. */
static inline const jwkeep_json *jk_json_after(const jwkeep_json *value) {
    return value + (jk_json_is_container(value) ? value->as.container.span : 1);
}

static inline jwkeep_span jk_json_name_span(const jwkeep_json *value) {
    return jwkeep_span_of(value->name, value->name_size);
}

/* The first byte is compared here: most names of one size differ in it. */
static inline bool jk_json_has_name(const jwkeep_json *member, jwkeep_span name) {
    return member->name_size == name.size &&
           (name.size == 0 || (member->name[0] == name.data[0] &&
                               memcmp(member->name, name.data, name.size) == 0));
}

#endif
