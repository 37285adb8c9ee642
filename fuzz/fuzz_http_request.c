/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns fuzzing the request reader. The first byte chooses how the rest is split; the verdict
 * must be that on the whole, and every piece must lie within the request. */
#include "server/http/request_reader.h"
#include <stdlib.h>

#define CHECK(claim)                                                                           \
    do {                                                                                       \
        if (!(claim))                                                                          \
            abort();                                                                           \
    } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static http_read_result read_in_steps(http_reader *reader, const uint8_t *data, size_t size,
                                      size_t step) {
    http_reader_init(reader);
    http_read_result result = HTTP_READ_MORE;
    for (size_t end = 0; result == HTTP_READ_MORE && end < size;) {
        end = size - end > step ? end + step : size;
        uint8_t *exact = malloc(end);
        memcpy(exact, data, end);
        result = http_reader_read(reader, jwkeep_span_of(exact, end));
        free(exact);
    }
    return result;
}

static void check_range(const http_reader *reader, http_range range) {
    CHECK((size_t)range.at + range.size <= reader->body_at);
}

static void check_request(const http_reader *reader, const uint8_t *data, size_t size) {
    CHECK(reader->size <= size && reader->size <= HTTP_MAX_REQUEST_BYTES);
    CHECK(reader->body_at + reader->body_size == reader->size);
    CHECK(reader->field_count <= HTTP_MAX_FIELDS);
    check_range(reader, reader->method);
    check_range(reader, reader->path);
    check_range(reader, reader->query);
    for (size_t i = 0; i < reader->field_count; i++) {
        check_range(reader, reader->fields[i].name);
        check_range(reader, reader->fields[i].value);
        CHECK(reader->fields[i].name.size > 0);
    }
    /* No control character but HTAB inside a line, no bare CR or LF. */
    for (size_t i = 0; i < reader->body_at; i++) {
        if (data[i] == '\n')
            CHECK(i > 0 && data[i - 1] == '\r');
        else if (data[i] == '\r')
            CHECK(data[i + 1] == '\n');
        else
            CHECK(data[i] == '\t' || (data[i] >= 0x20 && data[i] != 0x7f));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 1)
        return 0;
    size_t step = (size_t)data[0] + 1;
    data++;
    size--;
    http_reader whole;
    http_reader split;
    http_read_result result = read_in_steps(&whole, data, size, size ? size : 1);
    CHECK(read_in_steps(&split, data, size, step) == result);
    CHECK(whole.status == split.status && whole.reason == split.reason);
    CHECK((result == HTTP_READ_REFUSED) == (whole.status != 0));
    if (result != HTTP_READ_COMPLETE)
        return 0;
    CHECK(whole.size == split.size && whole.field_count == split.field_count);
    CHECK(memcmp(whole.fields, split.fields, whole.field_count * sizeof whole.fields[0]) == 0);
    check_request(&whole, data, size);
    return 0;
}
