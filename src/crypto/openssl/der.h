/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the forms in which a key is written in DER, how each is told from the others, and the
 * reading of those that are not encrypted. */
#ifndef JK_CRYPTO_OPENSSL_DER_H
#define JK_CRYPTO_OPENSSL_DER_H

#include "base/attributes.h"
#include <jwkeep/error.h>
#include <jwkeep/span.h>
#include <openssl/evp.h>

typedef enum jk_der_form {
    JK_DER_NONE,
    JK_DER_SPKI,            /* SubjectPublicKeyInfo, RFC 5280 §4.1.2.7 */
    JK_DER_PKCS8,           /* OneAsymmetricKey, RFC 5958 §2 */
    JK_DER_ENCRYPTED_PKCS8, /* EncryptedPrivateKeyInfo, RFC 5958 §3 */
    JK_DER_PKCS1_PUBLIC,    /* RSAPublicKey, RFC 8017 §A.1.1 */
    JK_DER_PKCS1_PRIVATE,   /* RSAPrivateKey, RFC 8017 §A.1.2 */
    JK_DER_SEC1,            /* ECPrivateKey, RFC 5915 §3 */
    JK_DER_CERTIFICATE      /* RFC 5280 §4.1 */
} jk_der_form;

/* The form of `bytes`, if they are one DER sequence and nothing after it; NONE if not. What is
 * inside is looked at no further than the forms need to be told apart. */
JWKEEP_MUST_USE jk_der_form jk_der_form_of(jwkeep_span bytes);

/* Reads all of `der` as `form`, which is not ENCRYPTED_PKCS8; of a certificate its public key.
 * Errors: PEM_INVALID, OUT_OF_MEMORY. */
JWKEEP_MUST_USE jwkeep_code jk_der_read(jwkeep_span der, jk_der_form form, EVP_PKEY **ret_key,
                                        jwkeep_error *error);

#endif
