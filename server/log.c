/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the lines of the log, their rate and their way to the descriptor. */
#include "server/log.h"
#include "base/clock.h"
#include "base/error.h"
#include <errno.h>
#include <fcntl.h>
#include <jwkeep/json.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static const char *const LEVEL_NAMES[] = {"error", "warning", "info", "debug"};
/* What the journal takes for the priority of a line (sd-daemon(3)). */
static const char *const PRIORITIES[] = {"<3>", "<4>", "<6>", "<7>"};
#define PRIORITY_BYTES 3u

static const struct {
    const char *name;
    log_level level;
} KINDS[LOG_KIND_COUNT] = {
    [LOG_STARTED] = {"started", LOG_LEVEL_INFO},
    [LOG_RELOADED] = {"reloaded", LOG_LEVEL_INFO},
    [LOG_RELOAD_FAILED] = {"reload_failed", LOG_LEVEL_ERROR},
    [LOG_UPGRADING] = {"upgrading", LOG_LEVEL_INFO},
    [LOG_UPGRADE_FAILED] = {"upgrade_failed", LOG_LEVEL_ERROR},
    [LOG_SUCCEEDED] = {"succeeded", LOG_LEVEL_INFO},
    [LOG_DRAINING] = {"draining", LOG_LEVEL_INFO},
    [LOG_ENDED] = {"ended", LOG_LEVEL_INFO},
    [LOG_KEYS_REFRESHED] = {"keys_refreshed", LOG_LEVEL_INFO},
    [LOG_KEYS_FAILED] = {"keys_failed", LOG_LEVEL_WARNING},
    [LOG_KEYS_EMPTY] = {"keys_empty", LOG_LEVEL_WARNING},
    [LOG_KEYS_STALE] = {"keys_stale", LOG_LEVEL_ERROR},
    [LOG_KEYS_RESTORED] = {"keys_restored", LOG_LEVEL_INFO},
    [LOG_SNAPSHOT_FAILED] = {"snapshot_failed", LOG_LEVEL_WARNING},
    [LOG_SIZE_ALARM] = {"size_alarm", LOG_LEVEL_WARNING},
    [LOG_KID_REUSED] = {"kid_reused", LOG_LEVEL_WARNING},
    [LOG_KEY_SKIPPED] = {"key_skipped", LOG_LEVEL_INFO},
    [LOG_KEY_ADDED] = {"key_added", LOG_LEVEL_INFO},
    [LOG_KEY_REMOVED] = {"key_removed", LOG_LEVEL_INFO},
    [LOG_WEBHOOK_FAILED] = {"webhook_failed", LOG_LEVEL_WARNING},
    [LOG_REFUSED] = {"refused", LOG_LEVEL_INFO},
    [LOG_FORBIDDEN] = {"forbidden", LOG_LEVEL_INFO},
    [LOG_NO_TOKEN] = {"no_token", LOG_LEVEL_DEBUG},
    [LOG_UNAVAILABLE] = {"unavailable", LOG_LEVEL_WARNING},
    [LOG_FAILED] = {"failed", LOG_LEVEL_ERROR},
};

typedef struct kind_rate {
    int64_t window_ms; /* when it began */
    unsigned written;
    uint64_t suppressed; /* not yet told of */
} kind_rate;

struct event_log {
    log_format format;
    log_level level;
    int descriptor;  /* its own */
    bool is_journal; /* which reads priorities */
    pthread_t thread;
    jwkeep_buffer written; /* the thread's */

    pthread_mutex_t mutex; /* for all below */
    pthread_cond_t changed;
    jwkeep_buffer queued;
    kind_rate rates[LOG_KIND_COUNT];
    bool is_ending;
    bool is_over;      /* the thread has nothing left to write */
    bool is_abandoned; /* the thread frees it */
};

/* Everything that could end a line, or a quoted text, is gone. */
static void make_safe(const char *text, char ret_text[LOG_MAX_VALUE_BYTES + 1]) {
    size_t size = 0;
    for (; size < LOG_MAX_VALUE_BYTES && text[size]; size++)
        ret_text[size] = text[size] >= 0x20 && text[size] < 0x7f ? text[size] : '?';
    ret_text[size] = '\0';
}

static bool is_bare(const char *text) {
    static const char bare[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                               "0123456789._-:/@+[]";
    return *text && strspn(text, bare) == strlen(text);
}

static jwkeep_code append_quoted(jwkeep_buffer *line, const char *text) {
    jwkeep_code code = jwkeep_buffer_append_text(line, "\"");
    for (; code == JWKEEP_OK && *text; text++) {
        if (*text == '"' || *text == '\\')
            code = jwkeep_buffer_append_text(line, "\\");
        if (code == JWKEEP_OK)
            code = jwkeep_buffer_append(line, jwkeep_span_of(text, 1));
    }
    return code == JWKEEP_OK ? jwkeep_buffer_append_text(line, "\"") : code;
}

static jwkeep_code append_logfmt(jwkeep_buffer *line, const log_field *field) {
    char text[LOG_MAX_VALUE_BYTES + 1];
    if (field->text)
        make_safe(field->text, text);
    else
        snprintf(text, sizeof text, "%lld", (long long)field->number);
    jwkeep_code code = line->size > 0 ? jwkeep_buffer_append_text(line, " ") : JWKEEP_OK;
    if (code == JWKEEP_OK)
        code = jwkeep_buffer_append_text(line, field->name);
    if (code == JWKEEP_OK)
        code = jwkeep_buffer_append_text(line, "=");
    if (code != JWKEEP_OK)
        return code;
    return is_bare(text) ? jwkeep_buffer_append_text(line, text) : append_quoted(line, text);
}

static jwkeep_code append_json(jwkeep_buffer *line, const log_field *field) {
    char text[LOG_MAX_VALUE_BYTES + 1];
    jwkeep_code code = jwkeep_buffer_append_text(line, line->size > 0 ? ",\"" : "{\"");
    if (code == JWKEEP_OK)
        code = jwkeep_buffer_append_text(line, field->name);
    if (code == JWKEEP_OK)
        code = jwkeep_buffer_append_text(line, "\":");
    if (code != JWKEEP_OK)
        return code;
    if (field->text) {
        make_safe(field->text, text);
        return append_quoted(line, text);
    }
    snprintf(text, sizeof text, "%lld", (long long)field->number);
    return jwkeep_buffer_append_text(line, text);
}

/* All of the field, or nothing. */
static void append_field(const event_log *log, jwkeep_buffer *line, const log_field *field) {
    size_t before = line->size;
    jwkeep_code code =
        log->format == LOG_FORMAT_JSON ? append_json(line, field) : append_logfmt(line, field);
    if (code != JWKEEP_OK)
        line->size = before;
}

void log_write_time(int64_t now_ms, char ret_text[LOG_TIME_BYTES]) {
    time_t seconds = (time_t)(now_ms / 1000);
    struct tm parts;
    char date[24];
    gmtime_r(&seconds, &parts);
    strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &parts);
    snprintf(ret_text, LOG_TIME_BYTES, "%s.%03dZ", date, (int)(now_ms % 1000));
}

/* Under the mutex. */
static void enqueue(event_log *log, log_kind kind, const char *message, const log_field *fields,
                    size_t count, uint64_t suppressed) {
    uint8_t storage[LOG_MAX_LINE_BYTES];
    jwkeep_buffer line;
    char when[LOG_TIME_BYTES];
    const bool is_json = log->format == LOG_FORMAT_JSON;
    const size_t head = log->is_journal ? PRIORITY_BYTES : 0;
    memcpy(storage, PRIORITIES[KINDS[kind].level], PRIORITY_BYTES);
    /* Without "}" and the newline. */
    jwkeep_buffer_init_fixed(&line, storage + head, sizeof storage - head - 2);
    log_write_time(jk_clock_wall_ms(), when);
    append_field(log, &line, &LOG_TEXT("time", when));
    append_field(log, &line, &LOG_TEXT("level", LEVEL_NAMES[KINDS[kind].level]));
    append_field(log, &line, &LOG_TEXT("event", KINDS[kind].name));
    if (suppressed > 0)
        append_field(log, &line, &LOG_NUMBER("suppressed", (int64_t)suppressed));
    for (size_t i = 0; i < count; i++)
        if (fields[i].name)
            append_field(log, &line, &fields[i]);
    append_field(log, &line, &LOG_TEXT("message", message));
    size_t size = head + line.size;
    if (is_json)
        storage[size++] = '}';
    storage[size++] = '\n';
    if (jwkeep_buffer_append(&log->queued, jwkeep_span_of(storage, size)) != JWKEEP_OK)
        log->rates[kind].suppressed += suppressed + 1;
    pthread_cond_signal(&log->changed);
}

/* Under the mutex: whether one more line of the kind may be written now. */
static bool take_turn(kind_rate *rate, int64_t now_ms) {
    if (now_ms - rate->window_ms >= LOG_WINDOW_MS) {
        rate->window_ms = now_ms;
        rate->written = 0;
    }
    if (rate->written == LOG_MAX_PER_WINDOW) {
        rate->suppressed++;
        return false;
    }
    rate->written++;
    return true;
}

void event_log_write(event_log *log, log_kind kind, const char *message,
                     const log_field *fields, size_t count) {
    if (!log || KINDS[kind].level > log->level)
        return;
    pthread_mutex_lock(&log->mutex);
    kind_rate *rate = &log->rates[kind];
    if (take_turn(rate, jk_clock_monotonic_ms())) {
        uint64_t suppressed = rate->suppressed;
        rate->suppressed = 0;
        enqueue(log, kind, message, fields, count, suppressed);
    }
    pthread_mutex_unlock(&log->mutex);
}

/* Under the mutex. */
static void tell_suppressed(event_log *log, bool is_last) {
    int64_t now_ms = jk_clock_monotonic_ms();
    for (int kind = 0; kind < LOG_KIND_COUNT; kind++) {
        kind_rate *rate = &log->rates[kind];
        uint64_t suppressed = rate->suppressed;
        if (suppressed == 0 || (!is_last && now_ms - rate->window_ms < LOG_WINDOW_MS))
            continue;
        rate->suppressed = 0;
        enqueue(log, (log_kind)kind, "lines of this kind were left out", NULL, 0, suppressed);
    }
}

void event_log_flush(event_log *log) {
    if (!log)
        return;
    pthread_mutex_lock(&log->mutex);
    tell_suppressed(log, false);
    pthread_mutex_unlock(&log->mutex);
}

/* Waits for the reader; a reader that is gone ends it. */
static void write_all(int descriptor, const uint8_t *bytes, size_t size) {
    while (size > 0) {
        ssize_t count = write(descriptor, bytes, size);
        if (count >= 0) {
            bytes += count;
            size -= (size_t)count;
        } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
            struct pollfd ready = {.fd = descriptor, .events = POLLOUT};
            (void)poll(&ready, 1, -1);
        } else if (errno != EINTR) {
            return;
        }
    }
}

static void destroy(event_log *log) {
    if (log->descriptor >= 0)
        close(log->descriptor);
    jwkeep_buffer_done(&log->written);
    jwkeep_buffer_done(&log->queued);
    pthread_cond_destroy(&log->changed);
    pthread_mutex_destroy(&log->mutex);
    free(log);
}

static void *run(void *user) {
    event_log *log = user;
    pthread_mutex_lock(&log->mutex);
    while (!log->is_abandoned && (!log->is_ending || log->queued.size > 0)) {
        if (log->queued.size == 0) {
            pthread_cond_wait(&log->changed, &log->mutex);
            continue;
        }
        jwkeep_buffer full = log->queued;
        log->queued = log->written;
        log->written = full;
        pthread_mutex_unlock(&log->mutex);
        write_all(log->descriptor, full.data, full.size);
        jwkeep_buffer_clear(&log->written);
        pthread_mutex_lock(&log->mutex);
    }
    const bool is_abandoned = log->is_abandoned;
    log->is_over = true;
    pthread_cond_broadcast(&log->changed);
    pthread_mutex_unlock(&log->mutex);
    if (is_abandoned)
        destroy(log);
    return NULL;
}

/* Whether the descriptor is the stream that $JOURNAL_STREAM names: "DEVICE:INODE"
 * (systemd.exec(5)). One that was redirected since is not. */
static bool is_journal(int descriptor) {
    const char *told = getenv("JOURNAL_STREAM");
    struct stat status;
    char own[64];
    if (!told || fstat(descriptor, &status) != 0)
        return false;
    snprintf(own, sizeof own, "%ju:%ju", (uintmax_t)status.st_dev, (uintmax_t)status.st_ino);
    return strcmp(told, own) == 0;
}

static bool start_thread(event_log *log) {
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    /* Signals belong to the thread that waits for them. */
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int status = pthread_create(&log->thread, NULL, run, log);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return status == 0;
}

jwkeep_code event_log_new(log_format format, log_level level, int descriptor,
                          event_log **ret_log, jwkeep_error *error) {
    event_log *log = calloc(1, sizeof *log);
    if (!log)
        return jk_fail(error, JWKEEP_OUT_OF_MEMORY);
    log->format = format;
    log->level = level;
    log->descriptor = fcntl(descriptor, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    log->is_journal = is_journal(descriptor);
    jwkeep_buffer_init(&log->queued, LOG_MAX_QUEUED_BYTES);
    jwkeep_buffer_init(&log->written, LOG_MAX_QUEUED_BYTES);
    pthread_mutex_init(&log->mutex, NULL);
    jk_clock_init_condition(&log->changed);
    for (size_t i = 0; i < LOG_KIND_COUNT; i++)
        log->rates[i].window_ms = jk_clock_monotonic_ms();
    if (log->descriptor < 0 || !start_thread(log)) {
        destroy(log);
        return jk_fail(error, JWKEEP_SYSTEM_FAILED);
    }
    *ret_log = log;
    return JWKEEP_OK;
}

/* Under the mutex. */
static void wait_for_end(event_log *log) {
    const struct timespec until = jk_clock_moment(jk_clock_monotonic_ms() + LOG_END_MS);
    int status = 0;
    while (!log->is_over && status == 0)
        status = pthread_cond_timedwait(&log->changed, &log->mutex, &until);
}

void event_log_free(event_log *log) {
    if (!log)
        return;
    const pthread_t thread = log->thread;
    pthread_mutex_lock(&log->mutex);
    tell_suppressed(log, true);
    log->is_ending = true;
    pthread_cond_broadcast(&log->changed);
    wait_for_end(log);
    const bool is_over = log->is_over;
    log->is_abandoned = !is_over;
    pthread_mutex_unlock(&log->mutex);
    if (!is_over) {
        pthread_detach(thread);
        return;
    }
    pthread_join(thread, NULL);
    destroy(log);
}
