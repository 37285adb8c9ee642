/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns looking for fields of a request that may come more than once. */
#ifndef SERVER_HTTP_FIELDS_H
#define SERVER_HTTP_FIELDS_H

#include "server/http/request_reader.h"

/* The next field called `name` (lower case; any case in the request) from the place `*at` on,
 * which starts at 0 and moves behind it; false if there is none. */
JWKEEP_MUST_USE bool http_fields_next(const http_request *request, const char *name, size_t *at,
                                      jwkeep_span *ret_value);

/* The value of the field `name` if there is exactly one. */
JWKEEP_MUST_USE bool http_fields_only(const http_request *request, const char *name,
                                      jwkeep_span *ret_value);

#endif
