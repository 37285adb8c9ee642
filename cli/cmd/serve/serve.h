/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns what the two ways of serving share: by flags, and by a configuration file. */
#ifndef CLI_CMD_SERVE_SERVE_H
#define CLI_CMD_SERVE_SERVE_H

#include "cli/exit_status.h"
#include "cli/options.h"
#include "server/server.h"

/* What a configuration file leaves to the command line. */
typedef struct configured {
    const char *file;
    bool checks_only;
    text_list listen;  /* instead of those of the file */
    const char *admin; /* likewise, or NULL */
    unsigned workers;  /* likewise, or 0 */
    const char *ready_file;
} configured;

/* `jwkeep serve --config`, from reading the file to the end. */
exit_status serve_configured(const configured *values);

/* Prints the JSON Schema of the file. */
exit_status serve_print_schema(void);

/* Puts the sockets that a service manager has handed over into `options`; reports if it cannot.
 */
bool serve_take_sockets(server_options *options);

/* Who hears what happens at the sources. */
typedef struct serve_audience {
    event_log *log;
    history *history;
    event_webhook *webhook; /* NULL: by flags nobody is told */
} serve_audience;

/* The log on standard error, and a history. To be closed even if opening them failed. */
exit_status serve_open_audience(log_format format, log_level level, serve_audience *audience);
void serve_close_audience(serve_audience *audience);

/* Tells `user`, a serve_audience, what happened at the source of an issuer. */
void serve_tell_event(void *user, const char *issuer, const jwkeep_event *event);

/* Waits for the keys of every issuer; a signal that ends the program ends that, too. */
exit_status serve_wait_for_keys(jwkeep_verifier *verifier, int64_t timeout_s);

/* Tells where the server listens; `dev` is the test issuer's address, or NULL. */
exit_status serve_tell_addresses(const server *running, const char *dev,
                                 const char *ready_file);

#endif
