/* SPDX-License-Identifier: Apache-2.0
 *
 * The pure policy: each rule alone, and rules that must hold whatever happens in whatever
 * order. */
#include "remote/policy.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define SECOND 1000
#define MINUTE (60 * SECOND)
#define LIFETIME (600 * SECOND)
#define COOLDOWN (30 * SECOND)

static const jk_policy_options defaults = {
    .cooldown_ms = COOLDOWN,
    .stale_limit_ms = 3600 * SECOND,
    .backoff_min_ms = 1 * SECOND,
    .backoff_max_ms = 60 * SECOND,
    .retry_after_max_ms = 300 * SECOND,
};

static const jk_outcome good = {.kind = JK_OUTCOME_GOOD, .lifetime_ms = LIFETIME};
static const jk_outcome failed = {.kind = JK_OUTCOME_FAILED};

static jk_policy fresh_policy(void) {
    jk_policy policy;
    jk_policy_init(&policy, &defaults, 7, 0);
    return policy;
}

/* Loaded at time 0. */
static jk_policy loaded_policy(void) {
    jk_policy policy = fresh_policy();
    jk_flight flight = {0};
    (void)jk_policy_lookup(&policy, 0, false, false);
    bool is_started = jk_policy_start(&policy, 0, &flight);
    jk_policy_end(&policy, 0, flight.number, &good);
    assert_true(is_started);
    return policy;
}

static jk_answer miss(jk_policy *policy, int64_t now_ms) {
    return jk_policy_lookup(policy, now_ms, true, false);
}

static jk_flight start(jk_policy *policy, int64_t now_ms) {
    jk_flight flight = {0};
    if (!jk_policy_start(policy, now_ms, &flight))
        flight.number = 0;
    return flight;
}

/* A flight that a miss caused, from `now_ms` on, ended `after_ms` later. */
static void fly(jk_policy *policy, int64_t now_ms, int64_t after_ms, const jk_outcome *end) {
    assert_int_equal(miss(policy, now_ms).code, JWKEEP_PENDING);
    jk_flight flight = start(policy, now_ms);
    assert_int_not_equal(flight.number, 0);
    jk_policy_end(policy, now_ms + after_ms, flight.number, end);
}

static void r01_a_known_kid_is_answered_also_past_the_lifetime(void **state) {
    (void)state;
    jk_policy policy = loaded_policy();
    assert_int_equal(jk_policy_lookup(&policy, LIFETIME + 1, true, true).code, JWKEEP_OK);
    assert_int_equal(jk_policy_usable_until(&policy), LIFETIME + defaults.stale_limit_ms);
}

static void starts_nothing_without_being_asked(void **state) {
    (void)state;
    jk_policy policy = fresh_policy();
    assert_int_equal(jk_policy_wake_at(&policy), JK_NEVER);
    assert_int_equal(start(&policy, MINUTE).number, 0);
    assert_int_equal(jk_policy_usable_until(&policy), INT64_MIN);
}

static void an_eager_policy_starts_at_once(void **state) {
    (void)state;
    jk_policy_options options = defaults;
    options.is_eager = true;
    jk_policy policy;
    jk_policy_init(&policy, &options, 7, 500);
    assert_int_equal(jk_policy_wake_at(&policy), 500);
    jk_flight flight = start(&policy, 500);
    assert_int_equal(flight.number, 1);
    assert_int_equal(flight.trigger, JWKEEP_TRIGGER_START);
    assert_false(flight.is_forced);
}

static void r03_misses_share_one_flight(void **state) {
    (void)state;
    jk_policy policy = loaded_policy();
    jk_answer first = miss(&policy, MINUTE);
    jk_answer second = miss(&policy, MINUTE);
    assert_int_equal(first.code, JWKEEP_PENDING);
    assert_false(first.is_shared);
    assert_true(second.is_shared);
    assert_int_equal(first.decided_by, second.decided_by);
    jk_flight flight = start(&policy, MINUTE);
    assert_int_equal(flight.number, first.decided_by);
    assert_int_equal(flight.trigger, JWKEEP_TRIGGER_MISS);
    assert_true(flight.is_forced);
    assert_int_equal(start(&policy, MINUTE).number, 0);
}

static void r04_cooldown_is_stamped_at_start(void **state) {
    (void)state;
    jk_policy policy = loaded_policy();
    fly(&policy, MINUTE, 20 * SECOND, &good);
    assert_int_equal(miss(&policy, MINUTE + COOLDOWN - 1).code, JWKEEP_KID_UNKNOWN);
    assert_int_equal(miss(&policy, MINUTE + COOLDOWN).code, JWKEEP_PENDING);
}

static void r04_cooldown_holds_after_a_failure_too(void **state) {
    (void)state;
    jk_policy policy = loaded_policy();
    fly(&policy, MINUTE, 10, &failed);
    int64_t retry = jk_policy_wake_at(&policy);
    jk_flight second = start(&policy, retry);
    assert_int_equal(second.trigger, JWKEEP_TRIGGER_SCHEDULE);
    jk_policy_end(&policy, retry, second.number, &good);
    assert_int_equal(miss(&policy, retry + 1).code, JWKEEP_KID_UNKNOWN);
    assert_int_equal(start(&policy, MINUTE + COOLDOWN - 1).number, 0);
}

static void r04_an_early_waiter_takes_the_answer_as_final(void **state) {
    (void)state;
    jk_policy policy = loaded_policy();
    jk_answer early = miss(&policy, MINUTE);
    jk_flight flight = start(&policy, MINUTE);
    jk_policy_end(&policy, MINUTE + 1, flight.number, &good);
    assert_int_equal(jk_policy_settle(&policy, MINUTE + 1, early.decided_by, true, false),
                     JWKEEP_KID_UNKNOWN);
    assert_int_equal(jk_policy_settle(&policy, MINUTE + 1, early.decided_by, true, true),
                     JWKEEP_OK);
    assert_int_equal(start(&policy, MINUTE + 1).number, 0);
}

static void r04_late_waiters_get_one_more_flight_at_once_and_share_it(void **state) {
    (void)state;
    jk_policy policy = loaded_policy();
    (void)miss(&policy, MINUTE);
    jk_flight first = start(&policy, MINUTE);
    jk_answer late = miss(&policy, MINUTE + 1);
    jk_policy_end(&policy, MINUTE + 10, first.number, &good);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(jk_policy_settle(&policy, MINUTE + 10, late.decided_by, true, false),
                         JWKEEP_PENDING);
    jk_flight second = start(&policy, MINUTE + 10);
    assert_int_equal(second.number, late.decided_by);
    jk_answer later = miss(&policy, MINUTE + 11);
    jk_policy_end(&policy, MINUTE + 20, second.number, &good);
    assert_int_equal(jk_policy_settle(&policy, MINUTE + 20, late.decided_by, true, false),
                     JWKEEP_KID_UNKNOWN);
    assert_int_equal(jk_policy_settle(&policy, MINUTE + 20, later.decided_by, true, false),
                     JWKEEP_KID_UNKNOWN);
    assert_int_equal(start(&policy, MINUTE + 20).number, 0);
    assert_int_equal(jk_policy_wake_at(&policy), MINUTE + 10 + COOLDOWN);
}

static void r04_the_second_of_a_burst_is_paid_for(void **state) {
    (void)state;
    jk_policy policy = loaded_policy();
    size_t flights = 0;
    for (int64_t now = MINUTE; now < 11 * MINUTE; now += 10) {
        jk_answer answer = miss(&policy, now);
        jk_flight flight = start(&policy, now);
        if (!flight.number)
            continue;
        flights++;
        jk_answer late = miss(&policy, now + 1);
        jk_policy_end(&policy, now + 2, flight.number, &good);
        (void)jk_policy_settle(&policy, now + 2, answer.decided_by, true, false);
        (void)jk_policy_settle(&policy, now + 2, late.decided_by, true, false);
    }
    assert_in_range(flights, 20, 22);
}

static void r05_a_miss_within_the_cooldown_arms_one_trailing_refresh(void **state) {
    (void)state;
    jk_policy policy = loaded_policy();
    fly(&policy, MINUTE, 1, &good);
    assert_int_equal(miss(&policy, MINUTE + 5).code, JWKEEP_KID_UNKNOWN);
    assert_int_equal(miss(&policy, MINUTE + 6).code, JWKEEP_KID_UNKNOWN);
    assert_int_equal(jk_policy_wake_at(&policy), MINUTE + COOLDOWN);
    jk_flight trailing = start(&policy, MINUTE + COOLDOWN);
    assert_int_equal(trailing.trigger, JWKEEP_TRIGGER_TRAILING);
    assert_true(trailing.is_forced);
    jk_policy_end(&policy, MINUTE + COOLDOWN + 1, trailing.number, &good);
    assert_int_equal(start(&policy, MINUTE + 3 * COOLDOWN).number, 0);
}

static void r05_a_quiet_cooldown_arms_nothing(void **state) {
    (void)state;
    jk_policy policy = loaded_policy();
    fly(&policy, MINUTE, 1, &good);
    assert_int_equal(start(&policy, MINUTE + COOLDOWN).number, 0);
    assert_true(jk_policy_wake_at(&policy) > MINUTE + COOLDOWN);
}

static void r06_misses_do_not_put_off_the_scheduled_refresh(void **state) {
    (void)state;
    jk_policy policy = loaded_policy();
    int64_t scheduled = jk_policy_wake_at(&policy);
    jk_flight flight = {0};
    for (int64_t now = MINUTE; now < scheduled; now += SECOND) {
        (void)miss(&policy, now);
        flight = start(&policy, now);
        if (flight.number)
            jk_policy_end(&policy, now, flight.number, &failed);
    }
    assert_in_range(jk_policy_wake_at(&policy), 0, scheduled + 60 * SECOND);
}

static void r06_a_missing_name_is_refused_for_one_cooldown_after_the_proof(void **state) {
    (void)state;
    jk_policy policy = loaded_policy();
    assert_false(jk_policy_refuses_missing(&policy, MINUTE));
    fly(&policy, MINUTE, 20 * SECOND, &good);
    assert_true(jk_policy_refuses_missing(&policy, MINUTE + COOLDOWN - 1));
    assert_int_equal(jk_policy_wake_at(&policy), MINUTE + COOLDOWN);
    assert_false(jk_policy_refuses_missing(&policy, MINUTE + COOLDOWN));
}

static void r06_a_first_load_by_name_proves_and_arms_one_refresh(void **state) {
    (void)state;
    jk_policy policy = fresh_policy();
    assert_int_equal(miss(&policy, 0).code, JWKEEP_PENDING);
    jk_flight first = start(&policy, 0);
    jk_policy_end(&policy, SECOND, first.number, &good);
    assert_true(jk_policy_refuses_missing(&policy, 2 * SECOND));
    assert_true(jk_policy_refuses_missing(&policy, 3 * SECOND));
    assert_int_equal(jk_policy_wake_at(&policy), COOLDOWN);
    assert_int_equal(start(&policy, COOLDOWN - 1).number, 0);
    assert_int_equal(start(&policy, COOLDOWN).trigger, JWKEEP_TRIGGER_TRAILING);
    assert_int_equal(miss(&policy, COOLDOWN).code, JWKEEP_PENDING);
}

static void r06_a_missing_name_does_not_wait_for_the_trailing_refresh(void **state) {
    (void)state;
    jk_policy policy = loaded_policy();
    fly(&policy, MINUTE, SECOND, &good);
    assert_true(jk_policy_refuses_missing(&policy, MINUTE + 2 * SECOND));
    jk_flight trailing = start(&policy, MINUTE + COOLDOWN);
    assert_int_equal(trailing.trigger, JWKEEP_TRIGGER_TRAILING);
    assert_true(jk_policy_refuses_missing(&policy, MINUTE + COOLDOWN + SECOND));
    jk_policy_end(&policy, MINUTE + COOLDOWN + 2 * SECOND, trailing.number, &good);
    assert_int_equal(jk_policy_wake_at(&policy), MINUTE + 2 * COOLDOWN);
    assert_true(jk_policy_refuses_missing(&policy, MINUTE + 2 * COOLDOWN - 1));
}

/* R5: the issuer may have had the key for long. */
static void r06_an_old_proof_refuses_nobody_during_a_download(void **state) {
    (void)state;
    jk_policy policy = loaded_policy();
    fly(&policy, MINUTE, SECOND, &good);
    assert_int_equal(miss(&policy, 3 * MINUTE).code, JWKEEP_PENDING);
    assert_int_equal(start(&policy, 3 * MINUTE).trigger, JWKEEP_TRIGGER_MISS);
    assert_false(jk_policy_refuses_missing(&policy, 3 * MINUTE + 1));
}

static void r06_only_a_forced_answer_proves_that_a_name_is_missing(void **state) {
    (void)state;
    jk_policy policy = loaded_policy();
    int64_t due = jk_policy_wake_at(&policy);
    jk_flight flight = start(&policy, due);
    assert_false(flight.is_forced);
    jk_policy_end(&policy, due + 1, flight.number, &good);
    assert_false(jk_policy_refuses_missing(&policy, due + 2));
}

/* R5: the download of its bound should have been under way by then. */
static void r06_a_trailing_refresh_that_begins_late_refuses_nobody(void **state) {
    (void)state;
    jk_policy policy = loaded_policy();
    fly(&policy, MINUTE, SECOND, &good);
    assert_true(jk_policy_refuses_missing(&policy, MINUTE + 2 * SECOND));
    assert_int_equal(start(&policy, MINUTE + COOLDOWN + SECOND).trigger,
                     JWKEEP_TRIGGER_TRAILING);
    assert_false(jk_policy_refuses_missing(&policy, MINUTE + COOLDOWN + SECOND + 1));
}

static void r06_a_name_that_could_not_be_asked_for_is_not_missing(void **state) {
    (void)state;
    jk_policy policy = fresh_policy();
    assert_int_equal(miss(&policy, 0).code, JWKEEP_PENDING);
    jk_flight first = start(&policy, 0);
    jk_policy_end(&policy, SECOND, first.number, &good);
    assert_true(jk_policy_refuses_missing(&policy, 2 * SECOND));
    jk_policy_request(&policy, 3 * SECOND);
    jk_flight second = start(&policy, 3 * SECOND);
    jk_policy_end(&policy, 4 * SECOND, second.number, &failed);
    assert_false(jk_policy_refuses_missing(&policy, 4 * SECOND));
}

static void r06_a_stopped_policy_refuses_nobody(void **state) {
    (void)state;
    jk_policy policy = loaded_policy();
    fly(&policy, MINUTE, SECOND, &good);
    jk_policy_stop(&policy);
    assert_false(jk_policy_refuses_missing(&policy, MINUTE + 2 * SECOND));
}

static void r08_schedules_at_four_fifths_with_jitter(void **state) {
    (void)state;
    int64_t least = INT64_MAX;
    int64_t most = 0;
    for (uint64_t seed = 0; seed < 500; seed++) {
        jk_policy policy;
        jk_policy_init(&policy, &defaults, seed, 0);
        (void)jk_policy_lookup(&policy, 0, false, false);
        jk_flight flight = start(&policy, 0);
        jk_policy_end(&policy, 0, flight.number, &good);
        int64_t due = jk_policy_wake_at(&policy);
        least = due < least ? due : least;
        most = due > most ? due : most;
    }
    assert_in_range(least, LIFETIME * 72 / 100, LIFETIME * 73 / 100);
    assert_in_range(most, LIFETIME * 87 / 100, LIFETIME * 88 / 100);
}

static void r09_stale_keys_are_refused_and_heal(void **state) {
    (void)state;
    jk_policy policy = loaded_policy();
    int64_t stale = LIFETIME + defaults.stale_limit_ms;
    jk_flight flight = start(&policy, LIFETIME);
    jk_policy_end(&policy, LIFETIME, flight.number, &failed);
    assert_int_equal(jk_policy_lookup(&policy, stale - 1, true, true).code, JWKEEP_OK);
    jk_answer waiting = jk_policy_lookup(&policy, stale, true, true);
    assert_int_equal(waiting.code, JWKEEP_PENDING);
    flight = start(&policy, stale);
    jk_policy_end(&policy, stale, flight.number, &failed);
    assert_int_equal(jk_policy_settle(&policy, stale, waiting.decided_by, true, true),
                     JWKEEP_KEYS_STALE);
    assert_int_equal(jk_policy_lookup(&policy, stale, true, true).code, JWKEEP_KEYS_STALE);
    int64_t retry = jk_policy_wake_at(&policy);
    flight = start(&policy, retry);
    jk_policy_end(&policy, retry, flight.number, &good);
    assert_int_equal(jk_policy_lookup(&policy, retry, true, true).code, JWKEEP_OK);
}

static void r10_backs_off_from_one_second_to_sixty(void **state) {
    (void)state;
    jk_policy policy = loaded_policy();
    int64_t now = LIFETIME;
    int64_t step = 1 * SECOND;
    for (size_t i = 0; i < 100; i++) {
        jk_flight flight = start(&policy, now);
        assert_int_not_equal(flight.number, 0);
        jk_policy_end(&policy, now, flight.number, &failed);
        int64_t retry = jk_policy_wake_at(&policy);
        assert_in_range(retry - now, step / 2, step);
        assert_int_equal(start(&policy, retry - 1).number, 0);
        step = 2 * step > 60 * SECOND ? 60 * SECOND : 2 * step;
        now = retry;
    }
}

static void r10_ten_minutes_of_outage_cost_thirty_flights_at_most(void **state) {
    (void)state;
    for (uint64_t seed = 0; seed < 200; seed++) {
        jk_policy policy;
        size_t flights = 0;
        jk_policy_init(&policy, &defaults, seed, 0);
        for (int64_t now = 0; now < 10 * MINUTE; now += 20) {
            (void)miss(&policy, now);
            jk_policy_request(&policy, now);
            jk_flight flight = start(&policy, now);
            if (!flight.number)
                continue;
            flights++;
            jk_policy_end(&policy, now, flight.number, &failed);
        }
        assert_in_range(flights, 10, 30);
    }
}

static void r10_retry_after_is_honoured_up_to_its_bound(void **state) {
    (void)state;
    static const int64_t rows[][2] = {
        {120 * SECOND, 120 * SECOND}, {301 * SECOND, 300 * SECOND}, {INT64_MAX, 300 * SECOND}};
    for (size_t i = 0; i < 3; i++) {
        jk_policy policy = loaded_policy();
        jk_outcome busy = {.kind = JK_OUTCOME_FAILED, .retry_after_ms = rows[i][0]};
        fly(&policy, MINUTE, 0, &busy);
        assert_int_equal(jk_policy_wake_at(&policy), MINUTE + rows[i][1]);
        assert_int_equal(miss(&policy, MINUTE + rows[i][1] - 1).code, JWKEEP_KEYS_FETCH_FAILED);
    }
}

static void r11_a_failure_is_told_at_once_and_starts_no_convoy(void **state) {
    (void)state;
    jk_policy policy = fresh_policy();
    jk_answer early = miss(&policy, 0);
    jk_flight flight = start(&policy, 0);
    jk_answer late = miss(&policy, 1);
    jk_policy_end(&policy, 5, flight.number, &failed);
    assert_int_equal(jk_policy_settle(&policy, 5, early.decided_by, true, false),
                     JWKEEP_KEYS_FETCH_FAILED);
    assert_int_equal(jk_policy_settle(&policy, 5, late.decided_by, true, false),
                     JWKEEP_KEYS_FETCH_FAILED);
    assert_int_equal(start(&policy, 5).number, 0);
    assert_int_equal(miss(&policy, 6).code, JWKEEP_KEYS_FETCH_FAILED);
}

static void r02_an_answer_that_comes_late_is_not_accepted(void **state) {
    (void)state;
    jk_policy policy = loaded_policy();
    (void)miss(&policy, MINUTE);
    jk_flight first = start(&policy, MINUTE);
    jk_policy_end(&policy, MINUTE + 5, first.number, &failed);
    int64_t retry = jk_policy_wake_at(&policy);
    jk_flight second = start(&policy, retry);
    assert_false(jk_policy_accepts(&policy, first.number));
    assert_true(jk_policy_accepts(&policy, second.number));
    jk_policy before = policy;
    jk_policy_end(&policy, retry, first.number, &good);
    assert_int_equal(policy.failures, before.failures);
    assert_true(policy.is_in_flight);
    jk_policy_end(&policy, retry, second.number, &good);
    assert_false(jk_policy_accepts(&policy, second.number));
}

static void the_retry_of_a_forced_flight_is_forced(void **state) {
    (void)state;
    jk_policy policy = loaded_policy();
    fly(&policy, MINUTE, 1, &failed);
    int64_t retry = jk_policy_wake_at(&policy);
    jk_flight flight = start(&policy, retry);
    assert_true(flight.is_forced);
    jk_policy_end(&policy, retry, flight.number, &good);
    flight = start(&policy, jk_policy_wake_at(&policy));
    assert_false(flight.is_forced);
}

static void a_request_obeys_cooldown_and_backoff(void **state) {
    (void)state;
    jk_policy policy = loaded_policy();
    jk_policy_request(&policy, MINUTE);
    jk_flight flight = start(&policy, MINUTE);
    assert_int_equal(flight.trigger, JWKEEP_TRIGGER_REQUEST);
    jk_policy_end(&policy, MINUTE, flight.number, &good);
    jk_policy_request(&policy, MINUTE + 1);
    assert_int_equal(start(&policy, MINUTE + 1).number, 0);
    flight = start(&policy, MINUTE + COOLDOWN);
    assert_int_equal(flight.trigger, JWKEEP_TRIGGER_TRAILING);
    jk_policy_end(&policy, MINUTE + COOLDOWN, flight.number, &failed);
    jk_policy_request(&policy, MINUTE + COOLDOWN);
    assert_int_equal(start(&policy, MINUTE + COOLDOWN).number, 0);
}

static void a_clock_that_steps_back_stands_still(void **state) {
    (void)state;
    jk_policy policy = loaded_policy();
    fly(&policy, MINUTE, 1, &good);
    assert_int_equal(miss(&policy, 0).code, JWKEEP_KID_UNKNOWN);
    assert_int_equal(jk_policy_wake_at(&policy), MINUTE + COOLDOWN);
    jk_flight flight = start(&policy, MINUTE + COOLDOWN);
    jk_policy_end(&policy, MINUTE, flight.number, &good);
    assert_int_equal(jk_policy_usable_until(&policy),
                     MINUTE + COOLDOWN + LIFETIME + defaults.stale_limit_ms);
}

static void a_clock_at_its_end_overflows_nothing(void **state) {
    (void)state;
    jk_policy policy = loaded_policy();
    int64_t end = INT64_MAX - 1;
    jk_answer answer = jk_policy_lookup(&policy, end, true, true);
    assert_int_equal(answer.code, JWKEEP_PENDING);
    jk_flight flight = start(&policy, end);
    jk_policy_end(&policy, end, flight.number, &good);
    assert_int_equal(jk_policy_lookup(&policy, end, true, true).code, JWKEEP_OK);
    assert_int_equal(jk_policy_usable_until(&policy), JK_NEVER);
}

static void r24_a_stopped_policy_tells_everybody(void **state) {
    (void)state;
    jk_policy policy = loaded_policy();
    jk_answer waiting = miss(&policy, MINUTE);
    jk_flight flight = start(&policy, MINUTE);
    jk_policy_stop(&policy);
    assert_int_equal(jk_policy_settle(&policy, MINUTE, waiting.decided_by, true, true),
                     JWKEEP_KEYS_SHUTDOWN);
    assert_int_equal(jk_policy_lookup(&policy, MINUTE, true, true).code, JWKEEP_KEYS_SHUTDOWN);
    assert_false(jk_policy_accepts(&policy, flight.number));
    jk_policy_request(&policy, MINUTE);
    assert_int_equal(start(&policy, 2 * MINUTE).number, 0);
    assert_int_equal(jk_policy_wake_at(&policy), JK_NEVER);
}

#define STEPS 200000
#define WALKS 10

/* An issuer that rotates, a crowd that misses, a network that fails; checked at every step. */
typedef struct walk {
    jk_policy policy;
    uint64_t random;
    int64_t now_ms;
    jk_flight flight; /* number 0: none */
    uint64_t decided_by[64];
    size_t waiting;
    int64_t stamped[3]; /* starts of the last stamped flights */
    size_t flights;
    size_t answers;
} walk;

static uint64_t roll(walk *w, uint64_t below) {
    w->random = w->random * 6364136223846793005u + 1442695040888963407u;
    return (w->random >> 33) % below;
}

static void settle_all(walk *w) {
    size_t kept = 0;
    for (size_t i = 0; i < w->waiting; i++) {
        jwkeep_code code =
            jk_policy_settle(&w->policy, w->now_ms, w->decided_by[i], true, roll(w, 4) == 0);
        if (code == JWKEEP_PENDING) {
            assert_true(w->decided_by[i] > w->flight.number);
            w->decided_by[kept++] = w->decided_by[i];
        } else {
            w->answers++;
        }
    }
    w->waiting = kept;
}

static void end_flight(walk *w) {
    jk_outcome end = {.kind = roll(w, 3) ? JK_OUTCOME_GOOD : JK_OUTCOME_FAILED,
                      .lifetime_ms = (int64_t)(60 + roll(w, 3000)) * SECOND,
                      .retry_after_ms = roll(w, 5) ? 0 : (int64_t)roll(w, 400) * SECOND};
    jk_policy_end(&w->policy, w->now_ms, w->flight.number, &end);
    settle_all(w);
    w->flight.number = 0;
    if (end.kind == JK_OUTCOME_FAILED)
        assert_int_equal(w->waiting, 0);
}

/* Three stamped flights take longer than one cooldown: two in a burst, no more. */
static void check_pace(walk *w, const jk_flight *flight) {
    if (flight->trigger == JWKEEP_TRIGGER_START || flight->trigger == JWKEEP_TRIGGER_SCHEDULE)
        return;
    if (w->flights >= 2)
        assert_true(w->now_ms - w->stamped[1] >= COOLDOWN);
    w->stamped[1] = w->stamped[0];
    w->stamped[0] = w->now_ms;
    w->flights++;
}

static void take_step(walk *w) {
    w->now_ms += (int64_t)roll(w, 50) == 0 ? (int64_t)roll(w, 100000) : (int64_t)roll(w, 500);
    if (roll(w, 3) && w->waiting < 64) {
        jk_answer answer = jk_policy_lookup(&w->policy, w->now_ms, true, roll(w, 3) == 0);
        if (answer.code == JWKEEP_PENDING)
            w->decided_by[w->waiting++] = answer.decided_by;
        else
            w->answers++;
    }
    if (roll(w, 20) == 0)
        jk_policy_request(&w->policy, w->now_ms);
    if (w->flight.number && roll(w, 4) == 0)
        end_flight(w);
    bool is_due = jk_policy_wake_at(&w->policy) <= w->now_ms;
    jk_flight flight;
    bool is_started = jk_policy_start(&w->policy, w->now_ms, &flight);
    assert_int_equal(is_started, is_due);
    if (is_started) {
        assert_int_equal(w->flight.number, 0);
        check_pace(w, &flight);
        w->flight = flight;
    }
    if (w->waiting)
        assert_true(w->flight.number || jk_policy_wake_at(&w->policy) <= w->now_ms);
}

static void keeps_its_promises_on_random_walks(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= WALKS; seed++) {
        walk w = {.random = seed};
        jk_policy_init(&w.policy, &defaults, seed, 0);
        for (size_t i = 0; i < STEPS; i++)
            take_step(&w);
        assert_true(w.flights > 100);
        assert_true(w.answers > STEPS / 4);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(r01_a_known_kid_is_answered_also_past_the_lifetime),
        cmocka_unit_test(starts_nothing_without_being_asked),
        cmocka_unit_test(an_eager_policy_starts_at_once),
        cmocka_unit_test(r03_misses_share_one_flight),
        cmocka_unit_test(r04_cooldown_is_stamped_at_start),
        cmocka_unit_test(r04_cooldown_holds_after_a_failure_too),
        cmocka_unit_test(r04_an_early_waiter_takes_the_answer_as_final),
        cmocka_unit_test(r04_late_waiters_get_one_more_flight_at_once_and_share_it),
        cmocka_unit_test(r04_the_second_of_a_burst_is_paid_for),
        cmocka_unit_test(r05_a_miss_within_the_cooldown_arms_one_trailing_refresh),
        cmocka_unit_test(r05_a_quiet_cooldown_arms_nothing),
        cmocka_unit_test(r06_misses_do_not_put_off_the_scheduled_refresh),
        cmocka_unit_test(r06_a_missing_name_is_refused_for_one_cooldown_after_the_proof),
        cmocka_unit_test(r06_a_first_load_by_name_proves_and_arms_one_refresh),
        cmocka_unit_test(r06_a_missing_name_does_not_wait_for_the_trailing_refresh),
        cmocka_unit_test(r06_an_old_proof_refuses_nobody_during_a_download),
        cmocka_unit_test(r06_only_a_forced_answer_proves_that_a_name_is_missing),
        cmocka_unit_test(r06_a_trailing_refresh_that_begins_late_refuses_nobody),
        cmocka_unit_test(r06_a_name_that_could_not_be_asked_for_is_not_missing),
        cmocka_unit_test(r06_a_stopped_policy_refuses_nobody),
        cmocka_unit_test(r08_schedules_at_four_fifths_with_jitter),
        cmocka_unit_test(r09_stale_keys_are_refused_and_heal),
        cmocka_unit_test(r10_backs_off_from_one_second_to_sixty),
        cmocka_unit_test(r10_ten_minutes_of_outage_cost_thirty_flights_at_most),
        cmocka_unit_test(r10_retry_after_is_honoured_up_to_its_bound),
        cmocka_unit_test(r11_a_failure_is_told_at_once_and_starts_no_convoy),
        cmocka_unit_test(r02_an_answer_that_comes_late_is_not_accepted),
        cmocka_unit_test(the_retry_of_a_forced_flight_is_forced),
        cmocka_unit_test(a_request_obeys_cooldown_and_backoff),
        cmocka_unit_test(a_clock_that_steps_back_stands_still),
        cmocka_unit_test(a_clock_at_its_end_overflows_nothing),
        cmocka_unit_test(r24_a_stopped_policy_tells_everybody),
        cmocka_unit_test(keeps_its_promises_on_random_walks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
