/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the two clocks: wall time for claims, monotonic time for deadlines. Both are injected
 * wherever they are used. */
#ifndef JK_BASE_CLOCK_H
#define JK_BASE_CLOCK_H

#include "base/attributes.h"
#include <pthread.h>
#include <stdint.h>
#include <time.h>

int64_t jk_clock_wall_ms(void);      /* since 1970-01-01T00:00:00Z */
int64_t jk_clock_wall_tick_ms(void); /* the same as of the kernel's last tick, usually up to
                                      * 10 ms ago, for a fifth of the cost */
int64_t jk_clock_monotonic_ms(void); /* CLOCK_MONOTONIC */

/* A condition whose deadlines are those of jk_clock_monotonic_ms; one of them. */
void jk_clock_init_condition(pthread_cond_t *condition);
struct timespec jk_clock_moment(int64_t time_ms);

#endif
