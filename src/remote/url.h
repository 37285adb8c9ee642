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

/* Where an issuer says where its keys are. */
typedef enum jk_metadata {
    JK_METADATA_OPENID = 0, /* /.well-known/openid-configuration after it (OpenID Connect
                               Discovery 1.0 §4) */
    JK_METADATA_OAUTH = 1   /* /.well-known/oauth-authorization-server between its host and its
                               path (RFC 8414 §3.1) */
} jk_metadata;
#define JK_METADATA_COUNT 2u

/* The URL of that document of `issuer`, which was checked and has no query; a slash at its end
 * is left out first. On the heap; NULL without memory. */
JWKEEP_MUST_USE char *jk_url_metadata(const char *issuer, jk_metadata metadata);

#endif
