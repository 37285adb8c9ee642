/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the steady requests with a known kid, and the counting. */
#include "bench/storm.h"
#include "bench/measure.h"
#include <stdlib.h>

jwkeep_code storm_fail(jwkeep_code code, jwkeep_error *error) {
    if (error)
        *error = (jwkeep_error){
            .code = code, .text = jwkeep_code_text(code), .offset = JWKEEP_NO_OFFSET};
    return code;
}

bool storm_is_right(const storm_token *asked, const jwkeep_token *token) {
    return jwkeep_span_equals(asked->sub, jwkeep_token_subject(token));
}

static int compare_keys(const void *a, const void *b) {
    const jwkeep_jwk *const *x = a;
    const jwkeep_jwk *const *y = b;
    return memcmp(jwkeep_jwk_thumbprint(*x).data, jwkeep_jwk_thumbprint(*y).data,
                  JWKEEP_THUMBPRINT_SIZE);
}

size_t storm_duplicates(jwkeep_jwk *const *keys, size_t count) {
    size_t duplicates = 0;
    const jwkeep_jwk **sorted = calloc(count + 1, sizeof(jwkeep_jwk *));
    if (!sorted)
        return 0;
    for (size_t i = 0; i < count; i++)
        sorted[i] = keys[i];
    qsort(sorted, count, sizeof(jwkeep_jwk *), compare_keys);
    for (size_t i = 1; i < count; i++)
        duplicates += jwkeep_jwk_is_same(sorted[i - 1], sorted[i]);
    free(sorted);
    return duplicates;
}

storm_pace *storm_pace_new(const storm_scene *storm, int64_t go_ns,
                           bool (*verify)(void *user, const storm_token *token), void *user) {
    storm_pace *pace = calloc(1, sizeof *pace);
    if (!pace)
        return NULL;
    pace->storm = storm;
    pace->verify = verify;
    pace->user = user;
    pace->go_ns = go_ns;
    pace->due_ns = measure_now_ns();
    pace->awake_ns = pace->due_ns;
    return pace;
}

static void serve_one(storm_pace *pace) {
    const storm_tokens *known = &pace->storm->known;
    int64_t start_ns = pace->due_ns > pace->awake_ns ? pace->due_ns : pace->awake_ns;
    if (!pace->verify(pace->user, &known->items[pace->next++ % known->count]))
        pace->wrong++;
    if (pace->count < STORM_MAX_SAMPLES) {
        pace->samples[pace->count].due_ns = pace->due_ns;
        pace->samples[pace->count++].took_ns = measure_now_ns() - start_ns;
    }
    pace->due_ns += pace->storm->interval_ns;
}

int64_t storm_pace_serve(storm_pace *pace) {
    while (measure_now_ns() >= pace->due_ns)
        serve_one(pace);
    return pace->due_ns;
}

static storm_phase phase_of(const storm_pace *pace, int64_t due_ns) {
    if (due_ns < pace->go_ns)
        return STORM_BEFORE;
    int64_t answer_ns = pace->go_ns + (int64_t)pace->storm->latency_ms * MEASURE_MS;
    return due_ns < answer_ns ? STORM_DURING : STORM_AFTER;
}

static void summarize(storm_pace *const *paces, size_t count, storm_phase phase,
                      double *storage, storm_result *result) {
    size_t used = 0;
    for (size_t i = 0; i < count; i++) {
        const storm_pace *pace = paces[i];
        for (size_t j = 0; pace && j < pace->count; j++) {
            if (phase_of(pace, pace->samples[j].due_ns) == phase)
                storage[used++] = (double)pace->samples[j].took_ns / 1000;
        }
    }
    measure_sort(storage, used);
    result->p50_us[phase] = measure_percentile(storage, used, 50);
    result->p99_us[phase] = measure_percentile(storage, used, 99);
    result->most_us[phase] = measure_percentile(storage, used, 100);
}

void storm_pace_finish(storm_pace *const *paces, size_t count, storm_result *result) {
    double *storage = malloc(count * STORM_MAX_SAMPLES * sizeof *storage);
    for (storm_phase phase = STORM_BEFORE; storage && phase < STORM_PHASES; phase++)
        summarize(paces, count, phase, storage, result);
    free(storage);
    for (size_t i = 0; i < count; i++)
        free(paces[i]);
}
