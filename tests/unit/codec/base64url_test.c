/* SPDX-License-Identifier: Apache-2.0
 *
 * Strict base64url: the vectors, every refusal with its offset, and the engines against
 * each other. */
#include "codec/base64url_engine.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define MAX_BYTES 160u
#define MAX_TEXT 216u

static const char alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/* RFC 4648 §10 without padding; RFC 7515 appendix C. */
static const struct {
    const char *bytes;
    size_t size;
    const char *text;
} vectors[] = {
    {"", 0, ""},
    {"f", 1, "Zg"},
    {"fo", 2, "Zm8"},
    {"foo", 3, "Zm9v"},
    {"foob", 4, "Zm9vYg"},
    {"fooba", 5, "Zm9vYmE"},
    {"foobar", 6, "Zm9vYmFy"},
    {"\x03\xec\xff\xe0\xc1", 5, "A-z_4ME"},
};

static void encodes_and_decodes_the_published_vectors(void **state) {
    (void)state;
    for (size_t i = 0; i < JK_COUNT_OF(vectors); i++) {
        char text[16] = {0};
        uint8_t bytes[16];
        jwkeep_span encoded = jwkeep_span_text(vectors[i].text);
        jk_base64url_encode(jwkeep_span_of(vectors[i].bytes, vectors[i].size), text);
        assert_string_equal(text, vectors[i].text);
        assert_int_equal(jk_base64url_encoded_size(vectors[i].size), encoded.size);
        assert_int_equal(jk_base64url_decoded_size(encoded.size), vectors[i].size);
        assert_true(jk_base64url_decode(encoded, bytes, NULL));
        assert_memory_equal(bytes, vectors[i].bytes, vectors[i].size);
    }
}

static void rejects_at(const char *text, size_t offset) {
    uint8_t bytes[128];
    size_t seen = 12345;
    assert_false(jk_base64url_decode(jwkeep_span_text(text), bytes, &seen));
    assert_int_equal(seen, offset);
    assert_false(jk_base64url_decode(jwkeep_span_text(text), bytes, NULL));
}

static void rejects_characters_outside_the_alphabet(void **state) {
    (void)state;
    rejects_at("+w", 0);
    rejects_at("A/", 1);
    rejects_at("Zm9v Zm9v", 4);
    rejects_at("Zm9vZm9\n", 7);
    rejects_at("Zm9.", 3);
    rejects_at("Zm9vZ\x80", 5);
    rejects_at("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\xff"
               "AAAAAAAAAAAAAAA",
               58);
    uint8_t bytes[4];
    size_t offset = 0;
    assert_false(jk_base64url_decode(jwkeep_span_of("AA\0A", 4), bytes, &offset));
    assert_int_equal(offset, 2);
}

static void rejects_padding(void **state) {
    (void)state;
    rejects_at("Zg==", 2);
    rejects_at("Zm8=", 3);
    rejects_at("=", 0);
}

static void rejects_a_length_of_4n_and_1(void **state) {
    (void)state;
    rejects_at("A", 0);
    rejects_at("AAAAA", 4);
    rejects_at("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", 36);
}

static void rejects_trailing_bits_that_are_not_zero(void **state) {
    (void)state;
    for (size_t c = 0; c < 64; c++) {
        char two[3] = {'Z', alphabet[c], '\0'};
        char three[4] = {'Z', 'm', alphabet[c], '\0'};
        uint8_t bytes[2];
        size_t offset = 99;
        assert_int_equal(jk_base64url_decode(jwkeep_span_text(two), bytes, &offset),
                         c % 16 == 0);
        assert_int_equal(offset, c % 16 ? 1 : 99);
        offset = 99;
        assert_int_equal(jk_base64url_decode(jwkeep_span_text(three), bytes, &offset),
                         c % 4 == 0);
        assert_int_equal(offset, c % 4 ? 2 : 99);
    }
}

static void names_the_first_of_several_wrong_characters(void **state) {
    (void)state;
    rejects_at("AA*A*", 2);
    rejects_at("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA*AAAAAA*", 51);
}

/* Exact blocks, so that the sanitizer sees a byte read or written past the end. */
typedef struct texts {
    char *text;
    uint8_t *bytes;
    size_t size;
} texts;

static texts make_text(size_t size) {
    size_t byte_count = jk_base64url_decoded_size(size);
    texts t = {malloc(size ? size : 1), malloc(byte_count ? byte_count : 1), size};
    if (!t.text || !t.bytes)
        abort();
    uint8_t bytes[MAX_BYTES];
    for (size_t i = 0; i < byte_count; i++)
        bytes[i] = (uint8_t)(i * 167 + size * 29 + 13);
    if (size % 4 == 1)
        memset(t.text, 'A', size);
    else
        jk_base64url_encode(jwkeep_span_of(bytes, byte_count), t.text);
    return t;
}

static void free_text(texts *t) {
    free(t->text);
    free(t->bytes);
}

typedef bool decode(jwkeep_span text, uint8_t *ret_bytes, size_t *ret_offset);

/* Those of this machine, and the choice among them. */
static const struct engine {
    const char *name;
    decode *decode;
} engines[] = {
    {"the chosen one", jk_base64url_decode},
#ifdef JK_BASE64URL_HAS_AVX2
    {"AVX2", jk_base64url_decode_avx2},
#endif
#ifdef JK_BASE64URL_HAS_VBMI
    {"AVX-512 VBMI", jk_base64url_decode_vbmi},
#endif
};

static bool is_here(const struct engine *engine) {
#ifdef JK_BASE64URL_HAS_AVX2
    if (engine->decode == jk_base64url_decode_avx2)
        return __builtin_cpu_supports("avx2");
#endif
#ifdef JK_BASE64URL_HAS_VBMI
    if (engine->decode == jk_base64url_decode_vbmi)
        return __builtin_cpu_supports("avx512vbmi");
#endif
    return engine->decode == jk_base64url_decode;
}

static bool agrees(const struct engine *engine, const texts *t) {
    uint8_t expected[MAX_BYTES];
    jwkeep_span text = jwkeep_span_of(t->text, t->size);
    size_t offsets[2] = {77777, 77777};
    bool is_valid = jk_base64url_decode_portable(text, expected, &offsets[0]);
    if (engine->decode(text, t->bytes, &offsets[1]) != is_valid || offsets[0] != offsets[1] ||
        engine->decode(text, t->bytes, NULL) != is_valid)
        return false;
    return !is_valid || memcmp(t->bytes, expected, jk_base64url_decoded_size(t->size)) == 0;
}

static bool agrees_on_every_wrong_byte(const struct engine *engine, const texts *t) {
    bool is_right = agrees(engine, t);
    for (size_t at = 0; at < t->size && is_right; at++) {
        char kept = t->text[at];
        for (unsigned byte = 0; byte < 256 && is_right; byte++) {
            t->text[at] = (char)byte;
            is_right = agrees(engine, t);
        }
        t->text[at] = kept;
    }
    return is_right;
}

static void engines_agree_on_every_length_and_every_wrong_byte(void **state) {
    (void)state;
    for (size_t i = 0; i < JK_COUNT_OF(engines); i++) {
        for (size_t size = 0; is_here(&engines[i]) && size <= 200; size++) {
            texts t = make_text(size);
            bool is_right = agrees_on_every_wrong_byte(&engines[i], &t);
            free_text(&t);
            if (!is_right)
                fail_msg("%s disagrees at %zu characters", engines[i].name, size);
        }
    }
}

static void the_portable_engine_refuses_exactly_the_bytes_outside_the_alphabet(void **state) {
    (void)state;
    for (size_t at = 0; at < 8; at++) {
        for (unsigned byte = 0; byte < 256; byte++) {
            char text[9] = "AAAAAAAA";
            uint8_t bytes[6];
            size_t offset = 99;
            text[at] = (char)byte;
            bool is_valid =
                jk_base64url_decode_portable(jwkeep_span_of(text, 8), bytes, &offset);
            assert_int_equal(is_valid, byte && strchr(alphabet, (int)byte));
            assert_int_equal(offset, is_valid ? 99 : at);
        }
    }
}

static void decoding_undoes_encoding(void **state) {
    (void)state;
    uint8_t bytes[MAX_BYTES];
    uint8_t decoded[MAX_BYTES];
    char text[MAX_TEXT];
    for (size_t size = 0; size <= 150; size++) {
        for (size_t i = 0; i < size; i++)
            bytes[i] = (uint8_t)(i * 89 + size * 7);
        jk_base64url_encode(jwkeep_span_of(bytes, size), text);
        jwkeep_span encoded = jwkeep_span_of(text, jk_base64url_encoded_size(size));
        assert_true(jk_base64url_decode(encoded, decoded, NULL));
        assert_memory_equal(decoded, bytes, size);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(encodes_and_decodes_the_published_vectors),
        cmocka_unit_test(rejects_characters_outside_the_alphabet),
        cmocka_unit_test(rejects_padding),
        cmocka_unit_test(rejects_a_length_of_4n_and_1),
        cmocka_unit_test(rejects_trailing_bits_that_are_not_zero),
        cmocka_unit_test(names_the_first_of_several_wrong_characters),
        cmocka_unit_test(engines_agree_on_every_length_and_every_wrong_byte),
        cmocka_unit_test(the_portable_engine_refuses_exactly_the_bytes_outside_the_alphabet),
        cmocka_unit_test(decoding_undoes_encoding),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
