/* SPDX-License-Identifier: Apache-2.0
 *
 * Published objects: what a pin holds and lets go, generations, threads that end, a fork. */
#include "sync/published.h"
#include "sync/threads.h"
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

typedef struct object {
    int released;
} object;

static void release(void *released) {
    ((object *)released)->released++;
}

typedef struct fixture {
    object objects[64];
    jk_published *cell;
} fixture;

static int set_up(void **state) {
    fixture *made = calloc(1, sizeof *made);
    if (!made || jk_published_new(&made->objects[0], release, &made->cell, NULL))
        return -1;
    *state = made;
    return 0;
}

static int tear_down(void **state) {
    fixture *made = *state;
    jk_published_free(made->cell);
    free(made);
    return 0;
}

static void pins_the_published_object_with_its_generation(void **state) {
    fixture *f = *state;
    jk_pin pin;
    assert_int_equal(jk_published_pin(f->cell, &pin), JWKEEP_OK);
    assert_ptr_equal(pin.object, &f->objects[0]);
    assert_int_equal(pin.generation, 1);
    jk_published_unpin(&pin);
    uint64_t generation = 0;
    assert_int_equal(jk_published_swap(f->cell, &f->objects[1], &generation, NULL), JWKEEP_OK);
    assert_int_equal(generation, 2);
    assert_int_equal(jk_published_generation(f->cell), 2);
    assert_int_equal(jk_published_pin(f->cell, &pin), JWKEEP_OK);
    assert_ptr_equal(pin.object, &f->objects[1]);
    assert_int_equal(pin.generation, 2);
    jk_published_unpin(&pin);
}

static void keeps_a_retired_object_while_it_is_pinned(void **state) {
    fixture *f = *state;
    jk_pin pin;
    assert_int_equal(jk_published_pin(f->cell, &pin), JWKEEP_OK);
    assert_int_equal(jk_published_swap(f->cell, &f->objects[1], NULL, NULL), JWKEEP_OK);
    assert_int_equal(f->objects[0].released, 0);
    assert_int_equal(jk_published_retired(f->cell), 1);
    jk_published_unpin(&pin);
    assert_int_equal(f->objects[0].released, 0);
    assert_int_equal(jk_published_swap(f->cell, &f->objects[2], NULL, NULL), JWKEEP_OK);
    assert_int_equal(f->objects[0].released, 1);
    assert_int_equal(f->objects[1].released, 1);
    assert_int_equal(f->objects[2].released, 0);
    assert_int_equal(jk_published_retired(f->cell), 0);
}

static void collects_between_two_swaps(void **state) {
    fixture *f = *state;
    jk_pin pin;
    assert_int_equal(jk_published_pin(f->cell, &pin), JWKEEP_OK);
    assert_int_equal(jk_published_swap(f->cell, &f->objects[1], NULL, NULL), JWKEEP_OK);
    assert_int_equal(jk_published_collect(f->cell), 1);
    jk_published_unpin(&pin);
    assert_int_equal(jk_published_collect(f->cell), 0);
    assert_int_equal(f->objects[0].released, 1);
    assert_int_equal(f->objects[1].released, 0);
}

static void refuses_one_pin_too_many(void **state) {
    fixture *f = *state;
    jk_pin pins[JK_PINS_PER_THREAD];
    jk_pin extra = {.generation = 77};
    for (size_t i = 0; i < JK_PINS_PER_THREAD; i++)
        assert_int_equal(jk_published_pin(f->cell, &pins[i]), JWKEEP_OK);
    assert_int_equal(jk_published_pin(f->cell, &extra), JWKEEP_MISUSE_STATE);
    assert_int_equal(extra.generation, 77);
    for (size_t i = 0; i < JK_PINS_PER_THREAD; i++)
        jk_published_unpin(&pins[i]);
    assert_int_equal(jk_published_pin(f->cell, &extra), JWKEEP_OK);
    jk_published_unpin(&extra);
}

static void holds_as_many_retired_objects_as_there_are_pins(void **state) {
    fixture *f = *state;
    jk_pin pins[JK_PINS_PER_THREAD];
    for (size_t i = 0; i < JK_PINS_PER_THREAD; i++) {
        assert_int_equal(jk_published_pin(f->cell, &pins[i]), JWKEEP_OK);
        assert_int_equal(jk_published_swap(f->cell, &f->objects[i + 1], NULL, NULL), JWKEEP_OK);
    }
    for (size_t i = JK_PINS_PER_THREAD + 1; i < 64; i++)
        assert_int_equal(jk_published_swap(f->cell, &f->objects[i], NULL, NULL), JWKEEP_OK);
    assert_int_equal(jk_published_retired(f->cell), JK_PINS_PER_THREAD);
    for (size_t i = 0; i < JK_PINS_PER_THREAD; i++) {
        assert_ptr_equal(pins[i].object, &f->objects[i]);
        jk_published_unpin(&pins[i]);
    }
    assert_int_equal(jk_published_collect(f->cell), 0);
}

typedef struct visit {
    jk_published *cell;
    jk_thread *record;
    bool is_left_open;
} visit;

static void *visit_once(void *argument) {
    visit *made = argument;
    jk_pin pin;
    if (jk_published_pin(made->cell, &pin) == JWKEEP_OK && !made->is_left_open)
        jk_published_unpin(&pin);
    made->record = jk_thread_self();
    return NULL;
}

static void run_visit(visit *made) {
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, visit_once, made), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
}

static void reuses_the_record_of_a_thread_that_ended(void **state) {
    fixture *f = *state;
    visit one = {.cell = f->cell};
    visit two = {.cell = f->cell};
    run_visit(&one);
    run_visit(&two);
    assert_non_null(one.record);
    assert_ptr_equal(one.record, two.record);
    assert_ptr_not_equal(one.record, jk_thread_self());
}

static void an_ended_thread_pins_nothing(void **state) {
    fixture *f = *state;
    visit made = {.cell = f->cell, .is_left_open = true};
    run_visit(&made);
    assert_int_equal(jk_published_swap(f->cell, &f->objects[1], NULL, NULL), JWKEEP_OK);
    assert_int_equal(f->objects[0].released, 1);
}

typedef struct holder {
    jk_published *cell;
    pthread_barrier_t barrier;
} holder;

static void *hold_over_two_barriers(void *argument) {
    holder *made = argument;
    jk_pin pin;
    jwkeep_code code = jk_published_pin(made->cell, &pin);
    pthread_barrier_wait(&made->barrier);
    pthread_barrier_wait(&made->barrier);
    if (code == JWKEEP_OK)
        jk_published_unpin(&pin);
    return NULL;
}

/* In the child: the other thread's pin is gone with it, the own one still holds. */
static int check_in_child(fixture *f, unsigned forks_before) {
    if (jk_published_swap(f->cell, &f->objects[1], NULL, NULL) != JWKEEP_OK)
        return 1;
    if (f->objects[0].released != 1)
        return 2;
    jk_pin pin;
    if (jk_published_pin(f->cell, &pin) != JWKEEP_OK || pin.object != &f->objects[1])
        return 3;
    if (jk_published_swap(f->cell, &f->objects[2], NULL, NULL) || f->objects[1].released)
        return 4;
    return jk_fork_count() == forks_before + 1 ? 0 : 5;
}

static void a_forked_child_forgets_the_pins_of_threads_it_does_not_have(void **state) {
    fixture *f = *state;
    holder made = {.cell = f->cell};
    unsigned forks_before = jk_fork_count();
    assert_int_equal(pthread_barrier_init(&made.barrier, NULL, 2), 0);
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, hold_over_two_barriers, &made), 0);
    pthread_barrier_wait(&made.barrier);
    assert_int_equal(jk_published_collect(f->cell), 0);
    pid_t child = fork();
    if (child == 0)
        _exit(check_in_child(f, forks_before));
    int status = -1;
    bool is_waited = child > 0 && waitpid(child, &status, 0) == child;
    jwkeep_code swapped = jk_published_swap(f->cell, &f->objects[1], NULL, NULL);
    int released_in_parent = f->objects[0].released;
    pthread_barrier_wait(&made.barrier);
    pthread_join(thread, NULL);
    pthread_barrier_destroy(&made.barrier);
    assert_true(is_waited);
    assert_int_equal(swapped, JWKEEP_OK);
    assert_int_equal(WEXITSTATUS(status), 0);
    assert_int_equal(released_in_parent, 0);
    assert_int_equal(jk_fork_count(), forks_before);
}

static void the_slots_of_two_threads_share_no_line(void **state) {
    (void)state;
    assert_non_null(jk_thread_first());
    for (const jk_thread *one = jk_thread_first(); one; one = one->next)
        for (const jk_thread *other = one->next; other; other = other->next) {
            uintptr_t a = (uintptr_t)one->slots;
            uintptr_t b = (uintptr_t)other->slots;
            assert_true((a > b ? a - b : b - a) >= sizeof one->slots + JK_CACHE_LINE);
        }
}

static void freeing_nothing_is_fine(void **state) {
    (void)state;
    jk_published_free(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(pins_the_published_object_with_its_generation, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(keeps_a_retired_object_while_it_is_pinned, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(collects_between_two_swaps, set_up, tear_down),
        cmocka_unit_test_setup_teardown(refuses_one_pin_too_many, set_up, tear_down),
        cmocka_unit_test_setup_teardown(holds_as_many_retired_objects_as_there_are_pins, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(reuses_the_record_of_a_thread_that_ended, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(an_ended_thread_pins_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            a_forked_child_forgets_the_pins_of_threads_it_does_not_have, set_up, tear_down),
        cmocka_unit_test(the_slots_of_two_threads_share_no_line),
        cmocka_unit_test(freeing_nothing_is_fine),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
