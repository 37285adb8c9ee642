/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns making a failing scenario short. */
#ifndef SIM_SHRINK_H
#define SIM_SHRINK_H

#include "sim/world.h"

/* Leaves out of `scenario`, which breaks `rule`, what it breaks the same rule without.
 * `spare` is as large a place to work in. */
void sim_shrink(sim_scenario *scenario, const char *rule, sim_world *world,
                sim_scenario *spare);

#endif
