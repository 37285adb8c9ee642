/* SPDX-License-Identifier: Apache-2.0
 *
 * The known attacks on JOSE libraries, as far as they need JWE. This library decrypts nothing:
 * each opens with the attack, and ends where a JWE is told from a JWS, before any of its
 * parameters is believed. */
#include "base/attributes.h"
#include "support/forge.h"
#include "support/jose.h"
#include "unit/jose/vectors.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define TOKEN_MAX 2048
#define NOW_MS 1700000000000

static jwkeep_jwk *key;

static int make_key(void **state) {
    (void)state;
    key = key_of(RFC7517_A3_HMAC);
    return 0;
}

static int free_key(void **state) {
    (void)state;
    jwkeep_jwk_unref(key);
    return 0;
}

/* What each call that takes a compact token says of this one. Nothing comes out of any. */
static void refuse_compact(const char *text, jwkeep_code expected) {
    jwkeep_span bytes = jwkeep_span_text(text);
    jwkeep_jws_options options = {.key = key};
    jwkeep_token *token = NULL;
    jwkeep_buffer out;
    jwkeep_rules rules;
    jwkeep_buffer_init(&out, TOKEN_MAX);
    jwkeep_rules_init(&rules);
    rules.is_nesting_allowed = true;
    assert_int_equal(jwkeep_jws_verify(bytes, &options, &out, &out, NULL, NULL), expected);
    assert_int_equal(jwkeep_token_new(&token, NULL), JWKEEP_OK);
    assert_int_equal(jwkeep_jwt_verify(bytes, key, NULL, &rules, NOW_MS, token, NULL, NULL),
                     expected);
    assert_null(jwkeep_token_claims(token));
    assert_int_equal(out.size, 0);
    jwkeep_token_free(token);
    jwkeep_buffer_done(&out);
}

static void refuse_stream(const char *text, jwkeep_jws_form form, jwkeep_code expected) {
    jwkeep_jws_options options = {.key = key};
    jwkeep_jws_stream *stream = NULL;
    assert_int_equal(
        jwkeep_jws_stream_begin_verify(jwkeep_span_text(text), form, &options, &stream, NULL),
        expected);
    assert_null(stream);
}

/* The compact serialization of a JWE with this header; the other segments are as given. */
static void refuse_jwe(const char *header, const char *rest) {
    char text[TOKEN_MAX];
    jwkeep_buffer out;
    char *encoded = forge_base64url(jwkeep_span_text(header));
    snprintf(text, sizeof text, "%s.%s", encoded, rest);
    free(encoded);
    refuse_compact(text, JWKEEP_TOKEN_MALFORMED);
    refuse_stream(text, JWKEEP_JWS_FORM_COMPACT, JWKEEP_TOKEN_MALFORMED);
    jwkeep_buffer_init(&out, TOKEN_MAX);
    assert_int_equal(jwkeep_jws_decode_insecure(jwkeep_span_text(text), NULL, &out, &out, NULL),
                     JWKEEP_TOKEN_MALFORMED);
    assert_int_equal(out.size, 0);
    jwkeep_buffer_done(&out);
}

static void a_jwe_around_an_unsigned_jwt(void **state) {
    (void)state;
    refuse_jwe("{\"alg\":\"dir\",\"enc\":\"A128GCM\",\"cty\":\"JWT\"}",
               ".AAAAAAAAAAAAAAAA.ZXlKaGJHY2lPaUp1YjI1bEluMC5lMzAu.AAAAAAAAAAAAAAAAAAAAAA");
    /* The same as the payload of a signed token. */
    char *outer =
        forge_token(JWKEEP_SPAN("{\"alg\":\"HS256\",\"cty\":\"JWT\"}"),
                    JWKEEP_SPAN("eyJhbGciOiJkaXIiLCJlbmMiOiJBMTI4R0NNIn0..AAAA.AAAA.AAAA"), key,
                    JWKEEP_ALGORITHM_HS256);
    jwkeep_token *token = NULL;
    jwkeep_rules rules;
    jwkeep_rules_init(&rules);
    rules.is_nesting_allowed = true;
    assert_int_equal(jwkeep_token_new(&token, NULL), JWKEEP_OK);
    assert_int_equal(jwkeep_jwt_verify(jwkeep_span_text(outer), key, NULL, &rules, NOW_MS,
                                       token, NULL, NULL),
                     JWKEEP_TOKEN_MALFORMED);
    assert_null(jwkeep_token_claims(token));
    jwkeep_token_free(token);
    free(outer);
}

static void a_passphrase_that_takes_days(void **state) {
    (void)state;
    static const char *const counts[] = {"2147483647", "1e18", "0", "-1", "0.5", "\"1\""};
    char header[256];
    for (size_t i = 0; i < JK_COUNT_OF(counts); i++) {
        snprintf(header, sizeof header,
                 "{\"alg\":\"PBES2-HS256+A128KW\",\"enc\":\"A128GCM\",\"p2s\":\"c2FsdHNhbHQ\","
                 "\"p2c\":%s}",
                 counts[i]);
        refuse_jwe(header, "AAAA.AAAAAAAAAAAAAAAA.AAAA.AAAAAAAAAAAAAAAAAAAAAA");
    }
}

static void a_bomb_under_zip(void **state) {
    (void)state;
    /* RFC 1951: the beginning of a stream that goes on and on. */
    refuse_jwe("{\"alg\":\"dir\",\"enc\":\"A128GCM\",\"zip\":\"DEF\"}",
               ".AAAAAAAAAAAAAAAA.7MEBDQAAAMKg909tDjegAAAAAAAAAAAA.AAAAAAAAAAAAAAAAAAAAAA");
}

static void tags_and_ivs_of_another_length(void **state) {
    (void)state;
    static const char *const rests[] = {".AAAAAAAAAAAAAAAA.AAAA.", ".AAAAAAAAAAAAAAAA.AAAA.AA",
                                        "..AAAA.AAAAAAAAAAAAAAAAAAAAAA", "...."};
    for (size_t i = 0; i < JK_COUNT_OF(rests); i++)
        refuse_jwe("{\"alg\":\"dir\",\"enc\":\"A128GCM\"}", rests[i]);
}

static void keys_wrapped_in_nothing(void **state) {
    (void)state;
    static const char *const algorithms[] = {"A128KW", "A256GCMKW", "RSA1_5",        "RSA-OAEP",
                                             "dir",    "ECDH-ES",   "ECDH-ES+A128KW"};
    static const char *const wrapped[] = {"", "AA", "AAAAAAAAAAA"};
    char header[128];
    char rest[128];
    for (size_t i = 0; i < JK_COUNT_OF(algorithms); i++) {
        for (size_t j = 0; j < JK_COUNT_OF(wrapped); j++) {
            snprintf(header, sizeof header, "{\"alg\":\"%s\",\"enc\":\"A128CBC-HS256\"}",
                     algorithms[i]);
            snprintf(rest, sizeof rest, "%s.AAAAAAAAAAAAAAAAAAAAAA.AAAA.AAAA", wrapped[j]);
            refuse_jwe(header, rest);
        }
    }
}

static void algorithms_of_jwe_in_a_jws(void **state) {
    (void)state;
    static const char *const algorithms[] = {"dir", "A128KW", "RSA1_5", "ECDH-ES",
                                             "PBES2-HS256+A128KW"};
    char header[128];
    for (size_t i = 0; i < JK_COUNT_OF(algorithms); i++) {
        snprintf(header, sizeof header, "{\"alg\":\"%s\",\"enc\":\"A128GCM\"}", algorithms[i]);
        char *text = forge_token(jwkeep_span_text(header), JWKEEP_SPAN("{}"), key,
                                 JWKEEP_ALGORITHM_HS256);
        refuse_compact(text, JWKEEP_ALG_UNSUPPORTED);
        free(text);
    }
}

static void a_jwe_in_json(void **state) {
    (void)state;
    static const char *const texts[] = {
        "{\"protected\":\"eyJhbGciOiJkaXIiLCJlbmMiOiJBMTI4R0NNIn0\",\"iv\":"
        "\"AAAAAAAAAAAAAAAA\","
        "\"ciphertext\":\"AAAA\",\"tag\":\"AAAAAAAAAAAAAAAAAAAAAA\"}",
        "{\"unprotected\":{\"alg\":\"A128KW\",\"enc\":\"A128GCM\"},\"recipients\":["
        "{\"encrypted_key\":\"\"}],\"iv\":\"\",\"ciphertext\":\"\",\"tag\":\"\"}",
        "{\"payload\":\"e30\",\"protected\":\"eyJhbGciOiJIUzI1NiJ9\",\"signature\":\"AA\","
        "\"ciphertext\":\"AA\"}",
    };
    jwkeep_jws_options options = {.key = key};
    jwkeep_jws_json *verified = NULL;
    jwkeep_buffer out;
    jwkeep_buffer_init(&out, TOKEN_MAX);
    assert_int_equal(jwkeep_jws_json_new(&verified, NULL), JWKEEP_OK);
    for (size_t i = 0; i < JK_COUNT_OF(texts); i++) {
        jwkeep_span text = jwkeep_span_text(texts[i]);
        assert_int_equal(jwkeep_jws_json_verify(text, &options, NULL, verified, NULL),
                         JWKEEP_JWS_JSON_INVALID);
        assert_null(jwkeep_jws_json_payload(verified).data);
        assert_int_equal(jwkeep_jws_json_decode_insecure(text, NULL, &out, &out, NULL),
                         JWKEEP_JWS_JSON_INVALID);
        refuse_stream(texts[i], JWKEEP_JWS_FORM_FLATTENED, JWKEEP_JWS_JSON_INVALID);
        refuse_compact(texts[i], JWKEEP_TOKEN_MALFORMED);
    }
    assert_int_equal(out.size, 0);
    jwkeep_jws_json_free(verified);
    jwkeep_buffer_done(&out);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_jwe_around_an_unsigned_jwt),
        cmocka_unit_test(a_passphrase_that_takes_days),
        cmocka_unit_test(a_bomb_under_zip),
        cmocka_unit_test(tags_and_ivs_of_another_length),
        cmocka_unit_test(keys_wrapped_in_nothing),
        cmocka_unit_test(algorithms_of_jwe_in_a_jws),
        cmocka_unit_test(a_jwe_in_json),
    };
    return cmocka_run_group_tests(tests, make_key, free_key);
}
