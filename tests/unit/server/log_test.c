/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the tests of the log: its lines, its levels, and what it leaves out. */
#include "server/log.h"
#include <fcntl.h>
#include <jwkeep/json.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* More than slow machines write in so many windows. */
#define FLOOD (size_t)(1000 * LOG_MAX_PER_WINDOW)
#define DEADLINE_MS 30000

static char output[1u << 20];

typedef struct tape {
    FILE *file;
    event_log *log;
} tape;

static tape start(log_format format, log_level level) {
    tape it = {.file = tmpfile()};
    assert_non_null(it.file);
    assert_int_equal(event_log_new(format, level, fileno(it.file), &it.log, NULL), JWKEEP_OK);
    return it;
}

/* Ends the log; everything it wrote. */
static const char *finish(tape *it) {
    event_log_free(it->log);
    rewind(it->file);
    size_t size = fread(output, 1, sizeof output - 1, it->file);
    output[size] = '\0';
    fclose(it->file);
    return output;
}

static size_t count_of(const char *text, const char *word) {
    size_t count = 0;
    for (; (text = strstr(text, word)); text += strlen(word))
        count++;
    return count;
}

static void writes_a_line_an_event(void **state) {
    (void)state;
    tape it = start(LOG_FORMAT_LOGFMT, LOG_LEVEL_INFO);
    EVENT(it.log, LOG_KEYS_REFRESHED, "new keys", LOG_TEXT("issuer", "main"),
          LOG_NUMBER("keys", 3), LOG_TEXT(NULL, "left out"), LOG_TEXT("empty", ""));
    const char *line = finish(&it);
    assert_memory_equal(line, "time=2", 6);
    assert_non_null(strstr(line, "Z level=info event=keys_refreshed issuer=main keys=3 "
                                 "empty=\"\" message=\"new keys\"\n"));
    assert_int_equal(count_of(line, "\n"), 1);
}

/* As systemd tells which stream is the journal's. */
static void name_journal(const tape *it, uintmax_t difference, const char *tail) {
    struct stat status;
    char text[64];
    assert_int_equal(fstat(fileno(it->file), &status), 0);
    snprintf(text, sizeof text, "%ju:%ju%s", (uintmax_t)status.st_dev,
             (uintmax_t)status.st_ino + difference, tail);
    assert_int_equal(setenv("JOURNAL_STREAM", text, 1), 0);
}

static void open_log(tape *it, log_format format) {
    assert_int_equal(event_log_new(format, LOG_LEVEL_DEBUG, fileno(it->file), &it->log, NULL),
                     JWKEEP_OK);
}

static void tells_the_journal_how_grave_a_line_is(void **state) {
    (void)state;
    for (log_format format = LOG_FORMAT_LOGFMT; format <= LOG_FORMAT_JSON; format++) {
        tape it = {.file = tmpfile()};
        assert_non_null(it.file);
        name_journal(&it, 0, "");
        open_log(&it, format);
        EVENT(it.log, LOG_FAILED, "m", LOG_NUMBER("a", 1));
        EVENT(it.log, LOG_KEYS_FAILED, "m", LOG_NUMBER("a", 1));
        EVENT(it.log, LOG_STARTED, "m", LOG_NUMBER("a", 1));
        EVENT(it.log, LOG_NO_TOKEN, "m", LOG_NUMBER("a", 1));
        const char *line = finish(&it);
        const char *begins = format == LOG_FORMAT_JSON ? "{\"time\":" : "time=";
        for (const char *priority = "3467"; *priority; priority++) {
            assert_true(line[0] == '<' && line[1] == *priority && line[2] == '>');
            assert_memory_equal(line + 3, begins, strlen(begins));
            line = strchr(line, '\n') + 1;
        }
    }
    unsetenv("JOURNAL_STREAM");
}

static void another_stream_gets_no_priorities(void **state) {
    (void)state;
    for (uintmax_t difference = 0; difference < 2; difference++) {
        tape it = {.file = tmpfile()};
        assert_non_null(it.file);
        name_journal(&it, difference, difference ? "" : "9");
        open_log(&it, LOG_FORMAT_LOGFMT);
        EVENT(it.log, LOG_FAILED, "m", LOG_NUMBER("a", 1));
        assert_memory_equal(finish(&it), "time=", 5);
    }
    unsetenv("JOURNAL_STREAM");
}

static void writes_json(void **state) {
    (void)state;
    tape it = start(LOG_FORMAT_JSON, LOG_LEVEL_INFO);
    jwkeep_json_text *json = NULL;
    EVENT(it.log, LOG_KEYS_FAILED, "m", LOG_TEXT("error", "a \"quoted\" \\ \x1b[1m\n\xff"),
          LOG_NUMBER("keys", -1));
    const char *line = finish(&it);
    assert_int_equal(jwkeep_json_parse(jwkeep_span_text(line), NULL, &json, NULL), JWKEEP_OK);
    const jwkeep_json *root = jwkeep_json_root(json);
    assert_true(jwkeep_span_equals(jwkeep_json_string(jwkeep_json_member(root, "level")),
                                   JWKEEP_SPAN("warning")));
    assert_true(jwkeep_span_equals(jwkeep_json_string(jwkeep_json_member(root, "error")),
                                   JWKEEP_SPAN("a \"quoted\" \\ ?[1m??")));
    assert_true(jwkeep_span_equals(jwkeep_json_raw(jwkeep_json_member(root, "keys")),
                                   JWKEEP_SPAN("-1")));
    jwkeep_json_text_free(json);
}

static void no_value_can_begin_a_line_or_a_field(void **state) {
    (void)state;
    tape it = start(LOG_FORMAT_LOGFMT, LOG_LEVEL_INFO);
    EVENT(it.log, LOG_KEYS_FAILED, "m", LOG_TEXT("error", "x\" level=error\nlevel=error"));
    const char *line = finish(&it);
    assert_int_equal(count_of(line, "\n"), 1);
    assert_non_null(strstr(line, "error=\"x\\\" level=error?level=error\""));
}

static void keeps_to_its_level(void **state) {
    (void)state;
    tape it = start(LOG_FORMAT_LOGFMT, LOG_LEVEL_WARNING);
    EVENT(it.log, LOG_REFUSED, "m", LOG_TEXT("policy", "p"));
    EVENT(it.log, LOG_KEYS_STALE, "m", LOG_TEXT("issuer", "i"));
    const char *line = finish(&it);
    assert_null(strstr(line, "refused"));
    assert_non_null(strstr(line, "level=error event=keys_stale"));
}

static void a_flood_of_one_kind_is_cut_and_counted(void **state) {
    (void)state;
    tape it = start(LOG_FORMAT_LOGFMT, LOG_LEVEL_INFO);
    for (size_t i = 0; i < FLOOD; i++)
        EVENT(it.log, LOG_REFUSED, "m", LOG_TEXT("policy", "p"));
    EVENT(it.log, LOG_KEYS_STALE, "m", LOG_TEXT("issuer", "i"));
    const char *lines = finish(&it);
    size_t written = count_of(lines, "event=refused policy");
    assert_in_range(written, LOG_MAX_PER_WINDOW, FLOOD);
    assert_int_equal(count_of(lines, "keys_stale"), 1);
    /* Together they are all: nothing is lost without being told. */
    size_t suppressed = 0;
    for (const char *at = lines; (at = strstr(at, "suppressed=")); at++)
        suppressed += strtoul(at + strlen("suppressed="), NULL, 10);
    written += count_of(lines, "event=refused suppressed") -
               count_of(lines, "lines of this kind were left out");
    assert_int_equal(written + suppressed, FLOOD);
    assert_true(suppressed > 0);
}

static void nobody_waits_for_a_reader_that_stands(void **state) {
    (void)state;
    int ends[2];
    event_log *log = NULL;
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(event_log_new(LOG_FORMAT_LOGFMT, LOG_LEVEL_DEBUG, ends[1], &log, NULL),
                     JWKEEP_OK);
    /* More than pipe and queue hold, of every kind: this returns all the same. */
    for (int round = 0; round < 100; round++)
        for (int kind = 0; kind < LOG_KIND_COUNT; kind++)
            event_log_write(log, (log_kind)kind, "m", NULL, 0);
    close(ends[0]);
    event_log_free(log);
    close(ends[1]);
}

/* It has the pipe open, and takes nothing. */
static void a_reader_that_stands_does_not_hold_up_the_end(void **state) {
    (void)state;
    int ends[2];
    event_log *log = NULL;
    assert_int_equal(pipe(ends), 0);
    int capacity = fcntl(ends[1], F_SETPIPE_SZ, 4096);
    assert_int_equal(event_log_new(LOG_FORMAT_LOGFMT, LOG_LEVEL_DEBUG, ends[1], &log, NULL),
                     JWKEEP_OK);
    for (int round = 0; round < 10; round++)
        for (int kind = 0; kind < LOG_KIND_COUNT; kind++)
            event_log_write(log, (log_kind)kind, "m", NULL, 0);
    event_log_free(log);
    close(ends[1]);
    ssize_t taken = read(ends[0], output, sizeof output);
    assert_in_range(taken, 1, capacity);
    /* Once it takes something, the thread that was left alone ends, and lets go of the pipe. */
    struct pollfd ready = {.fd = ends[0], .events = POLLIN};
    while (taken > 0) {
        assert_int_equal(poll(&ready, 1, DEADLINE_MS), 1);
        taken = read(ends[0], output, sizeof output);
    }
    assert_int_equal(taken, 0);
    close(ends[0]);
}

static void a_long_value_is_cut_and_a_long_line_keeps_whole_fields(void **state) {
    (void)state;
    char value[2 * LOG_MAX_VALUE_BYTES];
    memset(value, 'v', sizeof value);
    value[sizeof value - 1] = '\0';
    tape it = start(LOG_FORMAT_JSON, LOG_LEVEL_INFO);
    EVENT(it.log, LOG_STARTED, "m", LOG_TEXT("a", value), LOG_TEXT("b", value),
          LOG_TEXT("c", value), LOG_TEXT("d", value), LOG_TEXT("e", value));
    jwkeep_json_text *json = NULL;
    const char *line = finish(&it);
    assert_true(strlen(line) <= LOG_MAX_LINE_BYTES);
    assert_int_equal(jwkeep_json_parse(jwkeep_span_text(line), NULL, &json, NULL), JWKEEP_OK);
    jwkeep_json_text_free(json);
    assert_int_equal(count_of(line, "v"), 3 * LOG_MAX_VALUE_BYTES + 2); /* "level", "event" */
}

static void nobody_listens(void **state) {
    (void)state;
    event_log_write(NULL, LOG_STARTED, "m", NULL, 0);
    event_log_flush(NULL);
    event_log_free(NULL);
}

int main(void) {
    signal(SIGPIPE, SIG_IGN);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_a_line_an_event),
        cmocka_unit_test(tells_the_journal_how_grave_a_line_is),
        cmocka_unit_test(another_stream_gets_no_priorities),
        cmocka_unit_test(writes_json),
        cmocka_unit_test(no_value_can_begin_a_line_or_a_field),
        cmocka_unit_test(keeps_to_its_level),
        cmocka_unit_test(a_flood_of_one_kind_is_cut_and_counted),
        cmocka_unit_test(nobody_waits_for_a_reader_that_stands),
        cmocka_unit_test(a_reader_that_stands_does_not_hold_up_the_end),
        cmocka_unit_test(a_long_value_is_cut_and_a_long_line_keeps_whole_fields),
        cmocka_unit_test(nobody_listens),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
