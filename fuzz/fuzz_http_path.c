/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns fuzzing the readings of a path: none leaves its storage, leads above the root or can be
 * decoded once more; what one reading takes, the laxer ones take; reading a path that was
 * read changes nothing. */
#include "server/http/characters.h"
#include "server/http/path.h"
#include <stdlib.h>

#define CHECK(claim)                                                                           \
    do {                                                                                       \
        if (!(claim))                                                                          \
            abort();                                                                           \
    } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef struct reading {
    uint8_t storage[HTTP_MAX_PATH_BYTES];
    jwkeep_span path;
    bool is_taken;
} reading;

static void take(reading *it, jwkeep_span path, http_path_reading way) {
    static const uint8_t untouched[] = "untouched";
    it->path = jwkeep_span_of(untouched, sizeof untouched);
    it->is_taken = http_path_read(path, way, it->storage, &it->path);
    CHECK(it->is_taken || it->path.data == untouched);
}

static void check_bytes(const reading *it, size_t max_size) {
    jwkeep_span path = it->path;
    CHECK(path.data == it->storage && path.size >= 1 && path.size <= max_size);
    CHECK(path.data[0] == '/');
    for (size_t i = 0; i < path.size; i++) {
        uint8_t byte = path.data[i];
        CHECK(byte >= 0x20 && byte != 0x7f && !memchr("\\;?#", byte, 4));
        CHECK(byte != '%' || path.size - i < 3 || http_hex_digit(path.data[i + 1]) < 0 ||
              http_hex_digit(path.data[i + 2]) < 0);
    }
}

typedef struct segments {
    size_t empty; /* but the one after a slash at the end */
    size_t dots;  /* "." and ".." */
    bool ends_with_slash;
} segments;

static segments count_segments(jwkeep_span path) {
    segments counts = {.ends_with_slash = path.size > 1 && path.data[path.size - 1] == '/'};
    for (size_t at = 1; at < path.size;) {
        const uint8_t *slash = memchr(path.data + at, '/', path.size - at);
        size_t length = slash ? (size_t)(slash - path.data) - at : path.size - at;
        counts.empty += length == 0;
        counts.dots +=
            (length == 1 || length == 2) && memcmp(path.data + at, "..", length) == 0;
        at += length + 1;
    }
    return counts;
}

/* Sent again as somebody would who knows the path: only the percent sign needs an escape. */
static void check_again(const reading *before, http_path_reading way) {
    static uint8_t sent[3 * HTTP_MAX_PATH_BYTES];
    static reading again;
    size_t size = 0;
    for (size_t i = 0; i < before->path.size; i++) {
        bool is_percent = before->path.data[i] == '%';
        memcpy(sent + size, is_percent ? (const uint8_t *)"%25" : &before->path.data[i],
               is_percent ? 3 : 1);
        size += is_percent ? 3 : 1;
    }
    take(&again, jwkeep_span_of(sent, size), way);
    CHECK(again.is_taken == (size <= HTTP_MAX_PATH_BYTES));
    CHECK(!again.is_taken || jwkeep_span_equals(again.path, before->path));
}

static void check_relations(const reading *plain, const reading *rfc, const reading *literal) {
    segments sent = count_segments(literal->path);
    segments of_rfc = count_segments(rfc->path);
    segments of_plain = count_segments(plain->path);
    CHECK(!rfc->is_taken || of_rfc.dots == 0);
    CHECK(!plain->is_taken || (of_plain.dots == 0 && of_plain.empty == 0));
    CHECK(!plain->is_taken || !of_plain.ends_with_slash);
    CHECK(!plain->is_taken || http_path_is_below(plain->path, plain->path));
    if (sent.dots == 0)
        CHECK(rfc->is_taken && plain->is_taken && jwkeep_span_equals(rfc->path, literal->path));
    if (sent.dots == 0 && sent.empty == 0)
        CHECK(jwkeep_span_equals(
            plain->path,
            jwkeep_span_of(literal->path.data, literal->path.size - sent.ends_with_slash)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static reading readings[HTTP_PATH_READINGS];
    jwkeep_span path = jwkeep_span_of(data, size);
    for (int way = 0; way < HTTP_PATH_READINGS; way++) {
        take(&readings[way], path, (http_path_reading)way);
        if (!readings[way].is_taken)
            continue;
        check_bytes(&readings[way], size);
        check_again(&readings[way], (http_path_reading)way);
    }
    const reading *plain = &readings[HTTP_PATH_PLAIN];
    const reading *rfc = &readings[HTTP_PATH_RFC3986];
    const reading *literal = &readings[HTTP_PATH_LITERAL];
    CHECK(!plain->is_taken || rfc->is_taken);
    CHECK(!rfc->is_taken || literal->is_taken);
    if (literal->is_taken)
        check_relations(plain, rfc, literal);
    return 0;
}
