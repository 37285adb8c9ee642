/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the judgement: what the requirements R1–R25 say must hold, from what could be seen from
 * outside alone, without a look into the policy's state. The first rule that is broken is
 * kept; docs/design/simulator.md lists them. */
#ifndef SIM_ORACLE_H
#define SIM_ORACLE_H

#include "remote/policy.h"
#include "sim/keys.h"
#include "sim/waiters.h"

#define SIM_OUTAGE_GETS 30u
#define SIM_OUTAGE_MS (10 * 60 * 1000)

/* A key that the issuer has and somebody missed: a download that sees it is owed. */
typedef struct sim_debt {
    uint32_t kid;
    int64_t since_ms;
    uint64_t after_number; /* the last flight that had started then */
    int64_t due_ms;
} sim_debt;

/* Times are of the refresher's clock, the latest that it has shown. */
typedef struct sim_oracle {
    jk_policy_options options;
    int64_t now_ms;
    const char *broken; /* the rule, or NULL */
    bool is_stopped;

    bool has_keys;
    int64_t good_at_ms;
    int64_t lifetime_ms;
    int64_t stale_at_ms;
    uint32_t failures;
    int64_t retry_at_ms;

    bool is_in_flight;
    jk_flight flight;
    int64_t started_at_ms;
    uint64_t published_by; /* the flight */
    uint64_t generation;
    bool has_failed; /* the last flight to end */

    int64_t cooled_at_ms; /* the end of the cooldown */
    int64_t paid_until_ms;
    int64_t asked_at_ms; /* the start of the last good forced flight */

    /* Reasons to start, since the last flight did. */
    bool is_keyless_wanted;
    bool is_miss_wanted;
    bool is_request_wanted;
    bool is_signature_wanted;
    int64_t signature_at_ms; /* when the next download for a bad signature may start */
    int64_t trailing_at_ms;  /* or JK_NEVER */
    bool has_late_left;      /* somebody who came too late for the flight under way */

    uint32_t debt_count;
    sim_debt debts[SIM_MAX_KEYS];

    uint32_t outage_count;
    int64_t outage_starts_ms[SIM_OUTAGE_GETS];
} sim_oracle;

void sim_oracle_init(sim_oracle *oracle, const jk_policy_options *options, int64_t now_ms);
/* The policy is about to be told `clock_ms`. */
void sim_oracle_advance(sim_oracle *oracle, int64_t clock_ms);

/* Each of these is told right after the policy was asked or told the same. */
void sim_oracle_on_lookup(sim_oracle *oracle, bool is_by_kid, bool is_present,
                          const jk_answer *answer);
void sim_oracle_on_leave(sim_oracle *oracle, const sim_waiter *waiter);
void sim_oracle_on_request(sim_oracle *oracle);
void sim_oracle_on_suspect(sim_oracle *oracle, const jk_answer *answer);
void sim_oracle_on_start(sim_oracle *oracle, const jk_flight *flight);
void sim_oracle_on_stop(sim_oracle *oracle);

/* A lookup was refused, since its name was missing a moment ago. */
void sim_oracle_on_refusal(sim_oracle *oracle);
/* A lookup by `kid`, which the issuer has, found it missing. */
void sim_oracle_owe(sim_oracle *oracle, uint32_t kid, bool is_refused);
/* The issuer does not have `kid` any more. */
void sim_oracle_forgive(sim_oracle *oracle, uint32_t kid);

/* The answer to flight `number` was let through, `has_keys` with keys in it; and what stands
 * published after it. */
void sim_oracle_on_accept(sim_oracle *oracle, uint64_t number);
void sim_oracle_on_publish(sim_oracle *oracle, uint64_t number, uint64_t generation,
                           const sim_keys *published, const sim_keys *answer);

/* The flight under way ended; `retry_at_ms`: when the policy wants to be asked next. */
void sim_oracle_on_end(sim_oracle *oracle, const jk_outcome *outcome, int64_t retry_at_ms,
                       const sim_keys *published);
void sim_oracle_on_settle(sim_oracle *oracle, const sim_waiter *waiter, bool is_present,
                          jwkeep_code code);

/* The policy was asked for a flight, with room for one, and had none to start. */
void sim_oracle_on_idle(sim_oracle *oracle, const sim_waiters *waiters);

static inline void sim_oracle_break(sim_oracle *oracle, const char *rule) {
    if (!oracle->broken)
        oracle->broken = rule;
}

static inline void sim_oracle_demand(sim_oracle *oracle, bool holds, const char *rule) {
    if (__builtin_expect(!holds, 0))
        sim_oracle_break(oracle, rule);
}

static inline bool sim_oracle_is_usable(const sim_oracle *oracle) {
    return oracle->has_keys && oracle->now_ms < oracle->stale_at_ms;
}

#endif
