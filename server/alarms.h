/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns what somebody should look at now: on the status page, in /status, at a terminal. */
#ifndef SERVER_ALARMS_H
#define SERVER_ALARMS_H

#include "server/admin_routes.h"

#define ALARM_KID_REUSED_S 3600     /* for so long after it */
#define ALARM_MISSES_PER_SECOND 10. /* tokens of keys that no issuer has */

/* That events do not reach their receiver: told everywhere but there. */
#define ALARM_OF_WEBHOOK "webhook_failing"

typedef struct service_alarm {
    const char *kind;   /* "no_keys", "stale", "refresh_failing", "size", "kid_reused",
                           "unknown_kids", "reload_failed", "draining", ALARM_OF_WEBHOOK */
    bool is_red;        /* requests fail, or what passes may be wrong; else it can wait */
    const char *issuer; /* name, or NULL */
    const char *text;   /* constant */
    jwkeep_code reason; /* of the last download; JWKEEP_OK: none */
} service_alarm;

/* Calls `visit` for each, those of the service first, then by issuer. */
void alarms_visit(admin_context *context, void (*visit)(void *user, const service_alarm *it),
                  void *user);

#endif
