/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns `jwkeep bench storm`: the story of a rotation, told three ways. */
#include "bench/bench_storm.h"
#include "cli/command.h"
#include "cli/keys.h"
#include <unistd.h>

struct storm {
    int64_t requests;
    int64_t latency_ms;
    int64_t quiet_ms;
    int64_t workers;
    const char *alg;
    bool is_check;
    bool is_json;
};

static const struct storm DEFAULTS = {
    .requests = 10000, .latency_ms = 1000, .quiet_ms = 1000, .alg = "RS256"};

static const option_spec OPTIONS[] = {
    NUMBER(struct storm, requests, "requests", "N", 1, BENCH_STORM_MAX_REQUESTS,
           "at once, with the new kid (default 10000)"),
    NUMBER(struct storm, latency_ms, "latency-ms", "N", 1, BENCH_STORM_MAX_LATENCY_MS,
           "of the issuer's JWKS (default 1000)"),
    NUMBER(struct storm, quiet_ms, "quiet-ms", "N", 1, 60000,
           "known kids alone before it (default 1000)"),
    NUMBER(struct storm, workers, "workers", "N", 1, 64, "threads (default: one a core)"),
    TEXT(struct storm, alg, "alg", "ALG", "of the tokens (default RS256)"),
    FLAG(struct storm, is_check, "check",
         "the library alone; status 1 unless its counts are right"),
    FLAG(struct storm, is_json, "json", "answer in JSON"),
};

static exit_status run_options(const struct storm *values, const bench_storm_options *options) {
    bool is_good = false;
    jwkeep_error error;
    if (bench_storm(options, stdout, &is_good, &error) != JWKEEP_OK) {
        report_failure("the storm", &error);
        return STATUS_INTERNAL;
    }
    if (!values->is_check || is_good)
        return STATUS_YES;
    report_note("the counts are not what they must be: 1 download (2 in the race), no "
                "duplicate, every request right");
    return STATUS_NO;
}

static exit_status run(const void *arguments) {
    const struct storm *values = arguments;
    bench_storm_options options = {.requests = (uint32_t)values->requests,
                                   .latency_ms = (uint32_t)values->latency_ms,
                                   .quiet_ms = (uint32_t)values->quiet_ms,
                                   .workers = (unsigned)values->workers,
                                   .is_library_only = values->is_check,
                                   .has_race = true,
                                   .is_json = values->is_json,
                                   .progress = isatty(STDERR_FILENO) ? stderr : NULL};
    exit_status status = key_algorithm(values->alg, &options.algorithm);
    if (status != STATUS_YES)
        return status;
    if (!(jwkeep_algorithm_asymmetric() & JWKEEP_ALGORITHM_BIT(options.algorithm)))
        return report_usage("an issuer's keys are asymmetric: --alg RS256, ES256, …, not %s",
                            values->alg);
    return run_options(values, &options);
}

const struct command CMD_BENCH_STORM = {
    .group = "bench",
    .name = "storm",
    .summary = "a rotation while thousands of requests are under way, told three ways",
    .details =
        "An issuer whose JWKS takes a while rotates its key. Requests with the new kid come\n"
        "at once, others with the old kid go on. Once with check-then-add, once with a mutex\n"
        "round the sequence (both real: a thread a request, real downloads), once with the\n"
        "library on event loops. Then the library once more, with a second rotation while\n"
        "the download for the first is in flight.\n",
    .examples = "  jwkeep bench storm\n"
                "  jwkeep bench storm --requests 1000 --latency-ms 300 --json\n",
    .options = OPTION_TABLE(OPTIONS),
    .defaults = &DEFAULTS,
    .values_size = sizeof(struct storm),
    .run = run,
};
