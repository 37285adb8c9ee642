/* SPDX-License-Identifier: Apache-2.0
 *
 * An issuer in the plain form is one URL to every reader: libcurl takes it too. What a pattern
 * matches has as many labels and segments, and the same bytes before the first and after the
 * last `*`. The input: a pattern and an issuer, one a line. */
#include "remote/url.h"
#include "verify/issuer_pattern.h"
#include <stdlib.h>

#define MAX_TEXT 1024

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t count(const char *text, size_t size, char wanted) {
    size_t found = 0;
    for (size_t i = 0; i < size; i++)
        found += text[i] == wanted;
    return found;
}

static size_t measure_host(const char *url) {
    return strcspn(url + strlen("https://"), "/");
}

static void check_match(const char *pattern, const char *iss) {
    const char *first = strchr(pattern, '*');
    const char *last = strrchr(pattern, '*');
    size_t before = first ? (size_t)(first - pattern) : strlen(pattern);
    size_t after = last ? strlen(last + 1) : 0;
    if (!first && strcmp(pattern, iss) != 0)
        abort();
    if (strlen(iss) < before + after || memcmp(pattern, iss, before) != 0 ||
        (last && strcmp(last + 1, iss + strlen(iss) - after) != 0))
        abort();
    if (count(pattern, strlen(pattern), '/') != count(iss, strlen(iss), '/') ||
        count(pattern + 8, measure_host(pattern), '.') !=
            count(iss + 8, measure_host(iss), '.'))
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char pattern[MAX_TEXT] = {0}, iss[MAX_TEXT] = {0};
    const uint8_t *end = size ? memchr(data, '\n', size) : NULL;
    size_t length = end ? (size_t)(end - data) : 0;
    size_t rest = end ? size - length - 1 : size;
    if (length >= MAX_TEXT || rest >= MAX_TEXT)
        return 0;
    if (length)
        memcpy(pattern, data, length);
    if (rest)
        memcpy(iss, data + size - rest, rest);
    bool is_plain = jk_issuer_is_plain(jwkeep_span_of(iss, rest));
    if (is_plain && jk_url_check(iss, false, NULL) != JWKEEP_OK)
        abort();
    if (!jk_issuer_pattern_is_valid(pattern) ||
        !jk_issuer_pattern_matches(pattern, jwkeep_span_of(iss, rest)))
        return 0;
    if (!is_plain)
        abort();
    check_match(pattern, iss);
    return 0;
}
