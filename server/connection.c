/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns one connection: receiving into its one bounded buffer, having requests answered in
 * order, sending, parking, ending. While a request is parked nothing is read; that the other
 * side closes (or half-closes: TCP cannot tell the two apart) is noticed all the same, and
 * ends the connection. A side that half-closes after a request that is answered at once gets
 * its answer. */
#include "server/loop.h"
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define INPUT_INITIAL_BYTES 2048u
#define INPUT_KEPT_BYTES 8192u /* an idle connection holds no larger buffer */
#define LINGER_MAX_BYTES 262144u
#define SEALED_BYTES 2048u
#define MAX_SEALED_READS 32u /* then others have their turn */

server_connection *server_connection_new(server_worker *worker, int socket) {
    server_connection *connection = calloc(1, sizeof *connection);
    if (!connection) {
        close(socket);
        return NULL;
    }
    connection->worker = worker;
    connection->socket = socket;
    server_link_init(&connection->in_phase);
    server_link_init(&connection->in_queue);
    server_link_init(&connection->in_mailbox);
    http_reader_init(&connection->reader);
    return connection;
}

void server_connection_free(server_connection *connection) {
    if (connection->socket >= 0)
        close(connection->socket);
    if (connection->address_slot)
        atomic_fetch_sub_explicit(connection->address_slot, 1, memory_order_acq_rel);
    jk_tls_free(connection->tls);
    free(connection->input);
    free(connection->output);
    free(connection);
}

static void on_closed(uv_handle_t *handle) {
    server_connection_free((server_connection *)(void *)handle);
}

static void leave_mailbox(server_connection *connection) {
    pthread_mutex_lock(&connection->worker->mutex);
    server_link_remove(&connection->in_mailbox);
    pthread_mutex_unlock(&connection->worker->mutex);
}

static void unpark(server_connection *connection) {
    server_worker *worker = connection->worker;
    connection->exchange.is_parked = false;
    server_counter_set(&worker->counters.parked,
                       server_counter_get(&worker->counters.parked) - 1);
}

/* After this no thread has a way to the connection. */
static void abandon_parked(server_connection *connection) {
    server_worker *worker = connection->worker;
    if (!connection->exchange.is_parked)
        return;
    if (worker->service->abandon)
        worker->service->abandon(worker->context, &connection->exchange);
    leave_mailbox(connection);
    server_link_remove(&connection->in_queue);
    unpark(connection);
}

void server_connection_close(server_connection *connection) {
    server_worker *worker = connection->worker;
    abandon_parked(connection);
    server_link_remove(&connection->in_phase);
    server_link_remove(&connection->in_queue);
    uv_close((uv_handle_t *)&connection->poll, on_closed);
    close(connection->socket);
    connection->socket = -1;
    server_counter_set(&worker->counters.open, server_counter_get(&worker->counters.open) - 1);
    atomic_fetch_sub_explicit(&worker->load, 1, memory_order_acq_rel);
    server_worker_check_end(worker);
}

static void set_phase(server_connection *connection, server_phase phase) {
    connection->phase = phase;
    connection->phase_since_ms = uv_now(&connection->worker->loop);
    server_link_remove(&connection->in_phase);
    server_link_insert(&connection->worker->phases[phase], &connection->in_phase);
}

static void on_poll(uv_poll_t *handle, int status, int events);

static void watch(server_connection *connection, int events) {
    if (connection->events == events)
        return;
    connection->events = events;
    /* Neither can fail on an open descriptor that epoll has accepted once. */
    if (events == 0)
        (void)uv_poll_stop(&connection->poll);
    else
        (void)uv_poll_start(&connection->poll, events, on_poll);
}

void server_connection_open(server_connection *connection) {
    server_worker *worker = connection->worker;
    if (worker->is_draining ||
        uv_poll_init(&worker->loop, &connection->poll, connection->socket) != 0) {
        atomic_fetch_sub_explicit(&worker->load, 1, memory_order_acq_rel);
        server_connection_free(connection);
        return;
    }
    server_counter_add(&worker->counters.accepted, 1);
    server_counter_add(&worker->counters.open, 1);
    /* A handshake has as long as a request. */
    set_phase(connection, connection->tls ? SERVER_PHASE_REQUEST : SERVER_PHASE_IDLE);
    watch(connection, UV_READABLE);
}

/* Sends what the socket takes of `bytes`; the number, or -1 if the connection is broken. */
static ssize_t send_some(int socket, const uint8_t *bytes, size_t size) {
    size_t sent = 0;
    while (sent < size) {
        ssize_t count = send(socket, bytes + sent, size - sent, MSG_NOSIGNAL);
        if (count >= 0)
            sent += (size_t)count;
        else if (errno == EAGAIN || errno == EWOULDBLOCK)
            break;
        else if (errno != EINTR)
            return -1;
    }
    return (ssize_t)sent;
}

/* Keeps `bytes` behind what is still to be sent. */
static bool keep_unsent(server_connection *connection, const uint8_t *bytes, size_t size) {
    size_t kept = connection->output_size - connection->output_at;
    if (size > connection->worker->limits.max_output_bytes - kept)
        return false;
    uint8_t *output = malloc(kept + size);
    if (!output)
        return false;
    if (kept > 0)
        memcpy(output, connection->output + connection->output_at, kept);
    memcpy(output + kept, bytes, size);
    free(connection->output);
    connection->output = output;
    connection->output_at = 0;
    connection->output_size = kept + size;
    return true;
}

static bool send_kept(server_connection *connection) {
    ssize_t sent = send_some(connection->socket, connection->output + connection->output_at,
                             connection->output_size - connection->output_at);
    if (sent < 0)
        return false;
    connection->output_at += (size_t)sent;
    if (connection->output_at == connection->output_size) {
        free(connection->output);
        connection->output = NULL;
        connection->output_at = connection->output_size = 0;
    }
    return true;
}

/* Sends `bytes`, or keeps what the socket does not take. */
static bool send_or_keep(server_connection *connection, jwkeep_span bytes) {
    ssize_t sent = 0;
    if (bytes.size == 0)
        return true;
    if (!connection->output)
        sent = send_some(connection->socket, bytes.data, bytes.size);
    if (sent < 0)
        return false;
    return (size_t)sent == bytes.size ||
           keep_unsent(connection, bytes.data + sent, bytes.size - (size_t)sent);
}

static bool send_sealed(server_connection *connection) {
    bool is_sent = send_or_keep(connection, jk_tls_sealed(connection->tls));
    jk_tls_sent(connection->tls);
    return is_sent;
}

/* Sends the answers of this turn; over TLS also what the handshake has to say. */
static bool transmit(server_connection *connection) {
    jwkeep_span output = jwkeep_buffer_span(&connection->worker->output);
    if (!connection->tls)
        return send_or_keep(connection, output);
    return jk_tls_seal(connection->tls, output) && send_sealed(connection);
}

static void release_input(server_connection *connection) {
    connection->input_at = connection->input_size = 0;
    if (connection->input_capacity > INPUT_KEPT_BYTES) {
        free(connection->input);
        connection->input = NULL;
        connection->input_capacity = 0;
    }
}

static void wait_for_turn(server_connection *connection) {
    watch(connection, 0);
    server_worker_queue_turn(connection->worker, connection);
}

static void wait_for_bytes(server_connection *connection) {
    bool is_idle = connection->input_at == connection->input_size;
    if (connection->tls && jk_tls_has_more(connection->tls)) {
        /* The socket will not tell of what was taken from it already. */
        connection->reads_in_turn = true;
        wait_for_turn(connection);
        return;
    }
    if (is_idle)
        release_input(connection);
    if (is_idle && connection->has_asked && connection->worker->is_draining) {
        server_connection_close(connection);
        return;
    }
    bool is_waiting = !is_idle || (connection->tls && !jk_tls_is_established(connection->tls));
    server_phase phase = is_waiting ? SERVER_PHASE_REQUEST : SERVER_PHASE_IDLE;
    if (connection->phase != phase)
        set_phase(connection, phase);
    watch(connection, UV_READABLE);
}

static void end(server_connection *connection) {
    if (connection->tls) {
        jk_tls_end(connection->tls);
        if (!connection->output)
            (void)send_sealed(connection);
    }
    if (!connection->lingers || shutdown(connection->socket, SHUT_WR) != 0) {
        server_connection_close(connection);
        return;
    }
    set_phase(connection, SERVER_PHASE_LINGER);
    watch(connection, UV_READABLE);
}

static void go_on(server_connection *connection, server_next next) {
    switch (next) {
    case SERVER_NEXT_READ:
        wait_for_bytes(connection);
        break;
    case SERVER_NEXT_TURN:
        wait_for_turn(connection);
        break;
    case SERVER_NEXT_PARKED:
        if (connection->phase != SERVER_PHASE_PARKED)
            set_phase(connection, SERVER_PHASE_PARKED);
        watch(connection, UV_DISCONNECT | (connection->output ? UV_WRITABLE : 0));
        break;
    case SERVER_NEXT_CLOSE:
        end(connection);
        break;
    }
}

/* Sends what was answered; while the other side does not read, no more of it is answered. */
static void settle(server_connection *connection, server_next next) {
    if (!transmit(connection)) {
        server_connection_close(connection);
        return;
    }
    if (connection->output && next != SERVER_NEXT_PARKED) {
        connection->next = next;
        set_phase(connection, SERVER_PHASE_WRITING);
        watch(connection, UV_WRITABLE);
        return;
    }
    go_on(connection, next);
}

static void on_writable(server_connection *connection) {
    if (!send_kept(connection)) {
        server_connection_close(connection);
        return;
    }
    if (connection->output)
        return;
    go_on(connection, connection->exchange.is_parked ? SERVER_NEXT_PARKED : connection->next);
}

static server_next write_answer(server_connection *connection, bool is_head) {
    server_worker *worker = connection->worker;
    http_response_form form = {.is_head = is_head, .is_closing = connection->is_last};
    if (http_response_write(&worker->response, form, &worker->output) != JWKEEP_OK)
        return SERVER_NEXT_CLOSE;
    return connection->is_last ? SERVER_NEXT_CLOSE : SERVER_NEXT_READ;
}

static server_next finish_exchange(server_connection *connection, server_outcome outcome) {
    if (outcome == SERVER_PARKED)
        return SERVER_NEXT_PARKED;
    const http_request *request = &connection->exchange.request;
    connection->is_last = connection->reader.is_closing || connection->worker->is_draining;
    server_next next = write_answer(connection, http_request_is(request, "HEAD"));
    connection->input_at += connection->reader.size;
    /* Bytes that nobody will read would turn the close into a reset. */
    connection->lingers = connection->input_at < connection->input_size;
    http_reader_init(&connection->reader);
    set_phase(connection, SERVER_PHASE_IDLE);
    return next;
}

static server_next answer(server_connection *connection) {
    server_worker *worker = connection->worker;
    server_exchange *exchange = &connection->exchange;
    exchange->request.reader = &connection->reader;
    exchange->request.bytes = connection->input + connection->input_at;
    exchange->state = NULL;
    exchange->began_ns = uv_hrtime();
    server_counter_add(&worker->counters.requests, 1);
    http_response_start(&worker->response, 200);
    return finish_exchange(connection, worker->service->answer(worker->context, exchange));
}

static server_next refuse(server_connection *connection) {
    server_worker *worker = connection->worker;
    server_counter_add(&worker->counters.refused, 1);
    http_response_text(&worker->response, connection->reader.status, connection->reader.reason);
    connection->is_last = true;
    connection->lingers = true;
    return write_answer(connection, false);
}

/* Answers the complete requests in the buffer, to the bounds of one turn. */
static server_next serve_input(server_connection *connection) {
    server_worker *worker = connection->worker;
    for (size_t count = 0; connection->input_at < connection->input_size; count++) {
        if (count == worker->limits.max_pipelined ||
            worker->output.size > SERVER_OUTPUT_TURN_BYTES)
            return SERVER_NEXT_TURN;
        jwkeep_span bytes = {connection->input + connection->input_at,
                             connection->input_size - connection->input_at};
        http_read_result result = http_reader_read(&connection->reader, bytes);
        if (result == HTTP_READ_MORE)
            return SERVER_NEXT_READ;
        connection->has_asked = true;
        server_next next =
            result == HTTP_READ_REFUSED ? refuse(connection) : answer(connection);
        if (next != SERVER_NEXT_READ)
            return next;
    }
    return SERVER_NEXT_READ;
}

static void resume(server_connection *connection) {
    server_worker *worker = connection->worker;
    unpark(connection);
    http_response_start(&worker->response, 200);
    server_outcome outcome = worker->service->resume(worker->context, &connection->exchange);
    server_next next = finish_exchange(connection, outcome);
    settle(connection, next == SERVER_NEXT_READ ? serve_input(connection) : next);
}

static void on_readable(server_connection *connection);

void server_connection_turn(server_connection *connection) {
    connection->worker->output.size = 0;
    if (connection->exchange.is_parked) {
        resume(connection);
    } else if (connection->reads_in_turn) {
        connection->reads_in_turn = false;
        on_readable(connection);
    } else {
        settle(connection, serve_input(connection));
    }
}

static void answer_expired(server_connection *connection) {
    server_worker *worker = connection->worker;
    server_counter_add(&worker->counters.parked_expired, 1);
    abandon_parked(connection);
    worker->output.size = 0;
    http_response_text(&worker->response, 503, "no answer in time");
    http_response_field(&worker->response, "Retry-After", "1");
    settle(connection, finish_exchange(connection, SERVER_ANSWERED) == SERVER_NEXT_CLOSE
                           ? SERVER_NEXT_CLOSE
                           : SERVER_NEXT_TURN);
}

void server_connection_expire(server_connection *connection) {
    if (connection->phase == SERVER_PHASE_PARKED) {
        answer_expired(connection);
        return;
    }
    if (connection->phase != SERVER_PHASE_LINGER)
        server_counter_add(&connection->worker->counters.timed_out, 1);
    server_connection_close(connection);
}

static bool make_room(server_connection *connection) {
    size_t size = connection->input_size - connection->input_at;
    if (connection->input_at > 0) {
        memmove(connection->input, connection->input + connection->input_at, size);
        connection->input_at = 0;
        connection->input_size = size;
    }
    if (size < connection->input_capacity)
        return true;
    /* The reader refuses before a request outgrows this. */
    size_t capacity = size == 0 ? INPUT_INITIAL_BYTES : 2 * size;
    if (capacity > HTTP_MAX_REQUEST_BYTES)
        capacity = HTTP_MAX_REQUEST_BYTES;
    uint8_t *input = size < capacity ? realloc(connection->input, capacity) : NULL;
    if (!input)
        return false;
    connection->input = input;
    connection->input_capacity = capacity;
    return true;
}

/* As recv, for what comes through TLS. */
static ssize_t receive_sealed(server_connection *connection, uint8_t *bytes, size_t room) {
    uint8_t sealed[SEALED_BYTES];
    for (size_t i = 0; i < MAX_SEALED_READS; i++) {
        size_t size = 0;
        switch (jk_tls_open(connection->tls, bytes, room, &size)) {
        case JK_TLS_BYTES:
            return (ssize_t)size;
        case JK_TLS_ENDED:
            return 0;
        case JK_TLS_FAILED:
            (void)send_sealed(connection); /* the alert that says why */
            return 0;
        case JK_TLS_MORE:
            break;
        }
        ssize_t count = recv(connection->socket, sealed, sizeof sealed, 0);
        if (count <= 0)
            return count;
        if (!jk_tls_feed(connection->tls, jwkeep_span_of(sealed, (size_t)count)))
            return 0;
    }
    errno = EAGAIN; /* the socket is readable still, and will say so again */
    return -1;
}

static ssize_t receive(server_connection *connection) {
    uint8_t *bytes = connection->input + connection->input_size;
    size_t room = connection->input_capacity - connection->input_size;
    return connection->tls ? receive_sealed(connection, bytes, room)
                           : recv(connection->socket, bytes, room, 0);
}

static void on_readable(server_connection *connection) {
    if (!make_room(connection)) {
        server_connection_close(connection);
        return;
    }
    ssize_t count = receive(connection);
    if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR)) {
        connection->worker->output.size = 0;
        if (connection->tls)
            settle(connection, SERVER_NEXT_READ);
        return;
    }
    if (count <= 0) {
        server_connection_close(connection);
        return;
    }
    connection->input_size += (size_t)count;
    connection->worker->output.size = 0;
    settle(connection, serve_input(connection));
}

/* Reads on after the last answer, so that a reset does not overtake it (RFC 9112 §9.6). */
static void on_lingering(server_connection *connection) {
    uint8_t scratch[2048];
    ssize_t count = recv(connection->socket, scratch, sizeof scratch, 0);
    if (count < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
        return;
    if (count > 0)
        connection->lingered_bytes += (size_t)count;
    if (count <= 0 || connection->lingered_bytes > LINGER_MAX_BYTES)
        server_connection_close(connection);
}

static void on_poll(uv_poll_t *handle, int status, int events) {
    server_connection *connection = (server_connection *)(void *)handle;
    if (connection->phase == SERVER_PHASE_PARKED &&
        (status < 0 || (events & UV_DISCONNECT) != 0)) {
        server_counter_add(&connection->worker->counters.left_parked, 1);
        server_connection_close(connection);
    } else if (status < 0) {
        server_connection_close(connection);
    } else if ((events & UV_WRITABLE) != 0) {
        on_writable(connection);
    } else if (connection->phase == SERVER_PHASE_LINGER) {
        on_lingering(connection);
    } else if ((events & UV_READABLE) != 0) {
        on_readable(connection);
    }
}

void server_connection_drain(server_connection *connection) {
    /* A request may have come just now: it is answered, and that is the last answer. */
    if (connection->phase == SERVER_PHASE_IDLE && server_link_is_alone(&connection->in_queue))
        on_readable(connection);
    /* Whoever has just connected is about to ask, and does not expect to have to ask again. */
    if (connection->socket >= 0 && connection->phase == SERVER_PHASE_IDLE &&
        connection->has_asked && server_link_is_alone(&connection->in_queue))
        server_connection_close(connection);
}

static server_connection *connection_of(server_exchange *exchange) {
    return (server_connection *)(void *)((char *)exchange -
                                         offsetof(server_connection, exchange));
}

const http_request *server_exchange_request(const server_exchange *exchange) {
    return &exchange->request;
}

uint64_t server_exchange_began_ns(const server_exchange *exchange) {
    return exchange->began_ns;
}

http_response *server_exchange_response(server_exchange *exchange) {
    return &connection_of(exchange)->worker->response;
}

void *server_exchange_state(const server_exchange *exchange) {
    return exchange->state;
}

void server_exchange_set_state(server_exchange *exchange, void *state) {
    exchange->state = state;
}

bool server_exchange_park(server_exchange *exchange) {
    server_worker *worker = connection_of(exchange)->worker;
    uint64_t parked = server_counter_get(&worker->counters.parked);
    if (parked >= worker->limits.max_parked)
        return false;
    exchange->is_parked = true;
    server_counter_set(&worker->counters.parked, parked + 1);
    server_counter_add(&worker->counters.parked_total, 1);
    return true;
}

bool server_exchange_delay(server_exchange *exchange, uint32_t delay_ms) {
    server_connection *connection = connection_of(exchange);
    if (!server_exchange_park(exchange))
        return false;
    exchange->due_ms = uv_now(&connection->worker->loop) + delay_ms;
    server_worker_queue_delay(connection->worker, connection);
    return true;
}

void server_exchange_forget(server_exchange *exchange) {
    leave_mailbox(connection_of(exchange));
}

void server_exchange_wake(server_exchange *exchange) {
    server_connection *connection = connection_of(exchange);
    server_worker *worker = connection->worker;
    pthread_mutex_lock(&worker->mutex);
    bool was_empty = server_link_is_alone(&worker->woken);
    if (server_link_is_alone(&connection->in_mailbox))
        server_link_insert(&worker->woken, &connection->in_mailbox);
    if (was_empty)
        uv_async_send(&worker->wake_up);
    pthread_mutex_unlock(&worker->mutex);
}
