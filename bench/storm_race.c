/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the race: requests for a rotated key wait for a download, and before its answer comes
 * the issuer rotates again. The second lot of requests, too, joins a download that cannot know
 * their key; they get one more, at once. */
#include "bench/measure.h"
#include "bench/storm.h"
#include <stdlib.h>

#define REQUESTS 64u /* of either rotation */
#define PATIENCE_MS 30000u
#define POLL_NS 200000

/* Answers that have come; the wake-ups are on the refresher's thread. */
struct tally {
    pthread_mutex_t lock;
    pthread_cond_t is_changed;
    size_t ready;
};

struct race {
    const storm_scene *storm;
    struct tally tally;
    jwkeep_token *token;
    storm_tokens lots[2];
    jwkeep_pending *pending[2][REQUESTS];
    size_t waiting;
    size_t right;
};

static void notify(void *user) {
    struct tally *tally = user;
    pthread_mutex_lock(&tally->lock);
    tally->ready++;
    pthread_cond_signal(&tally->is_changed);
    pthread_mutex_unlock(&tally->lock);
}

static void judge(struct race *race, const storm_token *asked, jwkeep_code code) {
    race->right += code == JWKEEP_OK && storm_is_right(asked, race->token);
}

static void begin_lot(struct race *race, size_t lot) {
    for (size_t i = 0; i < race->lots[lot].count; i++) {
        const storm_token *asked = &race->lots[lot].items[i];
        jwkeep_code code = jwkeep_verifier_begin(
            race->storm->library, asked->bytes, race->storm->latency_ms * 2 + PATIENCE_MS,
            notify, &race->tally, race->token, &race->pending[lot][i], NULL, NULL);
        if (code == JWKEEP_PENDING)
            race->waiting++;
        else
            judge(race, asked, code);
    }
}

static void finish_lots(struct race *race) {
    pthread_mutex_lock(&race->tally.lock);
    while (race->tally.ready < race->waiting)
        pthread_cond_wait(&race->tally.is_changed, &race->tally.lock);
    pthread_mutex_unlock(&race->tally.lock);
    for (size_t lot = 0; lot < 2; lot++) {
        for (size_t i = 0; i < race->lots[lot].count; i++) {
            if (!race->pending[lot][i])
                continue;
            jwkeep_code code =
                jwkeep_pending_finish(race->pending[lot][i], race->token, NULL, NULL);
            judge(race, &race->lots[lot].items[i], code);
        }
    }
}

static jwkeep_code rotate_and_mint(struct race *race, jwkeep_algorithm algorithm, size_t lot,
                                   jwkeep_error *error) {
    jwkeep_code code = dev_issuer_rotate(race->storm->issuer, false, error);
    if (code != JWKEEP_OK)
        return code;
    return storm_tokens_mint(race->storm->issuer, algorithm, REQUESTS, race->storm->workers,
                             &race->lots[lot], error);
}

/* The download has reached the issuer, or, which would be wrong, was never begun. */
static void wait_for_download(const struct race *race, uint64_t before) {
    int64_t end_ns = measure_now_ns() + (int64_t)PATIENCE_MS * MEASURE_MS;
    while (dev_issuer_downloads(race->storm->issuer) == before && measure_now_ns() < end_ns)
        measure_sleep_until(measure_now_ns() + POLL_NS);
}

static jwkeep_code run_race(struct race *race, jwkeep_algorithm algorithm,
                            jwkeep_error *error) {
    uint64_t before = dev_issuer_downloads(race->storm->issuer);
    jwkeep_code code = rotate_and_mint(race, algorithm, 0, error);
    if (code != JWKEEP_OK)
        return code;
    begin_lot(race, 0);
    wait_for_download(race, before);
    code = rotate_and_mint(race, algorithm, 1, error);
    if (code == JWKEEP_OK)
        begin_lot(race, 1);
    finish_lots(race);
    return code;
}

jwkeep_code storm_race(const storm_scene *storm, jwkeep_algorithm algorithm,
                       storm_result *ret_result, size_t *ret_requests, jwkeep_error *error) {
    struct race *race = calloc(1, sizeof *race);
    if (!race)
        return storm_fail(JWKEEP_OUT_OF_MEMORY, error);
    race->storm = storm;
    pthread_mutex_init(&race->tally.lock, NULL);
    pthread_cond_init(&race->tally.is_changed, NULL);
    uint64_t before = dev_issuer_downloads(storm->issuer);
    jwkeep_code code = jwkeep_token_new(&race->token, error);
    if (code == JWKEEP_OK)
        code = run_race(race, algorithm, error);
    if (code == JWKEEP_OK) {
        *ret_result = (storm_result){.downloads = dev_issuer_downloads(storm->issuer) - before,
                                     .right = race->right};
        *ret_requests = (size_t)2 * REQUESTS;
    }
    storm_tokens_done(&race->lots[0]);
    storm_tokens_done(&race->lots[1]);
    jwkeep_token_free(race->token);
    pthread_cond_destroy(&race->tally.is_changed);
    pthread_mutex_destroy(&race->tally.lock);
    free(race);
    return code;
}
