/* SPDX-License-Identifier: Apache-2.0
 *
 * The attack: an access token that was stolen, sent with a proof that was stolen too, made for
 * another request, or made with another key. Each check of RFC 9449 §4.3 has a proof that is
 * right but for it. */
#include "base/attributes.h"
#include "support/forge.h"
#include <jwkeep/dpop.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define NOW_S INT64_C(1700000000)
#define NOW_MS (NOW_S * 1000)
#define URL "https://api.example/resource"

/* base64url(SHA-256("token")), by OpenSSL's command line. */
#define ATH "PEaenWxYddN6Q_NT1PiOYfz4EsZu7jRXRlpAsNpBU-A"

static jwkeep_jwk *key, *rsa;
static jwkeep_dpop_proof *proof;
static jwkeep_dpop_request request;
static jwkeep_dpop_options options;
static jwkeep_error error;

static int set_up_keys(void **state) {
    (void)state;
    key = forge_key(JWKEEP_ALGORITHM_ES256, NULL);
    rsa = forge_key(JWKEEP_ALGORITHM_PS256, NULL);
    return 0;
}

static int tear_down_keys(void **state) {
    (void)state;
    jwkeep_jwk_unref(key);
    jwkeep_jwk_unref(rsa);
    return 0;
}

static int set_up(void **state) {
    (void)state;
    request = (jwkeep_dpop_request){.method = JWKEEP_SPAN("GET"), .url = JWKEEP_SPAN(URL)};
    jwkeep_dpop_options_init(&options);
    return jwkeep_dpop_proof_new(&proof, NULL) == JWKEEP_OK ? 0 : -1;
}

static int tear_down(void **state) {
    (void)state;
    jwkeep_replay_free(options.replay);
    jwkeep_dpop_proof_free(proof);
    return 0;
}

static jwkeep_code verify_text(const char *bytes) {
    jwkeep_span span = jwkeep_span_text(bytes);
    request.proofs = &span;
    request.proof_count = 1;
    jwkeep_code code = jwkeep_dpop_verify(&request, &options, NOW_MS, proof, &error);
    request.proofs = NULL;
    bool is_empty = !jwkeep_dpop_proof_claims(proof) &&
                    !jwkeep_span_is_present(jwkeep_dpop_proof_jkt(proof)) &&
                    !jwkeep_span_is_present(jwkeep_dpop_proof_jti(proof));
    assert_true((code == JWKEEP_OK) == !is_empty);
    assert_true(code == JWKEEP_OK || error.code == code);
    return code;
}

/* Takes `bytes`. */
static jwkeep_code verify(char *bytes) {
    jwkeep_code code = verify_text(bytes);
    free(bytes);
    return code;
}

/* The header of a proof, in which the JWK of `shown` takes the place of "@". */
static char *sign_with_header(const char *header, const jwkeep_jwk *shown, bool with_private,
                              const char *payload, const jwkeep_jwk *signer,
                              jwkeep_algorithm algorithm) {
    jwkeep_buffer full;
    jwkeep_buffer_init(&full, 8192);
    const char *at = strchr(header, '@');
    jwkeep_code code =
        jwkeep_buffer_append(&full, jwkeep_span_of(header, (size_t)(at - header)));
    if (code == JWKEEP_OK)
        code = jwkeep_jwk_write(shown, with_private, &full, NULL);
    if (code == JWKEEP_OK)
        code = jwkeep_buffer_append_text(&full, at + 1);
    if (code != JWKEEP_OK)
        fail_msg("cannot write the header");
    char *bytes =
        forge_token(jwkeep_buffer_span(&full), jwkeep_span_text(payload), signer, algorithm);
    jwkeep_buffer_done(&full);
    return bytes;
}

#define HEADER "{\"typ\":\"dpop+jwt\",\"alg\":\"ES256\",\"jwk\":@}"

static char *sign(const char *payload) {
    return sign_with_header(HEADER, key, false, payload, key, JWKEEP_ALGORITHM_ES256);
}

#define GOOD                                                                                   \
    "{\"jti\":\"1\",\"htm\":\"GET\",\"htu\":\"" URL "\",\"iat\":1700000000,\"ath\":\"" ATH "\"}"

static void accepts_the_examples_of_the_rfc(void **state) {
    (void)state;
    static const char header[] =
        "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgt"
        "MzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VO"
        "SmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19.";
    static const char resource[] =
        "eyJqdGkiOiJlMWozVl9iS2ljOC1MQUVCIiwiaHRtIjoiR0VUIiwiaHR1IjoiaHR0cHM6Ly9yZXNvdXJjZS5l"
        "eGFtcGxlLm9yZy9wcm90ZWN0ZWRyZXNvdXJjZSIsImlhdCI6MTU2MjI2MjYxOCwiYXRoIjoiZlVIeU8ycjJa"
        "M0RaNTNFc05yV0JiMHhXWG9hTnk1OUlpS0NBcWtzbVFFbyJ9.2oW9RP35yRqzhrtNP86L-Ey71EOptxRimPPT"
        "oA1plemAgR6pxHF8y6-yqyVnmcw6Fy1dqd-jfxSYoMxhAJpLjA";
    char text[1024];
    jwkeep_span span;
    snprintf(text, sizeof text, "%s%s", header, resource);
    span = jwkeep_span_text(text);
    const jwkeep_dpop_request given = {
        .proofs = &span,
        .proof_count = 1,
        .method = JWKEEP_SPAN("GET"),
        .url = JWKEEP_SPAN("https://resource.example.org/protectedresource"),
        .access_token = JWKEEP_SPAN("Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU")};
    assert_int_equal(jwkeep_dpop_verify(&given, NULL, INT64_C(1562262618000), proof, &error),
                     JWKEEP_OK);
    assert_true(jwkeep_span_equals(jwkeep_dpop_proof_jkt(proof),
                                   JWKEEP_SPAN("0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I")));
    assert_true(
        jwkeep_span_equals(jwkeep_dpop_proof_jti(proof), JWKEEP_SPAN("e1j3V_bKic8-LAEB")));
}

static void accepts_a_proof_with_and_without_an_access_token(void **state) {
    (void)state;
    assert_int_equal(verify(sign(GOOD)), JWKEEP_OK);
    assert_true(
        jwkeep_span_equals(jwkeep_dpop_proof_jkt(proof), jwkeep_jwk_thumbprint_text(key)));
    request.access_token = JWKEEP_SPAN("token");
    assert_int_equal(verify(sign(GOOD)), JWKEEP_OK);
    assert_int_equal(
        verify(sign_with_header("{\"typ\":\"dpop+jwt\",\"alg\":\"PS256\",\"jwk\":@}", rsa,
                                false, GOOD, rsa, JWKEEP_ALGORITHM_PS256)),
        JWKEEP_OK);
}

static void refuses_none_and_several_proofs(void **state) {
    (void)state;
    char *good = sign(GOOD);
    jwkeep_span proofs[] = {jwkeep_span_text(good), jwkeep_span_text(good)};
    request.proofs = proofs;
    jwkeep_code none = jwkeep_dpop_verify(&request, &options, NOW_MS, proof, NULL);
    request.proof_count = 2;
    jwkeep_code two = jwkeep_dpop_verify(&request, &options, NOW_MS, proof, NULL);
    free(good);
    assert_int_equal(none, JWKEEP_DPOP_MISSING);
    assert_int_equal(two, JWKEEP_DPOP_REPEATED);
}

static void refuses_what_is_no_token(void **state) {
    (void)state;
    static const char *const texts[] = {"", "a.b", "a.b.c.d", "a.b.c, a.b.c"};
    for (size_t i = 0; i < JK_COUNT_OF(texts); i++)
        assert_int_equal(jwkeep_code_class(verify_text(texts[i])), JWKEEP_CLASS_REJECTED);
}

static void refuses_a_token_of_another_type(void **state) {
    (void)state;
    static const char *const headers[] = {"{\"alg\":\"ES256\",\"jwk\":@}",
                                          "{\"typ\":\"JWT\",\"alg\":\"ES256\",\"jwk\":@}",
                                          "{\"typ\":\"at+jwt\",\"alg\":\"ES256\",\"jwk\":@}"};
    for (size_t i = 0; i < JK_COUNT_OF(headers); i++)
        assert_int_equal(
            verify(sign_with_header(headers[i], key, false, GOOD, key, JWKEEP_ALGORITHM_ES256)),
            JWKEEP_TYP_MISMATCH);
}

static void refuses_algorithms_without_a_public_key(void **state) {
    (void)state;
    jwkeep_jwk *oct = forge_key(JWKEEP_ALGORITHM_HS256, NULL);
    char *hmac = sign_with_header("{\"typ\":\"dpop+jwt\",\"alg\":\"HS256\",\"jwk\":@}", oct,
                                  true, GOOD, oct, JWKEEP_ALGORITHM_HS256);
    char *none = sign_with_header("{\"typ\":\"dpop+jwt\",\"alg\":\"none\",\"jwk\":@}", key,
                                  false, GOOD, key, JWKEEP_ALGORITHM_ES256);
    char *with_oct = sign_with_header(HEADER, oct, true, GOOD, key, JWKEEP_ALGORITHM_ES256);
    jwkeep_jwk_unref(oct);
    assert_int_equal(verify(hmac), JWKEEP_ALG_NOT_ALLOWED);
    assert_int_equal(verify(none), JWKEEP_ALG_NONE);
    assert_int_equal(verify(with_oct), JWKEEP_DPOP_KEY_INVALID);
    options.algorithms = JWKEEP_ALGORITHM_BIT(JWKEEP_ALGORITHM_PS256);
    assert_int_equal(verify(sign(GOOD)), JWKEEP_ALG_NOT_ALLOWED);
}

static void refuses_keys_that_are_none_private_or_weak(void **state) {
    (void)state;
    static const char *const headers[] = {
        "{\"typ\":\"dpop+jwt\",\"alg\":\"ES256\",\"x\":@}",
        "{\"typ\":\"dpop+jwt\",\"alg\":\"ES256\",\"jwk\":[@]}",
        "{\"typ\":\"dpop+jwt\",\"alg\":\"ES256\",\"x\":@,\"jwk\":null}",
        "{\"typ\":\"dpop+jwt\",\"alg\":\"ES256\",\"x\":@,\"jwk\":{}}",
        "{\"typ\":\"dpop+jwt\",\"alg\":\"RS256\",\"x\":@,\"jwk\":{\"kty\":\"RSA\",\"e\":"
        "\"AQAB\",\"n\":\"sXchDaQebHnPiGvyDOAT4saGEUetSyo9MKLOoWFsueri23bOdgWp4Dy1WlUzewbgBHo"
        "d5pcM9H95GQRV3JDXboIRROSBigeC5yjU1hGzHHyXss8UDprecbAYxknTcQ\"}}",
    };
    for (size_t i = 0; i < JK_COUNT_OF(headers); i++)
        assert_int_equal(
            verify(sign_with_header(headers[i], key, false, GOOD, key, JWKEEP_ALGORITHM_ES256)),
            JWKEEP_DPOP_KEY_INVALID);
    assert_int_equal(
        verify(sign_with_header(HEADER, key, true, GOOD, key, JWKEEP_ALGORITHM_ES256)),
        JWKEEP_DPOP_KEY_INVALID);
    assert_string_equal(error.where, "jwk");
}

static void refuses_a_proof_signed_by_another_key_than_it_shows(void **state) {
    (void)state;
    jwkeep_jwk *other = forge_key(JWKEEP_ALGORITHM_ES256, NULL);
    char *forged = sign_with_header(HEADER, other, false, GOOD, key, JWKEEP_ALGORITHM_ES256);
    jwkeep_jwk_unref(other);
    assert_int_equal(verify(forged), JWKEEP_SIGNATURE_INVALID);
}

static void demands_its_claims_with_their_types(void **state) {
    (void)state;
    static const struct {
        const char *payload;
        jwkeep_code code;
        const char *where;
    } cases[] = {
        {"{\"htm\":\"GET\",\"htu\":\"" URL "\",\"iat\":1700000000}", JWKEEP_CLAIM_MISSING,
         "jti"},
        {"{\"jti\":\"1\",\"htu\":\"" URL "\",\"iat\":1700000000}", JWKEEP_CLAIM_MISSING, "htm"},
        {"{\"jti\":\"1\",\"htm\":\"GET\",\"iat\":1700000000}", JWKEEP_CLAIM_MISSING, "htu"},
        {"{\"jti\":\"1\",\"htm\":\"GET\",\"htu\":\"" URL "\"}", JWKEEP_CLAIM_MISSING, "iat"},
        {"{\"jti\":1,\"htm\":\"GET\",\"htu\":\"" URL "\",\"iat\":1700000000}",
         JWKEEP_CLAIM_TYPE, "jti"},
        {"{\"jti\":\"1\",\"htm\":[\"GET\"],\"htu\":\"" URL "\",\"iat\":1700000000}",
         JWKEEP_CLAIM_TYPE, "htm"},
        {"{\"jti\":\"1\",\"htm\":\"GET\",\"htu\":{},\"iat\":1700000000}", JWKEEP_CLAIM_TYPE,
         "htu"},
        {"{\"jti\":\"1\",\"htm\":\"GET\",\"htu\":\"" URL "\",\"iat\":\"1700000000\"}",
         JWKEEP_CLAIM_TYPE, "iat"},
    };
    for (size_t i = 0; i < JK_COUNT_OF(cases); i++) {
        assert_int_equal(verify(sign(cases[i].payload)), cases[i].code);
        assert_string_equal(error.where, cases[i].where);
    }
}

static void refuses_a_proof_for_another_method(void **state) {
    (void)state;
    request.method = JWKEEP_SPAN("POST");
    assert_int_equal(verify(sign(GOOD)), JWKEEP_DPOP_METHOD_MISMATCH);
    request.method = JWKEEP_SPAN("get");
    assert_int_equal(verify(sign(GOOD)), JWKEEP_DPOP_METHOD_MISMATCH);
}

static void refuses_a_proof_for_another_url(void **state) {
    (void)state;
    static const char *const urls[] = {
        "https://api.example/other", "http://api.example/resource",
        "https://api.example:8443/resource", "https://evil.example/resource",
        "https://api.example/resource/"};
    for (size_t i = 0; i < JK_COUNT_OF(urls); i++) {
        request.url = jwkeep_span_text(urls[i]);
        assert_int_equal(verify(sign(GOOD)), JWKEEP_DPOP_URL_MISMATCH);
    }
    request.url = JWKEEP_SPAN("HTTPS://API.example:443/./resource?q=1#f");
    assert_int_equal(verify(sign(GOOD)), JWKEEP_OK);
}

static char *issued_at(const char *iat) {
    char payload[256];
    snprintf(payload, sizeof payload,
             "{\"jti\":\"1\",\"htm\":\"GET\",\"htu\":\"" URL "\",\"iat\":%s}", iat);
    return sign(payload);
}

static void holds_iat_in_its_window(void **state) {
    (void)state;
    assert_int_equal(verify(issued_at("1699999940")), JWKEEP_OK);
    assert_int_equal(verify(issued_at("1699999939.999")), JWKEEP_TOKEN_TOO_OLD);
    assert_int_equal(verify(issued_at("1700000005")), JWKEEP_OK);
    assert_int_equal(verify(issued_at("1700000005.001")), JWKEEP_TOKEN_ISSUED_IN_FUTURE);
    options.max_age_s = 5;
    options.leeway_s = 0;
    assert_int_equal(verify(issued_at("1699999994")), JWKEEP_TOKEN_TOO_OLD);
    assert_int_equal(verify(issued_at("1700000001")), JWKEEP_TOKEN_ISSUED_IN_FUTURE);
}

static void demands_the_nonce_the_server_gave(void **state) {
    (void)state;
    static const char with_nonce[] = "{\"jti\":\"1\",\"htm\":\"GET\",\"htu\":\"" URL
                                     "\",\"iat\":1700000000,\"nonce\":\"n\"}";
    assert_int_equal(verify(sign(with_nonce)), JWKEEP_OK);
    request.nonce = JWKEEP_SPAN("n");
    assert_int_equal(verify(sign(with_nonce)), JWKEEP_OK);
    assert_int_equal(verify(sign(GOOD)), JWKEEP_DPOP_NONCE_MISMATCH);
    request.nonce = JWKEEP_SPAN("m");
    assert_int_equal(verify(sign(with_nonce)), JWKEEP_DPOP_NONCE_MISMATCH);
    request.nonce = JWKEEP_SPAN("");
    assert_int_equal(verify(sign(GOOD)), JWKEEP_DPOP_NONCE_MISMATCH);
}

static void refuses_a_proof_for_another_access_token(void **state) {
    (void)state;
    request.access_token = JWKEEP_SPAN("tokem");
    assert_int_equal(verify(sign(GOOD)), JWKEEP_DPOP_HASH_MISMATCH);
    assert_int_equal(verify(issued_at("1700000000")), JWKEEP_CLAIM_MISSING);
    assert_string_equal(error.where, "ath");
    assert_int_equal(verify(sign("{\"jti\":\"1\",\"htm\":\"GET\",\"htu\":\"" URL
                                 "\",\"iat\":1700000000,\"ath\":\"\"}")),
                     JWKEEP_DPOP_HASH_MISMATCH);
}

static void takes_each_proof_once(void **state) {
    (void)state;
    jwkeep_jwk *other = forge_key(JWKEEP_ALGORITHM_ES256, NULL);
    assert_int_equal(jwkeep_replay_new(16, 65, &options.replay, NULL), JWKEEP_OK);
    assert_int_equal(verify(sign(GOOD)), JWKEEP_OK);
    assert_int_equal(verify(sign(GOOD)), JWKEEP_REPLAYED);
    /* The same jti by another client is another proof. */
    jwkeep_code others =
        verify(sign_with_header(HEADER, other, false, GOOD, other, JWKEEP_ALGORITHM_ES256));
    jwkeep_jwk_unref(other);
    assert_int_equal(others, JWKEEP_OK);
}

static void a_proof_that_is_refused_is_not_used_up(void **state) {
    (void)state;
    assert_int_equal(jwkeep_replay_new(16, 65, &options.replay, NULL), JWKEEP_OK);
    request.method = JWKEEP_SPAN("PUT");
    assert_int_equal(verify(sign(GOOD)), JWKEEP_DPOP_METHOD_MISMATCH);
    request.method = JWKEEP_SPAN("GET");
    request.access_token = JWKEEP_SPAN("other");
    assert_int_equal(verify(sign(GOOD)), JWKEEP_DPOP_HASH_MISMATCH);
    request.access_token = JWKEEP_SPAN_NONE;
    assert_int_equal(verify(sign(GOOD)), JWKEEP_OK);
}

static void a_full_memory_refuses(void **state) {
    (void)state;
    assert_int_equal(jwkeep_replay_new(1, 65, &options.replay, NULL), JWKEEP_OK);
    assert_int_equal(verify(sign(GOOD)), JWKEEP_OK);
    assert_int_equal(
        verify(sign("{\"jti\":\"2\",\"htm\":\"GET\",\"htu\":\"" URL "\",\"iat\":1700000000}")),
        JWKEEP_REPLAY_MEMORY_FULL);
}

struct asked {
    char id[128];
    jwkeep_code answer;
};

static jwkeep_code answer(void *user, jwkeep_span id, int64_t now_ms) {
    struct asked *asked = user;
    snprintf(asked->id, sizeof asked->id, "%.*s", (int)id.size, (const char *)id.data);
    assert_true(now_ms == NOW_MS);
    return asked->answer;
}

static void asks_a_memory_of_the_callers(void **state) {
    (void)state;
    static const struct {
        jwkeep_code answer, code;
    } cases[] = {{JWKEEP_OK, JWKEEP_OK},
                 {JWKEEP_REPLAYED, JWKEEP_REPLAYED},
                 {JWKEEP_CONFLICT, JWKEEP_REPLAYED},
                 {JWKEEP_SYSTEM_FAILED, JWKEEP_SYSTEM_FAILED}};
    for (size_t i = 0; i < JK_COUNT_OF(cases); i++) {
        struct asked asked = {.answer = cases[i].answer};
        char expected[64];
        options.first = answer;
        options.user = &asked;
        assert_int_equal(verify(sign(GOOD)), cases[i].code);
        snprintf(expected, sizeof expected, "%.*s.1", (int)JWKEEP_THUMBPRINT_TEXT_SIZE,
                 (const char *)jwkeep_jwk_thumbprint_text(key).data);
        assert_string_equal(asked.id, expected);
    }
}

static void misused(const char *field) {
    assert_int_equal(verify(sign(GOOD)), JWKEEP_MISUSE_ARGUMENT);
    assert_string_equal(error.where, field);
    jwkeep_replay_free(options.replay);
    jwkeep_dpop_options_init(&options);
}

static void refuses_options_that_prove_nothing(void **state) {
    (void)state;
    options.algorithms = JWKEEP_ALGORITHM_BIT(JWKEEP_ALGORITHM_HS256);
    misused("algorithms");
    options.max_age_s = 0;
    misused("max_age_s");
    options.max_age_s = JWKEEP_MAX_LEEWAY_S + 1;
    misused("max_age_s");
    options.leeway_s = -1;
    misused("leeway_s");
    options.struct_size = 1;
    misused("struct_size");
    assert_int_equal(jwkeep_replay_new(16, 64, &options.replay, NULL), JWKEEP_OK);
    misused("replay");
    request.url = JWKEEP_SPAN("/resource");
    misused("url");
    request.url = JWKEEP_SPAN(URL);
    request.method = JWKEEP_SPAN("");
    misused("method");
    assert_int_equal(jwkeep_dpop_verify(NULL, NULL, 0, proof, NULL), JWKEEP_MISUSE_ARGUMENT);
    assert_int_equal(jwkeep_dpop_verify(&request, NULL, 0, NULL, NULL), JWKEEP_MISUSE_ARGUMENT);
    request.proof_count = 1;
    assert_int_equal(jwkeep_dpop_verify(&request, NULL, 0, proof, NULL),
                     JWKEEP_MISUSE_ARGUMENT);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(accepts_the_examples_of_the_rfc),
        TEST(accepts_a_proof_with_and_without_an_access_token),
        TEST(refuses_none_and_several_proofs),
        TEST(refuses_what_is_no_token),
        TEST(refuses_a_token_of_another_type),
        TEST(refuses_algorithms_without_a_public_key),
        TEST(refuses_keys_that_are_none_private_or_weak),
        TEST(refuses_a_proof_signed_by_another_key_than_it_shows),
        TEST(demands_its_claims_with_their_types),
        TEST(refuses_a_proof_for_another_method),
        TEST(refuses_a_proof_for_another_url),
        TEST(holds_iat_in_its_window),
        TEST(demands_the_nonce_the_server_gave),
        TEST(refuses_a_proof_for_another_access_token),
        TEST(takes_each_proof_once),
        TEST(a_proof_that_is_refused_is_not_used_up),
        TEST(a_full_memory_refuses),
        TEST(asks_a_memory_of_the_callers),
        TEST(refuses_options_that_prove_nothing),
    };
    return cmocka_run_group_tests(tests, set_up_keys, tear_down_keys);
}
