/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns what a source shows of itself: one copy, taken under the mutex. */
#include "remote/source.h"

static jwkeep_health judge_health(const jwkeep_source *source, int64_t now_ms) {
    if (!source->policy.has_keys || now_ms >= source->policy.stale_at_ms)
        return JWKEEP_HEALTH_FAILING;
    return source->figures.last_error || source->figures.is_size_alarm ? JWKEEP_HEALTH_DEGRADED
                                                                       : JWKEEP_HEALTH_OK;
}

/* Towards the past: half a second after the end is one second past it. */
static int64_t whole_seconds(int64_t ms) {
    return ms >= 0 ? ms / 1000 : -((999 - ms) / 1000);
}

void jwkeep_source_status_get(const jwkeep_source *source, jwkeep_source_status *ret_status) {
    /* The mutex is no part of what a reader may see change. */
    pthread_mutex_t *mutex = &((jwkeep_source *)(uintptr_t)source)->mutex;
    int64_t now_ms = jk_source_now_ms(source);
    bool is_ours = jk_source_is_ours(source);
    if (is_ours)
        pthread_mutex_lock(mutex);
    jwkeep_source_status status = source->figures;
    status.health = judge_health(source, now_ms);
    bool has_keys = source->policy.has_keys;
    status.age_s = has_keys ? whole_seconds(now_ms - source->last_success_ms) : -1;
    status.expires_in_s = has_keys ? whole_seconds(source->policy.expires_at_ms - now_ms) : 0;
    jwkeep_keyset *set = jwkeep_keyring_take(source->ring, &status.generation);
    if (is_ours)
        pthread_mutex_unlock(mutex);
    status.keys = jwkeep_keyset_count(set);
    memcpy(status.set_hash, jwkeep_keyset_hash(set).data, sizeof status.set_hash);
    jwkeep_keyset_unref(set);
    *ret_status = status;
}
