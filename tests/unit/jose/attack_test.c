/* SPDX-License-Identifier: Apache-2.0
 *
 * The known attacks on JOSE libraries, as far as they meet keys, key sets and compact tokens.
 * Each test opens with the attack. */
#include "base/attributes.h"
#include "codec/base64url.h"
#include "jose/jwk.h"
#include "support/jose.h"
#include "unit/jose/vectors.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define TOKEN_MAX 2400
#define EC_NUMBERS "\"x\":\"" RFC7517_EC_X "\",\"y\":\"" RFC7517_EC_Y "\""
#define EC_PUBLIC "\"kty\":\"EC\",\"crv\":\"P-256\"," EC_NUMBERS
#define EC_PRIVATE EC_PUBLIC ",\"d\":\"" RFC7517_EC_D "\""
#define RSA_PUBLIC "\"kty\":\"RSA\",\"n\":\"" RFC7517_RSA_N "\",\"e\":\"AQAB\""
#define RSA_PRIVATE RSA_PUBLIC "," RFC7517_RSA_SECRETS

static jwkeep_code verify(const char *token, const jwkeep_jwk *key,
                          jwkeep_algorithm_set algorithms) {
    jwkeep_jws_options options = {.key = key, .algorithms = algorithms};
    jwkeep_buffer payload;
    jwkeep_buffer_init(&payload, TOKEN_MAX);
    jwkeep_code code =
        jwkeep_jws_verify(jwkeep_span_text(token), &options, &payload, NULL, NULL, NULL);
    if (code)
        assert_int_equal(payload.size, 0);
    jwkeep_buffer_done(&payload);
    return code;
}

static jwkeep_code verify_by_set(const char *token, const char *json) {
    jwkeep_keyset *keys = keyset_of(json);
    jwkeep_jws_options options = {.keys = keys};
    jwkeep_code code =
        jwkeep_jws_verify(jwkeep_span_text(token), &options, NULL, NULL, NULL, NULL);
    jwkeep_keyset_unref(keys);
    return code;
}

/* The token that somebody signs who takes `secret` for an HMAC key. */
static void forge_hmac(jwkeep_span secret, const char *header, char *ret_token) {
    static char k[1400];
    static char json[1500];
    assert_true(secret.size < 1024);
    jk_base64url_encode(secret, k);
    k[jk_base64url_encoded_size(secret.size)] = '\0';
    snprintf(json, sizeof json, "{\"kty\":\"oct\",\"k\":\"%s\"}", k);
    jwkeep_jwk *key = key_of(json);
    forge(key, JWKEEP_ALGORITHM_HS256, header, "{}", ret_token, TOKEN_MAX);
    jwkeep_jwk_unref(key);
}

/* 1. An HS256 token is signed with the text of the RSA public key as the secret, in the hope
 * that the verifier gives that text to HMAC (CVE-2015-9235, CVE-2024-54150, CVE-2026-34950). */
static void hmac_with_a_public_key_as_the_secret(void **state) {
    (void)state;
    static const char *const secrets[] = {
        "{" RSA_PUBLIC "}",
        "\n {" RSA_PUBLIC "}",
        RFC7517_RSA_N,
        ("-----BEGIN PUBLIC "
         "KEY-----\nMCowBQYDK2VwAyEAgCdg5R7kCV+icbtyVjedDUNsev7pHE1Z26Ufd1d3Yn"
         "M=\n-----END PUBLIC KEY-----\n"),
        " \t-----BEGIN RSA PUBLIC KEY-----\nMIIBCgKCAQEA\n-----END RSA PUBLIC KEY-----",
    };
    const char *header = "{\"alg\":\"HS256\",\"kid\":\"a\"}";
    char token[TOKEN_MAX];
    jwkeep_jwk *key = key_of("{" RSA_PUBLIC "}");
    for (size_t i = 0; i < JK_COUNT_OF(secrets); i++) {
        forge_hmac(jwkeep_span_text(secrets[i]), header, token);
        assert_int_equal(verify(token, key, 0), JWKEEP_KEY_ALG_MISMATCH);
        assert_int_equal(verify_by_set(token, "{\"keys\":[{" RSA_PUBLIC ",\"kid\":\"a\"}]}"),
                         JWKEEP_KEY_ALG_MISMATCH);
    }
    uint8_t n[512];
    assert_true(jk_base64url_decode(JWKEEP_SPAN(RFC7517_RSA_N), n, NULL));
    forge_hmac(jwkeep_span_of(n, 256), header, token);
    assert_int_equal(verify(token, key, 0), JWKEEP_KEY_ALG_MISMATCH);
    jwkeep_jwk_unref(key);
}

/* 2. A key without `alg` is used with an algorithm of another key type, and gives an empty
 * HMAC key (CVE-2026-44699). */
static void algorithms_of_another_key_type(void **state) {
    (void)state;
    static const char *const keys[] = {"{" RSA_PUBLIC "}", "{" EC_PUBLIC "}", RFC8037_A2};
    char token[TOKEN_MAX];
    for (size_t i = 0; i < JK_COUNT_OF(keys); i++) {
        jwkeep_jwk *key = key_of(keys[i]);
        for (int value = 1; value < JWKEEP_ALGORITHM_COUNT; value++) {
            jwkeep_algorithm algorithm = (jwkeep_algorithm)value;
            if (jwkeep_algorithm_fits(algorithm, jwkeep_jwk_kty(key), jwkeep_jwk_crv(key)))
                continue;
            char header[64];
            snprintf(header, sizeof header, "{\"alg\":\"%s\"}",
                     jwkeep_algorithm_name(algorithm));
            /* the MAC under an empty key could not even be made here: any bytes will do */
            forge_hmac(JWKEEP_SPAN("00000000000000000000000000000000"), header, token);
            assert_int_equal(verify(token, key, 0), JWKEEP_KEY_ALG_MISMATCH);
        }
        jwkeep_jwk_unref(key);
    }
}

static void check_pin(const char *jwk, jwkeep_algorithm pinned, jwkeep_algorithm other,
                      const char *header) {
    jwkeep_jwk *key = key_of(jwk);
    char token[TOKEN_MAX];
    forge(key, other, header, "{}", token, sizeof token);
    assert_int_equal(verify(token, key, JWKEEP_ALGORITHM_BIT(pinned)), JWKEEP_ALG_NOT_ALLOWED);
    assert_int_equal(verify(token, key, JWKEEP_ALGORITHM_BIT(other)), JWKEEP_OK);
    jwkeep_jwk_unref(key);
}

/* 3. A token with another algorithm of the same family gets past a pinned one, or past the
 * `alg` of the key. */
static void another_algorithm_than_the_pinned_one(void **state) {
    (void)state;
    check_pin("{" RSA_PRIVATE "}", JWKEEP_ALGORITHM_RS256, JWKEEP_ALGORITHM_RS512,
              "{\"alg\":\"RS512\"}");
    check_pin("{" RSA_PRIVATE "}", JWKEEP_ALGORITHM_RS512, JWKEEP_ALGORITHM_RS256,
              "{\"alg\":\"RS256\"}");
    check_pin("{" RSA_PRIVATE "}", JWKEEP_ALGORITHM_RS256, JWKEEP_ALGORITHM_PS256,
              "{\"alg\":\"PS256\"}");
    check_pin(RFC8037_A1, JWKEEP_ALGORITHM_ED25519, JWKEEP_ALGORITHM_EDDSA,
              "{\"alg\":\"EdDSA\"}");
    check_pin(RFC8037_A1, JWKEEP_ALGORITHM_EDDSA, JWKEEP_ALGORITHM_ED25519,
              "{\"alg\":\"Ed25519\"}");
    jwkeep_jwk *key = key_of("{" RSA_PRIVATE "}");
    char token[TOKEN_MAX];
    forge(key, JWKEEP_ALGORITHM_RS512, "{\"alg\":\"RS512\",\"kid\":\"a\"}", "{}", token,
          sizeof token);
    assert_int_equal(
        verify_by_set(token, "{\"keys\":[{" RSA_PUBLIC ",\"kid\":\"a\",\"alg\":\"RS256\"}]}"),
        JWKEEP_KEY_ALG_MISMATCH);
    /* signed under one, named as another */
    forge(key, JWKEEP_ALGORITHM_RS512, "{\"alg\":\"RS256\"}", "{}", token, sizeof token);
    assert_int_equal(verify(token, key, 0), JWKEEP_SIGNATURE_INVALID);
    forge(key, JWKEEP_ALGORITHM_PS256, "{\"alg\":\"RS256\"}", "{}", token, sizeof token);
    assert_int_equal(verify(token, key, 0), JWKEEP_SIGNATURE_INVALID);
    jwkeep_jwk_unref(key);
}

/* 4, 17. The header is not protected, or missing altogether (GHSA-jc38-x7x8-2xc8,
 * CVE-2024-21664): the JSON serialization, which alone has such headers, is not read here. */
static void unprotected_headers(void **state) {
    (void)state;
    static const char *const tokens[] = {
        "{\"payload\":\"e30\",\"header\":{\"alg\":\"HS256\"},\"signature\":\"AA\"}",
        ("{\"payload\":\"e30\",\"signatures\":[{\"header\":{\"alg\":\"HS256\"},"
         "\"signature\":\"AA\"}]}"),
        ".e30.AA",
    };
    jwkeep_jwk *key = key_of(RFC7520_HMAC);
    for (size_t i = 0; i < JK_COUNT_OF(tokens); i++)
        assert_int_equal(verify(tokens[i], key, 0), JWKEEP_TOKEN_MALFORMED);
    jwkeep_jwk_unref(key);
}

/* 5. `alg` is none, in a spelling that a check forgot, with or without a signature. */
static void alg_none(void **state) {
    (void)state;
    static const char *const names[] = {"none", "None", "NONE", "nOnE", "n\\u006fne"};
    jwkeep_jwk *key = key_of(RFC7520_HMAC);
    char token[TOKEN_MAX];
    for (size_t i = 0; i < JK_COUNT_OF(names); i++) {
        char header[64];
        snprintf(header, sizeof header, "{\"alg\":\"%s\"}", names[i]);
        forge(key, JWKEEP_ALGORITHM_HS256, header, "{}", token, sizeof token);
        assert_int_equal(verify(token, key, 0), JWKEEP_ALG_NONE);
        assert_int_equal(verify(token, key, jwkeep_algorithm_all()), JWKEEP_ALG_NONE);
        strrchr(token, '.')[1] = '\0';
        assert_int_equal(verify(token, key, 0), JWKEEP_TOKEN_MALFORMED);
    }
    assert_int_equal(verify(RFC7515_A5, key, 0), JWKEEP_TOKEN_MALFORMED);
    assert_int_equal(verify(RFC7515_A5 "AA", key, 0), JWKEEP_ALG_NONE);
    jwkeep_jwk_unref(key);
}

/* 6. `crit` is empty, unknown, duplicated, names a standard parameter or one that is not
 * there, and the verifier goes on as if it were not (CVE-2025-59420). */
static void crit_that_is_not_honoured(void **state) {
    (void)state;
    static const struct {
        const char *parameters;
        jwkeep_code code;
    } rows[] = {
        {"\"crit\":[]", JWKEEP_CRIT_INVALID},
        {"\"crit\":null", JWKEEP_CRIT_INVALID},
        {"\"crit\":\"x\",\"x\":1", JWKEEP_CRIT_INVALID},
        {"\"crit\":{\"x\":1},\"x\":1", JWKEEP_CRIT_INVALID},
        {"\"crit\":[1]", JWKEEP_CRIT_INVALID},
        {"\"crit\":[\"x\",null],\"x\":1", JWKEEP_CRIT_INVALID},
        {"\"crit\":[\"x\"]", JWKEEP_CRIT_INVALID},
        {"\"crit\":[\"x\",\"x\"],\"x\":1", JWKEEP_CRIT_INVALID},
        {"\"crit\":[\"alg\"]", JWKEEP_CRIT_INVALID},
        {"\"crit\":[\"crit\"]", JWKEEP_CRIT_INVALID},
        {"\"crit\":[\"kid\"],\"kid\":\"a\"", JWKEEP_CRIT_INVALID},
        {"\"crit\":[\"x5t#S256\"],\"x5t#S256\":\"a\"", JWKEEP_CRIT_INVALID},
        {"\"crit\":[\"zip\"],\"zip\":\"DEF\"", JWKEEP_CRIT_INVALID},
        {"\"crit\":[\"p2c\"],\"p2c\":1", JWKEEP_CRIT_INVALID},
        {"\"crit\":[\"x\"],\"x\":1", JWKEEP_CRIT_UNSUPPORTED},
        {"\"crit\":[\"x\",\"y\"],\"y\":null,\"x\":1", JWKEEP_CRIT_UNSUPPORTED},
        {"\"crit\":[\"b64\"]", JWKEEP_CRIT_INVALID},
        {"\"crit\":[\"b64\"],\"b64\":1", JWKEEP_HEADER_INVALID},
        {"\"crit\":[\"x\"],\"x\":1,\"b64\":false", JWKEEP_CRIT_UNSUPPORTED},
        {"\"crit\":[\"b64\",\"x\"],\"x\":1,\"b64\":true", JWKEEP_CRIT_UNSUPPORTED},
        {"\"crit\":[\"exp\"],\"exp\":1", JWKEEP_CRIT_UNSUPPORTED},
        /* RFC 7515 appendix E */
        {"\"crit\":[\"http://example.invalid/UNDEFINED\"],"
         "\"http://example.invalid/UNDEFINED\":true",
         JWKEEP_CRIT_UNSUPPORTED},
        {"\"crit\":[\"0\",\"1\",\"2\",\"3\",\"4\",\"5\",\"6\",\"7\",\"8\",\"9\",\"a\",\"b\","
         "\"c\",\"d\",\"e\",\"f\",\"g\"],\"0\":0,\"1\":0,\"2\":0,\"3\":0,\"4\":0,\"5\":0,"
         "\"6\":0,\"7\":0,\"8\":0,\"9\":0,\"a\":0,\"b\":0,\"c\":0,\"d\":0,\"e\":0,\"f\":0,"
         "\"g\":0",
         JWKEEP_CRIT_INVALID},
    };
    jwkeep_jwk *key = key_of(RFC7520_HMAC);
    char token[TOKEN_MAX];
    for (size_t i = 0; i < JK_COUNT_OF(rows); i++) {
        char header[512];
        snprintf(header, sizeof header, "{\"alg\":\"HS256\",%s}", rows[i].parameters);
        forge(key, JWKEEP_ALGORITHM_HS256, header, "{}", token, sizeof token);
        jwkeep_code code = verify(token, key, 0);
        if (code != rows[i].code)
            fail_msg("%s: %s", jwkeep_code_name(code), header);
    }
    jwkeep_jwk_unref(key);
}

/* 7. The token brings its own key, or says where to get it (CVE-2018-0114). */
static void keys_that_come_with_the_token(void **state) {
    (void)state;
    static const char *const parameters[] = {
        "\"jwk\":{" EC_PUBLIC "}",
        "\"jwk\":{" EC_PUBLIC ",\"kid\":\"a\"},\"kid\":\"a\"",
        "\"jku\":\"https://attacker.example/jwks.json\"",
        "\"x5u\":\"https://attacker.example/cert.pem\"",
        "\"x5c\":[\"MIIBLjCB4aADAgECAhQ\"]",
        "\"jwk\":7,\"x5c\":\"no array\"",
    };
    jwkeep_jwk *attacker = key_of("{" EC_PRIVATE "}");
    jwkeep_jwk *key = key_of(RFC7515_A3_KEY);
    char token[TOKEN_MAX];
    for (size_t i = 0; i < JK_COUNT_OF(parameters); i++) {
        char header[512];
        snprintf(header, sizeof header, "{\"alg\":\"ES256\",%s}", parameters[i]);
        forge(attacker, JWKEEP_ALGORITHM_ES256, header, "{}", token, sizeof token);
        assert_int_equal(verify(token, key, 0), JWKEEP_SIGNATURE_INVALID);
        assert_int_equal(verify_by_set(token, "{\"keys\":[]}"), JWKEEP_KID_UNKNOWN);
    }
    jwkeep_jwk_unref(attacker);
    jwkeep_jwk_unref(key);
}

/* The RFC 7515 A.3 token with these 64 bytes, or fewer, as its signature. */
static jwkeep_code verify_es256(const uint8_t *signature, size_t size) {
    char token[TOKEN_MAX];
    char text[256];
    jk_base64url_encode(jwkeep_span_of(signature, size), text);
    text[jk_base64url_encoded_size(size)] = '\0';
    snprintf(token, sizeof token, "eyJhbGciOiJFUzI1NiJ9.%s.%s", RFC7515_PAYLOAD, text);
    jwkeep_jwk *key = key_of(RFC7515_A3_KEY);
    jwkeep_code code = verify(token, key, 0);
    jwkeep_jwk_unref(key);
    return code;
}

/* 8. An ECDSA signature with r or s zero or not below the order, in DER, or of a wrong length
 * (CVE-2022-21449). */
static void ecdsa_signatures_out_of_range(void **state) {
    (void)state;
    static const uint8_t order[32] = {0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00,
                                      0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
                                      0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84,
                                      0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51};
    uint8_t good[64];
    assert_true(jk_base64url_decode(
        JWKEEP_SPAN("DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKT"
                    "UJqPP3-Kg6NU1Q"),
        good, NULL));
    assert_int_equal(verify_es256(good, sizeof good), JWKEEP_OK);
    for (int half = 0; half < 2; half++) {
        uint8_t bad[64];
        memcpy(bad, good, sizeof bad);
        memset(bad + 32 * half, 0, 32);
        assert_int_equal(verify_es256(bad, sizeof bad), JWKEEP_SIGNATURE_INVALID);
        memcpy(bad + 32 * half, order, 32);
        assert_int_equal(verify_es256(bad, sizeof bad), JWKEEP_SIGNATURE_INVALID);
        memset(bad + 32 * half, 0xff, 32);
        assert_int_equal(verify_es256(bad, sizeof bad), JWKEEP_SIGNATURE_INVALID);
    }
    static const uint8_t zeros[64] = {0};
    assert_int_equal(verify_es256(zeros, sizeof zeros), JWKEEP_SIGNATURE_INVALID);
    uint8_t der[71] = {0x30, 69, 0x02, 32}; /* r begins with 0x0e, s with 0xc5 */
    memcpy(der + 4, good, 32);
    der[36] = 0x02;
    der[37] = 33;
    memcpy(der + 39, good + 32, 32);
    assert_int_equal(verify_es256(der, sizeof der), JWKEEP_SIGNATURE_INVALID);
    uint8_t wide[66] = {0};
    memcpy(wide + 1, good, 32);
    memcpy(wide + 34, good + 32, 32);
    assert_int_equal(verify_es256(wide, sizeof wide), JWKEEP_SIGNATURE_INVALID);
    assert_int_equal(verify_es256(good, 63), JWKEEP_SIGNATURE_INVALID);
}

/* 9. A public key off the curve, at infinity, or with coordinates of another length
 * (CVE-2017-16007); an Ed25519 signature whose S is not below the order. */
static void points_that_are_none(void **state) {
    (void)state;
    static const struct {
        const char *json;
        jwkeep_code code;
    } rows[] = {
        {"{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":"
         "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\","
         "\"y\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}",
         JWKEEP_JWK_NOT_ON_CURVE},
        {"{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" RFC7517_EC_X
         "\",\"y\":\"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyI\"}",
         JWKEEP_JWK_NOT_ON_CURVE},
        {"{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AA\",\"y\":\"AA\"}",
         JWKEEP_JWK_MEMBER_INVALID},
        {"{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"\",\"y\":\"\"}", JWKEEP_JWK_MEMBER_INVALID},
        {"{\"kty\":\"EC\",\"crv\":\"P-521\"," EC_NUMBERS "}", JWKEEP_JWK_MEMBER_INVALID},
        {"{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"AA\"}", JWKEEP_JWK_MEMBER_INVALID},
    };
    for (size_t i = 0; i < JK_COUNT_OF(rows); i++)
        assert_int_equal(refusal_of(rows[i].json, NULL), rows[i].code);

    static const uint8_t order[32] = {0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58,
                                      0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
                                      0,    0,    0,    0,    0,    0,    0,    0,
                                      0,    0,    0,    0,    0,    0,    0,    0x10};
    char token[] = RFC8037_A4;
    char *text = strrchr(token, '.') + 1;
    uint8_t signature[64];
    assert_true(jk_base64url_decode(jwkeep_span_text(text), signature, NULL));
    unsigned carry = 0;
    for (size_t i = 0; i < sizeof order; i++) {
        carry += (unsigned)signature[32 + i] + order[i];
        signature[32 + i] = (uint8_t)carry;
        carry >>= 8;
    }
    jk_base64url_encode(jwkeep_span_of(signature, sizeof signature), text);
    jwkeep_jwk *key = key_of(RFC8037_A2);
    assert_int_equal(verify(token, key, 0), JWKEEP_SIGNATURE_INVALID);
    jwkeep_jwk_unref(key);
}

/* 14, 21. A secret shorter than the hash, which can be guessed (RFC 7518 §3.2): it neither
 * verifies nor signs, and it is no key where `alg` says what it is for. */
static void weak_hmac_keys(void **state) {
    (void)state;
    const char *k31 = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHg";
    char json[256];
    snprintf(json, sizeof json, "{\"kty\":\"oct\",\"k\":\"%s\"}", k31);
    jwkeep_jwk *key = key_of(json);
    assert_int_equal(verify(RFC7515_A1, key, 0), JWKEEP_KEY_ALG_MISMATCH);
    jwkeep_jwk_unref(key);
    snprintf(json, sizeof json, "{\"kty\":\"oct\",\"k\":\"%s\",\"alg\":\"HS256\"}", k31);
    assert_int_equal(refusal_of(json, NULL), JWKEEP_JWK_TOO_WEAK);
    key = key_of("{\"kty\":\"oct\",\"k\":\"hJtXIZ2uSN5kbQfbtTNWbpdmhkV8FJG-Onbc6mxCcYg\"}");
    assert_int_equal(jwkeep_jwk_may_verify(key, JWKEEP_ALGORITHM_HS384),
                     JWKEEP_KEY_ALG_MISMATCH);
    jwkeep_jwk_unref(key);
}

/* 15. A token that one part of a system takes for a JWS and another for a JWE
 * (CVE-2022-3102). */
static void tokens_of_two_kinds(void **state) {
    (void)state;
    static const char *const tokens[] = {
        "eyJhbGciOiJIUzI1NiJ9.e30.AA.AA.AA",
        "eyJhbGciOiJkaXIiLCJlbmMiOiJBMTI4R0NNIn0..AA.AA.AA",
        "{\"protected\":\"" RFC7515_A1 "\",\"payload\":\"\",\"signature\":\"\"}",
        "{ \".\":\".\" }",
    };
    jwkeep_jwk *key = key_of(RFC7520_HMAC);
    for (size_t i = 0; i < JK_COUNT_OF(tokens); i++)
        assert_int_equal(verify(tokens[i], key, 0), JWKEEP_TOKEN_MALFORMED);
    jwkeep_jwk_unref(key);
}

/* 16. Huge segments and thousands of dots, which cost a verifier that splits first
 * (GHSA-wphv-vfrh-23q5). */
static void tokens_that_cost(void **state) {
    (void)state;
    static char token[3 * JWKEEP_MAX_TOKEN_BYTES];
    jwkeep_jwk *key = key_of(RFC7520_HMAC);
    memset(token, '.', JWKEEP_MAX_TOKEN_BYTES);
    assert_int_equal(verify(token, key, 0), JWKEEP_TOKEN_MALFORMED);
    token[0] = 'a';
    assert_int_equal(verify(token, key, 0), JWKEEP_TOKEN_MALFORMED);
    token[JWKEEP_MAX_TOKEN_BYTES] = '.';
    assert_int_equal(verify(token, key, 0), JWKEEP_TOKEN_TOO_LARGE);
    memset(token, 'A', sizeof token - 1);
    assert_int_equal(verify(token, key, 0), JWKEEP_TOKEN_TOO_LARGE);
    memset(token, 'A', JWKEEP_MAX_HEADER_BYTES + 1);
    snprintf(token + JWKEEP_MAX_HEADER_BYTES + 1, 16, ".e30.AA");
    assert_int_equal(verify(token, key, 0), JWKEEP_TOKEN_TOO_LARGE);
    snprintf(token + JWKEEP_MAX_HEADER_BYTES, 16, ".e30.AA");
    assert_int_equal(verify(token, key, 0), JWKEEP_JSON_SYNTAX);
    jwkeep_jwk_unref(key);
}

/* 20. One signature under several spellings of the token: padding, the other alphabet, white
 * space, trailing bits; and header members that two parsers read differently. */
static void second_spellings(void **state) {
    (void)state;
    static const char *const tokens[] = {
        RFC7515_A1 "=",
        RFC7515_A1 "\n",
        " " RFC7515_A1,
        RFC7515_A1 "%20",
    };
    jwkeep_jwk *key = key_of(RFC7517_A3_HMAC);
    for (size_t i = 0; i < JK_COUNT_OF(tokens); i++)
        assert_int_equal(verify(tokens[i], key, 0), JWKEEP_BASE64URL_INVALID);
    char token[] = RFC7515_A1;
    token[sizeof token - 2] = 'l'; /* for k: differs in the two bits that say nothing */
    assert_int_equal(verify(token, key, 0), JWKEEP_BASE64URL_INVALID);
    const char zero[] = RFC7515_A1 "\0";
    jwkeep_jws_options options = {.key = key};
    assert_int_equal(jwkeep_jws_verify(jwkeep_span_of(zero, sizeof zero - 1), &options, NULL,
                                       NULL, NULL, NULL),
                     JWKEEP_BASE64URL_INVALID);
    char forged[TOKEN_MAX];
    static const struct {
        const char *header;
        jwkeep_code code;
    } rows[] = {
        {"{\"alg\":\"HS256\",\"alg\":\"none\"}", JWKEEP_JSON_DUPLICATE},
        {"{\"alg\":\"HS256\",\"\\u0061lg\":\"none\"}", JWKEEP_JSON_DUPLICATE},
        {"{\"alg\":\"HS256\"}}", JWKEEP_JSON_SYNTAX},
        {"\xef\xbb\xbf{\"alg\":\"HS256\"}", JWKEEP_JSON_SYNTAX},
        {"{\"alg\":\"HS256\",\"kid\":\"\xc0\xaf\"}", JWKEEP_JSON_UTF8},
        {"{\"alg\":\"HS256\",\"kid\":\"\\ud800\"}", JWKEEP_JSON_UTF8},
    };
    for (size_t i = 0; i < JK_COUNT_OF(rows); i++) {
        forge(key, JWKEEP_ALGORITHM_HS256, rows[i].header, "{}", forged, sizeof forged);
        assert_int_equal(verify(forged, key, 0), rows[i].code);
    }
    jwkeep_jwk_unref(key);
}

/* 21. RSA keys that are short, or have an exponent that is 1, even or huge, or a modulus with
 * leading zeros. */
static void weak_rsa_keys(void **state) {
    (void)state;
    static const struct {
        const char *json;
        jwkeep_code code;
    } rows[] = {
        {"{\"kty\":\"RSA\",\"n\":\"" RFC7517_RSA_P "\",\"e\":\"AQAB\"}", JWKEEP_JWK_TOO_WEAK},
        {"{\"kty\":\"RSA\",\"n\":\"" RFC7517_RSA_N "\",\"e\":\"AQ\"}",
         JWKEEP_JWK_MEMBER_INVALID},
        {"{\"kty\":\"RSA\",\"n\":\"" RFC7517_RSA_N "\",\"e\":\"AQAA\"}",
         JWKEEP_JWK_MEMBER_INVALID},
        {"{\"kty\":\"RSA\",\"n\":\"" RFC7517_RSA_N "\",\"e\":\"AQAAAAAAAAAB\"}",
         JWKEEP_JWK_MEMBER_INVALID},
        {"{\"kty\":\"RSA\",\"n\":\"AAAA" RFC7517_RSA_N "\",\"e\":\"AQAB\"}",
         JWKEEP_JWK_MEMBER_INVALID},
        {"{\"kty\":\"RSA\",\"n\":\"AAAA" RFC7517_RSA_P "\",\"e\":\"AQAB\"}",
         JWKEEP_JWK_MEMBER_INVALID},
    };
    for (size_t i = 0; i < JK_COUNT_OF(rows); i++)
        assert_int_equal(refusal_of(rows[i].json, NULL), rows[i].code);
}

/* 18, 21. Private or symmetric keys in a set that is published: whoever reads it could sign. */
static void private_keys_in_a_public_set(void **state) {
    (void)state;
    const char *json =
        "{\"keys\":[{" RSA_PRIVATE "},{" EC_PRIVATE "}," RFC8037_A1 "," RFC7520_HMAC "]}";
    jwkeep_keyset_options options = {.is_public_only = true};
    jwkeep_keyset *set = NULL;
    size_t skipped = 0;
    assert_int_equal(
        jwkeep_keyset_parse(jwkeep_span_text(json), &options, &set, &skipped, NULL), JWKEEP_OK);
    assert_int_equal(jwkeep_keyset_count(set), 0);
    assert_int_equal(skipped, 4);
    jwkeep_keyset_unref(set);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hmac_with_a_public_key_as_the_secret),
        cmocka_unit_test(algorithms_of_another_key_type),
        cmocka_unit_test(another_algorithm_than_the_pinned_one),
        cmocka_unit_test(unprotected_headers),
        cmocka_unit_test(alg_none),
        cmocka_unit_test(crit_that_is_not_honoured),
        cmocka_unit_test(keys_that_come_with_the_token),
        cmocka_unit_test(ecdsa_signatures_out_of_range),
        cmocka_unit_test(points_that_are_none),
        cmocka_unit_test(weak_hmac_keys),
        cmocka_unit_test(tokens_of_two_kinds),
        cmocka_unit_test(tokens_that_cost),
        cmocka_unit_test(second_spellings),
        cmocka_unit_test(weak_rsa_keys),
        cmocka_unit_test(private_keys_in_a_public_set),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
