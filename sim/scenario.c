/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the making of scenarios: stretches of one kind of weather after the other. */
#include "sim/scenario.h"
#include "base/attributes.h"
#include "sim/issuer.h"
#include "sim/random.h"
#include "sim/waiters.h"

#define SECOND 1000u
#define HOUR (3600u * SECOND)

/* A stretch of time with one character: how far apart things happen, and how often each of
 * them, in relation to the others. */
typedef struct weather {
    uint32_t max_actions;
    uint32_t gap_max_ms;
    uint32_t hold_max_ms;
    uint16_t moods[SIM_MOOD_COUNT];
    uint16_t weights[SIM_ACTION_COUNT];
    uint16_t wishes[SIM_WISH_STRANGER + 1];
} weather;

/* In the order of the enums: lookup cancel refresh, rotate remove reuse withdraw clutter,
 * mood pace freshness retry-after hold, forward back full suspect stop. */
static const weather WEATHERS[] = {
    /* A rush: thousands at once, while the issuer rotates. */
    {8000,
     1,
     60 * SECOND,
     {40, 0, 0, 1, 0, 0, 1},
     {2000, 20, 2, 6, 3, 1, 0, 1, 2, 4, 1, 0, 2, 0, 0, 1, 20, 0},
     {1, 20, 20, 40, 3, 1}},
    /* A flood of names that never were, among users of known ones. */
    {4000,
     40,
     600 * SECOND,
     {40, 1, 1, 0, 0, 0, 1},
     {2000, 5, 2, 4, 2, 1, 0, 0, 1, 2, 2, 0, 2, 1, 1, 1, 300, 0},
     {1, 10, 3, 2, 4, 80}},
    /* A working day. */
    {2000,
     2 * SECOND,
     600 * SECOND,
     {30, 1, 1, 1, 1, 1, 1},
     {600, 40, 5, 10, 8, 2, 1, 2, 5, 8, 5, 2, 5, 1, 1, 2, 20, 0},
     {3, 30, 10, 10, 5, 5}},
    /* A night: long times between few events. */
    {60,
     1200 * SECOND,
     HOUR,
     {30, 1, 1, 1, 1, 1, 1},
     {100, 5, 5, 10, 8, 2, 1, 2, 5, 5, 5, 2, 5, 2, 1, 2, 5, 0},
     {3, 30, 10, 10, 5, 5}},
    /* An outage. */
    {200,
     20 * SECOND,
     600 * SECOND,
     {1, 10, 10, 10, 10, 10, 10},
     {300, 20, 5, 10, 5, 1, 2, 1, 3, 5, 5, 5, 5, 1, 1, 3, 20, 0},
     {5, 30, 10, 10, 5, 5}},
    /* Anything. */
    {40,
     3 * HOUR,
     HOUR,
     {10, 3, 3, 3, 3, 3, 3},
     {100, 20, 20, 20, 20, 10, 5, 5, 20, 20, 20, 20, 20, 10, 10, 10, 20, 0},
     {10, 10, 10, 10, 10, 10}},
};

typedef struct maker {
    sim_random random;
    sim_scenario *scenario;
    const weather *weather;
    uint32_t openings; /* that are done */
    uint32_t weather_left;
    uint32_t weight_sum;
    uint32_t longest_gap_ms; /* within which the source goes round some 20 times by itself */
    int64_t at_ms;
} maker;

static uint32_t sum_of(const uint16_t *weights, uint32_t count) {
    uint32_t sum = 0;
    for (uint32_t i = 0; i < count; i++)
        sum += weights[i];
    return sum;
}

static uint8_t choose(sim_random *random, const uint16_t *weights, uint32_t sum) {
    uint32_t drawn = sim_draw_below(random, sum);
    uint8_t chosen = 0;
    while (drawn >= weights[chosen])
        drawn -= weights[chosen++];
    return chosen;
}

static void change_weather(maker *work) {
    work->weather = &WEATHERS[sim_draw_below(&work->random, JK_COUNT_OF(WEATHERS))];
    work->weather_left = sim_draw_wide(&work->random, 10, work->weather->max_actions);
    work->openings = 0;
    work->weight_sum = sum_of(work->weather->weights, SIM_ACTION_COUNT);
}

static uint32_t lesser(uint32_t a, uint32_t b) {
    return a < b ? a : b;
}

static uint32_t find_longest_gap(const sim_scenario *scenario) {
    uint32_t lifetime_s = (uint32_t)scenario->lifetime.min_s;
    uint32_t round_ms = lesser((uint32_t)scenario->options.backoff_max_ms, lifetime_s * SECOND);
    return lesser(round_ms, HOUR) * 20;
}

/* Now and then exactly the cooldown, or a millisecond beside it. */
static int64_t draw_gap(maker *work) {
    if (sim_draw_one_in(&work->random, 256))
        return work->scenario->options.cooldown_ms - 1 + sim_draw_below(&work->random, 3);
    uint32_t max_ms = lesser(work->weather->gap_max_ms, work->longest_gap_ms);
    return sim_draw_wide(&work->random, 0, max_ms);
}

static void fill_lookup(maker *work, sim_action *action) {
    const uint16_t *wishes = work->weather->wishes;
    action->choice = choose(&work->random, wishes, sum_of(wishes, SIM_WISH_STRANGER + 1));
    action->amount = (uint32_t)sim_draw(&work->random);
    action->detail = sim_draw_one_in(&work->random, 4)
                         ? (uint16_t)sim_draw_wide(&work->random, 1, 6000)
                         : 200;
}

/* What every stretch begins with: a mood and a pace of its own, and an old answer held. */
static const uint8_t OPENINGS[] = {SIM_MOOD, SIM_PACE, SIM_HOLD};

static void fill(maker *work, sim_action *action) {
    sim_random *random = &work->random;
    action->kind = choose(random, work->weather->weights, work->weight_sum);
    if (work->openings < JK_COUNT_OF(OPENINGS))
        action->kind = OPENINGS[work->openings++];
    if (action->kind == SIM_LOOKUP || action->kind == SIM_SUSPECT) {
        fill_lookup(work, action);
        return;
    }
    action->amount = (uint32_t)sim_draw(random);
    action->choice = (uint8_t)sim_draw_below(random, 2);
    if (action->kind == SIM_MOOD)
        action->choice =
            choose(random, work->weather->moods, sum_of(work->weather->moods, SIM_MOOD_COUNT));
    if (action->kind == SIM_FRESHNESS)
        action->choice = (uint8_t)sim_draw_below(random, SIM_FRESHNESS_COUNT);
    if (action->kind == SIM_RETRY_AFTER)
        action->choice = (uint8_t)sim_draw_below(random, SIM_RETRY_AFTER_COUNT);
    if (action->kind == SIM_PACE)
        action->amount = sim_draw_wide(random, 1, (uint32_t)work->scenario->fetch_timeout_ms);
    if (action->kind == SIM_HOLD)
        action->amount = sim_draw_below(random, work->weather->hold_max_ms);
    if (action->kind == SIM_FULL)
        action->amount = sim_draw_wide(random, 1, 10 * SECOND);
    if (action->kind == SIM_CLOCK_FORWARD || action->kind == SIM_CLOCK_BACK)
        action->amount = sim_draw_wide(random, 1, 2 * HOUR);
}

/* Half of them with the defaults, the rest anywhere in the ranges that options may have. */
static void fill_options(sim_scenario *scenario, sim_random *random) {
    scenario->options = (jk_policy_options){
        .cooldown_ms = JWKEEP_COOLDOWN_S * 1000,
        .stale_limit_ms = JWKEEP_STALE_LIMIT_S * 1000,
        .backoff_min_ms = JWKEEP_BACKOFF_MIN_MS,
        .backoff_max_ms = JWKEEP_BACKOFF_MAX_MS,
        .retry_after_max_ms = JWKEEP_RETRY_AFTER_MAX_S * 1000,
        .signature_ms = sim_draw_one_in(random, 2) ? 60 * SECOND : 0,
        .is_eager = sim_draw_one_in(random, 2),
    };
    scenario->lifetime = (jk_lifetime_limits){JWKEEP_LIFETIME_MIN_S, JWKEEP_LIFETIME_MAX_S,
                                              JWKEEP_LIFETIME_DEFAULT_S};
    scenario->fetch_timeout_ms = JWKEEP_FETCH_TIMEOUT_MS;
    scenario->negative_max = JWKEEP_NEGATIVE_MAX;
    scenario->negative_ttl_ms = JWKEEP_NEGATIVE_TTL_S * 1000;
    scenario->empty_confirm_ms = JWKEEP_EMPTY_CONFIRM_S * 1000;
    if (sim_draw_one_in(random, 2))
        return;
    jk_policy_options *options = &scenario->options;
    options->cooldown_ms = sim_draw_wide(random, 1, 3600) * 1000;
    options->stale_limit_ms = sim_draw_wide(random, 0, 86400) * 1000;
    options->backoff_min_ms = sim_draw_wide(random, 100, 60000);
    options->backoff_max_ms = sim_draw_wide(random, (uint32_t)options->backoff_min_ms, 3600000);
    options->retry_after_max_ms = sim_draw_wide(random, 0, 3600) * 1000;
    options->signature_ms = (int64_t)sim_draw_wide(random, 0, 86400) * 1000;
    scenario->lifetime.min_s = sim_draw_wide(random, 1, 3600);
    scenario->lifetime.max_s = sim_draw_wide(random, (uint32_t)scenario->lifetime.min_s, 86400);
    scenario->lifetime.default_s = sim_draw_wide(random, 1, 86400);
    scenario->fetch_timeout_ms = sim_draw_wide(random, 1, 60000);
    scenario->negative_max = sim_draw_wide(random, 1, 1024);
    scenario->negative_ttl_ms = sim_draw_wide(random, 0, 3600) * 1000;
    scenario->empty_confirm_ms = sim_draw_wide(random, 0, 3600) * 1000;
}

void sim_scenario_make(sim_scenario *scenario, uint64_t seed) {
    maker work = {.random = {seed}, .scenario = scenario};
    fill_options(scenario, &work.random);
    work.longest_gap_ms = find_longest_gap(scenario);
    scenario->policy_seed = sim_draw(&work.random);
    scenario->lag_ms =
        sim_draw_one_in(&work.random, 2) ? 0 : sim_draw_wide(&work.random, 1, 100);
    scenario->max_waiters = sim_draw_one_in(&work.random, 8)
                                ? sim_draw_wide(&work.random, 1, SIM_MAX_WAITERS)
                                : SIM_MAX_WAITERS;
    scenario->count = sim_draw_wide(&work.random, 200, SIM_MAX_ACTIONS);
    uint32_t stop_at = scenario->count - 1 - sim_draw_below(&work.random, 20);
    for (uint32_t i = 0; i < scenario->count; i++) {
        if (work.weather_left-- == 0 || !work.weather)
            change_weather(&work);
        work.at_ms += draw_gap(&work);
        sim_action *action = &scenario->actions[i];
        *action = (sim_action){.at_ms = work.at_ms, .kind = SIM_STOP};
        if (i != stop_at)
            fill(&work, action);
    }
}
