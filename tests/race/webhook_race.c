/* SPDX-License-Identifier: Apache-2.0
 *
 * A webhook with its real thread and transport: many post while it delivers, is configured
 * anew, drained and freed. Each event is delivered, failed, dropped or left, and counted
 * once. */
#include "support/http_server.h"
#include <jwkeep/jwkeep.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define POSTERS 6
#define POSTS 300
#define ENDS 30

typedef struct race {
    http_server *server;
    jwkeep_webhook *webhook;
    _Atomic size_t taken;
    _Atomic size_t refused;
    _Atomic size_t faults;
} race;

static jwkeep_webhook_options options_of(const race *r, char url[64]) {
    jwkeep_webhook_options options;
    jwkeep_webhook_options_init(&options);
    snprintf(url, 64, "http://127.0.0.1:%u/hook", http_server_port(r->server));
    options.url = url;
    options.allows_http_loopback = true;
    options.secret = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
    options.queue_length = 64;
    options.backoff_min_ms = 100;
    options.backoff_max_ms = 100;
    return options;
}

static jwkeep_webhook *make(const race *r) {
    char url[64];
    jwkeep_webhook_options options = options_of(r, url);
    jwkeep_webhook *webhook = NULL;
    return jwkeep_webhook_new(&options, &webhook, NULL) == JWKEEP_OK ? webhook : NULL;
}

static void *post_many(void *argument) {
    race *r = argument;
    for (size_t i = 0; i < POSTS; i++) {
        jwkeep_code code =
            jwkeep_webhook_post(r->webhook, JWKEEP_SPAN("e-1"), JWKEEP_SPAN("{}"), NULL);
        if (code == JWKEEP_OK)
            atomic_fetch_add(&r->taken, 1);
        else if (code == JWKEEP_MISUSE_STATE)
            atomic_fetch_add(&r->refused, 1);
        else
            atomic_fetch_add(&r->faults, 1);
    }
    return NULL;
}

static void *configure_many(void *argument) {
    race *r = argument;
    char url[64];
    jwkeep_webhook_options options = options_of(r, url);
    for (uint32_t i = 0; i < POSTS; i++) {
        jwkeep_webhook_status status;
        options.queue_length = 1 + i % 64;
        if (jwkeep_webhook_configure(r->webhook, &options, NULL) != JWKEEP_OK)
            atomic_fetch_add(&r->faults, 1);
        jwkeep_webhook_status_get(r->webhook, &status);
        if (status.queued > 65)
            atomic_fetch_add(&r->faults, 1);
        sched_yield();
    }
    return NULL;
}

static void run_posters(race *r, void (*meanwhile)(race *r)) {
    pthread_t threads[POSTERS + 1];
    for (size_t i = 0; i < POSTERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, post_many, r), 0);
    assert_int_equal(pthread_create(&threads[POSTERS], NULL, configure_many, r), 0);
    if (meanwhile)
        meanwhile(r);
    for (size_t i = 0; i < POSTERS + 1; i++)
        pthread_join(threads[i], NULL);
}

static void assert_all_counted(race *r, size_t left) {
    jwkeep_webhook_status status;
    jwkeep_webhook_status_get(r->webhook, &status);
    assert_int_equal(atomic_load(&r->faults), 0);
    assert_int_equal(atomic_load(&r->taken) + atomic_load(&r->refused),
                     (size_t)POSTERS * POSTS);
    assert_int_equal(status.queued, left);
    assert_int_equal(status.delivered + status.failed + status.dropped + status.queued,
                     (size_t)POSTERS * POSTS);
}

static void no_event_is_lost_or_counted_twice(void **state) {
    race *r = *state;
    r->webhook = make(r);
    assert_non_null(r->webhook);
    run_posters(r, NULL);
    size_t left = jwkeep_webhook_drain(r->webhook, 60000);
    assert_int_equal(left, 0);
    assert_all_counted(r, 0);
    jwkeep_webhook_free(r->webhook);
}

static void drain_at_once(race *r) {
    (void)jwkeep_webhook_drain(r->webhook, 0);
}

static void draining_while_others_post_takes_or_refuses_each(void **state) {
    race *r = *state;
    r->webhook = make(r);
    assert_non_null(r->webhook);
    run_posters(r, drain_at_once);
    assert_int_equal(jwkeep_webhook_drain(r->webhook, 60000), 0);
    assert_all_counted(r, 0);
    jwkeep_webhook_free(r->webhook);
}

/* In whatever it is doing: connecting, sending, waiting for the answer. */
static void it_can_be_freed_at_any_moment(void **state) {
    race *r = *state;
    for (size_t i = 0; i < ENDS; i++) {
        jwkeep_webhook *webhook = make(r);
        assert_non_null(webhook);
        for (size_t j = 0; j < i; j++)
            assert_int_equal(
                jwkeep_webhook_post(webhook, JWKEEP_SPAN("e"), JWKEEP_SPAN("{}"), NULL),
                JWKEEP_OK);
        jwkeep_webhook_free(webhook);
    }
}

static int set_up(void **state) {
    static race r;
    memset(&r, 0, sizeof r);
    r.server = http_server_new();
    if (!r.server)
        return -1;
    http_server_set_response(r.server, "204 No Content", "", "");
    *state = &r;
    return 0;
}

static int tear_down(void **state) {
    race *r = *state;
    http_server_free(r->server);
    return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(no_event_is_lost_or_counted_twice),
        TEST(draining_while_others_post_takes_or_refuses_each),
        TEST(it_can_be_freed_at_any_moment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
