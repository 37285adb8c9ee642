/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns reading the shape of a JWS in JSON serialization. Refuses a mixture of flattened and
 * general, a JWE, and headers that say one thing twice. */
#include "jose/jws_json.h"
#include "base/error.h"

static jwkeep_code invalid(jwkeep_error *error, const char *text, const char *where,
                           const char *clause) {
    return jk_fail_text(error, JWKEEP_JWS_JSON_INVALID, text, where, clause);
}

/* `value` is absent, or of `type`. */
static bool is_absent_or(const jwkeep_json *value, jwkeep_json_type type) {
    return !value || jwkeep_json_type_of(value) == type;
}

jk_jws_triple jk_jws_json_triple(const jwkeep_json *signature) {
    return (jk_jws_triple){
        .protected_header = jwkeep_json_member(signature, "protected"),
        .header = jwkeep_json_member(signature, "header"),
        .signature = jwkeep_json_member(signature, "signature"),
    };
}

static jwkeep_code check_triple(const jwkeep_json *signature, jwkeep_error *error) {
    const char *clause = "RFC 7515 §7.2.1";
    if (jwkeep_json_type_of(signature) != JWKEEP_JSON_OBJECT)
        return invalid(error, "a signature is not an object", "signatures", clause);
    jk_jws_triple triple = jk_jws_json_triple(signature);
    if (jwkeep_json_type_of(triple.signature) != JWKEEP_JSON_STRING)
        return invalid(error, "a signature has no string `signature`", "signature", clause);
    if (!is_absent_or(triple.protected_header, JWKEEP_JSON_STRING))
        return invalid(error, "`protected` is not a string", "protected", clause);
    if (!is_absent_or(triple.header, JWKEEP_JSON_OBJECT))
        return invalid(error, "`header` is not an object", "header", clause);
    return JWKEEP_OK;
}

static jwkeep_code read_general(const jwkeep_json *root, const jwkeep_json *signatures,
                                size_t max_signatures, jk_jws_shape *shape,
                                jwkeep_error *error) {
    jk_jws_triple own = jk_jws_json_triple(root);
    if (own.protected_header || own.header || own.signature)
        return invalid(error, "flattened and general at once", "signatures", "RFC 7515 §7.2.2");
    size_t count = jwkeep_json_count(signatures);
    if (jwkeep_json_type_of(signatures) != JWKEEP_JSON_ARRAY || count == 0)
        return invalid(error, "`signatures` is not an array of signatures", "signatures",
                       "RFC 7515 §7.2.1");
    if (count > max_signatures)
        return jk_fail_at(error, JWKEEP_TOO_MANY_SIGNATURES, "signatures", NULL,
                          JWKEEP_NO_OFFSET);
    shape->first = jwkeep_json_first(signatures);
    shape->is_general = true;
    shape->count = count;
    jwkeep_code code = JWKEEP_OK;
    const jwkeep_json *each = shape->first;
    for (; each && !code; each = jwkeep_json_next(each))
        code = check_triple(each, error);
    return code;
}

static jwkeep_code read_members(const jwkeep_json *root, const jwkeep_limits *limits,
                                jk_jws_shape *shape, jwkeep_error *error) {
    if (jwkeep_json_type_of(root) != JWKEEP_JSON_OBJECT)
        return invalid(error, "not a JSON object", NULL, "RFC 7515 §7.2");
    if (jwkeep_json_member(root, "ciphertext"))
        return invalid(error, "a JWE, or signed and encrypted at once", "ciphertext",
                       "RFC 7516 §9");
    shape->payload = jwkeep_json_member(root, "payload");
    if (!is_absent_or(shape->payload, JWKEEP_JSON_STRING))
        return invalid(error, "`payload` is not a string", "payload", "RFC 7515 §7.2.1");
    const jwkeep_json *signatures = jwkeep_json_member(root, "signatures");
    if (signatures)
        return read_general(root, signatures, limits->max_signatures, shape, error);
    shape->first = root;
    shape->count = 1;
    return check_triple(root, error);
}

jwkeep_code jk_jws_json_read(jwkeep_span text, const jwkeep_limits *limits, jk_arena *arena,
                             jk_jws_shape *ret_shape, jwkeep_error *error) {
    if (text.size > limits->max_json_token_bytes)
        return jk_fail(error, JWKEEP_TOKEN_TOO_LARGE);
    const jwkeep_json *root = NULL;
    jk_jws_shape shape = {.text = text};
    jwkeep_code code = jk_json_parse(text, limits, arena, &root, error);
    if (!code)
        code = read_members(root, limits, &shape, error);
    if (!code)
        *ret_shape = shape;
    return code;
}

const jwkeep_json *jk_jws_json_next(const jk_jws_shape *shape, const jwkeep_json *signature) {
    return shape->is_general ? jwkeep_json_next(signature) : NULL;
}

/* Within a string that has escapes only its beginning can be told. */
size_t jk_jws_json_place(const jk_jws_shape *shape, const jwkeep_json *value, size_t offset) {
    jwkeep_span raw = jwkeep_json_raw(value);
    size_t start = (size_t)(raw.data - shape->text.data);
    bool has_escapes = raw.size != jwkeep_json_string(value).size + 2;
    return has_escapes ? start : start + 1 + offset;
}

jwkeep_code jk_jws_json_check_headers(const jwkeep_json *header, const jwkeep_json *unprotected,
                                      jwkeep_error *error) {
    static const char *const names[] = {"alg", "crit", "b64"};
    static const char *const clauses[] = {"RFC 8725 §3.1", "RFC 7515 §4.1.11", "RFC 7797 §3"};
    for (size_t i = 0; i < JK_COUNT_OF(names); i++)
        if (jwkeep_json_member(unprotected, names[i]))
            return jk_fail_at(error, JWKEEP_HEADER_UNPROTECTED, names[i], clauses[i],
                              JWKEEP_NO_OFFSET);
    const jwkeep_json *value = jwkeep_json_first(unprotected);
    for (; value; value = jwkeep_json_next(value))
        if (jk_json_member(header, jwkeep_json_name(value)))
            return jk_fail_at(error, JWKEEP_HEADER_REPEATED, "header", "RFC 7515 §7.2.1",
                              JWKEEP_NO_OFFSET);
    return JWKEEP_OK;
}

/* `kid` may stand in either header (RFC 7515 §4.1.4): it only helps to find a key. */
static jwkeep_code add_kid(const jwkeep_json *unprotected, const jwkeep_limits *limits,
                           jk_jws_header *header, jwkeep_error *error) {
    const jwkeep_json *kid = jwkeep_json_member(unprotected, "kid");
    if (!kid)
        return JWKEEP_OK;
    if (jwkeep_json_type_of(kid) != JWKEEP_JSON_STRING)
        return jk_fail_at(error, JWKEEP_HEADER_INVALID, "kid", "RFC 7515 §4.1.4",
                          JWKEEP_NO_OFFSET);
    header->kid = jwkeep_json_string(kid);
    if (header->kid.size > limits->max_kid_bytes)
        return jk_fail_at(error, JWKEEP_KID_TOO_LONG, "kid", NULL, JWKEEP_NO_OFFSET);
    return JWKEEP_OK;
}

/* RFC 7515 §7.2.1 lets `protected` be absent; `alg` is then unprotected, or nowhere. */
static jwkeep_code refuse_unprotected(const jwkeep_json *unprotected, jwkeep_error *error) {
    jwkeep_code code = jk_jws_json_check_headers(NULL, unprotected, error);
    return code ? code
                : jk_fail_at(error, JWKEEP_ALG_MISSING, "protected", "RFC 7515 §4.1.1",
                             JWKEEP_NO_OFFSET);
}

jwkeep_code jk_jws_json_read_header(const jk_jws_shape *shape, const jk_jws_triple *triple,
                                    const jk_jws_understood *understood,
                                    const jwkeep_limits *limits, jk_arena *arena,
                                    jk_jws_header *ret_header, jwkeep_error *error) {
    jk_jws_header header;
    jwkeep_span encoded = jwkeep_json_string(triple->protected_header);
    if (!triple->protected_header)
        return refuse_unprotected(triple->header, error);
    if (encoded.size > limits->max_header_bytes)
        return jk_fail_text(error, JWKEEP_TOKEN_TOO_LARGE, "the header is too large",
                            "protected", NULL);
    jwkeep_code code =
        jk_jws_read_protected(encoded, understood, limits, arena, &header, error);
    if (code && error && error->offset != JWKEEP_NO_OFFSET)
        error->offset = jk_jws_json_place(shape, triple->protected_header, error->offset);
    if (!code)
        code = jk_jws_json_check_headers(header.json, triple->header, error);
    if (!code)
        code = add_kid(triple->header, limits, &header, error);
    if (!code)
        *ret_header = header;
    return code;
}
