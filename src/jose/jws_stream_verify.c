/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns verifying in a stream: the token read before, the verdict after the payload. */
#include "base/buffer.h"
#include "base/error.h"
#include "base/secret.h"
#include "codec/base64url.h"
#include "jose/jwk.h"
#include "jose/jws_json.h"
#include "jose/jws_stream.h"

/* What a token has, in either serialization. */
typedef struct opened {
    jwkeep_span encoded_header;
    jwkeep_span signature; /* encoded */
} opened;

static jwkeep_code open_compact(jwkeep_jws_stream *stream, jwkeep_span token,
                                opened *ret_opened, jwkeep_error *error) {
    const jwkeep_limits *limits = &stream->setup.limits;
    jk_jws_parts parts;
    jwkeep_code code = jk_jws_split(token, limits, &parts, error);
    if (code)
        return code;
    if (parts.payload.size)
        return jk_fail_at(error, JWKEEP_PAYLOAD_NOT_DETACHED, "payload", "RFC 7515 Appendix F",
                          parts.header.size + 1);
    *ret_opened = (opened){parts.header, parts.signature};
    return jk_jws_read_protected(parts.header, &stream->setup.understood, limits,
                                 &stream->arena, &stream->header, error);
}

static jwkeep_code open_flattened(jwkeep_jws_stream *stream, jwkeep_span token,
                                  opened *ret_opened, jwkeep_error *error) {
    const jwkeep_limits *limits = &stream->setup.limits;
    jk_jws_shape shape;
    jwkeep_code code = jk_jws_json_read(token, limits, &stream->arena, &shape, error);
    if (code)
        return code;
    if (shape.is_general)
        return jk_fail_at(error, JWKEEP_TOO_MANY_SIGNATURES, "signatures", "RFC 7515 §7.2.2",
                          JWKEEP_NO_OFFSET);
    if (shape.payload)
        return jk_fail_at(error, JWKEEP_PAYLOAD_NOT_DETACHED, "payload", "RFC 7515 Appendix F",
                          JWKEEP_NO_OFFSET);
    jk_jws_triple triple = jk_jws_json_triple(shape.first);
    *ret_opened = (opened){jwkeep_json_string(triple.protected_header),
                           jwkeep_json_string(triple.signature)};
    return jk_jws_json_read_header(&shape, &triple, &stream->setup.understood, limits,
                                   &stream->arena, &stream->header, error);
}

static jwkeep_code copy_token(jwkeep_jws_stream *stream, jwkeep_jws_form form,
                              jwkeep_span *token, jwkeep_error *error) {
    const jwkeep_limits *limits = &stream->setup.limits;
    size_t most = form == JWKEEP_JWS_FORM_COMPACT ? limits->max_token_bytes
                                                  : limits->max_json_token_bytes;
    if (token->size > most)
        return jk_fail(error, JWKEEP_TOKEN_TOO_LARGE);
    uint8_t *copy = jk_arena_bytes(&stream->arena, token->size);
    if (!copy)
        return jk_fail(error, JWKEEP_OUT_OF_MEMORY);
    if (token->size)
        memcpy(copy, token->data, token->size);
    token->data = copy;
    return JWKEEP_OK;
}

static jwkeep_code decode_signature(jwkeep_jws_stream *stream, jwkeep_span encoded,
                                    jwkeep_error *error) {
    size_t size = jk_base64url_decoded_size(encoded.size);
    uint8_t *bytes = jk_arena_bytes(&stream->arena, size);
    if (!bytes)
        return jk_fail(error, JWKEEP_OUT_OF_MEMORY);
    if (!jk_base64url_decode(encoded, bytes, NULL))
        return jk_fail_at(error, JWKEEP_BASE64URL_INVALID, "signature", "RFC 7515 §2",
                          JWKEEP_NO_OFFSET);
    stream->signature = jwkeep_span_of(bytes, size);
    return JWKEEP_OK;
}

static size_t most_candidates(const jk_jws_setup *setup) {
    size_t known = setup->choice.keys ? jwkeep_keyset_count(setup->choice.keys) : 1;
    return known < setup->limits.max_candidates ? known : setup->limits.max_candidates;
}

static jwkeep_code open_lanes(jwkeep_jws_stream *stream, jwkeep_span encoded_header,
                              jwkeep_error *error) {
    jk_jws_setup *setup = &stream->setup;
    jwkeep_code code = JWKEEP_OK;
    if (setup->pinned.data)
        code = jk_jws_embedded_key(setup, &stream->header, &stream->embedded, error);
    if (code)
        return code;
    if (stream->embedded)
        setup->choice.key = stream->embedded;
    size_t count = most_candidates(setup);
    const jwkeep_jwk **keys = jk_arena_alloc(&stream->arena, (count + 1) * sizeof *keys);
    if (!keys)
        return jk_fail(error, JWKEEP_OUT_OF_MEMORY);
    code = jk_jws_find_candidates(&stream->header, &setup->choice, count, keys, &count, error);
    return code ? code
                : jk_jws_stream_open(stream, stream->header.algorithm, keys, count,
                                     encoded_header, error);
}

static jwkeep_code begin(jwkeep_jws_stream *stream, jwkeep_span token, jwkeep_jws_form form,
                         jwkeep_error *error) {
    opened parts = {0};
    jwkeep_code code = copy_token(stream, form, &token, error);
    if (!code)
        code = form == JWKEEP_JWS_FORM_COMPACT ? open_compact(stream, token, &parts, error)
                                               : open_flattened(stream, token, &parts, error);
    if (!code)
        code = jk_jws_check_header(&stream->header, &stream->setup.choice, error);
    if (!code)
        code = decode_signature(stream, parts.signature, error);
    if (!code)
        code = open_lanes(stream, parts.encoded_header, error);
    stream->is_unencoded = stream->header.is_unencoded;
    stream->max_bytes = stream->setup.limits.max_detached_bytes;
    return code;
}

jwkeep_code jwkeep_jws_stream_begin_verify(jwkeep_span token, jwkeep_jws_form form,
                                           const jwkeep_jws_options *options,
                                           jwkeep_jws_stream **ret_stream,
                                           jwkeep_error *error) {
    jk_jws_setup setup;
    jwkeep_jws_stream *stream = NULL;
    jwkeep_code code = jk_jws_set_up(options, &setup, error);
    if (code)
        return code;
    if (setup.detached.data ||
        (form != JWKEEP_JWS_FORM_COMPACT && form != JWKEEP_JWS_FORM_FLATTENED))
        return jk_fail_at(error, JWKEEP_MISUSE_ARGUMENT,
                          setup.detached.data ? "detached" : "form", NULL, JWKEEP_NO_OFFSET);
    code = jk_jws_stream_new(&stream, error);
    if (code)
        return code;
    stream->setup = setup;
    code = begin(stream, token, form, error);
    if (code)
        jwkeep_jws_stream_free(stream);
    else
        *ret_stream = stream;
    return code;
}

/* A lane without a stream of its own shares the digest of the first. */
static jwkeep_code try_lane(const jwkeep_jws_stream *stream, const jk_jws_lane *lane,
                            uint8_t digest[JK_DIGEST_MAX_BYTES], size_t *size,
                            jwkeep_error *error) {
    if (lane->stream) {
        jwkeep_code code = jk_stream_finish(lane->stream, digest, size, error);
        if (code)
            return code;
    }
    return jk_key_verify_digest(jk_jwk_prepared(lane->key), stream->header.algorithm,
                                jwkeep_span_of(digest, *size), stream->signature, error);
}

static jwkeep_code try_lanes(jwkeep_jws_stream *stream, const jwkeep_jwk **ret_key,
                             jwkeep_error *error) {
    uint8_t digest[JK_DIGEST_MAX_BYTES];
    size_t size = 0;
    jwkeep_error why; /* of the last key: another one may hold */
    jwkeep_code code = jk_fail(&why, JWKEEP_SIGNATURE_INVALID);
    for (size_t i = 0; i < stream->lane_count && code == JWKEEP_SIGNATURE_INVALID; i++) {
        code = try_lane(stream, &stream->lanes[i], digest, &size, &why);
        if (!code)
            *ret_key = stream->lanes[i].key;
    }
    if (code && error)
        *error = why;
    jk_secret_wipe(digest, sizeof digest);
    return code;
}

jwkeep_code jwkeep_jws_stream_finish_verify(jwkeep_jws_stream *stream, jwkeep_buffer *header,
                                            const jwkeep_jwk **ret_key, jwkeep_error *error) {
    const jwkeep_jwk *fitting = NULL;
    jwkeep_code code = jk_jws_stream_close(stream, false, error);
    if (!code)
        code = try_lanes(stream, &fitting, error);
    if (!code)
        code = jk_jws_judge_extensions(&stream->setup, &stream->header, error);
    if (!code)
        code =
            jk_buffer_append_both(header, stream->header.text, NULL, JWKEEP_SPAN_NONE, error);
    if (!code && ret_key)
        *ret_key = stream->embedded ? NULL : fitting;
    return code;
}
