/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns signing with a key that is not in this process: a hardware module, a key management
 * service, another program. The library makes what is to be signed, the device signs it, and
 * the library looks at what comes back before it leaves. */
#ifndef JWKEEP_SIGNING_DEVICE_H
#define JWKEEP_SIGNING_DEVICE_H

#include <jwkeep/algorithm.h>
#include <jwkeep/error.h>

JWKEEP_BEGIN

#define JWKEEP_SIGNATURE_MAX_BYTES 1024u /* RSA of 8192 bits */

/* A device. Zero it, then set `sign`. It is only read, and must live as long as the call or
 * the stream that it was given to.
 *
 * `sign` gets `input`: the bytes to sign or, with `takes_digest`, their hash under
 * `algorithm`'s hash function (32, 48 or 64 bytes; not for HMAC and EdDSA, which have none).
 * It writes the signature to `ret_signature`, which has room for JWKEEP_SIGNATURE_MAX_BYTES,
 * and its size to `*ret_size`. What it returns, unless it is JWKEEP_OK, is what the signing
 * call returns. It is called on the thread that signs.
 *
 * The form of the signature is that of JWS (RFC 7518 §3.4): for ECDSA r ‖ s at full width or,
 * with `is_der`, the DER sequence that PKCS #11 wrappers, openssl and most services give. Its
 * size must be that of the algorithm and, where the key is known, of the key.
 *
 * Where signer.key is known, the signature is verified with it before it leaves, unless
 * `is_unchecked`: a wrong key in the device is then noticed here and not by those who get the
 * token. */
typedef struct jwkeep_signing_device {
    jwkeep_code (*sign)(void *user, jwkeep_algorithm algorithm, jwkeep_span input,
                        uint8_t *ret_signature, size_t *ret_size);
    void *user;
    bool takes_digest;
    bool is_der;
    bool is_unchecked;
} jwkeep_signing_device;

JWKEEP_END

#endif
