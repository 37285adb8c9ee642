/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the walk over the fields of a request. */
#include "server/http/fields.h"
#include "server/http/characters.h"

static jwkeep_span span_of(const http_request *request, http_range range) {
    return jwkeep_span_of(request->bytes + range.at, range.size);
}

bool http_fields_next(const http_request *request, const char *name, size_t *at,
                      jwkeep_span *ret_value) {
    const http_reader *reader = request->reader;
    while (*at < reader->field_count) {
        const http_field *field = &reader->fields[(*at)++];
        if (http_text_equals(span_of(request, field->name), name)) {
            *ret_value = http_trim(span_of(request, field->value));
            return true;
        }
    }
    return false;
}

bool http_fields_only(const http_request *request, const char *name, jwkeep_span *ret_value) {
    size_t at = 0;
    jwkeep_span value;
    jwkeep_span other;
    if (!http_fields_next(request, name, &at, &value) ||
        http_fields_next(request, name, &at, &other))
        return false;
    *ret_value = value;
    return true;
}
