/* SPDX-License-Identifier: Apache-2.0
 *
 * What a key says besides its numbers: given when it is made, changed, kept, compared. */
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

static void assert_written(const jwkeep_jwk *key, const char *expected) {
    jwkeep_buffer text;
    jwkeep_buffer_init(&text, 8192);
    assert_int_equal(jwkeep_jwk_write(key, true, &text, NULL), JWKEEP_OK);
    if (!holds(&text, expected))
        fail_msg("%.*s\nis not %s", (int)text.size, (const char *)text.data, expected);
    jwkeep_buffer_done(&text);
}

static void generates_use_and_key_ops(void **state) {
    (void)state;
    static const struct {
        jwkeep_jwk_spec spec;
        const char *start;
    } rows[] = {
        {{.algorithm = JWKEEP_ALGORITHM_ES256,
          .use = JWKEEP_JWK_USE_SIG,
          .kid = {(const uint8_t *)"a", 1},
          .ops = JWKEEP_JWK_OP_SIGN | JWKEEP_JWK_OP_VERIFY},
         "{\"kty\":\"EC\",\"kid\":\"a\",\"use\":\"sig\",\"key_ops\":[\"sign\",\"verify\"],"
         "\"alg\":\"ES256\","},
        {{.kty = JWKEEP_KTY_EC,
          .crv = JWKEEP_CRV_P384,
          .use = JWKEEP_JWK_USE_ENC,
          .kid = {(const uint8_t *)"", 0},
          .ops = JWKEEP_JWK_OP_DERIVE_KEY | JWKEEP_JWK_OP_DERIVE_BITS},
         "{\"kty\":\"EC\",\"use\":\"enc\",\"key_ops\":[\"deriveKey\",\"deriveBits\"],\"crv\""},
    };
    for (size_t i = 0; i < JK_COUNT_OF(rows); i++) {
        jwkeep_jwk *key = NULL;
        jwkeep_buffer text;
        jwkeep_buffer_init(&text, 8192);
        assert_int_equal(jwkeep_jwk_generate(&rows[i].spec, &key, NULL), JWKEEP_OK);
        assert_int_equal(jwkeep_jwk_write(key, true, &text, NULL), JWKEEP_OK);
        assert_memory_equal(text.data, rows[i].start, strlen(rows[i].start));
        jwkeep_buffer_done(&text);
        jwkeep_jwk_unref(key);
    }
}

static void generates_nothing_that_contradicts_itself(void **state) {
    (void)state;
    static const jwkeep_jwk_spec rows[] = {
        {.algorithm = JWKEEP_ALGORITHM_ES256, .use = JWKEEP_JWK_USE_ENC},
        {.algorithm = JWKEEP_ALGORITHM_ES256, .ops = JWKEEP_JWK_OP_DERIVE_KEY},
        {.kty = JWKEEP_KTY_RSA, .use = JWKEEP_JWK_USE_SIG, .ops = JWKEEP_JWK_OP_ENCRYPT},
        {.kty = JWKEEP_KTY_RSA, .use = JWKEEP_JWK_USE_OTHER},
        {.kty = JWKEEP_KTY_RSA, .ops = JWKEEP_JWK_OP_OTHER},
    };
    for (size_t i = 0; i < JK_COUNT_OF(rows); i++) {
        jwkeep_jwk *key = NULL;
        assert_int_equal(jwkeep_jwk_generate(&rows[i], &key, NULL), JWKEEP_MISUSE_ARGUMENT);
        assert_null(key);
    }
}

static void changes_labels_and_keeps_the_rest(void **state) {
    (void)state;
    jwkeep_jwk *key = key_of("{" EC_PRIVATE ",\"kid\":\"old\",\"note\":[1,{\"a\":2}]}");
    jwkeep_jwk *changed = NULL;
    jwkeep_jwk *bare = NULL;
    jwkeep_jwk_labels labels = {
        .kid = JWKEEP_SPAN("new"),
        .algorithm = JWKEEP_ALGORITHM_ES256,
        .use = JWKEEP_JWK_USE_SIG,
        .ops = JWKEEP_JWK_OP_SIGN,
    };
    assert_int_equal(jwkeep_jwk_relabel(key, &labels, &changed, NULL), JWKEEP_OK);
    jwkeep_jwk_unref(key);
    assert_written(changed,
                   "{\"kty\":\"EC\",\"kid\":\"new\",\"use\":\"sig\",\"key_ops\":[\"sign\"],"
                   "\"alg\":\"ES256\",\"crv\":\"P-256\",\"x\":\"" RFC7517_EC_X
                   "\",\"y\":\"" RFC7517_EC_Y "\",\"d\":\"" RFC7517_EC_D
                   "\",\"note\":[1,{\"a\":2}]}");
    jwkeep_jwk_labels none = {.kid = JWKEEP_SPAN("")};
    assert_int_equal(jwkeep_jwk_relabel(changed, &none, &bare, NULL), JWKEEP_OK);
    assert_null(jwkeep_jwk_kid(bare).data);
    assert_int_equal(jwkeep_jwk_algorithm(bare), JWKEEP_ALGORITHM_ES256);
    jwkeep_jwk_unref(changed);
    jwkeep_jwk_unref(bare);
}

static void refuses_labels_that_do_not_fit(void **state) {
    (void)state;
    static uint8_t long_kid[JWKEEP_MAX_KID_BYTES + 1];
    static const struct {
        jwkeep_jwk_labels labels;
        jwkeep_code code;
    } rows[] = {
        {{.algorithm = JWKEEP_ALGORITHM_RS256}, JWKEEP_JWK_ALG_MISMATCH},
        {{.algorithm = JWKEEP_ALGORITHM_ES384}, JWKEEP_JWK_ALG_MISMATCH},
        {{.algorithm = (jwkeep_algorithm)99}, JWKEEP_MISUSE_ARGUMENT},
        {{.use = JWKEEP_JWK_USE_OTHER}, JWKEEP_MISUSE_ARGUMENT},
        {{.ops = JWKEEP_JWK_OP_OTHER}, JWKEEP_MISUSE_ARGUMENT},
        {{.kid = {long_kid, sizeof long_kid}}, JWKEEP_KID_TOO_LONG},
        {{.kid = {(const uint8_t *)"\xff", 1}}, JWKEEP_MISUSE_ARGUMENT},
        {{.use = JWKEEP_JWK_USE_SIG, .ops = JWKEEP_JWK_OP_DERIVE_KEY},
         JWKEEP_JWK_USE_INCONSISTENT},
    };
    jwkeep_jwk *key = key_of("{" EC_PUBLIC "}");
    for (size_t i = 0; i < JK_COUNT_OF(rows); i++) {
        jwkeep_jwk *changed = NULL;
        jwkeep_error error;
        assert_int_equal(jwkeep_jwk_relabel(key, &rows[i].labels, &changed, &error),
                         rows[i].code);
        assert_int_equal(error.code, rows[i].code);
        assert_null(changed);
    }
    jwkeep_jwk_unref(key);
    key = key_of("{\"kty\":\"oct\",\"k\":\"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr8\"}");
    jwkeep_jwk *changed = NULL;
    jwkeep_jwk_labels hs384 = {.algorithm = JWKEEP_ALGORITHM_HS384};
    assert_int_equal(jwkeep_jwk_relabel(key, &hs384, &changed, NULL), JWKEEP_JWK_TOO_WEAK);
    jwkeep_jwk_unref(key);
}

static void finds_the_members_it_does_not_know(void **state) {
    (void)state;
    jwkeep_jwk *key = key_of("{" EC_PRIVATE ",\"kid\":\"a\",\"deep\":{\"list\":[1,\"two\"]},"
                             "\"esc\\u0061ped\":\"\\u00e9\",\"zero\":null}");
    jwkeep_jwk *half = NULL;
    assert_int_equal(jwkeep_jwk_public(key, &half, NULL), JWKEEP_OK);
    jwkeep_jwk_unref(key);
    const jwkeep_json *list = jwkeep_json_member(jwkeep_jwk_member(half, "deep"), "list");
    assert_int_equal(jwkeep_json_count(list), 2);
    assert_true(jwkeep_span_equals(jwkeep_json_string(jwkeep_jwk_member(half, "escaped")),
                                   JWKEEP_SPAN("\xc3\xa9")));
    assert_non_null(jwkeep_jwk_member(half, "zero"));
    assert_null(jwkeep_jwk_member(half, "kid")); /* known ones have accessors of their own */
    assert_null(jwkeep_jwk_member(half, "d"));
    assert_null(jwkeep_jwk_member(half, "nothing"));
    assert_int_equal(jwkeep_json_count(jwkeep_jwk_members(half)), 3);
    jwkeep_jwk_unref(half);
    key = key_of(RFC8037_A2);
    assert_null(jwkeep_jwk_members(key));
    assert_null(jwkeep_jwk_member(key, "x"));
    jwkeep_jwk_unref(key);
}

/* The caller's limits may allow more than the defaults: what was read once is kept. */
static void keeps_members_deeper_than_the_default_limit(void **state) {
    (void)state;
    jwkeep_limits limits;
    jwkeep_jwk *key = NULL;
    jwkeep_limits_init(&limits);
    limits.max_json_depth = 40;
    const char *json =
        "{" EC_PUBLIC ",\"a\":[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]}";
    assert_int_equal(jwkeep_jwk_parse(jwkeep_span_text(json), NULL, &key, NULL),
                     JWKEEP_JSON_TOO_DEEP);
    assert_int_equal(jwkeep_jwk_parse(jwkeep_span_text(json), &limits, &key, NULL), JWKEEP_OK);
    assert_int_equal(jwkeep_json_count(jwkeep_jwk_member(key, "a")), 1);
    jwkeep_jwk_unref(key);
}

static void tells_the_senses_of_equal_apart(void **state) {
    (void)state;
    static const struct {
        const char *a;
        const char *b;
        bool has_same_numbers;
        bool is_same;
        bool is_identical;
    } rows[] = {
        {"{" EC_PUBLIC "}", "{" EC_PUBLIC "}", true, true, true},
        {"{" EC_PUBLIC "}", "{" EC_PRIVATE "}", true, true, false},
        {"{" EC_PUBLIC "}", "{" EC_PUBLIC ",\"kid\":\"a\"}", true, false, false},
        {"{" EC_PUBLIC "}", "{" EC_PUBLIC ",\"use\":\"sig\"}", true, true, false},
        {"{" EC_PUBLIC "}", "{" EC_PUBLIC ",\"alg\":\"ES256\"}", true, true, false},
        {"{" EC_PUBLIC "}", "{" EC_PUBLIC ",\"a\":1}", true, true, false},
        {"{" EC_PUBLIC ",\"a\":1,\"b\":2}", "{\"b\":2," EC_PUBLIC ",\"a\":1}", true, true,
         true},
        {"{" EC_PUBLIC ",\"a\":1,\"b\":2}", "{" EC_PUBLIC ",\"a\":1,\"c\":2}", true, true,
         false},
        {"{" EC_PUBLIC ",\"a\":1}", "{" EC_PUBLIC ",\"a\":2}", true, true, false},
        {"{" EC_PUBLIC "}", RFC8037_A2, false, false, false},
        {RFC7517_A1_RSA, RFC7517_A2_RSA, true, true, false},
    };
    for (size_t i = 0; i < JK_COUNT_OF(rows); i++) {
        jwkeep_jwk *a = key_of(rows[i].a);
        jwkeep_jwk *b = key_of(rows[i].b);
        assert_int_equal(jwkeep_jwk_has_same_numbers(a, b), rows[i].has_same_numbers);
        assert_int_equal(jwkeep_jwk_is_same(a, b), rows[i].is_same);
        assert_int_equal(jwkeep_jwk_is_identical(a, b), rows[i].is_identical);
        assert_int_equal(jwkeep_jwk_is_identical(b, a), rows[i].is_identical);
        jwkeep_jwk_unref(a);
        jwkeep_jwk_unref(b);
    }
}

static void says_that_ml_dsa_is_not_in_this_build(void **state) {
    (void)state;
    static const char *const names[] = {"ML-DSA-44", "ML-DSA-65", "ML-DSA-87"};
    for (size_t i = 0; i < JK_COUNT_OF(names); i++) {
        assert_true(jwkeep_algorithm_is_left_out(jwkeep_span_text(names[i])));
        assert_int_equal(jwkeep_algorithm_from_name(jwkeep_span_text(names[i])),
                         JWKEEP_ALGORITHM_ABSENT);
    }
    assert_false(jwkeep_algorithm_is_left_out(JWKEEP_SPAN("ml-dsa-44")));
    assert_false(jwkeep_algorithm_is_left_out(JWKEEP_SPAN("ES256")));
    jwkeep_error error;
    assert_int_equal(refusal_of("{" EC_PUBLIC ",\"alg\":\"ML-DSA-44\"}", &error),
                     JWKEEP_JWK_ALG_UNSUPPORTED);
    assert_string_equal(error.text, "ML-DSA is not in this build of the library");
    assert_int_equal(
        refusal_of("{\"kty\":\"AKP\",\"alg\":\"ML-DSA-87\",\"pub\":\"AA\"}", &error),
        JWKEEP_JWK_KTY_NOT_IN_BUILD);
    assert_string_equal(error.where, "kty");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(generates_use_and_key_ops),
        cmocka_unit_test(generates_nothing_that_contradicts_itself),
        cmocka_unit_test(changes_labels_and_keeps_the_rest),
        cmocka_unit_test(refuses_labels_that_do_not_fit),
        cmocka_unit_test(finds_the_members_it_does_not_know),
        cmocka_unit_test(keeps_members_deeper_than_the_default_limit),
        cmocka_unit_test(tells_the_senses_of_equal_apart),
        cmocka_unit_test(says_that_ml_dsa_is_not_in_this_build),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
