/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the log: one line an event, logfmt or JSON, written by a thread of its own, so that
 * nobody who answers requests waits for whoever reads the log. Rate limited by kind; what was
 * left out is counted and told. Refuses tokens: no field has room for one of a client's bytes
 * but names that were checked before. */
#ifndef SERVER_LOG_H
#define SERVER_LOG_H

#include <jwkeep/error.h>
#include <stdbool.h>

#define LOG_MAX_VALUE_BYTES 512u          /* of a field; cut */
#define LOG_MAX_LINE_BYTES 2048u          /* fields that do not fit are left out */
#define LOG_MAX_QUEUED_BYTES (256u << 10) /* not yet written; then lines are dropped */
#define LOG_WINDOW_MS 1000
#define LOG_END_MS 2000        /* for a reader that stands, at the end */
#define LOG_MAX_PER_WINDOW 20u /* lines of a kind */

typedef enum log_level {
    LOG_LEVEL_ERROR,
    LOG_LEVEL_WARNING,
    LOG_LEVEL_INFO,
    LOG_LEVEL_DEBUG
} log_level;
typedef enum log_format { LOG_FORMAT_LOGFMT, LOG_FORMAT_JSON } log_format;

/* Kinds of events; each has its name and its level. */
typedef enum log_kind {
    LOG_STARTED,
    LOG_RELOADED,
    LOG_RELOAD_FAILED,
    LOG_UPGRADING,
    LOG_UPGRADE_FAILED,
    LOG_SUCCEEDED,
    LOG_DRAINING,
    LOG_ENDED,
    LOG_KEYS_REFRESHED,
    LOG_KEYS_FAILED,
    LOG_KEYS_EMPTY,
    LOG_KEYS_STALE,
    LOG_KEYS_RESTORED,
    LOG_SNAPSHOT_FAILED,
    LOG_SIZE_ALARM,
    LOG_KID_REUSED,
    LOG_KEY_SKIPPED,
    LOG_KEY_ADDED,
    LOG_KEY_REMOVED,
    LOG_WEBHOOK_FAILED, /* an event that its receiver will not hear of */
    LOG_REFUSED,        /* a token that is not good */
    LOG_FORBIDDEN,      /* one that may not do that */
    LOG_NO_TOKEN,
    LOG_UNAVAILABLE, /* no keys to judge by */
    LOG_FAILED,      /* our own fault */
    LOG_KIND_COUNT
} log_kind;

#define LOG_TIME_BYTES 32u

/* "2026-01-31T12:00:00.000Z" of the wall clock. */
void log_write_time(int64_t now_ms, char ret_text[LOG_TIME_BYTES]);

typedef struct log_field {
    const char *name;
    const char *text; /* NULL: the number. What is not printable ASCII becomes '?' */
    int64_t number;
} log_field;

#define LOG_TEXT(name, text) ((log_field){name, text, 0})
#define LOG_NUMBER(name, number) ((log_field){name, NULL, number})

typedef struct event_log event_log;

/* Writes what is at least as grave as `level` to a duplicate of `descriptor`, which stays the
 * caller's. Where that is systemd's journal, lines begin with their priority, which the journal
 * takes off.
 * Errors: OUT_OF_MEMORY, SYSTEM_FAILED. */
JWKEEP_MUST_USE jwkeep_code event_log_new(log_format format, log_level level, int descriptor,
                                          event_log **ret_log, jwkeep_error *error);

/* Writes what is queued, then frees. A reader that takes nothing any more holds up the end by
 * LOG_END_MS; what is queued then is lost, and what the reader holds on to is freed when it
 * lets go. NULL is fine. */
void event_log_free(event_log *log);

/* Any thread; does not wait. Fields without a name are left out. `log` NULL: nobody listens. */
void event_log_write(event_log *log, log_kind kind, const char *message,
                     const log_field *fields, size_t count);

#define EVENT(log, kind, message, ...)                                                         \
    event_log_write(log, kind, message, (const log_field[]){__VA_ARGS__},                      \
                    sizeof((const log_field[]){__VA_ARGS__}) / sizeof(log_field))

/* Tells what was left out in windows that are over. From time to time, any thread. */
void event_log_flush(event_log *log);

#endif
