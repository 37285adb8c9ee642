/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the writing of events, their ids and numbers, and the exchange of one webhook for
 * another while events come. */
#include "server/webhook.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/hash.h"
#include "server/alarms.h"
#include "server/history.h"
#include <inttypes.h>
#include <jwkeep/json.h>
#include <jwkeep/version.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define INSTANCE_CHARACTERS 16u
#define HOST_BYTES 256u

const char *const webhook_kind_names[WEBHOOK_KIND_COUNT + 1] = {
    [WEBHOOK_STARTED] = "started",
    [WEBHOOK_DRAINING] = "draining",
    [WEBHOOK_RELOADED] = "reloaded",
    [WEBHOOK_RELOAD_FAILED] = "reload_failed",
    [WEBHOOK_ALARM_RAISED] = "alarm_raised",
    [WEBHOOK_ALARM_CLEARED] = "alarm_cleared",
    [WEBHOOK_KEYS_REFRESHED] = "keys_refreshed",
    [WEBHOOK_KEYS_FAILED] = "keys_failed",
    [WEBHOOK_KEYS_EMPTY] = "keys_empty",
    [WEBHOOK_KEYS_STALE] = "keys_stale",
    [WEBHOOK_KEYS_RESTORED] = "keys_restored",
    [WEBHOOK_SNAPSHOT_FAILED] = "snapshot_failed",
    [WEBHOOK_SIZE_ALARM] = "size_alarm",
    [WEBHOOK_KID_REUSED] = "kid_reused",
    [WEBHOOK_KEY_SKIPPED] = "key_skipped",
    [WEBHOOK_KEY_ADDED] = "key_added",
    [WEBHOOK_KEY_REMOVED] = "key_removed",
};

struct event_webhook {
    event_log *log;
    char instance[INSTANCE_CHARACTERS + 1]; /* of this run of the service */
    char host[HOST_BYTES];

    pthread_mutex_t mutex; /* for all below */
    jwkeep_webhook *webhook;
    uint32_t kinds;
    uint64_t sequence; /* of the last event */
    uint8_t body[WEBHOOK_MAX_EVENT_BYTES];
};

/* What an event is about. */
typedef struct subject {
    webhook_kind kind;
    const char *issuer; /* or NULL */
    void (*write)(jwkeep_json_writer *writer, const void *facts);
    const void *facts;
} subject;

/* A name that is no UTF-8 (the kernel takes any) would be no JSON, and no event would be told.
 * One that is cut has no NUL. */
static void name_host(char ret_host[HOST_BYTES]) {
    if (gethostname(ret_host, HOST_BYTES - 1) != 0)
        ret_host[0] = '\0';
    ret_host[HOST_BYTES - 1] = '\0';
    for (char *at = ret_host; *at; at++)
        if (*at < ' ' || *at > '~')
            *at = '?';
}

jwkeep_code event_webhook_new(event_log *log, event_webhook **ret_webhook,
                              jwkeep_error *error) {
    jk_hash_key random;
    event_webhook *it = calloc(1, sizeof *it);
    if (!it)
        return jk_fail(error, JWKEEP_OUT_OF_MEMORY);
    if (!jk_hash_key_random(&random)) {
        free(it);
        return jk_fail(error, JWKEEP_SYSTEM_FAILED);
    }
    it->log = log;
    snprintf(it->instance, sizeof it->instance, "%016" PRIx64, random.k0);
    name_host(it->host);
    pthread_mutex_init(&it->mutex, NULL);
    *ret_webhook = it;
    return JWKEEP_OK;
}

void event_webhook_free(event_webhook *it) {
    if (!it)
        return;
    jwkeep_webhook_free(it->webhook);
    pthread_mutex_destroy(&it->mutex);
    free(it);
}

static void tell_failure(void *user, const jwkeep_webhook_failure *failure) {
    const event_webhook *it = user;
    char id[JWKEEP_WEBHOOK_MAX_ID_BYTES + 1];
    snprintf(id, sizeof id, "%.*s", (int)failure->id.size, (const char *)failure->id.data);
    EVENT(it->log, LOG_WEBHOOK_FAILED, "an event was not delivered", LOG_TEXT("id", id),
          LOG_NUMBER("attempts", failure->attempts), LOG_NUMBER("status", failure->status),
          LOG_TEXT("reason", jwkeep_code_name(failure->error->code)),
          LOG_TEXT("error", failure->error->text));
}

static void end(event_webhook *it, jwkeep_webhook *webhook) {
    size_t left = jwkeep_webhook_drain(webhook, 0);
    if (left > 0)
        EVENT(it->log, LOG_WEBHOOK_FAILED, "the webhook was taken away before its events went",
              LOG_NUMBER("undelivered", (int64_t)left));
    jwkeep_webhook_free(webhook);
}

/* The webhook in use stays, and with it what waits and what was counted. */
static jwkeep_code settle(event_webhook *it, const jwkeep_webhook_options *options,
                          jwkeep_webhook **ret_webhook, jwkeep_error *error) {
    jwkeep_webhook_options completed = *options;
    completed.on_failure = tell_failure;
    completed.user = it;
    if (!it->webhook)
        return jwkeep_webhook_new(&completed, ret_webhook, error);
    *ret_webhook = it->webhook;
    return jwkeep_webhook_configure(it->webhook, &completed, error);
}

jwkeep_code event_webhook_configure(event_webhook *it, const jwkeep_webhook_options *options,
                                    uint32_t kinds, jwkeep_error *error) {
    jwkeep_webhook *next = NULL;
    jwkeep_code code = options ? settle(it, options, &next, error) : JWKEEP_OK;
    if (code)
        return code;
    pthread_mutex_lock(&it->mutex);
    jwkeep_webhook *ended = it->webhook != next ? it->webhook : NULL;
    it->webhook = next;
    it->kinds = kinds;
    pthread_mutex_unlock(&it->mutex);
    if (ended)
        end(it, ended);
    return JWKEEP_OK;
}

size_t event_webhook_drain(event_webhook *it, uint32_t timeout_ms) {
    return it->webhook ? jwkeep_webhook_drain(it->webhook, timeout_ms) : 0;
}

bool event_webhook_status(event_webhook *it, jwkeep_webhook_status *ret_status) {
    memset(ret_status, 0, sizeof *ret_status);
    if (!it)
        return false;
    pthread_mutex_lock(&it->mutex);
    bool is_there = it->webhook != NULL;
    if (is_there)
        jwkeep_webhook_status_get(it->webhook, ret_status);
    pthread_mutex_unlock(&it->mutex);
    return is_there;
}

static void write_text(jwkeep_json_writer *writer, const char *name, const char *text) {
    jwkeep_json_write_member_string(writer, name, jwkeep_span_text(text));
}

/* The members that every event has, and in `data` those of its kind. */
static jwkeep_code write_event(const event_webhook *it, const char *id, const subject *about,
                               jwkeep_buffer *buffer) {
    jwkeep_json_writer writer;
    char when[LOG_TIME_BYTES];
    log_write_time(jk_clock_wall_ms(), when);
    jwkeep_json_writer_init(&writer, buffer);
    jwkeep_json_write_object(&writer);
    write_text(&writer, "id", id);
    write_text(&writer, "type", webhook_kind_names[about->kind]);
    write_text(&writer, "timestamp", when);
    write_text(&writer, "host", it->host);
    write_text(&writer, "instance", it->instance);
    jwkeep_json_write_member_int64(&writer, "sequence", (int64_t)it->sequence);
    if (about->issuer)
        write_text(&writer, "issuer", about->issuer);
    jwkeep_json_write_name(&writer, JWKEEP_SPAN("data"));
    jwkeep_json_write_object(&writer);
    about->write(&writer, about->facts);
    jwkeep_json_write_end(&writer);
    jwkeep_json_write_end(&writer);
    return jwkeep_json_writer_finish(&writer);
}

/* Under the mutex. The number is used up even if the event finds no room: the receiver sees by
 * it that one is missing. */
static void queue_up(event_webhook *it, const subject *about) {
    char id[JWKEEP_WEBHOOK_MAX_ID_BYTES + 1];
    jwkeep_buffer buffer;
    it->sequence++;
    snprintf(id, sizeof id, "evt_%s_%" PRIu64, it->instance, it->sequence);
    jwkeep_buffer_init_fixed(&buffer, it->body, sizeof it->body);
    if (write_event(it, id, about, &buffer) == JWKEEP_OK)
        (void)!jwkeep_webhook_post(it->webhook, jwkeep_span_text(id),
                                   jwkeep_span_of(buffer.data, buffer.size), NULL);
}

static void tell(event_webhook *it, const subject *about) {
    if (!it)
        return;
    pthread_mutex_lock(&it->mutex);
    if (it->webhook && it->kinds & WEBHOOK_BIT(about->kind))
        queue_up(it, about);
    pthread_mutex_unlock(&it->mutex);
}

static void write_kid(jwkeep_json_writer *writer, jwkeep_span kid) {
    if (jwkeep_span_is_present(kid))
        jwkeep_json_write_member_string(
            writer, "kid", jwkeep_span_of(kid.data, history_cut(kid, WEBHOOK_MAX_KID_BYTES)));
}

/* Of a downloaded key, which is public: its thumbprint tells nothing else. */
static void write_key(jwkeep_json_writer *writer, const jwkeep_jwk *key) {
    write_kid(writer, jwkeep_jwk_kid(key));
    write_text(writer, "kty", jwkeep_kty_name(jwkeep_jwk_kty(key)));
    if (jwkeep_jwk_algorithm(key) != JWKEEP_ALGORITHM_ABSENT)
        write_text(writer, "alg", jwkeep_algorithm_name(jwkeep_jwk_algorithm(key)));
    if (jwkeep_jwk_kty(key) != JWKEEP_KTY_OCT)
        jwkeep_json_write_member_string(writer, "thumbprint", jwkeep_jwk_thumbprint_text(key));
}

static void write_source_event(jwkeep_json_writer *writer, const void *facts) {
    const jwkeep_event *event = facts;
    const jwkeep_error *error = event->skip ? &event->skip->why : event->error;
    jwkeep_json_write_member_int64(writer, "keys", (int64_t)event->count);
    jwkeep_json_write_member_int64(writer, "generation", (int64_t)event->generation);
    if (event->key)
        write_key(writer, event->key);
    else if (event->skip)
        write_kid(writer, event->skip->kid);
    if (error) {
        write_text(writer, "reason", jwkeep_code_name(error->code));
        write_text(writer, "text", error->text);
    }
}

void event_webhook_tell_source(event_webhook *it, const char *issuer,
                               const jwkeep_event *event) {
    static const struct {
        jwkeep_event_kind happened;
        webhook_kind told;
    } pairs[] = {
        {JWKEEP_EVENT_REFRESHED, WEBHOOK_KEYS_REFRESHED},
        {JWKEEP_EVENT_FAILED, WEBHOOK_KEYS_FAILED},
        {JWKEEP_EVENT_KEY_ADDED, WEBHOOK_KEY_ADDED},
        {JWKEEP_EVENT_KEY_REMOVED, WEBHOOK_KEY_REMOVED},
        {JWKEEP_EVENT_KID_REUSED, WEBHOOK_KID_REUSED},
        {JWKEEP_EVENT_KEY_SKIPPED, WEBHOOK_KEY_SKIPPED},
        {JWKEEP_EVENT_EMPTY_KEPT, WEBHOOK_KEYS_EMPTY},
        {JWKEEP_EVENT_SIZE_ALARM, WEBHOOK_SIZE_ALARM},
        {JWKEEP_EVENT_STALE, WEBHOOK_KEYS_STALE},
        {JWKEEP_EVENT_RESTORED, WEBHOOK_KEYS_RESTORED},
        {JWKEEP_EVENT_SNAPSHOT_FAILED, WEBHOOK_SNAPSHOT_FAILED},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        if (pairs[i].happened == event->kind)
            tell(it, &(subject){pairs[i].told, issuer, write_source_event, event});
}

static void write_alarm(jwkeep_json_writer *writer, const void *facts) {
    const service_alarm *told = facts;
    write_text(writer, "alarm", told->kind);
    write_text(writer, "severity", told->is_red ? "alarm" : "warning");
    write_text(writer, "text", told->text);
    if (told->reason != JWKEEP_OK)
        write_text(writer, "reason", jwkeep_code_name(told->reason));
}

void event_webhook_tell_alarm(event_webhook *it, bool is_raised, const service_alarm *told) {
    tell(it, &(subject){is_raised ? WEBHOOK_ALARM_RAISED : WEBHOOK_ALARM_CLEARED, told->issuer,
                        write_alarm, told});
}

typedef struct service_facts {
    size_t policies;
    size_t issuers;
} service_facts;

static void write_service(jwkeep_json_writer *writer, const void *facts) {
    const service_facts *told = facts;
    write_text(writer, "version", jwkeep_version());
    jwkeep_json_write_member_int64(writer, "policies", (int64_t)told->policies);
    jwkeep_json_write_member_int64(writer, "issuers", (int64_t)told->issuers);
}

void event_webhook_tell_service(event_webhook *it, webhook_kind kind, size_t policies,
                                size_t issuers) {
    const service_facts facts = {policies, issuers};
    tell(it, &(subject){kind, NULL, write_service, &facts});
}
