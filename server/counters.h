/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns counting without contention: each counter has one writer, the thread of its loop, and
 * any number of readers. */
#ifndef SERVER_COUNTERS_H
#define SERVER_COUNTERS_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

/* The release store pairs with the acquire load of server_counter_get. A reader sees each
 * counter grow; two counters may be seen at different moments. Guarantee Q. */
typedef _Atomic uint64_t server_counter;

static inline uint64_t server_counter_get(const server_counter *counter) {
    return atomic_load_explicit(counter, memory_order_acquire);
}

static inline void server_counter_set(server_counter *counter, uint64_t value) {
    atomic_store_explicit(counter, value, memory_order_release);
}

/* Only the counter's one writer: no locked instruction is needed. */
static inline void server_counter_add(server_counter *counter, uint64_t amount) {
    server_counter_set(counter, server_counter_get(counter) + amount);
}

/* What one loop counts about its connections. */
typedef struct server_loop_counters {
    server_counter ticks;       /* looks at the time limits: a loop that stands makes none */
    server_counter cut;         /* connections closed with a request in flight, at the end */
    server_counter turned_away; /* connections over the limit */
    server_counter accepted;
    server_counter open;     /* now */
    server_counter requests; /* complete ones */
    server_counter refused;  /* requests the reader refused */
    server_counter parked;   /* now */
    server_counter parked_total;
    server_counter left_parked;    /* the client left while its request was parked */
    server_counter timed_out;      /* connections closed by a time limit */
    server_counter parked_expired; /* parked requests answered 503 by the time limit */
} server_loop_counters;

#endif
