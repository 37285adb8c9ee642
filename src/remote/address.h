/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the question what kind of address a connection would go to (R18): asked of the address
 * itself, after every name has been resolved and however it was written. Pure. */
#ifndef JK_REMOTE_ADDRESS_H
#define JK_REMOTE_ADDRESS_H

#include <stdbool.h>
#include <sys/socket.h>

/* An address that anybody on the Internet may have: none of the special ones of the registries
 * of RFC 6890 (loopback, link-local, private, shared, unspecified, documentation, benchmarks,
 * multicast, reserved), and no IPv6 form of one of those (mapped, 6to4, NAT64). Any family but
 * IPv4 and IPv6 is not public. */
bool jk_address_is_public(const struct sockaddr *address, socklen_t size);

/* 127.0.0.0/8, ::1, and the mapped forms of the first. */
bool jk_address_is_loopback(const struct sockaddr *address, socklen_t size);

#endif
