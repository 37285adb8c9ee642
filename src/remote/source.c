/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the life of a source, from its making to the last one who holds it. */
#include "remote/source.h"
#include "base/allocator.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/hash.h"
#include "jose/keyring.h"
#include "sync/threads.h"

#define COLLECT_AGAIN_MS 1000 /* while a reader still uses a replaced set */

void jk_source_hold(jwkeep_source *source) {
    atomic_fetch_add_explicit(&source->holders, 1, memory_order_relaxed);
}

bool jk_source_is_ours(const jwkeep_source *source) {
    return source->fork_count == jk_fork_count();
}

static void free_parts(jwkeep_source *source) {
    jwkeep_keyring_free(source->ring);
    jk_negative_done(&source->negative);
    jk_source_settings_done(&source->settings);
    pthread_mutex_destroy(&source->mutex);
    pthread_cond_destroy(&source->changed);
    jk_free(source);
}

void jk_source_let_go(jwkeep_source *source) {
    if (atomic_fetch_sub_explicit(&source->holders, 1, memory_order_acq_rel) == 1)
        free_parts(source);
}

/* Under the mutex: when the keys will turn stale, or JK_NEVER if that has been told already. */
static int64_t stale_at(const jwkeep_source *source) {
    bool is_to_come = source->policy.has_keys && !source->is_stale_told;
    return is_to_come ? jk_policy_usable_until(&source->policy) : JK_NEVER;
}

void jk_source_reschedule(jwkeep_source *source) {
    bool is_collected = jk_keyring_collect(source->ring) == 0;
    int64_t now_ms = jk_source_now_ms(source);
    pthread_mutex_lock(&source->mutex);
    int64_t policy_ms = jk_policy_wake_at(&source->policy);
    bool is_due = policy_ms <= now_ms;
    int64_t wake_at_ms = jk_timers_next_ms(&source->deadlines);
    if (!is_due && policy_ms < wake_at_ms)
        wake_at_ms = policy_ms;
    if (stale_at(source) < wake_at_ms)
        wake_at_ms = stale_at(source);
    if (!is_collected && now_ms + COLLECT_AGAIN_MS < wake_at_ms)
        wake_at_ms = now_ms + COLLECT_AGAIN_MS;
    source->is_queued = is_due;
    source->wake_at_ms = wake_at_ms;
    pthread_mutex_unlock(&source->mutex);
    if (is_due)
        jk_task_want_download(source->refresher, &source->task);
    jk_task_set_timer(source->refresher, &source->task, wake_at_ms);
}

/* Everything that the refresher's thread does for this source ends here; the last word is
 * said under the mutex. A stopped policy with nobody waiting kicks no more: what is in the
 * refresher's lists then leaves them for good (L). */
static void detach(jwkeep_source *source) {
    jk_download_done(&source->download);
    pthread_mutex_lock(&source->mutex);
    jk_policy_stop(&source->policy);
    jk_source_settle(source);
    pthread_mutex_unlock(&source->mutex);
    jk_task_leave(source->refresher, &source->task);
    jk_source_notify(source);
    pthread_mutex_lock(&source->mutex);
    source->is_detached = true;
    bool is_abandoned = source->is_abandoned;
    pthread_cond_broadcast(&source->changed);
    pthread_mutex_unlock(&source->mutex);
    if (is_abandoned)
        jk_source_let_go(source);
}

static void serve(jk_task *task) {
    jwkeep_source *source = (jwkeep_source *)task;
    int64_t now_ms = jk_source_now_ms(source);
    pthread_mutex_lock(&source->mutex);
    bool is_detaching = source->is_detaching;
    bool turns_stale = !is_detaching && stale_at(source) <= now_ms;
    source->is_stale_told |= turns_stale;
    if (!is_detaching)
        jk_source_expire(source, now_ms);
    pthread_mutex_unlock(&source->mutex);
    if (is_detaching) {
        detach(source);
        return;
    }
    jk_source_notify(source);
    jk_source_tell_restored(source);
    if (turns_stale)
        jk_source_announce_stale(source);
    jk_source_reschedule(source);
}

static uint64_t choose_seed(const jwkeep_source *source) {
    const jk_environment *environment = jk_refresher_environment(source->refresher);
    jk_hash_key random;
    if (environment->seed)
        return environment->seed;
    if (jk_hash_key_random(&random))
        return random.k0;
    return (uint64_t)(uintptr_t)source ^ (uint64_t)jk_environment_wall_ms(environment);
}

static void init_policy(jwkeep_source *source) {
    const jwkeep_source_options *options = &source->settings.options;
    jk_policy_options policy = {
        .cooldown_ms = (int64_t)options->cooldown_s * 1000,
        .stale_limit_ms = (int64_t)options->stale_limit_s * 1000,
        .backoff_min_ms = options->backoff_min_ms,
        .backoff_max_ms = options->backoff_max_ms,
        .retry_after_max_ms = (int64_t)options->retry_after_max_s * 1000,
        .signature_ms = (int64_t)options->signature_refetch_s * 1000,
        .is_eager = options->is_eager,
    };
    jk_policy_init(&source->policy, &policy, choose_seed(source), jk_source_now_ms(source));
}

/* Without a secret to hash under, strangers could choose which names fall together: nothing is
 * remembered then. */
static void init_negative(jwkeep_source *source) {
    const jwkeep_source_options *options = &source->settings.options;
    jk_hash_key key = {0};
    bool has_key = jk_hash_key_random(&key);
    jk_negative_init(&source->negative, &key,
                     has_key ? (int64_t)options->negative_ttl_s * 1000 : 0,
                     options->negative_max);
}

static void init_download(jwkeep_source *source) {
    jk_download_options options = jk_source_download_options(&source->settings);
    options.on_skip = jk_source_on_skip;
    options.on_done = jk_source_on_download;
    options.user = source;
    jk_download_init(&source->download, &options, jk_refresher_environment(source->refresher));
}

static void init_parts(jwkeep_source *source, jwkeep_refresher *refresher) {
    source->task.serve = serve;
    source->task.begin = jk_source_begin_flight;
    source->refresher = refresher;
    source->fork_count = jk_fork_count();
    source->wake_at_ms = INT64_MAX;
    source->emptied_at_ms = JK_NEVER;
    atomic_init(&source->holders, 1);
    atomic_init(&source->usable_until_ms, INT64_MIN);
    pthread_mutex_init(&source->mutex, NULL);
    jk_clock_init_condition(&source->changed);
    init_policy(source);
    init_negative(source);
    init_download(source);
}

jwkeep_code jwkeep_source_new(jwkeep_refresher *refresher, const jwkeep_source_options *options,
                              jwkeep_source **ret_source, jwkeep_error *error) {
    return jk_source_new_after(refresher, options, NULL, ret_source, error);
}

jwkeep_code jk_source_new_after(jwkeep_refresher *refresher,
                                const jwkeep_source_options *options, jwkeep_source *before,
                                jwkeep_source **ret_source, jwkeep_error *error) {
    if (!jk_refresher_is_ours(refresher))
        return jk_fail(error, JWKEEP_KEYS_SHUTDOWN);
    jwkeep_source *source = jk_alloc_zeroed(1, sizeof *source);
    if (!source)
        return jk_fail(error, JWKEEP_OUT_OF_MEMORY);
    jwkeep_code code = jk_source_settings_init(&source->settings, options, error);
    if (code == JWKEEP_OK)
        code = jwkeep_keyring_new(NULL, &source->ring, error);
    if (code) {
        jk_source_settings_done(&source->settings);
        jk_free(source);
        return code;
    }
    init_parts(source, refresher);
    if (before)
        code = jk_source_inherit(source, before, error);
    if (code) {
        free_parts(source);
        return code;
    }
    jk_source_restore(source);
    bool is_restore_due = source->is_restore_due;
    *ret_source = source;
    pthread_mutex_lock(&source->mutex);
    jk_source_kick_if_due(source);
    if (is_restore_due)
        jk_task_kick(refresher, &source->task);
    pthread_mutex_unlock(&source->mutex);
    return JWKEEP_OK;
}

static void wait_until_detached(jwkeep_source *source) {
    pthread_mutex_lock(&source->mutex);
    while (!source->is_detached)
        pthread_cond_wait(&source->changed, &source->mutex);
    pthread_mutex_unlock(&source->mutex);
}

static void ask_for_end(jwkeep_source *source, bool is_abandoned) {
    pthread_mutex_lock(&source->mutex);
    source->is_detaching = true;
    source->is_abandoned = is_abandoned;
    /* Under the mutex: a refresher that serves the source on its own account finds the kick
     * in its list, and takes it out, when it sees that the source is to end (L). */
    jk_task_kick(source->refresher, &source->task);
    pthread_mutex_unlock(&source->mutex);
}

void jk_source_abandon(jwkeep_source *source) {
    if (jk_source_is_ours(source))
        ask_for_end(source, true);
}

void jwkeep_source_free(jwkeep_source *source) {
    if (!source || !jk_source_is_ours(source))
        return;
    ask_for_end(source, false);
    if (!jk_refresher_has_thread(source->refresher))
        jk_refresher_turn(source->refresher);
    wait_until_detached(source);
    jk_source_let_go(source);
}

void jk_source_kick_if_due(jwkeep_source *source) {
    int64_t wake_at_ms = jk_timers_next_ms(&source->deadlines);
    int64_t policy_ms = jk_policy_wake_at(&source->policy);
    if (!source->is_queued && policy_ms < wake_at_ms)
        wake_at_ms = policy_ms;
    if (wake_at_ms >= source->wake_at_ms)
        return;
    source->wake_at_ms = wake_at_ms;
    jk_task_kick(source->refresher, &source->task);
}

const jwkeep_keyring *jwkeep_source_ring(const jwkeep_source *source) {
    return source->ring;
}

jwkeep_code jwkeep_source_check(const jwkeep_source *source) {
    int64_t until_ms = atomic_load_explicit(&source->usable_until_ms, memory_order_acquire);
    if (until_ms == INT64_MIN)
        return JWKEEP_KEYS_NOT_LOADED;
    return jk_source_now_ms(source) < until_ms ? JWKEEP_OK : JWKEEP_KEYS_STALE;
}

void jwkeep_source_refresh(jwkeep_source *source) {
    if (!jk_source_is_ours(source))
        return;
    pthread_mutex_lock(&source->mutex);
    jk_policy_request(&source->policy, jk_source_now_ms(source));
    jk_source_kick_if_due(source);
    pthread_mutex_unlock(&source->mutex);
}
