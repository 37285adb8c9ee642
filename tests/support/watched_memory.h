/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns memory functions for tests: they count, can run out, and look whether a block comes
 * back wiped. One thread. */
#ifndef TESTS_SUPPORT_WATCHED_MEMORY_H
#define TESTS_SUPPORT_WATCHED_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

typedef struct watched_memory {
    size_t allocations;
    size_t live_bytes;     /* of all blocks, as they were asked for; not set to zero */
    size_t dirty_releases; /* blocks given back with a byte that is not 0 */
    bool is_exhausted;     /* no more from now on */
} watched_memory;

/* Makes the library use the functions; a group setup of cmocka. */
int watched_memory_install(void **state);

/* What was seen since the test set it to zero. */
watched_memory *watched_memory_seen(void);

#endif
