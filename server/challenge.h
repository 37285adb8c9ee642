/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the value of WWW-Authenticate (RFC 6750 §3). */
#ifndef SERVER_CHALLENGE_H
#define SERVER_CHALLENGE_H

#include <stddef.h>

#define CHALLENGE_BYTES 512u

/* `Bearer realm="…"`, with `error` and `error_description` unless `error` is NULL. `realm` and
 * `error` are known to be safe in quotes. Of `description`, what may not stand there (RFC 6750
 * §3: the quote, the backslash, all but printable ASCII) becomes an apostrophe, and what is
 * too long is cut. */
void challenge_write(const char *realm, const char *error, const char *description,
                     char ret_text[CHALLENGE_BYTES]);

#endif
