/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns `jwkeep bench read`: what a lookup in a ring costs, and whether it scales. */
#include "bench/bench_read.h"
#include "cli/command.h"
#include "cli/report.h"

struct read {
    int64_t threads;
    int64_t rounds;
    int64_t seconds;
    int64_t write_ms;
    bool is_json;
};

static const struct read DEFAULTS = {.rounds = 7, .seconds = 2, .write_ms = 10};

static const option_spec OPTIONS[] = {
    NUMBER(struct read, threads, "threads", "N", 1, BENCH_READ_MAX_THREADS,
           "1, 2, 4, … and N threads (default: the cores)"),
    NUMBER(struct read, rounds, "rounds", "N", 5, BENCH_READ_MAX_ROUNDS,
           "slices of each kind (default 7)"),
    NUMBER(struct read, seconds, "seconds", "S", 1, 600, "for a number of threads (default 2)"),
    NUMBER(struct read, write_ms, "write-ms", "N", 0, 60000,
           "between two new sets; 0: no writer (default 10)"),
    FLAG(struct read, is_json, "json", "answer in JSON"),
};

static exit_status run(const void *arguments) {
    const struct read *values = arguments;
    jwkeep_error error;
    bench_read_options options = {.threads = (unsigned)values->threads,
                                  .rounds = (unsigned)values->rounds,
                                  .time_ms = (uint32_t)values->seconds * 1000u,
                                  .write_ms = (uint32_t)values->write_ms,
                                  .is_json = values->is_json};
    if (bench_read(&options, stdout, &error) == JWKEEP_OK)
        return STATUS_YES;
    report_failure("measuring", &error);
    return STATUS_INTERNAL;
}

const struct command CMD_BENCH_READ = {
    .group = "bench",
    .name = "read",
    .summary = "a lookup by kid while sets are replaced, at 1, 2, … threads",
    .details =
        "Time on the CPU, each thread its own. unprotected: a pointer is read and the set\n"
        "searched, safe only because these sets are never freed. ring: the same through the\n"
        "ring, as the verifier does it. ring+hold: the key is held and let go of as well,\n"
        "which all threads count in one place. Compare within one run only.\n",
    .examples = "  jwkeep bench read --threads 8\n"
                "  jwkeep bench read --write-ms 1 --json\n",
    .options = OPTION_TABLE(OPTIONS),
    .defaults = &DEFAULTS,
    .values_size = sizeof(struct read),
    .run = run,
};
