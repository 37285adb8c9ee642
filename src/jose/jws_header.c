/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns reading the protected header of a JWS (RFC 7515 §4). Refuses `none`, and every
 * critical extension that the caller does not name. What the header says about where keys are
 * to be found (`jku`, `jwk`, `x5u`, `x5c`) is not looked at. */
#include "base/error.h"
#include "codec/base64url.h"
#include "jose/jws.h"

static jwkeep_code refuse(jwkeep_error *error, jwkeep_code code, const char *parameter,
                          const char *clause) {
    return jk_fail_at(error, code, parameter, clause, JWKEEP_NO_OFFSET);
}

/* The parameters that mean something here, as they stood in the header; NULL without one. */
typedef struct parameters {
    const jwkeep_json *alg;
    const jwkeep_json *kid;
    const jwkeep_json *typ;
    const jwkeep_json *cty;
    const jwkeep_json *crit;
    const jwkeep_json *b64;
} parameters;

static void sort_parameter(const jwkeep_json *value, parameters *found) {
    jwkeep_span name = jwkeep_json_name(value);
    if (jwkeep_span_equals(name, JWKEEP_SPAN("alg")))
        found->alg = value;
    else if (jwkeep_span_equals(name, JWKEEP_SPAN("kid")))
        found->kid = value;
    else if (jwkeep_span_equals(name, JWKEEP_SPAN("typ")))
        found->typ = value;
    else if (jwkeep_span_equals(name, JWKEEP_SPAN("cty")))
        found->cty = value;
    else if (jwkeep_span_equals(name, JWKEEP_SPAN("crit")))
        found->crit = value;
    else if (jwkeep_span_equals(name, JWKEEP_SPAN("b64")))
        found->b64 = value;
}

static bool is_none(jwkeep_span name) {
    static const char none[] = "none";
    if (name.size != sizeof none - 1)
        return false;
    for (size_t i = 0; i < name.size; i++)
        if ((name.data[i] | 0x20) != none[i])
            return false;
    return true;
}

static jwkeep_code read_algorithm(const jwkeep_json *alg, jk_jws_header *header,
                                  jwkeep_error *error) {
    const char *clause = "RFC 7515 §4.1.1";
    if (!alg)
        return refuse(error, JWKEEP_ALG_MISSING, "alg", clause);
    if (jwkeep_json_type_of(alg) != JWKEEP_JSON_STRING)
        return refuse(error, JWKEEP_HEADER_INVALID, "alg", clause);
    jwkeep_span name = jwkeep_json_string(alg);
    if (is_none(name))
        return refuse(error, JWKEEP_ALG_NONE, "alg", "RFC 8725 §3.2");
    header->algorithm = jwkeep_algorithm_from_name(name);
    if (jwkeep_algorithm_is_left_out(name))
        return jk_fail_text(error, JWKEEP_ALG_UNSUPPORTED,
                            "ML-DSA is not in this build of the library", "alg", "FIPS 204");
    if (!header->algorithm)
        return refuse(error, JWKEEP_ALG_UNSUPPORTED, "alg", clause);
    return JWKEEP_OK;
}

/* Parameters that RFC 7515, 7516 and 7518 define: `crit` must not name them. */
bool jk_jws_is_standard(jwkeep_span name) {
    static const char *const names[] = {"alg",      "jku", "jwk", "kid",  "x5u", "x5c", "x5t",
                                        "x5t#S256", "typ", "cty", "crit", "enc", "zip", "epk",
                                        "apu",      "apv", "iv",  "tag",  "p2s", "p2c"};
    for (size_t i = 0; i < JK_COUNT_OF(names); i++)
        if (jwkeep_span_equals(name, jwkeep_span_text(names[i])))
            return true;
    return false;
}

static bool is_understood(const jk_jws_understood *understood, jwkeep_span name) {
    if (understood->has_b64 && jwkeep_span_equals(name, JWKEEP_SPAN("b64")))
        return true;
    for (size_t i = 0; i < understood->extension_count; i++)
        if (jwkeep_span_equals(name, jwkeep_span_text(understood->extensions[i].name)))
            return true;
    return false;
}

bool jk_jws_is_critical(const jwkeep_json *crit, jwkeep_span name) {
    const jwkeep_json *value = jwkeep_json_first(crit);
    for (; value; value = jwkeep_json_next(value))
        if (jwkeep_span_equals(jwkeep_json_string(value), name))
            return true;
    return false;
}

/* In order first, understood second: what is malformed is called so. */
static jwkeep_code check_crit(const jwkeep_json *crit, const jwkeep_json *header,
                              const jk_jws_understood *understood, const jwkeep_limits *limits,
                              jwkeep_error *error) {
    bool is_all_understood = true;
    const char *clause = "RFC 7515 §4.1.11";
    size_t count = jwkeep_json_count(crit);
    if (jwkeep_json_type_of(crit) != JWKEEP_JSON_ARRAY || count == 0 ||
        count > limits->max_crit)
        return refuse(error, JWKEEP_CRIT_INVALID, "crit", clause);
    const jwkeep_json *value = jwkeep_json_first(crit);
    for (; value; value = jwkeep_json_next(value)) {
        jwkeep_span name = jwkeep_json_string(value);
        if (jwkeep_json_type_of(value) != JWKEEP_JSON_STRING || jk_jws_is_standard(name) ||
            jk_json_is_repeated(crit, value) || !jk_json_member(header, name))
            return refuse(error, JWKEEP_CRIT_INVALID, "crit", clause);
        is_all_understood = is_all_understood && is_understood(understood, name);
    }
    return is_all_understood ? JWKEEP_OK
                             : refuse(error, JWKEEP_CRIT_UNSUPPORTED, "crit", clause);
}

/* `b64` that is true changes nothing; false must be critical (RFC 7797 §6), and then has been
 * understood. */
static jwkeep_code check_b64(const parameters *found, jk_jws_header *header,
                             jwkeep_error *error) {
    bool is_encoded = true;
    if (found->b64 && jwkeep_json_boolean(found->b64, &is_encoded))
        return refuse(error, JWKEEP_HEADER_INVALID, "b64", "RFC 7797 §3");
    if (!is_encoded && !jk_jws_is_critical(found->crit, JWKEEP_SPAN("b64")))
        return refuse(error, JWKEEP_HEADER_INVALID, "b64", "RFC 7797 §6");
    header->is_unencoded = !is_encoded;
    return JWKEEP_OK;
}

static jwkeep_code read_string(const jwkeep_json *value, const char *name, const char *clause,
                               jwkeep_span *ret_text, jwkeep_error *error) {
    if (!value)
        return JWKEEP_OK;
    if (jwkeep_json_type_of(value) != JWKEEP_JSON_STRING)
        return refuse(error, JWKEEP_HEADER_INVALID, name, clause);
    *ret_text = jwkeep_json_string(value);
    return JWKEEP_OK;
}

static jwkeep_code read_names(const parameters *found, const jwkeep_limits *limits,
                              jk_jws_header *header, jwkeep_error *error) {
    jwkeep_code code = read_string(found->kid, "kid", "RFC 7515 §4.1.4", &header->kid, error);
    if (!code && header->kid.size > limits->max_kid_bytes)
        code = refuse(error, JWKEEP_KID_TOO_LONG, "kid", NULL);
    if (!code)
        code = read_string(found->typ, "typ", "RFC 7515 §4.1.9", &header->typ, error);
    if (!code)
        code = read_string(found->cty, "cty", "RFC 7515 §4.1.10", &header->cty, error);
    return code;
}

static jwkeep_code read_parameters(const jwkeep_json *json, const jk_jws_understood *understood,
                                   const jwkeep_limits *limits, jk_jws_header *header,
                                   jwkeep_error *error) {
    if (jwkeep_json_type_of(json) != JWKEEP_JSON_OBJECT)
        return jk_fail_text(error, JWKEEP_HEADER_INVALID, "the header is not a JSON object",
                            NULL, "RFC 7515 §4");
    parameters found = {0};
    const jwkeep_json *value = jwkeep_json_first(json);
    for (; value; value = jwkeep_json_next(value))
        sort_parameter(value, &found);
    jwkeep_code code = read_algorithm(found.alg, header, error);
    if (!code && found.crit)
        code = check_crit(found.crit, json, understood, limits, error);
    if (!code)
        code = check_b64(&found, header, error);
    header->crit = found.crit;
    return code ? code : read_names(&found, limits, header, error);
}

/* The character of the encoded header in which the decoded byte at `offset` begins. */
static size_t encoded_offset(size_t offset) {
    return offset == JWKEEP_NO_OFFSET ? offset : offset / 3 * 4 + offset % 3;
}

static jwkeep_code parse(jwkeep_span text, const jwkeep_limits *limits, jk_arena *arena,
                         const jwkeep_json **ret_json, jwkeep_error *error) {
    jwkeep_code code = jk_json_parse(text, limits, arena, ret_json, error);
    if (code && error && jwkeep_code_class(code) == JWKEEP_CLASS_REJECTED) {
        error->where = "header";
        error->offset = encoded_offset(error->offset);
    }
    return code;
}

jwkeep_code jk_jws_read_header(jwkeep_span encoded, const jwkeep_limits *limits,
                               jk_arena *arena, jk_jws_header *ret_header,
                               jwkeep_error *error) {
    static const jk_jws_understood nothing = {0};
    return jk_jws_read_protected(encoded, &nothing, limits, arena, ret_header, error);
}

jwkeep_code jk_jws_read_protected(jwkeep_span encoded, const jk_jws_understood *understood,
                                  const jwkeep_limits *limits, jk_arena *arena,
                                  jk_jws_header *ret_header, jwkeep_error *error) {
    size_t size = jk_base64url_decoded_size(encoded.size);
    uint8_t *bytes = jk_arena_bytes(arena, size);
    if (!bytes)
        return jk_fail(error, JWKEEP_OUT_OF_MEMORY);
    size_t offset;
    if (!jk_base64url_decode(encoded, bytes, &offset))
        return jk_fail_at(error, JWKEEP_BASE64URL_INVALID, "header", "RFC 7515 §2", offset);
    jk_jws_header header = {.text = jwkeep_span_of(bytes, size)};
    jwkeep_code code = parse(header.text, limits, arena, &header.json, error);
    if (!code)
        code = read_parameters(header.json, understood, limits, &header, error);
    if (!code)
        *ret_header = header;
    return code;
}
