/* SPDX-License-Identifier: Apache-2.0
 *
 * Sets made from other sets, and what they say besides their keys. */
#include "base/attributes.h"
#include "support/jose.h"
#include "unit/jose/vectors.h"
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define EC_A                                                                                   \
    "\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" RFC7517_EC_X "\",\"y\":\"" RFC7517_EC_Y "\""
#define SET                                                                                    \
    "{\"first\":1,\"keys\":[" RFC7517_A1_RSA "," RFC8037_A2 "],\"issuer\":{\"a\":[\"b\"]}}"

static void assert_written(const jwkeep_keyset *set, const char *expected) {
    jwkeep_buffer text;
    jwkeep_buffer_init(&text, 16384);
    assert_int_equal(jwkeep_keyset_write(set, true, &text, NULL), JWKEEP_OK);
    if (!holds(&text, expected))
        fail_msg("%.*s\nis not %s", (int)text.size, (const char *)text.data, expected);
    jwkeep_buffer_done(&text);
}

static bool is_okp(void *user, const jwkeep_jwk *key) {
    size_t *calls = user;
    ++*calls;
    return jwkeep_jwk_kty(key) == JWKEEP_KTY_OKP;
}

static void keeps_its_members_through_every_change(void **state) {
    (void)state;
    static const char okp_only[] =
        "{\"keys\":[" RFC8037_A2 "],\"first\":1,\"issuer\":{\"a\":[\"b\"]}}";
    jwkeep_keyset *set = keyset_of(SET);
    jwkeep_jwk *key = key_of("{" EC_A ",\"kid\":\"new\"}");
    jwkeep_keyset *with = NULL;
    jwkeep_keyset *without = NULL;
    jwkeep_keyset *filtered = NULL;
    jwkeep_keyset *merged = NULL;
    size_t calls = 0;
    bool is_added = false;
    assert_int_equal(jwkeep_keyset_with(set, key, &with, &is_added, NULL), JWKEEP_OK);
    assert_true(is_added);
    assert_int_equal(jwkeep_keyset_count(with), 3);
    assert_int_equal(jwkeep_keyset_index_of(with, key), 2);
    assert_true(jwkeep_keyset_index_of(set, key) == SIZE_MAX);
    assert_int_equal(jwkeep_keyset_without(set, jwkeep_keyset_at(set, 0), &without, NULL),
                     JWKEEP_OK);
    assert_written(without, okp_only);
    assert_int_equal(jwkeep_keyset_filter(with, is_okp, &calls, &filtered, NULL), JWKEEP_OK);
    assert_int_equal(calls, 3);
    assert_written(filtered, okp_only);
    assert_true(jwkeep_keyset_is_identical(without, filtered));
    assert_int_equal(jwkeep_keyset_merge(filtered, with, &merged, NULL, NULL), JWKEEP_OK);
    const jwkeep_json *issuer = jwkeep_keyset_member(merged, "issuer");
    assert_int_equal(jwkeep_json_count(jwkeep_json_member(issuer, "a")), 1);
    jwkeep_keyset_unref(set);
    jwkeep_keyset_unref(with);
    jwkeep_keyset_unref(without);
    jwkeep_keyset_unref(filtered);
    jwkeep_keyset_unref(merged);
    jwkeep_jwk_unref(key);
}

/* The trap of comparing keys by address. */
static void adds_the_same_key_once_wherever_it_comes_from(void **state) {
    (void)state;
    jwkeep_keyset *set = keyset_of(SET);
    jwkeep_keyset *again = NULL;
    jwkeep_jwk *key = key_of(RFC8037_A2);
    bool is_added = true;
    assert_int_equal(jwkeep_keyset_with(set, key, &again, &is_added, NULL), JWKEEP_OK);
    assert_false(is_added);
    assert_true(jwkeep_keyset_is_identical(set, again));
    jwkeep_keyset_unref(set);
    jwkeep_keyset_unref(again);
    jwkeep_jwk_unref(key);
}

static void changes_a_member_of_the_set(void **state) {
    (void)state;
    jwkeep_keyset *set = keyset_of("{\"keys\":[],\"a\":1,\"b\":2}");
    static const struct {
        const char *name;
        jwkeep_span json;
        const char *expected;
    } rows[] = {
        {"a", {(const uint8_t *)"[3]", 3}, "{\"keys\":[],\"a\":[3],\"b\":2}"},
        {"c", {(const uint8_t *)"\"x\"", 3}, "{\"keys\":[],\"a\":1,\"b\":2,\"c\":\"x\"}"},
        {"a", {NULL, 0}, "{\"keys\":[],\"b\":2}"},
        {"none", {NULL, 0}, "{\"keys\":[],\"a\":1,\"b\":2}"},
    };
    for (size_t i = 0; i < JK_COUNT_OF(rows); i++) {
        jwkeep_keyset *changed = NULL;
        assert_int_equal(
            jwkeep_keyset_with_member(set, rows[i].name, rows[i].json, &changed, NULL),
            JWKEEP_OK);
        assert_written(changed, rows[i].expected);
        jwkeep_keyset_unref(changed);
    }
    jwkeep_keyset *changed = NULL;
    assert_int_equal(jwkeep_keyset_with_member(set, "keys", JWKEEP_SPAN("[]"), &changed, NULL),
                     JWKEEP_MISUSE_ARGUMENT);
    assert_int_equal(jwkeep_keyset_with_member(set, "a", JWKEEP_SPAN("1}"), &changed, NULL),
                     JWKEEP_JSON_SYNTAX);
    assert_int_equal(jwkeep_keyset_with_member(set, "\xff", JWKEEP_SPAN("1"), &changed, NULL),
                     JWKEEP_JSON_UTF8);
    assert_null(changed);
    assert_null(jwkeep_keyset_member(set, "keys"));
    jwkeep_keyset_unref(set);
}

static void finds_a_key_by_its_thumbprint(void **state) {
    (void)state;
    jwkeep_keyset *set = keyset_of("{\"keys\":[" RFC7517_A1_RSA ",{" EC_A
                                   ",\"kid\":\"a\"},{" EC_A "},{" EC_A ",\"kid\":\"\"}]}");
    for (size_t i = 0; i < 2; i++) {
        const jwkeep_jwk *key = jwkeep_keyset_at(set, i);
        jwkeep_jwk *found = jwkeep_keyset_find_thumbprint(set, jwkeep_jwk_thumbprint(key));
        assert_true(jwkeep_jwk_has_same_numbers(found, key));
        assert_int_equal(jwkeep_jwk_kid(found).data == NULL, i == 1);
    }
    jwkeep_jwk *absent = key_of(RFC8037_A2);
    assert_null(jwkeep_keyset_find_thumbprint(set, jwkeep_jwk_thumbprint(absent)));
    assert_null(jwkeep_keyset_find_thumbprint(set, jwkeep_jwk_thumbprint_text(absent)));
    assert_null(jwkeep_keyset_find_thumbprint(set, JWKEEP_SPAN_NONE));
    jwkeep_jwk_unref(absent);
    jwkeep_keyset_unref(set);
}

static bool are_identical(const char *x, const char *y) {
    jwkeep_keyset *a = keyset_of(x);
    jwkeep_keyset *b = keyset_of(y);
    bool is = jwkeep_keyset_is_identical(a, b);
    jwkeep_keyset_unref(a);
    jwkeep_keyset_unref(b);
    return is;
}

static void identical_knows_private_keys_order_and_members(void **state) {
    (void)state;
    assert_true(are_identical(SET, SET));
    assert_false(are_identical("{\"keys\":[" RFC8037_A1 "]}", "{\"keys\":[" RFC8037_A2 "]}"));
    assert_false(are_identical("{\"keys\":[" RFC8037_A1 "," RFC7517_A1_RSA "]}",
                               "{\"keys\":[" RFC7517_A1_RSA "," RFC8037_A1 "]}"));
    assert_false(are_identical("{\"keys\":[]}", "{\"keys\":[],\"a\":1}"));
}

static void a_ring_is_cleared_in_one_step(void **state) {
    (void)state;
    jwkeep_keyset *set = keyset_of(SET);
    jwkeep_keyring *ring = NULL;
    jwkeep_generation before;
    jwkeep_generation after;
    assert_int_equal(jwkeep_keyring_new(set, &ring, NULL), JWKEEP_OK);
    before = jwkeep_keyring_generation(ring);
    assert_int_equal(jwkeep_keyring_clear(ring, NULL), JWKEEP_OK);
    jwkeep_keyset *cleared = jwkeep_keyring_take(ring, &after);
    assert_int_equal(after, before + 1);
    assert_written(cleared, "{\"keys\":[],\"first\":1,\"issuer\":{\"a\":[\"b\"]}}");
    assert_int_equal(jwkeep_keyring_clear(ring, NULL), JWKEEP_OK);
    assert_int_equal(jwkeep_keyring_generation(ring), after);
    jwkeep_keyset_unref(cleared);
    jwkeep_keyset_unref(set);
    jwkeep_keyring_free(ring);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_its_members_through_every_change),
        cmocka_unit_test(adds_the_same_key_once_wherever_it_comes_from),
        cmocka_unit_test(changes_a_member_of_the_set),
        cmocka_unit_test(finds_a_key_by_its_thumbprint),
        cmocka_unit_test(identical_knows_private_keys_order_and_members),
        cmocka_unit_test(a_ring_is_cleared_in_one_step),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
