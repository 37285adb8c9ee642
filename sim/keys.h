/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns what a key and a set of keys are here: names and materials as numbers. */
#ifndef SIM_KEYS_H
#define SIM_KEYS_H

#include <stdbool.h>
#include <stdint.h>

#define SIM_MAX_KEYS 16u
#define SIM_MATERIAL_UNUSABLE 0u /* a key that a reader of the set leaves out */

/* Name and material together are the identity. */
typedef struct sim_key {
    uint32_t kid;
    uint32_t material;
} sim_key;

typedef struct sim_keys {
    uint32_t count;
    sim_key items[SIM_MAX_KEYS];
} sim_keys;

static inline bool sim_keys_have_kid(const sim_keys *keys, uint32_t kid) {
    for (uint32_t i = 0; i < keys->count; i++)
        if (keys->items[i].kid == kid)
            return true;
    return false;
}

static inline bool sim_keys_have(const sim_keys *keys, sim_key key) {
    for (uint32_t i = 0; i < keys->count; i++)
        if (keys->items[i].kid == key.kid && keys->items[i].material == key.material)
            return true;
    return false;
}

#endif
