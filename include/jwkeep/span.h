/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the borrowed, read-only view of bytes that every input of the library is. Refuses
 * ownership: a span never frees anything. */
#ifndef JWKEEP_SPAN_H
#define JWKEEP_SPAN_H

#include <jwkeep/attributes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

JWKEEP_BEGIN

/* `size` bytes at `data`, borrowed. `data` may be NULL when `size` is 0; an absent value is
 * a span whose `data` is NULL, an empty one has a `data` that is not. Not NUL-terminated. */
typedef struct jwkeep_span {
    const uint8_t *data;
    size_t size;
} jwkeep_span;

/* A span over a string literal, without its NUL. */
#define JWKEEP_SPAN(literal) ((jwkeep_span){(const uint8_t *)("" literal), sizeof(literal) - 1})

/* The absent value. */
#define JWKEEP_SPAN_NONE ((jwkeep_span){NULL, 0})

/* `size` bytes at `data`; NULL gives the absent value. */
static inline jwkeep_span jwkeep_span_of(const void *data, size_t size) {
    jwkeep_span span = {(const uint8_t *)data, size};
    return span;
}

/* A span over a C string without its NUL; NULL gives the absent value. */
static inline jwkeep_span jwkeep_span_text(const char *text) {
    jwkeep_span span = {(const uint8_t *)text, text ? strlen(text) : 0};
    return span;
}

/* Whether the value is there, be it empty. */
static inline bool jwkeep_span_is_present(jwkeep_span span) {
    return span.data != NULL;
}

/* Byte by byte, not in constant time: never for secrets. Two absent spans are equal; an
 * absent and an empty one are equal as well. */
static inline bool jwkeep_span_equals(jwkeep_span a, jwkeep_span b) {
    return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

JWKEEP_END

#endif
