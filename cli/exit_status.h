/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the exit statuses, which scripts rely on. */
#ifndef CLI_EXIT_STATUS_H
#define CLI_EXIT_STATUS_H

typedef enum exit_status {
    STATUS_YES = 0,
    STATUS_NO = 1,        /* the input is rejected */
    STATUS_USAGE = 2,     /* the arguments are wrong, a file is not there */
    STATUS_UNDECIDED = 3, /* the keys cannot be had */
    STATUS_INTERNAL = 4
} exit_status;

#endif
