/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the making of certificates for tests. */
#include "support/certificates.h"
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <setjmp.h>
#include <stdarg.h>
#include <time.h>

#include <cmocka.h>

static void require(bool is_good, const char *what) {
    if (!is_good)
        fail_msg("cannot make a certificate: %s", what);
}

EVP_PKEY *certificate_new_key(void) {
    EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
    require(key != NULL, "key");
    return key;
}

static void add_extension(X509 *made, X509 *issuer, int nid, const char *value) {
    X509V3_CTX context;
    if (!value)
        return;
    X509V3_set_ctx(&context, issuer, made, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    require(extension && X509_add_ext(made, extension, -1) == 1, value);
    X509_EXTENSION_free(extension);
}

static void set_times(X509 *made, const certificate_plan *plan) {
    time_t before = plan->not_before_s ? plan->not_before_s : TEST_NOW - TEST_DAY;
    time_t after = plan->not_after_s ? plan->not_after_s : TEST_NOW + TEST_DAY;
    require(ASN1_TIME_set(X509_getm_notBefore(made), before) &&
                ASN1_TIME_set(X509_getm_notAfter(made), after),
            "times");
}

X509 *certificate_make(const certificate_plan *plan) {
    static long serial = 0x1000;
    X509 *made = X509_new();
    require(made != NULL, "memory");
    X509 *issuer = plan->issuer ? plan->issuer : made;
    X509_NAME *name = X509_get_subject_name(made);
    require(X509_set_version(made, X509_VERSION_3) == 1 &&
                ASN1_INTEGER_set(X509_get_serialNumber(made), ++serial) == 1 &&
                X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                                           (const unsigned char *)plan->subject, -1, -1,
                                           0) == 1 &&
                X509_set_issuer_name(made, X509_get_subject_name(issuer)) == 1 &&
                X509_set_pubkey(made, plan->key) == 1,
            plan->subject);
    set_times(made, plan);
    add_extension(made, issuer, NID_basic_constraints, plan->basic);
    add_extension(made, issuer, NID_key_usage, plan->usage);
    require(X509_sign(made, plan->issuer_key ? plan->issuer_key : plan->key,
                      plan->hash ? plan->hash : EVP_sha256()) > 0,
            "signature");
    return made;
}

jwkeep_span certificate_der(X509 *certificate) {
    unsigned char *der = NULL;
    int size = i2d_X509(certificate, &der);
    require(size > 0, "DER");
    return jwkeep_span_of(der, (size_t)size);
}

void certificate_pem(X509 *const *certificates, jwkeep_buffer *ret_pem) {
    jwkeep_buffer_init(ret_pem, 1u << 20);
    for (; *certificates; certificates++) {
        char *text = NULL;
        BIO *bio = BIO_new(BIO_s_mem());
        require(PEM_write_bio_X509(bio, *certificates) == 1, "PEM");
        long size = BIO_get_mem_data(bio, &text);
        require(jwkeep_buffer_append(ret_pem, jwkeep_span_of(text, (size_t)size)) == JWKEEP_OK,
                "memory");
        BIO_free(bio);
    }
}

jwkeep_jwk *certificate_jwk(EVP_PKEY *key) {
    jwkeep_jwk *made = NULL;
    unsigned char *der = NULL;
    int size = i2d_PrivateKey(key, &der);
    require(size > 0, "private key");
    jwkeep_code code = jwkeep_jwk_import(jwkeep_span_of(der, (size_t)size), NULL, &made, NULL);
    OPENSSL_clear_free(der, (size_t)size);
    require(code == JWKEEP_OK, jwkeep_code_text(code));
    return made;
}
