/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the table and the JSON of the storm. */
#include "bench/storm_print.h"

static const char *const TITLES[STORM_WAYS] = {"check-then-add", "mutex", "library"};
static const char *const NAMES[STORM_WAYS] = {"check_then_add", "mutex", "library"};
static const char *const PHASES[STORM_PHASES] = {"before", "during", "after"};
static const char *const PHASE_TITLES[STORM_PHASES] = {"quiet day", "download runs",
                                                       "burst after it"};

static double bound_ms(const storm_report *report) {
    return report->latency_ms +
           1.2 * (double)report->requests * report->check_us / 1000 / report->workers;
}

static storm_way first_way(const storm_report *report) {
    return report->is_library_only ? STORM_LIBRARY : STORM_NAIVE;
}

static void print_count(const storm_report *report, FILE *out, const char *title,
                        size_t (*count)(const storm_result *)) {
    fprintf(out, "%-24s", title);
    for (storm_way way = first_way(report); way < STORM_WAYS; way++)
        fprintf(out, " %16zu", count(&report->ways[way]));
    fputc('\n', out);
}

static size_t downloads(const storm_result *result) {
    return (size_t)result->downloads;
}
static size_t keys_held(const storm_result *result) {
    return result->keys_held;
}
static size_t duplicates(const storm_result *result) {
    return result->duplicates;
}
static size_t right(const storm_result *result) {
    return result->right;
}

static void print_phase(const storm_report *report, FILE *out, storm_phase phase) {
    fprintf(out, "  %-22s", PHASE_TITLES[phase]);
    for (storm_way way = first_way(report); way < STORM_WAYS; way++) {
        char text[48];
        snprintf(text, sizeof text, "%.0f / %.0f", report->ways[way].p50_us[phase],
                 report->ways[way].p99_us[phase]);
        fprintf(out, " %16s", text);
    }
    fputc('\n', out);
}

static void print_notes(const storm_report *report, FILE *out) {
    const storm_result *library = &report->ways[STORM_LIBRARY];
    const storm_result *naive = &report->ways[STORM_NAIVE];
    double before = library->p99_us[STORM_BEFORE];
    fprintf(out,
            "\nlibrary: last answer after %.0f ms; bound: %u ms + 1.2 × %zu × %.1f µs / %u "
            "workers = %.0f ms\n",
            library->last_answer_ms, report->latency_ms, report->requests, report->check_us,
            report->workers, bound_ms(report));
    fprintf(out,
            "library: known kid, p99 while the download runs: %.2f × that of the quiet day; "
            "longest in the burst: %.0f µs\n",
            before > 0 ? library->p99_us[STORM_DURING] / before : 0,
            library->most_us[STORM_AFTER]);
    if (!report->is_library_only && naive->at_once < report->requests)
        fprintf(out,
                "check-then-add: open files allow %zu downloads at a time, not %zu; the rest "
                "came after\n",
                naive->at_once, report->requests);
}

void storm_print_table(const storm_report *report, FILE *out) {
    fprintf(out,
            "%zu requests with a new kid at once, the JWKS takes %u ms; %s, %u workers, %u "
            "cores\n\n%-24s",
            report->requests, report->latency_ms, jwkeep_algorithm_name(report->algorithm),
            report->workers, report->cores, "");
    for (storm_way way = first_way(report); way < STORM_WAYS; way++)
        fprintf(out, " %16s", TITLES[way]);
    fputc('\n', out);
    print_count(report, out, "downloads", downloads);
    print_count(report, out, "keys held", keys_held);
    print_count(report, out, "duplicates", duplicates);
    print_count(report, out, "requests answered right", right);
    fprintf(out, "%-24s", "last answer, ms");
    for (storm_way way = first_way(report); way < STORM_WAYS; way++)
        fprintf(out, " %16.0f", report->ways[way].last_answer_ms);
    fputs("\nknown kid, p50 / p99 µs\n", out);
    for (storm_phase phase = STORM_BEFORE; phase < STORM_PHASES; phase++)
        print_phase(report, out, phase);
    print_notes(report, out);
    if (report->has_race)
        fprintf(out,
                "library: a rotation while a download is in flight: %llu downloads, %zu of %zu "
                "requests right\n",
                (unsigned long long)report->race.downloads, report->race.right,
                report->race_requests);
}

static void print_way(const storm_result *result, const char *name, FILE *out) {
    fprintf(out,
            ",\"%s\":{\"downloads\":%llu,\"keys_held\":%zu,\"duplicates\":%zu,\"right\":%zu,"
            "\"at_once\":%zu,\"last_answer_ms\":%.1f,\"known_us\":{",
            name, (unsigned long long)result->downloads, result->keys_held, result->duplicates,
            result->right, result->at_once, result->last_answer_ms);
    for (storm_phase phase = STORM_BEFORE; phase < STORM_PHASES; phase++)
        fprintf(out, "%s\"%s\":{\"p50\":%.1f,\"p99\":%.1f,\"most\":%.1f}",
                phase == STORM_BEFORE ? "" : ",", PHASES[phase], result->p50_us[phase],
                result->p99_us[phase], result->most_us[phase]);
    fputs("}}", out);
}

void storm_print_json(const storm_report *report, FILE *out) {
    fprintf(out,
            "{\"requests\":%zu,\"latency_ms\":%u,\"alg\":\"%s\",\"workers\":%u,\"cores\":%u,"
            "\"check_us\":%.2f,\"bound_ms\":%.1f",
            report->requests, report->latency_ms, jwkeep_algorithm_name(report->algorithm),
            report->workers, report->cores, report->check_us, bound_ms(report));
    for (storm_way way = first_way(report); way < STORM_WAYS; way++)
        print_way(&report->ways[way], NAMES[way], out);
    if (report->has_race)
        fprintf(out, ",\"race\":{\"downloads\":%llu,\"right\":%zu,\"requests\":%zu}",
                (unsigned long long)report->race.downloads, report->race.right,
                report->race_requests);
    fputs("}\n", out);
}
