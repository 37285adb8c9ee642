/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns one played scenario: virtual time, the issuer, the source with the real policy in it,
 * and the oracle that judges after every step. */
#ifndef SIM_WORLD_H
#define SIM_WORLD_H

#include "remote/negative.h"
#include "sim/issuer.h"
#include "sim/oracle.h"
#include "sim/scenario.h"
#include "sim/sim.h"
#include "sim/waiters.h"
#include <stdio.h>

#define SIM_MAX_LATE 4u

typedef enum sim_result {
    SIM_RESULT_KEYS = 0,
    SIM_RESULT_NOT_MODIFIED,
    SIM_RESULT_FAILED,
} sim_result;

/* An answer on its way. */
typedef struct sim_transfer {
    uint64_t number;
    int64_t arrives_at_ms; /* real time */
    sim_result result;
    sim_document document;
    int64_t retry_after_ms;
    int64_t lifetime_s;
    bool is_forced;
    bool reads_late;
    bool is_empty_kept; /* R15: no key in it, and the set stays */
} sim_transfer;

/* The part of a source that is not the policy: what flight.c, lookup.c and the refresher do
 * around it, without threads. */
typedef struct sim_source {
    jk_policy policy;
    jk_negative negative;
    sim_keys published;
    uint64_t generation;
    uint64_t validator;    /* the version that an ETag was kept of, or 0 */
    int64_t emptied_at_ms; /* R15: when the first of some empty answers came, or JK_NEVER */
    sim_transfer transfer; /* arrives at JK_NEVER: none */
    uint32_t late_count;   /* answers to flights that were given up */
    sim_transfer late[SIM_MAX_LATE];
    sim_waiters waiters;
    int64_t turn_at_ms; /* real time: when the refresher looks, or JK_NEVER */
    int64_t room_at_ms; /* real time: from when a download may start */
} sim_source;

typedef struct sim_world {
    const sim_scenario *scenario;
    sim_issuer issuer;
    sim_source source;
    sim_oracle oracle;
    int64_t real_ms;
    int64_t skew_ms; /* of the refresher's clock */
    int64_t edge_ms; /* of that clock: the next of two looks, before and at the stale limit */
    uint64_t steps;
    sim_tally *tally;
    FILE *log; /* NULL: silence */
} sim_world;

/* Plays `scenario` to its end, to `max_steps`, or until a rule is broken, which is given; NULL
 * if none was. */
const char *sim_world_play(sim_world *world, const sim_scenario *scenario, uint64_t max_steps,
                           sim_tally *tally, FILE *log);

static inline int64_t sim_world_clock_ms(const sim_world *world) {
    return world->real_ms + world->skew_ms;
}

/* source.c */
void sim_source_init(sim_world *world);
void sim_source_done(sim_world *world);
jwkeep_code sim_source_lookup(sim_world *world, bool is_by_kid, uint32_t kid,
                              int64_t timeout_ms);
void sim_source_suspect(sim_world *world, int64_t timeout_ms);
void sim_source_request(sim_world *world);
void sim_source_cancel(sim_world *world, uint32_t which);
void sim_source_expire(sim_world *world);
void sim_source_stop(sim_world *world);
/* The refresher looks whether a download is due. */
void sim_source_turn(sim_world *world);
/* The answer under way has arrived, or was given up. */
void sim_source_land(sim_world *world);
void sim_source_land_late(sim_world *world, uint32_t index);

/* say.c: a line of the trace, if there is one. */
void sim_say(const sim_world *world, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
const char *sim_code_name(jwkeep_code code);
const char *sim_trigger_name(jwkeep_trigger trigger);
void sim_say_options(const sim_world *world);

#endif
