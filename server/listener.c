/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns accepting: one loop accepts for all workers and hands each connection to the worker
 * with the fewest, which keeps long-lived connections level on TCP and unix sockets alike
 * (SO_REUSEPORT would scatter a gateway's few connections by their hash). Connections are
 * counted by address in a table of fixed size, under a keyed hash: whoever shares a slot with
 * a greedy address shares its limit. */
#include "base/error.h"
#include "server/loop.h"
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#define ACCEPT_BATCH 64

static const char full_answer[] = "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\n"
                                  "Content-Length: 0\r\nConnection: close\r\n\r\n";

static server_worker *least_loaded(const server_listener *listener) {
    server_worker *best = NULL;
    size_t best_load = 0;
    for (size_t i = 0; i < listener->target_count; i++) {
        server_worker *worker = listener->targets[i];
        size_t load = atomic_load_explicit(&worker->load, memory_order_acquire);
        if (!best || load < best_load) {
            best = worker;
            best_load = load;
        }
    }
    return best && best_load < best->limits.max_connections ? best : NULL;
}

/* An IPv6 host has a whole /64 to itself; an IPv4 address is one also in its mapped form. */
static jwkeep_span address_bytes(const struct sockaddr_storage *peer) {
    if (peer->ss_family == AF_INET) {
        const struct sockaddr_in *in = (const struct sockaddr_in *)(const void *)peer;
        return jwkeep_span_of(&in->sin_addr, sizeof in->sin_addr);
    }
    if (peer->ss_family != AF_INET6)
        return JWKEEP_SPAN_NONE;
    const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)(const void *)peer;
    if (IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr))
        return jwkeep_span_of(in6->sin6_addr.s6_addr + 12, 4);
    return jwkeep_span_of(in6->sin6_addr.s6_addr, 8);
}

static server_address_slot *slot_of(const server_worker *worker,
                                    const struct sockaddr_storage *peer) {
    jwkeep_span bytes = address_bytes(peer);
    if (!jwkeep_span_is_present(bytes))
        return NULL;
    return &worker->addresses[jk_hash(&worker->addresses_key, bytes) % SERVER_ADDRESS_SLOTS];
}

static void turn_away(server_listener *listener, int socket) {
    (void)send(socket, full_answer, sizeof full_answer - 1, MSG_NOSIGNAL);
    close(socket);
    server_counter_add(&listener->worker->counters.turned_away, 1);
}

static void dispatch(server_listener *listener, int socket,
                     const struct sockaddr_storage *peer) {
    server_worker *worker = least_loaded(listener);
    server_address_slot *slot = slot_of(listener->worker, peer);
    bool is_greedy = slot && atomic_load_explicit(slot, memory_order_acquire) >=
                                 listener->worker->limits.max_per_address;
    if (!worker || is_greedy) {
        turn_away(listener, socket);
        return;
    }
    /* Fails harmlessly on a unix socket. */
    (void)setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    server_connection *connection = server_connection_new(worker, socket);
    if (!connection)
        return;
    if (listener->tls && !(connection->tls = tls_seat_begin(listener->tls))) {
        server_connection_free(connection);
        return;
    }
    connection->address_slot = slot;
    if (slot)
        atomic_fetch_add_explicit(slot, 1, memory_order_acq_rel);
    atomic_fetch_add_explicit(&worker->load, 1, memory_order_acq_rel);
    server_worker_hand_over(connection);
}

static void on_acceptable(uv_poll_t *handle, int status, int events) {
    server_listener *listener = (server_listener *)(void *)handle;
    (void)status;
    (void)events;
    for (size_t count = 0; count < ACCEPT_BATCH; count++) {
        struct sockaddr_storage peer = {0};
        socklen_t size = sizeof peer;
        int socket = accept4(listener->socket, (struct sockaddr *)&peer, &size,
                             SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (socket >= 0) {
            dispatch(listener, socket, &peer);
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            return;
        } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
            /* Level-triggered: without a pause the loop would spin. */
            listener->is_paused = true;
            uv_poll_stop(handle);
            return;
        }
    }
}

static jwkeep_code make_addresses(server_worker *worker, jwkeep_error *error) {
    if (worker->addresses)
        return JWKEEP_OK;
    if (!jk_hash_key_random(&worker->addresses_key))
        return jk_fail(error, JWKEEP_SYSTEM_FAILED);
    worker->addresses = calloc(SERVER_ADDRESS_SLOTS, sizeof *worker->addresses);
    return worker->addresses ? JWKEEP_OK : jk_fail(error, JWKEEP_OUT_OF_MEMORY);
}

jwkeep_code server_worker_listen(server_worker *worker, int socket,
                                 server_worker *const *targets, size_t target_count,
                                 tls_seat *tls, jwkeep_error *error) {
    jwkeep_code code = make_addresses(worker, error);
    if (code != JWKEEP_OK) {
        close(socket);
        return code;
    }
    server_listener *listener = calloc(1, sizeof *listener);
    if (!listener || worker->listener_count == JK_COUNT_OF(worker->listeners)) {
        free(listener);
        close(socket);
        return jk_fail(error, listener ? JWKEEP_MISUSE_ARGUMENT : JWKEEP_OUT_OF_MEMORY);
    }
    listener->worker = worker;
    listener->socket = socket;
    listener->targets = targets;
    listener->target_count = target_count;
    listener->tls = tls;
    if (uv_poll_init(&worker->loop, &listener->poll, socket) != 0) {
        free(listener);
        close(socket);
        return jk_fail(error, JWKEEP_SYSTEM_FAILED);
    }
    worker->listeners[worker->listener_count++] = listener;
    if (uv_poll_start(&listener->poll, UV_READABLE, on_acceptable) != 0)
        return jk_fail(error, JWKEEP_SYSTEM_FAILED);
    return JWKEEP_OK;
}

void server_listener_resume(server_listener *listener) {
    if (!listener->is_paused || listener->socket < 0)
        return;
    listener->is_paused = false;
    uv_poll_start(&listener->poll, UV_READABLE, on_acceptable);
}

void server_listener_close(server_listener *listener) {
    if (listener->socket < 0)
        return;
    uv_close((uv_handle_t *)&listener->poll, NULL);
    close(listener->socket);
    listener->socket = -1;
}
