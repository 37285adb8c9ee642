/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the writing beside the file and the renaming. */
#include "cli/ready_file.h"
#include <errno.h>
#include <jwkeep/json.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_BYTES 1024u
#define MODE 0644

static jwkeep_code write_json(const ready_addresses *addresses, jwkeep_buffer *buffer) {
    jwkeep_json_writer writer;
    jwkeep_json_writer_init(&writer, buffer);
    jwkeep_json_write_object(&writer);
    if (addresses->listen)
        jwkeep_json_write_member_string(&writer, "listen", jwkeep_span_text(addresses->listen));
    if (addresses->admin)
        jwkeep_json_write_member_string(&writer, "admin", jwkeep_span_text(addresses->admin));
    if (addresses->dev)
        jwkeep_json_write_member_string(&writer, "dev", jwkeep_span_text(addresses->dev));
    jwkeep_json_write_end(&writer);
    jwkeep_code code = jwkeep_json_writer_finish(&writer);
    return code == JWKEEP_OK ? jwkeep_buffer_append_text(buffer, "\n") : code;
}

static bool write_whole(int descriptor, jwkeep_span bytes) {
    while (bytes.size > 0) {
        ssize_t size = write(descriptor, bytes.data, bytes.size);
        if (size < 0 && errno != EINTR)
            return false;
        if (size > 0)
            bytes = jwkeep_span_of(bytes.data + size, bytes.size - (size_t)size);
    }
    return true;
}

static bool write_and_rename(char *beside, const char *path, jwkeep_span bytes) {
    int descriptor = mkstemp(beside);
    if (descriptor < 0)
        return false;
    bool is_written = write_whole(descriptor, bytes) && fchmod(descriptor, MODE) == 0;
    is_written = close(descriptor) == 0 && is_written && rename(beside, path) == 0;
    if (!is_written)
        unlink(beside);
    return is_written;
}

static bool write_beside(const char *path, jwkeep_span bytes) {
    char *beside = NULL;
    if (asprintf(&beside, "%s.XXXXXX", path) < 0)
        return false;
    bool is_written = write_and_rename(beside, path, bytes);
    free(beside);
    return is_written;
}

exit_status ready_file_write(const char *path, const ready_addresses *addresses) {
    char storage[MAX_BYTES];
    jwkeep_buffer buffer;
    exit_status status = STATUS_YES;
    jwkeep_buffer_init_fixed(&buffer, storage, sizeof storage);
    if (write_json(addresses, &buffer) != JWKEEP_OK)
        status = report_internal("%s: an address cannot be written as JSON", path);
    else if (!write_beside(path, jwkeep_buffer_span(&buffer)))
        status = report_usage("%s: %s", path, strerror(errno));
    jwkeep_buffer_done(&buffer);
    return status;
}
