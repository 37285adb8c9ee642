/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the list in the order of use, over an array of places. */
#include "bench/lru.h"
#include <stdlib.h>

#define NOBODY ((size_t)-1)

typedef struct place {
    size_t number; /* or NOBODY */
    size_t newer;  /* places; of the newest: the oldest, and so round */
    size_t older;
} place;

struct lru {
    size_t newest;
    place *places;
    size_t *place_of; /* of each number, or NOBODY */
};

lru *lru_new(size_t capacity, size_t universe) {
    lru *cache = calloc(1, sizeof *cache);
    if (!cache)
        return NULL;
    cache->places = calloc(capacity, sizeof *cache->places);
    cache->place_of = calloc(universe, sizeof *cache->place_of);
    if (!cache->places || !cache->place_of) {
        lru_free(cache);
        return NULL;
    }
    for (size_t i = 0; i < capacity; i++)
        cache->places[i] = (place){NOBODY, (i + 1) % capacity, (i + capacity - 1) % capacity};
    for (size_t i = 0; i < universe; i++)
        cache->place_of[i] = NOBODY;
    return cache;
}

void lru_free(lru *cache) {
    if (!cache)
        return;
    free(cache->place_of);
    free(cache->places);
    free(cache);
}

/* Moves a place to the front. The oldest is the one after the newest in the ring, so that it
 * gets there by turning the ring. */
static void renew(lru *cache, size_t at) {
    place *places = cache->places;
    if (at == places[cache->newest].newer) {
        cache->newest = at;
    } else if (at != cache->newest) {
        places[places[at].newer].older = places[at].older;
        places[places[at].older].newer = places[at].newer;
        size_t oldest = places[cache->newest].newer;
        places[at].older = cache->newest;
        places[at].newer = oldest;
        places[cache->newest].newer = at;
        places[oldest].older = at;
        cache->newest = at;
    }
}

/* Gives the oldest place to `number`. */
static void replace(lru *cache, size_t number) {
    size_t at = cache->places[cache->newest].newer;
    if (cache->places[at].number != NOBODY)
        cache->place_of[cache->places[at].number] = NOBODY;
    cache->places[at].number = number;
    renew(cache, at);
}

bool lru_use(lru *cache, size_t number) {
    size_t at = cache->place_of[number];
    if (at != NOBODY) {
        renew(cache, at);
        return true;
    }
    replace(cache, number);
    cache->place_of[number] = cache->newest;
    return false;
}

void lru_use_once(lru *cache) {
    replace(cache, NOBODY);
}
