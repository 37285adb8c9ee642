/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns virtual time: what happens next, and the scenario's actions. */
#include "sim/world.h"

#define STRANGER_BIT 0x80000000u

static int64_t earlier(int64_t a, int64_t b) {
    return a < b ? a : b;
}

/* A name to look up; false: there is none of that kind, or any keys will do. */
static bool choose_kid(const sim_world *world, const sim_action *action, uint32_t *ret_kid) {
    const sim_keys *known = &world->source.published;
    const sim_keys *current = &world->issuer.document.keys;
    switch ((sim_wish)action->choice) {
    case SIM_WISH_ANY:
        return false;
    case SIM_WISH_KNOWN:
        if (known->count)
            *ret_kid = known->items[action->amount % known->count].kid;
        return known->count > 0;
    case SIM_WISH_CURRENT:
        if (current->count)
            *ret_kid = current->items[action->amount % current->count].kid;
        return current->count > 0;
    case SIM_WISH_NEWEST:
        *ret_kid = world->issuer.next_kid - 1;
        return true;
    case SIM_WISH_GONE:
        *ret_kid = 1 + action->amount % (world->issuer.next_kid - 1);
        return true;
    case SIM_WISH_STRANGER:
        *ret_kid = action->amount | STRANGER_BIT;
        return true;
    }
    return false;
}

static void look_up(sim_world *world, const sim_action *action) {
    uint32_t kid = 0;
    bool is_by_kid = choose_kid(world, action, &kid);
    jwkeep_code code = sim_source_lookup(world, is_by_kid, kid, (int64_t)action->detail * 10);
    if (!world->log)
        return;
    if (is_by_kid)
        sim_say(world, "lookup of key %u: %s", kid, sim_code_name(code));
    else
        sim_say(world, "lookup of any key: %s", sim_code_name(code));
}

/* What the issuer does not have any more is owed to nobody. */
static void forgive_removed(sim_world *world) {
    for (uint32_t i = world->oracle.debt_count; i-- > 0;)
        if (!sim_keys_have_kid(&world->issuer.document.keys, world->oracle.debts[i].kid))
            sim_oracle_forgive(&world->oracle, world->oracle.debts[i].kid);
}

static void change_keys(sim_world *world, const sim_action *action) {
    sim_issuer *issuer = &world->issuer;
    if (action->kind == SIM_ROTATE)
        sim_issuer_rotate(issuer);
    else if (action->kind == SIM_REMOVE)
        sim_issuer_remove(issuer, action->amount);
    else if (action->kind == SIM_REUSE)
        sim_issuer_reuse(issuer, action->amount);
    else
        sim_issuer_withdraw(issuer);
    forgive_removed(world);
    if (world->log)
        sim_say(world, "the issuer %s: %u keys, the newest is %u",
                action->kind == SIM_ROTATE   ? "adds a key"
                : action->kind == SIM_REMOVE ? "removes a key"
                : action->kind == SIM_REUSE  ? "gives a key new material"
                                             : "removes all keys",
                issuer->document.keys.count, issuer->next_kid - 1);
}

static void change_issuer(sim_world *world, const sim_action *action) {
    static const char *const MOODS[SIM_MOOD_COUNT] = {
        "answers",          "refuses connections", "says nothing", "resets connections",
        "answers nonsense", "is unavailable",      "answers late"};
    sim_issuer *issuer = &world->issuer;
    switch (action->kind) {
    case SIM_MOOD:
        issuer->mood = action->choice;
        sim_say(world, "the issuer %s", MOODS[action->choice]);
        return;
    case SIM_PACE:
        issuer->latency_ms = action->amount;
        issuer->reads_late = action->choice;
        sim_say(world, "the issuer takes %u ms, its keys are those of the %s", action->amount,
                action->choice ? "end" : "beginning");
        return;
    case SIM_FRESHNESS:
        issuer->freshness = action->choice;
        sim_say(world, "the issuer's answers say %s", sim_freshness_name(action->choice));
        return;
    case SIM_RETRY_AFTER:
        issuer->retry_after = action->choice;
        sim_say(world, "the issuer's Retry-After is %s", sim_retry_after_name(action->choice));
        return;
    case SIM_CLUTTER:
        issuer->is_cluttered = action->choice;
        sim_say(world, "copies and unusable keys: %s", action->choice ? "yes" : "no");
        return;
    default:
        sim_issuer_hold(issuer, world->real_ms + action->amount);
        sim_say(world, "a cache on the way holds today's answer for %u ms", action->amount);
        return;
    }
}

static void move_clock(sim_world *world, int64_t by_ms) {
    world->skew_ms += by_ms;
    sim_say(world, "the clock jumps by %lld ms", (long long)by_ms);
}

static void act(sim_world *world, const sim_action *action) {
    switch ((sim_action_kind)action->kind) {
    case SIM_LOOKUP:
        look_up(world, action);
        return;
    case SIM_CANCEL:
        sim_source_cancel(world, action->amount);
        sim_say(world, "a waiter gives up");
        return;
    case SIM_REFRESH:
        sim_source_request(world);
        sim_say(world, "a refresh is asked for");
        return;
    case SIM_ROTATE:
    case SIM_REMOVE:
    case SIM_REUSE:
    case SIM_WITHDRAW:
        change_keys(world, action);
        return;
    case SIM_CLUTTER:
    case SIM_MOOD:
    case SIM_PACE:
    case SIM_FRESHNESS:
    case SIM_RETRY_AFTER:
    case SIM_HOLD:
        change_issuer(world, action);
        return;
    case SIM_CLOCK_FORWARD:
        move_clock(world, action->amount);
        return;
    case SIM_CLOCK_BACK:
        move_clock(world, -(int64_t)action->amount);
        return;
    case SIM_FULL:
        world->source.room_at_ms = world->real_ms + action->amount;
        sim_say(world, "no room for a download for %u ms", action->amount);
        return;
    case SIM_SUSPECT:
        sim_say(world, "a bad signature under a known name");
        sim_source_suspect(world, (int64_t)action->detail * 10);
        return;
    case SIM_STOP:
        sim_say(world, "stop");
        sim_source_stop(world);
        return;
    case SIM_ACTION_COUNT:
        return;
    }
}

/* The refresher looks when the policy wants it, after its lag, and when there is room. A look
 * that stands is not put off, so that a crowd cannot keep it away. */
static void plan_turn(sim_world *world) {
    sim_source *source = &world->source;
    int64_t wake_ms = jk_policy_wake_at(&source->policy);
    if (wake_ms == JK_NEVER) {
        source->turn_at_ms = JK_NEVER;
        return;
    }
    int64_t at_ms = wake_ms - world->skew_ms;
    at_ms = (at_ms > world->real_ms ? at_ms : world->real_ms) + world->scenario->lag_ms;
    if (source->turn_at_ms > at_ms || source->turn_at_ms <= world->real_ms)
        source->turn_at_ms = at_ms;
    if (source->turn_at_ms < source->room_at_ms)
        source->turn_at_ms = source->room_at_ms;
}

static uint32_t find_late(const sim_source *source) {
    uint32_t first = 0;
    for (uint32_t i = 1; i < source->late_count; i++)
        if (source->late[i].arrives_at_ms < source->late[first].arrives_at_ms)
            first = i;
    return first;
}

static int64_t next_late_ms(const sim_source *source) {
    return source->late_count ? source->late[find_late(source)].arrives_at_ms : JK_NEVER;
}

static int64_t edge_at_ms(const sim_world *world) {
    if (world->edge_ms == JK_NEVER)
        return JK_NEVER;
    int64_t at_ms = world->edge_ms - world->skew_ms;
    return at_ms > world->real_ms ? at_ms : world->real_ms;
}

static int64_t next_due_ms(const sim_world *world) {
    const sim_source *source = &world->source;
    int64_t due_ms = earlier(source->transfer.arrives_at_ms, source->turn_at_ms);
    due_ms = earlier(due_ms, sim_waiters_next_ms(&source->waiters));
    due_ms = earlier(due_ms, edge_at_ms(world));
    return source->late_count ? earlier(due_ms, next_late_ms(source)) : due_ms;
}

/* R9 from both sides: a look in the last millisecond of the keys, and one in the next. */
static void look_at_edge(sim_world *world) {
    int64_t stale_at_ms = world->oracle.stale_at_ms;
    world->edge_ms = world->edge_ms < stale_at_ms ? stale_at_ms : JK_NEVER;
    const sim_keys *known = &world->source.published;
    bool is_by_kid = known->count > 0;
    jwkeep_code code =
        sim_source_lookup(world, is_by_kid, is_by_kid ? known->items[0].kid : 0, 2000);
    if (world->log)
        sim_say(world, "lookup of a known key at the stale limit: %s", sim_code_name(code));
}

/* In this order where several are due: an answer before a deadline of the same moment. */
static void serve_due(sim_world *world, int64_t due_ms) {
    sim_source *source = &world->source;
    world->real_ms = due_ms;
    if (source->transfer.arrives_at_ms <= due_ms)
        sim_source_land(world);
    else if (next_late_ms(source) <= due_ms)
        sim_source_land_late(world, find_late(source));
    else if (sim_waiters_next_ms(&source->waiters) <= due_ms)
        sim_source_expire(world);
    else if (source->turn_at_ms <= due_ms)
        sim_source_turn(world);
    else
        look_at_edge(world);
}

/* Without a lag the refresher looks after every event. */
static void finish_step(sim_world *world) {
    sim_source *source = &world->source;
    world->steps++;
    if (world->scenario->lag_ms == 0 && source->room_at_ms <= world->real_ms)
        sim_source_turn(world);
    plan_turn(world);
    sim_oracle_demand(&world->oracle, sim_waiters_next_ms(&source->waiters) >= world->real_ms,
                      "R11: nobody waits beyond a deadline");
    sim_oracle_demand(&world->oracle, source->waiters.count <= world->scenario->max_waiters,
                      "R6: memory is bounded");
}

static void play_action(sim_world *world, const sim_action *action, uint64_t max_steps) {
    int64_t due_ms = next_due_ms(world);
    while (due_ms < action->at_ms && !world->oracle.broken && world->steps < max_steps) {
        serve_due(world, due_ms);
        finish_step(world);
        due_ms = next_due_ms(world);
    }
    if (world->oracle.broken || world->steps >= max_steps)
        return;
    world->real_ms = action->at_ms;
    act(world, action);
    finish_step(world);
}

const char *sim_world_play(sim_world *world, const sim_scenario *scenario, uint64_t max_steps,
                           sim_tally *tally, FILE *log) {
    world->scenario = scenario;
    world->real_ms = 0;
    world->skew_ms = 0;
    world->edge_ms = JK_NEVER;
    world->steps = 0;
    world->tally = tally;
    world->log = log;
    sim_issuer_init(&world->issuer);
    sim_oracle_init(&world->oracle, &scenario->options, 0);
    sim_source_init(world);
    sim_say_options(world);
    for (uint32_t i = 0; i < scenario->count; i++) {
        play_action(world, &scenario->actions[i], max_steps);
        if (world->oracle.broken || world->steps >= max_steps)
            break;
    }
    sim_source_done(world);
    tally->steps += world->steps;
    tally->virtual_s += world->real_ms / 1000;
    tally->scenarios++;
    return world->oracle.broken;
}
