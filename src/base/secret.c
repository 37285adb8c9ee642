/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns comparing and wiping secrets. */
#include "base/secret.h"
#include <string.h>

#define WORD_BYTES sizeof(uint64_t)

/* As wide as the registers of AVX2; where there are none, the compiler takes smaller ones. */
typedef uint64_t wide __attribute__((vector_size(32)));
#define STRIDE_BYTES (2 * sizeof(wide))

#define ALWAYS_INLINE static inline __attribute__((always_inline))

static inline uint64_t differing_bits(const uint8_t *a, const uint8_t *b) {
    uint64_t left, right;
    memcpy(&left, a, sizeof left);
    memcpy(&right, b, sizeof right);
    return left ^ right;
}

ALWAYS_INLINE void add_differences(const uint8_t *a, const uint8_t *b, wide *difference) {
    for (size_t i = 0; i < STRIDE_BYTES; i += sizeof(wide)) {
        wide left, right;
        memcpy(&left, a + i, sizeof left);
        memcpy(&right, b + i, sizeof right);
        *difference |= left ^ right;
    }
}

/* What the compiler cannot see through, it cannot end a loop early for. */
static inline uint64_t hide(uint64_t word) {
    __asm__("" : "+r"(word));
    return word;
}

/* Of at least one stride; the last one may take bytes a second time. What is volatile happens
 * as often as it is written: no loop ends early. */
ALWAYS_INLINE bool compare_long(const uint8_t *a, const uint8_t *b, size_t size) {
    const size_t last = size - STRIDE_BYTES;
    wide difference = {0};
    add_differences(a + last, b + last, &difference);
    for (size_t i = 0; i < last; i += STRIDE_BYTES) {
        __asm__ volatile("" : "+r"(a));
        add_differences(a + i, b + i, &difference);
    }
    return (difference[0] | difference[1] | difference[2] | difference[3]) == 0;
}

#if defined(__x86_64__)
__attribute__((target("avx2"))) static bool compare_by_avx2(const uint8_t *a, const uint8_t *b,
                                                            size_t size) {
    return compare_long(a, b, size);
}
#endif

static bool is_same_long(const uint8_t *a, const uint8_t *b, size_t size) {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2"))
        return compare_by_avx2(a, b, size);
#endif
    return compare_long(a, b, size);
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
