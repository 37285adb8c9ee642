/* SPDX-License-Identifier: Apache-2.0
 *
 * The memory of missing names: what it keeps, for how long, and that it does not grow. */
#include "remote/negative.h"
#include "support/watched_memory.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define TTL_MS 60000
#define NAMES 1024

static const jk_hash_key key = {0x0706050403020100u, 0x0f0e0d0c0b0a0908u};

static int set_up(void **state) {
    static jk_negative memory;
    jk_negative_init(&memory, &key, TTL_MS, NAMES);
    *state = &memory;
    return 0;
}

static int tear_down(void **state) {
    jk_negative_done(*state);
    return 0;
}

static jwkeep_span name_of(size_t number) {
    static char text[32];
    return jwkeep_span_of(text, (size_t)snprintf(text, sizeof text, "kid-%zu", number));
}

static void keeps_a_name_for_its_time(void **state) {
    jk_negative *memory = *state;
    assert_false(jk_negative_has(memory, JWKEEP_SPAN("a"), 5));
    jk_negative_add(memory, JWKEEP_SPAN("a"), 5);
    assert_true(jk_negative_has(memory, JWKEEP_SPAN("a"), 5));
    assert_true(jk_negative_has(memory, JWKEEP_SPAN("a"), 5 + TTL_MS - 1));
    assert_false(jk_negative_has(memory, JWKEEP_SPAN("a"), 5 + TTL_MS));
    assert_false(jk_negative_has(memory, JWKEEP_SPAN("b"), 5));
    assert_false(jk_negative_has(memory, JWKEEP_SPAN("A"), 5));
    assert_false(jk_negative_has(memory, JWKEEP_SPAN(""), 5));
}

static void the_empty_name_is_a_name(void **state) {
    jk_negative *memory = *state;
    jk_negative_add(memory, JWKEEP_SPAN(""), 0);
    assert_true(jk_negative_has(memory, JWKEEP_SPAN(""), 1));
}

static void a_name_that_is_missing_again_is_kept_longer(void **state) {
    jk_negative *memory = *state;
    jk_negative_add(memory, JWKEEP_SPAN("a"), 0);
    jk_negative_add(memory, JWKEEP_SPAN("a"), 100);
    assert_true(jk_negative_has(memory, JWKEEP_SPAN("a"), TTL_MS + 99));
    assert_false(jk_negative_has(memory, JWKEEP_SPAN("a"), TTL_MS + 100));
}

static void forgets_all_at_once(void **state) {
    jk_negative *memory = *state;
    for (size_t i = 0; i < 100; i++)
        jk_negative_add(memory, name_of(i), 0);
    jk_negative_clear(memory);
    for (size_t i = 0; i < 100; i++)
        assert_false(jk_negative_has(memory, name_of(i), 0));
    jk_negative_add(memory, JWKEEP_SPAN("a"), 0);
    assert_true(jk_negative_has(memory, JWKEEP_SPAN("a"), 0));
}

static void a_time_of_nothing_remembers_nothing(void **state) {
    (void)state;
    jk_negative memory;
    jk_negative_init(&memory, &key, 0, NAMES);
    watched_memory_seen()->allocations = 0;
    jk_negative_add(&memory, JWKEEP_SPAN("a"), 0);
    assert_false(jk_negative_has(&memory, JWKEEP_SPAN("a"), 0));
    assert_int_equal(watched_memory_seen()->allocations, 0);
    jk_negative_done(&memory);
}

static void one_place_holds_the_last_name(void **state) {
    (void)state;
    jk_negative memory;
    jk_negative_init(&memory, &key, TTL_MS, 1);
    jk_negative_add(&memory, JWKEEP_SPAN("a"), 0);
    jk_negative_add(&memory, JWKEEP_SPAN("b"), 1);
    bool has_a = jk_negative_has(&memory, JWKEEP_SPAN("a"), 1);
    bool has_b = jk_negative_has(&memory, JWKEEP_SPAN("b"), 1);
    jk_negative_done(&memory);
    assert_false(has_a);
    assert_true(has_b);
}

static void the_oldest_neighbour_goes_first(void **state) {
    (void)state;
    jk_negative memory;
    jk_negative_init(&memory, &key, TTL_MS, JK_NEGATIVE_NEIGHBOURS);
    for (size_t i = 0; i <= JK_NEGATIVE_NEIGHBOURS; i++)
        jk_negative_add(&memory, name_of(i), (int64_t)i);
    bool has_oldest = jk_negative_has(&memory, name_of(0), 10);
    size_t kept = 0;
    for (size_t i = 1; i <= JK_NEGATIVE_NEIGHBOURS; i++)
        kept += jk_negative_has(&memory, name_of(i), 10);
    jk_negative_done(&memory);
    assert_false(has_oldest);
    assert_int_equal(kept, JK_NEGATIVE_NEIGHBOURS);
}

static void r06_a_million_names_take_the_memory_of_one(void **state) {
    jk_negative *memory = *state;
    watched_memory_seen()->allocations = 0;
    for (size_t i = 0; i < 1000000; i++)
        jk_negative_add(memory, name_of(i), (int64_t)(i / 1000));
    assert_int_equal(watched_memory_seen()->allocations, 1);
    size_t kept = 0;
    for (size_t i = 0; i < 1000000; i++)
        kept += jk_negative_has(memory, name_of(i), 1000);
    assert_in_range(kept, NAMES / 2, NAMES);
}

static void without_memory_nothing_is_remembered(void **state) {
    jk_negative *memory = *state;
    watched_memory_seen()->is_exhausted = true;
    jk_negative_add(memory, JWKEEP_SPAN("a"), 0);
    watched_memory_seen()->is_exhausted = false;
    assert_false(jk_negative_has(memory, JWKEEP_SPAN("a"), 0));
    jk_negative_add(memory, JWKEEP_SPAN("a"), 0);
    assert_true(jk_negative_has(memory, JWKEEP_SPAN("a"), 0));
}

static void a_time_past_the_end_of_time_is_not_kept(void **state) {
    jk_negative *memory = *state;
    jk_negative_add(memory, JWKEEP_SPAN("a"), INT64_MAX - 1);
    assert_false(jk_negative_has(memory, JWKEEP_SPAN("a"), INT64_MAX - 1));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(keeps_a_name_for_its_time),
        TEST(the_empty_name_is_a_name),
        TEST(a_name_that_is_missing_again_is_kept_longer),
        TEST(forgets_all_at_once),
        TEST(a_time_of_nothing_remembers_nothing),
        TEST(one_place_holds_the_last_name),
        TEST(the_oldest_neighbour_goes_first),
        TEST(r06_a_million_names_take_the_memory_of_one),
        TEST(without_memory_nothing_is_remembered),
        TEST(a_time_past_the_end_of_time_is_not_kept),
    };
    return cmocka_run_group_tests(tests, watched_memory_install, NULL);
}
