/* SPDX-License-Identifier: Apache-2.0
 *
 * The caller's memory functions, set before the first allocation. */
#include "base/allocator.h"
#include "base/attributes.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

typedef struct counts {
    size_t allocated;
    size_t reallocated;
    size_t released;
    size_t last_size;
} counts;

static counts seen;

static void *count_allocate(void *user, size_t size) {
    counts *c = user;
    c->allocated++;
    c->last_size = size;
    return malloc(size);
}

static void *count_reallocate(void *user, void *block, size_t size) {
    counts *c = user;
    c->reallocated++;
    c->last_size = size;
    return realloc(block, size);
}

static void count_release(void *user, void *block) {
    counts *c = user;
    c->released++;
    free(block);
}

static const jwkeep_allocator counting = {count_allocate, count_reallocate, count_release,
                                          &seen};

static void rejects_a_missing_function(void **state) {
    (void)state;
    for (int missing = 0; missing < 3; missing++) {
        jwkeep_allocator broken = counting;
        if (missing == 0)
            broken.allocate = NULL;
        if (missing == 1)
            broken.reallocate = NULL;
        if (missing == 2)
            broken.release = NULL;
        assert_int_equal(jwkeep_allocator_set(&broken, NULL), JWKEEP_MISUSE_ARGUMENT);
    }
    assert_int_equal(jwkeep_allocator_set(NULL, NULL), JWKEEP_MISUSE_ARGUMENT);
}

static void freeing_nothing_does_not_fix_the_choice(void **state) {
    (void)state;
    jk_free(NULL);
    assert_int_equal(jwkeep_allocator_set(&counting, NULL), JWKEEP_OK);
}

static void refuses_to_be_set_twice(void **state) {
    (void)state;
    jwkeep_error error;
    assert_int_equal(jwkeep_allocator_set(&counting, &error), JWKEEP_MISUSE_STATE);
    assert_string_equal(error.where, "allocator");
}

static void takes_all_memory_from_the_given_functions(void **state) {
    (void)state;
    seen = (counts){0};
    void *block = jk_alloc(10);
    block = jk_realloc(block, 20);
    jk_free(block);
    jk_free(NULL);
    assert_int_equal(seen.allocated, 1);
    assert_int_equal(seen.reallocated, 1);
    assert_int_equal(seen.released, 1);
    assert_int_equal(seen.last_size, 20);
}

static void takes_a_size_of_0_as_1(void **state) {
    (void)state;
    void *block = jk_alloc(0);
    size_t size = seen.last_size;
    jk_free(block);
    assert_int_equal(size, 1);
}

static void zeroes_and_refuses_an_overflowing_product(void **state) {
    (void)state;
    uint8_t *block = jk_alloc_zeroed(3, 5);
    uint8_t sum = 0;
    for (size_t i = 0; block && i < 15; i++)
        sum |= block[i];
    bool is_there = block != NULL;
    jk_free(block);
    assert_true(is_there);
    assert_int_equal(sum, 0);
    seen = (counts){0};
    volatile size_t half = SIZE_MAX / 2;
    uint8_t *none = jk_alloc_zeroed(half, 3);
    assert_null(none);
    assert_int_equal(seen.allocated, 0);
}

static void copies_bytes_with_a_nul_after_them(void **state) {
    (void)state;
    char *copy = jk_strndup("a\0b", 3);
    bool is_equal = copy && memcmp(copy, "a\0b\0", 4) == 0;
    jk_free(copy);
    assert_true(is_equal);
    char *empty = jk_strndup(NULL, 0);
    bool is_empty = empty && empty[0] == '\0';
    jk_free(empty);
    assert_true(is_empty);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rejects_a_missing_function),
        cmocka_unit_test(freeing_nothing_does_not_fix_the_choice),
        cmocka_unit_test(refuses_to_be_set_twice),
        cmocka_unit_test(takes_all_memory_from_the_given_functions),
        cmocka_unit_test(takes_a_size_of_0_as_1),
        cmocka_unit_test(zeroes_and_refuses_an_overflowing_product),
        cmocka_unit_test(copies_bytes_with_a_nul_after_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
