/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the types and ranges of the registered claims: strings, `aud`, NumericDates. */
#include "jwt/claims.h"
#include "codec/json_value.h"

static const jk_claim_info infos[JK_CLAIM_COUNT] = {
    [JK_CLAIM_ISS] = {"iss", "RFC 7519 §4.1.1"}, [JK_CLAIM_AUD] = {"aud", "RFC 7519 §4.1.3"},
    [JK_CLAIM_SUB] = {"sub", "RFC 7519 §4.1.2"}, [JK_CLAIM_JTI] = {"jti", "RFC 7519 §4.1.7"},
    [JK_CLAIM_EXP] = {"exp", "RFC 7519 §4.1.4"}, [JK_CLAIM_NBF] = {"nbf", "RFC 7519 §4.1.5"},
    [JK_CLAIM_IAT] = {"iat", "RFC 7519 §4.1.6"},
};

const jk_claim_info *jk_claim_info_of(jk_claim claim) {
    return &infos[claim];
}

#define THREE(a, b, c) ((uint32_t)(a) << 16 | (uint32_t)(b) << 8 | (uint32_t)(c))

/* Every registered name has three letters. */
int jk_claim_of_name(jwkeep_span name) {
    if (JK_LIKELY(name.size != 3))
        return JK_CLAIM_COUNT;
    switch (THREE(name.data[0], name.data[1], name.data[2])) {
    case THREE('i', 's', 's'):
        return JK_CLAIM_ISS;
    case THREE('a', 'u', 'd'):
        return JK_CLAIM_AUD;
    case THREE('s', 'u', 'b'):
        return JK_CLAIM_SUB;
    case THREE('j', 't', 'i'):
        return JK_CLAIM_JTI;
    case THREE('e', 'x', 'p'):
        return JK_CLAIM_EXP;
    case THREE('n', 'b', 'f'):
        return JK_CLAIM_NBF;
    case THREE('i', 'a', 't'):
        return JK_CLAIM_IAT;
    default:
        return JK_CLAIM_COUNT;
    }
}

/* The nearest double to x.001 may lie below it: half a microsecond makes up for that. */
static int64_t milliseconds_of(double seconds) {
    int64_t whole = (int64_t)seconds;
    int64_t rest = (int64_t)((seconds - (double)whole) * 1000.0 + 0.0005);
    return whole * 1000 + (rest > 999 ? 999 : rest);
}

bool jk_numeric_date_read(const jwkeep_json *value, int64_t *ret_time_ms) {
    int64_t whole;
    if (jwkeep_json_int64(value, &whole) == JWKEEP_OK) {
        if (whole < 0 || whole > JK_NUMERIC_DATE_MAX_S)
            return false;
        *ret_time_ms = whole * 1000;
        return true;
    }
    double number;
    if (jwkeep_json_double(value, &number) != JWKEEP_OK ||
        !(number >= 0 && number <= (double)JK_NUMERIC_DATE_MAX_S))
        return false;
    *ret_time_ms = milliseconds_of(number);
    return true;
}

static bool is_string(const jwkeep_json *value) {
    return value && value->type == JWKEEP_JSON_STRING;
}

static bool is_audience(const jwkeep_json *value, size_t max_audiences) {
    if (is_string(value))
        return true;
    if (value->type != JWKEEP_JSON_ARRAY || value->as.container.count > max_audiences)
        return false;
    const jwkeep_json *one = value + 1;
    for (size_t left = value->as.container.count; left > 0; left--, one = jk_json_after(one))
        if (!is_string(one))
            return false;
    return true;
}

static bool read_claim(jk_claims *claims, jk_claim claim, size_t max_audiences) {
    const jwkeep_json *value = claims->values[claim];
    switch (claim) {
    case JK_CLAIM_EXP:
    case JK_CLAIM_NBF:
    case JK_CLAIM_IAT:
        return jk_numeric_date_read(value, &claims->times_ms[claim]);
    case JK_CLAIM_AUD:
        return is_audience(value, max_audiences);
    case JK_CLAIM_ISS:
    case JK_CLAIM_SUB:
    case JK_CLAIM_JTI:
    default:
        return is_string(value);
    }
}

void jk_claims_read(const jwkeep_json *object, size_t max_audiences, jk_claims *ret_claims) {
    ret_claims->object = object;
    ret_claims->ill_typed = 0;
    for (size_t i = 0; i < JK_CLAIM_COUNT; i++)
        ret_claims->values[i] = NULL;
    const jwkeep_json *one = object + 1;
    for (size_t left = object->as.container.count; left > 0; left--, one = jk_json_after(one)) {
        int claim = jk_claim_of_name(jk_json_name_span(one));
        if (claim == JK_CLAIM_COUNT)
            continue;
        ret_claims->values[claim] = one;
        if (!read_claim(ret_claims, (jk_claim)claim, max_audiences))
            ret_claims->ill_typed |= 1u << (unsigned)claim;
    }
}

size_t jk_claims_audience_count(const jk_claims *claims) {
    const jwkeep_json *value = claims->values[JK_CLAIM_AUD];
    return is_string(value) ? 1 : jwkeep_json_count(value);
}

jwkeep_span jk_claims_audience_at(const jk_claims *claims, size_t index) {
    const jwkeep_json *value = claims->values[JK_CLAIM_AUD];
    if (is_string(value))
        return index == 0 ? jwkeep_json_string(value) : JWKEEP_SPAN_NONE;
    const jwkeep_json *one = jwkeep_json_first(value);
    for (; one && index > 0; index--)
        one = jwkeep_json_next(one);
    return jwkeep_json_string(one);
}

bool jk_claims_has_audience(const jk_claims *claims, jwkeep_span audience) {
    const jwkeep_json *value = claims->values[JK_CLAIM_AUD];
    if (is_string(value))
        return jwkeep_span_equals(jwkeep_json_string(value), audience);
    for (const jwkeep_json *one = jwkeep_json_first(value); one; one = jwkeep_json_next(one))
        if (jwkeep_span_equals(jwkeep_json_string(one), audience))
            return true;
    return false;
}
