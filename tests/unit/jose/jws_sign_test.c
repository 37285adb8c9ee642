/* SPDX-License-Identifier: Apache-2.0
 *
 * Signing compact tokens: byte for byte as the RFCs print where a signature has one form
 * only, verified again where it has not. */
#include "base/attributes.h"
#include "support/jose.h"
#include "unit/jose/vectors.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define TOKEN_MAX 4096
#define EC_PUBLIC                                                                              \
    "\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" RFC7517_EC_X "\",\"y\":\"" RFC7517_EC_Y "\""
#define EC_PRIVATE EC_PUBLIC ",\"d\":\"" RFC7517_EC_D "\""

static void check_token(const char *jwk, const char *payload, const char *expected) {
    jwkeep_jwk *key = key_of(jwk);
    jwkeep_buffer token;
    jwkeep_buffer_init(&token, TOKEN_MAX);
    jwkeep_jws_signer signer = {.key = key};
    assert_int_equal(jwkeep_jws_sign(jwkeep_span_text(payload), &signer, &token, NULL),
                     JWKEEP_OK);
    if (!holds(&token, expected))
        fail_msg("%.*s\nis not %s", (int)token.size, (const char *)token.data, expected);
    jwkeep_buffer_done(&token);
    jwkeep_jwk_unref(key);
}

static void signs_the_examples_of_the_rfcs(void **state) {
    (void)state;
    check_token(RFC7520_RSA, RFC7520_PAYLOAD_TEXT, RFC7520_4_1);
    check_token(RFC7520_HMAC, RFC7520_PAYLOAD_TEXT, RFC7520_4_4);
    check_token(RFC8037_A1, RFC8037_PAYLOAD_TEXT, RFC8037_A4);
}

/* The header of what `signer` signs, or the code it is refused with. */
static jwkeep_code header_of(const jwkeep_jws_signer *signer, jwkeep_buffer *ret_header,
                             jwkeep_error *error) {
    jwkeep_buffer token;
    jwkeep_buffer_init(&token, TOKEN_MAX);
    jwkeep_code code = jwkeep_jws_sign(JWKEEP_SPAN("{}"), signer, &token, error);
    assert_true((code == JWKEEP_OK) == (token.size > 0));
    jwkeep_jws_options options = {.key = signer->key};
    if (!code &&
        jwkeep_jws_verify(jwkeep_buffer_span(&token), &options, NULL, ret_header, NULL, NULL))
        fail_msg("what was signed does not hold");
    jwkeep_buffer_done(&token);
    return code;
}

static void check_header(const jwkeep_jws_signer *signer, const char *expected) {
    jwkeep_buffer header;
    jwkeep_buffer_init(&header, TOKEN_MAX);
    assert_int_equal(header_of(signer, &header, NULL), JWKEEP_OK);
    if (!holds(&header, expected))
        fail_msg("%.*s", (int)header.size, (const char *)header.data);
    jwkeep_buffer_done(&header);
}

static void writes_the_header_in_order(void **state) {
    (void)state;
    jwkeep_jwk *key = key_of("{" EC_PRIVATE ",\"kid\":\"a\\\"\"}");
    jwkeep_jws_signer signer = {.key = key};
    check_header(&signer, "{\"alg\":\"ES256\",\"kid\":\"a\\\"\"}");
    signer.typ = JWKEEP_SPAN("at+jwt");
    signer.cty = JWKEEP_SPAN("x");
    signer.header = JWKEEP_SPAN("{ \"x\\u0022\" : [1, 2] , \"jku\":\"https://a\"}");
    check_header(&signer, "{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"kid\":\"a\\\"\",\"cty\":"
                          "\"x\",\"x\\\"\":[1, 2],\"jku\":\"https://a\"}");
    signer = (jwkeep_jws_signer){.key = key, .is_kid_omitted = true};
    check_header(&signer, "{\"alg\":\"ES256\"}");
    jwkeep_jwk_unref(key);
}

static void suggests_an_algorithm_by_the_key(void **state) {
    (void)state;
    static const struct {
        jwkeep_jwk_spec spec;
        const char *header;
    } rows[] = {
        {{.kty = JWKEEP_KTY_RSA}, "{\"alg\":\"RS256\"}"},
        {{.algorithm = JWKEEP_ALGORITHM_PS384}, "{\"alg\":\"PS384\"}"},
        {{.kty = JWKEEP_KTY_EC, .crv = JWKEEP_CRV_P256}, "{\"alg\":\"ES256\"}"},
        {{.kty = JWKEEP_KTY_EC, .crv = JWKEEP_CRV_P384}, "{\"alg\":\"ES384\"}"},
        {{.kty = JWKEEP_KTY_EC, .crv = JWKEEP_CRV_P521}, "{\"alg\":\"ES512\"}"},
        {{.kty = JWKEEP_KTY_EC, .crv = JWKEEP_CRV_SECP256K1}, "{\"alg\":\"ES256K\"}"},
        {{.kty = JWKEEP_KTY_OKP, .crv = JWKEEP_CRV_ED25519}, "{\"alg\":\"EdDSA\"}"},
        {{.kty = JWKEEP_KTY_OKP, .crv = JWKEEP_CRV_ED448}, "{\"alg\":\"EdDSA\"}"},
        {{.algorithm = JWKEEP_ALGORITHM_ED448}, "{\"alg\":\"Ed448\"}"},
        {{.kty = JWKEEP_KTY_OCT}, "{\"alg\":\"HS256\"}"},
        {{.kty = JWKEEP_KTY_OCT, .bits = 384}, "{\"alg\":\"HS384\"}"},
        {{.kty = JWKEEP_KTY_OCT, .bits = 504}, "{\"alg\":\"HS384\"}"},
        {{.kty = JWKEEP_KTY_OCT, .bits = 512}, "{\"alg\":\"HS512\"}"},
    };
    for (size_t i = 0; i < JK_COUNT_OF(rows); i++) {
        jwkeep_jwk *key = NULL;
        assert_int_equal(jwkeep_jwk_generate(&rows[i].spec, &key, NULL), JWKEEP_OK);
        jwkeep_jws_signer signer = {.key = key, .is_kid_omitted = true};
        check_header(&signer, rows[i].header);
        jwkeep_jwk_unref(key);
    }
}

static void check_refused(const jwkeep_jws_signer *signer, jwkeep_code expected) {
    jwkeep_error error = {.code = JWKEEP_OK};
    assert_int_equal(header_of(signer, NULL, &error), expected);
    assert_int_equal(error.code, expected);
}

static void check_key_refused(const char *jwk, jwkeep_algorithm algorithm,
                              jwkeep_code expected) {
    jwkeep_jwk *key = key_of(jwk);
    jwkeep_jws_signer signer = {.key = key, .algorithm = algorithm};
    check_refused(&signer, expected);
    jwkeep_jwk_unref(key);
}

static void signs_with_no_key_that_is_not_for_it(void **state) {
    (void)state;
    const jwkeep_algorithm by_key = JWKEEP_ALGORITHM_ABSENT;
    check_key_refused("{" EC_PUBLIC "}", by_key, JWKEEP_MISUSE_PRIVATE_NEEDED);
    check_key_refused("{" EC_PUBLIC ",\"key_ops\":[\"verify\"]}", by_key,
                      JWKEEP_MISUSE_PRIVATE_NEEDED);
    check_key_refused("{" EC_PRIVATE ",\"use\":\"enc\"}", by_key, JWKEEP_KEY_USE_FORBIDDEN);
    check_key_refused("{" EC_PRIVATE ",\"key_ops\":[\"verify\"]}", by_key,
                      JWKEEP_KEY_USE_FORBIDDEN);
    check_key_refused("{" EC_PRIVATE "}", JWKEEP_ALGORITHM_HS256, JWKEEP_MISUSE_KEY_ALG);
    check_key_refused("{" EC_PRIVATE "}", JWKEEP_ALGORITHM_ES384, JWKEEP_MISUSE_KEY_ALG);
    check_key_refused("{" EC_PRIVATE "}", (jwkeep_algorithm)99, JWKEEP_MISUSE_KEY_ALG);
    check_key_refused("{\"kty\":\"oct\",\"k\":\"AAECAwQFBgcICQoLDA0ODw\"}", by_key,
                      JWKEEP_MISUSE_KEY_ALG);
    check_key_refused(RFC7520_HMAC, JWKEEP_ALGORITHM_HS512, JWKEEP_MISUSE_KEY_ALG);
    jwkeep_jws_signer none = {.key = NULL};
    jwkeep_buffer token;
    jwkeep_buffer_init(&token, TOKEN_MAX);
    jwkeep_span payload = JWKEEP_SPAN("{}");
    assert_int_equal(jwkeep_jws_sign(payload, &none, &token, NULL), JWKEEP_MISUSE_ARGUMENT);
    assert_int_equal(jwkeep_jws_sign(payload, NULL, &token, NULL), JWKEEP_MISUSE_ARGUMENT);
    jwkeep_buffer_done(&token);
}

static void refuses_header_parameters_that_are_not_set_this_way(void **state) {
    (void)state;
    static const struct {
        const char *header;
        jwkeep_code code;
    } rows[] = {
        {"{\"alg\":\"none\"}", JWKEEP_HEADER_INVALID},
        {"{\"kid\":\"a\"}", JWKEEP_HEADER_INVALID},
        {"{\"typ\":\"a\"}", JWKEEP_HEADER_INVALID},
        {"{\"cty\":\"a\"}", JWKEEP_HEADER_INVALID},
        {"{\"crit\":[\"a\"]}", JWKEEP_HEADER_INVALID},
        {"{\"b64\":false}", JWKEEP_HEADER_INVALID},
        {"{\"\\u0061lg\":\"none\"}", JWKEEP_HEADER_INVALID},
        {"[]", JWKEEP_HEADER_INVALID},
        {"{\"a\":1,\"a\":2}", JWKEEP_JSON_DUPLICATE},
        {"{\"a\":1", JWKEEP_JSON_SYNTAX},
        {"", JWKEEP_JSON_SYNTAX},
    };
    jwkeep_jwk *key = key_of(RFC7520_HMAC);
    for (size_t i = 0; i < JK_COUNT_OF(rows); i++) {
        jwkeep_jws_signer signer = {.key = key, .header = jwkeep_span_text(rows[i].header)};
        check_refused(&signer, rows[i].code);
    }
    jwkeep_jws_signer signer = {.key = key, .typ = JWKEEP_SPAN("\xff")};
    check_refused(&signer, JWKEEP_HEADER_INVALID);
    jwkeep_jwk_unref(key);
}

static void leaves_the_buffer_as_it_was_when_the_token_does_not_fit(void **state) {
    (void)state;
    jwkeep_jwk *key = key_of(RFC7520_HMAC);
    jwkeep_jws_signer signer = {.key = key};
    jwkeep_buffer token;
    jwkeep_buffer_init(&token, 100);
    jwkeep_error error;
    assert_int_equal(jwkeep_buffer_append_text(&token, "before"), JWKEEP_OK);
    assert_int_equal(jwkeep_jws_sign(JWKEEP_SPAN("payload"), &signer, &token, &error),
                     JWKEEP_MISUSE_TOO_SMALL);
    assert_int_equal(error.code, JWKEEP_MISUSE_TOO_SMALL);
    assert_true(holds(&token, "before"));
    jwkeep_buffer_done(&token);
    jwkeep_jwk_unref(key);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signs_the_examples_of_the_rfcs),
        cmocka_unit_test(writes_the_header_in_order),
        cmocka_unit_test(suggests_an_algorithm_by_the_key),
        cmocka_unit_test(signs_with_no_key_that_is_not_for_it),
        cmocka_unit_test(refuses_header_parameters_that_are_not_set_this_way),
        cmocka_unit_test(leaves_the_buffer_as_it_was_when_the_token_does_not_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
