/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the order of the story: issuer, tokens, rotation, the three ways, the race. */
#include "bench/bench_storm.h"
#include "bench/measure.h"
#include "bench/storm.h"
#include "bench/storm_print.h"
#include <sys/resource.h>

#define KNOWN_TOKENS 256u
#define COOLDOWN_S 1u
#define MAX_AGE_S 7200u /* no scheduled download comes between */
#define PATIENCE_MS 60000u
#define INTERVAL_NS 500000 /* between known kids on a worker, or ten checks of a signature */
/* A download takes two ends of a connection and, in libcurl 7.88, a pair to wake it by. */
#define FILES_PER_DOWNLOAD 4u
#define SPARE_FILES 256u
#define RACE_MIN_LATENCY_MS 1500u

/* How many downloads there are open files for, the limit raised as far as it goes. */
static size_t raise_open_files(size_t wanted) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return 1;
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
        getrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_cur <= SPARE_FILES + FILES_PER_DOWNLOAD)
        return 1;
    size_t possible = (limit.rlim_cur - SPARE_FILES) / FILES_PER_DOWNLOAD;
    return possible < wanted ? possible : wanted;
}

static jwkeep_code start_issuer(const bench_storm_options *options, storm_scene *storm,
                                jwkeep_error *error) {
    dev_issuer_options issuer;
    dev_issuer_options_init(&issuer);
    issuer.algorithms = JWKEEP_ALGORITHM_BIT(options->algorithm);
    issuer.max_age_s = MAX_AGE_S;
    return dev_issuer_start(&issuer, &storm->issuer, error);
}

static void set_rules(const bench_storm_options *options, storm_scene *storm) {
    static const char *const audiences[] = {DEV_ISSUER_AUDIENCE};
    jwkeep_rules_init(&storm->rules);
    storm->rules.audiences = audiences;
    storm->rules.audience_count = 1;
    storm->rules.algorithms = JWKEEP_ALGORITHM_BIT(options->algorithm);
    jwkeep_source_options_init(&storm->source);
    storm->source.url = dev_issuer_jwks_url(storm->issuer);
    storm->source.allows_http_loopback = true;
    storm->source.cooldown_s = COOLDOWN_S;
    storm->source.connect_timeout_ms = PATIENCE_MS;
    storm->source.fetch_timeout_ms = options->latency_ms + PATIENCE_MS;
    storm->issuer_url = dev_issuer_url(storm->issuer);
}

/* The verifier, and a first token through it, so that it holds what the others hold. */
static jwkeep_code start_library(storm_scene *storm, jwkeep_error *error) {
    jwkeep_issuer issuer = {.issuer = storm->issuer_url,
                            .jwks_url = storm->source.url,
                            .rules = &storm->rules,
                            .source = &storm->source};
    jwkeep_verifier_options options;
    jwkeep_token *token = NULL;
    jwkeep_verifier_options_init(&options);
    options.issuers = &issuer;
    options.issuer_count = 1;
    jwkeep_code code = jwkeep_verifier_new(&options, &storm->library, error);
    if (code == JWKEEP_OK)
        code = jwkeep_token_new(&token, error);
    if (code == JWKEEP_OK)
        code = jwkeep_verifier_verify(storm->library, storm->known.items[0].bytes, PATIENCE_MS,
                                      token, NULL, error);
    jwkeep_token_free(token);
    return code;
}

static jwkeep_code prepare(const bench_storm_options *options, storm_scene *storm,
                           jwkeep_error *error) {
    jwkeep_code code = start_issuer(options, storm, error);
    if (code != JWKEEP_OK)
        return code;
    set_rules(options, storm);
    code = jwkeep_fetch_keyset(&storm->source, &storm->held, error);
    if (code == JWKEEP_OK)
        code = storm_tokens_mint(storm->issuer, options->algorithm, KNOWN_TOKENS,
                                 storm->workers, &storm->known, error);
    if (code == JWKEEP_OK)
        code = start_library(storm, error);
    if (code == JWKEEP_OK)
        code = dev_issuer_rotate(storm->issuer, false, error);
    if (code == JWKEEP_OK)
        code = storm_tokens_mint(storm->issuer, options->algorithm, options->requests,
                                 storm->workers, &storm->wanted, error);
    return code;
}

static void done(storm_scene *storm) {
    jwkeep_verifier_free(storm->library);
    jwkeep_keyset_unref(storm->held);
    storm_tokens_done(&storm->wanted);
    storm_tokens_done(&storm->known);
    dev_issuer_stop(storm->issuer);
}

static void tell(const bench_storm_options *options, const char *what) {
    if (options->progress)
        fprintf(options->progress, "\r\033[K%s", what);
}

/* A miss so soon after the last download would wait for the cooldown's end, which is not what
 * is measured here. */
static void wait_for_cooldown(void) {
    measure_sleep_until(measure_now_ns() + ((int64_t)COOLDOWN_S * 1000 + 100) * MEASURE_MS);
}

static jwkeep_code run_ways(const bench_storm_options *options, const storm_scene *storm,
                            storm_report *report, jwkeep_error *error) {
    tell(options, "the library …");
    wait_for_cooldown();
    jwkeep_code code = storm_library(storm, &report->ways[STORM_LIBRARY], error);
    if (code != JWKEEP_OK || options->is_library_only)
        return code;
    tell(options, "a mutex round the sequence …");
    code = storm_threads(storm, true, &report->ways[STORM_MUTEX], error);
    if (code != JWKEEP_OK)
        return code;
    tell(options, "check, then add …");
    return storm_threads(storm, false, &report->ways[STORM_NAIVE], error);
}

static jwkeep_code run_story(const bench_storm_options *options, storm_scene *storm,
                             storm_report *report, jwkeep_error *error) {
    tell(options, "minting tokens …");
    jwkeep_code code = prepare(options, storm, error);
    if (code != JWKEEP_OK)
        return code;
    code = storm_capacity(storm, &report->check_us, error);
    if (code != JWKEEP_OK)
        return code;
    int64_t ten_checks_ns = (int64_t)(report->check_us * 10000);
    storm->interval_ns = ten_checks_ns > INTERVAL_NS ? ten_checks_ns : INTERVAL_NS;
    dev_issuer_set_latency(storm->issuer, options->latency_ms);
    return run_ways(options, storm, report, error);
}

/* With an issuer of its own, whose keys are quickly made, and time enough to make them in. */
static jwkeep_code run_race(const bench_storm_options *options, unsigned workers,
                            storm_report *report, jwkeep_error *error) {
    bench_storm_options race = *options;
    storm_scene storm = {.workers = workers};
    race.algorithm = JWKEEP_ALGORITHM_ES256;
    race.requests = 1;
    race.latency_ms =
        options->latency_ms > RACE_MIN_LATENCY_MS ? options->latency_ms : RACE_MIN_LATENCY_MS;
    storm.latency_ms = race.latency_ms;
    tell(options, "a rotation while a download is in flight …");
    jwkeep_code code = prepare(&race, &storm, error);
    if (code == JWKEEP_OK) {
        wait_for_cooldown();
        dev_issuer_set_latency(storm.issuer, race.latency_ms);
        code = storm_race(&storm, race.algorithm, &report->race, &report->race_requests, error);
    }
    done(&storm);
    return code;
}

static bool is_good(const storm_report *report) {
    const storm_result *library = &report->ways[STORM_LIBRARY];
    bool is_race_good = !report->has_race || (report->race.downloads == 2 &&
                                              report->race.right == report->race_requests);
    return library->downloads == 1 && library->duplicates == 0 &&
           library->right == report->requests && is_race_good;
}

jwkeep_code bench_storm(const bench_storm_options *options, FILE *out, bool *ret_is_good,
                        jwkeep_error *error) {
    unsigned workers = options->workers ? options->workers : measure_cores();
    storm_scene storm = {.latency_ms = options->latency_ms,
                         .quiet_ms = options->quiet_ms,
                         .workers = workers < STORM_MAX_WORKERS ? workers : STORM_MAX_WORKERS,
                         .max_downloads = raise_open_files(options->requests)};
    storm_report report = {.requests = options->requests,
                           .latency_ms = options->latency_ms,
                           .workers = storm.workers,
                           .cores = measure_cores(),
                           .algorithm = options->algorithm,
                           .is_library_only = options->is_library_only,
                           .has_race = options->has_race};
    jwkeep_code code = run_story(options, &storm, &report, error);
    done(&storm);
    if (code == JWKEEP_OK && options->has_race)
        code = run_race(options, storm.workers, &report, error);
    tell(options, "");
    if (code != JWKEEP_OK)
        return code;
    if (options->is_json)
        storm_print_json(&report, out);
    else
        storm_print_table(&report, out);
    *ret_is_good = is_good(&report);
    return JWKEEP_OK;
}
