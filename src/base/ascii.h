/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the letters and digits of ASCII, whatever the locale: case, hexadecimal digits. */
#ifndef JK_BASE_ASCII_H
#define JK_BASE_ASCII_H

#include "base/attributes.h"
#include <jwkeep/span.h>

static inline uint8_t jk_ascii_lower(uint8_t byte) {
    return byte >= 'A' && byte <= 'Z' ? (uint8_t)(byte | 0x20u) : byte;
}

static inline bool jk_ascii_is_alphanumeric(uint8_t byte) {
    return (byte >= '0' && byte <= '9') ||
           (jk_ascii_lower(byte) >= 'a' && jk_ascii_lower(byte) <= 'z');
}

/* Whether both are equal but for the case of letters. */
static inline bool jk_ascii_equals_ignoring_case(jwkeep_span a, jwkeep_span b) {
    if (a.size != b.size)
        return false;
    for (size_t i = 0; i < a.size; i++)
        if (jk_ascii_lower(a.data[i]) != jk_ascii_lower(b.data[i]))
            return false;
    return true;
}

/* What a hexadecimal digit is worth; -1 for another byte. */
static inline int jk_ascii_hex_digit(uint8_t byte) {
    if (byte >= '0' && byte <= '9')
        return byte - '0';
    byte = jk_ascii_lower(byte);
    return byte >= 'a' && byte <= 'f' ? byte - 'a' + 10 : -1;
}

#endif
