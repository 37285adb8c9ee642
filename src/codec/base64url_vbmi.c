/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns base64url decoding with AVX-512 VBMI: 64 characters to 48 bytes a step, and what is left
 * in one step more. */
#include "codec/base64url_engine.h"

#ifdef JK_BASE64URL_HAS_VBMI
#include <immintrin.h>

#define BLOCK_CHARACTERS 64u
#define BLOCK_BYTES 48u
/* For the 16 bytes of a register that are none of its block. */
#define OVERHANG_CHARACTERS 22u

#define ON_VBMI __attribute__((target("avx512f,avx512bw,avx512vbmi")))

/* The six bits of each character of ASCII; -1: outside the alphabet. */
static const int8_t sextets_of[128] = {
    -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1,
    -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1,
    -1, 62, -1, -1, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, -1, -1, -1, -1, -1, -1, -1, 0,
    1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22,
    23, 24, 25, -1, -1, -1, -1, 63, -1, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38,
    39, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, -1, -1, -1, -1, -1};

/* Three bytes of each four, the most significant first. */
static const int8_t gathered[BLOCK_CHARACTERS] = {
    2,  1,  0,  6,  5,  4,  10, 9,  8,  14, 13, 12, 18, 17, 16, 22, 21, 20, 26, 25, 24, 30,
    29, 28, 34, 33, 32, 38, 37, 36, 42, 41, 40, 46, 45, 44, 50, 49, 48, 54, 53, 52, 58, 57,
    56, 62, 61, 60, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63, 63};

/* What is written of a block, and a set high bit for each wrong character. */
typedef struct block {
    __m512i bytes;
    __m512i wrong;
} block;

ON_VBMI static inline block decode_block(__m512i characters) {
    __m512i sextets = _mm512_permutex2var_epi8(_mm512_loadu_si512(sextets_of), characters,
                                               _mm512_loadu_si512(sextets_of + 64));
    __m512i pairs = _mm512_maddubs_epi16(sextets, _mm512_set1_epi32(0x01400140));
    __m512i words = _mm512_madd_epi16(pairs, _mm512_set1_epi32(0x00011000));
    return (block){_mm512_permutexvar_epi8(_mm512_loadu_si512(gathered), words),
                   _mm512_or_si512(sextets, characters)};
}

static inline __mmask64 first(size_t count) {
    return ((__mmask64)1 << count) - 1;
}

/* Up to a block, filled up with zeros: so the first byte that is not written holds the bits
 * that no byte takes, which must be zero as well. */
ON_VBMI static inline bool decode_rest(const uint8_t *at, size_t size, uint8_t *to) {
    const size_t byte_count = jk_base64url_decoded_size(size);
    const __mmask64 some = size < BLOCK_CHARACTERS ? first(size) : ~(__mmask64)0;
    block one = decode_block(_mm512_mask_loadu_epi8(_mm512_set1_epi8('A'), some, at));
    _mm512_mask_storeu_epi8(to, first(byte_count), one.bytes);
    return !_mm512_movepi8_mask(one.wrong) &&
           !_mm512_mask_test_epi8_mask((__mmask64)1 << byte_count, one.bytes, one.bytes);
}

/* A whole register is written of each block but the last ones; what is too much of it, the next
 * one writes over. */
ON_VBMI static bool decode_all(jwkeep_span text, uint8_t *to) {
    const uint8_t *at = text.data;
    size_t left = text.size;
    __m512i wrong = _mm512_setzero_si512();
    if (left % 4 == 1)
        return false;
    for (; left >= BLOCK_CHARACTERS + OVERHANG_CHARACTERS; left -= BLOCK_CHARACTERS) {
        block one = decode_block(_mm512_loadu_si512(at));
        _mm512_storeu_si512(to, one.bytes);
        wrong = _mm512_or_si512(wrong, one.wrong);
        at += BLOCK_CHARACTERS;
        to += BLOCK_BYTES;
    }
    bool is_good = !_mm512_movepi8_mask(wrong);
    if (left > BLOCK_CHARACTERS) {
        is_good = decode_rest(at, BLOCK_CHARACTERS, to) && is_good;
        at += BLOCK_CHARACTERS;
        to += BLOCK_BYTES;
        left -= BLOCK_CHARACTERS;
    }
    return (left == 0 || decode_rest(at, left, to)) && is_good;
}

/* Where the wrong character is, the other way says. */
bool jk_base64url_decode_vbmi(jwkeep_span text, uint8_t *ret_bytes, size_t *ret_offset) {
    return JK_LIKELY(decode_all(text, ret_bytes)) ||
           jk_base64url_decode_portable(text, ret_bytes, ret_offset);
}

#else
/* ISO C wants a declaration in every file. */
typedef int jk_base64url_vbmi_is_absent;
#endif
