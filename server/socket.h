/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns addresses as text and the listening sockets made from them. */
#ifndef SERVER_SOCKET_H
#define SERVER_SOCKET_H

#include "server/limits.h"
#include <jwkeep/error.h>
#include <stdbool.h>

#define SERVER_BACKLOG 4096

/* A listening, non-blocking socket for "HOST:PORT", HOST a numeric IPv4 address or an IPv6
 * address in brackets, or "unix:PATH" with the permission bits `unix_mode`. A socket that
 * nobody listens on at PATH is replaced; anything else there is refused. `ret_address`
 * gets the address with the port that was chosen.
 * Errors, with `where` as given: MISUSE_ARGUMENT (not such an address), SYSTEM_FAILED (`text`
 * is the system's). */
JWKEEP_MUST_USE jwkeep_code server_socket_listen(const char *address, unsigned unix_mode,
                                                 const char *where, int *ret_socket,
                                                 char ret_address[SERVER_ADDRESS_BYTES],
                                                 jwkeep_error *error);

/* A listening socket that somebody else has opened; `ret_address` gets its address. Errors as
 * above: SYSTEM_FAILED (not a listening stream socket of those kinds). */
JWKEEP_MUST_USE jwkeep_code server_socket_adopt(int socket, const char *where,
                                                char ret_address[SERVER_ADDRESS_BYTES],
                                                jwkeep_error *error);

/* Removes the file of a unix address; nothing for others. */
void server_socket_remove(const char *address);

/* Whether server_socket_listen could understand `address`. */
bool server_address_is_valid(const char *address);

/* Whether `address` is 127.0.0.0/8 or [::1] with a port. */
bool server_address_is_loopback(const char *address);

#endif
