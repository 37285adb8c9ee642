/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns what systemd and its like are told (sd_notify(3)), and the sockets they hand over
 * (sd_listen_fds(3)). */
#ifndef SERVER_NOTIFY_H
#define SERVER_NOTIFY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NOTIFY_MAX_SOCKETS 9u /* verify listeners and the administration's */
#define NOTIFY_FIRST_SOCKET 3

/* Sends "READY=1" and the like to $NOTIFY_SOCKET; nothing without one. False if it could not
 * be sent. */
bool notify_send(const char *state);

/* "RELOADING=1" with the time that Type=notify-reload asks for. */
bool notify_reloading(void);

/* The end of that. A fault stands in the service's status until a reload without one, or a
 * successor; NULL: there is none. */
bool notify_reloaded(const char *fault);

/* How often the watchdog wants to hear of this process ($WATCHDOG_USEC, $WATCHDOG_PID), in
 * milliseconds: half of its patience. 0: there is none. */
uint32_t notify_watchdog_ms(void);

/* The sockets that were handed to this process: those named "admin", of which there may be
 * one, and the others. */
typedef struct notify_sockets {
    int verify[NOTIFY_MAX_SOCKETS];
    size_t verify_count;
    int admin; /* -1: none */
} notify_sockets;

/* Takes them ($LISTEN_FDS, $LISTEN_PID, $LISTEN_FDNAMES) and makes the variables go, so that
 * no child thinks they are its own. False if there are more than there is room for. */
bool notify_take_sockets(notify_sockets *ret_sockets);

#endif
