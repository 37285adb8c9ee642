/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns a verified token's claims as they were read, as one block that another token object can
 * be filled from: what a token cache keeps. Refuses to hold a verdict: whoever fills a token
 * from an image has opened and read it, no more. */
#ifndef JK_JWT_TOKEN_IMAGE_H
#define JK_JWT_TOKEN_IMAGE_H

#include "codec/json_image.h"
#include "jwt/token.h"
#include <stddef.h>

typedef struct jk_token_image {
    _Alignas(max_align_t) uint32_t header_size; /* of the encoded parts */
    uint32_t payload_size;
    jk_claims claims; /* of the payload, a jk_json_image that follows */
} jk_token_image;

static inline const jk_json_image *jk_token_image_payload(const jk_token_image *image) {
    return (const jk_json_image *)(const void *)(image + 1);
}

/* The block that the image of `token`, whose claims were read, takes. */
size_t jk_token_image_size(const jwkeep_token *token);

/* Makes it in `ret_image`: that many bytes, aligned for any type. */
void jk_token_image_make(const jwkeep_token *token, jk_token_image *ret_image);

/* Leaves `token` as jk_jwt_open and jk_jwt_read_claims would have left it, given `bytes`, which
 * must be those the image was made of, and the same limits.
 * Errors: OUT_OF_MEMORY. */
JWKEEP_MUST_USE jwkeep_code jk_token_image_open(const jk_token_image *image, jwkeep_span bytes,
                                                const jwkeep_limits *limits,
                                                jwkeep_token *token);

#endif
