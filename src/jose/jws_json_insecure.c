/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns looking into a JWS in JSON serialization without verifying it, for the one call that
 * says so in its name. */
#include "base/buffer.h"
#include "base/error.h"
#include "base/limits.h"
#include "codec/base64url.h"
#include "jose/jws_json.h"

static jwkeep_code decode(const jk_jws_shape *shape, const jwkeep_json *value,
                          const char *where, jk_arena *arena, jwkeep_span *ret_bytes,
                          jwkeep_error *error) {
    jwkeep_span encoded = jwkeep_json_string(value);
    size_t size = jk_base64url_decoded_size(encoded.size);
    uint8_t *bytes = jk_arena_bytes(arena, size);
    if (!bytes)
        return jk_fail(error, JWKEEP_OUT_OF_MEMORY);
    size_t offset;
    if (!jk_base64url_decode(encoded, bytes, &offset))
        return jk_fail_at(error, JWKEEP_BASE64URL_INVALID, where, "RFC 7515 §2",
                          jk_jws_json_place(shape, value, offset));
    *ret_bytes = jwkeep_span_of(bytes, size);
    return JWKEEP_OK;
}

/* What was found on the way. */
typedef struct look {
    const jk_jws_shape *shape;
    const jwkeep_limits *limits;
    jk_arena *arena;
    jwkeep_json_writer *writer;
    bool is_unencoded;
} look;

static jwkeep_code show_protected(look *at, const jwkeep_json *encoded, jwkeep_error *error) {
    jwkeep_span text;
    const jwkeep_json *root = NULL;
    bool is_encoded = true;
    jwkeep_code code = decode(at->shape, encoded, "protected", at->arena, &text, error);
    if (!code)
        code = jk_json_parse(text, at->limits, at->arena, &root, error);
    if (code)
        return code;
    if (jwkeep_json_boolean(jwkeep_json_member(root, "b64"), &is_encoded) == JWKEEP_OK)
        at->is_unencoded = at->is_unencoded || !is_encoded;
    jwkeep_json_write_name(at->writer, JWKEEP_SPAN("protected"));
    jwkeep_json_write_raw(at->writer, jwkeep_json_raw(root));
    return JWKEEP_OK;
}

static jwkeep_code show_signature(look *at, const jwkeep_json *signature, jwkeep_error *error) {
    jk_jws_triple triple = jk_jws_json_triple(signature);
    jwkeep_span bytes;
    jwkeep_code code =
        decode(at->shape, triple.signature, "signature", at->arena, &bytes, error);
    jwkeep_json_write_object(at->writer);
    if (!code && triple.protected_header)
        code = show_protected(at, triple.protected_header, error);
    if (!code && triple.header) {
        jwkeep_json_write_name(at->writer, JWKEEP_SPAN("header"));
        jwkeep_json_write_raw(at->writer, jwkeep_json_raw(triple.header));
    }
    jwkeep_json_write_end(at->writer);
    return code;
}

static jwkeep_code show_headers(look *at, jwkeep_error *error) {
    const jwkeep_json *each = at->shape->first;
    jwkeep_code code = JWKEEP_OK;
    jwkeep_json_write_array(at->writer);
    for (; each && !code; each = jk_jws_json_next(at->shape, each))
        code = show_signature(at, each, error);
    jwkeep_json_write_end(at->writer);
    if (!code && (code = jwkeep_json_writer_finish(at->writer)))
        jk_fail(error, code);
    return code;
}

static jwkeep_code look_into(jwkeep_span token, const jwkeep_limits *limits, jk_arena *arena,
                             jwkeep_buffer *text, jwkeep_span *ret_payload,
                             jwkeep_error *error) {
    jk_jws_shape shape;
    jwkeep_json_writer writer;
    look at = {&shape, limits, arena, &writer, false};
    jwkeep_json_writer_init(&writer, text);
    jwkeep_code code = jk_jws_json_read(token, limits, arena, &shape, error);
    if (!code)
        code = show_headers(&at, error);
    if (code)
        return code;
    *ret_payload = jwkeep_json_string(shape.payload);
    if (!shape.payload || at.is_unencoded)
        return JWKEEP_OK;
    return decode(&shape, shape.payload, "payload", arena, ret_payload, error);
}

jwkeep_code jwkeep_jws_json_decode_insecure(jwkeep_span token, const jwkeep_limits *limits,
                                            jwkeep_buffer *headers, jwkeep_buffer *payload,
                                            jwkeep_error *error) {
    jwkeep_limits resolved;
    jwkeep_code code = jk_limits_resolve(limits, &resolved, error);
    if (code)
        return code;
    jwkeep_span payload_bytes;
    jwkeep_buffer text;
    jk_arena arena;
    jwkeep_buffer_init(&text, SIZE_MAX); /* bounded by the token */
    jk_arena_init(&arena, SIZE_MAX);     /* bounded by max_json_token_bytes */
    code = look_into(token, &resolved, &arena, &text, &payload_bytes, error);
    if (!code)
        code = jk_buffer_append_both(headers, jwkeep_buffer_span(&text), payload, payload_bytes,
                                     error);
    jwkeep_buffer_done(&text);
    jk_arena_done(&arena);
    return code;
}
