/* SPDX-License-Identifier: Apache-2.0
 *
 * The snapshot file on a disk that is full, slow to fail, or not willing: what was there stays
 * whole, nothing is left behind, and the failure is told. The system calls that the library
 * makes for it are defined here, so that each of them can be made to fail. */
#include "remote/snapshot.h"
#include "support/script.h"
#include <dlfcn.h>
#include <errno.h>
#include <jwkeep/jwkeep.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define ORIGIN "https://issuer.test/jwks"

/* What the next calls do. */
static struct faults {
    bool is_disk_full;   /* write: a part of it, then ENOSPC */
    bool is_interrupted; /* write: EINTR once, and one byte at a time */
    bool is_sync_failing;
    bool is_rename_failing;
    size_t writes, syncs, renames;
    bool was_synced_first; /* the last rename came after a sync */
} faults;

ssize_t write(int descriptor, const void *bytes, size_t size) {
    static ssize_t (*real)(int, const void *, size_t);
    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "write");
    faults.writes++;
    if (faults.is_disk_full && faults.writes > 1) {
        errno = ENOSPC;
        return -1;
    }
    if (faults.is_interrupted && faults.writes == 1) {
        errno = EINTR;
        return -1;
    }
    bool is_piecemeal = faults.is_disk_full || faults.is_interrupted;
    return real(descriptor, bytes, is_piecemeal && size > 7 ? 7 : size);
}

int fsync(int descriptor) {
    (void)descriptor;
    faults.syncs++;
    errno = EIO;
    return faults.is_sync_failing ? -1 : 0;
}

int rename(const char *from, const char *to) {
    static int (*real)(const char *, const char *);
    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "rename");
    faults.renames++;
    faults.was_synced_first = faults.syncs > 0;
    errno = EXDEV;
    return faults.is_rename_failing ? -1 : real(from, to);
}

static struct fixture {
    char folder[64];
    char file[128];
    jwkeep_limits limits;
    jk_snapshot_place place;
    jwkeep_keyset *a, *b;
    jwkeep_error error;
} fixture;

static jwkeep_keyset *set_of(const char *letters) {
    jwkeep_keyset *set = NULL;
    if (jwkeep_keyset_parse(jwkeep_span_text(script_keys(letters)), NULL, &set, NULL, NULL))
        return NULL;
    return set;
}

static int set_up(void **state) {
    (void)state;
    struct fixture *f = &fixture;
    memset(f, 0, sizeof *f);
    memset(&faults, 0, sizeof faults);
    snprintf(f->folder, sizeof f->folder, "/tmp/jwkeep-faults-XXXXXX");
    if (!mkdtemp(f->folder))
        return -1;
    snprintf(f->file, sizeof f->file, "%.60s/keys.json", f->folder);
    jwkeep_limits_init(&f->limits);
    f->place = (jk_snapshot_place){f->file, ORIGIN, &f->limits};
    f->a = set_of("a");
    f->b = set_of("bc");
    return f->a && f->b ? 0 : -1;
}

/* Nothing but the file may be in the folder. */
static int tear_down(void **state) {
    (void)state;
    struct fixture *f = &fixture;
    jwkeep_keyset_unref(f->a);
    jwkeep_keyset_unref(f->b);
    unlink(f->file);
    return rmdir(f->folder);
}

static jwkeep_code keep(jwkeep_keyset *set) {
    struct fixture *f = &fixture;
    const jk_snapshot snapshot = {.set = set, .fetched_at_ms = 5, .lifetime_ms = 7};
    f->error = (jwkeep_error){0};
    faults.writes = faults.syncs = faults.renames = 0;
    jwkeep_code code = jk_snapshot_write(&f->place, &snapshot, &f->error);
    assert_int_equal(f->error.code, code);
    return code;
}

/* How many keys the file holds; 0 if it is no snapshot. */
static size_t kept(void) {
    struct fixture *f = &fixture;
    jk_snapshot snapshot = {0};
    jwkeep_code code = jk_snapshot_read(&f->place, &snapshot, &f->error);
    size_t count = code == JWKEEP_OK ? jwkeep_keyset_count(snapshot.set) : 0;
    jwkeep_keyset_unref(snapshot.set);
    return count;
}

static void r23_a_full_disk_leaves_the_old_snapshot(void **state) {
    (void)state;
    assert_int_equal(keep(fixture.a), JWKEEP_OK);
    faults.is_disk_full = true;
    assert_int_equal(keep(fixture.b), JWKEEP_SYSTEM_FAILED);
    assert_string_equal(fixture.error.where, "snapshot_file");
    assert_int_equal(faults.renames, 0);
    assert_int_equal(kept(), 1);
    faults.is_disk_full = false;
    assert_int_equal(keep(fixture.b), JWKEEP_OK);
    assert_int_equal(kept(), 2);
}

static void r23_a_write_in_pieces_is_whole(void **state) {
    (void)state;
    faults.is_interrupted = true;
    assert_int_equal(keep(fixture.b), JWKEEP_OK);
    assert_true(faults.writes > 10);
    assert_int_equal(kept(), 2);
}

static void r23_what_is_not_on_the_disk_takes_no_name(void **state) {
    (void)state;
    assert_int_equal(keep(fixture.a), JWKEEP_OK);
    assert_true(faults.was_synced_first);
    faults.is_sync_failing = true;
    assert_int_equal(keep(fixture.b), JWKEEP_SYSTEM_FAILED);
    assert_int_equal(faults.renames, 0);
    assert_int_equal(kept(), 1);
}

static void r23_what_cannot_take_the_name_is_removed(void **state) {
    (void)state;
    assert_int_equal(keep(fixture.a), JWKEEP_OK);
    faults.is_rename_failing = true;
    assert_int_equal(keep(fixture.b), JWKEEP_SYSTEM_FAILED);
    assert_int_equal(faults.renames, 1);
    assert_int_equal(kept(), 1);
}

static void r23_the_mode_does_not_depend_on_the_mask(void **state) {
    (void)state;
    struct stat facts;
    mode_t before = umask(0777);
    jwkeep_code code = keep(fixture.a);
    umask(before);
    assert_int_equal(code, JWKEEP_OK);
    assert_int_equal(stat(fixture.file, &facts), 0);
    assert_int_equal(facts.st_mode & 07777, 0600);
}

static void r23_a_snapshot_of_another_version_is_refused(void **state) {
    (void)state;
    char text[2048];
    assert_int_equal(keep(fixture.a), JWKEEP_OK);
    FILE *file = fopen(fixture.file, "r+");
    assert_non_null(file);
    size_t size = fread(text, 1, sizeof text - 1, file);
    text[size] = '\0';
    char *version = strstr(text, "\"version\":1");
    assert_non_null(version);
    version[strlen("\"version\":")] = '2';
    rewind(file);
    bool is_written = fwrite(text, 1, size, file) == size;
    assert_true(fclose(file) == 0 && is_written);
    assert_int_equal(kept(), 0);
    assert_int_equal(fixture.error.code, JWKEEP_KEYSET_INVALID);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(r23_a_full_disk_leaves_the_old_snapshot),
        TEST(r23_a_write_in_pieces_is_whole),
        TEST(r23_what_is_not_on_the_disk_takes_no_name),
        TEST(r23_what_cannot_take_the_name_is_removed),
        TEST(r23_the_mode_does_not_depend_on_the_mask),
        TEST(r23_a_snapshot_of_another_version_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
