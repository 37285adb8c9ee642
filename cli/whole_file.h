/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the replacing of a file by another one, written beside it and renamed over it. */
#ifndef CLI_WHOLE_FILE_H
#define CLI_WHOLE_FILE_H

#include <jwkeep/attributes.h>
#include <jwkeep/span.h>
#include <stdbool.h>
#include <sys/types.h>

/* Makes `path` a file of these bytes and permissions: who reads it meanwhile, or after a
 * crash, finds what was there before or all of it. False with `errno` set; nothing is changed
 * then. */
JWKEEP_MUST_USE bool whole_file_write(const char *path, jwkeep_span bytes, mode_t mode);

#endif
