/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the statistics, which are few. */
#include "bench/measure.h"
#include <sched.h>
#include <stdlib.h>
#include <time.h>

int64_t measure_now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * MEASURE_S + now.tv_nsec;
}

void measure_sleep_until(int64_t time_ns) {
    struct timespec until = {.tv_sec = time_ns / MEASURE_S, .tv_nsec = time_ns % MEASURE_S};
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) != 0)
        ;
}

unsigned measure_cores(void) {
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) != 0)
        return 1;
    return (unsigned)CPU_COUNT(&set);
}

static int compare(const void *a, const void *b) {
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

void measure_sort(double *values, size_t count) {
    if (count > 0)
        qsort(values, count, sizeof *values, compare);
}

double measure_percentile(const double *sorted, size_t count, double percent) {
    if (count == 0)
        return 0;
    size_t rank = (size_t)(percent / 100 * (double)count);
    return sorted[rank < count ? rank : count - 1];
}
