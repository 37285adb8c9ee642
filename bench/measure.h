/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the clock of the benchmarks and what is made of many measurements. */
#ifndef BENCH_MEASURE_H
#define BENCH_MEASURE_H

#include <stddef.h>
#include <stdint.h>

#define MEASURE_MS 1000000 /* nanoseconds */
#define MEASURE_S 1000000000

/* Monotonic, in nanoseconds. */
int64_t measure_now_ns(void);
void measure_sleep_until(int64_t time_ns);

/* Cores this process may use. */
unsigned measure_cores(void);

/* Sorts `values`, then gives the one that `percent` of them do not exceed; 0 for none. */
void measure_sort(double *values, size_t count);
double measure_percentile(const double *sorted, size_t count, double percent);

#endif
