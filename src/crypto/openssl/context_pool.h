/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the parking places of the contexts that belong to one key. A thread takes one out,
 * uses it alone and parks it again; it finds the same one the next time unless another thread
 * came between. Refuses to know what a context is. */
#ifndef JK_CRYPTO_OPENSSL_CONTEXT_POOL_H
#define JK_CRYPTO_OPENSSL_CONTEXT_POOL_H

#include "base/attributes.h"
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

/* So many contexts a key keeps at the most. More threads than that at work at the same moment
 * make contexts that are freed after use. */
#define JK_CONTEXT_SLOTS 16u

/* One slot each cache line, so that threads at home in different slots do not disturb each
 * other. */
typedef struct jk_context_slot {
    /* A parked context or NULL. Pairs with itself: a context is parked with release and taken
     * with acquire, so that its taker sees what its last user did. Guarantee P. */
    _Atomic(void *) context;
    char padding[JK_CACHE_LINE - sizeof(void *)];
} jk_context_slot;

typedef struct jk_context_pool {
    jk_context_slot slots[JK_CONTEXT_SLOTS];
} jk_context_pool;

void jk_context_pool_init(jk_context_pool *pool);

/* A parked context, now the caller's alone, or NULL if there is none. Any thread. */
void *jk_context_pool_take(jk_context_pool *pool);

/* Parks `context`; false if every slot is full: it stays the caller's. Any thread. */
JWKEEP_MUST_USE bool jk_context_pool_park(jk_context_pool *pool, void *context);

#endif
