/* SPDX-License-Identifier: Apache-2.0
 *
 * Readers against a publisher that never rests: every object a reader sees is alive and whole,
 * generations never go back, and no more objects are retired than can be pinned. */
#include "sync/published.h"
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define READERS 6
#define SWAPS 20000
#define ALIVE 0x5eedu

/* Plain members: a read after free or before publication is a race the sanitizers see. */
typedef struct object {
    unsigned mark;
    uint64_t generation;
} object;

static _Atomic size_t objects_alive;

static object *make_object(uint64_t generation) {
    object *made = malloc(sizeof *made);
    if (!made)
        abort();
    *made = (object){ALIVE, generation};
    atomic_fetch_add(&objects_alive, 1);
    return made;
}

static void release(void *released) {
    ((object *)released)->mark = 0;
    free(released);
    atomic_fetch_sub(&objects_alive, 1);
}

typedef struct race {
    jk_published *cell;
    _Atomic bool is_over;
    atomic_size_t begun; /* readers that run */
} race;

typedef struct reader {
    race *shared;
    size_t reads;
    size_t faults;
} reader;

static bool look_once(reader *me, uint64_t *last) {
    jk_pin outer;
    jk_pin inner;
    if (jk_published_pin(me->shared->cell, &outer) != JWKEEP_OK)
        return false;
    if (jk_published_pin(me->shared->cell, &inner) != JWKEEP_OK) {
        jk_published_unpin(&outer);
        return false;
    }
    const object *seen = outer.object;
    bool is_right = seen->mark == ALIVE && seen->generation == outer.generation &&
                    outer.generation >= *last && inner.generation >= outer.generation;
    uint64_t named = jk_published_generation(me->shared->cell);
    is_right = is_right && named >= inner.generation && seen->mark == ALIVE;
    *last = named;
    jk_published_unpin(&outer);
    jk_published_unpin(&inner);
    return is_right;
}

static void *read_on(void *argument) {
    reader *me = argument;
    uint64_t last = 0;
    atomic_fetch_add(&me->shared->begun, 1);
    while (!atomic_load(&me->shared->is_over) || me->reads == 0) {
        me->reads++;
        if (!look_once(me, &last))
            me->faults++;
    }
    return NULL;
}

static void readers_see_only_live_objects_in_order(void **state) {
    (void)state;
    race shared = {.is_over = false};
    assert_int_equal(jk_published_new(make_object(1), release, &shared.cell, NULL), JWKEEP_OK);
    pthread_t threads[READERS];
    reader readers[READERS] = {{0}};
    size_t started = 0;
    for (; started < READERS; started++) {
        readers[started].shared = &shared;
        if (pthread_create(&threads[started], NULL, read_on, &readers[started]) != 0)
            break;
    }
    while (atomic_load(&shared.begun) < started)
        sched_yield();
    size_t faults = 0;
    size_t most_retired = 0;
    for (uint64_t i = 2; i < SWAPS; i++) {
        uint64_t generation = 0;
        if (jk_published_swap(shared.cell, make_object(i), &generation, NULL) != JWKEEP_OK ||
            generation != i)
            faults++;
        size_t retired = jk_published_retired(shared.cell);
        most_retired = retired > most_retired ? retired : most_retired;
    }
    atomic_store(&shared.is_over, true);
    size_t reads = 0;
    for (size_t i = 0; i < started; i++) {
        pthread_join(threads[i], NULL);
        faults += readers[i].faults;
        reads += readers[i].reads;
    }
    size_t left = jk_published_collect(shared.cell);
    size_t alive_at_end = atomic_load(&objects_alive);
    jk_published_free(shared.cell);
    assert_int_equal(started, READERS);
    assert_int_equal(faults, 0);
    assert_true(reads > 0);
    assert_in_range(most_retired, 0, 2 * READERS);
    assert_int_equal(left, 0);
    assert_int_equal(alive_at_end, 1);
    assert_int_equal(atomic_load(&objects_alive), 0);
}

static void *come_and_go(void *argument) {
    reader *me = argument;
    uint64_t last = 0;
    me->reads++;
    if (!look_once(me, &last))
        me->faults++;
    return NULL;
}

/* Records change hands while the publisher walks them. */
static void threads_may_come_and_go(void **state) {
    (void)state;
    race shared = {.is_over = false};
    assert_int_equal(jk_published_new(make_object(1), release, &shared.cell, NULL), JWKEEP_OK);
    size_t faults = 0;
    uint64_t generation = 1;
    for (size_t round = 0; round < 200; round++) {
        pthread_t threads[READERS];
        reader readers[READERS] = {{0}};
        size_t started = 0;
        for (; started < READERS; started++) {
            readers[started].shared = &shared;
            if (pthread_create(&threads[started], NULL, come_and_go, &readers[started]) != 0)
                break;
        }
        faults += started != READERS;
        for (size_t i = 0; i < 20; i++, generation++)
            if (jk_published_swap(shared.cell, make_object(generation + 1), NULL, NULL))
                faults++;
        for (size_t i = 0; i < started; i++) {
            pthread_join(threads[i], NULL);
            faults += readers[i].faults;
        }
    }
    jk_published_free(shared.cell);
    assert_int_equal(faults, 0);
    assert_int_equal(atomic_load(&objects_alive), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(readers_see_only_live_objects_in_order),
        cmocka_unit_test(threads_may_come_and_go),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
