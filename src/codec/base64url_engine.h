/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the two ways base64url is decoded, so that the tests can hold them against each other.
 * jk_base64url_decode chooses. */
#ifndef JK_CODEC_BASE64URL_ENGINE_H
#define JK_CODEC_BASE64URL_ENGINE_H

#include "codec/base64url.h"

/* As jk_base64url_decode, on any processor. */
JWKEEP_MUST_USE bool jk_base64url_decode_portable(jwkeep_span text, uint8_t *ret_bytes,
                                                  size_t *ret_offset);

#if defined(__x86_64__)
#define JK_BASE64URL_HAS_AVX2 1

/* Decodes blocks of 32 characters and, after them, the fours that are left; stops before the
 * first block that has a wrong character. Nothing of a text under 32 characters. The number of
 * characters done. Only where the processor has AVX2. */
size_t jk_base64url_decode_avx2(jwkeep_span text, uint8_t *ret_bytes);
#endif

#endif
