/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading JWKs: what the RFCs print is accepted, each fault is refused under its own code and
 * with the member named. */
#include "base/attributes.h"
#include "support/jose.h"
#include "unit/jose/vectors.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define EC_NUMBERS "\"x\":\"" RFC7517_EC_X "\",\"y\":\"" RFC7517_EC_Y "\""
#define EC "\"kty\":\"EC\",\"crv\":\"P-256\"," EC_NUMBERS
#define RSA_N "\"n\":\"" RFC7517_RSA_N "\""
#define RSA "\"kty\":\"RSA\"," RSA_N ",\"e\":\"AQAB\""
#define OCT "\"kty\":\"oct\",\"k\":\"" RFC7515_A1_K "\""
#define OKP "\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"" RFC8037_X "\""
#define K31 "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHg"

typedef struct refusal {
    const char *json;
    jwkeep_code code;
    const char *where;
} refusal;

static void check_refusals(const refusal *rows, size_t count) {
    for (size_t i = 0; i < count; i++) {
        jwkeep_error error = {.code = JWKEEP_OK};
        jwkeep_code code = refusal_of(rows[i].json, &error);
        if (code != rows[i].code || error.code != code)
            fail_msg("%s, not %s: %s", jwkeep_code_name(code), jwkeep_code_name(rows[i].code),
                     rows[i].json);
        const char *where = error.where ? error.where : "(none)";
        if (rows[i].where)
            assert_string_equal(where, rows[i].where);
    }
}

static void check_accepted(const char *const *jsons, size_t count) {
    for (size_t i = 0; i < count; i++)
        jwkeep_jwk_unref(key_of(jsons[i]));
}

static void reads_the_keys_of_the_rfcs(void **state) {
    (void)state;
    static const struct {
        const char *json;
        jwkeep_kty kty;
        jwkeep_crv crv;
        size_t bits;
        bool is_private;
    } rows[] = {
        {RFC7517_A1_EC, JWKEEP_KTY_EC, JWKEEP_CRV_P256, 256, false},
        {RFC7517_A1_RSA, JWKEEP_KTY_RSA, JWKEEP_CRV_ABSENT, 2048, false},
        {RFC7517_A2_EC, JWKEEP_KTY_EC, JWKEEP_CRV_P256, 256, true},
        {RFC7517_A2_RSA, JWKEEP_KTY_RSA, JWKEEP_CRV_ABSENT, 2048, true},
        {RFC7517_A3_HMAC, JWKEEP_KTY_OCT, JWKEEP_CRV_ABSENT, 512, true},
        {"{" RFC7520_EC_PUBLIC "}", JWKEEP_KTY_EC, JWKEEP_CRV_P521, 521, false},
        {RFC7520_EC, JWKEEP_KTY_EC, JWKEEP_CRV_P521, 521, true},
        {"{" RFC7520_RSA_PUBLIC "}", JWKEEP_KTY_RSA, JWKEEP_CRV_ABSENT, 2048, false},
        {RFC7520_RSA, JWKEEP_KTY_RSA, JWKEEP_CRV_ABSENT, 2048, true},
        {RFC7520_HMAC, JWKEEP_KTY_OCT, JWKEEP_CRV_ABSENT, 256, true},
        {RFC8037_A1, JWKEEP_KTY_OKP, JWKEEP_CRV_ED25519, 256, true},
        {RFC8037_A2, JWKEEP_KTY_OKP, JWKEEP_CRV_ED25519, 256, false},
    };
    for (size_t i = 0; i < JK_COUNT_OF(rows); i++) {
        jwkeep_jwk *key = key_of(rows[i].json);
        assert_int_equal(jwkeep_jwk_kty(key), rows[i].kty);
        assert_int_equal(jwkeep_jwk_crv(key), rows[i].crv);
        if (rows[i].kty != JWKEEP_KTY_OKP)
            assert_int_equal(jwkeep_jwk_bits(key), rows[i].bits);
        assert_int_equal(jwkeep_jwk_is_private(key), rows[i].is_private);
        jwkeep_jwk_unref(key);
    }
}

static void tells_what_the_members_say(void **state) {
    (void)state;
    jwkeep_jwk *key = key_of("{" EC ",\"kid\":\"k\\u00fc\",\"use\":\"sig\",\"alg\":\"ES256\","
                             "\"key_ops\":[\"verify\",\"sign\",\"sing\"]}");
    assert_true(jwkeep_span_equals(jwkeep_jwk_kid(key), JWKEEP_SPAN("k\xc3\xbc")));
    assert_int_equal(jwkeep_jwk_use_of(key), JWKEEP_JWK_USE_SIG);
    assert_int_equal(jwkeep_jwk_algorithm(key), JWKEEP_ALGORITHM_ES256);
    assert_int_equal(jwkeep_jwk_ops(key),
                     JWKEEP_JWK_OP_VERIFY | JWKEEP_JWK_OP_SIGN | JWKEEP_JWK_OP_OTHER);
    jwkeep_jwk_unref(key);

    key = key_of("{" EC ",\"use\":\"tls\",\"key_ops\":[]}");
    assert_null(jwkeep_jwk_kid(key).data);
    assert_int_equal(jwkeep_jwk_use_of(key), JWKEEP_JWK_USE_OTHER);
    assert_int_equal(jwkeep_jwk_algorithm(key), JWKEEP_ALGORITHM_ABSENT);
    assert_int_equal(jwkeep_jwk_ops(key), JWKEEP_JWK_OP_OTHER);
    jwkeep_jwk_unref(key);

    key = key_of("{" EC "}");
    assert_int_equal(jwkeep_jwk_use_of(key), JWKEEP_JWK_USE_ABSENT);
    assert_int_equal(jwkeep_jwk_ops(key), 0);
    jwkeep_jwk_unref(key);
}

static void accepts_members_that_are_not_known(void **state) {
    (void)state;
    static const char *const jsons[] = {
        "{" EC ",\"more\":17,\"none\":null,\"iat\":1}",
        "{" OKP ",\"p\":false,\"k\":[]}",
        "{" RSA ",\"crv\":\"P-256\"}",
    };
    check_accepted(jsons, JK_COUNT_OF(jsons));
}

static void accepts_a_private_rsa_key_with_d_alone(void **state) {
    (void)state;
    jwkeep_jwk *key = key_of("{" RSA ",\"d\":\"" RFC7517_RSA_D "\"}");
    assert_true(jwkeep_jwk_is_private(key));
    jwkeep_jwk_unref(key);
}

static void refuses_what_is_not_a_json_object(void **state) {
    (void)state;
    static const refusal rows[] = {
        {"[]", JWKEEP_JWK_INVALID, NULL},
        {"\"EC\"", JWKEEP_JWK_INVALID, NULL},
        {"null", JWKEEP_JWK_INVALID, NULL},
        {"", JWKEEP_JSON_SYNTAX, NULL},
        {"{" EC "", JWKEEP_JSON_SYNTAX, NULL},
        {"{" EC "} x", JWKEEP_JSON_SYNTAX, NULL},
        {"{" EC ",\"kid\":\"a\",\"kid\":\"b\"}", JWKEEP_JSON_DUPLICATE, NULL},
        {"{" EC ",\"k\\u0069d\":\"a\",\"kid\":\"b\"}", JWKEEP_JSON_DUPLICATE, NULL},
        {"{" EC ",\"kid\":\"\xff\"}", JWKEEP_JSON_UTF8, NULL},
    };
    check_refusals(rows, JK_COUNT_OF(rows));
}

static void refuses_a_member_of_another_type(void **state) {
    (void)state;
    static const refusal rows[] = {
        {"{\"kty\":1}", JWKEEP_JWK_INVALID, "kty"},
        {"{\"kty\":null}", JWKEEP_JWK_INVALID, "kty"},
        {"{" EC ",\"kid\":1}", JWKEEP_JWK_INVALID, "kid"},
        {"{" EC ",\"kid\":null}", JWKEEP_JWK_INVALID, "kid"},
        {"{" EC ",\"use\":[\"sig\"]}", JWKEEP_JWK_INVALID, "use"},
        {"{" EC ",\"alg\":256}", JWKEEP_JWK_INVALID, "alg"},
        {"{" EC ",\"key_ops\":\"verify\"}", JWKEEP_JWK_INVALID, "key_ops"},
        {"{" EC ",\"key_ops\":[\"verify\",1]}", JWKEEP_JWK_INVALID, "key_ops"},
        {"{\"kty\":\"EC\",\"crv\":256," EC_NUMBERS "}", JWKEEP_JWK_INVALID, "crv"},
        {"{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":1,\"y\":2}", JWKEEP_JWK_INVALID, "x"},
        {"{" EC ",\"d\":1}", JWKEEP_JWK_INVALID, "d"},
        {"{\"kty\":\"RSA\"," RSA_N ",\"e\":65537}", JWKEEP_JWK_INVALID, "e"},
        {"{\"kty\":\"oct\",\"k\":{}}", JWKEEP_JWK_INVALID, "k"},
    };
    check_refusals(rows, JK_COUNT_OF(rows));
}

static void names_the_member_that_is_missing(void **state) {
    (void)state;
    static const refusal rows[] = {
        {"{}", JWKEEP_JWK_MEMBER_MISSING, "kty"},
        {"{\"kty\":\"RSA\"," RSA_N "}", JWKEEP_JWK_MEMBER_MISSING, "e"},
        {"{\"kty\":\"RSA\",\"e\":\"AQAB\"}", JWKEEP_JWK_MEMBER_MISSING, "n"},
        {"{\"kty\":\"EC\"," EC_NUMBERS "}", JWKEEP_JWK_MEMBER_MISSING, "crv"},
        {"{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" RFC7517_EC_X "\"}",
         JWKEEP_JWK_MEMBER_MISSING, "y"},
        {"{\"kty\":\"EC\",\"crv\":\"P-256\",\"y\":\"" RFC7517_EC_Y "\"}",
         JWKEEP_JWK_MEMBER_MISSING, "x"},
        {"{\"kty\":\"OKP\",\"crv\":\"Ed25519\"}", JWKEEP_JWK_MEMBER_MISSING, "x"},
        {"{\"kty\":\"OKP\",\"x\":\"" RFC8037_X "\"}", JWKEEP_JWK_MEMBER_MISSING, "crv"},
        {"{\"kty\":\"oct\"}", JWKEEP_JWK_MEMBER_MISSING, "k"},
    };
    check_refusals(rows, JK_COUNT_OF(rows));
}

static void refuses_half_of_an_rsa_private_key(void **state) {
    (void)state;
    static const refusal rows[] = {
        {"{" RSA ",\"p\":\"" RFC7517_RSA_P "\"}", JWKEEP_JWK_MEMBER_MISSING, "d"},
        {"{" RSA ",\"d\":\"" RFC7517_RSA_D "\",\"p\":\"" RFC7517_RSA_P "\"}",
         JWKEEP_JWK_MEMBER_MISSING, "q"},
        {"{" RSA ",\"d\":\"" RFC7517_RSA_D "\",\"p\":\"" RFC7517_RSA_P
         "\",\"q\":\"" RFC7517_RSA_Q "\",\"dp\":\"" RFC7517_RSA_DP "\",\"dq\":\"" RFC7517_RSA_DQ
         "\"}",
         JWKEEP_JWK_MEMBER_MISSING, "qi"},
        {"{" RSA "," RFC7517_RSA_SECRETS ",\"oth\":[]}", JWKEEP_JWK_MEMBER_INVALID, "oth"},
    };
    check_refusals(rows, JK_COUNT_OF(rows));
}

static void refuses_numbers_that_are_spelt_otherwise(void **state) {
    (void)state;
    static const refusal rows[] = {
        /* padding, the other alphabet, white space, trailing bits */
        {"{" EC ",\"d\":\"" RFC7517_EC_D "=\"}", JWKEEP_JWK_MEMBER_INVALID, "d"},
        {"{\"kty\":\"oct\",\"k\":\"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwd+h8\"}",
         JWKEEP_JWK_MEMBER_INVALID, "k"},
        {"{\"kty\":\"oct\",\"k\":\" AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\"}",
         JWKEEP_JWK_MEMBER_INVALID, "k"},
        {"{\"kty\":\"oct\",\"k\":\"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh9\"}",
         JWKEEP_JWK_MEMBER_INVALID, "k"},
        {"{\"kty\":\"oct\",\"k\":\"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\\u0000\"}",
         JWKEEP_JWK_MEMBER_INVALID, "k"},
        /* RFC 7518 §2: no leading zero in a Base64urlUInt */
        {"{\"kty\":\"RSA\"," RSA_N ",\"e\":\"AAEAAQ\"}", JWKEEP_JWK_MEMBER_INVALID, "e"},
        {"{\"kty\":\"RSA\"," RSA_N ",\"e\":\"\"}", JWKEEP_JWK_MEMBER_INVALID, "e"},
        /* RFC 7518 §6.2.1.2: full width */
        {"{\"kty\":\"EC\",\"crv\":\"P-384\"," EC_NUMBERS "}", JWKEEP_JWK_MEMBER_INVALID, "x"},
        {"{" EC ",\"d\":\"AQ\"}", JWKEEP_JWK_MEMBER_INVALID, "d"},
        {"{\"kty\":\"OKP\",\"crv\":\"Ed448\",\"x\":\"" RFC8037_X "\"}",
         JWKEEP_JWK_MEMBER_INVALID, "x"},
        {"{" EC ",\"key_ops\":[\"verify\",\"verify\"]}", JWKEEP_JWK_MEMBER_INVALID, "key_ops"},
        {"{" EC ",\"key_ops\":[\"x\",\"y\",\"\\u0078\"]}", JWKEEP_JWK_MEMBER_INVALID,
         "key_ops"},
    };
    check_refusals(rows, JK_COUNT_OF(rows));
}

static void bounds_the_number_of_key_ops(void **state) {
    (void)state;
    static const refusal rows[] = {
        {"{" EC
         ",\"key_ops\":[\"0\",\"1\",\"2\",\"3\",\"4\",\"5\",\"6\",\"7\",\"8\",\"9\",\"a\","
         "\"b\",\"c\",\"d\",\"e\",\"f\",\"g\",\"h\",\"i\",\"j\",\"k\",\"l\",\"m\",\"n\",\"o\","
         "\"p\",\"q\",\"r\",\"s\",\"t\",\"u\",\"v\",\"w\"]}",
         JWKEEP_JWK_MEMBER_INVALID, "key_ops"},
    };
    check_refusals(rows, JK_COUNT_OF(rows));
}

static void refuses_types_curves_and_algorithms_it_does_not_know(void **state) {
    (void)state;
    static const refusal rows[] = {
        {"{\"kty\":\"AKP\",\"alg\":\"ML-DSA-44\",\"pub\":\"AA\"}", JWKEEP_JWK_KTY_NOT_IN_BUILD,
         "kty"},
        {"{\"kty\":\"rsa\"," RSA_N ",\"e\":\"AQAB\"}", JWKEEP_JWK_KTY_UNSUPPORTED, "kty"},
        {"{\"kty\":\"\"}", JWKEEP_JWK_KTY_UNSUPPORTED, "kty"},
        {"{\"kty\":\"OKP\",\"crv\":\"X25519\",\"x\":\"" RFC8037_X "\"}",
         JWKEEP_JWK_CRV_UNSUPPORTED, "crv"},
        {"{\"kty\":\"OKP\",\"crv\":\"X448\",\"x\":\"" RFC8037_X "\"}",
         JWKEEP_JWK_CRV_UNSUPPORTED, "crv"},
        {"{\"kty\":\"EC\",\"crv\":\"P-224\"," EC_NUMBERS "}", JWKEEP_JWK_CRV_UNSUPPORTED,
         "crv"},
        {"{\"kty\":\"EC\",\"crv\":\"Ed25519\"," EC_NUMBERS "}", JWKEEP_JWK_CRV_UNSUPPORTED,
         "crv"},
        {"{\"kty\":\"OKP\",\"crv\":\"P-256\",\"x\":\"" RFC7517_EC_X "\"}",
         JWKEEP_JWK_CRV_UNSUPPORTED, "crv"},
        {"{" RSA ",\"alg\":\"RSA-OAEP\"}", JWKEEP_JWK_ALG_UNSUPPORTED, "alg"},
        {"{" EC ",\"alg\":\"ECDH-ES\"}", JWKEEP_JWK_ALG_UNSUPPORTED, "alg"},
        {"{" EC ",\"alg\":\"none\"}", JWKEEP_JWK_ALG_UNSUPPORTED, "alg"},
        {"{" EC ",\"alg\":\"es256\"}", JWKEEP_JWK_ALG_UNSUPPORTED, "alg"},
        {"{" EC ",\"alg\":\"\"}", JWKEEP_JWK_ALG_UNSUPPORTED, "alg"},
        {RFC7517_A3_KW, JWKEEP_JWK_ALG_UNSUPPORTED, "alg"},
    };
    check_refusals(rows, JK_COUNT_OF(rows));
}

static void refuses_an_alg_for_other_keys(void **state) {
    (void)state;
    static const refusal rows[] = {
        {"{" EC ",\"alg\":\"RS256\"}", JWKEEP_JWK_ALG_MISMATCH, "alg"},
        {"{" EC ",\"alg\":\"ES384\"}", JWKEEP_JWK_ALG_MISMATCH, "alg"},
        {"{" EC ",\"alg\":\"ES256K\"}", JWKEEP_JWK_ALG_MISMATCH, "alg"},
        {"{" EC ",\"alg\":\"HS256\"}", JWKEEP_JWK_ALG_MISMATCH, "alg"},
        {"{" RSA ",\"alg\":\"ES256\"}", JWKEEP_JWK_ALG_MISMATCH, "alg"},
        {"{" RSA ",\"alg\":\"HS256\"}", JWKEEP_JWK_ALG_MISMATCH, "alg"},
        {"{" OCT ",\"alg\":\"RS256\"}", JWKEEP_JWK_ALG_MISMATCH, "alg"},
        {"{" OKP ",\"alg\":\"Ed448\"}", JWKEEP_JWK_ALG_MISMATCH, "alg"},
        {"{" OKP ",\"alg\":\"ES256\"}", JWKEEP_JWK_ALG_MISMATCH, "alg"},
    };
    check_refusals(rows, JK_COUNT_OF(rows));
}

static void refuses_use_and_key_ops_that_contradict_each_other(void **state) {
    (void)state;
    static const refusal rows[] = {
        {"{" EC ",\"use\":\"sig\",\"key_ops\":[\"deriveKey\"]}", JWKEEP_JWK_USE_INCONSISTENT,
         "key_ops"},
        {"{" EC ",\"use\":\"sig\",\"key_ops\":[\"verify\",\"encrypt\"]}",
         JWKEEP_JWK_USE_INCONSISTENT, "key_ops"},
        {"{" EC ",\"use\":\"enc\",\"key_ops\":[\"verify\"]}", JWKEEP_JWK_USE_INCONSISTENT,
         "key_ops"},
        {"{" EC ",\"use\":\"enc\",\"alg\":\"ES256\"}", JWKEEP_JWK_USE_INCONSISTENT, "use"},
        {"{" RSA ",\"key_ops\":[\"wrapKey\"],\"alg\":\"RS256\"}", JWKEEP_JWK_USE_INCONSISTENT,
         "key_ops"},
    };
    check_refusals(rows, JK_COUNT_OF(rows));
    static const char *const jsons[] = {
        "{" EC ",\"use\":\"sig\",\"key_ops\":[\"verify\"],\"alg\":\"ES256\"}",
        "{" EC ",\"use\":\"enc\",\"key_ops\":[\"deriveBits\"]}",
        "{" EC ",\"use\":\"sig\",\"key_ops\":[\"something else\"]}",
        "{" EC ",\"use\":\"something\",\"key_ops\":[\"verify\",\"encrypt\"]}",
    };
    check_accepted(jsons, JK_COUNT_OF(jsons));
}

static void refuses_keys_that_are_too_weak(void **state) {
    (void)state;
    static const refusal rows[] = {
        {"{\"kty\":\"oct\",\"k\":\"" K31 "\",\"alg\":\"HS256\"}", JWKEEP_JWK_TOO_WEAK, "k"},
        {"{\"kty\":\"oct\",\"k\":\"\"}", JWKEEP_JWK_TOO_WEAK, NULL},
        {"{\"kty\":\"RSA\",\"n\":\"" RFC7517_RSA_P "\",\"e\":\"AQAB\"}", JWKEEP_JWK_TOO_WEAK,
         NULL},
    };
    check_refusals(rows, JK_COUNT_OF(rows));
    jwkeep_jwk_unref(key_of("{" OCT ",\"alg\":\"HS512\"}"));
}

static void refuses_keys_that_are_too_large(void **state) {
    (void)state;
    enum { TEXT = 8192, HUGE_K = 4096, LARGE_K = 1400 };
    static char json[TEXT];
    static const size_t sizes[] = {LARGE_K, HUGE_K};
    for (size_t i = 0; i < JK_COUNT_OF(sizes); i++) {
        static char k[HUGE_K + 1];
        memset(k, 'A', sizes[i]);
        k[sizes[i]] = '\0';
        snprintf(json, sizeof json, "{\"kty\":\"oct\",\"k\":\"%s\"}", k);
        assert_int_equal(refusal_of(json, NULL), JWKEEP_JWK_TOO_LARGE);
    }
}

static void bounds_a_number_before_decoding_it(void **state) {
    (void)state;
    enum { TEXT = 4096 };
    static char x[TEXT];
    static char json[TEXT + 256];
    memset(x, '*', sizeof x - 1); /* not base64url, which is not even looked at */
    snprintf(json, sizeof json, "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"%s\",\"y\":\"%s\"}",
             x, RFC7517_EC_Y);
    jwkeep_error error;
    assert_int_equal(refusal_of(json, &error), JWKEEP_JWK_TOO_LARGE);
    assert_string_equal(error.where, "x");
}

static void refuses_points_and_halves_that_do_not_belong(void **state) {
    (void)state;
    static const refusal rows[] = {
        {"{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" RFC7517_EC_Y "\",\"y\":\"" RFC7517_EC_X
         "\"}",
         JWKEEP_JWK_NOT_ON_CURVE, NULL},
        {"{\"kty\":\"EC\",\"crv\":\"secp256k1\"," EC_NUMBERS "}", JWKEEP_JWK_NOT_ON_CURVE,
         NULL},
        {"{" EC ",\"d\":\"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI\"}",
         JWKEEP_JWK_KEY_MISMATCH, NULL},
        {"{" OKP ",\"d\":\"" RFC7517_EC_D "\"}", JWKEEP_JWK_KEY_MISMATCH, NULL},
    };
    check_refusals(rows, JK_COUNT_OF(rows));
}

static void bounds_the_kid(void **state) {
    (void)state;
    char kid[JWKEEP_MAX_KID_BYTES + 2];
    char json[1024];
    memset(kid, 'k', sizeof kid);
    kid[JWKEEP_MAX_KID_BYTES + 1] = '\0';
    snprintf(json, sizeof json, "{%s,\"kid\":\"%s\"}", EC, kid);
    jwkeep_error error;
    assert_int_equal(refusal_of(json, &error), JWKEEP_KID_TOO_LONG);
    assert_string_equal(error.where, "kid");
    kid[JWKEEP_MAX_KID_BYTES] = '\0';
    snprintf(json, sizeof json, "{%s,\"kid\":\"%s\"}", EC, kid);
    assert_int_equal(refusal_of(json, NULL), JWKEEP_OK);
}

static void takes_limits_and_refuses_bad_ones(void **state) {
    (void)state;
    jwkeep_limits limits;
    jwkeep_limits_init(&limits);
    limits.max_kid_bytes = 1;
    jwkeep_jwk *key = NULL;
    jwkeep_span json = jwkeep_span_text(RFC8037_A2);
    assert_int_equal(jwkeep_jwk_parse(json, &limits, &key, NULL), JWKEEP_OK);
    jwkeep_jwk_unref(key);
    key = NULL;
    limits.max_keys = 0;
    assert_int_equal(jwkeep_jwk_parse(json, &limits, &key, NULL), JWKEEP_MISUSE_ARGUMENT);
    assert_null(key);
}

static void names_the_clause_of_a_refusal(void **state) {
    (void)state;
    jwkeep_error error;
    refusal_of("{" EC ",\"key_ops\":[\"a\",\"a\"]}", &error);
    assert_string_equal(error.clause, "RFC 7517 §4.3");
    refusal_of("{\"kty\":\"RSA\"," RSA_N "}", &error);
    assert_string_equal(error.clause, "RFC 7518 §6.3.1");
    assert_true(error.offset == JWKEEP_NO_OFFSET);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_the_keys_of_the_rfcs),
        cmocka_unit_test(tells_what_the_members_say),
        cmocka_unit_test(accepts_members_that_are_not_known),
        cmocka_unit_test(accepts_a_private_rsa_key_with_d_alone),
        cmocka_unit_test(refuses_what_is_not_a_json_object),
        cmocka_unit_test(refuses_a_member_of_another_type),
        cmocka_unit_test(names_the_member_that_is_missing),
        cmocka_unit_test(refuses_half_of_an_rsa_private_key),
        cmocka_unit_test(refuses_numbers_that_are_spelt_otherwise),
        cmocka_unit_test(bounds_the_number_of_key_ops),
        cmocka_unit_test(refuses_types_curves_and_algorithms_it_does_not_know),
        cmocka_unit_test(refuses_an_alg_for_other_keys),
        cmocka_unit_test(refuses_use_and_key_ops_that_contradict_each_other),
        cmocka_unit_test(refuses_keys_that_are_too_weak),
        cmocka_unit_test(refuses_keys_that_are_too_large),
        cmocka_unit_test(bounds_a_number_before_decoding_it),
        cmocka_unit_test(refuses_points_and_halves_that_do_not_belong),
        cmocka_unit_test(bounds_the_kid),
        cmocka_unit_test(takes_limits_and_refuses_bad_ones),
        cmocka_unit_test(names_the_clause_of_a_refusal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
