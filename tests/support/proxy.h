/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns an HTTP proxy for tests, on 127.0.0.1, in a thread of its own, one tunnel at a time:
 * wherever a client wants to be connected to, it ends at one port of 127.0.0.1. */
#ifndef TESTS_SUPPORT_PROXY_H
#define TESTS_SUPPORT_PROXY_H

#include <stddef.h>

typedef struct proxy proxy;

/* Tunnels lead to `target_port`; where that is 0, every request is refused with 403. NULL if
 * it cannot be made. */
proxy *proxy_new(unsigned target_port);
void proxy_free(proxy *server);

/* http://127.0.0.1:PORT */
const char *proxy_url(const proxy *server);

/* Requests read so far, and the text of the last one, which is copied. */
size_t proxy_requests(proxy *server);
void proxy_last_request(proxy *server, char *text, size_t size);

#endif
