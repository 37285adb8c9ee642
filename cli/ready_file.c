/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the text of the file. */
#include "cli/ready_file.h"
#include "cli/whole_file.h"
#include <errno.h>
#include <jwkeep/json.h>
#include <string.h>

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

exit_status ready_file_write(const char *path, const ready_addresses *addresses) {
    char storage[MAX_BYTES];
    jwkeep_buffer buffer;
    exit_status status = STATUS_YES;
    jwkeep_buffer_init_fixed(&buffer, storage, sizeof storage);
    if (write_json(addresses, &buffer) != JWKEEP_OK)
        status = report_internal("%s: an address cannot be written as JSON", path);
    else if (!whole_file_write(path, jwkeep_buffer_span(&buffer), MODE))
        status = report_usage("%s: %s", path, strerror(errno));
    jwkeep_buffer_done(&buffer);
    return status;
}
