/* SPDX-License-Identifier: Apache-2.0
 *
 * Contexts are given to one taker each, and no more are kept than there are slots. */
#include "crypto/openssl/context_pool.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static void gives_nothing_when_empty(void **state) {
    (void)state;
    jk_context_pool pool;
    jk_context_pool_init(&pool);
    assert_null(jk_context_pool_take(&pool));
}

static void gives_back_what_was_parked_last_by_the_same_thread(void **state) {
    (void)state;
    jk_context_pool pool;
    int context;
    jk_context_pool_init(&pool);
    assert_true(jk_context_pool_park(&pool, &context));
    assert_ptr_equal(jk_context_pool_take(&pool), &context);
    assert_null(jk_context_pool_take(&pool));
}

static void keeps_as_many_as_it_has_slots(void **state) {
    (void)state;
    jk_context_pool pool;
    int contexts[JK_CONTEXT_SLOTS + 1];
    unsigned taken = 0;
    jk_context_pool_init(&pool);
    for (unsigned i = 0; i < JK_CONTEXT_SLOTS; i++)
        assert_true(jk_context_pool_park(&pool, &contexts[i]));
    assert_false(jk_context_pool_park(&pool, &contexts[JK_CONTEXT_SLOTS]));
    for (int *context; (context = jk_context_pool_take(&pool)) != NULL;) {
        unsigned bit = 1u << (context - contexts);
        assert_int_equal(taken & bit, 0);
        taken |= bit;
    }
    assert_int_equal(taken, (1u << JK_CONTEXT_SLOTS) - 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_nothing_when_empty),
        cmocka_unit_test(gives_back_what_was_parked_last_by_the_same_thread),
        cmocka_unit_test(keeps_as_many_as_it_has_slots),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
