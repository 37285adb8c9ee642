/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the draws. */
#include "bench/cache_hits.h"
#include "bench/cache_tokens.h"
#include "bench/lru.h"
#include <stdlib.h>

/* One run over one cache. */
struct run {
    const bench_cache_options *options;
    cache_tokens *tokens;
    const double *sums; /* of the probabilities up to each token, not normalised */
    jwkeep_verifier *verifier;
    jwkeep_token *token;
    lru *lru;
    bool is_flooded;
    uint64_t state;
    size_t lru_hits;
};

static jwkeep_code fail(jwkeep_code code, jwkeep_error *error) {
    if (error)
        *error = (jwkeep_error){
            .code = code, .text = jwkeep_code_text(code), .offset = JWKEEP_NO_OFFSET};
    return code;
}

static double *zipf_sums(size_t population) {
    double *sums = calloc(population, sizeof *sums);
    double sum = 0;
    for (size_t i = 0; sums && i < population; i++)
        sums[i] = sum += 1.0 / (double)(i + 1);
    return sums;
}

static size_t draw(struct run *run) {
    const double *sums = run->sums;
    size_t low = 0;
    size_t high = run->options->population - 1;
    double unit = (double)(cache_tokens_random(&run->state) >> 11) / 9007199254740992.0;
    double wanted = unit * sums[high];
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (sums[middle] < wanted)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static jwkeep_code verify(const struct run *run, jwkeep_span bytes, jwkeep_error *error) {
    return jwkeep_verifier_verify(run->verifier, bytes, 0, run->token, NULL, error);
}

static jwkeep_code step(struct run *run, jwkeep_error *error) {
    size_t drawn = draw(run);
    run->lru_hits += lru_use(run->lru, drawn);
    jwkeep_code code = verify(run, run->tokens->spans[drawn], error);
    if (code != JWKEEP_OK || !run->is_flooded)
        return code;
    jwkeep_span once;
    lru_use_once(run->lru);
    code = cache_tokens_once(run->tokens, &once, error);
    return code == JWKEEP_OK ? verify(run, once, error) : code;
}

static jwkeep_code steps(struct run *run, size_t count, jwkeep_error *error) {
    jwkeep_code code = JWKEEP_OK;
    for (size_t i = 0; code == JWKEEP_OK && i < count; i++)
        code = step(run, error);
    return code;
}

/* What comes once is never found: all hits are of draws. */
static jwkeep_code count_hits(struct run *run, double *ret_cache, double *ret_lru,
                              jwkeep_error *error) {
    jwkeep_cache_status before, after;
    const size_t draws = run->options->draws;
    jwkeep_code code = steps(run, draws / 5, error);
    run->lru_hits = 0;
    if (code == JWKEEP_OK && jwkeep_verifier_cache_status(run->verifier, &before) != JWKEEP_OK)
        code = fail(JWKEEP_SYSTEM_FAILED, error);
    if (code == JWKEEP_OK)
        code = steps(run, draws, error);
    if (code == JWKEEP_OK && jwkeep_verifier_cache_status(run->verifier, &after) != JWKEEP_OK)
        code = fail(JWKEEP_SYSTEM_FAILED, error);
    if (code != JWKEEP_OK)
        return code;
    *ret_cache = (double)(after.hits - before.hits) / (double)draws;
    *ret_lru = (double)run->lru_hits / (double)draws;
    return JWKEEP_OK;
}

static jwkeep_code run_once(struct run *run, double *ret_cache, double *ret_lru,
                            jwkeep_error *error) {
    const bench_cache_options *options = run->options;
    run->state = 2463534242u;
    run->lru = lru_new(options->entries, options->population);
    jwkeep_code code = run->lru ? JWKEEP_OK : fail(JWKEEP_OUT_OF_MEMORY, error);
    if (code == JWKEEP_OK)
        code = cache_tokens_verifier(run->tokens, options->entries, &run->verifier, error);
    if (code == JWKEEP_OK)
        code = jwkeep_token_new(&run->token, error);
    if (code == JWKEEP_OK)
        code = count_hits(run, ret_cache, ret_lru, error);
    jwkeep_token_free(run->token);
    jwkeep_verifier_free(run->verifier);
    lru_free(run->lru);
    return code;
}

jwkeep_code cache_hits_count(const bench_cache_options *options, cache_hits *ret_hits,
                             jwkeep_error *error) {
    cache_tokens tokens;
    cache_hits hits;
    double *sums = zipf_sums(options->population);
    if (!sums)
        return fail(JWKEEP_OUT_OF_MEMORY, error);
    jwkeep_code code =
        cache_tokens_make(JWKEEP_ALGORITHM_HS256, options->population, &tokens, error);
    if (code == JWKEEP_OK) {
        struct run plain = {.options = options, .tokens = &tokens, .sums = sums};
        struct run flooded = plain;
        flooded.is_flooded = true;
        code = run_once(&plain, &hits.cache, &hits.lru, error);
        if (code == JWKEEP_OK)
            code = run_once(&flooded, &hits.flooded_cache, &hits.flooded_lru, error);
        cache_tokens_done(&tokens);
    }
    free(sums);
    if (code == JWKEEP_OK)
        *ret_hits = hits;
    return code;
}
