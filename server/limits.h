/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the limits of the service: everything that a stranger at the other end of a socket
 * could use up. What one request may hold is in server/http/request_reader.h. */
#ifndef SERVER_LIMITS_H
#define SERVER_LIMITS_H

#include <stddef.h>
#include <stdint.h>

#define SERVER_MAX_CONNECTIONS 16384u
/* A single gateway may have nearly all connections, but not those of the others. */
#define SERVER_MAX_PER_ADDRESS (SERVER_MAX_CONNECTIONS / 8u * 7u)
#define SERVER_MAX_PARKED 12288u
#define SERVER_MAX_OUTPUT_BYTES (1u << 20)        /* one answer and what is not yet sent */
#define SERVER_MAX_ADMIN_OUTPUT_BYTES (64u << 20) /* likewise: thousands of issuers */
#define SERVER_MAX_PIPELINED 64u /* requests answered in one turn of a connection */
#define SERVER_IDLE_TIMEOUT_MS 75000u
#define SERVER_REQUEST_TIMEOUT_MS 10000u
#define SERVER_WRITE_TIMEOUT_MS 15000u
#define SERVER_PARKED_TIMEOUT_MS 30000u
#define SERVER_MAX_WORKERS 64u
#define SERVER_TOKEN_CACHE 16384u /* tokens remembered for a policy, if it does not say */
#define SERVER_MAX_LISTENERS 8u
#define SERVER_ADDRESS_BYTES 128u /* of an address as text, with its NUL */

/* Fill with server_limits_init, then change what must differ. Connections and parked requests
 * are counted for the whole server and divided among its workers; no field may be 0. */
typedef struct server_limits {
    size_t max_connections;      /* over it: 503 and closed */
    size_t max_per_address;      /* connections of one IPv4 address or IPv6 /64; over it: 503.
                                    Unix sockets are not counted */
    size_t max_parked;           /* requests waiting for keys; over it: 503 */
    size_t max_output_bytes;     /* unsent answers of one connection; over it: closed */
    size_t max_pipelined;        /* then other connections have their turn */
    uint32_t idle_timeout_ms;    /* between requests */
    uint32_t request_timeout_ms; /* from a request's first byte to its last */
    uint32_t write_timeout_ms;   /* from an answer to its last byte taken by the other side */
    uint32_t parked_timeout_ms;  /* should nobody answer a parked request: 503 */
} server_limits;

void server_limits_init(server_limits *limits);

#endif
