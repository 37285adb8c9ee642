/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the form of HTML. */
#include "server/page/html.h"
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>

#define MAX_FORMATTED_BYTES 512

static void append(html_writer *it, jwkeep_span bytes) {
    if (it->code == JWKEEP_OK)
        it->code = jwkeep_buffer_append(it->buffer, bytes);
}

void html_raw(html_writer *it, const char *markup) {
    append(it, jwkeep_span_text(markup));
}

static const char *entity_of(uint8_t byte) {
    switch (byte) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return byte < 0x20 || byte == 0x7F ? "\xEF\xBF\xBD" : NULL;
    }
}

void html_text(html_writer *it, jwkeep_span text) {
    size_t begin = 0;
    for (size_t i = 0; i < text.size; i++) {
        const char *entity = entity_of(text.data[i]);
        if (!entity)
            continue;
        append(it, jwkeep_span_of(text.data + begin, i - begin));
        html_raw(it, entity);
        begin = i + 1;
    }
    if (begin < text.size)
        append(it, jwkeep_span_of(text.data + begin, text.size - begin));
}

void html_foreign(html_writer *it, jwkeep_span text) {
    html_raw(it, "<bdi>");
    html_text(it, text);
    html_raw(it, "</bdi>");
}

void html_format(html_writer *it, const char *format, ...) {
    char text[MAX_FORMATTED_BYTES];
    va_list arguments;
    va_start(arguments, format);
    int size = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (size < 0 || (size_t)size >= sizeof text)
        it->code = JWKEEP_MISUSE_TOO_SMALL;
    else
        html_raw(it, text);
}

void html_duration(html_writer *it, int64_t seconds) {
    const int64_t minutes = seconds / 60;
    const int64_t hours = minutes / 60;
    if (seconds < 60)
        html_format(it, "%" PRId64 " s", seconds < 0 ? 0 : seconds);
    else if (minutes < 60)
        html_format(it, "%" PRId64 " min", minutes);
    else if (hours < 24)
        html_format(it, "%" PRId64 " h %" PRId64 " min", hours, minutes % 60);
    else
        html_format(it, "%" PRId64 " d %" PRId64 " h", hours / 24, hours % 24);
}

void html_ago(html_writer *it, int64_t at_ms, int64_t now_ms) {
    char text[32] = "";
    time_t at_s = (time_t)(at_ms / 1000);
    struct tm moment;
    if (gmtime_r(&at_s, &moment))
        strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &moment);
    html_format(it, "<time datetime=\"%s\" title=\"%s\">", text, text);
    html_duration(it, (now_ms - at_ms) / 1000);
    html_raw(it, " ago</time>");
}
