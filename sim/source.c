/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns what is done around the policy: the published set, the answers, those who wait. It
 * follows src/remote/flight.c and lookup.c call by call. */
#include "sim/world.h"
#include <string.h>

#define WALL_AT_START_S 1700000000

/* The clock for a call of the policy. What the policy was not told of it has not been: the
 * oracle hears it at the same calls. */
static int64_t tell_clock(sim_world *world) {
    int64_t clock_ms = sim_world_clock_ms(world);
    sim_oracle_advance(&world->oracle, clock_ms);
    return clock_ms;
}

void sim_source_init(sim_world *world) {
    sim_source *source = &world->source;
    jk_hash_key key = {world->scenario->policy_seed, 1};
    jk_negative_init(&source->negative, &key, world->scenario->negative_ttl_ms,
                     world->scenario->negative_max);
    source->published.count = 0;
    source->generation = 0;
    source->validator = 0;
    source->emptied_at_ms = JK_NEVER;
    source->transfer.arrives_at_ms = JK_NEVER;
    source->late_count = 0;
    source->waiters.count = 0;
    source->turn_at_ms = 0;
    source->room_at_ms = 0;
    jk_policy_init(&source->policy, &world->scenario->options, world->scenario->policy_seed,
                   sim_world_clock_ms(world));
}

void sim_source_done(sim_world *world) {
    jk_negative_done(&world->source.negative);
}

static void leave(sim_world *world, const sim_waiter *waiter) {
    jk_policy_leave(&world->source.policy, waiter->decided_by, waiter->is_by_kid);
    sim_oracle_on_leave(&world->oracle, waiter);
}

static void join(sim_world *world, const sim_waiter *waiter) {
    sim_waiters *waiters = &world->source.waiters;
    if (waiters->count >= world->scenario->max_waiters) {
        leave(world, waiter);
        return;
    }
    sim_waiters_add(waiters, waiter);
    world->tally->waited++;
    if (waiters->count > world->tally->most_waiters)
        world->tally->most_waiters = waiters->count;
}

static jwkeep_span bytes_of(const uint32_t *kid) {
    return jwkeep_span_of(kid, sizeof *kid);
}

/* R6: what is remembered as missing may be refused without a place to wait. */
static bool is_refused(sim_world *world, uint32_t kid) {
    sim_source *source = &world->source;
    int64_t clock_ms = tell_clock(world);
    if (!jk_negative_has(&source->negative, bytes_of(&kid), clock_ms) ||
        !jk_policy_refuses_missing(&source->policy, clock_ms))
        return false;
    sim_oracle_on_refusal(&world->oracle);
    return true;
}

static jk_answer ask(sim_world *world, bool is_by_kid, uint32_t kid) {
    sim_source *source = &world->source;
    bool is_present = is_by_kid && sim_keys_have_kid(&source->published, kid);
    bool is_miss = is_by_kid && !is_present;
    bool is_refusal = is_miss && is_refused(world, kid);
    jk_answer said = {.code = JWKEEP_KID_UNKNOWN};
    if (!is_refusal) {
        said = jk_policy_lookup(&source->policy, tell_clock(world), is_by_kid, is_present);
        sim_oracle_on_lookup(&world->oracle, is_by_kid, is_present, &said);
    }
    if (is_miss && sim_keys_have_kid(&world->issuer.document.keys, kid))
        sim_oracle_owe(&world->oracle, kid, is_refusal);
    return said;
}

jwkeep_code sim_source_lookup(sim_world *world, bool is_by_kid, uint32_t kid,
                              int64_t timeout_ms) {
    jk_answer said = ask(world, is_by_kid, kid);
    world->tally->lookups++;
    world->tally->found += said.code == JWKEEP_OK;
    world->tally->refused += said.code != JWKEEP_OK && said.code != JWKEEP_PENDING;
    if (said.code == JWKEEP_PENDING)
        join(world, &(sim_waiter){
                        .deadline_ms = world->real_ms + timeout_ms,
                        .decided_by = said.decided_by,
                        .after_number = world->oracle.flight.number,
                        .kid = kid,
                        .is_by_kid = is_by_kid,
                    });
    return said.code;
}

void sim_source_suspect(sim_world *world, int64_t timeout_ms) {
    jk_answer said = jk_policy_suspect(&world->source.policy, tell_clock(world));
    sim_oracle_on_suspect(&world->oracle, &said);
    if (said.code == JWKEEP_PENDING)
        join(world, &(sim_waiter){
                        .deadline_ms = world->real_ms + timeout_ms,
                        .decided_by = said.decided_by,
                        .after_number = world->oracle.flight.number,
                    });
}

void sim_source_request(sim_world *world) {
    jk_policy_request(&world->source.policy, tell_clock(world));
    sim_oracle_on_request(&world->oracle);
}

void sim_source_cancel(sim_world *world, uint32_t which) {
    sim_waiters *waiters = &world->source.waiters;
    if (waiters->count == 0)
        return;
    sim_waiter waiter;
    sim_waiters_take(waiters, which % waiters->count, &waiter);
    leave(world, &waiter);
    world->tally->cancelled++;
}

void sim_source_expire(sim_world *world) {
    sim_waiters *waiters = &world->source.waiters;
    while (sim_waiters_next_ms(waiters) <= world->real_ms) {
        sim_waiter waiter;
        sim_waiters_take(waiters, 0, &waiter);
        leave(world, &waiter);
        world->tally->timed_out++;
        if (world->log)
            sim_say(world, "the deadline of a waiter for key %u passes", waiter.kid);
    }
}

static void settle(sim_world *world) {
    sim_source *source = &world->source;
    sim_waiters *waiters = &source->waiters;
    int64_t clock_ms = tell_clock(world);
    uint32_t kept = 0;
    for (uint32_t i = 0; i < waiters->count; i++) {
        sim_waiter *waiter = &waiters->items[i];
        bool is_present =
            waiter->is_by_kid && sim_keys_have_kid(&source->published, waiter->kid);
        jwkeep_code code = jk_policy_settle(&source->policy, clock_ms, waiter->decided_by,
                                            waiter->is_by_kid, is_present);
        waiter->ends++;
        sim_oracle_on_settle(&world->oracle, waiter, is_present, code);
        if (code == JWKEEP_KID_UNKNOWN && world->oracle.flight.is_forced)
            jk_negative_add(&source->negative, bytes_of(&waiter->kid), clock_ms);
        world->tally->succeeded += code == JWKEEP_OK;
        if (world->log)
            sim_say(world, "  a waiter is told %s", sim_code_name(code));
        if (code == JWKEEP_PENDING)
            waiters->items[kept++] = *waiter;
    }
    waiters->count = kept;
    sim_waiters_sort(waiters);
}

void sim_source_stop(sim_world *world) {
    sim_source *source = &world->source;
    if (source->transfer.arrives_at_ms != JK_NEVER && source->late_count < SIM_MAX_LATE)
        source->late[source->late_count++] = source->transfer;
    source->transfer.arrives_at_ms = JK_NEVER;
    jk_policy_stop(&source->policy);
    sim_oracle_on_stop(&world->oracle);
    settle(world);
    sim_oracle_demand(&world->oracle, source->waiters.count == 0,
                      "R24: the stop answers everybody who waits");
}

static sim_result read_document(sim_world *world, sim_transfer *transfer) {
    const sim_document *document =
        sim_issuer_read(&world->issuer, transfer->is_forced, world->real_ms);
    if (document->version == world->source.validator)
        return SIM_RESULT_NOT_MODIFIED;
    transfer->document = *document;
    return SIM_RESULT_KEYS;
}

/* An answer that comes when the fetch has been given up comes nevertheless. */
static void give_up(sim_world *world, sim_transfer *transfer) {
    sim_source *source = &world->source;
    if (transfer->result != SIM_RESULT_FAILED && source->late_count < SIM_MAX_LATE)
        source->late[source->late_count++] = *transfer;
    transfer->result = SIM_RESULT_FAILED;
    transfer->reads_late = false;
    transfer->retry_after_ms = 0;
    transfer->arrives_at_ms = world->real_ms + world->scenario->fetch_timeout_ms;
}

static int64_t latency_of(const sim_world *world) {
    const sim_issuer *issuer = &world->issuer;
    if (issuer->mood == SIM_MOOD_SILENT)
        return JK_NEVER / 2;
    if (issuer->mood == SIM_MOOD_TARDY)
        return world->scenario->fetch_timeout_ms + issuer->latency_ms;
    return issuer->mood == SIM_MOOD_REFUSED ? 1 : issuer->latency_ms;
}

static void launch(sim_world *world, const jk_flight *flight) {
    const sim_issuer *issuer = &world->issuer;
    sim_transfer *transfer = &world->source.transfer;
    int64_t latency_ms = latency_of(world);
    bool has_keys = issuer->mood == SIM_MOOD_GOOD || issuer->mood == SIM_MOOD_TARDY;
    jk_cache_fields fields = sim_issuer_fields(issuer);
    int64_t wall_s = WALL_AT_START_S + world->real_ms / 1000;
    transfer->number = flight->number;
    transfer->is_forced = flight->is_forced;
    transfer->reads_late = has_keys && issuer->reads_late;
    transfer->arrives_at_ms = world->real_ms + latency_ms;
    transfer->lifetime_s = jk_cache_lifetime_s(&fields, &world->scenario->lifetime, wall_s);
    transfer->retry_after_ms = issuer->mood == SIM_MOOD_UNAVAILABLE
                                   ? jk_cache_retry_after_s(&fields, wall_s) * 1000
                                   : 0;
    transfer->is_empty_kept = false;
    transfer->result = has_keys ? read_document(world, transfer) : SIM_RESULT_FAILED;
    if (latency_ms > world->scenario->fetch_timeout_ms)
        give_up(world, transfer);
}

void sim_source_turn(sim_world *world) {
    sim_source *source = &world->source;
    int64_t due_ms = jk_policy_wake_at(&source->policy);
    jk_flight flight;
    bool is_started = jk_policy_start(&source->policy, tell_clock(world), &flight);
    bool is_due = due_ms <= world->oracle.now_ms;
    sim_oracle_demand(&world->oracle, is_started == is_due,
                      "R8: a download starts at the time that was announced for it");
    if (is_started) {
        sim_oracle_on_start(&world->oracle, &flight);
        world->tally->downloads[flight.trigger]++;
        launch(world, &flight);
        if (world->log)
            sim_say(world, "flight %llu starts: %s%s", (unsigned long long)flight.number,
                    sim_trigger_name(flight.trigger), flight.is_forced ? ", past caches" : "");
        return;
    }
    sim_oracle_on_idle(&world->oracle, &source->waiters);
}

static void read_keys(const sim_keys *answer, sim_keys *published) {
    published->count = 0;
    for (uint32_t i = 0; i < answer->count; i++) {
        sim_key key = answer->items[i];
        if (key.material == SIM_MATERIAL_UNUSABLE || sim_keys_have(published, key))
            continue;
        published->items[published->count++] = key;
    }
}

static bool is_same(const sim_keys *a, const sim_keys *b) {
    return a->count == b->count && memcmp(a->items, b->items, a->count * sizeof *a->items) == 0;
}

/* A set of the same keys is not another generation. */
static void replace(sim_source *source, const sim_keys *answer) {
    sim_keys before = source->published;
    read_keys(answer, &source->published);
    if (is_same(&before, &source->published))
        return;
    source->generation++;
    jk_negative_clear(&source->negative);
}

static bool has_usable(const sim_keys *answer) {
    for (uint32_t i = 0; i < answer->count; i++)
        if (answer->items[i].material != SIM_MATERIAL_UNUSABLE)
            return true;
    return false;
}

/* R15: whether an answer without a key is turned away. The first never counts, a second in a
 * row does some time after it; where there are keys, the retry waits for that. */
static bool refuses_empty(sim_world *world, sim_transfer *transfer) {
    sim_source *source = &world->source;
    int64_t clock_ms = sim_world_clock_ms(world);
    bool is_loaded = world->oracle.has_keys;
    bool is_first = source->emptied_at_ms == JK_NEVER;
    if (is_loaded && source->published.count == 0)
        return false;
    if (is_first)
        source->emptied_at_ms = clock_ms;
    int64_t look_again_ms =
        source->emptied_at_ms + world->scenario->empty_confirm_ms - clock_ms;
    if (is_loaded && !is_first && look_again_ms <= 0)
        return false;
    transfer->is_empty_kept = is_loaded;
    transfer->retry_after_ms = is_loaded ? look_again_ms : 0;
    return true;
}

/* Copies of every key, and one that nobody can use, under the name of the first. */
static void clutter(sim_keys *answer) {
    uint32_t count = answer->count;
    for (uint32_t i = 0; i < count && answer->count < SIM_MAX_KEYS - 1; i++)
        answer->items[answer->count++] = answer->items[i];
    answer->items[answer->count++] = (sim_key){answer->items[0].kid, SIM_MATERIAL_UNUSABLE};
}

static bool publish(sim_world *world, sim_transfer *transfer) {
    sim_source *source = &world->source;
    if (transfer->result == SIM_RESULT_NOT_MODIFIED)
        return true;
    sim_keys answer = transfer->document.keys;
    if (world->issuer.is_cluttered && answer.count > 0)
        clutter(&answer);
    source->validator = 0;
    if (!has_usable(&answer) && refuses_empty(world, transfer))
        return false;
    replace(source, &answer);
    source->validator = transfer->document.version;
    sim_oracle_on_publish(&world->oracle, transfer->number, source->generation,
                          &source->published, &answer);
    world->tally->sets++;
    if (world->log)
        sim_say(world, "flight %llu publishes %u keys", (unsigned long long)transfer->number,
                source->published.count);
    return true;
}

static void close_flight(sim_world *world, const sim_transfer *transfer, bool is_good) {
    sim_source *source = &world->source;
    jk_outcome outcome = {.kind = is_good ? JK_OUTCOME_GOOD : JK_OUTCOME_FAILED,
                          .lifetime_ms = transfer->lifetime_s * 1000,
                          .retry_after_ms = transfer->retry_after_ms};
    if (world->log)
        sim_say(world, "flight %llu %s", (unsigned long long)transfer->number,
                is_good ? "ends well" : "fails");
    world->tally->failures += !is_good;
    jk_policy_end(&source->policy, tell_clock(world), transfer->number, &outcome);
    sim_oracle_on_end(&world->oracle, &outcome, jk_policy_wake_at(&source->policy),
                      &source->published);
    settle(world);
    sim_oracle_demand(&world->oracle,
                      jk_policy_usable_until(&source->policy) ==
                          (world->oracle.has_keys ? world->oracle.stale_at_ms : INT64_MIN),
                      "R9: the stale limit is the lifetime's end and the limit");
    if (is_good)
        world->edge_ms = world->oracle.stale_at_ms - 1;
}

static void take(sim_world *world, sim_transfer *transfer) {
    if (!jk_policy_accepts(&world->source.policy, transfer->number)) {
        sim_oracle_demand(&world->oracle,
                          !world->oracle.is_in_flight ||
                              transfer->number != world->oracle.flight.number,
                          "R2: the answer to the flight under way is let through");
        return;
    }
    sim_oracle_on_accept(&world->oracle, transfer->number);
    if (transfer->reads_late)
        transfer->result = read_document(world, transfer);
    bool is_good = transfer->result != SIM_RESULT_FAILED && publish(world, transfer);
    if (!transfer->is_empty_kept)
        world->source.emptied_at_ms = JK_NEVER;
    close_flight(world, transfer, is_good);
}

void sim_source_land(sim_world *world) {
    sim_transfer *transfer = &world->source.transfer;
    transfer->arrives_at_ms = JK_NEVER;
    take(world, transfer);
}

void sim_source_land_late(sim_world *world, uint32_t index) {
    sim_source *source = &world->source;
    sim_transfer transfer = source->late[index];
    source->late[index] = source->late[--source->late_count];
    world->tally->late++;
    if (world->log)
        sim_say(world, "the answer to flight %llu comes late",
                (unsigned long long)transfer.number);
    take(world, &transfer);
}
