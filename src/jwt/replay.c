/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns two generations of identifiers. The younger takes what is new; once it has lasted the
 * window, it becomes the older one, and the older one is emptied. What was taken at a time t
 * is therefore known until t + window, and forgotten by t + 2 windows.
 *
 * A slot says which turn it was filled in, and is empty in every other: a table of half a
 * gigabyte is emptied by counting on, while nobody waits.
 *
 * An identifier is kept as 96 bits of a keyed hash: who does not know the key can neither make
 * two that look alike nor many that crowd one place. */
#include "base/allocator.h"
#include "base/attributes.h"
#include "base/error.h"
#include "base/hash.h"
#include <jwkeep/replay.h>
#include <pthread.h>

/* Of each generation. A table is at most half full, so that a search ends soon. */
#define SLOTS_PER_ENTRY 2u

typedef struct slot {
    uint64_t low;
    uint32_t high;
    uint32_t turn; /* of its table then; 0: none */
} slot;

/* Turns do not come round: 2^32 of a second each are 136 years. */
typedef struct generation {
    slot *slots;
    size_t count;
    uint32_t turn;
} generation;

struct jwkeep_replay {
    pthread_mutex_t lock; /* of the generations and `began_ms` */
    generation younger;
    generation older;
    int64_t began_ms; /* the younger one; INT64_MIN: not yet */
    size_t max_entries;
    size_t slot_count; /* a power of two */
    uint32_t window_s;
    jk_hash_key keys[2];
};

static size_t slot_count_for(size_t max_entries) {
    size_t count = 2;
    while (count < max_entries * SLOTS_PER_ENTRY)
        count *= 2;
    return count;
}

static jwkeep_code fill(jwkeep_replay *replay, jwkeep_error *error) {
    replay->younger.slots = jk_alloc_zeroed(replay->slot_count, sizeof(slot));
    replay->older.slots = jk_alloc_zeroed(replay->slot_count, sizeof(slot));
    replay->younger.turn = replay->older.turn = 1;
    if (!replay->younger.slots || !replay->older.slots)
        return jk_fail(error, JWKEEP_OUT_OF_MEMORY);
    if (!jk_hash_key_random(&replay->keys[0]) || !jk_hash_key_random(&replay->keys[1]))
        return jk_fail(error, JWKEEP_SYSTEM_FAILED);
    return JWKEEP_OK;
}

jwkeep_code jwkeep_replay_new(size_t max_entries, uint32_t window_s, jwkeep_replay **ret_replay,
                              jwkeep_error *error) {
    if (!ret_replay || max_entries == 0 || max_entries > JWKEEP_REPLAY_MAX_ENTRIES)
        return jk_fail_at(error, JWKEEP_MISUSE_ARGUMENT, "max_entries", NULL, JWKEEP_NO_OFFSET);
    if (window_s == 0 || window_s > JWKEEP_REPLAY_MAX_WINDOW_S)
        return jk_fail_at(error, JWKEEP_MISUSE_ARGUMENT, "window_s", NULL, JWKEEP_NO_OFFSET);
    jwkeep_replay *replay = jk_alloc_zeroed(1, sizeof *replay);
    if (!replay)
        return jk_fail(error, JWKEEP_OUT_OF_MEMORY);
    pthread_mutex_init(&replay->lock, NULL); /* with default attributes it cannot fail */
    replay->began_ms = INT64_MIN;
    replay->max_entries = max_entries;
    replay->slot_count = slot_count_for(max_entries);
    replay->window_s = window_s;
    jwkeep_code code = fill(replay, error);
    if (code == JWKEEP_OK)
        *ret_replay = replay;
    else
        jwkeep_replay_free(replay);
    return code;
}

void jwkeep_replay_free(jwkeep_replay *replay) {
    if (!replay)
        return;
    pthread_mutex_destroy(&replay->lock);
    jk_free(replay->younger.slots);
    jk_free(replay->older.slots);
    jk_free(replay);
}

uint32_t jwkeep_replay_window_s(const jwkeep_replay *replay) {
    return replay ? replay->window_s : 0;
}

static bool is_filled(const generation *within, const slot *one) {
    return one->turn == within->turn;
}

/* Where `wanted` is, or would be: there is always an empty slot. */
static size_t place_of(const jwkeep_replay *replay, const generation *within, slot wanted) {
    size_t at = (size_t)wanted.low & (replay->slot_count - 1);
    for (;; at = (at + 1) & (replay->slot_count - 1)) {
        const slot *one = &within->slots[at];
        if (!is_filled(within, one) || (one->high == wanted.high && one->low == wanted.low))
            return at;
    }
}

static bool holds(const jwkeep_replay *replay, const generation *within, slot wanted) {
    return is_filled(within, &within->slots[place_of(replay, within, wanted)]);
}

static void empty(generation *within) {
    within->turn++;
    within->count = 0;
}

/* A clock that goes back makes a generation last longer. */
static void grow_older(jwkeep_replay *replay, int64_t now_ms) {
    const int64_t window_ms = (int64_t)replay->window_s * 1000;
    if (replay->began_ms == INT64_MIN)
        replay->began_ms = now_ms;
    int64_t age_ms = 0;
    if (now_ms > replay->began_ms && __builtin_sub_overflow(now_ms, replay->began_ms, &age_ms))
        age_ms = INT64_MAX;
    if (age_ms < window_ms)
        return;
    const generation emptied = replay->older;
    replay->older = replay->younger;
    replay->younger = emptied;
    empty(&replay->younger);
    if (age_ms / 2 >= window_ms)
        empty(&replay->older);
    replay->began_ms = now_ms;
}

static jwkeep_code take(jwkeep_replay *replay, slot wanted, int64_t now_ms) {
    grow_older(replay, now_ms);
    if (holds(replay, &replay->younger, wanted) || holds(replay, &replay->older, wanted))
        return JWKEEP_REPLAYED;
    if (replay->younger.count == replay->max_entries)
        return JWKEEP_REPLAY_MEMORY_FULL;
    wanted.turn = replay->younger.turn;
    replay->younger.slots[place_of(replay, &replay->younger, wanted)] = wanted;
    replay->younger.count++;
    return JWKEEP_OK;
}

jwkeep_code jwkeep_replay_take(jwkeep_replay *replay, jwkeep_span id, int64_t now_ms,
                               jwkeep_error *error) {
    if (!replay || !id.data)
        return jk_fail_at(error, JWKEEP_MISUSE_ARGUMENT, replay ? "id" : "replay", NULL,
                          JWKEEP_NO_OFFSET);
    const slot wanted = {.low = jk_hash(&replay->keys[0], id),
                         .high = (uint32_t)jk_hash(&replay->keys[1], id)};
    pthread_mutex_lock(&replay->lock);
    jwkeep_code code = take(replay, wanted, now_ms);
    pthread_mutex_unlock(&replay->lock);
    if (code == JWKEEP_OK)
        return JWKEEP_OK;
    return jk_fail_at(error, code, "jti", "RFC 9449 §11.1", JWKEEP_NO_OFFSET);
}
