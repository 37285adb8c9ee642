/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the state machine of one source. R-numbers name the requirements of
 * docs/design/refresh-policy.md. */
#include "remote/policy.h"

#define BACKOFF_MAX_DOUBLINGS 30u
#define TRAILING_LATE_MS 100 /* by which a driver may start a due flight and be on time */

/* SplitMix64: jitter needs no secret, only sources that do not march in step. */
static uint64_t draw(jk_policy *policy) {
    policy->random += 0x9e3779b97f4a7c15u;
    uint64_t mixed = policy->random;
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9u;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebu;
    return mixed ^ (mixed >> 31);
}

static int64_t draw_between(jk_policy *policy, int64_t low, int64_t high) {
    return low + (int64_t)(draw(policy) % (uint64_t)(high - low + 1));
}

static int64_t add_time(int64_t a, int64_t b) {
    int64_t sum;
    return __builtin_add_overflow(a, b, &sum) ? JK_NEVER : sum;
}

static int64_t later(int64_t a, int64_t b) {
    return a > b ? a : b;
}
static int64_t earlier(int64_t a, int64_t b) {
    return a < b ? a : b;
}

static void advance(jk_policy *policy, int64_t now_ms) {
    policy->now_ms = later(policy->now_ms, now_ms);
}

static bool is_usable(const jk_policy *policy) {
    return policy->has_keys && policy->now_ms < policy->stale_at_ms;
}

static bool is_backing_off(const jk_policy *policy) {
    return policy->failures > 0 && policy->now_ms < policy->retry_at_ms;
}

static bool is_cooling_down(const jk_policy *policy) {
    return policy->now_ms < policy->cooldown_ends_ms;
}

static bool is_wanted(const jk_policy *policy) {
    return policy->is_start_wanted || policy->is_miss_wanted || policy->is_request_wanted ||
           policy->is_signature_wanted;
}

/* R5: one trailing refresh, however many ask for it. */
static void arm_trailing(jk_policy *policy) {
    policy->trailing_at_ms = later(policy->cooldown_ends_ms, policy->now_ms);
}

void jk_policy_init(jk_policy *policy, const jk_policy_options *options, uint64_t seed,
                    int64_t now_ms) {
    *policy = (jk_policy){
        .options = *options,
        .random = seed,
        .now_ms = now_ms,
        .is_start_wanted = options->is_eager,
        .scheduled_at_ms = JK_NEVER,
        .trailing_at_ms = JK_NEVER,
        .cooldown_ends_ms = INT64_MIN,
        .signature_ends_ms = INT64_MIN,
        .burst_ends_ms = INT64_MIN,
        .absent_until_ms = INT64_MIN,
    };
}

void jk_policy_restore(jk_policy *policy, int64_t now_ms, int64_t age_ms, int64_t lifetime_ms) {
    advance(policy, now_ms);
    policy->has_keys = true;
    policy->expires_at_ms = add_time(policy->now_ms - age_ms, lifetime_ms);
    policy->stale_at_ms = add_time(policy->expires_at_ms, policy->options.stale_limit_ms);
    policy->scheduled_at_ms = policy->now_ms;
}

void jk_policy_inherit(jk_policy *policy, int64_t now_ms, const jk_policy *before) {
    bool is_unfinished = before->is_in_flight || is_wanted(before);
    advance(policy, now_ms);
    policy->has_keys = before->has_keys;
    policy->expires_at_ms = before->expires_at_ms;
    policy->stale_at_ms = before->stale_at_ms;
    policy->has_failed = before->has_failed;
    policy->failures = before->failures;
    policy->retry_at_ms = before->retry_at_ms;
    policy->scheduled_at_ms = is_unfinished ? policy->now_ms : before->scheduled_at_ms;
    policy->trailing_at_ms = before->trailing_at_ms;
    policy->cooldown_ends_ms = before->cooldown_ends_ms;
    policy->signature_ends_ms = before->signature_ends_ms;
    policy->burst_ends_ms = before->burst_ends_ms;
    policy->absent_until_ms = before->absent_until_ms;
    policy->owes_forced =
        before->owes_forced || (before->is_in_flight && before->flight.is_forced);
}

/* What a caller hears when no download can help now. R9: keys past the stale limit are not
 * used. A `kid` that could not be asked for is not unknown. */
static jwkeep_code name_failure(const jk_policy *policy) {
    return policy->has_keys && !is_usable(policy) ? JWKEEP_KEYS_STALE
                                                  : JWKEEP_KEYS_FETCH_FAILED;
}

static jk_answer answer_now(jwkeep_code code) {
    return (jk_answer){.code = code};
}

/* Flights are numbered in the order of their starts, so the first one to start after a caller
 * arrived is the one after the last: whether that caller causes it or finds another one under
 * way. */
static jk_answer wait_for_next(const jk_policy *policy, bool is_shared) {
    return (jk_answer){JWKEEP_PENDING, policy->flight.number + 1, is_shared};
}

jk_answer jk_policy_lookup(jk_policy *policy, int64_t now_ms, bool is_by_kid, bool is_present) {
    advance(policy, now_ms);
    bool is_miss = is_by_kid && !is_present;
    if (policy->is_stopped)
        return answer_now(JWKEEP_KEYS_SHUTDOWN);
    if (is_usable(policy) && !is_miss)
        return answer_now(JWKEEP_OK);
    if (policy->is_in_flight)
        return wait_for_next(policy, true);
    if (is_backing_off(policy)) {
        policy->owes_forced |= is_miss;
        return answer_now(name_failure(policy));
    }
    bool is_shared = is_wanted(policy);
    if (!is_usable(policy)) {
        policy->is_start_wanted = true;
        policy->is_start_forced |= is_miss;
        return wait_for_next(policy, is_shared);
    }
    if (is_cooling_down(policy)) {
        arm_trailing(policy);
        return answer_now(policy->failures ? name_failure(policy) : JWKEEP_KID_UNKNOWN);
    }
    policy->is_miss_wanted = true;
    return wait_for_next(policy, is_shared);
}

/* R6 within R5: no longer than one cooldown after the issuer was last asked, or until the
 * answer to the trailing refresh that began then. */
bool jk_policy_refuses_missing(jk_policy *policy, int64_t now_ms) {
    advance(policy, now_ms);
    bool is_absent = policy->now_ms < policy->absent_until_ms ||
                     (policy->is_in_flight && policy->is_absence_held);
    if (policy->is_stopped || !is_usable(policy) || policy->failures > 0 || !is_absent)
        return false;
    policy->trailing_at_ms =
        earlier(policy->trailing_at_ms,
                is_cooling_down(policy) ? policy->cooldown_ends_ms : policy->absent_until_ms);
    return true;
}

/* R17: a bucket of its own, so that bad signatures, which anybody can make, neither cost more
 * than that nor keep misses from their downloads. What is under way is waited for. */
jk_answer jk_policy_suspect(jk_policy *policy, int64_t now_ms) {
    advance(policy, now_ms);
    if (policy->is_stopped)
        return answer_now(JWKEEP_KEYS_SHUTDOWN);
    if (policy->options.signature_ms <= 0 || !is_usable(policy))
        return answer_now(JWKEEP_OK);
    if (policy->is_in_flight)
        return wait_for_next(policy, true);
    if (is_backing_off(policy))
        return answer_now(JWKEEP_OK);
    bool is_shared = is_wanted(policy);
    if (!is_shared && policy->now_ms < policy->signature_ends_ms)
        return answer_now(JWKEEP_OK);
    policy->is_signature_wanted = true;
    return wait_for_next(policy, is_shared);
}

/* R5: nobody will be there to say whether the flight under way, which may be older than the
 * rotation, brought the key. */
void jk_policy_leave(jk_policy *policy, uint64_t decided_by, bool is_by_kid) {
    if (is_by_kid && policy->is_in_flight && decided_by > policy->flight.number)
        policy->owes_late = true;
}

void jk_policy_request(jk_policy *policy, int64_t now_ms) {
    advance(policy, now_ms);
    if (policy->is_stopped || policy->is_in_flight)
        return;
    if (is_backing_off(policy))
        policy->owes_forced = true;
    else if (!policy->has_keys)
        policy->is_start_wanted = true;
    else if (is_cooling_down(policy))
        arm_trailing(policy);
    else
        policy->is_request_wanted = true;
}

static bool choose_trigger(const jk_policy *policy, jwkeep_trigger *ret_trigger) {
    if (policy->is_start_wanted)
        *ret_trigger = policy->has_keys ? JWKEEP_TRIGGER_SCHEDULE : JWKEEP_TRIGGER_START;
    else if (policy->is_miss_wanted)
        *ret_trigger = JWKEEP_TRIGGER_MISS;
    else if (policy->is_request_wanted)
        *ret_trigger = JWKEEP_TRIGGER_REQUEST;
    else if (policy->trailing_at_ms <= policy->now_ms)
        *ret_trigger = JWKEEP_TRIGGER_TRAILING;
    else if (policy->is_signature_wanted)
        *ret_trigger = JWKEEP_TRIGGER_SIGNATURE;
    else if (policy->scheduled_at_ms <= policy->now_ms)
        *ret_trigger = JWKEEP_TRIGGER_SCHEDULE;
    else
        return false;
    return true;
}

/* R4: stamped at the start, whatever becomes of it. The burst is a bucket of two flights that
 * gains one each cooldown. */
static void stamp_cooldown(jk_policy *policy) {
    policy->cooldown_ends_ms = add_time(policy->now_ms, policy->options.cooldown_ms);
    policy->burst_ends_ms =
        add_time(later(policy->burst_ends_ms, policy->now_ms), policy->options.cooldown_ms);
    policy->trailing_at_ms = JK_NEVER;
}

bool jk_policy_start(jk_policy *policy, int64_t now_ms, jk_flight *ret_flight) {
    advance(policy, now_ms);
    jwkeep_trigger trigger;
    if (policy->is_stopped || policy->is_in_flight || is_backing_off(policy) ||
        !choose_trigger(policy, &trigger))
        return false;
    bool is_stamped = trigger == JWKEEP_TRIGGER_MISS || trigger == JWKEEP_TRIGGER_REQUEST ||
                      trigger == JWKEEP_TRIGGER_TRAILING;
    policy->is_absence_held =
        trigger == JWKEEP_TRIGGER_TRAILING &&
        policy->now_ms <= add_time(policy->absent_until_ms, TRAILING_LATE_MS);
    if (is_stamped)
        stamp_cooldown(policy);
    if (trigger == JWKEEP_TRIGGER_SIGNATURE)
        policy->signature_ends_ms = add_time(policy->now_ms, policy->options.signature_ms);
    policy->started_at_ms = policy->now_ms;
    policy->flight = (jk_flight){
        .number = policy->flight.number + 1,
        .trigger = trigger,
        .is_forced = is_stamped || policy->is_start_forced || policy->is_miss_wanted ||
                     policy->is_request_wanted || policy->is_signature_wanted ||
                     policy->owes_forced,
    };
    policy->is_in_flight = true;
    policy->is_start_wanted = false;
    policy->is_start_forced = false;
    policy->is_miss_wanted = false;
    policy->is_request_wanted = false;
    policy->is_signature_wanted = false;
    policy->owes_late = false;
    *ret_flight = policy->flight;
    return true;
}

int64_t jk_policy_wake_at(const jk_policy *policy) {
    if (policy->is_stopped || policy->is_in_flight)
        return JK_NEVER;
    int64_t due = is_wanted(policy) ? policy->now_ms
                                    : earlier(policy->scheduled_at_ms, policy->trailing_at_ms);
    return policy->failures > 0 ? later(due, policy->retry_at_ms) : due;
}

bool jk_policy_accepts(const jk_policy *policy, uint64_t number) {
    return !policy->is_stopped && policy->is_in_flight && policy->flight.number == number;
}

/* R8: at 80 % of the lifetime, give or take a tenth of that. */
static void renew(jk_policy *policy, int64_t lifetime_ms) {
    policy->has_keys = true;
    policy->failures = 0;
    policy->expires_at_ms = add_time(policy->now_ms, lifetime_ms);
    policy->stale_at_ms = add_time(policy->expires_at_ms, policy->options.stale_limit_ms);
    policy->scheduled_at_ms = add_time(
        policy->now_ms, draw_between(policy, lifetime_ms / 100 * 72, lifetime_ms / 100 * 88));
    if (policy->owes_late)
        arm_trailing(policy);
    if (!policy->flight.is_forced)
        return;
    policy->owes_forced = false;
    policy->absent_until_ms = add_time(policy->started_at_ms, policy->options.cooldown_ms);
}

/* R10: doubling from the least to the most, the upper half of each step drawn. Ten minutes of
 * outage with the defaults: at most 27 flights. */
static void back_off(jk_policy *policy, int64_t retry_after_ms) {
    uint32_t doublings = policy->failures;
    if (doublings > BACKOFF_MAX_DOUBLINGS)
        doublings = BACKOFF_MAX_DOUBLINGS;
    int64_t step =
        earlier(policy->options.backoff_min_ms << doublings, policy->options.backoff_max_ms);
    int64_t delay = draw_between(policy, step - step / 2, step);
    delay = later(delay, earlier(retry_after_ms, policy->options.retry_after_max_ms));
    if (policy->failures < UINT32_MAX)
        policy->failures++;
    policy->retry_at_ms = add_time(policy->now_ms, delay);
    policy->scheduled_at_ms = policy->retry_at_ms;
    policy->owes_forced |= policy->flight.is_forced || policy->owes_late;
}

void jk_policy_end(jk_policy *policy, int64_t now_ms, uint64_t number,
                   const jk_outcome *outcome) {
    advance(policy, now_ms);
    if (!jk_policy_accepts(policy, number))
        return;
    policy->is_in_flight = false;
    policy->has_failed = outcome->kind == JK_OUTCOME_FAILED;
    if (policy->has_failed)
        back_off(policy, outcome->retry_after_ms);
    else
        renew(policy, outcome->lifetime_ms);
}

/* R4: the flight had started before this waiter came, so its answer may be older than the
 * waiter's token. One more at once, shared by all like it, if the bucket has one. */
static jwkeep_code follow_up(jk_policy *policy) {
    int64_t burst_reaches = add_time(policy->now_ms, policy->options.cooldown_ms);
    if (policy->is_miss_wanted)
        return JWKEEP_PENDING;
    if (is_cooling_down(policy) && policy->burst_ends_ms > burst_reaches) {
        arm_trailing(policy);
        return JWKEEP_KID_UNKNOWN;
    }
    policy->is_miss_wanted = true;
    return JWKEEP_PENDING;
}

jwkeep_code jk_policy_settle(jk_policy *policy, int64_t now_ms, uint64_t decided_by,
                             bool is_by_kid, bool is_present) {
    advance(policy, now_ms);
    if (policy->is_stopped)
        return JWKEEP_KEYS_SHUTDOWN;
    if (is_usable(policy) && (!is_by_kid || is_present))
        return JWKEEP_OK;
    if (policy->has_failed || !is_usable(policy)) {
        policy->owes_forced |= is_by_kid && !is_present;
        return name_failure(policy);
    }
    if (policy->flight.is_forced && policy->flight.number >= decided_by)
        return JWKEEP_KID_UNKNOWN;
    return follow_up(policy);
}

void jk_policy_stop(jk_policy *policy) {
    policy->is_stopped = true;
    policy->is_in_flight = false;
}

int64_t jk_policy_usable_until(const jk_policy *policy) {
    return policy->has_keys ? policy->stale_at_ms : INT64_MIN;
}
