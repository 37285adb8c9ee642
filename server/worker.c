/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the loop of a worker: its mailbox, turns in batches, delays, time limits, and the end.
 */
#include "base/error.h"
#include "server/loop.h"
#include <signal.h>

#define MIN_OUTPUT_BYTES (2 * SERVER_OUTPUT_TURN_BYTES)

void server_limits_init(server_limits *limits) {
    *limits = (server_limits){
        .max_connections = SERVER_MAX_CONNECTIONS,
        .max_per_address = SERVER_MAX_PER_ADDRESS,
        .max_parked = SERVER_MAX_PARKED,
        .max_output_bytes = SERVER_MAX_OUTPUT_BYTES,
        .max_pipelined = SERVER_MAX_PIPELINED,
        .idle_timeout_ms = SERVER_IDLE_TIMEOUT_MS,
        .request_timeout_ms = SERVER_REQUEST_TIMEOUT_MS,
        .write_timeout_ms = SERVER_WRITE_TIMEOUT_MS,
        .parked_timeout_ms = SERVER_PARKED_TIMEOUT_MS,
    };
}

static void on_turn(uv_idle_t *handle) {
    server_worker *worker = handle->data;
    uint64_t began_ns = uv_hrtime();
    for (size_t count = 0; count < SERVER_WAKE_BATCH && !server_link_is_alone(&worker->turns) &&
                           uv_hrtime() - began_ns < SERVER_WAKE_BATCH_NS;
         count++) {
        server_link *link = worker->turns.next;
        server_link_remove(link);
        server_connection_turn(SERVER_CONNECTION_OF(link, in_queue));
    }
    /* While the handle is active the loop polls its sockets without waiting. */
    if (server_link_is_alone(&worker->turns))
        uv_idle_stop(handle);
}

void server_worker_queue_turn(server_worker *worker, server_connection *connection) {
    if (!server_link_is_alone(&connection->in_queue))
        return;
    server_link_insert(&worker->turns, &connection->in_queue);
    uv_idle_start(&worker->turn, on_turn);
}

static void on_delay(uv_timer_t *handle);

static void set_delay_timer(server_worker *worker) {
    if (server_link_is_alone(&worker->delays))
        return;
    uint64_t due_ms = SERVER_CONNECTION_OF(worker->delays.next, in_queue)->exchange.due_ms;
    uint64_t now_ms = uv_now(&worker->loop);
    uv_timer_start(&worker->delay, on_delay, due_ms > now_ms ? due_ms - now_ms : 0, 0);
}

static void on_delay(uv_timer_t *handle) {
    server_worker *worker = handle->data;
    while (!server_link_is_alone(&worker->delays)) {
        server_link *link = worker->delays.next;
        server_connection *connection = SERVER_CONNECTION_OF(link, in_queue);
        if (connection->exchange.due_ms > uv_now(&worker->loop))
            break;
        server_link_remove(link);
        server_worker_queue_turn(worker, connection);
    }
    set_delay_timer(worker);
}

void server_worker_queue_delay(server_worker *worker, server_connection *connection) {
    /* From the end: with one and the same delay, the usual case, the place is the last. */
    server_link *place = &worker->delays;
    while (place->previous != &worker->delays &&
           SERVER_CONNECTION_OF(place->previous, in_queue)->exchange.due_ms >
               connection->exchange.due_ms)
        place = place->previous;
    server_link_insert(place, &connection->in_queue);
    if (worker->delays.next == &connection->in_queue)
        set_delay_timer(worker);
}

static void close_handle(uv_handle_t *handle, void *user) {
    (void)user;
    if (!uv_is_closing(handle))
        uv_close(handle, NULL);
}

static void close_listeners(server_worker *worker) {
    for (size_t i = 0; i < worker->listener_count; i++)
        server_listener_close(worker->listeners[i]);
    pthread_mutex_lock(&worker->mutex);
    worker->has_closed_listeners = true;
    pthread_cond_broadcast(&worker->listeners_closed);
    pthread_mutex_unlock(&worker->mutex);
}

void server_worker_check_end(server_worker *worker) {
    if (!worker->is_draining || server_counter_get(&worker->counters.open) > 0)
        return;
    /* Connections that were just closed wait for their callbacks and are left alone. */
    close_listeners(worker);
    uv_walk(&worker->loop, close_handle, NULL);
}

static void for_each_in(server_link *phase, void (*act)(server_connection *connection)) {
    server_link all;
    server_link_init(&all);
    while (!server_link_is_alone(phase)) {
        server_link *link = phase->next;
        server_link_remove(link);
        server_link_insert(&all, link);
    }
    while (!server_link_is_alone(&all)) {
        server_link *link = all.next;
        server_link_remove(link);
        server_link_insert(phase, link);
        act(SERVER_CONNECTION_OF(link, in_phase));
    }
}

static void begin_draining(server_worker *worker, uint32_t grace_ms) {
    if (worker->is_draining)
        return;
    worker->is_draining = true;
    worker->drain_until_ms = uv_now(&worker->loop) + grace_ms;
    close_listeners(worker);
    for_each_in(&worker->phases[SERVER_PHASE_IDLE], server_connection_drain);
    server_worker_check_end(worker);
}

static void end_draining(server_worker *worker) {
    server_counter_add(&worker->counters.cut, server_counter_get(&worker->counters.open));
    for (size_t i = 0; i < SERVER_PHASE_COUNT; i++)
        for_each_in(&worker->phases[i], server_connection_close);
}

static uint32_t timeout_of(const server_worker *worker, server_phase phase) {
    switch (phase) {
    case SERVER_PHASE_IDLE:
        /* Of those that a drain leaves open, each has still to send its first request. */
        return worker->is_draining ? worker->limits.request_timeout_ms
                                   : worker->limits.idle_timeout_ms;
    case SERVER_PHASE_REQUEST:
        return worker->limits.request_timeout_ms;
    case SERVER_PHASE_PARKED:
        return worker->limits.parked_timeout_ms;
    case SERVER_PHASE_WRITING:
        return worker->limits.write_timeout_ms;
    case SERVER_PHASE_LINGER:
    case SERVER_PHASE_COUNT:
        break;
    }
    return SERVER_LINGER_TIMEOUT_MS;
}

static void expire_phase(server_worker *worker, server_phase phase) {
    uint64_t now_ms = uv_now(&worker->loop);
    while (!server_link_is_alone(&worker->phases[phase])) {
        server_connection *connection =
            SERVER_CONNECTION_OF(worker->phases[phase].next, in_phase);
        if (now_ms - connection->phase_since_ms < timeout_of(worker, phase))
            break;
        server_connection_expire(connection);
    }
}

static void on_tick(uv_timer_t *handle) {
    server_worker *worker = handle->data;
    server_counter_add(&worker->counters.ticks, 1);
    if (worker->service->tick && worker->context)
        worker->service->tick(worker->context);
    for (int phase = 0; phase < SERVER_PHASE_COUNT; phase++)
        expire_phase(worker, (server_phase)phase);
    for (size_t i = 0; i < worker->listener_count; i++)
        server_listener_resume(worker->listeners[i]);
    if (worker->is_draining && uv_now(&worker->loop) >= worker->drain_until_ms)
        end_draining(worker);
}

void server_worker_hand_over(server_connection *connection) {
    server_worker *worker = connection->worker;
    pthread_mutex_lock(&worker->mutex);
    bool was_empty = server_link_is_alone(&worker->accepted);
    server_link_insert(&worker->accepted, &connection->in_mailbox);
    if (was_empty)
        uv_async_send(&worker->wake_up);
    pthread_mutex_unlock(&worker->mutex);
}

/* Woken connections queue for a turn; the first accepted one is given back, or NULL. */
static server_connection *empty_mailbox(server_worker *worker, bool *ret_closes,
                                        bool *ret_stops, uint32_t *ret_grace_ms) {
    server_connection *connection = NULL;
    pthread_mutex_lock(&worker->mutex);
    while (!server_link_is_alone(&worker->woken)) {
        server_link *link = worker->woken.next;
        server_link_remove(link);
        server_worker_queue_turn(worker, SERVER_CONNECTION_OF(link, in_mailbox));
    }
    if (!server_link_is_alone(&worker->accepted)) {
        connection = SERVER_CONNECTION_OF(worker->accepted.next, in_mailbox);
        server_link_remove(&connection->in_mailbox);
    }
    *ret_closes = worker->is_asked_to_close_listeners && !worker->has_closed_listeners;
    *ret_stops = worker->is_asked_to_stop;
    *ret_grace_ms = worker->grace_ms;
    pthread_mutex_unlock(&worker->mutex);
    return connection;
}

static void on_wake_up(uv_async_t *handle) {
    server_worker *worker = handle->data;
    bool closes = false;
    bool stops = false;
    uint32_t grace_ms = 0;
    for (server_connection *connection;
         (connection = empty_mailbox(worker, &closes, &stops, &grace_ms));)
        server_connection_open(connection);
    if (closes)
        close_listeners(worker);
    if (stops)
        begin_draining(worker, grace_ms);
}

static int init_handles(server_worker *worker) {
    int status = uv_async_init(&worker->loop, &worker->wake_up, on_wake_up);
    if (status == 0)
        status = uv_timer_init(&worker->loop, &worker->tick);
    if (status == 0)
        status = uv_timer_init(&worker->loop, &worker->delay);
    if (status == 0)
        status = uv_idle_init(&worker->loop, &worker->turn);
    if (status == 0)
        status = uv_timer_start(&worker->tick, on_tick, SERVER_TICK_MS, SERVER_TICK_MS);
    worker->wake_up.data = worker->tick.data = worker->delay.data = worker->turn.data = worker;
    return status;
}

static void init_links(server_worker *worker) {
    for (size_t i = 0; i < SERVER_PHASE_COUNT; i++)
        server_link_init(&worker->phases[i]);
    server_link_init(&worker->turns);
    server_link_init(&worker->delays);
    server_link_init(&worker->accepted);
    server_link_init(&worker->woken);
}

jwkeep_code server_worker_new(const server_service *service, void *context,
                              const server_limits *limits, server_worker **ret_worker,
                              jwkeep_error *error) {
    server_worker *worker = calloc(1, sizeof *worker);
    if (!worker)
        return jk_fail(error, JWKEEP_OUT_OF_MEMORY);
    worker->service = service;
    worker->context = context;
    worker->limits = *limits;
    init_links(worker);
    pthread_mutex_init(&worker->mutex, NULL);
    pthread_cond_init(&worker->listeners_closed, NULL);
    size_t max_output = limits->max_output_bytes > MIN_OUTPUT_BYTES ? limits->max_output_bytes
                                                                    : MIN_OUTPUT_BYTES;
    worker->limits.max_output_bytes = max_output;
    jwkeep_buffer_init(&worker->output, max_output);
    /* Beside a full turn's answers there is always room for one more. */
    http_response_init(&worker->response, max_output - SERVER_OUTPUT_TURN_BYTES -
                                              2 * HTTP_MAX_RESPONSE_FIELD_BYTES);
    worker->has_loop = uv_loop_init(&worker->loop) == 0;
    if (!worker->has_loop || init_handles(worker) != 0) {
        server_worker_free(worker);
        return jk_fail_text(error, JWKEEP_SYSTEM_FAILED, "the event loop could not be made",
                            NULL, NULL);
    }
    *ret_worker = worker;
    return JWKEEP_OK;
}

static void *run(void *user) {
    server_worker *worker = user;
    uv_run(&worker->loop, UV_RUN_DEFAULT);
    return NULL;
}

jwkeep_code server_worker_start(server_worker *worker, jwkeep_error *error) {
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    /* Signals belong to the thread that waits for them. */
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int status = pthread_create(&worker->thread, NULL, run, worker);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (status != 0)
        return jk_fail_text(error, JWKEEP_SYSTEM_FAILED, "a thread could not be started", NULL,
                            NULL);
    worker->has_thread = true;
    return JWKEEP_OK;
}

void server_worker_close_listeners(server_worker *worker) {
    if (!worker->has_thread)
        return;
    pthread_mutex_lock(&worker->mutex);
    worker->is_asked_to_close_listeners = true;
    if (!worker->has_closed_listeners)
        uv_async_send(&worker->wake_up);
    while (!worker->has_closed_listeners)
        pthread_cond_wait(&worker->listeners_closed, &worker->mutex);
    pthread_mutex_unlock(&worker->mutex);
}

void server_worker_stop(server_worker *worker, uint32_t grace_ms) {
    if (!worker->has_thread)
        return;
    pthread_mutex_lock(&worker->mutex);
    if (!worker->is_asked_to_stop) {
        worker->is_asked_to_stop = true;
        worker->grace_ms = grace_ms;
        uv_async_send(&worker->wake_up);
    }
    pthread_mutex_unlock(&worker->mutex);
}

void server_worker_join(server_worker *worker) {
    if (!worker->has_thread)
        return;
    pthread_join(worker->thread, NULL);
    worker->has_thread = false;
}

static void free_accepted(server_worker *worker) {
    while (!server_link_is_alone(&worker->accepted)) {
        server_link *link = worker->accepted.next;
        server_link_remove(link);
        server_connection_free(SERVER_CONNECTION_OF(link, in_mailbox));
    }
}

static void close_loop(server_worker *worker) {
    for (size_t i = 0; i < worker->listener_count; i++)
        server_listener_close(worker->listeners[i]);
    uv_walk(&worker->loop, close_handle, NULL);
    uv_run(&worker->loop, UV_RUN_DEFAULT);
    (void)uv_loop_close(&worker->loop);
}

void server_worker_free(server_worker *worker) {
    if (!worker)
        return;
    server_worker_stop(worker, 0);
    server_worker_join(worker);
    if (worker->has_loop)
        close_loop(worker);
    free_accepted(worker);
    for (size_t i = 0; i < worker->listener_count; i++)
        free(worker->listeners[i]);
    free(worker->addresses);
    http_response_done(&worker->response);
    jwkeep_buffer_done(&worker->output);
    pthread_cond_destroy(&worker->listeners_closed);
    pthread_mutex_destroy(&worker->mutex);
    free(worker);
}

uv_loop_t *server_worker_loop(server_worker *worker) {
    return &worker->loop;
}

const server_loop_counters *server_worker_counters(const server_worker *worker) {
    return &worker->counters;
}
