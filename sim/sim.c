/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns a run: scenario after scenario from one seed, until the steps are done or a rule is
 * broken. */
#include "sim/sim.h"
#include "sim/random.h"
#include "sim/shrink.h"
#include "sim/world.h"
#include <stdlib.h>

typedef struct sim_stage {
    sim_world world;
    sim_scenario scenario;
    sim_scenario spare;
} sim_stage;

static void write_trace(sim_stage *stage, FILE *trace) {
    sim_tally ignored = {0};
    sim_world_play(&stage->world, &stage->scenario, UINT64_MAX, &ignored, trace);
    sim_say(&stage->world, "broken: %s", stage->world.oracle.broken);
}

static void explain(sim_stage *stage, FILE *trace, sim_finding *finding) {
    sim_shrink(&stage->scenario, finding->rule, &stage->world, &stage->spare);
    finding->events = stage->scenario.count;
    write_trace(stage, trace);
}

static void run(sim_stage *stage, uint64_t seed, uint64_t steps, sim_tally *tally,
                sim_finding *finding) {
    sim_random seeds = {seed};
    while (tally->steps < steps && !finding->rule) {
        sim_scenario_make(&stage->scenario, sim_draw(&seeds));
        finding->rule =
            sim_world_play(&stage->world, &stage->scenario, steps - tally->steps, tally, NULL);
    }
    if (finding->rule) {
        finding->step = tally->steps;
        finding->scenario_step = stage->world.steps;
    }
}

bool sim_run(uint64_t seed, uint64_t steps, FILE *trace, sim_tally *ret_tally,
             sim_finding *ret_finding) {
    sim_stage *stage = calloc(1, sizeof *stage);
    if (!stage)
        return false;
    *ret_tally = (sim_tally){0};
    *ret_finding = (sim_finding){0};
    run(stage, seed, steps, ret_tally, ret_finding);
    if (ret_finding->rule && trace)
        explain(stage, trace, ret_finding);
    free(stage);
    return true;
}
