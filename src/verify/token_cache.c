/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the shards, which of them a token belongs to, and the count of hits. */
#include "verify/token_cache.h"
#include "base/allocator.h"
#include "base/error.h"
#include "base/hash.h"
#include "sync/threads.h"

#define TAIL_BYTES 16u /* of a token, which its place depends on: 96 bits of signature */
#define MAX_SHARDS 16u
#define SHARD_MIN_ENTRIES 512u
#define SHARD_MIN_BYTES (256u * 1024u)
#define COUNTERS 16u
#define EXPECTED 4u /* tokens of a thread */

/* Threads count in different lines, as far as there are enough (Q). */
typedef struct counter {
    _Alignas(JK_CACHE_LINE) _Atomic uint64_t hits;
    _Atomic uint64_t misses;
} counter;

struct jk_token_cache {
    counter counters[COUNTERS];
    /* Counted on to forget everything: release, paired with the acquire of a look (S). */
    _Alignas(JK_CACHE_LINE) _Atomic uint32_t epoch;
    jk_hash_key key;
    size_t max_entries;
    size_t max_bytes;
    unsigned fork_count; /* of the process that made it */
    /* Counts what was put in: whose turn it is to be looked at. Relaxed: a hint. */
    _Atomic size_t turn;
    size_t shard_count; /* a power of two */
    jk_cache_shard shards[];
};

static size_t shards_for(size_t max_entries, size_t max_bytes) {
    size_t count = MAX_SHARDS;
    while (count > 1 &&
           (max_entries / count < SHARD_MIN_ENTRIES || max_bytes / count < SHARD_MIN_BYTES))
        count /= 2;
    return count;
}

static bool is_ours(const jk_token_cache *cache) {
    return cache->fork_count == jk_fork_count();
}

jwkeep_code jk_token_cache_new(size_t max_entries, size_t max_bytes, jk_token_cache **ret_cache,
                               jwkeep_error *error) {
    if (max_bytes == 0)
        max_bytes = max_entries * JWKEEP_CACHE_ENTRY_BYTES;
    if (max_bytes < JWKEEP_CACHE_MIN_BYTES)
        max_bytes = JWKEEP_CACHE_MIN_BYTES;
    size_t count = shards_for(max_entries, max_bytes);
    jk_token_cache *cache = jk_alloc_lines(1, sizeof *cache + count * sizeof *cache->shards);
    if (!cache)
        return jk_fail(error, JWKEEP_OUT_OF_MEMORY);
    cache->max_entries = max_entries;
    cache->max_bytes = max_bytes;
    cache->fork_count = jk_fork_count();
    jwkeep_code code = jk_hash_key_random(&cache->key) ? JWKEEP_OK : JWKEEP_SYSTEM_FAILED;
    while (code == JWKEEP_OK && cache->shard_count < count) {
        if (jk_cache_shard_init(&cache->shards[cache->shard_count], max_entries / count,
                                max_bytes / count))
            cache->shard_count++;
        else
            code = JWKEEP_OUT_OF_MEMORY;
    }
    if (code != JWKEEP_OK) {
        jk_token_cache_free(cache);
        return jk_fail(error, code);
    }
    *ret_cache = cache;
    return JWKEEP_OK;
}

void jk_token_cache_free(jk_token_cache *cache) {
    if (!cache)
        return;
    for (size_t i = 0; i < cache->shard_count; i++)
        jk_cache_shard_done(&cache->shards[i], is_ours(cache));
    jk_secret_wipe(&cache->key, sizeof cache->key);
    jk_free_lines(cache);
}

static uint64_t tag_of(const jk_token_cache *cache, jwkeep_span bytes) {
    size_t size = bytes.size < TAIL_BYTES ? bytes.size : TAIL_BYTES;
    return jk_hash(&cache->key, jwkeep_span_of(bytes.data + bytes.size - size, size));
}

/* By other bits than those that choose a bucket. */
static size_t shard_index(const jk_token_cache *cache, uint64_t tag) {
    return (tag >> 40) & (cache->shard_count - 1);
}

/* Tokens that this thread has said it will verify, with their tags, so that they are hashed
 * once. Where they are is compared and nothing read: they may be gone, or others by now, and
 * the tag one of another cache. Such a tag leads to nothing, since all of a token is compared.
 * Initial-exec: as in sync/threads.c. */
static _Thread_local struct {
    struct {
        jwkeep_span bytes;
        uint64_t tag;
    } tokens[EXPECTED];
    size_t next; /* of them to be overwritten */
} expected __attribute__((tls_model("initial-exec")));

static size_t nth_newest(size_t index) {
    return (expected.next + EXPECTED - 1 - index) % EXPECTED;
}

/* The newest first: a buffer that is used again and again is noted again and again. */
static bool is_expected(jwkeep_span bytes, uint64_t *ret_tag) {
    for (size_t i = 0; i < EXPECTED; i++) {
        jwkeep_span token = expected.tokens[nth_newest(i)].bytes;
        if (token.data != bytes.data || token.size != bytes.size)
            continue;
        *ret_tag = expected.tokens[nth_newest(i)].tag;
        return true;
    }
    return false;
}

/* The place of the token before has come meanwhile, so that its entry can be asked for. */
void jk_token_cache_expect(const jk_token_cache *cache, jwkeep_span bytes) {
    uint64_t last_tag = expected.tokens[nth_newest(0)].tag;
    uint64_t tag = tag_of(cache, bytes);
    jk_cache_shard_bring(&cache->shards[shard_index(cache, last_tag)], last_tag);
    jk_cache_shard_expect(&cache->shards[shard_index(cache, tag)], tag);
    expected.tokens[expected.next].bytes = bytes;
    expected.tokens[expected.next].tag = tag;
    expected.next = (expected.next + 1) % EXPECTED;
}

static void find(jk_cache_look *look, uint64_t tag) {
    look->tag = tag;
    look->shard = &look->cache->shards[shard_index(look->cache, tag)];
    if (look->hazard)
        look->entry =
            jk_cache_shard_find(look->shard, tag, look->bytes, look->epoch, look->hazard);
}

void jk_token_cache_look(jk_token_cache *cache, jwkeep_span bytes, jk_cache_look *ret_look) {
    ret_look->cache = cache;
    ret_look->entry = NULL;
    if (!cache)
        return;
    ret_look->bytes = bytes;
    if (bytes.size > JK_CACHED_TOKEN_MAX_BYTES)
        return;
    for (size_t i = 0; i < bytes.size; i += JK_CACHE_LINE)
        __builtin_prefetch(bytes.data + i, 0, 3);
    ret_look->epoch = atomic_load_explicit(&cache->epoch, memory_order_acquire);
    if (jk_hazard_find(&ret_look->hazard) != JWKEEP_OK)
        ret_look->hazard = NULL;
    uint64_t tag;
    if (is_expected(bytes, &tag)) {
        find(ret_look, tag);
        if (JK_LIKELY(ret_look->entry != NULL))
            return;
    }
    find(ret_look, tag_of(cache, bytes));
}

void jk_token_cache_leave(jk_cache_look *look) {
    if (look->entry)
        jk_hazard_clear(look->hazard);
    look->entry = NULL;
}

static counter *counter_of(jk_token_cache *cache) {
    const jk_thread *thread = jk_thread_self();
    return &cache->counters[thread ? thread->number % COUNTERS : 0];
}

void jk_token_cache_hit(const jk_cache_look *look) {
    _Atomic uint8_t *uses = &look->entry->uses;
    uint8_t before = atomic_load_explicit(uses, memory_order_relaxed);
    /* A line that all threads share is written only while that changes something. */
    if (before < JK_CACHE_MAX_USES)
        atomic_store_explicit(uses, (uint8_t)(before + 1), memory_order_relaxed);
    atomic_fetch_add_explicit(&counter_of(look->cache)->hits, 1, memory_order_relaxed);
}

void jk_token_cache_miss(const jk_cache_look *look) {
    if (look->cache)
        atomic_fetch_add_explicit(&counter_of(look->cache)->misses, 1, memory_order_relaxed);
}

/* More are looked at than come in, all over the cache: so the keys that went are let go,
 * however few tokens come. */
static void drop_orphans(jk_token_cache *cache) {
    size_t turn = atomic_fetch_add_explicit(&cache->turn, 1, memory_order_relaxed);
    jk_cache_shard_drop_orphans(&cache->shards[turn & (cache->shard_count - 1)]);
}

void jk_token_cache_put(const jk_cache_look *look, const jwkeep_token *token,
                        const jwkeep_jwk *key, uint64_t issuer, uint64_t generation) {
    jwkeep_span bytes = look->bytes;
    if (bytes.size > JK_CACHED_TOKEN_MAX_BYTES)
        return;
    size_t size = sizeof(jk_cached_token) + jk_token_image_size(token) + bytes.size;
    if (size > jk_cache_shard_max_entry(look->shard))
        return;
    jk_cached_token *entry = jk_alloc(size);
    if (!entry)
        return;
    *entry = (jk_cached_token){.tag = look->tag,
                               .epoch = look->epoch,
                               .issuer = issuer,
                               .key = jwkeep_jwk_ref((jwkeep_jwk *)(uintptr_t)key),
                               .size = (uint32_t)size,
                               .token_size = (uint16_t)bytes.size,
                               .first_dot = (uint16_t)token->parts.header.size,
                               .second_dot = (uint16_t)token->parts.signed_bytes.size};
    atomic_init(&entry->generation, generation);
    atomic_init(&entry->uses, 0);
    jk_token_image_make(token, (jk_token_image *)(void *)entry->bytes);
    memcpy((uint8_t *)entry + size - bytes.size, bytes.data, bytes.size);
    jk_cache_shard_put(look->shard, entry);
    drop_orphans(look->cache);
}

void jk_token_cache_forget(jk_token_cache *cache) {
    atomic_fetch_add_explicit(&cache->epoch, 1, memory_order_acq_rel);
    for (size_t i = 0; i < cache->shard_count; i++)
        jk_cache_shard_empty(&cache->shards[i], is_ours(cache));
}

void jk_token_cache_status(const jk_token_cache *cache, jwkeep_cache_status *ret_status) {
    jwkeep_cache_status status = {.max_entries = cache->max_entries,
                                  .max_bytes = cache->max_bytes};
    for (size_t i = 0; i < COUNTERS; i++) {
        status.hits += atomic_load_explicit(&cache->counters[i].hits, memory_order_relaxed);
        status.misses += atomic_load_explicit(&cache->counters[i].misses, memory_order_relaxed);
    }
    for (size_t i = 0; i < cache->shard_count; i++) {
        const jk_cache_shard *shard = &cache->shards[i];
        status.entries += atomic_load_explicit(&shard->entries, memory_order_relaxed);
        status.bytes += atomic_load_explicit(&shard->bytes, memory_order_relaxed);
        status.inserts += atomic_load_explicit(&shard->inserts, memory_order_relaxed);
        status.evictions += atomic_load_explicit(&shard->evictions, memory_order_relaxed);
    }
    *ret_status = status;
}
