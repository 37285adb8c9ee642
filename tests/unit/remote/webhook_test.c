/* SPDX-License-Identifier: Apache-2.0
 *
 * A webhook in a scripted world: what is sent, what is tried again and when, what is dropped,
 * and how it ends. Time passes only when a test says so. */
#include "remote/webhook.h"
#include "support/script.h"
#include <jwkeep/jwkeep.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* Of 32 bytes: 0, 1, …, 31; and of 32 bytes of 0xff. */
#define SECRET "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
#define OTHER_SECRET "whsec_//////////////////////////////////////////8="

typedef struct fixture {
    script world;
    jwkeep_webhook *webhook;
    jwkeep_refresher *refresher;
    size_t failures;
    char failed_id[64];
    uint32_t failed_attempts;
    unsigned failed_status;
    jwkeep_code failed_code;
} fixture;

static void note_failure(void *user, const jwkeep_webhook_failure *failure) {
    fixture *f = user;
    f->failures++;
    snprintf(f->failed_id, sizeof f->failed_id, "%.*s", (int)failure->id.size,
             (const char *)failure->id.data);
    f->failed_attempts = failure->attempts;
    f->failed_status = failure->status;
    f->failed_code = failure->error->code;
}

static jwkeep_webhook_options options_of(fixture *f) {
    jwkeep_webhook_options options;
    jwkeep_webhook_options_init(&options);
    options.url = "https://receiver.test/hook";
    options.secret = SECRET;
    options.on_failure = note_failure;
    options.user = f;
    return options;
}

static int set_up(void **state) {
    fixture *f = calloc(1, sizeof *f);
    if (!f)
        return -1;
    jk_environment environment = script_environment(&f->world);
    jwkeep_webhook_options options = options_of(f);
    options.attempts = 3;
    options.queue_length = 4;
    if (jk_webhook_new_in(&environment, false, &options, &f->webhook, NULL))
        return -1;
    f->refresher = jk_webhook_refresher(f->webhook);
    *state = f;
    return 0;
}

static int tear_down(void **state) {
    fixture *f = *state;
    jwkeep_webhook_free(f->webhook);
    bool is_freed = f->world.is_freed;
    free(f);
    return is_freed ? 0 : -1;
}

static void post(fixture *f, const char *id) {
    char body[64];
    snprintf(body, sizeof body, "{\"id\":\"%s\"}", id);
    assert_int_equal(
        jwkeep_webhook_post(f->webhook, jwkeep_span_text(id), jwkeep_span_text(body), NULL),
        JWKEEP_OK);
}

static void pass(fixture *f, int64_t ms) {
    script_pass(&f->world, f->refresher, ms);
}

static void answer(fixture *f, unsigned status) {
    script_answer_status(&f->world, f->refresher, status, NULL);
}

static void answer_with_pause(fixture *f, unsigned status, const char *retry_after) {
    script_answer_status(&f->world, f->refresher, status, retry_after);
}

static jwkeep_webhook_status status_of(const fixture *f) {
    jwkeep_webhook_status status;
    jwkeep_webhook_status_get(f->webhook, &status);
    return status;
}

/* The event that the last request was for. */
static void assert_last_is(const fixture *f, const char *id) {
    char line[96];
    snprintf(line, sizeof line, "webhook-id: %s\n", id);
    assert_non_null(script_last(&f->world));
    assert_non_null(strstr(script_last(&f->world)->lines, line));
}

/* The pauses after failures in a row, until the next request was made. */
static int64_t wait_for_request(fixture *f, size_t request) {
    int64_t waited_ms = 0;
    for (; f->world.request_count < request && waited_ms < 400000; waited_ms += 10)
        pass(f, 10);
    return waited_ms;
}

/* Computed with Python: hmac.digest(bytes(range(32)), b'e-1.1700000000.{"id":"e-1"}',
 * 'sha256'), in base64. */
static void an_event_is_signed_with_its_id_and_time(void **state) {
    fixture *f = *state;
    post(f, "e-1");
    pass(f, 0);
    const script_request *request = script_last(&f->world);
    assert_string_equal(request->url, "https://receiver.test/hook");
    assert_string_equal(request->content, "{\"id\":\"e-1\"}");
    assert_string_equal(request->lines,
                        "webhook-id: e-1\nwebhook-timestamp: 1700000000\n"
                        "webhook-signature: v1,qJIvS54SuKITDrCkS6udUlgkyfBr0OkVWrCnbDLlCqw=\n");
    assert_int_equal(request->total_timeout_ms, JWKEEP_WEBHOOK_TIMEOUT_MS);
    answer(f, 204);
    assert_int_equal(status_of(f).delivered, 1);
    assert_int_equal(status_of(f).queued, 0);
    assert_int_equal(status_of(f).last_success_ms, f->world.wall_ms);
}

/* What the libraries of Standard Webhooks test themselves with. */
static void signs_as_other_implementations_do(void **state) {
    fixture *f = *state;
    jwkeep_webhook_options options = options_of(f);
    options.secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    assert_int_equal(jwkeep_webhook_configure(f->webhook, &options, NULL), JWKEEP_OK);
    f->world.wall_ms = 1614265330000;
    assert_int_equal(jwkeep_webhook_post(f->webhook,
                                         JWKEEP_SPAN("msg_p5jXN8AQM9LWM0D4loKWxJek"),
                                         JWKEEP_SPAN("{\"test\": 2432232314}"), NULL),
                     JWKEEP_OK);
    pass(f, 0);
    assert_non_null(strstr(script_last(&f->world)->lines,
                           "webhook-signature: v1,g0hM9SsE+OTPJTGt/"
                           "tmIKtSyZlE3uFJELVlNIOLJ1OE=\n"));
}

static void an_old_secret_signs_as_well(void **state) {
    fixture *f = *state;
    jwkeep_webhook_options options = options_of(f);
    options.secret = OTHER_SECRET;
    options.old_secret = SECRET;
    assert_int_equal(jwkeep_webhook_configure(f->webhook, &options, NULL), JWKEEP_OK);
    post(f, "e-1");
    pass(f, 0);
    assert_non_null(strstr(script_last(&f->world)->lines,
                           "webhook-signature: v1,WIOdYZI3rb0mT1P9SHXCVT7y1O+v0o9t8UZkba0xekQ= "
                           "v1,qJIvS54SuKITDrCkS6udUlgkyfBr0OkVWrCnbDLlCqw=\n"));
}

static void each_attempt_has_its_own_time_and_the_same_id(void **state) {
    fixture *f = *state;
    post(f, "e-1");
    pass(f, 0);
    answer(f, 500);
    pass(f, 60000);
    assert_last_is(f, "e-1");
    assert_non_null(strstr(script_last(&f->world)->lines, "webhook-timestamp: 1700000060\n"));
    assert_null(
        strstr(script_last(&f->world)->lines, "qJIvS54SuKITDrCkS6udUlgkyfBr0OkVWrCnbDLlCqw="));
}

static void events_go_out_one_at_a_time_and_in_order(void **state) {
    fixture *f = *state;
    post(f, "a");
    post(f, "b");
    pass(f, 0);
    assert_int_equal(f->world.request_count, 1);
    assert_last_is(f, "a");
    answer(f, 200);
    assert_int_equal(f->world.request_count, 2);
    assert_last_is(f, "b");
    answer(f, 200);
    assert_int_equal(status_of(f).delivered, 2);
}

static void what_fails_is_tried_again_after_a_growing_pause(void **state) {
    fixture *f = *state;
    post(f, "a");
    pass(f, 0);
    answer(f, 503);
    assert_in_range(wait_for_request(f, 2), 500, 1010);
    script_answer_failure(&f->world, f->refresher, JWKEEP_TRANSPORT_CONNECT);
    assert_in_range(wait_for_request(f, 3), 1000, 2010);
    assert_int_equal(status_of(f).failures_in_row, 2);
    assert_int_equal(status_of(f).last_error, JWKEEP_TRANSPORT_CONNECT);
    assert_int_equal(status_of(f).last_status, 0);
    answer(f, 200);
    assert_int_equal(status_of(f).delivered, 1);
    assert_int_equal(status_of(f).attempts, 3);
    assert_int_equal(status_of(f).failures_in_row, 0);
    assert_int_equal(f->failures, 0);
}

static void an_event_is_given_up_after_its_attempts(void **state) {
    fixture *f = *state;
    post(f, "a");
    post(f, "b");
    pass(f, 0);
    for (size_t i = 1; i <= 3; i++) {
        (void)wait_for_request(f, i);
        script_answer_failure(&f->world, f->refresher, JWKEEP_TRANSPORT_TIMEOUT);
    }
    assert_int_equal(f->failures, 1);
    assert_string_equal(f->failed_id, "a");
    assert_int_equal(f->failed_attempts, 3);
    assert_int_equal(f->failed_status, 0);
    assert_int_equal(f->failed_code, JWKEEP_TRANSPORT_TIMEOUT);
    assert_int_equal(status_of(f).failed, 1);
    assert_int_equal(status_of(f).queued, 1);
    /* The receiver is still not there: the next event waits for it. */
    assert_int_equal(f->world.request_count, 3);
    assert_in_range(wait_for_request(f, 4), 2000, 4010);
    assert_last_is(f, "b");
}

static void what_is_refused_is_not_tried_again(void **state) {
    fixture *f = *state;
    static const unsigned refusals[] = {301, 302, 307, 400, 401, 404, 410, 422};
    for (size_t i = 0; i < JK_COUNT_OF(refusals); i++) {
        post(f, "a");
        pass(f, 0);
        assert_int_equal(f->world.request_count, i + 1);
        answer(f, refusals[i]);
        assert_int_equal(status_of(f).failed, i + 1);
        assert_int_equal(status_of(f).queued, 0);
        assert_int_equal(f->failed_status, refusals[i]);
        assert_int_equal(f->failed_attempts, 1);
    }
    pass(f, 600000);
    assert_int_equal(f->world.request_count, JK_COUNT_OF(refusals));
}

static void retry_after_is_heeded_within_its_bound(void **state) {
    fixture *f = *state;
    post(f, "a");
    pass(f, 0);
    answer_with_pause(f, 429, "7");
    assert_in_range(wait_for_request(f, 2), 7000, 7010);
    answer_with_pause(f, 503, "86400");
    assert_in_range(wait_for_request(f, 3), 300000, 300010);
}

static void retry_after_does_not_shorten_a_pause(void **state) {
    fixture *f = *state;
    post(f, "a");
    pass(f, 0);
    answer_with_pause(f, 429, "0");
    assert_in_range(wait_for_request(f, 2), 500, 1010);
}

static void when_the_queue_is_full_the_oldest_is_dropped(void **state) {
    fixture *f = *state;
    post(f, "on-its-way");
    pass(f, 0);
    static const char *const ids[] = {"1", "2", "3", "4", "5", "6"};
    for (size_t i = 0; i < JK_COUNT_OF(ids); i++)
        post(f, ids[i]);
    assert_int_equal(status_of(f).dropped, 2);
    assert_int_equal(status_of(f).queued, 5);
    assert_int_equal(status_of(f).queue_length, 4);
    for (size_t i = 2; i < JK_COUNT_OF(ids); i++) {
        answer(f, 200);
        assert_last_is(f, ids[i]);
    }
    answer(f, 200);
    jwkeep_webhook_status status = status_of(f);
    assert_int_equal(status.delivered, 5);
    assert_int_equal(status.delivered + status.dropped + status.failed + status.queued, 7);
}

static void what_cannot_be_begun_is_tried_again(void **state) {
    fixture *f = *state;
    f->world.is_refusing = true;
    post(f, "a");
    pass(f, 0);
    assert_int_equal(status_of(f).attempts, 1);
    assert_int_equal(status_of(f).last_error, JWKEEP_SYSTEM_FAILED);
    f->world.is_refusing = false;
    assert_in_range(wait_for_request(f, 1), 500, 1010);
    answer(f, 200);
    assert_int_equal(status_of(f).delivered, 1);
}

static void what_waits_goes_where_it_is_configured_to(void **state) {
    fixture *f = *state;
    post(f, "a");
    post(f, "b");
    pass(f, 0);
    jwkeep_webhook_options options = options_of(f);
    options.url = "https://other.test/hook";
    assert_int_equal(jwkeep_webhook_configure(f->webhook, &options, NULL), JWKEEP_OK);
    options.url = "https://third.test/hook";
    assert_int_equal(jwkeep_webhook_configure(f->webhook, &options, NULL), JWKEEP_OK);
    answer(f, 200);
    assert_last_is(f, "b");
    assert_string_equal(script_last(&f->world)->url, "https://third.test/hook");
    assert_int_equal(status_of(f).delivered, 1);
    assert_int_equal(status_of(f).queue_length, JWKEEP_WEBHOOK_QUEUE_LENGTH);
}

/* A pause is for the receiver that failed, or asked for it. */
static void another_url_is_not_made_to_wait(void **state) {
    fixture *f = *state;
    post(f, "a");
    pass(f, 0);
    answer_with_pause(f, 503, "300");
    jwkeep_webhook_options options = options_of(f);
    assert_int_equal(jwkeep_webhook_configure(f->webhook, &options, NULL), JWKEEP_OK);
    pass(f, 299000);
    assert_int_equal(f->world.request_count, 1);
    options.url = "https://other.test/hook";
    assert_int_equal(jwkeep_webhook_configure(f->webhook, &options, NULL), JWKEEP_OK);
    pass(f, 0);
    assert_int_equal(f->world.request_count, 2);
    assert_string_equal(script_last(&f->world)->url, "https://other.test/hook");
    answer(f, 500);
    assert_in_range(wait_for_request(f, 3), 500, 1010);
}

static void a_shorter_queue_drops_the_oldest(void **state) {
    fixture *f = *state;
    post(f, "on-its-way");
    pass(f, 0);
    post(f, "1");
    post(f, "2");
    jwkeep_webhook_options options = options_of(f);
    options.queue_length = 1;
    assert_int_equal(jwkeep_webhook_configure(f->webhook, &options, NULL), JWKEEP_OK);
    assert_int_equal(status_of(f).dropped, 1);
    answer(f, 200);
    assert_last_is(f, "2");
}

static void a_bad_configuration_changes_nothing(void **state) {
    fixture *f = *state;
    jwkeep_webhook_options options = options_of(f);
    options.url = "http://receiver.test/hook";
    jwkeep_error error;
    assert_int_equal(jwkeep_webhook_configure(f->webhook, &options, &error),
                     JWKEEP_TRANSPORT_URL);
    post(f, "a");
    pass(f, 0);
    assert_string_equal(script_last(&f->world)->url, "https://receiver.test/hook");
}

static void once_drained_nothing_more_is_taken(void **state) {
    fixture *f = *state;
    post(f, "a");
    post(f, "b");
    pass(f, 0);
    assert_int_equal(jwkeep_webhook_drain(f->webhook, 0), 2);
    jwkeep_error error;
    assert_int_equal(
        jwkeep_webhook_post(f->webhook, JWKEEP_SPAN("c"), JWKEEP_SPAN("{}"), &error),
        JWKEEP_MISUSE_STATE);
    assert_int_equal(status_of(f).dropped, 1);
    answer(f, 200);
    assert_int_equal(jwkeep_webhook_drain(f->webhook, 0), 1);
    answer(f, 200);
    assert_int_equal(jwkeep_webhook_drain(f->webhook, 60000), 0);
}

static void draining_cuts_a_pause_short_once(void **state) {
    fixture *f = *state;
    post(f, "a");
    pass(f, 0);
    answer(f, 500);
    assert_int_equal(f->world.request_count, 1);
    assert_int_equal(jwkeep_webhook_drain(f->webhook, 0), 1);
    pass(f, 0);
    assert_int_equal(f->world.request_count, 2);
    answer(f, 500);
    assert_in_range(wait_for_request(f, 3), 1000, 2010);
}

static void draining_respects_what_the_receiver_asked_for(void **state) {
    fixture *f = *state;
    post(f, "a");
    pass(f, 0);
    answer_with_pause(f, 503, "60");
    assert_int_equal(jwkeep_webhook_drain(f->webhook, 0), 1);
    assert_in_range(wait_for_request(f, 2), 60000, 60010);
}

static void its_end_cancels_what_is_on_its_way(void **state) {
    fixture *f = *state;
    post(f, "a");
    post(f, "b");
    pass(f, 0);
    jwkeep_webhook_free(f->webhook);
    f->webhook = NULL;
    assert_true(f->world.requests[0].is_cancelled);
    assert_int_equal(f->world.request_count, 1);
}

static void takes_no_event_that_could_not_be_told(void **state) {
    fixture *f = *state;
    static const char too_long[] =
        "01234567890123456789012345678901234567890123456789012345678901234";
    static const char *const ids[] = {"", "a.b", "a\r\nb", "a b", "\xc3\xa9", too_long};
    jwkeep_error error;
    for (size_t i = 0; i < JK_COUNT_OF(ids); i++) {
        assert_int_equal(jwkeep_webhook_post(f->webhook, jwkeep_span_text(ids[i]),
                                             JWKEEP_SPAN("{}"), &error),
                         JWKEEP_MISUSE_ARGUMENT);
        assert_string_equal(error.where, "id");
    }
    static uint8_t large[JWKEEP_WEBHOOK_MAX_BODY_BYTES + 1];
    const jwkeep_span bodies[] = {JWKEEP_SPAN_NONE, jwkeep_span_of(large, sizeof large)};
    for (size_t i = 0; i < JK_COUNT_OF(bodies); i++) {
        assert_int_equal(jwkeep_webhook_post(f->webhook, JWKEEP_SPAN("a"), bodies[i], &error),
                         JWKEEP_MISUSE_ARGUMENT);
        assert_string_equal(error.where, "body");
    }
    assert_int_equal(status_of(f).queued + status_of(f).dropped, 0);
}

static void refuses_every_secret_that_is_none(void **state) {
    fixture *f = *state;
    static const char *const secrets[] = {
        NULL,
        "",
        "whsec_",
        "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
        "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8",  /* no padding */
        "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRY=",             /* 23 bytes */
        "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh9=", /* trailing bits */
        "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="}; /* 65 bytes */
    jwkeep_webhook_options options = options_of(f);
    jwkeep_error error;
    for (size_t i = 0; i < JK_COUNT_OF(secrets); i++) {
        options.secret = secrets[i];
        assert_int_equal(jwkeep_webhook_check(&options, &error), JWKEEP_MISUSE_ARGUMENT);
        assert_string_equal(error.where, "secret");
    }
    options.secret = SECRET;
    options.old_secret = "whsec_";
    assert_int_equal(jwkeep_webhook_check(&options, &error), JWKEEP_MISUSE_ARGUMENT);
    assert_string_equal(error.where, "old_secret");
}

static void assert_refused(const jwkeep_webhook_options *options, const char *where) {
    jwkeep_error error = {0};
    assert_int_not_equal(jwkeep_webhook_check(options, &error), JWKEEP_OK);
    assert_string_equal(error.where, where);
}

static void numbers_have_their_ranges(void **state) {
    const jwkeep_webhook_options good = options_of(*state);
    jwkeep_webhook_options options;
    assert_int_equal(jwkeep_webhook_check(&good, NULL), JWKEEP_OK);
#define REFUSES(field, value)                                                                  \
    options = good;                                                                            \
    options.field = (value);                                                                   \
    assert_refused(&options, #field)
    REFUSES(connect_timeout_ms, 0);
    REFUSES(connect_timeout_ms, 60001);
    REFUSES(timeout_ms, 0);
    REFUSES(timeout_ms, 300001);
    REFUSES(attempts, 0);
    REFUSES(attempts, 101);
    REFUSES(backoff_min_ms, 99);
    REFUSES(backoff_max_ms, 999); /* under the least */
    REFUSES(backoff_max_ms, 3600001);
    REFUSES(retry_after_max_s, 3601);
    REFUSES(queue_length, 0);
    REFUSES(queue_length, 65537);
    REFUSES(struct_size, sizeof good + 1);
    REFUSES(url, NULL);
    REFUSES(pinned_key, "no pin");
    REFUSES(proxy, "https://proxy.test");
#undef REFUSES
}

static void urls_are_held_to_the_rules_of_sources(void **state) {
    fixture *f = *state;
    static const char *const urls[] = {
        "http://receiver.test/",      "http://127.0.0.1/",           "ftp://receiver.test/",
        "https://u:p@receiver.test/", "https://receiver.test/#here", "receiver.test"};
    jwkeep_webhook_options options = options_of(f);
    for (size_t i = 0; i < JK_COUNT_OF(urls); i++) {
        options.url = urls[i];
        assert_int_equal(jwkeep_webhook_check(&options, NULL), JWKEEP_TRANSPORT_URL);
    }
    options.allows_http_loopback = true;
    options.url = "http://127.0.0.1:1234/hook";
    assert_int_equal(jwkeep_webhook_check(&options, NULL), JWKEEP_OK);
    options.url = "http://receiver.test/";
    assert_int_equal(jwkeep_webhook_check(&options, NULL), JWKEEP_TRANSPORT_URL);
}

/* A proxy would resolve the name: nobody here would see where the connection goes. */
static void a_dynamic_url_is_not_reached_through_a_proxy(void **state) {
    jwkeep_webhook_options options = options_of(*state);
    options.proxy = "http://proxy.test:3128";
    assert_int_equal(jwkeep_webhook_check(&options, NULL), JWKEEP_OK);
    options.is_dynamic = true;
    assert_refused(&options, "proxy");
}

static void no_header_stands_in_for_the_webhooks_own(void **state) {
    fixture *f = *state;
    static const char *const lines[] = {"Webhook-Signature: v1,forged", "webhook-id: x",
                                        "Content-Type: text/plain", "Host: elsewhere"};
    jwkeep_webhook_options options = options_of(f);
    options.request_header_count = 1;
    for (size_t i = 0; i < JK_COUNT_OF(lines); i++) {
        options.request_headers = &lines[i];
        assert_refused(&options, "request_headers");
    }
    static const char *const good = "Authorization: Bearer abc";
    options.request_headers = &good;
    assert_int_equal(jwkeep_webhook_check(&options, NULL), JWKEEP_OK);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(an_event_is_signed_with_its_id_and_time),
        TEST(signs_as_other_implementations_do),
        TEST(an_old_secret_signs_as_well),
        TEST(each_attempt_has_its_own_time_and_the_same_id),
        TEST(events_go_out_one_at_a_time_and_in_order),
        TEST(what_fails_is_tried_again_after_a_growing_pause),
        TEST(an_event_is_given_up_after_its_attempts),
        TEST(what_is_refused_is_not_tried_again),
        TEST(retry_after_is_heeded_within_its_bound),
        TEST(retry_after_does_not_shorten_a_pause),
        TEST(when_the_queue_is_full_the_oldest_is_dropped),
        TEST(what_cannot_be_begun_is_tried_again),
        TEST(what_waits_goes_where_it_is_configured_to),
        TEST(another_url_is_not_made_to_wait),
        TEST(a_shorter_queue_drops_the_oldest),
        TEST(a_bad_configuration_changes_nothing),
        TEST(once_drained_nothing_more_is_taken),
        TEST(draining_cuts_a_pause_short_once),
        TEST(draining_respects_what_the_receiver_asked_for),
        TEST(its_end_cancels_what_is_on_its_way),
        TEST(takes_no_event_that_could_not_be_told),
        TEST(refuses_every_secret_that_is_none),
        TEST(numbers_have_their_ranges),
        TEST(urls_are_held_to_the_rules_of_sources),
        TEST(a_dynamic_url_is_not_reached_through_a_proxy),
        TEST(no_header_stands_in_for_the_webhooks_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
