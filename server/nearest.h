/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the guess at what a mistyped word was meant to be. */
#ifndef SERVER_NEAREST_H
#define SERVER_NEAREST_H

#include <stddef.h>

#define NEAREST_MAX_BYTES 32u /* longer words are not guessed at */

/* A guess that is being made: zero it, offer the known words, look at `best`. */
typedef struct nearest {
    const char *best; /* NULL: nothing is near */
    size_t distance;
} nearest;

/* Considers `known` for `typed`. Near are words that a third of their letters, and one at
 * least, set apart: inserted, left out, changed, or swapped with their neighbour. */
void nearest_offer(nearest *guess, const char *typed, const char *known);

#endif
