/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the diagnostics (one line each to standard error: what, where, why) and the exit
 * status, which follows from the class of the error. Refuses to hand on bytes of the input
 * that a terminal would obey. */
#ifndef CLI_REPORT_H
#define CLI_REPORT_H

#include "cli/exit_status.h"
#include <jwkeep/error.h>
#include <jwkeep/span.h>
#include <stdbool.h>
#include <stdio.h>

/* Misuse is the user's: what a command hands to the library came from the arguments. */
exit_status status_of(jwkeep_code code);

/* Each prints a line and gives the status it stands for. `what` names the input. */
__attribute__((format(printf, 1, 2))) exit_status report_usage(const char *format, ...);
__attribute__((format(printf, 1, 2))) exit_status report_internal(const char *format, ...);
exit_status report_failure(const char *what, const jwkeep_error *error);

/* A line that changes no status. */
__attribute__((format(printf, 1, 2))) void report_note(const char *format, ...);

/* Only the failure's own words: "the token has expired (exp, RFC 7519 §4.1.4)
 * [token_expired]". */
void report_words(FILE *out, const jwkeep_error *error);

/* Prints `text` with control characters, and what is not UTF-8, as \xNN. */
void report_safely(FILE *out, jwkeep_span text);

/* The columns that takes, counting a sign of UTF-8 as one. */
size_t report_columns(jwkeep_span text);

#endif
