/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the ring: published sets for the readers, one mutex for the writers. Everything that
 * looks before it changes does both under the mutex. */
#include "jose/keyring.h"
#include "base/allocator.h"
#include "base/error.h"
#include <pthread.h>

struct jwkeep_keyring {
    jk_published *sets;
    pthread_mutex_t writers;
};

static void release_set(void *set) {
    jwkeep_keyset_unref(set);
}

jwkeep_code jwkeep_keyring_new(jwkeep_keyset *initial, jwkeep_keyring **ret_ring,
                               jwkeep_error *error) {
    jwkeep_keyset *first = initial ? jwkeep_keyset_ref(initial) : NULL;
    if (!first) {
        jwkeep_code code = jwkeep_keyset_new(NULL, 0, &first, error);
        if (code)
            return code;
    }
    jwkeep_keyring *ring = jk_alloc(sizeof *ring);
    jwkeep_code code = ring ? jk_published_new(first, release_set, &ring->sets, error)
                            : jk_fail(error, JWKEEP_OUT_OF_MEMORY);
    if (code) {
        jk_free(ring);
        jwkeep_keyset_unref(first);
        return code;
    }
    pthread_mutex_init(&ring->writers, NULL); /* with default attributes it cannot fail */
    *ret_ring = ring;
    return JWKEEP_OK;
}

void jwkeep_keyring_free(jwkeep_keyring *ring) {
    if (!ring)
        return;
    jk_published_free(ring->sets);
    pthread_mutex_destroy(&ring->writers);
    jk_free(ring);
}

jwkeep_code jk_keyring_pin(const jwkeep_keyring *ring, jk_pin *ret_pin,
                           const jwkeep_keyset **ret_set) {
    jk_pin pin;
    jwkeep_code code = jk_published_pin(ring->sets, &pin);
    if (code)
        return code;
    *ret_set = pin.object;
    *ret_pin = pin;
    return JWKEEP_OK;
}

/* The mutex is no part of what a reader may see change. */
static pthread_mutex_t *writers_of(const jwkeep_keyring *ring) {
    return &((jwkeep_keyring *)(uintptr_t)ring)->writers;
}

/* For the reader that cannot pin: its thread has every slot open, or memory ran out in its
 * first read ever. Nothing is retired while the mutex is held. */
static jwkeep_keyset *take_behind_the_writers(const jwkeep_keyring *ring,
                                              jwkeep_generation *ret_generation) {
    pthread_mutex_lock(writers_of(ring));
    jwkeep_keyset *set = jwkeep_keyset_ref(jk_published_current(ring->sets, ret_generation));
    pthread_mutex_unlock(writers_of(ring));
    return set;
}

jwkeep_keyset *jwkeep_keyring_take(const jwkeep_keyring *ring,
                                   jwkeep_generation *ret_generation) {
    jk_pin pin;
    if (jk_published_pin(ring->sets, &pin) != JWKEEP_OK)
        return take_behind_the_writers(ring, ret_generation);
    jwkeep_keyset *set = jwkeep_keyset_ref(pin.object);
    if (ret_generation)
        *ret_generation = pin.generation;
    jk_published_unpin(&pin);
    return set;
}

jwkeep_generation jwkeep_keyring_generation(const jwkeep_keyring *ring) {
    return jk_published_generation(ring->sets);
}

static jwkeep_jwk *find_and_hold(const jwkeep_keyset *set, jwkeep_span kid) {
    jwkeep_jwk *key = jwkeep_keyset_find(set, kid);
    return key ? jwkeep_jwk_ref(key) : NULL;
}

jwkeep_jwk *jwkeep_keyring_find(const jwkeep_keyring *ring, jwkeep_span kid) {
    jk_pin pin;
    const jwkeep_keyset *pinned;
    if (jk_keyring_pin(ring, &pin, &pinned) == JWKEEP_OK) {
        jwkeep_jwk *key = find_and_hold(pinned, kid);
        jk_published_unpin(&pin);
        return key;
    }
    jwkeep_keyset *set = take_behind_the_writers(ring, NULL);
    jwkeep_jwk *key = find_and_hold(set, kid);
    jwkeep_keyset_unref(set);
    return key;
}

bool jwkeep_keyring_has(const jwkeep_keyring *ring, jwkeep_span kid) {
    jk_pin pin;
    const jwkeep_keyset *pinned;
    if (jk_keyring_pin(ring, &pin, &pinned) == JWKEEP_OK) {
        bool is_present = jwkeep_keyset_find(pinned, kid) != NULL;
        jk_published_unpin(&pin);
        return is_present;
    }
    jwkeep_keyset *set = take_behind_the_writers(ring, NULL);
    bool is_present = jwkeep_keyset_find(set, kid) != NULL;
    jwkeep_keyset_unref(set);
    return is_present;
}

size_t jk_keyring_collect(jwkeep_keyring *ring) {
    if (jk_published_retired(ring->sets) == 0)
        return 0;
    pthread_mutex_lock(&ring->writers);
    size_t kept = jk_published_collect(ring->sets);
    pthread_mutex_unlock(&ring->writers);
    return kept;
}

/* Under the mutex: publishes `next`, whose holder it takes over, also when it fails. */
static jwkeep_code publish(jwkeep_keyring *ring, jwkeep_keyset *next, jwkeep_error *error) {
    jwkeep_code code = jk_published_swap(ring->sets, next, NULL, error);
    if (code)
        jwkeep_keyset_unref(next);
    return code;
}

jwkeep_code jwkeep_keyring_update(jwkeep_keyring *ring, jwkeep_keyring_change change,
                                  void *user, jwkeep_error *error) {
    jwkeep_keyset *next = NULL;
    pthread_mutex_lock(&ring->writers);
    jwkeep_code code = change(user, jk_published_current(ring->sets, NULL), &next, error);
    if (code == JWKEEP_OK && next)
        code = publish(ring, next, error);
    else if (next)
        jwkeep_keyset_unref(next);
    pthread_mutex_unlock(&ring->writers);
    return code;
}

typedef struct merging {
    const jwkeep_keyset *added;
    size_t added_count;
} merging;

static jwkeep_code merge_sets(void *user, const jwkeep_keyset *present,
                              jwkeep_keyset **ret_next, jwkeep_error *error) {
    merging *work = user;
    jwkeep_keyset *merged;
    jwkeep_code code =
        jwkeep_keyset_merge(present, work->added, &merged, &work->added_count, error);
    if (code)
        return code;
    if (work->added_count)
        *ret_next = merged;
    else
        jwkeep_keyset_unref(merged);
    return JWKEEP_OK;
}

jwkeep_code jwkeep_keyring_merge(jwkeep_keyring *ring, const jwkeep_keyset *set,
                                 size_t *ret_added, jwkeep_error *error) {
    merging work = {.added = set};
    jwkeep_code code = jwkeep_keyring_update(ring, merge_sets, &work, error);
    if (code == JWKEEP_OK && ret_added)
        *ret_added = work.added_count;
    return code;
}

jwkeep_code jwkeep_keyring_add(jwkeep_keyring *ring, jwkeep_jwk *key, bool *ret_is_added,
                               jwkeep_error *error) {
    jwkeep_keyset *single;
    jwkeep_code code = jwkeep_keyset_new(&key, 1, &single, error);
    if (code)
        return code;
    size_t added = 0;
    code = jwkeep_keyring_merge(ring, single, &added, error);
    jwkeep_keyset_unref(single);
    if (code == JWKEEP_OK && ret_is_added)
        *ret_is_added = added > 0;
    return code;
}

static jwkeep_code leave_out(void *user, const jwkeep_keyset *present, jwkeep_keyset **ret_next,
                             jwkeep_error *error) {
    return jwkeep_keyset_without(present, user, ret_next, error);
}

jwkeep_code jwkeep_keyring_remove(jwkeep_keyring *ring, const jwkeep_jwk *key,
                                  jwkeep_error *error) {
    return jwkeep_keyring_update(ring, leave_out, (void *)(uintptr_t)key, error);
}

static bool keep_none(void *user, const jwkeep_jwk *key) {
    (void)user, (void)key;
    return false;
}

static jwkeep_code leave_out_all(void *user, const jwkeep_keyset *present,
                                 jwkeep_keyset **ret_next, jwkeep_error *error) {
    if (jwkeep_keyset_count(present) == 0)
        return JWKEEP_OK;
    return jwkeep_keyset_filter(present, keep_none, user, ret_next, error);
}

jwkeep_code jwkeep_keyring_clear(jwkeep_keyring *ring, jwkeep_error *error) {
    return jwkeep_keyring_update(ring, leave_out_all, NULL, error);
}

jwkeep_code jwkeep_keyring_replace(jwkeep_keyring *ring, jwkeep_keyset *set,
                                   jwkeep_generation expected, jwkeep_error *error) {
    jwkeep_generation generation;
    pthread_mutex_lock(&ring->writers);
    (void)jk_published_current(ring->sets, &generation);
    jwkeep_code code;
    if (expected != 0 && expected != generation)
        code = jk_fail(error, JWKEEP_CONFLICT);
    else
        code = publish(ring, jwkeep_keyset_ref(set), error);
    pthread_mutex_unlock(&ring->writers);
    return code;
}
