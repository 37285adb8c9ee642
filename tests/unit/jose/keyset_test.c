/* SPDX-License-Identifier: Apache-2.0
 *
 * The key set as a value: what is read and what is skipped, order, index, identity, hash. */
#include "jose/jwk.h"
#include "jose/keyset.h"
#include "support/jose.h"
#include "unit/jose/vectors.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define EC_A                                                                                   \
    "\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" RFC7517_EC_X "\",\"y\":\"" RFC7517_EC_Y "\""
#define OCT "\"kty\":\"oct\",\"k\":\"" RFC7515_A1_K "\""
#define MAX_SKIPS 8

typedef struct skips {
    size_t count;
    jwkeep_keyset_skip rows[MAX_SKIPS];
    char kid[MAX_SKIPS][16];
    char kty[MAX_SKIPS][16];
} skips;

static void keep_skip(void *user, const jwkeep_keyset_skip *skip) {
    skips *all = user;
    assert_true(all->count < MAX_SKIPS);
    snprintf(all->kid[all->count], sizeof all->kid[0], "%.*s", (int)skip->kid.size,
             skip->kid.data ? (const char *)skip->kid.data : "");
    snprintf(all->kty[all->count], sizeof all->kty[0], "%.*s", (int)skip->kty.size,
             skip->kty.data ? (const char *)skip->kty.data : "");
    all->rows[all->count++] = *skip;
}

static void reads_the_sets_of_rfc_7517(void **state) {
    (void)state;
    jwkeep_keyset *set = keyset_of("{\"keys\":[" RFC7517_A1_EC "," RFC7517_A1_RSA "]}");
    assert_int_equal(jwkeep_keyset_count(set), 2);
    assert_int_equal(jwkeep_jwk_kty(jwkeep_keyset_at(set, 0)), JWKEEP_KTY_EC);
    assert_int_equal(jwkeep_jwk_kty(jwkeep_keyset_at(set, 1)), JWKEEP_KTY_RSA);
    assert_null(jwkeep_keyset_at(set, 2));
    jwkeep_keyset_unref(set);
    set = keyset_of("{\"more\":1,\"keys\":[" RFC7517_A2_EC "," RFC7517_A2_RSA "]}");
    assert_int_equal(jwkeep_keyset_count(set), 2);
    jwkeep_keyset_unref(set);
    set = keyset_of("{\"keys\":[" RFC7517_A3_KW "," RFC7517_A3_HMAC "]}");
    assert_int_equal(jwkeep_keyset_count(set), 1);
    jwkeep_keyset_unref(set);
}

static void skips_bad_keys_one_by_one_and_names_them(void **state) {
    (void)state;
    skips all = {0};
    jwkeep_keyset_options options = {.on_skip = keep_skip, .user = &all};
    jwkeep_keyset *set = NULL;
    size_t skipped = 99;
    const char *json = "{\"keys\":[7,{\"kty\":\"AKP\",\"kid\":\"pq\"}," RFC8037_A2
                       ",{\"kid\":3},{\"kty\":\"oct\"},{" EC_A ",\"alg\":\"ECDH-ES\"}]}";
    assert_int_equal(
        jwkeep_keyset_parse(jwkeep_span_text(json), &options, &set, &skipped, NULL), JWKEEP_OK);
    assert_int_equal(jwkeep_keyset_count(set), 1);
    assert_int_equal(skipped, 5);
    assert_int_equal(all.count, 5);
    static const struct {
        size_t index;
        jwkeep_code code;
        const char *kid;
        const char *kty;
    } rows[] = {
        {0, JWKEEP_JWK_INVALID, "", ""},
        {1, JWKEEP_JWK_KTY_NOT_IN_BUILD, "pq", "AKP"},
        {3, JWKEEP_JWK_MEMBER_MISSING, "", ""},
        {4, JWKEEP_JWK_MEMBER_MISSING, "", "oct"},
        {5, JWKEEP_JWK_ALG_UNSUPPORTED, "", "EC"},
    };
    for (size_t i = 0; i < all.count; i++) {
        assert_int_equal(all.rows[i].index, rows[i].index);
        assert_int_equal(all.rows[i].why.code, rows[i].code);
        assert_string_equal(all.kid[i], rows[i].kid);
        assert_string_equal(all.kty[i], rows[i].kty);
    }
    jwkeep_keyset_unref(set);
}

static void skips_private_and_symmetric_keys_where_only_public_may_be(void **state) {
    (void)state;
    skips all = {0};
    jwkeep_keyset_options options = {
        .is_public_only = true, .on_skip = keep_skip, .user = &all};
    jwkeep_keyset *set = NULL;
    const char *json = "{\"keys\":[{" OCT "}," RFC8037_A1 "," RFC7517_A2_RSA "," RFC7517_A2_EC
                       "," RFC8037_A2 "]}";
    assert_int_equal(jwkeep_keyset_parse(jwkeep_span_text(json), &options, &set, NULL, NULL),
                     JWKEEP_OK);
    assert_int_equal(all.count, 4);
    for (size_t i = 0; i < all.count; i++)
        assert_int_equal(all.rows[i].why.code, JWKEEP_JWK_NOT_PUBLIC);
    assert_int_equal(jwkeep_keyset_count(set), 1);
    assert_false(jwkeep_jwk_is_private(jwkeep_keyset_at(set, 0)));
    jwkeep_keyset_unref(set);
}

/* To see that these numbers do not belong together is the work of private keys: so much of it
 * that a set of a hundred would keep a processor busy for minutes. */
static void looks_no_further_than_the_names_of_secrets(void **state) {
    (void)state;
    skips all = {0};
    jwkeep_keyset_options options = {
        .is_public_only = true, .on_skip = keep_skip, .user = &all};
    jwkeep_keyset *set = NULL;
    const char *json = "{\"keys\":[{\"kty\":\"RSA\",\"n\":\"" RFC7517_RSA_N
                       "\",\"e\":\"AQAB\",\"d\":\"AQAB\"},"
                       "{\"kty\":\"RSA\",\"n\":\"" RFC7517_RSA_N "\",\"e\":\"AQAB\",\"p\":7},"
                       "{\"kty\":\"oct\",\"k\":null}]}";
    assert_int_equal(jwkeep_keyset_parse(jwkeep_span_text(json), &options, &set, NULL, NULL),
                     JWKEEP_OK);
    assert_int_equal(all.count, 3);
    for (size_t i = 0; i < all.count; i++)
        assert_int_equal(all.rows[i].why.code, JWKEEP_JWK_NOT_PUBLIC);
    jwkeep_keyset_unref(set);
}

static void refuses_what_is_no_set(void **state) {
    (void)state;
    static const struct {
        const char *json;
        jwkeep_code code;
    } rows[] = {
        {RFC8037_A2, JWKEEP_KEYSET_INVALID},
        {"[" RFC8037_A2 "]", JWKEEP_KEYSET_INVALID},
        {"{}", JWKEEP_KEYSET_INVALID},
        {"{\"keys\":{}}", JWKEEP_KEYSET_INVALID},
        {"{\"keys\":null}", JWKEEP_KEYSET_INVALID},
        {"{\"Keys\":[]}", JWKEEP_KEYSET_INVALID},
        {"", JWKEEP_JSON_SYNTAX},
        {"<html>", JWKEEP_JSON_SYNTAX},
        {"{\"keys\":[]} ]", JWKEEP_JSON_SYNTAX},
        {"{\"keys\":[" RFC8037_A2, JWKEEP_JSON_SYNTAX},
        {"{\"keys\":[],\"keys\":[]}", JWKEEP_JSON_DUPLICATE},
        {"{\"keys\":[{\"kty\":\"oct\",\"kty\":\"oct\"}]}", JWKEEP_JSON_DUPLICATE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        jwkeep_keyset *set = NULL;
        size_t skipped = 99;
        jwkeep_error error = {.code = JWKEEP_OK};
        assert_int_equal(
            jwkeep_keyset_parse(jwkeep_span_text(rows[i].json), NULL, &set, &skipped, &error),
            rows[i].code);
        assert_int_equal(error.code, rows[i].code);
        assert_null(set);
        assert_int_equal(skipped, 99);
    }
}

static void bounds_the_text_and_the_number_of_keys(void **state) {
    (void)state;
    const char *json = "{\"keys\":[{},{},{}]}";
    jwkeep_limits limits;
    jwkeep_limits_init(&limits);
    limits.max_keys = 3;
    limits.max_keyset_bytes = strlen(json);
    jwkeep_keyset_options options = {.limits = &limits};
    jwkeep_keyset *set = NULL;
    jwkeep_span text = jwkeep_span_text(json);
    assert_int_equal(jwkeep_keyset_parse(text, &options, &set, NULL, NULL), JWKEEP_OK);
    jwkeep_keyset_unref(set);
    set = NULL;
    limits.max_keys = 2;
    assert_int_equal(jwkeep_keyset_parse(text, &options, &set, NULL, NULL),
                     JWKEEP_KEYSET_TOO_MANY_KEYS);
    limits.max_keys = 3;
    limits.max_keyset_bytes--;
    assert_int_equal(jwkeep_keyset_parse(text, &options, &set, NULL, NULL),
                     JWKEEP_TOKEN_TOO_LARGE);
    limits.max_keyset_bytes = 0;
    assert_int_equal(jwkeep_keyset_parse(text, &options, &set, NULL, NULL),
                     JWKEEP_MISUSE_ARGUMENT);
    assert_null(set);
}

static void counts_the_same_key_once(void **state) {
    (void)state;
    jwkeep_keyset *set = keyset_of(
        "{\"keys\":[{" EC_A ",\"kid\":\"a\",\"alg\":\"ES256\"},{" EC_A ",\"kid\":\"a\"},{" EC_A
        ",\"kid\":\"b\"},{" EC_A "},{" EC_A "},{" EC_A ",\"kid\":\"\"}]}");
    assert_int_equal(jwkeep_keyset_count(set), 4);
    /* the first of them stays */
    assert_int_equal(jwkeep_jwk_algorithm(jwkeep_keyset_at(set, 0)), JWKEEP_ALGORITHM_ES256);
    jwkeep_keyset_unref(set);
}

static void finds_keys_by_kid_in_the_order_of_the_set(void **state) {
    (void)state;
    jwkeep_keyset *set =
        keyset_of("{\"keys\":[{" OCT ",\"kid\":\"b\"},{" EC_A ",\"kid\":\"a\"},{" EC_A "},{" OCT
                  ",\"kid\":\"a\"},{" EC_A ",\"kid\":\"\"}]}");
    jwkeep_jwk *first = jwkeep_keyset_find(set, JWKEEP_SPAN("a"));
    assert_ptr_equal(first, jwkeep_keyset_at(set, 1));
    jwkeep_jwk *second = jwkeep_keyset_find_next(set, first);
    assert_ptr_equal(second, jwkeep_keyset_at(set, 3));
    assert_null(jwkeep_keyset_find_next(set, second));
    assert_ptr_equal(jwkeep_keyset_find(set, JWKEEP_SPAN("")), jwkeep_keyset_at(set, 4));
    assert_null(jwkeep_keyset_find(set, JWKEEP_SPAN("a\0")));
    assert_null(jwkeep_keyset_find(set, JWKEEP_SPAN("A")));
    assert_null(jwkeep_keyset_find(set, JWKEEP_SPAN_NONE));
    assert_null(jwkeep_keyset_find_next(set, jwkeep_keyset_at(set, 2)));
    jwkeep_keyset_unref(set);
}

static void finds_each_of_many_keys(void **state) {
    (void)state;
    enum { KEYS = 100, ROW = 160 };
    char *json = malloc(KEYS * ROW + 32);
    assert_non_null(json);
    int size = snprintf(json, ROW, "{\"keys\":[");
    for (int i = 0; i < KEYS; i++)
        size += snprintf(json + size, ROW, "%s{%s,\"kid\":\"key %d\"}", i ? "," : "", OCT, i);
    snprintf(json + size, ROW, "]}");
    jwkeep_keyset *set = keyset_of(json);
    free(json);
    assert_int_equal(jwkeep_keyset_count(set), KEYS);
    for (int i = 0; i < KEYS; i++) {
        char kid[16];
        snprintf(kid, sizeof kid, "key %d", i);
        jwkeep_jwk *key = jwkeep_keyset_find(set, jwkeep_span_text(kid));
        assert_ptr_equal(key, jwkeep_keyset_at(set, (size_t)i));
        assert_true(jwkeep_keyset_has(set, key));
    }
    assert_null(jwkeep_keyset_find(set, JWKEEP_SPAN("key 100")));
    jwkeep_keyset_unref(set);
}

static void makes_a_set_of_keys(void **state) {
    (void)state;
    jwkeep_jwk *a = key_of(RFC8037_A2);
    jwkeep_jwk *b = key_of(RFC7515_A3_KEY);
    jwkeep_jwk *again = key_of(RFC8037_A1); /* the private half of a: the same key */
    jwkeep_jwk *keys[] = {a, b, again, a};
    jwkeep_keyset *set = NULL;
    assert_int_equal(jwkeep_keyset_new(keys, 4, &set, NULL), JWKEEP_OK);
    jwkeep_jwk_unref(a);
    jwkeep_jwk_unref(b);
    assert_int_equal(jwkeep_keyset_count(set), 2);
    assert_ptr_equal(jwkeep_keyset_at(set, 0), a);
    assert_ptr_equal(jwkeep_keyset_at(set, 1), b);
    assert_true(jwkeep_keyset_has(set, again));
    jwkeep_jwk_unref(again);
    jwkeep_keyset_unref(set);
    assert_int_equal(jwkeep_keyset_new(NULL, 0, &set, NULL), JWKEEP_OK);
    assert_int_equal(jwkeep_keyset_count(set), 0);
    assert_null(jwkeep_keyset_find(set, JWKEEP_SPAN("a")));
    jwkeep_keyset_unref(set);
    jwkeep_keyset_unref(NULL);
}

static void bounds_a_set_of_keys(void **state) {
    (void)state;
    enum { COUNT = JWKEEP_KEYSET_MAX_KEYS + 1 };
    jwkeep_jwk **keys = calloc(COUNT, sizeof *keys);
    assert_non_null(keys);
    for (size_t i = 0; i < COUNT; i++) {
        char json[128];
        snprintf(json, sizeof json,
                 "{\"kty\":\"oct\",\"k\":\"AAECAwQFBgcICQoLDA0ODw\",\"kid\":\"%zu\"}", i);
        keys[i] = key_of(json);
    }
    jwkeep_keyset *set = NULL;
    jwkeep_error error;
    assert_int_equal(jwkeep_keyset_new(keys, COUNT, &set, &error), JWKEEP_KEYSET_TOO_MANY_KEYS);
    assert_int_equal(error.code, JWKEEP_KEYSET_TOO_MANY_KEYS);
    assert_null(set);
    assert_int_equal(jwkeep_keyset_new(keys, COUNT - 1, &set, NULL), JWKEEP_OK);
    jwkeep_keyset_unref(set);
    for (size_t i = 0; i < COUNT; i++)
        jwkeep_jwk_unref(keys[i]);
    free(keys);
}

static void merges_what_is_not_there(void **state) {
    (void)state;
    jwkeep_keyset *set = keyset_of("{\"keys\":[" RFC8037_A2 "," RFC7515_A3_KEY "]}");
    jwkeep_keyset *added = keyset_of("{\"keys\":[" RFC7515_A4_KEY "," RFC8037_A2 "]}");
    jwkeep_keyset *merged = NULL;
    size_t count = 99;
    assert_int_equal(jwkeep_keyset_merge(set, added, &merged, &count, NULL), JWKEEP_OK);
    assert_int_equal(count, 1);
    assert_int_equal(jwkeep_keyset_count(merged), 3);
    assert_ptr_equal(jwkeep_keyset_at(merged, 0), jwkeep_keyset_at(set, 0));
    assert_ptr_equal(jwkeep_keyset_at(merged, 2), jwkeep_keyset_at(added, 0));
    jwkeep_keyset_unref(set);
    jwkeep_keyset_unref(added);
    assert_int_equal(jwkeep_jwk_kty(jwkeep_keyset_at(merged, 2)), JWKEEP_KTY_EC);
    jwkeep_keyset_unref(merged);
}

static void takes_a_key_out(void **state) {
    (void)state;
    jwkeep_keyset *set = keyset_of("{\"keys\":[" RFC8037_A2 "," RFC7515_A3_KEY "]}");
    jwkeep_jwk *key = key_of(RFC8037_A1);
    jwkeep_keyset *less = NULL;
    assert_int_equal(jwkeep_keyset_without(set, key, &less, NULL), JWKEEP_OK);
    assert_int_equal(jwkeep_keyset_count(less), 1);
    assert_int_equal(jwkeep_jwk_kty(jwkeep_keyset_at(less, 0)), JWKEEP_KTY_EC);
    assert_false(jwkeep_keyset_has(less, key));
    jwkeep_keyset *none = NULL;
    jwkeep_error error;
    assert_int_equal(jwkeep_keyset_without(less, key, &none, &error), JWKEEP_NOT_FOUND);
    assert_int_equal(error.code, JWKEEP_NOT_FOUND);
    assert_null(none);
    jwkeep_jwk_unref(key);
    jwkeep_keyset_unref(less);
    jwkeep_keyset_unref(set);
}

/* Whether the sets are the same; their hashes must say so too. */
static bool are_same(const char *x, const char *y) {
    jwkeep_keyset *a = keyset_of(x);
    jwkeep_keyset *b = keyset_of(y);
    bool are = jwkeep_keyset_is_same(a, b);
    assert_int_equal(are, jwkeep_keyset_is_same(b, a));
    assert_int_equal(are, jwkeep_span_equals(jwkeep_keyset_hash(a), jwkeep_keyset_hash(b)));
    assert_int_equal(jwkeep_keyset_hash(a).size, JWKEEP_THUMBPRINT_SIZE);
    jwkeep_keyset_unref(a);
    jwkeep_keyset_unref(b);
    return are;
}

static void compares_sets_by_the_keys_they_hold(void **state) {
    (void)state;
    assert_true(are_same("{\"keys\":[" RFC8037_A2 "," RFC7515_A3_KEY "]}",
                         "{\"keys\":[" RFC7515_A3_KEY "," RFC8037_A1 "," RFC8037_A2 "]}"));
    assert_true(are_same("{\"keys\":[]}", "{\"keys\":[]}"));
    assert_false(are_same("{\"keys\":[" RFC8037_A2 "]}", "{\"keys\":[" RFC7515_A3_KEY "]}"));
    assert_false(are_same("{\"keys\":[" RFC8037_A2 "]}",
                          "{\"keys\":[" RFC8037_A2 "," RFC7515_A3_KEY "]}"));
    assert_false(are_same("{\"keys\":[]}", "{\"keys\":[" RFC8037_A2 "]}"));
    assert_false(are_same("{\"keys\":[{" EC_A "}]}", "{\"keys\":[{" EC_A ",\"kid\":\"\"}]}"));
    assert_false(are_same("{\"keys\":[{" EC_A ",\"kid\":\"a\"}]}",
                          "{\"keys\":[{" EC_A ",\"kid\":\"b\"}]}"));
}

static void writes_a_set(void **state) {
    (void)state;
    const char *json = "{\"keys\":[" RFC8037_A1 ",{" OCT "}]}";
    jwkeep_keyset *set = keyset_of(json);
    jwkeep_buffer buffer;
    jwkeep_buffer_init(&buffer, 4096);
    jwkeep_error error;
    assert_int_equal(jwkeep_keyset_write(set, false, &buffer, &error), JWKEEP_JWK_NOT_PUBLIC);
    assert_int_equal(buffer.size, 0);
    assert_int_equal(jwkeep_keyset_write(set, true, &buffer, NULL), JWKEEP_OK);
    assert_true(holds(&buffer,
                      "{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"" RFC8037_X
                      "\",\"d\":\"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A\"},{" OCT "}]}"));
    jwkeep_buffer_done(&buffer);
    jwkeep_keyset_unref(set);
    set = keyset_of("{\"keys\":[]}");
    jwkeep_buffer_init(&buffer, 5);
    assert_int_equal(jwkeep_keyset_write(set, true, &buffer, &error), JWKEEP_MISUSE_TOO_SMALL);
    assert_int_equal(buffer.size, 0);
    jwkeep_buffer_done(&buffer);
    jwkeep_keyset_unref(set);
}

static void carries_over_the_keys_that_did_not_change(void **state) {
    (void)state;
    jwkeep_keyset *old =
        keyset_of("{\"keys\":[" RFC8037_A2 "," RFC7515_A3_KEY ",{" EC_A ",\"use\":\"sig\"}]}");
    jwkeep_keyset *fresh = keyset_of("{\"keys\":[{" EC_A "}," RFC7515_A4_KEY "," RFC7515_A3_KEY
                                     "," RFC8037_A2 "]}");
    assert_int_equal(jk_keyset_adopt(fresh, old), 2);
    assert_ptr_equal(jwkeep_keyset_at(fresh, 3), jwkeep_keyset_at(old, 0));
    assert_ptr_equal(jwkeep_keyset_at(fresh, 2), jwkeep_keyset_at(old, 1));
    /* the same key, of which less is said now */
    assert_ptr_not_equal(jwkeep_keyset_at(fresh, 0), jwkeep_keyset_at(old, 2));
    assert_int_equal(jwkeep_jwk_use_of(jwkeep_keyset_at(fresh, 0)), JWKEEP_JWK_USE_ABSENT);
    jwkeep_keyset_unref(old);
    for (size_t i = 0; i < jwkeep_keyset_count(fresh); i++)
        assert_true(jwkeep_keyset_has(fresh, jwkeep_keyset_at(fresh, i)));
    jwkeep_keyset_unref(fresh);
}

/* Every difference keeps the fresh key: what an issuer takes back must not live on. */
static void carries_over_no_key_of_which_anything_changed(void **state) {
    (void)state;
    static const char *const forms[] = {
        "",
        ",\"alg\":\"ES256\"",
        ",\"use\":\"enc\"",
        ",\"use\":\"x\"",
        ",\"use\":\"y\"",
        ",\"key_ops\":[\"verify\"]",
        ",\"key_ops\":[\"a\"]",
        ",\"key_ops\":[\"b\"]",
        ",\"x5t\":\"a\"",
        ",\"x5t\":\"b\"",
        ",\"d\":\"" RFC7517_EC_D "\"",
        ",\"kid\":\"\"",
        ",\"kid\":\"a\"",
    };
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++)
        for (size_t j = 0; j < sizeof forms / sizeof forms[0]; j++) {
            char x[512];
            char y[512];
            snprintf(x, sizeof x, "{\"keys\":[{%s%s}]}", EC_A, forms[i]);
            snprintf(y, sizeof y, "{\"keys\":[{%s%s}]}", EC_A, forms[j]);
            jwkeep_keyset *old = keyset_of(x);
            jwkeep_keyset *fresh = keyset_of(y);
            assert_int_equal(jk_keyset_adopt(fresh, old), i == j);
            jwkeep_keyset_unref(old);
            jwkeep_keyset_unref(fresh);
        }
}

/* However keys came into a set and out of it. */
static void a_key_knows_whether_a_set_has_it(void **state) {
    (void)state;
    jwkeep_keyset *old = keyset_of("{\"keys\":[" RFC8037_A2 "]}");
    jwkeep_keyset *fresh = keyset_of("{\"keys\":[" RFC8037_A2 "," RFC7517_A1_EC "]}");
    jwkeep_jwk *kept = jwkeep_jwk_ref((jwkeep_jwk *)(uintptr_t)jwkeep_keyset_at(old, 0));
    jwkeep_jwk *replaced = jwkeep_jwk_ref((jwkeep_jwk *)(uintptr_t)jwkeep_keyset_at(fresh, 0));
    assert_true(jk_jwk_is_in_a_set(replaced));
    assert_int_equal(jk_keyset_adopt(fresh, old), 1);
    assert_false(jk_jwk_is_in_a_set(replaced));
    jwkeep_keyset_unref(old);
    assert_true(jk_jwk_is_in_a_set(kept));
    jwkeep_keyset_unref(fresh);
    assert_false(jk_jwk_is_in_a_set(kept));
    jwkeep_jwk_unref(replaced);
    jwkeep_jwk_unref(kept);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_the_sets_of_rfc_7517),
        cmocka_unit_test(skips_bad_keys_one_by_one_and_names_them),
        cmocka_unit_test(skips_private_and_symmetric_keys_where_only_public_may_be),
        cmocka_unit_test(looks_no_further_than_the_names_of_secrets),
        cmocka_unit_test(refuses_what_is_no_set),
        cmocka_unit_test(bounds_the_text_and_the_number_of_keys),
        cmocka_unit_test(counts_the_same_key_once),
        cmocka_unit_test(finds_keys_by_kid_in_the_order_of_the_set),
        cmocka_unit_test(finds_each_of_many_keys),
        cmocka_unit_test(makes_a_set_of_keys),
        cmocka_unit_test(bounds_a_set_of_keys),
        cmocka_unit_test(merges_what_is_not_there),
        cmocka_unit_test(takes_a_key_out),
        cmocka_unit_test(compares_sets_by_the_keys_they_hold),
        cmocka_unit_test(writes_a_set),
        cmocka_unit_test(carries_over_the_keys_that_did_not_change),
        cmocka_unit_test(carries_over_no_key_of_which_anything_changed),
        cmocka_unit_test(a_key_knows_whether_a_set_has_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
