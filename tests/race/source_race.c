/* SPDX-License-Identifier: Apache-2.0
 *
 * A source with its real thread and transport against a server that rotates and fails, while
 * callers wait, cancel, read, and the source is ended under them. */
#include "support/http_server.h"
#include "support/script.h"
#include <jwkeep/jwkeep.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#define WAITERS 12
#define LOOKUPS 150
#define CROWD 400
#define ENDS 25
#define DOWNLOADS 100

typedef struct race {
    http_server *server;
    jwkeep_refresher *refresher;
    jwkeep_source *source;
    _Atomic bool is_settled; /* enough has happened */
    _Atomic bool is_over;
    _Atomic size_t answers[6]; /* ok, unknown, timeout, failed, shutdown, anything else */
    _Atomic size_t begun;
    _Atomic size_t notified;
    _Atomic size_t faults;
} race;

static bool open_race(race *r, bool is_eager) {
    char url[64];
    jwkeep_source_options options;
    jwkeep_source_options_init(&options);
    snprintf(url, sizeof url, "http://127.0.0.1:%u/", http_server_port(r->server));
    options.url = url;
    options.allows_http_loopback = true;
    options.is_eager = is_eager;
    options.cooldown_s = 1;
    options.lifetime_min_s = 1;
    options.lifetime_default_s = 1;
    options.backoff_min_ms = 100;
    options.backoff_max_ms = 100;
    return jwkeep_source_new(r->refresher, &options, &r->source, NULL) == JWKEEP_OK;
}

static void count(race *r, jwkeep_code code) {
    size_t kind = code == JWKEEP_OK                  ? 0
                  : code == JWKEEP_KID_UNKNOWN       ? 1
                  : code == JWKEEP_KEYS_TIMEOUT      ? 2
                  : code == JWKEEP_KEYS_FETCH_FAILED ? 3
                  : code == JWKEEP_KEYS_SHUTDOWN     ? 4
                                                     : 5;
    atomic_fetch_add(&r->answers[kind], 1);
}

static void on_notify(void *user) {
    atomic_fetch_add(&((race *)user)->notified, 1);
}

static void look_up(race *r, size_t turn) {
    static const char *const kids[] = {"a", "b", "c", "d", "z"};
    jwkeep_span kid = jwkeep_span_text(kids[turn % 5]);
    uint32_t timeout_ms = turn % 7 == 0 ? 1 : 20000;
    if (turn % 3) {
        count(r, jwkeep_source_lookup(r->source, kid, timeout_ms, NULL));
        return;
    }
    jwkeep_lookup *lookup = NULL;
    jwkeep_code code =
        jwkeep_source_lookup_begin(r->source, kid, timeout_ms, on_notify, r, &lookup, NULL);
    if (code != JWKEEP_PENDING) {
        count(r, code);
        return;
    }
    (void)!jwkeep_lookup_result(lookup, NULL);
    jwkeep_lookup_free(lookup);
    atomic_fetch_add(&r->answers[0], 1);
}

static void *look_up_on(void *argument) {
    race *r = argument;
    size_t seed = atomic_fetch_add(&r->begun, 1);
    for (size_t i = 0; i < LOOKUPS || !atomic_load(&r->is_settled); i++)
        look_up(r, seed + i * 11);
    return NULL;
}

static void *read_on(void *argument) {
    race *r = argument;
    jwkeep_generation last = 0;
    while (!atomic_load(&r->is_over)) {
        jwkeep_source_status status;
        jwkeep_generation generation = 0;
        jwkeep_keyset *set = jwkeep_keyring_take(jwkeep_source_ring(r->source), &generation);
        bool is_right = generation >= last && jwkeep_keyset_count(set) <= 3;
        last = generation;
        jwkeep_keyset_unref(set);
        jwkeep_source_status_get(r->source, &status);
        (void)jwkeep_source_check(r->source);
        jwkeep_source_refresh(r->source);
        if (!is_right || status.generation < last)
            atomic_fetch_add(&r->faults, 1);
    }
    return NULL;
}

static void *rotate_on(void *argument) {
    race *r = argument;
    static const char *const sets[] = {"ab", "bc", "cd", "Ab", ""};
    for (size_t i = 0; !atomic_load(&r->is_over); i++) {
        if (i % 4 == 3)
            http_server_set(r->server, i % 8 == 3 ? HTTP_SERVER_RESET : HTTP_SERVER_ANSWER,
                            "HTTP/1.1 500 No\r\n\r\n", 19);
        else
            http_server_set_response(r->server, "200 OK", "", script_keys(sets[i % 5]));
        poll(NULL, 0, 3);
    }
    return NULL;
}

/* Sets have come and gone, and downloads have failed, while everybody was at work. */
static bool wait_for_changes_and_failures(race *r) {
    for (size_t i = 0; i < 6000; i++) {
        jwkeep_source_status status;
        jwkeep_source_status_get(r->source, &status);
        if (status.fetches_changed >= 3 && status.fetches_failed >= 2)
            return true;
        poll(NULL, 0, 10);
    }
    return false;
}

static void callers_race_with_rotations_and_failures(void **state) {
    (void)state;
    race r = {.server = http_server_new()};
    pthread_t threads[WAITERS];
    pthread_t reader;
    pthread_t rotator;
    assert_non_null(r.server);
    http_server_set_response(r.server, "200 OK", "", script_keys("ab"));
    assert_int_equal(jwkeep_refresher_new(0, &r.refresher, NULL), JWKEEP_OK);
    assert_true(open_race(&r, false));
    assert_int_equal(pthread_create(&reader, NULL, read_on, &r), 0);
    assert_int_equal(pthread_create(&rotator, NULL, rotate_on, &r), 0);
    size_t started = 0;
    while (started < WAITERS && !pthread_create(&threads[started], NULL, look_up_on, &r))
        started++;
    bool has_happened = wait_for_changes_and_failures(&r);
    atomic_store(&r.is_settled, true);
    for (size_t i = 0; i < started; i++)
        pthread_join(threads[i], NULL);
    atomic_store(&r.is_over, true);
    pthread_join(reader, NULL);
    pthread_join(rotator, NULL);
    jwkeep_source_free(r.source);
    jwkeep_refresher_free(r.refresher);
    http_server_free(r.server);
    size_t answered = 0;
    for (size_t i = 0; i < 6; i++)
        answered += r.answers[i];
    assert_int_equal(started, WAITERS);
    assert_int_equal(r.faults, 0);
    assert_true(has_happened);
    assert_true(answered >= WAITERS * LOOKUPS);
    assert_int_equal(r.answers[4], 0);
}

static void *look_up_once(void *argument) {
    race *r = argument;
    count(r, jwkeep_source_lookup(r->source, JWKEEP_SPAN("b"), 60000, NULL));
    return NULL;
}

static void r03_a_crowd_of_threads_shares_one_download(void **state) {
    (void)state;
    race r = {.server = http_server_new()};
    pthread_t *threads = calloc(CROWD, sizeof *threads);
    assert_non_null(r.server);
    assert_non_null(threads);
    http_server_set_response(r.server, "200 OK", "", script_keys("ab"));
    assert_int_equal(jwkeep_refresher_new(0, &r.refresher, NULL), JWKEEP_OK);
    jwkeep_source_options options;
    jwkeep_source_options_init(&options);
    char url[64];
    snprintf(url, sizeof url, "http://127.0.0.1:%u/", http_server_port(r.server));
    options.url = url;
    options.allows_http_loopback = true;
    assert_int_equal(jwkeep_source_new(r.refresher, &options, &r.source, NULL), JWKEEP_OK);
    size_t started = 0;
    while (started < CROWD && !pthread_create(&threads[started], NULL, look_up_once, &r))
        started++;
    for (size_t i = 0; i < started; i++)
        pthread_join(threads[i], NULL);
    size_t requests = http_server_requests(r.server);
    jwkeep_source_free(r.source);
    jwkeep_refresher_free(r.refresher);
    http_server_free(r.server);
    free(threads);
    assert_int_equal(r.answers[0], started);
    assert_int_equal(started, CROWD);
    assert_int_equal(requests, 1);
}

static void *wait_for_the_end(void *argument) {
    race *r = argument;
    jwkeep_lookup *lookup = NULL;
    jwkeep_code code = jwkeep_source_lookup_begin(r->source, JWKEEP_SPAN("a"), 60000, on_notify,
                                                  r, &lookup, NULL);
    if (code == JWKEEP_PENDING)
        atomic_fetch_add(&r->begun, 1);
    while (code == JWKEEP_PENDING && jwkeep_lookup_result(lookup, NULL) == JWKEEP_PENDING)
        sched_yield();
    if (code == JWKEEP_PENDING) {
        count(r, jwkeep_lookup_result(lookup, NULL));
        jwkeep_lookup_free(lookup);
    }
    return NULL;
}

static void r24_a_source_ends_while_everybody_waits(void **state) {
    (void)state;
    race r = {.server = http_server_new()};
    assert_non_null(r.server);
    http_server_set(r.server, HTTP_SERVER_SILENT, "", 0);
    assert_int_equal(jwkeep_refresher_new(0, &r.refresher, NULL), JWKEEP_OK);
    for (size_t round = 0; round < ENDS; round++) {
        pthread_t threads[2];
        size_t requests = http_server_requests(r.server);
        assert_true(open_race(&r, true));
        atomic_store(&r.begun, 0);
        size_t started = 0;
        while (started < 2 && !pthread_create(&threads[started], NULL, wait_for_the_end, &r))
            started++;
        while (atomic_load(&r.begun) < started)
            sched_yield();
        while (round % 2 && http_server_requests(r.server) == requests)
            sched_yield();
        jwkeep_source_free(r.source);
        for (size_t i = 0; i < started; i++)
            pthread_join(threads[i], NULL);
    }
    jwkeep_refresher_free(r.refresher);
    http_server_free(r.server);
    assert_int_equal(r.answers[4], 2 * ENDS);
    assert_in_range(r.notified, 0, 2 * ENDS);
}

static int64_t now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static bool open_slow_source(race *r, jwkeep_source **ret_source, jwkeep_lookup **ret_lookup) {
    char url[64];
    jwkeep_source_options options;
    jwkeep_source_options_init(&options);
    snprintf(url, sizeof url, "http://127.0.0.1:%u/", http_server_port(r->server));
    options.url = url;
    options.allows_http_loopback = true;
    options.fetch_timeout_ms = 300000;
    return jwkeep_source_new(r->refresher, &options, ret_source, NULL) == JWKEEP_OK &&
           jwkeep_source_lookup_begin(*ret_source, JWKEEP_SPAN("a"), 300000, on_notify, r,
                                      ret_lookup, NULL) == JWKEEP_PENDING;
}

/* Each source may take its 100 ms, and so may the refresher; a download would take minutes. */
static void r24_ends_in_the_middle_of_a_hundred_downloads(void **state) {
    (void)state;
    race r = {.server = http_server_new()};
    jwkeep_source *sources[DOWNLOADS] = {NULL};
    jwkeep_lookup *lookups[DOWNLOADS] = {NULL};
    size_t made = 0;
    assert_non_null(r.server);
    http_server_set(r.server, HTTP_SERVER_SILENT, "", 0);
    assert_int_equal(jwkeep_refresher_new(DOWNLOADS, &r.refresher, NULL), JWKEEP_OK);
    while (made < DOWNLOADS && open_slow_source(&r, &sources[made], &lookups[made]))
        made++;
    while (made == DOWNLOADS && http_server_requests(r.server) < DOWNLOADS)
        poll(NULL, 0, 1);
    int64_t began_ms = now_ms();
    for (size_t i = 0; i < DOWNLOADS; i++)
        jwkeep_source_free(sources[i]);
    jwkeep_refresher_free(r.refresher);
    int64_t took_ms = now_ms() - began_ms;
    for (size_t i = 0; i < made; i++) {
        count(&r, jwkeep_lookup_result(lookups[i], NULL));
        jwkeep_lookup_free(lookups[i]);
    }
    http_server_free(r.server);
    print_message("%d downloads ended in %d ms\n", DOWNLOADS, (int)took_ms);
    assert_int_equal(made, DOWNLOADS);
    assert_int_equal(r.answers[4], DOWNLOADS);
    assert_int_equal(r.notified, DOWNLOADS);
    assert_in_range(took_ms, 0, 100 * (DOWNLOADS + 1));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(callers_race_with_rotations_and_failures),
        cmocka_unit_test(r03_a_crowd_of_threads_shares_one_download),
        cmocka_unit_test(r24_a_source_ends_while_everybody_waits),
        cmocka_unit_test(r24_ends_in_the_middle_of_a_hundred_downloads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
