/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns what the user's key files hold: a JWK, a JWK Set or PEM, told apart by their first
 * byte; and the names of algorithms. */
#ifndef CLI_KEYS_H
#define CLI_KEYS_H

#include "cli/options.h"
#include "cli/report.h"
#include <jwkeep/keyset.h>

/* One key or a set of them: exactly one is not NULL. */
typedef struct key_file {
    jwkeep_jwk *key;
    jwkeep_keyset *set;
} key_file;

/* Reads `file`; keys of a set that are left out are named on standard error. A file that is
 * no key is STATUS_UNDECIDED: it says nothing about the token. */
exit_status key_file_read(const char *file, key_file *ret_keys);
void key_file_done(key_file *keys);

/* The key to sign with, borrowed: the one there is, or the one of the set with `kid`. */
exit_status key_file_choose(const key_file *keys, const char *file, const char *kid,
                            jwkeep_jwk **ret_key);

/* Reads one key, JWK or PEM, from `file` (NULL or "-": standard input). What is wrong with the
 * key is in `error` and not reported; `error->code` is JWKEEP_OK if that was not the trouble.
 */
exit_status key_read(const char *file, jwkeep_jwk **ret_key, jwkeep_error *error);

/* The same, everything reported. */
exit_status key_read_reporting(const char *file, jwkeep_jwk **ret_key);

/* Names a key that was left out of a set; for jwkeep_keyset_options. */
void key_report_skip(void *user, const jwkeep_keyset_skip *skip);

/* ABSENT for NULL. */
exit_status key_algorithm(const char *name, jwkeep_algorithm *ret_algorithm);
/* The empty set for an empty list. */
exit_status key_algorithms(const text_list *names, jwkeep_algorithm_set *ret_algorithms);

#endif
