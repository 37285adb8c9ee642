/* SPDX-License-Identifier: Apache-2.0
 *
 * JSON: an accepted text, walked and written anew, reads back as the same values and is
 * written the same again; a refused one has a code of the reader and an offset within. */
#include <jwkeep/json.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MAX_WRITTEN (1u << 24)

static void require(bool is_true) {
    if (!is_true)
        abort();
}

static void write_number(jwkeep_json_writer *writer, const jwkeep_json *value) {
    int64_t whole;
    double real;
    jwkeep_code code = jwkeep_json_int64(value, &whole);
    require(code == JWKEEP_OK || code == JWKEEP_JSON_RANGE);
    if (code == JWKEEP_OK) {
        jwkeep_json_write_int64(writer, whole);
        return;
    }
    code = jwkeep_json_double(value, &real);
    require(code == JWKEEP_OK || code == JWKEEP_JSON_RANGE);
    if (code == JWKEEP_OK)
        jwkeep_json_write_double(writer, real != 0 ? real : 0); /* -0 reads back as a whole 0 */
    else
        jwkeep_json_write_raw(writer, jwkeep_json_raw(value));
}

/* Recursion is bounded by max_json_depth. */
static void write_value(jwkeep_json_writer *writer, const jwkeep_json *value) {
    bool boolean = false;
    size_t count = 0;
    switch (jwkeep_json_type_of(value)) {
    case JWKEEP_JSON_NULL:
        jwkeep_json_write_null(writer);
        return;
    case JWKEEP_JSON_BOOLEAN:
        require(jwkeep_json_boolean(value, &boolean) == JWKEEP_OK);
        jwkeep_json_write_boolean(writer, boolean);
        return;
    case JWKEEP_JSON_NUMBER:
        write_number(writer, value);
        return;
    case JWKEEP_JSON_STRING:
        jwkeep_json_write_string(writer, jwkeep_json_string(value));
        return;
    case JWKEEP_JSON_OBJECT:
        jwkeep_json_write_object(writer);
        break;
    case JWKEEP_JSON_ARRAY:
        jwkeep_json_write_array(writer);
        break;
    }
    const jwkeep_json *child = jwkeep_json_first(value);
    for (; child; child = jwkeep_json_next(child), count++) {
        if (jwkeep_json_type_of(value) == JWKEEP_JSON_OBJECT)
            jwkeep_json_write_name(writer, jwkeep_json_name(child));
        write_value(writer, child);
    }
    require(count == jwkeep_json_count(value));
    jwkeep_json_write_end(writer);
}

static jwkeep_json_text *parse(jwkeep_span bytes) {
    jwkeep_json_text *text = NULL;
    jwkeep_error error = {.code = JWKEEP_OK};
    jwkeep_code code = jwkeep_json_parse(bytes, NULL, &text, &error);
    if (code) {
        require(code == error.code && code >= JWKEEP_JSON_SYNTAX &&
                code <= JWKEEP_JSON_TOO_LARGE);
        require(error.offset <= bytes.size && error.clause && !text);
    }
    return text;
}

static void write_text(const jwkeep_json_text *text, jwkeep_buffer *buffer) {
    jwkeep_json_writer writer;
    jwkeep_buffer_init(buffer, MAX_WRITTEN);
    jwkeep_json_writer_init(&writer, buffer);
    write_value(&writer, jwkeep_json_root(text));
    require(jwkeep_json_writer_finish(&writer) == JWKEEP_OK);
}

static bool is_same(const jwkeep_json *a, const jwkeep_json *b) {
    if (jwkeep_json_type_of(a) != jwkeep_json_type_of(b) ||
        jwkeep_json_count(a) != jwkeep_json_count(b) ||
        !jwkeep_span_equals(jwkeep_json_name(a), jwkeep_json_name(b)) ||
        !jwkeep_span_equals(jwkeep_json_string(a), jwkeep_json_string(b)))
        return false;
    a = jwkeep_json_first(a);
    b = jwkeep_json_first(b);
    for (; a && b; a = jwkeep_json_next(a), b = jwkeep_json_next(b))
        if (!is_same(a, b))
            return false;
    return !a && !b;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    jwkeep_json_text *first = parse(jwkeep_span_of(data, size));
    if (!first)
        return 0;
    jwkeep_buffer once;
    jwkeep_buffer twice;
    write_text(first, &once);
    jwkeep_json_text *second = parse(jwkeep_buffer_span(&once));
    require(second && is_same(jwkeep_json_root(first), jwkeep_json_root(second)));
    write_text(second, &twice);
    require(jwkeep_span_equals(jwkeep_buffer_span(&once), jwkeep_buffer_span(&twice)));
    jwkeep_buffer_done(&once);
    jwkeep_buffer_done(&twice);
    jwkeep_json_text_free(first);
    jwkeep_json_text_free(second);
    return 0;
}
