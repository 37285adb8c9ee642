/* SPDX-License-Identifier: Apache-2.0
 *
 * Names that are missing: remembered for a while, asked for again in time, and harmless by the
 * million. */
#include "support/scripted_source.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define FLOOD 1000000

static void r06_a_name_that_was_missing_is_answered_at_once(void **state) {
    fixture *f = *state;
    jwkeep_lookup *lookup = scripted_wait(f, "z");
    script_answer_keys(&f->world, f->refresher, "ab");
    assert_int_equal(scripted_end(lookup), JWKEEP_KID_UNKNOWN);
    jwkeep_lookup *unused = NULL;
    for (size_t i = 0; i < 100; i++)
        assert_int_equal(scripted_begin(f, "z", 0, &unused), JWKEEP_KID_UNKNOWN);
    assert_int_equal(f->world.request_count, 1);
    assert_int_equal(scripted_status(f).negative_rejections, 100);
    assert_int_equal(scripted_status(f).cooldown_rejections, 0);
    jwkeep_lookup_free(scripted_wait(f, "y"));
    assert_int_equal(f->world.request_count, 2);
}

static void r06_a_missing_name_that_is_published_is_accepted_within_the_cooldown(void **state) {
    fixture *f = *state;
    jwkeep_lookup *unused = NULL;
    jwkeep_lookup *early = scripted_wait(f, "z");
    script_answer_keys(&f->world, f->refresher, "ab");
    assert_int_equal(scripted_end(early), JWKEEP_KID_UNKNOWN);
    script_pass(&f->world, f->refresher, 1 * SECOND);
    assert_int_equal(scripted_begin(f, "z", 0, &unused), JWKEEP_KID_UNKNOWN);
    assert_int_equal(scripted_status(f).negative_rejections, 1);
    script_pass(&f->world, f->refresher, 29 * SECOND);
    assert_int_equal(script_open_requests(&f->world), 1);
    assert_true(script_last(&f->world)->is_forced);
    script_answer_keys(&f->world, f->refresher, "abz");
    assert_int_equal(scripted_begin(f, "z", 0, &unused), JWKEEP_OK);
    assert_true(scripted_has(f, "z"));
}

static void r06_a_missing_name_is_asked_for_again_after_the_cooldown(void **state) {
    fixture *f = *state;
    jwkeep_lookup_free(scripted_wait(f, "z"));
    script_answer_keys(&f->world, f->refresher, "ab");
    script_pass(&f->world, f->refresher, 31 * SECOND);
    jwkeep_lookup *lookup = scripted_wait(f, "z");
    script_answer_keys(&f->world, f->refresher, "abz");
    assert_int_equal(scripted_end(lookup), JWKEEP_OK);
}

static void r06_a_new_generation_forgets_the_missing_names(void **state) {
    fixture *f = *state;
    jwkeep_lookup *z = scripted_wait(f, "z");
    script_answer_keys(&f->world, f->refresher, "ab");
    assert_int_equal(scripted_end(z), JWKEEP_KID_UNKNOWN);
    jwkeep_lookup *y = scripted_wait(f, "y");
    script_answer_keys(&f->world, f->refresher, "abc");
    assert_int_equal(scripted_end(y), JWKEEP_KID_UNKNOWN);
    jwkeep_lookup *unused = NULL;
    assert_int_equal(scripted_begin(f, "z", 0, &unused), JWKEEP_KID_UNKNOWN);
    assert_int_equal(scripted_begin(f, "y", 0, &unused), JWKEEP_KID_UNKNOWN);
    assert_int_equal(scripted_status(f).cooldown_rejections, 1);
    assert_int_equal(scripted_status(f).negative_rejections, 1);
}

static void r06_what_a_cache_on_the_way_does_not_have_is_not_missing(void **state) {
    fixture *f = *state;
    script_pass(&f->world, f->refresher, 9 * MINUTE);
    assert_false(script_last(&f->world)->is_forced);
    jwkeep_lookup *late = scripted_wait(f, "c");
    script_answer_keys(&f->world, f->refresher, "ab");
    assert_int_equal(jwkeep_lookup_result(late, NULL), JWKEEP_PENDING);
    assert_true(script_last(&f->world)->is_forced);
    script_answer_keys(&f->world, f->refresher, "abc");
    assert_int_equal(scripted_end(late), JWKEEP_OK);
}

static void answer_for_a_minute(fixture *f, const char *letters) {
    jk_response answer = {.body = jwkeep_span_text(script_keys(letters)),
                          .cache = {.cache_control = JWKEEP_SPAN("max-age=60")}};
    script_answer(&f->world, f->refresher, &answer);
}

static void r06_only_what_the_issuer_did_not_bring_is_remembered(void **state) {
    fixture *f = *state;
    jwkeep_source_options options = scripted_options(f);
    options.cooldown_s = 300;
    assert_int_equal(jwkeep_source_new(f->refresher, &options, &f->source, NULL), JWKEEP_OK);
    scripted_load(f, "ab");
    jwkeep_lookup *early = scripted_wait(f, "x");
    jwkeep_lookup *late = scripted_wait(f, "y");
    script_answer_keys(&f->world, f->refresher, "ab");
    answer_for_a_minute(f, "ab");
    assert_int_equal(scripted_end(early), JWKEEP_KID_UNKNOWN);
    assert_int_equal(scripted_end(late), JWKEEP_KID_UNKNOWN);
    script_pass(&f->world, f->refresher, 1 * MINUTE);
    assert_false(script_last(&f->world)->is_forced);
    jwkeep_lookup *unproven = scripted_wait(f, "z");
    script_answer_keys(&f->world, f->refresher, "ab");
    assert_int_equal(scripted_end(unproven), JWKEEP_KID_UNKNOWN);
    jwkeep_lookup *unused = NULL;
    assert_int_equal(scripted_begin(f, "z", 0, &unused), JWKEEP_KID_UNKNOWN);
    assert_int_equal(scripted_status(f).negative_rejections, 0);
    assert_int_equal(scripted_status(f).cooldown_rejections, 1);
}

static void r06_a_million_unknown_names_harm_nobody(void **state) {
    fixture *f = *state;
    size_t valid = 0;
    size_t most_waiters = 0;
    for (size_t i = 0; i < FLOOD; i++) {
        char kid[32];
        jwkeep_lookup *lookup = NULL;
        snprintf(kid, sizeof kid, "stranger-%zu", i * 2654435761u);
        jwkeep_code code = scripted_begin(f, kid, 1, &lookup);
        if (code == JWKEEP_PENDING)
            jwkeep_lookup_free(lookup);
        valid += scripted_begin(f, "a", 1, &lookup) == JWKEEP_OK;
        if (i % 1000)
            continue;
        script_pass(&f->world, f->refresher, 100);
        most_waiters = scripted_status(f).waiters > most_waiters ? scripted_status(f).waiters
                                                                 : most_waiters;
        if (script_open_requests(&f->world) && i % 10000 == 0)
            script_answer_keys(&f->world, f->refresher, "ab");
    }
    /* 100 s: one at the start, a burst of two, and one each cooldown. */
    assert_in_range(f->world.request_count, 4, 8);
    assert_int_equal(valid, FLOOD);
    assert_int_equal(most_waiters, 0);
}

#define TEST(name, set_up) cmocka_unit_test_setup_teardown(name, set_up, scripted_tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(r06_a_name_that_was_missing_is_answered_at_once, scripted_set_up),
        TEST(r06_a_missing_name_that_is_published_is_accepted_within_the_cooldown,
             scripted_set_up_loaded),
        TEST(r06_a_missing_name_is_asked_for_again_after_the_cooldown, scripted_set_up_loaded),
        TEST(r06_a_new_generation_forgets_the_missing_names, scripted_set_up),
        TEST(r06_what_a_cache_on_the_way_does_not_have_is_not_missing, scripted_set_up_loaded),
        TEST(r06_only_what_the_issuer_did_not_bring_is_remembered, scripted_set_up_bare),
        TEST(r06_a_million_unknown_names_harm_nobody, scripted_set_up_loaded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
