/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the two forms of an ECDSA signature: r ‖ s of fixed width, as JWS has it (RFC 7518
 * §3.4), and the DER sequence of two integers that OpenSSL and signing
 * devices have. */
#ifndef JK_CRYPTO_ECDSA_SIGNATURE_H
#define JK_CRYPTO_ECDSA_SIGNATURE_H

#include "base/attributes.h"
#include <jwkeep/span.h>

/* P-521: two integers of 66 bytes, a header and a sign byte each, and a header of 3. */
#define JK_ECDSA_NUMBER_MAX_BYTES 66u
#define JK_ECDSA_DER_MAX_BYTES (3u + 2u * (3u + JK_ECDSA_NUMBER_MAX_BYTES))

/* Gives the size written, 0 if `raw` is not two numbers of at most
 * JK_ECDSA_NUMBER_MAX_BYTES. */
JWKEEP_MUST_USE size_t jk_ecdsa_to_der(jwkeep_span raw,
                                       uint8_t ret_der[JK_ECDSA_DER_MAX_BYTES]);

/* Writes two numbers of `width` bytes. False if `der` is not exactly a sequence of two
 * integers that fit. */
JWKEEP_MUST_USE bool jk_ecdsa_from_der(jwkeep_span der, size_t width, uint8_t *ret_raw);

#endif
