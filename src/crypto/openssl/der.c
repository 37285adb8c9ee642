/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the forms in which a key is written in DER. Refuses to try one form after the other:
 * the first elements of the sequence tell which it is. */
#include "crypto/openssl/der.h"
#include "crypto/openssl/failure.h"
#include <openssl/asn1.h>
#include <openssl/decoder.h>
#include <openssl/err.h>
#include <openssl/x509.h>

#define SHAPE_TAGS 3u

/* The tags of the first elements of a sequence, 0 where there is none. */
typedef struct shape {
    int tags[SHAPE_TAGS];
} shape;

/* One element at `*at`, which moves to its contents: its tag, or -1 if it is not of definite
 * length or does not end before `end`. */
static int read_element(const unsigned char **at, const unsigned char *end, long *ret_size) {
    int tag;
    int class;
    int flags = ASN1_get_object(at, ret_size, &tag, &class, end - *at);
    bool is_sound = !(flags & 0x81) && class == V_ASN1_UNIVERSAL && *ret_size <= end - *at;
    return is_sound ? tag : -1;
}

/* Elements of a class of their own (the [0] and [1] of optional fields) end the shape. */
static bool read_shape(jwkeep_span bytes, shape *ret_shape) {
    if (bytes.size == 0 || bytes.size > INT32_MAX)
        return false;
    const unsigned char *at = bytes.data;
    const unsigned char *end = at + bytes.size;
    long size;
    if (read_element(&at, end, &size) != V_ASN1_SEQUENCE || at + size != end)
        return false;
    for (size_t i = 0; i < SHAPE_TAGS; i++) {
        int tag = at < end ? read_element(&at, end, &size) : 0;
        ret_shape->tags[i] = tag > 0 ? tag : 0;
        if (tag <= 0)
            break;
        at += size;
    }
    return true;
}

jk_der_form jk_der_form_of(jwkeep_span bytes) {
    static const struct {
        shape first; /* 0: there is none, or it does not matter */
        jk_der_form form;
    } rows[] = {
        {{{V_ASN1_SEQUENCE, V_ASN1_SEQUENCE, V_ASN1_BIT_STRING}}, JK_DER_CERTIFICATE},
        {{{V_ASN1_SEQUENCE, V_ASN1_BIT_STRING, 0}}, JK_DER_SPKI},
        {{{V_ASN1_SEQUENCE, V_ASN1_OCTET_STRING, 0}}, JK_DER_ENCRYPTED_PKCS8},
        {{{V_ASN1_INTEGER, V_ASN1_SEQUENCE, V_ASN1_OCTET_STRING}}, JK_DER_PKCS8},
        {{{V_ASN1_INTEGER, V_ASN1_OCTET_STRING, 0}}, JK_DER_SEC1},
        {{{V_ASN1_INTEGER, V_ASN1_INTEGER, V_ASN1_INTEGER}}, JK_DER_PKCS1_PRIVATE},
        {{{V_ASN1_INTEGER, V_ASN1_INTEGER, 0}}, JK_DER_PKCS1_PUBLIC},
    };
    shape found = {{0}};
    bool is_sequence = read_shape(bytes, &found);
    ERR_clear_error();
    for (size_t i = 0; is_sequence && i < JK_COUNT_OF(rows); i++)
        if (memcmp(&rows[i].first, &found, sizeof found) == 0)
            return rows[i].form;
    return JK_DER_NONE;
}

typedef struct structure {
    const char *name;     /* OpenSSL's */
    const char *key_type; /* NULL: the structure tells */
    int selection;
} structure;

static const structure *structure_of(jk_der_form form) {
    static const structure rows[] = {
        [JK_DER_SPKI] = {"SubjectPublicKeyInfo", NULL, EVP_PKEY_PUBLIC_KEY},
        [JK_DER_PKCS8] = {"PrivateKeyInfo", NULL, EVP_PKEY_KEYPAIR},
        [JK_DER_PKCS1_PUBLIC] = {"pkcs1", "RSA", EVP_PKEY_PUBLIC_KEY},
        [JK_DER_PKCS1_PRIVATE] = {"pkcs1", "RSA", EVP_PKEY_KEYPAIR},
        [JK_DER_SEC1] = {"type-specific", "EC", EVP_PKEY_KEYPAIR},
    };
    return (unsigned)form < JK_COUNT_OF(rows) && rows[form].name ? &rows[form] : NULL;
}

static int refuse_passphrase(char *text, size_t size, size_t *ret_size,
                             const OSSL_PARAM parameters[], void *user) {
    (void)text, (void)size, (void)ret_size, (void)parameters, (void)user;
    return 0;
}

static EVP_PKEY *read_structure(jwkeep_span der, const structure *row) {
    EVP_PKEY *key = NULL;
    const unsigned char *next = der.data;
    size_t left = der.size;
    OSSL_DECODER_CTX *decoder = OSSL_DECODER_CTX_new_for_pkey(
        &key, "DER", row->name, row->key_type, row->selection, NULL, NULL);
    bool is_read = decoder &&
                   OSSL_DECODER_CTX_set_passphrase_cb(decoder, refuse_passphrase, NULL) == 1 &&
                   OSSL_DECODER_from_data(decoder, &next, &left) == 1 && left == 0;
    OSSL_DECODER_CTX_free(decoder);
    if (is_read)
        return key;
    EVP_PKEY_free(key);
    return NULL;
}

static EVP_PKEY *read_certificate(jwkeep_span der) {
    const unsigned char *next = der.data;
    X509 *certificate = d2i_X509(NULL, &next, (long)der.size);
    bool is_whole = certificate && next == der.data + der.size;
    EVP_PKEY *key = is_whole ? X509_get_pubkey(certificate) : NULL;
    X509_free(certificate);
    return key;
}

jwkeep_code jk_der_read(jwkeep_span der, jk_der_form form, EVP_PKEY **ret_key,
                        jwkeep_error *error) {
    const structure *row = structure_of(form);
    EVP_PKEY *key = row ? read_structure(der, row) : NULL;
    if (form == JK_DER_CERTIFICATE)
        key = read_certificate(der);
    if (!key)
        return jk_openssl_refuse(error, JWKEEP_PEM_INVALID, NULL, "RFC 7468");
    *ret_key = key;
    return JWKEEP_OK;
}
