/* SPDX-License-Identifier: Apache-2.0
 *
 * What a reader may meet in a shard that another thread is changing. */
#include "base/allocator.h"
#include "verify/cache_shard.h"
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#define TAG UINT64_C(0x1234567800000000)
#define TOKEN JWKEEP_SPAN("head.payload.signature")

/* What a reader does next is to announce an entry, in a page that it may not write to: so the
 * moment after it has seen the place and before it looks again is ours. */
static struct {
    jk_cache_shard shard;
    void *page;
    size_t page_size;
    jk_hazard *hazard; /* in it */
    void (*meanwhile)(void);
} reader;

static void on_fault(int signal) {
    (void)signal;
    if (mprotect(reader.page, reader.page_size, PROT_READ | PROT_WRITE) != 0)
        abort();
    reader.meanwhile();
}

#define ENTRY_BYTES (sizeof(jk_cached_token) + TOKEN.size)

static jk_cached_token *fill_entry(jk_cached_token *entry) {
    jwkeep_span token = TOKEN;
    assert_non_null(entry);
    memset(entry, 0, sizeof *entry);
    entry->tag = TAG;
    entry->size = (uint32_t)ENTRY_BYTES;
    entry->token_size = (uint16_t)token.size;
    memcpy((uint8_t *)entry + sizeof *entry, token.data, token.size);
    return entry;
}

static jk_cached_token *new_entry(void) {
    return fill_entry(jk_alloc(ENTRY_BYTES));
}

static void take_it_out(void) {
    jk_cache_shard_empty(&reader.shard, true);
}

static void put_another_in_its_place(void) {
    jk_cached_token *entry = new_entry();
    entry->issuer = 2;
    jk_cache_shard_put(&reader.shard, entry);
}

static int set_up(void **state) {
    (void)state;
    reader.page_size = (size_t)sysconf(_SC_PAGESIZE);
    reader.page = mmap(NULL, reader.page_size, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    reader.hazard = reader.page;
    memset(&reader.shard, 0, sizeof reader.shard);
    if (reader.page == MAP_FAILED || !jk_cache_shard_init(&reader.shard, 8, 65536))
        return -1;
    jk_cache_shard_put(&reader.shard, new_entry());
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    jk_cache_shard_done(&reader.shard, true);
    return munmap(reader.page, reader.page_size);
}

static jk_cached_token *find_while(void (*meanwhile)(void)) {
    const struct sigaction action = {.sa_handler = on_fault};
    struct sigaction before;
    reader.meanwhile = meanwhile;
    assert_int_equal(sigaction(SIGSEGV, &action, &before), 0);
    jk_cached_token *entry = jk_cache_shard_find(&reader.shard, TAG, TOKEN, 0, reader.hazard);
    assert_int_equal(sigaction(SIGSEGV, &before, NULL), 0);
    return entry;
}

/* Nobody had it announced then: it is freed. */
static void what_went_before_it_was_announced_is_no_find(void **state) {
    (void)state;
#ifdef __SANITIZE_THREAD__ /* which stores by itself, under locks of its own */
    skip();
#endif
    assert_null(find_while(take_it_out));
    assert_null(atomic_load(reader.hazard));
}

static void what_was_replaced_before_it_was_announced_is_found_as_it_is_now(void **state) {
    (void)state;
#ifdef __SANITIZE_THREAD__ /* which stores by itself, under locks of its own */
    skip();
#endif
    const jk_cached_token *entry = find_while(put_another_in_its_place);
    assert_non_null(entry);
    assert_int_equal(entry->issuer, 2);
    assert_ptr_equal(atomic_load(reader.hazard), entry);
}

/* Of an allocator that aligns for less than any type: a place would take the last bits of this
 * address for the entry's size. It is released at once. */
static _Alignas(max_align_t) uint8_t crooked[2 * sizeof(jk_cached_token)];
static size_t crooked_released;

static void an_entry_at_an_address_that_no_place_can_hold_is_not_kept(void **state) {
    (void)state;
#ifdef __SANITIZE_ADDRESS__ /* with which goes the one for alignment */
    skip();
#endif
    jk_cache_shard_empty(&reader.shard, true);
    jk_cache_shard_put(&reader.shard, fill_entry((void *)(crooked + sizeof(uint64_t))));
    assert_int_equal(crooked_released, 1);
    assert_int_equal(atomic_load(&reader.shard.entries), 0);
    jk_cache_shard_bring(&reader.shard, TAG);
    assert_null(find_while(take_it_out));
}

static void *allocate(void *user, size_t size) {
    (void)user;
    return malloc(size);
}

static void *reallocate(void *user, void *block, size_t size) {
    (void)user;
    return realloc(block, size);
}

static void release(void *user, void *block) {
    (void)user;
    if (block == crooked + sizeof(uint64_t))
        crooked_released++;
    else
        free(block);
}

/* What a place holds of this tag is what an empty place holds. */
static void an_empty_place_is_no_find_for_any_tag(void **state) {
    (void)state;
    jk_cache_shard shard = {0};
    jk_hazard *hazard;
    assert_true(jk_cache_shard_init(&shard, 8, 65536));
    assert_int_equal(jk_hazard_find(&hazard), JWKEEP_OK);
    jk_cache_shard_expect(&shard, 0);
    jk_cache_shard_bring(&shard, 0);
    assert_null(jk_cache_shard_find(&shard, 0, JWKEEP_SPAN("a.b.c"), 0, hazard));
    assert_null(atomic_load(hazard));
    jk_cache_shard_done(&shard, true);
}

int main(void) {
    const jwkeep_allocator allocator = {allocate, reallocate, release, NULL};
    if (jwkeep_allocator_set(&allocator, NULL) != JWKEEP_OK)
        return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_place_is_no_find_for_any_tag),
        cmocka_unit_test_setup_teardown(
            an_entry_at_an_address_that_no_place_can_hold_is_not_kept, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_went_before_it_was_announced_is_no_find, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(
            what_was_replaced_before_it_was_announced_is_found_as_it_is_now, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
