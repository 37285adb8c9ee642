/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the tests of how policies are numbered. */
#include "server/policy_numbers.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static void a_name_keeps_its_number_in_the_next_plan(void **state) {
    (void)state;
    static policy_numbers numbers;
    static uint16_t given[PLAN_MAX_POLICIES];
    const server_policy before[] = {{.name = "a"}, {.name = "b"}};
    const server_policy after[] = {{.name = "c"}, {.name = "b"}};
    policy_numbers_init(&numbers);
    policy_numbers_assign(&numbers, &(server_plan){.policies = before, .policy_count = 2},
                          given);
    assert_int_equal(given[1], 1);
    policy_numbers_assign(&numbers, &(server_plan){.policies = after, .policy_count = 2},
                          given);
    assert_int_equal(given[0], 2);
    assert_int_equal(given[1], 1);
    assert_string_equal(policy_numbers_name(&numbers, 0), "a");
    assert_int_equal(policy_numbers_count(&numbers), 3);
    policy_numbers_done(&numbers);
}

static void names_past_the_bound_share_a_number(void **state) {
    (void)state;
    static policy_numbers numbers;
    static uint16_t given[PLAN_MAX_POLICIES];
    policy_numbers_init(&numbers);
    for (unsigned i = 0; i < POLICY_NUMBERS_MAX + 2; i++) {
        char name[32];
        snprintf(name, sizeof name, "policy%u", i);
        const server_policy policy = {.name = name};
        policy_numbers_assign(&numbers, &(server_plan){.policies = &policy, .policy_count = 1},
                              given);
    }
    assert_int_equal(given[0], POLICY_NUMBERS_MAX);
    assert_int_equal(policy_numbers_count(&numbers), POLICY_NUMBERS_MAX);
    assert_string_equal(policy_numbers_name(&numbers, given[0]), POLICY_NUMBERS_REST);
    policy_numbers_done(&numbers);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_keeps_its_number_in_the_next_plan),
        cmocka_unit_test(names_past_the_bound_share_a_number),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
