/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the way from the section `webhook` to a webhook. */
#ifndef SERVER_CONFIG_WEBHOOK_H
#define SERVER_CONFIG_WEBHOOK_H

#include "server/config/config.h"
#include "server/webhook.h"

/* Whether the section, if there is one, can be what is told by. */
JWKEEP_MUST_USE bool config_webhook_check(const config_webhook *section,
                                          config_fault *ret_fault);

/* Tells by the section from now on; nobody, if there is none. What cannot be changes nothing.
 */
JWKEEP_MUST_USE bool config_webhook_apply(const config_webhook *section, event_webhook *webhook,
                                          config_fault *ret_fault);

#endif
