/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns `jwkeep dev-issuer`: the test issuer alone. */
#include "server/dev_issuer.h"
#include "cli/command.h"
#include "cli/output.h"
#include "cli/ready_file.h"
#include "server/server.h"
#include <signal.h>

#define LISTEN "127.0.0.1:8081"

struct issue {
    const char *listen;
    const char *audience;
    int64_t latency_ms;
    const char *ready_file;
};

static const struct issue DEFAULTS = {.listen = LISTEN, .audience = DEV_ISSUER_AUDIENCE};

static const option_spec OPTIONS[] = {
    TEXT(struct issue, listen, "listen", "ADDRESS", "on loopback only (default " LISTEN ")"),
    TEXT(struct issue, audience, "audience", "TEXT", "aud of tokens that ask for none"),
    NUMBER(struct issue, latency_ms, "latency-ms", "N", 0, DEV_ISSUER_MAX_LATENCY_MS,
           "before each answer to GET /jwks.json"),
    TEXT(struct issue, ready_file, "ready-file", "FILE", "write the address there, as JSON"),
};

static exit_status tell_address(const struct issue *values, const dev_issuer *issuer) {
    ready_addresses addresses = {.listen = dev_issuer_address(issuer),
                                 .dev = dev_issuer_address(issuer)};
    printf("issuer  %s\n"
           "  curl -d sub=alice %s/token\n"
           "  curl %s\n"
           "  curl -X POST %s/rotate\n"
           "It signs whatever it is asked to: not for production.\n",
           addresses.dev, dev_issuer_url(issuer), dev_issuer_jwks_url(issuer),
           dev_issuer_url(issuer));
    exit_status status = output_finish();
    if (status == STATUS_YES && values->ready_file)
        status = ready_file_write(values->ready_file, &addresses);
    return status;
}

static void wait_for_end(void) {
    sigset_t ends;
    int number;
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    sigwait(&ends, &number);
}

static exit_status run(const void *arguments) {
    const struct issue *values = arguments;
    dev_issuer_options options;
    dev_issuer *issuer = NULL;
    jwkeep_error error;
    dev_issuer_options_init(&options);
    options.address = values->listen;
    options.audience = values->audience;
    options.latency_ms = (uint32_t)values->latency_ms;
    signal(SIGPIPE, SIG_IGN);
    server_signals_block();
    if (dev_issuer_start(&options, &issuer, &error) != JWKEEP_OK)
        return report_failure(values->listen, &error);
    exit_status status = tell_address(values, issuer);
    if (status == STATUS_YES)
        wait_for_end();
    dev_issuer_stop(issuer);
    return status;
}

const struct command CMD_DEV_ISSUER = {
    .name = "dev-issuer",
    .summary = "the test issuer of serve --dev, alone",
    .details = "GET /jwks.json, GET /.well-known/openid-configuration, POST /token (form: sub\n"
               "scope aud ttl alg), POST /rotate (retire=1 drops older keys), GET /stats.\n"
               "Loopback only, and not for production.\n",
    .examples = "  jwkeep dev-issuer --listen 127.0.0.1:8081 --latency-ms 1000\n",
    .options = OPTION_TABLE(OPTIONS),
    .defaults = &DEFAULTS,
    .values_size = sizeof(struct issue),
    .run = run,
};
