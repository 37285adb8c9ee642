/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns looking into a compact JWS without verifying it, for the one call that says so in its
 * name. */
#include "base/buffer.h"
#include "base/error.h"
#include "base/limits.h"
#include "codec/base64url.h"
#include "jose/jws.h"

static jwkeep_code decode(jwkeep_span encoded, const char *where, size_t at, jk_arena *arena,
                          jwkeep_span *ret_bytes, jwkeep_error *error) {
    size_t size = jk_base64url_decoded_size(encoded.size);
    uint8_t *bytes = jk_arena_bytes(arena, size);
    if (!bytes)
        return jk_fail(error, JWKEEP_OUT_OF_MEMORY);
    size_t offset;
    if (!jk_base64url_decode(encoded, bytes, &offset))
        return jk_fail_at(error, JWKEEP_BASE64URL_INVALID, where, "RFC 7515 §2", at + offset);
    *ret_bytes = jwkeep_span_of(bytes, size);
    return JWKEEP_OK;
}

/* A header that is no JSON says nothing of its payload: that is taken for base64url. */
static jwkeep_code read_b64(jwkeep_span header, const jwkeep_limits *limits, jk_arena *arena,
                            bool *ret_is_encoded, jwkeep_error *error) {
    const jwkeep_json *root = NULL;
    bool is_encoded = true;
    jwkeep_code code = jk_json_parse(header, limits, arena, &root, NULL);
    if (code == JWKEEP_OUT_OF_MEMORY)
        return jk_fail(error, code);
    if (code || jwkeep_json_boolean(jwkeep_json_member(root, "b64"), &is_encoded))
        is_encoded = true;
    *ret_is_encoded = is_encoded;
    return JWKEEP_OK;
}

static jwkeep_code decode_parts(const jk_jws_parts *parts, const jwkeep_limits *limits,
                                jk_arena *arena, jwkeep_buffer *header, jwkeep_buffer *payload,
                                jwkeep_error *error) {
    jwkeep_span header_bytes;
    jwkeep_span payload_bytes = parts->payload;
    jwkeep_span signature_bytes;
    jwkeep_code code = decode(parts->header, "header", 0, arena, &header_bytes, error);
    bool is_encoded;
    if (!code)
        code = read_b64(header_bytes, limits, arena, &is_encoded, error);
    if (!code && is_encoded)
        code = decode(parts->payload, "payload", parts->header.size + 1, arena, &payload_bytes,
                      error);
    if (!code)
        code = decode(parts->signature, "signature", parts->signature_at, arena,
                      &signature_bytes, error);
    return code ? code
                : jk_buffer_append_both(header, header_bytes, payload, payload_bytes, error);
}

jwkeep_code jwkeep_jws_decode_insecure(jwkeep_span token, const jwkeep_limits *limits,
                                       jwkeep_buffer *header, jwkeep_buffer *payload,
                                       jwkeep_error *error) {
    jwkeep_limits resolved;
    jk_jws_parts parts;
    jwkeep_code code = jk_limits_resolve(limits, &resolved, error);
    if (!code)
        code = jk_jws_split_dots(token, &resolved, &parts, error);
    if (code)
        return code;
    jk_arena arena;
    jk_arena_init(&arena, SIZE_MAX); /* bounded by max_token_bytes and max_json_values */
    code = decode_parts(&parts, &resolved, &arena, header, payload, error);
    jk_arena_done(&arena);
    return code;
}
