/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the search: pieces of half the scenario, then of a quarter, down to single actions,
 * until nothing more can go; within a bounded number of steps. */
#include "sim/shrink.h"
#include <string.h>

#define MAX_STEPS 20000000u

typedef struct search {
    sim_scenario *scenario;
    sim_scenario *spare;
    sim_world *world;
    const char *rule;
    sim_tally tally;
} search;

static void copy_head(sim_scenario *to, const sim_scenario *from) {
    memcpy(to, from, offsetof(sim_scenario, actions));
    to->count = 0;
}

static void append(sim_scenario *to, const sim_action *actions, uint32_t count) {
    memcpy(to->actions + to->count, actions, count * sizeof *actions);
    to->count += count;
}

static void append_all(sim_scenario *to, const sim_scenario *from) {
    to->count = 0;
    append(to, from->actions, from->count);
}

static bool breaks_as_before(search *work, const sim_scenario *scenario) {
    const char *rule = sim_world_play(work->world, scenario, UINT64_MAX, &work->tally, NULL);
    return rule && strcmp(rule, work->rule) == 0;
}

/* Whether the scenario breaks without `count` actions from `first`; if so, they are gone. */
static bool leave_out(search *work, uint32_t first, uint32_t count) {
    sim_scenario *whole = work->scenario;
    copy_head(work->spare, whole);
    append(work->spare, whole->actions, first);
    append(work->spare, whole->actions + first + count, whole->count - first - count);
    if (!breaks_as_before(work, work->spare))
        return false;
    append_all(whole, work->spare);
    return true;
}

static bool pass(search *work, uint32_t size) {
    bool is_shorter = false;
    for (uint32_t first = 0; first < work->scenario->count;) {
        uint32_t left = work->scenario->count - first;
        uint32_t count = left < size ? left : size;
        if (work->tally.steps > MAX_STEPS)
            return false;
        if (leave_out(work, first, count))
            is_shorter = true;
        else
            first += count;
    }
    return is_shorter;
}

/* Whether it still breaks when the actions from `first` on come `by_ms` earlier. */
static bool pull(search *work, uint32_t first, int64_t by_ms) {
    sim_scenario *whole = work->scenario;
    copy_head(work->spare, whole);
    append(work->spare, whole->actions, whole->count);
    for (uint32_t i = first; i < whole->count; i++)
        work->spare->actions[i].at_ms -= by_ms;
    if (!breaks_as_before(work, work->spare))
        return false;
    append_all(whole, work->spare);
    return true;
}

/* The gap before an action: none, or the shortest that halving finds. */
static bool tighten(search *work) {
    bool is_shorter = false;
    for (uint32_t i = 0; i < work->scenario->count; i++) {
        const sim_action *actions = work->scenario->actions;
        int64_t before_ms = i ? actions[i - 1].at_ms : 0;
        int64_t by_ms = actions[i].at_ms - before_ms;
        while (by_ms > 0 && work->tally.steps <= MAX_STEPS) {
            bool is_pulled = pull(work, i, by_ms);
            is_shorter |= is_pulled;
            by_ms = is_pulled ? actions[i].at_ms - before_ms : by_ms / 2;
        }
    }
    return is_shorter;
}

void sim_shrink(sim_scenario *scenario, const char *rule, sim_world *world,
                sim_scenario *spare) {
    search work = {.scenario = scenario, .spare = spare, .world = world, .rule = rule};
    uint32_t size = scenario->count / 2;
    while (size > 1) {
        pass(&work, size);
        size /= 2;
    }
    while (pass(&work, 1) || tighten(&work))
        ;
}
