/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the reading of a discovery document (OpenID Connect Discovery 1.0 §3, RFC 8414 §2):
 * whose it is, and where the keys are. Pure. */
#ifndef JK_REMOTE_DISCOVERY_H
#define JK_REMOTE_DISCOVERY_H

#include "base/attributes.h"
#include <jwkeep/error.h>
#include <jwkeep/limits.h>
#include <jwkeep/span.h>
#include <stdbool.h>

/* The document's `jwks_uri`, checked like any URL, on the heap.
 * Errors: TRANSPORT_BODY (no such document), TRANSPORT_ISSUER (its `issuer` is not this one,
 * byte by byte), TRANSPORT_URL, OUT_OF_MEMORY. */
JWKEEP_MUST_USE jwkeep_code jk_discovery_read(jwkeep_span document, const char *issuer,
                                              bool allows_http_loopback,
                                              const jwkeep_limits *limits, char **ret_jwks_url,
                                              jwkeep_error *error);

#endif
