/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the form of metrics. */
#include "server/metrics.h"
#include <inttypes.h>
#include <stdio.h>

void metrics_init(metrics_writer *writer, jwkeep_buffer *buffer) {
    *writer = (metrics_writer){.buffer = buffer, .code = JWKEEP_OK};
}

static void write(metrics_writer *writer, const char *text) {
    if (writer->code == JWKEEP_OK)
        writer->code = jwkeep_buffer_append_text(writer->buffer, text);
}

static void write_byte(metrics_writer *writer, char byte) {
    if (writer->code == JWKEEP_OK)
        writer->code = jwkeep_buffer_append(writer->buffer, jwkeep_span_of(&byte, 1));
}

void metrics_family(metrics_writer *writer, const char *name, const char *type,
                    const char *help) {
    writer->family = name;
    write(writer, "# HELP ");
    write(writer, name);
    write(writer, " ");
    write(writer, help);
    write(writer, "\n# TYPE ");
    write(writer, name);
    write(writer, " ");
    write(writer, type);
    write(writer, "\n");
}

static void write_escaped(metrics_writer *writer, const char *text) {
    for (; *text != '\0'; text++) {
        if (*text == '\n')
            write(writer, "\\n");
        else if (*text == '"' || *text == '\\') {
            write_byte(writer, '\\');
            write_byte(writer, *text);
        } else
            write_byte(writer, *text);
    }
}

static void write_head(metrics_writer *writer, const char *suffix, const char *const *labels) {
    write(writer, writer->family);
    write(writer, suffix);
    const char *before = "{";
    for (; labels && labels[0]; labels += 2) {
        write(writer, before);
        write(writer, labels[0]);
        write(writer, "=\"");
        write_escaped(writer, labels[1]);
        write(writer, "\"");
        before = ",";
    }
    write(writer, before[0] == ',' ? "} " : " ");
}

void metrics_sample(metrics_writer *writer, const char *suffix, const char *const *labels,
                    double value) {
    char number[40];
    snprintf(number, sizeof number, "%.9g\n", value);
    write_head(writer, suffix, labels);
    write(writer, number);
}

void metrics_count(metrics_writer *writer, const char *const *labels, uint64_t value) {
    char number[40];
    snprintf(number, sizeof number, "%" PRIu64 "\n", value);
    write_head(writer, "", labels);
    write(writer, number);
}
