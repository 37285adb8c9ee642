/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns telling the log, the history and the webhook what happens at the sources. */
#include "cli/cmd/serve/serve.h"
#include <stdio.h>

#define KID_BYTES 128u

/* What there is to say about a kind of event. */
static const struct {
    log_kind kind;
    const char *message;
} SAYINGS[] = {
    [JWKEEP_EVENT_REFRESHED] = {LOG_KEYS_REFRESHED, "new keys"},
    [JWKEEP_EVENT_FAILED] = {LOG_KEYS_FAILED, "the download failed"},
    [JWKEEP_EVENT_KEY_ADDED] = {LOG_KEY_ADDED, "a key came"},
    [JWKEEP_EVENT_KEY_REMOVED] = {LOG_KEY_REMOVED, "a key went"},
    [JWKEEP_EVENT_KID_REUSED] = {LOG_KID_REUSED,
                                 "other key material under a kid that was there before"},
    [JWKEEP_EVENT_KEY_SKIPPED] = {LOG_KEY_SKIPPED, "a key was left out"},
    [JWKEEP_EVENT_EMPTY_KEPT] = {LOG_KEYS_EMPTY, "no usable key came, the old ones stay"},
    [JWKEEP_EVENT_SIZE_ALARM] = {LOG_SIZE_ALARM,
                                 "over the alarm's limit or twice as many keys as before"},
    [JWKEEP_EVENT_STALE] = {LOG_KEYS_STALE, "the keys are past the stale limit"},
    [JWKEEP_EVENT_RESTORED] = {LOG_KEYS_RESTORED, "keys from the snapshot file"},
    [JWKEEP_EVENT_SNAPSHOT_FAILED] = {LOG_SNAPSHOT_FAILED, "the snapshot file"},
};

static jwkeep_span kid_of(const jwkeep_event *event) {
    if (event->skip)
        return event->skip->kid;
    return event->key ? jwkeep_jwk_kid(event->key) : JWKEEP_SPAN_NONE;
}

static void tell(event_log *log, const char *issuer, const jwkeep_event *event) {
    char kid[KID_BYTES + 1];
    jwkeep_span name = kid_of(event);
    snprintf(kid, sizeof kid, "%.*s", (int)(name.size < KID_BYTES ? name.size : KID_BYTES),
             name.data ? (const char *)name.data : "");
    const jwkeep_error *error = event->skip ? &event->skip->why : event->error;
    EVENT(log, SAYINGS[event->kind].kind, SAYINGS[event->kind].message,
          LOG_TEXT("issuer", issuer), LOG_TEXT("url", event->url ? event->url : ""),
          LOG_NUMBER("keys", (int64_t)event->count),
          LOG_NUMBER("generation", (int64_t)event->generation),
          LOG_TEXT(name.data ? "kid" : NULL, kid),
          LOG_TEXT(error ? "reason" : NULL, error ? jwkeep_code_name(error->code) : ""),
          LOG_TEXT(error ? "error" : NULL, error ? error->text : ""));
}

void serve_tell_event(void *user, const char *issuer, const jwkeep_event *event) {
    const serve_audience *audience = user;
    history_add(audience->history, issuer, event);
    event_webhook_tell_source(audience->webhook, issuer, event);
    /* A download that changes nothing is no event of the log: the metrics count it. */
    if (event->kind != JWKEEP_EVENT_UNCHANGED &&
        (size_t)event->kind < sizeof SAYINGS / sizeof *SAYINGS)
        tell(audience->log, issuer, event);
}
