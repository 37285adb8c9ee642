/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns `jwkeep jwks watch`: a source kept as a verifier keeps it, and a line for everything
 * that happens to it. */
#include "cli/command.h"
#include "cli/output.h"
#include "cli/remote.h"
#include "cli/source_flags.h"
#include "cli/when.h"
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#define MAX_DURATION_S (365 * 86400)

struct watch {
    const char *url;
    const char *issuer;
    bool is_json;
    int64_t count;
    int64_t for_s;
    source_flags source;
    remote_options remote;
};

static const struct watch DEFAULTS = {.source = SOURCE_FLAGS_DEFAULTS,
                                      .remote.timeout_s = REMOTE_TIMEOUT_S};

static const option_spec OPTIONS[] = {
    OPERAND(struct watch, url, "URL", "where the JWK Set is"),
    TEXT(struct watch, issuer, "issuer", "URL", "instead: an issuer, asked by discovery"),
    FLAG(struct watch, is_json, "json", "one JSON object a line"),
    NUMBER(struct watch, count, "count", "N", 1, INT32_MAX, "end after so many events"),
    NUMBER(struct watch, for_s, "for", "S", 1, MAX_DURATION_S, "end after so many seconds"),
    SOURCE_FLAGS(struct watch),
    REMOTE_OPTIONS(struct watch),
};

/* What the callback needs; only the refresher's thread is in it, and only until the source
 * has been freed. */
struct session {
    bool is_json;
    int64_t left; /* events still to be printed; negative: no end */
    int wake;     /* an eventfd: nothing more is to be printed */
};

static const char *event_name(jwkeep_event_kind kind) {
    static const char *const names[] = {
        [JWKEEP_EVENT_REFRESHED] = "refreshed", [JWKEEP_EVENT_UNCHANGED] = "unchanged",
        [JWKEEP_EVENT_FAILED] = "failed",       [JWKEEP_EVENT_KEY_ADDED] = "added",
        [JWKEEP_EVENT_KEY_REMOVED] = "removed", [JWKEEP_EVENT_KID_REUSED] = "reused",
        [JWKEEP_EVENT_KEY_SKIPPED] = "skipped", [JWKEEP_EVENT_EMPTY_KEPT] = "kept",
        [JWKEEP_EVENT_SIZE_ALARM] = "alarm",    [JWKEEP_EVENT_STALE] = "stale",
        [JWKEEP_EVENT_RESTORED] = "restored",   [JWKEEP_EVENT_SNAPSHOT_FAILED] = "snapshot",
    };
    size_t index = (size_t)kind;
    return index < sizeof names / sizeof *names && names[index] ? names[index] : "other";
}

static const char *trigger_name(jwkeep_trigger trigger) {
    static const char *const names[JWKEEP_TRIGGER_COUNT] = {
        [JWKEEP_TRIGGER_START] = "start",     [JWKEEP_TRIGGER_SCHEDULE] = "schedule",
        [JWKEEP_TRIGGER_MISS] = "miss",       [JWKEEP_TRIGGER_TRAILING] = "trailing",
        [JWKEEP_TRIGGER_REQUEST] = "request", [JWKEEP_TRIGGER_SIGNATURE] = "signature",
    };
    return names[trigger];
}

/* RFC 3339: "2026-11-23T15:06:00.123Z". */
static void write_time(char *ret_text, size_t size) {
    int64_t now_ms = when_now_ms();
    time_t now_s = (time_t)(now_ms / 1000);
    struct tm parts;
    char date[32];
    gmtime_r(&now_s, &parts);
    strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &parts);
    snprintf(ret_text, size, "%s.%03dZ", date, (int)(now_ms % 1000));
}

static void print_kid(jwkeep_span kid) {
    fputs("kid ", stdout);
    report_safely(stdout, jwkeep_span_is_present(kid) ? kid : JWKEEP_SPAN("-"));
}

static void print_text(const jwkeep_event *event, const char *time) {
    printf("%s  %-9s  ", time, event_name(event->kind));
    if (event->key) {
        print_kid(jwkeep_jwk_kid(event->key));
        fputs("  thumbprint ", stdout);
        output_bytes(jwkeep_jwk_thumbprint_text(event->key));
    } else if (event->skip) {
        print_kid(event->skip->kid);
        fputs("  ", stdout);
        report_words(stdout, &event->skip->why);
    } else if (event->error) {
        report_words(stdout, event->error);
    } else {
        printf("generation %llu, %zu keys", (unsigned long long)event->generation,
               event->count);
    }
    printf("  (%s)\n", trigger_name(event->trigger));
}

static void write_skip(jwkeep_json_writer *writer, const jwkeep_keyset_skip *skip) {
    if (jwkeep_span_is_present(skip->kid))
        jwkeep_json_write_member_string(writer, "kid", skip->kid);
    jwkeep_json_write_member_int64(writer, "index", (int64_t)skip->index);
}

static void write_event(jwkeep_json_writer *writer, const jwkeep_event *event,
                        const char *time) {
    const jwkeep_error *error = event->skip ? &event->skip->why : event->error;
    jwkeep_json_write_object(writer);
    jwkeep_json_write_member_string(writer, "time", jwkeep_span_text(time));
    jwkeep_json_write_member_string(writer, "event", jwkeep_span_text(event_name(event->kind)));
    jwkeep_json_write_member_string(writer, "trigger",
                                    jwkeep_span_text(trigger_name(event->trigger)));
    jwkeep_json_write_member_int64(writer, "generation", (int64_t)event->generation);
    jwkeep_json_write_member_int64(writer, "keys", (int64_t)event->count);
    if (event->key)
        output_write_key_facts(writer, event->key);
    if (event->skip)
        write_skip(writer, event->skip);
    if (error) {
        jwkeep_json_write_name(writer, JWKEEP_SPAN("error"));
        output_write_error(writer, error);
    }
    jwkeep_json_write_end(writer);
}

static void print_json(const jwkeep_event *event, const char *time) {
    jwkeep_buffer buffer;
    jwkeep_json_writer writer;
    jwkeep_buffer_init(&buffer, OUTPUT_MAX_BYTES);
    jwkeep_json_writer_init(&writer, &buffer);
    write_event(&writer, event, time);
    output_written(&writer, &buffer);
}

static void tell_event(void *user, const jwkeep_event *event) {
    struct session *session = user;
    char time[48];
    if (session->left == 0)
        return;
    write_time(time, sizeof time);
    if (session->is_json)
        print_json(event, time);
    else
        print_text(event, time);
    bool is_written = fflush(stdout) == 0;
    if (session->left > 0)
        session->left--;
    if (!is_written)
        session->left = 0;
    if (session->left == 0)
        eventfd_write(session->wake, 1);
}

static int64_t monotonic_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Until a signal, the last event or the end of the time. */
static void wait_for_end(int signals, int wake, int64_t for_s) {
    struct pollfd ends[] = {{.fd = signals, .events = POLLIN}, {.fd = wake, .events = POLLIN}};
    int64_t until_ms = for_s > 0 ? monotonic_ms() + for_s * 1000 : INT64_MAX;
    for (;;) {
        int64_t left_ms = for_s > 0 ? until_ms - monotonic_ms() : -1;
        if (for_s > 0 && left_ms <= 0)
            return;
        int found = poll(ends, 2, left_ms > INT32_MAX ? INT32_MAX : (int)left_ms);
        if (found > 0 || (found < 0 && errno != EINTR))
            return;
    }
}

static exit_status watch_source(const struct watch *values, struct session *session,
                                int signals) {
    jwkeep_source_options options;
    jwkeep_refresher *refresher = NULL;
    jwkeep_source *source = NULL;
    jwkeep_error error;
    remote_fill(&values->remote, &options);
    source_flags_fill(&values->source, &options);
    options.url = values->url;
    options.issuer = values->issuer;
    options.is_eager = true;
    options.on_event = tell_event;
    options.user = session;
    jwkeep_code code = jwkeep_refresher_new(1, &refresher, &error);
    if (code == JWKEEP_OK)
        code = jwkeep_source_new(refresher, &options, &source, &error);
    if (code == JWKEEP_OK)
        wait_for_end(signals, session->wake, values->for_s);
    jwkeep_source_free(source);
    jwkeep_refresher_free(refresher);
    if (code == JWKEEP_OK)
        return STATUS_YES;
    /* Nothing has been asked yet: it is in the arguments. */
    exit_status status =
        source_flags_report(values->url ? values->url : values->issuer, &error);
    return status == STATUS_INTERNAL ? status : STATUS_USAGE;
}

/* Before a thread is made: all of them block what ends the program, and one place reads it. */
static int open_signals(void) {
    sigset_t ending;
    sigemptyset(&ending);
    sigaddset(&ending, SIGINT);
    sigaddset(&ending, SIGTERM);
    sigprocmask(SIG_BLOCK, &ending, NULL);
    return signalfd(-1, &ending, SFD_CLOEXEC);
}

static exit_status run(const void *arguments) {
    const struct watch *values = arguments;
    if (!values->url == !values->issuer)
        return report_usage("say where the keys are: URL, or --issuer URL");
    struct session session = {.is_json = values->is_json,
                              .left = values->count > 0 ? values->count : -1,
                              .wake = eventfd(0, EFD_CLOEXEC)};
    int signals = open_signals();
    exit_status status = session.wake < 0 || signals < 0
                             ? report_internal("watching: %s", strerror(errno))
                             : watch_source(values, &session, signals);
    if (signals >= 0)
        close(signals);
    if (session.wake >= 0)
        close(session.wake);
    return status;
}

const struct command CMD_JWKS_WATCH = {
    .group = "jwks",
    .name = "watch",
    .summary = "keep a set fresh and print what happens to it",
    .details = "Downloads as a verifier does, and prints a line for each event: refreshed,\n"
               "unchanged, added, removed, reused (other material under an old kid), skipped,\n"
               "failed. Ends with --count, --for, or in good order with SIGINT or SIGTERM.\n",
    .examples = "  jwkeep jwks watch https://idp.example/jwks.json\n"
                "  jwkeep jwks watch --issuer https://idp.example --json --for 3600\n",
    .options = OPTION_TABLE(OPTIONS),
    .defaults = &DEFAULTS,
    .values_size = sizeof(struct watch),
    .run = run,
};
