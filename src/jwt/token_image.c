/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns carrying claims into an image and out of it. */
#include "jwt/token_image.h"

static jk_json_image *payload_of(jk_token_image *image) {
    return (jk_json_image *)(void *)(image + 1);
}

/* `claims`, of the values that begin at `from`, for their copies that begin at `to`. */
static void move_claims(const jk_claims *claims, const jwkeep_json *from, const jwkeep_json *to,
                        jk_claims *ret_claims) {
    *ret_claims = *claims;
    ret_claims->object = to;
    for (size_t i = 0; i < JK_CLAIM_COUNT; i++)
        if (claims->values[i])
            ret_claims->values[i] = to + (claims->values[i] - from);
}

size_t jk_token_image_size(const jwkeep_token *token) {
    return sizeof(jk_token_image) + jk_json_image_size(token->claims.object, token->payload);
}

void jk_token_image_make(const jwkeep_token *token, jk_token_image *ret_image) {
    jk_json_image *payload = payload_of(ret_image);
    *ret_image = (jk_token_image){.header_size = (uint32_t)token->parts.header.size,
                                  .payload_size = (uint32_t)token->parts.payload.size};
    jk_json_image_make(token->claims.object, token->payload, payload);
    move_claims(&token->claims, token->claims.object, payload->values, &ret_image->claims);
}

static void take_apart(const jk_token_image *image, jwkeep_span bytes,
                       jk_jws_parts *ret_parts) {
    const uint8_t *payload = bytes.data + image->header_size + 1;
    const uint8_t *signature = payload + image->payload_size + 1;
    *ret_parts = (jk_jws_parts){
        .header = jwkeep_span_of(bytes.data, image->header_size),
        .payload = jwkeep_span_of(payload, image->payload_size),
        .signature = jwkeep_span_of(signature, (size_t)(bytes.data + bytes.size - signature)),
        .signed_bytes = jwkeep_span_of(bytes.data, (size_t)(signature - 1 - bytes.data)),
    };
}

static jwkeep_code read_payload(const jk_json_image *image, const jk_claims *claims,
                                jwkeep_token *token) {
    jk_json_image *copy = jk_arena_alloc(&token->arena, image->size);
    if (!copy)
        return JWKEEP_OUT_OF_MEMORY;
    jk_json_image_copy(image, copy);
    token->payload = jk_json_image_text(copy);
    move_claims(claims, image->values, copy->values, &token->claims);
    token->has_claims = true;
    return JWKEEP_OK;
}

jwkeep_code jk_token_image_open(const jk_token_image *image, jwkeep_span bytes,
                                const jwkeep_limits *limits, jwkeep_token *token) {
    jk_token_reset(token);
    take_apart(image, bytes, &token->parts);
    jwkeep_code code = jk_header_memory_read(&token->headers, token->parts.header, limits,
                                             &token->header, NULL);
    if (code == JWKEEP_OK)
        code = read_payload(jk_token_image_payload(image), &image->claims, token);
    if (code == JWKEEP_OK)
        token->state = JK_TOKEN_OPENED;
    return code;
}
