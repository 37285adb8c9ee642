/* SPDX-License-Identifier: Apache-2.0
 *
 * A webhook while there is no memory: an event that finds none is refused and counted, one that
 * was queued waits for better times. */
#include "remote/webhook.h"
#include "support/script.h"
#include "support/watched_memory.h"
#include <jwkeep/jwkeep.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static script world;
static jwkeep_webhook *webhook;

static int set_up(void **state) {
    jk_environment environment = script_environment(&world);
    jwkeep_webhook_options options;
    (void)state;
    jwkeep_webhook_options_init(&options);
    options.url = "https://receiver.test/hook";
    options.secret = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
    return jk_webhook_new_in(&environment, false, &options, &webhook, NULL) ? -1 : 0;
}

static int tear_down(void **state) {
    (void)state;
    watched_memory_seen()->is_exhausted = false;
    jwkeep_webhook_free(webhook);
    return 0;
}

static jwkeep_webhook_status status_now(void) {
    jwkeep_webhook_status status;
    jwkeep_webhook_status_get(webhook, &status);
    return status;
}

static void an_event_without_memory_is_counted_as_dropped(void **state) {
    (void)state;
    jwkeep_error error;
    watched_memory_seen()->is_exhausted = true;
    assert_int_equal(
        jwkeep_webhook_post(webhook, JWKEEP_SPAN("e-1"), JWKEEP_SPAN("{}"), &error),
        JWKEEP_OUT_OF_MEMORY);
    assert_int_equal(status_now().dropped, 1);
    assert_int_equal(status_now().queued, 0);
}

static void an_attempt_without_memory_is_made_again(void **state) {
    (void)state;
    assert_int_equal(jwkeep_webhook_post(webhook, JWKEEP_SPAN("e-1"), JWKEEP_SPAN("{}"), NULL),
                     JWKEEP_OK);
    watched_memory_seen()->is_exhausted = true;
    script_pass(&world, jk_webhook_refresher(webhook), 0);
    watched_memory_seen()->is_exhausted = false;
    assert_int_equal(world.request_count, 0);
    assert_int_equal(status_now().last_error, JWKEEP_OUT_OF_MEMORY);
    script_pass(&world, jk_webhook_refresher(webhook), JWKEEP_WEBHOOK_BACKOFF_MIN_MS);
    assert_int_equal(world.request_count, 1);
    script_answer_status(&world, jk_webhook_refresher(webhook), 200, NULL);
    assert_int_equal(status_now().delivered, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(an_event_without_memory_is_counted_as_dropped),
        TEST(an_attempt_without_memory_is_made_again),
    };
    return cmocka_run_group_tests(tests, watched_memory_install, NULL);
}
