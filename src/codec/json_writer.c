/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns writing JSON texts, compact. Refuses what would not read back: a string that is not
 * UTF-8, an infinite number, brackets that do not match. */
#include "codec/json_scan.h"
#include "codec/utf8.h"
#include <inttypes.h>
#include <jwkeep/json.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define WRITER_MAX_DEPTH 32u
#define DOUBLE_MAX_DIGITS 17
/* Outside these powers of ten a double is written with an exponent. */
#define PLAIN_MIN_EXPONENT (-7)
#define PLAIN_MAX_EXPONENT 20

void jwkeep_json_writer_init(jwkeep_json_writer *writer, jwkeep_buffer *buffer) {
    *writer = (jwkeep_json_writer){.buffer = buffer};
}

static void fail(jwkeep_json_writer *w, jwkeep_code code) {
    if (!w->code)
        w->code = code;
}

static void put(jwkeep_json_writer *w, jwkeep_span bytes) {
    if (!w->code)
        w->code = jwkeep_buffer_append(w->buffer, bytes);
}

static uint32_t depth_bit(const jwkeep_json_writer *w) {
    return 1u << (w->depth - 1);
}

static bool is_in_object(const jwkeep_json_writer *w) {
    return w->depth > 0 && (w->is_object & depth_bit(w));
}

/* A comma before all but the first in its container. */
static void put_comma(jwkeep_json_writer *w) {
    if (w->has_value & depth_bit(w))
        put(w, JWKEEP_SPAN(","));
    w->has_value |= depth_bit(w);
}

/* Whether a value may stand here; in front of it goes what is due. */
static bool begin_value(jwkeep_json_writer *w) {
    if (w->depth == 0 ? w->has_root : is_in_object(w) && !w->has_name)
        fail(w, JWKEEP_MISUSE_STATE);
    if (w->code)
        return false;
    if (w->depth == 0)
        w->has_root = true;
    else if (!is_in_object(w))
        put_comma(w);
    w->has_name = false;
    return !w->code;
}

static void open_container(jwkeep_json_writer *w, bool is_object) {
    if (!begin_value(w))
        return;
    if (w->depth == WRITER_MAX_DEPTH) {
        fail(w, JWKEEP_MISUSE_STATE);
        return;
    }
    w->depth++;
    w->has_value &= ~depth_bit(w);
    w->is_object &= ~depth_bit(w);
    if (is_object)
        w->is_object |= depth_bit(w);
    put(w, is_object ? JWKEEP_SPAN("{") : JWKEEP_SPAN("["));
}

void jwkeep_json_write_object(jwkeep_json_writer *writer) {
    open_container(writer, true);
}

void jwkeep_json_write_array(jwkeep_json_writer *writer) {
    open_container(writer, false);
}

void jwkeep_json_write_end(jwkeep_json_writer *writer) {
    if (writer->depth == 0 || writer->has_name)
        fail(writer, JWKEEP_MISUSE_STATE);
    if (writer->code)
        return;
    put(writer, is_in_object(writer) ? JWKEEP_SPAN("}") : JWKEEP_SPAN("]"));
    writer->depth--;
}

static void put_escape(jwkeep_json_writer *w, uint8_t byte) {
    static const char meanings[] = "\"\\\b\f\n\r\t";
    static const char letters[] = "\"\\bfnrt";
    const char *meaning = memchr(meanings, byte, sizeof meanings - 1);
    char escape[8];
    int size = meaning ? snprintf(escape, sizeof escape, "\\%c", letters[meaning - meanings])
                       : snprintf(escape, sizeof escape, "\\u%04x", byte);
    put(w, jwkeep_span_of(escape, (size_t)size));
}

/* The end of the bytes from `at` that need no escape; NULL at one that is not UTF-8. */
static const uint8_t *plain_end(const uint8_t *at, const uint8_t *end) {
    const uint8_t *start = at;
    for (;;) {
        at = jk_json_scan(start, at, end);
        if (at == end || *at < 0x80)
            return at;
        size_t length = jk_utf8_length(at, end);
        if (length == 0)
            return NULL;
        at += length;
    }
}

static void put_quoted(jwkeep_json_writer *w, jwkeep_span text) {
    const uint8_t *at = text.size ? text.data : (const uint8_t *)"";
    const uint8_t *end = at + text.size;
    put(w, JWKEEP_SPAN("\""));
    while (at < end && !w->code) {
        const uint8_t *stop = plain_end(at, end);
        if (!stop) {
            fail(w, JWKEEP_JSON_UTF8);
            return;
        }
        put(w, jwkeep_span_of(at, (size_t)(stop - at)));
        if (stop < end)
            put_escape(w, *stop++);
        at = stop;
    }
    put(w, JWKEEP_SPAN("\""));
}

void jwkeep_json_write_name(jwkeep_json_writer *writer, jwkeep_span name) {
    if (!is_in_object(writer) || writer->has_name)
        fail(writer, JWKEEP_MISUSE_STATE);
    if (writer->code)
        return;
    put_comma(writer);
    put_quoted(writer, name);
    put(writer, JWKEEP_SPAN(":"));
    writer->has_name = true;
}

void jwkeep_json_write_string(jwkeep_json_writer *writer, jwkeep_span text) {
    if (begin_value(writer))
        put_quoted(writer, text);
}

void jwkeep_json_write_raw(jwkeep_json_writer *writer, jwkeep_span json) {
    if (begin_value(writer))
        put(writer, json);
}

void jwkeep_json_write_int64(jwkeep_json_writer *writer, int64_t number) {
    char text[24];
    int size = snprintf(text, sizeof text, "%" PRId64, number);
    jwkeep_json_write_raw(writer, jwkeep_span_of(text, (size_t)size));
}

void jwkeep_json_write_boolean(jwkeep_json_writer *writer, bool boolean) {
    jwkeep_json_write_raw(writer, boolean ? JWKEEP_SPAN("true") : JWKEEP_SPAN("false"));
}

void jwkeep_json_write_null(jwkeep_json_writer *writer) {
    jwkeep_json_write_raw(writer, JWKEEP_SPAN("null"));
}

/* The digits of a finite number above 0 and the power of ten of the first; the number of
 * digits. What printf puts for the decimal point depends on the locale and is left out. */
static int decimal_digits(double number, int precision, char *ret_digits, int *ret_exponent) {
    char text[64];
    snprintf(text, sizeof text, "%.*e", precision - 1, number);
    const char *exponent = strchr(text, 'e');
    int count = 0;
    for (const char *c = text; c < exponent; c++)
        if (*c >= '0' && *c <= '9')
            ret_digits[count++] = *c;
    while (count > 1 && ret_digits[count - 1] == '0')
        count--;
    *ret_exponent = (int)strtol(exponent + 1, NULL, 10);
    return count;
}

static bool reads_back(double number, const char *digits, int count, int exponent) {
    char text[64];
    snprintf(text, sizeof text, "%.*se%d", count, digits, exponent - count + 1);
    return strtod(text, NULL) == number;
}

static void put_plain(jwkeep_json_writer *w, const char *digits, int count, int exponent) {
    static const char zeros[] = "00000000000000000000000";
    int whole = exponent + 1; /* digits before the point */
    if (whole <= 0) {
        put(w, JWKEEP_SPAN("0."));
        put(w, jwkeep_span_of(zeros, (size_t)-whole));
        put(w, jwkeep_span_of(digits, (size_t)count));
        return;
    }
    put(w, jwkeep_span_of(digits, (size_t)(count < whole ? count : whole)));
    if (count < whole) {
        put(w, jwkeep_span_of(zeros, (size_t)(whole - count)));
    } else if (count > whole) {
        put(w, JWKEEP_SPAN("."));
        put(w, jwkeep_span_of(digits + whole, (size_t)(count - whole)));
    }
}

static void put_scientific(jwkeep_json_writer *w, const char *digits, int count, int exponent) {
    char text[16];
    put(w, jwkeep_span_of(digits, 1));
    if (count > 1) {
        put(w, JWKEEP_SPAN("."));
        put(w, jwkeep_span_of(digits + 1, (size_t)count - 1));
    }
    snprintf(text, sizeof text, "e%d", exponent);
    put(w, jwkeep_span_text(text));
}

/* As few digits as read back to the same number, from 15 on. */
void jwkeep_json_write_double(jwkeep_json_writer *writer, double number) {
    if (!isfinite(number))
        fail(writer, JWKEEP_MISUSE_STATE);
    if (!begin_value(writer))
        return;
    if (signbit(number))
        put(writer, JWKEEP_SPAN("-"));
    char digits[DOUBLE_MAX_DIGITS + 1];
    int exponent;
    int count = 0;
    for (int precision = 15; precision <= DOUBLE_MAX_DIGITS; precision++) {
        count = decimal_digits(fabs(number), precision, digits, &exponent);
        if (reads_back(fabs(number), digits, count, exponent))
            break;
    }
    if (exponent >= PLAIN_MIN_EXPONENT && exponent <= PLAIN_MAX_EXPONENT)
        put_plain(writer, digits, count, exponent);
    else
        put_scientific(writer, digits, count, exponent);
}

void jwkeep_json_write_member_string(jwkeep_json_writer *writer, const char *name,
                                     jwkeep_span text) {
    jwkeep_json_write_name(writer, jwkeep_span_text(name));
    jwkeep_json_write_string(writer, text);
}

void jwkeep_json_write_member_int64(jwkeep_json_writer *writer, const char *name,
                                    int64_t number) {
    jwkeep_json_write_name(writer, jwkeep_span_text(name));
    jwkeep_json_write_int64(writer, number);
}

void jwkeep_json_write_member_boolean(jwkeep_json_writer *writer, const char *name,
                                      bool boolean) {
    jwkeep_json_write_name(writer, jwkeep_span_text(name));
    jwkeep_json_write_boolean(writer, boolean);
}

jwkeep_code jwkeep_json_writer_finish(const jwkeep_json_writer *writer) {
    if (writer->code)
        return writer->code;
    return writer->depth == 0 && writer->has_root ? JWKEEP_OK : JWKEEP_MISUSE_STATE;
}
