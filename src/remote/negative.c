/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the table of missing names: open addressing within a few neighbouring places. */
#include "remote/negative.h"
#include "base/allocator.h"

void jk_negative_init(jk_negative *memory, const jk_hash_key *key, int64_t ttl_ms,
                      size_t max_names) {
    *memory =
        (jk_negative){.key = *key, .ttl_ms = ttl_ms, .max_names = max_names, .is_empty = true};
}

void jk_negative_done(jk_negative *memory) {
    jk_free(memory->entries);
    memory->entries = NULL;
    memory->is_empty = true;
}

static size_t count_neighbours(const jk_negative *memory) {
    return memory->max_names < JK_NEGATIVE_NEIGHBOURS ? memory->max_names
                                                      : JK_NEGATIVE_NEIGHBOURS;
}

static jk_negative_entry *place_at(const jk_negative *memory, uint64_t hash, size_t step) {
    return &memory->entries[(hash % memory->max_names + step) % memory->max_names];
}

static void forget_all(jk_negative *memory) {
    for (size_t i = 0; i < memory->max_names; i++)
        memory->entries[i] = (jk_negative_entry){.forgotten_at_ms = INT64_MIN};
    memory->is_empty = true;
}

static bool has_storage(jk_negative *memory) {
    if (memory->entries)
        return true;
    memory->entries = jk_alloc_zeroed(memory->max_names, sizeof *memory->entries);
    if (memory->entries)
        forget_all(memory);
    return memory->entries;
}

/* Its own place if it has one, otherwise that of the neighbour with the least time left, which
 * is one without a name if there is any. */
static jk_negative_entry *choose_place(const jk_negative *memory, uint64_t hash) {
    jk_negative_entry *chosen = place_at(memory, hash, 0);
    for (size_t i = 0; i < count_neighbours(memory); i++) {
        jk_negative_entry *each = place_at(memory, hash, i);
        if (each->hash == hash && each->forgotten_at_ms != INT64_MIN)
            return each;
        if (each->forgotten_at_ms < chosen->forgotten_at_ms)
            chosen = each;
    }
    return chosen;
}

void jk_negative_add(jk_negative *memory, jwkeep_span kid, int64_t now_ms) {
    int64_t forgotten_at_ms;
    if (memory->ttl_ms <= 0 ||
        __builtin_add_overflow(now_ms, memory->ttl_ms, &forgotten_at_ms) ||
        !has_storage(memory))
        return;
    uint64_t hash = jk_hash(&memory->key, kid);
    *choose_place(memory, hash) = (jk_negative_entry){hash, forgotten_at_ms};
    memory->is_empty = false;
}

bool jk_negative_has(const jk_negative *memory, jwkeep_span kid, int64_t now_ms) {
    if (memory->is_empty)
        return false;
    uint64_t hash = jk_hash(&memory->key, kid);
    for (size_t i = 0; i < count_neighbours(memory); i++) {
        const jk_negative_entry *each = place_at(memory, hash, i);
        if (each->hash == hash && now_ms < each->forgotten_at_ms)
            return true;
    }
    return false;
}

void jk_negative_clear(jk_negative *memory) {
    if (!memory->is_empty)
        forget_all(memory);
}
