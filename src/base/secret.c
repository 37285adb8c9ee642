/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns comparing and wiping secrets. */
#include "base/secret.h"
#include <string.h>

#define WORD_BYTES sizeof(uint64_t)

/* As wide as every processor of the kind has registers for. */
typedef uint64_t wide __attribute__((vector_size(16)));
#define STRIDE_BYTES (4 * sizeof(wide))

#if defined(__x86_64__)
#define WIDE_REGISTER "x"
#elif defined(__aarch64__)
#define WIDE_REGISTER "w"
#else
#define WIDE_REGISTER "m"
#endif

static inline uint64_t differing_bits(const uint8_t *a, const uint8_t *b) {
    uint64_t left, right;
    memcpy(&left, a, sizeof left);
    memcpy(&right, b, sizeof right);
    return left ^ right;
}

static inline wide differing_bits_of_stride(const uint8_t *a, const uint8_t *b) {
    wide difference = {0, 0};
    for (size_t i = 0; i < STRIDE_BYTES; i += sizeof(wide)) {
        wide left, right;
        memcpy(&left, a + i, sizeof left);
        memcpy(&right, b + i, sizeof right);
        difference |= left ^ right;
    }
    return difference;
}

/* What the compiler cannot see through, it cannot end a loop early for. */
static inline uint64_t hide(uint64_t word) {
    __asm__("" : "+r"(word));
    return word;
}
static inline wide hide_wide(wide words) {
    __asm__("" : "+" WIDE_REGISTER(words));
    return words;
}

/* Of at least one stride; the last one may take bytes a second time. */
static bool is_same_long(const uint8_t *a, const uint8_t *b, size_t size) {
    size_t last = size - STRIDE_BYTES;
    wide difference = differing_bits_of_stride(a + last, b + last);
    for (size_t i = 0; i < last; i += STRIDE_BYTES)
        difference = hide_wide(difference | differing_bits_of_stride(a + i, b + i));
    return (difference[0] | difference[1]) == 0;
}

/* The same by words. */
static bool is_same_short(const uint8_t *a, const uint8_t *b, size_t size) {
    size_t last = size - WORD_BYTES;
    uint64_t difference = differing_bits(a + last, b + last);
    for (size_t i = 0; i < last; i += WORD_BYTES)
        difference = hide(difference | differing_bits(a + i, b + i));
    return difference == 0;
}

bool jk_secret_equals(jwkeep_span a, jwkeep_span b) {
    if (a.size != b.size)
        return false;
    if (a.size >= STRIDE_BYTES)
        return is_same_long(a.data, b.data, a.size);
    if (a.size >= WORD_BYTES)
        return is_same_short(a.data, b.data, a.size);
    uint64_t difference = 0;
    for (size_t i = 0; i < a.size; i++)
        difference = hide(difference | (uint64_t)(a.data[i] ^ b.data[i]));
    return difference == 0;
}

void jk_secret_wipe(void *data, size_t size) {
    if (size)
        explicit_bzero(data, size);
}
