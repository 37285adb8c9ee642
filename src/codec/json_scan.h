/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the hot loop over the characters of a JSON string: to the first byte that needs a
 * look, which is `"`, `\`, a control character or part of a character beyond ASCII. */
#ifndef JK_CODEC_JSON_SCAN_H
#define JK_CODEC_JSON_SCAN_H

#include "base/attributes.h"
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

static inline bool jk_json_is_plain(uint8_t byte) {
    return byte >= 0x20 && byte < 0x80 && byte != '"' && byte != '\\';
}

/* Whether all of the eight bytes of `word`, in any order, are decimal digits. */
static inline bool jk_json_are_digits(uint64_t word) {
    const uint64_t ones = 0x0101010101010101u;
    return ((word & ones * 0xf0) | ((word + ones * 0x06) >> 4 & ones * 0x0f)) == ones * 0x33;
}

/* Eight bytes at a time; on every processor. */
static inline const uint8_t *jk_json_scan_words(const uint8_t *at, const uint8_t *end) {
    const uint64_t ones = 0x0101010101010101u;
    for (; end - at >= 8; at += 8) {
        uint64_t word;
        memcpy(&word, at, sizeof word);
        uint64_t quotes = word ^ (ones * '"');
        uint64_t backslashes = word ^ (ones * '\\');
        /* The top bit of a byte below 0x80 rises when what is subtracted exceeds it. A borrow
         * may mark a byte above a marked one; the loop below then finds the first. */
        uint64_t marked = (word - ones * 0x20) | (quotes - ones) | (backslashes - ones) | word;
        if (marked & (ones * 0x80))
            break;
    }
    while (at < end && jk_json_is_plain(*at))
        at++;
    return at;
}

#if defined(__SSE2__)
/* A bit for each of 16 bytes that is not plain. */
static inline unsigned jk_json_scan_marks(const uint8_t *at) {
    __m128i bytes = _mm_loadu_si128((const __m128i_u *)at);
    /* Signed: bytes from 0x80 are below the space as well. */
    __m128i marked = _mm_or_si128(_mm_cmplt_epi8(bytes, _mm_set1_epi8(0x20)),
                                  _mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('"')),
                                               _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'))));
    return (unsigned)_mm_movemask_epi8(marked);
}
#endif

/* The first byte from `at` that is not plain, or `end`. `start` to `at` may be read too. */
static inline const uint8_t *jk_json_scan(const uint8_t *start, const uint8_t *at,
                                          const uint8_t *end) {
#if defined(__SSE2__)
    for (; end - at >= 16; at += 16) {
        unsigned marks = jk_json_scan_marks(at);
        if (JK_LIKELY(marks))
            return at + (unsigned)__builtin_ctz(marks);
    }
    if (end - start >= 16) {
        unsigned marks = jk_json_scan_marks(end - 16) >> (16 - (end - at));
        return marks ? at + (unsigned)__builtin_ctz(marks) : end;
    }
#else
    (void)start;
#endif
    return jk_json_scan_words(at, end);
}

#endif
