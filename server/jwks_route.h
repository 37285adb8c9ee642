/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns GET /jwks/<issuer>: the verifier's present keys of an issuer, as a mirror for the
 * neighbours. Refuses to show anything but public keys. */
#ifndef SERVER_JWKS_ROUTE_H
#define SERVER_JWKS_ROUTE_H

#include "server/exchange.h"
#include <jwkeep/verifier.h>

#define JWKS_PATH_PREFIX "/jwks/"
#define JWKS_LOCAL_MAX_AGE_S 300 /* of keys that are not downloaded */

void jwks_answer(const jwkeep_verifier *verifier, const http_request *request,
                 http_response *response);

/* The issuer of that name. */
JWKEEP_MUST_USE bool jwks_find_issuer(const jwkeep_verifier *verifier, jwkeep_span name,
                                      size_t *ret_index);

#endif
