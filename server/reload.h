/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns changing the plan while requests are answered: asked for by SIGHUP or by an
 * administrator's request, done on the thread that runs the server. What cannot be loaded
 * changes nothing. */
#ifndef SERVER_RELOAD_H
#define SERVER_RELOAD_H

#include "server/counters.h"
#include "server/exchange.h"
#include "server/limits.h"
#include "server/plan.h"
#include <pthread.h>

#define RELOAD_FAULT_BYTES 640u
/* Plans that parked requests still hold; over it a reload has to wait. */
#define RELOAD_MAX_RETIRED 8u

/* Where plans come from, and where they go when nobody holds them. All on the thread that runs
 * the server. */
typedef struct reload_source {
    /* A plan to come after `present`, which goes on until it is retired. False, with what is
     * wrong in a line, if there is none. */
    bool (*load)(void *user, const server_plan *present, server_plan **ret_plan,
                 char ret_fault[RELOAD_FAULT_BYTES]);
    void (*retire)(void *user, server_plan *plan);
    void *user;
} reload_source;

typedef struct reload {
    reload_source source; /* `load` NULL: nothing can be reloaded */
    server_plan *present;
    server_plan *retired[RELOAD_MAX_RETIRED];
    size_t retired_count;
    plan_seat *seats[SERVER_MAX_WORKERS + 2]; /* workers, administration, alarms */
    size_t seat_count;
    server_counter loaded;
    server_counter failed;
    server_counter is_failing; /* the last one failed */

    pthread_mutex_t mutex; /* for all below */
    bool has_runner;
    pthread_t runner;
    server_exchange *asker; /* parked, or NULL */
    bool is_begun;          /* the load that answers the asker */
    bool is_answered;       /* the asker was woken, once, and has not come for it yet */
    bool is_loaded;
    char fault[RELOAD_FAULT_BYTES];
} reload;

/* `present` stays the caller's if there is no source. */
void reload_init(reload *it, const reload_source *source, server_plan *present);

/* Seats have ended: retires every plan. */
void reload_done(reload *it);

/* Before the seat's thread runs. */
void reload_add_seat(reload *it, plan_seat *seat);

/* The thread that runs the server, and will see SIGHUP. */
void reload_set_runner(reload *it, pthread_t runner);

/* On that thread: loads a plan and hands it to every seat. False, with the reason in
 * `ret_fault`: nothing has changed. Answers the administrator who asked. */
bool reload_run(reload *it, char ret_fault[RELOAD_FAULT_BYTES]);

/* On that thread, from time to time: retires what nobody holds. */
void reload_collect(reload *it);

/* The administration's thread: POST /reload, in the three steps of a service. */
server_outcome reload_answer(reload *it, server_exchange *exchange);
server_outcome reload_resume(reload *it, server_exchange *exchange);
void reload_abandon(reload *it, server_exchange *exchange);

#endif
