/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the one definition of UTF-8 (RFC 3629 §4) in the library: no overlong form, no
 * surrogate, nothing past U+10FFFF. */
#ifndef JK_CODEC_UTF8_H
#define JK_CODEC_UTF8_H

#include "base/attributes.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

static inline bool jk_utf8_is_tail(uint8_t byte) {
    return (byte & 0xc0) == 0x80;
}

/* The number of bytes, 1 to 4, of the character at `at`; 0 if there is none. */
static inline size_t jk_utf8_length(const uint8_t *at, const uint8_t *end) {
    size_t left = (size_t)(end - at);
    if (left == 0)
        return 0;
    uint8_t lead = at[0];
    if (lead < 0x80)
        return 1;
    if (lead < 0xc2 || lead > 0xf4 || left < 2)
        return 0;
    if (lead < 0xe0)
        return jk_utf8_is_tail(at[1]) ? 2 : 0;
    uint8_t lowest = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
    uint8_t highest = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
    if (at[1] < lowest || at[1] > highest || left < 3 || !jk_utf8_is_tail(at[2]))
        return 0;
    if (lead < 0xf0)
        return 3;
    return left >= 4 && jk_utf8_is_tail(at[3]) ? 4 : 0;
}

#endif
