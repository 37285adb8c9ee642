/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns asking a device for a signature. Refuses one of the wrong size or form, and one that
 * the public key does not verify. */
#include "jose/signing_device.h"
#include "base/error.h"
#include "crypto/algorithm.h"
#include "crypto/ecdsa_signature.h"
#include "crypto/stream.h"

_Static_assert(JWKEEP_SIGNATURE_MAX_BYTES == JK_SIGNATURE_MAX_BYTES,
               "the public bound is the crypto library's");

jwkeep_code jk_signing_device_check(const jwkeep_signing_device *device,
                                    jwkeep_algorithm algorithm, jwkeep_error *error) {
    const jk_algorithm_info *info = jk_algorithm_info_of(algorithm);
    if (!device->sign)
        return jk_fail_text(error, JWKEEP_MISUSE_ARGUMENT, "the device has no function",
                            "device", NULL);
    if (!info)
        return jk_fail_text(error, JWKEEP_MISUSE_ARGUMENT,
                            "a device without a key needs an algorithm", "algorithm", NULL);
    if (device->takes_digest &&
        (info->family == JK_FAMILY_HMAC || info->family == JK_FAMILY_EDDSA))
        return jk_fail_text(error, JWKEEP_MISUSE_ARGUMENT,
                            "the algorithm does not sign a digest", "takes_digest", NULL);
    return JWKEEP_OK;
}

static jwkeep_code fail(jwkeep_error *error, const char *text, const char *clause) {
    return jk_fail_text(error, JWKEEP_SIGNER_FAILED, text, "device", clause);
}

/* Without a key the size follows from the algorithm, or must be one that a key could have. */
static bool is_size_possible(const jk_algorithm_info *info, size_t size) {
    switch (info->family) {
    case JK_FAMILY_RSA_PKCS1:
    case JK_FAMILY_RSA_PSS:
        return size >= JK_RSA_MIN_BITS / 8 && size <= JK_RSA_MAX_BITS / 8;
    case JK_FAMILY_EDDSA:
        return info->crv ? size == 2 * jk_crv_bytes(info->crv)
                         : size == 2 * jk_crv_bytes(JWKEEP_CRV_ED25519) ||
                               size == 2 * jk_crv_bytes(JWKEEP_CRV_ED448);
    case JK_FAMILY_HMAC:
    case JK_FAMILY_ECDSA:
        break;
    }
    return size == info->signature_bytes;
}

/* RFC 7518 §3.4: two numbers of full width, whatever the device's form. */
static jwkeep_code to_jws_form(const jwkeep_signing_device *device,
                               const jk_algorithm_info *info, uint8_t *signature, size_t *size,
                               jwkeep_error *error) {
    if (!device->is_der || info->family != JK_FAMILY_ECDSA)
        return JWKEEP_OK;
    uint8_t raw[2 * JK_ECDSA_NUMBER_MAX_BYTES];
    size_t width = info->signature_bytes / 2u;
    if (!jk_ecdsa_from_der(jwkeep_span_of(signature, *size), width, raw))
        return fail(error, "the signature is not the DER that was promised", "RFC 3279 §2.2.3");
    memcpy(signature, raw, 2 * width);
    *size = 2 * width;
    return JWKEEP_OK;
}

/* `input` is what the device takes. */
static jwkeep_code ask(const jwkeep_signing_device *device, const jk_algorithm_info *info,
                       jwkeep_span input, uint8_t signature[JK_SIGNATURE_MAX_BYTES],
                       size_t *ret_size, jwkeep_error *error) {
    size_t size = 0;
    jwkeep_code code = device->sign(device->user, info->algorithm, input, signature, &size);
    if (code)
        return jk_fail_at(error, code, "device", NULL, JWKEEP_NO_OFFSET);
    if (size > JK_SIGNATURE_MAX_BYTES)
        return fail(error, "the signature is longer than there was room", NULL);
    code = to_jws_form(device, info, signature, &size, error);
    if (!code && !is_size_possible(info, size))
        return fail(error, "the signature has a wrong size", "RFC 7518 §3.1");
    *ret_size = size;
    return code;
}

/* What the device is given, and what is verified afterwards. */
typedef struct request {
    const jwkeep_signing_device *device;
    const jk_key *key;
    jwkeep_algorithm algorithm;
    jwkeep_span message;
    bool is_digest; /* `message` is the hash of it */
} request;

static jwkeep_code check(const request *asked, jwkeep_span signature, jwkeep_error *error) {
    jwkeep_code code = asked->is_digest ? jk_key_verify_digest(asked->key, asked->algorithm,
                                                               asked->message, signature, error)
                                        : jk_key_verify(asked->key, asked->algorithm,
                                                        asked->message, signature, error);
    if (code != JWKEEP_SIGNATURE_INVALID)
        return code;
    return fail(error, "the key does not verify what the device signed", "RFC 7515 §5.2");
}

static jwkeep_code sign(const request *asked, uint8_t ret_signature[JK_SIGNATURE_MAX_BYTES],
                        size_t *ret_size, jwkeep_error *error) {
    uint8_t signature[JK_SIGNATURE_MAX_BYTES];
    size_t size = 0;
    jwkeep_code code = ask(asked->device, jk_algorithm_info_of(asked->algorithm),
                           asked->message, signature, &size, error);
    if (!code && asked->key && !asked->device->is_unchecked)
        code = check(asked, jwkeep_span_of(signature, size), error);
    if (code)
        return code;
    memcpy(ret_signature, signature, size);
    *ret_size = size;
    return JWKEEP_OK;
}

jwkeep_code jk_signing_device_sign_digest(const jwkeep_signing_device *device,
                                          const jk_key *key, jwkeep_algorithm algorithm,
                                          jwkeep_span digest,
                                          uint8_t ret_signature[JK_SIGNATURE_MAX_BYTES],
                                          size_t *ret_size, jwkeep_error *error) {
    const request asked = {device, key, algorithm, digest, true};
    return sign(&asked, ret_signature, ret_size, error);
}

jwkeep_code jk_signing_device_sign(const jwkeep_signing_device *device, const jk_key *key,
                                   jwkeep_algorithm algorithm, jwkeep_span message,
                                   uint8_t ret_signature[JK_SIGNATURE_MAX_BYTES],
                                   size_t *ret_size, jwkeep_error *error) {
    request asked = {device, key, algorithm, message, device->takes_digest};
    size_t size = jk_algorithm_info_of(algorithm)->hash_bytes;
    uint8_t digest[JK_DIGEST_MAX_BYTES];
    if (!device->takes_digest)
        return sign(&asked, ret_signature, ret_size, error);
    jwkeep_code code = jk_digest(size, message, digest, error);
    asked.message = jwkeep_span_of(digest, size);
    return code ? code : sign(&asked, ret_signature, ret_size, error);
}
