/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns drawing with characters. Names and `kid`s come from outside: report_safely writes them.
 */
#include "cli/cmd/top/draw.h"
#include "cli/report.h"
#include <inttypes.h>
#include <string.h>
#include <time.h>

#define BAR_COLUMNS 20
#define KID_COLUMNS 44

static const char SOFT[] = "\033[2m";
static const char STRONG[] = "\033[1m";
static const char GREEN[] = "\033[32m";
static const char AMBER[] = "\033[33m";
static const char RED[] = "\033[31m";

typedef struct drawing {
    FILE *out;
    bool is_coloured;
    bool is_alarming;
} drawing;

static void begin(const drawing *it, const char *colour) {
    if (it->is_coloured)
        fputs(colour, it->out);
}

static void end(const drawing *it) {
    if (it->is_coloured)
        fputs("\033[0m", it->out);
}

static int64_t number(const jwkeep_json *object, const char *name) {
    int64_t value = 0;
    (void)!jwkeep_json_int64(jwkeep_json_member(object, name), &value);
    return value;
}

static double real(const jwkeep_json *object, const char *name) {
    double value = 0;
    (void)!jwkeep_json_double(jwkeep_json_member(object, name), &value);
    return value;
}

static jwkeep_span text(const jwkeep_json *object, const char *name) {
    return jwkeep_json_string(jwkeep_json_member(object, name));
}

static bool is(const jwkeep_json *object, const char *name, const char *word) {
    return jwkeep_span_equals(text(object, name), jwkeep_span_text(word));
}

/* Up to `columns` wide, then padded to them. */
static void write_column(const drawing *it, jwkeep_span name, size_t columns) {
    size_t wide = report_columns(name);
    report_safely(it->out, name);
    for (; wide < columns; wide++)
        fputc(' ', it->out);
}

static void write_duration(const drawing *it, int64_t seconds) {
    if (seconds < 60)
        fprintf(it->out, "%" PRId64 " s", seconds < 0 ? 0 : seconds);
    else if (seconds < 3600)
        fprintf(it->out, "%" PRId64 " min", seconds / 60);
    else if (seconds < 86400)
        fprintf(it->out, "%" PRId64 " h %" PRId64 " min", seconds / 3600, seconds / 60 % 60);
    else
        fprintf(it->out, "%" PRId64 " d %" PRId64 " h", seconds / 86400, seconds / 3600 % 24);
}

static void write_head(const drawing *it, const jwkeep_json *status) {
    const jwkeep_json *recent = jwkeep_json_member(status, "recent");
    begin(it, STRONG);
    fputs("jwkeep ", it->out);
    report_safely(it->out, text(status, "version"));
    end(it);
    fputs("  up ", it->out);
    write_duration(it, number(status, "uptime_s"));
    fprintf(it->out,
            "\n%.1f requests/s   median %.3g ms   99 %% %.3g ms   %" PRId64
            " connections   %" PRId64 " waiting for keys\n",
            real(recent, "requests_per_s"), real(recent, "median_ms"), real(recent, "p99_ms"),
            number(status, "connections"), number(status, "parked"));
    const jwkeep_json *requests = jwkeep_json_member(status, "requests");
    begin(it, SOFT);
    for (const jwkeep_json *each = jwkeep_json_first(requests); each;
         each = jwkeep_json_next(each)) {
        report_safely(it->out, jwkeep_json_name(each));
        fputc(' ', it->out);
        report_safely(it->out, jwkeep_json_raw(each));
        fputs("   ", it->out);
    }
    end(it);
    fputs("\n\n", it->out);
}

static void write_alarm(drawing *it, const jwkeep_json *said) {
    const bool is_red = is(said, "severity", "alarm");
    it->is_alarming = it->is_alarming || is_red;
    begin(it, is_red ? RED : AMBER);
    fputs(is_red ? "! alarm    " : "* warning  ", it->out);
    end(it);
    if (text(said, "issuer").size > 0) {
        report_safely(it->out, text(said, "issuer"));
        fputs(": ", it->out);
    }
    report_safely(it->out, text(said, "text"));
    if (text(said, "reason").size > 0) {
        fputs(" (", it->out);
        report_safely(it->out, text(said, "reason"));
        fputc(')', it->out);
    }
    fputc('\n', it->out);
}

static void write_alarms(drawing *it, const jwkeep_json *status) {
    const jwkeep_json *alarms = jwkeep_json_member(status, "alarms");
    for (const jwkeep_json *each = jwkeep_json_first(alarms); each;
         each = jwkeep_json_next(each))
        write_alarm(it, each);
    if (jwkeep_json_count(alarms) == 0)
        fputs("All is well.\n", it->out);
}

static void write_freshness(const drawing *it, const jwkeep_json *issuer) {
    const int64_t left_s = number(issuer, "expires_in_s");
    const int64_t whole_s = number(issuer, "age_s") + left_s;
    if (number(issuer, "last_success_ms") == 0) {
        fputs("nothing downloaded\n", it->out);
        return;
    }
    int64_t filled = left_s > 0 && whole_s > 0 ? left_s * BAR_COLUMNS / whole_s : 0;
    fputc('[', it->out);
    for (int64_t i = 0; i < BAR_COLUMNS; i++)
        fputc(i < filled ? '#' : '-', it->out);
    fputs(left_s < 0 ? "] past its lifetime by " : "] fresh for another ", it->out);
    write_duration(it, left_s < 0 ? -left_s : left_s);
    fputc('\n', it->out);
}

static void write_key(const drawing *it, const jwkeep_json *key) {
    const int64_t came_ms = number(key, "came_ms");
    fputs("  ", it->out);
    write_column(it, text(key, "kid"), KID_COLUMNS);
    fputs("  ", it->out);
    write_column(it, text(key, "alg").size > 0 ? text(key, "alg") : text(key, "kty"), 8);
    if (came_ms > 0) {
        fputs("came ", it->out);
        write_duration(it, (int64_t)time(NULL) - came_ms / 1000);
        fputs(" ago", it->out);
    }
    fputc('\n', it->out);
}

static void write_issuer(const drawing *it, const jwkeep_json *issuer) {
    const jwkeep_json *keys = jwkeep_json_member(issuer, "keys");
    const bool is_ok = is(issuer, "health", "ok");
    fputc('\n', it->out);
    begin(it, STRONG);
    report_safely(it->out, text(issuer, "name"));
    end(it);
    fputs("  ", it->out);
    begin(it, is_ok ? GREEN : is(issuer, "health", "degraded") ? AMBER : RED);
    report_safely(it->out, text(issuer, "health"));
    end(it);
    fprintf(it->out, "  %zu key%s  ", jwkeep_json_count(keys),
            jwkeep_json_count(keys) == 1 ? "" : "s");
    write_freshness(it, issuer);
    for (const jwkeep_json *each = jwkeep_json_first(keys); each; each = jwkeep_json_next(each))
        write_key(it, each);
}

bool top_draw(FILE *out, const jwkeep_json *status, bool is_coloured) {
    drawing it = {out, is_coloured, false};
    const jwkeep_json *issuers = jwkeep_json_member(status, "issuers");
    write_head(&it, status);
    write_alarms(&it, status);
    /* Those with trouble first. */
    for (int pass = 0; pass < 2; pass++)
        for (const jwkeep_json *each = jwkeep_json_first(issuers); each;
             each = jwkeep_json_next(each))
            if (is(each, "health", "ok") == (pass == 1))
                write_issuer(&it, each);
    return it.is_alarming;
}
