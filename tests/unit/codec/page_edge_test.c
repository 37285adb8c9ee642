/* SPDX-License-Identifier: Apache-2.0
 *
 * That nothing is read or written past what was given, not by a vector load either: texts and
 * results lie against pages that cannot be touched. */
#include "codec/base64url.h"
#include "codec/base64url_engine.h"
#include "codec/json.h"
#include <jwkeep/json.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#define MAX_BYTES 512u

/* One page of memory between two that cannot be touched. */
typedef struct island {
    uint8_t *start;
    uint8_t *end;
} island;

static size_t page_bytes(void) {
    return (size_t)sysconf(_SC_PAGESIZE);
}

static island make_island(void) {
    size_t page = page_bytes();
    uint8_t *sea = mmap(NULL, 3 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(sea != MAP_FAILED);
    assert_int_equal(mprotect(sea + page, page, PROT_READ | PROT_WRITE), 0);
    return (island){sea + page, sea + 2 * page};
}

static void sink(island land) {
    munmap(land.start - page_bytes(), 3 * page_bytes());
}

static jwkeep_code parse(jwkeep_span text) {
    jwkeep_limits limits;
    jwkeep_limits_init(&limits);
    jk_arena arena;
    jk_arena_init(&arena, SIZE_MAX);
    const jwkeep_json *root;
    jwkeep_code code = jk_json_parse(text, &limits, &arena, &root, NULL);
    jk_arena_done(&arena);
    return code;
}

/* At the end of the island and at its start: the verdict is that of the middle. */
static void assert_same_everywhere(island land, const char *text, size_t size) {
    uint8_t *places[] = {land.end - size, land.start, land.start + page_bytes() / 2};
    jwkeep_code codes[JK_COUNT_OF(places)];
    for (size_t i = 0; i < JK_COUNT_OF(places); i++) {
        memcpy(places[i], text, size);
        codes[i] = parse(jwkeep_span_of(places[i], size));
        memset(places[i], '"', size);
    }
    assert_int_equal(codes[0], codes[2]);
    assert_int_equal(codes[1], codes[2]);
}

static const char *const TEXTS[] = {
    "{\"iss\":\"https://issuer.example/tenant\",\"exp\":1800003600,\"aud\":[\"a\",\"b\"],"
    "\"ok\":true,\"no\":false,\"nil\":null,\"deep\":{\"a\":[[[]]]},\"n\":-12.5e+10}",
    "[\"0123456789abcde\",\"0123456789abcdef\",\"0123456789abcdefg\","
    "\"\\u00e4\\ud83d\\ude00\"]",
    "[\"caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80\",\"\xed\x9f\xbf\",\"\xf4\x8f\xbf\xbf\"]",
    "\"a string of more than thirty-two characters, all of them plain\"",
    "123456789012345678901234567890",
    "{\"\\\\\\\"\\n\":\"\\/\\b\\f\\r\\t\"}   ",
};

static void every_beginning_of_a_text_is_read_within_its_bounds(void **state) {
    (void)state;
    island land = make_island();
    for (size_t i = 0; i < JK_COUNT_OF(TEXTS); i++)
        for (size_t size = 0; size <= strlen(TEXTS[i]); size++)
            assert_same_everywhere(land, TEXTS[i], size);
    sink(land);
}

static void every_end_of_a_text_is_read_within_its_bounds(void **state) {
    (void)state;
    island land = make_island();
    for (size_t i = 0; i < JK_COUNT_OF(TEXTS); i++)
        for (size_t from = 0; from < strlen(TEXTS[i]); from++)
            assert_same_everywhere(land, TEXTS[i] + from, strlen(TEXTS[i]) - from);
    sink(land);
}

/* A name or value of each length, up to the last byte. */
static void strings_of_every_length_are_read_within_their_bounds(void **state) {
    (void)state;
    island land = make_island();
    char text[128];
    for (size_t size = 0; size < 100; size++) {
        text[0] = '"';
        memset(text + 1, 'x', size);
        text[size + 1] = '"';
        assert_same_everywhere(land, text, size + 1);
        assert_same_everywhere(land, text, size + 2);
        memcpy(land.end - size - 2, text, size + 2);
        assert_int_equal(parse(jwkeep_span_of(land.end - size - 2, size + 2)), JWKEEP_OK);
    }
    sink(land);
}

typedef bool decoder(jwkeep_span text, uint8_t *ret_bytes, size_t *ret_offset);

static void assert_decodes_within_bounds(decoder *decode) {
    island texts = make_island();
    island results = make_island();
    uint8_t bytes[MAX_BYTES];
    char text[MAX_BYTES * 2];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)(i * 37 + 11);
    for (size_t size = 0; size <= MAX_BYTES; size++) {
        size_t length = jk_base64url_encoded_size(size);
        jk_base64url_encode(jwkeep_span_of(bytes, size), text);
        memcpy(texts.end - length, text, length);
        uint8_t *result = results.end - size;
        result[-1] = 0x5a;
        assert_true(decode(jwkeep_span_of(texts.end - length, length), result, NULL));
        assert_memory_equal(result, bytes, size);
        assert_int_equal(result[-1], 0x5a);
    }
    sink(results);
    sink(texts);
}

static void base64url_is_decoded_within_its_bounds(void **state) {
    (void)state;
    assert_decodes_within_bounds(jk_base64url_decode);
    assert_decodes_within_bounds(jk_base64url_decode_portable);
}

static void base64url_is_encoded_within_its_bounds(void **state) {
    (void)state;
    island bytes = make_island();
    island texts = make_island();
    memset(bytes.start, 0xa5, page_bytes());
    for (size_t size = 0; size <= MAX_BYTES; size++) {
        char *text = (char *)texts.end - jk_base64url_encoded_size(size);
        jk_base64url_encode(jwkeep_span_of(bytes.end - size, size), text);
    }
    sink(texts);
    sink(bytes);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_beginning_of_a_text_is_read_within_its_bounds),
        cmocka_unit_test(every_end_of_a_text_is_read_within_its_bounds),
        cmocka_unit_test(strings_of_every_length_are_read_within_their_bounds),
        cmocka_unit_test(base64url_is_decoded_within_its_bounds),
        cmocka_unit_test(base64url_is_encoded_within_its_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
