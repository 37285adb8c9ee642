/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the members of a JWK that speak of certificates (RFC 7517 §4.7–4.9), and holding them
 * against the key. Refuses `x5u`: nothing is fetched for a key. */
#include "base/error.h"
#include "base/secret.h"
#include "codec/base64.h"
#include "jose/certificate.h"
#include "jose/jwk_form.h"

static jwkeep_code refuse(jwkeep_error *error, jwkeep_code code, const char *member,
                          const char *clause) {
    return jk_fail_at(error, code, member, clause, JWKEEP_NO_OFFSET);
}

static jwkeep_code add_value(jwkeep_certificate *certificate, const jwkeep_json *value,
                             const jwkeep_limits *limits, jk_arena *arena,
                             jwkeep_error *error) {
    jwkeep_span text = jwkeep_json_string(value);
    if (!text.data)
        return refuse(error, JWKEEP_CERTIFICATE_INVALID, "x5c", "RFC 7517 §4.7");
    if (text.size / 4 * 3 > limits->max_certificate_bytes + 2) /* 2: the padding */
        return refuse(error, JWKEEP_CERTIFICATE_TOO_LARGE, "x5c", NULL);
    uint8_t *copy = jk_arena_bytes(arena, text.size);
    uint8_t *der = jk_arena_bytes(arena, text.size);
    if (!copy || !der)
        return jk_fail(error, JWKEEP_OUT_OF_MEMORY);
    if (text.size)
        memcpy(copy, text.data, text.size);
    size_t size;
    if (!jk_base64_decode((char *)copy, text.size, der, &size))
        return refuse(error, JWKEEP_CERTIFICATE_INVALID, "x5c", "RFC 7517 §4.7");
    jwkeep_code code =
        jk_certificate_add(certificate, jwkeep_span_of(der, size), limits, error);
    if (code && error)
        error->where = "x5c";
    return code;
}

static jwkeep_code add_values(jwkeep_certificate *certificate, const jwkeep_json *x5c,
                              const jwkeep_limits *limits, jwkeep_error *error) {
    if (jwkeep_json_type_of(x5c) != JWKEEP_JSON_ARRAY || jwkeep_json_count(x5c) == 0)
        return refuse(error, JWKEEP_CERTIFICATE_INVALID, "x5c", "RFC 7517 §4.7");
    if (jwkeep_json_count(x5c) > limits->max_chain)
        return refuse(error, JWKEEP_CERTIFICATE_CHAIN_TOO_LONG, "x5c", NULL);
    jk_arena arena;
    jk_arena_init(&arena, SIZE_MAX); /* twice the text, bounded as it is */
    jwkeep_code code = JWKEEP_OK;
    const jwkeep_json *value = jwkeep_json_first(x5c);
    for (; value && !code; value = jwkeep_json_next(value))
        code = add_value(certificate, value, limits, &arena, error);
    jk_arena_done(&arena);
    return code;
}

jwkeep_code jk_certificate_from_x5c(const jwkeep_json *x5c, const jwkeep_limits *limits,
                                    jwkeep_certificate **ret_certificate, jwkeep_error *error) {
    jwkeep_certificate *made = NULL;
    jwkeep_code code = jk_certificate_new(&made, error);
    if (!code)
        code = add_values(made, x5c, limits, error);
    if (code)
        jwkeep_certificate_unref(made);
    else
        *ret_certificate = made;
    return code;
}

/* Whether `member` is the hash in base64url; an absent one is no contradiction. */
static jwkeep_code check_hash(const jwkeep_json *jwk, const char *member, const char *clause,
                              jwkeep_span hash, jwkeep_error *error) {
    const jwkeep_json *value = jwkeep_json_member(jwk, member);
    if (!value)
        return JWKEEP_OK;
    if (jwkeep_json_type_of(value) != JWKEEP_JSON_STRING)
        return refuse(error, JWKEEP_JWK_INVALID, member, clause);
    char text[(JWKEEP_CERTIFICATE_SHA256_SIZE * 4 + 2) / 3];
    if (!hash.data)
        return JWKEEP_OK;
    jk_base64url_encode(hash, text);
    jwkeep_span expected = jwkeep_span_of(text, jk_base64url_encoded_size(hash.size));
    return jwkeep_span_equals(jwkeep_json_string(value), expected)
               ? JWKEEP_OK
               : refuse(error, JWKEEP_CERTIFICATE_HASH_MISMATCH, member, clause);
}

/* `first` is NULL without `x5c`. */
static jwkeep_code check_hashes(const jwkeep_json *jwk, const jwkeep_certificate_facts *first,
                                jwkeep_error *error) {
    jwkeep_span sha1 = JWKEEP_SPAN_NONE;
    jwkeep_span sha256 = JWKEEP_SPAN_NONE;
    if (first) {
        sha1 = jwkeep_span_of(first->sha1, sizeof first->sha1);
        sha256 = jwkeep_span_of(first->sha256, sizeof first->sha256);
    }
    jwkeep_code code = check_hash(jwk, "x5t", "RFC 7517 §4.8", sha1, error);
    return code ? code : check_hash(jwk, "x5t#S256", "RFC 7517 §4.9", sha256, error);
}

static jwkeep_code thumbprint_of(jwkeep_span der, uint8_t ret_digest[JWKEEP_THUMBPRINT_SIZE],
                                 jwkeep_error *error) {
    jwkeep_jwk *key = NULL;
    jwkeep_code code = jk_jwk_from_certificate(der, &key, error);
    if (!code)
        memcpy(ret_digest, key->thumbprint, JWKEEP_THUMBPRINT_SIZE);
    jwkeep_jwk_unref(key);
    return code;
}

/* A key that the library would refuse is another one than that of the JWK. */
static jwkeep_code check_key(jwkeep_span der, const jk_key_material *material,
                             jwkeep_error *error) {
    uint8_t certified[JWKEEP_THUMBPRINT_SIZE];
    uint8_t own[JWKEEP_THUMBPRINT_SIZE];
    jwkeep_error why;
    jwkeep_code code = thumbprint_of(der, certified, &why);
    if (code && jwkeep_code_class(code) != JWKEEP_CLASS_REJECTED)
        return jk_fail(error, code);
    bool is_key = code == JWKEEP_OK;
    code = jk_thumbprint(material, sizeof own, own, error);
    if (code)
        return code;
    is_key = is_key && jk_secret_equals(jwkeep_span_of(certified, sizeof certified),
                                        jwkeep_span_of(own, sizeof own));
    return is_key ? JWKEEP_OK
                  : refuse(error, JWKEEP_CERTIFICATE_KEY_MISMATCH, "x5c", "RFC 7517 §4.7");
}

jwkeep_code jk_certificate_check_jwk(const jwkeep_json *jwk, const jwkeep_limits *limits,
                                     const jk_key_material *material, jwkeep_error *error) {
    const jwkeep_json *x5c = jwkeep_json_member(jwk, "x5c");
    if (!x5c)
        return check_hashes(jwk, NULL, error);
    jwkeep_certificate *certificate = NULL;
    jwkeep_code code = jk_certificate_from_x5c(x5c, limits, &certificate, error);
    if (code)
        return code;
    const jwkeep_certificate_facts *first = jwkeep_certificate_at(certificate, 0);
    code = check_key(first->der, material, error);
    if (!code)
        code = check_hashes(jwk, first, error);
    jwkeep_certificate_unref(certificate);
    return code;
}

static jwkeep_code append_base64(jwkeep_buffer *text, jwkeep_span bytes) {
    uint8_t *at = jwkeep_buffer_extend(text, jk_base64_encoded_size(bytes.size));
    if (!at)
        return text->is_fixed ? JWKEEP_MISUSE_TOO_SMALL : JWKEEP_OUT_OF_MEMORY;
    jk_base64_encode(bytes, (char *)at);
    return JWKEEP_OK;
}

jwkeep_code jk_certificate_write_x5c(const jwkeep_certificate *certificate,
                                     jwkeep_buffer *json) {
    jwkeep_code code = JWKEEP_OK;
    for (size_t i = 0; i < jwkeep_certificate_count(certificate) && !code; i++) {
        code = jwkeep_buffer_append_text(json, i == 0 ? "[\"" : ",\"");
        if (!code)
            code = append_base64(json, jwkeep_certificate_at(certificate, i)->der);
        if (!code)
            code = jwkeep_buffer_append_text(json, "\"");
    }
    return code ? code : jwkeep_buffer_append_text(json, "]");
}
