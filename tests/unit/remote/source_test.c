/* SPDX-License-Identifier: Apache-2.0
 *
 * Sources in virtual time: what lookups are told, how often the issuer is asked, what is
 * published. */
#include "support/scripted_source.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define CROWD 10000

static void downloads_nothing_before_the_first_lookup(void **state) {
    fixture *f = *state;
    script_pass(&f->world, f->refresher, 10 * MINUTE);
    assert_int_equal(f->world.request_count, 0);
    assert_int_equal(jwkeep_source_check(f->source), JWKEEP_KEYS_NOT_LOADED);
}

static void an_eager_source_downloads_at_once(void **state) {
    fixture *f = *state;
    jwkeep_source_options options = scripted_options(f);
    options.is_eager = true;
    assert_int_equal(jwkeep_source_new(f->refresher, &options, &f->source, NULL), JWKEEP_OK);
    script_pass(&f->world, f->refresher, 0);
    assert_int_equal(f->world.request_count, 1);
    assert_false(script_last(&f->world)->is_forced);
}

static void r24_the_caller_whose_miss_causes_the_download_succeeds_itself(void **state) {
    fixture *f = *state;
    jwkeep_lookup *lookup = scripted_wait(f, "a");
    assert_int_equal(jwkeep_lookup_result(lookup, NULL), JWKEEP_PENDING);
    assert_int_equal(f->notified, 0);
    script_answer_keys(&f->world, f->refresher, "ab");
    assert_int_equal(f->notified, 1);
    assert_int_equal(scripted_end(lookup), JWKEEP_OK);
    assert_true(scripted_has(f, "a"));
    assert_int_equal(jwkeep_source_check(f->source), JWKEEP_OK);
    assert_int_equal(f->world.request_count, 1);
}

static void an_unknown_kid_of_a_cold_source_is_told_after_one_download(void **state) {
    fixture *f = *state;
    jwkeep_lookup *lookup = scripted_wait(f, "z");
    script_answer_keys(&f->world, f->refresher, "ab");
    assert_int_equal(scripted_end(lookup), JWKEEP_KID_UNKNOWN);
    assert_int_equal(f->world.request_count, 1);
}

static void r03_ten_thousand_lookups_cause_one_download(void **state) {
    fixture *f = *state;
    jwkeep_lookup **lookups = calloc(CROWD, sizeof(jwkeep_lookup *));
    size_t pending = 0;
    for (size_t i = 0; lookups && i < CROWD; i++) {
        pending += scripted_begin(f, i % 2 ? "a" : "b", 0, &lookups[i]) == JWKEEP_PENDING;
        if (i % 1000 == 0)
            script_pass(&f->world, f->refresher, 1);
    }
    jwkeep_source_status before;
    jwkeep_source_status_get(f->source, &before);
    script_answer_keys(&f->world, f->refresher, "ab");
    size_t right = 0;
    for (size_t i = 0; lookups && i < CROWD; i++)
        right += scripted_end(lookups[i]) == JWKEEP_OK;
    free(lookups);
    assert_int_equal(pending, CROWD);
    assert_int_equal(right, CROWD);
    assert_int_equal(f->notified, CROWD);
    assert_int_equal(f->world.request_count, 1);
    assert_int_equal(before.waiters, CROWD);
    assert_int_equal(before.waiters_coalesced, CROWD - 1);
    jwkeep_source_status_get(f->source, &before);
    assert_int_equal(before.waiters, 0);
    assert_int_equal(before.keys, 2);
}

static void a_rotation_is_found_by_the_first_miss(void **state) {
    fixture *f = *state;
    jwkeep_generation before = jwkeep_keyring_generation(jwkeep_source_ring(f->source));
    jwkeep_lookup *lookup = scripted_wait(f, "c");
    assert_true(script_last(&f->world)->is_forced);
    script_answer_keys(&f->world, f->refresher, "bc");
    assert_int_equal(scripted_end(lookup), JWKEEP_OK);
    assert_int_equal(f->world.request_count, 2);
    assert_int_equal(jwkeep_keyring_generation(jwkeep_source_ring(f->source)), before + 1);
}

static void r04_a_rotation_during_a_download_costs_one_more_and_nobody_fails(void **state) {
    fixture *f = *state;
    jwkeep_lookup *early = scripted_wait(f, "c");
    jwkeep_lookup *late[100];
    for (size_t i = 0; i < 100; i++)
        late[i] = scripted_wait(f, "d");
    script_answer_keys(&f->world, f->refresher, "bc");
    assert_int_equal(jwkeep_lookup_result(early, NULL), JWKEEP_OK);
    assert_int_equal(jwkeep_lookup_result(late[0], NULL), JWKEEP_PENDING);
    assert_int_equal(f->world.request_count, 3);
    assert_true(script_last(&f->world)->is_forced);
    script_answer_keys(&f->world, f->refresher, "cd");
    assert_int_equal(scripted_end(early), JWKEEP_OK);
    for (size_t i = 0; i < 100; i++)
        assert_int_equal(scripted_end(late[i]), JWKEEP_OK);
    assert_int_equal(f->world.request_count, 3);
    assert_int_equal(f->notified, 101);
}

static void r13_removed_key_is_refused_after_refresh(void **state) {
    fixture *f = *state;
    jwkeep_lookup *lookup = scripted_wait(f, "c");
    script_answer_keys(&f->world, f->refresher, "bc");
    jwkeep_lookup_free(lookup);
    assert_false(scripted_has(f, "a"));
    jwkeep_lookup *unused = NULL;
    assert_int_equal(scripted_begin(f, "a", 0, &unused), JWKEEP_KID_UNKNOWN);
    assert_null(unused);
    assert_int_equal(scripted_count(f, JWKEEP_EVENT_KEY_REMOVED, 'a'), 1);
    assert_int_equal(scripted_count(f, JWKEEP_EVENT_KEY_ADDED, 'c'), 1);
    assert_int_equal(scripted_count(f, JWKEEP_EVENT_REFRESHED, 0), 1);
    assert_int_equal(scripted_count(f, JWKEEP_EVENT_KID_REUSED, 0), 0);
}

static void r13_new_material_under_an_old_kid_is_announced(void **state) {
    fixture *f = *state;
    script_pass(&f->world, f->refresher, 9 * MINUTE);
    script_answer_keys(&f->world, f->refresher, "Ab");
    assert_int_equal(scripted_count(f, JWKEEP_EVENT_KID_REUSED, 'a'), 1);
    assert_int_equal(scripted_count(f, JWKEEP_EVENT_KEY_ADDED, 'a'), 1);
    assert_int_equal(scripted_count(f, JWKEEP_EVENT_KEY_REMOVED, 'a'), 1);
    assert_int_equal(scripted_count(f, JWKEEP_EVENT_KID_REUSED, 'b'), 0);
}

static void r02_keys_that_stay_keep_what_was_prepared_for_them(void **state) {
    fixture *f = *state;
    const jwkeep_keyring *ring = jwkeep_source_ring(f->source);
    jwkeep_jwk *before = jwkeep_keyring_find(ring, JWKEEP_SPAN("b"));
    script_pass(&f->world, f->refresher, 9 * MINUTE);
    script_answer_keys(&f->world, f->refresher, "bc");
    jwkeep_jwk *after = jwkeep_keyring_find(ring, JWKEEP_SPAN("b"));
    bool is_kept = before && before == after;
    jwkeep_jwk_unref(before);
    jwkeep_jwk_unref(after);
    assert_true(is_kept);
    assert_true(scripted_has(f, "c"));
}

static void r16_the_same_keys_again_change_nothing(void **state) {
    fixture *f = *state;
    jwkeep_generation before = jwkeep_keyring_generation(jwkeep_source_ring(f->source));
    script_pass(&f->world, f->refresher, 9 * MINUTE);
    script_answer_keys(&f->world, f->refresher, "aba");
    assert_int_equal(jwkeep_keyring_generation(jwkeep_source_ring(f->source)), before);
    assert_int_equal(scripted_count(f, JWKEEP_EVENT_UNCHANGED, 0), 1);
    jwkeep_source_status status;
    jwkeep_source_status_get(f->source, &status);
    assert_int_equal(status.fetches_unchanged, 1);
    assert_int_equal(status.keys, 2);
}

static void r05_a_miss_within_the_cooldown_arms_one_refresh_at_its_end(void **state) {
    fixture *f = *state;
    jwkeep_lookup *unused = NULL;
    jwkeep_lookup_free(scripted_wait(f, "c"));
    script_answer_keys(&f->world, f->refresher, "bc");
    for (size_t i = 0; i < 1000; i++)
        assert_int_equal(scripted_begin(f, "d", 0, &unused), JWKEEP_KID_UNKNOWN);
    script_pass(&f->world, f->refresher, 29 * SECOND);
    assert_int_equal(f->world.request_count, 2);
    script_pass(&f->world, f->refresher, 1 * SECOND);
    assert_int_equal(f->world.request_count, 3);
    assert_true(script_last(&f->world)->is_forced);
    script_answer_keys(&f->world, f->refresher, "cd");
    assert_int_equal(scripted_begin(f, "d", 0, &unused), JWKEEP_OK);
    script_pass(&f->world, f->refresher, 2 * MINUTE);
    assert_int_equal(f->world.request_count, 3);
    jwkeep_source_status status;
    jwkeep_source_status_get(f->source, &status);
    assert_int_equal(status.cooldown_rejections, 1000);
    assert_int_equal(status.fetches[JWKEEP_TRIGGER_TRAILING], 1);
    assert_int_equal(status.fetches[JWKEEP_TRIGGER_MISS], 1);
}

static void r04_a_request_does_not_go_round_the_cooldown(void **state) {
    fixture *f = *state;
    for (size_t i = 0; i < 100; i++) {
        jwkeep_source_refresh(f->source);
        script_pass(&f->world, f->refresher, 100);
        if (script_open_requests(&f->world))
            script_answer_keys(&f->world, f->refresher, "ab");
    }
    assert_int_equal(f->world.request_count, 2);
    script_pass(&f->world, f->refresher, 30 * SECOND);
    assert_int_equal(f->world.request_count, 3);
}

static void r09_a_failure_keeps_the_keys(void **state) {
    fixture *f = *state;
    script_pass(&f->world, f->refresher, 9 * MINUTE);
    script_answer_failure(&f->world, f->refresher, JWKEEP_TRANSPORT_CONNECT);
    jwkeep_lookup *unused = NULL;
    assert_int_equal(scripted_begin(f, "a", 0, &unused), JWKEEP_OK);
    assert_int_equal(jwkeep_source_check(f->source), JWKEEP_OK);
    assert_int_equal(scripted_count(f, JWKEEP_EVENT_FAILED, 0), 1);
    assert_int_equal(f->events[0].code, JWKEEP_TRANSPORT_CONNECT);
    jwkeep_source_status status;
    jwkeep_source_status_get(f->source, &status);
    assert_int_equal(status.health, JWKEEP_HEALTH_DEGRADED);
    assert_int_equal(status.last_error, JWKEEP_TRANSPORT_CONNECT);
    assert_int_equal(status.keys, 2);
}

static void r09_keys_past_the_stale_limit_are_not_used(void **state) {
    fixture *f = *state;
    f->world.is_refusing = true;
    script_pass(&f->world, f->refresher, 70 * MINUTE - 1);
    assert_int_equal(jwkeep_source_check(f->source), JWKEEP_OK);
    script_pass(&f->world, f->refresher, 1);
    assert_int_equal(jwkeep_source_check(f->source), JWKEEP_KEYS_STALE);
    jwkeep_lookup *unused = NULL;
    assert_int_equal(scripted_begin(f, "a", 0, &unused), JWKEEP_KEYS_STALE);
    jwkeep_source_status status;
    jwkeep_source_status_get(f->source, &status);
    assert_int_equal(status.health, JWKEEP_HEALTH_FAILING);
    f->world.is_refusing = false;
    script_pass(&f->world, f->refresher, 2 * MINUTE);
    script_answer_keys(&f->world, f->refresher, "ab");
    assert_int_equal(scripted_begin(f, "a", 0, &unused), JWKEEP_OK);
}

static void r11_a_failed_download_tells_every_waiter_at_once(void **state) {
    fixture *f = *state;
    jwkeep_lookup *lookups[50];
    for (size_t i = 0; i < 50; i++)
        lookups[i] = scripted_wait(f, i % 2 ? "a" : "z");
    script_answer_failure(&f->world, f->refresher, JWKEEP_TRANSPORT_TIMEOUT);
    jwkeep_error error = {0};
    assert_int_equal(jwkeep_lookup_result(lookups[0], &error), JWKEEP_KEYS_FETCH_FAILED);
    assert_string_equal(error.text, jwkeep_code_text(JWKEEP_TRANSPORT_TIMEOUT));
    for (size_t i = 0; i < 50; i++)
        assert_int_equal(scripted_end(lookups[i]), JWKEEP_KEYS_FETCH_FAILED);
    jwkeep_lookup *unused = NULL;
    assert_int_equal(scripted_begin(f, "a", 0, &unused), JWKEEP_KEYS_FETCH_FAILED);
    assert_int_equal(f->world.request_count, 1);
}

static void r10_ten_minutes_of_outage_cost_thirty_downloads_at_most(void **state) {
    fixture *f = *state;
    jwkeep_lookup *lookup = NULL;
    for (int64_t ms = 0; ms < 10 * MINUTE; ms += 50) {
        if (scripted_begin(f, "a", 1, &lookup) == JWKEEP_PENDING) {
            script_pass(&f->world, f->refresher, 0);
            if (script_open_requests(&f->world))
                script_answer_failure(&f->world, f->refresher, JWKEEP_TRANSPORT_CONNECT);
            jwkeep_lookup_free(lookup);
        }
        script_pass(&f->world, f->refresher, 50);
        if (script_open_requests(&f->world))
            script_answer_failure(&f->world, f->refresher, JWKEEP_TRANSPORT_CONNECT);
    }
    assert_in_range(f->world.request_count, 10, 30);
}

static void r10_retry_after_is_honoured(void **state) {
    fixture *f = *state;
    jwkeep_lookup_free(scripted_wait(f, "a"));
    jk_response busy = {.error = {.code = JWKEEP_TRANSPORT_STATUS, .text = "503"},
                        .cache = {.retry_after = JWKEEP_SPAN("120")}};
    script_answer(&f->world, f->refresher, &busy);
    script_pass(&f->world, f->refresher, 119 * SECOND);
    assert_int_equal(f->world.request_count, 1);
    script_pass(&f->world, f->refresher, 1 * SECOND);
    assert_int_equal(f->world.request_count, 2);
}

static void r24_five_hundred_failures_leave_it_working(void **state) {
    fixture *f = *state;
    f->world.is_refusing = true;
    for (size_t i = 0; i < 500; i++)
        script_pass(&f->world, f->refresher, i ? 2 * MINUTE : 9 * MINUTE);
    f->world.is_refusing = false;
    script_pass(&f->world, f->refresher, 2 * MINUTE);
    script_answer_keys(&f->world, f->refresher, "c");
    assert_int_equal(jwkeep_source_check(f->source), JWKEEP_OK);
    assert_true(scripted_has(f, "c"));
    jwkeep_source_status status;
    jwkeep_source_status_get(f->source, &status);
    assert_int_equal(status.fetches_failed, 500);
}

static void r14_a_body_that_is_no_key_set_is_a_failure(void **state) {
    fixture *f = *state;
    static const char *const bodies[] = {"", "[]", "{\"keys\":1}", "not json", "{}"};
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        f->event_count = 0;
        script_pass(&f->world, f->refresher, 9 * MINUTE);
        script_answer_body(&f->world, f->refresher, bodies[i]);
        assert_int_equal(f->event_count, 1);
        assert_int_equal(f->events[0].code, JWKEEP_TRANSPORT_BODY);
        assert_true(scripted_has(f, "a"));
    }
}

static void r08_refreshes_in_the_background_at_four_fifths_of_the_lifetime(void **state) {
    fixture *f = *state;
    for (size_t i = 1; i < 30; i++) {
        script_pass(&f->world, f->refresher, 432 * SECOND - 1);
        assert_int_equal(f->world.request_count, i);
        script_pass(&f->world, f->refresher, 96 * SECOND + 1);
        assert_int_equal(f->world.request_count, i + 1);
        assert_false(script_last(&f->world)->is_forced);
        script_answer_keys(&f->world, f->refresher, "ab");
    }
}

static void r07_max_age_is_the_lifetime(void **state) {
    fixture *f = *state;
    jwkeep_lookup_free(scripted_wait(f, "a"));
    jk_response answer = {.body = jwkeep_span_text(script_keys("a")),
                          .cache = {.cache_control = JWKEEP_SPAN("max-age=1000, public"),
                                    .age = JWKEEP_SPAN("200")}};
    script_answer(&f->world, f->refresher, &answer);
    jwkeep_source_status status;
    jwkeep_source_status_get(f->source, &status);
    assert_int_equal(status.expires_in_s, 800);
    assert_int_equal(status.age_s, 0);
    script_pass(&f->world, f->refresher, 1);
    jwkeep_source_status_get(f->source, &status);
    assert_int_equal(status.expires_in_s, 799);
}

static void answer_with_validators(fixture *f, const char *etag, const char *modified) {
    jk_response answer = {.body = jwkeep_span_text(script_keys("ab")),
                          .etag = jwkeep_span_text(etag),
                          .last_modified = jwkeep_span_text(modified)};
    script_answer(&f->world, f->refresher, &answer);
}

static void r07_validators_are_sent_back_and_304_renews(void **state) {
    fixture *f = *state;
    script_pass(&f->world, f->refresher, 9 * MINUTE);
    answer_with_validators(f, "\"v1\"", "Sun, 06 Nov 1994 08:49:37 GMT");
    script_pass(&f->world, f->refresher, 9 * MINUTE);
    assert_string_equal(script_last(&f->world)->etag, "\"v1\"");
    assert_string_equal(script_last(&f->world)->last_modified, "Sun, 06 Nov 1994 08:49:37 GMT");
    f->event_count = 0;
    jk_response renewed = {.is_not_modified = true,
                           .cache = {.cache_control = JWKEEP_SPAN("max-age=3000")}};
    script_answer(&f->world, f->refresher, &renewed);
    assert_int_equal(scripted_count(f, JWKEEP_EVENT_UNCHANGED, 0), 1);
    jwkeep_source_status status;
    jwkeep_source_status_get(f->source, &status);
    assert_int_equal(status.expires_in_s, 3000);
    assert_int_equal(status.keys, 2);
}

static void r07_a_200_without_an_etag_clears_the_stored_one(void **state) {
    fixture *f = *state;
    script_pass(&f->world, f->refresher, 9 * MINUTE);
    answer_with_validators(f, "\"v1\"", NULL);
    script_pass(&f->world, f->refresher, 9 * MINUTE);
    assert_string_equal(script_last(&f->world)->etag, "\"v1\"");
    script_answer_keys(&f->world, f->refresher, "ab");
    script_pass(&f->world, f->refresher, 9 * MINUTE);
    assert_string_equal(script_last(&f->world)->etag, "");
}

static void r11_each_waiter_has_its_own_deadline(void **state) {
    fixture *f = *state;
    jwkeep_lookup *patient = scripted_wait(f, "c");
    jwkeep_lookup *hasty = NULL;
    assert_int_equal(scripted_begin(f, "c", 700, &hasty), JWKEEP_PENDING);
    script_pass(&f->world, f->refresher, 699);
    assert_int_equal(f->notified, 0);
    script_pass(&f->world, f->refresher, 1);
    assert_int_equal(f->notified, 1);
    assert_int_equal(scripted_end(hasty), JWKEEP_KEYS_TIMEOUT);
    script_answer_keys(&f->world, f->refresher, "c");
    assert_int_equal(scripted_end(patient), JWKEEP_OK);
    assert_int_equal(f->world.request_count, 2);
}

static void r11_cancelling_one_waiter_affects_nobody_else(void **state) {
    fixture *f = *state;
    jwkeep_lookup *first = scripted_wait(f, "c");
    jwkeep_lookup *second = scripted_wait(f, "c");
    jwkeep_lookup_free(first);
    assert_int_equal(script_open_requests(&f->world), 1);
    script_answer_keys(&f->world, f->refresher, "c");
    assert_int_equal(scripted_end(second), JWKEEP_OK);
    assert_int_equal(f->notified, 1);
}

static void the_download_goes_on_when_nobody_waits_any_more(void **state) {
    fixture *f = *state;
    jwkeep_lookup_free(scripted_wait(f, "c"));
    script_answer_keys(&f->world, f->refresher, "c");
    assert_true(scripted_has(f, "c"));
    assert_int_equal(f->notified, 0);
}

static void refuses_more_waiters_than_the_bound(void **state) {
    fixture *f = *state;
    jwkeep_source_options options = scripted_options(f);
    options.max_waiters = 2;
    assert_int_equal(jwkeep_source_new(f->refresher, &options, &f->source, NULL), JWKEEP_OK);
    jwkeep_lookup *one = scripted_wait(f, "a");
    jwkeep_lookup *two = scripted_wait(f, "b");
    jwkeep_lookup *unused = NULL;
    assert_int_equal(scripted_begin(f, "a", 0, &unused), JWKEEP_KEYS_BUSY);
    assert_null(unused);
    jwkeep_lookup_free(one);
    jwkeep_lookup *three = scripted_wait(f, "a");
    jwkeep_lookup_free(two);
    jwkeep_lookup_free(three);
}

static void r06_refuses_a_kid_that_is_too_long_unread(void **state) {
    fixture *f = *state;
    char kid[258] = {0};
    memset(kid, 'k', 257);
    jwkeep_lookup *unused = NULL;
    assert_int_equal(scripted_begin(f, kid, 0, &unused), JWKEEP_KID_TOO_LONG);
    assert_int_equal(jwkeep_source_lookup(f->source, jwkeep_span_text(kid), 1, NULL),
                     JWKEEP_KID_TOO_LONG);
    assert_int_equal(f->world.wakes, 0);
}

static void r17_kids_are_compared_byte_by_byte(void **state) {
    fixture *f = *state;
    jwkeep_lookup *lookup = scripted_wait(f, "A");
    script_answer_keys(&f->world, f->refresher, "ab");
    assert_int_equal(scripted_end(lookup), JWKEEP_KID_UNKNOWN);
}

static void a_blocking_lookup_gives_up_at_its_deadline(void **state) {
    fixture *f = *state;
    assert_int_equal(jwkeep_source_lookup(f->source, JWKEEP_SPAN("a"), 1, NULL),
                     JWKEEP_KEYS_TIMEOUT);
    jwkeep_source_status status;
    jwkeep_source_status_get(f->source, &status);
    assert_int_equal(status.waiters, 0);
}

static void a_lookup_without_a_kid_wants_any_set(void **state) {
    fixture *f = *state;
    jwkeep_lookup *lookup = scripted_wait(f, NULL);
    script_answer_keys(&f->world, f->refresher, "z");
    assert_int_equal(scripted_end(lookup), JWKEEP_OK);
    assert_int_equal(jwkeep_source_lookup(f->source, JWKEEP_SPAN_NONE, 1, NULL), JWKEEP_OK);
}

static void r24_the_end_of_a_source_cancels_its_download_and_tells_who_waits(void **state) {
    fixture *f = *state;
    jwkeep_lookup *lookup = scripted_wait(f, "c");
    jwkeep_source_free(f->source);
    f->source = NULL;
    assert_true(script_last(&f->world)->is_cancelled);
    assert_int_equal(f->notified, 1);
    assert_int_equal(scripted_end(lookup), JWKEEP_KEYS_SHUTDOWN);
}

static void freeing_nothing_is_fine(void **state) {
    (void)state;
    jwkeep_source_free(NULL);
    jwkeep_refresher_free(NULL);
    jwkeep_lookup_free(NULL);
}

#define SOURCES 40

static void downloads_of_many_sources_are_bounded_and_in_turn(void **state) {
    fixture *f = *state;
    jwkeep_source *sources[SOURCES] = {NULL};
    jwkeep_source_options options = scripted_options(f);
    options.is_eager = true;
    size_t made = 0;
    for (; made < SOURCES; made++)
        if (jwkeep_source_new(f->refresher, &options, &sources[made], NULL))
            break;
    size_t most_open = 0;
    for (size_t i = 0; i < 2 * SOURCES; i++) {
        script_pass(&f->world, f->refresher, 0);
        size_t open = script_open_requests(&f->world);
        most_open = open > most_open ? open : most_open;
        if (open)
            script_answer_keys(&f->world, f->refresher, "a");
    }
    size_t loaded = 0;
    for (size_t i = 0; i < made; i++) {
        loaded += jwkeep_source_check(sources[i]) == JWKEEP_OK;
        jwkeep_source_free(sources[i]);
    }
    assert_int_equal(made, SOURCES);
    assert_int_equal(most_open, JWKEEP_MAX_DOWNLOADS);
    assert_int_equal(loaded, SOURCES);
    assert_int_equal(f->world.request_count, SOURCES);
}

static int set_up_discovery(void **state) {
    if (scripted_set_up_bare(state))
        return -1;
    fixture *f = *state;
    jwkeep_source_options options = scripted_options(f);
    options.url = NULL;
    options.issuer = "https://issuer.test/tenant/";
    return jwkeep_source_new(f->refresher, &options, &f->source, NULL) ? -1 : 0;
}

#define DOCUMENT                                                                               \
    "{\"issuer\":\"https://issuer.test/tenant/\",\"jwks_uri\":\"https://keys.test/jwks\"}"

static void r20_discovers_where_the_keys_are(void **state) {
    fixture *f = *state;
    jwkeep_lookup *lookup = scripted_wait(f, "a");
    assert_string_equal(script_last(&f->world)->url,
                        "https://issuer.test/tenant/.well-known/openid-configuration");
    assert_int_equal(script_last(&f->world)->total_timeout_ms, JWKEEP_FETCH_TIMEOUT_MS);
    script_pass(&f->world, f->refresher, 1500);
    script_answer_body(&f->world, f->refresher, DOCUMENT);
    assert_string_equal(script_last(&f->world)->url, "https://keys.test/jwks");
    assert_int_equal(script_last(&f->world)->total_timeout_ms, JWKEEP_FETCH_TIMEOUT_MS - 1500);
    script_answer_keys(&f->world, f->refresher, "a");
    assert_int_equal(scripted_end(lookup), JWKEEP_OK);
    script_pass(&f->world, f->refresher, 9 * MINUTE);
    assert_string_equal(script_last(&f->world)->url, "https://keys.test/jwks");
}

static void r20_refuses_a_document_that_does_not_hold(void **state) {
    fixture *f = *state;
    static const struct {
        const char *document;
        jwkeep_code code;
    } rows[] = {
        {"{\"issuer\":\"https://issuer.test/tenant\",\"jwks_uri\":\"https://keys.test/\"}",
         JWKEEP_TRANSPORT_ISSUER},
        {"{\"jwks_uri\":\"https://keys.test/\"}", JWKEEP_TRANSPORT_ISSUER},
        {"{\"issuer\":\"https://issuer.test/tenant/\"}", JWKEEP_TRANSPORT_BODY},
        {"{\"issuer\":\"https://issuer.test/tenant/\",\"jwks_uri\":\"http://keys.test/\"}",
         JWKEEP_TRANSPORT_URL},
        {"{\"issuer\":\"https://issuer.test/tenant/\",\"jwks_uri\":\"file:///etc/passwd\"}",
         JWKEEP_TRANSPORT_URL},
        {"garbage", JWKEEP_TRANSPORT_BODY},
    };
    size_t requests = 0;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        f->event_count = 0;
        if (i == 0)
            jwkeep_lookup_free(scripted_wait(f, "a"));
        else
            script_pass(&f->world, f->refresher, 2 * MINUTE);
        script_answer_body(&f->world, f->refresher, rows[i].document);
        requests++;
        if (rows[i].code == JWKEEP_TRANSPORT_BODY) {
            script_answer_failure(&f->world, f->refresher, JWKEEP_TRANSPORT_STATUS);
            requests++;
        }
        assert_int_equal(f->event_count, 1);
        assert_int_equal(f->events[0].code, rows[i].code);
    }
    assert_int_equal(f->world.request_count, requests);
}

static void r20_discovers_again_after_three_failures(void **state) {
    fixture *f = *state;
    jwkeep_lookup_free(scripted_wait(f, "a"));
    script_answer_body(&f->world, f->refresher, DOCUMENT);
    for (size_t i = 0; i < 3; i++) {
        assert_string_equal(script_last(&f->world)->url, "https://keys.test/jwks");
        script_answer_failure(&f->world, f->refresher, JWKEEP_TRANSPORT_STATUS);
        script_pass(&f->world, f->refresher, 2 * MINUTE);
    }
    assert_string_equal(script_last(&f->world)->url,
                        "https://issuer.test/tenant/.well-known/openid-configuration");
}

static void refuse_options(fixture *f, jwkeep_source_options options, jwkeep_code code,
                           const char *where) {
    jwkeep_error error = {0};
    assert_int_equal(jwkeep_source_new(f->refresher, &options, &f->source, &error), code);
    assert_string_equal(error.where, where);
    assert_null(f->source);
}

static void refuses_options_out_of_range(void **state) {
    fixture *f = *state;
    jwkeep_source_options base = scripted_options(f);
    jwkeep_source_options options = base;
    options.cooldown_s = 0;
    refuse_options(f, options, JWKEEP_MISUSE_ARGUMENT, "cooldown_s");
    options = base;
    options.lifetime_max_s = base.lifetime_min_s - 1;
    refuse_options(f, options, JWKEEP_MISUSE_ARGUMENT, "lifetime_max_s");
    options = base;
    options.stale_limit_s = 86401;
    refuse_options(f, options, JWKEEP_MISUSE_ARGUMENT, "stale_limit_s");
    options = base;
    options.backoff_max_ms = base.backoff_min_ms - 1;
    refuse_options(f, options, JWKEEP_MISUSE_ARGUMENT, "backoff_max_ms");
    options = base;
    options.negative_ttl_s = 3601;
    refuse_options(f, options, JWKEEP_MISUSE_ARGUMENT, "negative_ttl_s");
    options = base;
    options.negative_max = 0;
    refuse_options(f, options, JWKEEP_MISUSE_ARGUMENT, "negative_max");
    options = base;
    options.empty_confirm_s = 3601;
    refuse_options(f, options, JWKEEP_MISUSE_ARGUMENT, "empty_confirm_s");
    options = base;
    options.size_alarm_keys = 0;
    refuse_options(f, options, JWKEEP_MISUSE_ARGUMENT, "size_alarm_keys");
    options = base;
    options.issuer = "https://issuer.test";
    refuse_options(f, options, JWKEEP_MISUSE_ARGUMENT, "url");
    options = base;
    options.struct_size = 0;
    refuse_options(f, options, JWKEEP_MISUSE_ARGUMENT, "struct_size");
    options = base;
    options.url = NULL;
    options.issuer = "https://issuer.test?tenant=1";
    refuse_options(f, options, JWKEEP_TRANSPORT_URL, "issuer");
    options = base;
    options.url = "http://issuer.test/";
    refuse_options(f, options, JWKEEP_TRANSPORT_URL, "url");
}

#define TEST(name, set_up) cmocka_unit_test_setup_teardown(name, set_up, scripted_tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(downloads_nothing_before_the_first_lookup, scripted_set_up),
        TEST(an_eager_source_downloads_at_once, scripted_set_up_bare),
        TEST(r24_the_caller_whose_miss_causes_the_download_succeeds_itself, scripted_set_up),
        TEST(an_unknown_kid_of_a_cold_source_is_told_after_one_download, scripted_set_up),
        TEST(r03_ten_thousand_lookups_cause_one_download, scripted_set_up),
        TEST(a_rotation_is_found_by_the_first_miss, scripted_set_up_loaded),
        TEST(r04_a_rotation_during_a_download_costs_one_more_and_nobody_fails,
             scripted_set_up_loaded),
        TEST(r13_removed_key_is_refused_after_refresh, scripted_set_up_loaded),
        TEST(r13_new_material_under_an_old_kid_is_announced, scripted_set_up_loaded),
        TEST(r02_keys_that_stay_keep_what_was_prepared_for_them, scripted_set_up_loaded),
        TEST(r16_the_same_keys_again_change_nothing, scripted_set_up_loaded),
        TEST(r05_a_miss_within_the_cooldown_arms_one_refresh_at_its_end,
             scripted_set_up_loaded),
        TEST(r04_a_request_does_not_go_round_the_cooldown, scripted_set_up_loaded),
        TEST(r09_a_failure_keeps_the_keys, scripted_set_up_loaded),
        TEST(r09_keys_past_the_stale_limit_are_not_used, scripted_set_up_loaded),
        TEST(r11_a_failed_download_tells_every_waiter_at_once, scripted_set_up),
        TEST(r10_ten_minutes_of_outage_cost_thirty_downloads_at_most, scripted_set_up),
        TEST(r10_retry_after_is_honoured, scripted_set_up),
        TEST(r24_five_hundred_failures_leave_it_working, scripted_set_up_loaded),
        TEST(r14_a_body_that_is_no_key_set_is_a_failure, scripted_set_up_loaded),
        TEST(r08_refreshes_in_the_background_at_four_fifths_of_the_lifetime,
             scripted_set_up_loaded),
        TEST(r07_max_age_is_the_lifetime, scripted_set_up),
        TEST(r07_validators_are_sent_back_and_304_renews, scripted_set_up_loaded),
        TEST(r07_a_200_without_an_etag_clears_the_stored_one, scripted_set_up_loaded),
        TEST(r11_each_waiter_has_its_own_deadline, scripted_set_up_loaded),
        TEST(r11_cancelling_one_waiter_affects_nobody_else, scripted_set_up_loaded),
        TEST(the_download_goes_on_when_nobody_waits_any_more, scripted_set_up_loaded),
        TEST(refuses_more_waiters_than_the_bound, scripted_set_up_bare),
        TEST(r06_refuses_a_kid_that_is_too_long_unread, scripted_set_up),
        TEST(r17_kids_are_compared_byte_by_byte, scripted_set_up_loaded),
        TEST(a_blocking_lookup_gives_up_at_its_deadline, scripted_set_up),
        TEST(a_lookup_without_a_kid_wants_any_set, scripted_set_up),
        TEST(r24_the_end_of_a_source_cancels_its_download_and_tells_who_waits,
             scripted_set_up_loaded),
        TEST(downloads_of_many_sources_are_bounded_and_in_turn, scripted_set_up_bare),
        TEST(r20_discovers_where_the_keys_are, set_up_discovery),
        TEST(r20_refuses_a_document_that_does_not_hold, set_up_discovery),
        TEST(r20_discovers_again_after_three_failures, set_up_discovery),
        TEST(refuses_options_out_of_range, scripted_set_up_bare),
        cmocka_unit_test(freeing_nothing_is_fine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
