/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns what a source does with its snapshot file: keys from it at the start, and a new one
 * after each good download. Whatever fails here is told and counted, and changes nothing
 * else. */
#include "base/error.h"
#include "remote/snapshot.h"
#include "remote/source.h"

static jk_snapshot_place place_of(const jwkeep_source *source) {
    const jk_source_settings *settings = &source->settings;
    return (jk_snapshot_place){.file = settings->snapshot_file,
                               .origin = settings->url ? settings->url : settings->issuer,
                               .limits = &settings->limits};
}

static void tell(jwkeep_source *source, jwkeep_event_kind kind, const jwkeep_error *error) {
    const jwkeep_source_options *options = &source->settings.options;
    jwkeep_keyset *set = jwkeep_keyring_take(source->ring, NULL);
    jwkeep_event event = {.kind = kind,
                          .source = source,
                          .url = place_of(source).origin,
                          .trigger = source->flight.trigger,
                          .generation = jwkeep_keyring_generation(source->ring),
                          .count = jwkeep_keyset_count(set),
                          .error = error};
    if (options->on_event)
        options->on_event(options->user, &event);
    jwkeep_keyset_unref(set);
}

/* What the file says is bounded by what the options say now. */
static int64_t clamp_lifetime(const jwkeep_source_options *options, int64_t lifetime_ms) {
    int64_t low_ms = (int64_t)options->lifetime_min_s * 1000;
    int64_t high_ms = (int64_t)options->lifetime_max_s * 1000;
    return lifetime_ms < low_ms ? low_ms : lifetime_ms > high_ms ? high_ms : lifetime_ms;
}

/* R23: refused past the stale limit; and before its own time, since its age is not known. */
static jwkeep_code check_age(const jwkeep_source *source, int64_t wall_ms,
                             const jk_snapshot *snapshot, jwkeep_error *error) {
    const jwkeep_source_options *options = &source->settings.options;
    int64_t good_ms =
        clamp_lifetime(options, snapshot->lifetime_ms) + (int64_t)options->stale_limit_s * 1000;
    if (snapshot->fetched_at_ms < 0 || snapshot->fetched_at_ms > wall_ms)
        return jk_fail_text(error, JWKEEP_KEYSET_INVALID, "the snapshot is from the future",
                            "snapshot_file", NULL);
    if (wall_ms - snapshot->fetched_at_ms >= good_ms)
        return jk_fail_at(error, JWKEEP_KEYS_STALE, "snapshot_file", NULL, JWKEEP_NO_OFFSET);
    return JWKEEP_OK;
}

static void use(jwkeep_source *source, int64_t wall_ms, const jk_snapshot *snapshot) {
    int64_t now_ms = jk_source_now_ms(source);
    int64_t age_ms = wall_ms - snapshot->fetched_at_ms;
    jk_policy_restore(&source->policy, now_ms, age_ms,
                      clamp_lifetime(&source->settings.options, snapshot->lifetime_ms));
    source->figures.last_success_ms = snapshot->fetched_at_ms;
    source->last_success_ms = now_ms - age_ms;
    /* After the set was published, as at the end of a download (I). */
    atomic_store_explicit(&source->usable_until_ms, jk_policy_usable_until(&source->policy),
                          memory_order_release);
}

void jk_source_restore(jwkeep_source *source) {
    const jk_environment *environment = jk_refresher_environment(source->refresher);
    int64_t wall_ms = jk_environment_wall_ms(environment);
    jk_snapshot_place place = place_of(source);
    jk_snapshot snapshot = {0};
    if (!place.file)
        return;
    jwkeep_error *error = &source->restore_error;
    jwkeep_code code = jk_snapshot_read(&place, &snapshot, error);
    if (code == JWKEEP_OK)
        code = check_age(source, wall_ms, &snapshot, error);
    if (code == JWKEEP_OK)
        code = jwkeep_keyring_replace(source->ring, snapshot.set, 0, error);
    if (code == JWKEEP_OK)
        use(source, wall_ms, &snapshot);
    else if (code != JWKEEP_NOT_FOUND)
        source->figures.snapshots_failed++;
    source->is_restore_due = code != JWKEEP_NOT_FOUND;
    jwkeep_keyset_unref(snapshot.set);
}

void jk_source_tell_restored(jwkeep_source *source) {
    if (!source->is_restore_due)
        return;
    source->is_restore_due = false;
    bool is_restored = source->restore_error.code == JWKEEP_OK;
    tell(source, is_restored ? JWKEEP_EVENT_RESTORED : JWKEEP_EVENT_SNAPSHOT_FAILED,
         is_restored ? NULL : &source->restore_error);
}

void jk_source_keep(jwkeep_source *source, int64_t lifetime_ms) {
    jk_snapshot_place place = place_of(source);
    jwkeep_error error;
    if (!place.file)
        return;
    const jk_environment *environment = jk_refresher_environment(source->refresher);
    jk_snapshot snapshot = {.set = jwkeep_keyring_take(source->ring, NULL),
                            .fetched_at_ms = jk_environment_wall_ms(environment),
                            .lifetime_ms = lifetime_ms};
    jwkeep_code code = jk_snapshot_write(&place, &snapshot, &error);
    jwkeep_keyset_unref(snapshot.set);
    if (code == JWKEEP_OK)
        return;
    pthread_mutex_lock(&source->mutex);
    source->figures.snapshots_failed++;
    pthread_mutex_unlock(&source->mutex);
    tell(source, JWKEEP_EVENT_SNAPSHOT_FAILED, &error);
}
