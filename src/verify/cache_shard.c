/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns what goes on in a shard: finding, putting in, making room. */
#include "verify/cache_shard.h"
#include "base/allocator.h"
#include "jose/jwk.h"

#define SMALL_PART 10u   /* the small queue is at least this part of the shard */
#define ADDRESS_BITS 48u /* of a process, with what page tables of four levels reach */
#define SIZE_MASK 0xfu   /* of a place: the entry's size, in steps of two lines */
#define SIZE_STEP (2u * JK_CACHE_LINE)
#define MAX_STEPS 64u /* entries that get another round for one that comes in */
#define LOOKS 2u      /* at entries of each queue, whether a key has gone */

void jk_cached_token_free(jk_cached_token *entry) {
    if (!entry)
        return;
    jwkeep_jwk_unref(entry->key);
    jk_secret_wipe(entry, entry->size);
    jk_free(entry);
}

static size_t power_of_two(size_t least) {
    size_t power = 1;
    while (power < least)
        power *= 2;
    return power;
}

/* Five places for two entries, so that even in a full shard hardly one of a thousand that come
 * in finds all its places taken, and pushes out one of those. */
bool jk_cache_shard_init(jk_cache_shard *shard, size_t max_entries, size_t max_bytes) {
    size_t bucket_count = max_entries / 2 * 5 / JK_CACHE_PLACES + 1;
    size_t ghost_count = power_of_two(max_entries);
    jk_cache_bucket *buckets = jk_alloc_lines(bucket_count, sizeof *buckets);
    uint32_t *ghosts = jk_alloc_zeroed(ghost_count, sizeof *ghosts);
    if (!buckets || !ghosts || pthread_mutex_init(&shard->mutex, NULL) != 0) {
        jk_free(ghosts);
        jk_free_lines(buckets);
        return false;
    }
    shard->buckets = buckets;
    shard->bucket_count = bucket_count;
    shard->max_entries = max_entries;
    shard->max_bytes = max_bytes;
    shard->ghosts = ghosts;
    shard->ghost_mask = ghost_count - 1;
    return true;
}

/* One of the places of a tag, in the order in which they are tried. The bucket is chosen by the
 * lower half of the tag, the first place by four bits above it: most entries stand there, and
 * the processor need not guess how long the search will be. The shard, and what a place holds
 * of the tag, are by yet others. */
static inline jk_cache_place *place_of(const jk_cache_shard *shard, uint64_t tag,
                                       size_t index) {
    jk_cache_bucket *bucket = &shard->buckets[(tag & UINT32_MAX) * shard->bucket_count >> 32];
    return &bucket->places[index ^ (tag >> 32 & (JK_CACHE_PLACES - 1))];
}

static inline bool is_tagged(uint64_t word, uint64_t tag) {
    return (word ^ tag) >> ADDRESS_BITS == 0;
}

static inline jk_cached_token *entry_in(uint64_t word) {
    return (jk_cached_token *)(uintptr_t)(word << (64 - ADDRESS_BITS) >> (64 - ADDRESS_BITS) &
                                          ~(uint64_t)SIZE_MASK);
}

static bool has_word(const jk_cached_token *entry) {
    return ((uintptr_t)entry & SIZE_MASK) == 0 &&
           (uint64_t)(uintptr_t)entry >> ADDRESS_BITS == 0;
}

static uint64_t word_of(const jk_cached_token *entry) {
    size_t steps = (entry->size + SIZE_STEP - 1) / SIZE_STEP;
    return entry->tag >> ADDRESS_BITS << ADDRESS_BITS | (uintptr_t)entry |
           (steps < SIZE_MASK ? steps : SIZE_MASK);
}

/* For who holds the mutex. */
static jk_cached_token *entry_at(const jk_cache_place *place) {
    return entry_in(atomic_load_explicit(place, memory_order_relaxed));
}

/* Whoever knows the end of a token well enough to meet its tag, which is keyed, learns nothing
 * about the rest by trying: the comparison takes the same time wherever the two differ. */
static bool is_of(const jk_cached_token *entry, uint64_t tag, jwkeep_span bytes) {
    return entry->tag == tag && jk_secret_equals(jk_cached_token_bytes(entry), bytes);
}

/* An entry lies where no guess of the processor leads: all its lines are asked for at once, so
 * that they come while the first are compared. */
static void fetch_ahead(uint64_t word) {
    const uint8_t *at = (const uint8_t *)entry_in(word);
    size_t size = (word & SIZE_MASK) * SIZE_STEP;
    for (size_t i = 0; i < size; i += JK_CACHE_LINE)
        __builtin_prefetch(at + i, 0, 3);
}

void jk_cache_shard_expect(const jk_cache_shard *shard, uint64_t tag) {
    __builtin_prefetch(place_of(shard, tag, 0), 0, 3);
}

void jk_cache_shard_bring(const jk_cache_shard *shard, uint64_t tag) {
    for (size_t i = 0; i < JK_CACHE_PLACES; i++) {
        uint64_t word = atomic_load_explicit(place_of(shard, tag, i), memory_order_relaxed);
        if (JK_LIKELY(!is_tagged(word, tag)))
            continue;
        fetch_ahead(word);
        return;
    }
}

/* Announces the entry that `place` has, if it is one of this tag; it is not released before the
 * slot is cleared (A). NULL, and nothing announced, of an empty place, whatever the tag. */
static jk_cached_token *announce(jk_hazard *hazard, const jk_cache_place *place, uint64_t tag) {
    uint64_t word = atomic_load_explicit(place, memory_order_acquire);
    while (is_tagged(word, tag)) {
        fetch_ahead(word);
        atomic_store_explicit(hazard, entry_in(word), memory_order_seq_cst);
        uint64_t again = atomic_load_explicit(place, memory_order_seq_cst);
        if (JK_LIKELY(again == word))
            return entry_in(word);
        word = again;
        jk_hazard_clear(hazard);
    }
    return NULL;
}

jk_cached_token *jk_cache_shard_find(const jk_cache_shard *shard, uint64_t tag,
                                     jwkeep_span bytes, uint32_t epoch, jk_hazard *hazard) {
    for (size_t i = 0; i < JK_CACHE_PLACES; i++) {
        jk_cached_token *entry = announce(hazard, place_of(shard, tag, i), tag);
        if (!entry)
            continue;
        if (entry->epoch == epoch && is_of(entry, tag, bytes))
            return entry;
        jk_hazard_clear(hazard);
    }
    return NULL;
}

static void push(jk_cache_queue *queue, jk_cached_token *entry) {
    entry->older = queue->newest;
    entry->newer = NULL;
    if (queue->newest)
        queue->newest->newer = entry;
    else
        queue->oldest = entry;
    queue->newest = entry;
    queue->count++;
}

static void take_out(jk_cache_queue *queue, jk_cached_token *entry) {
    if (queue->next == entry)
        queue->next = entry->newer;
    if (entry->older)
        entry->older->newer = entry->newer;
    else
        queue->oldest = entry->newer;
    if (entry->newer)
        entry->newer->older = entry->older;
    else
        queue->newest = entry->older;
    queue->count--;
}

static jk_cache_queue *queue_of(jk_cache_shard *shard, const jk_cached_token *entry) {
    return entry->is_main ? &shard->main : &shard->small;
}

static void enqueue(jk_cache_shard *shard, jk_cached_token *entry, bool is_main) {
    entry->is_main = is_main;
    push(queue_of(shard, entry), entry);
}

static uint32_t *ghost_of(jk_cache_shard *shard, uint64_t tag) {
    return &shard->ghosts[(size_t)tag & shard->ghost_mask];
}

/* The half of the tag that does not choose the place; never 0. */
static uint32_t ghost_mark(uint64_t tag) {
    return (uint32_t)(tag >> 32) | 1u;
}

static void count_sizes(jk_cache_shard *shard, size_t bytes) {
    atomic_store_explicit(&shard->entries, shard->small.count + shard->main.count,
                          memory_order_relaxed);
    atomic_store_explicit(&shard->bytes, bytes, memory_order_relaxed);
}

static size_t bytes_now(const jk_cache_shard *shard) {
    return atomic_load_explicit(&shard->bytes, memory_order_relaxed);
}

static void count_one(_Atomic uint64_t *figure) {
    uint64_t before = atomic_load_explicit(figure, memory_order_relaxed);
    atomic_store_explicit(figure, before + 1, memory_order_relaxed);
}

/* No reader finds it from here on (A). */
static void unlink_entry(jk_cache_shard *shard, jk_cached_token *entry) {
    for (size_t i = 0; i < JK_CACHE_PLACES; i++) {
        jk_cache_place *place = place_of(shard, entry->tag, i);
        if (entry_at(place) == entry)
            atomic_store_explicit(place, 0, memory_order_seq_cst);
    }
    take_out(queue_of(shard, entry), entry);
    count_sizes(shard, bytes_now(shard) - entry->size);
    entry->newer = shard->retired;
    shard->retired = entry;
}

static void evict(jk_cache_shard *shard, jk_cached_token *entry) {
    if (!entry->is_main)
        *ghost_of(shard, entry->tag) = ghost_mark(entry->tag);
    unlink_entry(shard, entry);
    count_one(&shard->evictions);
}

/* Looks at the oldest entry of the queue whose turn it is: used, and it gets another round in
 * the main queue; not used, or `is_forced`, and it goes. */
static void step(jk_cache_shard *shard, bool is_forced) {
    size_t small = shard->small.count;
    bool is_small = shard->main.count == 0 ||
                    (small > 0 && small >= (small + shard->main.count) / SMALL_PART);
    jk_cached_token *entry = is_small ? shard->small.oldest : shard->main.oldest;
    uint32_t uses = atomic_load_explicit(&entry->uses, memory_order_relaxed);
    if (uses == 0 || is_forced) {
        evict(shard, entry);
        return;
    }
    take_out(queue_of(shard, entry), entry);
    atomic_store_explicit(&entry->uses, (uint8_t)(is_small ? 0 : uses - 1),
                          memory_order_relaxed);
    enqueue(shard, entry, true);
}

static bool has_room(const jk_cache_shard *shard, size_t size) {
    return shard->small.count + shard->main.count < shard->max_entries &&
           bytes_now(shard) <= shard->max_bytes - size;
}

/* What is in the main queue has been used; what has not goes first. */
static uint32_t worth_of(const jk_cached_token *entry) {
    uint32_t uses = atomic_load_explicit(&entry->uses, memory_order_relaxed);
    return entry->is_main ? uses + JK_CACHE_MAX_USES + 1 : uses;
}

/* The place that is free, or the one whose entry is worth least. */
static jk_cache_place *choose_place(const jk_cache_shard *shard, uint64_t tag) {
    jk_cache_place *least = place_of(shard, tag, 0);
    uint32_t least_worth = UINT32_MAX;
    for (size_t i = 0; i < JK_CACHE_PLACES; i++) {
        jk_cache_place *place = place_of(shard, tag, i);
        const jk_cached_token *entry = entry_at(place);
        if (!entry)
            return place;
        uint32_t worth = worth_of(entry);
        if (worth < least_worth) {
            least = place;
            least_worth = worth;
        }
    }
    return least;
}

static void link_entry(jk_cache_shard *shard, jk_cached_token *entry) {
    jk_cache_place *place = choose_place(shard, entry->tag);
    jk_cached_token *victim = entry_at(place);
    if (victim)
        evict(shard, victim);
    uint32_t *ghost = ghost_of(shard, entry->tag);
    bool is_known = *ghost == ghost_mark(entry->tag);
    if (is_known)
        *ghost = 0;
    enqueue(shard, entry, is_known);
    count_sizes(shard, bytes_now(shard) + entry->size);
    atomic_store_explicit(place, word_of(entry), memory_order_seq_cst);
}

static jk_cached_token *same_token(const jk_cache_shard *shard, const jk_cached_token *entry) {
    for (size_t i = 0; i < JK_CACHE_PLACES; i++) {
        jk_cached_token *there = entry_at(place_of(shard, entry->tag, i));
        if (there && is_of(there, entry->tag, jk_cached_token_bytes(entry)))
            return there;
    }
    return NULL;
}

/* Takes those that nobody reads any more out of the retired ones; gives them as a list. */
static jk_cached_token *collect(jk_cache_shard *shard) {
    jk_cached_token *unused = NULL;
    for (jk_cached_token **link = &shard->retired; *link;) {
        jk_cached_token *entry = *link;
        if (jk_hazard_is_announced(entry)) {
            link = &entry->newer;
            continue;
        }
        *link = entry->newer;
        entry->newer = unused;
        unused = entry;
    }
    return unused;
}

static void free_list(jk_cached_token *entry) {
    while (entry) {
        jk_cached_token *next = entry->newer;
        jk_cached_token_free(entry);
        entry = next;
    }
}

/* Puts it in, or says false: two threads verified the same token at the same time. */
static bool take_in(jk_cache_shard *shard, jk_cached_token *entry) {
    jk_cached_token *there = same_token(shard, entry);
    if (there && there->epoch == entry->epoch && there->issuer == entry->issuer &&
        there->key == entry->key) {
        atomic_store_explicit(&there->generation,
                              atomic_load_explicit(&entry->generation, memory_order_relaxed),
                              memory_order_relaxed);
        return false;
    }
    if (there)
        unlink_entry(shard, there);
    for (unsigned steps = 0; !has_room(shard, entry->size); steps++)
        step(shard, steps >= MAX_STEPS);
    link_entry(shard, entry);
    count_one(&shard->inserts);
    return true;
}

void jk_cache_shard_put(jk_cache_shard *shard, jk_cached_token *entry) {
    if (entry->size > jk_cache_shard_max_entry(shard) || !has_word(entry) ||
        pthread_mutex_trylock(&shard->mutex) != 0) {
        jk_cached_token_free(entry);
        return;
    }
    bool is_taken = take_in(shard, entry);
    jk_cached_token *unused = collect(shard);
    pthread_mutex_unlock(&shard->mutex);
    free_list(unused);
    if (!is_taken)
        jk_cached_token_free(entry);
}

static void drop_if_orphaned(jk_cache_shard *shard, jk_cache_queue *queue) {
    jk_cached_token *entry = queue->next ? queue->next : queue->oldest;
    if (!entry)
        return;
    queue->next = entry->newer;
    if (!jk_jwk_is_in_a_set(entry->key))
        unlink_entry(shard, entry);
}

void jk_cache_shard_drop_orphans(jk_cache_shard *shard) {
    if (pthread_mutex_trylock(&shard->mutex) != 0)
        return;
    for (unsigned i = 0; i < LOOKS; i++) {
        drop_if_orphaned(shard, &shard->small);
        drop_if_orphaned(shard, &shard->main);
    }
    jk_cached_token *unused = collect(shard);
    pthread_mutex_unlock(&shard->mutex);
    free_list(unused);
}

static bool lock(jk_cache_shard *shard, bool waits) {
    if (!waits)
        return pthread_mutex_trylock(&shard->mutex) == 0;
    return pthread_mutex_lock(&shard->mutex) == 0;
}

static void retire_all(jk_cache_shard *shard) {
    while (shard->small.oldest)
        unlink_entry(shard, shard->small.oldest);
    while (shard->main.oldest)
        unlink_entry(shard, shard->main.oldest);
}

void jk_cache_shard_empty(jk_cache_shard *shard, bool waits) {
    if (!lock(shard, waits))
        return;
    retire_all(shard);
    jk_cached_token *unused = collect(shard);
    pthread_mutex_unlock(&shard->mutex);
    free_list(unused);
}

void jk_cache_shard_done(jk_cache_shard *shard, bool waits) {
    if (!lock(shard, waits))
        return;
    retire_all(shard);
    free_list(shard->retired);
    shard->retired = NULL;
    jk_free(shard->ghosts);
    jk_free_lines(shard->buckets);
    pthread_mutex_unlock(&shard->mutex);
    pthread_mutex_destroy(&shard->mutex);
}
