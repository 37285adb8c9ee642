/* SPDX-License-Identifier: Apache-2.0
 *
 * The service's webhook while many threads tell it of events: it is put in place, changed,
 * asked for its figures and taken away under them, and drained at the end. */
#include "server/alarms.h"
#include "server/webhook.h"
#include "support/http_server.h"
#include <jwkeep/jwkeep.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>

#include <cmocka.h>

#define TELLERS 4
#define CHANGES 40

typedef struct race {
    http_server *server;
    event_webhook *webhook;
    _Atomic bool is_over;
    _Atomic size_t faults;
} race;

static void *tell(void *argument) {
    race *r = argument;
    const jwkeep_error error = {.code = JWKEEP_TRANSPORT_TIMEOUT, .text = "too late"};
    const jwkeep_event event = {.kind = JWKEEP_EVENT_FAILED, .count = 1, .error = &error};
    const service_alarm told = {"stale", true, "main", "text", JWKEEP_OK};
    while (!atomic_load(&r->is_over)) {
        event_webhook_tell_source(r->webhook, "main", &event);
        event_webhook_tell_alarm(r->webhook, true, &told);
        event_webhook_tell_service(r->webhook, WEBHOOK_RELOADED, 1, 1);
    }
    return NULL;
}

static void *look(void *argument) {
    race *r = argument;
    while (!atomic_load(&r->is_over)) {
        jwkeep_webhook_status status;
        bool is_there = event_webhook_status(r->webhook, &status);
        if (!is_there ? status.queue_length != 0 : status.queued > status.queue_length + 1)
            atomic_fetch_add(&r->faults, 1);
    }
    return NULL;
}

static jwkeep_webhook_options options_of(const race *r, char url[64]) {
    jwkeep_webhook_options options;
    jwkeep_webhook_options_init(&options);
    snprintf(url, 64, "http://127.0.0.1:%u/hook", http_server_port(r->server));
    options.url = url;
    options.allows_http_loopback = true;
    options.secret = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
    options.queue_length = 16;
    return options;
}

static void is_changed_and_taken_away_while_events_come(void **state) {
    race *r = *state;
    char url[64];
    pthread_t threads[TELLERS + 1];
    const jwkeep_webhook_options options = options_of(r, url);
    for (size_t i = 0; i < TELLERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, tell, r), 0);
    assert_int_equal(pthread_create(&threads[TELLERS], NULL, look, r), 0);
    for (size_t i = 0; i < CHANGES; i++) {
        const jwkeep_webhook_options *next = i % 3 == 2 ? NULL : &options;
        if (event_webhook_configure(r->webhook, next, UINT32_MAX, NULL) != JWKEEP_OK)
            atomic_fetch_add(&r->faults, 1);
    }
    if (event_webhook_configure(r->webhook, &options, UINT32_MAX, NULL) != JWKEEP_OK)
        atomic_fetch_add(&r->faults, 1);
    jwkeep_webhook_status status = {0};
    while (status.delivered == 0 && atomic_load(&r->faults) == 0)
        (void)event_webhook_status(r->webhook, &status);
    size_t left = event_webhook_drain(r->webhook, 60000);
    atomic_store(&r->is_over, true);
    for (size_t i = 0; i < TELLERS + 1; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(left, 0);
    assert_int_equal(atomic_load(&r->faults), 0);
}

static int set_up(void **state) {
    static race r;
    r.server = http_server_new();
    if (!r.server || event_webhook_new(NULL, &r.webhook, NULL) != JWKEEP_OK)
        return -1;
    http_server_set_response(r.server, "204 No Content", "", "");
    *state = &r;
    return 0;
}

static int tear_down(void **state) {
    race *r = *state;
    event_webhook_free(r->webhook);
    http_server_free(r->server);
    return 0;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(is_changed_and_taken_away_while_events_come, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
