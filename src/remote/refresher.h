/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the thread that everything remote happens on: it waits for the transport, for the next
 * moment that somebody is due, and for kicks from other threads; and it keeps the number of
 * downloads within its bound, first come, first served. Knows nothing of keys: what it serves
 * are tasks. */
#ifndef JK_REMOTE_REFRESHER_H
#define JK_REMOTE_REFRESHER_H

#include "remote/environment.h"
#include "remote/timers.h"
#include <jwkeep/source.h>

typedef struct jk_task jk_task;

struct jk_task {
    /* Somebody kicked it, or its moment has come. */
    void (*serve)(jk_task *task);
    /* There is room for a download. False: none is needed any more. */
    bool (*begin)(jk_task *task);
    /* Private. */
    jk_task *next_kicked; /* under the refresher's mutex, as is */
    bool is_kicked;
    jk_task *next_ready; /* on the refresher's thread, as is the rest */
    bool is_ready;
    bool has_download;
    jk_timer timer;
};

/* With an environment of one's own; the refresher frees its transport, also when this fails.
 * Without a thread, jk_refresher_turn must be called instead.
 * Errors: MISUSE_ARGUMENT, OUT_OF_MEMORY, SYSTEM_FAILED. */
JWKEEP_MUST_USE jwkeep_code jk_refresher_new_in(const jk_environment *environment,
                                                size_t max_downloads, bool has_thread,
                                                jwkeep_refresher **ret_refresher,
                                                jwkeep_error *error);

/* Whether this process is the one that made it: in a child of a fork nobody turns it. */
bool jk_refresher_is_ours(const jwkeep_refresher *refresher);

const jk_environment *jk_refresher_environment(const jwkeep_refresher *refresher);

/* One round: serves who is kicked or due, begins downloads, lets the transport run. Where
 * there is a thread, this is what it does all the time. */
void jk_refresher_turn(jwkeep_refresher *refresher);

bool jk_refresher_has_thread(const jwkeep_refresher *refresher);

/* Any thread: the task will be served soon. */
void jk_task_kick(jwkeep_refresher *refresher, jk_task *task);

/* The rest on the refresher's thread only. */

/* The next moment to be served at; INT64_MAX: none. */
void jk_task_set_timer(jwkeep_refresher *refresher, jk_task *task, int64_t at_ms);

/* Asks for room for a download. Nothing if it has asked already, or has one. */
void jk_task_want_download(jwkeep_refresher *refresher, jk_task *task);

/* The download that `begin` began is over. */
void jk_task_end_download(jwkeep_refresher *refresher, jk_task *task);

/* The task is forgotten: it will not be served any more. */
void jk_task_leave(jwkeep_refresher *refresher, jk_task *task);

#endif
