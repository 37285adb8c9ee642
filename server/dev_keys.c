/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns generations of test keys. */
#include "server/dev_keys.h"
#include "base/error.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define MAX_BODY_BYTES (256u * 1024u)

static void unref_all(jwkeep_jwk **keys) {
    for (size_t i = 0; i < JWKEEP_ALGORITHM_COUNT; i++) {
        jwkeep_jwk_unref(keys[i]);
        keys[i] = NULL;
    }
}

static jwkeep_code generate_all(jwkeep_algorithm_set algorithms, jwkeep_jwk **ret_keys,
                                jwkeep_error *error) {
    for (unsigned i = 1; i < JWKEEP_ALGORITHM_COUNT; i++) {
        jwkeep_jwk_spec spec = {.algorithm = (jwkeep_algorithm)i, .use = JWKEEP_JWK_USE_SIG};
        if ((algorithms & JWKEEP_ALGORITHM_BIT(i)) == 0)
            continue;
        jwkeep_code code = jwkeep_jwk_generate(&spec, &ret_keys[i], error);
        if (code != JWKEEP_OK)
            return code;
    }
    return JWKEEP_OK;
}

static void free_publication(dev_publication *publication) {
    if (!publication)
        return;
    jwkeep_keyset_unref(publication->set);
    jwkeep_buffer_done(&publication->body);
    free(publication);
}

static jwkeep_code make_set(jwkeep_jwk *const *first, jwkeep_jwk *const *second,
                            jwkeep_keyset **ret_set, jwkeep_error *error) {
    jwkeep_jwk *all[2 * JWKEEP_ALGORITHM_COUNT];
    size_t count = 0;
    for (size_t i = 0; i < JWKEEP_ALGORITHM_COUNT; i++)
        if (first[i])
            all[count++] = first[i];
    for (size_t i = 0; second && i < JWKEEP_ALGORITHM_COUNT; i++)
        if (second[i])
            all[count++] = second[i];
    return jwkeep_keyset_new(all, count, ret_set, error);
}

static jwkeep_code make_publication(jwkeep_jwk *const *first, jwkeep_jwk *const *second,
                                    uint64_t generation, dev_publication **ret_publication,
                                    jwkeep_error *error) {
    dev_publication *publication = calloc(1, sizeof *publication);
    if (!publication)
        return jk_fail(error, JWKEEP_OUT_OF_MEMORY);
    publication->holders = 1;
    publication->generation = generation;
    snprintf(publication->etag, sizeof publication->etag, "\"%" PRIu64 "\"", generation);
    jwkeep_buffer_init(&publication->body, MAX_BODY_BYTES);
    jwkeep_code code = make_set(first, second, &publication->set, error);
    if (code == JWKEEP_OK)
        code = jwkeep_keyset_write(publication->set, false, &publication->body, error);
    if (code != JWKEEP_OK) {
        free_publication(publication);
        return code;
    }
    *ret_publication = publication;
    return JWKEEP_OK;
}

dev_publication *dev_keys_take_publication(dev_keys *keys) {
    pthread_mutex_lock(&keys->mutex);
    dev_publication *publication = keys->published;
    publication->holders++;
    pthread_mutex_unlock(&keys->mutex);
    return publication;
}

void dev_keys_give_back(dev_keys *keys, dev_publication *publication) {
    if (!publication)
        return;
    pthread_mutex_lock(&keys->mutex);
    bool is_last = --publication->holders == 0;
    pthread_mutex_unlock(&keys->mutex);
    if (is_last)
        free_publication(publication);
}

/* Puts `next` in the place of the current generation, which is left in `next`. */
static void publish(dev_keys *keys, jwkeep_jwk **next, dev_publication *publication) {
    pthread_mutex_lock(&keys->mutex);
    for (size_t i = 0; i < JWKEEP_ALGORITHM_COUNT; i++) {
        jwkeep_jwk *before = keys->current[i];
        keys->current[i] = next[i];
        next[i] = before;
    }
    dev_publication *before = keys->published;
    keys->published = publication;
    pthread_mutex_unlock(&keys->mutex);
    dev_keys_give_back(keys, before);
}

static jwkeep_code rotate(dev_keys *keys, jwkeep_jwk **next, bool retires_previous,
                          jwkeep_error *error) {
    dev_publication *publication = NULL;
    uint64_t generation = keys->published ? keys->published->generation + 1 : 1;
    jwkeep_code code = generate_all(keys->algorithms, next, error);
    if (code == JWKEEP_OK)
        code = make_publication(next, retires_previous ? NULL : keys->current, generation,
                                &publication, error);
    if (code == JWKEEP_OK)
        publish(keys, next, publication);
    return code;
}

jwkeep_code dev_keys_rotate(dev_keys *keys, bool retires_previous, jwkeep_error *error) {
    jwkeep_jwk *next[JWKEEP_ALGORITHM_COUNT] = {NULL};
    /* Only a rotation writes what it reads here without `mutex`. */
    pthread_mutex_lock(&keys->rotating);
    jwkeep_code code = rotate(keys, next, retires_previous, error);
    pthread_mutex_unlock(&keys->rotating);
    unref_all(next);
    return code;
}

jwkeep_jwk *dev_keys_take(dev_keys *keys, jwkeep_algorithm algorithm) {
    jwkeep_jwk *key = NULL;
    pthread_mutex_lock(&keys->mutex);
    if ((unsigned)algorithm < JWKEEP_ALGORITHM_COUNT)
        key = keys->current[algorithm];
    for (size_t i = 1;
         algorithm == JWKEEP_ALGORITHM_ABSENT && !key && i < JWKEEP_ALGORITHM_COUNT; i++)
        key = keys->current[i];
    if (key)
        jwkeep_jwk_ref(key);
    pthread_mutex_unlock(&keys->mutex);
    return key;
}

jwkeep_code dev_keys_init(dev_keys *keys, jwkeep_algorithm_set algorithms,
                          jwkeep_error *error) {
    memset(keys, 0, sizeof *keys);
    keys->algorithms = algorithms;
    pthread_mutex_init(&keys->rotating, NULL);
    pthread_mutex_init(&keys->mutex, NULL);
    jwkeep_code code = dev_keys_rotate(keys, true, error);
    if (code != JWKEEP_OK)
        dev_keys_done(keys);
    return code;
}

void dev_keys_done(dev_keys *keys) {
    unref_all(keys->current);
    free_publication(keys->published);
    pthread_mutex_destroy(&keys->mutex);
    pthread_mutex_destroy(&keys->rotating);
}
