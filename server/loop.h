/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the shape of workers and connections, known only to worker.c, connection.c and
 * listener.c. Everything belongs to the loop's thread but what stands under `mutex`. */
#ifndef SERVER_LOOP_H
#define SERVER_LOOP_H

#include "base/hash.h"
#include "crypto/tls.h"
#include "server/tls_seat.h"
#include "server/worker.h"
#include <pthread.h>
#include <stdlib.h>
#include <uv.h>

/* What a connection is doing; each phase has its time limit, and one list in which the
 * connections stand in the order in which they entered it. */
typedef enum server_phase {
    SERVER_PHASE_IDLE,    /* no byte of the next request yet */
    SERVER_PHASE_REQUEST, /* some bytes of it */
    SERVER_PHASE_PARKED,
    SERVER_PHASE_WRITING, /* the other side must read first */
    SERVER_PHASE_LINGER,  /* the last answer is out; reading until the other side closes */
    SERVER_PHASE_COUNT
} server_phase;

#define SERVER_OUTPUT_TURN_BYTES 65536u /* then it is sent before more is answered */
#define SERVER_LINGER_TIMEOUT_MS 1000u

/* How a connection goes on after what was done in its turn. */
typedef enum server_next {
    SERVER_NEXT_READ, /* wait for bytes */
    SERVER_NEXT_TURN, /* more requests are there: after the others */
    SERVER_NEXT_PARKED,
    SERVER_NEXT_CLOSE
} server_next;

/* How many connections the addresses have that share a slot. Added to by the accepting
 * thread, taken from by the thread that ends the connection: acquire and release, so that
 * none is lost (Q). */
typedef _Atomic uint32_t server_address_slot;
#define SERVER_ADDRESS_SLOTS 4096u

/* A place in a doubly linked ring; alone it points to itself. */
typedef struct server_link {
    struct server_link *next;
    struct server_link *previous;
} server_link;

typedef struct server_connection server_connection;

struct server_exchange {
    http_request request;
    void *state;
    uint64_t began_ns;
    uint64_t due_ms; /* of a delay */
    bool is_parked;
};

struct server_connection {
    uv_poll_t poll; /* first: a handle is its connection */
    server_worker *worker;
    int socket;
    jk_tls *tls;                       /* NULL: in the clear */
    bool reads_in_turn;                /* sealed bytes are there already */
    server_address_slot *address_slot; /* NULL for a unix socket */
    int events;                        /* what poll waits for now */
    server_phase phase;
    uint64_t phase_since_ms;
    server_link in_phase;
    server_link in_queue;   /* of turns, or of delays; alone otherwise */
    server_link in_mailbox; /* under mutex: newly accepted, or woken */
    server_next next;       /* once all is written */
    bool has_asked;         /* a request was whole, or refused */
    bool is_last;           /* the answer under way is the last */
    bool lingers;           /* the end was a refusal: unread bytes may be on their way */
    size_t lingered_bytes;
    uint8_t *input;
    size_t input_capacity;
    size_t input_at;   /* where the present request begins */
    size_t input_size; /* end of what was received */
    uint8_t *output;   /* what the socket would not take; NULL mostly */
    size_t output_at;
    size_t output_size;
    http_reader reader;
    server_exchange exchange;
};

typedef struct server_listener {
    uv_poll_t poll; /* first */
    server_worker *worker;
    int socket;
    bool is_paused; /* out of descriptors: again at the next tick */
    server_worker *const *targets;
    size_t target_count;
    tls_seat *tls; /* NULL: in the clear */
} server_listener;

struct server_worker {
    uv_loop_t loop;
    uv_async_t wake_up;
    uv_timer_t tick;
    uv_timer_t delay;
    uv_idle_t turn; /* active while connections wait for their turn */
    pthread_t thread;
    bool has_loop;
    bool has_thread;
    bool is_draining;
    uint64_t drain_until_ms;
    const server_service *service;
    void *context;
    server_limits limits;
    server_loop_counters counters;
    server_link phases[SERVER_PHASE_COUNT];
    server_link turns;  /* connections with something to do without their socket */
    server_link delays; /* by due time */
    http_response response;
    jwkeep_buffer output; /* answers of the present turn */
    server_listener *listeners[SERVER_MAX_LISTENERS + 1];
    size_t listener_count;
    server_address_slot *addresses; /* with the first listener: SERVER_ADDRESS_SLOTS */
    jk_hash_key addresses_key;

    /* How many connections this worker has or has been handed: added to by the accepting
     * thread, taken from by the worker's own. Acquire and release, for a fair choice only (Q).
     */
    _Atomic size_t load;

    pthread_mutex_t mutex;
    pthread_cond_t listeners_closed;
    server_link accepted; /* connections handed over */
    server_link woken;    /* connections whose exchange was woken */
    bool is_asked_to_close_listeners;
    bool has_closed_listeners;
    bool is_asked_to_stop;
    uint32_t grace_ms;
};

static inline void server_link_init(server_link *link) {
    link->next = link->previous = link;
}

static inline bool server_link_is_alone(const server_link *link) {
    return link->next == link;
}

static inline void server_link_remove(server_link *link) {
    link->next->previous = link->previous;
    link->previous->next = link->next;
    server_link_init(link);
}

/* Puts `link`, which is alone, before `place`: before the head of a ring is at its end. */
static inline void server_link_insert(server_link *place, server_link *link) {
    link->next = place;
    link->previous = place->previous;
    place->previous->next = link;
    place->previous = link;
}

#define SERVER_CONNECTION_OF(link, member)                                                     \
    ((server_connection *)(void *)((char *)(link)-offsetof(server_connection, member)))

/* connection.c: a connection for an accepted socket, which it owns, also if it fails (NULL).
 * Any thread. */
server_connection *server_connection_new(server_worker *worker, int socket);
/* Frees one that no loop has seen. */
void server_connection_free(server_connection *connection);
/* Begins reading, on the worker's loop. */
void server_connection_open(server_connection *connection);
/* Its turn: goes on with requests already received, or resumes what was woken. */
void server_connection_turn(server_connection *connection);
/* Ends it now. */
void server_connection_close(server_connection *connection);
/* Its phase has lasted too long. */
void server_connection_expire(server_connection *connection);
/* The worker drains: an idle one ends, others after their answer. */
void server_connection_drain(server_connection *connection);

/* worker.c: has the connection's turn come soon. */
void server_worker_queue_turn(server_worker *worker, server_connection *connection);
/* Puts it among the delays by its due_ms, and sets the timer. */
void server_worker_queue_delay(server_worker *worker, server_connection *connection);
/* Any thread: gives `connection` to its worker, whose loop will open it. */
void server_worker_hand_over(server_connection *connection);
/* While draining: ends the loop once nothing is left. */
void server_worker_check_end(server_worker *worker);

/* listener.c */
void server_listener_resume(server_listener *listener);
void server_listener_close(server_listener *listener);

#endif
