/* SPDX-License-Identifier: Apache-2.0
 *
 * The bounded writer: bounds, all or nothing, and what it wipes. */
#include "support/watched_memory.h"
#include <jwkeep/buffer.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static void appends_up_to_its_bound_and_not_past_it(void **state) {
    (void)state;
    jwkeep_buffer buffer;
    jwkeep_buffer_init(&buffer, 5);
    jwkeep_code fits = jwkeep_buffer_append(&buffer, JWKEEP_SPAN("abc"));
    jwkeep_code over = jwkeep_buffer_append(&buffer, JWKEEP_SPAN("def"));
    size_t size_after_failure = buffer.size;
    jwkeep_code exact = jwkeep_buffer_append_text(&buffer, "de");
    jwkeep_code nothing = jwkeep_buffer_append(&buffer, JWKEEP_SPAN_NONE);
    bool is_right = jwkeep_span_equals(jwkeep_buffer_span(&buffer), JWKEEP_SPAN("abcde"));
    jwkeep_buffer_done(&buffer);
    assert_int_equal(fits, JWKEEP_OK);
    assert_int_equal(over, JWKEEP_MISUSE_TOO_SMALL);
    assert_int_equal(size_after_failure, 3);
    assert_int_equal(exact, JWKEEP_OK);
    assert_int_equal(nothing, JWKEEP_OK);
    assert_true(is_right);
}

static void keeps_its_contents_while_it_grows(void **state) {
    (void)state;
    jwkeep_buffer buffer;
    jwkeep_buffer_init(&buffer, 100000);
    jwkeep_code code = JWKEEP_OK;
    for (unsigned i = 0; i < 50000 && !code; i++) {
        uint8_t pair[2] = {(uint8_t)i, (uint8_t)(i >> 8)};
        code = jwkeep_buffer_append(&buffer, jwkeep_span_of(pair, 2));
    }
    bool is_right = buffer.size == 100000;
    for (unsigned i = 0; i < 50000 && is_right; i++)
        is_right =
            buffer.data[2 * i] == (uint8_t)i && buffer.data[2 * i + 1] == (uint8_t)(i >> 8);
    jwkeep_buffer_done(&buffer);
    assert_int_equal(code, JWKEEP_OK);
    assert_true(is_right);
}

static void wipes_what_it_moves_out_of_and_what_it_frees(void **state) {
    (void)state;
    watched_memory_seen()->dirty_releases = 0;
    jwkeep_buffer buffer;
    jwkeep_buffer_init(&buffer, 100000);
    jwkeep_code code = JWKEEP_OK;
    for (int i = 0; i < 1000 && !code; i++)
        code = jwkeep_buffer_append_text(&buffer, "secret");
    jwkeep_buffer_done(&buffer);
    assert_int_equal(code, JWKEEP_OK);
    assert_int_equal(watched_memory_seen()->dirty_releases, 0);
}

static void clear_wipes_and_keeps_the_memory(void **state) {
    (void)state;
    uint8_t storage[8] = {0};
    jwkeep_buffer buffer;
    jwkeep_buffer_init_fixed(&buffer, storage, sizeof storage);
    assert_int_equal(jwkeep_buffer_append_text(&buffer, "secret"), JWKEEP_OK);
    jwkeep_buffer_clear(&buffer);
    assert_int_equal(buffer.size, 0);
    static const uint8_t zero[8] = {0};
    assert_memory_equal(storage, zero, sizeof zero);
    assert_int_equal(jwkeep_buffer_append_text(&buffer, "12345678"), JWKEEP_OK);
    assert_int_equal(jwkeep_buffer_append_text(&buffer, "9"), JWKEEP_MISUSE_TOO_SMALL);
    jwkeep_buffer_done(&buffer);
    assert_memory_equal(storage, zero, sizeof zero);
}

static void extends_by_bytes_to_be_written(void **state) {
    (void)state;
    uint8_t storage[4];
    jwkeep_buffer buffer;
    jwkeep_buffer_init_fixed(&buffer, storage, sizeof storage);
    uint8_t *room = jwkeep_buffer_extend(&buffer, 3);
    assert_ptr_equal(room, storage);
    assert_null(jwkeep_buffer_extend(&buffer, 2));
    assert_int_equal(buffer.size, 3);
    assert_ptr_equal(jwkeep_buffer_extend(&buffer, 1), storage + 3);
    jwkeep_buffer_done(&buffer);
}

static void refuses_sizes_that_overflow(void **state) {
    (void)state;
    jwkeep_buffer buffer;
    jwkeep_buffer_init(&buffer, SIZE_MAX);
    jwkeep_code code = jwkeep_buffer_append_text(&buffer, "x");
    uint8_t *room = jwkeep_buffer_extend(&buffer, SIZE_MAX);
    jwkeep_buffer_done(&buffer);
    assert_int_equal(code, JWKEEP_OK);
    assert_null(room);
}

static void tells_when_memory_is_out(void **state) {
    (void)state;
    jwkeep_buffer buffer;
    jwkeep_buffer_init(&buffer, 100);
    watched_memory_seen()->is_exhausted = true;
    jwkeep_code code = jwkeep_buffer_append_text(&buffer, "x");
    watched_memory_seen()->is_exhausted = false;
    assert_int_equal(code, JWKEEP_OUT_OF_MEMORY);
    assert_int_equal(buffer.size, 0);
    jwkeep_buffer_done(&buffer);
}

static void done_accepts_null_and_zeroed(void **state) {
    (void)state;
    jwkeep_buffer buffer = {0};
    jwkeep_buffer_done(NULL);
    jwkeep_buffer_done(&buffer);
    jwkeep_buffer_done(&buffer);
    assert_null(buffer.data);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(appends_up_to_its_bound_and_not_past_it),
        cmocka_unit_test(keeps_its_contents_while_it_grows),
        cmocka_unit_test(wipes_what_it_moves_out_of_and_what_it_frees),
        cmocka_unit_test(clear_wipes_and_keeps_the_memory),
        cmocka_unit_test(extends_by_bytes_to_be_written),
        cmocka_unit_test(refuses_sizes_that_overflow),
        cmocka_unit_test(tells_when_memory_is_out),
        cmocka_unit_test(done_accepts_null_and_zeroed),
    };
    return cmocka_run_group_tests(tests, watched_memory_install, NULL);
}
