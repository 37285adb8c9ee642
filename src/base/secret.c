/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns comparing and wiping secrets. */
#include "base/secret.h"
#include <string.h>

#define WORD_BYTES sizeof(uint64_t)
#define STRIDE_WORDS 8

static inline uint64_t differing_bits(const uint8_t *a, const uint8_t *b) {
    uint64_t left, right;
    memcpy(&left, a, sizeof left);
    memcpy(&right, b, sizeof right);
    return left ^ right;
}

/* What the compiler cannot see through, it cannot end a loop early for. */
static inline uint64_t hide(uint64_t word) {
    __asm__("" : "+r"(word));
    return word;
}

bool jk_secret_equals(jwkeep_span a, jwkeep_span b) {
    if (a.size != b.size)
        return false;
    uint64_t difference = 0;
    size_t i = 0;
    for (; a.size - i >= STRIDE_WORDS * WORD_BYTES; i += STRIDE_WORDS * WORD_BYTES) {
        for (size_t word = 0; word < STRIDE_WORDS; word++)
            difference |=
                differing_bits(a.data + i + word * WORD_BYTES, b.data + i + word * WORD_BYTES);
        difference = hide(difference);
    }
    for (; a.size - i >= WORD_BYTES; i += WORD_BYTES)
        difference = hide(difference | differing_bits(a.data + i, b.data + i));
    for (; i < a.size; i++)
        difference = hide(difference | (uint64_t)(a.data[i] ^ b.data[i]));
    return difference == 0;
}

void jk_secret_wipe(void *data, size_t size) {
    if (size)
        explicit_bzero(data, size);
}
