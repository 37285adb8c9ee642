/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the slots, and which of them a thread looks at first. */
#include "crypto/openssl/context_pool.h"

/* The thread's place in the order in which threads first came here; 0 before that. */
static _Thread_local unsigned ordinal;

static unsigned home_slot(void) {
    /* Without a partner: nothing is published by it, values only have to differ. */
    static atomic_uint threads;
    if (JK_UNLIKELY(ordinal == 0))
        ordinal = atomic_fetch_add_explicit(&threads, 1, memory_order_relaxed) + 1;
    return ordinal;
}

static _Atomic(void *) *slot_at(jk_context_pool *pool, unsigned index) {
    return &pool->slots[index % JK_CONTEXT_SLOTS].context;
}

void jk_context_pool_init(jk_context_pool *pool) {
    for (unsigned i = 0; i < JK_CONTEXT_SLOTS; i++)
        atomic_init(slot_at(pool, i), NULL);
}

void *jk_context_pool_take(jk_context_pool *pool) {
    unsigned home = home_slot();
    for (unsigned i = 0; i < JK_CONTEXT_SLOTS; i++) {
        _Atomic(void *) *slot = slot_at(pool, home + i);
        if (!atomic_load_explicit(slot, memory_order_relaxed))
            continue; /* do not take the cache line from its thread for nothing */
        void *context = atomic_exchange_explicit(slot, NULL, memory_order_acquire);
        if (context)
            return context;
    }
    return NULL;
}

bool jk_context_pool_park(jk_context_pool *pool, void *context) {
    unsigned home = home_slot();
    for (unsigned i = 0; i < JK_CONTEXT_SLOTS; i++) {
        _Atomic(void *) *slot = slot_at(pool, home + i);
        void *empty = NULL;
        if (atomic_compare_exchange_strong_explicit(slot, &empty, context, memory_order_release,
                                                    memory_order_relaxed))
            return true;
    }
    return false;
}
