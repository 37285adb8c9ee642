/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns base64url decoding with AVX2: 32 characters to 24 bytes a step. */
#include "codec/base64url_engine.h"

#ifdef JK_BASE64URL_HAS_AVX2
#include <immintrin.h>

#define BLOCK_CHARACTERS 32u

/* A character is wrong if the set of its high digit and the set of its low digit share a bit.
 * High digits: 2 has bit 0, 3 bit 1, 4 and 6 bit 2, 5 bit 3, 7 bit 4, all others bit 7. A low
 * digit has the bits of the high digits it may not stand with, and bit 7. */
#define HIGH_SETS -128, -128, 1, 2, 4, 8, 4, 16, -128, -128, -128, -128, -128, -128, -128, -128
#define LOW_SETS                                                                               \
    -123, -127, -127, -127, -127, -127, -127, -127, -127, -127, -125, -101, -101, -102, -101,  \
        -109

/* What to add to a character of each high digit for its six bits; `_` needs 33 more than the
 * capitals of its row. */
#define OFFSETS 0, 0, 17, 4, -65, -65, -71, -71, 0, 0, 0, 0, 0, 0, 0, 0

/* Three bytes of every four, the most significant first. */
#define GATHER 2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, -1, -1, -1, -1

#define BOTH_LANES(list) _mm256_setr_epi8(list, list)

#define ON_AVX2 __attribute__((target("avx2")))

/* One block; false, and nothing written, if it has a wrong character. */
ON_AVX2 static inline bool decode_block(const uint8_t *at, uint8_t *to) {
    const __m256i low_digits = _mm256_set1_epi8(0x0f);
    __m256i characters = _mm256_loadu_si256((const __m256i_u *)at);
    __m256i high = _mm256_and_si256(_mm256_srli_epi32(characters, 4), low_digits);
    __m256i low = _mm256_and_si256(characters, low_digits);
    __m256i high_sets = _mm256_shuffle_epi8(BOTH_LANES(HIGH_SETS), high);
    __m256i low_sets = _mm256_shuffle_epi8(BOTH_LANES(LOW_SETS), low);
    if (!_mm256_testz_si256(high_sets, low_sets))
        return false;
    __m256i underscores = _mm256_cmpeq_epi8(characters, _mm256_set1_epi8('_'));
    __m256i offsets = _mm256_add_epi8(_mm256_shuffle_epi8(BOTH_LANES(OFFSETS), high),
                                      _mm256_and_si256(underscores, _mm256_set1_epi8(33)));
    __m256i sextets = _mm256_add_epi8(characters, offsets);
    __m256i pairs = _mm256_maddubs_epi16(sextets, _mm256_set1_epi32(0x01400140));
    __m256i words = _mm256_madd_epi16(pairs, _mm256_set1_epi32(0x00011000));
    __m256i bytes = _mm256_shuffle_epi8(words, BOTH_LANES(GATHER));
    bytes = _mm256_permutevar8x32_epi32(bytes, _mm256_setr_epi32(0, 1, 2, 4, 5, 6, 3, 7));
    _mm_storeu_si128((__m128i_u *)to, _mm256_castsi256_si128(bytes));
    _mm_storeu_si64(to + 16, _mm256_extracti128_si256(bytes, 1));
    return true;
}

/* The number of characters done: blocks, and the fours after them, up to the first block that
 * has a wrong character. */
ON_AVX2 static size_t decode_blocks(jwkeep_span text, uint8_t *to) {
    size_t done = 0;
    for (; text.size - done >= BLOCK_CHARACTERS; done += BLOCK_CHARACTERS)
        if (!decode_block(text.data + done, to + done / 4 * 3))
            return done;
    /* Of what is left, all fours: a block that ends with them does some of the last one again.
     */
    size_t fours = text.size / 4 * 4;
    if (done == 0 || done == fours)
        return done;
    size_t start = fours - BLOCK_CHARACTERS;
    return decode_block(text.data + start, to + start / 4 * 3) ? fours : done;
}

bool jk_base64url_decode_avx2(jwkeep_span text, uint8_t *ret_bytes, size_t *ret_offset) {
    size_t done = decode_blocks(text, ret_bytes);
    size_t offset = 0;
    jwkeep_span rest = jwkeep_span_of(text.data + done, text.size - done);
    if (jk_base64url_decode_portable(rest, ret_bytes + done / 4 * 3, &offset))
        return true;
    if (ret_offset)
        *ret_offset = done + offset;
    return false;
}

#else
/* ISO C wants a declaration in every file. */
typedef int jk_base64url_avx2_is_absent;
#endif
