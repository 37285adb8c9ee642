/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns encrypted private keys (EncryptedPrivateKeyInfo, RFC 5958 §3) under PBES2 (RFC 8018
 * §6.2), with PBKDF2 or scrypt (RFC 7914 §7.1). Refuses older schemes, and work without bound.
 */
#ifndef JK_CRYPTO_OPENSSL_ENCRYPTED_KEY_H
#define JK_CRYPTO_OPENSSL_ENCRYPTED_KEY_H

#include "crypto/key.h"
#include <openssl/evp.h>
#include <openssl/x509.h>

/* Reads all of `der`, asking for the passphrase only once it is known that trying it costs no
 * more than `source` allows. Errors: PEM_INVALID, PASSPHRASE_NEEDED, PASSPHRASE_WRONG,
 * PASSPHRASE_TOO_COSTLY, OUT_OF_MEMORY. */
JWKEEP_MUST_USE jwkeep_code jk_encrypted_key_read(jwkeep_span der, const jk_key_source *source,
                                                  EVP_PKEY **ret_key, jwkeep_error *error);

/* `plain` under PBES2: PBKDF2 with HMAC-SHA-256 and `iterations`, a fresh salt, AES-256-CBC;
 * for X509_SIG_free. NULL on failure, of which OpenSSL's queue knows. */
JWKEEP_MUST_USE X509_SIG *jk_encrypted_key_make(PKCS8_PRIV_KEY_INFO *plain,
                                                jwkeep_span passphrase, uint32_t iterations);

#endif
