/* SPDX-License-Identifier: Apache-2.0
 *
 * Traces that the simulator found and made short: what broke once. */
#include "remote/policy.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define SECOND 1000
#define COOLDOWN (30 * SECOND)

static const jk_policy_options defaults = {
    .cooldown_ms = COOLDOWN,
    .stale_limit_ms = 3600 * SECOND,
    .backoff_min_ms = 1 * SECOND,
    .backoff_max_ms = 60 * SECOND,
    .retry_after_max_ms = 300 * SECOND,
};

static const jk_outcome good = {.kind = JK_OUTCOME_GOOD, .lifetime_ms = 600 * SECOND};
static const jk_outcome failed = {.kind = JK_OUTCOME_FAILED};

/* A flight for any key is under way from 0 on; somebody who misses a key joins it and leaves
 * after its deadline. */
static jk_policy policy_left_late(void) {
    jk_policy policy;
    jk_flight flight = {0};
    jk_policy_init(&policy, &defaults, 7, 0);
    (void)jk_policy_lookup(&policy, 0, false, false);
    bool is_started = jk_policy_start(&policy, 0, &flight);
    jk_answer late = jk_policy_lookup(&policy, 1, true, false);
    jk_policy_leave(&policy, late.decided_by, true);
    assert_true(is_started);
    assert_false(flight.is_forced);
    assert_int_equal(late.code, JWKEEP_PENDING);
    return policy;
}

static void r05_who_came_late_and_left_is_owed_a_flight(void **state) {
    (void)state;
    jk_policy policy = policy_left_late();
    jk_flight second = {0};
    jk_policy_end(&policy, 5 * SECOND, 1, &good);
    assert_true(jk_policy_wake_at(&policy) <= 5 * SECOND);
    assert_true(jk_policy_start(&policy, 5 * SECOND, &second));
    assert_int_equal(second.trigger, JWKEEP_TRIGGER_TRAILING);
    assert_true(second.is_forced);
    jk_policy_end(&policy, 6 * SECOND, second.number, &good);
    assert_false(jk_policy_start(&policy, 6 * SECOND + COOLDOWN, &second));
}

static void r05_who_left_within_the_cooldown_is_owed_one_at_its_end(void **state) {
    (void)state;
    jk_policy policy = policy_left_late();
    jk_flight flight = {0};
    jk_policy_end(&policy, 1 * SECOND, 1, &good);
    assert_true(jk_policy_start(&policy, 1 * SECOND, &flight));
    jk_answer late = jk_policy_lookup(&policy, 2 * SECOND, true, false);
    jk_policy_leave(&policy, late.decided_by, true);
    jk_policy_end(&policy, 5 * SECOND, flight.number, &good);
    assert_int_equal(jk_policy_wake_at(&policy), 1 * SECOND + COOLDOWN);
}

static void r07_the_retry_for_who_left_asks_past_caches(void **state) {
    (void)state;
    jk_policy policy = policy_left_late();
    jk_flight retry = {0};
    jk_policy_end(&policy, 5 * SECOND, 1, &failed);
    assert_true(jk_policy_start(&policy, jk_policy_wake_at(&policy), &retry));
    assert_true(retry.is_forced);
}

/* Else a cache on the way could answer the retry with the old set, and that would be all. */
static void r07_the_retry_for_who_joined_late_asks_past_caches(void **state) {
    (void)state;
    jk_policy policy;
    jk_flight flight = {0};
    jk_flight retry = {0};
    jk_policy_init(&policy, &defaults, 7, 0);
    (void)jk_policy_lookup(&policy, 0, false, false);
    assert_true(jk_policy_start(&policy, 0, &flight));
    jk_answer late = jk_policy_lookup(&policy, 1, true, false);
    jk_policy_end(&policy, 20, flight.number, &failed);
    assert_int_equal(jk_policy_settle(&policy, 20, late.decided_by, true, false),
                     JWKEEP_KEYS_FETCH_FAILED);
    assert_true(jk_policy_start(&policy, jk_policy_wake_at(&policy), &retry));
    assert_true(retry.is_forced);
}

static void r04_who_caused_the_flight_and_left_is_owed_nothing_more(void **state) {
    (void)state;
    jk_policy policy;
    jk_flight flight = {0};
    jk_policy_init(&policy, &defaults, 7, 0);
    jk_answer first = jk_policy_lookup(&policy, 0, true, false);
    assert_true(jk_policy_start(&policy, 0, &flight));
    jk_policy_leave(&policy, first.decided_by, true);
    jk_answer any = jk_policy_lookup(&policy, 1, false, false);
    jk_policy_leave(&policy, any.decided_by, false);
    jk_policy_end(&policy, 5 * SECOND, flight.number, &good);
    assert_true(jk_policy_wake_at(&policy) > 5 * SECOND + COOLDOWN);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(r05_who_came_late_and_left_is_owed_a_flight),
        cmocka_unit_test(r05_who_left_within_the_cooldown_is_owed_one_at_its_end),
        cmocka_unit_test(r07_the_retry_for_who_left_asks_past_caches),
        cmocka_unit_test(r07_the_retry_for_who_joined_late_asks_past_caches),
        cmocka_unit_test(r04_who_caused_the_flight_and_left_is_owed_nothing_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
