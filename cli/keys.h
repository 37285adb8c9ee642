/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns what the user's key files hold: a JWK, a JWK Set, PEM or DER, told apart by their
 * first bytes; and the names of algorithms. */
#ifndef CLI_KEYS_H
#define CLI_KEYS_H

#include "cli/options.h"
#include "cli/report.h"
#include <jwkeep/certificate.h>
#include <jwkeep/keyset.h>

/* One key or a set of them: exactly one is not NULL. */
typedef struct key_file {
    jwkeep_jwk *key;
    jwkeep_keyset *set;
} key_file;

/* Reads `file`; keys of a set that are left out are named on standard error. A file that is
 * no key is STATUS_UNDECIDED: it says nothing about the token. */
exit_status key_file_read(const char *file, key_file *ret_keys);
/* All of `files` as one: a single one as it is, several as one set of all their keys. */
exit_status key_files_read(const text_list *files, key_file *ret_keys);
void key_file_done(key_file *keys);

/* The same, and `*ret_skipped` says how many keys were left out. */
exit_status key_file_read_counting(const char *file, key_file *ret_keys, size_t *ret_skipped);

/* The key to sign with, borrowed: the one there is, or the one of the set with `kid`. */
exit_status key_file_choose(const key_file *keys, const char *file, const char *kid,
                            jwkeep_jwk **ret_key);

/* Reads one key, JWK, PEM or DER, from `file` (NULL or "-": standard input). What is wrong with
 * the key is in `error` and not reported; `error->code` is JWKEEP_OK if that was not the
 * trouble.
 */
exit_status key_read(const char *file, jwkeep_jwk **ret_key, jwkeep_error *error);

/* The same, everything reported. */
exit_status key_read_reporting(const char *file, jwkeep_jwk **ret_key);

/* The same of a key that may be encrypted under the passphrase in a file (NULL: none). */
exit_status key_read_locked(const char *file, const char *passphrase_file,
                            jwkeep_jwk **ret_key);

/* The same, with the certificates if that is what the file holds; NULL if not. */
exit_status key_read_certified(const char *file, const char *passphrase_file,
                               jwkeep_jwk **ret_key, jwkeep_certificate **ret_certificate);

/* Names a key that was left out of a set; for jwkeep_keyset_options. */
void key_report_skip(void *user, const jwkeep_keyset_skip *skip);

/* ABSENT for NULL. */
exit_status key_algorithm(const char *name, jwkeep_algorithm *ret_algorithm);
/* The empty set for an empty list. */
exit_status key_algorithms(const text_list *names, jwkeep_algorithm_set *ret_algorithms);

#endif
