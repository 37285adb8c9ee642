/* SPDX-License-Identifier: Apache-2.0
 *
 * Payloads in pieces: whatever the pieces, a stream and a single call are of one opinion, and
 * make tokens that the other verifies. */
#include "base/attributes.h"
#include "crypto/stream.h"
#include "jose/jwk.h"
#include "support/forge.h"
#include "support/jose.h"
#include "unit/jose/vectors.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define TOKEN_MAX 8192
#define PAYLOAD_BYTES 5000 /* several blocks, and a rest */

static uint8_t payload[PAYLOAD_BYTES];

static int fill_payload(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof payload; i++)
        payload[i] = (uint8_t)(i * 31 + i / 251);
    return 0;
}

/* Feeds `bytes` in pieces of `piece` bytes (0: all at once). */
static jwkeep_code feed(jwkeep_jws_stream *stream, jwkeep_span bytes, size_t piece) {
    jwkeep_code code = JWKEEP_OK;
    while (bytes.size && !code) {
        size_t size = piece && piece < bytes.size ? piece : bytes.size;
        code = jwkeep_jws_stream_feed(stream, jwkeep_span_of(bytes.data, size), NULL);
        bytes = jwkeep_span_of(bytes.data + size, bytes.size - size);
    }
    return code;
}

static jwkeep_code verify(jwkeep_span token, jwkeep_jws_form form,
                          const jwkeep_jws_options *options, jwkeep_span bytes, size_t piece) {
    jwkeep_jws_stream *stream = NULL;
    jwkeep_buffer header;
    const jwkeep_jwk *key = NULL;
    jwkeep_error error = {.code = JWKEEP_OK};
    jwkeep_code code = jwkeep_jws_stream_begin_verify(token, form, options, &stream, &error);
    assert_true((code == JWKEEP_OK) == (stream != NULL));
    assert_int_equal(error.code, code);
    if (code)
        return code;
    jwkeep_buffer_init(&header, TOKEN_MAX);
    code = feed(stream, bytes, piece);
    if (!code) {
        code = jwkeep_jws_stream_finish_verify(stream, &header, &key, &error);
        assert_int_equal(error.code, code);
    }
    assert_true((code == JWKEEP_OK) == (header.size > 0));
    assert_true((code == JWKEEP_OK && !options->pinned_thumbprint.data) == (key != NULL));
    jwkeep_jws_stream_free(stream);
    jwkeep_buffer_done(&header);
    return code;
}

static void sign(const jwkeep_jws_signer *signer, jwkeep_jws_form form, jwkeep_span bytes,
                 size_t piece, jwkeep_buffer *token) {
    jwkeep_jws_stream *stream = NULL;
    assert_int_equal(jwkeep_jws_stream_begin_sign(signer, form, &stream, NULL), JWKEEP_OK);
    assert_int_equal(feed(stream, bytes, piece), JWKEEP_OK);
    assert_int_equal(jwkeep_jws_stream_finish_sign(stream, token, NULL), JWKEEP_OK);
    jwkeep_jws_stream_free(stream);
}

/* What a single call says of the same token. */
static jwkeep_code verify_at_once(jwkeep_span token, jwkeep_jws_form form,
                                  const jwkeep_jwk *key, jwkeep_span bytes) {
    jwkeep_jws_options options = {.key = key, .detached = bytes};
    jwkeep_jws_json *verified = NULL;
    if (form == JWKEEP_JWS_FORM_COMPACT)
        return jwkeep_jws_verify(token, &options, NULL, NULL, NULL, NULL);
    assert_int_equal(jwkeep_jws_json_new(&verified, NULL), JWKEEP_OK);
    jwkeep_code code = jwkeep_jws_json_verify(token, &options, NULL, verified, NULL);
    jwkeep_jws_json_free(verified);
    return code;
}

static void check_both_ways(const jwkeep_jwk *key, jwkeep_jws_form form, bool is_unencoded,
                            size_t size, size_t piece) {
    jwkeep_jws_signer signer = {
        .key = key, .is_payload_unencoded = is_unencoded, .is_payload_detached = true};
    jwkeep_jws_options options = {.key = key};
    jwkeep_span bytes = jwkeep_span_of(payload, size);
    jwkeep_buffer token;
    jwkeep_buffer_init(&token, TOKEN_MAX);
    sign(&signer, form, bytes, piece, &token);
    assert_int_equal(verify_at_once(jwkeep_buffer_span(&token), form, key, bytes), JWKEEP_OK);
    jwkeep_buffer_clear(&token);
    assert_int_equal(form == JWKEEP_JWS_FORM_COMPACT
                         ? jwkeep_jws_sign(bytes, &signer, &token, NULL)
                         : jwkeep_jws_json_sign(bytes, &signer, 1, form, &token, NULL),
                     JWKEEP_OK);
    jwkeep_span text = jwkeep_buffer_span(&token);
    assert_int_equal(verify(text, form, &options, bytes, piece), JWKEEP_OK);
    jwkeep_span longer = jwkeep_span_of(payload, size + 1);
    assert_int_equal(verify(text, form, &options, longer, piece), JWKEEP_SIGNATURE_INVALID);
    jwkeep_buffer_done(&token);
}

static void agrees_with_a_single_call_whatever_the_pieces(void **state) {
    (void)state;
    static const size_t sizes[] = {0, 1, 2, 3, 4, 1535, 1536, 1537, PAYLOAD_BYTES - 1};
    static const size_t pieces[] = {0, 1, 2, 3, 7, 1536, 1600};
    jwkeep_jwk *key = key_of(RFC7517_A3_HMAC);
    for (size_t i = 0; i < JK_COUNT_OF(sizes); i++)
        for (size_t j = 0; j < JK_COUNT_OF(pieces); j++)
            for (unsigned k = 0; k < 4; k++)
                check_both_ways(key,
                                k & 1 ? JWKEEP_JWS_FORM_FLATTENED : JWKEEP_JWS_FORM_COMPACT,
                                k & 2, sizes[i], pieces[j]);
    jwkeep_jwk_unref(key);
}

static void streams_every_algorithm_that_signs_a_digest(void **state) {
    (void)state;
    for (int value = 1; value < JWKEEP_ALGORITHM_COUNT; value++) {
        jwkeep_algorithm algorithm = (jwkeep_algorithm)value;
        jwkeep_jwk *key = forge_key(algorithm, "k");
        if (jwkeep_jwk_kty(key) != JWKEEP_KTY_OKP)
            check_both_ways(key, JWKEEP_JWS_FORM_COMPACT, false, 1000, 0);
        jwkeep_jwk_unref(key);
    }
}

/* EdDSA hashes the message twice (RFC 8032 §5.1.6): no stream can give it. */
static void says_that_eddsa_cannot_be_streamed(void **state) {
    (void)state;
    jwkeep_jwk *key = key_of(RFC8037_A1);
    jwkeep_jws_signer signer = {.key = key, .is_payload_detached = true};
    jwkeep_jws_options options = {.key = key};
    jwkeep_jws_stream *stream = NULL;
    jwkeep_error error;
    jwkeep_buffer token;
    jwkeep_buffer_init(&token, TOKEN_MAX);
    assert_int_equal(
        jwkeep_jws_stream_begin_sign(&signer, JWKEEP_JWS_FORM_COMPACT, &stream, &error),
        JWKEEP_ALG_NOT_STREAMABLE);
    assert_string_equal(error.where, "alg");
    assert_null(stream);
    assert_int_equal(jwkeep_jws_sign(JWKEEP_SPAN("x"), &signer, &token, NULL), JWKEEP_OK);
    assert_int_equal(verify(jwkeep_buffer_span(&token), JWKEEP_JWS_FORM_COMPACT, &options,
                            JWKEEP_SPAN("x"), 0),
                     JWKEEP_ALG_NOT_STREAMABLE);
    const jk_key *prepared = jk_jwk_prepared(key);
    uint8_t signature[JK_SIGNATURE_MAX_BYTES];
    size_t size;
    assert_int_equal(jk_key_sign_digest(prepared, JWKEEP_ALGORITHM_EDDSA, JWKEEP_SPAN("x"),
                                        signature, &size, NULL),
                     JWKEEP_ALG_NOT_STREAMABLE);
    assert_int_equal(jk_key_verify_digest(prepared, JWKEEP_ALGORITHM_EDDSA, JWKEEP_SPAN("x"),
                                          JWKEEP_SPAN("y"), NULL),
                     JWKEEP_ALG_NOT_STREAMABLE);
    jwkeep_buffer_done(&token);
    jwkeep_jwk_unref(key);
}

static void verifies_the_unencoded_example_of_rfc_7797(void **state) {
    (void)state;
    jwkeep_jwk *key = key_of(RFC7517_A3_HMAC);
    jwkeep_jws_options options = {.key = key};
    jwkeep_span token = JWKEEP_SPAN(RFC7797_4_2);
    jwkeep_span text = JWKEEP_SPAN(RFC7797_PAYLOAD_TEXT);
    assert_int_equal(verify(token, JWKEEP_JWS_FORM_COMPACT, &options, text, 1), JWKEEP_OK);
    assert_int_equal(verify(token, JWKEEP_JWS_FORM_COMPACT, &options, JWKEEP_SPAN("$.03"), 1),
                     JWKEEP_SIGNATURE_INVALID);
    jwkeep_jwk_unref(key);
}

/* Several HMAC keys each need their own tag, several public keys share one digest. */
static void tries_every_key_that_may_fit(void **state) {
    (void)state;
    static const jwkeep_algorithm algorithms[] = {JWKEEP_ALGORITHM_HS256,
                                                  JWKEEP_ALGORITHM_ES256};
    for (size_t i = 0; i < JK_COUNT_OF(algorithms); i++) {
        jwkeep_jwk *keys[3];
        for (size_t j = 0; j < JK_COUNT_OF(keys); j++)
            keys[j] = forge_key(algorithms[i], NULL);
        jwkeep_keyset *set = forge_keyset(keys, 3);
        jwkeep_limits limits;
        jwkeep_limits_init(&limits);
        jwkeep_jws_signer signer = {.key = keys[2]};
        jwkeep_jws_options options = {.keys = set, .limits = &limits};
        jwkeep_buffer token;
        jwkeep_buffer_init(&token, TOKEN_MAX);
        jwkeep_span bytes = jwkeep_span_of(payload, 100);
        sign(&signer, JWKEEP_JWS_FORM_COMPACT, bytes, 0, &token);
        jwkeep_span text = jwkeep_buffer_span(&token);
        assert_int_equal(verify(text, JWKEEP_JWS_FORM_COMPACT, &options, bytes, 9), JWKEEP_OK);
        limits.max_candidates = 2;
        assert_int_equal(verify(text, JWKEEP_JWS_FORM_COMPACT, &options, bytes, 9),
                         JWKEEP_SIGNATURE_INVALID);
        jwkeep_buffer_done(&token);
        jwkeep_keyset_unref(set);
        for (size_t j = 0; j < JK_COUNT_OF(keys); j++)
            jwkeep_jwk_unref(keys[j]);
    }
}

static void bounds_what_is_fed(void **state) {
    (void)state;
    jwkeep_jwk *key = key_of(RFC7517_A3_HMAC);
    jwkeep_limits limits;
    jwkeep_limits_init(&limits);
    jwkeep_jws_options options = {.key = key, .limits = &limits};
    jwkeep_span token = JWKEEP_SPAN(RFC7797_4_2);
    jwkeep_span text = JWKEEP_SPAN(RFC7797_PAYLOAD_TEXT);
    limits.max_detached_bytes = text.size;
    assert_int_equal(verify(token, JWKEEP_JWS_FORM_COMPACT, &options, text, 1), JWKEEP_OK);
    limits.max_detached_bytes--;
    assert_int_equal(verify(token, JWKEEP_JWS_FORM_COMPACT, &options, text, 1),
                     JWKEEP_TOKEN_TOO_LARGE);
    jwkeep_jws_stream *stream = NULL;
    assert_int_equal(
        jwkeep_jws_stream_begin_verify(token, JWKEEP_JWS_FORM_COMPACT, &options, &stream, NULL),
        JWKEEP_OK);
    assert_int_equal(jwkeep_jws_stream_feed(stream, text, NULL), JWKEEP_TOKEN_TOO_LARGE);
    assert_int_equal(jwkeep_jws_stream_feed(stream, JWKEEP_SPAN("x"), NULL),
                     JWKEEP_MISUSE_STATE);
    assert_int_equal(jwkeep_jws_stream_finish_verify(stream, NULL, NULL, NULL),
                     JWKEEP_MISUSE_STATE);
    jwkeep_jws_stream_free(stream);
    jwkeep_jwk_unref(key);
}

static void ends_once_and_in_its_own_way(void **state) {
    (void)state;
    jwkeep_jwk *key = key_of(RFC7517_A3_HMAC);
    jwkeep_jws_options options = {.key = key};
    jwkeep_jws_signer signer = {.key = key};
    jwkeep_jws_stream *stream = NULL;
    jwkeep_buffer token;
    jwkeep_buffer_init(&token, TOKEN_MAX);
    assert_int_equal(jwkeep_jws_stream_begin_verify(JWKEEP_SPAN(RFC7797_4_2),
                                                    JWKEEP_JWS_FORM_COMPACT, &options, &stream,
                                                    NULL),
                     JWKEEP_OK);
    assert_int_equal(jwkeep_jws_stream_finish_sign(stream, &token, NULL), JWKEEP_MISUSE_STATE);
    assert_int_equal(feed(stream, JWKEEP_SPAN(RFC7797_PAYLOAD_TEXT), 0), JWKEEP_OK);
    assert_int_equal(jwkeep_jws_stream_finish_verify(stream, NULL, NULL, NULL), JWKEEP_OK);
    assert_int_equal(jwkeep_jws_stream_finish_verify(stream, NULL, NULL, NULL),
                     JWKEEP_MISUSE_STATE);
    jwkeep_jws_stream_free(stream);
    assert_int_equal(
        jwkeep_jws_stream_begin_sign(&signer, JWKEEP_JWS_FORM_COMPACT, &stream, NULL),
        JWKEEP_OK);
    assert_int_equal(jwkeep_jws_stream_finish_verify(stream, NULL, NULL, NULL),
                     JWKEEP_MISUSE_STATE);
    assert_int_equal(jwkeep_jws_stream_finish_sign(stream, &token, NULL), JWKEEP_OK);
    assert_int_equal(jwkeep_jws_stream_finish_sign(stream, &token, NULL), JWKEEP_MISUSE_STATE);
    jwkeep_jws_stream_free(stream);
    jwkeep_jws_stream_free(NULL);
    jwkeep_buffer_done(&token);
    jwkeep_jwk_unref(key);
}

#define FLATTENED "{\"protected\":\"" RFC7797_4_2_PROTECTED "\""

static void refuses_before_the_payload_what_needs_none(void **state) {
    (void)state;
    static const struct {
        const char *token;
        jwkeep_jws_form form;
        jwkeep_code code;
    } rows[] = {
        {RFC7515_A1, JWKEEP_JWS_FORM_COMPACT, JWKEEP_PAYLOAD_NOT_DETACHED},
        {RFC7797_4_2_JSON, JWKEEP_JWS_FORM_FLATTENED, JWKEEP_PAYLOAD_NOT_DETACHED},
        {RFC7797_4_2_JSON, JWKEEP_JWS_FORM_COMPACT, JWKEEP_TOKEN_MALFORMED},
        {RFC7797_4_2, JWKEEP_JWS_FORM_FLATTENED, JWKEEP_JSON_SYNTAX},
        {RFC7797_4_2, JWKEEP_JWS_FORM_GENERAL, JWKEEP_MISUSE_ARGUMENT},
        {"eyJhbGciOiJIUzI1NiJ9..A*", JWKEEP_JWS_FORM_COMPACT, JWKEEP_BASE64URL_INVALID},
        {"eyJhbGciOiJub25lIn0..AA", JWKEEP_JWS_FORM_COMPACT, JWKEEP_ALG_NONE},
        {"eyJhbGciOiJSUzI1NiJ9..AA", JWKEEP_JWS_FORM_COMPACT, JWKEEP_KEY_ALG_MISMATCH},
        {"{\"signatures\":[" FLATTENED ",\"signature\":\"AA\"}]}", JWKEEP_JWS_FORM_FLATTENED,
         JWKEEP_TOO_MANY_SIGNATURES},
        {FLATTENED ",\"header\":{\"alg\":\"HS256\"},\"signature\":\"AA\"}",
         JWKEEP_JWS_FORM_FLATTENED, JWKEEP_HEADER_UNPROTECTED},
        {"{\"signature\":\"AA\"}", JWKEEP_JWS_FORM_FLATTENED, JWKEEP_ALG_MISSING},
    };
    jwkeep_jwk *key = key_of(RFC7517_A3_HMAC);
    jwkeep_jws_options options = {.key = key};
    for (size_t i = 0; i < JK_COUNT_OF(rows); i++)
        assert_int_equal(verify(jwkeep_span_text(rows[i].token), rows[i].form, &options,
                                JWKEEP_SPAN_NONE, 0),
                         rows[i].code);
    options.detached = JWKEEP_SPAN("x");
    assert_int_equal(verify(JWKEEP_SPAN(RFC7797_4_2), JWKEEP_JWS_FORM_COMPACT, &options,
                            JWKEEP_SPAN_NONE, 0),
                     JWKEEP_MISUSE_ARGUMENT);
    jwkeep_jwk_unref(key);
}

static bool refuse(void *user, const jwkeep_json *value) {
    (void)user;
    return jwkeep_json_type_of(value) == JWKEEP_JSON_NULL;
}

static void judges_extensions_and_pinned_keys_as_a_single_call(void **state) {
    (void)state;
    jwkeep_jwk *key = forge_key(JWKEEP_ALGORITHM_ES256, NULL);
    jwkeep_jwk *half = NULL;
    jwkeep_buffer header;
    jwkeep_buffer token;
    static const char *const critical[] = {"x"};
    const jwkeep_jws_extension extension = {"x", refuse, NULL};
    jwkeep_buffer_init(&header, TOKEN_MAX);
    jwkeep_buffer_init(&token, TOKEN_MAX);
    assert_int_equal(jwkeep_jwk_public(key, &half, NULL), JWKEEP_OK);
    assert_int_equal(jwkeep_buffer_append_text(&header, "{\"x\":1,\"jwk\":"), JWKEEP_OK);
    assert_int_equal(jwkeep_jwk_write(half, false, &header, NULL), JWKEEP_OK);
    assert_int_equal(jwkeep_buffer_append_text(&header, "}"), JWKEEP_OK);
    jwkeep_jws_signer signer = {.key = key, .header = jwkeep_buffer_span(&header)};
    jwkeep_span bytes = jwkeep_span_of(payload, 10);
    sign(&signer, JWKEEP_JWS_FORM_COMPACT, bytes, 0, &token);
    jwkeep_jws_options options = {.pinned_thumbprint = jwkeep_jwk_thumbprint(key)};
    assert_int_equal(
        verify(jwkeep_buffer_span(&token), JWKEEP_JWS_FORM_COMPACT, &options, bytes, 0),
        JWKEEP_OK);
    jwkeep_buffer_clear(&token);
    signer.critical = critical;
    signer.critical_count = 1;
    sign(&signer, JWKEEP_JWS_FORM_COMPACT, bytes, 0, &token);
    assert_int_equal(
        verify(jwkeep_buffer_span(&token), JWKEEP_JWS_FORM_COMPACT, &options, bytes, 0),
        JWKEEP_CRIT_UNSUPPORTED);
    options.extensions = &extension;
    options.extension_count = 1;
    assert_int_equal(
        verify(jwkeep_buffer_span(&token), JWKEEP_JWS_FORM_COMPACT, &options, bytes, 0),
        JWKEEP_EXTENSION_REFUSED);
    jwkeep_buffer_done(&token);
    jwkeep_buffer_done(&header);
    jwkeep_jwk_unref(half);
    jwkeep_jwk_unref(key);
}

static jwkeep_code sign_digest(void *user, jwkeep_algorithm algorithm, jwkeep_span input,
                               uint8_t *ret_signature, size_t *ret_size) {
    assert_int_equal(input.size, 32);
    return jk_key_sign_digest(jk_jwk_prepared(user), algorithm, input, ret_signature, ret_size,
                              NULL);
}

static void signs_through_a_device_that_takes_digests(void **state) {
    (void)state;
    jwkeep_jwk *key = forge_key(JWKEEP_ALGORITHM_PS256, NULL);
    jwkeep_jwk *other = forge_key(JWKEEP_ALGORITHM_PS256, NULL);
    jwkeep_signing_device device = {.sign = sign_digest, .user = key, .takes_digest = true};
    jwkeep_jws_signer signer = {.key = key, .device = &device};
    jwkeep_jws_options options = {.key = key};
    jwkeep_span bytes = jwkeep_span_of(payload, 3333);
    jwkeep_buffer token;
    jwkeep_buffer_init(&token, TOKEN_MAX);
    sign(&signer, JWKEEP_JWS_FORM_FLATTENED, bytes, 100, &token);
    assert_int_equal(
        verify(jwkeep_buffer_span(&token), JWKEEP_JWS_FORM_FLATTENED, &options, bytes, 0),
        JWKEEP_OK);
    jwkeep_jws_stream *stream = NULL;
    device.user = other;
    assert_int_equal(
        jwkeep_jws_stream_begin_sign(&signer, JWKEEP_JWS_FORM_COMPACT, &stream, NULL),
        JWKEEP_OK);
    assert_int_equal(jwkeep_jws_stream_finish_sign(stream, &token, NULL), JWKEEP_SIGNER_FAILED);
    jwkeep_jws_stream_free(stream);
    device.takes_digest = false;
    assert_int_equal(
        jwkeep_jws_stream_begin_sign(&signer, JWKEEP_JWS_FORM_COMPACT, &stream, NULL),
        JWKEEP_MISUSE_ARGUMENT);
    jwkeep_buffer_done(&token);
    jwkeep_jwk_unref(other);
    jwkeep_jwk_unref(key);
}

static void refuses_to_begin_what_it_could_not_write(void **state) {
    (void)state;
    jwkeep_jwk *key = key_of(RFC7517_A3_HMAC);
    jwkeep_jws_stream *stream = NULL;
    jwkeep_jws_signer signer = {.key = key, .unprotected = JWKEEP_SPAN("{\"kid\":\"x\"}")};
    assert_int_equal(
        jwkeep_jws_stream_begin_sign(&signer, JWKEEP_JWS_FORM_COMPACT, &stream, NULL),
        JWKEEP_MISUSE_ARGUMENT);
    assert_int_equal(
        jwkeep_jws_stream_begin_sign(&signer, JWKEEP_JWS_FORM_FLATTENED, &stream, NULL),
        JWKEEP_HEADER_REPEATED);
    signer.unprotected = JWKEEP_SPAN_NONE;
    assert_int_equal(
        jwkeep_jws_stream_begin_sign(&signer, JWKEEP_JWS_FORM_GENERAL, &stream, NULL),
        JWKEEP_MISUSE_ARGUMENT);
    assert_int_equal(jwkeep_jws_stream_begin_sign(NULL, JWKEEP_JWS_FORM_COMPACT, &stream, NULL),
                     JWKEEP_MISUSE_ARGUMENT);
    assert_null(stream);
    jwkeep_jwk_unref(key);
}

static void leaves_the_buffer_as_it_was_when_the_token_does_not_fit(void **state) {
    (void)state;
    static const jwkeep_jws_form forms[] = {JWKEEP_JWS_FORM_COMPACT, JWKEEP_JWS_FORM_FLATTENED};
    jwkeep_jwk *key = key_of(RFC7517_A3_HMAC);
    jwkeep_jws_signer signer = {.key = key};
    for (size_t i = 0; i < JK_COUNT_OF(forms); i++) {
        jwkeep_jws_stream *stream = NULL;
        jwkeep_buffer token;
        jwkeep_buffer_init(&token, 120);
        assert_int_equal(jwkeep_buffer_append_text(&token, "before"), JWKEEP_OK);
        assert_int_equal(jwkeep_jws_stream_begin_sign(&signer, forms[i], &stream, NULL),
                         JWKEEP_OK);
        assert_int_equal(jwkeep_jws_stream_finish_sign(stream, &token, NULL),
                         JWKEEP_MISUSE_TOO_SMALL);
        assert_true(holds(&token, "before"));
        jwkeep_buffer_done(&token);
        jwkeep_jws_stream_free(stream);
    }
    jwkeep_jwk_unref(key);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agrees_with_a_single_call_whatever_the_pieces),
        cmocka_unit_test(streams_every_algorithm_that_signs_a_digest),
        cmocka_unit_test(says_that_eddsa_cannot_be_streamed),
        cmocka_unit_test(verifies_the_unencoded_example_of_rfc_7797),
        cmocka_unit_test(tries_every_key_that_may_fit),
        cmocka_unit_test(bounds_what_is_fed),
        cmocka_unit_test(ends_once_and_in_its_own_way),
        cmocka_unit_test(refuses_before_the_payload_what_needs_none),
        cmocka_unit_test(judges_extensions_and_pinned_keys_as_a_single_call),
        cmocka_unit_test(signs_through_a_device_that_takes_digests),
        cmocka_unit_test(refuses_to_begin_what_it_could_not_write),
        cmocka_unit_test(leaves_the_buffer_as_it_was_when_the_token_does_not_fit),
    };
    return cmocka_run_group_tests(tests, fill_payload, NULL);
}
