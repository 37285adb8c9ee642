/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns `jwkeep serve --config`: reading the file, at the start and again, and what it starts.
 */
#include "cli/cmd/serve/serve.h"
#include "cli/output.h"
#include "cli/report.h"
#include "server/config/build.h"
#include "server/config/schema.h"
#include "server/config/webhook.h"
#include <signal.h>
#include <stdio.h>
#include <string.h>

#define MAX_SCHEMA_BYTES (1u << 20)

/* What runs, in the order it is started; ended in the other. */
struct running {
    const char *file;
    serve_audience audience;
    config_pool *pool;
    server_plan *plan; /* until the server has it */
    server *server;
};

/* A plan, and who is told of events from now on. */
static bool load_again(struct running *running, const server_plan *present,
                       server_plan **ret_plan, config_fault *fault) {
    config *loaded;
    server_plan *plan;
    if (!config_load(running->file, &loaded, fault) ||
        !config_build(loaded, running->pool, present, &plan, fault))
        return false;
    if (!config_webhook_apply(&config_plan_settings(plan)->webhook, running->audience.webhook,
                              fault)) {
        config_plan_free(running->pool, plan);
        return false;
    }
    *ret_plan = plan;
    return true;
}

static bool reload_plan(void *user, const server_plan *present, server_plan **ret_plan,
                        char ret_fault[RELOAD_FAULT_BYTES]) {
    struct running *running = user;
    config_fault fault;
    if (load_again(running, present, ret_plan, &fault))
        return true;
    config_fault_write(&fault, running->file, ret_fault);
    return false;
}

static void retire_plan(void *user, server_plan *plan) {
    struct running *running = user;
    config_plan_free(running->pool, plan);
}

static exit_status refuse(const struct running *running, const config_fault *fault) {
    char line[CONFIG_FAULT_LINE_BYTES];
    config_fault_write(fault, running->file, line);
    return report_usage("%s", line);
}

/* Before there are sources: their first events are told, too. */
static exit_status open_webhook(const configured *values, const config_settings *settings,
                                struct running *running) {
    config_fault fault;
    jwkeep_error error;
    if (values->checks_only)
        return STATUS_YES;
    if (event_webhook_new(running->audience.log, &running->audience.webhook, &error) !=
        JWKEEP_OK)
        return report_failure("starting", &error);
    return config_webhook_check(&settings->webhook, &fault) &&
                   config_webhook_apply(&settings->webhook, running->audience.webhook, &fault)
               ? STATUS_YES
               : refuse(running, &fault);
}

static exit_status open_pool(const configured *values, struct running *running) {
    config *loaded;
    config_fault fault;
    jwkeep_error error;
    if (!config_load(running->file, &loaded, &fault))
        return refuse(running, &fault);
    const config_settings *settings = config_get(loaded);
    exit_status status = serve_open_audience(
        (log_format)settings->log.format, (log_level)settings->log.level, &running->audience);
    if (status == STATUS_YES)
        status = open_webhook(values, settings, running);
    if (status != STATUS_YES) {
        config_free(loaded);
        return status;
    }
    if (config_pool_new(settings->max_downloads, values->checks_only, serve_tell_event,
                        &running->audience, &running->pool, &error) != JWKEEP_OK) {
        config_free(loaded);
        return report_failure("starting", &error);
    }
    return config_build(loaded, running->pool, NULL, &running->plan, &fault)
               ? STATUS_YES
               : refuse(running, &fault);
}

static exit_status tell_that_it_is_good(const struct running *running) {
    const config_settings *settings = config_plan_settings(running->plan);
    printf("%s: in order: %zu issuers, %zu policies\n", running->file, settings->issuers.count,
           settings->policies.count);
    return output_finish();
}

static void fill_listeners(const configured *values, const config_settings *settings,
                           server_options *options) {
    static const char *const usual[] = {"127.0.0.1:8080"};
    static const char *addresses[SERVER_MAX_LISTENERS];
    static uint32_t modes[SERVER_MAX_LISTENERS];
    static server_tls tls[SERVER_MAX_LISTENERS];
    const config_listener *listeners = settings->listeners.items;
    options->listen = usual;
    options->listen_count = 1;
    for (size_t i = 0; i < settings->listeners.count; i++) {
        addresses[i] = listeners[i].address;
        modes[i] = listeners[i].unix_mode;
        tls[i] = (server_tls){listeners[i].tls.certificate_file, listeners[i].tls.key_file};
        options->listen = addresses;
        options->listen_tls = tls;
        options->listen_modes = modes;
        options->listen_count = settings->listeners.count;
    }
    if (values->listen.count > 0) {
        options->listen = values->listen.items;
        options->listen_modes = NULL;
        options->listen_tls = NULL;
        options->listen_count = values->listen.count;
    }
}

static exit_status start_server(const configured *values, struct running *running) {
    const config_settings *settings = config_plan_settings(running->plan);
    server_options options;
    jwkeep_error error;
    server_options_init(&options);
    fill_listeners(values, settings, &options);
    options.admin = settings->admin.is_off ? NULL : settings->admin.address;
    options.admin_mode = settings->admin.unix_mode;
    if (values->admin)
        options.admin = values->admin;
    options.workers = values->workers ? values->workers : settings->workers;
    options.wait_ms = settings->wait_ms;
    options.grace_ms = settings->grace_ms;
    options.limits = settings->limits.of_server;
    options.log = running->audience.log;
    options.history = running->audience.history;
    options.webhook = running->audience.webhook;
    options.plan = running->plan;
    options.reload = (reload_source){reload_plan, retire_plan, running};
    if (!serve_take_sockets(&options))
        return STATUS_USAGE;
    if (server_start(&options, &running->server, &error) != JWKEEP_OK)
        return report_failure("starting", &error);
    running->plan = NULL; /* the server retires it */
    return STATUS_YES;
}

static exit_status start(const configured *values, struct running *running) {
    const config_settings *settings = config_plan_settings(running->plan);
    exit_status status = STATUS_YES;
    if (settings->start == CONFIG_START_REQUIRED)
        status = serve_wait_for_keys(running->plan->catalogue, settings->start_timeout_s);
    if (status == STATUS_YES)
        status = start_server(values, running);
    if (status == STATUS_YES)
        status = serve_tell_addresses(running->server, NULL, values->ready_file);
    return status;
}

exit_status serve_configured(const configured *values) {
    struct running running = {.file = values->file};
    signal(SIGPIPE, SIG_IGN);
    server_signals_block();
    exit_status status = open_pool(values, &running);
    if (status == STATUS_YES && values->checks_only)
        status = tell_that_it_is_good(&running);
    else if (status == STATUS_YES)
        status = start(values, &running);
    if (status == STATUS_YES && running.server)
        server_run(running.server);
    server_stop(running.server);
    config_plan_free(running.pool, running.plan);
    config_pool_free(running.pool);
    serve_close_audience(&running.audience);
    return status;
}

exit_status serve_print_schema(void) {
    jwkeep_buffer buffer;
    jwkeep_buffer_init(&buffer, MAX_SCHEMA_BYTES);
    jwkeep_code code = config_schema_write(&buffer);
    if (code == JWKEEP_OK)
        printf("%.*s\n", (int)buffer.size, (const char *)buffer.data);
    jwkeep_buffer_done(&buffer);
    return code == JWKEEP_OK ? output_finish() : report_internal("out of memory");
}
