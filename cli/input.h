/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the reading of files and of standard input, never more than a bound. */
#ifndef CLI_INPUT_H
#define CLI_INPUT_H

#include "cli/report.h"
#include <jwkeep/buffer.h>
#include <jwkeep/limits.h>

#define INPUT_MAX_KEY_BYTES JWKEEP_MAX_KEYSET_BYTES
#define INPUT_MAX_PAYLOAD_BYTES (1024u * 1024u)
/* A payload that jws sign takes comes back from jws verify. */
#define INPUT_MAX_TOKEN_BYTES (INPUT_MAX_PAYLOAD_BYTES / 3u * 4u + JWKEEP_MAX_TOKEN_BYTES)

/* Whether `file` stands for standard input: NULL or "-". */
bool input_is_standard(const char *file);

/* Whether `file` is "-", and not merely absent. */
bool input_is_dash(const char *file);

/* What messages call `file`. */
const char *input_name(const char *file);

/* Reads all of `file` into `buffer`, which this call initializes, and which holds nothing
 * after a failure. What cannot be read is reported and STATUS_USAGE; more than `max_bytes` is
 * reported and `too_large`. */
exit_status input_read(const char *file, size_t max_bytes, exit_status too_large,
                       jwkeep_buffer *buffer);

/* Gives all of `file` to `take`, piece by piece, until that says false. What cannot be read is
 * reported and STATUS_USAGE. */
exit_status input_each(const char *file, bool (*take)(void *user, jwkeep_span bytes),
                       void *user);

/* `bytes` without white space (RFC 8259 §2) at either end. */
jwkeep_span input_trim(jwkeep_span bytes);

#endif
