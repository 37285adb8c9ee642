/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the Prometheus text exposition format (version 0.0.4): families, samples, labels. */
#ifndef SERVER_METRICS_H
#define SERVER_METRICS_H

#include <jwkeep/buffer.h>

/* The first failure sticks in `code`; writing after it does nothing. */
typedef struct metrics_writer {
    jwkeep_buffer *buffer;
    jwkeep_code code;
    const char *family;
} metrics_writer;

void metrics_init(metrics_writer *writer, jwkeep_buffer *buffer);

/* Begins a family; `type` is counter, gauge or histogram. */
void metrics_family(metrics_writer *writer, const char *name, const char *type,
                    const char *help);

/* A sample of the family. Labels are pairs of constant names and values, escaped here, NULL
 * for none: metrics_sample(&w, "", value, (const char *[]){"issuer", name, NULL}). `suffix`
 * is for histograms: "_bucket", "_sum", "_count". */
void metrics_sample(metrics_writer *writer, const char *suffix, const char *const *labels,
                    double value);
void metrics_count(metrics_writer *writer, const char *const *labels, uint64_t value);

#endif
