/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns conditional requests: whether the other side has what would be sent. */
#ifndef SERVER_HTTP_ETAG_H
#define SERVER_HTTP_ETAG_H

#include <jwkeep/span.h>

/* Whether an If-None-Match value (absent: no) names `etag`, which is quoted. Weak comparison
 * (RFC 9110 §13.1.2). */
bool http_etag_matches(jwkeep_span if_none_match, const char *etag);

#endif
