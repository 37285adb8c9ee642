/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns what the three ways of bench_storm.c share: the tokens, the key set from before the
 * rotation, the requests with a known `kid` that go on all the time, and what came of it. */
#ifndef BENCH_STORM_H
#define BENCH_STORM_H

#include "server/dev_issuer.h"
#include <jwkeep/verifier.h>
#include <pthread.h>
#include <stdatomic.h>

#define STORM_MAX_WORKERS 64u
#define STORM_MAX_SAMPLES (1u << 18) /* of one worker */

/* A token and what is known of it. */
typedef struct storm_token {
    jwkeep_span bytes;
    jwkeep_span kid;
    jwkeep_span sub; /* what a right answer says */
} storm_token;

typedef struct storm_tokens {
    storm_token *items;
    size_t count;
    jwkeep_buffer *buffers; /* one for each thread that minted */
    size_t buffer_count;
} storm_tokens;

/* The scene. Immutable while a way runs. */
typedef struct storm_scene {
    dev_issuer *issuer;
    jwkeep_rules rules;
    jwkeep_source_options source;
    jwkeep_keyset *held;      /* from before the rotation */
    jwkeep_verifier *library; /* made before the rotation, holding the same */
    storm_tokens known;
    storm_tokens wanted; /* with the new kid */
    const char *issuer_url;
    size_t max_downloads; /* of single ones, at a time: open files are limited */
    uint32_t latency_ms;
    uint32_t quiet_ms;   /* known kids alone, before the storm */
    int64_t interval_ns; /* between two requests with a known kid, on each worker */
    unsigned workers;
} storm_scene;

/* When a request with a known kid was due. */
typedef enum storm_phase {
    STORM_BEFORE = 0, /* a quiet day */
    STORM_DURING = 1, /* the download runs */
    STORM_AFTER = 2,  /* the answer is there, the waiting requests are answered */
    STORM_PHASES = 3
} storm_phase;

/* What came of one way. */
typedef struct storm_result {
    uint64_t downloads;
    size_t keys_held;
    size_t duplicates;
    size_t right;   /* answered, verified, with the right subject */
    size_t at_once; /* downloads that the system lets run at a time */
    double last_answer_ms;
    double p50_us[STORM_PHASES];
    double p99_us[STORM_PHASES];
    double most_us[STORM_PHASES];
} storm_result;

/* The requests with a known kid of one worker: one every interval, each verified by `verify`.
 * A request's time runs from when it was due, or from when the sleeping worker woke for it if
 * that was later: the system's wake-up is not what is measured. */
typedef struct storm_pace {
    const storm_scene *storm;
    bool (*verify)(void *user, const storm_token *token);
    void *user;
    int64_t go_ns; /* when the storm begins */
    int64_t due_ns;
    int64_t awake_ns;
    size_t next;
    size_t wrong;
    size_t count;
    struct {
        int64_t due_ns;
        int64_t took_ns;
    } samples[STORM_MAX_SAMPLES];
} storm_pace;

/* NULL: no memory. */
storm_pace *storm_pace_new(const storm_scene *storm, int64_t go_ns,
                           bool (*verify)(void *user, const storm_token *token), void *user);

/* Answers what is due. Gives when the next one will be. */
int64_t storm_pace_serve(storm_pace *pace);

/* Reads `count` paces, each may be NULL, and frees them. */
void storm_pace_finish(storm_pace *const *paces, size_t count, storm_result *result);

/* Mints `count` tokens with the issuer's present key, on `threads` threads (1 to
 * STORM_MAX_WORKERS). `tokens` is zeroed, and must be freed after a failure as well. */
JWKEEP_MUST_USE jwkeep_code storm_tokens_mint(dev_issuer *issuer, jwkeep_algorithm algorithm,
                                              size_t count, size_t threads,
                                              storm_tokens *tokens, jwkeep_error *error);
void storm_tokens_done(storm_tokens *tokens);

/* Whether `token` was verified to be the one that was asked about. */
bool storm_is_right(const storm_token *asked, const jwkeep_token *token);

/* The same key, or the same `kid`, in `keys` more than once: how many are too many. */
size_t storm_duplicates(jwkeep_jwk *const *keys, size_t count);

/* How long a token whose key is known takes, every worker checking at once: the median of some
 * rounds. Errors: SYSTEM_FAILED (threads), OUT_OF_MEMORY, that of a token that is refused. */
JWKEEP_MUST_USE jwkeep_code storm_capacity(const storm_scene *storm, double *ret_check_us,
                                           jwkeep_error *error);

/* A rotation while a download for an earlier one is in flight. `result->right` of
 * `ret_requests`; of the counts, downloads only.
 * Errors: as above, and those of dev_issuer_rotate. */
JWKEEP_MUST_USE jwkeep_code storm_race(const storm_scene *storm, jwkeep_algorithm algorithm,
                                       storm_result *ret_result, size_t *ret_requests,
                                       jwkeep_error *error);

/* The three ways. Errors: OUT_OF_MEMORY, SYSTEM_FAILED (threads), those of jwkeep_token_new. */
JWKEEP_MUST_USE jwkeep_code storm_library(const storm_scene *storm, storm_result *ret_result,
                                          jwkeep_error *error);

/* Every request on a thread of its own; `is_locked` puts one mutex round the whole sequence of
 * looking, downloading and adding, otherwise each call has its lock and the sequence none. */
JWKEEP_MUST_USE jwkeep_code storm_threads(const storm_scene *storm, bool is_locked,
                                          storm_result *ret_result, jwkeep_error *error);

jwkeep_code storm_fail(jwkeep_code code, jwkeep_error *error);

#endif
