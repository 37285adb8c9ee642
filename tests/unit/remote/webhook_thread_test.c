/* SPDX-License-Identifier: Apache-2.0
 *
 * A webhook with its thread: it delivers over a real connection, ends in the middle of an
 * attempt, and is the parent's alone after a fork. */
#include "base/clock.h"
#include "support/http_server.h"
#include <jwkeep/jwkeep.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define LONG_MS 600000
#define CHILD_S 60 /* a child that hangs is ended, which the parent sees */

typedef struct fixture {
    http_server *server;
    jwkeep_webhook *webhook;
} fixture;

static int set_up(void **state) {
    fixture *f = calloc(1, sizeof *f);
    char url[64];
    jwkeep_webhook_options options;
    if (!f || !(f->server = http_server_new()))
        return -1;
    snprintf(url, sizeof url, "http://127.0.0.1:%u/hook", http_server_port(f->server));
    jwkeep_webhook_options_init(&options);
    options.url = url;
    options.allows_http_loopback = true;
    options.secret = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
    options.timeout_ms = 60000;
    options.retry_after_max_s = 3600;
    http_server_set_response(f->server, "204 No Content", "", "");
    *state = f;
    return jwkeep_webhook_new(&options, &f->webhook, NULL) == JWKEEP_OK ? 0 : -1;
}

static int tear_down(void **state) {
    fixture *f = *state;
    jwkeep_webhook_free(f->webhook);
    http_server_free(f->server);
    free(f);
    return 0;
}

static jwkeep_code post(const fixture *f) {
    return jwkeep_webhook_post(f->webhook, JWKEEP_SPAN("e-1"), JWKEEP_SPAN("{}"), NULL);
}

static void what_is_posted_is_there_once_it_is_drained(void **state) {
    fixture *f = *state;
    char sent[2048];
    assert_int_equal(post(f), JWKEEP_OK);
    assert_int_equal(post(f), JWKEEP_OK);
    assert_int_equal(jwkeep_webhook_drain(f->webhook, 60000), 0);
    assert_int_equal(http_server_requests(f->server), 2);
    http_server_last_request(f->server, sent, sizeof sent);
    assert_non_null(strstr(sent, "POST /hook HTTP/1.1\r\n"));
    assert_non_null(strstr(sent, "\r\nwebhook-id: e-1\r\n"));
    assert_non_null(strstr(sent, "\r\nwebhook-signature: v1,"));
}

/* Not bounds on speed: the attempt alone would take a minute. */
static void ends_in_the_middle_of_an_attempt(void **state) {
    fixture *f = *state;
    http_server_set(f->server, HTTP_SERVER_SILENT, "", 0);
    assert_int_equal(post(f), JWKEEP_OK);
    while (http_server_requests(f->server) == 0)
        poll(NULL, 0, 1);
    int64_t before_ms = jk_clock_monotonic_ms();
    size_t left = jwkeep_webhook_drain(f->webhook, 10);
    jwkeep_webhook_free(f->webhook);
    f->webhook = NULL;
    assert_int_equal(left, 1);
    assert_in_range(jk_clock_monotonic_ms() - before_ms, 0, 30000);
}

/* The next three would otherwise take as long as they are given: ten minutes. */
static void draining_does_not_wait_for_a_receiver_that_fails(void **state) {
    fixture *f = *state;
    jwkeep_webhook_status status;
    http_server_set_response(f->server, "503 Unavailable", "", "");
    assert_int_equal(post(f), JWKEEP_OK);
    assert_int_equal(post(f), JWKEEP_OK);
    assert_int_equal(jwkeep_webhook_drain(f->webhook, LONG_MS), 2);
    jwkeep_webhook_status_get(f->webhook, &status);
    assert_in_range(status.attempts, JWKEEP_WEBHOOK_DRAIN_FAILURES,
                    JWKEEP_WEBHOOK_DRAIN_FAILURES + 1);
}

static void draining_does_not_wait_for_nobody(void **state) {
    fixture *f = *state;
    http_server_free(f->server);
    f->server = NULL;
    assert_int_equal(post(f), JWKEEP_OK);
    assert_int_equal(jwkeep_webhook_drain(f->webhook, LONG_MS), 1);
}

static void draining_does_not_wait_for_what_may_not_be_tried_in_time(void **state) {
    fixture *f = *state;
    http_server_set_response(f->server, "429 Too Many Requests", "Retry-After: 3600\r\n", "");
    assert_int_equal(post(f), JWKEEP_OK);
    assert_int_equal(jwkeep_webhook_drain(f->webhook, LONG_MS), 1);
    assert_int_equal(http_server_requests(f->server), 1);
}

static int live_in_child(const fixture *f) {
    jwkeep_webhook_status status;
    alarm(CHILD_S);
    if (post(f) != JWKEEP_MISUSE_STATE)
        return 1;
    if (jwkeep_webhook_drain(f->webhook, 60000) != 0)
        return 2;
    jwkeep_webhook_status_get(f->webhook, &status);
    jwkeep_webhook_free(f->webhook);
    return 0;
}

static void after_a_fork_it_is_the_parents_alone(void **state) {
    fixture *f = *state;
    int status = -1;
    assert_int_equal(post(f), JWKEEP_OK);
    pid_t child = fork();
    if (child == 0)
        _exit(live_in_child(f));
    assert_true(child > 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    assert_int_equal(post(f), JWKEEP_OK);
    assert_int_equal(jwkeep_webhook_drain(f->webhook, 60000), 0);
    assert_int_equal(http_server_requests(f->server), 2);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(what_is_posted_is_there_once_it_is_drained),
        TEST(ends_in_the_middle_of_an_attempt),
        TEST(draining_does_not_wait_for_a_receiver_that_fails),
        TEST(draining_does_not_wait_for_nobody),
        TEST(draining_does_not_wait_for_what_may_not_be_tried_in_time),
        TEST(after_a_fork_it_is_the_parents_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
