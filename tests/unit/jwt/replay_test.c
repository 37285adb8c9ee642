/* SPDX-License-Identifier: Apache-2.0
 *
 * What is known for how long, and what happens when there is no room. */
#include <jwkeep/replay.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define WINDOW_S 60
#define WINDOW_MS (WINDOW_S * INT64_C(1000))
#define T_MS INT64_C(1700000000000)

static jwkeep_replay *replay;

static int set_up(void **state) {
    (void)state;
    return jwkeep_replay_new(8, WINDOW_S, &replay, NULL) == JWKEEP_OK ? 0 : -1;
}

static int tear_down(void **state) {
    (void)state;
    jwkeep_replay_free(replay);
    return 0;
}

static jwkeep_code take(const char *id, int64_t now_ms) {
    return jwkeep_replay_take(replay, jwkeep_span_text(id), now_ms, NULL);
}

static void takes_an_identifier_once(void **state) {
    (void)state;
    assert_int_equal(take("a", T_MS), JWKEEP_OK);
    assert_int_equal(take("a", T_MS), JWKEEP_REPLAYED);
    assert_int_equal(take("b", T_MS), JWKEEP_OK);
    assert_int_equal(take("", T_MS), JWKEEP_OK);
    assert_int_equal(take("", T_MS), JWKEEP_REPLAYED);
}

/* Whenever it came within a generation, it is known for a window and forgotten after two. */
static void knows_it_for_the_window_at_least(void **state) {
    (void)state;
    for (int64_t late = 0; late < 2 * WINDOW_MS; late += WINDOW_MS / 8) {
        jwkeep_replay *fresh = replay;
        assert_int_equal(jwkeep_replay_new(64, WINDOW_S, &replay, NULL), JWKEEP_OK);
        jwkeep_code first = take("first", T_MS);
        jwkeep_code taken = take("a", T_MS + late);
        bool is_known = true;
        for (int64_t after = 0; after <= WINDOW_MS; after += WINDOW_MS / 16)
            is_known = is_known && take("a", T_MS + late + after) == JWKEEP_REPLAYED;
        jwkeep_code forgotten = take("a", T_MS + late + 3 * WINDOW_MS);
        jwkeep_replay_free(replay);
        replay = fresh;
        assert_int_equal(first, JWKEEP_OK);
        assert_int_equal(taken, JWKEEP_OK);
        assert_true(is_known);
        assert_int_equal(forgotten, JWKEEP_OK);
    }
}

static void forgets_everything_after_a_long_silence(void **state) {
    (void)state;
    assert_int_equal(take("a", T_MS), JWKEEP_OK);
    assert_int_equal(take("b", T_MS + WINDOW_MS), JWKEEP_OK);
    assert_int_equal(take("b", T_MS + 3 * WINDOW_MS), JWKEEP_OK);
    assert_int_equal(take("a", INT64_MAX), JWKEEP_OK);
    assert_int_equal(take("a", INT64_MAX), JWKEEP_REPLAYED);
}

static void a_clock_that_goes_back_makes_nothing_new(void **state) {
    (void)state;
    assert_int_equal(take("a", T_MS), JWKEEP_OK);
    assert_int_equal(take("a", T_MS - 10 * WINDOW_MS), JWKEEP_REPLAYED);
    assert_int_equal(take("a", INT64_MIN + 1), JWKEEP_REPLAYED);
    assert_int_equal(take("a", T_MS), JWKEEP_REPLAYED);
}

static void says_so_when_it_is_full(void **state) {
    (void)state;
    char id[] = "a";
    for (; *id < 'a' + 8; (*id)++)
        assert_int_equal(take(id, T_MS), JWKEEP_OK);
    assert_int_equal(take("new", T_MS), JWKEEP_REPLAY_MEMORY_FULL);
    assert_int_equal(take("a", T_MS), JWKEEP_REPLAYED);
    assert_int_equal(take("new", T_MS + WINDOW_MS), JWKEEP_OK);
}

/* What was taken in earlier windows neither takes room nor comes back. */
static void serves_window_after_window(void **state) {
    (void)state;
    char id[32];
    for (unsigned window = 0; window < 50; window++) {
        int64_t now_ms = T_MS + window * WINDOW_MS;
        for (unsigned i = 0; i < 8; i++) {
            snprintf(id, sizeof id, "%u-%u", window % 3, i);
            assert_int_equal(take(id, now_ms), JWKEEP_OK);
            assert_int_equal(take(id, now_ms), JWKEEP_REPLAYED);
        }
        snprintf(id, sizeof id, "%u-5", (window + 2) % 3);
        assert_int_equal(take(id, now_ms),
                         window ? JWKEEP_REPLAYED : JWKEEP_REPLAY_MEMORY_FULL);
    }
}

static void bounds_its_arguments(void **state) {
    (void)state;
    jwkeep_replay *other = NULL;
    assert_int_equal(jwkeep_replay_new(0, 1, &other, NULL), JWKEEP_MISUSE_ARGUMENT);
    assert_int_equal(jwkeep_replay_new(JWKEEP_REPLAY_MAX_ENTRIES + (size_t)1, 1, &other, NULL),
                     JWKEEP_MISUSE_ARGUMENT);
    assert_int_equal(jwkeep_replay_new(1, 0, &other, NULL), JWKEEP_MISUSE_ARGUMENT);
    assert_int_equal(jwkeep_replay_new(1, JWKEEP_REPLAY_MAX_WINDOW_S + 1, &other, NULL),
                     JWKEEP_MISUSE_ARGUMENT);
    assert_null(other);
    assert_int_equal(jwkeep_replay_new(1, 1, NULL, NULL), JWKEEP_MISUSE_ARGUMENT);
    assert_int_equal(jwkeep_replay_take(NULL, JWKEEP_SPAN("a"), 0, NULL),
                     JWKEEP_MISUSE_ARGUMENT);
    assert_int_equal(jwkeep_replay_take(replay, JWKEEP_SPAN_NONE, 0, NULL),
                     JWKEEP_MISUSE_ARGUMENT);
    assert_int_equal(jwkeep_replay_window_s(replay), WINDOW_S);
    assert_int_equal(jwkeep_replay_window_s(NULL), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(takes_an_identifier_once),
        TEST(knows_it_for_the_window_at_least),
        TEST(forgets_everything_after_a_long_silence),
        TEST(a_clock_that_goes_back_makes_nothing_new),
        TEST(says_so_when_it_is_full),
        TEST(serves_window_after_window),
        TEST(bounds_its_arguments),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
