/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns a shard of the token cache: its table, the order in which its entries go, and their end.
 * Readers find an entry without a lock; those who change the shard never wait for each other:
 * who finds another at work leaves.
 *
 * Entries go by S3-FIFO (Yang et al., "FIFO queues are all you need for cache eviction", SOSP
 * 2023): what is new passes through a small queue, a tenth of the shard, and only what was
 * used there enters the main one, whose used entries get another round. Tags of what the small
 * queue let go are remembered for a while: what comes back enters the main queue at once. So
 * tokens that come once push out each other and nothing else. */
#ifndef JK_VERIFY_CACHE_SHARD_H
#define JK_VERIFY_CACHE_SHARD_H

#include "base/secret.h"
#include "jwt/token_image.h"
#include "sync/hazard.h"
#include <jwkeep/jwk.h>
#include <pthread.h>
#include <stdint.h>

#define JK_CACHE_PLACES 16u  /* where an entry may be: two lines of the processor's cache */
#define JK_CACHE_MAX_USES 3u /* counted: rounds an entry is given */

/* Longer ones are not remembered: their payloads would have no images. */
#define JK_CACHED_TOKEN_MAX_BYTES JK_JSON_IMAGE_MAX_BYTES

/* Whole, and then changed in its atomics and, under the mutex, its links. A block of `size`
 * bytes, whose fields take one line of the processor's cache. */
typedef struct jk_cached_token jk_cached_token;
struct jk_cached_token {
    /* A generation of its issuer's keys in which a check of this token ends with `key` (T).
     * Relaxed: whatever is stored here stays true. */
    _Atomic uint64_t generation;
    uint64_t tag;
    uint64_t issuer;
    jwkeep_jwk *key;        /* held */
    jk_cached_token *newer; /* in its queue; the next one, once it was taken out */
    jk_cached_token *older;
    uint32_t epoch;
    uint32_t size;
    uint16_t token_size;
    uint16_t first_dot; /* where it is in the token */
    uint16_t second_dot;
    _Atomic uint8_t uses;                  /* a hint for eviction; orders nothing */
    bool is_main;                          /* which queue it stands in */
    _Alignas(max_align_t) uint8_t bytes[]; /* the image of the token, then the token */
};
_Static_assert(sizeof(jk_cached_token) <= JK_CACHE_LINE, "one line");

static inline jwkeep_span jk_cached_token_bytes(const jk_cached_token *entry) {
    const uint8_t *end = (const uint8_t *)entry + entry->size;
    return jwkeep_span_of(end - entry->token_size, entry->token_size);
}

static inline const jk_token_image *jk_cached_token_image(const jk_cached_token *entry) {
    return (const jk_token_image *)(const void *)entry->bytes;
}

/* Wipes it and lets go of its key. NULL is fine. */
void jk_cached_token_free(jk_cached_token *entry);

/* What a place holds: 16 bits of the tag, which say whether looking is worth while, and the
 * address of the entry, whose four lowest bits say how much there is of it; 0: nothing. Stored
 * seq_cst by who holds the mutex, announced by readers (A). Kept this small, the places stay in
 * the caches of a core while entries pass through. */
typedef _Atomic uint64_t jk_cache_place;

/* The processor fetches the second line along with the first. */
typedef struct jk_cache_bucket {
    _Alignas(JK_CACHE_LINE) jk_cache_place places[JK_CACHE_PLACES];
} jk_cache_bucket;

typedef struct jk_cache_queue {
    jk_cached_token *oldest;
    jk_cached_token *newest;
    jk_cached_token *next; /* to be looked at for its key; NULL: the oldest */
    size_t count;
} jk_cache_queue;

typedef struct jk_cache_shard {
    _Alignas(JK_CACHE_LINE) jk_cache_bucket *buckets;
    size_t bucket_count;
    size_t max_entries;
    size_t max_bytes;

    _Alignas(JK_CACHE_LINE) pthread_mutex_t mutex; /* of all that follows */
    jk_cache_queue small;
    jk_cache_queue main;
    uint32_t *ghosts; /* of the small queue; 0: none */
    size_t ghost_mask;
    jk_cached_token *retired; /* out of reach, not yet freed */
    /* Figures that anybody may read (Q). */
    _Atomic size_t entries;
    _Atomic size_t bytes;
    _Atomic uint64_t inserts;
    _Atomic uint64_t evictions;
} jk_cache_shard;

/* For `max_entries` that take `max_bytes`. False without memory: nothing was made. */
JWKEEP_MUST_USE bool jk_cache_shard_init(jk_cache_shard *shard, size_t max_entries,
                                         size_t max_bytes);

/* Nobody may be reading. `waits`: false in a child of a fork, where the mutex may be held by a
 * thread that does not exist; what it guards is then left alone. */
void jk_cache_shard_done(jk_cache_shard *shard, bool waits);

/* Has the memory bring the first place of the tag. No lock. */
void jk_cache_shard_expect(const jk_cache_shard *shard, uint64_t tag);

/* The same for the entry of the tag. Waits for the place, if that is not there yet. No lock. */
void jk_cache_shard_bring(const jk_cache_shard *shard, uint64_t tag);

/* The entry of these very bytes and this epoch, announced in `hazard`, which the caller clears;
 * NULL, and nothing announced, without one. No lock. */
JWKEEP_MUST_USE jk_cached_token *jk_cache_shard_find(const jk_cache_shard *shard, uint64_t tag,
                                                     jwkeep_span bytes, uint32_t epoch,
                                                     jk_hazard *hazard);

/* The largest block that is worth its room. */
static inline size_t jk_cache_shard_max_entry(const jk_cache_shard *shard) {
    return shard->max_bytes / 4;
}

/* Puts `entry`, which it takes over, in place of an older one of the same token. Waits for
 * nobody: if another is at work here, or the block is too large, the entry is freed. */
void jk_cache_shard_put(jk_cache_shard *shard, jk_cached_token *entry);

/* Looks at the next few entries and takes out those whose key is in no key set any more: they
 * can hardly be hits again, and a key is larger than a token. Waits for nobody. */
void jk_cache_shard_drop_orphans(jk_cache_shard *shard);

/* Frees what no reader has announced. `waits` as above. */
void jk_cache_shard_empty(jk_cache_shard *shard, bool waits);

#endif
