/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the key set as a value: its order, its index by `kid`, its hash. The index is a table
 * with open addressing, hashed under a random key of the set's own, since strangers choose
 * what is looked up in it; keys that share a `kid` are chained in the set's order. */
#include "jose/keyset.h"
#include "base/allocator.h"
#include "base/error.h"
#include "base/hash.h"
#include "crypto/digest.h"
#include "jose/jwk_form.h"
#include <stdlib.h>

#define NO_KEY UINT32_MAX

_Static_assert(JWKEEP_KEYSET_MAX_KEYS < NO_KEY / 4, "positions and slots fit in 32 bits");

struct jwkeep_keyset {
    /* Partners: jwkeep_keyset_unref's decrements with each other; see jwkeep_jwk.holders (M).
     */
    _Atomic size_t holders;
    size_t count;
    jk_members *members;      /* besides `keys`; NULL without one */
    jwkeep_jwk **keys;        /* in order; each held */
    jwkeep_jwk **by_identity; /* the same, sorted by jk_jwk_compare */
    uint32_t *next;           /* of the position: that of the next key with its `kid` */
    uint32_t *slots;          /* position of the first key with a `kid`, or NO_KEY */
    size_t slot_mask;
    jk_hash_key hash_key;
    uint8_t hash[JWKEEP_THUMBPRINT_SIZE];
    jwkeep_jwk *storage[]; /* what the pointers above point into */
};

/* A key on its way into a set. */
typedef struct entry {
    jwkeep_jwk *key;
    size_t position;
} entry;

static int by_position(const void *a, const void *b) {
    size_t x = ((const entry *)a)->position;
    size_t y = ((const entry *)b)->position;
    return (x > y) - (x < y);
}

static int by_identity(const void *a, const void *b) {
    int order = jk_jwk_compare(((const entry *)a)->key, ((const entry *)b)->key);
    return order ? order : by_position(a, b);
}

/* Sorts by identity and leaves the first of equal keys; returns how many there are. */
static size_t sort_unique(entry *entries, size_t count) {
    if (count == 0)
        return 0;
    qsort(entries, count, sizeof *entries, by_identity);
    size_t unique = 1;
    for (size_t i = 1; i < count; i++)
        if (jk_jwk_compare(entries[unique - 1].key, entries[i].key) != 0)
            entries[unique++] = entries[i];
    return unique;
}

/* At least twice as many slots as keys, so that every search ends. */
static size_t slots_for(size_t count) {
    size_t slots = 4;
    while (slots < 2 * count)
        slots *= 2;
    return slots;
}

static jwkeep_keyset *allocate(size_t count) {
    size_t slots = slots_for(count);
    size_t bytes = 2 * count * sizeof(jwkeep_jwk *) + (count + slots) * sizeof(uint32_t);
    jwkeep_keyset *set = jk_alloc(sizeof *set + bytes);
    if (!set)
        return NULL;
    *set = (jwkeep_keyset){.slot_mask = slots - 1};
    atomic_init(&set->holders, 1);
    set->keys = set->storage;
    set->by_identity = set->storage + count;
    set->next = (uint32_t *)(void *)(set->storage + 2 * count);
    set->slots = set->next + count;
    for (size_t i = 0; i < slots; i++)
        set->slots[i] = NO_KEY;
    return set;
}

/* The slot of `kid`: the one that holds it, or the free one where it belongs. */
static uint32_t *slot_of(const jwkeep_keyset *set, jwkeep_span kid) {
    size_t at = (size_t)jk_hash(&set->hash_key, kid) & set->slot_mask;
    while (set->slots[at] != NO_KEY &&
           !jwkeep_span_equals(jwkeep_jwk_kid(set->keys[set->slots[at]]), kid))
        at = (at + 1) & set->slot_mask;
    return &set->slots[at];
}

/* From the last key to the first, so that a chain runs in the set's order. */
static void index_keys(jwkeep_keyset *set) {
    for (size_t i = set->count; i-- > 0;) {
        jwkeep_span kid = jwkeep_jwk_kid(set->keys[i]);
        set->next[i] = NO_KEY;
        if (!kid.data)
            continue;
        uint32_t *slot = slot_of(set, kid);
        set->next[i] = *slot;
        *slot = (uint32_t)i;
    }
}

static void fill(jwkeep_keyset *set, entry *entries, size_t count) {
    for (size_t i = 0; i < count; i++)
        set->by_identity[i] = entries[i].key;
    qsort(entries, count, sizeof *entries, by_position);
    for (size_t i = 0; i < count; i++)
        set->keys[i] = jk_jwk_join_set(entries[i].key);
    set->count = count;
    index_keys(set);
}

/* Thumbprint, whether there is a `kid`, its size in eight bytes, the `kid`: no two lists of
 * identities give the same bytes. */
static jwkeep_code append_identity(jwkeep_buffer *buffer, const jwkeep_jwk *key) {
    jwkeep_span kid = jwkeep_jwk_kid(key);
    uint8_t form[9] = {kid.data != NULL};
    for (unsigned i = 0; i < 8; i++)
        form[1 + i] = (uint8_t)((uint64_t)kid.size >> (56 - 8 * i));
    jwkeep_code code = jwkeep_buffer_append(buffer, jwkeep_jwk_thumbprint(key));
    if (!code)
        code = jwkeep_buffer_append(buffer, jwkeep_span_of(form, sizeof form));
    return code ? code : jwkeep_buffer_append(buffer, kid);
}

static jwkeep_code compute_hash(jwkeep_keyset *set, jwkeep_error *error) {
    jwkeep_buffer buffer;
    jwkeep_buffer_init(&buffer, SIZE_MAX); /* a few bytes more than the keys take */
    jwkeep_code code = JWKEEP_OK;
    for (size_t i = 0; i < set->count && !code; i++)
        code = append_identity(&buffer, set->by_identity[i]);
    code =
        code ? jk_fail(error, code) : jk_sha256(jwkeep_buffer_span(&buffer), set->hash, error);
    jwkeep_buffer_done(&buffer);
    return code;
}

static void destroy(jwkeep_keyset *set) {
    for (size_t i = 0; i < set->count; i++)
        jk_jwk_leave_set(set->keys[i]);
    jk_members_unref(set->members);
    jk_free(set);
}

static jwkeep_code build(entry *entries, size_t count, jk_members *members,
                         jwkeep_keyset **ret_set, jwkeep_error *error) {
    size_t unique = sort_unique(entries, count);
    if (unique > JWKEEP_KEYSET_MAX_KEYS)
        return jk_fail_at(error, JWKEEP_KEYSET_TOO_MANY_KEYS, "keys", NULL, JWKEEP_NO_OFFSET);
    jwkeep_keyset *set = allocate(unique);
    if (!set)
        return jk_fail(error, JWKEEP_OUT_OF_MEMORY);
    set->members = jk_members_ref(members);
    jwkeep_code code =
        jk_hash_key_random(&set->hash_key) ? JWKEEP_OK : jk_fail(error, JWKEEP_SYSTEM_FAILED);
    if (!code) {
        fill(set, entries, unique);
        code = compute_hash(set, error);
    }
    if (code) {
        destroy(set);
        return code;
    }
    *ret_set = set;
    return JWKEEP_OK;
}

/* A set of the keys of two lists, one after the other, with `members` (NULL for none). */
static jwkeep_code join(jwkeep_jwk *const *first, size_t first_count, jwkeep_jwk *const *second,
                        size_t second_count, jk_members *members, jwkeep_keyset **ret_set,
                        jwkeep_error *error) {
    size_t count = first_count + second_count;
    entry *entries = jk_alloc_zeroed(count, sizeof *entries);
    if (!entries)
        return jk_fail(error, JWKEEP_OUT_OF_MEMORY);
    for (size_t i = 0; i < count; i++)
        entries[i] = (entry){i < first_count ? first[i] : second[i - first_count], i};
    jwkeep_code code = build(entries, count, members, ret_set, error);
    jk_free(entries);
    return code;
}

jwkeep_code jwkeep_keyset_new(jwkeep_jwk *const *keys, size_t count, jwkeep_keyset **ret_set,
                              jwkeep_error *error) {
    return join(keys, count, NULL, 0, NULL, ret_set, error);
}

jwkeep_code jk_keyset_new(jwkeep_jwk *const *keys, size_t count, jk_members *members,
                          jwkeep_keyset **ret_set, jwkeep_error *error) {
    return join(keys, count, NULL, 0, members, ret_set, error);
}

jwkeep_code jwkeep_keyset_merge(const jwkeep_keyset *set, const jwkeep_keyset *added,
                                jwkeep_keyset **ret_set, size_t *ret_added,
                                jwkeep_error *error) {
    jwkeep_keyset *merged;
    jwkeep_code code =
        join(set->keys, set->count, added->keys, added->count, set->members, &merged, error);
    if (code)
        return code;
    if (ret_added)
        *ret_added = merged->count - set->count;
    *ret_set = merged;
    return JWKEEP_OK;
}

static size_t position_of(const jwkeep_keyset *set, const jwkeep_jwk *key) {
    for (size_t i = 0; i < set->count; i++)
        if (jwkeep_jwk_is_same(set->keys[i], key))
            return i;
    return set->count;
}

jwkeep_code jwkeep_keyset_without(const jwkeep_keyset *set, const jwkeep_jwk *key,
                                  jwkeep_keyset **ret_set, jwkeep_error *error) {
    size_t at = position_of(set, key);
    if (at == set->count)
        return jk_fail(error, JWKEEP_NOT_FOUND);
    return join(set->keys, at, set->keys + at + 1, set->count - at - 1, set->members, ret_set,
                error);
}

jwkeep_code jwkeep_keyset_with(const jwkeep_keyset *set, jwkeep_jwk *key,
                               jwkeep_keyset **ret_set, bool *ret_is_added,
                               jwkeep_error *error) {
    jwkeep_keyset *made;
    jwkeep_code code = join(set->keys, set->count, &key, 1, set->members, &made, error);
    if (code)
        return code;
    if (ret_is_added)
        *ret_is_added = made->count > set->count;
    *ret_set = made;
    return JWKEEP_OK;
}

jwkeep_code jwkeep_keyset_filter(const jwkeep_keyset *set, jwkeep_keyset_predicate is_kept,
                                 void *user, jwkeep_keyset **ret_set, jwkeep_error *error) {
    jwkeep_jwk **kept = jk_alloc_zeroed(set->count, sizeof(jwkeep_jwk *));
    if (!kept)
        return jk_fail(error, JWKEEP_OUT_OF_MEMORY);
    size_t count = 0;
    for (size_t i = 0; i < set->count; i++)
        if (is_kept(user, set->keys[i]))
            kept[count++] = set->keys[i];
    jwkeep_code code = join(kept, count, NULL, 0, set->members, ret_set, error);
    jk_free(kept);
    return code;
}

jwkeep_code jwkeep_keyset_with_member(const jwkeep_keyset *set, const char *name,
                                      jwkeep_span json, jwkeep_keyset **ret_set,
                                      jwkeep_error *error) {
    if (strcmp(name, "keys") == 0)
        return jk_fail_at(error, JWKEEP_MISUSE_ARGUMENT, "keys", NULL, JWKEEP_NO_OFFSET);
    jk_members *members = NULL;
    jwkeep_code code =
        jk_members_with(set->members, jwkeep_span_text(name), json, &members, error);
    if (!code)
        code = join(set->keys, set->count, NULL, 0, members, ret_set, error);
    jk_members_unref(members);
    return code;
}

const jwkeep_json *jwkeep_keyset_member(const jwkeep_keyset *set, const char *name) {
    return jk_members_get(set->members, name);
}

const jwkeep_json *jwkeep_keyset_members(const jwkeep_keyset *set) {
    return jk_members_root(set->members);
}

jwkeep_keyset *jwkeep_keyset_ref(jwkeep_keyset *set) {
    /* Relaxed: the caller holds the set already, so nothing has to be seen through this. */
    atomic_fetch_add_explicit(&set->holders, 1, memory_order_relaxed);
    return set;
}

void jwkeep_keyset_unref(jwkeep_keyset *set) {
    if (!set || atomic_fetch_sub_explicit(&set->holders, 1, memory_order_acq_rel) != 1)
        return;
    destroy(set);
}

size_t jwkeep_keyset_count(const jwkeep_keyset *set) {
    return set->count;
}

jwkeep_jwk *jwkeep_keyset_at(const jwkeep_keyset *set, size_t index) {
    return index < set->count ? set->keys[index] : NULL;
}

jwkeep_jwk *jwkeep_keyset_find(const jwkeep_keyset *set, jwkeep_span kid) {
    if (!kid.data)
        return NULL;
    uint32_t at = *slot_of(set, kid);
    return at == NO_KEY ? NULL : set->keys[at];
}

jwkeep_jwk *jwkeep_keyset_find_next(const jwkeep_keyset *set, const jwkeep_jwk *key) {
    jwkeep_span kid = jwkeep_jwk_kid(key);
    if (!kid.data)
        return NULL;
    uint32_t at = *slot_of(set, kid);
    while (at != NO_KEY && !jwkeep_jwk_is_same(set->keys[at], key))
        at = set->next[at];
    if (at != NO_KEY)
        at = set->next[at];
    return at == NO_KEY ? NULL : set->keys[at];
}

/* The place in `by_identity` of the same key, or the count. */
static size_t rank_of(const jwkeep_keyset *set, const jwkeep_jwk *key) {
    size_t low = 0;
    size_t high = set->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = jk_jwk_compare(set->by_identity[middle], key);
        if (order == 0)
            return middle;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return set->count;
}

bool jwkeep_keyset_has(const jwkeep_keyset *set, const jwkeep_jwk *key) {
    return rank_of(set, key) < set->count;
}

size_t jwkeep_keyset_index_of(const jwkeep_keyset *set, const jwkeep_jwk *key) {
    size_t at = position_of(set, key);
    return at < set->count ? at : SIZE_MAX;
}

/* Identities are ordered by thumbprint first, and the one without a `kid` is the least. */
jwkeep_jwk *jwkeep_keyset_find_thumbprint(const jwkeep_keyset *set, jwkeep_span thumbprint) {
    if (thumbprint.size != JWKEEP_THUMBPRINT_SIZE)
        return NULL;
    size_t low = 0;
    size_t high = set->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const uint8_t *own = set->by_identity[middle]->thumbprint;
        if (memcmp(own, thumbprint.data, JWKEEP_THUMBPRINT_SIZE) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    bool is_found = low < set->count && memcmp(set->by_identity[low]->thumbprint,
                                               thumbprint.data, JWKEEP_THUMBPRINT_SIZE) == 0;
    return is_found ? set->by_identity[low] : NULL;
}

bool jwkeep_keyset_is_identical(const jwkeep_keyset *a, const jwkeep_keyset *b) {
    if (a->count != b->count || !jk_members_equal(a->members, b->members))
        return false;
    for (size_t i = 0; i < a->count; i++)
        if (!jwkeep_jwk_is_identical(a->keys[i], b->keys[i]))
            return false;
    return true;
}

bool jwkeep_keyset_is_same(const jwkeep_keyset *a, const jwkeep_keyset *b) {
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++)
        if (!jwkeep_jwk_is_same(a->by_identity[i], b->by_identity[i]))
            return false;
    return true;
}

jwkeep_span jwkeep_keyset_hash(const jwkeep_keyset *set) {
    return jwkeep_span_of(set->hash, sizeof set->hash);
}

size_t jk_keyset_adopt(jwkeep_keyset *fresh, const jwkeep_keyset *old) {
    size_t adopted = 0;
    for (size_t i = 0; i < fresh->count; i++) {
        jwkeep_jwk *key = fresh->keys[i];
        size_t rank = rank_of(old, key);
        if (rank == old->count || !jwkeep_jwk_is_identical(old->by_identity[rank], key))
            continue;
        jwkeep_jwk *kept = jk_jwk_join_set(old->by_identity[rank]);
        fresh->by_identity[rank_of(fresh, key)] = kept;
        fresh->keys[i] = kept;
        jk_jwk_leave_set(key);
        adopted++;
    }
    return adopted;
}
