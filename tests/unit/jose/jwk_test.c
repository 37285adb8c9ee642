/* SPDX-License-Identifier: Apache-2.0
 *
 * A key once it is there: thumbprint, identity, what it may be used for, writing, its public
 * half. */
#include "base/attributes.h"
#include "support/jose.h"
#include "unit/jose/vectors.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define EC_PUBLIC                                                                              \
    "\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" RFC7517_EC_X "\",\"y\":\"" RFC7517_EC_Y "\""
#define EC_PRIVATE EC_PUBLIC ",\"d\":\"" RFC7517_EC_D "\""
#define OCT "\"kty\":\"oct\",\"k\":\"" RFC7515_A1_K "\""

static void check_thumbprint(const char *json, const char *expected) {
    jwkeep_jwk *key = key_of(json);
    jwkeep_span text = jwkeep_jwk_thumbprint_text(key);
    assert_int_equal(text.size, JWKEEP_THUMBPRINT_TEXT_SIZE);
    assert_memory_equal(text.data, expected, text.size);
    assert_int_equal(jwkeep_jwk_thumbprint(key).size, JWKEEP_THUMBPRINT_SIZE);
    jwkeep_jwk_unref(key);
}

static void computes_the_thumbprints_of_the_rfcs(void **state) {
    (void)state;
    check_thumbprint(RFC7517_A1_RSA, RFC7638_THUMBPRINT);
    check_thumbprint(RFC8037_A2, RFC8037_THUMBPRINT);
}

/* Of EC and oct keys the RFCs print none: these are SHA-256 of the canonical text as
 * sha256sum gives it. */
static void computes_thumbprints_of_the_other_types(void **state) {
    (void)state;
    check_thumbprint(RFC7517_A1_EC, "cn-I_WNMClehiVp51i_0VpOENW1upEerA8sEam5hn-s");
    check_thumbprint(RFC7517_A3_HMAC, "y_x3gCJnL6oKGBBIXScabduwxTVy2Wd2bzRVEUbdUzc");
}

static void gives_both_halves_of_a_key_one_thumbprint(void **state) {
    (void)state;
    check_thumbprint(RFC7517_A2_RSA, RFC7638_THUMBPRINT);
    check_thumbprint(RFC8037_A1, RFC8037_THUMBPRINT);
}

static bool is_same(const char *x, const char *y) {
    jwkeep_jwk *a = key_of(x);
    jwkeep_jwk *b = key_of(y);
    bool is = jwkeep_jwk_is_same(a, b);
    assert_int_equal(is, jwkeep_jwk_is_same(b, a));
    jwkeep_jwk_unref(a);
    jwkeep_jwk_unref(b);
    return is;
}

static void identifies_a_key_by_thumbprint_and_kid(void **state) {
    (void)state;
    assert_true(is_same("{" EC_PUBLIC "}", "{" EC_PUBLIC ",\"alg\":\"ES256\",\"x5t\":\"\"}"));
    assert_true(is_same("{" EC_PUBLIC ",\"kid\":\"a\"}", "{" EC_PRIVATE ",\"kid\":\"a\"}"));
    assert_false(is_same("{" EC_PUBLIC ",\"kid\":\"a\"}", "{" EC_PUBLIC ",\"kid\":\"b\"}"));
    assert_false(is_same("{" EC_PUBLIC ",\"kid\":\"a\"}", "{" EC_PUBLIC ",\"kid\":\"a \"}"));
    assert_false(is_same("{" EC_PUBLIC ",\"kid\":\"\"}", "{" EC_PUBLIC "}"));
    assert_false(is_same("{" EC_PUBLIC "}", RFC7515_A3_KEY));
}

static void check_uses(const char *json, jwkeep_algorithm algorithm, jwkeep_code verify,
                       jwkeep_code sign) {
    jwkeep_jwk *key = key_of(json);
    if (jwkeep_jwk_may_verify(key, algorithm) != verify ||
        jwkeep_jwk_may_sign(key, algorithm) != sign)
        fail_msg("%s with %s", json, jwkeep_algorithm_name(algorithm));
    jwkeep_jwk_unref(key);
}

static void allows_what_use_and_key_ops_allow(void **state) {
    (void)state;
    const jwkeep_algorithm es256 = JWKEEP_ALGORITHM_ES256;
    const jwkeep_code forbidden = JWKEEP_KEY_USE_FORBIDDEN;
    check_uses("{" EC_PUBLIC "}", es256, JWKEEP_OK, JWKEEP_OK);
    check_uses("{" EC_PUBLIC ",\"use\":\"sig\"}", es256, JWKEEP_OK, JWKEEP_OK);
    check_uses("{" EC_PUBLIC ",\"use\":\"enc\"}", es256, forbidden, forbidden);
    check_uses("{" EC_PUBLIC ",\"use\":\"tls\"}", es256, forbidden, forbidden);
    check_uses("{" EC_PUBLIC ",\"key_ops\":[\"verify\"]}", es256, JWKEEP_OK, forbidden);
    check_uses("{" EC_PUBLIC ",\"key_ops\":[\"sign\"]}", es256, forbidden, JWKEEP_OK);
    check_uses("{" EC_PUBLIC ",\"key_ops\":[\"deriveKey\"]}", es256, forbidden, forbidden);
    check_uses("{" EC_PUBLIC ",\"key_ops\":[\"VERIFY\"]}", es256, forbidden, forbidden);
    check_uses("{" EC_PUBLIC ",\"key_ops\":[]}", es256, forbidden, forbidden);
}

static void allows_the_algorithms_that_fit(void **state) {
    (void)state;
    static const struct {
        const char *json;
        jwkeep_algorithm_set fitting;
    } rows[] = {
        {"{" EC_PUBLIC "}", JWKEEP_ALGORITHM_BIT(JWKEEP_ALGORITHM_ES256)},
        {RFC7515_A2_KEY, JWKEEP_ALGORITHM_BIT(JWKEEP_ALGORITHM_RS256) |
                             JWKEEP_ALGORITHM_BIT(JWKEEP_ALGORITHM_RS384) |
                             JWKEEP_ALGORITHM_BIT(JWKEEP_ALGORITHM_RS512) |
                             JWKEEP_ALGORITHM_BIT(JWKEEP_ALGORITHM_PS256) |
                             JWKEEP_ALGORITHM_BIT(JWKEEP_ALGORITHM_PS384) |
                             JWKEEP_ALGORITHM_BIT(JWKEEP_ALGORITHM_PS512)},
        {RFC7517_A1_RSA, JWKEEP_ALGORITHM_BIT(JWKEEP_ALGORITHM_RS256)},
        {RFC7515_A4_KEY, JWKEEP_ALGORITHM_BIT(JWKEEP_ALGORITHM_ES512)},
        {RFC8037_A2, JWKEEP_ALGORITHM_BIT(JWKEEP_ALGORITHM_EDDSA) |
                         JWKEEP_ALGORITHM_BIT(JWKEEP_ALGORITHM_ED25519)},
        /* RFC 7518 §3.2: a key of 32 bytes is for HS256 alone, one of 31 for none */
        {"{\"kty\":\"oct\",\"k\":\"hJtXIZ2uSN5kbQfbtTNWbpdmhkV8FJG-Onbc6mxCcYg\"}",
         JWKEEP_ALGORITHM_BIT(JWKEEP_ALGORITHM_HS256)},
        {"{\"kty\":\"oct\",\"k\":\"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHg\"}", 0},
        {"{" OCT "}", JWKEEP_ALGORITHM_BIT(JWKEEP_ALGORITHM_HS256) |
                          JWKEEP_ALGORITHM_BIT(JWKEEP_ALGORITHM_HS384) |
                          JWKEEP_ALGORITHM_BIT(JWKEEP_ALGORITHM_HS512)},
    };
    for (size_t i = 0; i < JK_COUNT_OF(rows); i++)
        for (int value = 0; value < 40; value++) {
            bool fits = value < JWKEEP_ALGORITHM_COUNT &&
                        (rows[i].fitting & JWKEEP_ALGORITHM_BIT(value));
            jwkeep_code expected = fits ? JWKEEP_OK : JWKEEP_KEY_ALG_MISMATCH;
            check_uses(rows[i].json, (jwkeep_algorithm)value, expected, expected);
        }
}

/* Writes the key of `json` and compares. */
static void check_written(const char *json, bool with_private, const char *expected) {
    jwkeep_jwk *key = key_of(json);
    jwkeep_buffer buffer;
    jwkeep_buffer_init(&buffer, 8192);
    assert_int_equal(jwkeep_jwk_write(key, with_private, &buffer, NULL), JWKEEP_OK);
    if (!holds(&buffer, expected))
        fail_msg("%.*s\nis not %s", (int)buffer.size, (const char *)buffer.data, expected);
    jwkeep_buffer_done(&buffer);
    jwkeep_jwk_unref(key);
}

static void writes_members_in_order_and_keeps_those_it_does_not_know(void **state) {
    (void)state;
    const char *json = "{\"more\":[ \"a\" , 1],\"alg\":\"ES256\",\"y\":\"" RFC7517_EC_Y
                       "\",\"x\":\"" RFC7517_EC_X "\",\"q\\u0022\":{\"a\":null},"
                       "\"kid\":\"k\\n\",\"key_ops\":[\"sign\", \"zz\"],\"use\":\"sig\","
                       "\"d\":\"" RFC7517_EC_D "\",\"crv\":\"P-256\",\"kty\":\"EC\"}";
    check_written(json, true,
                  "{\"kty\":\"EC\",\"kid\":\"k\\n\",\"use\":\"sig\",\"key_ops\":[\"sign\", "
                  "\"zz\"],\"alg\":\"ES256\",\"crv\":\"P-256\",\"x\":\"" RFC7517_EC_X
                  "\",\"y\":\"" RFC7517_EC_Y "\",\"d\":\"" RFC7517_EC_D
                  "\",\"more\":[ \"a\" , 1],\"q\\\"\":{\"a\":null}}");
    check_written("{" OCT "}", true, "{" OCT "}");
    check_written(RFC8037_A2, true, RFC8037_A2);
}

static void writes_every_secret_of_a_private_key_only_if_asked(void **state) {
    (void)state;
    check_written(RFC7517_A2_RSA, true,
                  "{\"kty\":\"RSA\",\"kid\":\"2011-04-29\",\"alg\":\"RS256\",\"n\":\"" //
                  RFC7517_RSA_N "\",\"e\":\"AQAB\"," RFC7517_RSA_SECRETS "}");
    check_written(RFC7517_A2_RSA, false,
                  "{\"kty\":\"RSA\",\"kid\":\"2011-04-29\",\"alg\":\"RS256\",\"n\":\"" //
                  RFC7517_RSA_N "\",\"e\":\"AQAB\"}");
    check_written("{" EC_PRIVATE "}", false, "{" EC_PUBLIC "}");
    check_written(RFC8037_A1, false, RFC8037_A2);
}

/* A secret of another key type is no secret of this key, but a secret all the same. */
static void never_writes_numbers_of_another_key_type(void **state) {
    (void)state;
    check_written("{" EC_PUBLIC ",\"k\":\"c2VjcmV0\",\"p\":1,\"oth\":[],\"priv\":\"x\"}", true,
                  "{" EC_PUBLIC "}");
}

static void refuses_to_write_an_oct_key_as_public(void **state) {
    (void)state;
    jwkeep_jwk *key = key_of("{" OCT "}");
    jwkeep_buffer buffer;
    jwkeep_buffer_init(&buffer, 8192);
    assert_int_equal(jwkeep_buffer_append_text(&buffer, "before"), JWKEEP_OK);
    jwkeep_error error;
    assert_int_equal(jwkeep_jwk_write(key, false, &buffer, &error), JWKEEP_JWK_NOT_PUBLIC);
    assert_int_equal(error.code, JWKEEP_JWK_NOT_PUBLIC);
    assert_true(holds(&buffer, "before"));
    jwkeep_buffer_done(&buffer);
    jwkeep_jwk_unref(key);
}

static void leaves_the_buffer_as_it_was_when_the_key_does_not_fit(void **state) {
    (void)state;
    jwkeep_jwk *key = key_of("{" EC_PRIVATE "}");
    char storage[64] = {0};
    jwkeep_buffer buffer;
    jwkeep_buffer_init_fixed(&buffer, storage, sizeof storage);
    assert_int_equal(jwkeep_buffer_append_text(&buffer, "before"), JWKEEP_OK);
    jwkeep_error error;
    assert_int_equal(jwkeep_jwk_write(key, true, &buffer, &error), JWKEEP_MISUSE_TOO_SMALL);
    assert_int_equal(error.code, JWKEEP_MISUSE_TOO_SMALL);
    assert_true(holds(&buffer, "before"));
    assert_int_equal(storage[6], 0);
    jwkeep_jwk_unref(key);
}

static void check_public(const char *json, const char *expected) {
    jwkeep_jwk *key = key_of(json);
    jwkeep_jwk *public_key = NULL;
    jwkeep_buffer buffer;
    jwkeep_buffer_init(&buffer, 8192);
    assert_int_equal(jwkeep_jwk_public(key, &public_key, NULL), JWKEEP_OK);
    assert_false(jwkeep_jwk_is_private(public_key));
    assert_true(jwkeep_jwk_is_same(key, public_key));
    assert_int_equal(jwkeep_jwk_write(public_key, true, &buffer, NULL), JWKEEP_OK);
    if (!holds(&buffer, expected))
        fail_msg("%.*s\nis not %s", (int)buffer.size, (const char *)buffer.data, expected);
    jwkeep_buffer_done(&buffer);
    jwkeep_jwk_unref(public_key);
    jwkeep_jwk_unref(key);
}

static void gives_the_public_half(void **state) {
    (void)state;
    check_public(RFC7517_A2_RSA, "{\"kty\":\"RSA\",\"kid\":\"2011-04-29\",\"alg\":\"RS256\","
                                 "\"n\":\"" RFC7517_RSA_N "\",\"e\":\"AQAB\"}");
    check_public(RFC8037_A1, RFC8037_A2);
    check_public("{" EC_PUBLIC "}", "{" EC_PUBLIC "}");
    check_public("{" EC_PRIVATE ",\"x5t\":\"a\"}", "{" EC_PUBLIC ",\"x5t\":\"a\"}");
}

static void turns_private_key_ops_into_public_ones(void **state) {
    (void)state;
    static const char *const pairs[][2] = {
        {"[\"sign\"]", "[\"verify\"]"},
        {"[\"verify\",\"sign\"]", "[\"verify\"]"},
        {"[\"decrypt\",\"unwrapKey\"]", "[\"encrypt\",\"wrapKey\"]"},
        {"[\"deriveKey\",\"other\"]", "[]"},
        {"[]", "[]"},
    };
    for (size_t i = 0; i < JK_COUNT_OF(pairs); i++) {
        char json[1024];
        char expected[1024];
        snprintf(json, sizeof json, "{%s,\"key_ops\":%s}", EC_PRIVATE, pairs[i][0]);
        snprintf(expected, sizeof expected,
                 "{\"kty\":\"EC\",\"key_ops\":%s,\"crv\":\"P-256\",\"x\":\"" RFC7517_EC_X
                 "\",\"y\":\"" RFC7517_EC_Y "\"}",
                 pairs[i][1]);
        check_public(json, expected);
    }
}

static void has_no_public_half_of_an_oct_key(void **state) {
    (void)state;
    jwkeep_jwk *key = key_of("{" OCT "}");
    jwkeep_jwk *public_key = NULL;
    jwkeep_error error;
    assert_int_equal(jwkeep_jwk_public(key, &public_key, &error), JWKEEP_JWK_NOT_PUBLIC);
    assert_int_equal(error.code, JWKEEP_JWK_NOT_PUBLIC);
    assert_null(public_key);
    jwkeep_jwk_unref(key);
}

static void lives_until_the_last_holder_lets_go(void **state) {
    (void)state;
    jwkeep_jwk *key = key_of(RFC8037_A2);
    assert_ptr_equal(jwkeep_jwk_ref(key), key);
    jwkeep_jwk_unref(key);
    assert_int_equal(jwkeep_jwk_kty(key), JWKEEP_KTY_OKP);
    jwkeep_jwk_unref(key);
    jwkeep_jwk_unref(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(computes_the_thumbprints_of_the_rfcs),
        cmocka_unit_test(computes_thumbprints_of_the_other_types),
        cmocka_unit_test(gives_both_halves_of_a_key_one_thumbprint),
        cmocka_unit_test(identifies_a_key_by_thumbprint_and_kid),
        cmocka_unit_test(allows_what_use_and_key_ops_allow),
        cmocka_unit_test(allows_the_algorithms_that_fit),
        cmocka_unit_test(writes_members_in_order_and_keeps_those_it_does_not_know),
        cmocka_unit_test(writes_every_secret_of_a_private_key_only_if_asked),
        cmocka_unit_test(never_writes_numbers_of_another_key_type),
        cmocka_unit_test(refuses_to_write_an_oct_key_as_public),
        cmocka_unit_test(leaves_the_buffer_as_it_was_when_the_key_does_not_fit),
        cmocka_unit_test(gives_the_public_half),
        cmocka_unit_test(turns_private_key_ops_into_public_ones),
        cmocka_unit_test(has_no_public_half_of_an_oct_key),
        cmocka_unit_test(lives_until_the_last_holder_lets_go),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
