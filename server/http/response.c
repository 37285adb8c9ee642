/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the form of responses (RFC 9112 §4, §6.2). */
#include "server/http/response.h"
#include "server/http/characters.h"
#include <stdio.h>

#define MAX_STATUS_LINE_BYTES 64
#define MAX_CLOSING_FIELDS_BYTES 96

typedef struct status_phrase {
    uint16_t status;
    const char *phrase;
} status_phrase;

static const status_phrase phrases[] = {
    {200, "OK"},
    {202, "Accepted"},
    {304, "Not Modified"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {409, "Conflict"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {417, "Expectation Failed"},
    {421, "Misdirected Request"},
    {422, "Unprocessable Content"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {503, "Service Unavailable"},
    {505, "HTTP Version Not Supported"},
};

const char *http_status_phrase(uint16_t status) {
    for (size_t i = 0; i < sizeof phrases / sizeof phrases[0]; i++)
        if (phrases[i].status == status)
            return phrases[i].phrase;
    return "Unknown";
}

void http_response_init(http_response *response, size_t max_body_bytes) {
    memset(response, 0, sizeof *response);
    jwkeep_buffer_init(&response->body, max_body_bytes);
}

void http_response_done(http_response *response) {
    jwkeep_buffer_done(&response->body);
}

void http_response_start(http_response *response, uint16_t status) {
    response->status = status;
    response->is_overfull = false;
    response->field_bytes = 0;
    jwkeep_buffer_clear(&response->body);
}

bool http_response_try_field(http_response *response, const char *name, jwkeep_span value) {
    if (!http_is_safe_value(value))
        return false;
    size_t name_size = strlen(name);
    size_t room = sizeof response->fields - response->field_bytes;
    if (value.size > room || name_size + 4 > room - value.size) {
        response->is_overfull = true;
        return false;
    }
    char *end = response->fields + response->field_bytes;
    end = (char *)mempcpy(end, name, name_size);
    end = (char *)mempcpy(end, ": ", 2);
    if (value.size > 0)
        end = (char *)mempcpy(end, value.data, value.size);
    end = (char *)mempcpy(end, "\r\n", 2);
    response->field_bytes = (size_t)(end - response->fields);
    return true;
}

void http_response_field(http_response *response, const char *name, const char *value) {
    if (!http_response_try_field(response, name, jwkeep_span_text(value)))
        response->is_overfull = true;
}

void http_response_text(http_response *response, uint16_t status, const char *text) {
    http_response_start(response, status);
    http_response_field(response, "Content-Type", "text/plain; charset=utf-8");
    if (jwkeep_buffer_append_text(&response->body, text) != JWKEEP_OK ||
        jwkeep_buffer_append_text(&response->body, "\n") != JWKEEP_OK)
        response->is_overfull = true;
}

void http_response_json(http_response *response, const jwkeep_json_writer *writer) {
    if (jwkeep_json_writer_finish(writer) != JWKEEP_OK ||
        jwkeep_buffer_append_text(&response->body, "\n") != JWKEEP_OK)
        http_response_text(response, 500, "the answer could not be written");
    else
        http_response_field(response, "Content-Type", "application/json");
}

static jwkeep_code write_parts(const http_response *response, http_response_form form,
                               jwkeep_buffer *output) {
    char status_line[MAX_STATUS_LINE_BYTES];
    char closing[MAX_CLOSING_FIELDS_BYTES];
    snprintf(status_line, sizeof status_line, "HTTP/1.1 %u %s\r\n", (unsigned)response->status,
             http_status_phrase(response->status));
    const char *connection = form.is_closing ? "Connection: close\r\n" : "";
    if (response->status == 304)
        snprintf(closing, sizeof closing, "%s\r\n", connection);
    else
        snprintf(closing, sizeof closing, "Content-Length: %zu\r\n%s\r\n", response->body.size,
                 connection);
    jwkeep_code code = jwkeep_buffer_append_text(output, status_line);
    if (code == JWKEEP_OK)
        code = jwkeep_buffer_append(output,
                                    jwkeep_span_of(response->fields, response->field_bytes));
    if (code == JWKEEP_OK)
        code = jwkeep_buffer_append_text(output, closing);
    if (code == JWKEEP_OK && !form.is_head && response->status != 304)
        code = jwkeep_buffer_append(output, jwkeep_buffer_span(&response->body));
    return code;
}

jwkeep_code http_response_write(const http_response *response, http_response_form form,
                                jwkeep_buffer *output) {
    static const http_response spoiled = {.status = 500};
    size_t before = output->size;
    jwkeep_code code = write_parts(response->is_overfull ? &spoiled : response, form, output);
    if (code != JWKEEP_OK)
        output->size = before;
    return code;
}
