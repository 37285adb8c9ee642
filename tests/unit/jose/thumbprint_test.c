/* SPDX-License-Identifier: Apache-2.0
 *
 * Thumbprints under every hash, and their URIs. */
#include <jwkeep/thumbprint.h>

#include "base/attributes.h"
#include "codec/base64url.h"
#include "support/jose.h"
#include "unit/jose/vectors.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define URI "urn:ietf:params:oauth:jwk-thumbprint:"

/* The key of RFC 7638 §3.1; the RFCs print its SHA-256 alone (also in RFC 9278 §4), the others
 * are those of Python's hashlib over the same text. */
static const struct {
    jwkeep_thumbprint_hash hash;
    size_t size;
    const char *text;
    const char *uri;
} rows[] = {
    {JWKEEP_THUMBPRINT_SHA256, 32, "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs",
     URI "sha-256:NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"},
    {JWKEEP_THUMBPRINT_SHA384, 48,
     "R9_OfJjSjaw8Fuum86UzK5ixTdN9bo9BaqPSiseq89DWfmqCdpSgUHus-cxDUNc8",
     URI "sha-384:R9_OfJjSjaw8Fuum86UzK5ixTdN9bo9BaqPSiseq89DWfmqCdpSgUHus-cxDUNc8"},
    {JWKEEP_THUMBPRINT_SHA512, 64,
     "DpvEwocfn3FjeWWQjcJHzWrpKTIymKwgoL1xVgQcud48-qZDSRCr1zfWZQdHAJn_"
     "ciqXqPTSARyg-L-NyNGpVA",
     URI "sha-512:DpvEwocfn3FjeWWQjcJHzWrpKTIymKwgoL1xVgQcud48-qZDSRCr1zfWZQdHAJn_"
         "ciqXqPTSARyg-L-NyNGpVA"},
};

static void computes_the_thumbprint_under_each_hash(void **state) {
    (void)state;
    static const char *const halves[] = {RFC7517_A1_RSA, RFC7517_A2_RSA};
    for (size_t i = 0; i < 2 * JK_COUNT_OF(rows); i++) {
        char text[100] = "";
        jwkeep_thumbprint made;
        jwkeep_jwk *key = key_of(halves[i % 2]);
        assert_int_equal(jwkeep_thumbprint_compute(key, rows[i / 2].hash, &made, NULL),
                         JWKEEP_OK);
        assert_int_equal(made.size, rows[i / 2].size);
        jk_base64url_encode(jwkeep_span_of(made.bytes, made.size), text);
        assert_string_equal(text, rows[i / 2].text);
        jwkeep_jwk_unref(key);
    }
}

static void writes_and_reads_the_uri(void **state) {
    (void)state;
    jwkeep_jwk *key = key_of(RFC7517_A1_RSA);
    jwkeep_jwk *other = key_of(RFC8037_A2);
    for (size_t i = 0; i < JK_COUNT_OF(rows); i++) {
        jwkeep_buffer uri;
        jwkeep_thumbprint read;
        bool is_of = false;
        jwkeep_buffer_init(&uri, 1000);
        assert_int_equal(jwkeep_thumbprint_write_uri(key, rows[i].hash, &uri, NULL), JWKEEP_OK);
        assert_true(holds(&uri, rows[i].uri));
        assert_int_equal(jwkeep_thumbprint_read_uri(jwkeep_buffer_span(&uri), &read, NULL),
                         JWKEEP_OK);
        assert_int_equal(read.hash, rows[i].hash);
        assert_int_equal(jwkeep_thumbprint_is_of(&read, key, &is_of, NULL), JWKEEP_OK);
        assert_true(is_of);
        assert_int_equal(jwkeep_thumbprint_is_of(&read, other, &is_of, NULL), JWKEEP_OK);
        assert_false(is_of);
        jwkeep_buffer_done(&uri);
    }
    jwkeep_jwk_unref(key);
    jwkeep_jwk_unref(other);
}

static void refuses_what_is_no_thumbprint_uri(void **state) {
    (void)state;
    static const char *const bad[] = {
        "",
        URI,
        URI "sha-256:",
        URI "sha-256:NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9X",
        URI "sha-256:NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs=",
        URI "sha-256:NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xt",
        URI "sha-256:NzbLsXh8uDCcd+6MNwXF4W/7noWXFZAfHkxZsRGC9Xs",
        URI "sha-512:NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs",
        URI "SHA-256:NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs",
        URI "sha256:NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs",
        ("URN:ietf:params:oauth:jwk-thumbprint:sha-256:"
         "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"),
        "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs",
    };
    for (size_t i = 0; i < JK_COUNT_OF(bad); i++) {
        jwkeep_error error;
        jwkeep_thumbprint read = {.size = 7};
        assert_int_equal(jwkeep_thumbprint_read_uri(jwkeep_span_text(bad[i]), &read, &error),
                         JWKEEP_THUMBPRINT_URI_INVALID);
        assert_int_equal(error.code, JWKEEP_THUMBPRINT_URI_INVALID);
        assert_int_equal(read.size, 7);
    }
}

/* RFC 7638 §7: it would be a hash of the secret. */
static void makes_no_uri_of_a_symmetric_key(void **state) {
    (void)state;
    jwkeep_jwk *key = key_of(RFC7517_A3_HMAC);
    jwkeep_buffer uri;
    jwkeep_buffer_init(&uri, 1000);
    assert_int_equal(jwkeep_thumbprint_write_uri(key, JWKEEP_THUMBPRINT_SHA256, &uri, NULL),
                     JWKEEP_JWK_NOT_PUBLIC);
    assert_int_equal(uri.size, 0);
    jwkeep_buffer_done(&uri);
    jwkeep_jwk_unref(key);
}

static void leaves_its_outputs_alone_when_it_fails(void **state) {
    (void)state;
    jwkeep_jwk *key = key_of(RFC8037_A2);
    jwkeep_thumbprint made = {.size = 7};
    uint8_t storage[60];
    jwkeep_buffer uri;
    jwkeep_buffer_init_fixed(&uri, storage, sizeof storage);
    assert_int_equal(jwkeep_thumbprint_compute(key, (jwkeep_thumbprint_hash)3, &made, NULL),
                     JWKEEP_MISUSE_ARGUMENT);
    assert_int_equal(made.size, 7);
    assert_int_equal(jwkeep_thumbprint_write_uri(key, JWKEEP_THUMBPRINT_SHA256, &uri, NULL),
                     JWKEEP_MISUSE_TOO_SMALL);
    assert_int_equal(uri.size, 0);
    jwkeep_jwk_unref(key);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(computes_the_thumbprint_under_each_hash),
        cmocka_unit_test(writes_and_reads_the_uri),
        cmocka_unit_test(refuses_what_is_no_thumbprint_uri),
        cmocka_unit_test(makes_no_uri_of_a_symmetric_key),
        cmocka_unit_test(leaves_its_outputs_alone_when_it_fails),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
