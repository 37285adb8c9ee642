/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns a verified token's claims as they were read, packed into one block that another token
 * object can be filled from: what a token cache keeps. Refuses to hold a verdict: whoever fills
 * a token from an image has opened and read it, no more. */
#ifndef JK_JWT_TOKEN_IMAGE_H
#define JK_JWT_TOKEN_IMAGE_H

#include "codec/json_image.h"
#include "jwt/token.h"

#define JK_IMAGE_TIMES 3u /* exp, nbf, iat */

/* Behind it stands the jk_json_image of the payload. */
typedef struct jk_token_image {
    int64_t times_ms[JK_IMAGE_TIMES];
    uint16_t claims[JK_CLAIM_COUNT]; /* indices of values; 0, the root: absent */
    uint8_t ill_typed;               /* as in jk_claims */
} jk_token_image;
_Static_assert(JK_CLAIM_COUNT <= 8, "ill_typed has a bit for each claim");

/* The block that the image of `token`, whose claims were read and whose payload is not over
 * JK_JSON_IMAGE_MAX_BYTES, takes. */
size_t jk_token_image_size(const jwkeep_token *token);

/* Makes it in `ret_image`: that many bytes, aligned for any type. */
void jk_token_image_make(const jwkeep_token *token, jk_token_image *ret_image);

/* In place of jk_jwt_read_claims, after jk_jwt_read_payload, for a token of the same bytes and
 * the same limits as the one that the image was made of. Leaves `token` as that would have.
 * False without memory: nothing was read. */
JWKEEP_MUST_USE bool jk_token_image_open(const jk_token_image *image, jwkeep_token *token);

#endif
