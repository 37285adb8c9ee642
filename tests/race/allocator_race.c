/* SPDX-License-Identifier: Apache-2.0
 *
 * Threads that set the memory functions and threads that allocate, all at once: every block
 * goes back where it came from, whoever wins. */
#include "base/allocator.h"
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define THREADS 8

static _Atomic long balance; /* counts only: no partner */
static _Atomic int successes;
static pthread_barrier_t start;

static void *count_allocate(void *user, size_t size) {
    (void)user;
    atomic_fetch_add(&balance, 1);
    return malloc(size);
}

static void *count_reallocate(void *user, void *block, size_t size) {
    (void)user;
    return realloc(block, size);
}

static void count_release(void *user, void *block) {
    (void)user;
    atomic_fetch_sub(&balance, 1);
    free(block);
}

static void *set_or_allocate(void *argument) {
    static const jwkeep_allocator counting = {count_allocate, count_reallocate, count_release,
                                              NULL};
    pthread_barrier_wait(&start);
    if (*(const int *)argument % 2 && jwkeep_allocator_set(&counting, NULL) == JWKEEP_OK)
        atomic_fetch_add(&successes, 1);
    for (int i = 0; i < 100; i++)
        jk_free(jk_alloc(16));
    return NULL;
}

static void at_most_one_thread_sets_and_no_block_changes_hands(void **state) {
    (void)state;
    pthread_t threads[THREADS];
    int numbers[THREADS];
    pthread_barrier_init(&start, NULL, THREADS);
    for (int i = 0; i < THREADS; i++) {
        numbers[i] = i;
        assert_int_equal(pthread_create(&threads[i], NULL, set_or_allocate, &numbers[i]), 0);
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    pthread_barrier_destroy(&start);
    assert_int_equal(atomic_load(&balance), 0);
    assert_true(atomic_load(&successes) <= 1);
    assert_int_equal(
        jwkeep_allocator_set(
            &(jwkeep_allocator){count_allocate, count_reallocate, count_release, NULL}, NULL),
        JWKEEP_MISUSE_STATE);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(at_most_one_thread_sets_and_no_block_changes_hands),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
