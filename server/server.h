/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the running service: listeners, worker threads, the verify and the administration
 * routes, and their end. Refuses to know where its verifier's rules came from.
 *
 * Verify listeners answer ANY /verify, ANY /verify/<policy> and GET /jwks/<issuer>; the
 * administration listener answers /metrics, /healthz, /readyz, /status and POST /reload. */
#ifndef SERVER_SERVER_H
#define SERVER_SERVER_H

#include "server/history.h"
#include "server/limits.h"
#include "server/log.h"
#include "server/notify.h"
#include "server/reload.h"
#include "server/webhook.h"
#include <jwkeep/error.h>
#include <jwkeep/verifier.h>
#include <stdbool.h>

#define SERVER_GRACE_MS 10000u
#define SERVER_UNIX_MODE 0660u
/* Past JWKEEP_FETCH_TIMEOUT_MS, so that a waiting request hears how the download ended. */
#define SERVER_WAIT_MS 6000u

/* Addresses are "HOST:PORT" with a numeric HOST ("127.0.0.1:0", "[::1]:8080"; port 0 lets
 * the system choose) or "unix:PATH" (a stale socket there is replaced, any other file is
 * not). Fill with server_options_init, then change what must differ. */
/* PEM files; read again by each reload. */
typedef struct server_tls {
    const char *certificate_file;
    const char *key_file;
} server_tls;

typedef struct server_options {
    const char *const *listen; /* verify listeners: 1 to SERVER_MAX_LISTENERS */
    size_t listen_count;
    const uint32_t
        *listen_modes; /* permission bits of each, if a unix socket; NULL: unix_mode */
    const server_tls *listen_tls; /* of each; NULL, or without files: in the clear */
    const char *admin;            /* administration listener, or NULL for none */
    uint32_t admin_mode;          /* 0: unix_mode */
    /* By what it decides: a verifier and the usual policy; or a plan. Both borrowed; they must
     * outlive the server, but for plans where there is a source: those it retires, the last
     * one when it stops. A server that does not start retires none. */
    jwkeep_verifier *verifier;
    const char *realm; /* with `verifier`; of WWW-Authenticate: printable ASCII without " \ */
    const char *const *admin_hosts; /* likewise: names of the administration; borrowed */
    size_t admin_host_count;
    server_plan *plan;
    reload_source reload; /* with `plan` */
    uint32_t wait_ms;     /* how long a request may wait for keys: then 503 */
    unsigned workers;     /* 0: one for each core this process may use */
    uint32_t grace_ms;    /* how long a stopping server lets requests finish */
    uint32_t unix_mode;   /* permission bits of unix sockets */
    /* Listening sockets that were handed over: any of them stand for all of `listen`, or for
     * `admin`. They become the server's; their files are not ours to remove. */
    notify_sockets inherited;
    event_log *log;         /* borrowed, or NULL */
    history *history;       /* likewise: what the sources' events were written to */
    event_webhook *webhook; /* likewise: who is told of the service and its alarms */
    server_limits limits;
} server_options;

typedef struct server server;

void server_options_init(server_options *options);

/* Listens and starts the threads; returns once connections are accepted. `options` is copied
 * (not the verifier). Raises the soft limit of open files as far as it is needed and allowed.
 * Errors: MISUSE_ARGUMENT (an address, a limit, the realm; `where` names the option),
 * OUT_OF_MEMORY, SYSTEM_FAILED (`text` says what the system said; `where` is "listen" or
 * "admin" if it was about an address). */
JWKEEP_MUST_USE jwkeep_code server_start(const server_options *options, server **ret_server,
                                         jwkeep_error *error);

/* Waits in the calling thread until SIGTERM or SIGINT arrives; returns its number. SIGHUP
 * meanwhile reloads; SIGUSR2 starts the program anew on the same sockets, which ends this one
 * once it answers, and leaves it alone if it does not come to that; what ends this one before
 * ends the other, too. Tells a service manager
 * that it is ready, reloads, stops, and, while every loop turns, that it is alive. Signals must
 * be blocked in every thread, so call server_signals_block before any thread is started. */
void server_signals_block(void);
int server_run(server *it);

/* Readiness goes false, listeners close, requests in flight (parked ones included) are
 * answered within the grace period, then everything is closed and freed. NULL is fine. */
void server_stop(server *it);

/* The address chosen for the listener `index`, or for administration: "127.0.0.1:41234",
 * "unix:/run/jwkeep.sock". NULL if there is no such listener. Valid until server_stop. */
const char *server_listen_address(const server *it, size_t index);
const char *server_admin_address(const server *it);

#endif
