/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the cell through which one immutable object after another is published to readers that
 * never lock, and the moment when an old one is freed.
 *
 * A reader announces the object it is about to use in a slot of its own (a hazard slot) and
 * withdraws it afterwards. The publisher swaps the pointer and releases the retired object as
 * soon as no slot names it. What pins a retired object: a read in progress, nothing else.
 * Guarantees and argument: docs/design/concurrency.md. */
#ifndef JK_SYNC_PUBLISHED_H
#define JK_SYNC_PUBLISHED_H

#include "sync/hazard.h"
#include <jwkeep/error.h>
#include <stdint.h>

typedef struct jk_published jk_published;

/* `release` gives back the cell's hold on an object; called by a publisher or by _free.
 * Errors: OUT_OF_MEMORY (the cell has not taken `initial`). */
JWKEEP_MUST_USE jwkeep_code jk_published_new(void *initial, void (*release)(void *object),
                                             jk_published **ret_cell, jwkeep_error *error);

/* No reader and no publisher may be at work. Releases everything. NULL is fine. */
void jk_published_free(jk_published *cell);

typedef struct jk_pin {
    void *object;
    uint64_t generation;
    jk_hazard *slot; /* private */
} jk_pin;

/* Pins the object published now. No lock, no system call, no allocation but in a thread's
 * first call ever (which may fail: OUT_OF_MEMORY). Every pin is undone by the same thread.
 * Errors: OUT_OF_MEMORY, MISUSE_STATE (JK_PINS_PER_THREAD are open). */
JWKEEP_MUST_USE jwkeep_code jk_published_pin(const jk_published *cell, jk_pin *ret_pin);
void jk_published_unpin(jk_pin *pin);

/* Growing by one with each publication; 1 for the initial object. Any thread; what one thread
 * sees here and in its pins never goes back. */
uint64_t jk_published_generation(const jk_published *cell);

/* The object published now and its generation (may be NULL). */
void *jk_published_current(const jk_published *cell, uint64_t *ret_generation);

/* Publishes `next`, which the cell takes over; `ret_generation` (may be NULL) is its number.
 * Errors: OUT_OF_MEMORY (nothing is published, `next` is still the caller's). */
JWKEEP_MUST_USE jwkeep_code jk_published_swap(jk_published *cell, void *next,
                                              uint64_t *ret_generation, jwkeep_error *error);

/* Releases what was retired and is no longer pinned; a swap does the same. Returns how many
 * are still pinned. */
size_t jk_published_collect(jk_published *cell);

/* Retired objects that were still pinned at the last swap or collection. Any thread. */
size_t jk_published_retired(const jk_published *cell);

#endif
