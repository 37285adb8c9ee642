/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns `jwkeep bench cache`: hits of the cache of verified tokens. */
#include "bench/bench_cache.h"
#include "cli/command.h"
#include "cli/keys.h"
#include <jwkeep/verifier.h>

struct cache {
    const char *alg;
    int64_t tokens;
    int64_t threads;
    int64_t rounds;
    int64_t seconds;
    int64_t population;
    int64_t entries;
    int64_t draws;
    bool is_json;
};

static const struct cache DEFAULTS = {.alg = "RS256",
                                      .tokens = 10000,
                                      .threads = 2,
                                      .rounds = 7,
                                      .seconds = 6,
                                      .population = 100000,
                                      .entries = 16384,
                                      .draws = 1000000};

static const option_spec OPTIONS[] = {
    TEXT(struct cache, alg, "alg", "ALG", "of the working set (default RS256)"),
    NUMBER(struct cache, tokens, "tokens", "N", 1, BENCH_CACHE_MAX_TOKENS,
           "in the working set (default 10000)"),
    NUMBER(struct cache, threads, "threads", "N", 1, BENCH_CACHE_MAX_THREADS,
           "N threads beside one (default 2)"),
    NUMBER(struct cache, rounds, "rounds", "N", 5, BENCH_CACHE_MAX_ROUNDS,
           "slices of each kind (default 7)"),
    NUMBER(struct cache, seconds, "seconds", "S", 1, 600, "all slices together (default 6)"),
    NUMBER(struct cache, population, "population", "N", 1, BENCH_CACHE_MAX_TOKENS,
           "tokens to draw from (default 100000)"),
    NUMBER(struct cache, entries, "entries", "N", 1, JWKEEP_CACHE_MAX_ENTRIES,
           "of the cache that is drawn for (default 16384)"),
    NUMBER(struct cache, draws, "draws", "N", 5, 100000000, "tokens drawn (default 1000000)"),
    FLAG(struct cache, is_json, "json", "answer in JSON"),
};

static exit_status run(const void *arguments) {
    const struct cache *values = arguments;
    jwkeep_error error;
    bench_cache_options options = {.tokens = (size_t)values->tokens,
                                   .threads = (unsigned)values->threads,
                                   .rounds = (unsigned)values->rounds,
                                   .time_ms = (uint32_t)values->seconds * 1000u,
                                   .population = (size_t)values->population,
                                   .entries = (size_t)values->entries,
                                   .draws = (size_t)values->draws,
                                   .is_json = values->is_json};
    exit_status status = key_algorithm(values->alg, &options.algorithm);
    if (status != STATUS_YES)
        return status;
    if (bench_cache(&options, stdout, &error) == JWKEEP_OK)
        return STATUS_YES;
    report_failure("measuring", &error);
    return STATUS_INTERNAL;
}

const struct command CMD_BENCH_CACHE = {
    .group = "bench",
    .name = "cache",
    .summary = "the cache of verified tokens: hits a second, and how many there are",
    .details =
        "First the working set, verified again and again, each call whole: on one thread; on\n"
        "one that says which tokens come, three of them ahead; on several; and\n"
        "without a cache. Time on the CPU, each thread its own, without that in which tokens\n"
        "arrive in its memory, as they would from a socket. Then HS256\n"
        "tokens drawn from a population, few of them often (Zipf, s = 1), beside a simulated\n"
        "LRU of as many entries; and once more with a token that never comes again after\n"
        "each draw. Compare times within one run only.\n",
    .examples = "  jwkeep bench cache\n"
                "  jwkeep bench cache --alg ES256 --tokens 1000 --json\n",
    .options = OPTION_TABLE(OPTIONS),
    .defaults = &DEFAULTS,
    .values_size = sizeof(struct cache),
    .run = run,
};
