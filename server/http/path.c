/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the normalisation of paths. */
#include "server/http/path.h"
#include "server/http/characters.h"

/* The byte of the escape at `at`, or -1. */
static int escaped_byte(jwkeep_span path, size_t at) {
    if (path.size - at < 3 || path.data[at] != '%')
        return -1;
    int high = http_hex_digit(path.data[at + 1]);
    int low = http_hex_digit(path.data[at + 2]);
    return high < 0 || low < 0 ? -1 : high * 16 + low;
}

static bool is_ambiguous(uint8_t byte) {
    return byte < 0x20 || byte == 0x7f || byte == '\\' || byte == ';' || byte == '?' ||
           byte == '#';
}

static bool decode(jwkeep_span path, uint8_t *storage, size_t *ret_size) {
    size_t size = 0;
    for (size_t at = 0; at < path.size; size++) {
        bool is_escape = path.data[at] == '%';
        int byte = is_escape ? escaped_byte(path, at) : path.data[at];
        if (byte < 0 || is_ambiguous((uint8_t)byte) || (is_escape && byte == '/'))
            return false;
        at += is_escape ? 3 : 1;
        storage[size] = (uint8_t)byte;
    }
    *ret_size = size;
    return true;
}

/* Of a decoded path: whoever decodes twice reads another one. */
static bool holds_escape(const uint8_t *text, size_t size) {
    for (size_t at = 0; at < size; at++)
        if (escaped_byte(jwkeep_span_of(text, size), at) >= 0)
            return true;
    return false;
}

/* Bytes of the well-formed sequence at `text` (RFC 3629 §4); 0 if there is none. Overlong
 * forms are none: some decoders read a slash in them. */
static size_t sequence_size(const uint8_t *text, size_t room) {
    uint8_t first = text[0];
    if (first < 0x80)
        return 1;
    size_t size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || first > 0xf4 || room < size)
        return 0;
    for (size_t i = 1; i < size; i++)
        if ((text[i] & 0xc0) != 0x80)
            return 0;
    uint8_t second = text[1];
    bool is_outside = (first == 0xe0 && second < 0xa0) || (first == 0xed && second > 0x9f) ||
                      (first == 0xf0 && second < 0x90) || (first == 0xf4 && second > 0x8f);
    return is_outside ? 0 : size;
}

static bool is_utf8(const uint8_t *text, size_t size) {
    for (size_t at = 0; at < size;) {
        size_t taken = sequence_size(text + at, size - at);
        if (taken == 0)
            return false;
        at += taken;
    }
    return true;
}

/* Takes the last segment off; false if there is none. */
static bool pop_segment(const uint8_t *storage, size_t *size) {
    if (*size == 0)
        return false;
    do
        (*size)--;
    while (storage[*size] != '/');
    return true;
}

/* Rewrites the decoded path in its own place: what is written never overtakes what is read. */
static bool resolve_segments(uint8_t *storage, size_t *size, bool keeps_empty) {
    size_t written = 0;
    for (size_t at = 0; at < *size;) {
        const uint8_t *begin = storage + at + 1;
        size_t room = *size - at - 1;
        const uint8_t *slash = room > 0 ? memchr(begin, '/', room) : NULL;
        size_t length = slash ? (size_t)(slash - begin) : room;
        at += 1 + length;
        if ((length == 0 && !keeps_empty) || (length == 1 && begin[0] == '.'))
            continue;
        if (length == 2 && begin[0] == '.' && begin[1] == '.') {
            if (!pop_segment(storage, &written))
                return false;
            continue;
        }
        storage[written++] = '/';
        memmove(storage + written, begin, length);
        written += length;
    }
    *size = written;
    return true;
}

bool http_path_read(jwkeep_span path, http_path_reading reading, uint8_t *storage,
                    jwkeep_span *ret_path) {
    size_t size = 0;
    if (path.size == 0 || path.size > HTTP_MAX_PATH_BYTES || path.data[0] != '/' ||
        !decode(path, storage, &size) || holds_escape(storage, size) || !is_utf8(storage, size))
        return false;
    if (reading != HTTP_PATH_LITERAL &&
        !resolve_segments(storage, &size, reading == HTTP_PATH_RFC3986))
        return false;
    if (size == 0)
        storage[size++] = '/';
    *ret_path = jwkeep_span_of(storage, size);
    return true;
}

bool http_path_normalise(jwkeep_span path, uint8_t *storage, jwkeep_span *ret_path) {
    return http_path_read(path, HTTP_PATH_PLAIN, storage, ret_path);
}

bool http_path_is_below(jwkeep_span path, jwkeep_span prefix) {
    if (prefix.size == 1)
        return true;
    return path.size >= prefix.size && memcmp(path.data, prefix.data, prefix.size) == 0 &&
           (path.size == prefix.size || path.data[prefix.size] == '/');
}
