/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the reading of keys from PEM (RFC 7468), the first key or certificate of a text, and
 * from DER. */
#include "base/error.h"
#include "crypto/openssl/der.h"
#include "crypto/openssl/encrypted_key.h"
#include "crypto/openssl/failure.h"
#include "crypto/openssl/numbers.h"
#include "crypto/openssl/openssl.h"
#include <limits.h>
#include <openssl/err.h>
#include <openssl/pem.h>

/* One block: what stands between two lines of dashes. OpenSSL's memory. */
typedef struct block {
    char *label;
    char *header;
    unsigned char *der;
    long size;
} block;

static void free_block(block *used) {
    OPENSSL_secure_free(used->label);
    OPENSSL_secure_free(used->header);
    OPENSSL_secure_clear_free(used->der, used->size > 0 ? (size_t)used->size : 0);
    *used = (block){0};
}

static jk_der_form form_of_label(const char *label) {
    static const struct {
        const char *label;
        jk_der_form form;
    } rows[] = {
        {"PUBLIC KEY", JK_DER_SPKI},
        {"PRIVATE KEY", JK_DER_PKCS8},
        {"ENCRYPTED PRIVATE KEY", JK_DER_ENCRYPTED_PKCS8},
        {"RSA PUBLIC KEY", JK_DER_PKCS1_PUBLIC},
        {"RSA PRIVATE KEY", JK_DER_PKCS1_PRIVATE},
        {"EC PRIVATE KEY", JK_DER_SEC1},
        {"CERTIFICATE", JK_DER_CERTIFICATE},
        {"X509 CERTIFICATE", JK_DER_CERTIFICATE},
    };
    for (size_t i = 0; i < JK_COUNT_OF(rows); i++) {
        if (strcmp(label, rows[i].label) == 0)
            return rows[i].form;
    }
    return JK_DER_NONE;
}

static jwkeep_code fail(jwkeep_error *error, const char *text) {
    ERR_clear_error();
    return jk_fail_text(error, JWKEEP_PEM_INVALID, text, NULL, "RFC 7468");
}

/* A key's parameters may stand before it, as `openssl ecparam -genkey` writes them. */
static bool next_block(BIO *text, block *ret_block) {
    while (PEM_read_bio_ex(text, &ret_block->label, &ret_block->header, &ret_block->der,
                           &ret_block->size, PEM_FLAG_SECURE) == 1) {
        if (strcmp(ret_block->label, "EC PARAMETERS") != 0)
            return true;
        free_block(ret_block);
    }
    return false;
}

static jwkeep_code read_der(jwkeep_span der, jk_der_form form, const jk_key_source *source,
                            EVP_PKEY **ret_key, jwkeep_error *error) {
    if (form == JK_DER_ENCRYPTED_PKCS8)
        return jk_encrypted_key_read(der, source, ret_key, error);
    return jk_der_read(der, form, ret_key, error);
}

/* OpenSSL's own way to encrypt a block derives the key with one round of MD5. */
static jwkeep_code read_block(const block *used, const jk_key_source *source,
                              EVP_PKEY **ret_key, jwkeep_error *error) {
    if (used->header[0] != '\0')
        return fail(error, "the key is encrypted in another way than PBES2");
    jk_der_form form = form_of_label(used->label);
    if (form == JK_DER_NONE)
        return fail(error, "the PEM block is neither a key nor a certificate");
    return read_der(jwkeep_span_of(used->der, (size_t)used->size), form, source, ret_key,
                    error);
}

static jwkeep_code read_pem(jwkeep_span pem, const jk_key_source *source, EVP_PKEY **ret_key,
                            jwkeep_error *error) {
    block used = {0};
    BIO *text = BIO_new_mem_buf(pem.data, (int)pem.size);
    if (!text)
        return jk_openssl_fail(error);
    jwkeep_code code = next_block(text, &used) ? read_block(&used, source, ret_key, error)
                                               : fail(error, "there is no PEM block");
    free_block(&used);
    BIO_free(text);
    return code;
}

jwkeep_code jk_openssl_key_read(jwkeep_span bytes, const jk_key_source *source,
                                jk_arena *scratch, jk_key_material *ret_material,
                                jwkeep_error *error) {
    if (bytes.size > source->max_bytes || bytes.size > INT_MAX)
        return jk_fail_at(error, JWKEEP_PEM_TOO_LARGE, NULL, NULL, JWKEEP_NO_OFFSET);
    if (bytes.size == 0)
        return fail(error, "there is no PEM block");
    EVP_PKEY *key = NULL;
    jk_der_form form = source->is_pem_only ? JK_DER_NONE : jk_der_form_of(bytes);
    jwkeep_code code = form ? read_der(bytes, form, source, &key, error)
                            : read_pem(bytes, source, &key, error);
    if (!code)
        code = jk_openssl_extract(key, scratch, ret_material, error);
    EVP_PKEY_free(key);
    return code;
}
