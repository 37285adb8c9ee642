/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the two ways that programs take without the library: a key set whose every call has its
 * lock while the sequence "look, download, add" has none; and the same sequence under one
 * mutex. Threads are real, one a request, and so are the downloads. */
#include "bench/measure.h"
#include "bench/storm.h"
#include <semaphore.h>
#include <stdlib.h>
#include <time.h>

#define STACK_BYTES (256u * 1024u)

/* A key set as such programs have it: keys in a row, a lock, nothing compared. */
struct plain_set {
    pthread_mutex_t lock;
    jwkeep_jwk **keys;
    size_t count;
    size_t capacity;
};

/* What all threads of a way share. */
struct crowd {
    const storm_scene *storm;
    bool is_locked;
    jwkeep_rules rules;
    int64_t now_ms;
    pthread_mutex_t gate; /* held until everybody is there and go_ns is set */
    int64_t go_ns;
    struct plain_set set;
    pthread_mutex_t sequence; /* round the sequence, if is_locked */
    sem_t downloads;          /* as many as there are open files for */
    /* Relaxed: counters, read after the threads are joined. */
    atomic_size_t next;
    atomic_size_t right;
    atomic_int_least64_t last_ns;
    /* Relaxed: the steady threads may see it a request late. */
    atomic_bool is_over;
};

/* A thread with known kids. */
struct steady {
    struct crowd *crowd;
    pthread_t thread;
    bool is_started;
    jwkeep_token *token;
    storm_pace *pace;
};

static jwkeep_jwk *find(struct plain_set *set, jwkeep_span kid) {
    jwkeep_jwk *found = NULL;
    pthread_mutex_lock(&set->lock);
    for (size_t i = 0; i < set->count && !found; i++) {
        if (jwkeep_span_equals(jwkeep_jwk_kid(set->keys[i]), kid))
            found = set->keys[i];
    }
    pthread_mutex_unlock(&set->lock);
    return found;
}

static void append(struct plain_set *set, jwkeep_jwk *key) {
    pthread_mutex_lock(&set->lock);
    if (set->count == set->capacity) {
        size_t capacity = set->capacity * 2 + 16;
        jwkeep_jwk **keys = reallocarray(set->keys, capacity, sizeof(jwkeep_jwk *));
        if (keys) {
            set->keys = keys;
            set->capacity = capacity;
        }
    }
    if (set->count < set->capacity)
        set->keys[set->count++] = jwkeep_jwk_ref(key);
    pthread_mutex_unlock(&set->lock);
}

static void append_all(struct plain_set *set, const jwkeep_keyset *found) {
    for (size_t i = 0; i < jwkeep_keyset_count(found); i++)
        append(set, jwkeep_keyset_at(found, i));
}

static void done_set(struct plain_set *set) {
    for (size_t i = 0; i < set->count; i++)
        jwkeep_jwk_unref(set->keys[i]);
    free(set->keys);
    pthread_mutex_destroy(&set->lock);
}

static jwkeep_jwk *look_download_add(struct crowd *crowd, jwkeep_span kid) {
    jwkeep_keyset *found = NULL;
    jwkeep_jwk *key = find(&crowd->set, kid);
    if (key)
        return key;
    while (sem_wait(&crowd->downloads) != 0)
        ;
    jwkeep_code code = jwkeep_fetch_keyset(&crowd->storm->source, &found, NULL);
    sem_post(&crowd->downloads);
    if (code == JWKEEP_OK)
        append_all(&crowd->set, found);
    jwkeep_keyset_unref(found);
    return find(&crowd->set, kid);
}

static jwkeep_jwk *key_for(struct crowd *crowd, jwkeep_span kid) {
    if (!crowd->is_locked)
        return look_download_add(crowd, kid);
    pthread_mutex_lock(&crowd->sequence);
    jwkeep_jwk *key = look_download_add(crowd, kid);
    pthread_mutex_unlock(&crowd->sequence);
    return key;
}

static bool verify(struct crowd *crowd, const storm_token *asked, jwkeep_token *token) {
    jwkeep_jwk *key = key_for(crowd, asked->kid);
    return key &&
           jwkeep_jwt_verify(asked->bytes, key, NULL, &crowd->rules, crowd->now_ms, token, NULL,
                             NULL) == JWKEEP_OK &&
           storm_is_right(asked, token);
}

static void note_time(struct crowd *crowd, int64_t now_ns) {
    int64_t last_ns = atomic_load_explicit(&crowd->last_ns, memory_order_relaxed);
    while (last_ns < now_ns &&
           !atomic_compare_exchange_weak_explicit(&crowd->last_ns, &last_ns, now_ns,
                                                  memory_order_relaxed, memory_order_relaxed))
        ;
}

/* As many requests have a thread of their own as the system allows threads; what is left over
 * is taken by those that are through. */
static void *run_requests(void *user) {
    struct crowd *crowd = user;
    jwkeep_token *token = NULL;
    pthread_mutex_lock(&crowd->gate);
    pthread_mutex_unlock(&crowd->gate);
    measure_sleep_until(crowd->go_ns);
    if (jwkeep_token_new(&token, NULL) != JWKEEP_OK)
        return NULL;
    size_t total = crowd->storm->wanted.count;
    for (;;) {
        size_t index = atomic_fetch_add_explicit(&crowd->next, 1, memory_order_relaxed);
        if (index >= total)
            break;
        if (verify(crowd, &crowd->storm->wanted.items[index], token))
            atomic_fetch_add_explicit(&crowd->right, 1, memory_order_relaxed);
        note_time(crowd, measure_now_ns());
    }
    jwkeep_token_free(token);
    return NULL;
}

static bool verify_known(void *user, const storm_token *asked) {
    struct steady *self = user;
    return verify(self->crowd, asked, self->token);
}

static void *run_steady(void *user) {
    struct steady *self = user;
    while (!atomic_load_explicit(&self->crowd->is_over, memory_order_relaxed)) {
        measure_sleep_until(storm_pace_serve(self->pace));
        self->pace->awake_ns = measure_now_ns();
    }
    return NULL;
}

static int64_t wall_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void init_crowd(struct crowd *crowd, const storm_scene *storm, bool is_locked) {
    crowd->storm = storm;
    crowd->is_locked = is_locked;
    crowd->rules = storm->rules;
    crowd->rules.issuers = &storm->issuer_url;
    crowd->rules.issuer_count = 1;
    crowd->now_ms = wall_ms();
    pthread_mutex_init(&crowd->gate, NULL);
    pthread_mutex_init(&crowd->set.lock, NULL);
    pthread_mutex_init(&crowd->sequence, NULL);
    sem_init(&crowd->downloads, 0, (unsigned)storm->max_downloads);
    append_all(&crowd->set, storm->held);
}

static void done_crowd(struct crowd *crowd) {
    sem_destroy(&crowd->downloads);
    pthread_mutex_destroy(&crowd->sequence);
    pthread_mutex_destroy(&crowd->gate);
    done_set(&crowd->set);
}

static jwkeep_code start_steady(struct crowd *crowd, struct steady *steady,
                                jwkeep_error *error) {
    for (size_t i = 0; i < crowd->storm->workers; i++) {
        struct steady *self = &steady[i];
        self->crowd = crowd;
        self->pace = storm_pace_new(crowd->storm, crowd->go_ns, verify_known, self);
        if (!self->pace || jwkeep_token_new(&self->token, NULL) != JWKEEP_OK)
            return storm_fail(JWKEEP_OUT_OF_MEMORY, error);
        if (pthread_create(&self->thread, NULL, run_steady, self) != 0)
            return storm_fail(JWKEEP_SYSTEM_FAILED, error);
        self->is_started = true;
    }
    return JWKEEP_OK;
}

static void finish_steady(struct crowd *crowd, struct steady *steady, storm_result *result) {
    storm_pace *paces[STORM_MAX_WORKERS] = {NULL};
    atomic_store_explicit(&crowd->is_over, true, memory_order_relaxed);
    for (size_t i = 0; i < crowd->storm->workers; i++) {
        if (steady[i].is_started)
            pthread_join(steady[i].thread, NULL);
        jwkeep_token_free(steady[i].token);
        paces[i] = steady[i].pace;
    }
    storm_pace_finish(paces, crowd->storm->workers, result);
}

/* Starts as many threads as there are requests, or as the system allows. */
static size_t start_requests(struct crowd *crowd, pthread_t *threads) {
    pthread_attr_t attributes;
    size_t started = 0;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, STACK_BYTES);
    while (started < crowd->storm->wanted.count &&
           pthread_create(&threads[started], &attributes, run_requests, crowd) == 0)
        started++;
    pthread_attr_destroy(&attributes);
    return started;
}

static void collect(const struct crowd *crowd, size_t started, storm_result *result) {
    size_t downloads = crowd->storm->max_downloads;
    result->at_once = started < downloads ? started : downloads;
    result->right = crowd->right;
    result->last_answer_ms = (double)(crowd->last_ns - crowd->go_ns) / MEASURE_MS;
    result->keys_held = crowd->set.count;
    result->duplicates = storm_duplicates(crowd->set.keys, crowd->set.count);
}

static jwkeep_code run_way(struct crowd *crowd, pthread_t *threads, storm_result *result,
                           jwkeep_error *error) {
    struct steady steady[STORM_MAX_WORKERS] = {0};
    pthread_mutex_lock(&crowd->gate);
    size_t started = start_requests(crowd, threads);
    crowd->go_ns = measure_now_ns() + (int64_t)crowd->storm->quiet_ms * MEASURE_MS;
    jwkeep_code code = started > 0 ? start_steady(crowd, steady, error)
                                   : storm_fail(JWKEEP_SYSTEM_FAILED, error);
    if (code != JWKEEP_OK)
        crowd->next = crowd->storm->wanted.count;
    pthread_mutex_unlock(&crowd->gate);
    for (size_t i = 0; i < started; i++)
        pthread_join(threads[i], NULL);
    finish_steady(crowd, steady, result);
    collect(crowd, started, result);
    return code;
}

jwkeep_code storm_threads(const storm_scene *storm, bool is_locked, storm_result *ret_result,
                          jwkeep_error *error) {
    storm_result result = {0};
    struct crowd crowd = {0};
    pthread_t *threads = calloc(storm->wanted.count, sizeof *threads);
    if (!threads)
        return storm_fail(JWKEEP_OUT_OF_MEMORY, error);
    uint64_t before = dev_issuer_downloads(storm->issuer);
    init_crowd(&crowd, storm, is_locked);
    jwkeep_code code = run_way(&crowd, threads, &result, error);
    result.downloads = dev_issuer_downloads(storm->issuer) - before;
    done_crowd(&crowd);
    free(threads);
    if (code == JWKEEP_OK)
        *ret_result = result;
    return code;
}
