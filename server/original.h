/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns finding out what the client asked the gateway for. */
#ifndef SERVER_ORIGINAL_H
#define SERVER_ORIGINAL_H

#include "server/http/request_reader.h"
#include "server/policy.h"

/* The client's request; spans into that of the gateway. */
typedef struct original_request {
    jwkeep_span method;
    jwkeep_span path; /* as sent; absent without a gateway that tells it */
    jwkeep_span query;
} original_request;

/* `rest` is what follows /verify/<policy> in the path. False if the gateway's fields are not
 * there exactly once, or hold no method or no path: then nothing can be said about it. */
JWKEEP_MUST_USE bool original_read(policy_gateway gateway, const http_request *request,
                                   jwkeep_span rest, original_request *ret_original);

#endif
