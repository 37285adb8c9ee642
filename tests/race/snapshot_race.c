/* SPDX-License-Identifier: Apache-2.0
 *
 * Threads that replace one snapshot file and threads that read it: whoever reads finds one of
 * the sets whole, and nothing is left in the folder but the file. */
#include "remote/snapshot.h"
#include "support/script.h"
#include <jwkeep/jwkeep.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#define WRITERS 2
#define READERS 2
#define ROUNDS 100

static struct fixture {
    char folder[64];
    char file[128];
    jwkeep_limits limits;
    jk_snapshot_place place;
    jwkeep_keyset *sets[WRITERS];
    _Atomic bool is_over;  /* set once, read in loops: no partner */
    _Atomic size_t read;   /* counts only */
    _Atomic size_t failed; /* likewise */
} fixture;

static int set_up(void **state) {
    (void)state;
    struct fixture *f = &fixture;
    static const char *const letters[WRITERS] = {"a", "bcdefgh"};
    memset(f, 0, sizeof *f);
    snprintf(f->folder, sizeof f->folder, "/tmp/jwkeep-race-XXXXXX");
    if (!mkdtemp(f->folder))
        return -1;
    snprintf(f->file, sizeof f->file, "%.60s/keys.json", f->folder);
    jwkeep_limits_init(&f->limits);
    f->place = (jk_snapshot_place){f->file, "https://issuer.test/jwks", &f->limits};
    for (size_t i = 0; i < WRITERS; i++)
        if (jwkeep_keyset_parse(jwkeep_span_text(script_keys(letters[i])), NULL, &f->sets[i],
                                NULL, NULL))
            return -1;
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    struct fixture *f = &fixture;
    for (size_t i = 0; i < WRITERS; i++)
        jwkeep_keyset_unref(f->sets[i]);
    unlink(f->file);
    return rmdir(f->folder);
}

static void *run_writer(void *argument) {
    struct fixture *f = &fixture;
    size_t which = (size_t)(uintptr_t)argument;
    const jk_snapshot snapshot = {
        .set = f->sets[which], .fetched_at_ms = (int64_t)which, .lifetime_ms = 60000};
    for (size_t i = 0; i < ROUNDS; i++)
        f->failed += jk_snapshot_write(&f->place, &snapshot, NULL) != JWKEEP_OK;
    return NULL;
}

static void *run_reader(void *argument) {
    struct fixture *f = argument;
    while (!f->is_over) {
        jk_snapshot snapshot = {0};
        jwkeep_code code = jk_snapshot_read(&f->place, &snapshot, NULL);
        if (code == JWKEEP_NOT_FOUND)
            continue;
        bool is_whole = code == JWKEEP_OK && snapshot.fetched_at_ms < WRITERS &&
                        jwkeep_keyset_count(snapshot.set) ==
                            jwkeep_keyset_count(f->sets[snapshot.fetched_at_ms]);
        f->failed += !is_whole;
        f->read += is_whole;
        jwkeep_keyset_unref(snapshot.set);
    }
    return NULL;
}

static void r23_a_reader_finds_a_whole_snapshot(void **state) {
    (void)state;
    struct fixture *f = &fixture;
    pthread_t writers[WRITERS], readers[READERS];
    for (size_t i = 0; i < READERS; i++)
        assert_int_equal(pthread_create(&readers[i], NULL, run_reader, f), 0);
    for (size_t i = 0; i < WRITERS; i++)
        assert_int_equal(pthread_create(&writers[i], NULL, run_writer, (void *)(uintptr_t)i),
                         0);
    for (size_t i = 0; i < WRITERS; i++)
        pthread_join(writers[i], NULL);
    f->is_over = true;
    for (size_t i = 0; i < READERS; i++)
        pthread_join(readers[i], NULL);
    assert_int_equal(f->failed, 0);
    assert_true(f->read > 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(r23_a_reader_finds_a_whole_snapshot, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
