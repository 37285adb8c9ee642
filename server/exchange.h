/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the contract between the event loops and what answers requests: a service. One request
 * with its answer is an exchange. It is answered at once, or parked: its connection then reads
 * no further, and other connections of the same loop go on.
 *
 * All but server_exchange_wake is called on the exchange's own loop. */
#ifndef SERVER_EXCHANGE_H
#define SERVER_EXCHANGE_H

#include "server/http/request_reader.h"
#include "server/http/response.h"

typedef struct server_exchange server_exchange;

typedef enum server_outcome {
    SERVER_ANSWERED, /* the response is complete */
    SERVER_PARKED    /* server_exchange_park or _delay said yes; resume comes later */
} server_outcome;

/* What answers. `context` is that of the worker, so that workers share nothing. */
typedef struct server_service {
    server_outcome (*answer)(void *context, server_exchange *exchange);
    /* A parked exchange was woken: answer it, or park it again. May be NULL for a service
     * that never parks. */
    server_outcome (*resume)(void *context, server_exchange *exchange);
    /* A parked exchange will never be resumed: the client left, or waited too long. After
     * this nobody may wake it. May be NULL if there is nothing to let go of. */
    void (*abandon)(void *context, server_exchange *exchange);
    /* Every SERVER_TICK_MS, between requests. May be NULL. */
    void (*tick)(void *context);
} server_service;

/* The request, valid until the exchange is answered or abandoned. */
const http_request *server_exchange_request(const server_exchange *exchange);

/* When the request was complete, on the clock of uv_hrtime. */
uint64_t server_exchange_began_ns(const server_exchange *exchange);

/* Where the answer is built: shared by all exchanges of a loop, so only during answer and
 * resume. Started with status 200. */
http_response *server_exchange_response(server_exchange *exchange);

/* A pointer that the service keeps with a parked exchange; NULL at first. */
void *server_exchange_state(const server_exchange *exchange);
void server_exchange_set_state(server_exchange *exchange, void *state);

/* Parks the exchange until it is woken. False if too many are parked already. */
JWKEEP_MUST_USE bool server_exchange_park(server_exchange *exchange);

/* Parks the exchange for `delay_ms`; nobody needs to wake it. False as above. */
JWKEEP_MUST_USE bool server_exchange_delay(server_exchange *exchange, uint32_t delay_ms);

/* For an exchange that could not be parked: takes back a wake that may have come already.
 * Nobody may wake it any more. */
void server_exchange_forget(server_exchange *exchange);

/* Has a parked exchange resumed soon. Any thread, also before `answer` has returned. Once. */
void server_exchange_wake(server_exchange *exchange);

#endif
