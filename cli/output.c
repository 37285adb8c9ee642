/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the writing of results. */
#include "cli/output.h"
#include <errno.h>
#include <string.h>

void output_bytes(jwkeep_span bytes) {
    fwrite(bytes.data, 1, bytes.size, stdout);
}

void output_line(jwkeep_span bytes) {
    output_bytes(bytes);
    fputc('\n', stdout);
}

static exit_status print_buffer(jwkeep_code code, jwkeep_buffer *buffer,
                                const jwkeep_error *error) {
    exit_status status = STATUS_YES;
    if (code == JWKEEP_OK)
        output_line(jwkeep_buffer_span(buffer));
    else
        status = report_failure("writing the result", error);
    jwkeep_buffer_done(buffer);
    return status;
}

exit_status output_key(const jwkeep_jwk *key, bool with_private) {
    jwkeep_buffer buffer;
    jwkeep_error error;
    jwkeep_buffer_init(&buffer, OUTPUT_MAX_BYTES);
    jwkeep_code code = jwkeep_jwk_write(key, with_private, &buffer, &error);
    return print_buffer(code, &buffer, &error);
}

exit_status output_keyset(const jwkeep_keyset *set) {
    jwkeep_buffer buffer;
    jwkeep_error error;
    jwkeep_buffer_init(&buffer, OUTPUT_MAX_BYTES);
    jwkeep_code code = jwkeep_keyset_write(set, false, &buffer, &error);
    return print_buffer(code, &buffer, &error);
}

exit_status output_written(const jwkeep_json_writer *writer, jwkeep_buffer *buffer) {
    jwkeep_code code = jwkeep_json_writer_finish(writer);
    jwkeep_error error = {
        .code = code, .text = jwkeep_code_text(code), .offset = JWKEEP_NO_OFFSET};
    return print_buffer(code, buffer, &error);
}

/* A scalar as it stood in the text: only DEL and the controls of C1 (U+0080–U+009F) can be in
 * it raw (RFC 8259 §7), and are escaped. */
static void print_scalar(jwkeep_span raw) {
    for (size_t i = 0; i < raw.size; i++) {
        uint8_t byte = raw.data[i];
        bool is_c1 = byte == 0xc2 && i + 1 < raw.size && raw.data[i + 1] < 0xa0;
        if (byte == 0x7f)
            fputs("\\u007f", stdout);
        else if (is_c1)
            fprintf(stdout, "\\u%04x", raw.data[++i]);
        else
            fputc(byte, stdout);
    }
}

/* A name is given unescaped: only a string that needs no escape is shown as it is. */
static void print_name(jwkeep_span name) {
    fputc('"', stdout);
    for (size_t i = 0; i < name.size; i++) {
        jwkeep_span one = jwkeep_span_of(name.data + i, 1);
        if (name.data[i] < 0x20)
            fprintf(stdout, "\\u%04x", name.data[i]);
        else if (name.data[i] == '"' || name.data[i] == '\\')
            fprintf(stdout, "\\%c", name.data[i]);
        else if (name.data[i] == 0xc2 && i + 1 < name.size)
            print_scalar(jwkeep_span_of(name.data + i++, 2));
        else
            print_scalar(one);
    }
    fputs("\": ", stdout);
}

static bool is_opened(const jwkeep_json *value) {
    jwkeep_json_type type = jwkeep_json_type_of(value);
    return (type == JWKEEP_JSON_OBJECT || type == JWKEEP_JSON_ARRAY) &&
           jwkeep_json_count(value) > 0;
}

static void print_bracket(const jwkeep_json *container, char of_object, char of_array) {
    bool is_object = jwkeep_json_type_of(container) == JWKEEP_JSON_OBJECT;
    fputc(is_object ? of_object : of_array, stdout);
}

/* A line begins: with the name, where the value has one. */
static void begin_line(unsigned depth, jwkeep_span name) {
    fputc('\n', stdout);
    for (unsigned i = 0; i < depth; i++)
        fputs("  ", stdout);
    if (jwkeep_span_is_present(name))
        print_name(name);
}

/* Closes what ends with `value`; gives what comes after it, NULL at the end of all. */
static const jwkeep_json *close_ended(const jwkeep_json *value, const jwkeep_json **opened,
                                      unsigned *depth) {
    while (*depth > 0 && !jwkeep_json_next(value)) {
        value = opened[--*depth];
        begin_line(*depth, JWKEEP_SPAN_NONE);
        print_bracket(value, '}', ']');
    }
    if (*depth == 0)
        return NULL;
    fputc(',', stdout);
    return jwkeep_json_next(value);
}

void output_pretty(const jwkeep_json *value) {
    const jwkeep_json *opened[JWKEEP_MAX_JSON_DEPTH]; /* no text is deeper */
    unsigned depth = 0;
    while (value) {
        if (is_opened(value) && depth < JWKEEP_MAX_JSON_DEPTH) {
            print_bracket(value, '{', '[');
            opened[depth++] = value;
            value = jwkeep_json_first(value);
        } else {
            print_scalar(jwkeep_json_raw(value));
            value = close_ended(value, opened, &depth);
        }
        if (value)
            begin_line(depth, jwkeep_json_name(value));
    }
    fputc('\n', stdout);
}

void output_write_error(jwkeep_json_writer *writer, const jwkeep_error *error) {
    jwkeep_json_write_object(writer);
    jwkeep_json_write_member_string(writer, "code",
                                    jwkeep_span_text(jwkeep_code_name(error->code)));
    jwkeep_json_write_member_string(writer, "text", jwkeep_span_text(error->text));
    if (error->where)
        jwkeep_json_write_member_string(writer, "where", jwkeep_span_text(error->where));
    if (error->clause)
        jwkeep_json_write_member_string(writer, "clause", jwkeep_span_text(error->clause));
    if (error->offset != JWKEEP_NO_OFFSET)
        jwkeep_json_write_member_int64(writer, "offset", (int64_t)error->offset);
    jwkeep_json_write_end(writer);
}

exit_status output_encode(jwkeep_span bytes, jwkeep_buffer *text) {
    static const char digits[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    jwkeep_buffer_init(text, OUTPUT_MAX_BYTES);
    uint8_t *at = jwkeep_buffer_extend(text, (bytes.size * 4 + 2) / 3);
    if (!at)
        return report_internal("out of memory");
    for (size_t bit = 0; bit < bytes.size * 8; bit += 6) {
        size_t index = bit / 8;
        unsigned next = index + 1 < bytes.size ? bytes.data[index + 1] : 0;
        unsigned pair = (unsigned)bytes.data[index] << 8 | next;
        *at++ = (uint8_t)digits[pair >> (10 - bit % 8) & 63];
    }
    return STATUS_YES;
}

const char *output_use_name(const jwkeep_jwk *key) {
    switch (jwkeep_jwk_use_of(key)) {
    case JWKEEP_JWK_USE_SIG:
        return "sig";
    case JWKEEP_JWK_USE_ENC:
        return "enc";
    case JWKEEP_JWK_USE_OTHER:
        return "other";
    case JWKEEP_JWK_USE_ABSENT:
        break;
    }
    return NULL;
}

void output_key_size(const jwkeep_jwk *key, char *ret_text, size_t size) {
    if (jwkeep_jwk_crv(key) != JWKEEP_CRV_ABSENT)
        snprintf(ret_text, size, "%s", jwkeep_crv_name(jwkeep_jwk_crv(key)));
    else
        snprintf(ret_text, size, "%zu bits", jwkeep_jwk_bits(key));
}

void output_write_key_facts(jwkeep_json_writer *writer, const jwkeep_jwk *key) {
    const char *use = output_use_name(key);
    if (jwkeep_span_is_present(jwkeep_jwk_kid(key)))
        jwkeep_json_write_member_string(writer, "kid", jwkeep_jwk_kid(key));
    jwkeep_json_write_member_string(writer, "kty",
                                    jwkeep_span_text(jwkeep_kty_name(jwkeep_jwk_kty(key))));
    if (jwkeep_jwk_crv(key) != JWKEEP_CRV_ABSENT)
        jwkeep_json_write_member_string(writer, "crv",
                                        jwkeep_span_text(jwkeep_crv_name(jwkeep_jwk_crv(key))));
    jwkeep_json_write_member_int64(writer, "bits", (int64_t)jwkeep_jwk_bits(key));
    if (jwkeep_jwk_algorithm(key) != JWKEEP_ALGORITHM_ABSENT)
        jwkeep_json_write_member_string(
            writer, "alg", jwkeep_span_text(jwkeep_algorithm_name(jwkeep_jwk_algorithm(key))));
    if (use)
        jwkeep_json_write_member_string(writer, "use", jwkeep_span_text(use));
    jwkeep_json_write_member_boolean(writer, "private", jwkeep_jwk_is_private(key));
    jwkeep_json_write_member_string(writer, "thumbprint", jwkeep_jwk_thumbprint_text(key));
}

exit_status output_finish(void) {
    if (fflush(stdout) == 0 && !ferror(stdout))
        return STATUS_YES;
    return report_internal("standard output: %s", strerror(errno));
}
