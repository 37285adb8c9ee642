/* SPDX-License-Identifier: Apache-2.0
 *
 * Answers without a usable key: what there was stays, until they repeat. */
#include "support/scripted_source.h"
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define EMPTY "{\"keys\":[]}"
#define USELESS "{\"keys\":[{\"kty\":\"oct\",\"k\":\"AAAA\"},{\"kty\":\"XYZ\"}]}"

static void r15_an_answer_without_a_usable_key_keeps_the_old_set(void **state) {
    fixture *f = *state;
    static const char *const bodies[] = {EMPTY, USELESS};
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        f->event_count = 0;
        script_pass(&f->world, f->refresher, 9 * MINUTE);
        script_answer_body(&f->world, f->refresher, bodies[i]);
        assert_true(scripted_has(f, "a"));
        assert_int_equal(jwkeep_source_check(f->source), JWKEEP_OK);
        assert_int_equal(scripted_count(f, JWKEEP_EVENT_EMPTY_KEPT, 0), 1);
        assert_int_equal(scripted_count(f, JWKEEP_EVENT_FAILED, 0), 0);
        assert_int_equal(f->events[f->event_count - 1].code, JWKEEP_TRANSPORT_BODY);
        assert_int_equal(f->events[f->event_count - 1].count, 2);
        assert_int_equal(scripted_status(f).health, JWKEEP_HEALTH_DEGRADED);
        assert_int_equal(scripted_status(f).fetches_failed, i + 1);
        script_pass(&f->world, f->refresher, 30 * SECOND);
        script_answer_keys(&f->world, f->refresher, "ab");
        assert_int_equal(scripted_status(f).health, JWKEEP_HEALTH_OK);
    }
}

static void r15_the_second_empty_answer_in_a_row_is_believed(void **state) {
    fixture *f = *state;
    script_pass(&f->world, f->refresher, 9 * MINUTE);
    script_answer_body(&f->world, f->refresher, EMPTY);
    script_pass(&f->world, f->refresher, 30 * SECOND - 1);
    assert_int_equal(f->world.request_count, 2);
    script_pass(&f->world, f->refresher, 1);
    assert_int_equal(f->world.request_count, 3);
    script_answer_body(&f->world, f->refresher, EMPTY);
    assert_false(scripted_has(f, "a"));
    assert_int_equal(scripted_count(f, JWKEEP_EVENT_EMPTY_KEPT, 0), 1);
    assert_int_equal(scripted_count(f, JWKEEP_EVENT_KEY_REMOVED, 0), 2);
    assert_int_equal(scripted_status(f).keys, 0);
    assert_int_equal(scripted_status(f).last_error, JWKEEP_OK);
    jwkeep_lookup *lookup = scripted_wait(f, "a");
    script_answer_body(&f->world, f->refresher, EMPTY);
    assert_int_equal(scripted_end(lookup), JWKEEP_KID_UNKNOWN);
    assert_int_equal(scripted_status(f).fetches_unchanged, 1);
}

/* A failed download says nothing, and keys say the contrary. */
static void r15_the_row_is_broken_by_any_other_answer(void **state) {
    fixture *f = *state;
    for (size_t i = 0; i < 4; i++) {
        script_pass(&f->world, f->refresher, 9 * MINUTE);
        script_answer_body(&f->world, f->refresher, EMPTY);
        script_pass(&f->world, f->refresher, 1 * MINUTE);
        if (i % 2)
            script_answer_failure(&f->world, f->refresher, JWKEEP_TRANSPORT_TIMEOUT);
        else
            script_answer_keys(&f->world, f->refresher, "ab");
    }
    assert_int_equal(scripted_count(f, JWKEEP_EVENT_EMPTY_KEPT, 0), 4);
    assert_true(scripted_has(f, "a"));
}

static void r15_answers_too_close_together_are_one(void **state) {
    fixture *f = *state;
    jwkeep_source_options options = scripted_options(f);
    options.retry_after_max_s = 0;
    assert_int_equal(jwkeep_source_new(f->refresher, &options, &f->source, NULL), JWKEEP_OK);
    scripted_load(f, "ab");
    script_pass(&f->world, f->refresher, 9 * MINUTE);
    script_answer_body(&f->world, f->refresher, EMPTY);
    for (size_t i = 0; i < 29; i++) {
        script_pass(&f->world, f->refresher, 1 * SECOND);
        if (script_open_requests(&f->world))
            script_answer_body(&f->world, f->refresher, EMPTY);
    }
    size_t kept = scripted_count(f, JWKEEP_EVENT_EMPTY_KEPT, 0);
    assert_in_range(kept, 3, 6);
    assert_true(scripted_has(f, "a"));
    script_pass(&f->world, f->refresher, 1 * MINUTE);
    script_answer_body(&f->world, f->refresher, EMPTY);
    assert_false(scripted_has(f, "a"));
}

static void r15_the_first_is_not_believed_even_without_a_time_between(void **state) {
    fixture *f = *state;
    jwkeep_source_options options = scripted_options(f);
    options.empty_confirm_s = 0;
    assert_int_equal(jwkeep_source_new(f->refresher, &options, &f->source, NULL), JWKEEP_OK);
    scripted_load(f, "ab");
    script_pass(&f->world, f->refresher, 9 * MINUTE);
    script_answer_body(&f->world, f->refresher, EMPTY);
    assert_true(scripted_has(f, "a"));
    script_pass(&f->world, f->refresher, 1 * SECOND);
    script_answer_body(&f->world, f->refresher, EMPTY);
    assert_false(scripted_has(f, "a"));
}

/* Otherwise a 304 to the empty answer's validator would renew the old set for ever. */
static void r15_the_validators_of_an_empty_answer_are_not_kept(void **state) {
    fixture *f = *state;
    script_pass(&f->world, f->refresher, 9 * MINUTE);
    jk_response empty = {.body = JWKEEP_SPAN(EMPTY),
                         .etag = JWKEEP_SPAN("\"empty\""),
                         .last_modified = JWKEEP_SPAN("Sun, 06 Nov 1994 08:49:37 GMT")};
    script_answer(&f->world, f->refresher, &empty);
    script_pass(&f->world, f->refresher, 30 * SECOND);
    assert_string_equal(script_last(&f->world)->etag, "");
    assert_string_equal(script_last(&f->world)->last_modified, "");
}

static void r15_an_empty_answer_loads_nothing(void **state) {
    fixture *f = *state;
    jwkeep_lookup *lookup = scripted_wait(f, "a");
    script_answer_body(&f->world, f->refresher, EMPTY);
    assert_int_equal(scripted_end(lookup), JWKEEP_KEYS_FETCH_FAILED);
    assert_int_equal(jwkeep_source_check(f->source), JWKEEP_KEYS_NOT_LOADED);
    assert_int_equal(scripted_count(f, JWKEEP_EVENT_FAILED, 0), 1);
    assert_int_equal(scripted_count(f, JWKEEP_EVENT_EMPTY_KEPT, 0), 0);
    assert_int_equal(scripted_status(f).health, JWKEEP_HEALTH_FAILING);
    script_pass(&f->world, f->refresher, 1 * MINUTE);
    script_answer_body(&f->world, f->refresher, EMPTY);
    assert_int_equal(jwkeep_source_check(f->source), JWKEEP_KEYS_NOT_LOADED);
    script_pass(&f->world, f->refresher, 2 * MINUTE);
    script_answer_keys(&f->world, f->refresher, "a");
    assert_int_equal(jwkeep_source_check(f->source), JWKEEP_OK);
}

#define TEST(name, set_up) cmocka_unit_test_setup_teardown(name, set_up, scripted_tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(r15_an_answer_without_a_usable_key_keeps_the_old_set, scripted_set_up_loaded),
        TEST(r15_the_second_empty_answer_in_a_row_is_believed, scripted_set_up_loaded),
        TEST(r15_the_row_is_broken_by_any_other_answer, scripted_set_up_loaded),
        TEST(r15_answers_too_close_together_are_one, scripted_set_up_bare),
        TEST(r15_the_first_is_not_believed_even_without_a_time_between, scripted_set_up_bare),
        TEST(r15_the_validators_of_an_empty_answer_are_not_kept, scripted_set_up_loaded),
        TEST(r15_an_empty_answer_loads_nothing, scripted_set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
