/* SPDX-License-Identifier: Apache-2.0
 *
 * The pure policy on bad signatures under known names (R17). */
#include "remote/policy.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define SECOND 1000
#define MINUTE (60 * SECOND)
#define COOLDOWN (30 * SECOND)
#define INTERVAL (120 * SECOND)

static const jk_outcome good = {.kind = JK_OUTCOME_GOOD, .lifetime_ms = 3600 * SECOND};
static const jk_outcome failed = {.kind = JK_OUTCOME_FAILED};

/* Loaded at time 0. */
static jk_policy loaded_policy(int64_t signature_ms) {
    const jk_policy_options options = {
        .cooldown_ms = COOLDOWN,
        .stale_limit_ms = 600 * SECOND,
        .backoff_min_ms = 1 * SECOND,
        .backoff_max_ms = 60 * SECOND,
        .retry_after_max_ms = 300 * SECOND,
        .signature_ms = signature_ms,
    };
    jk_policy policy;
    jk_flight flight = {0};
    jk_policy_init(&policy, &options, 7, 0);
    (void)jk_policy_lookup(&policy, 0, false, false);
    assert_true(jk_policy_start(&policy, 0, &flight));
    jk_policy_end(&policy, 0, flight.number, &good);
    return policy;
}

static bool starts(jk_policy *policy, int64_t now_ms, jwkeep_trigger trigger) {
    jk_flight flight;
    return jk_policy_start(policy, now_ms, &flight) && flight.trigger == trigger &&
           flight.is_forced;
}

static bool starts_none(jk_policy *policy, int64_t now_ms) {
    jk_flight flight;
    return !jk_policy_start(policy, now_ms, &flight);
}

static jwkeep_code suspect(jk_policy *policy, int64_t now_ms) {
    return jk_policy_suspect(policy, now_ms).code;
}

static void end(jk_policy *policy, int64_t now_ms, const jk_outcome *outcome) {
    jk_policy_end(policy, now_ms, policy->flight.number, outcome);
}

static void r17_a_bad_signature_costs_nothing_unless_switched_on(void **state) {
    (void)state;
    jk_policy policy = loaded_policy(0);
    assert_int_equal(suspect(&policy, MINUTE), JWKEEP_OK);
    assert_true(starts_none(&policy, MINUTE));
    assert_int_equal(jk_policy_wake_at(&policy), policy.scheduled_at_ms);
}

static void r17_bad_signatures_cost_one_download_in_each_interval(void **state) {
    (void)state;
    jk_policy policy = loaded_policy(INTERVAL);
    assert_int_equal(suspect(&policy, MINUTE), JWKEEP_PENDING);
    assert_true(jk_policy_suspect(&policy, MINUTE).is_shared);
    assert_int_equal(jk_policy_wake_at(&policy), MINUTE);
    assert_true(starts(&policy, MINUTE, JWKEEP_TRIGGER_SIGNATURE));
    assert_int_equal(suspect(&policy, MINUTE + 1), JWKEEP_PENDING); /* what is under way */
    end(&policy, MINUTE + SECOND, &good);
    assert_int_equal(jk_policy_settle(&policy, MINUTE + SECOND, 2, false, false), JWKEEP_OK);
    assert_int_equal(suspect(&policy, MINUTE + SECOND), JWKEEP_OK);
    assert_int_equal(suspect(&policy, MINUTE + INTERVAL - 1), JWKEEP_OK);
    assert_true(starts_none(&policy, MINUTE + INTERVAL - 1));
    assert_int_equal(suspect(&policy, MINUTE + INTERVAL), JWKEEP_PENDING);
    assert_true(starts(&policy, MINUTE + INTERVAL, JWKEEP_TRIGGER_SIGNATURE));
}

static void r17_a_failed_download_counts_in_the_interval(void **state) {
    (void)state;
    jk_policy policy = loaded_policy(INTERVAL);
    assert_int_equal(suspect(&policy, MINUTE), JWKEEP_PENDING);
    assert_true(starts(&policy, MINUTE, JWKEEP_TRIGGER_SIGNATURE));
    end(&policy, MINUTE, &failed);
    assert_int_equal(jk_policy_settle(&policy, MINUTE, 2, false, false), JWKEEP_OK);
    assert_int_equal(suspect(&policy, MINUTE), JWKEEP_OK); /* backs off */
    assert_true(starts_none(&policy, MINUTE));
    assert_true(starts(&policy, MINUTE + SECOND, JWKEEP_TRIGGER_SCHEDULE));
    end(&policy, MINUTE + SECOND, &good);
    assert_int_equal(suspect(&policy, MINUTE + INTERVAL - 1), JWKEEP_OK);
    assert_int_equal(suspect(&policy, MINUTE + INTERVAL), JWKEEP_PENDING);
}

static void r17_the_bucket_is_not_that_of_the_misses(void **state) {
    (void)state;
    jk_policy policy = loaded_policy(INTERVAL);
    assert_int_equal(suspect(&policy, MINUTE), JWKEEP_PENDING);
    assert_true(starts(&policy, MINUTE, JWKEEP_TRIGGER_SIGNATURE));
    end(&policy, MINUTE, &good);
    assert_int_equal(jk_policy_lookup(&policy, MINUTE, true, false).code, JWKEEP_PENDING);
    assert_true(starts(&policy, MINUTE, JWKEEP_TRIGGER_MISS));
    end(&policy, MINUTE, &good);
    assert_int_equal(policy.burst_ends_ms, MINUTE + COOLDOWN); /* one of the two is left */
    assert_int_equal(suspect(&policy, MINUTE + INTERVAL), JWKEEP_PENDING);
}

static void r17_misses_within_their_cooldown_do_not_hold_it_up(void **state) {
    (void)state;
    jk_policy policy = loaded_policy(INTERVAL);
    assert_int_equal(jk_policy_lookup(&policy, MINUTE, true, false).code, JWKEEP_PENDING);
    assert_true(starts(&policy, MINUTE, JWKEEP_TRIGGER_MISS));
    end(&policy, MINUTE, &good);
    assert_int_equal(jk_policy_lookup(&policy, MINUTE + 1, true, false).code,
                     JWKEEP_KID_UNKNOWN);
    assert_int_equal(suspect(&policy, MINUTE + 1), JWKEEP_PENDING);
    assert_true(starts(&policy, MINUTE + 1, JWKEEP_TRIGGER_SIGNATURE));
    assert_int_equal(policy.trailing_at_ms, MINUTE + COOLDOWN); /* still owed */
}

static void r17_a_download_for_something_else_serves_it_too(void **state) {
    (void)state;
    jk_policy policy = loaded_policy(INTERVAL);
    assert_int_equal(jk_policy_lookup(&policy, MINUTE, true, false).code, JWKEEP_PENDING);
    assert_int_equal(suspect(&policy, MINUTE), JWKEEP_PENDING);
    assert_true(starts(&policy, MINUTE, JWKEEP_TRIGGER_MISS));
    end(&policy, MINUTE, &good);
    assert_true(starts_none(&policy, MINUTE));
    assert_int_equal(suspect(&policy, MINUTE), JWKEEP_PENDING); /* the bucket is full */
}

static void r17_without_usable_keys_there_is_no_suspicion(void **state) {
    (void)state;
    jk_policy policy = loaded_policy(INTERVAL);
    assert_int_equal(suspect(&policy, (3600 + 600) * SECOND), JWKEEP_OK);
    jk_policy_stop(&policy);
    assert_int_equal(suspect(&policy, MINUTE), JWKEEP_KEYS_SHUTDOWN);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(r17_a_bad_signature_costs_nothing_unless_switched_on),
        cmocka_unit_test(r17_bad_signatures_cost_one_download_in_each_interval),
        cmocka_unit_test(r17_a_failed_download_counts_in_the_interval),
        cmocka_unit_test(r17_the_bucket_is_not_that_of_the_misses),
        cmocka_unit_test(r17_misses_within_their_cooldown_do_not_hold_it_up),
        cmocka_unit_test(r17_a_download_for_something_else_serves_it_too),
        cmocka_unit_test(r17_without_usable_keys_there_is_no_suspicion),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
