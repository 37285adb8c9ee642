/* SPDX-License-Identifier: Apache-2.0
 *
 * Sources that are ended while their timers run out: the refresher serves a source all the
 * time, and may find out by itself that it is to end before it is told. What it must not do is
 * serve it afterwards, which AddressSanitizer and ThreadSanitizer see. */
#include "base/error.h"
#include "remote/refresher.h"
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>

#include <cmocka.h>

#define ENDERS 2
#define ENDS 1000

/* A world in which no download begins and every look at the clock takes a while. */
typedef struct world {
    jk_transport base;
    _Atomic int64_t now_ms;
    jwkeep_refresher *refresher;
    _Atomic size_t faults;
} world;

static jwkeep_code start(jk_transport *transport, const jk_request *request,
                         jk_transfer_done done, void *user, jk_transfer **ret_transfer,
                         jwkeep_error *error) {
    (void)transport, (void)request, (void)done, (void)user, (void)ret_transfer;
    return jk_fail(error, JWKEEP_SYSTEM_FAILED);
}

static void cancel(jk_transport *transport, jk_transfer *transfer) {
    (void)transport, (void)transfer;
}

static void run(jk_transport *transport, int64_t wait_ms) {
    (void)transport, (void)wait_ms;
}

static void do_nothing(jk_transport *transport) {
    (void)transport;
}

static const jk_transport_class methods = {start, cancel, run, do_nothing, do_nothing};

static int64_t read_clock(void *user) {
    return atomic_fetch_add(&((world *)user)->now_ms, 40);
}

static void wait_until_served(const jwkeep_source *source) {
    jwkeep_source_status status;
    do {
        sched_yield();
        jwkeep_source_status_get(source, &status);
    } while (status.fetches_failed == 0);
}

static void *end_sources(void *argument) {
    world *it = argument;
    jwkeep_source_options options;
    jwkeep_source_options_init(&options);
    options.url = "https://issuer.example/keys";
    options.is_eager = true;
    options.backoff_min_ms = 100;
    options.backoff_max_ms = 100;
    for (size_t i = 0; i < ENDS; i++) {
        jwkeep_source *source = NULL;
        if (jwkeep_source_new(it->refresher, &options, &source, NULL) != JWKEEP_OK)
            atomic_fetch_add(&it->faults, 1);
        else
            wait_until_served(source);
        jwkeep_source_free(source);
    }
    return NULL;
}

static void is_not_served_after_its_end(void **state) {
    (void)state;
    world it = {.base = {&methods}};
    jk_environment environment = {&it.base, read_clock, read_clock, &it, 1};
    pthread_t threads[ENDERS];
    size_t begun = 0;
    assert_int_equal(jk_refresher_new_in(&environment, 4, true, &it.refresher, NULL),
                     JWKEEP_OK);
    while (begun < ENDERS && pthread_create(&threads[begun], NULL, end_sources, &it) == 0)
        begun++;
    for (size_t i = 0; i < begun; i++)
        pthread_join(threads[i], NULL);
    jwkeep_refresher_free(it.refresher);
    assert_int_equal(begun, ENDERS);
    assert_int_equal(atomic_load(&it.faults), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(is_not_served_after_its_end)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
