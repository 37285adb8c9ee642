/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns carrying claims into an image and out of it. */
#include "jwt/token_image.h"

static const jk_claim times[JK_IMAGE_TIMES] = {JK_CLAIM_EXP, JK_CLAIM_NBF, JK_CLAIM_IAT};

static jk_json_image *payload_of(jk_token_image *image) {
    return (jk_json_image *)(void *)(image + 1);
}

size_t jk_token_image_size(const jwkeep_token *token) {
    return sizeof(jk_token_image) + jk_json_image_size(token->claims.object, token->payload);
}

void jk_token_image_make(const jwkeep_token *token, jk_token_image *ret_image) {
    const jk_claims *claims = &token->claims;
    for (size_t i = 0; i < JK_IMAGE_TIMES; i++)
        ret_image->times_ms[i] = claims->times_ms[times[i]];
    for (size_t i = 0; i < JK_CLAIM_COUNT; i++)
        ret_image->claims[i] =
            (uint16_t)(claims->values[i] ? claims->values[i] - claims->object : 0);
    ret_image->ill_typed = (uint8_t)claims->ill_typed;
    jk_json_image_make(claims->object, token->payload, payload_of(ret_image));
}

bool jk_token_image_open(const jk_token_image *image, jwkeep_token *token) {
    const jk_json_image *payload = (const jk_json_image *)(const void *)(image + 1);
    const jwkeep_json *root = jk_json_image_open(payload, token->payload.data, &token->arena);
    if (!root)
        return false;
    jk_claims *claims = &token->claims;
    claims->object = root;
    for (size_t i = 0; i < JK_CLAIM_COUNT; i++)
        claims->values[i] = image->claims[i] ? root + image->claims[i] : NULL;
    for (size_t i = 0; i < JK_IMAGE_TIMES; i++)
        claims->times_ms[times[i]] = image->times_ms[i];
    claims->ill_typed = image->ill_typed;
    token->has_claims = true;
    return true;
}
