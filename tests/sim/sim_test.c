/* SPDX-License-Identifier: Apache-2.0
 *
 * The simulator over fixed seeds and a fresh one: no rule breaks; and a run depends on its
 * seed alone. JWKEEP_SIM_STEPS: how many steps in all. */
#include "sim/sim.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include <cmocka.h>

#define DEFAULT_STEPS 2500000u
#define FIXED_SEEDS 4u

static uint64_t steps_of_seed(void) {
    const char *asked = getenv("JWKEEP_SIM_STEPS");
    uint64_t steps = asked ? strtoull(asked, NULL, 10) : 0;
    return (steps ? steps : DEFAULT_STEPS) / (FIXED_SEEDS + 1);
}

static void play(uint64_t seed, uint64_t steps, sim_tally *ret_tally) {
    sim_finding finding;
    bool is_played = sim_run(seed, steps, stderr, ret_tally, &finding);
    if (is_played && finding.rule)
        fprintf(stderr, "seed %llu breaks at step %llu: %s\n", (unsigned long long)seed,
                (unsigned long long)finding.step, finding.rule);
    assert_true(is_played);
    assert_null(finding.rule);
    assert_int_equal(ret_tally->steps, steps);
}

static void no_rule_breaks_from_fixed_seeds(void **state) {
    (void)state;
    sim_tally tally;
    for (uint64_t seed = 1; seed <= FIXED_SEEDS; seed++)
        play(seed, steps_of_seed(), &tally);
}

static void no_rule_breaks_from_a_fresh_seed(void **state) {
    (void)state;
    uint64_t seed = 0;
    sim_tally tally;
    assert_int_equal(getrandom(&seed, sizeof seed, 0), sizeof seed);
    seed >>= 1; /* the command takes it too */
    printf("seed %llu\n", (unsigned long long)seed);
    play(seed, steps_of_seed(), &tally);
}

static void a_run_depends_on_its_seed_alone(void **state) {
    (void)state;
    sim_tally first;
    sim_tally again;
    sim_tally other;
    play(5, 100000, &first);
    play(5, 100000, &again);
    play(6, 100000, &other);
    assert_memory_equal(&first, &again, sizeof first);
    assert_true(memcmp(&first, &other, sizeof first) != 0);
}

/* A world where nothing happens breaks no rule either. */
static void everything_happens(void **state) {
    (void)state;
    sim_tally tally;
    play(1, 400000, &tally);
    assert_true(tally.most_waiters >= 500);
    assert_true(tally.lookups > tally.steps / 4);
    assert_true(tally.succeeded > 100 && tally.timed_out > 100 && tally.cancelled > 100);
    assert_true(tally.found > 1000 && tally.refused > 1000);
    assert_true(tally.failures > 100 && tally.sets > 100 && tally.late > 10);
    for (size_t i = 0; i < JWKEEP_TRIGGER_COUNT; i++)
        assert_true(tally.downloads[i] > 10);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_rule_breaks_from_fixed_seeds),
        cmocka_unit_test(no_rule_breaks_from_a_fresh_seed),
        cmocka_unit_test(a_run_depends_on_its_seed_alone),
        cmocka_unit_test(everything_happens),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
