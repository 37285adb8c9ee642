/* SPDX-License-Identifier: Apache-2.0
 *
 * The two clocks: their units, their origins, their direction. */
#include "base/clock.h"
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <time.h>

#include <cmocka.h>

static void wall_time_counts_milliseconds_since_1970(void **state) {
    (void)state;
    int64_t before_s = time(NULL);
    int64_t now_ms = jk_clock_wall_ms();
    int64_t after_s = time(NULL);
    /* time() may lag the clock by a tick. */
    assert_true(now_ms >= before_s * 1000);
    assert_true(now_ms <= (after_s + 2) * 1000);
}

static void a_tick_is_no_later_than_the_clock_and_does_not_stand_still(void **state) {
    (void)state;
    int64_t first_ms = jk_clock_wall_tick_ms();
    int64_t tick_ms;
    do {
        tick_ms = jk_clock_wall_tick_ms();
        assert_true(tick_ms <= jk_clock_wall_ms());
    } while (tick_ms == first_ms);
    assert_true(tick_ms >= (int64_t)(time(NULL) - 2) * 1000);
}

static void a_condition_waits_until_a_moment_of_monotonic_time(void **state) {
    (void)state;
    pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    pthread_cond_t condition;
    const int64_t until_ms = jk_clock_monotonic_ms() + 5;
    const struct timespec until = jk_clock_moment(until_ms);
    assert_int_equal(until.tv_sec, until_ms / 1000);
    assert_int_equal(until.tv_nsec, until_ms % 1000 * 1000000);
    jk_clock_init_condition(&condition);
    pthread_mutex_lock(&mutex);
    int waited;
    do
        waited = pthread_cond_timedwait(&condition, &mutex, &until);
    while (waited == 0);
    pthread_mutex_unlock(&mutex);
    pthread_cond_destroy(&condition);
    assert_int_equal(waited, ETIMEDOUT);
    assert_true(jk_clock_monotonic_ms() >= until_ms);
}

static void monotonic_time_never_goes_back(void **state) {
    (void)state;
    int64_t last_ms = jk_clock_monotonic_ms();
    for (int i = 0; i < 1000; i++) {
        int64_t now_ms = jk_clock_monotonic_ms();
        assert_true(now_ms >= last_ms);
        last_ms = now_ms;
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wall_time_counts_milliseconds_since_1970),
        cmocka_unit_test(a_tick_is_no_later_than_the_clock_and_does_not_stand_still),
        cmocka_unit_test(a_condition_waits_until_a_moment_of_monotonic_time),
        cmocka_unit_test(monotonic_time_never_goes_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
