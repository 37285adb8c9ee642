/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the last minutes in figures: what was counted, looked at in equal steps, for plots and
 * rates. One thread. */
#ifndef SERVER_PAGE_SAMPLES_H
#define SERVER_PAGE_SAMPLES_H

#include "server/verify_route.h"

#define SAMPLES_STEP_MS 2000
#define SAMPLES_MAX 151u   /* five minutes */
#define SAMPLES_RECENT 30u /* steps that "now" is an average of: a minute */

/* Counts since the start of the service. */
typedef struct sample {
    int64_t at_ms; /* monotonic */
    uint64_t outcomes[VERIFY_OUTCOME_COUNT];
    uint64_t buckets[VERIFY_BUCKET_COUNT + 1];
    uint64_t misses; /* tokens of keys that no issuer has */
} sample;

typedef struct samples {
    size_t count;
    size_t next;
    sample ring[SAMPLES_MAX];
} samples;

/* Whether it is time for another. */
bool samples_are_due(const samples *it, int64_t now_ms);
void samples_add(samples *it, const sample *taken);

/* Samples in order, the oldest first; `index` is less than `count`. */
const sample *samples_at(const samples *it, size_t index);

/* The newest, and one up to SAMPLES_RECENT steps before it; false if there are not two. */
bool samples_recent(const samples *it, const sample **ret_from, const sample **ret_to);

double sample_seconds(const sample *from, const sample *to);

/* What came between two samples: requests of all outcomes; and the time that `part` (0 to 1) of
 * them took at the most, in seconds, between the bounds of a bucket; 0 if there was none. */
uint64_t sample_requests(const sample *from, const sample *to);
double sample_quantile(const sample *from, const sample *to, double part);

#endif
