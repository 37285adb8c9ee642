/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the parts of a webhook: what it was configured with, and what a request says of its
 * event besides the event itself. */
#ifndef JK_REMOTE_WEBHOOK_H
#define JK_REMOTE_WEBHOOK_H

#include "crypto/key.h"
#include "remote/delivery.h"
#include "remote/refresher.h"
#include <jwkeep/webhook.h>

#define JK_WEBHOOK_MAX_SECRETS 2u

typedef struct jk_webhook_settings {
    char *url;
    jk_route route;
    jk_key *keys[JK_WEBHOOK_MAX_SECRETS]; /* the second may be NULL */
    jk_delivery_pace pace;
    uint32_t connect_timeout_ms;
    uint32_t timeout_ms;
    uint32_t attempts;
    uint32_t queue_length;
    void (*on_failure)(void *user, const jwkeep_webhook_failure *failure);
    void *user;
} jk_webhook_settings;

/* Checks and copies. Errors: those of jwkeep_webhook_check. */
JWKEEP_MUST_USE jwkeep_code jk_webhook_settings_new(const jwkeep_webhook_options *options,
                                                    jk_webhook_settings **ret_settings,
                                                    jwkeep_error *error);
void jk_webhook_settings_free(jk_webhook_settings *settings); /* wipes; NULL is fine */

/* The header lines that tell of one attempt, and sign it. */
typedef struct jk_webhook_lines {
    char id[JWKEEP_WEBHOOK_MAX_ID_BYTES + 32];
    char timestamp[64];
    char signature[192];
} jk_webhook_lines;

/* `now_s` is wall time. Errors: OUT_OF_MEMORY, CRYPTO_FAILED. */
JWKEEP_MUST_USE jwkeep_code jk_webhook_sign(const jk_webhook_settings *settings, jwkeep_span id,
                                            jwkeep_span body, int64_t now_s,
                                            jk_webhook_lines *ret_lines, jwkeep_error *error);

/* With an environment of one's own, whose transport it frees, also when this fails. Without a
 * thread, its refresher must be turned instead. Errors: those of jwkeep_webhook_new. */
JWKEEP_MUST_USE jwkeep_code jk_webhook_new_in(const jk_environment *environment,
                                              bool has_thread,
                                              const jwkeep_webhook_options *options,
                                              jwkeep_webhook **ret_webhook,
                                              jwkeep_error *error);

jwkeep_refresher *jk_webhook_refresher(const jwkeep_webhook *webhook);

#endif
