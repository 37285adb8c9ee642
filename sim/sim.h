/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the simulator's interface: the refresh policy of src/remote/ under a virtual clock, a
 * scripted issuer and thousands of virtual callers, from a seed. docs/design/simulator.md says
 * what it checks. */
#ifndef SIM_SIM_H
#define SIM_SIM_H

#include <jwkeep/source.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define SIM_MAX_STEPS INT64_C(1000000000000)

/* What went on. */
typedef struct sim_tally {
    uint64_t steps;
    uint64_t scenarios;
    uint64_t lookups;
    uint64_t found;   /* at once */
    uint64_t refused; /* at once */
    uint64_t waited;
    uint64_t succeeded; /* of those who waited */
    uint64_t timed_out;
    uint64_t cancelled;
    uint64_t most_waiters;
    uint64_t downloads[JWKEEP_TRIGGER_COUNT];
    uint64_t failures;
    uint64_t sets; /* published */
    uint64_t late; /* answers that came after their flight had been given up */
    int64_t virtual_s;
} sim_tally;

/* The first rule that was broken. */
typedef struct sim_finding {
    const char *rule;       /* NULL: none */
    uint64_t step;          /* from the beginning */
    uint64_t scenario_step; /* from the beginning of the scenario it was found in */
    uint32_t events;        /* that are left of the scenario, once it was made short */
} sim_finding;

/* Plays scenarios made from `seed` until `steps` steps are done. If a rule breaks, makes that
 * scenario short and writes it to `trace`, unless that is NULL. False: out of memory, and the
 * results are untouched. */
bool sim_run(uint64_t seed, uint64_t steps, FILE *trace, sim_tally *ret_tally,
             sim_finding *ret_finding);

#endif
