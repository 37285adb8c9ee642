/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the queue of a webhook and the thread that empties it: a refresher of its own, of which
 * it is the only task, so that no download and no receiver waits for the other. The mutex
 * guards the queue, the figures and what other threads ask for; the rest belongs to the thread
 * (guarantee V of docs/design/concurrency.md). */
#include "remote/webhook.h"
#include "base/allocator.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/hash.h"
#include "sync/threads.h"
#include <pthread.h>

/* Of a body that is thrown away, so that its connection stays. */
#define MAX_ANSWER_BYTES 65536u

typedef struct entry entry;
struct entry {
    entry *next;
    uint32_t attempts;
    size_t id_size;
    size_t body_size;
    uint8_t bytes[]; /* the id, then the body */
};

struct jwkeep_webhook {
    jk_task task; /* first */
    jwkeep_refresher *refresher;

    pthread_mutex_t mutex; /* for all down to `thread's` */
    pthread_cond_t changed;
    entry *first; /* waiting: at most queue_length */
    entry *last;
    size_t waiting;
    bool has_current;
    jwkeep_webhook_status figures;
    jk_webhook_settings *next; /* not yet taken over by the thread */
    bool is_closed;
    uint32_t failures; /* in a row, since draining began */
    int64_t due_ms;    /* the next attempt is not made before; 0: it is under way, or soon */
    bool is_hurried;
    bool is_ending;

    /* The thread's. */
    jk_webhook_settings *settings;
    entry *current; /* an event between its first attempt and its end */
    jk_transfer *transfer;
    uint32_t backoffs; /* in a row */
    int64_t backoff_until_ms;
    int64_t asked_until_ms; /* by Retry-After */
    jk_hash_key jitter;
    uint64_t draws;
};

jwkeep_refresher *jk_webhook_refresher(const jwkeep_webhook *webhook) {
    return webhook->refresher;
}

static const jk_environment *environment_of(const jwkeep_webhook *webhook) {
    return jk_refresher_environment(webhook->refresher);
}

static int64_t now_ms(const jwkeep_webhook *webhook) {
    return jk_environment_now_ms(environment_of(webhook));
}

static jwkeep_span id_of(const entry *event) {
    return jwkeep_span_of(event->bytes, event->id_size);
}

static jwkeep_span body_of(const entry *event) {
    return jwkeep_span_of(event->bytes + event->id_size, event->body_size);
}

static entry *make_entry(jwkeep_span id, jwkeep_span body) {
    entry *made = jk_alloc(sizeof *made + id.size + body.size);
    if (!made)
        return NULL;
    *made = (entry){.id_size = id.size, .body_size = body.size};
    memcpy(made->bytes, id.data, id.size);
    memcpy(made->bytes + id.size, body.data, body.size);
    return made;
}

static void free_entries(entry *first) {
    while (first) {
        entry *next = first->next;
        jk_free(first);
        first = next;
    }
}

/* The next three under the mutex. */
static void append(jwkeep_webhook *webhook, entry *event) {
    if (webhook->last)
        webhook->last->next = event;
    else
        webhook->first = event;
    webhook->last = event;
    webhook->waiting++;
}

static entry *take_first(jwkeep_webhook *webhook) {
    entry *event = webhook->first;
    if (!event)
        return NULL;
    webhook->first = event->next;
    if (!webhook->first)
        webhook->last = NULL;
    webhook->waiting--;
    event->next = NULL;
    return event;
}

/* Those that the bound leaves no room for, the oldest first. */
static entry *take_surplus(jwkeep_webhook *webhook) {
    entry *surplus = NULL;
    entry *event;
    while (webhook->waiting > webhook->figures.queue_length && (event = take_first(webhook))) {
        event->next = surplus;
        surplus = event;
        webhook->figures.dropped++;
    }
    return surplus;
}

static void go_on_at_once(jwkeep_webhook *webhook) {
    webhook->backoffs = 0;
    webhook->backoff_until_ms = 0;
    webhook->asked_until_ms = 0;
}

/* Under the mutex. Gives the settings that are not used any more, or NULL. A pause is for the
 * receiver that failed: another one is not made to wait. */
static jk_webhook_settings *take_settings(jwkeep_webhook *webhook) {
    jk_webhook_settings *replaced = webhook->settings;
    if (!webhook->next)
        return NULL;
    webhook->settings = webhook->next;
    webhook->next = NULL;
    if (strcmp(webhook->settings->url, replaced->url) != 0)
        go_on_at_once(webhook);
    return replaced;
}

/* What other threads have asked for is taken over; whether the end was. */
static bool take_over(jwkeep_webhook *webhook) {
    pthread_mutex_lock(&webhook->mutex);
    jk_webhook_settings *replaced = take_settings(webhook);
    if (webhook->is_hurried) {
        webhook->backoff_until_ms = 0;
        webhook->due_ms = 0; /* said anew in a moment */
        webhook->is_hurried = false;
    }
    bool is_ending = webhook->is_ending;
    if (!webhook->current && !is_ending)
        webhook->current = take_first(webhook);
    webhook->has_current = webhook->current != NULL;
    pthread_mutex_unlock(&webhook->mutex);
    jk_webhook_settings_free(replaced);
    return is_ending;
}

static void stop(jwkeep_webhook *webhook) {
    jk_transport *transport = environment_of(webhook)->transport;
    if (webhook->transfer)
        transport->methods->cancel(transport, webhook->transfer);
    webhook->transfer = NULL;
    jk_task_leave(webhook->refresher, &webhook->task);
}

static void note_due(jwkeep_webhook *webhook, int64_t due_ms) {
    pthread_mutex_lock(&webhook->mutex);
    webhook->due_ms = due_ms;
    pthread_cond_broadcast(&webhook->changed);
    pthread_mutex_unlock(&webhook->mutex);
}

/* Has the next attempt come at its time. */
static void serve(jk_task *task) {
    jwkeep_webhook *webhook = (jwkeep_webhook *)task;
    if (take_over(webhook)) {
        stop(webhook);
        return;
    }
    if (!webhook->current || webhook->transfer)
        return;
    int64_t due_ms = webhook->backoff_until_ms > webhook->asked_until_ms
                         ? webhook->backoff_until_ms
                         : webhook->asked_until_ms;
    bool is_due = due_ms <= now_ms(webhook);
    note_due(webhook, is_due ? 0 : due_ms);
    if (is_due)
        jk_task_want_download(webhook->refresher, task);
    else
        jk_task_set_timer(webhook->refresher, task, due_ms);
}

static void count_attempt(jwkeep_webhook *webhook) {
    pthread_mutex_lock(&webhook->mutex);
    webhook->figures.attempts++;
    pthread_mutex_unlock(&webhook->mutex);
    webhook->current->attempts++;
}

static void note(jwkeep_webhook *webhook, jk_verdict verdict, bool is_over,
                 const jk_response *response) {
    jwkeep_webhook_status *figures = &webhook->figures;
    pthread_mutex_lock(&webhook->mutex);
    figures->last_status = response->status;
    figures->last_error = response->error.code;
    figures->failures_in_row =
        verdict == JK_VERDICT_DELIVERED ? 0 : figures->failures_in_row + 1;
    if (verdict == JK_VERDICT_DELIVERED) {
        figures->delivered++;
        figures->last_success_ms = jk_environment_wall_ms(environment_of(webhook));
    } else if (is_over) {
        figures->failed++;
    }
    webhook->failures = verdict == JK_VERDICT_AGAIN ? webhook->failures + 1 : 0;
    webhook->has_current = !is_over;
    pthread_cond_broadcast(&webhook->changed);
    pthread_mutex_unlock(&webhook->mutex);
}

static int64_t draw_backoff_ms(jwkeep_webhook *webhook) {
    webhook->draws++;
    uint64_t random =
        jk_hash(&webhook->jitter, jwkeep_span_of(&webhook->draws, sizeof webhook->draws));
    return jk_delivery_backoff_ms(&webhook->settings->pace, webhook->backoffs, random);
}

/* The pause belongs to the receiver, not to the event: the next one waits for it, too. */
static void hold_off(jwkeep_webhook *webhook, const jk_response *response) {
    int64_t wall_s = jk_environment_wall_ms(environment_of(webhook)) / 1000;
    int64_t retry_after_s =
        response->status ? jk_cache_retry_after_s(&response->cache, wall_s) : 0;
    webhook->backoffs++;
    webhook->backoff_until_ms = now_ms(webhook) + draw_backoff_ms(webhook);
    webhook->asked_until_ms =
        now_ms(webhook) + jk_delivery_asked_ms(&webhook->settings->pace, retry_after_s);
}

static void tell_failure(const jwkeep_webhook *webhook, const jk_response *response) {
    const jk_webhook_settings *settings = webhook->settings;
    const jwkeep_webhook_failure failure = {.id = id_of(webhook->current),
                                            .attempts = webhook->current->attempts,
                                            .status = response->status,
                                            .error = &response->error};
    if (settings->on_failure)
        settings->on_failure(settings->user, &failure);
}

static void settle(jwkeep_webhook *webhook, const jk_response *response) {
    jk_verdict verdict = jk_delivery_judge(response->error.code, response->status);
    bool is_over = verdict != JK_VERDICT_AGAIN ||
                   webhook->current->attempts >= webhook->settings->attempts;
    if (verdict == JK_VERDICT_AGAIN || response->status == 0)
        hold_off(webhook, response);
    else
        go_on_at_once(webhook);
    if (verdict != JK_VERDICT_DELIVERED && is_over)
        tell_failure(webhook, response);
    if (is_over) {
        jk_free(webhook->current);
        webhook->current = NULL;
    }
    note(webhook, verdict, is_over, response);
    serve(&webhook->task);
}

static void take_answer(void *user, const jk_response *response) {
    jwkeep_webhook *webhook = user;
    webhook->transfer = NULL;
    jk_task_end_download(webhook->refresher, &webhook->task);
    settle(webhook, response);
}

static jwkeep_code start_attempt(jwkeep_webhook *webhook, jwkeep_error *error) {
    const jk_environment *environment = environment_of(webhook);
    const jk_webhook_settings *settings = webhook->settings;
    jk_webhook_lines lines;
    jwkeep_code code =
        jk_webhook_sign(settings, id_of(webhook->current), body_of(webhook->current),
                        jk_environment_wall_ms(environment) / 1000, &lines, error);
    if (code)
        return code;
    const char *const headers[] = {lines.id, lines.timestamp, lines.signature, NULL};
    const jk_request request = {.url = settings->url,
                                .route = &settings->route,
                                .max_body_bytes = MAX_ANSWER_BYTES,
                                .connect_timeout_ms = settings->connect_timeout_ms,
                                .total_timeout_ms = settings->timeout_ms,
                                .content = body_of(webhook->current),
                                .headers = headers};
    return environment->transport->methods->start(environment->transport, &request, take_answer,
                                                  webhook, &webhook->transfer, error);
}

/* What cannot be begun is as good as unanswered: it is tried again after a pause. */
static bool begin(jk_task *task) {
    jwkeep_webhook *webhook = (jwkeep_webhook *)task;
    jk_response none = {0};
    count_attempt(webhook);
    if (start_attempt(webhook, &none.error) == JWKEEP_OK)
        return true;
    settle(webhook, &none);
    return false;
}

static void free_parts(jwkeep_webhook *webhook) {
    free_entries(webhook->first);
    jk_free(webhook->current);
    jk_webhook_settings_free(webhook->next);
    jk_webhook_settings_free(webhook->settings);
    pthread_cond_destroy(&webhook->changed);
    pthread_mutex_destroy(&webhook->mutex);
    jk_free(webhook);
}

/* Without random bytes receivers may be asked in step: a pity, no harm. */
static void init_jitter(jwkeep_webhook *webhook, const jk_environment *environment) {
    if (environment->seed || !jk_hash_key_random(&webhook->jitter))
        webhook->jitter = (jk_hash_key){.k0 = environment->seed};
}

static jwkeep_code make(const jwkeep_webhook_options *options,
                        const jk_environment *environment, jwkeep_webhook **ret_webhook,
                        jwkeep_error *error) {
    jk_webhook_settings *settings;
    jwkeep_code code = jk_webhook_settings_new(options, &settings, error);
    if (code)
        return code;
    jwkeep_webhook *webhook = jk_alloc_zeroed(1, sizeof *webhook);
    if (!webhook) {
        jk_webhook_settings_free(settings);
        return jk_fail(error, JWKEEP_OUT_OF_MEMORY);
    }
    webhook->task.serve = serve;
    webhook->task.begin = begin;
    webhook->settings = settings;
    webhook->figures.queue_length = settings->queue_length;
    init_jitter(webhook, environment);
    pthread_mutex_init(&webhook->mutex, NULL);
    jk_clock_init_condition(&webhook->changed);
    *ret_webhook = webhook;
    return JWKEEP_OK;
}

jwkeep_code jk_webhook_new_in(const jk_environment *environment, bool has_thread,
                              const jwkeep_webhook_options *options,
                              jwkeep_webhook **ret_webhook, jwkeep_error *error) {
    jwkeep_webhook *webhook;
    jwkeep_code code = make(options, environment, &webhook, error);
    if (code) {
        environment->transport->methods->free(environment->transport);
        return code;
    }
    code = jk_refresher_new_in(environment, 1, has_thread, &webhook->refresher, error);
    if (code)
        free_parts(webhook);
    else
        *ret_webhook = webhook;
    return code;
}

jwkeep_code jwkeep_webhook_new(const jwkeep_webhook_options *options,
                               jwkeep_webhook **ret_webhook, jwkeep_error *error) {
    jk_environment environment;
    jwkeep_code code = jk_environment_system(&environment, error);
    return code ? code : jk_webhook_new_in(&environment, true, options, ret_webhook, error);
}

jwkeep_code jwkeep_webhook_configure(jwkeep_webhook *webhook,
                                     const jwkeep_webhook_options *options,
                                     jwkeep_error *error) {
    jk_webhook_settings *next;
    jwkeep_code code = jk_webhook_settings_new(options, &next, error);
    if (code)
        return code;
    if (!jk_refresher_is_ours(webhook->refresher)) {
        jk_webhook_settings_free(next);
        return jk_fail(error, JWKEEP_MISUSE_STATE);
    }
    pthread_mutex_lock(&webhook->mutex);
    jk_webhook_settings *overtaken = webhook->next;
    webhook->next = next;
    webhook->figures.queue_length = next->queue_length;
    entry *surplus = take_surplus(webhook);
    pthread_mutex_unlock(&webhook->mutex);
    jk_webhook_settings_free(overtaken);
    free_entries(surplus);
    jk_task_kick(webhook->refresher, &webhook->task);
    return JWKEEP_OK;
}

/* Nothing that could end a header line, nor the part that is signed: no dot. */
static bool is_id(jwkeep_span id) {
    if (!id.size || id.size > JWKEEP_WEBHOOK_MAX_ID_BYTES)
        return false;
    for (size_t i = 0; i < id.size; i++) {
        uint8_t c = id.data[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
              c == '-' || c == '_'))
            return false;
    }
    return true;
}

static jwkeep_code check_event(jwkeep_span id, jwkeep_span body, jwkeep_error *error) {
    const char *where = NULL;
    if (!is_id(id))
        where = "id";
    else if (!body.size || body.size > JWKEEP_WEBHOOK_MAX_BODY_BYTES)
        where = "body";
    return where ? jk_fail_at(error, JWKEEP_MISUSE_ARGUMENT, where, NULL, JWKEEP_NO_OFFSET)
                 : JWKEEP_OK;
}

/* `event` NULL: there was no memory for it. */
static jwkeep_code queue_up(jwkeep_webhook *webhook, entry *event, jwkeep_error *error) {
    entry *dropped = event;
    pthread_mutex_lock(&webhook->mutex);
    bool is_taken = event && !webhook->is_closed;
    if (is_taken) {
        append(webhook, event);
        dropped = take_surplus(webhook);
    } else {
        webhook->figures.dropped++;
    }
    pthread_mutex_unlock(&webhook->mutex);
    free_entries(dropped);
    if (is_taken)
        return JWKEEP_OK;
    return jk_fail(error, event ? JWKEEP_MISUSE_STATE : JWKEEP_OUT_OF_MEMORY);
}

jwkeep_code jwkeep_webhook_post(jwkeep_webhook *webhook, jwkeep_span id, jwkeep_span body,
                                jwkeep_error *error) {
    jwkeep_code code = check_event(id, body, error);
    if (code)
        return code;
    if (!jk_refresher_is_ours(webhook->refresher))
        return jk_fail(error, JWKEEP_MISUSE_STATE);
    code = queue_up(webhook, make_entry(id, body), error);
    if (code == JWKEEP_OK)
        jk_task_kick(webhook->refresher, &webhook->task);
    return code;
}

/* Under the mutex. */
static size_t count_queued(const jwkeep_webhook *webhook) {
    return webhook->waiting + webhook->has_current;
}

/* Under the mutex: whether something may be delivered yet. What the thread has said of its next
 * attempt does not count before it has heard of the haste. */
static bool is_hopeful(const jwkeep_webhook *webhook, int64_t deadline_ms) {
    return count_queued(webhook) > 0 && webhook->failures < JWKEEP_WEBHOOK_DRAIN_FAILURES &&
           (webhook->is_hurried || webhook->due_ms <= deadline_ms);
}

static void begin_draining(jwkeep_webhook *webhook) {
    pthread_mutex_lock(&webhook->mutex);
    webhook->is_closed = true;
    webhook->is_hurried = true;
    webhook->failures = 0;
    pthread_mutex_unlock(&webhook->mutex);
    jk_task_kick(webhook->refresher, &webhook->task);
}

size_t jwkeep_webhook_drain(jwkeep_webhook *webhook, uint32_t timeout_ms) {
    const struct timespec until = jk_clock_moment(jk_clock_monotonic_ms() + timeout_ms);
    if (!jk_refresher_is_ours(webhook->refresher))
        return 0;
    int64_t deadline_ms = now_ms(webhook) + timeout_ms;
    begin_draining(webhook);
    pthread_mutex_lock(&webhook->mutex);
    int waited = 0;
    while (is_hopeful(webhook, deadline_ms) && waited == 0)
        waited = pthread_cond_timedwait(&webhook->changed, &webhook->mutex, &until);
    size_t left = count_queued(webhook);
    pthread_mutex_unlock(&webhook->mutex);
    return left;
}

void jwkeep_webhook_free(jwkeep_webhook *webhook) {
    if (!webhook || !jk_refresher_is_ours(webhook->refresher))
        return;
    pthread_mutex_lock(&webhook->mutex);
    webhook->is_ending = true;
    pthread_mutex_unlock(&webhook->mutex);
    jk_task_kick(webhook->refresher, &webhook->task);
    jwkeep_refresher_free(webhook->refresher); /* serves the kick, if its thread has not */
    free_parts(webhook);
}

void jwkeep_webhook_status_get(const jwkeep_webhook *webhook,
                               jwkeep_webhook_status *ret_status) {
    /* The mutex is no part of what a reader may see change. */
    pthread_mutex_t *mutex = &((jwkeep_webhook *)(uintptr_t)webhook)->mutex;
    bool is_ours = jk_refresher_is_ours(webhook->refresher);
    if (is_ours)
        pthread_mutex_lock(mutex);
    *ret_status = webhook->figures;
    ret_status->queued = count_queued(webhook);
    if (is_ours)
        pthread_mutex_unlock(mutex);
}
