/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the reading of HTTP/1.x requests (RFC 9110, RFC 9112): strict, incremental, bounded,
 * without a copy and without memory of its own but the struct. The connection collects a
 * request's bytes in one buffer and offers all of them, from the first, whenever more have
 * come; the result does not depend on how they were split. Only whole lines are judged.
 *
 * Refused, by the status it is answered with; the connection is then closed, since where the
 * next request would begin is no longer certain:
 *   400  a line that does not end in CRLF; a bare CR, a NUL or another control character; an
 *        obsolete folded line; white space before the colon; a name that is not a token; a
 *        malformed request line or target; Host missing (1.1), repeated or malformed;
 *        Transfer-Encoding in any form; Content-Length repeated, a list or not digits
 *   413  a body over HTTP_MAX_BODY_BYTES
 *   414  a request line over HTTP_MAX_REQUEST_LINE_BYTES
 *   417  an expectation while a body is to come
 *   431  a head over HTTP_MAX_HEAD_BYTES or HTTP_MAX_FIELDS
 *   505  any version but HTTP/1.0 and HTTP/1.1
 *
 * Decided: bytes from 0x80 are let through in field values (RFC 9110 §5.5, obs-text), since a
 * gateway copies its client's fields; routes judge the values they use. A target is visible
 * ASCII without '#'. One empty line before a request is skipped (RFC 9112 §2.2). HTTP/1.0 is
 * served and closed. Two Authorization fields are told, not refused: a gateway would turn the
 * 400 into a 500. */
#ifndef SERVER_HTTP_REQUEST_READER_H
#define SERVER_HTTP_REQUEST_READER_H

#include <jwkeep/span.h>

#define HTTP_MAX_HEAD_BYTES 32768u /* skipped line, request line, fields, empty line */
#define HTTP_MAX_REQUEST_LINE_BYTES 8192u
#define HTTP_MAX_METHOD_BYTES 32u
#define HTTP_MAX_FIELDS 100u
#define HTTP_MAX_BODY_BYTES 16384u
#define HTTP_MAX_REQUEST_BYTES (HTTP_MAX_HEAD_BYTES + HTTP_MAX_BODY_BYTES)

/* A piece of the request by its place, so that the buffer may move while it grows. */
typedef struct http_range {
    uint16_t at;
    uint16_t size;
} http_range;

typedef struct http_field {
    http_range name;
    http_range value;
} http_field;

typedef enum http_read_result {
    HTTP_READ_MORE,     /* not all there yet */
    HTTP_READ_COMPLETE, /* a request stands in the buffer: size, fields and the rest hold */
    HTTP_READ_REFUSED   /* status and reason hold */
} http_read_result;

typedef enum http_version { HTTP_VERSION_1_0, HTTP_VERSION_1_1 } http_version;

typedef struct http_reader {
    uint32_t size;    /* of the whole request, body included, once complete */
    uint32_t line_at; /* private: where the line being read begins */
    uint32_t scanned; /* private: no LF between line_at and here */
    uint32_t body_at;
    uint32_t body_size;
    uint16_t field_count;
    uint16_t status;    /* once refused */
    const char *reason; /* once refused: constant text */
    http_range method;
    http_range path;  /* of the target, as sent: nothing decoded or normalised */
    http_range query; /* without '?'; empty if there is none */
    http_version version;
    uint8_t authorization_count; /* saturates at 2 */
    uint8_t state;               /* private */
    bool has_skipped_line;       /* private */
    bool has_host;               /* private */
    bool has_content_length;     /* private */
    bool expects_continue;       /* private */
    bool is_closing;             /* the other side wants, or the version asks for, the end */
    http_field fields[HTTP_MAX_FIELDS];
} http_reader;

/* Makes ready for the next request. */
void http_reader_init(http_reader *reader);

/* Looks at `bytes`: all that has come since the first byte of the request, perhaps with the
 * beginning of the next one behind. Never called again after COMPLETE or REFUSED. */
JWKEEP_MUST_USE http_read_result http_reader_read(http_reader *reader, jwkeep_span bytes);

/* A complete request: the reader and the bytes it judged. Borrowed from the connection. */
typedef struct http_request {
    const http_reader *reader;
    const uint8_t *bytes;
} http_request;

jwkeep_span http_request_method(const http_request *request);
jwkeep_span http_request_path(const http_request *request);
jwkeep_span http_request_query(const http_request *request);
jwkeep_span http_request_body(const http_request *request);

/* The value of the first field called `name` (any case), without white space around it;
 * absent if there is none. */
jwkeep_span http_request_field(const http_request *request, const char *name);

/* Whether the method is exactly `method`: methods are case-sensitive (RFC 9110 §9.1). */
bool http_request_is(const http_request *request, const char *method);

/* Whether `bytes` is `text`, which is lower case, but for the case of ASCII letters. */
bool http_text_equals(jwkeep_span bytes, const char *text);

#endif
