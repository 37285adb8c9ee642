/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the sources that plans share, each found again by everything that was configured about
 * it. */
#ifndef SERVER_CONFIG_POOL_H
#define SERVER_CONFIG_POOL_H

#include "server/config/build.h"

typedef struct config_kept config_kept;

/* The source of `issuer`, made if there is none that is configured alike; the caller is one
 * more user of it. */
JWKEEP_MUST_USE bool config_pool_take(config_pool *pool, const config_issuer *issuer,
                                      bool is_eager, const jwkeep_limits *limits,
                                      config_kept **ret_kept, config_fault *ret_fault);
void config_pool_give_back(config_pool *pool, config_kept *kept);
jwkeep_source *config_kept_source(const config_kept *kept);

#endif
