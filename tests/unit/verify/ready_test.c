/* SPDX-License-Identifier: Apache-2.0
 *
 * The start that requires keys: through failures, to a deadline, to the verifier's end. */
#include "remote/refresher.h"
#include "support/live_issuer.h"
#include "support/script.h"
#include "verify/verifier.h"
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define LONG_MS 120000

typedef struct fixture {
    live_issuer *issuer;
    jwkeep_verifier *verifier;
    pthread_t thread;
    jwkeep_code code;
    jwkeep_error error;
} fixture;

static int set_up(void **state) {
    fixture *f = calloc(1, sizeof *f);
    if (!f)
        return -1;
    *state = f;
    f->issuer = live_issuer_new();
    if (!f->issuer)
        return -1;
    jk_environment environment = live_issuer_environment(f->issuer);
    jwkeep_refresher *refresher = NULL;
    jwkeep_keyset *none = NULL;
    if (jwkeep_keyset_new(NULL, 0, &none, NULL) ||
        jk_refresher_new_in(&environment, 0, true, &refresher, NULL))
        return -1;
    const jwkeep_issuer issuers[] = {
        {.name = "local", .issuer = "https://a.example", .keys = none},
        {.name = "far", .issuer = "https://b.example", .jwks_url = "https://b.example/jwks"}};
    jwkeep_verifier_options options;
    jwkeep_verifier_options_init(&options);
    options.issuers = issuers;
    options.issuer_count = 2;
    jwkeep_code code = jk_verifier_new_in(&options, refresher, &f->verifier, NULL);
    jwkeep_keyset_unref(none);
    return code ? -1 : 0;
}

static int tear_down(void **state) {
    fixture *f = *state;
    jwkeep_verifier_free(f->verifier);
    live_issuer_free(f->issuer);
    free(f);
    return 0;
}

static void *wait_in_thread(void *user) {
    fixture *f = user;
    f->code = jwkeep_verifier_wait_ready(f->verifier, LONG_MS, &f->error);
    return NULL;
}

static bool begin_waiting(fixture *f) {
    return pthread_create(&f->thread, NULL, wait_in_thread, f) == 0;
}

static void await_failure(const fixture *f) {
    jwkeep_source_status status = {.last_error = JWKEEP_OK};
    while (status.last_error == JWKEEP_OK) {
        sched_yield();
        assert_int_equal(jwkeep_verifier_status(f->verifier, 1, &status), JWKEEP_OK);
    }
}

static void r23_a_required_start_returns_when_every_issuer_has_keys(void **state) {
    fixture *f = *state;
    live_issuer_publish(f->issuer, script_keys("ab"));
    assert_int_equal(jwkeep_verifier_wait_ready(f->verifier, LONG_MS, &f->error), JWKEEP_OK);
    jwkeep_source_status status;
    assert_int_equal(jwkeep_verifier_status(f->verifier, 1, &status), JWKEEP_OK);
    assert_int_equal(status.keys, 2);
    assert_int_equal(jwkeep_verifier_wait_ready(f->verifier, 1, NULL), JWKEEP_OK);
    assert_int_equal(live_issuer_requests(f->issuer), 1);
}

static void r23_a_required_start_never_hangs(void **state) {
    fixture *f = *state;
    live_issuer_hold(f->issuer, true);
    assert_int_equal(jwkeep_verifier_wait_ready(f->verifier, 20, &f->error),
                     JWKEEP_KEYS_TIMEOUT);
    assert_int_equal(f->error.code, JWKEEP_KEYS_TIMEOUT);
    assert_string_equal(f->error.where, "far");
}

static void r23_a_required_start_names_the_issuer_that_failed_and_why(void **state) {
    fixture *f = *state;
    live_issuer_publish(f->issuer, NULL);
    assert_int_not_equal(jwkeep_verifier_wait_ready(f->verifier, 1, NULL), JWKEEP_OK);
    await_failure(f);
    assert_int_equal(jwkeep_verifier_wait_ready(f->verifier, 1, &f->error),
                     JWKEEP_KEYS_FETCH_FAILED);
    assert_string_equal(f->error.where, "far");
    assert_string_equal(f->error.text, jwkeep_code_text(JWKEEP_TRANSPORT_CONNECT));
}

static void r23_a_required_start_waits_through_failures(void **state) {
    fixture *f = *state;
    live_issuer_publish(f->issuer, NULL);
    bool is_begun = begin_waiting(f);
    if (is_begun) {
        await_failure(f);
        live_issuer_publish(f->issuer, script_keys("a"));
        live_issuer_advance(f->issuer, 2 * JWKEEP_BACKOFF_MIN_MS);
        pthread_join(f->thread, NULL);
    }
    assert_true(is_begun);
    assert_int_equal(f->code, JWKEEP_OK);
}

static void await_waiter(fixture *f) {
    jk_waiting *waiting = &f->verifier->waiting;
    for (size_t inside = 0; inside == 0; sched_yield()) {
        pthread_mutex_lock(&waiting->mutex);
        inside = waiting->inside;
        pthread_mutex_unlock(&waiting->mutex);
    }
}

static void r23_the_end_of_the_verifier_ends_a_required_start(void **state) {
    fixture *f = *state;
    live_issuer_hold(f->issuer, true);
    bool is_begun = begin_waiting(f);
    if (is_begun) {
        await_waiter(f);
        live_issuer_await_requests(f->issuer, 1);
        jwkeep_verifier_free(f->verifier);
        f->verifier = NULL;
        pthread_join(f->thread, NULL);
    }
    assert_true(is_begun);
    assert_int_equal(f->code, JWKEEP_KEYS_SHUTDOWN);
}

static void r23_a_lazy_start_downloads_nothing(void **state) {
    fixture *f = *state;
    assert_int_equal(live_issuer_requests(f->issuer), 0);
    assert_int_equal(jwkeep_verifier_wait_ready(NULL, 1, &f->error), JWKEEP_MISUSE_ARGUMENT);
    assert_string_equal(f->error.where, "verifier");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(r23_a_required_start_returns_when_every_issuer_has_keys),
        TEST(r23_a_required_start_never_hangs),
        TEST(r23_a_required_start_names_the_issuer_that_failed_and_why),
        TEST(r23_a_required_start_waits_through_failures),
        TEST(r23_the_end_of_the_verifier_ends_a_required_start),
        TEST(r23_a_lazy_start_downloads_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
