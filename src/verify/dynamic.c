/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the tables: what is found in them without a lock, what goes in and out under the
 * mutex. */
#include "verify/dynamic.h"
#include "base/allocator.h"
#include "base/error.h"
#include "remote/source.h"
#include "sync/threads.h"

#define SHARD_SHIFT                                                                            \
    58 /* the upper 6 bits of a hash choose the table, the lower ones the place */
_Static_assert(JK_DYNAMIC_SHARDS == 1u << (64 - SHARD_SHIFT), "one table for each value");

#define TOUCH_MS 1000 /* uses within it are one */
#define LOOK_AGAIN_MS 1000

/* Open addressing, never more than half full. Does not change once it is published. */
typedef struct table {
    size_t count;
    size_t mask;
    jk_dynamic_issuer *places[];
} table;

static int64_t now_ms(const jk_dynamic *dynamic) {
    return jk_environment_now_ms(jk_refresher_environment(dynamic->refresher));
}

static bool is_ours(const jk_dynamic *dynamic) {
    return dynamic->fork_count == jk_fork_count();
}

static jk_published *shard_of(const jk_dynamic *dynamic, uint64_t hash) {
    return dynamic->shards[hash >> SHARD_SHIFT];
}

static table *make_table(size_t count) {
    size_t places = 2;
    while (places < 2 * count)
        places *= 2;
    table *made = jk_alloc_zeroed(1, sizeof *made + places * sizeof *made->places);
    if (made)
        made->mask = places - 1;
    return made;
}

static void put(table *target, jk_dynamic_issuer *issuer) {
    size_t at = (size_t)issuer->hash & target->mask;
    while (target->places[at])
        at = (at + 1) & target->mask;
    target->places[at] = issuer;
    target->count++;
    issuer->tables++;
}

static jk_dynamic_issuer *find_in(const table *searched, uint64_t hash, jwkeep_span iss) {
    for (size_t at = (size_t)hash & searched->mask; searched->places[at];
         at = (at + 1) & searched->mask) {
        jk_dynamic_issuer *each = searched->places[at];
        if (each->hash == hash && jwkeep_span_equals(jwkeep_span_text(each->iss), iss))
            return each;
    }
    return NULL;
}

static void end_source(jk_dynamic_issuer *issuer) {
    if (!issuer->is_ended)
        jk_source_abandon(issuer->issuer.source);
    issuer->is_ended = true;
}

static void let_go(jk_dynamic_issuer *issuer) {
    if (--issuer->tables > 0)
        return;
    end_source(issuer);
    jk_source_let_go(issuer->issuer.source);
    jk_free(issuer);
}

static void release_table(void *object) {
    table *released = object;
    for (size_t i = 0; i <= released->mask; i++)
        if (released->places[i])
            let_go(released->places[i]);
    jk_free(released);
}

/* Publishes a table with `added` (or NULL) and without `dropped` (or NULL). */
static jwkeep_code replace_table(jk_published *shard, jk_dynamic_issuer *added,
                                 const jk_dynamic_issuer *dropped, jwkeep_error *error) {
    const table *old = jk_published_current(shard, NULL);
    table *made = make_table(old->count + 1);
    if (!made)
        return jk_fail(error, JWKEEP_OUT_OF_MEMORY);
    for (size_t i = 0; i <= old->mask; i++)
        if (old->places[i] && old->places[i] != dropped)
            put(made, old->places[i]);
    if (added)
        put(made, added);
    jwkeep_code code = jk_published_swap(shard, made, NULL, error);
    if (code != JWKEEP_OK)
        release_table(made);
    return code;
}

static bool is_loaded(const jk_dynamic_issuer *issuer) {
    return jwkeep_source_check(issuer->issuer.source) != JWKEEP_KEYS_NOT_LOADED;
}

static void enter_unloaded(jk_dynamic_issuer *issuer) {
    jk_dynamic *dynamic = issuer->dynamic;
    issuer->next_unloaded = dynamic->unloaded;
    issuer->unloaded_link = &dynamic->unloaded;
    if (dynamic->unloaded)
        dynamic->unloaded->unloaded_link = &issuer->next_unloaded;
    dynamic->unloaded = issuer;
    dynamic->unloaded_count++;
}

static void leave_unloaded(jk_dynamic_issuer *issuer) {
    if (!issuer->unloaded_link)
        return;
    *issuer->unloaded_link = issuer->next_unloaded;
    if (issuer->next_unloaded)
        issuer->next_unloaded->unloaded_link = issuer->unloaded_link;
    issuer->unloaded_link = NULL;
    issuer->dynamic->unloaded_count--;
}

/* There may be thousands, and somebody who invents names asks for it with each: once a second.
 * Whose keys came while it was waited for has left the list by itself. */
static void prune_unloaded(jk_dynamic *dynamic) {
    if (now_ms(dynamic) < dynamic->prune_at_ms)
        return;
    dynamic->prune_at_ms = now_ms(dynamic) + LOOK_AGAIN_MS;
    for (jk_dynamic_issuer *each = dynamic->unloaded, *next; each; each = next) {
        next = each->next_unloaded;
        if (is_loaded(each))
            leave_unloaded(each);
    }
}

/* What is looked for in all tables. */
typedef struct sweep {
    int64_t now_ms;
    bool is_squeeze; /* somebody needs a place */
    int64_t next_ms; /* the earliest that one which was left may go */
} sweep;

static int64_t goes_at(const jk_dynamic_issuer *issuer, const sweep *made) {
    const jk_dynamic_settings *settings = &issuer->dynamic->settings;
    int64_t used_at_ms = atomic_load_explicit(&issuer->used_at_ms, memory_order_relaxed);
    if (issuer->calls > 0)
        return made->now_ms + LOOK_AGAIN_MS;
    if (is_loaded(issuer))
        return used_at_ms + (int64_t)settings->options.idle_s * 1000;
    return (made->is_squeeze ? issuer->made_at_ms : used_at_ms) + JK_DYNAMIC_UNLOADED_MS;
}

static jk_dynamic_issuer *find_idle(const table *searched, sweep *made) {
    for (size_t i = 0; i <= searched->mask; i++) {
        jk_dynamic_issuer *each = searched->places[i];
        if (!each)
            continue;
        int64_t at_ms = goes_at(each, made);
        if (at_ms <= made->now_ms)
            return each;
        if (at_ms < made->next_ms)
            made->next_ms = at_ms;
    }
    return NULL;
}

static bool evict(jk_dynamic *dynamic, jk_dynamic_issuer *issuer) {
    issuer->tables++; /* while it is looked at here */
    bool is_out =
        replace_table(shard_of(dynamic, issuer->hash), NULL, issuer, NULL) == JWKEEP_OK;
    if (is_out) {
        issuer->is_evicted = true;
        end_source(issuer);
        leave_unloaded(issuer);
        dynamic->figures.issuers--;
        dynamic->figures.evicted++;
    }
    let_go(issuer);
    return is_out;
}

/* Under the mutex. Returns when to come again. */
static int64_t sweep_all(jk_dynamic *dynamic, bool is_squeeze) {
    sweep made = {now_ms(dynamic), is_squeeze, INT64_MAX};
    for (size_t i = 0; i < JK_DYNAMIC_SHARDS; i++) {
        jk_published *shard = dynamic->shards[i];
        jk_dynamic_issuer *idle;
        while ((idle = find_idle(jk_published_current(shard, NULL), &made)))
            if (!evict(dynamic, idle))
                return made.now_ms + LOOK_AGAIN_MS;
        if (jk_published_collect(shard) > 0)
            made.next_ms = made.now_ms + LOOK_AGAIN_MS;
    }
    return made.next_ms;
}

void jk_dynamic_sweep_if_due(jk_dynamic *dynamic) {
    if (now_ms(dynamic) < atomic_load_explicit(&dynamic->sweep_at_ms, memory_order_relaxed))
        return;
    pthread_mutex_lock(&dynamic->mutex);
    if (!dynamic->is_closed)
        atomic_store_explicit(&dynamic->sweep_at_ms, sweep_all(dynamic, false),
                              memory_order_relaxed);
    pthread_mutex_unlock(&dynamic->mutex);
}

static bool is_full(const jk_dynamic *dynamic) {
    const jwkeep_dynamic_issuers *options = &dynamic->settings.options;
    return dynamic->figures.issuers >= options->max_issuers ||
           dynamic->unloaded_count >= options->max_unloaded;
}

static jwkeep_code make_room(jk_dynamic *dynamic, jwkeep_error *error) {
    if (is_full(dynamic))
        prune_unloaded(dynamic);
    if (is_full(dynamic) && now_ms(dynamic) >= dynamic->squeeze_at_ms)
        dynamic->squeeze_at_ms = sweep_all(dynamic, true);
    if (!is_full(dynamic))
        return JWKEEP_OK;
    dynamic->figures.busy++;
    return jk_fail_text(error, JWKEEP_KEYS_BUSY, "no place for one more issuer", "iss", NULL);
}

/* `before` is the issuer at another registry, or NULL. */
static jwkeep_code make_issuer(jk_dynamic *dynamic, uint64_t hash, jwkeep_span iss,
                               const jk_dynamic_issuer *before, jk_dynamic_issuer **ret_issuer,
                               jwkeep_error *error) {
    jk_dynamic_issuer *made = jk_alloc_zeroed(1, sizeof *made + iss.size + 1);
    if (!made)
        return jk_fail(error, JWKEEP_OUT_OF_MEMORY);
    memcpy(made->iss, iss.data, iss.size);
    made->dynamic = dynamic;
    made->hash = hash;
    made->made_at_ms = now_ms(dynamic);
    atomic_init(&made->used_at_ms, made->made_at_ms);
    made->issuer.issuer = made->iss;
    made->issuer.number = JWKEEP_MAX_ISSUERS + dynamic->made_count++;
    made->issuer.rules = dynamic->settings.rules;
    made->issuer.rules.issuers = &made->issuer.issuer;
    made->issuer.rules.issuer_count = 1;
    jwkeep_source_options options = dynamic->settings.source;
    options.issuer = made->iss;
    options.limits = &dynamic->settings.limits;
    jwkeep_code code =
        jk_source_new_after(dynamic->refresher, &options, before ? before->issuer.source : NULL,
                            &made->issuer.source, error);
    if (code != JWKEEP_OK) {
        jk_free(made);
        return code;
    }
    jk_source_hold(made->issuer.source); /* until it is in no table: its end comes before */
    *ret_issuer = made;
    return JWKEEP_OK;
}

static int64_t earlier(int64_t a, int64_t b) {
    return a < b ? a : b;
}

static void count_in(jk_dynamic *dynamic, jk_dynamic_issuer *issuer) {
    int64_t goes_at_ms = issuer->made_at_ms + JK_DYNAMIC_UNLOADED_MS;
    int64_t sweep_at_ms = atomic_load_explicit(&dynamic->sweep_at_ms, memory_order_relaxed);
    enter_unloaded(issuer);
    dynamic->figures.issuers++;
    dynamic->figures.accepted++;
    dynamic->squeeze_at_ms = earlier(dynamic->squeeze_at_ms, goes_at_ms);
    atomic_store_explicit(&dynamic->sweep_at_ms, earlier(sweep_at_ms, goes_at_ms),
                          memory_order_relaxed);
}

static jwkeep_code add(jk_dynamic *dynamic, uint64_t hash, jwkeep_span iss,
                       const jk_dynamic_issuer *before, jk_dynamic_issuer **ret_issuer,
                       jwkeep_error *error) {
    jk_dynamic_issuer *made;
    if (dynamic->is_closed)
        return jk_fail(error, JWKEEP_KEYS_SHUTDOWN);
    jwkeep_code code = make_room(dynamic, error);
    if (code != JWKEEP_OK)
        return code;
    code = make_issuer(dynamic, hash, iss, before, &made, error);
    if (code != JWKEEP_OK)
        return code;
    made->tables++; /* until it is in one */
    code = replace_table(shard_of(dynamic, hash), made, NULL, error);
    if (code == JWKEEP_OK) {
        count_in(dynamic, made);
        *ret_issuer = made;
    }
    let_go(made);
    return code;
}

static void hold(jk_dynamic_issuer *issuer, jk_issuer_use *ret_use) {
    issuer->calls++;
    *ret_use = (jk_issuer_use){.issuer = &issuer->issuer, .held = issuer};
}

jwkeep_code jk_dynamic_make(jk_dynamic *dynamic, jwkeep_span iss, jk_issuer_use *ret_use,
                            jwkeep_error *error) {
    if (!is_ours(dynamic))
        return jk_fail(error, JWKEEP_KEYS_SHUTDOWN);
    uint64_t hash = jk_hash(&dynamic->key, iss);
    jwkeep_code code = JWKEEP_OK;
    pthread_mutex_lock(&dynamic->mutex);
    jk_dynamic_issuer *issuer =
        find_in(jk_published_current(shard_of(dynamic, hash), NULL), hash, iss);
    if (!issuer)
        code = add(dynamic, hash, iss, NULL, &issuer, error);
    if (code == JWKEEP_OK)
        hold(issuer, ret_use);
    pthread_mutex_unlock(&dynamic->mutex);
    return code;
}

static void touch(jk_dynamic_issuer *issuer, int64_t at_ms) {
    int64_t used_at_ms = atomic_load_explicit(&issuer->used_at_ms, memory_order_relaxed);
    if (at_ms - used_at_ms >= TOUCH_MS)
        atomic_store_explicit(&issuer->used_at_ms, at_ms, memory_order_relaxed);
}

jwkeep_code jk_dynamic_find(const jk_dynamic *dynamic, jwkeep_span iss,
                            jk_issuer_use *ret_use) {
    uint64_t hash = jk_hash(&dynamic->key, iss);
    jk_pin pin;
    jwkeep_code code = jk_published_pin(shard_of(dynamic, hash), &pin);
    if (code != JWKEEP_OK)
        return code;
    jk_dynamic_issuer *issuer = find_in(pin.object, hash, iss);
    if (!issuer) {
        jk_published_unpin(&pin);
        return JWKEEP_NOT_FOUND;
    }
    touch(issuer, now_ms(dynamic));
    *ret_use = (jk_issuer_use){.issuer = &issuer->issuer, .pin = pin};
    return JWKEEP_OK;
}

jwkeep_code jk_issuer_use_hold(jk_issuer_use *use, jwkeep_error *error) {
    if (!use->pin.slot)
        return JWKEEP_OK;
    jk_dynamic_issuer *issuer = (jk_dynamic_issuer *)(uintptr_t)use->issuer;
    jk_dynamic *dynamic = issuer->dynamic;
    jk_issuer_use held = {0};
    if (!is_ours(dynamic))
        return jk_fail(error, JWKEEP_KEYS_SHUTDOWN);
    pthread_mutex_lock(&dynamic->mutex);
    if (!issuer->is_evicted)
        hold(issuer, &held);
    pthread_mutex_unlock(&dynamic->mutex);
    jwkeep_code code = JWKEEP_OK;
    if (!held.held)
        code = jk_dynamic_make(dynamic, jwkeep_span_text(issuer->iss), &held, error);
    if (code != JWKEEP_OK)
        return code;
    jk_published_unpin(&use->pin);
    held.is_suspect = use->is_suspect;
    *use = held;
    return JWKEEP_OK;
}

void jk_issuer_use_done(jk_issuer_use *use) {
    jk_dynamic_issuer *held = use->held;
    if (use->pin.slot)
        jk_published_unpin(&use->pin);
    if (held && is_ours(held->dynamic)) {
        jk_dynamic *dynamic = held->dynamic;
        pthread_mutex_lock(&dynamic->mutex);
        touch(held, now_ms(dynamic));
        held->calls--;
        if (is_loaded(held))
            leave_unloaded(held);
        pthread_mutex_unlock(&dynamic->mutex);
    }
    *use = (jk_issuer_use){0};
}

jwkeep_code jk_dynamic_visit(const jk_dynamic *dynamic,
                             void (*visit)(void *user, const jk_dynamic_issuer *issuer),
                             void *user) {
    for (size_t i = 0; i < JK_DYNAMIC_SHARDS; i++) {
        jk_pin pin;
        jwkeep_code code = jk_published_pin(dynamic->shards[i], &pin);
        if (code != JWKEEP_OK)
            return code;
        const table *pinned = pin.object;
        for (size_t at = 0; at <= pinned->mask; at++)
            if (pinned->places[at])
                visit(user, pinned->places[at]);
        jk_published_unpin(&pin);
    }
    return JWKEEP_OK;
}

jwkeep_dynamic_status jk_dynamic_figures(jk_dynamic *dynamic) {
    if (!is_ours(dynamic))
        return (jwkeep_dynamic_status){0};
    pthread_mutex_lock(&dynamic->mutex);
    jwkeep_dynamic_status figures = dynamic->figures;
    pthread_mutex_unlock(&dynamic->mutex);
    figures.refused = atomic_load_explicit(&dynamic->refused, memory_order_relaxed);
    return figures;
}

typedef struct succession {
    jk_dynamic *heir;
    jwkeep_code code;
    jwkeep_error *error;
} succession;

/* Who has no keys comes without an inheritance, if a token names it again. */
static void inherit_one(void *user, const jk_dynamic_issuer *before) {
    succession *made = user;
    jk_dynamic *heir = made->heir;
    jwkeep_span iss = jwkeep_span_text(before->iss);
    jk_dynamic_issuer *issuer;
    if (made->code != JWKEEP_OK || !is_loaded(before) ||
        !jk_dynamic_settings_accept(&heir->settings, iss))
        return;
    pthread_mutex_lock(&heir->mutex);
    if (!is_full(heir)) {
        made->code = add(heir, jk_hash(&heir->key, iss), iss, before, &issuer, made->error);
        if (made->code == JWKEEP_OK && is_loaded(issuer))
            leave_unloaded(issuer);
    }
    pthread_mutex_unlock(&heir->mutex);
}

jwkeep_code jk_dynamic_inherit(jk_dynamic *dynamic, const jk_dynamic *before,
                               jwkeep_error *error) {
    succession made = {dynamic, JWKEEP_OK, error};
    if (!is_ours(before))
        return JWKEEP_OK;
    jwkeep_code code = jk_dynamic_visit(before, inherit_one, &made);
    return code == JWKEEP_OK ? made.code : jk_fail(error, code);
}

static bool make_shards(jk_dynamic *dynamic) {
    for (size_t i = 0; i < JK_DYNAMIC_SHARDS; i++) {
        table *empty = make_table(0);
        if (!empty)
            return false;
        if (jk_published_new(empty, release_table, &dynamic->shards[i], NULL) != JWKEEP_OK) {
            jk_free(empty);
            return false;
        }
    }
    return true;
}

jwkeep_code jk_dynamic_new(const jk_dynamic_settings *settings, jwkeep_refresher *refresher,
                           jk_dynamic **ret_dynamic, jwkeep_error *error) {
    jk_dynamic *dynamic = jk_alloc_zeroed(1, sizeof *dynamic);
    if (!dynamic)
        return jk_fail(error, JWKEEP_OUT_OF_MEMORY);
    dynamic->settings = *settings;
    dynamic->settings.source.user = dynamic;
    dynamic->settings.options.predecessor = NULL; /* it need not stay */
    dynamic->refresher = refresher;
    dynamic->fork_count = jk_fork_count();
    dynamic->squeeze_at_ms = INT64_MAX;
    dynamic->prune_at_ms = INT64_MIN;
    atomic_init(&dynamic->sweep_at_ms, INT64_MAX);
    atomic_init(&dynamic->refused, 0);
    pthread_mutex_init(&dynamic->mutex, NULL);
    jwkeep_code code = JWKEEP_OK;
    if (!make_shards(dynamic))
        code = jk_fail(error, JWKEEP_OUT_OF_MEMORY);
    else if (!jk_hash_key_random(&dynamic->key))
        code = jk_fail(error, JWKEEP_SYSTEM_FAILED);
    if (code == JWKEEP_OK)
        *ret_dynamic = dynamic;
    else
        jk_dynamic_free(dynamic);
    return code;
}

/* Closed, the tables do not change any more. */
static void close_tables(jk_dynamic *dynamic) {
    pthread_mutex_lock(&dynamic->mutex);
    dynamic->is_closed = true;
    pthread_mutex_unlock(&dynamic->mutex);
}

/* All at once, not one after the other: there may be thousands. */
void jk_dynamic_end(jk_dynamic *dynamic) {
    if (!dynamic || !is_ours(dynamic))
        return;
    close_tables(dynamic);
    for (size_t i = 0; i < JK_DYNAMIC_SHARDS; i++) {
        const table *last = jk_published_current(dynamic->shards[i], NULL);
        for (size_t at = 0; at <= last->mask; at++) {
            if (last->places[at])
                end_source(last->places[at]);
        }
    }
}

void jk_dynamic_free(jk_dynamic *dynamic) {
    if (!dynamic || !is_ours(dynamic))
        return;
    for (size_t i = 0; i < JK_DYNAMIC_SHARDS; i++)
        jk_published_free(dynamic->shards[i]);
    pthread_mutex_destroy(&dynamic->mutex);
    jk_free(dynamic);
}
