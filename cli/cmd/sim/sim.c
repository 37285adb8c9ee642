/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns `jwkeep sim`: the refresh policy in a virtual world, from a seed. */
#include "sim/sim.h"
#include "cli/command.h"
#include "cli/output.h"
#include <inttypes.h>
#include <sys/random.h>
#include <time.h>

#define DEFAULT_STEPS 1000000
#define NO_SEED (-1)

struct sim {
    int64_t seed;
    int64_t steps;
    bool is_json;
};

static const struct sim DEFAULTS = {.seed = NO_SEED, .steps = DEFAULT_STEPS};

static const option_spec OPTIONS[] = {
    NUMBER(struct sim, seed, "seed", "N", 0, INT64_MAX, "of the world (default: a fresh one)"),
    NUMBER(struct sim, steps, "steps", "N", 1, SIM_MAX_STEPS, "to play (default 1000000)"),
    FLAG(struct sim, is_json, "json", "answer in JSON"),
};

static double seconds_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static uint64_t count_downloads(const sim_tally *tally) {
    uint64_t sum = 0;
    for (size_t i = 0; i < JWKEEP_TRIGGER_COUNT; i++)
        sum += tally->downloads[i];
    return sum;
}

static void print_text(int64_t seed, double time_s, const sim_tally *tally,
                       const sim_finding *finding) {
    printf("seed %" PRId64 ": %" PRIu64 " steps, %" PRIu64 " worlds, %" PRId64
           " days, %.1f million steps a second\n",
           seed, tally->steps, tally->scenarios, tally->virtual_s / 86400,
           (double)tally->steps / time_s / 1e6);
    printf("lookups    %" PRIu64 ": %" PRIu64 " found, %" PRIu64 " refused, %" PRIu64
           " waited (%" PRIu64 " at once)\n",
           tally->lookups, tally->found, tally->refused, tally->waited, tally->most_waiters);
    printf("downloads  %" PRIu64 ": %" PRIu64 " failed, %" PRIu64 " answered too late\n",
           count_downloads(tally), tally->failures, tally->late);
    if (finding->rule)
        printf("BROKEN at step %" PRIu64 ": %s\nreplay     jwkeep sim --seed %" PRId64
               " --steps %" PRIu64 "\n",
               finding->step, finding->rule, seed, finding->step);
    else
        printf("no rule was broken\n");
}

static exit_status print_json(int64_t seed, double time_s, const sim_tally *tally,
                              const sim_finding *finding) {
    jwkeep_buffer buffer;
    jwkeep_json_writer writer;
    jwkeep_buffer_init(&buffer, OUTPUT_MAX_BYTES);
    jwkeep_json_writer_init(&writer, &buffer);
    jwkeep_json_write_object(&writer);
    jwkeep_json_write_member_int64(&writer, "seed", seed);
    jwkeep_json_write_member_int64(&writer, "steps", (int64_t)tally->steps);
    jwkeep_json_write_member_int64(&writer, "worlds", (int64_t)tally->scenarios);
    jwkeep_json_write_member_int64(&writer, "lookups", (int64_t)tally->lookups);
    jwkeep_json_write_member_int64(&writer, "downloads", (int64_t)count_downloads(tally));
    jwkeep_json_write_member_int64(&writer, "steps_per_s",
                                   (int64_t)((double)tally->steps / time_s));
    if (finding->rule) {
        jwkeep_json_write_name(&writer, JWKEEP_SPAN("broken"));
        jwkeep_json_write_string(&writer, jwkeep_span_text(finding->rule));
        jwkeep_json_write_member_int64(&writer, "broken_at_step", (int64_t)finding->step);
    }
    jwkeep_json_write_end(&writer);
    return output_written(&writer, &buffer);
}

static exit_status play(const struct sim *values, int64_t seed) {
    sim_tally tally;
    sim_finding finding;
    double began_s = seconds_now();
    if (!sim_run((uint64_t)seed, (uint64_t)values->steps, stderr, &tally, &finding))
        return report_internal("out of memory");
    double time_s = seconds_now() - began_s + 1e-9;
    exit_status status = STATUS_YES;
    if (values->is_json)
        status = print_json(seed, time_s, &tally, &finding);
    else
        print_text(seed, time_s, &tally, &finding);
    return finding.rule ? STATUS_NO : status;
}

static exit_status run(const void *arguments) {
    const struct sim *values = arguments;
    uint64_t drawn;
    if (values->seed != NO_SEED)
        return play(values, values->seed);
    if (getrandom(&drawn, sizeof drawn, 0) != (ssize_t)sizeof drawn)
        return report_internal("the system has no random bytes");
    return play(values, (int64_t)(drawn >> 1));
}

const struct command CMD_SIM = {
    .name = "sim",
    .summary = "the refresh policy in a virtual world, checked after every step",
    .details =
        "A virtual clock, an issuer that rotates, fails and answers late, and thousands of\n"
        "callers, all from one seed. After every step the rules of docs/design/simulator.md\n"
        "must hold. If one is broken, the scenario is made short and its trace written to\n"
        "standard error; the status is 1.\n",
    .examples = "  jwkeep sim --seed 42 --steps 20000000\n",
    .options = OPTION_TABLE(OPTIONS),
    .defaults = &DEFAULTS,
    .values_size = sizeof(struct sim),
    .run = run,
};
