/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns how long a token whose key is known takes while every worker checks one: what all cores
 * give together, which may be less than what one gives alone, times their number. */
#include "bench/measure.h"
#include "bench/storm.h"
#include <stdlib.h>

#define CAPACITY_CHECKS 512u
#define CAPACITY_ROUNDS 5u
#define GATHER_MS 20 /* for every thread to be there at the start */

struct checker {
    const storm_scene *storm;
    int64_t start_ns;
    pthread_t thread;
    bool is_started;
    jwkeep_token *token;
    jwkeep_code code;
    double rounds_us[CAPACITY_ROUNDS];
};

static double check_round(struct checker *self) {
    const storm_tokens *known = &self->storm->known;
    int64_t start_ns = measure_now_ns();
    for (size_t i = 0; i < CAPACITY_CHECKS && self->code == JWKEEP_OK; i++)
        self->code =
            jwkeep_verifier_verify(self->storm->library, known->items[i % known->count].bytes,
                                   0, self->token, NULL, NULL);
    return (double)(measure_now_ns() - start_ns) / 1000 / CAPACITY_CHECKS;
}

static void *run_checker(void *user) {
    struct checker *self = user;
    measure_sleep_until(self->start_ns);
    for (size_t i = 0; i < CAPACITY_ROUNDS; i++)
        self->rounds_us[i] = check_round(self);
    return NULL;
}

static double median_of_all(const struct checker *checkers, size_t count) {
    double all[STORM_MAX_WORKERS * CAPACITY_ROUNDS];
    for (size_t i = 0; i < count * CAPACITY_ROUNDS; i++)
        all[i] = checkers[i / CAPACITY_ROUNDS].rounds_us[i % CAPACITY_ROUNDS];
    measure_sort(all, count * CAPACITY_ROUNDS);
    return all[count * CAPACITY_ROUNDS / 2];
}

static jwkeep_code start(struct checker *self, const storm_scene *storm, int64_t start_ns) {
    self->storm = storm;
    self->start_ns = start_ns;
    jwkeep_code code = jwkeep_token_new(&self->token, NULL);
    if (code == JWKEEP_OK && pthread_create(&self->thread, NULL, run_checker, self) != 0)
        code = JWKEEP_SYSTEM_FAILED;
    self->is_started = code == JWKEEP_OK;
    return code;
}

static jwkeep_code finish(struct checker *self) {
    if (self->is_started)
        pthread_join(self->thread, NULL);
    jwkeep_token_free(self->token);
    return self->code;
}

jwkeep_code storm_capacity(const storm_scene *storm, double *ret_check_us,
                           jwkeep_error *error) {
    struct checker *checkers = calloc(storm->workers, sizeof *checkers);
    if (!checkers)
        return storm_fail(JWKEEP_OUT_OF_MEMORY, error);
    int64_t start_ns = measure_now_ns() + GATHER_MS * MEASURE_MS;
    jwkeep_code code = JWKEEP_OK;
    for (size_t i = 0; i < storm->workers && code == JWKEEP_OK; i++)
        code = start(&checkers[i], storm, start_ns);
    for (size_t i = 0; i < storm->workers; i++) {
        jwkeep_code ended = finish(&checkers[i]);
        code = code == JWKEEP_OK ? ended : code;
    }
    if (code == JWKEEP_OK)
        *ret_check_us = median_of_all(checkers, storm->workers);
    free(checkers);
    return code == JWKEEP_OK ? code : storm_fail(code, error);
}
