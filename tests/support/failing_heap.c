/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns what the linker's --wrap puts before malloc, calloc, realloc and free. */
#include "support/failing_heap.h"
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>

#define SLOTS 65536u
#define GONE ((uintptr_t)1)

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *block, size_t size);
void __real_free(void *block);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *block, size_t size);
void __wrap_free(void *block);

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER; /* of all below */
static uintptr_t blocks[SLOTS];                           /* 0: none yet; GONE: was one */
static size_t block_count;
static size_t left = SIZE_MAX; /* allocations before the one that fails */
static bool has_failed;
static bool is_empty;

static size_t place_of(const void *block) {
    return (size_t)(((uintptr_t)block >> 4) * 0x9E3779B1u) % SLOTS;
}

static void enter(const void *block) {
    size_t at = place_of(block);
    if (block_count == SLOTS / 2)
        abort();
    while (blocks[at] > GONE)
        at = (at + 1) % SLOTS;
    blocks[at] = (uintptr_t)block;
    block_count++;
}

/* Memory of a shared library is not here. */
static void leave(const void *block) {
    for (size_t at = place_of(block), i = 0; blocks[at] && i < SLOTS;
         at = (at + 1) % SLOTS, i++) {
        if (blocks[at] != (uintptr_t)block)
            continue;
        blocks[at] = GONE;
        block_count--;
        return;
    }
}

static bool take_turn(void) {
    pthread_mutex_lock(&mutex);
    bool fails = is_empty || left == 0;
    has_failed = has_failed || left == 0;
    left = left == 0 ? SIZE_MAX : left - (left != SIZE_MAX);
    pthread_mutex_unlock(&mutex);
    return !fails;
}

static void *note(void *block) {
    pthread_mutex_lock(&mutex);
    if (block)
        enter(block);
    pthread_mutex_unlock(&mutex);
    return block;
}

void *__wrap_malloc(size_t size) {
    return take_turn() ? note(__real_malloc(size)) : NULL;
}

void *__wrap_calloc(size_t count, size_t size) {
    return take_turn() ? note(__real_calloc(count, size)) : NULL;
}

void __wrap_free(void *block) {
    pthread_mutex_lock(&mutex);
    leave(block);
    pthread_mutex_unlock(&mutex);
    __real_free(block);
}

void *__wrap_realloc(void *block, size_t size) {
    if (!take_turn())
        return NULL;
    pthread_mutex_lock(&mutex);
    leave(block);
    pthread_mutex_unlock(&mutex);
    return note(__real_realloc(block, size));
}

void failing_heap_fail_after(size_t count) {
    pthread_mutex_lock(&mutex);
    left = count;
    has_failed = false;
    pthread_mutex_unlock(&mutex);
}

void failing_heap_exhaust(bool is_exhausted) {
    pthread_mutex_lock(&mutex);
    is_empty = is_exhausted;
    pthread_mutex_unlock(&mutex);
}

bool failing_heap_stop(void) {
    pthread_mutex_lock(&mutex);
    bool has_been = has_failed;
    left = SIZE_MAX;
    has_failed = false;
    pthread_mutex_unlock(&mutex);
    return has_been;
}

size_t failing_heap_count(void) {
    pthread_mutex_lock(&mutex);
    size_t count = block_count;
    pthread_mutex_unlock(&mutex);
    return count;
}
