/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the test issuer's keys: one for each algorithm, their rotation, and the JWK Set as it
 * is served. Any thread may call what is here. */
#ifndef SERVER_DEV_KEYS_H
#define SERVER_DEV_KEYS_H

#include <jwkeep/keyset.h>
#include <pthread.h>

#define DEV_ETAG_BYTES 32u

/* One generation as it is served. Immutable; holders are counted under the keys' mutex. */
typedef struct dev_publication {
    size_t holders;
    uint64_t generation;
    char etag[DEV_ETAG_BYTES];
    jwkeep_buffer body; /* the JWK Set */
    jwkeep_keyset *set;
} dev_publication;

typedef struct dev_keys {
    pthread_mutex_t rotating; /* one rotation at a time; taken before `mutex` */
    pthread_mutex_t mutex;    /* for what follows; never held while a key is made */
    jwkeep_algorithm_set algorithms;
    jwkeep_jwk *current[JWKEEP_ALGORITHM_COUNT];
    dev_publication *published;
} dev_keys;

/* Makes the first generation. On failure there is nothing to give back.
 * Errors: OUT_OF_MEMORY, CRYPTO_FAILED. */
JWKEEP_MUST_USE jwkeep_code dev_keys_init(dev_keys *keys, jwkeep_algorithm_set algorithms,
                                          jwkeep_error *error);
void dev_keys_done(dev_keys *keys);

/* A new key for each algorithm, published with the previous generation, or without. Takes as
 * long as making keys takes; the others are not held up. */
JWKEEP_MUST_USE jwkeep_code dev_keys_rotate(dev_keys *keys, bool retires_previous,
                                            jwkeep_error *error);

/* The present key for `algorithm`, with the caller as one more holder; NULL if there is none.
 * ABSENT is the first there is. */
JWKEEP_MUST_USE jwkeep_jwk *dev_keys_take(dev_keys *keys, jwkeep_algorithm algorithm);

JWKEEP_MUST_USE dev_publication *dev_keys_take_publication(dev_keys *keys);
void dev_keys_give_back(dev_keys *keys, dev_publication *publication); /* NULL is fine */

#endif
