/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the virtual callers that wait, the one with the nearest deadline first: a binary heap
 * of a fixed size. */
#ifndef SIM_WAITERS_H
#define SIM_WAITERS_H

#include <stdbool.h>
#include <stdint.h>

#define SIM_MAX_WAITERS 4096u

typedef struct sim_waiter {
    int64_t deadline_ms; /* real time */
    uint64_t decided_by;
    uint64_t after_number; /* the last flight that had started when it came */
    uint32_t kid;
    bool is_by_kid;
    uint8_t ends; /* of flights that it has waited through */
} sim_waiter;

typedef struct sim_waiters {
    uint32_t count;
    sim_waiter items[SIM_MAX_WAITERS];
} sim_waiters;

/* INT64_MAX if nobody waits. */
static inline int64_t sim_waiters_next_ms(const sim_waiters *waiters) {
    return waiters->count ? waiters->items[0].deadline_ms : INT64_MAX;
}

void sim_waiters_add(sim_waiters *waiters, const sim_waiter *waiter);
void sim_waiters_take(sim_waiters *waiters, uint32_t index, sim_waiter *ret_waiter);

/* Puts them in order after any of them were left out. */
void sim_waiters_sort(sim_waiters *waiters);

#endif
