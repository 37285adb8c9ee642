/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the watched memory functions: each block carries its size in front of it. */
#include "support/watched_memory.h"
#include <jwkeep/allocator.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define FRONT_BYTES 16

static watched_memory seen;

static void *allocate(void *user, size_t size) {
    (void)user;
    if (seen.is_exhausted || size > SIZE_MAX - FRONT_BYTES)
        return NULL;
    uint8_t *block = calloc(1, FRONT_BYTES + size);
    if (!block)
        return NULL;
    seen.allocations++;
    seen.live_bytes += size;
    memcpy(block, &size, sizeof size);
    return block + FRONT_BYTES;
}

static void release(void *user, void *block) {
    (void)user;
    if (!block)
        return;
    uint8_t *bytes = block;
    size_t size;
    memcpy(&size, bytes - FRONT_BYTES, sizeof size);
    size_t clean = 0;
    while (clean < size && bytes[clean] == 0)
        clean++;
    if (clean < size)
        seen.dirty_releases++;
    seen.live_bytes -= size;
    free(bytes - FRONT_BYTES);
}

static void *reallocate(void *user, void *block, size_t size) {
    uint8_t *moved = allocate(user, size);
    if (!moved || !block)
        return moved;
    size_t old_size;
    memcpy(&old_size, (uint8_t *)block - FRONT_BYTES, sizeof old_size);
    memcpy(moved, block, old_size < size ? old_size : size);
    release(user, block);
    return moved;
}

int watched_memory_install(void **state) {
    (void)state;
    static const jwkeep_allocator watching = {allocate, reallocate, release, NULL};
    return jwkeep_allocator_set(&watching, NULL) == JWKEEP_OK ? 0 : -1;
}

watched_memory *watched_memory_seen(void) {
    return &seen;
}
