/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the building of responses: status line, fields, an exact Content-Length, body. Bounded;
 * refuses a field that could break out of its line, so that nothing a token says can add a
 * field or a response (CWE-113). */
#ifndef SERVER_HTTP_RESPONSE_H
#define SERVER_HTTP_RESPONSE_H

#include <jwkeep/json.h>
#include <jwkeep/span.h>

/* Of the fields; with the status line, Content-Length and Connection it stays under the 4 KB
 * that a gateway reserves for a head (nginx proxy_buffer_size). */
#define HTTP_MAX_RESPONSE_FIELD_BYTES 3840u

/* One response at a time, used again and again: the body keeps its memory. */
typedef struct http_response {
    uint16_t status;
    bool is_overfull; /* a field did not fit: 500 is sent instead */
    size_t field_bytes;
    jwkeep_buffer body;
    char fields[HTTP_MAX_RESPONSE_FIELD_BYTES];
} http_response;

/* What the request and the connection ask of the form. */
typedef struct http_response_form {
    bool is_head;    /* the request was HEAD: the body is counted but not sent */
    bool is_closing; /* Connection: close */
} http_response_form;

void http_response_init(http_response *response, size_t max_body_bytes);
void http_response_done(http_response *response);

/* Starts anew with `status`, without fields and body. */
void http_response_start(http_response *response, uint16_t status);

/* Adds a field. False, and nothing added, if the value is not printable ASCII without white
 * space at its ends (http_is_safe_value), or there is no room, which also spoils the
 * response: it becomes a 500. `name` is a constant token. */
JWKEEP_MUST_USE bool http_response_try_field(http_response *response, const char *name,
                                             jwkeep_span value);

/* The same for constant text that is known to be safe. */
void http_response_field(http_response *response, const char *name, const char *value);

/* A response of `status` with a short text/plain body. */
void http_response_text(http_response *response, uint16_t status, const char *text);

/* Ends a body that `writer` has written: a newline, for those who read it at a terminal, and
 * its type. A 500 if it could not be written. */
void http_response_json(http_response *response, const jwkeep_json_writer *writer);

/* Appends the whole response to `output`, all or nothing. 304 goes without Content-Length
 * (RFC 9110 §8.6).
 * Errors: OUT_OF_MEMORY, MISUSE_TOO_SMALL (the bound of `output`). */
JWKEEP_MUST_USE jwkeep_code http_response_write(const http_response *response,
                                                http_response_form form, jwkeep_buffer *output);

/* "OK" for 200, and so on for the statuses this server sends. */
const char *http_status_phrase(uint16_t status);

#endif
