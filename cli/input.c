/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the loop round read(2). */
#include "cli/input.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define CHUNK_BYTES 2048u

bool input_is_standard(const char *file) {
    return !file || strcmp(file, "-") == 0;
}

bool input_is_dash(const char *file) {
    return file && input_is_standard(file);
}

const char *input_name(const char *file) {
    return input_is_standard(file) ? "standard input" : file;
}

/* Gives the size of what was read; 0 at the end, negative after a failure. */
static ssize_t read_some(int descriptor, uint8_t *chunk) {
    ssize_t size;
    do
        size = read(descriptor, chunk, CHUNK_BYTES);
    while (size < 0 && errno == EINTR);
    return size;
}

static exit_status refuse_size(const char *name, size_t max_bytes, exit_status too_large) {
    report_note("%s: more than %zu bytes", name, max_bytes);
    return too_large;
}

static exit_status read_descriptor(int descriptor, const char *name, size_t max_bytes,
                                   exit_status too_large, jwkeep_buffer *buffer) {
    uint8_t chunk[CHUNK_BYTES];
    exit_status status = STATUS_YES;
    ssize_t size;
    while (status == STATUS_YES && (size = read_some(descriptor, chunk)) != 0) {
        if (size < 0)
            status = report_usage("%s: %s", name, strerror(errno));
        else if (max_bytes - buffer->size < (size_t)size)
            status = refuse_size(name, max_bytes, too_large);
        else if (jwkeep_buffer_append(buffer, jwkeep_span_of(chunk, (size_t)size)) != JWKEEP_OK)
            status = report_internal("%s: out of memory", name);
    }
    explicit_bzero(chunk, sizeof chunk); /* it may have been a key */
    return status;
}

/* Negative after a failure, which is reported. */
static int open_input(const char *file) {
    if (input_is_standard(file)) {
        if (isatty(STDIN_FILENO))
            report_note("reading from the terminal; end with Ctrl-D");
        return STDIN_FILENO;
    }
    int descriptor = open(file, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0)
        report_note("%s: %s", file, strerror(errno));
    return descriptor;
}

static void close_input(int descriptor) {
    if (descriptor != STDIN_FILENO)
        close(descriptor);
}

exit_status input_read(const char *file, size_t max_bytes, exit_status too_large,
                       jwkeep_buffer *buffer) {
    jwkeep_buffer_init(buffer, max_bytes);
    int descriptor = open_input(file);
    if (descriptor < 0)
        return STATUS_USAGE;
    exit_status status =
        read_descriptor(descriptor, input_name(file), max_bytes, too_large, buffer);
    close_input(descriptor);
    if (status != STATUS_YES)
        jwkeep_buffer_done(buffer);
    return status;
}

exit_status input_each(const char *file, bool (*take)(void *user, jwkeep_span bytes),
                       void *user) {
    uint8_t chunk[CHUNK_BYTES];
    int descriptor = open_input(file);
    if (descriptor < 0)
        return STATUS_USAGE;
    ssize_t size;
    do
        size = read_some(descriptor, chunk);
    while (size > 0 && take(user, jwkeep_span_of(chunk, (size_t)size)));
    exit_status status =
        size < 0 ? report_usage("%s: %s", input_name(file), strerror(errno)) : STATUS_YES;
    close_input(descriptor);
    return status;
}

static bool is_space(uint8_t byte) {
    return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r';
}

jwkeep_span input_trim(jwkeep_span bytes) {
    while (bytes.size > 0 && is_space(bytes.data[0]))
        bytes = jwkeep_span_of(bytes.data + 1, bytes.size - 1);
    while (bytes.size > 0 && is_space(bytes.data[bytes.size - 1]))
        bytes.size--;
    return bytes;
}
