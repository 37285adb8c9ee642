/* SPDX-License-Identifier: Apache-2.0
 *
 * The ring in one thread: what each operation changes, and what it leaves alone. */
#include "jose/keyring.h"
#include "support/forge.h"
#include <jwkeep/jwkeep.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

typedef struct fixture {
    jwkeep_jwk *a;
    jwkeep_jwk *b;
    jwkeep_jwk *a_again; /* other material under the same kid */
    jwkeep_keyset *set;  /* of a and b */
    jwkeep_keyring *ring;
} fixture;

static int set_up(void **state) {
    fixture *f = calloc(1, sizeof *f);
    if (!f)
        return -1;
    f->a = forge_key(JWKEEP_ALGORITHM_EDDSA, "a");
    f->b = forge_key(JWKEEP_ALGORITHM_EDDSA, "b");
    f->a_again = forge_key(JWKEEP_ALGORITHM_EDDSA, "a");
    jwkeep_jwk *both[] = {f->a, f->b};
    f->set = forge_keyset(both, 2);
    *state = f;
    return jwkeep_keyring_new(NULL, &f->ring, NULL) ? -1 : 0;
}

static int tear_down(void **state) {
    fixture *f = *state;
    jwkeep_keyring_free(f->ring);
    jwkeep_keyset_unref(f->set);
    jwkeep_jwk_unref(f->a);
    jwkeep_jwk_unref(f->b);
    jwkeep_jwk_unref(f->a_again);
    free(f);
    return 0;
}

static size_t count_of(const jwkeep_keyring *ring) {
    jwkeep_keyset *set = jwkeep_keyring_take(ring, NULL);
    size_t count = jwkeep_keyset_count(set);
    jwkeep_keyset_unref(set);
    return count;
}

static void is_empty_without_an_initial_set(void **state) {
    fixture *f = *state;
    assert_int_equal(count_of(f->ring), 0);
    assert_int_equal(jwkeep_keyring_generation(f->ring), 1);
    assert_null(jwkeep_keyring_find(f->ring, JWKEEP_SPAN("a")));
}

static void holds_the_initial_set(void **state) {
    fixture *f = *state;
    jwkeep_keyring *ring = NULL;
    assert_int_equal(jwkeep_keyring_new(f->set, &ring, NULL), JWKEEP_OK);
    size_t count = count_of(ring);
    jwkeep_jwk *found = jwkeep_keyring_find(ring, JWKEEP_SPAN("b"));
    jwkeep_keyring_free(ring);
    bool is_alive = found && jwkeep_jwk_is_same(found, f->b);
    jwkeep_jwk_unref(found);
    assert_int_equal(count, 2);
    assert_true(is_alive);
}

static void has_what_is_there_now(void **state) {
    fixture *f = *state;
    assert_false(jwkeep_keyring_has(f->ring, JWKEEP_SPAN("a")));
    assert_int_equal(jwkeep_keyring_add(f->ring, f->a, NULL, NULL), JWKEEP_OK);
    assert_true(jwkeep_keyring_has(f->ring, JWKEEP_SPAN("a")));
    assert_false(jwkeep_keyring_has(f->ring, JWKEEP_SPAN("A")));
    assert_int_equal(jwkeep_keyring_remove(f->ring, f->a, NULL), JWKEEP_OK);
    assert_false(jwkeep_keyring_has(f->ring, JWKEEP_SPAN("a")));
}

static void adding_the_same_key_again_changes_nothing(void **state) {
    fixture *f = *state;
    bool is_added = false;
    assert_int_equal(jwkeep_keyring_add(f->ring, f->a, &is_added, NULL), JWKEEP_OK);
    assert_true(is_added);
    assert_int_equal(jwkeep_keyring_generation(f->ring), 2);
    assert_int_equal(jwkeep_keyring_add(f->ring, f->a, &is_added, NULL), JWKEEP_OK);
    assert_false(is_added);
    assert_int_equal(jwkeep_keyring_generation(f->ring), 2);
    assert_int_equal(count_of(f->ring), 1);
}

static void r16_other_material_under_the_same_kid_is_another_key(void **state) {
    fixture *f = *state;
    bool is_added = false;
    assert_int_equal(jwkeep_keyring_add(f->ring, f->a, NULL, NULL), JWKEEP_OK);
    assert_int_equal(jwkeep_keyring_add(f->ring, f->a_again, &is_added, NULL), JWKEEP_OK);
    assert_true(is_added);
    assert_int_equal(count_of(f->ring), 2);
}

static void removes_only_the_same_key(void **state) {
    fixture *f = *state;
    assert_int_equal(jwkeep_keyring_merge(f->ring, f->set, NULL, NULL), JWKEEP_OK);
    assert_int_equal(jwkeep_keyring_remove(f->ring, f->a_again, NULL), JWKEEP_NOT_FOUND);
    assert_int_equal(jwkeep_keyring_generation(f->ring), 2);
    assert_int_equal(jwkeep_keyring_remove(f->ring, f->a, NULL), JWKEEP_OK);
    assert_int_equal(count_of(f->ring), 1);
    assert_int_equal(jwkeep_keyring_generation(f->ring), 3);
}

static void merging_says_what_was_added(void **state) {
    fixture *f = *state;
    size_t added = 99;
    assert_int_equal(jwkeep_keyring_add(f->ring, f->b, NULL, NULL), JWKEEP_OK);
    assert_int_equal(jwkeep_keyring_merge(f->ring, f->set, &added, NULL), JWKEEP_OK);
    assert_int_equal(added, 1);
    assert_int_equal(jwkeep_keyring_merge(f->ring, f->set, &added, NULL), JWKEEP_OK);
    assert_int_equal(added, 0);
    assert_int_equal(jwkeep_keyring_generation(f->ring), 3);
}

static void replaces_only_the_expected_generation(void **state) {
    fixture *f = *state;
    jwkeep_error error = {0};
    assert_int_equal(jwkeep_keyring_replace(f->ring, f->set, 2, &error), JWKEEP_CONFLICT);
    assert_int_equal(error.code, JWKEEP_CONFLICT);
    assert_int_equal(count_of(f->ring), 0);
    assert_int_equal(jwkeep_keyring_replace(f->ring, f->set, 1, NULL), JWKEEP_OK);
    assert_int_equal(count_of(f->ring), 2);
    assert_int_equal(jwkeep_keyring_replace(f->ring, f->set, 0, NULL), JWKEEP_OK);
    assert_int_equal(jwkeep_keyring_generation(f->ring), 3);
}

static jwkeep_code keep_what_is_there(void *user, const jwkeep_keyset *present,
                                      jwkeep_keyset **ret_next, jwkeep_error *error) {
    (void)ret_next;
    (void)error;
    *(size_t *)user = jwkeep_keyset_count(present);
    return JWKEEP_OK;
}

static jwkeep_code make_but_fail(void *user, const jwkeep_keyset *present,
                                 jwkeep_keyset **ret_next, jwkeep_error *error) {
    (void)present;
    (void)error;
    *ret_next = jwkeep_keyset_ref(user);
    return JWKEEP_JWK_TOO_WEAK;
}

static jwkeep_code put_in_place(void *user, const jwkeep_keyset *present,
                                jwkeep_keyset **ret_next, jwkeep_error *error) {
    (void)present;
    (void)error;
    *ret_next = jwkeep_keyset_ref(user);
    return JWKEEP_OK;
}

static void updates_by_a_function(void **state) {
    fixture *f = *state;
    size_t seen = 99;
    assert_int_equal(jwkeep_keyring_update(f->ring, keep_what_is_there, &seen, NULL),
                     JWKEEP_OK);
    assert_int_equal(seen, 0);
    assert_int_equal(jwkeep_keyring_update(f->ring, make_but_fail, f->set, NULL),
                     JWKEEP_JWK_TOO_WEAK);
    assert_int_equal(jwkeep_keyring_generation(f->ring), 1);
    assert_int_equal(jwkeep_keyring_update(f->ring, put_in_place, f->set, NULL), JWKEEP_OK);
    assert_int_equal(count_of(f->ring), 2);
}

/* The point is that of RFC 8037 §A.2; the keys differ by `kid`. */
static jwkeep_keyset *make_full_set(void) {
    jwkeep_jwk **keys = calloc(JWKEEP_KEYSET_MAX_KEYS, sizeof(jwkeep_jwk *));
    size_t made = 0;
    for (; keys && made < JWKEEP_KEYSET_MAX_KEYS; made++) {
        char json[160];
        snprintf(json, sizeof json,
                 "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"kid\":\"%zu\","
                 "\"x\":\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}",
                 made);
        if (jwkeep_jwk_parse(jwkeep_span_text(json), NULL, &keys[made], NULL))
            break;
    }
    jwkeep_keyset *set = NULL;
    if (jwkeep_keyset_new(keys, made, &set, NULL))
        set = NULL;
    for (size_t i = 0; i < made; i++)
        jwkeep_jwk_unref(keys[i]);
    free(keys);
    return set;
}

static void a_full_ring_refuses_and_stays(void **state) {
    fixture *f = *state;
    jwkeep_keyset *full = make_full_set();
    assert_non_null(full);
    jwkeep_code code = jwkeep_keyring_replace(f->ring, full, 0, NULL);
    jwkeep_keyset_unref(full);
    assert_int_equal(code, JWKEEP_OK);
    bool is_added = true;
    size_t added = 7;
    assert_int_equal(jwkeep_keyring_add(f->ring, f->a, &is_added, NULL),
                     JWKEEP_KEYSET_TOO_MANY_KEYS);
    assert_int_equal(jwkeep_keyring_merge(f->ring, f->set, &added, NULL),
                     JWKEEP_KEYSET_TOO_MANY_KEYS);
    assert_true(is_added);
    assert_int_equal(added, 7);
    assert_int_equal(count_of(f->ring), JWKEEP_KEYSET_MAX_KEYS);
    assert_int_equal(jwkeep_keyring_generation(f->ring), 2);
}

static void reads_also_with_every_pin_open(void **state) {
    fixture *f = *state;
    jk_pin pins[JK_PINS_PER_THREAD];
    const jwkeep_keyset *set;
    assert_int_equal(jwkeep_keyring_replace(f->ring, f->set, 0, NULL), JWKEEP_OK);
    for (size_t i = 0; i < JK_PINS_PER_THREAD; i++)
        assert_int_equal(jk_keyring_pin(f->ring, &pins[i], &set), JWKEEP_OK);
    jk_pin extra;
    assert_int_equal(jk_keyring_pin(f->ring, &extra, &set), JWKEEP_MISUSE_STATE);
    jwkeep_generation generation = 0;
    jwkeep_keyset *taken = jwkeep_keyring_take(f->ring, &generation);
    size_t count = jwkeep_keyset_count(taken);
    jwkeep_keyset_unref(taken);
    jwkeep_jwk *found = jwkeep_keyring_find(f->ring, JWKEEP_SPAN("b"));
    bool is_found = found && jwkeep_jwk_is_same(found, f->b);
    jwkeep_jwk_unref(found);
    bool has_b = jwkeep_keyring_has(f->ring, JWKEEP_SPAN("b"));
    bool has_z = jwkeep_keyring_has(f->ring, JWKEEP_SPAN("z"));
    for (size_t i = 0; i < JK_PINS_PER_THREAD; i++)
        jk_published_unpin(&pins[i]);
    assert_int_equal(count, 2);
    assert_int_equal(generation, 2);
    assert_true(is_found);
    assert_true(has_b);
    assert_false(has_z);
}

static void lets_go_of_a_replaced_set_after_its_last_reader(void **state) {
    fixture *f = *state;
    jk_pin pin;
    const jwkeep_keyset *set;
    assert_int_equal(jk_keyring_pin(f->ring, &pin, &set), JWKEEP_OK);
    assert_int_equal(jwkeep_keyring_replace(f->ring, f->set, 0, NULL), JWKEEP_OK);
    assert_int_equal(jk_keyring_collect(f->ring), 1);
    jk_published_unpin(&pin);
    assert_int_equal(jk_keyring_collect(f->ring), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(is_empty_without_an_initial_set),
        TEST(holds_the_initial_set),
        TEST(has_what_is_there_now),
        TEST(adding_the_same_key_again_changes_nothing),
        TEST(r16_other_material_under_the_same_kid_is_another_key),
        TEST(removes_only_the_same_key),
        TEST(merging_says_what_was_added),
        TEST(replaces_only_the_expected_generation),
        TEST(updates_by_a_function),
        TEST(a_full_ring_refuses_and_stays),
        TEST(reads_also_with_every_pin_open),
        TEST(lets_go_of_a_replaced_set_after_its_last_reader),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
