/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns what the text of a number is worth: exactly, or rounded once. Nothing depends on the
 * locale. */
#include "codec/json_scan.h"
#include "codec/json_value.h"
#include <endian.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* No double needs more than 767 digits to be told from its neighbours' midpoints. */
#define DECIMAL_MAX_DIGITS 800u
#define INT64_MAX_DIGITS 19
#define EXPONENT_BOUND INT64_C(1000000000000000) /* beyond any text's number of digits */

/* digits × 10^exponent, without leading or trailing zeros; none at all is zero. */
typedef struct decimal {
    bool is_negative;
    bool is_cut; /* digits other than 0 were left out */
    size_t count;
    int64_t exponent;
    char digits[DECIMAL_MAX_DIGITS + 1];
} decimal;

static bool is_digit(uint8_t c) {
    return c >= '0' && c <= '9';
}

static int64_t read_exponent(const uint8_t *at, const uint8_t *end) {
    if (at == end)
        return 0;
    at++; /* e */
    bool is_negative = *at == '-';
    if (!is_digit(*at))
        at++;
    int64_t exponent = 0;
    for (; at < end && exponent < EXPONENT_BOUND; at++)
        exponent = exponent * 10 + (*at - '0');
    return is_negative ? -exponent : exponent;
}

static void add_digit(decimal *d, uint8_t digit, bool is_fraction) {
    if (is_fraction)
        d->exponent--;
    if (d->count == 0 && digit == '0')
        return;
    if (d->count < DECIMAL_MAX_DIGITS) {
        d->digits[d->count++] = (char)digit;
        return;
    }
    d->exponent++;
    if (digit != '0')
        d->is_cut = true;
}

/* `text` is a number by the grammar of RFC 8259 §6. */
static void read_decimal(jwkeep_span text, decimal *d) {
    const uint8_t *at = text.data;
    const uint8_t *end = at + text.size;
    bool is_fraction = false;
    d->is_negative = *at == '-';
    d->is_cut = false;
    d->count = 0;
    d->exponent = 0;
    for (at += d->is_negative; at < end && (is_digit(*at) || *at == '.'); at++) {
        if (*at == '.')
            is_fraction = true;
        else
            add_digit(d, *at, is_fraction);
    }
    d->exponent += read_exponent(at, end);
    if (d->is_cut) {
        /* Any further digit keeps the value off a midpoint between two doubles. */
        d->digits[d->count++] = '1';
        d->exponent--;
    }
    while (d->count && d->digits[d->count - 1] == '0') {
        d->count--;
        d->exponent++;
    }
}

/* The number of eight digits; false if one of the bytes is none. Pairs, then fours, then all
 * are put together, each step one multiplication. */
static bool read_eight(const uint8_t *text, uint32_t *ret_number) {
    const uint64_t ones = 0x0101010101010101u;
    uint64_t word;
    memcpy(&word, text, sizeof word);
    word = le64toh(word);
    if (!jk_json_are_digits(word))
        return false;
    word = (word & ones * 0x0f) * (10 * 0x100 + 1) >> 8;
    word = (word & 0x00ff00ff00ff00ffu) * (UINT64_C(100) * 0x10000 + 1) >> 16;
    word = (word & 0x0000ffff0000ffffu) * (UINT64_C(10000) * 0x100000000 + 1) >> 32;
    *ret_number = (uint32_t)word;
    return true;
}

/* Up to 18 digits and nothing else, which is what claims have. */
static bool read_short(jwkeep_span text, int64_t *ret_number) {
    if (text.size >= INT64_MAX_DIGITS)
        return false;
    int64_t number = 0;
    size_t i = 0;
    for (uint32_t eight; text.size - i >= 8; i += 8) {
        if (!read_eight(text.data + i, &eight))
            return false;
        number = number * 100000000 + eight;
    }
    for (; i < text.size; i++) {
        if (!is_digit(text.data[i]))
            return false;
        number = number * 10 + (text.data[i] - '0');
    }
    *ret_number = number;
    return true;
}

static jwkeep_code read_long(jwkeep_span text, int64_t *ret_number) {
    decimal d;
    read_decimal(text, &d);
    if (d.count && (d.exponent < 0 || (int64_t)d.count + d.exponent > INT64_MAX_DIGITS))
        return JWKEEP_JSON_RANGE;
    uint64_t magnitude = 0; /* at most 19 digits: under 2^64 */
    for (size_t i = 0; i < d.count; i++)
        magnitude = magnitude * 10 + (uint64_t)(d.digits[i] - '0');
    for (int64_t i = 0; d.count && i < d.exponent; i++)
        magnitude *= 10;
    if (magnitude > (uint64_t)INT64_MAX + d.is_negative)
        return JWKEEP_JSON_RANGE;
    *ret_number = (int64_t)(d.is_negative ? 0 - magnitude : magnitude);
    return JWKEEP_OK;
}

jwkeep_code jwkeep_json_int64(const jwkeep_json *value, int64_t *ret_number) {
    if (!value || value->type != JWKEEP_JSON_NUMBER)
        return JWKEEP_JSON_TYPE;
    jwkeep_span text = jwkeep_span_of(value->raw, value->raw_size);
    if (JK_LIKELY(read_short(text, ret_number)))
        return JWKEEP_OK;
    return read_long(text, ret_number);
}

jwkeep_code jwkeep_json_double(const jwkeep_json *value, double *ret_number) {
    if (jwkeep_json_type_of(value) != JWKEEP_JSON_NUMBER)
        return JWKEEP_JSON_TYPE;
    decimal d;
    read_decimal(jwkeep_json_raw(value), &d);
    /* Without a decimal point strtod does not ask the locale. */
    char text[DECIMAL_MAX_DIGITS + 32];
    snprintf(text, sizeof text, "%s%.*se%" PRId64, d.is_negative ? "-" : "",
             d.count ? (int)d.count : 1, d.count ? d.digits : "0", d.count ? d.exponent : 0);
    double number = strtod(text, NULL);
    if (isinf(number))
        return JWKEEP_JSON_RANGE;
    *ret_number = number;
    return JWKEEP_OK;
}
