/* SPDX-License-Identifier: Apache-2.0
 *
 * The image of a token's claims leaves another token object of the same bytes as reading them
 * would: which registered claims there are, their times, and which are of the wrong type. */
#include "jwt/token_image.h"
#include "jwt/verify.h"
#include "support/forge.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static jwkeep_limits limits;

static jwkeep_token *opened(jwkeep_span bytes) {
    jwkeep_token *token = NULL;
    assert_int_equal(jwkeep_token_new(&token, NULL), JWKEEP_OK);
    assert_int_equal(jk_jwt_open(token, bytes, &limits, NULL), JWKEEP_OK);
    return token;
}

static void is_same_claim(const jwkeep_token *read, const jwkeep_token *filled,
                          jk_claim claim) {
    const jk_claims *a = &read->claims;
    const jk_claims *b = &filled->claims;
    assert_int_equal(a->values[claim] != NULL, b->values[claim] != NULL);
    if (!a->values[claim])
        return;
    assert_int_equal(a->values[claim] - a->object, b->values[claim] - b->object);
    bool is_time = claim == JK_CLAIM_EXP || claim == JK_CLAIM_NBF || claim == JK_CLAIM_IAT;
    if (is_time && !jk_claims_is_ill_typed(a, claim))
        assert_int_equal(a->times_ms[claim], b->times_ms[claim]);
}

static void is_filled_as_read(const char *payload) {
    jwkeep_jwk *key = forge_key(JWKEEP_ALGORITHM_HS256, "a");
    char *text = forge_token(JWKEEP_SPAN("{\"alg\":\"HS256\"}"), jwkeep_span_text(payload), key,
                             JWKEEP_ALGORITHM_HS256);
    jwkeep_token *read = opened(jwkeep_span_text(text));
    assert_int_equal(jk_jwt_read_claims(read, &limits, NULL), JWKEEP_OK);
    jk_token_image *image = malloc(jk_token_image_size(read));
    assert_non_null(image);
    jk_token_image_make(read, image);
    jwkeep_token *filled = opened(jwkeep_span_text(text));
    assert_int_equal(jk_jwt_read_payload(filled, NULL), JWKEEP_OK);
    assert_true(jk_token_image_open(image, filled));
    free(image);
    assert_true(filled->has_claims);
    assert_int_equal(filled->claims.ill_typed, read->claims.ill_typed);
    assert_true(jwkeep_span_equals(jwkeep_json_raw(filled->claims.object),
                                   jwkeep_json_raw(read->claims.object)));
    for (int claim = 0; claim < JK_CLAIM_COUNT; claim++)
        is_same_claim(read, filled, (jk_claim)claim);
    jwkeep_token_free(filled);
    jwkeep_token_free(read);
    free(text);
    jwkeep_jwk_unref(key);
}

static int set_up(void **state) {
    (void)state;
    jwkeep_limits_init(&limits);
    return 0;
}

static void keeps_every_registered_claim(void **state) {
    (void)state;
    is_filled_as_read("{\"iss\":\"i\",\"aud\":[\"a\",\"b\"],\"sub\":\"s\",\"jti\":\"j\","
                      "\"exp\":1700000001,\"nbf\":1700000002.5,\"iat\":1700000003}");
    is_filled_as_read("{\"iat\":1,\"x\":{\"exp\":2},\"jti\":\"\",\"aud\":\"a\"}");
    is_filled_as_read("{\"e\\u0078p\":4,\"n\\u0062f\":5,\"\\u0069ss\":\"\\u0069\"}");
    is_filled_as_read("{}");
}

static void keeps_which_claims_are_ill_typed(void **state) {
    (void)state;
    is_filled_as_read("{\"iss\":1,\"aud\":[2],\"sub\":null,\"jti\":{},\"exp\":\"x\",\"nbf\":-1,"
                      "\"iat\":[]}");
    is_filled_as_read("{\"iss\":\"i\",\"exp\":\"x\",\"iat\":7}");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_every_registered_claim),
        cmocka_unit_test(keeps_which_claims_are_ill_typed),
    };
    return cmocka_run_group_tests(tests, set_up, NULL);
}
