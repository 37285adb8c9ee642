/* SPDX-License-Identifier: Apache-2.0
 *
 * Certificates that stand in a JWK: what they say, and that they are for its key. */
#include "base/attributes.h"
#include "support/certificates.h"
#include "support/jose.h"
#include "unit/jose/vectors.h"
#include <openssl/err.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define MAX_TEXT 32768u

static EVP_PKEY *key;
static EVP_PKEY *other_key;
static X509 *certificate; /* for `key` */
static X509 *other;       /* for `other_key` */

static int make_all(void **state) {
    (void)state;
    key = certificate_new_key();
    other_key = certificate_new_key();
    certificate = certificate_make(&(certificate_plan){
        .subject = "J\xc3\xa4ger, \x01 & Sohn", .key = key, .basic = "CA:FALSE"});
    other = certificate_make(
        &(certificate_plan){.subject = "other", .key = other_key, .basic = "critical,CA:TRUE"});
    return 0;
}

static int free_all(void **state) {
    (void)state;
    X509_free(certificate);
    X509_free(other);
    EVP_PKEY_free(key);
    EVP_PKEY_free(other_key);
    return 0;
}

static jwkeep_certificate *parse_pem(X509 *first, X509 *second) {
    X509 *const list[] = {first, second, NULL};
    jwkeep_buffer pem;
    jwkeep_certificate *read = NULL;
    certificate_pem(list, &pem);
    assert_int_equal(jwkeep_certificate_parse(jwkeep_buffer_span(&pem), NULL, &read, NULL),
                     JWKEEP_OK);
    jwkeep_buffer_done(&pem);
    return read;
}

static void reads_what_a_certificate_says(void **state) {
    (void)state;
    jwkeep_certificate *read = parse_pem(certificate, other);
    assert_int_equal(jwkeep_certificate_count(read), 2);
    const jwkeep_certificate_facts *first = jwkeep_certificate_at(read, 0);
    assert_true(
        jwkeep_span_equals(first->subject, JWKEEP_SPAN("CN=J\xc3\xa4ger\\, \\01 & Sohn")));
    assert_true(jwkeep_span_equals(first->issuer, first->subject));
    assert_int_equal(first->not_before_s, TEST_NOW - TEST_DAY);
    assert_int_equal(first->not_after_s, TEST_NOW + TEST_DAY);
    assert_false(first->is_ca);
    assert_true(first->serial.size == 4 && first->serial.data[0] == '1');
    assert_true(jwkeep_certificate_at(read, 1)->is_ca);
    assert_null(jwkeep_certificate_at(read, 2));
    jwkeep_certificate_unref(jwkeep_certificate_ref(read));
    jwkeep_certificate_unref(read);
}

/* The text of `base` with `x5c`, `x5t` and `x5t#S256` of `list`; each hash may be replaced. */
static jwkeep_code parse_with(const char *x5t, const char *x5t_s256, X509 *first, X509 *second,
                              EVP_PKEY *of, jwkeep_jwk **ret_key) {
    jwkeep_certificate *chain = parse_pem(first, second);
    jwkeep_jwk *attached = NULL;
    jwkeep_jwk *own = certificate_jwk(of);
    jwkeep_jwk *for_it = NULL;
    assert_int_equal(jwkeep_certificate_key(chain, &attached, NULL), JWKEEP_OK);
    assert_int_equal(jwkeep_jwk_public(own, &for_it, NULL), JWKEEP_OK);
    jwkeep_span x5c = jwkeep_json_raw(jwkeep_jwk_member(attached, "x5c"));
    jwkeep_span hash = jwkeep_json_raw(jwkeep_jwk_member(attached, "x5t#S256"));
    jwkeep_buffer text;
    jwkeep_buffer_init(&text, MAX_TEXT);
    assert_int_equal(jwkeep_jwk_write(for_it, false, &text, NULL), JWKEEP_OK);
    static char json[MAX_TEXT];
    int size = snprintf(json, sizeof json, "%.*s,\"x5c\":%.*s,\"x5t#S256\":%.*s%s%s}",
                        (int)text.size - 1, (const char *)text.data, (int)x5c.size,
                        (const char *)x5c.data, (int)(x5t_s256 ? strlen(x5t_s256) : hash.size),
                        x5t_s256 ? x5t_s256 : (const char *)hash.data, x5t ? ",\"x5t\":" : "",
                        x5t ? x5t : "");
    jwkeep_error error = {0};
    jwkeep_code code =
        jwkeep_jwk_parse(jwkeep_span_of(json, (size_t)size), NULL, ret_key, &error);
    assert_int_equal(error.code, code);
    assert_int_equal(ERR_peek_error(), 0);
    jwkeep_buffer_done(&text);
    jwkeep_jwk_unref(attached);
    jwkeep_jwk_unref(own);
    jwkeep_jwk_unref(for_it);
    jwkeep_certificate_unref(chain);
    return code;
}

static void a_key_comes_with_its_certificates(void **state) {
    (void)state;
    jwkeep_jwk *read = NULL;
    jwkeep_certificate *chain = NULL;
    assert_int_equal(parse_with(NULL, NULL, certificate, other, key, &read), JWKEEP_OK);
    assert_int_equal(jwkeep_certificate_of_key(read, NULL, &chain, NULL), JWKEEP_OK);
    jwkeep_span der = certificate_der(certificate);
    assert_true(jwkeep_span_equals(jwkeep_certificate_at(chain, 0)->der, der));
    assert_int_equal(jwkeep_certificate_count(chain), 2);
    OPENSSL_free((void *)(uintptr_t)der.data);
    jwkeep_certificate_unref(chain);
    jwkeep_jwk_unref(read);
    read = key_of(RFC8037_A2);
    assert_int_equal(jwkeep_certificate_of_key(read, NULL, &chain, NULL), JWKEEP_NOT_FOUND);
    jwkeep_jwk_unref(read);
}

/* A stranger's key dressed in the certificate of somebody who is trusted. */
static void refuses_a_key_that_is_not_that_of_its_certificate(void **state) {
    (void)state;
    jwkeep_jwk *read = NULL;
    assert_int_equal(parse_with(NULL, NULL, certificate, NULL, other_key, &read),
                     JWKEEP_CERTIFICATE_KEY_MISMATCH);
    assert_int_equal(parse_with(NULL, NULL, other, certificate, key, &read),
                     JWKEEP_CERTIFICATE_KEY_MISMATCH);
    assert_null(read);
}

static void refuses_a_hash_that_is_not_that_of_the_certificate(void **state) {
    (void)state;
    jwkeep_jwk *read = NULL;
    static const char *const sha256[] = {"\"NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs\"",
                                         "\"\""};
    for (size_t i = 0; i < JK_COUNT_OF(sha256); i++)
        assert_int_equal(parse_with(NULL, sha256[i], certificate, NULL, key, &read),
                         JWKEEP_CERTIFICATE_HASH_MISMATCH);
    assert_int_equal(
        parse_with("\"AAAAAAAAAAAAAAAAAAAAAAAAAAA\"", NULL, certificate, NULL, key, &read),
        JWKEEP_CERTIFICATE_HASH_MISMATCH);
    assert_int_equal(parse_with("7", NULL, certificate, NULL, key, &read), JWKEEP_JWK_INVALID);
    assert_null(read);
}

static void accepts_the_sha1_that_is_right(void **state) {
    (void)state;
    char x5t[40];
    unsigned char digest[20];
    unsigned size = sizeof digest;
    assert_int_equal(X509_digest(certificate, EVP_sha1(), digest, &size), 1);
    unsigned char base64[32];
    EVP_EncodeBlock(base64, digest, sizeof digest);
    for (unsigned char *c = base64; *c; c++)
        *c = *c == '+' ? '-' : *c == '/' ? '_' : *c == '=' ? '\0' : *c;
    snprintf(x5t, sizeof x5t, "\"%s\"", (const char *)base64);
    jwkeep_jwk *read = NULL;
    assert_int_equal(parse_with(x5t, NULL, certificate, NULL, key, &read), JWKEEP_OK);
    jwkeep_jwk_unref(read);
}

#define KEY "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"" RFC8037_X "\","

static void refuses_malformed_members(void **state) {
    (void)state;
    static const struct {
        const char *json;
        jwkeep_code code;
    } rows[] = {
        {KEY "\"x5c\":\"MIIB\"}", JWKEEP_CERTIFICATE_INVALID},
        {KEY "\"x5c\":[]}", JWKEEP_CERTIFICATE_INVALID},
        {KEY "\"x5c\":[7]}", JWKEEP_CERTIFICATE_INVALID},
        {KEY "\"x5c\":[\"\"]}", JWKEEP_CERTIFICATE_INVALID},
        {KEY "\"x5c\":[\"MIIB\"]}", JWKEEP_CERTIFICATE_INVALID},
        {KEY "\"x5c\":[\"====\"]}", JWKEEP_CERTIFICATE_INVALID},
        {KEY "\"x5c\":[\"MI_-\"]}", JWKEEP_CERTIFICATE_INVALID},
        {KEY "\"x5c\":[\"MII\"]}", JWKEEP_CERTIFICATE_INVALID},
        {KEY "\"x5t\":[]}", JWKEEP_JWK_INVALID},
        {KEY "\"x5t#S256\":null}", JWKEEP_JWK_INVALID},
    };
    for (size_t i = 0; i < JK_COUNT_OF(rows); i++) {
        jwkeep_error error;
        assert_int_equal(refusal_of(rows[i].json, &error), rows[i].code);
        assert_memory_equal(error.where, "x5", 2);
    }
    jwkeep_jwk_unref(key_of(KEY "\"x5t\":\"any\",\"x5u\":\"https://nobody.example/\"}"));
}

/* Every text with one sign changed is another certificate, or none. */
static void refuses_every_damaged_certificate(void **state) {
    (void)state;
    jwkeep_span der = certificate_der(certificate);
    uint8_t *bytes = (uint8_t *)(uintptr_t)der.data;
    for (size_t size = 0; size < der.size; size++) {
        jwkeep_certificate *read = NULL;
        assert_int_equal(
            jwkeep_certificate_parse(jwkeep_span_of(bytes, size), NULL, &read, NULL),
            JWKEEP_CERTIFICATE_INVALID);
    }
    OPENSSL_free(bytes);
}

static void refuses_what_else_stands_in_the_text(void **state) {
    (void)state;
    X509 *const list[] = {certificate, NULL};
    jwkeep_buffer pem;
    jwkeep_certificate *read = NULL;
    jwkeep_jwk *own = certificate_jwk(key);
    certificate_pem(list, &pem);
    jwkeep_jwk_export_options options = {.with_private = true};
    assert_int_equal(jwkeep_jwk_export(own, &options, &pem, NULL), JWKEEP_OK);
    assert_int_equal(jwkeep_certificate_parse(jwkeep_buffer_span(&pem), NULL, &read, NULL),
                     JWKEEP_CERTIFICATE_INVALID);
    assert_int_equal(jwkeep_certificate_parse(JWKEEP_SPAN(""), NULL, &read, NULL),
                     JWKEEP_CERTIFICATE_INVALID);
    assert_int_equal(jwkeep_certificate_parse(JWKEEP_SPAN("none here"), NULL, &read, NULL),
                     JWKEEP_CERTIFICATE_INVALID);
    jwkeep_buffer_done(&pem);
    jwkeep_jwk_unref(own);
}

static jwkeep_code parse_limited(jwkeep_span pem, const jwkeep_limits *limits) {
    jwkeep_certificate *read = NULL;
    jwkeep_code code = jwkeep_certificate_parse(pem, limits, &read, NULL);
    jwkeep_certificate_unref(read);
    return code;
}

static void bounds_the_chain_and_each_certificate(void **state) {
    (void)state;
    X509 *const list[] = {certificate, certificate, certificate, NULL};
    jwkeep_span der = certificate_der(certificate);
    jwkeep_buffer pem;
    jwkeep_limits limits;
    certificate_pem(list, &pem);
    jwkeep_span text = jwkeep_buffer_span(&pem);
    jwkeep_limits_init(&limits);
    limits.max_chain = 3;
    limits.max_certificate_bytes = der.size;
    limits.max_pem_bytes = text.size;
    assert_int_equal(parse_limited(text, &limits), JWKEEP_OK);
    limits.max_chain = 2;
    assert_int_equal(parse_limited(text, &limits), JWKEEP_CERTIFICATE_CHAIN_TOO_LONG);
    limits.max_chain = 3;
    limits.max_certificate_bytes = der.size - 1;
    assert_int_equal(parse_limited(text, &limits), JWKEEP_CERTIFICATE_TOO_LARGE);
    limits.max_certificate_bytes = der.size;
    limits.max_pem_bytes = text.size - 1;
    assert_int_equal(parse_limited(text, &limits), JWKEEP_PEM_TOO_LARGE);
    OPENSSL_free((void *)(uintptr_t)der.data);
    jwkeep_buffer_done(&pem);
}

static jwkeep_code parse_key_limited(jwkeep_span json, const jwkeep_limits *limits) {
    jwkeep_jwk *read = NULL;
    jwkeep_code code = jwkeep_jwk_parse(json, limits, &read, NULL);
    jwkeep_jwk_unref(read);
    return code;
}

static void bounds_the_chain_of_a_jwk(void **state) {
    (void)state;
    jwkeep_jwk *read = NULL;
    jwkeep_limits limits;
    jwkeep_buffer text;
    jwkeep_span der = certificate_der(certificate);
    jwkeep_buffer_init(&text, MAX_TEXT);
    jwkeep_limits_init(&limits);
    assert_int_equal(parse_with(NULL, NULL, certificate, certificate, key, &read), JWKEEP_OK);
    assert_int_equal(jwkeep_jwk_write(read, false, &text, NULL), JWKEEP_OK);
    jwkeep_jwk_unref(read);
    limits.max_chain = 2;
    limits.max_certificate_bytes = der.size;
    assert_int_equal(parse_key_limited(jwkeep_buffer_span(&text), &limits), JWKEEP_OK);
    limits.max_chain = 1;
    assert_int_equal(parse_key_limited(jwkeep_buffer_span(&text), &limits),
                     JWKEEP_CERTIFICATE_CHAIN_TOO_LONG);
    limits.max_chain = 2;
    limits.max_certificate_bytes = der.size - 1;
    assert_int_equal(parse_key_limited(jwkeep_buffer_span(&text), &limits),
                     JWKEEP_CERTIFICATE_TOO_LARGE);
    OPENSSL_free((void *)(uintptr_t)der.data);
    jwkeep_buffer_done(&text);
}

static void attaches_certificates_to_their_key_alone(void **state) {
    (void)state;
    jwkeep_certificate *chain = parse_pem(certificate, other);
    jwkeep_jwk *own = certificate_jwk(key);
    jwkeep_jwk *strange = certificate_jwk(other_key);
    jwkeep_jwk *dressed = NULL;
    jwkeep_jwk *again = NULL;
    assert_int_equal(jwkeep_certificate_attach(chain, strange, &dressed, NULL),
                     JWKEEP_CERTIFICATE_KEY_MISMATCH);
    assert_null(dressed);
    assert_int_equal(jwkeep_certificate_attach(chain, own, &dressed, NULL), JWKEEP_OK);
    assert_true(jwkeep_jwk_is_private(dressed));
    jwkeep_buffer text;
    jwkeep_buffer_init(&text, MAX_TEXT);
    assert_int_equal(jwkeep_jwk_write(dressed, true, &text, NULL), JWKEEP_OK);
    assert_int_equal(jwkeep_jwk_parse(jwkeep_buffer_span(&text), NULL, &again, NULL),
                     JWKEEP_OK);
    assert_true(jwkeep_jwk_is_identical(dressed, again));
    jwkeep_buffer_done(&text);
    jwkeep_jwk_unref(own);
    jwkeep_jwk_unref(strange);
    jwkeep_jwk_unref(dressed);
    jwkeep_jwk_unref(again);
    jwkeep_certificate_unref(chain);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_what_a_certificate_says),
        cmocka_unit_test(a_key_comes_with_its_certificates),
        cmocka_unit_test(refuses_a_key_that_is_not_that_of_its_certificate),
        cmocka_unit_test(refuses_a_hash_that_is_not_that_of_the_certificate),
        cmocka_unit_test(accepts_the_sha1_that_is_right),
        cmocka_unit_test(refuses_malformed_members),
        cmocka_unit_test(refuses_every_damaged_certificate),
        cmocka_unit_test(refuses_what_else_stands_in_the_text),
        cmocka_unit_test(bounds_the_chain_and_each_certificate),
        cmocka_unit_test(bounds_the_chain_of_a_jwk),
        cmocka_unit_test(attaches_certificates_to_their_key_alone),
    };
    return cmocka_run_group_tests(tests, make_all, free_all);
}
