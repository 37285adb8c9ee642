/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns drawing. */
#include "server/page/plot.h"
#include <inttypes.h>
#include <math.h>

#define WIDTH 600.0
#define HEIGHT 120.0
#define MIN_SPAN_MS (10 * 60 * 1000)

typedef struct rates {
    double passed;
    double refused;
    double undecided;
} rates;

static rates rates_between(const sample *from, const sample *to) {
    const double seconds = sample_seconds(from, to);
    rates found = {0};
    for (size_t i = 0; i < VERIFY_OUTCOME_COUNT; i++) {
        double rate = (double)(to->outcomes[i] - from->outcomes[i]) / seconds;
        if (i == VERIFY_ALLOWED)
            found.passed += rate;
        else if (i == VERIFY_UNAVAILABLE || i == VERIFY_FAILED)
            found.undecided += rate;
        else
            found.refused += rate;
    }
    return found;
}

static rates rates_at(const samples *taken, size_t index) {
    return rates_between(samples_at(taken, index - 1), samples_at(taken, index));
}

static double x_of(const samples *taken, size_t index) {
    return WIDTH - (double)(taken->count - 1 - index) * WIDTH / (double)(SAMPLES_MAX - 2);
}

static double height_of(rates rate, int layer) {
    return rate.passed + (layer > 0 ? rate.refused : 0) + (layer > 1 ? rate.undecided : 0);
}

/* The sums up to `layer`, filled down to the ground; drawn from the highest to the lowest. */
static void draw_layer(html_writer *html, const samples *taken, int layer, double highest) {
    static const char *const names[] = {"passed", "refused", "undecided"};
    html_format(html, "<polygon class=\"%s\" points=\"%.1f,%.0f", names[layer], x_of(taken, 1),
                HEIGHT);
    for (size_t i = 1; i < taken->count; i++)
        html_format(html, " %.1f,%.1f", x_of(taken, i),
                    HEIGHT - height_of(rates_at(taken, i), layer) / highest * (HEIGHT - 6));
    html_format(html, " %.0f,%.0f\"/>", WIDTH, HEIGHT);
}

static double highest_of(const samples *taken) {
    double highest = 1;
    for (size_t i = 1; i < taken->count; i++)
        highest = fmax(highest, height_of(rates_at(taken, i), 2));
    return highest;
}

static void open_drawing(html_writer *html) {
    html_format(html, "<svg class=\"plot\" viewBox=\"0 0 %.0f %.0f\" role=\"img\" ", WIDTH,
                HEIGHT);
}

void plot_requests(html_writer *html, const samples *taken) {
    const sample *from, *to;
    double highest = highest_of(taken);
    rates now = {0};
    if (samples_recent(taken, &from, &to))
        now = rates_between(from, to);
    open_drawing(html);
    html_format(html,
                "aria-label=\"Requests a second over five minutes; now %.1f passed, %.1f "
                "refused, %.1f not decided\">",
                now.passed, now.refused, now.undecided);
    for (int layer = 2; layer >= 0 && taken->count > 1; layer--)
        draw_layer(html, taken, layer, highest);
    html_format(html, "<text x=\"4\" y=\"14\">%.*f/s</text></svg>", highest < 10 ? 1 : 0,
                highest);
}

/* 1 µs at the foot, 10 s at the top. */
static double y_of_time(double seconds) {
    double decades = log10(fmax(seconds, 1e-6)) + 6;
    return HEIGHT - fmin(decades, 7) / 7 * HEIGHT;
}

static void draw_quantile(html_writer *html, const samples *taken, double part,
                          const char *name) {
    bool is_drawing = false;
    html_format(html, "<path class=\"%s\" d=\"", name);
    for (size_t i = 1; i < taken->count; i++) {
        double time_s = sample_quantile(samples_at(taken, i - 1), samples_at(taken, i), part);
        if (time_s > 0)
            html_format(html, "%s%.1f %.1f", is_drawing ? "L" : "M", x_of(taken, i),
                        y_of_time(time_s));
        /* A single step is a stroke of its own. */
        if (time_s > 0 && !is_drawing)
            html_raw(html, "h2");
        is_drawing = time_s > 0;
    }
    html_raw(html, "\"/>");
}

void plot_latency(html_writer *html, const samples *taken) {
    static const struct {
        double time_s;
        const char *name;
    } marks[] = {{1e-5, "10 µs"}, {1e-4, "100 µs"}, {1e-3, "1 ms"},
                 {1e-2, "10 ms"}, {1e-1, "100 ms"}, {1, "1 s"}};
    open_drawing(html);
    html_raw(html, "aria-label=\"Time to a decision over five minutes, median and 99th "
                   "percentile\">");
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
        double y = y_of_time(marks[i].time_s);
        html_format(html, "<path class=\"grid\" d=\"M0 %.1fH%.0f\"/>", y, WIDTH);
        html_format(html, "<text x=\"4\" y=\"%.1f\">%s</text>", y - 3, marks[i].name);
    }
    draw_quantile(html, taken, 0.99, "high");
    draw_quantile(html, taken, 0.5, "median");
    html_raw(html, "</svg>");
}

void plot_freshness(html_writer *html, double left, const char *state) {
    const double share = fmin(fmax(left, 0), 1);
    html_format(html,
                "<svg class=\"bar\" viewBox=\"0 0 100 3\" preserveAspectRatio=\"none\" "
                "role=\"img\" aria-label=\"%.0f %% of the lifetime is left\">"
                "<rect class=\"ground\" width=\"100\" height=\"3\"/>"
                "<rect class=\"%s\" width=\"%.1f\" height=\"3\"/></svg>",
                share * 100, state, share * 100);
}

/* Shapes differ, so that nobody depends on colours: a bar is a download, a triangle a fault, a
 * diamond a key that came, an open one a key that went. */
static void draw_event(html_writer *html, const history_event *event, double x) {
    switch (event->kind) {
    case JWKEEP_EVENT_REFRESHED:
    case JWKEEP_EVENT_UNCHANGED:
    case JWKEEP_EVENT_RESTORED:
        html_format(html, "<path class=\"download\" d=\"M%.1f 14v20\">", x);
        break;
    case JWKEEP_EVENT_KEY_ADDED:
        html_format(html, "<path class=\"came\" d=\"M%.1f 3l5 5-5 5-5-5z\">", x);
        break;
    case JWKEEP_EVENT_KEY_REMOVED:
        html_format(html, "<path class=\"went\" d=\"M%.1f 34l5 5-5 5-5-5z\">", x);
        break;
    case JWKEEP_EVENT_FAILED:
    case JWKEEP_EVENT_KID_REUSED:
    case JWKEEP_EVENT_KEY_SKIPPED:
    case JWKEEP_EVENT_EMPTY_KEPT:
    case JWKEEP_EVENT_SIZE_ALARM:
    case JWKEEP_EVENT_STALE:
    case JWKEEP_EVENT_SNAPSHOT_FAILED:
        html_format(html, "<path class=\"fault\" d=\"M%.1f 16l7 13h-14z\">", x);
        break;
    }
    html_format(html, "<title>%s, %" PRIu32 " times</title></path>",
                history_kind_names[event->kind], event->times);
}

void plot_events(html_writer *html, const history_issuer *seen, int64_t now_ms) {
    int64_t span_ms = MIN_SPAN_MS;
    if (seen->event_count > 0 && now_ms - seen->events[0].first_ms > span_ms)
        span_ms = now_ms - seen->events[0].first_ms;
    html_format(html,
                "<svg class=\"line\" viewBox=\"0 0 %.0f 46\" role=\"img\" "
                "aria-label=\"Time line of %zu events; the list below tells them\">"
                "<path class=\"grid\" d=\"M0 24H%.0f\"/>",
                WIDTH, seen->event_count, WIDTH);
    for (size_t i = 0; i < seen->event_count; i++) {
        const history_event *event = &seen->events[i];
        double per_ms = (WIDTH - 24) / (double)span_ms;
        double first = WIDTH - 12 - (double)(now_ms - event->first_ms) * per_ms;
        double last = WIDTH - 12 - (double)(now_ms - event->last_ms) * per_ms;
        if (last - first > 1)
            html_format(html, "<path class=\"while\" d=\"M%.1f 24H%.1f\"/>", fmax(first, 12),
                        last);
        draw_event(html, event, fmax(last, 12));
    }
    html_raw(html, "</svg><p class=\"scale\"><span>");
    html_duration(html, span_ms / 1000);
    html_raw(html, " ago</span><span>now</span></p>");
}
