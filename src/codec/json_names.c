/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the search for duplicate member names. */
#include "codec/json_names.h"

/* One of 64 bits, cheap and the same for the same name. */
static uint64_t name_bit(const jwkeep_json *member) {
    uint32_t size = member->name_size;
    uint32_t first = size ? member->name[0] : 0;
    uint32_t last = size ? member->name[size - 1] : 0;
    return (uint64_t)1 << ((first * 5 + last * 64 + size * 1031) * 0x9e3779b1u >> 26);
}

static jwkeep_code check_small(const jwkeep_json *object, const jwkeep_json **ret_duplicate) {
    uint64_t seen = 0;
    const jwkeep_json *first = object + 1;
    const jwkeep_json *member = first;
    for (uint32_t i = 0; i < object->as.container.count; i++, member = jk_json_after(member)) {
        uint64_t bit = name_bit(member);
        if (seen & bit) {
            for (const jwkeep_json *earlier = first; earlier != member;
                 earlier = jk_json_after(earlier)) {
                if (jk_json_has_name(earlier, jk_json_name_span(member))) {
                    *ret_duplicate = member;
                    return JWKEEP_JSON_DUPLICATE;
                }
            }
        }
        seen |= bit;
    }
    return JWKEEP_OK;
}

/* Open addressing over a table at most half full. A slot holds the distance of a member from
 * its object (never 0) and the high half of its hash. */
typedef struct slot {
    uint32_t distance;
    uint32_t tag;
} slot;

static bool insert(slot *slots, size_t mask, uint64_t hash, const jwkeep_json *object,
                   const jwkeep_json *member) {
    uint32_t tag = (uint32_t)(hash >> 32);
    size_t at = (size_t)hash & mask;
    for (; slots[at].distance; at = (at + 1) & mask)
        if (slots[at].tag == tag &&
            jk_json_has_name(object + slots[at].distance, jk_json_name_span(member)))
            return false;
    slots[at] = (slot){(uint32_t)(member - object), tag};
    return true;
}

static jwkeep_code check_large(jk_json_names *names, const jwkeep_json *object,
                               const jwkeep_json **ret_duplicate) {
    if (!names->has_key && !jk_hash_key_random(&names->key))
        return JWKEEP_SYSTEM_FAILED;
    names->has_key = true;
    uint32_t count = object->as.container.count;
    size_t slot_count = 4 * (size_t)JK_JSON_SMALL_OBJECT;
    while (slot_count < 2 * (size_t)count)
        slot_count *= 2;
    slot *slots = jk_arena_alloc(names->arena, slot_count * sizeof *slots);
    if (!slots)
        return JWKEEP_OUT_OF_MEMORY;
    memset(slots, 0, slot_count * sizeof *slots);
    jwkeep_code code = JWKEEP_OK;
    const jwkeep_json *member = object + 1;
    for (uint32_t i = 0; i < count && !code; i++, member = jk_json_after(member)) {
        uint64_t hash = jk_hash(&names->key, jk_json_name_span(member));
        if (!insert(slots, slot_count - 1, hash, object, member)) {
            *ret_duplicate = member;
            code = JWKEEP_JSON_DUPLICATE;
        }
    }
    jk_arena_shrink(names->arena, (uint8_t *)slots, 0);
    return code;
}

jwkeep_code jk_json_names_check(jk_json_names *names, const jwkeep_json *object,
                                const jwkeep_json **ret_duplicate) {
    if (object->as.container.count <= JK_JSON_SMALL_OBJECT)
        return check_small(object, ret_duplicate);
    return check_large(names, object, ret_duplicate);
}
