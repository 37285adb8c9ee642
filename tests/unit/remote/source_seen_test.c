/* SPDX-License-Identifier: Apache-2.0
 *
 * What a source shows of itself: alarms, staleness, the hash of its set. */
#include "support/scripted_source.h"
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void r25_many_keys_raise_the_size_alarm(void **state) {
    fixture *f = *state;
    jwkeep_source_options options = scripted_options(f);
    options.size_alarm_keys = 3;
    assert_int_equal(jwkeep_source_new(f->refresher, &options, &f->source, NULL), JWKEEP_OK);
    scripted_load(f, "abc");
    assert_false(scripted_status(f).is_size_alarm);
    script_pass(&f->world, f->refresher, 9 * MINUTE);
    script_answer_keys(&f->world, f->refresher, "abcd");
    assert_int_equal(scripted_count(f, JWKEEP_EVENT_SIZE_ALARM, 0), 1);
    assert_int_equal(f->events[f->event_count - 1].count, 4);
    assert_true(scripted_status(f).is_size_alarm);
    assert_int_equal(scripted_status(f).health, JWKEEP_HEALTH_DEGRADED);
    script_pass(&f->world, f->refresher, 9 * MINUTE);
    script_answer_keys(&f->world, f->refresher, "abcd");
    assert_true(scripted_status(f).is_size_alarm);
    assert_int_equal(scripted_count(f, JWKEEP_EVENT_SIZE_ALARM, 0), 1);
    script_pass(&f->world, f->refresher, 9 * MINUTE);
    script_answer_keys(&f->world, f->refresher, "abc");
    assert_false(scripted_status(f).is_size_alarm);
    assert_int_equal(scripted_status(f).health, JWKEEP_HEALTH_OK);
}

static void r25_a_doubled_set_raises_the_size_alarm(void **state) {
    fixture *f = *state;
    static const struct {
        const char *letters;
        bool is_alarm;
    } rows[] = {{"abcde", false},     {"abcdefghij", true}, {"abcdefghij", true},
                {"bcdefghij", false}, {"fghijklmn", false}, {"a", false},
                {"abcdefghij", true}, {"abcdef", false},    {"abcdefghijk", false}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        script_pass(&f->world, f->refresher, 9 * MINUTE);
        script_answer_keys(&f->world, f->refresher, rows[i].letters);
        assert_int_equal(scripted_status(f).is_size_alarm, rows[i].is_alarm);
    }
    assert_int_equal(scripted_count(f, JWKEEP_EVENT_SIZE_ALARM, 0), 2);
}

/* New keys beside the old ones, then without: an issuer with one key, and one with a key for
 * each of four algorithms. */
static void r25_a_rotation_of_a_small_set_raises_none(void **state) {
    fixture *f = *state;
    static const char *const sets[] = {"a",        "ab",   "b",        "abcd",
                                       "abcdefgh", "efgh", "efghabcd", "abcd"};
    for (size_t i = 0; i < sizeof sets / sizeof sets[0]; i++) {
        script_pass(&f->world, f->refresher, 9 * MINUTE);
        script_answer_keys(&f->world, f->refresher, sets[i]);
        assert_int_equal(scripted_status(f).health, JWKEEP_HEALTH_OK);
    }
    assert_int_equal(scripted_count(f, JWKEEP_EVENT_SIZE_ALARM, 0), 0);
}

static void r25_turning_stale_is_told_once(void **state) {
    fixture *f = *state;
    for (size_t round = 0; round < 2; round++) {
        f->world.is_refusing = true;
        f->event_count = 0;
        script_pass(&f->world, f->refresher, 70 * MINUTE - 1);
        assert_int_equal(scripted_count(f, JWKEEP_EVENT_STALE, 0), 0);
        f->world.now_ms++;
        jk_refresher_turn(f->refresher);
        assert_int_equal(scripted_count(f, JWKEEP_EVENT_STALE, 0), 1);
        for (size_t i = 0; i < 10; i++)
            script_pass(&f->world, f->refresher, 1 * MINUTE);
        assert_int_equal(scripted_count(f, JWKEEP_EVENT_STALE, 0), 1);
        f->world.is_refusing = false;
        script_pass(&f->world, f->refresher, 2 * MINUTE);
        script_answer_keys(&f->world, f->refresher, "ab");
    }
}

static void r25_stale_answers_are_counted(void **state) {
    fixture *f = *state;
    f->world.is_refusing = true;
    script_pass(&f->world, f->refresher, 69 * MINUTE);
    script_pass(&f->world, f->refresher, 1 * MINUTE);
    jwkeep_lookup *unused = NULL;
    assert_int_equal(scripted_begin(f, "a", 0, &unused), JWKEEP_KEYS_STALE);
    assert_int_equal(scripted_status(f).stale_answers, 1);
    f->world.is_refusing = false;
    script_pass(&f->world, f->refresher, 2 * MINUTE);
    jwkeep_lookup *lookup = scripted_wait(f, "a");
    script_answer_failure(&f->world, f->refresher, JWKEEP_TRANSPORT_CONNECT);
    assert_int_equal(scripted_end(lookup), JWKEEP_KEYS_STALE);
    assert_int_equal(scripted_status(f).stale_answers, 2);
}

static void r25_the_hash_tells_one_set_from_another(void **state) {
    fixture *f = *state;
    jwkeep_source_status first = scripted_status(f);
    jwkeep_keyset *set = jwkeep_keyring_take(jwkeep_source_ring(f->source), NULL);
    bool is_hash = jwkeep_span_equals(jwkeep_keyset_hash(set),
                                      jwkeep_span_of(first.set_hash, sizeof first.set_hash));
    jwkeep_keyset_unref(set);
    assert_true(is_hash);
    script_pass(&f->world, f->refresher, 9 * MINUTE);
    script_answer_keys(&f->world, f->refresher, "ba");
    assert_memory_equal(scripted_status(f).set_hash, first.set_hash, sizeof first.set_hash);
    script_pass(&f->world, f->refresher, 9 * MINUTE);
    script_answer_keys(&f->world, f->refresher, "bc");
    assert_memory_not_equal(scripted_status(f).set_hash, first.set_hash, sizeof first.set_hash);
}

#define TEST(name, set_up) cmocka_unit_test_setup_teardown(name, set_up, scripted_tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(r25_many_keys_raise_the_size_alarm, scripted_set_up_bare),
        TEST(r25_a_doubled_set_raises_the_size_alarm, scripted_set_up_loaded),
        TEST(r25_a_rotation_of_a_small_set_raises_none, scripted_set_up_loaded),
        TEST(r25_turning_stale_is_told_once, scripted_set_up_loaded),
        TEST(r25_stale_answers_are_counted, scripted_set_up_loaded),
        TEST(r25_the_hash_tells_one_set_from_another, scripted_set_up_loaded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
