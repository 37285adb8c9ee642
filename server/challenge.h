/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the value of WWW-Authenticate (RFC 6750 §3, RFC 9728 §5.1). */
#ifndef SERVER_CHALLENGE_H
#define SERVER_CHALLENGE_H

#include <stddef.h>

/* Room for a realm, a scope and a URL as long as a policy may have them. */
#define CHALLENGE_BYTES 1024u

/* What a challenge says; each may be NULL but `realm`. All but the description are known to be
 * safe in quotes. */
typedef struct challenge {
    const char *realm;
    const char *error;
    const char *description; /* with `error` */
    const char *scope;
    const char *resource_metadata;
} challenge;

/* `Bearer realm="…"` and what else there is. Of the description, what may not stand there (RFC
 * 6750 §3: the quote, the backslash, all but printable ASCII) becomes an apostrophe, and what
 * is too long is cut. */
void challenge_write(const challenge *it, char ret_text[CHALLENGE_BYTES]);

#endif
