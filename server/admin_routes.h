/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the administration listener's answers: /metrics, /healthz, /readyz, /status,
 * and the page of server/page/. Reads
 * what the workers count and what the verifier says of its issuers. */
#ifndef SERVER_ADMIN_ROUTES_H
#define SERVER_ADMIN_ROUTES_H

#include "server/history.h"
#include "server/page/samples.h"
#include "server/reload.h"
#include "server/verify_route.h"
#include "server/worker.h"

typedef struct admin_context {
    plan_seat seat;
    reload *reload;
    jwkeep_verifier *verifier; /* of every issuer: the present plan's */
    size_t worker_count;
    const server_loop_counters *loops[SERVER_MAX_WORKERS];
    const verify_counters *decisions[SERVER_MAX_WORKERS];
    const server_loop_counters *acceptor;
    policy_numbers *numbers;
    history *history; /* or NULL, as the next */
    struct event_webhook *webhook;
    samples samples;
    history_issuer seen; /* of the issuer that is being told of */
    int64_t started_ms;  /* wall clock */
    /* Set by the stopping thread, with release; read with acquire (Q). */
    _Atomic bool is_draining;
} admin_context;

extern const server_service admin_service;

#endif
