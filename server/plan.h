/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns what the service decides by: policies, their verifiers, the issuers; and how a new plan
 * takes the place of another while requests are answered. A plan does not change. Its owner,
 * one thread, frees it once nobody else holds it; requests hold it while they are parked. */
#ifndef SERVER_PLAN_H
#define SERVER_PLAN_H

#include "server/policy.h"
#include <stdatomic.h>

#define PLAN_MAX_POLICIES 256u

typedef struct server_plan {
    /* Holders beside the owner. Taking one more is relaxed (whoever takes it holds one, or is
     * the owner), giving up is release; the owner's look is acquire (guarantee U). */
    _Atomic unsigned holders;
    jwkeep_verifier *catalogue;    /* every configured issuer, for status, mirror, refresh */
    const server_policy *policies; /* the first is that of /verify */
    size_t policy_count;
    const struct introspection *introspection; /* NULL: none */
    const char *const *admin_hosts; /* names of the administration, beside localhost */
    size_t admin_host_count;
} server_plan;

/* A policy by name, or NULL. */
const server_policy *plan_find(const server_plan *it, jwkeep_span name);

void plan_hold(server_plan *it);
void plan_let_go(server_plan *it);

/* Owner's thread: whether nobody else holds it. */
bool plan_is_free(const server_plan *it);

/* Where a thread has its plan. `next` is a box for one: the owner's thread puts a plan in by
 * exchange (release), the seat's thread takes it out by exchange (acquire) (U). */
typedef struct plan_seat {
    server_plan *present;
    _Atomic(server_plan *) next;
} plan_seat;

/* The seat's thread, or before it runs: the plan to decide by, the newest that was offered. */
server_plan *plan_seat_look(plan_seat *seat);

/* Owner's thread: the seat will hold `next`, and lets go of what it has at its next look. */
void plan_seat_offer(plan_seat *seat, server_plan *next);

/* After the seat's thread has ended: lets go of everything. */
void plan_seat_done(plan_seat *seat);

#endif
