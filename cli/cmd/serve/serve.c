/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns `jwkeep serve`: the verification service, from its arguments to its end. */
#include "cli/cmd/serve/serve.h"
#include "cli/accepted_flags.h"
#include "cli/command.h"
#include "cli/limit_flags.h"
#include "cli/output.h"
#include "cli/ready_file.h"
#include "cli/remote.h"
#include "cli/rules.h"
#include "cli/source_flags.h"
#include "server/admin_host.h"
#include "server/dev_issuer.h"
#include "server/server.h"
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LISTEN "127.0.0.1:8080"
#define ADMIN "127.0.0.1:9090"
#define DEV_LISTEN "127.0.0.1:8081"
/* So that rotations one after another are followed while somebody watches. */
#define DEV_COOLDOWN_S 1
#define MAX_START_TIMEOUT_S 3600
#define START_SLICE_MS 100u /* within which a signal ends the wait */

struct serve {
    const char *config;
    bool checks_config;
    bool prints_schema;
    bool is_dev;
    const char *issuer;
    const char *jwks;
    const char *iss;
    text_list audiences;
    rules_options rules;
    bool allows_no_exp;
    text_list listen;
    const char *admin;
    text_list admin_hosts;
    const char *dev_listen;
    const char *ready_file;
    int64_t workers;
    int64_t token_cache;
    const char *start;
    int64_t start_timeout_s;
    const char *snapshot_dir;
    const char *log;
    limit_flags limits;
    accepted_flags accepted;
    source_flags source;
    remote_options remote;
};

static const struct serve DEFAULTS = {
    .admin = ADMIN,
    .dev_listen = DEV_LISTEN,
    .token_cache = SERVER_TOKEN_CACHE,
    .start = "eager",
    .log = "logfmt",
    .start_timeout_s = JWKEEP_READY_TIMEOUT_MS / 1000,
    .source = SOURCE_FLAGS_DEFAULTS,
    .remote.timeout_s = REMOTE_TIMEOUT_S,
};

static const option_spec OPTIONS[] = {
    TEXT(struct serve, config, "config", "FILE", "issuers, policies, listeners from a file"),
    FLAG(struct serve, checks_config, "check-config", "with --config: only say if it is good"),
    FLAG(struct serve, prints_schema, "config-schema", "print the file's JSON Schema"),
    FLAG(struct serve, is_dev, "dev", "with a test issuer of its own; not for production"),
    TEXT(struct serve, issuer, "issuer", "URL", "keys by discovery; iss must be this"),
    TEXT(struct serve, jwks, "jwks", "URL", "keys behind a URL"),
    TEXT(struct serve, iss, "iss", "TEXT", "with --jwks: what iss must be"),
    LIST(struct serve, audiences, "audience", "TEXT", "aud must hold one of these"),
    RULES_OPTIONS(struct serve),
    FLAG(struct serve, allows_no_exp, "allow-no-exp",
         "accept tokens without exp, which never expire"),
    LIST(struct serve, listen, "listen", "ADDRESS",
         "HOST:PORT or unix:PATH (default " LISTEN ")"),
    TEXT(struct serve, admin, "admin", "ADDRESS", "metrics and status (default " ADMIN ")"),
    LIST(struct serve, admin_hosts, "admin-host", "NAME",
         "a name it has beside localhost; POST under another one is refused"),
    TEXT(struct serve, dev_listen, "dev-listen", "ADDRESS",
         "the test issuer (default " DEV_LISTEN ")"),
    TEXT(struct serve, ready_file, "ready-file", "FILE", "write the addresses there, as JSON"),
    NUMBER(struct serve, workers, "workers", "N", 1, SERVER_MAX_WORKERS,
           "threads (default: one a core)"),
    NUMBER(struct serve, token_cache, "token-cache", "N", 0, JWKEEP_CACHE_MAX_ENTRIES,
           "verified tokens to remember (default 16384; 0: none)"),
    TEXT(struct serve, start, "start", "MODE", "lazy, eager or required (default eager)"),
    NUMBER(struct serve, start_timeout_s, "start-timeout", "S", 1, MAX_START_TIMEOUT_S,
           "with --start required: keys within (default 10)"),
    TEXT(struct serve, snapshot_dir, "snapshot-dir", "DIR",
         "keep the last good keys there, for a start while the issuer is down"),
    TEXT(struct serve, log, "log", "FORMAT", "logfmt or json (default logfmt)"),
    LIMIT_FLAGS(struct serve),
    ACCEPTED_FLAGS(struct serve),
    SOURCE_FLAGS(struct serve),
    REMOTE_OPTIONS(struct serve),
};

/* What runs, in the order it is started; ended in the other. */
struct running {
    serve_audience audience;
    dev_issuer *dev;
    jwkeep_verifier *verifier;
    server *server;
};

static exit_status check_issuers(const struct serve *values) {
    int count = values->is_dev + (values->issuer != NULL) + (values->jwks != NULL);
    if (count > 1 || (count == 0 && !accepted_flags_are_given(&values->accepted)))
        return report_usage(
            "say whose tokens pass: --dev, --issuer URL --audience A, --jwks URL --iss I, "
            "--accept-issuer PATTERN --audience A, or --config FILE");
    if (values->issuer && values->audiences.count == 0)
        return report_usage("--issuer needs --audience: whom the tokens must be for");
    if (accepted_flags_are_given(&values->accepted) && values->audiences.count == 0)
        return report_usage("--accept-issuer needs --audience: whom the tokens must be for");
    if (values->jwks && !values->iss)
        return report_usage("--jwks needs --iss: what iss must be");
    if (values->iss && !values->jwks)
        return report_usage("--iss goes with --jwks");
    return accepted_flags_check(&values->accepted);
}

static exit_status check_arguments(const struct serve *values) {
    if (values->checks_config)
        return report_usage("--check-config goes with --config");
    exit_status status = check_issuers(values);
    if (status != STATUS_YES)
        return status;
    if (values->listen.count > SERVER_MAX_LISTENERS)
        return report_usage("--listen is given more than %u times", SERVER_MAX_LISTENERS);
    for (size_t i = 0; i < values->admin_hosts.count; i++)
        if (!admin_host_is_name(values->admin_hosts.items[i]))
            return report_usage("--admin-host: the name of a host without a port expected");
    if (values->rules.required.count == OPTIONS_MAX_REPEATS)
        return report_usage("--require is given too often: exp is one of them already");
    if (values->is_dev && values->snapshot_dir)
        return report_usage(
            "--snapshot-dir does not go with --dev: its keys are new each time");
    if (strcmp(values->start, "lazy") != 0 && strcmp(values->start, "eager") != 0 &&
        strcmp(values->start, "required") != 0)
        return report_usage("--start is lazy, eager or required");
    if (strcmp(values->log, "logfmt") != 0 && strcmp(values->log, "json") != 0)
        return report_usage("--log is logfmt or json");
    return STATUS_YES;
}

exit_status serve_open_audience(log_format format, log_level level, serve_audience *audience) {
    jwkeep_error error;
    if (event_log_new(format, level, STDERR_FILENO, &audience->log, &error) == JWKEEP_OK &&
        history_new(&audience->history, &error) == JWKEEP_OK)
        return STATUS_YES;
    return report_failure("starting", &error);
}

void serve_close_audience(serve_audience *audience) {
    event_webhook_free(audience->webhook);
    history_free(audience->history);
    event_log_free(audience->log);
}

bool serve_take_sockets(server_options *options) {
    if (notify_take_sockets(&options->inherited))
        return true;
    report_usage("too many sockets were handed over (LISTEN_FDS)");
    return false;
}

static void tell_event(void *user, const jwkeep_event *event) {
    serve_tell_event(user, "default", event);
}

static exit_status start_dev_issuer(const struct serve *values, struct running *running) {
    dev_issuer_options options;
    jwkeep_error error;
    if (!values->is_dev)
        return STATUS_YES;
    dev_issuer_options_init(&options);
    options.address = values->dev_listen;
    if (values->audiences.count > 0)
        options.audience = values->audiences.items[0];
    if (dev_issuer_start(&options, &running->dev, &error) == JWKEEP_OK)
        return STATUS_YES;
    return report_failure(values->dev_listen, &error);
}

/* One file for each issuer; the service has one, under the name that its status gives it. */
static bool name_snapshot(const struct serve *values, char **ret_file) {
    if (!values->snapshot_dir)
        return true;
    return asprintf(ret_file, "%s/default.json", values->snapshot_dir) >= 0;
}

static exit_status fill_rules(const struct serve *values, text_list *audiences,
                              rules_options *wanted, jwkeep_rules *ret_rules) {
    if (values->is_dev && audiences->count == 0)
        audiences->items[audiences->count++] = DEV_ISSUER_AUDIENCE;
    if (!values->allows_no_exp)
        wanted->required.items[wanted->required.count++] = "exp";
    return rules_fill(wanted, audiences, ret_rules);
}

static jwkeep_source_options source_of(const struct serve *values, struct running *running) {
    jwkeep_source_options source;
    remote_fill(&values->remote, &source);
    source.is_eager = strcmp(values->start, "lazy") != 0;
    if (values->is_dev)
        source.cooldown_s = DEV_COOLDOWN_S;
    source_flags_fill(&values->source, &source);
    source.allows_http_loopback = values->is_dev || values->remote.allows_http_loopback;
    source.on_event = tell_event;
    source.user = &running->audience;
    return source;
}

static exit_status make_verifier(const struct serve *values, const jwkeep_rules *rules,
                                 jwkeep_source_options *source, struct running *running) {
    jwkeep_issuer issuer = {.issuer = values->issuer ? values->issuer : values->iss,
                            .jwks_url = values->jwks,
                            .rules = rules,
                            .source = source};
    if (running->dev)
        issuer.issuer = dev_issuer_url(running->dev);
    jwkeep_verifier_options options;
    jwkeep_dynamic_issuers accepted;
    jwkeep_source_options of_accepted = *source;
    const jwkeep_limits limits = limit_flags_limits(&values->limits);
    jwkeep_error error;
    jwkeep_verifier_options_init(&options);
    options.issuers = &issuer;
    options.issuer_count = issuer.issuer ? 1 : 0;
    options.cache_entries = (size_t)values->token_cache;
    options.limits = &limits;
    if (accepted_flags_are_given(&values->accepted)) {
        accepted_flags_fill(&values->accepted, rules, &of_accepted, &accepted);
        options.dynamic = &accepted;
    }
    if (jwkeep_verifier_new(&options, &running->verifier, &error) == JWKEEP_OK)
        return STATUS_YES;
    if (accepted_flags_are_refused(&error))
        return report_usage("--accept-issuer: %s", error.text);
    exit_status status = source_flags_report("the issuer", &error);
    return status == STATUS_INTERNAL ? status : STATUS_USAGE;
}

static exit_status start_verifier(const struct serve *values, struct running *running) {
    jwkeep_rules rules;
    text_list audiences = values->audiences;
    rules_options wanted = values->rules;
    exit_status status = fill_rules(values, &audiences, &wanted, &rules);
    if (status != STATUS_YES)
        return status;
    jwkeep_source_options source = source_of(values, running);
    char *snapshot_file = NULL;
    if (!name_snapshot(values, &snapshot_file))
        return report_internal("out of memory");
    source.snapshot_file = snapshot_file;
    status = make_verifier(values, &rules, &source, running);
    free(snapshot_file);
    return status;
}

/* Signals are blocked: one that ends the program is seen by waiting. */
static bool is_told_to_end(void) {
    sigset_t pending;
    sigpending(&pending);
    return sigismember(&pending, SIGTERM) == 1 || sigismember(&pending, SIGINT) == 1;
}

exit_status serve_wait_for_keys(jwkeep_verifier *verifier, int64_t timeout_s) {
    jwkeep_error error = {0};
    int64_t slices = timeout_s * 1000 / START_SLICE_MS;
    jwkeep_code code = JWKEEP_KEYS_TIMEOUT;
    for (int64_t i = 0; code != JWKEEP_OK && i < slices && !is_told_to_end(); i++)
        code = jwkeep_verifier_wait_ready(verifier, START_SLICE_MS, &error);
    if (code == JWKEEP_OK)
        return STATUS_YES;
    if (is_told_to_end()) {
        report_note("ended before the keys were there");
        return STATUS_UNDECIDED;
    }
    return report_failure("no keys in time", &error);
}

static exit_status start_server(const struct serve *values, struct running *running) {
    static const char *const default_listen[] = {LISTEN};
    server_options options;
    jwkeep_error error;
    server_options_init(&options);
    options.listen = values->listen.count > 0 ? values->listen.items : default_listen;
    options.listen_count = values->listen.count > 0 ? values->listen.count : 1;
    options.admin = values->admin;
    options.admin_hosts = values->admin_hosts.items;
    options.admin_host_count = values->admin_hosts.count;
    options.verifier = running->verifier;
    options.workers = (unsigned)values->workers;
    options.log = running->audience.log;
    options.history = running->audience.history;
    if (!serve_take_sockets(&options))
        return STATUS_USAGE;
    if (server_start(&options, &running->server, &error) == JWKEEP_OK)
        return STATUS_YES;
    return report_failure("starting", &error);
}

static exit_status open_log(const struct serve *values, struct running *running) {
    log_format format = strcmp(values->log, "json") == 0 ? LOG_FORMAT_JSON : LOG_FORMAT_LOGFMT;
    return serve_open_audience(format, LOG_LEVEL_INFO, &running->audience);
}

static exit_status start(const struct serve *values, struct running *running) {
    exit_status status = open_log(values, running);
    if (status == STATUS_YES)
        status = start_dev_issuer(values, running);
    if (status == STATUS_YES)
        status = start_verifier(values, running);
    if (status == STATUS_YES && strcmp(values->start, "required") == 0)
        status = serve_wait_for_keys(running->verifier, values->start_timeout_s);
    if (status == STATUS_YES)
        status = start_server(values, running);
    return status;
}

static void print_verify_line(const char *address) {
    if (strncmp(address, "unix:", 5) == 0)
        printf("  curl -i --unix-socket '%s' -H \"Authorization: Bearer $TOKEN\" "
               "http://localhost/verify\n",
               address + 5);
    else
        printf("  curl -i -H \"Authorization: Bearer $TOKEN\" http://%s/verify\n", address);
}

static void print_lines_to_paste(const server *running, const char *dev) {
    puts(
        "\nIn another terminal: get a token, verify it, rotate the issuer's keys (and again).");
    printf("  TOKEN=$(curl -s -d sub=alice http://%s/token | "
           "sed 's/.*\"access_token\":\"\\([^\"]*\\)\".*/\\1/')\n",
           dev);
    print_verify_line(server_listen_address(running, 0));
    printf("  curl -X POST http://%s/rotate\n", dev);
    puts("\nThe test issuer signs whatever it is asked to: not for production.");
}

exit_status serve_tell_addresses(const server *running, const char *dev,
                                 const char *ready_file) {
    ready_addresses addresses = {.listen = server_listen_address(running, 0),
                                 .admin = server_admin_address(running),
                                 .dev = dev};
    for (size_t i = 0; server_listen_address(running, i); i++)
        printf("verify  %s\n", server_listen_address(running, i));
    if (addresses.admin)
        printf("admin   %s\n", addresses.admin);
    if (dev) {
        printf("issuer  %s\n", dev);
        print_lines_to_paste(running, dev);
    }
    exit_status status = output_finish();
    if (status == STATUS_YES && ready_file)
        status = ready_file_write(ready_file, &addresses);
    return status;
}

static bool may_stand_beside_config(const char *name) {
    static const char *const names[] = {"config", "check-config", "listen",
                                        "admin",  "workers",      "ready-file"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(name, names[i]) == 0)
            return true;
    }
    return false;
}

static exit_status run_configured(const struct serve *values) {
    for (size_t i = 0; i < sizeof OPTIONS / sizeof OPTIONS[0]; i++) {
        const char *name = OPTIONS[i].name;
        if (options_is_given(&OPTIONS[i], values, &DEFAULTS) && !may_stand_beside_config(name))
            return report_usage("--%s stands in the file: with --config only --check-config, "
                                "--listen, --admin, --workers and --ready-file may be given",
                                name);
    }
    if (values->listen.count > SERVER_MAX_LISTENERS)
        return report_usage("--listen is given more than %u times", SERVER_MAX_LISTENERS);
    const configured given = {
        .file = values->config,
        .checks_only = values->checks_config,
        .listen = values->listen,
        .admin = values->admin == DEFAULTS.admin ? NULL : values->admin,
        .workers = (unsigned)values->workers,
        .ready_file = values->ready_file,
    };
    return serve_configured(&given);
}

static exit_status run(const void *arguments) {
    const struct serve *values = arguments;
    struct running running = {0};
    if (values->prints_schema)
        return serve_print_schema();
    if (values->config)
        return run_configured(values);
    exit_status status = check_arguments(values);
    if (status != STATUS_YES)
        return status;
    signal(SIGPIPE, SIG_IGN);
    server_signals_block();
    status = start(values, &running);
    if (status == STATUS_YES)
        status = serve_tell_addresses(running.server,
                                      running.dev ? dev_issuer_address(running.dev) : NULL,
                                      values->ready_file);
    if (status == STATUS_YES)
        server_run(running.server);
    server_stop(running.server);
    jwkeep_verifier_free(running.verifier);
    dev_issuer_stop(running.dev);
    serve_close_audience(&running.audience);
    return status;
}

const struct command CMD_SERVE = {
    .name = "serve",
    .summary = "the verification service that stands beside a gateway",
    .details =
        "Answers ANY /verify with 200, 401 or, when the keys cannot be had, 503; and\n"
        "GET /jwks/default. The administration address has /metrics, /healthz, /readyz,\n"
        "/status, POST /refresh/ISSUER and POST /reload. Port 0 lets the system choose.\n"
        "SIGTERM ends it in good order; SIGUSR2 starts its successor, perhaps another "
        "version,\n"
        "on the same sockets.\n"
        "\n"
        "--config reads issuers, policies, listeners and limits from a YAML file; SIGHUP\n"
        "and POST /reload read it again. A file with a fault changes nothing. With\n"
        "--check-config a faulty file ends with status 2, and says where the fault is.\n"
        "\n"
        "--start says when keys are downloaded: lazy, with the first token (until then\n"
        "/readyz says no); eager, at once, while it serves already; required, before it\n"
        "serves: without keys within --start-timeout it ends with status 3.\n",
    .examples =
        "  jwkeep serve --dev\n"
        "  jwkeep serve --issuer https://idp.example --audience api\n"
        "  jwkeep serve --jwks https://idp.example/jwks.json --iss https://idp.example\n"
        "  jwkeep serve --accept-issuer 'https://*.tenants.example' --audience api\n"
        "  jwkeep serve --config jwkeep.yaml --check-config\n",
    .options = OPTION_TABLE(OPTIONS),
    .defaults = &DEFAULTS,
    .values_size = sizeof(struct serve),
    .run = run,
};
