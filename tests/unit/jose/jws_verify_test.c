/* SPDX-License-Identifier: Apache-2.0
 *
 * Verifying compact tokens: the RFCs' examples hold, every refusal has its code, its place
 * and leaves the outputs alone. */
#include "base/attributes.h"
#include "support/jose.h"
#include "unit/jose/vectors.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define TOKEN_MAX 2400
#define A1_HEADER "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9"
#define A1_SIGNATURE "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"

/* The code that `token` gets from `options`; the outputs must stay empty if it is one. */
static jwkeep_code verify_with(const char *token, const jwkeep_jws_options *options,
                               jwkeep_error *error) {
    jwkeep_buffer payload;
    jwkeep_buffer header;
    jwkeep_buffer_init(&payload, TOKEN_MAX);
    jwkeep_buffer_init(&header, TOKEN_MAX);
    const jwkeep_jwk *key = NULL;
    jwkeep_code code =
        jwkeep_jws_verify(jwkeep_span_text(token), options, &payload, &header, &key, error);
    bool is_untouched = payload.size == 0 && header.size == 0 && key == NULL;
    jwkeep_buffer_done(&payload);
    jwkeep_buffer_done(&header);
    if (is_untouched != (code != JWKEEP_OK))
        fail_msg("outputs after %s", jwkeep_code_name(code));
    return code;
}

static jwkeep_code verify_by_key(const char *token, const jwkeep_jwk *key,
                                 jwkeep_error *error) {
    jwkeep_jws_options options = {.key = key};
    return verify_with(token, &options, error);
}

static jwkeep_code verify_by_set(const char *token, const jwkeep_keyset *keys,
                                 jwkeep_error *error) {
    jwkeep_jws_options options = {.keys = keys};
    return verify_with(token, &options, error);
}

static void check_example(const char *jwk, const char *token, const char *expected) {
    jwkeep_jwk *key = key_of(jwk);
    jwkeep_buffer payload;
    jwkeep_buffer_init(&payload, TOKEN_MAX);
    jwkeep_jws_options options = {.key = key};
    const jwkeep_jwk *used = NULL;
    jwkeep_error error = {0};
    jwkeep_code code =
        jwkeep_jws_verify(jwkeep_span_text(token), &options, &payload, NULL, &used, &error);
    if (code || !holds(&payload, expected) || used != key)
        fail_msg("%s: %s", jwkeep_code_name(code), token);
    jwkeep_buffer_done(&payload);
    jwkeep_jwk_unref(key);
}

static void accepts_the_examples_of_the_rfcs(void **state) {
    (void)state;
    check_example(RFC7517_A3_HMAC, RFC7515_A1, RFC7515_PAYLOAD_TEXT);
    check_example(RFC7515_A2_KEY, RFC7515_A2, RFC7515_PAYLOAD_TEXT);
    check_example(RFC7515_A3_KEY, RFC7515_A3, RFC7515_PAYLOAD_TEXT);
    check_example(RFC7515_A4_KEY, RFC7515_A4, "Payload");
    check_example("{" RFC7520_RSA_PUBLIC "}", RFC7520_4_1, RFC7520_PAYLOAD_TEXT);
    check_example("{" RFC7520_RSA_PUBLIC "}", RFC7520_4_2, RFC7520_PAYLOAD_TEXT);
    check_example("{" RFC7520_EC_PUBLIC "}", RFC7520_4_3, RFC7520_PAYLOAD_TEXT);
    check_example(RFC7520_HMAC, RFC7520_4_4, RFC7520_PAYLOAD_TEXT);
    check_example(RFC7520_HMAC, RFC7520_4_6, RFC7520_PAYLOAD_TEXT);
    check_example(RFC8037_A2, RFC8037_A4, RFC8037_PAYLOAD_TEXT);
}

static void hands_out_the_protected_header(void **state) {
    (void)state;
    jwkeep_jwk *key = key_of(RFC7517_A3_HMAC);
    jwkeep_jws_options options = {.key = key};
    jwkeep_buffer header;
    jwkeep_buffer_init(&header, TOKEN_MAX);
    assert_int_equal(
        jwkeep_jws_verify(jwkeep_span_text(RFC7515_A1), &options, NULL, &header, NULL, NULL),
        JWKEEP_OK);
    assert_true(holds(&header, "{\"typ\":\"JWT\",\r\n \"alg\":\"HS256\"}"));
    jwkeep_buffer_done(&header);
    jwkeep_jwk_unref(key);
}

/* A signed token with this header, and the code it gets. */
static jwkeep_code verify_header(const char *header, jwkeep_error *error) {
    jwkeep_jwk *key = key_of(RFC7517_A3_HMAC);
    char token[TOKEN_MAX];
    forge(key, JWKEEP_ALGORITHM_HS256, header, "{}", token, sizeof token);
    jwkeep_code code = verify_by_key(token, key, error);
    jwkeep_jwk_unref(key);
    return code;
}

typedef struct refusal {
    const char *text;
    jwkeep_code code;
    const char *where;
} refusal;

static void check_headers(const refusal *rows, size_t count) {
    for (size_t i = 0; i < count; i++) {
        jwkeep_error error = {.code = JWKEEP_OK};
        jwkeep_code code = verify_header(rows[i].text, &error);
        if (code != rows[i].code || error.code != code)
            fail_msg("%s, not %s: %s", jwkeep_code_name(code), jwkeep_code_name(rows[i].code),
                     rows[i].text);
        if (rows[i].where) {
            assert_non_null(error.where);
            assert_string_equal(error.where, rows[i].where);
        }
    }
}

static void refuses_a_header_that_is_no_json_object(void **state) {
    (void)state;
    static const refusal rows[] = {
        {"[]", JWKEEP_HEADER_INVALID, NULL},
        {"\"alg\"", JWKEEP_HEADER_INVALID, NULL},
        {"{", JWKEEP_JSON_SYNTAX, "header"},
        {"{\"alg\":\"HS256\"}x", JWKEEP_JSON_SYNTAX, "header"},
        {"{\"alg\":\"HS256\"}{}", JWKEEP_JSON_SYNTAX, "header"},
        {"{\"alg\":\"HS256\",\"alg\":\"HS256\"}", JWKEEP_JSON_DUPLICATE, "header"},
        {"{\"alg\":\"HS256\",\"a\":\"\xc3\"}", JWKEEP_JSON_UTF8, "header"},
        {"{\"alg\":\"HS256\",\"a\":[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]}",
         JWKEEP_JSON_TOO_DEEP, "header"},
    };
    check_headers(rows, JK_COUNT_OF(rows));
}

static void refuses_algorithms_it_must_not_know(void **state) {
    (void)state;
    static const refusal rows[] = {
        {"{}", JWKEEP_ALG_MISSING, "alg"},
        {"{\"Alg\":\"HS256\"}", JWKEEP_ALG_MISSING, "alg"},
        {"{\"alg\":null}", JWKEEP_HEADER_INVALID, "alg"},
        {"{\"alg\":[\"HS256\"]}", JWKEEP_HEADER_INVALID, "alg"},
        {"{\"alg\":\"HS257\"}", JWKEEP_ALG_UNSUPPORTED, "alg"},
        {"{\"alg\":\"hs256\"}", JWKEEP_ALG_UNSUPPORTED, "alg"},
        {"{\"alg\":\"HS256 \"}", JWKEEP_ALG_UNSUPPORTED, "alg"},
        {"{\"alg\":\"HS256\\u0000\"}", JWKEEP_ALG_UNSUPPORTED, "alg"},
        {"{\"alg\":\"\"}", JWKEEP_ALG_UNSUPPORTED, "alg"},
        {"{\"alg\":\"RSA-OAEP\",\"enc\":\"A128GCM\"}", JWKEEP_ALG_UNSUPPORTED, "alg"},
    };
    check_headers(rows, JK_COUNT_OF(rows));
}

static void refuses_parameters_of_another_type(void **state) {
    (void)state;
    static const refusal rows[] = {
        {"{\"alg\":\"HS256\",\"kid\":1}", JWKEEP_HEADER_INVALID, "kid"},
        {"{\"alg\":\"HS256\",\"kid\":null}", JWKEEP_HEADER_INVALID, "kid"},
        {"{\"alg\":\"HS256\",\"typ\":{}}", JWKEEP_HEADER_INVALID, "typ"},
        {"{\"alg\":\"HS256\",\"cty\":[]}", JWKEEP_HEADER_INVALID, "cty"},
        {"{\"alg\":\"HS256\",\"b64\":false}", JWKEEP_HEADER_INVALID, "b64"},
        {"{\"alg\":\"HS256\",\"b64\":\"true\"}", JWKEEP_HEADER_INVALID, "b64"},
        {"{\"alg\":\"HS256\",\"b64\":true}", JWKEEP_OK, NULL},
    };
    check_headers(rows, JK_COUNT_OF(rows));
}

static void bounds_the_kid_of_a_token(void **state) {
    (void)state;
    char kid[JWKEEP_MAX_KID_BYTES + 2];
    char header[1024];
    memset(kid, 'k', sizeof kid);
    kid[JWKEEP_MAX_KID_BYTES + 1] = '\0';
    snprintf(header, sizeof header, "{\"alg\":\"HS256\",\"kid\":\"%s\"}", kid);
    jwkeep_error error;
    assert_int_equal(verify_header(header, &error), JWKEEP_KID_TOO_LONG);
    assert_string_equal(error.where, "kid");
    kid[JWKEEP_MAX_KID_BYTES] = '\0';
    snprintf(header, sizeof header, "{\"alg\":\"HS256\",\"kid\":\"%s\"}", kid);
    assert_int_equal(verify_header(header, NULL), JWKEEP_OK);
}

static void refuses_what_is_not_three_segments(void **state) {
    (void)state;
    static const struct {
        const char *token;
        size_t offset;
    } rows[] = {
        {"", 0},
        {"abc", 3},
        {"..", 0},
        {"a.b", 3},
        {".eyJ9.AA", 0},
        {A1_HEADER "." RFC7515_PAYLOAD, sizeof A1_HEADER + sizeof RFC7515_PAYLOAD - 1},
        {A1_HEADER "." RFC7515_PAYLOAD ".", sizeof A1_HEADER + sizeof RFC7515_PAYLOAD},
        {RFC7515_A1 ".", sizeof RFC7515_A1 - 1},
        {RFC7515_A1 ".AA.AA", sizeof RFC7515_A1 - 1},
        {"{\"payload\":\"\",\"signatures\":[]}", 0},
        {RFC7515_A5, sizeof RFC7515_A5 - 1},
    };
    jwkeep_jwk *key = key_of(RFC7517_A3_HMAC);
    for (size_t i = 0; i < JK_COUNT_OF(rows); i++) {
        jwkeep_error error = {.code = JWKEEP_OK};
        if (verify_by_key(rows[i].token, key, &error) != JWKEEP_TOKEN_MALFORMED ||
            error.offset != rows[i].offset)
            fail_msg("%s at %zu: %s", jwkeep_code_name(error.code), error.offset,
                     rows[i].token);
    }
    jwkeep_jwk_unref(key);
}

static void finds_the_stray_character_in_the_whole_token(void **state) {
    (void)state;
    enum { HEADER = sizeof A1_HEADER - 1, PAYLOAD = sizeof RFC7515_PAYLOAD - 1 };
    static const struct {
        size_t at;
        char stray;
        const char *where;
    } rows[] = {
        {0, '+', "header"},
        {HEADER - 1, '=', "header"},
        {HEADER + 1, '/', "payload"},
        {HEADER + PAYLOAD, ' ', "payload"},
        {HEADER + PAYLOAD + 2, '\n', "signature"},
        {HEADER + PAYLOAD + 11, '*', "signature"},
    };
    jwkeep_jwk *key = key_of(RFC7517_A3_HMAC);
    for (size_t i = 0; i < JK_COUNT_OF(rows); i++) {
        char token[] = RFC7515_A1;
        token[rows[i].at] = rows[i].stray;
        jwkeep_error error = {.code = JWKEEP_OK};
        assert_int_equal(verify_by_key(token, key, &error), JWKEEP_BASE64URL_INVALID);
        assert_string_equal(error.where, rows[i].where);
        assert_int_equal(error.offset, rows[i].at);
    }
    jwkeep_jwk_unref(key);
}

static void tells_where_in_the_token_the_header_is_wrong(void **state) {
    (void)state;
    jwkeep_error error;
    /* the x is byte 15 of the header: character 20 of the token */
    assert_int_equal(verify_header("{\"alg\":\"HS256\"}x", &error), JWKEEP_JSON_SYNTAX);
    assert_int_equal(error.offset, 20);
}

static void bounds_the_token_and_its_header(void **state) {
    (void)state;
    jwkeep_jwk *key = key_of(RFC7517_A3_HMAC);
    jwkeep_limits limits;
    jwkeep_limits_init(&limits);
    jwkeep_jws_options options = {.key = key, .limits = &limits};
    limits.max_token_bytes = sizeof RFC7515_A1 - 1;
    limits.max_header_bytes = sizeof A1_HEADER - 1;
    assert_int_equal(verify_with(RFC7515_A1, &options, NULL), JWKEEP_OK);
    limits.max_token_bytes--;
    assert_int_equal(verify_with(RFC7515_A1, &options, NULL), JWKEEP_TOKEN_TOO_LARGE);
    limits.max_token_bytes++;
    limits.max_header_bytes--;
    assert_int_equal(verify_with(RFC7515_A1, &options, NULL), JWKEEP_TOKEN_TOO_LARGE);
    limits.max_header_bytes = 0;
    assert_int_equal(verify_with(RFC7515_A1, &options, NULL), JWKEEP_MISUSE_ARGUMENT);
    jwkeep_jwk_unref(key);
}

static void refuses_a_changed_byte_anywhere(void **state) {
    (void)state;
    jwkeep_jwk *key = key_of(RFC7515_A3_KEY);
    char token[] = RFC7515_A3;
    for (size_t i = 0; token[i]; i++) {
        char before = token[i];
        token[i] = before == 'A' ? 'B' : 'A';
        if (before != '.' && verify_by_key(token, key, NULL) == JWKEEP_OK)
            fail_msg("holds with another character at %zu", i);
        token[i] = before;
    }
    assert_int_equal(verify_by_key(token, key, NULL), JWKEEP_OK);
    jwkeep_jwk_unref(key);
}

static void refuses_signatures_of_another_length(void **state) {
    (void)state;
    static const char *const tails[] = {"AA", "AAAA"};
    jwkeep_jwk *keys[] = {key_of(RFC7517_A3_HMAC), key_of(RFC7515_A2_KEY),
                          key_of(RFC7515_A3_KEY), key_of(RFC8037_A2)};
    static const char *const tokens[] = {RFC7515_A1, RFC7515_A2, RFC7515_A3, RFC8037_A4};
    for (size_t i = 0; i < JK_COUNT_OF(tokens); i++) {
        char token[TOKEN_MAX];
        for (size_t j = 0; j < JK_COUNT_OF(tails); j++) {
            snprintf(token, sizeof token, "%s%s", tokens[i], tails[j]);
            jwkeep_code code = verify_by_key(token, keys[i], NULL);
            assert_true(code == JWKEEP_SIGNATURE_INVALID || code == JWKEEP_BASE64URL_INVALID);
        }
        snprintf(token, sizeof token, "%.*s", (int)strlen(tokens[i]) - 4, tokens[i]);
        jwkeep_code code = verify_by_key(token, keys[i], NULL);
        assert_true(code == JWKEEP_SIGNATURE_INVALID || code == JWKEEP_BASE64URL_INVALID);
    }
    for (size_t i = 0; i < JK_COUNT_OF(keys); i++)
        jwkeep_jwk_unref(keys[i]);
}

static void refuses_a_signature_longer_than_any_without_decoding_it(void **state) {
    (void)state;
    jwkeep_jwk *key = key_of(RFC7517_A3_HMAC);
    char token[TOKEN_MAX];
    int size = snprintf(token, sizeof token, "%s.%s.", A1_HEADER, RFC7515_PAYLOAD);
    memset(token + size, '*', 1400); /* not base64url, which is not even looked at */
    token[size + 1400] = '\0';
    assert_int_equal(verify_by_key(token, key, NULL), JWKEEP_SIGNATURE_INVALID);
    jwkeep_jwk_unref(key);
}

#define EC_A                                                                                   \
    "\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" RFC7517_EC_X "\",\"y\":\"" RFC7517_EC_Y "\""
#define EC_B                                                                                   \
    "\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","  \
    "\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\""

static void check_set(const char *json, const char *token, jwkeep_code expected) {
    jwkeep_keyset *keys = keyset_of(json);
    jwkeep_error error = {.code = JWKEEP_OK};
    jwkeep_code code = verify_by_set(token, keys, &error);
    jwkeep_keyset_unref(keys);
    if (code != expected || error.code != code)
        fail_msg("%s, not %s: %s", jwkeep_code_name(code), jwkeep_code_name(expected), json);
}

static void chooses_the_key_that_the_token_names(void **state) {
    (void)state;
    jwkeep_jwk *key = key_of("{" EC_A ",\"d\":\"" RFC7517_EC_D "\"}");
    char token[TOKEN_MAX];
    forge(key, JWKEEP_ALGORITHM_ES256, "{\"alg\":\"ES256\",\"kid\":\"a\"}", "{}", token,
          sizeof token);
    jwkeep_jwk_unref(key);
    check_set("{\"keys\":[{" EC_B ",\"kid\":\"b\"},{" EC_A ",\"kid\":\"a\"}]}", token,
              JWKEEP_OK);
    /* RFC 7517 §4.5: several keys may have one kid */
    check_set("{\"keys\":[{" EC_B ",\"kid\":\"a\"},{" EC_A ",\"kid\":\"a\"}]}", token,
              JWKEEP_OK);
    check_set("{\"keys\":[" RFC7515_A2_KEY ",{" EC_A ",\"kid\":\"a\"}]}", token, JWKEEP_OK);
    check_set("{\"keys\":[{" EC_A ",\"kid\":\"b\"},{" EC_B ",\"kid\":\"a\"}]}", token,
              JWKEEP_SIGNATURE_INVALID);
    check_set("{\"keys\":[{" EC_A ",\"kid\":\"b\"}]}", token, JWKEEP_KID_UNKNOWN);
    check_set("{\"keys\":[{" EC_A ",\"kid\":\"A\"}]}", token, JWKEEP_KID_UNKNOWN);
    check_set("{\"keys\":[{" EC_A "}]}", token, JWKEEP_KID_UNKNOWN);
    check_set("{\"keys\":[]}", token, JWKEEP_KID_UNKNOWN);
    check_set("{\"keys\":[{\"kty\":\"oct\",\"kid\":\"a\",\"k\":\"" RFC7515_A1_K "\"}]}", token,
              JWKEEP_KEY_ALG_MISMATCH);
    check_set("{\"keys\":[{" EC_A ",\"kid\":\"a\",\"use\":\"enc\"}]}", token,
              JWKEEP_KEY_USE_FORBIDDEN);
    check_set("{\"keys\":[{" EC_A ",\"kid\":\"a\",\"key_ops\":[\"sign\"]}]}", token,
              JWKEEP_KEY_USE_FORBIDDEN);
    check_set("{\"keys\":[{" EC_A ",\"kid\":\"a\",\"use\":\"enc\"},"
              "{\"kty\":\"oct\",\"kid\":\"a\",\"k\":\"" RFC7515_A1_K "\"}]}",
              token, JWKEEP_KEY_USE_FORBIDDEN);
}

static void tries_the_keys_that_fit_a_token_without_kid(void **state) {
    (void)state;
    check_set("{\"keys\":[" RFC7515_A2_KEY ",{" EC_A "}," RFC7515_A3_KEY "]}", RFC7515_A3,
              JWKEEP_OK);
    check_set("{\"keys\":[" RFC7515_A2_KEY ",{" EC_A ",\"kid\":\"a\"}]}", RFC7515_A3,
              JWKEEP_SIGNATURE_INVALID);
    check_set("{\"keys\":[" RFC7515_A2_KEY "]}", RFC7515_A3, JWKEEP_KEY_ALG_MISMATCH);
    check_set("{\"keys\":[{" EC_B ",\"use\":\"enc\"}]}", RFC7515_A3, JWKEEP_KEY_USE_FORBIDDEN);
    check_set("{\"keys\":[]}", RFC7515_A3, JWKEEP_KID_UNKNOWN);
}

/* Four keys that fit the algorithm but not the signature, then the right one. */
static void tries_no_more_keys_than_max_candidates(void **state) {
    (void)state;
    jwkeep_keyset *keys = keyset_of("{\"keys\":[{" EC_A ",\"kid\":\"1\"},{" EC_A
                                    ",\"kid\":\"2\"},{" EC_A ",\"kid\":\"3\"}," RFC7515_A2_KEY
                                    ",{" EC_A ",\"kid\":\"4\"},{" EC_B ",\"kid\":\"5\"}]}");
    assert_int_equal(verify_by_set(RFC7515_A3, keys, NULL), JWKEEP_SIGNATURE_INVALID);
    jwkeep_limits limits;
    jwkeep_limits_init(&limits);
    limits.max_candidates = 5;
    jwkeep_jws_options options = {.keys = keys, .limits = &limits};
    assert_int_equal(verify_with(RFC7515_A3, &options, NULL), JWKEEP_OK);
    jwkeep_keyset_unref(keys);
}

static void asks_for_a_kid_where_one_is_required(void **state) {
    (void)state;
    jwkeep_jwk *key = key_of(RFC7515_A3_KEY);
    jwkeep_jws_options options = {.key = key, .is_kid_required = true};
    jwkeep_error error;
    assert_int_equal(verify_with(RFC7515_A3, &options, &error), JWKEEP_KID_MISSING);
    assert_string_equal(error.where, "kid");
    jwkeep_jwk_unref(key);
}

static void uses_a_single_key_whatever_kid_the_token_names(void **state) {
    (void)state;
    jwkeep_jwk *key = key_of("{\"kty\":\"oct\",\"kid\":\"other\",\"k\":\"" RFC7515_A1_K "\"}");
    char token[TOKEN_MAX];
    forge(key, JWKEEP_ALGORITHM_HS256, "{\"alg\":\"HS256\",\"kid\":\"x\"}", "", token,
          sizeof token);
    jwkeep_jws_options options = {.key = key};
    jwkeep_buffer payload;
    jwkeep_buffer_init(&payload, 16);
    assert_int_equal(
        jwkeep_jws_verify(jwkeep_span_text(token), &options, &payload, NULL, NULL, NULL),
        JWKEEP_OK);
    assert_int_equal(payload.size, 0);
    jwkeep_buffer_done(&payload);
    jwkeep_jwk_unref(key);
}

static void accepts_only_the_algorithms_of_the_list(void **state) {
    (void)state;
    jwkeep_jwk *key = key_of(RFC7515_A3_KEY);
    jwkeep_jws_options options = {.key = key,
                                  .algorithms = JWKEEP_ALGORITHM_BIT(JWKEEP_ALGORITHM_ES384)};
    jwkeep_error error;
    assert_int_equal(verify_with(RFC7515_A3, &options, &error), JWKEEP_ALG_NOT_ALLOWED);
    assert_string_equal(error.where, "alg");
    options.algorithms |= JWKEEP_ALGORITHM_BIT(JWKEEP_ALGORITHM_ES256);
    assert_int_equal(verify_with(RFC7515_A3, &options, NULL), JWKEEP_OK);
    jwkeep_jwk_unref(key);
}

static void needs_either_a_key_or_a_set(void **state) {
    (void)state;
    jwkeep_jwk *key = key_of(RFC7515_A3_KEY);
    jwkeep_keyset *keys = keyset_of("{\"keys\":[]}");
    jwkeep_jws_options options = {0};
    assert_int_equal(verify_with(RFC7515_A3, &options, NULL), JWKEEP_MISUSE_ARGUMENT);
    options = (jwkeep_jws_options){.key = key, .keys = keys};
    assert_int_equal(verify_with(RFC7515_A3, &options, NULL), JWKEEP_MISUSE_ARGUMENT);
    assert_int_equal(verify_with(RFC7515_A3, NULL, NULL), JWKEEP_MISUSE_ARGUMENT);
    jwkeep_keyset_unref(keys);
    jwkeep_jwk_unref(key);
}

static void appends_neither_output_if_one_does_not_fit(void **state) {
    (void)state;
    jwkeep_jwk *key = key_of(RFC7515_A3_KEY);
    jwkeep_jws_options options = {.key = key};
    jwkeep_buffer payload;
    jwkeep_buffer header;
    jwkeep_buffer_init(&payload, TOKEN_MAX);
    jwkeep_buffer_init(&header, 3);
    jwkeep_error error;
    jwkeep_span token = jwkeep_span_text(RFC7515_A3);
    assert_int_equal(jwkeep_buffer_append_text(&payload, "before"), JWKEEP_OK);
    assert_int_equal(jwkeep_jws_verify(token, &options, &payload, &header, NULL, &error),
                     JWKEEP_MISUSE_TOO_SMALL);
    assert_int_equal(error.code, JWKEEP_MISUSE_TOO_SMALL);
    assert_true(holds(&payload, "before"));
    assert_int_equal(header.size, 0);
    jwkeep_buffer_done(&payload);
    jwkeep_buffer_done(&header);
    jwkeep_jwk_unref(key);
}

static void check_decoded(const char *token, const char *header_text,
                          const char *payload_text) {
    jwkeep_buffer header;
    jwkeep_buffer payload;
    jwkeep_buffer_init(&header, TOKEN_MAX);
    jwkeep_buffer_init(&payload, TOKEN_MAX);
    assert_int_equal(
        jwkeep_jws_decode_insecure(jwkeep_span_text(token), NULL, &header, &payload, NULL),
        JWKEEP_OK);
    assert_true(holds(&header, header_text));
    assert_true(holds(&payload, payload_text));
    jwkeep_buffer_done(&header);
    jwkeep_buffer_done(&payload);
}

static void shows_any_token_when_asked_insecurely(void **state) {
    (void)state;
    check_decoded(RFC7515_A3, "{\"alg\":\"ES256\"}", RFC7515_PAYLOAD_TEXT);
    check_decoded(RFC7515_A5, "{\"alg\":\"none\"}", RFC7515_PAYLOAD_TEXT);
    static const struct {
        const char *token;
        jwkeep_code code;
        size_t offset;
    } rows[] = {
        {"e30", JWKEEP_TOKEN_MALFORMED, 3},
        {"e3=.e30.AA", JWKEEP_BASE64URL_INVALID, 2},
        {"e30.e3=.AA", JWKEEP_BASE64URL_INVALID, 6},
        {"e30.e30.A=", JWKEEP_BASE64URL_INVALID, 9},
    };
    for (size_t i = 0; i < JK_COUNT_OF(rows); i++) {
        jwkeep_error error = {.code = JWKEEP_OK};
        assert_int_equal(jwkeep_jws_decode_insecure(jwkeep_span_text(rows[i].token), NULL, NULL,
                                                    NULL, &error),
                         rows[i].code);
        assert_int_equal(error.offset, rows[i].offset);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accepts_the_examples_of_the_rfcs),
        cmocka_unit_test(hands_out_the_protected_header),
        cmocka_unit_test(refuses_a_header_that_is_no_json_object),
        cmocka_unit_test(refuses_algorithms_it_must_not_know),
        cmocka_unit_test(refuses_parameters_of_another_type),
        cmocka_unit_test(bounds_the_kid_of_a_token),
        cmocka_unit_test(refuses_what_is_not_three_segments),
        cmocka_unit_test(finds_the_stray_character_in_the_whole_token),
        cmocka_unit_test(tells_where_in_the_token_the_header_is_wrong),
        cmocka_unit_test(bounds_the_token_and_its_header),
        cmocka_unit_test(refuses_a_changed_byte_anywhere),
        cmocka_unit_test(refuses_signatures_of_another_length),
        cmocka_unit_test(refuses_a_signature_longer_than_any_without_decoding_it),
        cmocka_unit_test(chooses_the_key_that_the_token_names),
        cmocka_unit_test(tries_the_keys_that_fit_a_token_without_kid),
        cmocka_unit_test(tries_no_more_keys_than_max_candidates),
        cmocka_unit_test(asks_for_a_kid_where_one_is_required),
        cmocka_unit_test(uses_a_single_key_whatever_kid_the_token_names),
        cmocka_unit_test(accepts_only_the_algorithms_of_the_list),
        cmocka_unit_test(needs_either_a_key_or_a_set),
        cmocka_unit_test(appends_neither_output_if_one_does_not_fit),
        cmocka_unit_test(shows_any_token_when_asked_insecurely),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
