/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns those who wait for a source: calls that block and lookups that are told. The answers
 * are the policy's; here is who is in the list, who is woken, and when a lookup may go. */
#include "base/allocator.h"
#include "base/clock.h"
#include "base/error.h"
#include "remote/source.h"
#include <time.h>

struct jwkeep_lookup {
    jk_waiter waiter;
    jwkeep_source *source;
    jwkeep_lookup_notify notify;
    void *user;
    uint8_t kid[]; /* the waiter's */
};

static void append(jk_waiter_list *list, jk_waiter *waiter) {
    waiter->next = NULL;
    waiter->before = list->last;
    if (list->last)
        list->last->next = waiter;
    else
        list->first = waiter;
    list->last = waiter;
}

static void take_out(jk_waiter_list *list, jk_waiter *waiter) {
    if (waiter->before)
        waiter->before->next = waiter->next;
    else
        list->first = waiter->next;
    if (waiter->next)
        waiter->next->before = waiter->before;
    else
        list->last = waiter->before;
}

static void stop_waiting(jwkeep_source *source, jk_waiter *waiter) {
    take_out(&source->waiting, waiter);
    jk_timers_clear(&source->deadlines, &waiter->deadline);
    source->figures.waiters--;
}

/* Out of the list without an answer from the policy, which still may owe it a flight. */
static void leave(jwkeep_source *source, const jk_waiter *waiter) {
    jk_policy_leave(&source->policy, waiter->decided_by, jwkeep_span_is_present(waiter->kid));
}

/* What is told about `code`: of a failed download, what was wrong with it. */
static jwkeep_error describe(const jwkeep_source *source, jwkeep_code code) {
    jwkeep_error described;
    if (code == JWKEEP_KEYS_FETCH_FAILED && source->last_error.text)
        (void)jk_fail_text(&described, code, source->last_error.text, source->last_error.where,
                           source->last_error.clause);
    else
        (void)jk_fail(&described, code);
    if (code == JWKEEP_OK)
        described = (jwkeep_error){0};
    return described;
}

static void answer(jwkeep_source *source, jk_waiter *waiter, jwkeep_code code) {
    stop_waiting(source, waiter);
    waiter->answer = describe(source, code);
    source->figures.stale_answers += code == JWKEEP_KEYS_STALE;
    if (waiter->wake) {
        waiter->state = JK_WAITER_DONE;
        pthread_cond_signal(waiter->wake);
        return;
    }
    waiter->state = JK_WAITER_ANSWERED;
    append(&source->answered, waiter);
}

/* R6: what the issuer itself was asked for and did not bring. The answer to a flight that may
 * have come from a cache on the way proves nothing. */
static void remember_missing(jwkeep_source *source, const jk_waiter *waiter, int64_t now_ms) {
    if (source->flight.is_forced)
        jk_negative_add(&source->negative, waiter->kid, now_ms);
}

static void answer_late(jwkeep_source *source, jk_waiter *waiter) {
    leave(source, waiter);
    answer(source, waiter, JWKEEP_KEYS_TIMEOUT);
}

void jk_source_settle(jwkeep_source *source) {
    jwkeep_keyset *set = jwkeep_keyring_take(source->ring, NULL);
    int64_t now_ms = jk_source_now_ms(source);
    for (jk_waiter *waiter = source->waiting.first, *next; waiter; waiter = next) {
        next = waiter->next;
        bool is_by_kid = jwkeep_span_is_present(waiter->kid);
        bool is_present = is_by_kid && jwkeep_keyset_find(set, waiter->kid);
        jwkeep_code code = jk_policy_settle(&source->policy, now_ms, waiter->decided_by,
                                            is_by_kid, is_present);
        if (code == JWKEEP_KID_UNKNOWN)
            remember_missing(source, waiter, now_ms);
        if (code != JWKEEP_PENDING)
            answer(source, waiter, code);
    }
    jwkeep_keyset_unref(set);
}

static jk_waiter *waiter_of(jk_timer *deadline) {
    return (jk_waiter *)(void *)((char *)deadline - offsetof(jk_waiter, deadline));
}

void jk_source_expire(jwkeep_source *source, int64_t now_ms) {
    while (jk_timers_next_ms(&source->deadlines) <= now_ms)
        answer_late(source, waiter_of(jk_timers_first(&source->deadlines)));
}

void jk_source_notify(jwkeep_source *source) {
    pthread_mutex_lock(&source->mutex);
    while (source->answered.first) {
        jk_waiter *waiter = source->answered.first;
        jwkeep_lookup *lookup = (jwkeep_lookup *)waiter;
        take_out(&source->answered, waiter);
        waiter->state = JK_WAITER_NOTIFYING;
        pthread_mutex_unlock(&source->mutex);
        lookup->notify(lookup->user);
        pthread_mutex_lock(&source->mutex);
        /* From here, once the mutex is free, the lookup may be gone. */
        waiter->state = JK_WAITER_DONE;
        pthread_cond_broadcast(&source->changed);
    }
    pthread_mutex_unlock(&source->mutex);
}

/* What can be said without the mutex; PENDING for all the rest. */
static jwkeep_code look(const jwkeep_source *source, jwkeep_span kid, jwkeep_error *error) {
    bool is_by_kid = jwkeep_span_is_present(kid);
    if (is_by_kid && kid.size > source->settings.limits.max_kid_bytes)
        return jk_fail_at(error, JWKEEP_KID_TOO_LONG, "kid", "RFC 7515 §4.1.4",
                          JWKEEP_NO_OFFSET);
    if (jwkeep_source_check(source) == JWKEEP_OK &&
        (!is_by_kid || jwkeep_keyring_has(source->ring, kid)))
        return JWKEEP_OK;
    if (!jk_source_is_ours(source))
        return jk_fail(error, JWKEEP_KEYS_SHUTDOWN);
    return JWKEEP_PENDING;
}

/* Under the mutex. R6: a name that is known to be missing takes no place among those who
 * wait. */
static jk_answer ask(jwkeep_source *source, jwkeep_span kid) {
    int64_t now_ms = jk_source_now_ms(source);
    bool is_by_kid = jwkeep_span_is_present(kid);
    bool is_present = is_by_kid && jwkeep_keyring_has(source->ring, kid);
    if (is_by_kid && !is_present && jk_negative_has(&source->negative, kid, now_ms) &&
        jk_policy_refuses_missing(&source->policy, now_ms)) {
        source->figures.negative_rejections++;
        return (jk_answer){.code = JWKEEP_KID_UNKNOWN};
    }
    jk_answer said = jk_policy_lookup(&source->policy, now_ms, is_by_kid, is_present);
    source->figures.cooldown_rejections += said.code == JWKEEP_KID_UNKNOWN;
    source->figures.stale_answers += said.code == JWKEEP_KEYS_STALE;
    return said;
}

/* Under the mutex. R17: a name that is there, and a signature that is not its key's. */
static jk_answer ask_suspect(jwkeep_source *source) {
    jk_answer said = jk_policy_suspect(&source->policy, jk_source_now_ms(source));
    if (said.code == JWKEEP_OK)
        said.code = JWKEEP_NOT_FOUND;
    return said;
}

/* Under the mutex: asks the policy, and has `waiter` wait if that is the answer. */
static jwkeep_code join(jwkeep_source *source, jk_waiter *waiter, jwkeep_error *error) {
    jk_answer said = waiter->is_suspect ? ask_suspect(source) : ask(source, waiter->kid);
    jwkeep_code code = said.code;
    waiter->decided_by = said.decided_by;
    if (code == JWKEEP_PENDING &&
        source->figures.waiters >= source->settings.options.max_waiters) {
        leave(source, waiter);
        code = JWKEEP_KEYS_BUSY;
    }
    if (code == JWKEEP_PENDING) {
        append(&source->waiting, waiter);
        source->figures.waiters++;
        source->figures.waiters_coalesced += said.is_shared;
    } else if (code != JWKEEP_OK && code != JWKEEP_NOT_FOUND && error) {
        *error = describe(source, code);
    }
    return code;
}

/* Under the mutex. */
static jwkeep_code wait_for_answer(jwkeep_source *source, jk_waiter *waiter,
                                   const struct timespec *until, jwkeep_error *error) {
    int waited = 0;
    while (waiter->state == JK_WAITER_WAITING && waited == 0)
        waited = pthread_cond_timedwait(waiter->wake, &source->mutex, until);
    if (waiter->state == JK_WAITER_WAITING)
        answer_late(source, waiter);
    if (waiter->answer.code && error)
        *error = waiter->answer;
    return waiter->answer.code;
}

/* `waiter->wake` is its caller's, and made and undone here. */
static jwkeep_code join_and_wait(jwkeep_source *source, jk_waiter *waiter, uint32_t timeout_ms,
                                 jwkeep_error *error) {
    struct timespec until = jk_clock_moment(jk_clock_monotonic_ms() +
                                            (timeout_ms ? timeout_ms : JWKEEP_WAIT_TIMEOUT_MS));
    jk_clock_init_condition(waiter->wake);
    jk_source_hold(source);
    pthread_mutex_lock(&source->mutex);
    jwkeep_code code = join(source, waiter, error);
    jk_source_kick_if_due(source);
    if (code == JWKEEP_PENDING)
        code = wait_for_answer(source, waiter, &until, error);
    pthread_mutex_unlock(&source->mutex);
    pthread_cond_destroy(waiter->wake);
    jk_source_let_go(source);
    return code;
}

jwkeep_code jwkeep_source_lookup(jwkeep_source *source, jwkeep_span kid, uint32_t timeout_ms,
                                 jwkeep_error *error) {
    pthread_cond_t wake;
    jk_waiter waiter = {.kid = kid, .wake = &wake};
    jwkeep_code code = look(source, kid, error);
    return code == JWKEEP_PENDING ? join_and_wait(source, &waiter, timeout_ms, error) : code;
}

/* What can be said without the mutex of a bad signature. */
static jwkeep_code look_suspect(const jwkeep_source *source, jwkeep_error *error) {
    if (!jk_source_refetches(source))
        return JWKEEP_NOT_FOUND;
    return jk_source_is_ours(source) ? JWKEEP_PENDING : jk_fail(error, JWKEEP_KEYS_SHUTDOWN);
}

jwkeep_code jk_source_suspect(jwkeep_source *source, uint32_t timeout_ms, jwkeep_error *error) {
    pthread_cond_t wake;
    jk_waiter waiter = {.is_suspect = true, .wake = &wake};
    jwkeep_code code = look_suspect(source, error);
    return code == JWKEEP_PENDING ? join_and_wait(source, &waiter, timeout_ms, error) : code;
}

/* Under the mutex. */
static jwkeep_code wait_until_usable(jwkeep_source *source, const struct timespec *until,
                                     jwkeep_error *error) {
    int waited = 0;
    while (jwkeep_source_check(source) != JWKEEP_OK && !source->is_detaching && waited == 0)
        waited = pthread_cond_timedwait(&source->changed, &source->mutex, until);
    if (jwkeep_source_check(source) == JWKEEP_OK)
        return JWKEEP_OK;
    jwkeep_code code =
        source->policy.has_failed ? JWKEEP_KEYS_FETCH_FAILED : JWKEEP_KEYS_TIMEOUT;
    if (source->is_detaching)
        code = JWKEEP_KEYS_SHUTDOWN;
    if (error)
        *error = describe(source, code);
    return code;
}

jwkeep_code jk_source_wait_usable(jwkeep_source *source, int64_t until_ms,
                                  jwkeep_error *error) {
    struct timespec until = jk_clock_moment(until_ms);
    if (jwkeep_source_check(source) == JWKEEP_OK)
        return JWKEEP_OK;
    if (!jk_source_is_ours(source))
        return jk_fail(error, JWKEEP_KEYS_SHUTDOWN);
    jk_source_hold(source);
    pthread_mutex_lock(&source->mutex);
    jwkeep_code code = wait_until_usable(source, &until, error);
    pthread_mutex_unlock(&source->mutex);
    jk_source_let_go(source);
    return code;
}

static jwkeep_lookup *make_lookup(jwkeep_source *source, jwkeep_span kid,
                                  jwkeep_lookup_notify notify, void *user) {
    jwkeep_lookup *lookup = jk_alloc_zeroed(1, sizeof *lookup + kid.size);
    if (!lookup)
        return NULL;
    if (kid.size)
        memcpy(lookup->kid, kid.data, kid.size);
    if (jwkeep_span_is_present(kid))
        lookup->waiter.kid = jwkeep_span_of(lookup->kid, kid.size);
    lookup->source = source;
    lookup->notify = notify;
    lookup->user = user;
    return lookup;
}

/* Takes `lookup` over; NULL: there was no memory for it. */
static jwkeep_code begin(jwkeep_source *source, jwkeep_lookup *lookup, uint32_t timeout_ms,
                         jwkeep_lookup **ret_lookup, jwkeep_error *error) {
    if (!lookup)
        return jk_fail(error, JWKEEP_OUT_OF_MEMORY);
    int64_t until_ms =
        jk_source_now_ms(source) + (timeout_ms ? timeout_ms : JWKEEP_WAIT_TIMEOUT_MS);
    pthread_mutex_lock(&source->mutex);
    jwkeep_code code = join(source, &lookup->waiter, error);
    if (code == JWKEEP_PENDING) {
        jk_source_hold(source);
        jk_timers_set(&source->deadlines, &lookup->waiter.deadline, until_ms);
        *ret_lookup = lookup; /* before it can be told of */
    }
    jk_source_kick_if_due(source);
    pthread_mutex_unlock(&source->mutex);
    if (code != JWKEEP_PENDING)
        jk_free(lookup);
    return code;
}

jwkeep_code jwkeep_source_lookup_begin(jwkeep_source *source, jwkeep_span kid,
                                       uint32_t timeout_ms, jwkeep_lookup_notify notify,
                                       void *user, jwkeep_lookup **ret_lookup,
                                       jwkeep_error *error) {
    jwkeep_code code = look(source, kid, error);
    if (code != JWKEEP_PENDING)
        return code;
    return begin(source, make_lookup(source, kid, notify, user), timeout_ms, ret_lookup, error);
}

jwkeep_code jk_source_suspect_begin(jwkeep_source *source, uint32_t timeout_ms,
                                    jwkeep_lookup_notify notify, void *user,
                                    jwkeep_lookup **ret_lookup, jwkeep_error *error) {
    jwkeep_code code = look_suspect(source, error);
    if (code != JWKEEP_PENDING)
        return code;
    jwkeep_lookup *lookup = make_lookup(source, JWKEEP_SPAN_NONE, notify, user);
    if (lookup)
        lookup->waiter.is_suspect = true;
    return begin(source, lookup, timeout_ms, ret_lookup, error);
}

jwkeep_code jwkeep_lookup_result(const jwkeep_lookup *lookup, jwkeep_error *error) {
    if (!jk_source_is_ours(lookup->source))
        return jk_fail(error, JWKEEP_KEYS_SHUTDOWN);
    pthread_mutex_lock(&lookup->source->mutex);
    bool is_answered = lookup->waiter.state != JK_WAITER_WAITING;
    jwkeep_error answer = lookup->waiter.answer;
    pthread_mutex_unlock(&lookup->source->mutex);
    if (!is_answered)
        return JWKEEP_PENDING;
    if (answer.code && error)
        *error = answer;
    return answer.code;
}

void jwkeep_lookup_free(jwkeep_lookup *lookup) {
    if (!lookup || !jk_source_is_ours(lookup->source))
        return;
    jwkeep_source *source = lookup->source;
    jk_waiter *waiter = &lookup->waiter;
    pthread_mutex_lock(&source->mutex);
    if (waiter->state == JK_WAITER_WAITING) {
        leave(source, waiter);
        stop_waiting(source, waiter);
    } else if (waiter->state == JK_WAITER_ANSWERED) {
        take_out(&source->answered, waiter);
    }
    while (waiter->state == JK_WAITER_NOTIFYING)
        pthread_cond_wait(&source->changed, &source->mutex);
    pthread_mutex_unlock(&source->mutex);
    jk_free(lookup);
    jk_source_let_go(source);
}
