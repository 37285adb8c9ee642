/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns a cache of numbers that lets the least recently used one go: what other caches are
 * measured beside. */
#ifndef BENCH_LRU_H
#define BENCH_LRU_H

#include <stdbool.h>
#include <stddef.h>

typedef struct lru lru;

/* For numbers below `universe`; NULL without memory. */
lru *lru_new(size_t capacity, size_t universe);
void lru_free(lru *cache);

/* Whether `number` was there; it is afterwards, as the last one used. */
bool lru_use(lru *cache, size_t number);

/* Something that will not come again takes the place of the least recently used one. */
void lru_use_once(lru *cache);

#endif
