/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns token introspection (RFC 7662): POST /introspect with a form of `token`, asked by a
 * client that says who it is. Answers {"active":true, …the claims} or {"active":false},
 * whatever is wrong with the token. */
#ifndef SERVER_INTROSPECTION_H
#define SERVER_INTROSPECTION_H

#include "server/http/request_reader.h"
#include "server/http/response.h"
#include "server/policy.h"

#define INTROSPECTION_PATH "/introspect"
#define INTROSPECTION_MAX_CLIENTS 64u
#define INTROSPECTION_MIN_SECRET_BYTES 16u
#define INTROSPECTION_MAX_ID_BYTES 64u
#define INTROSPECTION_MAX_SECRET_BYTES 256u
#define INTROSPECTION_CREDENTIALS_BYTES                                                        \
    ((INTROSPECTION_MAX_ID_BYTES + INTROSPECTION_MAX_SECRET_BYTES + 3u) / 3u * 4u + 1u)

/* Who may ask: with `Basic` the id and the secret, with `Bearer` the secret alone. */
typedef struct introspection_client {
    const char *basic; /* as introspection_encode writes it */
    const char *bearer;
} introspection_client;

typedef struct introspection {
    const server_policy *policy; /* by which tokens are judged */
    const introspection_client *clients;
    size_t client_count;
} introspection;

/* What `Basic` says of `id` and `secret` (RFC 7617 §2), which consist of bytes that a form
 * leaves as they are (RFC 6749 §2.3.1) and are within their limits. */
void introspection_encode(const char *id, const char *secret,
                          char ret_credentials[INTROSPECTION_CREDENTIALS_BYTES]);

/* Whether the request comes from a client. Takes as long whichever it is, or none. */
bool introspection_knows(const introspection *it, const http_request *request);

/* Answers a request that is to be refused before its token is looked at; true if it was. Else
 * `ret_token` is the token, decoded in `storage`, which has room for the body. */
JWKEEP_MUST_USE bool introspection_refuses(const introspection *it, const http_request *request,
                                           http_response *response, uint8_t *storage,
                                           jwkeep_span *ret_token);

/* Tells of a token that is good; NULL: of one that is not. */
void introspection_tell(const jwkeep_token *token, http_response *response);

#endif
