/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the ways base64url is decoded, so that the tests can hold them against each other.
 * jk_base64url_decode chooses. */
#ifndef JK_CODEC_BASE64URL_ENGINE_H
#define JK_CODEC_BASE64URL_ENGINE_H

#include "codec/base64url.h"

/* As jk_base64url_decode, on any processor. */
JWKEEP_MUST_USE bool jk_base64url_decode_portable(jwkeep_span text, uint8_t *ret_bytes,
                                                  size_t *ret_offset);

#if defined(__x86_64__)
#define JK_BASE64URL_HAS_AVX2 1
#define JK_BASE64URL_HAS_VBMI 1

/* The same, only where the processor has AVX2; AVX-512 VBMI (and with it F and BW). */
JWKEEP_MUST_USE bool jk_base64url_decode_avx2(jwkeep_span text, uint8_t *ret_bytes,
                                              size_t *ret_offset);
JWKEEP_MUST_USE bool jk_base64url_decode_vbmi(jwkeep_span text, uint8_t *ret_bytes,
                                              size_t *ret_offset);
#endif

#endif
