/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the rules, each beside what it is called when it is broken. */
#include "sim/oracle.h"

#define LONG_AGO (INT64_MIN / 4)

static int64_t later(int64_t a, int64_t b) {
    return a > b ? a : b;
}
static int64_t earlier(int64_t a, int64_t b) {
    return a < b ? a : b;
}

static bool is_cooling(const sim_oracle *oracle) {
    return oracle->now_ms < oracle->cooled_at_ms;
}

static bool is_backing_off(const sim_oracle *oracle) {
    return oracle->failures > 0 && oracle->now_ms < oracle->retry_at_ms;
}

/* R4: whether the bucket of two has one left. */
static bool may_burst(const sim_oracle *oracle) {
    return oracle->paid_until_ms <= oracle->now_ms + oracle->options.cooldown_ms;
}

void sim_oracle_init(sim_oracle *oracle, const jk_policy_options *options, int64_t now_ms) {
    *oracle = (sim_oracle){
        .options = *options,
        .now_ms = now_ms,
        .cooled_at_ms = LONG_AGO,
        .paid_until_ms = LONG_AGO,
        .asked_at_ms = LONG_AGO,
        .signature_at_ms = LONG_AGO,
        .trailing_at_ms = JK_NEVER,
        .is_keyless_wanted = options->is_eager,
    };
}

void sim_oracle_advance(sim_oracle *oracle, int64_t clock_ms) {
    oracle->now_ms = later(oracle->now_ms, clock_ms);
}

static jwkeep_code name_failure(const sim_oracle *oracle) {
    return oracle->has_keys && !sim_oracle_is_usable(oracle) ? JWKEEP_KEYS_STALE
                                                             : JWKEEP_KEYS_FETCH_FAILED;
}

static jwkeep_code expect(const sim_oracle *oracle, bool is_miss) {
    if (oracle->is_stopped)
        return JWKEEP_KEYS_SHUTDOWN;
    if (sim_oracle_is_usable(oracle) && !is_miss)
        return JWKEEP_OK;
    if (oracle->is_in_flight)
        return JWKEEP_PENDING;
    if (is_backing_off(oracle))
        return name_failure(oracle);
    if (sim_oracle_is_usable(oracle) && is_cooling(oracle))
        return oracle->failures ? JWKEEP_KEYS_FETCH_FAILED : JWKEEP_KID_UNKNOWN;
    return JWKEEP_PENDING;
}

static const char *name_rule(const sim_oracle *oracle, jwkeep_code expected, jwkeep_code code) {
    if (oracle->is_stopped)
        return "R24: after the stop everybody is told KEYS_SHUTDOWN";
    if (expected == JWKEEP_OK)
        return "R9: a known key is accepted until the stale limit, whatever else goes on";
    if (code == JWKEEP_OK)
        return sim_oracle_is_usable(oracle) ? "R13: a key that is not published is not accepted"
                                            : "R9: no key is accepted past the stale limit";
    if (expected == JWKEEP_PENDING)
        return "R4: outside the cooldown a miss waits for a download";
    if (expected == JWKEEP_KID_UNKNOWN)
        return "R4: within the cooldown a miss is answered at once, and as unknown";
    return "R10: while it backs off the failure is told at once";
}

static void note_wish(sim_oracle *oracle, bool is_miss, jwkeep_code code) {
    if (code == JWKEEP_PENDING && !oracle->is_in_flight) {
        if (!sim_oracle_is_usable(oracle))
            oracle->is_keyless_wanted = true;
        oracle->is_miss_wanted |= is_miss;
    }
    if (is_miss && sim_oracle_is_usable(oracle) && !oracle->is_in_flight &&
        !is_backing_off(oracle) && is_cooling(oracle))
        oracle->trailing_at_ms = oracle->cooled_at_ms;
}

static bool is_wanted(const sim_oracle *oracle) {
    return oracle->is_keyless_wanted || oracle->is_miss_wanted || oracle->is_request_wanted ||
           oracle->is_signature_wanted;
}

void sim_oracle_on_lookup(sim_oracle *oracle, bool is_by_kid, bool is_present,
                          const jk_answer *answer) {
    bool is_miss = is_by_kid && !is_present;
    jwkeep_code expected = expect(oracle, is_miss);
    if (answer->code != expected)
        sim_oracle_break(oracle, name_rule(oracle, expected, answer->code));
    if (answer->code == JWKEEP_PENDING) {
        sim_oracle_demand(oracle, answer->decided_by == oracle->flight.number + 1,
                          "R4: the next flight to start has the last word");
        sim_oracle_demand(oracle,
                          answer->is_shared == (oracle->is_in_flight || is_wanted(oracle)),
                          "R25: who shares a download is counted, and nobody else");
    }
    note_wish(oracle, is_miss, answer->code);
}

/* R6 within R5: the issuer was asked less than a cooldown ago, or is being asked. */
void sim_oracle_on_refusal(sim_oracle *oracle) {
    int64_t absent_to_ms = oracle->asked_at_ms + oracle->options.cooldown_ms;
    bool is_asking = oracle->is_in_flight && oracle->flight.trigger == JWKEEP_TRIGGER_TRAILING;
    sim_oracle_demand(oracle,
                      sim_oracle_is_usable(oracle) && oracle->failures == 0 &&
                          !oracle->is_stopped && (oracle->now_ms < absent_to_ms || is_asking),
                      "R6: a name is refused for a cooldown after the issuer was asked");
    oracle->trailing_at_ms = earlier(oracle->trailing_at_ms,
                                     is_cooling(oracle) ? oracle->cooled_at_ms : absent_to_ms);
}

static void remove_debt(sim_oracle *oracle, uint32_t index) {
    oracle->debts[index] = oracle->debts[--oracle->debt_count];
}

void sim_oracle_forgive(sim_oracle *oracle, uint32_t kid) {
    for (uint32_t i = oracle->debt_count; i-- > 0;)
        if (oracle->debts[i].kid == kid)
            remove_debt(oracle, i);
}

/* R5. When a flight is under way, its end decides: until then nothing is due. */
void sim_oracle_owe(sim_oracle *oracle, uint32_t kid, bool is_refused) {
    if (oracle->is_stopped || oracle->debt_count == SIM_MAX_KEYS)
        return;
    for (uint32_t i = 0; i < oracle->debt_count; i++)
        if (oracle->debts[i].kid == kid)
            return;
    oracle->debts[oracle->debt_count++] = (sim_debt){
        .kid = kid,
        .since_ms = oracle->now_ms,
        .after_number = oracle->flight.number,
        .due_ms = is_refused           ? oracle->now_ms + oracle->options.cooldown_ms
                  : is_cooling(oracle) ? oracle->cooled_at_ms
                                       : oracle->now_ms,
    };
}

void sim_oracle_on_leave(sim_oracle *oracle, const sim_waiter *waiter) {
    oracle->has_late_left |= waiter->is_by_kid && oracle->is_in_flight &&
                             waiter->after_number == oracle->flight.number;
}

/* Joining the flight under way is all that a request asks for. */
void sim_oracle_on_request(sim_oracle *oracle) {
    if (oracle->is_stopped || oracle->is_in_flight || is_backing_off(oracle))
        return;
    if (!oracle->has_keys)
        oracle->is_keyless_wanted = true;
    else if (is_cooling(oracle))
        oracle->trailing_at_ms = oracle->cooled_at_ms;
    else
        oracle->is_request_wanted = true;
}

/* R17: switched off, past the stale limit or while it backs off, the signature stays bad. */
static jwkeep_code expect_suspect(const sim_oracle *oracle) {
    if (oracle->is_stopped)
        return JWKEEP_KEYS_SHUTDOWN;
    if (oracle->options.signature_ms == 0 || !sim_oracle_is_usable(oracle))
        return JWKEEP_OK;
    if (oracle->is_in_flight)
        return JWKEEP_PENDING;
    if (is_backing_off(oracle))
        return JWKEEP_OK;
    bool is_due = is_wanted(oracle) || oracle->now_ms >= oracle->signature_at_ms;
    return is_due ? JWKEEP_PENDING : JWKEEP_OK;
}

void sim_oracle_on_suspect(sim_oracle *oracle, const jk_answer *answer) {
    sim_oracle_demand(oracle, answer->code == expect_suspect(oracle),
                      "R17: a bad signature waits for the download under way, or for one in "
                      "each interval");
    oracle->is_signature_wanted |= answer->code == JWKEEP_PENDING && !oracle->is_in_flight;
}

/* R8: at 80 % of the lifetime, a tenth of that earlier or later; a lifetime is counted in
 * whole hundredths. */
static int64_t schedule_from(const sim_oracle *oracle) {
    return oracle->good_at_ms + oracle->lifetime_ms / 100 * 72;
}

static int64_t schedule_to(const sim_oracle *oracle) {
    return oracle->good_at_ms + oracle->lifetime_ms / 100 * 88;
}

static bool is_scheduled(const sim_oracle *oracle) {
    return oracle->failures > 0 || oracle->is_keyless_wanted ||
           (oracle->has_keys && oracle->now_ms >= schedule_from(oracle));
}

static void check_reason(sim_oracle *oracle, jwkeep_trigger trigger) {
    switch (trigger) {
    case JWKEEP_TRIGGER_START:
        sim_oracle_demand(oracle, !oracle->has_keys && oracle->is_keyless_wanted,
                          "R23: the first download is there because somebody asked");
        break;
    case JWKEEP_TRIGGER_SCHEDULE:
        sim_oracle_demand(oracle, is_scheduled(oracle),
                          "R8: no scheduled refresh before 72 % of the lifetime");
        break;
    case JWKEEP_TRIGGER_MISS:
        sim_oracle_demand(oracle, oracle->is_miss_wanted,
                          "R4: a miss's download has a miss before it");
        break;
    case JWKEEP_TRIGGER_TRAILING:
        sim_oracle_demand(oracle, oracle->trailing_at_ms <= oracle->now_ms,
                          "R5: one trailing refresh, at the end of the cooldown");
        break;
    case JWKEEP_TRIGGER_REQUEST:
        sim_oracle_demand(oracle, oracle->is_request_wanted,
                          "R4: a requested download has a request before it");
        break;
    case JWKEEP_TRIGGER_SIGNATURE:
        sim_oracle_demand(
            oracle, oracle->is_signature_wanted && oracle->now_ms >= oracle->signature_at_ms,
            "R17: bad signatures cost one download in each interval");
        oracle->signature_at_ms = oracle->now_ms + oracle->options.signature_ms;
        break;
    }
}

static void stamp(sim_oracle *oracle, const jk_flight *flight) {
    int64_t cooldown_ms = oracle->options.cooldown_ms;
    sim_oracle_demand(oracle, may_burst(oracle),
                      "R4: misses and requests cost two downloads in a burst and then one in "
                      "each cooldown");
    sim_oracle_demand(oracle, flight->is_forced, "R7: what a miss causes asks past caches");
    oracle->paid_until_ms = later(oracle->paid_until_ms, oracle->now_ms) + cooldown_ms;
    oracle->cooled_at_ms = oracle->now_ms + cooldown_ms;
    oracle->trailing_at_ms = JK_NEVER;
}

static bool is_stamped(jwkeep_trigger trigger) {
    return trigger == JWKEEP_TRIGGER_MISS || trigger == JWKEEP_TRIGGER_TRAILING ||
           trigger == JWKEEP_TRIGGER_REQUEST;
}

void sim_oracle_on_start(sim_oracle *oracle, const jk_flight *flight) {
    sim_oracle_demand(oracle, !oracle->is_stopped, "R24: after the stop nothing starts");
    sim_oracle_demand(oracle, !oracle->is_in_flight, "R3: one download at a time");
    sim_oracle_demand(oracle, flight->number == oracle->flight.number + 1,
                      "R2: flights are numbered one after the other");
    sim_oracle_demand(oracle, !is_backing_off(oracle), "R10: no retry before its time");
    check_reason(oracle, flight->trigger);
    sim_oracle_demand(oracle, flight->is_forced || !oracle->is_miss_wanted,
                      "R7: what a miss waits for asks past caches");
    sim_oracle_demand(oracle, flight->is_forced || !oracle->is_signature_wanted,
                      "R17: what a bad signature waits for asks past caches");
    if (is_stamped(flight->trigger))
        stamp(oracle, flight);
    oracle->is_in_flight = true;
    oracle->has_late_left = false;
    oracle->flight = *flight;
    oracle->started_at_ms = oracle->now_ms;
    oracle->is_keyless_wanted = false;
    oracle->is_miss_wanted = false;
    oracle->is_request_wanted = false;
    oracle->is_signature_wanted = false;
}

void sim_oracle_on_accept(sim_oracle *oracle, uint64_t number) {
    sim_oracle_demand(oracle, !oracle->is_stopped, "R24: after the stop nothing is published");
    sim_oracle_demand(oracle, oracle->is_in_flight && number == oracle->flight.number,
                      "R2: a late answer is not let through");
}

void sim_oracle_on_publish(sim_oracle *oracle, uint64_t number, uint64_t generation,
                           const sim_keys *published, const sim_keys *answer) {
    sim_oracle_demand(oracle, number > oracle->published_by,
                      "R2: an older answer never overwrites a newer one");
    sim_oracle_demand(oracle, generation >= oracle->generation,
                      "R2: the generation never goes back");
    sim_oracle_demand(oracle, published->count <= SIM_MAX_KEYS, "R12: the set is bounded");
    oracle->published_by = number;
    oracle->generation = generation;
    for (uint32_t i = 0; i < published->count; i++) {
        sim_key key = published->items[i];
        sim_oracle_demand(oracle, sim_keys_have(answer, key),
                          "R13: a key that the issuer removed is gone after a refresh");
        for (uint32_t j = 0; j < i; j++)
            sim_oracle_demand(oracle,
                              published->items[j].kid != key.kid ||
                                  published->items[j].material != key.material,
                              "R16: equal keys are one");
    }
    for (uint32_t i = 0; i < answer->count; i++)
        if (answer->items[i].material != SIM_MATERIAL_UNUSABLE)
            sim_oracle_demand(oracle, sim_keys_have(published, answer->items[i]),
                              "R14: every usable key of the answer is published");
}

static void end_good(sim_oracle *oracle, const jk_outcome *outcome) {
    oracle->has_keys = true;
    oracle->failures = 0;
    oracle->outage_count = 0;
    oracle->good_at_ms = oracle->now_ms;
    oracle->lifetime_ms = outcome->lifetime_ms;
    if (oracle->flight.is_forced)
        oracle->asked_at_ms = oracle->started_at_ms;
    oracle->stale_at_ms =
        oracle->now_ms + outcome->lifetime_ms + oracle->options.stale_limit_ms;
}

/* A forced download that started after the miss has settled it either way. Another one has
 * not: what is left is due a cooldown after the miss, or at once. */
static void settle_debts(sim_oracle *oracle, const sim_keys *published) {
    int64_t cooldown_ms = oracle->options.cooldown_ms;
    for (uint32_t i = oracle->debt_count; i-- > 0;) {
        sim_debt *debt = &oracle->debts[i];
        bool is_decided =
            oracle->flight.is_forced && oracle->flight.number > debt->after_number;
        if (is_decided || sim_keys_have_kid(published, debt->kid))
            remove_debt(oracle, i);
        else
            debt->due_ms = later(oracle->now_ms, debt->since_ms + cooldown_ms);
    }
}

/* R10, for all options that are at least as patient as the defaults. */
static void count_outage(sim_oracle *oracle) {
    if (oracle->options.backoff_min_ms < JWKEEP_BACKOFF_MIN_MS ||
        oracle->options.backoff_max_ms < JWKEEP_BACKOFF_MAX_MS)
        return;
    int64_t *slot = &oracle->outage_starts_ms[oracle->outage_count % SIM_OUTAGE_GETS];
    if (oracle->outage_count >= SIM_OUTAGE_GETS)
        sim_oracle_demand(oracle, oracle->started_at_ms - *slot >= SIM_OUTAGE_MS,
                          "R10: ten minutes of outage cost at most 30 downloads");
    *slot = oracle->started_at_ms;
    oracle->outage_count++;
}

/* The draw is the policy's; that it stays within its band is checked. */
static void end_failed(sim_oracle *oracle, const jk_outcome *outcome, int64_t retry_at_ms) {
    const jk_policy_options *options = &oracle->options;
    int64_t step = options->backoff_min_ms;
    for (uint32_t i = 0; i < oracle->failures && step < options->backoff_max_ms; i++)
        step *= 2;
    step = earlier(step, options->backoff_max_ms);
    int64_t asked = earlier(outcome->retry_after_ms, options->retry_after_max_ms);
    sim_oracle_demand(oracle,
                      retry_at_ms >= oracle->now_ms + later(step - step / 2, asked) &&
                          retry_at_ms <= oracle->now_ms + later(step, asked),
                      "R10: the retry doubles from the least to the most, or waits as asked");
    count_outage(oracle);
    oracle->failures++;
    oracle->retry_at_ms = retry_at_ms;
    for (uint32_t i = 0; i < oracle->debt_count; i++)
        oracle->debts[i].due_ms = later(oracle->debts[i].due_ms, retry_at_ms);
}

void sim_oracle_on_end(sim_oracle *oracle, const jk_outcome *outcome, int64_t retry_at_ms,
                       const sim_keys *published) {
    oracle->is_in_flight = false;
    oracle->has_failed = outcome->kind == JK_OUTCOME_FAILED;
    if (oracle->has_failed) {
        end_failed(oracle, outcome, retry_at_ms);
        return;
    }
    end_good(oracle, outcome);
    if (oracle->has_late_left)
        oracle->trailing_at_ms = oracle->cooled_at_ms;
    settle_debts(oracle, published);
}

void sim_oracle_on_stop(sim_oracle *oracle) {
    oracle->is_stopped = true;
    oracle->is_in_flight = false;
    oracle->debt_count = 0;
}

static void check_unknown(sim_oracle *oracle, const sim_waiter *waiter) {
    bool was_asked_for =
        oracle->flight.is_forced && oracle->flight.number > waiter->after_number;
    sim_oracle_demand(oracle, was_asked_for || !may_burst(oracle),
                      "R4: who joined late gets the second flight of the burst");
    if (!was_asked_for)
        oracle->trailing_at_ms = oracle->cooled_at_ms;
}

void sim_oracle_on_settle(sim_oracle *oracle, const sim_waiter *waiter, bool is_present,
                          jwkeep_code code) {
    bool is_usable = sim_oracle_is_usable(oracle);
    bool is_found = is_usable && (!waiter->is_by_kid || is_present);
    if (oracle->is_stopped) {
        sim_oracle_demand(oracle, code == JWKEEP_KEYS_SHUTDOWN,
                          "R24: the stop answers everybody who waits");
        return;
    }
    sim_oracle_demand(oracle, is_found == (code == JWKEEP_OK),
                      "R24: the caller whose key is in the answer succeeds itself");
    if (is_found)
        return;
    if (oracle->has_failed || !is_usable) {
        sim_oracle_demand(oracle, code == name_failure(oracle),
                          "R11: a failed flight gives every waiter its error at once");
        return;
    }
    sim_oracle_demand(oracle, code == JWKEEP_KID_UNKNOWN || code == JWKEEP_PENDING,
                      "R4: an absent name is unknown, or waited for once more");
    if (code == JWKEEP_PENDING) {
        oracle->is_miss_wanted = true;
        sim_oracle_demand(oracle, waiter->ends < 2, "R4: nobody waits for a third flight");
    } else {
        check_unknown(oracle, waiter);
    }
}

void sim_oracle_on_idle(sim_oracle *oracle, const sim_waiters *waiters) {
    if (oracle->is_in_flight || oracle->is_stopped)
        return;
    sim_oracle_demand(oracle, waiters->count == 0, "R11: nobody waits for ever");
    sim_oracle_demand(oracle, !is_wanted(oracle) || is_backing_off(oracle),
                      "R4: a download that is wanted starts");
    if (oracle->failures > 0) {
        sim_oracle_demand(oracle, is_backing_off(oracle), "R10: the retry comes at its time");
        return;
    }
    sim_oracle_demand(oracle, !oracle->has_keys || oracle->now_ms < schedule_to(oracle),
                      "R6: the scheduled refresh comes by 88 % of the lifetime");
    sim_oracle_demand(oracle, oracle->now_ms < oracle->trailing_at_ms,
                      "R5: the trailing refresh comes at the end of the cooldown");
    for (uint32_t i = 0; i < oracle->debt_count; i++)
        sim_oracle_demand(oracle, oracle->now_ms < oracle->debts[i].due_ms,
                          "R5: a rotation is seen one cooldown and one fetch after a miss");
}
