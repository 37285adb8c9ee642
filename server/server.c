/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns putting the service together: one thread that accepts, one for administration, the
 * workers; and taking it apart in an order that loses no request. */
#include "server/server.h"
#include "base/clock.h"
#include "base/error.h"
#include "server/admin_metrics.h"
#include "server/admin_routes.h"
#include "server/alarm_watch.h"
#include "server/socket.h"
#include "server/tls_seat.h"
#include "server/upgrade.h"
#include "server/worker.h"
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define OTHER_DESCRIPTORS 256u /* listeners, downloads, loops */
#define RUN_INTERVAL_MS 1000u  /* between two looks at what is to be retired */

struct server {
    admin_context admin;
    server_worker *acceptor;
    server_worker *admin_worker; /* NULL without an administration listener */
    server_worker *workers[SERVER_MAX_WORKERS];
    verify_context *contexts[SERVER_MAX_WORKERS];
    size_t worker_count;
    size_t listen_count;
    char listen[SERVER_MAX_LISTENERS][SERVER_ADDRESS_BYTES];
    char admin_address[SERVER_ADDRESS_BYTES];
    tls_seat tls[SERVER_MAX_LISTENERS]; /* of those that have one */
    reload reload;
    policy_numbers numbers;
    /* Where a verifier was given instead of a plan. */
    server_plan usual_plan;
    server_policy usual_policy;
    char realm[POLICY_MAX_REALM_BYTES + 1];
    uint32_t grace_ms;
    bool is_started;
    bool is_listen_inherited; /* socket files are somebody else's */
    bool is_admin_inherited;
    int sockets[SERVER_MAX_LISTENERS]; /* the acceptor's */
    int admin_socket;
    pid_t successor; /* being started; 0: none */
    bool has_successor;
    event_log *log;
    event_webhook *webhook;
    /* With a webhook: what the administration sees, as the thread that runs the server does. */
    admin_context seen;
    alarm_watch *alarms;
    uint64_t seen_ticks[SERVER_MAX_WORKERS + 2];
};

void server_options_init(server_options *options) {
    *options = (server_options){
        .realm = "jwkeep",
        .wait_ms = SERVER_WAIT_MS,
        .grace_ms = SERVER_GRACE_MS,
        .unix_mode = SERVER_UNIX_MODE,
        .inherited.admin = -1,
    };
    server_limits_init(&options->limits);
}

static bool are_limits(const server_limits *limits) {
    return limits->max_connections > 0 && limits->max_per_address > 0 &&
           limits->max_parked > 0 && limits->max_parked <= limits->max_connections &&
           limits->max_output_bytes > 0 && limits->max_pipelined > 0 &&
           limits->idle_timeout_ms > 0 && limits->request_timeout_ms > 0 &&
           limits->write_timeout_ms > 0 && limits->parked_timeout_ms > 0;
}

static jwkeep_code check_options(const server_options *options, jwkeep_error *error) {
    const char *where = NULL;
    if (!options->verifier == !options->plan)
        where = "verifier";
    else if (options->reload.load && (!options->plan || !options->reload.retire))
        where = "reload";
    else if (!options->listen || options->listen_count == 0 ||
             options->listen_count > SERVER_MAX_LISTENERS)
        where = "listen";
    else if (!options->realm || !policy_is_quotable(options->realm, POLICY_MAX_REALM_BYTES))
        where = "realm";
    else if (options->workers > SERVER_MAX_WORKERS)
        where = "workers";
    else if (options->wait_ms == 0)
        where = "wait_ms";
    else if (!are_limits(&options->limits))
        where = "limits";
    return where ? jk_fail_text(error, JWKEEP_MISUSE_ARGUMENT, "not a possible value", where,
                                NULL)
                 : JWKEEP_OK;
}

static size_t count_cores(void) {
    cpu_set_t cores;
    if (sched_getaffinity(0, sizeof cores, &cores) != 0)
        return 1;
    size_t count = (size_t)CPU_COUNT(&cores);
    return count < SERVER_MAX_WORKERS ? count : SERVER_MAX_WORKERS;
}

static void raise_descriptor_limit(size_t wanted) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= wanted)
        return;
    limit.rlim_cur = limit.rlim_max < wanted ? limit.rlim_max : wanted;
    /* Without it, accepting pauses when descriptors run out. */
    (void)setrlimit(RLIMIT_NOFILE, &limit);
}

static size_t share_of(size_t whole, size_t parts) {
    return (whole + parts - 1) / parts;
}

static void free_context(verify_context *context) {
    if (!context)
        return;
    plan_seat_done(&context->seat);
    jwkeep_token_free(context->token);
    free(context);
}

static jwkeep_code add_worker(server *it, const server_options *options,
                              const server_limits *share, jwkeep_error *error) {
    size_t index = it->worker_count;
    verify_context *context = calloc(1, sizeof *context);
    if (!context)
        return jk_fail(error, JWKEEP_OUT_OF_MEMORY);
    context->wait_ms = options->wait_ms;
    context->log = options->log;
    context->numbers = &it->numbers;
    jwkeep_code code = jwkeep_token_new(&context->token, error);
    if (code == JWKEEP_OK)
        code = server_worker_new(&verify_service, context, share, &it->workers[index], error);
    if (code != JWKEEP_OK) {
        free_context(context);
        return code;
    }
    reload_add_seat(&it->reload, &context->seat);
    it->contexts[index] = context;
    it->admin.loops[index] = server_worker_counters(it->workers[index]);
    it->admin.decisions[index] = &context->counters;
    it->admin.worker_count = ++it->worker_count;
    return JWKEEP_OK;
}

static jwkeep_code make_workers(server *it, const server_options *options,
                                jwkeep_error *error) {
    size_t count = options->workers ? options->workers : count_cores();
    server_limits share = options->limits;
    server_limits of_admin = options->limits;
    of_admin.max_output_bytes = SERVER_MAX_ADMIN_OUTPUT_BYTES;
    share.max_connections = share_of(share.max_connections, count);
    share.max_parked = share_of(share.max_parked, count);
    jwkeep_code code = JWKEEP_OK;
    while (code == JWKEEP_OK && it->worker_count < count)
        code = add_worker(it, options, &share, error);
    if (code == JWKEEP_OK)
        code = server_worker_new(&verify_service, NULL, &share, &it->acceptor, error);
    if (code == JWKEEP_OK && options->admin)
        code =
            server_worker_new(&admin_service, &it->admin, &of_admin, &it->admin_worker, error);
    if (code == JWKEEP_OK)
        it->admin.acceptor = server_worker_counters(it->acceptor);
    return code;
}

static jwkeep_code add_listener(server *it, const server_options *options, int socket,
                                jwkeep_error *error) {
    size_t index = it->listen_count++;
    it->sockets[index] = socket;
    const server_tls *files = options->listen_tls && index < options->listen_count
                                  ? &options->listen_tls[index]
                                  : NULL;
    tls_seat *tls = files && files->certificate_file ? &it->tls[index] : NULL;
    jwkeep_code code = JWKEEP_OK;
    if (tls)
        code = tls_seat_init(tls, files->certificate_file, files->key_file, error);
    if (code != JWKEEP_OK) {
        close(socket);
        return code;
    }
    return server_worker_listen(it->acceptor, socket, it->workers, it->worker_count, tls,
                                error);
}

static jwkeep_code open_listener(server *it, const server_options *options, size_t index,
                                 jwkeep_error *error) {
    int socket = -1;
    uint32_t mode = options->listen_modes ? options->listen_modes[index] : options->unix_mode;
    jwkeep_code code = server_socket_listen(options->listen[index], mode, "listen", &socket,
                                            it->listen[index], error);
    return code == JWKEEP_OK ? add_listener(it, options, socket, error) : code;
}

static jwkeep_code take_listener(server *it, const server_options *options, int socket,
                                 jwkeep_error *error) {
    jwkeep_code code =
        server_socket_adopt(socket, "listen", it->listen[it->listen_count], error);
    return code == JWKEEP_OK ? add_listener(it, options, socket, error) : code;
}

static jwkeep_code open_admin(server *it, const server_options *options, jwkeep_error *error) {
    int socket = options->inherited.admin;
    uint32_t mode = options->admin_mode ? options->admin_mode : options->unix_mode;
    jwkeep_code code = socket >= 0
                           ? server_socket_adopt(socket, "admin", it->admin_address, error)
                           : server_socket_listen(options->admin, mode, "admin", &socket,
                                                  it->admin_address, error);
    it->is_admin_inherited = options->inherited.admin >= 0;
    it->admin_socket = socket;
    return code == JWKEEP_OK ? server_worker_listen(it->admin_worker, socket, &it->admin_worker,
                                                    1, NULL, error)
                             : code;
}

/* A socket too many would be served in the clear, and tokens with it. */
static jwkeep_code check_inherited(const server_options *options, jwkeep_error *error) {
    size_t count = options->inherited.verify_count;
    bool has_tls = false;
    for (size_t i = 0; options->listen_tls && i < options->listen_count; i++)
        has_tls |= options->listen_tls[i].certificate_file != NULL;
    if (!has_tls || count == 0 || count == options->listen_count)
        return JWKEEP_OK;
    return jk_fail_text(error, JWKEEP_MISUSE_ARGUMENT,
                        "as many sockets as listeners must be handed over, since some have TLS",
                        "listen", NULL);
}

static jwkeep_code open_listeners(server *it, const server_options *options,
                                  jwkeep_error *error) {
    const notify_sockets *inherited = &options->inherited;
    it->is_listen_inherited = inherited->verify_count > 0;
    jwkeep_code code = check_inherited(options, error);
    for (size_t i = 0; code == JWKEEP_OK && i < inherited->verify_count; i++)
        code = take_listener(it, options, inherited->verify[i], error);
    for (size_t i = 0;
         code == JWKEEP_OK && !it->is_listen_inherited && i < options->listen_count; i++)
        code = open_listener(it, options, i, error);
    return code == JWKEEP_OK && it->admin_worker ? open_admin(it, options, error) : code;
}

static jwkeep_code start_threads(server *it, jwkeep_error *error) {
    jwkeep_code code = JWKEEP_OK;
    for (size_t i = 0; code == JWKEEP_OK && i < it->worker_count; i++)
        code = server_worker_start(it->workers[i], error);
    if (code == JWKEEP_OK && it->admin_worker)
        code = server_worker_start(it->admin_worker, error);
    /* Last: from here on requests come in. */
    return code == JWKEEP_OK ? server_worker_start(it->acceptor, error) : code;
}

static void settle_plan(server *it, const server_options *options) {
    if (options->verifier) {
        memcpy(it->realm, options->realm, strlen(options->realm) + 1);
        policy_init(&it->usual_policy, "default", options->verifier, it->realm);
        it->usual_plan.catalogue = options->verifier;
        it->usual_plan.policies = &it->usual_policy;
        it->usual_plan.policy_count = 1;
        it->usual_plan.admin_hosts = options->admin_hosts;
        it->usual_plan.admin_host_count = options->admin_host_count;
    }
    reload_init(&it->reload, &options->reload, options->plan ? options->plan : &it->usual_plan);
    it->admin.reload = &it->reload;
    reload_add_seat(&it->reload, &it->admin.seat);
    it->admin.verifier = it->reload.present->catalogue;
}

/* After the workers are made, and before any thread runs. */
static jwkeep_code open_watch(server *it, jwkeep_error *error) {
    if (!it->webhook)
        return JWKEEP_OK;
    it->seen = it->admin;
    it->seen.seat = (plan_seat){0};
    reload_add_seat(&it->reload, &it->seen.seat);
    return alarm_watch_new(&it->alarms, error);
}

static void tell_of_service(const server *it, webhook_kind kind) {
    const server_plan *plan = it->reload.present;
    event_webhook_tell_service(it->webhook, kind, plan->policy_count,
                               jwkeep_verifier_issuer_count(plan->catalogue));
}

jwkeep_code server_start(const server_options *options, server **ret_server,
                         jwkeep_error *error) {
    jwkeep_code code = check_options(options, error);
    if (code != JWKEEP_OK)
        return code;
    server *it = calloc(1, sizeof *it);
    if (!it)
        return jk_fail(error, JWKEEP_OUT_OF_MEMORY);
    it->grace_ms = options->grace_ms;
    it->admin_socket = -1;
    it->log = options->log;
    policy_numbers_init(&it->numbers);
    it->admin.numbers = &it->numbers;
    it->admin.history = options->history;
    it->admin.webhook = it->webhook = options->webhook;
    settle_plan(it, options);
    it->admin.started_ms = jk_clock_wall_ms();
    raise_descriptor_limit(options->limits.max_connections + OTHER_DESCRIPTORS);
    code = make_workers(it, options, error);
    if (code == JWKEEP_OK)
        code = open_watch(it, error);
    if (code == JWKEEP_OK)
        code = open_listeners(it, options, error);
    if (code == JWKEEP_OK)
        code = start_threads(it, error);
    if (code != JWKEEP_OK) {
        it->grace_ms = 0;
        it->reload.present = NULL; /* the caller's still */
        server_stop(it);
        return code;
    }
    it->is_started = true;
    EVENT(it->log, LOG_STARTED, "answering", LOG_TEXT("listen", it->listen[0]),
          LOG_TEXT("admin", it->admin_address),
          LOG_NUMBER("workers", (int64_t)it->worker_count),
          LOG_NUMBER("policies", (int64_t)it->reload.present->policy_count));
    tell_of_service(it, WEBHOOK_STARTED);
    *ret_server = it;
    return JWKEEP_OK;
}

static void signals_of_running(sigset_t *ret_signals) {
    sigemptyset(ret_signals);
    sigaddset(ret_signals, SIGTERM);
    sigaddset(ret_signals, SIGINT);
    sigaddset(ret_signals, SIGHUP);
    sigaddset(ret_signals, SIGUSR2);
}

void server_signals_block(void) {
    sigset_t signals;
    signals_of_running(&signals);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
}

static void reload_certificates(server *it) {
    for (size_t i = 0; i < it->listen_count; i++) {
        jwkeep_error error = {0};
        if (it->tls[i].identity && tls_seat_reload(&it->tls[i], &error) != JWKEEP_OK)
            EVENT(it->log, LOG_RELOAD_FAILED, "the earlier certificate stays",
                  LOG_TEXT("listen", it->listen[i]), LOG_TEXT("fault", error.text));
    }
}

static void reload_now(server *it) {
    char fault[RELOAD_FAULT_BYTES] = "";
    notify_reloading();
    reload_certificates(it);
    bool is_loaded = reload_run(&it->reload, fault);
    if (is_loaded)
        EVENT(it->log, LOG_RELOADED, "the configuration was read again",
              LOG_NUMBER("policies", (int64_t)it->reload.present->policy_count));
    else
        EVENT(it->log, LOG_RELOAD_FAILED, "the earlier configuration stays",
              LOG_TEXT("fault", fault));
    tell_of_service(it, is_loaded ? WEBHOOK_RELOADED : WEBHOOK_RELOAD_FAILED);
    notify_reloaded(is_loaded ? NULL : fault);
}

static void add_alarm(void *user, const service_alarm *seen) {
    alarm_watch *alarms = user;
    if (strcmp(seen->kind, ALARM_OF_WEBHOOK) != 0)
        alarm_watch_add(alarms, seen);
}

static void tell_of_alarm(void *user, bool is_raised, const service_alarm *changed) {
    event_webhook_tell_alarm(user, is_raised, changed);
}

static void watch_alarms(server *it) {
    if (!it->alarms)
        return;
    /* Held no longer than needed: the plan before may be let go of. */
    it->seen.verifier = plan_seat_look(&it->seen.seat)->catalogue;
    jwkeep_webhook_status status;
    if (!event_webhook_status(it->webhook, &status)) {
        alarm_watch_forget(it->alarms);
        return;
    }
    admin_take_sample(&it->seen);
    alarm_watch_begin(it->alarms);
    alarms_visit(&it->seen, add_alarm, it->alarms);
    alarm_watch_end(it->alarms, tell_of_alarm, it->webhook);
}

static bool has_ticked(server *it, size_t index, const server_loop_counters *counters) {
    uint64_t ticks = server_counter_get(&counters->ticks);
    bool has = ticks != it->seen_ticks[index];
    it->seen_ticks[index] = ticks;
    return has;
}

/* Each loop turns, however long ago it was asked last. */
static bool is_alive(server *it) {
    bool is_it = has_ticked(it, SERVER_MAX_WORKERS, server_worker_counters(it->acceptor));
    for (size_t i = 0; i < it->worker_count; i++)
        is_it = has_ticked(it, i, server_worker_counters(it->workers[i])) && is_it;
    if (it->admin_worker)
        is_it =
            has_ticked(it, SERVER_MAX_WORKERS + 1, server_worker_counters(it->admin_worker)) &&
            is_it;
    return is_it;
}

/* Between two looks a loop has time for several ticks, or it is none of a watchdog's. */
static struct timespec interval_of(uint32_t watchdog_ms) {
    uint32_t interval_ms =
        watchdog_ms > 0 && watchdog_ms < RUN_INTERVAL_MS ? watchdog_ms : RUN_INTERVAL_MS;
    if (interval_ms < 2 * SERVER_TICK_MS)
        interval_ms = 2 * SERVER_TICK_MS;
    return (struct timespec){.tv_sec = interval_ms / 1000,
                             .tv_nsec = (long)(interval_ms % 1000) * 1000000};
}

static void upgrade(server *it) {
    if (it->successor > 0)
        return;
    if (getpid() == 1) {
        EVENT(it->log, LOG_UPGRADE_FAILED, "a container ends with its first process",
              LOG_NUMBER("pid", 1));
        return;
    }
    pid_t pid = upgrade_start(it->sockets, it->listen_count, it->admin_socket);
    if (pid > 0) {
        it->successor = pid;
        EVENT(it->log, LOG_UPGRADING, "a successor is being started", LOG_NUMBER("pid", pid));
    } else {
        EVENT(it->log, LOG_UPGRADE_FAILED, "no successor could be started",
              LOG_TEXT("error", strerrordesc_np(errno)));
    }
}

static void watch_successor(server *it) {
    int status = 0;
    if (it->successor <= 0 || waitpid(it->successor, &status, WNOHANG) != it->successor)
        return;
    EVENT(it->log, LOG_UPGRADE_FAILED, "the successor has ended before it answered",
          LOG_NUMBER("pid", it->successor),
          LOG_NUMBER("status", WIFEXITED(status) ? WEXITSTATUS(status) : -1));
    it->successor = 0;
}

/* The successor answers, and wants us to end: sockets, and their files, are its own. */
static void hand_over(server *it) {
    char state[64];
    it->has_successor = it->is_listen_inherited = it->is_admin_inherited = true;
    snprintf(state, sizeof state, "MAINPID=%ld\nSTATUS=", (long)it->successor);
    notify_send(state);
    EVENT(it->log, LOG_SUCCEEDED, "the successor answers", LOG_NUMBER("pid", it->successor));
}

/* Whoever ends the service means all of it; and the socket files go now. */
static void end_successor(const server *it) {
    if (it->successor > 0 && !it->has_successor)
        kill(it->successor, SIGTERM);
}

int server_run(server *it) {
    uint32_t watchdog_ms = notify_watchdog_ms();
    const struct timespec interval = interval_of(watchdog_ms);
    sigset_t signals;
    server_signals_block();
    signals_of_running(&signals);
    reload_set_runner(&it->reload, pthread_self());
    /* Until its predecessor has said so, nobody listens to a successor. */
    if (!upgrade_relieve())
        notify_send("READY=1");
    for (;;) {
        siginfo_t from = {0};
        int signal = sigtimedwait(&signals, &from, &interval);
        if (signal == SIGTERM && it->successor > 0 && from.si_pid == it->successor)
            hand_over(it);
        if (signal == SIGTERM || signal == SIGINT) {
            end_successor(it);
            return signal;
        }
        if (signal == SIGHUP)
            reload_now(it);
        else if (signal == SIGUSR2)
            upgrade(it);
        else if (watchdog_ms > 0 && is_alive(it))
            notify_send("WATCHDOG=1");
        watch_successor(it);
        watch_alarms(it);
        reload_collect(&it->reload);
        event_log_flush(it->log);
    }
}

static int64_t sum_of(const server *it, size_t offset) {
    uint64_t sum = 0;
    for (size_t i = 0; i < it->worker_count; i++) {
        const char *counters = (const char *)server_worker_counters(it->workers[i]);
        sum += server_counter_get((const server_counter *)(const void *)(counters + offset));
    }
    return (int64_t)sum;
}

#define SUM_OF(it, field) sum_of(it, offsetof(server_loop_counters, field))

/* Socket files go before their listeners do: while somebody listens no successor replaces
 * the file, so it is still ours. */
static void close_listeners(server *it) {
    for (size_t i = 0; !it->is_listen_inherited && i < it->listen_count; i++)
        server_socket_remove(it->listen[i]);
    if (it->acceptor)
        server_worker_close_listeners(it->acceptor);
}

static void end_administration(server *it) {
    if (!it->is_admin_inherited)
        server_socket_remove(it->admin_address);
    server_worker_free(it->admin_worker);
}

/* Within what is left of the grace period. */
static size_t drain_webhook(const server *it, int64_t began_ms) {
    int64_t left_ms = it->grace_ms - (jk_clock_monotonic_ms() - began_ms);
    return event_webhook_drain(it->webhook, left_ms > 0 ? (uint32_t)left_ms : 0);
}

void server_stop(server *it) {
    size_t undelivered = 0;
    if (!it)
        return;
    atomic_store_explicit(&it->admin.is_draining, true, memory_order_release);
    int64_t began_ms = jk_clock_monotonic_ms();
    if (it->is_started) {
        if (!it->has_successor)
            notify_send("STOPPING=1");
        EVENT(it->log, LOG_DRAINING, "no new connections; requests in flight are answered",
              LOG_NUMBER("connections", SUM_OF(it, open)),
              LOG_NUMBER("parked", SUM_OF(it, parked)), LOG_NUMBER("grace_ms", it->grace_ms));
        tell_of_service(it, WEBHOOK_DRAINING);
    }
    close_listeners(it);
    for (size_t i = 0; i < it->worker_count; i++)
        server_worker_stop(it->workers[i], it->grace_ms);
    for (size_t i = 0; i < it->worker_count; i++)
        server_worker_join(it->workers[i]);
    if (it->is_started && it->webhook)
        undelivered = drain_webhook(it, began_ms);
    if (it->is_started)
        EVENT(it->log, LOG_ENDED, "every connection is closed",
              LOG_NUMBER("took_ms", jk_clock_monotonic_ms() - began_ms),
              LOG_NUMBER("cut", SUM_OF(it, cut)), LOG_NUMBER("requests", SUM_OF(it, requests)),
              LOG_NUMBER("connections", SUM_OF(it, accepted)),
              LOG_NUMBER(it->webhook ? "webhook_undelivered" : NULL, (int64_t)undelivered),
              LOG_NUMBER("uptime_s", (jk_clock_wall_ms() - it->admin.started_ms) / 1000));
    /* Before what it reads: the figures are the workers'. */
    end_administration(it);
    for (size_t i = 0; i < it->worker_count; i++) {
        server_worker_free(it->workers[i]);
        free_context(it->contexts[i]);
    }
    server_worker_free(it->acceptor);
    plan_seat_done(&it->admin.seat);
    plan_seat_done(&it->seen.seat);
    alarm_watch_free(it->alarms);
    reload_done(&it->reload);
    policy_numbers_done(&it->numbers);
    for (size_t i = 0; i < SERVER_MAX_LISTENERS; i++)
        tls_seat_done(&it->tls[i]);
    free(it);
}

const char *server_listen_address(const server *it, size_t index) {
    return index < it->listen_count ? it->listen[index] : NULL;
}

const char *server_admin_address(const server *it) {
    return it->admin_address[0] ? it->admin_address : NULL;
}
