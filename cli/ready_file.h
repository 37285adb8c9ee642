/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the file that tells scripts where a service listens. */
#ifndef CLI_READY_FILE_H
#define CLI_READY_FILE_H

#include "cli/report.h"

/* What stands in it; members that are NULL are left out. */
typedef struct ready_addresses {
    const char *listen;
    const char *admin;
    const char *dev;
} ready_addresses;

/* Writes {"listen":…,"admin":…,"dev":…} to `path`, whole or not at all: whoever finds the file
 * finds all of it. */
exit_status ready_file_write(const char *path, const ready_addresses *addresses);

#endif
