/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns finding the one token of a request. */
#ifndef SERVER_CREDENTIALS_H
#define SERVER_CREDENTIALS_H

#include "server/http/request_reader.h"
#include "server/policy.h"

typedef struct credentials {
    jwkeep_span token; /* absent: none came */
    const char *fault; /* why the request is an invalid_request (RFC 6750 §3.1), or NULL */
} credentials;

/* Looks in every place that `policy` names; `query` is that of the original request. More than
 * one token is a fault, wherever they stand (RFC 6750 §2). */
credentials credentials_find(const server_policy *policy, const http_request *request,
                             jwkeep_span query);

/* The credentials behind the scheme `Bearer` (any case, RFC 9110 §11.1) and its space; absent
 * if there is no such scheme. */
jwkeep_span credentials_bearer(jwkeep_span authorization);

#endif
