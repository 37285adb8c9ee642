/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns what a new source takes over from one of the same issuer and options, which goes on
 * itself: keys, times, figures. Not what its downloads learned (validators, where the keys
 * are): that belongs to another thread. */
#include "remote/source.h"

/* What a source has come to, of one moment. The set may be newer than the times are, where a
 * download has just ended; never older. */
typedef struct estate {
    jk_policy policy;
    jwkeep_source_status figures;
    int64_t last_success_ms;
    jwkeep_error last_error;
    bool is_stale_told;
    jwkeep_keyset *set;
} estate;

static estate look_at(jwkeep_source *before) {
    pthread_mutex_lock(&before->mutex);
    estate found = {.policy = before->policy,
                    .figures = before->figures,
                    .last_success_ms = before->last_success_ms,
                    .last_error = before->last_error,
                    .is_stale_told = before->is_stale_told,
                    .set = jwkeep_keyring_take(before->ring, NULL)};
    pthread_mutex_unlock(&before->mutex);
    return found;
}

static void take_over(jwkeep_source *source, const estate *found) {
    jk_policy_inherit(&source->policy, jk_source_now_ms(source), &found->policy);
    source->figures = found->figures;
    source->figures.waiters = 0;
    source->last_success_ms = found->last_success_ms;
    source->last_error = found->last_error;
    source->is_stale_told = found->is_stale_told;
    /* After the set was published, as at the end of a download (I). */
    atomic_store_explicit(&source->usable_until_ms, jk_policy_usable_until(&source->policy),
                          memory_order_release);
}

jwkeep_code jk_source_inherit(jwkeep_source *source, jwkeep_source *before,
                              jwkeep_error *error) {
    if (!jk_source_is_ours(before))
        return JWKEEP_OK;
    estate found = look_at(before);
    jwkeep_code code = JWKEEP_OK;
    if (found.policy.has_keys) {
        code = jwkeep_keyring_replace(source->ring, found.set, 0, error);
        if (code == JWKEEP_OK)
            take_over(source, &found);
    }
    jwkeep_keyset_unref(found.set);
    return code;
}
