/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns how the storm's figures are shown. */
#ifndef BENCH_STORM_PRINT_H
#define BENCH_STORM_PRINT_H

#include "bench/storm.h"
#include <stdio.h>

typedef enum storm_way {
    STORM_NAIVE = 0,
    STORM_MUTEX = 1,
    STORM_LIBRARY = 2,
    STORM_WAYS = 3
} storm_way;

typedef struct storm_report {
    size_t requests;
    uint32_t latency_ms;
    unsigned workers;
    unsigned cores;
    jwkeep_algorithm algorithm;
    bool is_library_only;
    bool has_race;
    double check_us; /* storm_capacity */
    storm_result ways[STORM_WAYS];
    storm_result race;
    size_t race_requests;
} storm_report;

void storm_print_table(const storm_report *report, FILE *out);
void storm_print_json(const storm_report *report, FILE *out);

#endif
