/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns telling the gateway who the caller is. */
#ifndef SERVER_IDENTITY_H
#define SERVER_IDENTITY_H

#include "server/http/response.h"
#include "server/policy.h"

/* Longer values are sent empty. */
#define IDENTITY_MAX_VALUE_BYTES 1024u

/* Adds every identity header of `policy` to `response`, empty where the claim is absent, or
 * cannot stand in a header (control characters, not ASCII, too long, no room left): so that a
 * client's own header of that name never passes a gateway. `token` NULL: nobody, all are
 * empty. `claims` is the payload as the token has it. Gives the number of values that were
 * there and were sent empty. */
size_t identity_send(const server_policy *policy, const jwkeep_token *token, jwkeep_span claims,
                     http_response *response);

/* The bytes that the names of a policy's headers take without any value. */
size_t identity_head_bytes(const server_policy *policy);

#endif
