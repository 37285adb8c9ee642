/* SPDX-License-Identifier: Apache-2.0
 *
 * What the options add to a compact JWS: detached payloads, payloads without encoding, critical
 * extensions that the caller understands, a pinned key in the header. */
#include "base/attributes.h"
#include "support/forge.h"
#include "support/jose.h"
#include "unit/jose/vectors.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define TOKEN_MAX 8192
#define B64_HEADER "{\"alg\":\"HS256\",\"b64\":false,\"crit\":[\"b64\"]}"

static jwkeep_jwk *hmac_key;

static int make_key(void **state) {
    (void)state;
    hmac_key = key_of(RFC7517_A3_HMAC);
    return 0;
}

static int free_key(void **state) {
    (void)state;
    jwkeep_jwk_unref(hmac_key);
    return 0;
}

/* The code, and the payload where it is given: nothing is when the token is refused. */
static jwkeep_code verify(const char *token, const jwkeep_jws_options *options,
                          const char *payload_text) {
    jwkeep_buffer payload;
    jwkeep_error error = {.code = JWKEEP_OK};
    jwkeep_buffer_init(&payload, TOKEN_MAX);
    jwkeep_code code =
        jwkeep_jws_verify(jwkeep_span_text(token), options, &payload, NULL, NULL, &error);
    assert_int_equal(error.code, code);
    if (code)
        assert_int_equal(payload.size, 0);
    else if (payload_text && !holds(&payload, payload_text))
        fail_msg("%.*s", (int)payload.size, (const char *)payload.data);
    jwkeep_buffer_done(&payload);
    return code;
}

static void accepts_the_examples_of_rfc_7797(void **state) {
    (void)state;
    jwkeep_jws_options options = {.key = hmac_key};
    assert_int_equal(verify(RFC7797_4_1, &options, RFC7797_PAYLOAD_TEXT), JWKEEP_OK);
    options.detached = JWKEEP_SPAN(RFC7797_PAYLOAD_TEXT);
    assert_int_equal(verify(RFC7797_4_2, &options, RFC7797_PAYLOAD_TEXT), JWKEEP_OK);
    options.detached = JWKEEP_SPAN("$.03");
    assert_int_equal(verify(RFC7797_4_2, &options, NULL), JWKEEP_SIGNATURE_INVALID);
}

static void check_signed(const jwkeep_jws_signer *signer, const char *payload,
                         const char *expected) {
    jwkeep_buffer token;
    jwkeep_buffer_init(&token, TOKEN_MAX);
    assert_int_equal(jwkeep_jws_sign(jwkeep_span_text(payload), signer, &token, NULL),
                     JWKEEP_OK);
    if (!holds(&token, expected))
        fail_msg("%.*s", (int)token.size, (const char *)token.data);
    jwkeep_buffer_done(&token);
}

static void signs_the_examples_of_rfc_7797_byte_for_byte(void **state) {
    (void)state;
    jwkeep_jws_signer signer = {
        .key = hmac_key, .algorithm = JWKEEP_ALGORITHM_HS256, .is_kid_omitted = true};
    check_signed(&signer, RFC7797_PAYLOAD_TEXT, RFC7797_4_1);
    signer.is_payload_detached = true;
    signer.is_payload_unencoded = true;
    check_signed(&signer, RFC7797_PAYLOAD_TEXT, RFC7797_4_2);
}

/* RFC 7520 §4.5: the token of §4.4 without its payload. */
static void accepts_a_detached_payload_only_beside_the_token(void **state) {
    (void)state;
    static char token[TOKEN_MAX];
    const char *dot = strchr(RFC7520_4_4, '.');
    snprintf(token, sizeof token, "%.*s.%s", (int)(dot - RFC7520_4_4), RFC7520_4_4,
             strrchr(RFC7520_4_4, '.'));
    jwkeep_jwk *key = key_of(RFC7520_HMAC);
    jwkeep_jws_options options = {.key = key};
    assert_int_equal(verify(token, &options, NULL), JWKEEP_SIGNATURE_INVALID);
    options.detached = JWKEEP_SPAN(RFC7520_PAYLOAD_TEXT);
    assert_int_equal(verify(token, &options, RFC7520_PAYLOAD_TEXT), JWKEEP_OK);
    assert_int_equal(verify(RFC7520_4_4, &options, NULL), JWKEEP_PAYLOAD_NOT_DETACHED);
    options.detached = JWKEEP_SPAN("");
    assert_int_equal(verify(token, &options, NULL), JWKEEP_SIGNATURE_INVALID);
    jwkeep_jwk_unref(key);
}

static void finds_the_stray_character_of_a_detached_token(void **state) {
    (void)state;
    jwkeep_jws_options options = {.key = hmac_key, .detached = JWKEEP_SPAN("a long payload")};
    jwkeep_error error;
    assert_int_equal(jwkeep_jws_verify(JWKEEP_SPAN("eyJhbGciOiJIUzI1NiJ9..AA*A"), &options,
                                       NULL, NULL, NULL, &error),
                     JWKEEP_BASE64URL_INVALID);
    assert_int_equal(error.offset, 24);
}

static void bounds_a_detached_payload(void **state) {
    (void)state;
    jwkeep_limits limits;
    jwkeep_limits_init(&limits);
    jwkeep_jws_options options = {
        .key = hmac_key, .limits = &limits, .detached = JWKEEP_SPAN(RFC7797_PAYLOAD_TEXT)};
    limits.max_detached_bytes = sizeof RFC7797_PAYLOAD_TEXT - 1;
    assert_int_equal(verify(RFC7797_4_2, &options, NULL), JWKEEP_OK);
    limits.max_detached_bytes--;
    assert_int_equal(verify(RFC7797_4_2, &options, NULL), JWKEEP_TOKEN_TOO_LARGE);
}

/* A token whose payload stands in it as it is. */
static char *unencoded(const char *header, const char *payload) {
    char *encoded = forge_base64url(jwkeep_span_text(header));
    char *token = forge_segments(encoded, payload, hmac_key, JWKEEP_ALGORITHM_HS256);
    free(encoded);
    return token;
}

static jwkeep_code verify_unencoded(const char *header, const char *payload) {
    jwkeep_jws_options options = {.key = hmac_key};
    char *token = unencoded(header, payload);
    jwkeep_code code = verify(token, &options, payload);
    free(token);
    return code;
}

static void takes_an_unencoded_payload_as_it_is(void **state) {
    (void)state;
    assert_int_equal(verify_unencoded(B64_HEADER, "any bytes = + \xff"), JWKEEP_OK);
    assert_int_equal(verify_unencoded(B64_HEADER, ""), JWKEEP_OK);
    assert_int_equal(verify_unencoded(B64_HEADER, "a.b"), JWKEEP_TOKEN_MALFORMED);
    jwkeep_jws_signer signer = {.key = hmac_key, .is_payload_unencoded = true};
    jwkeep_buffer token;
    jwkeep_error error;
    jwkeep_buffer_init(&token, TOKEN_MAX);
    assert_int_equal(jwkeep_jws_sign(JWKEEP_SPAN("a.b"), &signer, &token, &error),
                     JWKEEP_PAYLOAD_UNENCODABLE);
    assert_int_equal(error.offset, 1);
    signer.is_payload_detached = true;
    assert_int_equal(jwkeep_jws_sign(JWKEEP_SPAN("a.b"), &signer, &token, NULL), JWKEEP_OK);
    jwkeep_buffer_done(&token);
}

static void b64_counts_only_where_it_is_critical(void **state) {
    (void)state;
    assert_int_equal(verify_unencoded("{\"alg\":\"HS256\",\"b64\":false}", "x"),
                     JWKEEP_HEADER_INVALID);
    assert_int_equal(
        verify_unencoded("{\"alg\":\"HS256\",\"b64\":\"false\",\"crit\":[\"b64\"]}", "x"),
        JWKEEP_HEADER_INVALID);
    assert_int_equal(
        verify_unencoded("{\"alg\":\"HS256\",\"b64\":true,\"crit\":[\"b64\"]}", "*"),
        JWKEEP_BASE64URL_INVALID);
}

/* 16. The limit on a token is gone round with a payload that is not encoded
 * (GHSA-wphv-vfrh-23q5). */
static void an_unencoded_payload_counts_like_any_other(void **state) {
    (void)state;
    jwkeep_limits limits;
    jwkeep_limits_init(&limits);
    jwkeep_jws_options options = {.key = hmac_key, .limits = &limits};
    char *token = unencoded(B64_HEADER, "0123456789");
    limits.max_token_bytes = strlen(token);
    assert_int_equal(verify(token, &options, "0123456789"), JWKEEP_OK);
    limits.max_token_bytes--;
    assert_int_equal(verify(token, &options, NULL), JWKEEP_TOKEN_TOO_LARGE);
    free(token);
}

/* RFC 7797 §7: a JWT is never without encoding, and never detached. */
static void a_jwt_is_always_encoded(void **state) {
    (void)state;
    jwkeep_token *result = NULL;
    assert_int_equal(jwkeep_token_new(&result, NULL), JWKEEP_OK);
    char *token = unencoded(B64_HEADER, "{}");
    assert_int_equal(
        jwkeep_jwt_verify(jwkeep_span_text(token), hmac_key, NULL, NULL, 0, result, NULL, NULL),
        JWKEEP_CRIT_UNSUPPORTED);
    free(token);
    token = unencoded("{\"alg\":\"HS256\",\"b64\":false}", "{}");
    assert_int_equal(
        jwkeep_jwt_verify(jwkeep_span_text(token), hmac_key, NULL, NULL, 0, result, NULL, NULL),
        JWKEEP_HEADER_INVALID);
    free(token);
    jwkeep_token_free(result);
    jwkeep_buffer written;
    jwkeep_buffer_init(&written, TOKEN_MAX);
    jwkeep_jws_signer signer = {.key = hmac_key, .is_payload_unencoded = true};
    assert_int_equal(jwkeep_jwt_sign(JWKEEP_SPAN("{}"), &signer, &written, NULL),
                     JWKEEP_MISUSE_ARGUMENT);
    signer = (jwkeep_jws_signer){.key = hmac_key, .is_payload_detached = true};
    assert_int_equal(jwkeep_jwt_sign(JWKEEP_SPAN("{}"), &signer, &written, NULL),
                     JWKEEP_MISUSE_ARGUMENT);
    jwkeep_buffer_done(&written);
}

/* Accepts the numbers under 10, and counts how often it is asked. */
static bool accept_small(void *user, const jwkeep_json *value) {
    int64_t number;
    ++*(int *)user;
    return jwkeep_json_int64(value, &number) == JWKEEP_OK && number < 10;
}

static jwkeep_code verify_extension(const char *header, const jwkeep_jws_extension *extensions,
                                    size_t count) {
    jwkeep_jws_options options = {
        .key = hmac_key, .extensions = extensions, .extension_count = count};
    static char token[TOKEN_MAX];
    forge(hmac_key, JWKEEP_ALGORITHM_HS256, header, "payload", token, sizeof token);
    return verify(token, &options, "payload");
}

static void understands_the_extensions_it_is_told(void **state) {
    (void)state;
    int asked = 0;
    const jwkeep_jws_extension extensions[] = {{"x", accept_small, &asked}, {"y", NULL, NULL}};
    static const struct {
        const char *header;
        jwkeep_code code;
        int asked;
    } rows[] = {
        {"{\"alg\":\"HS256\",\"crit\":[\"x\"],\"x\":1}", JWKEEP_OK, 1},
        {"{\"alg\":\"HS256\",\"crit\":[\"y\",\"x\"],\"x\":1,\"y\":null}", JWKEEP_OK, 1},
        {"{\"alg\":\"HS256\",\"crit\":[\"y\"],\"x\":10,\"y\":null}", JWKEEP_OK, 0},
        {"{\"alg\":\"HS256\",\"crit\":[\"x\"],\"x\":10}", JWKEEP_EXTENSION_REFUSED, 1},
        {"{\"alg\":\"HS256\",\"crit\":[\"x\",\"z\"],\"x\":1,\"z\":1}", JWKEEP_CRIT_UNSUPPORTED,
         0},
        {"{\"alg\":\"HS256\",\"crit\":[\"X\"],\"X\":1}", JWKEEP_CRIT_UNSUPPORTED, 0},
        {"{\"alg\":\"HS256\",\"crit\":[\"x\"]}", JWKEEP_CRIT_INVALID, 0},
        {"{\"alg\":\"HS256\",\"crit\":[\"x\",\"x\"],\"x\":1}", JWKEEP_CRIT_INVALID, 0},
    };
    for (size_t i = 0; i < JK_COUNT_OF(rows); i++) {
        asked = 0;
        assert_int_equal(verify_extension(rows[i].header, extensions, 2), rows[i].code);
        assert_int_equal(asked, rows[i].asked);
    }
}

static void asks_about_extensions_only_once_the_signature_holds(void **state) {
    (void)state;
    int asked = 0;
    const jwkeep_jws_extension extension = {"x", accept_small, &asked};
    jwkeep_jws_options options = {
        .key = hmac_key, .extensions = &extension, .extension_count = 1};
    static char token[TOKEN_MAX];
    forge(hmac_key, JWKEEP_ALGORITHM_HS256, "{\"alg\":\"HS256\",\"crit\":[\"x\"],\"x\":1}",
          "payload", token, sizeof token);
    snprintf(strrchr(token, '.'), 8, ".AAAA");
    assert_int_equal(verify(token, &options, NULL), JWKEEP_SIGNATURE_INVALID);
    assert_int_equal(asked, 0);
}

static void bounds_the_names_in_crit(void **state) {
    (void)state;
    jwkeep_limits limits;
    jwkeep_limits_init(&limits);
    static const jwkeep_jws_extension extensions[] = {{"x", NULL, NULL}, {"y", NULL, NULL}};
    jwkeep_jws_options options = {
        .key = hmac_key, .extensions = extensions, .extension_count = 2, .limits = &limits};
    static char token[TOKEN_MAX];
    forge(hmac_key, JWKEEP_ALGORITHM_HS256,
          "{\"alg\":\"HS256\",\"crit\":[\"x\",\"y\"],\"x\":1,\"y\":1}", "{}", token,
          sizeof token);
    limits.max_crit = 2;
    assert_int_equal(verify(token, &options, NULL), JWKEEP_OK);
    limits.max_crit = 1;
    assert_int_equal(verify(token, &options, NULL), JWKEEP_CRIT_INVALID);
}

static void takes_no_standard_name_for_an_extension(void **state) {
    (void)state;
    static const char *const names[] = {NULL, "", "alg", "b64", "crit", "p2c", "x5t#S256"};
    for (size_t i = 0; i < JK_COUNT_OF(names); i++) {
        const jwkeep_jws_extension extension = {names[i], NULL, NULL};
        assert_int_equal(verify_extension("{\"alg\":\"HS256\"}", &extension, 1),
                         JWKEEP_MISUSE_ARGUMENT);
    }
    assert_int_equal(verify_extension("{\"alg\":\"HS256\"}", NULL, 1), JWKEEP_MISUSE_ARGUMENT);
}

static jwkeep_code sign_critical(const char *header, const char *const *names, size_t count,
                                 const char *expected) {
    static const jwkeep_jws_extension extensions[] = {{"x", NULL, NULL}, {"y", NULL, NULL}};
    jwkeep_jws_options options = {
        .key = hmac_key, .extensions = extensions, .extension_count = 2};
    jwkeep_jws_signer signer = {.key = hmac_key,
                                .algorithm = JWKEEP_ALGORITHM_HS256,
                                .is_kid_omitted = true,
                                .header = jwkeep_span_text(header),
                                .critical = names,
                                .critical_count = count};
    jwkeep_buffer token;
    jwkeep_buffer written;
    jwkeep_buffer_init(&token, TOKEN_MAX);
    jwkeep_buffer_init(&written, TOKEN_MAX);
    jwkeep_code code = jwkeep_jws_sign(JWKEEP_SPAN("{}"), &signer, &token, NULL);
    if (!code) {
        assert_int_equal(
            jwkeep_jws_verify(jwkeep_buffer_span(&token), &options, NULL, &written, NULL, NULL),
            JWKEEP_OK);
        assert_true(holds(&written, expected));
    }
    jwkeep_buffer_done(&written);
    jwkeep_buffer_done(&token);
    return code;
}

static void signs_critical_extensions(void **state) {
    (void)state;
    static const char *const both[] = {"y", "x"};
    static const char *const twice[] = {"x", "x"};
    static const char *const standard[] = {"jku"};
    const char *header = "{\"x\":1,\"y\":2,\"jku\":\"u\"}";
    assert_int_equal(sign_critical(header, both, 2,
                                   "{\"alg\":\"HS256\",\"x\":1,\"y\":2,\"jku\":\"u\",\"crit\":"
                                   "[\"y\",\"x\"]}"),
                     JWKEEP_OK);
    assert_int_equal(sign_critical(header, twice, 2, NULL), JWKEEP_CRIT_INVALID);
    assert_int_equal(sign_critical(header, standard, 1, NULL), JWKEEP_CRIT_INVALID);
    assert_int_equal(sign_critical("{\"y\":1}", both, 2, NULL), JWKEEP_CRIT_INVALID);
    assert_int_equal(sign_critical(header, NULL, 1, NULL), JWKEEP_MISUSE_ARGUMENT);
}

static void has_no_unprotected_header_in_a_compact_token(void **state) {
    (void)state;
    jwkeep_jws_signer signer = {.key = hmac_key, .unprotected = JWKEEP_SPAN("{}")};
    jwkeep_buffer token;
    jwkeep_buffer_init(&token, TOKEN_MAX);
    assert_int_equal(jwkeep_jws_sign(JWKEEP_SPAN("{}"), &signer, &token, NULL),
                     JWKEEP_MISUSE_ARGUMENT);
    jwkeep_buffer_done(&token);
}

#define EC_PUBLIC                                                                              \
    "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" RFC7517_EC_X "\",\"y\":\"" RFC7517_EC_Y "\"}"
#define EC_PRIVATE                                                                             \
    "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" RFC7517_EC_X "\",\"y\":\"" RFC7517_EC_Y       \
    "\",\"d\":\"" RFC7517_EC_D "\"}"

static jwkeep_code verify_embedded(const char *jwk_member, const jwkeep_jwk *pinned,
                                   const jwkeep_jwk **ret_key) {
    jwkeep_jwk *key = key_of(EC_PRIVATE);
    static char header[2048];
    static char token[TOKEN_MAX];
    snprintf(header, sizeof header, "{\"alg\":\"ES256\"%s%s}", jwk_member ? ",\"jwk\":" : "",
             jwk_member ? jwk_member : "");
    forge(key, JWKEEP_ALGORITHM_ES256, header, "payload", token, sizeof token);
    jwkeep_jws_options options = {.pinned_thumbprint = jwkeep_jwk_thumbprint(pinned)};
    jwkeep_code code =
        jwkeep_jws_verify(jwkeep_span_text(token), &options, NULL, NULL, ret_key, NULL);
    jwkeep_jwk_unref(key);
    return code;
}

/* 7. A stranger's key comes with the token (CVE-2018-0114): only the pinned one is used. */
static void uses_an_embedded_key_only_where_it_is_the_pinned_one(void **state) {
    (void)state;
    jwkeep_jwk *pinned = key_of(EC_PUBLIC);
    jwkeep_jwk *other = key_of(RFC7515_A3_KEY);
    const jwkeep_jwk *used = other;
    assert_int_equal(verify_embedded(EC_PUBLIC, pinned, &used), JWKEEP_OK);
    assert_null(used);
    assert_int_equal(verify_embedded(EC_PUBLIC, other, NULL), JWKEEP_EMBEDDED_KEY_MISMATCH);
    assert_int_equal(verify_embedded(RFC7515_A3_KEY, pinned, NULL),
                     JWKEEP_EMBEDDED_KEY_MISMATCH);
    assert_int_equal(verify_embedded(RFC7515_A3_KEY, other, NULL), JWKEEP_SIGNATURE_INVALID);
    assert_int_equal(verify_embedded(NULL, pinned, NULL), JWKEEP_EMBEDDED_KEY_MISSING);
    assert_int_equal(verify_embedded(EC_PRIVATE, pinned, NULL), JWKEEP_JWK_NOT_PUBLIC);
    assert_int_equal(verify_embedded(RFC7520_HMAC, pinned, NULL), JWKEEP_JWK_NOT_PUBLIC);
    assert_int_equal(verify_embedded("1", pinned, NULL), JWKEEP_JWK_INVALID);
    assert_int_equal(verify_embedded("{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" RFC7517_EC_X
                                     "\",\"y\":\"" RFC7517_EC_Y "\",\"use\":\"enc\"}",
                                     pinned, NULL),
                     JWKEEP_KEY_USE_FORBIDDEN);
    jwkeep_jwk_unref(pinned);
    jwkeep_jwk_unref(other);
}

static void pins_one_thumbprint_instead_of_keys(void **state) {
    (void)state;
    jwkeep_jws_options options = {.key = hmac_key,
                                  .pinned_thumbprint = jwkeep_jwk_thumbprint(hmac_key)};
    assert_int_equal(verify(RFC7515_A1, &options, NULL), JWKEEP_MISUSE_ARGUMENT);
    options.key = NULL;
    assert_int_equal(verify(RFC7515_A1, &options, NULL), JWKEEP_EMBEDDED_KEY_MISSING);
    options.pinned_thumbprint.size--;
    assert_int_equal(verify(RFC7515_A1, &options, NULL), JWKEEP_MISUSE_ARGUMENT);
}

static void shows_an_unencoded_payload_when_asked_insecurely(void **state) {
    (void)state;
    char *token = unencoded(B64_HEADER, "as it is");
    jwkeep_buffer payload;
    jwkeep_buffer_init(&payload, TOKEN_MAX);
    assert_int_equal(
        jwkeep_jws_decode_insecure(jwkeep_span_text(token), NULL, NULL, &payload, NULL),
        JWKEEP_OK);
    assert_true(holds(&payload, "as it is"));
    jwkeep_buffer_done(&payload);
    free(token);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accepts_the_examples_of_rfc_7797),
        cmocka_unit_test(signs_the_examples_of_rfc_7797_byte_for_byte),
        cmocka_unit_test(accepts_a_detached_payload_only_beside_the_token),
        cmocka_unit_test(finds_the_stray_character_of_a_detached_token),
        cmocka_unit_test(bounds_a_detached_payload),
        cmocka_unit_test(takes_an_unencoded_payload_as_it_is),
        cmocka_unit_test(b64_counts_only_where_it_is_critical),
        cmocka_unit_test(an_unencoded_payload_counts_like_any_other),
        cmocka_unit_test(a_jwt_is_always_encoded),
        cmocka_unit_test(understands_the_extensions_it_is_told),
        cmocka_unit_test(asks_about_extensions_only_once_the_signature_holds),
        cmocka_unit_test(bounds_the_names_in_crit),
        cmocka_unit_test(takes_no_standard_name_for_an_extension),
        cmocka_unit_test(signs_critical_extensions),
        cmocka_unit_test(has_no_unprotected_header_in_a_compact_token),
        cmocka_unit_test(uses_an_embedded_key_only_where_it_is_the_pinned_one),
        cmocka_unit_test(pins_one_thumbprint_instead_of_keys),
        cmocka_unit_test(shows_an_unencoded_payload_when_asked_insecurely),
    };
    return cmocka_run_group_tests(tests, make_key, free_key);
}
