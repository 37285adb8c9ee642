/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns base64url as JOSE uses it (RFC 7515 §2): no padding, no white space, and no second
 * spelling of the same bytes. */
#ifndef JK_CODEC_BASE64URL_H
#define JK_CODEC_BASE64URL_H

#include "base/attributes.h"
#include <jwkeep/error.h>
#include <jwkeep/span.h>

/* Sizes for `size` bytes or characters. */
static inline size_t jk_base64url_encoded_size(size_t size) {
    return size / 3 * 4 + (size % 3 ? size % 3 + 1 : 0);
}
static inline size_t jk_base64url_decoded_size(size_t size) {
    return size / 4 * 3 + (size % 4 ? size % 4 - 1 : 0);
}

/* Writes exactly jk_base64url_encoded_size(bytes.size) characters, no NUL. */
void jk_base64url_encode(jwkeep_span bytes, char *ret_text);

/* Writes exactly jk_base64url_decoded_size(text.size) bytes.
 * False, with `ret_offset` (may be NULL) at the first wrong character: outside the alphabet,
 * a length of 4n + 1, or trailing bits that are not zero. What was written then is garbage. */
JWKEEP_MUST_USE bool jk_base64url_decode(jwkeep_span text, uint8_t *ret_bytes,
                                         size_t *ret_offset);

#endif
