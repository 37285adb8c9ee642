/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the file beside the one that is meant. */
#include "cli/whole_file.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static bool write_all(int descriptor, jwkeep_span bytes) {
    while (bytes.size > 0) {
        ssize_t size = write(descriptor, bytes.data, bytes.size);
        if (size < 0 && errno != EINTR)
            return false;
        if (size > 0)
            bytes = jwkeep_span_of(bytes.data + size, bytes.size - (size_t)size);
    }
    return true;
}

static bool write_and_rename(char *beside, const char *path, jwkeep_span bytes, mode_t mode) {
    int descriptor = mkstemp(beside);
    if (descriptor < 0)
        return false;
    bool is_written =
        fchmod(descriptor, mode) == 0 && write_all(descriptor, bytes) && fsync(descriptor) == 0;
    is_written = close(descriptor) == 0 && is_written && rename(beside, path) == 0;
    if (is_written)
        return true;
    int why = errno;
    unlink(beside);
    errno = why;
    return false;
}

bool whole_file_write(const char *path, jwkeep_span bytes, mode_t mode) {
    char *beside = NULL;
    if (asprintf(&beside, "%s.XXXXXX", path) < 0)
        return false;
    bool is_written = write_and_rename(beside, path, bytes, mode);
    int why = errno;
    free(beside);
    errno = why;
    return is_written;
}
