/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns base64url on any processor, and the choice of the engine. Decoding looks up a table by
 * the character: its time may tell of the bytes to who shares the cache. */
#include "codec/base64url_engine.h"
#include <endian.h>

static const char alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

#define INVALID 0x80000000u

/* The six bits of a character in place, or INVALID: one table for each of four places. */
#define SEXTET(c)                                                                              \
    ((c) >= 'A' && (c) <= 'Z'   ? (uint32_t)((c) - 'A')                                        \
     : (c) >= 'a' && (c) <= 'z' ? (uint32_t)((c) - 'a' + 26)                                   \
     : (c) >= '0' && (c) <= '9' ? (uint32_t)((c) - '0' + 52)                                   \
     : (c) == '-'               ? 62u                                                          \
     : (c) == '_'               ? 63u                                                          \
                                : INVALID)
#define PLACED(c, shift) (SEXTET(c) == INVALID ? INVALID : SEXTET(c) << (shift))
#define ROW_4(c, shift)                                                                        \
    PLACED(c, shift), PLACED((c) + 1, shift), PLACED((c) + 2, shift), PLACED((c) + 3, shift)
#define ROW_16(c, shift)                                                                       \
    ROW_4(c, shift), ROW_4((c) + 4, shift), ROW_4((c) + 8, shift), ROW_4((c) + 12, shift)
#define ROW_64(c, shift)                                                                       \
    ROW_16(c, shift), ROW_16((c) + 16, shift), ROW_16((c) + 32, shift), ROW_16((c) + 48, shift)
#define TABLE(shift)                                                                           \
    { ROW_64(0, shift), ROW_64(64, shift), ROW_64(128, shift), ROW_64(192, shift) }

static const uint32_t places[4][256] = {TABLE(18), TABLE(12), TABLE(6), TABLE(0)};

static inline uint32_t decode_four(const uint8_t *at) {
    return places[0][at[0]] | places[1][at[1]] | places[2][at[2]] | places[3][at[3]];
}

static bool fail(size_t offset, size_t *ret_offset) {
    if (ret_offset)
        *ret_offset = offset;
    return false;
}

static size_t first_wrong(jwkeep_span text, size_t from) {
    while (!(places[0][text.data[from]] & INVALID))
        from++;
    return from;
}

/* The last one to three characters. Bits that no byte takes must be zero: otherwise other
 * texts would stand for the same bytes (RFC 4648 §3.5). */
static bool decode_rest(jwkeep_span text, size_t done, uint8_t *to, size_t *ret_offset) {
    uint32_t word = 0;
    for (size_t i = done; i < text.size; i++)
        word |= places[i - done][text.data[i]];
    if (word & INVALID)
        return fail(first_wrong(text, done), ret_offset);
    size_t byte_count = text.size - done - 1;
    if (byte_count == 0 || (word & 0xffffffu >> 8 * byte_count))
        return fail(text.size - 1, ret_offset);
    for (size_t i = 0; i < byte_count; i++)
        to[i] = (uint8_t)(word >> (16 - 8 * i));
    return true;
}

bool jk_base64url_decode_portable(jwkeep_span text, uint8_t *ret_bytes, size_t *ret_offset) {
    size_t done = 0;
    for (; text.size - done >= 4; done += 4, ret_bytes += 3) {
        uint32_t word = decode_four(text.data + done);
        if (JK_UNLIKELY(word & INVALID))
            return fail(first_wrong(text, done), ret_offset);
        uint32_t stored = htobe32(word << 8);
        /* Two more characters are one more byte of room. */
        if (JK_LIKELY(text.size - done >= 6))
            memcpy(ret_bytes, &stored, 4);
        else
            memcpy(ret_bytes, &stored, 3);
    }
    return done == text.size || decode_rest(text, done, ret_bytes, ret_offset);
}

bool jk_base64url_decode(jwkeep_span text, uint8_t *ret_bytes, size_t *ret_offset) {
#ifdef JK_BASE64URL_HAS_VBMI
    if (__builtin_cpu_supports("avx512vbmi"))
        return jk_base64url_decode_vbmi(text, ret_bytes, ret_offset);
#endif
#ifdef JK_BASE64URL_HAS_AVX2
    if (__builtin_cpu_supports("avx2"))
        return jk_base64url_decode_avx2(text, ret_bytes, ret_offset);
#endif
    return jk_base64url_decode_portable(text, ret_bytes, ret_offset);
}

void jk_base64url_encode(jwkeep_span bytes, char *ret_text) {
    const uint8_t *at = bytes.data;
    size_t left = bytes.size;
    for (; left >= 3; left -= 3, at += 3) {
        uint32_t word = (uint32_t)at[0] << 16 | (uint32_t)at[1] << 8 | at[2];
        *ret_text++ = alphabet[word >> 18];
        *ret_text++ = alphabet[word >> 12 & 63];
        *ret_text++ = alphabet[word >> 6 & 63];
        *ret_text++ = alphabet[word & 63];
    }
    if (left == 0)
        return;
    uint32_t word = (uint32_t)at[0] << 16 | (left == 2 ? (uint32_t)at[1] << 8 : 0u);
    *ret_text++ = alphabet[word >> 18];
    *ret_text++ = alphabet[word >> 12 & 63];
    if (left == 2)
        *ret_text = alphabet[word >> 6 & 63];
}
