/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the heap of those who wait. */
#include "sim/waiters.h"

static bool is_before(const sim_waiters *waiters, uint32_t a, uint32_t b) {
    return waiters->items[a].deadline_ms < waiters->items[b].deadline_ms;
}

static void swap(sim_waiters *waiters, uint32_t a, uint32_t b) {
    sim_waiter kept = waiters->items[a];
    waiters->items[a] = waiters->items[b];
    waiters->items[b] = kept;
}

static void rise(sim_waiters *waiters, uint32_t index) {
    while (index > 0) {
        uint32_t parent = (index - 1) / 2;
        if (!is_before(waiters, index, parent))
            return;
        swap(waiters, index, parent);
        index = parent;
    }
}

static void sink(sim_waiters *waiters, uint32_t index) {
    for (;;) {
        uint32_t child = 2 * index + 1;
        if (child >= waiters->count)
            return;
        if (child + 1 < waiters->count && is_before(waiters, child + 1, child))
            child++;
        if (!is_before(waiters, child, index))
            return;
        swap(waiters, index, child);
        index = child;
    }
}

void sim_waiters_add(sim_waiters *waiters, const sim_waiter *waiter) {
    waiters->items[waiters->count] = *waiter;
    rise(waiters, waiters->count++);
}

void sim_waiters_take(sim_waiters *waiters, uint32_t index, sim_waiter *ret_waiter) {
    *ret_waiter = waiters->items[index];
    waiters->items[index] = waiters->items[--waiters->count];
    if (index < waiters->count) {
        rise(waiters, index);
        sink(waiters, index);
    }
}

void sim_waiters_sort(sim_waiters *waiters) {
    for (uint32_t i = waiters->count / 2; i-- > 0;)
        sink(waiters, i);
}
