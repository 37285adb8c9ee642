/* SPDX-License-Identifier: Apache-2.0
 *
 * Draining begins while the webhook's thread is at work: between its look at what others have
 * asked for and its word on when the next attempt is due. */
#include "remote/webhook.h"
#include "support/script.h"
#include <jwkeep/jwkeep.h>
#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <time.h>

#include <cmocka.h>

#define DRAIN_MS 25000u
#define LONGEST_PAUSE_MS 60000 /* at least half of it after so many failures */
#define FAILURES 7u
#define SHORT_NS 50000000

static struct fixture {
    script world;
    jk_transport_class methods; /* the world's, but for `wake` */
    jwkeep_webhook *webhook;
    jwkeep_refresher *refresher;
    bool is_armed; /* draining begins when the time is asked for */
    pthread_t drainer;
    sem_t woken;
    sem_t returned;
    size_t left;
} fixture;

static void wake(jk_transport *transport) {
    (void)transport;
    sem_post(&fixture.woken);
}

static void *drain(void *argument) {
    (void)argument;
    fixture.left = jwkeep_webhook_drain(fixture.webhook, DRAIN_MS);
    sem_post(&fixture.returned);
    return NULL;
}

/* Gives back once the drainer has asked for what it asks for. */
static void begin_draining(void) {
    fixture.is_armed = false;
    while (sem_trywait(&fixture.woken) == 0)
        ;
    assert_int_equal(pthread_create(&fixture.drainer, NULL, drain, NULL), 0);
    assert_int_equal(sem_wait(&fixture.woken), 0);
}

static int64_t monotonic_ms(void *user) {
    (void)user;
    if (fixture.is_armed)
        begin_draining();
    return fixture.world.now_ms;
}

static int set_up(void **state) {
    (void)state;
    struct fixture *f = &fixture;
    jwkeep_webhook_options options;
    jk_environment environment = script_environment(&f->world);
    f->methods = *f->world.base.methods;
    f->methods.wake = wake;
    f->world.base.methods = &f->methods;
    environment.monotonic_ms = monotonic_ms;
    jwkeep_webhook_options_init(&options);
    options.url = "https://receiver.test/hook";
    options.secret = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
    if (sem_init(&f->woken, 0, 0) != 0 || sem_init(&f->returned, 0, 0) != 0 ||
        jk_webhook_new_in(&environment, false, &options, &f->webhook, NULL) != JWKEEP_OK)
        return -1;
    f->refresher = jk_webhook_refresher(f->webhook);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    jwkeep_webhook_free(fixture.webhook);
    sem_destroy(&fixture.woken);
    sem_destroy(&fixture.returned);
    return 0;
}

static void post(const char *id) {
    assert_int_equal(
        jwkeep_webhook_post(fixture.webhook, jwkeep_span_text(id), JWKEEP_SPAN("{}"), NULL),
        JWKEEP_OK);
}

static bool has_returned_soon(void) {
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += SHORT_NS;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    return sem_timedwait(&fixture.returned, &until) == 0;
}

/* The pause is cut short: so a long one is no reason to give up. */
static void a_pause_that_is_about_to_be_cut_is_waited_for(void **state) {
    (void)state;
    struct fixture *f = &fixture;
    post("a");
    script_pass(&f->world, f->refresher, 0);
    for (unsigned i = 0; i < FAILURES; i++) {
        script_answer_status(&f->world, f->refresher, 500, NULL);
        if (i + 1 < FAILURES)
            script_pass(&f->world, f->refresher, LONGEST_PAUSE_MS);
    }
    post("b");
    f->is_armed = true;
    script_pass(&f->world, f->refresher, 0);
    assert_false(has_returned_soon());
    script_pass(&f->world, f->refresher, 0);
    script_answer_status(&f->world, f->refresher, 200, NULL);
    script_answer_status(&f->world, f->refresher, 200, NULL);
    assert_int_equal(pthread_join(f->drainer, NULL), 0);
    assert_int_equal(f->left, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_pause_that_is_about_to_be_cut_is_waited_for, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
