/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the question whether a URL may be downloaded from at all (R18), for those that are
 * configured and those that a discovery document names alike. */
#ifndef JK_REMOTE_URL_H
#define JK_REMOTE_URL_H

#include "base/attributes.h"
#include <jwkeep/error.h>
#include <stdbool.h>
#include <stddef.h>

#define JK_MAX_URL_BYTES 2048u

/* `https` with a host, without user, password and fragment; or, where that is allowed, `http`
 * to a host that is a literal loopback address (127.0.0.0/8, ::1) or `localhost`; no control
 * characters or spaces. Errors: TRANSPORT_URL, OUT_OF_MEMORY. */
JWKEEP_MUST_USE jwkeep_code jk_url_check(const char *url, bool allows_http_loopback,
                                         jwkeep_error *error);

/* Whether this is http://HOST:PORT and nothing more but a slash. */
bool jk_url_is_proxy(const char *url);

/* Whether the URL's scheme is `http`. Of a URL that was checked. */
bool jk_url_is_plain(const char *url);

/* `issuer` with /.well-known/openid-configuration after it, a slash at the end left out first
 * (OpenID Connect Discovery 1.0 §4). On the heap; NULL without memory. */
JWKEEP_MUST_USE char *jk_url_discovery(const char *issuer);

#endif
