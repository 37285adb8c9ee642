/* SPDX-License-Identifier: Apache-2.0
 *
 * JWS in JSON serialization: the RFCs' examples, policies over several signatures, results,
 * limits, and round trips of what is signed. */
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

/* The keys of A.6 with the `kid` values that the example gives them. */
static jwkeep_keyset *keys_of_a6(bool has_rsa, bool has_ec) {
    static char json[4096];
    char rsa[2048];
    snprintf(rsa, sizeof rsa, "{\"kid\":\"2010-12-29\",%s", &RFC7515_A2_KEY[1]);
    snprintf(json, sizeof json,
             "{\"keys\":[%s%s{\"kid\":\"e9bc097a-ce51-4036-9562-d2ade882db0d\",%s]}",
             has_rsa ? rsa : "", has_rsa ? "," : "",
             has_ec ? &RFC7515_A3_KEY[1]
                    : "\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" RFC7517_EC_X
                      "\",\"y\":\"" RFC7517_EC_Y "\"}");
    return keyset_of(json);
}

static jwkeep_jws_json *verified;

static int make_verified(void **state) {
    (void)state;
    return jwkeep_jws_json_new(&verified, NULL) == JWKEEP_OK ? 0 : -1;
}

static int free_verified(void **state) {
    (void)state;
    jwkeep_jws_json_free(verified);
    jwkeep_jws_json_free(NULL);
    return 0;
}

/* Nothing of a token that is refused is to be seen, and the record says what the code says. */
static jwkeep_code verify(const char *token, const jwkeep_jws_options *options,
                          const jwkeep_jws_policy *policy) {
    jwkeep_error error = {.code = JWKEEP_OK};
    jwkeep_code code =
        jwkeep_jws_json_verify(jwkeep_span_text(token), options, policy, verified, &error);
    assert_int_equal(error.code, code);
    assert_true((code == JWKEEP_OK) ==
                jwkeep_span_is_present(jwkeep_jws_json_payload(verified)));
    for (size_t i = 0; code && i < jwkeep_jws_json_count(verified); i++) {
        jwkeep_jws_signature each;
        assert_int_equal(jwkeep_jws_json_at(verified, i, &each), JWKEEP_OK);
        assert_false(jwkeep_span_is_present(each.header));
        assert_false(jwkeep_span_is_present(each.unprotected));
    }
    return code;
}

static jwkeep_code verify_by_set(const char *token, const jwkeep_keyset *keys,
                                 jwkeep_jws_demand demand) {
    jwkeep_jws_options options = {.keys = keys};
    jwkeep_jws_policy policy = {.demand = demand};
    return verify(token, &options, &policy);
}

static jwkeep_jws_signature result(size_t index) {
    jwkeep_jws_signature each = {.algorithm = JWKEEP_ALGORITHM_ABSENT};
    assert_int_equal(jwkeep_jws_json_at(verified, index, &each), JWKEEP_OK);
    return each;
}

static void assert_span(jwkeep_span span, const char *text) {
    if (!jwkeep_span_equals(span, jwkeep_span_text(text)))
        fail_msg("%.*s is not %s", (int)span.size, (const char *)span.data, text);
}

static void accepts_both_signatures_of_rfc_7515_a6(void **state) {
    (void)state;
    jwkeep_keyset *keys = keys_of_a6(true, true);
    assert_int_equal(verify_by_set(RFC7515_A6, keys, JWKEEP_JWS_DEMAND_ALL), JWKEEP_OK);
    assert_span(jwkeep_jws_json_payload(verified), RFC7515_PAYLOAD_TEXT);
    assert_int_equal(jwkeep_jws_json_count(verified), 2);
    jwkeep_jws_signature each = result(0);
    assert_int_equal(each.error.code, JWKEEP_OK);
    assert_ptr_equal(each.key, jwkeep_keyset_at(keys, 0));
    assert_int_equal(each.algorithm, JWKEEP_ALGORITHM_RS256);
    assert_span(each.header, "{\"alg\":\"RS256\"}");
    assert_span(each.unprotected, "{\"kid\":\"2010-12-29\"}");
    each = result(1);
    assert_ptr_equal(each.key, jwkeep_keyset_at(keys, 1));
    assert_true(jwkeep_span_equals(each.thumbprint, jwkeep_jwk_thumbprint(each.key)));
    assert_int_equal(jwkeep_jws_json_at(verified, 2, &each), JWKEEP_NOT_FOUND);
    jwkeep_keyset_unref(keys);
}

static void accepts_the_flattened_example_of_rfc_7515_a7(void **state) {
    (void)state;
    jwkeep_keyset *keys = keys_of_a6(true, true);
    assert_int_equal(verify_by_set(RFC7515_A7, keys, JWKEEP_JWS_DEMAND_ALL), JWKEEP_OK);
    assert_span(jwkeep_jws_json_payload(verified), RFC7515_PAYLOAD_TEXT);
    assert_int_equal(jwkeep_jws_json_count(verified), 1);
    assert_int_equal(jwkeep_jws_verify(JWKEEP_SPAN(RFC7515_A7),
                                       &(jwkeep_jws_options){.keys = keys}, NULL, NULL, NULL,
                                       NULL),
                     JWKEEP_TOKEN_MALFORMED);
    jwkeep_keyset_unref(keys);
}

/* RFC 7520 §4.7 signs with an `alg` that is not protected, as one of three in §4.8. */
static void refuses_in_rfc_7520_what_has_no_protected_alg(void **state) {
    (void)state;
    jwkeep_keyset *keys = keyset_of("{\"keys\":[{" RFC7520_RSA_PUBLIC "},{" RFC7520_EC_PUBLIC
                                    "}," RFC7520_HMAC "]}");
    assert_int_equal(verify_by_set(RFC7520_4_7, keys, JWKEEP_JWS_DEMAND_ANY),
                     JWKEEP_HEADER_UNPROTECTED);
    assert_int_equal(verify_by_set(RFC7520_4_8, keys, JWKEEP_JWS_DEMAND_ALL),
                     JWKEEP_SIGNATURES_UNMET);
    assert_int_equal(verify_by_set(RFC7520_4_8, keys, JWKEEP_JWS_DEMAND_ANY), JWKEEP_OK);
    assert_span(jwkeep_jws_json_payload(verified), RFC7520_PAYLOAD_TEXT);
    assert_int_equal(result(0).error.code, JWKEEP_OK);
    assert_int_equal(result(1).error.code, JWKEEP_HEADER_UNPROTECTED);
    assert_null(result(1).key);
    assert_int_equal(result(2).error.code, JWKEEP_OK);
    jwkeep_keyset_unref(keys);
}

static void accepts_the_unencoded_example_of_rfc_7797(void **state) {
    (void)state;
    jwkeep_jwk *key = key_of(RFC7517_A3_HMAC);
    jwkeep_jws_options options = {.key = key};
    assert_int_equal(verify(RFC7797_4_2_JSON, &options, NULL), JWKEEP_OK);
    assert_span(jwkeep_jws_json_payload(verified), RFC7797_PAYLOAD_TEXT);
    jwkeep_jwk_unref(key);
}

static void gives_each_signature_a_verdict_of_its_own(void **state) {
    (void)state;
    jwkeep_keyset *keys = keys_of_a6(true, false);
    assert_int_equal(verify_by_set(RFC7515_A6, keys, JWKEEP_JWS_DEMAND_ALL),
                     JWKEEP_SIGNATURES_UNMET);
    assert_int_equal(result(0).error.code, JWKEEP_OK);
    assert_int_equal(result(1).error.code, JWKEEP_SIGNATURE_INVALID);
    assert_int_equal(verify_by_set(RFC7515_A6, keys, JWKEEP_JWS_DEMAND_ANY), JWKEEP_OK);
    assert_int_equal(result(1).error.code, JWKEEP_SIGNATURE_INVALID);
    assert_false(jwkeep_span_is_present(result(1).header));
    jwkeep_keyset_unref(keys);
    keys = keys_of_a6(false, true);
    assert_int_equal(verify_by_set(RFC7515_A6, keys, JWKEEP_JWS_DEMAND_ANY), JWKEEP_OK);
    assert_int_equal(result(0).error.code, JWKEEP_KID_UNKNOWN);
    jwkeep_keyset_unref(keys);
    keys = keyset_of("{\"keys\":[]}");
    assert_int_equal(verify_by_set(RFC7515_A6, keys, JWKEEP_JWS_DEMAND_ANY),
                     JWKEEP_SIGNATURES_UNMET);
    jwkeep_keyset_unref(keys);
}

static jwkeep_code verify_for(const jwkeep_keyset *keys, const char *kid,
                              const jwkeep_jwk *key) {
    jwkeep_jws_options options = {.keys = keys};
    jwkeep_span kids[] = {JWKEEP_SPAN("2010-12-29"), jwkeep_span_text(kid)};
    jwkeep_span thumbprint = key ? jwkeep_jwk_thumbprint(key) : JWKEEP_SPAN_NONE;
    jwkeep_jws_policy policy = {.demand = JWKEEP_JWS_DEMAND_KEYS,
                                .kids = kids,
                                .kid_count = kid ? 2 : 0,
                                .thumbprints = &thumbprint,
                                .thumbprint_count = key ? 1 : 0};
    return verify(RFC7515_A6, &options, &policy);
}

static void asks_for_a_signature_by_each_key_of_the_policy(void **state) {
    (void)state;
    const char *kid = "e9bc097a-ce51-4036-9562-d2ade882db0d";
    jwkeep_keyset *both = keys_of_a6(true, true);
    jwkeep_keyset *rsa = keys_of_a6(true, false);
    jwkeep_jwk *stranger = key_of(RFC8037_A2);
    assert_int_equal(verify_for(both, kid, NULL), JWKEEP_OK);
    assert_int_equal(verify_for(both, kid, jwkeep_keyset_at(both, 1)), JWKEEP_OK);
    assert_int_equal(verify_for(rsa, NULL, jwkeep_keyset_at(rsa, 0)), JWKEEP_OK);
    assert_int_equal(verify_for(rsa, kid, NULL), JWKEEP_SIGNATURES_UNMET);
    assert_int_equal(verify_for(both, "other", NULL), JWKEEP_SIGNATURES_UNMET);
    assert_int_equal(verify_for(rsa, NULL, jwkeep_keyset_at(both, 1)), JWKEEP_SIGNATURES_UNMET);
    assert_int_equal(verify_for(both, kid, stranger), JWKEEP_SIGNATURES_UNMET);
    assert_int_equal(verify_for(both, NULL, NULL), JWKEEP_MISUSE_ARGUMENT);
    jwkeep_jwk_unref(stranger);
    jwkeep_keyset_unref(both);
    jwkeep_keyset_unref(rsa);
}

static void a_single_signature_says_itself_why_it_is_refused(void **state) {
    (void)state;
    jwkeep_jwk *key = key_of(RFC8037_A2);
    jwkeep_jws_options options = {.key = key};
    assert_int_equal(verify(RFC7515_A7, &options, NULL), JWKEEP_KEY_ALG_MISMATCH);
    options.algorithms = JWKEEP_ALGORITHM_BIT(JWKEEP_ALGORITHM_RS256);
    assert_int_equal(verify(RFC7515_A7, &options, NULL), JWKEEP_ALG_NOT_ALLOWED);
    jwkeep_jwk_unref(key);
}

typedef struct refusal {
    const char *token;
    jwkeep_code code;
} refusal;

static void check_refusals(const refusal *rows, size_t count) {
    jwkeep_jwk *key = key_of(RFC7517_A3_HMAC);
    jwkeep_jws_options options = {.key = key};
    for (size_t i = 0; i < count; i++) {
        jwkeep_code code = verify(rows[i].token, &options, NULL);
        if (code != rows[i].code)
            fail_msg("%s: %s", jwkeep_code_name(code), rows[i].token);
    }
    jwkeep_jwk_unref(key);
}

#define HS256 "\"protected\":\"eyJhbGciOiJIUzI1NiJ9\""

static void refuses_what_has_not_the_shape(void **state) {
    (void)state;
    static const refusal rows[] = {
        {"", JWKEEP_JSON_SYNTAX},
        {RFC7515_A1, JWKEEP_JSON_SYNTAX},
        {"[]", JWKEEP_JWS_JSON_INVALID},
        {"{}", JWKEEP_JWS_JSON_INVALID},
        {"{\"payload\":1," HS256 ",\"signature\":\"AA\"}", JWKEEP_JWS_JSON_INVALID},
        {"{\"payload\":\"\"," HS256 "}", JWKEEP_JWS_JSON_INVALID},
        {"{\"payload\":\"\"," HS256 ",\"signature\":null}", JWKEEP_JWS_JSON_INVALID},
        {"{\"payload\":\"\",\"protected\":{\"alg\":\"HS256\"},\"signature\":\"AA\"}",
         JWKEEP_JWS_JSON_INVALID},
        {"{\"payload\":\"\"," HS256 ",\"header\":\"e30\",\"signature\":\"AA\"}",
         JWKEEP_JWS_JSON_INVALID},
        {"{\"payload\":\"\",\"signatures\":[]}", JWKEEP_JWS_JSON_INVALID},
        {"{\"payload\":\"\",\"signatures\":{}}", JWKEEP_JWS_JSON_INVALID},
        {"{\"payload\":\"\",\"signatures\":[1]}", JWKEEP_JWS_JSON_INVALID},
        {"{\"payload\":\"\",\"signatures\":[{" HS256 "}]}", JWKEEP_JWS_JSON_INVALID},
        {"{\"payload\":\"\",\"payload\":\"\"," HS256 ",\"signature\":\"AA\"}",
         JWKEEP_JSON_DUPLICATE},
        {"{\"payload\":\"e30\"," HS256 ",\"signature\":\"A\"}", JWKEEP_BASE64URL_INVALID},
        {"{\"payload\":\"e3=\"," HS256 ",\"signature\":\"AA\"}", JWKEEP_BASE64URL_INVALID},
        {"{\"payload\":\"e30\",\"protected\":\"\",\"signature\":\"AA\"}", JWKEEP_JSON_SYNTAX},
        {"{" HS256 ",\"signature\":\"AA\"}", JWKEEP_PAYLOAD_MISSING},
        {"{\"payload\":\"e30\",\"signature\":\"AA\"}", JWKEEP_ALG_MISSING},
        {"{\"payload\":\"e30\"," HS256 ",\"header\":{\"kid\":1},\"signature\":\"AA\"}",
         JWKEEP_HEADER_INVALID},
        {"{\"payload\":\"e30\"," HS256 ",\"signature\":\"AA\"}", JWKEEP_SIGNATURE_INVALID},
    };
    check_refusals(rows, JK_COUNT_OF(rows));
}

static void finds_the_stray_character_in_the_whole_token(void **state) {
    (void)state;
    static const struct {
        const char *token;
        size_t offset;
    } rows[] = {
        {"{\"payload\":\"e3=\"," HS256 ",\"signature\":\"AA\"}", 14},
        {"{\"payload\":\"e30\",\"protected\":\"*\",\"signature\":\"AA\"}", 30},
        {"{\"payload\":\"\", \"protected\":\"eyJhbGciOiJIUzI1NiJ9\",\"signature\":\"A*\"}", 64},
        {"{\"payload\":\"e30\",\"protected\":\"\\u002a\",\"signature\":\"AA\"}", 29},
    };
    jwkeep_jwk *key = key_of(RFC7517_A3_HMAC);
    jwkeep_jws_options options = {.key = key};
    for (size_t i = 0; i < JK_COUNT_OF(rows); i++) {
        jwkeep_error error = {.code = JWKEEP_OK};
        assert_int_equal(jwkeep_jws_json_verify(jwkeep_span_text(rows[i].token), &options, NULL,
                                                verified, &error),
                         JWKEEP_BASE64URL_INVALID);
        assert_int_equal(error.offset, rows[i].offset);
    }
    jwkeep_jwk_unref(key);
}

static void bounds_the_token_and_its_signatures(void **state) {
    (void)state;
    jwkeep_keyset *keys = keys_of_a6(true, true);
    jwkeep_limits limits;
    jwkeep_limits_init(&limits);
    jwkeep_jws_options options = {.keys = keys, .limits = &limits};
    limits.max_json_token_bytes = sizeof RFC7515_A6 - 1;
    limits.max_signatures = 2;
    limits.max_header_bytes = sizeof "eyJhbGciOiJSUzI1NiJ9" - 1;
    assert_int_equal(verify(RFC7515_A6, &options, NULL), JWKEEP_OK);
    limits.max_json_token_bytes--;
    assert_int_equal(verify(RFC7515_A6, &options, NULL), JWKEEP_TOKEN_TOO_LARGE);
    limits.max_json_token_bytes++;
    limits.max_signatures = 1;
    assert_int_equal(verify(RFC7515_A6, &options, NULL), JWKEEP_TOO_MANY_SIGNATURES);
    limits.max_signatures = 2;
    limits.max_header_bytes--;
    assert_int_equal(verify(RFC7515_A7, &options, NULL), JWKEEP_TOKEN_TOO_LARGE);
    jwkeep_keyset_unref(keys);
}

static void outlives_the_bytes_of_the_token(void **state) {
    (void)state;
    jwkeep_keyset *keys = keys_of_a6(true, true);
    char *token = strdup(RFC7515_A7);
    assert_int_equal(verify_by_set(token, keys, JWKEEP_JWS_DEMAND_ALL), JWKEEP_OK);
    memset(token, 'x', strlen(token));
    free(token);
    assert_span(result(0).unprotected, "{\"kid\":\"e9bc097a-ce51-4036-9562-d2ade882db0d\"}");
    assert_span(jwkeep_jws_json_payload(verified), RFC7515_PAYLOAD_TEXT);
    jwkeep_keyset_unref(keys);
}

static void refuses_misuse(void **state) {
    (void)state;
    jwkeep_jwk *key = key_of(RFC7517_A3_HMAC);
    jwkeep_jws_options options = {.key = key};
    jwkeep_jws_policy policy = {.demand = (jwkeep_jws_demand)3};
    assert_int_equal(verify(RFC7515_A7, &options, &policy), JWKEEP_MISUSE_ARGUMENT);
    policy = (jwkeep_jws_policy){.kid_count = 1};
    assert_int_equal(verify(RFC7515_A7, &options, &policy), JWKEEP_MISUSE_ARGUMENT);
    assert_int_equal(verify(RFC7515_A7, NULL, NULL), JWKEEP_MISUSE_ARGUMENT);
    assert_int_equal(
        jwkeep_jws_json_verify(JWKEEP_SPAN(RFC7515_A7), &options, NULL, NULL, NULL),
        JWKEEP_MISUSE_ARGUMENT);
    jwkeep_jwk_unref(key);
}

static jwkeep_jwk *signing_keys[3];

static jwkeep_keyset *make_signing_keys(void) {
    signing_keys[0] = forge_key(JWKEEP_ALGORITHM_ES256, "a");
    signing_keys[1] = forge_key(JWKEEP_ALGORITHM_ED25519, "b");
    signing_keys[2] = forge_key(JWKEEP_ALGORITHM_HS256, NULL);
    return forge_keyset(signing_keys, 3);
}

static void free_signing_keys(jwkeep_keyset *keys) {
    for (size_t i = 0; i < JK_COUNT_OF(signing_keys); i++)
        jwkeep_jwk_unref(signing_keys[i]);
    jwkeep_keyset_unref(keys);
}

static void signs_with_several_keys_what_it_verifies(void **state) {
    (void)state;
    jwkeep_keyset *keys = make_signing_keys();
    jwkeep_jws_signer signers[] = {
        {.key = signing_keys[0], .unprotected = JWKEEP_SPAN("{ \"x\" : [1] }")},
        {.key = signing_keys[1],
         .is_kid_omitted = true,
         .unprotected = JWKEEP_SPAN("{\"kid\":\"b\"}")},
        {.key = signing_keys[2], .typ = JWKEEP_SPAN("text")},
    };
    static char text[TOKEN_MAX];
    for (size_t count = 1; count <= JK_COUNT_OF(signers); count++) {
        jwkeep_buffer token;
        jwkeep_buffer_init(&token, TOKEN_MAX);
        assert_int_equal(jwkeep_jws_json_sign(JWKEEP_SPAN("\0 any"), signers, count,
                                              JWKEEP_JWS_FORM_GENERAL, &token, NULL),
                         JWKEEP_OK);
        snprintf(text, sizeof text, "%.*s", (int)token.size, (const char *)token.data);
        assert_int_equal(verify_by_set(text, keys, JWKEEP_JWS_DEMAND_ALL), JWKEEP_OK);
        assert_int_equal(jwkeep_jws_json_count(verified), count);
        assert_true(
            jwkeep_span_equals(jwkeep_jws_json_payload(verified), JWKEEP_SPAN("\0 any")));
        jwkeep_buffer_done(&token);
    }
    assert_span(result(0).unprotected, "{ \"x\" : [1] }");
    assert_span(result(1).header, "{\"alg\":\"Ed25519\"}");
    assert_span(result(2).header, "{\"alg\":\"HS256\",\"typ\":\"text\"}");
    free_signing_keys(keys);
}

static void signs_every_form_of_payload(void **state) {
    (void)state;
    jwkeep_keyset *keys = make_signing_keys();
    for (unsigned form = 0; form < 4; form++) {
        bool is_detached = form & 1;
        jwkeep_jws_signer signer = {.key = signing_keys[0],
                                    .is_payload_detached = is_detached,
                                    .is_payload_unencoded = form & 2};
        jwkeep_span payload = JWKEEP_SPAN("a \"quoted.\" \xc3\xa5");
        jwkeep_jws_options options = {.keys = keys};
        jwkeep_buffer token;
        jwkeep_buffer_init(&token, TOKEN_MAX);
        assert_int_equal(
            jwkeep_jws_json_sign(payload, &signer, 1, JWKEEP_JWS_FORM_FLATTENED, &token, NULL),
            JWKEEP_OK);
        jwkeep_span bytes = jwkeep_buffer_span(&token);
        assert_int_equal(jwkeep_jws_json_verify(bytes, &options, NULL, verified, NULL),
                         is_detached ? JWKEEP_PAYLOAD_MISSING : JWKEEP_OK);
        options.detached = payload;
        assert_int_equal(jwkeep_jws_json_verify(bytes, &options, NULL, verified, NULL),
                         is_detached ? JWKEEP_OK : JWKEEP_PAYLOAD_NOT_DETACHED);
        options.detached = JWKEEP_SPAN("other");
        assert_int_equal(jwkeep_jws_json_verify(bytes, &options, NULL, verified, NULL),
                         is_detached ? JWKEEP_SIGNATURE_INVALID : JWKEEP_PAYLOAD_NOT_DETACHED);
        jwkeep_buffer_done(&token);
    }
    free_signing_keys(keys);
}

static jwkeep_code sign_json(const jwkeep_jws_signer *signers, size_t count,
                             jwkeep_jws_form form, jwkeep_span payload) {
    jwkeep_buffer token;
    jwkeep_error error = {.code = JWKEEP_OK};
    jwkeep_buffer_init(&token, TOKEN_MAX);
    jwkeep_code code = jwkeep_jws_json_sign(payload, signers, count, form, &token, &error);
    assert_int_equal(error.code, code);
    assert_true((code == JWKEEP_OK) == (token.size > 0));
    jwkeep_buffer_done(&token);
    return code;
}

static void refuses_to_sign_what_no_verifier_would_accept(void **state) {
    (void)state;
    jwkeep_keyset *keys = make_signing_keys();
    const jwkeep_jws_form flat = JWKEEP_JWS_FORM_FLATTENED;
    jwkeep_span payload = JWKEEP_SPAN("x");
    static const struct {
        const char *unprotected;
        jwkeep_code code;
    } rows[] = {
        {"{\"alg\":\"none\"}", JWKEEP_HEADER_UNPROTECTED},
        {"{\"crit\":[\"x\"],\"x\":1}", JWKEEP_HEADER_UNPROTECTED},
        {"{\"b64\":false}", JWKEEP_HEADER_UNPROTECTED},
        {"{\"kid\":\"a\"}", JWKEEP_HEADER_REPEATED},
        {"[]", JWKEEP_HEADER_INVALID},
        {"{", JWKEEP_JSON_SYNTAX},
    };
    for (size_t i = 0; i < JK_COUNT_OF(rows); i++) {
        jwkeep_jws_signer signer = {.key = signing_keys[0],
                                    .unprotected = jwkeep_span_text(rows[i].unprotected)};
        assert_int_equal(sign_json(&signer, 1, flat, payload), rows[i].code);
    }
    jwkeep_jws_signer pair[] = {{.key = signing_keys[0]},
                                {.key = signing_keys[1], .is_payload_unencoded = true}};
    assert_int_equal(sign_json(pair, 2, JWKEEP_JWS_FORM_GENERAL, payload),
                     JWKEEP_MISUSE_ARGUMENT);
    assert_int_equal(sign_json(pair, 2, flat, payload), JWKEEP_MISUSE_ARGUMENT);
    assert_int_equal(sign_json(pair, 0, flat, payload), JWKEEP_MISUSE_ARGUMENT);
    assert_int_equal(sign_json(pair, 1, JWKEEP_JWS_FORM_COMPACT, payload),
                     JWKEEP_MISUSE_ARGUMENT);
    assert_int_equal(sign_json(pair + 1, 1, flat, JWKEEP_SPAN("\xff")),
                     JWKEEP_PAYLOAD_UNENCODABLE);
    free_signing_keys(keys);
}

static void shows_headers_and_payload_when_asked_insecurely(void **state) {
    (void)state;
    jwkeep_buffer headers;
    jwkeep_buffer payload;
    jwkeep_buffer_init(&headers, TOKEN_MAX);
    jwkeep_buffer_init(&payload, TOKEN_MAX);
    assert_int_equal(jwkeep_jws_json_decode_insecure(JWKEEP_SPAN(RFC7520_4_8), NULL, &headers,
                                                     &payload, NULL),
                     JWKEEP_OK);
    assert_true(holds(&payload, RFC7520_PAYLOAD_TEXT));
    assert_true(holds(
        &headers, "[{\"protected\":{\"alg\":\"RS256\"},\"header\":{\"kid\":\"bilbo.baggins@"
                  "hobbiton.example\"}},{\"header\":{\"alg\":\"ES512\",\"kid\":\"bilbo.baggins@"
                  "hobbiton.example\"}},{\"protected\":{\"alg\":\"HS256\",\"kid\":\"018c0ae5-"
                  "4d9b-471b-bfd6-eef314bc7037\"}}]"));
    jwkeep_buffer_clear(&payload);
    assert_int_equal(jwkeep_jws_json_decode_insecure(JWKEEP_SPAN(RFC7797_4_2_JSON), NULL, NULL,
                                                     &payload, NULL),
                     JWKEEP_OK);
    assert_true(holds(&payload, RFC7797_PAYLOAD_TEXT));
    static const refusal rows[] = {
        {"{}", JWKEEP_JWS_JSON_INVALID},
        {"{\"payload\":\"e3=\"," HS256 ",\"signature\":\"AA\"}", JWKEEP_BASE64URL_INVALID},
        {"{\"payload\":\"e30\"," HS256 ",\"signature\":\"A=\"}", JWKEEP_BASE64URL_INVALID},
        {"{\"payload\":\"e30\",\"protected\":\"e3\",\"signature\":\"AA\"}",
         JWKEEP_BASE64URL_INVALID},
        {"{\"payload\":\"e30\",\"protected\":\"ew\",\"signature\":\"AA\"}", JWKEEP_JSON_SYNTAX},
    };
    for (size_t i = 0; i < JK_COUNT_OF(rows); i++)
        assert_int_equal(jwkeep_jws_json_decode_insecure(jwkeep_span_text(rows[i].token), NULL,
                                                         &headers, &payload, NULL),
                         rows[i].code);
    jwkeep_buffer_done(&headers);
    jwkeep_buffer_done(&payload);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accepts_both_signatures_of_rfc_7515_a6),
        cmocka_unit_test(accepts_the_flattened_example_of_rfc_7515_a7),
        cmocka_unit_test(refuses_in_rfc_7520_what_has_no_protected_alg),
        cmocka_unit_test(accepts_the_unencoded_example_of_rfc_7797),
        cmocka_unit_test(gives_each_signature_a_verdict_of_its_own),
        cmocka_unit_test(asks_for_a_signature_by_each_key_of_the_policy),
        cmocka_unit_test(a_single_signature_says_itself_why_it_is_refused),
        cmocka_unit_test(refuses_what_has_not_the_shape),
        cmocka_unit_test(finds_the_stray_character_in_the_whole_token),
        cmocka_unit_test(bounds_the_token_and_its_signatures),
        cmocka_unit_test(outlives_the_bytes_of_the_token),
        cmocka_unit_test(refuses_misuse),
        cmocka_unit_test(signs_with_several_keys_what_it_verifies),
        cmocka_unit_test(signs_every_form_of_payload),
        cmocka_unit_test(refuses_to_sign_what_no_verifier_would_accept),
        cmocka_unit_test(shows_headers_and_payload_when_asked_insecurely),
    };
    return cmocka_run_group_tests(tests, make_verified, free_verified);
}
