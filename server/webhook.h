/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns what a receiver is told of the service, as JSON (docs/webhook.md), and the webhook that
 * delivers it. Refuses tokens, keys and whatever the configuration says of where things are:
 * an event holds names, figures and constant texts. */
#ifndef SERVER_WEBHOOK_H
#define SERVER_WEBHOOK_H

#include "server/log.h"
#include <jwkeep/source.h>
#include <jwkeep/webhook.h>

#define WEBHOOK_MAX_EVENT_BYTES 8192u /* of an event as JSON */
#define WEBHOOK_MAX_KID_BYTES 256u    /* cut, between characters */
#define WEBHOOK_ALARM_FAILURES 3u     /* attempts in a row */

/* Kinds of events; each has its name, which never changes. */
typedef enum webhook_kind {
    WEBHOOK_STARTED,
    WEBHOOK_DRAINING,
    WEBHOOK_RELOADED,
    WEBHOOK_RELOAD_FAILED,
    WEBHOOK_ALARM_RAISED,
    WEBHOOK_ALARM_CLEARED,
    WEBHOOK_KEYS_REFRESHED,
    WEBHOOK_KEYS_FAILED,
    WEBHOOK_KEYS_EMPTY,
    WEBHOOK_KEYS_STALE,
    WEBHOOK_KEYS_RESTORED,
    WEBHOOK_SNAPSHOT_FAILED,
    WEBHOOK_SIZE_ALARM,
    WEBHOOK_KID_REUSED,
    WEBHOOK_KEY_SKIPPED,
    WEBHOOK_KEY_ADDED,
    WEBHOOK_KEY_REMOVED,
    WEBHOOK_KIND_COUNT
} webhook_kind;

#define WEBHOOK_BIT(kind) (UINT32_C(1) << (kind))

/* By kind; NULL at the end. */
extern const char *const webhook_kind_names[WEBHOOK_KIND_COUNT + 1];

/* What is told unless a configuration says otherwise: each change once. Not what comes again
 * with each download. */
#define WEBHOOK_USUAL_KINDS                                                                    \
    (WEBHOOK_BIT(WEBHOOK_STARTED) | WEBHOOK_BIT(WEBHOOK_DRAINING) |                            \
     WEBHOOK_BIT(WEBHOOK_RELOADED) | WEBHOOK_BIT(WEBHOOK_RELOAD_FAILED) |                      \
     WEBHOOK_BIT(WEBHOOK_ALARM_RAISED) | WEBHOOK_BIT(WEBHOOK_ALARM_CLEARED) |                  \
     WEBHOOK_BIT(WEBHOOK_SNAPSHOT_FAILED) | WEBHOOK_BIT(WEBHOOK_KID_REUSED) |                  \
     WEBHOOK_BIT(WEBHOOK_KEY_ADDED) | WEBHOOK_BIT(WEBHOOK_KEY_REMOVED))

struct service_alarm;

typedef struct event_webhook event_webhook;

/* One that tells nobody yet. What could not be delivered is told to `log`, which must outlive
 * it. Errors: OUT_OF_MEMORY, SYSTEM_FAILED (no random bytes). */
JWKEEP_MUST_USE jwkeep_code event_webhook_new(event_log *log, event_webhook **ret_webhook,
                                              jwkeep_error *error);

/* What is not delivered by then is dropped. NULL is fine. */
void event_webhook_free(event_webhook *it);

/* From now on events of `kinds` go where `options` say (`on_failure` and `user` are set here),
 * those that wait included; `options` NULL: nowhere. One thread at a time.
 * Errors: those of jwkeep_webhook_new; nothing has changed then. */
JWKEEP_MUST_USE jwkeep_code event_webhook_configure(event_webhook *it,
                                                    const jwkeep_webhook_options *options,
                                                    uint32_t kinds, jwkeep_error *error);

/* Delivers what waits within `timeout_ms`; gives the number of events that are left. Nothing is
 * taken any more. */
size_t event_webhook_drain(event_webhook *it, uint32_t timeout_ms);

/* False, and all zero, if nobody is told. */
bool event_webhook_status(event_webhook *it, jwkeep_webhook_status *ret_status);

/* Any thread; none of these waits for the receiver. What cannot be queued is counted as
 * dropped. `it` NULL: nobody listens. */
void event_webhook_tell_source(event_webhook *it, const char *issuer,
                               const jwkeep_event *event);
void event_webhook_tell_alarm(event_webhook *it, bool is_raised,
                              const struct service_alarm *told);

/* `policies` and `issuers`: of the plan in use. */
void event_webhook_tell_service(event_webhook *it, webhook_kind kind, size_t policies,
                                size_t issuers);

#endif
