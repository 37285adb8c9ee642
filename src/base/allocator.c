/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the one mutable global of the library: which memory functions are in use. Refuses to
 * change them once a block has been given out, because the block must go back where it came
 * from. */
#include "base/allocator.h"
#include "base/error.h"
#include <sched.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef enum allocator_state {
    STATE_OPEN = 0, /* the C library's functions, still to be replaced */
    STATE_SETTING = 1,
    STATE_FROZEN = 2
} allocator_state;

static void *allocate_default(void *user, size_t size) {
    (void)user;
    return malloc(size);
}

static void *reallocate_default(void *user, void *block, size_t size) {
    (void)user;
    return realloc(block, size);
}

static void release_default(void *user, void *block) {
    (void)user;
    free(block);
}

static jwkeep_allocator functions = {allocate_default, reallocate_default, release_default,
                                     NULL};

/* Publishes `functions`: the release store of STATE_FROZEN in jwkeep_allocator_set pairs with
 * the acquire operations in frozen_functions, so whoever sees FROZEN sees the whole structure.
 * `functions` is written by the one thread that moved OPEN to SETTING, and never again. This is
 * guarantee N of docs/design/concurrency.md. */
static _Atomic int state = STATE_OPEN;

static const jwkeep_allocator *frozen_functions(void) {
    int seen = atomic_load_explicit(&state, memory_order_acquire);
    while (JK_UNLIKELY(seen != STATE_FROZEN)) {
        if (seen == STATE_SETTING) {
            sched_yield();
            seen = atomic_load_explicit(&state, memory_order_acquire);
        } else if (atomic_compare_exchange_weak_explicit(&state, &seen, STATE_FROZEN,
                                                         memory_order_acq_rel,
                                                         memory_order_acquire)) {
            seen = STATE_FROZEN;
        }
    }
    return &functions;
}

jwkeep_code jwkeep_allocator_set(const jwkeep_allocator *allocator, jwkeep_error *error) {
    if (!allocator || !allocator->allocate || !allocator->reallocate || !allocator->release)
        return jk_fail_at(error, JWKEEP_MISUSE_ARGUMENT, "allocator", NULL, JWKEEP_NO_OFFSET);
    int seen = STATE_OPEN;
    if (!atomic_compare_exchange_strong_explicit(&state, &seen, STATE_SETTING,
                                                 memory_order_acquire, memory_order_relaxed))
        return jk_fail_text(error, JWKEEP_MISUSE_STATE,
                            "the memory functions are in use already", "allocator", NULL);
    functions = *allocator;
    atomic_store_explicit(&state, STATE_FROZEN, memory_order_release);
    return JWKEEP_OK;
}

static void *allocate(size_t size) {
    const jwkeep_allocator *in_use = frozen_functions();
    return in_use->allocate(in_use->user, size ? size : 1);
}

void *jk_alloc(size_t size) {
    return allocate(size);
}

void *jk_alloc_zeroed(size_t count, size_t size) {
    size_t total;
    if (__builtin_mul_overflow(count, size, &total))
        return NULL;
    void *block = allocate(total);
    if (block)
        memset(block, 0, total);
    return block;
}

/* In front of what is given out stands what was allocated: blocks are aligned for a pointer, so
 * that there is room for one before the next line. */
void *jk_alloc_lines(size_t count, size_t size) {
    size_t total;
    if (__builtin_mul_overflow(count, size, &total) ||
        __builtin_add_overflow(total, (size_t)JK_CACHE_LINE, &total))
        return NULL;
    void *block = jk_alloc_zeroed(1, total);
    if (!block)
        return NULL;
    size_t offset = JK_CACHE_LINE - (uintptr_t)block % JK_CACHE_LINE;
    void **lines = (void *)((uint8_t *)block + offset);
    lines[-1] = block;
    return lines;
}

void jk_free_lines(void *block) {
    void **lines = block;
    if (lines)
        jk_free(lines[-1]);
}

void *jk_realloc(void *block, size_t size) {
    const jwkeep_allocator *in_use = frozen_functions();
    return in_use->reallocate(in_use->user, block, size ? size : 1);
}

void jk_free(void *block) {
    if (!block)
        return;
    const jwkeep_allocator *in_use = frozen_functions();
    in_use->release(in_use->user, block);
}

char *jk_strndup(const void *bytes, size_t size) {
    if (size == SIZE_MAX)
        return NULL;
    char *copy = allocate(size + 1);
    if (!copy)
        return NULL;
    if (size)
        memcpy(copy, bytes, size);
    copy[size] = '\0';
    return copy;
}
