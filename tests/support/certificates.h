/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the making of certificates for tests, good ones and bad ones. */
#ifndef TESTS_SUPPORT_CERTIFICATES_H
#define TESTS_SUPPORT_CERTIFICATES_H

#include <jwkeep/jwkeep.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#define TEST_NOW 1800000000 /* what the certificates are valid around */
#define TEST_DAY 86400

/* A certificate to make. */
typedef struct certificate_plan {
    const char *subject;
    EVP_PKEY *key;
    X509 *issuer;         /* NULL: signed by itself */
    EVP_PKEY *issuer_key; /* NULL: `key` */
    const char *basic;    /* "critical,CA:TRUE"; NULL: no such extension */
    const char *usage;    /* "digitalSignature"; NULL: no such extension */
    int64_t not_before_s; /* 0: a day before TEST_NOW */
    int64_t not_after_s;  /* 0: a day after */
    const EVP_MD *hash;   /* NULL: SHA-256 */
} certificate_plan;

/* For X509_free; ends the test when it fails. */
X509 *certificate_make(const certificate_plan *plan);

/* A fresh P-256 key, for EVP_PKEY_free. */
EVP_PKEY *certificate_new_key(void);

/* The DER of `certificate`, for OPENSSL_free. */
jwkeep_span certificate_der(X509 *certificate);

/* The PEM of several, one after the other, NULL at the end, for jwkeep_buffer_done. */
void certificate_pem(X509 *const *certificates, jwkeep_buffer *ret_pem);

/* The private JWK of `key`. */
jwkeep_jwk *certificate_jwk(EVP_PKEY *key);

#endif
