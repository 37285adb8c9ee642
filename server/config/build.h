/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns making plans from configurations. Sources stand in a pool: one whose issuer is
 * configured as before goes on with its keys, whatever else has changed. All of it belongs to
 * one thread, but the events, which come on the downloading thread. */
#ifndef SERVER_CONFIG_BUILD_H
#define SERVER_CONFIG_BUILD_H

#include "server/config/config.h"
#include "server/plan.h"

typedef struct config_pool config_pool;

/* Hears what happens at a source; `issuer` is its name. On the downloading thread. */
typedef void (*config_on_event)(void *user, const char *issuer, const jwkeep_event *event);

/* Downloads at most `max_downloads` at a time; nothing unless it is asked for, if `is_idle`:
 * then plans are made only to see whether they can be. `on_event` may be NULL.
 * Errors: OUT_OF_MEMORY, SYSTEM_FAILED. */
JWKEEP_MUST_USE jwkeep_code config_pool_new(size_t max_downloads, bool is_idle,
                                            config_on_event on_event, void *user,
                                            config_pool **ret_pool, jwkeep_error *error);

/* Every plan must have been freed. NULL is fine. */
void config_pool_free(config_pool *pool);

/* Makes a plan from `loaded`, which it takes over, also if it fails. It is to come after
 * `present`, if that is not NULL: the accepted issuers of a policy whose sources are configured
 * as they are for the policy of that name there go on with their keys. */
JWKEEP_MUST_USE bool config_build(config *loaded, config_pool *pool, const server_plan *present,
                                  server_plan **ret_plan, config_fault *ret_fault);

/* Frees a plan that nobody holds, and the sources that it was the last to use. */
void config_plan_free(config_pool *pool, server_plan *plan);

/* The settings that a plan was made from. */
const config_settings *config_plan_settings(const server_plan *plan);

#endif
