/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the list of the threads that read published objects: one record of hazard slots each.
 * A record is made by a thread's first read, goes back for reuse when the thread ends, and is
 * never freed, so that the list can be walked without a lock. */
#ifndef JK_SYNC_THREADS_H
#define JK_SYNC_THREADS_H

#include "base/attributes.h"
#include "sync/hazard.h"
#include <stdint.h>

typedef struct jk_thread jk_thread;

/* With a line of the cache to spare on either side, so that no two readers write to the same
 * one, wherever the allocator puts the record. The slots are written by the thread that owns
 * the record and read by every publisher (guarantees A, B). */
struct jk_thread {
    uint8_t line_before[JK_CACHE_LINE];
    jk_hazard slots[JK_PINS_PER_THREAD];
    _Atomic bool is_taken; /* guarantee E */
    uint32_t number;       /* of the record, from 0; constant, as `next` */
    jk_thread *next;       /* constant once the record is in the list */
    uint8_t line_after[JK_CACHE_LINE];
};

/* The record of the calling thread; NULL without memory, possible in its first call only. */
JWKEEP_MUST_USE jk_thread *jk_thread_self(void);

/* The records of all threads, the first of a list linked by `next`. */
jk_thread *jk_thread_first(void);

/* How often this process is a fork of the one that loaded the library. A thread made before
 * the last fork does not exist in this process. */
unsigned jk_fork_count(void);

#endif
