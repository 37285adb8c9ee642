/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the tests of samples. */
#include "server/page/samples.h"
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void keeps_the_last_ones_in_order(void **state) {
    (void)state;
    static samples taken;
    for (unsigned i = 0; i < SAMPLES_MAX + 10; i++)
        samples_add(&taken, &(sample){.at_ms = i});
    assert_int_equal(taken.count, SAMPLES_MAX);
    assert_int_equal(samples_at(&taken, 0)->at_ms, 10);
    assert_int_equal(samples_at(&taken, SAMPLES_MAX - 1)->at_ms, SAMPLES_MAX + 9);
}

static void is_due_once_a_step(void **state) {
    (void)state;
    static samples taken;
    assert_true(samples_are_due(&taken, 0));
    samples_add(&taken, &(sample){.at_ms = 5});
    assert_false(samples_are_due(&taken, 4 + SAMPLES_STEP_MS));
    assert_true(samples_are_due(&taken, 5 + SAMPLES_STEP_MS));
}

static void recent_is_up_to_a_minute(void **state) {
    (void)state;
    static samples taken;
    const sample *from, *to;
    samples_add(&taken, &(sample){.at_ms = 0});
    assert_false(samples_recent(&taken, &from, &to));
    for (int i = 1; i < 40; i++)
        samples_add(&taken, &(sample){.at_ms = i});
    assert_true(samples_recent(&taken, &from, &to));
    assert_int_equal(to->at_ms, 39);
    assert_int_equal(from->at_ms, 39 - SAMPLES_RECENT);
}

static void reckons_with_what_came_between(void **state) {
    (void)state;
    const sample from = {.at_ms = 1000, .outcomes = {5, 5}, .buckets = {9, 1}};
    sample to = {.at_ms = 3000, .outcomes = {15, 10}, .buckets = {9, 11}};
    assert_int_equal(sample_requests(&from, &to), 15);
    assert_true(sample_seconds(&from, &to) == 2);
    /* Ten in the second bucket, 10 to 25 µs: the fifth stands in its middle. */
    double median = sample_quantile(&from, &to, 0.5);
    assert_true(median > 17.4e-6 && median < 17.6e-6);
    assert_true(sample_quantile(&from, &from, 0.5) == 0);
    to.buckets[VERIFY_BUCKET_COUNT] = 1000;
    assert_true(sample_quantile(&from, &to, 0.99) == 5);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_the_last_ones_in_order),
        cmocka_unit_test(is_due_once_a_step),
        cmocka_unit_test(recent_is_up_to_a_minute),
        cmocka_unit_test(reckons_with_what_came_between),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
