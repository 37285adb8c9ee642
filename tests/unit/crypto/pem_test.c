/* SPDX-License-Identifier: Apache-2.0
 *
 * Keys from PEM, written by OpenSSL in every form there is. */
#include "crypto/key.h"
#include <jwkeep/limits.h>
#include <openssl/bio.h>
#include <openssl/encoder.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define PEM_SIZE 16384u

static const jk_key_source pem_only = {JWKEEP_MAX_PEM_BYTES, JWKEEP_MAX_PASSPHRASE_ROUNDS, NULL,
                                       true};

typedef struct pair {
    const char *type; /* of OpenSSL */
    const char *curve;
    jwkeep_algorithm algorithm;
    EVP_PKEY *key;
} pair;

static pair pairs[] = {
    {"RSA", NULL, JWKEEP_ALGORITHM_RS256, NULL},
    {"EC", "P-256", JWKEEP_ALGORITHM_ES256, NULL},
    {"EC", "P-384", JWKEEP_ALGORITHM_ES384, NULL},
    {"EC", "P-521", JWKEEP_ALGORITHM_ES512, NULL},
    {"EC", "secp256k1", JWKEEP_ALGORITHM_ES256K, NULL},
    {"ED25519", NULL, JWKEEP_ALGORITHM_ED25519, NULL},
    {"ED448", NULL, JWKEEP_ALGORITHM_ED448, NULL},
};

static EVP_PKEY *make_pair(const char *type, const char *curve) {
    if (strcmp(type, "RSA") == 0)
        return EVP_PKEY_Q_keygen(NULL, NULL, type, (size_t)2048);
    return curve ? EVP_PKEY_Q_keygen(NULL, NULL, type, curve)
                 : EVP_PKEY_Q_keygen(NULL, NULL, type);
}

static int make_pairs(void **state) {
    (void)state;
    for (size_t i = 0; i < JK_COUNT_OF(pairs); i++) {
        pairs[i].key = make_pair(pairs[i].type, pairs[i].curve);
        if (!pairs[i].key)
            return -1;
    }
    return 0;
}

static int free_pairs(void **state) {
    (void)state;
    for (size_t i = 0; i < JK_COUNT_OF(pairs); i++)
        EVP_PKEY_free(pairs[i].key);
    return 0;
}

typedef struct text {
    char bytes[PEM_SIZE];
    size_t size;
} text;

/* Every text that the tests make: too large for the stack, none is given back. */
static text texts[64];

static text *next_text(void) {
    static size_t count;
    if (count == JK_COUNT_OF(texts))
        abort();
    return &texts[count++];
}

static jwkeep_span span_of(const text *pem) {
    return jwkeep_span_of(pem->bytes, pem->size);
}

static text *encode(EVP_PKEY *key, int selection, const char *structure) {
    text *pem = next_text();
    unsigned char *data = NULL;
    size_t size = 0;
    OSSL_ENCODER_CTX *encoder =
        OSSL_ENCODER_CTX_new_for_pkey(key, selection, "PEM", structure, NULL);
    bool is_written = OSSL_ENCODER_to_data(encoder, &data, &size) == 1;
    OSSL_ENCODER_CTX_free(encoder);
    if (!is_written || size > sizeof pem->bytes)
        abort();
    memcpy(pem->bytes, data, size);
    pem->size = size;
    OPENSSL_clear_free(data, size);
    return pem;
}

static text *take_bio(BIO *bio) {
    text *pem = next_text();
    int size = BIO_read(bio, pem->bytes, sizeof pem->bytes);
    BIO_free(bio);
    if (size <= 0)
        abort();
    pem->size = (size_t)size;
    return pem;
}

static text *encode_public(EVP_PKEY *key) {
    return encode(key, EVP_PKEY_PUBLIC_KEY, "SubjectPublicKeyInfo");
}

static text *encode_pkcs8(EVP_PKEY *key) {
    return encode(key, EVP_PKEY_KEYPAIR, "PrivateKeyInfo");
}

static text *encode_certificate(EVP_PKEY *key) {
    X509 *certificate = X509_new();
    X509_gmtime_adj(X509_getm_notBefore(certificate), -100);
    X509_gmtime_adj(X509_getm_notAfter(certificate), -50); /* expired: not looked at */
    X509_set_pubkey(certificate, key);
    bool is_pure = EVP_PKEY_is_a(key, "ED25519") || EVP_PKEY_is_a(key, "ED448");
    BIO *bio = BIO_new(BIO_s_mem());
    if (!X509_sign(certificate, key, is_pure ? NULL : EVP_sha256()) ||
        !PEM_write_bio_X509(bio, certificate))
        abort();
    X509_free(certificate);
    return take_bio(bio);
}

static jk_key *import(const text *pem) {
    jk_key *key = NULL;
    jwkeep_error error = {0};
    jwkeep_code code = jk_key_read(span_of(pem), &pem_only, &key, &error);
    assert_int_equal(ERR_peek_error(), 0);
    if (code)
        print_message("%s %s\n", error.text, error.where ? error.where : "");
    assert_int_equal(code, JWKEEP_OK);
    return key;
}

/* The two are halves of one key. */
static void assert_pair(const text *private_pem, const text *public_pem,
                        jwkeep_algorithm algorithm) {
    uint8_t signature[JK_SIGNATURE_MAX_BYTES];
    size_t size = 0;
    jk_key *signer = import(private_pem);
    jk_key *verifier = import(public_pem);
    bool is_private = jk_key_is_private(verifier);
    jwkeep_code signing =
        jk_key_sign(signer, algorithm, JWKEEP_SPAN("message"), signature, &size, NULL);
    jwkeep_code verifying = jk_key_verify(verifier, algorithm, JWKEEP_SPAN("message"),
                                          jwkeep_span_of(signature, size), NULL);
    jk_key_free(signer);
    jk_key_free(verifier);
    assert_false(is_private);
    assert_int_equal(signing, JWKEEP_OK);
    assert_int_equal(verifying, JWKEEP_OK);
}

static void reads_pkcs8_and_spki(void **state) {
    (void)state;
    for (size_t i = 0; i < JK_COUNT_OF(pairs); i++) {
        text *private_pem = encode_pkcs8(pairs[i].key);
        text *public_pem = encode_public(pairs[i].key);
        assert_pair(private_pem, public_pem, pairs[i].algorithm);
    }
}

static void reads_pkcs1_and_sec1(void **state) {
    (void)state;
    text *rsa_private = encode(pairs[0].key, EVP_PKEY_KEYPAIR, "pkcs1");
    text *rsa_public = encode(pairs[0].key, EVP_PKEY_PUBLIC_KEY, "pkcs1");
    assert_non_null(strstr(rsa_private->bytes, "BEGIN RSA PRIVATE KEY"));
    assert_non_null(strstr(rsa_public->bytes, "BEGIN RSA PUBLIC KEY"));
    assert_pair(rsa_private, rsa_public, JWKEEP_ALGORITHM_PS512);
    text *ec_private = encode(pairs[1].key, EVP_PKEY_KEYPAIR, "type-specific");
    text *ec_public = encode_public(pairs[1].key);
    assert_non_null(strstr(ec_private->bytes, "BEGIN EC PRIVATE KEY"));
    assert_pair(ec_private, ec_public, JWKEEP_ALGORITHM_ES256);
}

static void reads_the_public_key_of_a_certificate(void **state) {
    (void)state;
    for (size_t i = 0; i < JK_COUNT_OF(pairs); i++) {
        text *private_pem = encode_pkcs8(pairs[i].key);
        text *certificate = encode_certificate(pairs[i].key);
        assert_pair(private_pem, certificate, pairs[i].algorithm);
    }
}

static void skips_text_and_parameters_before_the_key(void **state) {
    (void)state;
    text *parameters = encode(pairs[1].key, EVP_PKEY_KEY_PARAMETERS, "type-specific");
    text *sec1 = encode(pairs[1].key, EVP_PKEY_KEYPAIR, "type-specific");
    text *public_pem = encode_public(pairs[1].key);
    assert_non_null(strstr(parameters->bytes, "BEGIN EC PARAMETERS"));
    text *both = next_text();
    both->size = (size_t)snprintf(both->bytes, sizeof both->bytes, "issued by hand\n\n%.*s%.*s",
                                  (int)parameters->size, parameters->bytes, (int)sec1->size,
                                  sec1->bytes);
    assert_pair(both, public_pem, JWKEEP_ALGORITHM_ES256);
}

static jwkeep_error assert_refused(jwkeep_span pem, jwkeep_code expected) {
    jk_key *key = NULL;
    jwkeep_error error = {0};
    jwkeep_code code = jk_key_read(pem, &pem_only, &key, &error);
    assert_int_equal(ERR_peek_error(), 0);
    jk_key_free(key);
    assert_null(key);
    assert_int_equal(code, expected);
    assert_int_equal(error.code, expected);
    return error;
}

/* Would wait for a terminal if it asked for the passphrase. */
static void refuses_encrypted_keys_without_asking(void **state) {
    (void)state;
    BIO *bio = BIO_new(BIO_s_mem());
    assert_int_equal(PEM_write_bio_PKCS8PrivateKey(bio, pairs[1].key, EVP_aes_128_cbc(),
                                                   "secret", 6, NULL, NULL),
                     1);
    text *pkcs8 = take_bio(bio);
    assert_refused(span_of(pkcs8), JWKEEP_PASSPHRASE_NEEDED);
    const unsigned char passphrase[] = "secret";
    bio = BIO_new(BIO_s_mem());
    assert_int_equal(PEM_write_bio_PrivateKey_traditional(bio, pairs[1].key, EVP_aes_128_cbc(),
                                                          passphrase, 6, NULL, NULL),
                     1);
    text *traditional = take_bio(bio);
    assert_non_null(strstr(traditional->bytes, "ENCRYPTED"));
    jwkeep_error error = assert_refused(span_of(traditional), JWKEEP_PEM_INVALID);
    assert_string_equal(error.text, "the key is encrypted in another way than PBES2");
}

static void refuses_what_is_no_pem(void **state) {
    (void)state;
    assert_refused(JWKEEP_SPAN_NONE, JWKEEP_PEM_INVALID);
    assert_refused(JWKEEP_SPAN(""), JWKEEP_PEM_INVALID);
    assert_refused(JWKEEP_SPAN("{\"kty\":\"oct\"}"), JWKEEP_PEM_INVALID);
    assert_refused(JWKEEP_SPAN("-----BEGIN PUBLIC KEY-----\n"), JWKEEP_PEM_INVALID);
    assert_refused(JWKEEP_SPAN("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"),
                   JWKEEP_PEM_INVALID);
    assert_refused(JWKEEP_SPAN("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"),
                   JWKEEP_PEM_INVALID);
    assert_refused(JWKEEP_SPAN("-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n"),
                   JWKEEP_PEM_INVALID);
}

static void refuses_a_text_that_is_too_large(void **state) {
    (void)state;
    static uint8_t large[JWKEEP_MAX_PEM_BYTES + 1];
    text *pem = encode_public(pairs[1].key);
    memset(large, '\n', sizeof large);
    memcpy(large, pem->bytes, pem->size);
    assert_refused(jwkeep_span_of(large, sizeof large), JWKEEP_PEM_TOO_LARGE);
    jk_key *key = NULL;
    assert_int_equal(
        jk_key_read(jwkeep_span_of(large, sizeof large - 1), &pem_only, &key, NULL), JWKEEP_OK);
    jk_key_free(key);
}

static void refuses_a_label_that_is_not_the_contents(void **state) {
    (void)state;
    text *pem = encode_public(pairs[1].key);
    text *other = next_text();
    other->size = pem->size + 2 * strlen("RSA ");
    const char *body = strchr(pem->bytes, '\n');
    const char *end = strstr(pem->bytes, "-----END");
    (void)snprintf(other->bytes, sizeof other->bytes,
                   "-----BEGIN RSA PUBLIC KEY-----%.*s-----END RSA PUBLIC KEY-----\n",
                   (int)(end - body), body);
    assert_refused(span_of(other), JWKEEP_PEM_INVALID);
}

/* The first block of `pem` with a byte of zero after its DER. */
static const text *with_byte_after(const text *pem) {
    char *label = NULL;
    char *header = NULL;
    unsigned char *der = NULL;
    long size = 0;
    BIO *in = BIO_new_mem_buf(pem->bytes, (int)pem->size);
    BIO *out = BIO_new(BIO_s_mem());
    bool is_read = PEM_read_bio(in, &label, &header, &der, &size) == 1;
    unsigned char *longer = OPENSSL_zalloc((size_t)size + 1);
    if (!is_read || !longer)
        abort();
    memcpy(longer, der, (size_t)size);
    if (PEM_write_bio(out, label, "", longer, size + 1) <= 0)
        abort();
    OPENSSL_free(label);
    OPENSSL_free(header);
    OPENSSL_free(der);
    OPENSSL_free(longer);
    BIO_free(in);
    return take_bio(out);
}

static void refuses_bytes_after_the_der(void **state) {
    (void)state;
    assert_refused(span_of(with_byte_after(encode_public(pairs[1].key))), JWKEEP_PEM_INVALID);
    assert_refused(span_of(with_byte_after(encode_pkcs8(pairs[1].key))), JWKEEP_PEM_INVALID);
    assert_refused(span_of(with_byte_after(encode_certificate(pairs[1].key))),
                   JWKEEP_PEM_INVALID);
}

/* RFC 7518 §6.3.2.7: `oth` is not represented. */
static void refuses_an_rsa_key_of_three_primes(void **state) {
    (void)state;
    EVP_PKEY *key = NULL;
    EVP_PKEY_CTX *maker = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    bool is_made = EVP_PKEY_keygen_init(maker) == 1 &&
                   EVP_PKEY_CTX_set_rsa_keygen_bits(maker, 2048) == 1 &&
                   EVP_PKEY_CTX_set_rsa_keygen_primes(maker, 3) == 1 &&
                   EVP_PKEY_generate(maker, &key) == 1;
    EVP_PKEY_CTX_free(maker);
    assert_true(is_made);
    text *private_pem = encode_pkcs8(key);
    text *public_pem = encode_public(key);
    EVP_PKEY_free(key);
    assert_refused(span_of(private_pem), JWKEEP_JWK_KTY_UNSUPPORTED);
    jk_key_free(import(public_pem));
}

static void refuses_types_and_curves_that_jws_has_not(void **state) {
    (void)state;
    EVP_PKEY *x25519 = make_pair("X25519", NULL);
    text *pem = encode_public(x25519);
    EVP_PKEY_free(x25519);
    assert_refused(span_of(pem), JWKEEP_JWK_KTY_UNSUPPORTED);
    EVP_PKEY *brainpool = make_pair("EC", "brainpoolP256r1");
    pem = encode_public(brainpool);
    EVP_PKEY_free(brainpool);
    assert_refused(span_of(pem), JWKEEP_JWK_CRV_UNSUPPORTED);
}

/* The checks are those of jk_key_import. */
static void refuses_a_weak_rsa_key(void **state) {
    (void)state;
    EVP_PKEY *weak = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)1024);
    text *pem = encode_public(weak);
    EVP_PKEY_free(weak);
    assert_refused(span_of(pem), JWKEEP_JWK_TOO_WEAK);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_pkcs8_and_spki),
        cmocka_unit_test(reads_pkcs1_and_sec1),
        cmocka_unit_test(reads_the_public_key_of_a_certificate),
        cmocka_unit_test(skips_text_and_parameters_before_the_key),
        cmocka_unit_test(refuses_encrypted_keys_without_asking),
        cmocka_unit_test(refuses_what_is_no_pem),
        cmocka_unit_test(refuses_a_text_that_is_too_large),
        cmocka_unit_test(refuses_a_label_that_is_not_the_contents),
        cmocka_unit_test(refuses_bytes_after_the_der),
        cmocka_unit_test(refuses_an_rsa_key_of_three_primes),
        cmocka_unit_test(refuses_types_and_curves_that_jws_has_not),
        cmocka_unit_test(refuses_a_weak_rsa_key),
    };
    return cmocka_run_group_tests(tests, make_pairs, free_pairs);
}
