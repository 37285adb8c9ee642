/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns what goes to standard output: lines, keys as JSON, JSON for people. */
#ifndef CLI_OUTPUT_H
#define CLI_OUTPUT_H

#include "cli/report.h"
#include <jwkeep/json.h>
#include <jwkeep/keyset.h>

#define OUTPUT_MAX_BYTES (8u * 1024u * 1024u)

/* The bytes, without and with the end of a line. */
void output_bytes(jwkeep_span bytes);
void output_line(jwkeep_span bytes);

/* A key or a set as a line of JSON. */
exit_status output_key(const jwkeep_jwk *key, bool with_private);
exit_status output_keyset(const jwkeep_keyset *set);

/* What was written with `writer`, as a line, and the end of `buffer`. */
exit_status output_written(const jwkeep_json_writer *writer, jwkeep_buffer *buffer);

/* `value` indented, with nothing in it that a terminal obeys. */
void output_pretty(const jwkeep_json *value);

/* An error record as an object: code, text, where, clause, offset. */
void output_write_error(jwkeep_json_writer *writer, const jwkeep_error *error);

/* `bytes` in base64url (RFC 4648 §5, without padding), into `text`, which this call
 * initializes. */
exit_status output_encode(jwkeep_span bytes, jwkeep_buffer *text);

/* What a listing says of a key: kid, kty, crv or bits, alg, use, thumbprint. */
void output_write_key_facts(jwkeep_json_writer *writer, const jwkeep_jwk *key);

/* "P-256", "2048 bits": `size` bytes at `ret_text`. */
void output_key_size(const jwkeep_jwk *key, char *ret_text, size_t size);

const char *output_use_name(const jwkeep_jwk *key);

/* Whether everything so far has reached standard output; reported if not. */
exit_status output_finish(void);

#endif
