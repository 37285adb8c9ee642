/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the edit distance (Damerau's, with swaps of neighbours). */
#include "server/nearest.h"
#include <string.h>

static size_t smaller(size_t a, size_t b) {
    return a < b ? a : b;
}

/* Three rows are enough: a swap looks back two. */
static size_t distance(const char *a, size_t a_size, const char *b, size_t b_size) {
    size_t rows[3][NEAREST_MAX_BYTES + 1];
    for (size_t j = 0; j <= b_size; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= a_size; i++) {
        size_t *row = rows[i % 3];
        const size_t *above = rows[(i - 1) % 3];
        const size_t *two_above = rows[(i + 1) % 3];
        row[0] = i;
        for (size_t j = 1; j <= b_size; j++) {
            size_t cost = a[i - 1] != b[j - 1];
            row[j] = smaller(smaller(above[j] + 1, row[j - 1] + 1), above[j - 1] + cost);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = smaller(row[j], two_above[j - 2] + 1);
        }
    }
    return rows[a_size % 3][b_size];
}

void nearest_offer(nearest *guess, const char *typed, const char *known) {
    size_t typed_size = strlen(typed);
    size_t known_size = strlen(known);
    if (typed_size > NEAREST_MAX_BYTES || known_size > NEAREST_MAX_BYTES)
        return;
    size_t found = distance(typed, typed_size, known, known_size);
    size_t near_enough = known_size < 6 ? 1 : known_size / 3;
    if (found > near_enough || (guess->best && guess->distance <= found))
        return;
    guess->best = known;
    guess->distance = found;
}
