/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns what happens to a source when a download begins and ends: publication, the policy's
 * verdict, the answers, the events, in this order. All on the refresher's thread. */
#include "base/error.h"
#include "jose/keyset.h"
#include "remote/source.h"

typedef struct announcement {
    jwkeep_source *source;
    jwkeep_event event;
} announcement;

static announcement open_announcement(jwkeep_source *source, const jwkeep_keyset *set) {
    const jk_source_settings *settings = &source->settings;
    announcement made = {.source = source};
    made.event.source = source;
    made.event.url = settings->url ? settings->url : settings->issuer;
    made.event.trigger = source->flight.trigger;
    made.event.generation = jwkeep_keyring_generation(source->ring);
    made.event.count = set ? jwkeep_keyset_count(set) : 0;
    return made;
}

static void announce(announcement *made, jwkeep_event_kind kind) {
    const jwkeep_source_options *options = &made->source->settings.options;
    made->event.kind = kind;
    if (options->on_event)
        options->on_event(options->user, &made->event);
}

void jk_source_on_skip(void *user, const jwkeep_keyset_skip *skip) {
    jwkeep_source *source = user;
    jwkeep_keyset *set = jwkeep_keyring_take(source->ring, NULL);
    announcement made = open_announcement(source, set);
    made.event.skip = skip;
    announce(&made, JWKEEP_EVENT_KEY_SKIPPED);
    jwkeep_keyset_unref(set);
}

void jk_source_announce_stale(jwkeep_source *source) {
    jwkeep_keyset *set = jwkeep_keyring_take(source->ring, NULL);
    announcement made = open_announcement(source, set);
    announce(&made, JWKEEP_EVENT_STALE);
    jwkeep_keyset_unref(set);
}

/* R13: other material under the name, type and algorithm of a key that was there. With
 * another type or algorithm it is a second key of that name (RFC 7517 §4.5). */
static bool is_kid_reused(const jwkeep_jwk *key, const jwkeep_keyset *old) {
    jwkeep_span kid = jwkeep_jwk_kid(key);
    if (!jwkeep_span_is_present(kid))
        return false;
    for (const jwkeep_jwk *each = jwkeep_keyset_find(old, kid); each;
         each = jwkeep_keyset_find_next(old, each))
        if (jwkeep_jwk_kty(each) == jwkeep_jwk_kty(key) &&
            jwkeep_jwk_algorithm(each) == jwkeep_jwk_algorithm(key))
            return true;
    return false;
}

static void announce_changes(announcement *made, const jwkeep_keyset *old,
                             const jwkeep_keyset *now) {
    for (size_t i = 0; i < jwkeep_keyset_count(now); i++) {
        made->event.key = jwkeep_keyset_at(now, i);
        if (jwkeep_keyset_has(old, made->event.key))
            continue;
        announce(made, JWKEEP_EVENT_KEY_ADDED);
        if (is_kid_reused(made->event.key, old))
            announce(made, JWKEEP_EVENT_KID_REUSED);
    }
    for (size_t i = 0; i < jwkeep_keyset_count(old); i++) {
        made->event.key = jwkeep_keyset_at(old, i);
        if (!jwkeep_keyset_has(now, made->event.key))
            announce(made, JWKEEP_EVENT_KEY_REMOVED);
    }
    made->event.key = NULL;
}

bool jk_source_begin_flight(jk_task *task) {
    jwkeep_source *source = (jwkeep_source *)task;
    jk_flight flight;
    pthread_mutex_lock(&source->mutex);
    source->is_queued = false;
    bool is_begun = jk_policy_start(&source->policy, jk_source_now_ms(source), &flight);
    if (is_begun)
        source->figures.fetches[flight.trigger]++;
    pthread_mutex_unlock(&source->mutex);
    if (!is_begun) {
        jk_source_reschedule(source);
        return false;
    }
    source->flight = flight;
    jk_download_result failed = {0};
    if (jk_download_start(&source->download, flight.is_forced, &failed.error) != JWKEEP_OK)
        jk_source_on_download(source, &failed);
    return source->flight.number != 0;
}

/* What a download made of the source's set. */
typedef struct landing {
    jwkeep_keyset *old;
    bool is_published;     /* another set stands in the ring now */
    bool is_empty_kept;    /* `old` stays although the answer held no key: `error` */
    bool is_size_alarm;    /* of the set that was published */
    int64_t look_again_ms; /* if kept: how long until the next answer can confirm it */
    jwkeep_error error;
} landing;

/* R15: whether to go on with what there was, though the issuer has shown no usable key. The
 * first such answer never counts; a second one in a row does, once some time has passed. */
static bool refuses_empty(jwkeep_source *source, landing *made) {
    int64_t confirm_ms = (int64_t)source->settings.options.empty_confirm_s * 1000;
    int64_t now_ms = jk_source_now_ms(source);
    bool is_loaded = jwkeep_source_check(source) != JWKEEP_KEYS_NOT_LOADED;
    bool is_first = source->emptied_at_ms == JK_NEVER;
    if (is_loaded && jwkeep_keyset_count(made->old) == 0)
        return false;
    if (is_first)
        source->emptied_at_ms = now_ms;
    made->look_again_ms = source->emptied_at_ms + confirm_ms - now_ms;
    if (is_loaded && !is_first && made->look_again_ms <= 0)
        return false;
    made->is_empty_kept = is_loaded;
    (void)jk_fail_text(&made->error, JWKEEP_TRANSPORT_BODY, "a key set without a usable key",
                       NULL, "RFC 7517 §5");
    return true;
}

/* R25: a small set doubles whenever its issuer rotates. */
static bool is_alarming(const jwkeep_source *source, size_t old_count, size_t count) {
    bool is_doubled =
        old_count > 0 && count / 2 >= old_count && count >= JWKEEP_SIZE_ALARM_DOUBLED_KEYS;
    return is_doubled || count > source->settings.options.size_alarm_keys;
}

/* R2, R13: the whole set at once, or, where every key is the same in every member, the old one
 * again with all that was prepared for it. */
static void publish(jwkeep_source *source, const jk_download_result *result, landing *made) {
    size_t count = jwkeep_keyset_count(result->set);
    if (count == 0 && refuses_empty(source, made)) {
        jk_download_forget(&source->download);
        return;
    }
    size_t carried = jk_keyset_adopt(result->set, made->old);
    if (carried == count && count == jwkeep_keyset_count(made->old))
        return;
    made->is_published =
        jwkeep_keyring_replace(source->ring, result->set, 0, &made->error) == JWKEEP_OK;
    made->is_size_alarm =
        made->is_published && is_alarming(source, jwkeep_keyset_count(made->old), count);
    if (!made->is_published)
        jk_download_forget(&source->download);
}

static void count_end(jwkeep_source *source, const jk_download_result *result,
                      const landing *made) {
    const jk_environment *environment = jk_refresher_environment(source->refresher);
    source->last_error = made->error;
    source->figures.last_error = made->error.code;
    if (made->error.code) {
        source->figures.fetches_failed++;
        return;
    }
    if (made->is_published)
        source->figures.is_size_alarm = made->is_size_alarm;
    source->is_stale_told = false;
    source->figures.fetches_changed += made->is_published;
    source->figures.fetches_unchanged += !made->is_published;
    source->figures.last_success_ms = jk_environment_wall_ms(environment);
    source->last_success_ms = jk_environment_now_ms(environment);
    if (!result->is_not_modified)
        source->figures.keys_skipped = result->skipped;
}

/* The set is in the ring already: whoever comes now finds it, whoever came before is settled
 * here. */
static void close_flight(jwkeep_source *source, const jk_download_result *result,
                         const landing *made) {
    jk_outcome outcome = {
        .kind = made->error.code ? JK_OUTCOME_FAILED : JK_OUTCOME_GOOD,
        .lifetime_ms = result->lifetime_s * 1000,
        .retry_after_ms =
            made->is_empty_kept ? made->look_again_ms : result->retry_after_s * 1000,
    };
    pthread_mutex_lock(&source->mutex);
    jk_policy_end(&source->policy, jk_source_now_ms(source), source->flight.number, &outcome);
    count_end(source, result, made);
    if (made->is_published)
        jk_negative_clear(&source->negative);
    /* After the set was published: who sees the new deadline sees the set (I). */
    atomic_store_explicit(&source->usable_until_ms, jk_policy_usable_until(&source->policy),
                          memory_order_release);
    jk_source_settle(source);
    pthread_cond_broadcast(&source->changed);
    pthread_mutex_unlock(&source->mutex);
}

static void announce_end(jwkeep_source *source, const landing *made) {
    jwkeep_keyset *now = jwkeep_keyring_take(source->ring, NULL);
    announcement event = open_announcement(source, now);
    if (made->error.code) {
        event.event.error = &made->error;
        announce(&event, made->is_empty_kept ? JWKEEP_EVENT_EMPTY_KEPT : JWKEEP_EVENT_FAILED);
    } else if (made->is_published) {
        announce(&event, JWKEEP_EVENT_REFRESHED);
        announce_changes(&event, made->old, now);
        if (made->is_size_alarm)
            announce(&event, JWKEEP_EVENT_SIZE_ALARM);
    } else {
        announce(&event, JWKEEP_EVENT_UNCHANGED);
    }
    jwkeep_keyset_unref(now);
}

void jk_source_on_download(void *user, const jk_download_result *result) {
    jwkeep_source *source = user;
    landing made = {.old = jwkeep_keyring_take(source->ring, NULL), .error = result->error};
    if (!result->error.code && !result->is_not_modified)
        publish(source, result, &made);
    if (!made.is_empty_kept)
        source->emptied_at_ms = JK_NEVER;
    close_flight(source, result, &made);
    jk_source_notify(source);
    announce_end(source, &made);
    if (!made.error.code)
        jk_source_keep(source, result->lifetime_s * 1000);
    jwkeep_keyset_unref(made.old);
    source->flight = (jk_flight){0};
    jk_task_end_download(source->refresher, &source->task);
    jk_source_reschedule(source);
}
