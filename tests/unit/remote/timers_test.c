/* SPDX-License-Identifier: Apache-2.0
 *
 * The order of moments, against a plain search for the least. */
#include "remote/timers.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define TIMERS 300
#define STEPS 20000
#define MANY 100000

static uint64_t roll(uint64_t *random, uint64_t below) {
    *random = *random * 6364136223846793005u + 1442695040888963407u;
    return (*random >> 33) % below;
}

static int64_t least_of(const int64_t *at_ms) {
    int64_t least = INT64_MAX;
    for (size_t i = 0; i < TIMERS; i++)
        least = at_ms[i] < least ? at_ms[i] : least;
    return least;
}

static void the_first_is_the_least_whatever_is_set_and_cleared(void **state) {
    (void)state;
    jk_timers timers = {0};
    static jk_timer each[TIMERS];
    int64_t at_ms[TIMERS];
    uint64_t random = 3;
    for (size_t i = 0; i < TIMERS; i++)
        at_ms[i] = INT64_MAX;
    for (size_t step = 0; step < STEPS; step++) {
        size_t i = (size_t)roll(&random, TIMERS);
        if (roll(&random, 3)) {
            at_ms[i] = (int64_t)roll(&random, 1000) - 500;
            jk_timers_set(&timers, &each[i], at_ms[i]);
        } else {
            at_ms[i] = INT64_MAX;
            jk_timers_clear(&timers, &each[i]);
        }
        assert_int_equal(jk_timers_next_ms(&timers), least_of(at_ms));
        assert_int_equal(each[i].is_set, at_ms[i] != INT64_MAX);
    }
}

static void a_hundred_thousand_come_out_in_order(void **state) {
    (void)state;
    jk_timers timers = {0};
    jk_timer *each = calloc(MANY, sizeof *each);
    assert_non_null(each);
    uint64_t random = 5;
    for (size_t i = 0; i < MANY; i++)
        jk_timers_set(&timers, &each[i], (int64_t)roll(&random, 1u << 30));
    size_t out = 0;
    size_t faults = 0;
    int64_t last = -1;
    for (jk_timer *first; (first = jk_timers_first(&timers)); out++) {
        faults += first->at_ms < last;
        last = first->at_ms;
        jk_timers_clear(&timers, first);
    }
    free(each);
    assert_int_equal(out, MANY);
    assert_int_equal(faults, 0);
    assert_int_equal(jk_timers_next_ms(&timers), INT64_MAX);
}

static void clearing_what_is_not_set_is_fine(void **state) {
    (void)state;
    jk_timers timers = {0};
    jk_timer one = {0};
    jk_timers_clear(&timers, &one);
    assert_null(jk_timers_first(&timers));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_is_the_least_whatever_is_set_and_cleared),
        cmocka_unit_test(a_hundred_thousand_come_out_in_order),
        cmocka_unit_test(clearing_what_is_not_set_is_fine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
