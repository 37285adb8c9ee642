/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns an order of moments: who is due first among any number. Intrusive, so that adding one
 * cannot fail. A pairing heap: adding takes constant time, taking the first out logarithmic
 * time on average over many. */
#ifndef JK_REMOTE_TIMERS_H
#define JK_REMOTE_TIMERS_H

#include "base/attributes.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Zeroed before its first use. Stands in at most one heap. */
typedef struct jk_timer {
    int64_t at_ms;
    struct jk_timer *child;
    struct jk_timer *next;   /* sibling */
    struct jk_timer *before; /* sibling, or parent of the first child */
    bool is_set;
} jk_timer;

/* Zeroed is empty. */
typedef struct jk_timers {
    jk_timer *root;
} jk_timers;

/* Sets `timer` for `at_ms`, whether it was set before or not. */
void jk_timers_set(jk_timers *timers, jk_timer *timer, int64_t at_ms);

/* Nothing if it is not set. */
void jk_timers_clear(jk_timers *timers, jk_timer *timer);

/* The earliest, still set; NULL if there is none. */
static inline jk_timer *jk_timers_first(const jk_timers *timers) {
    return timers->root;
}

/* Its moment; INT64_MAX if there is none. */
static inline int64_t jk_timers_next_ms(const jk_timers *timers) {
    return timers->root ? timers->root->at_ms : INT64_MAX;
}

#endif
