/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the JSON Schema of the configuration file, for editors: made from the tables by which a
 * file is read. */
#ifndef SERVER_CONFIG_SCHEMA_H
#define SERVER_CONFIG_SCHEMA_H

#include <jwkeep/buffer.h>

/* Appends the schema (draft 2020-12). Errors: those of the buffer. */
JWKEEP_MUST_USE jwkeep_code config_schema_write(jwkeep_buffer *buffer);

#endif
