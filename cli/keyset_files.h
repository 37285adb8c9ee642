/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns sets in files that are read, changed and written back. Refuses to lose what it cannot
 * read: a key that would be left out stops the change. */
#ifndef CLI_KEYSET_FILES_H
#define CLI_KEYSET_FILES_H

#include "cli/report.h"
#include <jwkeep/keyset.h>

/* Reads the set in `file` (NULL or "-": standard input). One key that cannot be kept is named
 * and STATUS_NO, unless `drops_unusable`. */
exit_status keyset_file_read(const char *file, bool drops_unusable, jwkeep_keyset **ret_set);

/* The keys of `file`, which holds a set, a JWK, PEM or DER. */
exit_status keyset_file_read_keys(const char *file, bool drops_unusable,
                                  jwkeep_keyset **ret_set);

/* Where a changed set goes. */
typedef struct keyset_target {
    const char *file; /* replaced in one step if `is_in_place`, with its permissions kept */
    bool is_in_place;
    bool is_public; /* without private halves; a symmetric key is then a failure */
} keyset_target;

exit_status keyset_file_write(const jwkeep_keyset *set, const keyset_target *target);

/* "added RSA key \"kid\"" to standard error. */
void keyset_file_tell(const char *what, const jwkeep_jwk *key);

#endif
