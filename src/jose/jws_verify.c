/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns verifying a compact JWS in one call, its payload in the token or beside it (RFC 7515
 * §5.2, Appendix F; RFC 7797). Refuses the JSON serializations. */
#include "base/buffer.h"
#include "base/error.h"
#include "codec/base64url.h"
#include "jose/jws_setup.h"

typedef struct verification {
    jk_jws_parts parts;
    jk_jws_header header;
    jwkeep_span payload;
    const jwkeep_jwk *key;
} verification;

static jwkeep_code decode_payload(verification *done, jk_arena *arena, jwkeep_error *error) {
    const jk_jws_parts *parts = &done->parts;
    size_t size = jk_base64url_decoded_size(parts->payload.size);
    uint8_t *bytes = jk_arena_bytes(arena, size);
    if (!bytes)
        return jk_fail(error, JWKEEP_OUT_OF_MEMORY);
    size_t offset;
    if (!jk_base64url_decode(parts->payload, bytes, &offset))
        return jk_fail_at(error, JWKEEP_BASE64URL_INVALID, "payload", "RFC 7515 §2",
                          parts->header.size + 1 + offset);
    done->payload = jwkeep_span_of(bytes, size);
    return JWKEEP_OK;
}

static jwkeep_code take_payload(const jk_jws_setup *setup, verification *done, jk_arena *arena,
                                jwkeep_error *error) {
    bool is_unencoded = done->header.is_unencoded;
    done->payload = setup->detached.data ? setup->detached : done->parts.payload;
    if (!setup->detached.data)
        return is_unencoded ? JWKEEP_OK : decode_payload(done, arena, error);
    if (done->parts.payload.size)
        return jk_fail_at(error, JWKEEP_PAYLOAD_NOT_DETACHED, "payload", "RFC 7515 Appendix F",
                          done->parts.header.size + 1);
    return jk_jws_signing_input(done->parts.header, setup->detached, is_unencoded, arena,
                                &done->parts.signed_bytes, error);
}

static jwkeep_code verify(jwkeep_span token, const jk_jws_setup *setup, jk_arena *arena,
                          verification *ret_done, jwkeep_error *error) {
    jwkeep_code code = jk_jws_split(token, &setup->limits, &ret_done->parts, error);
    if (!code)
        code = jk_jws_read_protected(ret_done->parts.header, &setup->understood, &setup->limits,
                                     arena, &ret_done->header, error);
    if (!code)
        code = jk_jws_check_header(&ret_done->header, &setup->choice, error);
    if (!code)
        code = take_payload(setup, ret_done, arena, error);
    return code ? code
                : jk_jws_judge(setup, &ret_done->parts, &ret_done->header, &ret_done->key,
                               error);
}

jwkeep_code jwkeep_jws_verify(jwkeep_span token, const jwkeep_jws_options *options,
                              jwkeep_buffer *payload, jwkeep_buffer *header,
                              const jwkeep_jwk **ret_key, jwkeep_error *error) {
    jk_jws_setup setup;
    jwkeep_code code = jk_jws_set_up(options, &setup, error);
    if (code)
        return code;
    verification done = {0};
    jk_arena arena;
    jk_arena_init(&arena, SIZE_MAX); /* bounded by max_token_bytes, max_detached_bytes and
                                        max_json_values */
    code = verify(token, &setup, &arena, &done, error);
    if (!code)
        code = jk_buffer_append_both(payload, done.payload, header, done.header.text, error);
    if (!code && ret_key)
        *ret_key = done.key;
    jk_arena_done(&arena);
    return code;
}
