/* SPDX-License-Identifier: Apache-2.0
 *
 * What a large memory costs while others wait for its lock: pages, counted by the kernel. */
#include <jwkeep/allocator.h>
#include <jwkeep/replay.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#define ENTRIES ((size_t)1 << 16) /* tables of 2 MiB */
#define LARGE_BYTES ((size_t)1 << 20)
#define WINDOW_MS INT64_C(60000)
#define T_MS INT64_C(1700000000000)
#define MAX_TABLES 2

typedef struct table {
    void *at;
    size_t size;
} table;

static table tables[MAX_TABLES];
static size_t table_count;
static bool is_exhausted; /* no more memory from now on */

/* What is large gets pages of its own. */
static void *allocate(void *user, size_t size) {
    (void)user;
    if (is_exhausted)
        return NULL;
    if (size < LARGE_BYTES || table_count == MAX_TABLES)
        return malloc(size);
    void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (at == MAP_FAILED)
        return NULL;
    (void)madvise(at, size, MADV_NOHUGEPAGE);
    tables[table_count++] = (table){at, size};
    return at;
}

static void *reallocate(void *user, void *block, size_t size) {
    (void)user;
    return realloc(block, size);
}

static void release(void *user, void *block) {
    (void)user;
    for (size_t i = 0; i < table_count; i++) {
        if (tables[i].at != block)
            continue;
        munmap(block, tables[i].size);
        tables[i] = tables[--table_count];
        return;
    }
    free(block);
}

static int install(void **state) {
    (void)state;
    static const jwkeep_allocator paging = {allocate, reallocate, release, NULL};
    return jwkeep_allocator_set(&paging, NULL) == JWKEEP_OK ? 0 : -1;
}

/* The kernel takes the pages back, and gives them anew, all zero, when they are touched. */
static void give_back_pages(void) {
    for (size_t i = 0; i < table_count; i++)
        assert_int_equal(madvise(tables[i].at, tables[i].size, MADV_DONTNEED), 0);
}

static size_t count_pages(void) {
    static unsigned char is_there[8192];
    const size_t page_bytes = (size_t)sysconf(_SC_PAGESIZE);
    size_t count = 0;
    for (size_t i = 0; i < table_count; i++) {
        size_t pages = (tables[i].size + page_bytes - 1) / page_bytes;
        assert_true(pages <= sizeof is_there);
        assert_int_equal(mincore(tables[i].at, tables[i].size, is_there), 0);
        for (size_t page = 0; page < pages; page++)
            count += is_there[page] & 1;
    }
    return count;
}

/* Nor does it ask for memory: that was all had at the beginning. */
static void a_turn_of_generations_wipes_nothing(void **state) {
    (void)state;
    jwkeep_replay *replay = NULL;
    assert_int_equal(jwkeep_replay_new(ENTRIES, (uint32_t)(WINDOW_MS / 1000), &replay, NULL),
                     JWKEEP_OK);
    assert_int_equal(table_count, 2);
    give_back_pages();
    assert_int_equal(count_pages(), 0);
    const int64_t times_ms[] = {T_MS, T_MS + WINDOW_MS, T_MS + 4 * WINDOW_MS};
    jwkeep_code codes[3];
    is_exhausted = true;
    for (size_t i = 0; i < 3; i++)
        codes[i] = jwkeep_replay_take(replay, JWKEEP_SPAN("a"), times_ms[i], NULL);
    is_exhausted = false;
    size_t pages = count_pages();
    jwkeep_replay_free(replay);
    assert_int_equal(codes[0], JWKEEP_OK);
    assert_int_equal(codes[1], JWKEEP_REPLAYED);
    assert_int_equal(codes[2], JWKEEP_OK);
    assert_in_range(pages, 1, 4); /* of 1024: where the identifier stands, and its end */
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_turn_of_generations_wipes_nothing)};
    return cmocka_run_group_tests(tests, install, NULL);
}
