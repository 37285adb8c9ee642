/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns holding plans, and handing them to threads. */
#include "server/plan.h"

const server_policy *plan_find(const server_plan *it, jwkeep_span name) {
    for (size_t i = 0; i < it->policy_count; i++)
        if (jwkeep_span_equals(name, jwkeep_span_text(it->policies[i].name)))
            return &it->policies[i];
    return NULL;
}

void plan_hold(server_plan *it) {
    atomic_fetch_add_explicit(&it->holders, 1, memory_order_relaxed);
}

void plan_let_go(server_plan *it) {
    if (it)
        atomic_fetch_sub_explicit(&it->holders, 1, memory_order_release);
}

bool plan_is_free(const server_plan *it) {
    return atomic_load_explicit(&it->holders, memory_order_acquire) == 0;
}

server_plan *plan_seat_look(plan_seat *seat) {
    /* The load alone is what a request costs: the exchange is needed once a reload. */
    if (atomic_load_explicit(&seat->next, memory_order_acquire)) {
        server_plan *next = atomic_exchange_explicit(&seat->next, NULL, memory_order_acq_rel);
        plan_let_go(seat->present);
        seat->present = next;
    }
    return seat->present;
}

void plan_seat_offer(plan_seat *seat, server_plan *next) {
    plan_hold(next);
    plan_let_go(atomic_exchange_explicit(&seat->next, next, memory_order_acq_rel));
}

void plan_seat_done(plan_seat *seat) {
    plan_let_go(atomic_exchange_explicit(&seat->next, NULL, memory_order_acq_rel));
    plan_let_go(seat->present);
    seat->present = NULL;
}
