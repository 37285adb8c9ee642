/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns what an administrator can have done: POST /reload, POST /refresh/<issuer>. Refuses
 * requests that a page of another origin made somebody's browser send. */
#ifndef SERVER_ADMIN_ACTIONS_H
#define SERVER_ADMIN_ACTIONS_H

#include "server/admin_routes.h"

/* Whether the path is one of an action. */
bool admin_is_action(jwkeep_span path);

server_outcome admin_act(admin_context *context, server_exchange *exchange);

#endif
