/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the writing of keys in PEM (RFC 7468) and DER: public ones as SubjectPublicKeyInfo,
 * private ones as PKCS#8. Copies of a secret on the way are wiped. */
#include "crypto/openssl/backend.h"
#include "crypto/openssl/encrypted_key.h"
#include "crypto/openssl/failure.h"
#include "crypto/openssl/openssl.h"
#include <openssl/pem.h>

/* What is to be written: OpenSSL's memory, wiped when freed. */
typedef struct encoded {
    const char *label;
    unsigned char *der;
    int size; /* negative after a failure */
} encoded;

static void encode_public(const EVP_PKEY *key, encoded *ret_encoded) {
    ret_encoded->label = "PUBLIC KEY";
    ret_encoded->size = i2d_PUBKEY(key, &ret_encoded->der);
}

static void encode_encrypted(PKCS8_PRIV_KEY_INFO *plain, const jk_key_form *form,
                             encoded *ret_encoded) {
    X509_SIG *locked = jk_encrypted_key_make(plain, form->passphrase, form->iterations);
    ret_encoded->label = "ENCRYPTED PRIVATE KEY";
    ret_encoded->size = locked ? i2d_X509_SIG(locked, &ret_encoded->der) : -1;
    X509_SIG_free(locked);
}

static void encode_private(EVP_PKEY *key, const jk_key_form *form, encoded *ret_encoded) {
    PKCS8_PRIV_KEY_INFO *plain = EVP_PKEY2PKCS8(key);
    ret_encoded->label = "PRIVATE KEY";
    ret_encoded->size = -1;
    if (plain && jwkeep_span_is_present(form->passphrase))
        encode_encrypted(plain, form, ret_encoded);
    else if (plain)
        ret_encoded->size = i2d_PKCS8_PRIV_KEY_INFO(plain, &ret_encoded->der);
    PKCS8_PRIV_KEY_INFO_free(plain);
}

static jwkeep_code append(jwkeep_buffer *buffer, const void *bytes, long size,
                          jwkeep_error *error) {
    jwkeep_code code = jwkeep_buffer_append(buffer, jwkeep_span_of(bytes, (size_t)size));
    return code ? jk_fail(error, code) : JWKEEP_OK;
}

static jwkeep_code append_text(BIO *bio, jwkeep_buffer *buffer, jwkeep_error *error) {
    char *text = NULL;
    long size = BIO_get_mem_data(bio, &text);
    return append(buffer, text, size, error);
}

static jwkeep_code append_pem(const encoded *made, jwkeep_buffer *buffer, jwkeep_error *error) {
    BIO *bio = BIO_new(BIO_s_secmem());
    jwkeep_code code;
    if (!bio || PEM_write_bio(bio, made->label, "", made->der, made->size) <= 0)
        code = jk_openssl_fail(error);
    else
        code = append_text(bio, buffer, error);
    BIO_free(bio);
    return code;
}

static jwkeep_code make(const jk_key_material *numbers, EVP_PKEY **ret_key,
                        jwkeep_error *error) {
    switch (numbers->kty) {
    case JWKEEP_KTY_RSA:
        return jk_openssl_make_rsa(numbers, ret_key, error);
    case JWKEEP_KTY_EC:
        return jk_openssl_make_ec(numbers, ret_key, error);
    case JWKEEP_KTY_OKP:
        return jk_openssl_make_okp(numbers, ret_key, error);
    case JWKEEP_KTY_OCT:
    case JWKEEP_KTY_ABSENT:
        break;
    }
    return jk_fail(error, JWKEEP_JWK_KTY_UNSUPPORTED);
}

jwkeep_code jk_openssl_key_write(const jk_key_material *numbers, const jk_key_form *form,
                                 jwkeep_buffer *buffer, jwkeep_error *error) {
    EVP_PKEY *key = NULL;
    encoded made = {.size = -1};
    jwkeep_code code = make(numbers, &key, error);
    if (!code && form->with_private)
        encode_private(key, form, &made);
    else if (!code)
        encode_public(key, &made);
    EVP_PKEY_free(key);
    if (code)
        return code;
    if (made.size <= 0)
        return jk_openssl_fail(error);
    code = form->is_der ? append(buffer, made.der, made.size, error)
                        : append_pem(&made, buffer, error);
    OPENSSL_clear_free(made.der, (size_t)made.size);
    return code;
}
