/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns which names the administration answers to. A page that a browser shows under a name of
 * its own may have that name lead to this machine (DNS rebinding): the browser then takes the
 * administration for the page's own server, and says so in Origin, but it still says the name
 * in Host. Whoever can reach the listener otherwise is not kept out by this. */
#ifndef SERVER_ADMIN_HOST_H
#define SERVER_ADMIN_HOST_H

#include <jwkeep/span.h>
#include <stdbool.h>
#include <stddef.h>

#define ADMIN_MAX_HOSTS 64u
#define ADMIN_MAX_HOST_BYTES 253u

/* Whether `host`, the value of Host (RFC 9110 §7.2), is an address (no name, so nobody makes it
 * lead elsewhere), `localhost` or below it (RFC 6761 §6.3), or one of `names`; at any port, in
 * any case, with or without the dot at the end. */
bool admin_host_is_ours(jwkeep_span host, const char *const *names, size_t count);

/* Whether `text` may be one of the names: a host's name without a port. */
bool admin_host_is_name(const char *text);

#endif
