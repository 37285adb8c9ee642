/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns base64 with padding (RFC 4648 §4), as strict as base64url: no white space, and no second
 * spelling of the same bytes. */
#ifndef JK_CODEC_BASE64_H
#define JK_CODEC_BASE64_H

#include "codec/base64url.h"

/* Padding included. */
static inline size_t jk_base64_encoded_size(size_t size) {
    return (size + 2) / 3 * 4;
}

/* Writes exactly jk_base64_encoded_size(bytes.size) characters, no NUL. */
void jk_base64_encode(jwkeep_span bytes, char *ret_text);

/* Writes at most text.size / 4 * 3 bytes. `text` is the caller's to change, and is changed.
 * False for an empty text, and for what is not base64; what was written then is garbage. */
JWKEEP_MUST_USE bool jk_base64_decode(char *text, size_t size, uint8_t *ret_bytes,
                                      size_t *ret_size);

#endif
