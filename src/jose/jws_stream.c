/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the feeding of a stream: base64url on the way into the hash. Refuses more than the
 * limit, and to go on after a failure. */
#include "jose/jws_stream.h"
#include "base/allocator.h"
#include "base/error.h"
#include "codec/base64url.h"
#include "crypto/algorithm.h"
#include "jose/jwk.h"

#define GROUP_BYTES 3u
#define BLOCK_BYTES (512u * GROUP_BYTES) /* encoded on the stack */

jwkeep_code jk_jws_stream_new(jwkeep_jws_stream **ret_stream, jwkeep_error *error) {
    jwkeep_jws_stream *stream = jk_alloc_zeroed(1, sizeof *stream);
    if (!stream)
        return jk_fail(error, JWKEEP_OUT_OF_MEMORY);
    jk_arena_init(&stream->arena, SIZE_MAX); /* bounded by the limits on the token */
    *ret_stream = stream;
    return JWKEEP_OK;
}

void jwkeep_jws_stream_free(jwkeep_jws_stream *stream) {
    if (!stream)
        return;
    for (size_t i = 0; i < stream->lane_count; i++)
        jk_stream_free(stream->lanes[i].stream);
    jwkeep_jwk_unref(stream->embedded);
    jk_arena_done(&stream->arena);
    jk_free(stream);
}

static jwkeep_code feed_lanes(jwkeep_jws_stream *stream, jwkeep_span bytes,
                              jwkeep_error *error) {
    jwkeep_code code = JWKEEP_OK;
    for (size_t i = 0; i < stream->lane_count && !code; i++)
        if (stream->lanes[i].stream)
            code = jk_stream_feed(stream->lanes[i].stream, bytes, error);
    return code;
}

static bool is_hmac(jwkeep_algorithm algorithm) {
    return jk_algorithm_info_of(algorithm)->family == JK_FAMILY_HMAC;
}

jwkeep_code jk_jws_stream_open(jwkeep_jws_stream *stream, jwkeep_algorithm algorithm,
                               const jwkeep_jwk *const *keys, size_t count,
                               jwkeep_span encoded_header, jwkeep_error *error) {
    jk_jws_lane *lanes = jk_arena_alloc(&stream->arena, count * sizeof *lanes);
    if (!lanes)
        return jk_fail(error, JWKEEP_OUT_OF_MEMORY);
    stream->lanes = lanes;
    jwkeep_code code = JWKEEP_OK;
    for (size_t i = 0; i < count && !code; i++) {
        lanes[i] = (jk_jws_lane){.key = keys[i]};
        stream->lane_count = i + 1;
        if (i == 0 || is_hmac(algorithm))
            code = jk_stream_new(keys[i] ? jk_jwk_prepared(keys[i]) : NULL, algorithm,
                                 &lanes[i].stream, error);
    }
    if (!code)
        code = feed_lanes(stream, encoded_header, error);
    return code ? code : feed_lanes(stream, JWKEEP_SPAN("."), error);
}

static jwkeep_code feed_encoded(jwkeep_jws_stream *stream, jwkeep_span bytes,
                                jwkeep_error *error) {
    char text[BLOCK_BYTES / GROUP_BYTES * 4];
    jk_base64url_encode(bytes, text);
    return feed_lanes(stream, jwkeep_span_of(text, jk_base64url_encoded_size(bytes.size)),
                      error);
}

/* Moves bytes into the group that was begun; encodes it once it is full. */
static jwkeep_code fill_group(jwkeep_jws_stream *stream, jwkeep_span *bytes,
                              jwkeep_error *error) {
    while (bytes->size && stream->carry_size < GROUP_BYTES) {
        stream->carry[stream->carry_size++] = bytes->data[0];
        *bytes = jwkeep_span_of(bytes->data + 1, bytes->size - 1);
    }
    if (stream->carry_size < GROUP_BYTES)
        return JWKEEP_OK;
    stream->carry_size = 0;
    return feed_encoded(stream, jwkeep_span_of(stream->carry, GROUP_BYTES), error);
}

static jwkeep_code encode_into(jwkeep_jws_stream *stream, jwkeep_span bytes,
                               jwkeep_error *error) {
    jwkeep_code code = JWKEEP_OK;
    if (stream->carry_size)
        code = fill_group(stream, &bytes, error);
    while (!code && bytes.size >= GROUP_BYTES) {
        size_t whole = bytes.size - bytes.size % GROUP_BYTES;
        size_t size = whole < BLOCK_BYTES ? whole : BLOCK_BYTES;
        code = feed_encoded(stream, jwkeep_span_of(bytes.data, size), error);
        bytes = jwkeep_span_of(bytes.data + size, bytes.size - size);
    }
    return code || !bytes.size ? code : fill_group(stream, &bytes, error);
}

jwkeep_code jwkeep_jws_stream_feed(jwkeep_jws_stream *stream, jwkeep_span bytes,
                                   jwkeep_error *error) {
    if (stream->is_over)
        return jk_fail(error, JWKEEP_MISUSE_STATE);
    if (bytes.size > stream->max_bytes - stream->fed) {
        stream->is_over = true;
        return jk_fail_text(error, JWKEEP_TOKEN_TOO_LARGE, "the detached payload is too large",
                            NULL, NULL);
    }
    stream->fed += bytes.size;
    if (!bytes.size)
        return JWKEEP_OK;
    jwkeep_code code = stream->is_unencoded ? feed_lanes(stream, bytes, error)
                                            : encode_into(stream, bytes, error);
    stream->is_over = code != JWKEEP_OK;
    return code;
}

jwkeep_code jk_jws_stream_close(jwkeep_jws_stream *stream, bool is_signing,
                                jwkeep_error *error) {
    if (stream->is_over || stream->is_signing != is_signing)
        return jk_fail(error, JWKEEP_MISUSE_STATE);
    stream->is_over = true;
    size_t rest = stream->carry_size;
    return rest ? feed_encoded(stream, jwkeep_span_of(stream->carry, rest), error) : JWKEEP_OK;
}
