/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns one event loop with its thread, connections, parked exchanges and time limits, and the
 * listeners that hand connections to it. */
#ifndef SERVER_WORKER_H
#define SERVER_WORKER_H

#include "server/counters.h"
#include "server/exchange.h"
#include "server/limits.h"
#include <jwkeep/error.h>

/* Woken and waiting connections are served in batches of this many, or as many as begin within
 * this time, and the loop looks at its sockets between two batches: a burst of wake-ups holds
 * up others for one batch at the most. */
#define SERVER_WAKE_BATCH 32u
#define SERVER_WAKE_BATCH_NS 500000u

/* How often time limits are looked at. */
#define SERVER_TICK_MS 100u

typedef struct server_worker server_worker;
struct tls_seat;

/* `limits` holds this worker's share. `service` and `context` must outlive the worker.
 * Errors: OUT_OF_MEMORY, SYSTEM_FAILED. */
JWKEEP_MUST_USE jwkeep_code server_worker_new(const server_service *service, void *context,
                                              const server_limits *limits,
                                              server_worker **ret_worker, jwkeep_error *error);

/* Stops it first, without grace, if it runs. NULL is fine. */
void server_worker_free(server_worker *worker);

/* Makes `worker` accept the connections of `socket` (listening, non-blocking), which it then
 * owns, also if it fails, and hand each to the one of `targets` with the fewest open. Before
 * the start. `tls` NULL: in the clear. `targets` and `tls` must outlive the worker's thread,
 * and be freed before the worker. Errors: OUT_OF_MEMORY, SYSTEM_FAILED. */
JWKEEP_MUST_USE jwkeep_code server_worker_listen(server_worker *worker, int socket,
                                                 server_worker *const *targets,
                                                 size_t target_count, struct tls_seat *tls,
                                                 jwkeep_error *error);

/* Starts the thread. Errors: SYSTEM_FAILED. */
JWKEEP_MUST_USE jwkeep_code server_worker_start(server_worker *worker, jwkeep_error *error);

/* Any thread: the worker closes its listening sockets. Returns once they are closed. */
void server_worker_close_listeners(server_worker *worker);

/* Any thread: idle connections are closed, requests in flight are answered for `grace_ms` at
 * the most; then the thread ends. Returns at once. */
void server_worker_stop(server_worker *worker, uint32_t grace_ms);

/* Waits for the end of the thread. */
void server_worker_join(server_worker *worker);

/* For work that must not hold the loop up (uv_queue_work). Only on the worker's thread. */
struct uv_loop_s *server_worker_loop(server_worker *worker);

const server_loop_counters *server_worker_counters(const server_worker *worker);

#endif
