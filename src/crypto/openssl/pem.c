/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the reading of keys from PEM (RFC 7468): the first key or certificate of a text.
 * Refuses encrypted keys, and never asks anybody for a passphrase. */
#include "base/error.h"
#include "crypto/openssl/failure.h"
#include "crypto/openssl/numbers.h"
#include "crypto/openssl/openssl.h"
#include <openssl/decoder.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

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

typedef struct label_row {
    const char *label;
    const char *structure; /* OpenSSL's name of it; NULL: a certificate */
    const char *key_type;  /* NULL: the structure tells */
    int selection;
} label_row;

static const label_row *find_label(const char *label) {
    static const label_row rows[] = {
        {"PUBLIC KEY", "SubjectPublicKeyInfo", NULL, EVP_PKEY_PUBLIC_KEY},
        {"PRIVATE KEY", "PrivateKeyInfo", NULL, EVP_PKEY_KEYPAIR},
        {"RSA PUBLIC KEY", "pkcs1", "RSA", EVP_PKEY_PUBLIC_KEY},
        {"RSA PRIVATE KEY", "pkcs1", "RSA", EVP_PKEY_KEYPAIR},
        {"EC PRIVATE KEY", "type-specific", "EC", EVP_PKEY_KEYPAIR},
        {"CERTIFICATE", NULL, NULL, 0},
        {"X509 CERTIFICATE", NULL, NULL, 0},
    };
    for (size_t i = 0; i < JK_COUNT_OF(rows); i++) {
        if (strcmp(label, rows[i].label) == 0)
            return &rows[i];
    }
    return NULL;
}

static int refuse_passphrase(char *text, size_t size, size_t *ret_size,
                             const OSSL_PARAM parameters[], void *user) {
    (void)text, (void)size, (void)ret_size, (void)parameters, (void)user;
    return 0;
}

static EVP_PKEY *decode_key(const block *used, const label_row *row) {
    EVP_PKEY *key = NULL;
    const unsigned char *next = used->der;
    size_t left = (size_t)used->size;
    OSSL_DECODER_CTX *decoder = OSSL_DECODER_CTX_new_for_pkey(
        &key, "DER", row->structure, row->key_type, row->selection, NULL, NULL);
    bool is_read = decoder &&
                   OSSL_DECODER_CTX_set_passphrase_cb(decoder, refuse_passphrase, NULL) == 1 &&
                   OSSL_DECODER_from_data(decoder, &next, &left) == 1 && left == 0;
    OSSL_DECODER_CTX_free(decoder);
    if (is_read)
        return key;
    EVP_PKEY_free(key);
    return NULL;
}

static EVP_PKEY *decode_certificate(const block *used) {
    const unsigned char *next = used->der;
    X509 *certificate = d2i_X509(NULL, &next, used->size);
    bool is_whole = certificate && next == used->der + used->size;
    EVP_PKEY *key = is_whole ? X509_get_pubkey(certificate) : NULL;
    X509_free(certificate);
    return key;
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

static jwkeep_code read_block(const block *used, EVP_PKEY **ret_key, jwkeep_error *error) {
    if (used->header[0] != '\0' || strcmp(used->label, "ENCRYPTED PRIVATE KEY") == 0)
        return fail(error, "the key is encrypted");
    const label_row *row = find_label(used->label);
    if (!row)
        return fail(error, "the PEM block is neither a key nor a certificate");
    EVP_PKEY *key = row->structure ? decode_key(used, row) : decode_certificate(used);
    if (!key)
        return jk_openssl_refuse(error, JWKEEP_PEM_INVALID, NULL, "RFC 7468");
    *ret_key = key;
    return JWKEEP_OK;
}

static jwkeep_code read_key(BIO *text, EVP_PKEY **ret_key, jwkeep_error *error) {
    block used = {0};
    if (!next_block(text, &used))
        return fail(error, "there is no PEM block");
    jwkeep_code code = read_block(&used, ret_key, error);
    free_block(&used);
    return code;
}

jwkeep_code jk_openssl_pem_read(jwkeep_span pem, jk_arena *scratch,
                                jk_key_material *ret_material, jwkeep_error *error) {
    if (pem.size > JK_PEM_MAX_BYTES)
        return fail(error, "the PEM text is too large");
    if (pem.size == 0)
        return fail(error, "there is no PEM block");
    BIO *text = BIO_new_mem_buf(pem.data, (int)pem.size);
    if (!text)
        return jk_openssl_fail(error);
    EVP_PKEY *key = NULL;
    jwkeep_code code = read_key(text, &key, error);
    BIO_free(text);
    if (code)
        return code;
    code = jk_openssl_extract(key, scratch, ret_material, error);
    EVP_PKEY_free(key);
    return code;
}
