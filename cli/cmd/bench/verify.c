/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns `jwkeep bench verify`: whole tokens beside the bare crypto library. */
#include "bench/bench_verify.h"
#include "cli/command.h"
#include "cli/keys.h"

struct verify {
    text_list algs;
    int64_t rounds;
    int64_t seconds;
    int64_t threads;
    bool is_json;
};

static const struct verify DEFAULTS = {.rounds = 7, .seconds = 2};

static const option_spec OPTIONS[] = {
    LIST(struct verify, algs, "alg", "ALG", "measure this one (default: all)"),
    NUMBER(struct verify, rounds, "rounds", "N", 5, BENCH_MAX_ROUNDS,
           "slices of either side (default 7)"),
    NUMBER(struct verify, seconds, "seconds", "S", 1, 600, "for an algorithm (default 2)"),
    NUMBER(struct verify, threads, "threads", "N", 1, BENCH_VERIFY_MAX_THREADS,
           "N threads beside one, without OpenSSL"),
    FLAG(struct verify, is_json, "json", "answer in JSON"),
};

static exit_status run(const void *arguments) {
    const struct verify *values = arguments;
    jwkeep_error error;
    bench_verify_options options = {.rounds = (unsigned)values->rounds,
                                    .time_ms = (uint32_t)values->seconds * 1000u,
                                    .threads = (unsigned)values->threads,
                                    .is_json = values->is_json};
    exit_status status = key_algorithms(&values->algs, &options.algorithms);
    if (status != STATUS_YES)
        return status;
    if (options.algorithms == 0)
        options.algorithms = jwkeep_algorithm_all();
    if (bench_verify(&options, stdout, &error) == JWKEEP_OK)
        return STATUS_YES;
    report_failure("measuring", &error);
    return STATUS_INTERNAL;
}

const struct command CMD_BENCH_VERIFY = {
    .group = "bench",
    .name = "verify",
    .summary = "verifications of whole tokens, beside OpenSSL's bare signature check",
    .details =
        "About 400 bytes of claims, 256 distinct tokens, the key by kid from a set of\n"
        "three; iss, aud and exp checked. raw/s is OpenSSL alone on the same tokens, with\n"
        "a prepared key and a reused context. With --threads: one thread, and beside it all\n"
        "of them together. Time on the CPU, each thread its own. Compare within one run "
        "only.\n",
    .examples = "  jwkeep bench verify --alg RS256 --alg ES256\n"
                "  jwkeep bench verify --alg HS256 --threads 2\n",
    .options = OPTION_TABLE(OPTIONS),
    .defaults = &DEFAULTS,
    .values_size = sizeof(struct verify),
    .run = run,
};
