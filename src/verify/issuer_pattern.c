/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the reading of both. */
#include "verify/issuer_pattern.h"
#include <string.h>

#define SCHEME "https://"
#define SCHEME_SIZE (sizeof SCHEME - 1)
#define MAX_LABEL_BYTES 63u /* RFC 1035 §2.3.4 */
#define MAX_PORT_DIGITS 5u
#define MAX_PORT 65535u

static bool is_letter(char c) {
    return c >= 'a' && c <= 'z';
}

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

static bool is_label_char(char c) {
    return is_letter(c) || is_digit(c) || c == '-';
}

/* RFC 3986 §2.3. */
static bool is_unreserved(char c) {
    return is_label_char(c) || (c >= 'A' && c <= 'Z') || c == '.' || c == '_' || c == '~';
}

/* RFC 3986 §3.3: pchar without what is encoded. */
static bool is_segment_char(char c) {
    return is_unreserved(c) || (c && strchr("!$&'()*+,;=:@", c));
}

static size_t measure(const char *text, size_t size, bool (*is_in)(char c)) {
    size_t length = 0;
    while (length < size && is_in(text[length]))
        length++;
    return length;
}

/* The bytes of the host at the start of `text`; 0 if there is none. */
static size_t measure_host(const char *text, size_t size) {
    size_t at = 0;
    for (;;) {
        size_t label = measure(text + at, size - at, is_label_char);
        if (label == 0 || label > MAX_LABEL_BYTES)
            return 0;
        if (at + label == size || text[at + label] != '.')
            return is_letter(text[at]) ? at + label : 0;
        at += label + 1;
    }
}

/* The digits of the port at the start of `text`, 1 to 65535 without a leading zero; 0 if there
 * is none. */
static size_t measure_port(const char *text, size_t size) {
    size_t digits = measure(text, size, is_digit);
    unsigned port = 0;
    if (digits == 0 || digits > MAX_PORT_DIGITS || text[0] == '0')
        return 0;
    for (size_t i = 0; i < digits; i++)
        port = port * 10 + (unsigned)(text[i] - '0');
    return port <= MAX_PORT ? digits : 0;
}

static bool is_dot_segment(const char *segment, size_t size) {
    return (size == 1 || size == 2) && segment[0] == '.' && segment[size - 1] == '.';
}

static bool is_plain_path(const char *path, size_t size) {
    size_t at = 0;
    while (at < size) {
        const char *segment = path + at + 1;
        size_t left = size - at - 1;
        size_t length = measure(segment, left, is_segment_char);
        if (path[at] != '/' || is_dot_segment(segment, length) || (length == 0 && left > 0))
            return false;
        at += 1 + length;
    }
    return true;
}

bool jk_issuer_is_plain(jwkeep_span iss) {
    const char *text = (const char *)iss.data;
    size_t size = iss.size;
    if (size > JK_MAX_DYNAMIC_ISSUER_BYTES || size <= SCHEME_SIZE ||
        memcmp(text, SCHEME, SCHEME_SIZE) != 0)
        return false;
    text += SCHEME_SIZE;
    size -= SCHEME_SIZE;
    size_t host = measure_host(text, size);
    if (host == 0)
        return false;
    size_t at = host;
    if (at < size && text[at] == ':') {
        size_t digits = measure_port(text + at + 1, size - at - 1);
        if (digits == 0)
            return false;
        at += 1 + digits;
    }
    return is_plain_path(text + at, size - at);
}

static size_t count_dots(const char *host) {
    size_t dots = 0;
    for (size_t length = strcspn(host, "/:"), i = 0; i < length; i++)
        dots += host[i] == '.';
    return dots;
}

/* The `*` at `at` stands for a whole label or segment. */
static bool is_whole_part(const char *pattern, size_t at) {
    char next = pattern[at + 1];
    if (at <= SCHEME_SIZE)
        return at == SCHEME_SIZE && next == '.' && count_dots(pattern + SCHEME_SIZE) >= 2;
    return pattern[at - 1] == '/' && (next == '/' || next == '\0');
}

bool jk_issuer_pattern_is_valid(const char *pattern) {
    char example[JK_MAX_DYNAMIC_ISSUER_BYTES];
    size_t size = strnlen(pattern, sizeof example + 1);
    if (size > sizeof example || size <= SCHEME_SIZE)
        return false;
    for (size_t i = 0; i < size; i++) {
        example[i] = pattern[i] == '*' ? 'x' : pattern[i];
        if (pattern[i] == '*' && !is_whole_part(pattern, i))
            return false;
    }
    return jk_issuer_is_plain(jwkeep_span_of(example, size));
}

bool jk_issuer_pattern_matches(const char *pattern, jwkeep_span iss) {
    if (!jk_issuer_is_plain(iss))
        return false;
    const char *text = (const char *)iss.data;
    size_t at = 0;
    for (size_t i = 0; pattern[i]; i++) {
        size_t length = 1;
        if (pattern[i] == '*')
            length = measure(text + at, iss.size - at,
                             i == SCHEME_SIZE ? is_label_char : is_unreserved);
        else if (at == iss.size || text[at] != pattern[i])
            return false;
        if (length == 0)
            return false;
        at += length;
    }
    return at == iss.size;
}
