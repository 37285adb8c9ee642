/* SPDX-License-Identifier: Apache-2.0
 *
 * Publishing and reading when memory has run out: nothing is lost, nothing half done. */
#include "support/watched_memory.h"
#include "sync/published.h"
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static int released;

static void release(void *object) {
    (void)object;
    released++;
}

/* First in the program: the thread has no record yet. */
static void the_first_pin_of_a_thread_may_fail_and_be_tried_again(void **state) {
    (void)state;
    int object = 0;
    jk_published *cell = NULL;
    jk_pin pin = {.generation = 9};
    assert_int_equal(jk_published_new(&object, release, &cell, NULL), JWKEEP_OK);
    watched_memory_seen()->is_exhausted = true;
    assert_int_equal(jk_published_pin(cell, &pin), JWKEEP_OUT_OF_MEMORY);
    assert_int_equal(pin.generation, 9);
    watched_memory_seen()->is_exhausted = false;
    assert_int_equal(jk_published_pin(cell, &pin), JWKEEP_OK);
    jk_published_unpin(&pin);
    watched_memory_seen()->is_exhausted = true;
    assert_int_equal(jk_published_pin(cell, &pin), JWKEEP_OK);
    jk_published_unpin(&pin);
    watched_memory_seen()->is_exhausted = false;
    jk_published_free(cell);
}

static void a_swap_without_memory_publishes_nothing(void **state) {
    (void)state;
    int objects[3] = {0};
    jk_published *cell = NULL;
    uint64_t generation = 9;
    jwkeep_error error = {0};
    released = 0;
    assert_int_equal(jk_published_new(&objects[0], release, &cell, NULL), JWKEEP_OK);
    watched_memory_seen()->is_exhausted = true;
    assert_int_equal(jk_published_swap(cell, &objects[1], &generation, &error),
                     JWKEEP_OUT_OF_MEMORY);
    watched_memory_seen()->is_exhausted = false;
    assert_int_equal(error.code, JWKEEP_OUT_OF_MEMORY);
    assert_int_equal(generation, 9);
    assert_int_equal(released, 0);
    assert_ptr_equal(jk_published_current(cell, &generation), &objects[0]);
    assert_int_equal(generation, 1);
    jk_published_free(cell);
    assert_int_equal(released, 1);
}

/* The node of what was released is used again. */
static void swaps_in_turn_need_no_memory(void **state) {
    (void)state;
    int objects[2] = {0};
    jk_published *cell = NULL;
    assert_int_equal(jk_published_new(&objects[0], release, &cell, NULL), JWKEEP_OK);
    assert_int_equal(jk_published_swap(cell, &objects[1], NULL, NULL), JWKEEP_OK);
    watched_memory_seen()->is_exhausted = true;
    jwkeep_code code = JWKEEP_OK;
    for (size_t i = 0; i < 100 && code == JWKEEP_OK; i++)
        code = jk_published_swap(cell, &objects[i % 2], NULL, NULL);
    watched_memory_seen()->is_exhausted = false;
    uint64_t generation = jk_published_generation(cell);
    jk_published_free(cell);
    assert_int_equal(code, JWKEEP_OK);
    assert_int_equal(generation, 102);
}

static void a_cell_without_memory_takes_nothing(void **state) {
    (void)state;
    int object = 0;
    jk_published *cell = NULL;
    released = 0;
    watched_memory_seen()->is_exhausted = true;
    jwkeep_code code = jk_published_new(&object, release, &cell, NULL);
    watched_memory_seen()->is_exhausted = false;
    assert_int_equal(code, JWKEEP_OUT_OF_MEMORY);
    assert_null(cell);
    assert_int_equal(released, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_pin_of_a_thread_may_fail_and_be_tried_again),
        cmocka_unit_test(a_swap_without_memory_publishes_nothing),
        cmocka_unit_test(swaps_in_turn_need_no_memory),
        cmocka_unit_test(a_cell_without_memory_takes_nothing),
    };
    return cmocka_run_group_tests(tests, watched_memory_install, NULL);
}
