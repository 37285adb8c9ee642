/* SPDX-License-Identifier: Apache-2.0
 *
 * The known attacks on JOSE libraries, as far as they meet keys in PEM, DER and certificates.
 * Each test opens with the attack. */
#include "base/attributes.h"
#include "codec/base64url.h"
#include "support/certificates.h"
#include "support/forge.h"
#include "support/jose.h"
#include <openssl/core_names.h>
#include <openssl/param_build.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define MAX_TEXT 16384u

static jwkeep_jwk *rsa;
static jwkeep_jwk *ec;

static int make_keys(void **state) {
    (void)state;
    jwkeep_jwk_spec rsa_spec = {.kty = JWKEEP_KTY_RSA};
    jwkeep_jwk_spec ec_spec = {.kty = JWKEEP_KTY_EC, .crv = JWKEEP_CRV_P256};
    return jwkeep_jwk_generate(&rsa_spec, &rsa, NULL) ||
           jwkeep_jwk_generate(&ec_spec, &ec, NULL);
}

static int free_keys(void **state) {
    (void)state;
    jwkeep_jwk_unref(rsa);
    jwkeep_jwk_unref(ec);
    return 0;
}

/* For free. */
static char *decode(jwkeep_span text, size_t *ret_size) {
    char *bytes = malloc(text.size);
    assert_non_null(bytes);
    *ret_size = jk_base64url_decoded_size(text.size);
    assert_true(jk_base64url_decode(text, (uint8_t *)bytes, NULL));
    return bytes;
}

static void write_public(const jwkeep_jwk *key, jwkeep_jwk_format format, jwkeep_buffer *text) {
    jwkeep_jwk_export_options options = {.format = format};
    jwkeep_buffer_init(text, MAX_TEXT);
    assert_int_equal(jwkeep_jwk_export(key, &options, text, NULL), JWKEEP_OK);
}

static jwkeep_code verify(const char *token, const jwkeep_jwk *key) {
    jwkeep_keyset *set = NULL;
    jwkeep_jwk *held = (jwkeep_jwk *)(uintptr_t)key;
    assert_int_equal(jwkeep_keyset_new(&held, 1, &set, NULL), JWKEEP_OK);
    jwkeep_jws_options options = {.keys = set};
    jwkeep_code code =
        jwkeep_jws_verify(jwkeep_span_text(token), &options, NULL, NULL, NULL, NULL);
    jwkeep_keyset_unref(set);
    return code;
}

/* A token signed with `secret` as the HMAC key. */
static char *hmac_token(jwkeep_span secret) {
    char *k = forge_base64url(secret);
    char *json = NULL;
    assert_true(asprintf(&json, "{\"kty\":\"oct\",\"k\":\"%s\"}", k) > 0);
    jwkeep_jwk *key = key_of(json);
    char *header = forge_base64url(JWKEEP_SPAN("{\"alg\":\"HS256\"}"));
    char *token = forge_segments(header, "e30", key, JWKEEP_ALGORITHM_HS256);
    jwkeep_jwk_unref(key);
    free(header);
    free(json);
    free(k);
    return token;
}

/* 1. HS256 with the bytes of the public key's file as the secret, as they stand, with white
 * space before them, or without the last line's end (CVE-2015-9235, CVE-2026-34950). */
static void hmac_with_the_file_of_a_public_key(void **state) {
    (void)state;
    for (int form = 0; form < 2; form++) {
        jwkeep_buffer file;
        jwkeep_buffer spaced;
        jwkeep_jwk *read = NULL;
        write_public(ec, (jwkeep_jwk_format)form, &file);
        jwkeep_buffer_init(&spaced, MAX_TEXT);
        assert_int_equal(jwkeep_buffer_append_text(&spaced, " \n"), JWKEEP_OK);
        assert_int_equal(jwkeep_buffer_append(&spaced, jwkeep_buffer_span(&file)), JWKEEP_OK);
        assert_int_equal(jwkeep_jwk_import(jwkeep_buffer_span(&file), NULL, &read, NULL),
                         JWKEEP_OK);
        const jwkeep_span secrets[] = {jwkeep_buffer_span(&file), jwkeep_buffer_span(&spaced),
                                       jwkeep_span_of(file.data, file.size - 1)};
        for (size_t i = 0; i < JK_COUNT_OF(secrets); i++) {
            char *token = hmac_token(secrets[i]);
            assert_int_equal(verify(token, read), JWKEEP_KEY_ALG_MISMATCH);
            free(token);
        }
        jwkeep_jwk_unref(read);
        jwkeep_buffer_done(&file);
        jwkeep_buffer_done(&spaced);
    }
}

/* 2. A key from PEM says no `alg`: it is for the algorithms of its type alone. */
static void algorithms_of_another_type_than_the_pem(void **state) {
    (void)state;
    static const jwkeep_algorithm fitting[] = {JWKEEP_ALGORITHM_RS256, JWKEEP_ALGORITHM_RS384,
                                               JWKEEP_ALGORITHM_RS512, JWKEEP_ALGORITHM_PS256,
                                               JWKEEP_ALGORITHM_PS384, JWKEEP_ALGORITHM_PS512};
    jwkeep_buffer file;
    jwkeep_jwk *read = NULL;
    jwkeep_algorithm_set found = 0;
    jwkeep_algorithm_set expected = 0;
    write_public(rsa, JWKEEP_JWK_FORMAT_PEM, &file);
    assert_int_equal(jwkeep_jwk_import(jwkeep_buffer_span(&file), NULL, &read, NULL),
                     JWKEEP_OK);
    for (int each = 1; each < JWKEEP_ALGORITHM_COUNT; each++)
        if (jwkeep_jwk_may_verify(read, (jwkeep_algorithm)each) == JWKEEP_OK)
            found |= JWKEEP_ALGORITHM_BIT(each);
    for (size_t i = 0; i < JK_COUNT_OF(fitting); i++)
        expected |= JWKEEP_ALGORITHM_BIT(fitting[i]);
    assert_int_equal(found, expected);
    jwkeep_jwk_unref(read);
    jwkeep_buffer_done(&file);
}

/* 7. The token brings a certificate of the attacker's key in `x5c`, perhaps even one that leads
 * to somebody trusted: keys come from the set, never from the token (CVE-2018-0114). */
static void certificates_that_come_with_the_token(void **state) {
    (void)state;
    EVP_PKEY *key = certificate_new_key();
    X509 *certificate =
        certificate_make(&(certificate_plan){.subject = "attacker", .key = key});
    X509 *const list[] = {certificate, NULL};
    jwkeep_jwk *attacker = certificate_jwk(key);
    jwkeep_certificate *chain = NULL;
    jwkeep_jwk *dressed = NULL;
    jwkeep_buffer pem;
    certificate_pem(list, &pem);
    assert_int_equal(jwkeep_certificate_parse(jwkeep_buffer_span(&pem), NULL, &chain, NULL),
                     JWKEEP_OK);
    assert_int_equal(jwkeep_certificate_key(chain, &dressed, NULL), JWKEEP_OK);
    jwkeep_span x5c = jwkeep_json_raw(jwkeep_jwk_member(dressed, "x5c"));
    char *json = NULL;
    assert_true(asprintf(&json, "{\"alg\":\"ES256\",\"x5c\":%.*s}", (int)x5c.size,
                         (const char *)x5c.data) > 0);
    char *header = forge_base64url(jwkeep_span_text(json));
    char *token = forge_segments(header, "e30", attacker, JWKEEP_ALGORITHM_ES256);
    assert_int_equal(verify(token, attacker), JWKEEP_OK);
    assert_int_equal(verify(token, ec), JWKEEP_SIGNATURE_INVALID);
    free(token);
    free(header);
    free(json);
    jwkeep_certificate_unref(chain);
    jwkeep_jwk_unref(dressed);
    jwkeep_jwk_unref(attacker);
    jwkeep_buffer_done(&pem);
    X509_free(certificate);
    EVP_PKEY_free(key);
}

static jwkeep_code import_code(jwkeep_span bytes) {
    jwkeep_jwk *read = NULL;
    jwkeep_code code = jwkeep_jwk_import(bytes, NULL, &read, NULL);
    assert_true((code == JWKEEP_OK) == (read != NULL));
    jwkeep_jwk_unref(read);
    return code;
}

/* 9. A point off the curve, in the place of each byte of the right one; and infinity. */
static void points_in_der_that_are_none(void **state) {
    (void)state;
    jwkeep_buffer der;
    write_public(ec, JWKEEP_JWK_FORMAT_DER, &der);
    assert_int_equal(import_code(jwkeep_buffer_span(&der)), JWKEEP_OK);
    for (size_t i = der.size - 64; i < der.size; i++) {
        der.data[i] ^= 1;
        assert_int_not_equal(import_code(jwkeep_buffer_span(&der)), JWKEEP_OK);
        der.data[i] ^= 1;
    }
    der.data[der.size - 65] = 0; /* the form of a point: this one is infinity's */
    assert_int_not_equal(import_code(jwkeep_buffer_span(&der)), JWKEEP_OK);
    jwkeep_buffer_done(&der);
}

/* 9. The curve comes in numbers instead of by its name, with a generator of the attacker's
 * choice (CVE-2020-0601): curves have names here. */
static void curves_given_in_numbers(void **state) {
    (void)state;
    EVP_PKEY_CTX *maker = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    char group[] = "P-256";
    char encoding[] = OSSL_PKEY_EC_ENCODING_EXPLICIT;
    OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_EC_ENCODING, encoding, 0),
        OSSL_PARAM_construct_end()};
    EVP_PKEY *key = NULL;
    assert_true(EVP_PKEY_keygen_init(maker) == 1 &&
                EVP_PKEY_CTX_set_params(maker, parameters) == 1 &&
                EVP_PKEY_generate(maker, &key) == 1);
    unsigned char *der = NULL;
    int size = i2d_PUBKEY(key, &der);
    assert_true(size > 200); /* the numbers are in it */
    assert_int_equal(import_code(jwkeep_span_of(der, (size_t)size)),
                     JWKEEP_JWK_CRV_UNSUPPORTED);
    OPENSSL_free(der);
    EVP_PKEY_free(key);
    EVP_PKEY_CTX_free(maker);
}

/* The code for an RSA key in DER with the modulus of `rsa` and this exponent. */
static jwkeep_code import_rsa(unsigned exponent) {
    jwkeep_buffer text;
    jwkeep_json_text *json = NULL;
    jwkeep_buffer_init(&text, MAX_TEXT);
    assert_int_equal(jwkeep_jwk_write(rsa, false, &text, NULL), JWKEEP_OK);
    assert_int_equal(jwkeep_json_parse(jwkeep_buffer_span(&text), NULL, &json, NULL),
                     JWKEEP_OK);
    size_t n_size = 0;
    char *n =
        decode(jwkeep_json_string(jwkeep_json_member(jwkeep_json_root(json), "n")), &n_size);
    BIGNUM *modulus = BN_bin2bn((const unsigned char *)n, (int)n_size, NULL);
    BIGNUM *small = BN_new();
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    assert_true(BN_set_word(small, exponent) == 1 &&
                OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, modulus) == 1 &&
                OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, small) == 1);
    OSSL_PARAM *parameters = OSSL_PARAM_BLD_to_param(builder);
    EVP_PKEY_CTX *maker = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    EVP_PKEY *key = NULL;
    assert_true(EVP_PKEY_fromdata_init(maker) == 1 &&
                EVP_PKEY_fromdata(maker, &key, EVP_PKEY_PUBLIC_KEY, parameters) == 1);
    unsigned char *der = NULL;
    int size = i2d_PUBKEY(key, &der);
    jwkeep_code code = import_code(jwkeep_span_of(der, (size_t)size));
    OPENSSL_free(der);
    EVP_PKEY_free(key);
    EVP_PKEY_CTX_free(maker);
    OSSL_PARAM_free(parameters);
    OSSL_PARAM_BLD_free(builder);
    BN_free(small);
    BN_free(modulus);
    free(n);
    jwkeep_json_text_free(json);
    jwkeep_buffer_done(&text);
    return code;
}

/* 21. An exponent of 1, under which every message is its own signature, or an even one. */
static void rsa_exponents_that_protect_nothing(void **state) {
    (void)state;
    assert_int_equal(import_rsa(65537), JWKEEP_OK);
    assert_int_equal(import_rsa(1), JWKEEP_JWK_MEMBER_INVALID);
    assert_int_equal(import_rsa(65536), JWKEEP_JWK_MEMBER_INVALID);
}

/* 21. A modulus of 1024 bits, as a key and in a certificate. */
static void rsa_keys_that_are_too_short(void **state) {
    (void)state;
    EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)1024);
    X509 *certificate = certificate_make(&(certificate_plan){.subject = "weak", .key = key});
    jwkeep_span der = certificate_der(certificate);
    assert_int_equal(import_code(der), JWKEEP_JWK_TOO_WEAK);
    OPENSSL_free((void *)(uintptr_t)der.data);
    X509_free(certificate);
    EVP_PKEY_free(key);
}

/* 21. A private key where a public one is meant: the public form holds nothing of it. */
static void secrets_in_a_public_form(void **state) {
    (void)state;
    jwkeep_buffer whole;
    jwkeep_buffer half;
    jwkeep_json_text *json = NULL;
    size_t size = 0;
    jwkeep_buffer_init(&whole, MAX_TEXT);
    assert_int_equal(jwkeep_jwk_write(ec, true, &whole, NULL), JWKEEP_OK);
    assert_int_equal(jwkeep_json_parse(jwkeep_buffer_span(&whole), NULL, &json, NULL),
                     JWKEEP_OK);
    char *d =
        decode(jwkeep_json_string(jwkeep_json_member(jwkeep_json_root(json), "d")), &size);
    write_public(ec, JWKEEP_JWK_FORMAT_DER, &half);
    assert_null(memmem(half.data, half.size, d, size));
    free(d);
    jwkeep_json_text_free(json);
    jwkeep_buffer_done(&whole);
    jwkeep_buffer_done(&half);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hmac_with_the_file_of_a_public_key),
        cmocka_unit_test(algorithms_of_another_type_than_the_pem),
        cmocka_unit_test(certificates_that_come_with_the_token),
        cmocka_unit_test(points_in_der_that_are_none),
        cmocka_unit_test(curves_given_in_numbers),
        cmocka_unit_test(rsa_exponents_that_protect_nothing),
        cmocka_unit_test(rsa_keys_that_are_too_short),
        cmocka_unit_test(secrets_in_a_public_form),
    };
    return cmocka_run_group_tests(tests, make_keys, free_keys);
}
