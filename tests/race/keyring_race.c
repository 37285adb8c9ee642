/* SPDX-License-Identifier: Apache-2.0
 *
 * The ring under many threads: compound operations are atomic, duplicates impossible, readers
 * never see a step back. */
#include "jose/keyring.h"
#include "support/forge.h"
#include <jwkeep/jwkeep.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define ADDERS 16
#define ADDITIONS 1000
#define READERS 3
#define WRITERS 4
#define CHANGES 400
#define KEYS 8

typedef struct race {
    jwkeep_keyring *ring;
    jwkeep_jwk *keys[KEYS];
    const char *text; /* of keys[0] */
    pthread_barrier_t barrier;
    _Atomic bool is_over;
    _Atomic size_t added;
    _Atomic size_t faults;
} race;

static bool make_race(race *r) {
    for (size_t i = 0; i < KEYS; i++) {
        char kid[2] = {(char)('a' + i), '\0'};
        r->keys[i] = forge_key(JWKEEP_ALGORITHM_EDDSA, kid);
    }
    return jwkeep_keyring_new(NULL, &r->ring, NULL) == JWKEEP_OK;
}

static void free_race(race *r) {
    jwkeep_keyring_free(r->ring);
    for (size_t i = 0; i < KEYS; i++)
        jwkeep_jwk_unref(r->keys[i]);
}

static size_t run_all(race *r, void *(*work)(void *), pthread_t *threads, size_t count) {
    size_t started = 0;
    while (started < count && pthread_create(&threads[started], NULL, work, r) == 0)
        started++;
    return started;
}

/* Each parses the key anew, as a download would: equal by content, not by address. */
static void *add_the_same_key(void *argument) {
    race *r = argument;
    pthread_barrier_wait(&r->barrier);
    for (size_t i = 0; i < ADDITIONS; i++) {
        jwkeep_jwk *copy = NULL;
        bool is_added = false;
        if (jwkeep_jwk_parse(jwkeep_span_text(r->text), NULL, &copy, NULL) ||
            jwkeep_keyring_add(r->ring, copy, &is_added, NULL))
            atomic_fetch_add(&r->faults, 1);
        if (is_added)
            atomic_fetch_add(&r->added, 1);
        jwkeep_jwk_unref(copy);
    }
    return NULL;
}

static void the_same_key_a_thousand_times_from_sixteen_threads_leaves_one(void **state) {
    (void)state;
    race r = {.ring = NULL};
    assert_true(make_race(&r));
    jwkeep_buffer buffer;
    jwkeep_buffer_init(&buffer, 4096);
    bool is_written = jwkeep_jwk_write(r.keys[0], false, &buffer, NULL) == JWKEEP_OK &&
                      jwkeep_buffer_append(&buffer, jwkeep_span_of("", 1)) == JWKEEP_OK;
    r.text = (const char *)buffer.data;
    pthread_barrier_init(&r.barrier, NULL, ADDERS);
    pthread_t threads[ADDERS];
    size_t started = is_written ? run_all(&r, add_the_same_key, threads, ADDERS) : 0;
    for (size_t i = 0; i < started; i++)
        pthread_join(threads[i], NULL);
    pthread_barrier_destroy(&r.barrier);
    jwkeep_buffer_done(&buffer);
    jwkeep_keyset *set = jwkeep_keyring_take(r.ring, NULL);
    size_t count = jwkeep_keyset_count(set);
    jwkeep_keyset_unref(set);
    jwkeep_generation generation = jwkeep_keyring_generation(r.ring);
    free_race(&r);
    assert_int_equal(started, ADDERS);
    assert_int_equal(count, 1);
    assert_int_equal(generation, 2);
    assert_int_equal(r.added, 1);
    assert_int_equal(r.faults, 0);
}

static bool is_without_duplicates(const jwkeep_keyset *set) {
    for (size_t i = 0; i < jwkeep_keyset_count(set); i++)
        for (size_t j = 0; j < i; j++)
            if (jwkeep_jwk_is_same(jwkeep_keyset_at(set, i), jwkeep_keyset_at(set, j)))
                return false;
    return true;
}

static void *read_on(void *argument) {
    race *r = argument;
    jwkeep_generation last = 0;
    while (!atomic_load(&r->is_over)) {
        jwkeep_generation generation = 0;
        jwkeep_keyset *set = jwkeep_keyring_take(r->ring, &generation);
        jk_pin pin;
        const jwkeep_keyset *pinned = NULL;
        bool is_right = generation >= last && is_without_duplicates(set);
        last = generation;
        if (jk_keyring_pin(r->ring, &pin, &pinned) == JWKEEP_OK) {
            is_right =
                is_right && pin.generation >= last && jwkeep_keyset_count(pinned) <= KEYS;
            last = pin.generation;
            jk_published_unpin(&pin);
        }
        jwkeep_jwk *key = jwkeep_keyring_find(r->ring, JWKEEP_SPAN("a"));
        is_right = is_right && (!key || jwkeep_jwk_is_same(key, r->keys[0]));
        jwkeep_jwk_unref(key);
        jwkeep_keyset_unref(set);
        if (!is_right)
            atomic_fetch_add(&r->faults, 1);
    }
    return NULL;
}

/* One more key than there was, of those that are not there; nothing when all are. */
static jwkeep_code add_one(void *user, const jwkeep_keyset *present, jwkeep_keyset **ret_next,
                           jwkeep_error *error) {
    race *r = user;
    for (size_t i = 0; i < KEYS; i++) {
        jwkeep_keyset *single;
        if (jwkeep_keyset_has(present, r->keys[i]))
            continue;
        jwkeep_code code = jwkeep_keyset_new(&r->keys[i], 1, &single, error);
        if (code)
            return code;
        code = jwkeep_keyset_merge(present, single, ret_next, NULL, error);
        jwkeep_keyset_unref(single);
        return code;
    }
    return JWKEEP_OK;
}

static bool change_somehow(race *r, size_t turn) {
    jwkeep_jwk *key = r->keys[turn % KEYS];
    jwkeep_generation generation = 0;
    jwkeep_keyset *set = jwkeep_keyring_take(r->ring, &generation);
    jwkeep_code code = JWKEEP_OK;
    if (turn % 5 == 0)
        code = jwkeep_keyring_add(r->ring, key, NULL, NULL);
    else if (turn % 5 == 1)
        code = jwkeep_keyring_remove(r->ring, key, NULL);
    else if (turn % 5 == 2)
        code = jwkeep_keyring_merge(r->ring, set, NULL, NULL);
    else if (turn % 5 == 3)
        code = jwkeep_keyring_replace(r->ring, set, generation, NULL);
    else
        code = jwkeep_keyring_update(r->ring, add_one, r, NULL);
    jwkeep_keyset_unref(set);
    return code == JWKEEP_OK || (code == JWKEEP_NOT_FOUND && turn % 5 == 1) ||
           (code == JWKEEP_CONFLICT && turn % 5 == 3);
}

static void *write_on(void *argument) {
    race *r = argument;
    size_t seed = atomic_fetch_add(&r->added, 1);
    for (size_t i = 0; i < CHANGES; i++)
        if (!change_somehow(r, seed + i * 7))
            atomic_fetch_add(&r->faults, 1);
    return NULL;
}

static void writers_of_every_kind_race_with_readers(void **state) {
    (void)state;
    race r = {.ring = NULL};
    assert_true(make_race(&r));
    pthread_t readers[READERS];
    pthread_t writers[WRITERS];
    size_t reading = run_all(&r, read_on, readers, READERS);
    size_t writing = run_all(&r, write_on, writers, WRITERS);
    for (size_t i = 0; i < writing; i++)
        pthread_join(writers[i], NULL);
    atomic_store(&r.is_over, true);
    for (size_t i = 0; i < reading; i++)
        pthread_join(readers[i], NULL);
    size_t left = jk_keyring_collect(r.ring);
    free_race(&r);
    assert_int_equal(reading, READERS);
    assert_int_equal(writing, WRITERS);
    assert_int_equal(r.faults, 0);
    assert_int_equal(left, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_key_a_thousand_times_from_sixteen_threads_leaves_one),
        cmocka_unit_test(writers_of_every_kind_race_with_readers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
