/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the difference between what is alarming now and what was at the last look. One thread.
 */
#ifndef SERVER_ALARM_WATCH_H
#define SERVER_ALARM_WATCH_H

#include "server/alarms.h"

#define ALARM_WATCH_MAX 4096u /* alarms at a time; further ones are not seen */

typedef struct alarm_watch alarm_watch;

/* Errors: OUT_OF_MEMORY. */
JWKEEP_MUST_USE jwkeep_code alarm_watch_new(alarm_watch **ret_watch, jwkeep_error *error);
void alarm_watch_free(alarm_watch *it); /* NULL is fine */

/* As if nothing had been seen yet: the next look tells all there is. */
void alarm_watch_forget(alarm_watch *it);

/* A look: begun, then every alarm there is, in any order, then ended; that is when `on_change`
 * is called for each that is new, and for each that is gone (as it was last seen, without a
 * reason). */
void alarm_watch_begin(alarm_watch *it);
void alarm_watch_add(alarm_watch *it, const service_alarm *seen);
void alarm_watch_end(alarm_watch *it,
                     void (*on_change)(void *user, bool is_raised,
                                       const service_alarm *changed),
                     void *user);

#endif
