/* SPDX-License-Identifier: Apache-2.0
 *
 * One replay memory, many threads that take the same identifiers at once: each identifier is
 * new to exactly one of them. */
#include <jwkeep/replay.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>

#include <cmocka.h>

#define THREADS 8
#define IDS 2000
#define WINDOW_S 10

typedef struct work {
    jwkeep_replay *replay;
    atomic_uint taken;
    atomic_uint wrong;
} work;

/* The clock moves on so that generations change meanwhile, never by a whole window. */
static void *take_all(void *argument) {
    work *shared = argument;
    for (unsigned i = 0; i < IDS; i++) {
        char id[16];
        int size = snprintf(id, sizeof id, "%u", i);
        jwkeep_code code = jwkeep_replay_take(shared->replay, jwkeep_span_of(id, (size_t)size),
                                              i * INT64_C(5), NULL);
        if (code == JWKEEP_OK)
            atomic_fetch_add(&shared->taken, 1);
        else if (code != JWKEEP_REPLAYED)
            atomic_fetch_add(&shared->wrong, 1);
    }
    return NULL;
}

static void each_identifier_is_new_to_one_thread(void **state) {
    (void)state;
    work shared = {.replay = NULL};
    pthread_t threads[THREADS];
    size_t started = 0;
    assert_int_equal(jwkeep_replay_new(IDS, WINDOW_S, &shared.replay, NULL), JWKEEP_OK);
    while (started < THREADS && pthread_create(&threads[started], NULL, take_all, &shared) == 0)
        started++;
    for (size_t i = 0; i < started; i++)
        (void)pthread_join(threads[i], NULL);
    jwkeep_replay_free(shared.replay);
    assert_int_equal(started, THREADS);
    assert_int_equal(atomic_load(&shared.wrong), 0);
    assert_int_equal(atomic_load(&shared.taken), IDS);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_identifier_is_new_to_one_thread),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
