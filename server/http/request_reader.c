/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the grammar of a request's head. Every line is found by its LF and judged whole, so
 * that the verdict cannot depend on how the bytes arrived; limits alone apply before. */
#include "server/http/request_reader.h"
#include "server/http/characters.h"

enum { STATE_REQUEST_LINE, STATE_FIELDS, STATE_BODY };

static bool refuse(http_reader *reader, uint16_t status, const char *reason) {
    reader->status = status;
    reader->reason = reason;
    return false;
}

void http_reader_init(http_reader *reader) {
    /* The table of fields is left as it is: field_count bounds what is read of it. */
    memset(reader, 0, offsetof(http_reader, fields));
}

static http_range range_of(const uint8_t *base, jwkeep_span piece) {
    return (http_range){(uint16_t)(piece.data - base), (uint16_t)piece.size};
}

static uint8_t lower(uint8_t byte) {
    return byte >= 'A' && byte <= 'Z' ? (uint8_t)(byte | 0x20) : byte;
}

bool http_text_equals(jwkeep_span bytes, const char *text) {
    size_t i = 0;
    for (; i < bytes.size && text[i] != '\0'; i++)
        if (lower(bytes.data[i]) != (uint8_t)text[i])
            return false;
    return i == bytes.size && text[i] == '\0';
}

static bool has_prefix(jwkeep_span bytes, const char *text) {
    size_t size = strlen(text);
    return bytes.size >= size && http_text_equals(jwkeep_span_of(bytes.data, size), text);
}

/* Splits at the first `separator`: what stands before it, and moves `rest` behind it. The
 * whole and an absent rest when there is none. */
static jwkeep_span cut(jwkeep_span *rest, uint8_t separator) {
    jwkeep_span piece = *rest;
    const uint8_t *found = piece.size ? memchr(piece.data, separator, piece.size) : NULL;
    if (!found) {
        *rest = JWKEEP_SPAN_NONE;
        return piece;
    }
    piece.size = (size_t)(found - piece.data);
    *rest = jwkeep_span_of(found + 1, rest->size - piece.size - 1);
    return piece;
}

static bool take_version(http_reader *reader, jwkeep_span text) {
    if (text.size != 8 || memcmp(text.data, "HTTP/", 5) != 0 || text.data[6] != '.')
        return refuse(reader, 400, "malformed request line");
    uint8_t major = (uint8_t)(text.data[5] - '0');
    uint8_t minor = (uint8_t)(text.data[7] - '0');
    if (major > 9 || minor > 9)
        return refuse(reader, 400, "malformed request line");
    if (major != 1 || minor > 1)
        return refuse(reader, 505, "version not supported");
    reader->version = minor == 0 ? HTTP_VERSION_1_0 : HTTP_VERSION_1_1;
    reader->is_closing = minor == 0;
    return true;
}

/* RFC 9112 §3.2.2: the authority of an absolute target counts for nothing here but must be
 * well-formed; what remains is the origin form. */
static bool strip_authority(jwkeep_span *target) {
    size_t scheme = has_prefix(*target, "http://")    ? 7
                    : has_prefix(*target, "https://") ? 8
                                                      : 0;
    if (scheme == 0)
        return false;
    size_t end = scheme;
    while (end < target->size && target->data[end] != '/' && target->data[end] != '?')
        end++;
    jwkeep_span authority = jwkeep_span_of(target->data + scheme, end - scheme);
    *target = jwkeep_span_of(target->data + end, target->size - end);
    return authority.size > 0 && http_is_host(authority);
}

static bool take_target(http_reader *reader, const uint8_t *base, jwkeep_span target) {
    jwkeep_span method = {base + reader->method.at, reader->method.size};
    if (!http_is_target(target))
        return refuse(reader, 400, "malformed request target");
    bool is_asterisk = jwkeep_span_equals(target, JWKEEP_SPAN("*")) &&
                       jwkeep_span_equals(method, JWKEEP_SPAN("OPTIONS"));
    if (target.data[0] != '/' && !is_asterisk && !strip_authority(&target))
        return refuse(reader, 400, "malformed request target");
    reader->path = range_of(base, cut(&target, '?'));
    if (jwkeep_span_is_present(target))
        reader->query = range_of(base, target);
    return true;
}

static bool take_request_line(http_reader *reader, const uint8_t *base, jwkeep_span line) {
    if (line.size == 0) {
        if (reader->has_skipped_line)
            return refuse(reader, 400, "empty lines before the request");
        reader->has_skipped_line = true;
        return true;
    }
    jwkeep_span rest = line;
    jwkeep_span method = cut(&rest, ' ');
    jwkeep_span target = cut(&rest, ' ');
    if (!http_is_token(method) || method.size > HTTP_MAX_METHOD_BYTES)
        return refuse(reader, 400, "malformed method");
    reader->method = range_of(base, method);
    reader->state = STATE_FIELDS;
    return take_version(reader, rest) && take_target(reader, base, target);
}

static bool take_host(http_reader *reader, jwkeep_span value) {
    if (reader->has_host)
        return refuse(reader, 400, "more than one Host");
    reader->has_host = true;
    return http_is_host(value) || refuse(reader, 400, "malformed Host");
}

static bool take_content_length(http_reader *reader, jwkeep_span value) {
    if (reader->has_content_length)
        return refuse(reader, 400, "more than one Content-Length");
    reader->has_content_length = true;
    uint32_t size = 0;
    for (size_t i = 0; i < value.size; i++) {
        if (value.data[i] < '0' || value.data[i] > '9')
            return refuse(reader, 400, "malformed Content-Length");
        /* Past the limit it only matters that it is past it. */
        if (size <= HTTP_MAX_BODY_BYTES)
            size = size * 10 + (uint32_t)(value.data[i] - '0');
    }
    reader->body_size = size;
    return value.size > 0 || refuse(reader, 400, "malformed Content-Length");
}

static bool take_connection(http_reader *reader, jwkeep_span value) {
    while (jwkeep_span_is_present(value))
        if (http_text_equals(http_trim(cut(&value, ',')), "close"))
            reader->is_closing = true;
    return true;
}

static bool take_known_field(http_reader *reader, jwkeep_span name, jwkeep_span value) {
    if (http_text_equals(name, "host"))
        return take_host(reader, value);
    if (http_text_equals(name, "content-length"))
        return take_content_length(reader, value);
    if (http_text_equals(name, "transfer-encoding"))
        return refuse(reader, 400, "Transfer-Encoding is not accepted");
    if (http_text_equals(name, "connection"))
        return take_connection(reader, value);
    if (http_text_equals(name, "expect"))
        reader->expects_continue = true;
    if (http_text_equals(name, "authorization") && reader->authorization_count < 2)
        reader->authorization_count++;
    return true;
}

static bool take_field(http_reader *reader, const uint8_t *base, jwkeep_span line) {
    if (line.data[0] == ' ' || line.data[0] == '\t')
        return refuse(reader, 400, "folded field line");
    jwkeep_span value = line;
    jwkeep_span name = cut(&value, ':');
    if (!jwkeep_span_is_present(value) || !http_is_token(name))
        return refuse(reader, 400, "malformed field name");
    if (!http_is_field_value(value))
        return refuse(reader, 400, "control character in a field value");
    if (reader->field_count == HTTP_MAX_FIELDS)
        return refuse(reader, 431, "too many fields");
    value = http_trim(value);
    http_field *field = &reader->fields[reader->field_count++];
    field->name = range_of(base, name);
    field->value = range_of(base, value);
    return take_known_field(reader, name, value);
}

static bool finish_head(http_reader *reader) {
    if (!reader->has_host && reader->version == HTTP_VERSION_1_1)
        return refuse(reader, 400, "no Host");
    if (reader->body_size > HTTP_MAX_BODY_BYTES)
        return refuse(reader, 413, "body too large");
    /* RFC 9110 §10.1.1: an answer at once instead of 100; ignored in HTTP/1.0. */
    if (reader->expects_continue && reader->body_size > 0 &&
        reader->version == HTTP_VERSION_1_1)
        return refuse(reader, 417, "expectation not met");
    reader->body_at = reader->line_at;
    reader->size = reader->body_at + reader->body_size;
    reader->state = STATE_BODY;
    return true;
}

static bool take_line(http_reader *reader, const uint8_t *base, jwkeep_span line) {
    if (reader->state == STATE_REQUEST_LINE)
        return take_request_line(reader, base, line);
    return line.size == 0 ? finish_head(reader) : take_field(reader, base, line);
}

static bool is_within_limits(http_reader *reader, size_t line_end) {
    if (reader->state == STATE_REQUEST_LINE &&
        line_end - reader->line_at > HTTP_MAX_REQUEST_LINE_BYTES + 2)
        return refuse(reader, 414, "request line too long");
    return line_end <= HTTP_MAX_HEAD_BYTES || refuse(reader, 431, "head too large");
}

http_read_result http_reader_read(http_reader *reader, jwkeep_span bytes) {
    while (reader->state != STATE_BODY) {
        size_t left = bytes.size - reader->scanned;
        const uint8_t *lf = left ? memchr(bytes.data + reader->scanned, '\n', left) : NULL;
        size_t end = lf ? (size_t)(lf - bytes.data) + 1 : bytes.size;
        if (!is_within_limits(reader, end))
            return HTTP_READ_REFUSED;
        reader->scanned = (uint32_t)end;
        if (!lf)
            return HTTP_READ_MORE;
        size_t size = end - reader->line_at;
        if (size < 2 || lf[-1] != '\r') {
            (void)refuse(reader, 400, "line without CRLF");
            return HTTP_READ_REFUSED;
        }
        jwkeep_span line = {bytes.data + reader->line_at, size - 2};
        reader->line_at = (uint32_t)end;
        if (!take_line(reader, bytes.data, line))
            return HTTP_READ_REFUSED;
    }
    return bytes.size >= reader->size ? HTTP_READ_COMPLETE : HTTP_READ_MORE;
}

static jwkeep_span piece(const http_request *request, http_range range) {
    return jwkeep_span_of(request->bytes + range.at, range.size);
}

jwkeep_span http_request_method(const http_request *request) {
    return piece(request, request->reader->method);
}

jwkeep_span http_request_path(const http_request *request) {
    return piece(request, request->reader->path);
}

jwkeep_span http_request_query(const http_request *request) {
    return piece(request, request->reader->query);
}

jwkeep_span http_request_body(const http_request *request) {
    return jwkeep_span_of(request->bytes + request->reader->body_at,
                          request->reader->body_size);
}

jwkeep_span http_request_field(const http_request *request, const char *name) {
    for (size_t i = 0; i < request->reader->field_count; i++)
        if (http_text_equals(piece(request, request->reader->fields[i].name), name))
            return piece(request, request->reader->fields[i].value);
    return JWKEEP_SPAN_NONE;
}

bool http_request_is(const http_request *request, const char *method) {
    return jwkeep_span_equals(http_request_method(request), jwkeep_span_text(method));
}
