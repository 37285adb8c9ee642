/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the decoder of hexadecimal digits. */
#include "support/hex.h"
#include <stdlib.h>

static uint8_t nibble(char digit) {
    static const char digits[] = "0123456789abcdef";
    const char *found = digit ? strchr(digits, digit) : NULL;
    if (!found)
        abort();
    return (uint8_t)(found - digits);
}

jwkeep_span hex_decode(const char *digits, uint8_t *storage, size_t size) {
    if (!digits)
        return JWKEEP_SPAN_NONE;
    size_t count = strlen(digits) / 2;
    if (count > size)
        abort();
    for (size_t i = 0; i < count; i++)
        storage[i] = (uint8_t)(nibble(digits[2 * i]) << 4 | nibble(digits[2 * i + 1]));
    return jwkeep_span_of(storage, count);
}
