/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns listening on 127.0.0.1, at a port that the system chooses. */
#ifndef TESTS_SUPPORT_LOOPBACK_H
#define TESTS_SUPPORT_LOOPBACK_H

#include <stdbool.h>

/* A listening socket and its port; nothing is left open where this fails. */
bool loopback_listen(int backlog, int *ret_listener, unsigned *ret_port);

#endif
