/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns looking through the slots of all threads. */
#include "sync/hazard.h"
#include "sync/threads.h"

jwkeep_code jk_hazard_find(jk_hazard **ret_hazard) {
    jk_thread *thread = jk_thread_self();
    if (JK_UNLIKELY(!thread))
        return JWKEEP_OUT_OF_MEMORY;
    for (size_t i = 0; i < JK_PINS_PER_THREAD; i++) {
        if (!atomic_load_explicit(&thread->slots[i], memory_order_relaxed)) {
            *ret_hazard = &thread->slots[i];
            return JWKEEP_OK;
        }
    }
    return JWKEEP_MISUSE_STATE;
}

bool jk_hazard_is_announced(const void *object) {
    for (jk_thread *thread = jk_thread_first(); thread; thread = thread->next)
        for (size_t i = 0; i < JK_PINS_PER_THREAD; i++)
            if (atomic_load_explicit(&thread->slots[i], memory_order_seq_cst) == object)
                return true;
    return false;
}
