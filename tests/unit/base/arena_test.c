/* SPDX-License-Identifier: Apache-2.0
 *
 * The arena: alignment, its bound, and that a warmed-up one does not allocate. */
#include "base/arena.h"
#include "support/watched_memory.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static void gives_pieces_that_are_aligned_and_do_not_overlap(void **state) {
    (void)state;
    jk_arena arena;
    jk_arena_init(&arena, 1u << 20);
    uint8_t *pieces[200];
    bool is_right = true;
    for (size_t i = 0; i < 200; i++) {
        pieces[i] = i % 3 ? jk_arena_alloc(&arena, i) : jk_arena_bytes(&arena, i);
        is_right = is_right && pieces[i];
        if (i % 3 && i > 0)
            is_right = is_right && (uintptr_t)pieces[i] % _Alignof(max_align_t) == 0;
        if (is_right)
            memset(pieces[i], (int)i, i);
    }
    for (size_t i = 0; i < 200 && is_right; i++)
        for (size_t j = 0; j < i; j++)
            is_right = is_right && pieces[i][j] == (uint8_t)i;
    jk_arena_done(&arena);
    assert_true(is_right);
}

static void refuses_to_grow_past_its_bound(void **state) {
    (void)state;
    jk_arena arena;
    jk_arena_init(&arena, 3000);
    uint8_t *fits = jk_arena_bytes(&arena, 3000);
    uint8_t *over = jk_arena_bytes(&arena, 1);
    size_t used = arena.used;
    jk_arena_done(&arena);
    assert_non_null(fits);
    assert_null(over);
    assert_int_equal(used, 3000);
    jk_arena_init(&arena, 3000);
    uint8_t *larger = jk_arena_bytes(&arena, 3001);
    jk_arena_done(&arena);
    assert_null(larger);
}

static void refuses_a_size_that_overflows(void **state) {
    (void)state;
    jk_arena arena;
    jk_arena_init(&arena, SIZE_MAX);
    volatile size_t size = SIZE_MAX;
    uint8_t *piece = jk_arena_bytes(&arena, size);
    jk_arena_done(&arena);
    assert_null(piece);
}

static void does_not_allocate_once_it_is_warm(void **state) {
    (void)state;
    jk_arena arena;
    jk_arena_init(&arena, 1u << 20);
    bool is_right = true;
    size_t warm = 0;
    for (int round = 0; round < 10; round++) {
        if (round == 3)
            warm = watched_memory_seen()->allocations;
        for (int i = 0; i < 100; i++)
            is_right = is_right && jk_arena_alloc(&arena, 100);
        jk_arena_reset(&arena);
    }
    size_t after = watched_memory_seen()->allocations;
    jk_arena_done(&arena);
    assert_true(is_right);
    assert_int_equal(after, warm);
}

static void takes_back_the_end_of_the_last_piece(void **state) {
    (void)state;
    jk_arena arena;
    jk_arena_init(&arena, 4096);
    uint8_t *first = jk_arena_bytes(&arena, 100);
    jk_arena_shrink(&arena, first, 10);
    uint8_t *second = jk_arena_bytes(&arena, 5);
    jk_arena_done(&arena);
    assert_ptr_equal(second, first + 10);
}

static void wipes_every_block_it_frees(void **state) {
    (void)state;
    watched_memory_seen()->dirty_releases = 0;
    jk_arena arena;
    jk_arena_init(&arena, 1u << 20);
    bool is_right = true;
    for (int i = 0; i < 100 && is_right; i++) {
        uint8_t *piece = jk_arena_bytes(&arena, 1000);
        is_right = piece != NULL;
        if (piece)
            memset(piece, 0x5a, 1000);
        if (i == 50)
            jk_arena_reset(&arena);
    }
    jk_arena_done(&arena);
    assert_true(is_right);
    assert_int_equal(watched_memory_seen()->dirty_releases, 0);
}

static void tells_when_memory_is_out(void **state) {
    (void)state;
    jk_arena arena;
    jk_arena_init(&arena, 4096);
    watched_memory_seen()->is_exhausted = true;
    uint8_t *piece = jk_arena_bytes(&arena, 1);
    watched_memory_seen()->is_exhausted = false;
    jk_arena_done(&arena);
    assert_null(piece);
}

static void done_and_reset_accept_an_unused_arena(void **state) {
    (void)state;
    jk_arena arena;
    jk_arena_init(&arena, 10);
    jk_arena_reset(&arena);
    jk_arena_done(&arena);
    jk_arena_done(&arena);
    jk_arena_done(NULL);
    assert_null(arena.blocks);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_pieces_that_are_aligned_and_do_not_overlap),
        cmocka_unit_test(refuses_to_grow_past_its_bound),
        cmocka_unit_test(refuses_a_size_that_overflows),
        cmocka_unit_test(does_not_allocate_once_it_is_warm),
        cmocka_unit_test(takes_back_the_end_of_the_last_piece),
        cmocka_unit_test(wipes_every_block_it_frees),
        cmocka_unit_test(tells_when_memory_is_out),
        cmocka_unit_test(done_and_reset_accept_an_unused_arena),
    };
    return cmocka_run_group_tests(tests, watched_memory_install, NULL);
}
