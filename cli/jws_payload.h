/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the way of a detached payload from a file into a stream. */
#ifndef CLI_JWS_PAYLOAD_H
#define CLI_JWS_PAYLOAD_H

#include "cli/exit_status.h"
#include <jwkeep/jws_stream.h>

/* Feeds all of `file` ("-": standard input) to `stream`. What goes wrong is reported. */
exit_status jws_payload_feed(const char *file, jwkeep_jws_stream *stream);

#endif
