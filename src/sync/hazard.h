/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the hazard slots' protocol: how a reader announces the object it is about to use, and
 * how whoever took that object out of reach learns that it may go. The letters are the
 * guarantees of docs/design/concurrency.md. */
#ifndef JK_SYNC_HAZARD_H
#define JK_SYNC_HAZARD_H

#include "base/attributes.h"
#include <jwkeep/error.h>
#include <stdatomic.h>
#include <stdbool.h>

/* Objects that one thread may have announced at a time, of whatever kind. */
#define JK_PINS_PER_THREAD 4u

/* Written by the thread it belongs to, loaded by everybody who lets go of objects. NULL: free.
 */
typedef _Atomic(void *) jk_hazard;

/* A free slot of the calling thread; it is taken once an object is announced in it.
 * Errors: OUT_OF_MEMORY (in a thread's first call ever), MISUSE_STATE (none is free). */
JWKEEP_MUST_USE jwkeep_code jk_hazard_find(jk_hazard **ret_hazard);

/* Announces what `place` points to, and gives it: it is not released before the slot is
 * cleared, if those who take it out of `place` do that in one seq_cst step and ask
 * jk_hazard_is_announced afterwards (A). NULL, and nothing announced, if `place` is empty. */
static inline void *jk_hazard_announce(jk_hazard *hazard, _Atomic(void *) const *place) {
    void *seen = atomic_load_explicit(place, memory_order_acquire);
    for (;;) {
        atomic_store_explicit(hazard, seen, memory_order_seq_cst);
        void *again = atomic_load_explicit(place, memory_order_seq_cst);
        if (JK_LIKELY(again == seen))
            return seen;
        seen = again;
    }
}

/* Pairs with the load in jk_hazard_is_announced: the reads of the object are over (B). */
static inline void jk_hazard_clear(jk_hazard *hazard) {
    atomic_store_explicit(hazard, NULL, memory_order_release);
}

/* Whether any thread has `object` announced; to be asked when it can no longer be reached. */
bool jk_hazard_is_announced(const void *object);

#endif
