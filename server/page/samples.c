/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns reckoning with samples. */
#include "server/page/samples.h"

bool samples_are_due(const samples *it, int64_t now_ms) {
    return it->count == 0 || now_ms - samples_at(it, it->count - 1)->at_ms >= SAMPLES_STEP_MS;
}

void samples_add(samples *it, const sample *taken) {
    it->ring[it->next] = *taken;
    it->next = (it->next + 1) % SAMPLES_MAX;
    if (it->count < SAMPLES_MAX)
        it->count++;
}

const sample *samples_at(const samples *it, size_t index) {
    return &it->ring[(it->next + SAMPLES_MAX - it->count + index) % SAMPLES_MAX];
}

bool samples_recent(const samples *it, const sample **ret_from, const sample **ret_to) {
    if (it->count < 2)
        return false;
    size_t steps = it->count - 1 < SAMPLES_RECENT ? it->count - 1 : SAMPLES_RECENT;
    *ret_to = samples_at(it, it->count - 1);
    *ret_from = samples_at(it, it->count - 1 - steps);
    return true;
}

double sample_seconds(const sample *from, const sample *to) {
    return to->at_ms > from->at_ms ? (double)(to->at_ms - from->at_ms) / 1e3 : 1e-3;
}

uint64_t sample_requests(const sample *from, const sample *to) {
    uint64_t sum = 0;
    for (size_t i = 0; i < VERIFY_OUTCOME_COUNT; i++)
        sum += to->outcomes[i] - from->outcomes[i];
    return sum;
}

/* As histogram_quantile does it: evenly within the bucket; the last one has no upper bound. */
double sample_quantile(const sample *from, const sample *to, double part) {
    uint64_t count = 0;
    for (size_t i = 0; i <= VERIFY_BUCKET_COUNT; i++)
        count += to->buckets[i] - from->buckets[i];
    const double wanted = part * (double)count;
    double seen = 0;
    for (size_t i = 0; count > 0 && i < VERIFY_BUCKET_COUNT; i++) {
        double here = (double)(to->buckets[i] - from->buckets[i]);
        double low = i > 0 ? (double)verify_bucket_ns[i - 1] : 0;
        if (here > 0 && seen + here >= wanted)
            return (low + ((double)verify_bucket_ns[i] - low) * (wanted - seen) / here) / 1e9;
        seen += here;
    }
    return count > 0 ? (double)verify_bucket_ns[VERIFY_BUCKET_COUNT - 1] / 1e9 : 0;
}
