/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the use of a device that signs: what it is given, and the distrust of what it gives. */
#ifndef JK_JOSE_SIGNING_DEVICE_H
#define JK_JOSE_SIGNING_DEVICE_H

#include "crypto/key.h"
#include <jwkeep/signing_device.h>

/* Errors: MISUSE_ARGUMENT (no `sign`, no algorithm, a digest of what has none). */
JWKEEP_MUST_USE jwkeep_code jk_signing_device_check(const jwkeep_signing_device *device,
                                                    jwkeep_algorithm algorithm,
                                                    jwkeep_error *error);

/* Signs `message`. `key` may be NULL: then nothing but the size is checked.
 * Errors: SIGNER_FAILED, OUT_OF_MEMORY, CRYPTO_FAILED, what the device gives. */
JWKEEP_MUST_USE jwkeep_code jk_signing_device_sign(
    const jwkeep_signing_device *device, const jk_key *key, jwkeep_algorithm algorithm,
    jwkeep_span message, uint8_t ret_signature[JK_SIGNATURE_MAX_BYTES], size_t *ret_size,
    jwkeep_error *error);

/* The same where the message's digest is known, for a device that takes digests. */
JWKEEP_MUST_USE jwkeep_code jk_signing_device_sign_digest(
    const jwkeep_signing_device *device, const jk_key *key, jwkeep_algorithm algorithm,
    jwkeep_span digest, uint8_t ret_signature[JK_SIGNATURE_MAX_BYTES], size_t *ret_size,
    jwkeep_error *error);

#endif
