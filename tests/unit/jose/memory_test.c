/* SPDX-License-Identifier: Apache-2.0
 *
 * Every allocation of reading, verifying, signing and writing fails once: the call says so,
 * leaves its outputs alone and loses nothing. */
#include "support/certificates.h"
#include "support/jose.h"
#include "unit/jose/vectors.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define NEVER 1000000

static size_t countdown = NEVER; /* allocations until one fails */
static size_t blocks;

static void *allocate(void *user, size_t size) {
    (void)user;
    if (countdown == 0 || --countdown == 0)
        return NULL;
    void *block = malloc(size);
    blocks += block != NULL;
    return block;
}

static void *reallocate(void *user, void *block, size_t size) {
    if (!block)
        return allocate(user, size);
    return countdown == 0 || --countdown == 0 ? NULL : realloc(block, size);
}

static void release(void *user, void *block) {
    (void)user;
    blocks -= block != NULL;
    free(block);
}

static int use_failing_allocator(void **state) {
    (void)state;
    static const jwkeep_allocator failing = {allocate, reallocate, release, NULL};
    return jwkeep_allocator_set(&failing, NULL) ? -1 : 0;
}

static jwkeep_jwk *signing_key;
static jwkeep_keyset *keys;
static jwkeep_buffer detached; /* a token */

typedef jwkeep_code (*attempt)(jwkeep_error *error);

static jwkeep_code parse_key(jwkeep_error *error) {
    jwkeep_jwk *key = NULL;
    jwkeep_code code = jwkeep_jwk_parse(jwkeep_span_text(RFC7520_RSA), NULL, &key, error);
    assert_true((code == JWKEEP_OK) == (key != NULL));
    jwkeep_jwk_unref(key);
    return code;
}

static jwkeep_code generate_key(jwkeep_error *error) {
    jwkeep_jwk *key = NULL;
    jwkeep_jwk_spec spec = {.algorithm = JWKEEP_ALGORITHM_ES256};
    jwkeep_code code = jwkeep_jwk_generate(&spec, &key, error);
    assert_true((code == JWKEEP_OK) == (key != NULL));
    jwkeep_jwk_unref(key);
    return code;
}

static jwkeep_code make_public(jwkeep_error *error) {
    jwkeep_jwk *key = NULL;
    jwkeep_code code = jwkeep_jwk_public(signing_key, &key, error);
    assert_true((code == JWKEEP_OK) == (key != NULL));
    jwkeep_jwk_unref(key);
    return code;
}

static bool answer(void *user, unsigned turn, jwkeep_buffer *passphrase) {
    (void)user, (void)turn;
    return jwkeep_buffer_append_text(passphrase, "right") == JWKEEP_OK;
}

static jwkeep_code export_and_import(jwkeep_error *error) {
    static const jwkeep_passphrase source = {answer, NULL};
    const jwkeep_jwk_import_options reading = {NULL, &source};
    const jwkeep_jwk_export_options writing = {
        .with_private = true, .passphrase = JWKEEP_SPAN("right"), .iterations = 1000};
    jwkeep_jwk *key = NULL;
    jwkeep_buffer text;
    jwkeep_buffer_init(&text, 8192);
    jwkeep_code code = jwkeep_jwk_export(signing_key, &writing, &text, error);
    assert_true((code == JWKEEP_OK) == (text.size > 0));
    if (!code)
        code = jwkeep_jwk_import(jwkeep_buffer_span(&text), &reading, &key, error);
    assert_true((code == JWKEEP_OK) == (key != NULL));
    jwkeep_jwk_unref(key);
    jwkeep_buffer_done(&text);
    return code;
}

static jwkeep_code relabel_key(jwkeep_error *error) {
    const jwkeep_jwk_labels labels = {.kid = JWKEEP_SPAN("new"), .ops = JWKEEP_JWK_OP_SIGN};
    jwkeep_jwk *key = NULL;
    jwkeep_code code = jwkeep_jwk_relabel(signing_key, &labels, &key, error);
    assert_true((code == JWKEEP_OK) == (key != NULL));
    jwkeep_jwk_unref(key);
    return code;
}

static jwkeep_code write_thumbprint(jwkeep_error *error) {
    jwkeep_buffer uri;
    jwkeep_buffer_init(&uri, 1000);
    jwkeep_code code =
        jwkeep_thumbprint_write_uri(signing_key, JWKEEP_THUMBPRINT_SHA512, &uri, error);
    assert_true((code == JWKEEP_OK) == (uri.size > 0));
    jwkeep_buffer_done(&uri);
    return code;
}

static jwkeep_code parse_key_with_members(jwkeep_error *error) {
    jwkeep_jwk *key = NULL;
    jwkeep_code code =
        jwkeep_jwk_parse(JWKEEP_SPAN("{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"" RFC8037_X
                                     "\",\"a\":[1,2],\"b\":{\"c\":\"\\u0061\"}}"),
                         NULL, &key, error);
    assert_true((code == JWKEEP_OK) == (key != NULL));
    jwkeep_jwk_unref(key);
    return code;
}

static jwkeep_buffer pem; /* a certificate signed by itself */

static jwkeep_code read_certificates(jwkeep_error *error) {
    jwkeep_certificate *certificate = NULL;
    jwkeep_jwk *key = NULL;
    jwkeep_jwk *again = NULL;
    jwkeep_buffer text;
    jwkeep_buffer_init(&text, 8192);
    jwkeep_code code =
        jwkeep_certificate_parse(jwkeep_buffer_span(&pem), NULL, &certificate, error);
    assert_true((code == JWKEEP_OK) == (certificate != NULL));
    if (!code)
        code = jwkeep_certificate_key(certificate, &key, error);
    assert_true((code == JWKEEP_OK) == (key != NULL));
    if (!code)
        code = jwkeep_jwk_write(key, false, &text, error);
    if (!code)
        code = jwkeep_jwk_parse(jwkeep_buffer_span(&text), NULL, &again, error);
    assert_true((code == JWKEEP_OK) == (again != NULL));
    jwkeep_jwk_unref(again);
    jwkeep_jwk_unref(key);
    jwkeep_certificate_unref(certificate);
    jwkeep_buffer_done(&text);
    return code;
}

static jwkeep_code check_trust(jwkeep_error *error) {
    jwkeep_certificate *certificate = NULL;
    jwkeep_trust *trust = NULL;
    const jwkeep_trust_options options = {.anchors = jwkeep_buffer_span(&pem)};
    jwkeep_code code =
        jwkeep_certificate_parse(jwkeep_buffer_span(&pem), NULL, &certificate, error);
    if (!code)
        code = jwkeep_trust_new(&options, &trust, error);
    assert_true((code == JWKEEP_OK) == (trust != NULL));
    if (!code)
        code =
            jwkeep_trust_check(trust, certificate, TEST_NOW, JWKEEP_TRUST_SIGNING, NULL, error);
    jwkeep_trust_free(trust);
    jwkeep_certificate_unref(certificate);
    return code;
}

static void make_pem(void) {
    EVP_PKEY *key = certificate_new_key();
    X509 *const list[] = {certificate_make(&(certificate_plan){.subject = "own", .key = key}),
                          NULL};
    certificate_pem(list, &pem);
    X509_free(list[0]);
    EVP_PKEY_free(key);
}

static jwkeep_code parse_set(jwkeep_error *error) {
    static const char json[] = "{\"keys\":[" RFC7517_A1_RSA "," RFC8037_A2 ",{}]}";
    jwkeep_keyset *set = NULL;
    jwkeep_code code = jwkeep_keyset_parse(jwkeep_span_text(json), NULL, &set, NULL, error);
    assert_true((code == JWKEEP_OK) == (set != NULL));
    jwkeep_keyset_unref(set);
    return code;
}

static jwkeep_code merge_sets(jwkeep_error *error) {
    jwkeep_keyset *set = NULL;
    jwkeep_code code = jwkeep_keyset_merge(keys, keys, &set, NULL, error);
    assert_true((code == JWKEEP_OK) == (set != NULL));
    jwkeep_keyset_unref(set);
    return code;
}

static bool keep_all(void *user, const jwkeep_jwk *key) {
    (void)user, (void)key;
    return true;
}

static jwkeep_code change_set(jwkeep_error *error) {
    jwkeep_keyset *first = NULL;
    jwkeep_keyset *second = NULL;
    jwkeep_keyset *third = NULL;
    jwkeep_code code = jwkeep_keyset_with_member(keys, "a", JWKEEP_SPAN("[1]"), &first, error);
    assert_true((code == JWKEEP_OK) == (first != NULL));
    if (!code)
        code = jwkeep_keyset_with(first, signing_key, &second, NULL, error);
    if (!code)
        code = jwkeep_keyset_filter(second, keep_all, NULL, &third, error);
    assert_true((code == JWKEEP_OK) == (third != NULL));
    jwkeep_keyset_unref(first);
    jwkeep_keyset_unref(second);
    jwkeep_keyset_unref(third);
    return code;
}

static jwkeep_code write_set(jwkeep_error *error) {
    jwkeep_buffer buffer;
    jwkeep_buffer_init(&buffer, 8192);
    jwkeep_code code = jwkeep_keyset_write(keys, true, &buffer, error);
    assert_true((code == JWKEEP_OK) == (buffer.size > 0));
    jwkeep_buffer_done(&buffer);
    return code;
}

static jwkeep_code verify_token(jwkeep_error *error) {
    jwkeep_jws_options options = {.keys = keys};
    jwkeep_buffer payload;
    jwkeep_buffer header;
    jwkeep_buffer_init(&payload, 8192);
    jwkeep_buffer_init(&header, 8192);
    const jwkeep_jwk *key = NULL;
    jwkeep_code code = jwkeep_jws_verify(jwkeep_span_text(RFC7520_4_1), &options, &payload,
                                         &header, &key, error);
    assert_true((code == JWKEEP_OK) == (payload.size > 0));
    assert_true((code == JWKEEP_OK) == (header.size > 0));
    assert_true((code == JWKEEP_OK) == (key != NULL));
    jwkeep_buffer_done(&payload);
    jwkeep_buffer_done(&header);
    return code;
}

static jwkeep_code sign_token(jwkeep_error *error) {
    jwkeep_jws_signer signer = {.key = signing_key, .header = JWKEEP_SPAN("{\"a\":[1]}")};
    jwkeep_buffer token;
    jwkeep_buffer_init(&token, 8192);
    jwkeep_code code = jwkeep_jws_sign(JWKEEP_SPAN("payload"), &signer, &token, error);
    assert_true((code == JWKEEP_OK) == (token.size > 0));
    jwkeep_buffer_done(&token);
    return code;
}

static jwkeep_code verify_json(jwkeep_error *error) {
    jwkeep_jws_options options = {.keys = keys};
    jwkeep_jws_policy policy = {.demand = JWKEEP_JWS_DEMAND_ANY};
    jwkeep_jws_json *verified = NULL;
    jwkeep_code code = jwkeep_jws_json_new(&verified, error);
    if (code)
        return code;
    code = jwkeep_jws_json_verify(JWKEEP_SPAN(RFC7520_4_8), &options, &policy, verified, error);
    assert_true((code == JWKEEP_OK) == (jwkeep_jws_json_payload(verified).size > 0));
    assert_int_equal(jwkeep_jws_json_count(verified), code ? 0 : 3);
    jwkeep_jws_json_free(verified);
    return code;
}

static jwkeep_code verify_detached(jwkeep_error *error) {
    jwkeep_jws_options options = {
        .pinned_thumbprint = jwkeep_jwk_thumbprint(signing_key),
        .detached = JWKEEP_SPAN("payload"),
    };
    return jwkeep_jws_verify(jwkeep_buffer_span(&detached), &options, NULL, NULL, NULL, error);
}

static jwkeep_code sign_json(jwkeep_error *error) {
    jwkeep_jws_signer signers[] = {
        {.key = signing_key, .header = JWKEEP_SPAN("{\"a\":[1]}")},
        {.key = signing_key, .unprotected = JWKEEP_SPAN("{\"b\":{}}")},
    };
    jwkeep_buffer token;
    jwkeep_buffer_init(&token, 8192);
    jwkeep_code code = jwkeep_jws_json_sign(JWKEEP_SPAN("payload"), signers, 2,
                                            JWKEEP_JWS_FORM_GENERAL, &token, error);
    assert_true((code == JWKEEP_OK) == (token.size > 0));
    jwkeep_buffer_done(&token);
    return code;
}

static jwkeep_code look_into_json(jwkeep_error *error) {
    jwkeep_buffer headers;
    jwkeep_buffer_init(&headers, 8192);
    jwkeep_code code =
        jwkeep_jws_json_decode_insecure(JWKEEP_SPAN(RFC7520_4_8), NULL, &headers, NULL, error);
    assert_true((code == JWKEEP_OK) == (headers.size > 0));
    jwkeep_buffer_done(&headers);
    return code;
}

static jwkeep_code look_into_token(jwkeep_error *error) {
    jwkeep_buffer payload;
    jwkeep_buffer_init(&payload, 8192);
    jwkeep_code code =
        jwkeep_jws_decode_insecure(JWKEEP_SPAN(RFC7520_4_1), NULL, NULL, &payload, error);
    assert_true((code == JWKEEP_OK) == (payload.size > 0));
    jwkeep_buffer_done(&payload);
    return code;
}

static jwkeep_code verify_stream(jwkeep_error *error) {
    jwkeep_jws_options options = {.pinned_thumbprint = jwkeep_jwk_thumbprint(signing_key)};
    jwkeep_jws_stream *stream = NULL;
    jwkeep_code code = jwkeep_jws_stream_begin_verify(
        jwkeep_buffer_span(&detached), JWKEEP_JWS_FORM_COMPACT, &options, &stream, error);
    assert_true((code == JWKEEP_OK) == (stream != NULL));
    if (!code)
        code = jwkeep_jws_stream_feed(stream, JWKEEP_SPAN("payload"), error);
    if (!code)
        code = jwkeep_jws_stream_finish_verify(stream, NULL, NULL, error);
    jwkeep_jws_stream_free(stream);
    return code;
}

static jwkeep_code sign_stream(jwkeep_error *error) {
    jwkeep_jws_signer signer = {.key = signing_key, .unprotected = JWKEEP_SPAN("{\"a\":1}")};
    jwkeep_jws_stream *stream = NULL;
    jwkeep_buffer token;
    jwkeep_buffer_init(&token, 8192);
    jwkeep_code code =
        jwkeep_jws_stream_begin_sign(&signer, JWKEEP_JWS_FORM_FLATTENED, &stream, error);
    assert_true((code == JWKEEP_OK) == (stream != NULL));
    if (!code)
        code = jwkeep_jws_stream_finish_sign(stream, &token, error);
    assert_true((code == JWKEEP_OK) == (token.size > 0));
    jwkeep_jws_stream_free(stream);
    jwkeep_buffer_done(&token);
    return code;
}

/* A token with the signing key in its header, without its payload. */
static void make_detached(void) {
    jwkeep_jwk *half = NULL;
    jwkeep_buffer header;
    jwkeep_buffer_init(&header, 8192);
    jwkeep_buffer_init(&detached, 8192);
    assert_int_equal(jwkeep_jwk_public(signing_key, &half, NULL), JWKEEP_OK);
    assert_int_equal(jwkeep_buffer_append_text(&header, "{\"jwk\":"), JWKEEP_OK);
    assert_int_equal(jwkeep_jwk_write(half, false, &header, NULL), JWKEEP_OK);
    assert_int_equal(jwkeep_buffer_append_text(&header, "}"), JWKEEP_OK);
    jwkeep_jws_signer signer = {
        .key = signing_key, .header = jwkeep_buffer_span(&header), .is_payload_detached = true};
    assert_int_equal(jwkeep_jws_sign(JWKEEP_SPAN("payload"), &signer, &detached, NULL),
                     JWKEEP_OK);
    jwkeep_buffer_done(&header);
    jwkeep_jwk_unref(half);
}

/* Fails the first allocation, then the second, until the attempt needs no further one. */
static void fail_each(attempt run) {
    assert_int_equal(run(NULL), JWKEEP_OK); /* what is kept for later is there now */
    size_t before = blocks;
    for (size_t n = 1;; n++) {
        jwkeep_error error = {.code = JWKEEP_OK};
        countdown = n;
        jwkeep_code code = run(&error);
        bool has_failed = countdown == 0;
        countdown = NEVER;
        assert_int_equal(code, has_failed ? JWKEEP_OUT_OF_MEMORY : JWKEEP_OK);
        assert_int_equal(error.code, code);
        assert_int_equal(blocks, before);
        if (!has_failed) {
            assert_true(n > 1);
            return;
        }
    }
}

static void every_call_survives_the_lack_of_memory(void **state) {
    (void)state;
    static const attempt attempts[] = {parse_key,
                                       generate_key,
                                       make_public,
                                       export_and_import,
                                       relabel_key,
                                       write_thumbprint,
                                       parse_key_with_members,
                                       read_certificates,
                                       check_trust,
                                       parse_set,
                                       merge_sets,
                                       change_set,
                                       write_set,
                                       verify_token,
                                       sign_token,
                                       verify_json,
                                       sign_json,
                                       verify_detached,
                                       look_into_json,
                                       look_into_token,
                                       verify_stream,
                                       sign_stream};
    make_pem();
    signing_key = key_of(RFC7520_RSA);
    keys = keyset_of("{\"keys\":[{" RFC7520_RSA_PUBLIC "}," RFC7520_HMAC "]}");
    make_detached();
    for (size_t i = 0; i < sizeof attempts / sizeof attempts[0]; i++)
        fail_each(attempts[i]);
    jwkeep_buffer_done(&detached);
    jwkeep_jwk_unref(signing_key);
    jwkeep_keyset_unref(keys);
    jwkeep_buffer_done(&pem);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_call_survives_the_lack_of_memory),
    };
    return cmocka_run_group_tests(tests, use_failing_allocator, NULL);
}
