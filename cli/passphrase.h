/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns passphrases, which come from files alone: arguments and environments are seen by other
 * programs. */
#ifndef CLI_PASSPHRASE_H
#define CLI_PASSPHRASE_H

#include "cli/report.h"
#include <jwkeep/passphrase.h>

/* The first line of a file. Zeroed: no file, no passphrase. */
typedef struct passphrase {
    jwkeep_buffer text;
    bool is_read;
} passphrase;

/* Reads `file` (NULL: nothing is read); a file without a passphrase is STATUS_USAGE. */
exit_status passphrase_read(const char *file, passphrase *ret_passphrase);
void passphrase_done(passphrase *read); /* wipes */

/* Tells it once, for keys that are read; `ret_source` borrows `read`. */
void passphrase_source(passphrase *read, jwkeep_passphrase *ret_source);

#endif
