/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the one source of chance: SplitMix64, the same numbers for a seed on every machine. */
#ifndef SIM_RANDOM_H
#define SIM_RANDOM_H

#include <stdbool.h>
#include <stdint.h>

typedef struct sim_random {
    uint64_t state;
} sim_random;

static inline uint64_t sim_draw(sim_random *random) {
    random->state += 0x9e3779b97f4a7c15u;
    uint64_t mixed = random->state;
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9u;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebu;
    return mixed ^ (mixed >> 31);
}

/* 0 to `bound` - 1. */
static inline uint32_t sim_draw_below(sim_random *random, uint32_t bound) {
    return (uint32_t)(((sim_draw(random) >> 32) * bound) >> 32);
}

static inline bool sim_draw_one_in(sim_random *random, uint32_t count) {
    return sim_draw_below(random, count) == 0;
}

/* `low` to `high`, each power of two as likely as the next. */
static inline uint32_t sim_draw_wide(sim_random *random, uint32_t low, uint32_t high) {
    uint32_t span = high - low;
    uint32_t bits = span ? 32u - (uint32_t)__builtin_clz(span) : 0;
    uint32_t kept = sim_draw_below(random, bits + 1);
    uint32_t drawn = kept ? (uint32_t)(sim_draw(random) >> (64 - kept)) : 0;
    return low + (drawn > span ? span : drawn);
}

#endif
