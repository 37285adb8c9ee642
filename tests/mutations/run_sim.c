/* SPDX-License-Identifier: Apache-2.0
 *
 * The simulator as a program of its own, for policies with a deliberate fault in them.
 * Usage: run_sim SEED STEPS. Status 1 if a rule broke, and says which and where. */
#include "sim/sim.h"
#include <stdlib.h>

int main(int argc, char **argv) {
    if (argc != 3)
        return 2;
    uint64_t seed = strtoull(argv[1], NULL, 10);
    sim_tally tally;
    sim_finding finding;
    if (!sim_run(seed, strtoull(argv[2], NULL, 10), stdout, &tally, &finding))
        return 4;
    if (!finding.rule)
        return 0;
    printf("step %llu, %u events: %s\n", (unsigned long long)finding.step, finding.events,
           finding.rule);
    return 1;
}
