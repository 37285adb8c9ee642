/* SPDX-License-Identifier: Apache-2.0
 *
 * A policy that goes on where another one has come to: nothing is downloaded that the other
 * would not have downloaded, and what it had begun is made up for. */
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

/* Keys from 0 on, for ten minutes. */
static jk_policy loaded(void) {
    jk_policy policy;
    jk_flight flight = {0};
    jk_policy_init(&policy, &defaults, 7, 0);
    (void)jk_policy_lookup(&policy, 0, true, false);
    assert_true(jk_policy_start(&policy, 0, &flight));
    jk_policy_end(&policy, 0, flight.number, &good);
    return policy;
}

static jk_policy heir_of(const jk_policy *before, int64_t now_ms) {
    jk_policy policy;
    jk_policy_init(&policy, &defaults, 8, now_ms);
    jk_policy_inherit(&policy, now_ms, before);
    return policy;
}

static void keeps_the_keys_as_long_and_asks_when_the_other_would(void **state) {
    (void)state;
    jk_flight flight = {0};
    jk_policy before = loaded();
    jk_policy heir = heir_of(&before, 100 * SECOND);
    assert_int_equal(jk_policy_usable_until(&heir), jk_policy_usable_until(&before));
    assert_int_equal(jk_policy_wake_at(&heir), jk_policy_wake_at(&before));
    assert_false(jk_policy_start(&heir, 100 * SECOND, &flight));
    assert_int_equal(jk_policy_lookup(&heir, 100 * SECOND, true, true).code, JWKEEP_OK);
    assert_true(jk_policy_start(&heir, jk_policy_wake_at(&before), &flight));
    assert_int_equal(flight.trigger, JWKEEP_TRIGGER_SCHEDULE);
}

static void r04_the_cooldown_of_the_other_holds(void **state) {
    (void)state;
    jk_flight flight = {0};
    jk_policy before = loaded();
    assert_int_equal(jk_policy_lookup(&before, 0, true, false).code, JWKEEP_PENDING);
    assert_true(jk_policy_start(&before, 0, &flight));
    jk_policy_end(&before, 0, flight.number, &good);
    jk_policy heir = heir_of(&before, COOLDOWN - 1);
    assert_int_equal(jk_policy_lookup(&heir, COOLDOWN - 1, true, false).code,
                     JWKEEP_KID_UNKNOWN);
    assert_false(jk_policy_start(&heir, COOLDOWN - 1, &flight));
    assert_true(jk_policy_start(&heir, COOLDOWN, &flight));
    assert_int_equal(flight.trigger, JWKEEP_TRIGGER_TRAILING);
}

static void r10_the_failures_of_the_other_count(void **state) {
    (void)state;
    jk_flight flight = {0};
    jk_policy before = loaded();
    int64_t now_ms = jk_policy_wake_at(&before);
    for (int i = 0; i < 5; i++) {
        assert_true(jk_policy_start(&before, now_ms, &flight));
        jk_policy_end(&before, now_ms, flight.number, &failed);
        now_ms = jk_policy_wake_at(&before);
    }
    jk_policy heir = heir_of(&before, now_ms - 1);
    assert_false(jk_policy_start(&heir, now_ms - 1, &flight));
    assert_true(jk_policy_start(&heir, now_ms, &flight));
    jk_policy_end(&heir, now_ms, flight.number, &failed);
    assert_true(jk_policy_wake_at(&heir) - now_ms >= 16 * SECOND); /* the sixth in a row */
}

static void r05_what_was_under_way_is_asked_for_again(void **state) {
    (void)state;
    jk_flight flight = {0};
    jk_policy before = loaded();
    assert_int_equal(jk_policy_lookup(&before, COOLDOWN, true, false).code, JWKEEP_PENDING);
    assert_true(jk_policy_start(&before, COOLDOWN, &flight));
    assert_true(flight.is_forced);
    jk_policy heir = heir_of(&before, COOLDOWN + 1);
    assert_false(jk_policy_accepts(&heir, flight.number));
    assert_true(jk_policy_start(&heir, COOLDOWN + 1, &flight));
    assert_true(flight.is_forced);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_the_keys_as_long_and_asks_when_the_other_would),
        cmocka_unit_test(r04_the_cooldown_of_the_other_holds),
        cmocka_unit_test(r10_the_failures_of_the_other_count),
        cmocka_unit_test(r05_what_was_under_way_is_asked_for_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
