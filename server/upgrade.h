/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns starting the program anew, perhaps as another version, with the listening sockets of
 * this process: the successor accepts before the predecessor stops, so that nobody is refused.
 * The sockets go over as a service manager would hand them over (server/notify.h). */
#ifndef SERVER_UPGRADE_H
#define SERVER_UPGRADE_H

#include "server/notify.h"
#include <sys/types.h>

/* Starts the program by the path and with the arguments that this process was started with.
 * `admin` -1: there is none. Gives the successor's process, or -1 with errno. */
pid_t upgrade_start(const int *verify, size_t verify_count, int admin);

/* For a successor that answers: asks its predecessor to end, which tells the service manager
 * whom to listen to from now on. False, and nothing was done, for other processes. */
bool upgrade_relieve(void);

#endif
