/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the library's way through the storm: event loops, one a core, and the form that does
 * not wait. What must wait is pending; when its answer is there it is finished in batches, with
 * the requests of a known kid between them. */
#include "bench/measure.h"
#include "bench/storm.h"
#include <stdlib.h>

#define BATCH 32u
#define PATIENCE_MS 30000u /* beyond the latency */

/* A request that is pending. */
struct slot {
    struct loop *loop;
    const storm_token *asked;
    jwkeep_pending *pending;
};

/* One worker: its share of the requests, and those of them that can be finished now. */
struct loop {
    const storm_scene *storm;
    pthread_t thread;
    bool is_started;
    jwkeep_token *token;
    storm_pace *pace;
    struct slot *slots;
    size_t count;
    size_t answered;
    size_t right;
    int64_t last_ns;
    pthread_mutex_t lock;
    pthread_cond_t is_ready;
    struct slot **ready; /* in the order of their answers; under the lock, as are the next */
    size_t ready_count;
    size_t taken;
};

static void ignore(void *user) {
    (void)user;
}

/* A known kid is never pending. */
static bool verify_known(void *user, const storm_token *token) {
    struct loop *self = user;
    jwkeep_pending *pending = NULL;
    jwkeep_code code =
        jwkeep_verifier_begin(self->storm->library, token->bytes, self->storm->latency_ms,
                              ignore, NULL, self->token, &pending, NULL, NULL);
    if (code == JWKEEP_PENDING)
        jwkeep_pending_cancel(pending);
    return code == JWKEEP_OK && storm_is_right(token, self->token);
}

/* On the refresher's thread. */
static void notify(void *user) {
    struct slot *slot = user;
    struct loop *self = slot->loop;
    pthread_mutex_lock(&self->lock);
    self->ready[self->ready_count++] = slot;
    if (self->ready_count == self->taken + 1)
        pthread_cond_signal(&self->is_ready);
    pthread_mutex_unlock(&self->lock);
}

static void judge(struct loop *self, const storm_token *asked, jwkeep_code code) {
    self->answered++;
    self->right += code == JWKEEP_OK && storm_is_right(asked, self->token);
    self->last_ns = measure_now_ns();
}

static void begin_all(struct loop *self) {
    uint32_t timeout_ms = self->storm->latency_ms + PATIENCE_MS;
    for (size_t i = 0; i < self->count; i++) {
        struct slot *slot = &self->slots[i];
        jwkeep_code code =
            jwkeep_verifier_begin(self->storm->library, slot->asked->bytes, timeout_ms, notify,
                                  slot, self->token, &slot->pending, NULL, NULL);
        if (code != JWKEEP_PENDING)
            judge(self, slot->asked, code);
        storm_pace_serve(self->pace);
    }
}

/* Sleeps until something can be finished or `until_ns`; takes a batch. */
static size_t take_ready(struct loop *self, int64_t until_ns, struct slot **batch) {
    struct timespec until = {.tv_sec = until_ns / MEASURE_S, .tv_nsec = until_ns % MEASURE_S};
    size_t taken = 0;
    pthread_mutex_lock(&self->lock);
    if (self->ready_count == self->taken) {
        pthread_cond_timedwait(&self->is_ready, &self->lock, &until);
        self->pace->awake_ns = measure_now_ns();
    }
    while (taken < BATCH && self->taken < self->ready_count)
        batch[taken++] = self->ready[self->taken++];
    pthread_mutex_unlock(&self->lock);
    return taken;
}

static void finish_all(struct loop *self) {
    struct slot *batch[BATCH];
    while (self->answered < self->count) {
        size_t taken = take_ready(self, storm_pace_serve(self->pace), batch);
        for (size_t i = 0; i < taken; i++) {
            jwkeep_code code =
                jwkeep_pending_finish(batch[i]->pending, self->token, NULL, NULL);
            judge(self, batch[i]->asked, code);
        }
    }
}

static void *run_loop(void *user) {
    struct loop *self = user;
    while (measure_now_ns() < self->pace->go_ns) {
        int64_t next_ns = storm_pace_serve(self->pace);
        measure_sleep_until(next_ns < self->pace->go_ns ? next_ns : self->pace->go_ns);
        self->pace->awake_ns = measure_now_ns();
    }
    begin_all(self);
    finish_all(self);
    return NULL;
}

static void init_lock(struct loop *self) {
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&self->is_ready, &attributes);
    pthread_condattr_destroy(&attributes);
    pthread_mutex_init(&self->lock, NULL);
}

static jwkeep_code init_loop(struct loop *self, const storm_scene *storm, size_t first,
                             size_t count, int64_t go_ns, jwkeep_error *error) {
    self->storm = storm;
    self->count = count;
    init_lock(self);
    self->slots = calloc(count + 1, sizeof *self->slots);
    self->ready = calloc(count + 1, sizeof(struct slot *));
    self->pace = storm_pace_new(storm, go_ns, verify_known, self);
    if (!self->slots || !self->ready || !self->pace)
        return storm_fail(JWKEEP_OUT_OF_MEMORY, error);
    for (size_t i = 0; i < count; i++)
        self->slots[i] = (struct slot){.loop = self, .asked = &storm->wanted.items[first + i]};
    return jwkeep_token_new(&self->token, error);
}

static void done_loop(struct loop *self) {
    jwkeep_token_free(self->token);
    free(self->ready);
    free(self->slots);
    pthread_cond_destroy(&self->is_ready);
    pthread_mutex_destroy(&self->lock);
}

static jwkeep_code start_loops(struct loop *loops, const storm_scene *storm, int64_t go_ns,
                               jwkeep_error *error) {
    size_t total = storm->wanted.count;
    jwkeep_code code = JWKEEP_OK;
    for (size_t i = 0; i < storm->workers; i++) {
        size_t first = total * i / storm->workers;
        size_t end = total * (i + 1) / storm->workers;
        jwkeep_code made = init_loop(&loops[i], storm, first, end - first, go_ns,
                                     code == JWKEEP_OK ? error : NULL);
        code = code == JWKEEP_OK ? made : code;
    }
    for (size_t i = 0; i < storm->workers && code == JWKEEP_OK; i++) {
        if (pthread_create(&loops[i].thread, NULL, run_loop, &loops[i]) != 0)
            code = storm_fail(JWKEEP_SYSTEM_FAILED, error);
        loops[i].is_started = code == JWKEEP_OK;
    }
    return code;
}

static void count_keys(const storm_scene *storm, storm_result *result) {
    jwkeep_keyset *set = jwkeep_verifier_take_keys(storm->library, 0);
    size_t count = set ? jwkeep_keyset_count(set) : 0;
    jwkeep_jwk **keys = calloc(count + 1, sizeof(jwkeep_jwk *));
    for (size_t i = 0; keys && i < count; i++)
        keys[i] = jwkeep_keyset_at(set, i);
    result->keys_held = count;
    result->duplicates = keys ? storm_duplicates(keys, count) : 0;
    free(keys);
    jwkeep_keyset_unref(set);
}

static void collect(struct loop *loops, const storm_scene *storm, int64_t go_ns,
                    storm_result *result) {
    storm_pace *paces[STORM_MAX_WORKERS] = {NULL};
    int64_t last_ns = go_ns;
    for (size_t i = 0; i < storm->workers; i++) {
        if (loops[i].is_started)
            pthread_join(loops[i].thread, NULL);
        result->right += loops[i].right;
        last_ns = loops[i].last_ns > last_ns ? loops[i].last_ns : last_ns;
        paces[i] = loops[i].pace;
        done_loop(&loops[i]);
    }
    result->last_answer_ms = (double)(last_ns - go_ns) / MEASURE_MS;
    result->at_once = storm->wanted.count;
    storm_pace_finish(paces, storm->workers, result);
}

jwkeep_code storm_library(const storm_scene *storm, storm_result *ret_result,
                          jwkeep_error *error) {
    storm_result result = {0};
    uint64_t before = dev_issuer_downloads(storm->issuer);
    int64_t go_ns = measure_now_ns() + (int64_t)storm->quiet_ms * MEASURE_MS;
    struct loop *loops = calloc(storm->workers, sizeof *loops);
    if (!loops)
        return storm_fail(JWKEEP_OUT_OF_MEMORY, error);
    jwkeep_code code = start_loops(loops, storm, go_ns, error);
    collect(loops, storm, go_ns, &result);
    free(loops);
    if (code != JWKEEP_OK)
        return code;
    result.downloads = dev_issuer_downloads(storm->issuer) - before;
    count_keys(storm, &result);
    *ret_result = result;
    return JWKEEP_OK;
}
