/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns handing a file on, piece by piece. */
#include "cli/jws_payload.h"
#include "cli/input.h"

/* The stream, and what it said. */
typedef struct fed {
    jwkeep_jws_stream *stream;
    jwkeep_error error;
} fed;

static bool take(void *user, jwkeep_span bytes) {
    fed *to = user;
    return jwkeep_jws_stream_feed(to->stream, bytes, &to->error) == JWKEEP_OK;
}

exit_status jws_payload_feed(const char *file, jwkeep_jws_stream *stream) {
    fed to = {.stream = stream, .error = {.code = JWKEEP_OK}};
    exit_status status = input_each(file, take, &to);
    if (status == STATUS_YES && to.error.code != JWKEEP_OK)
        status = report_failure(input_name(file), &to.error);
    return status;
}
