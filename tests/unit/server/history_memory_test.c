/* SPDX-License-Identifier: Apache-2.0
 *
 * The history without memory: what there is no room for is not told, and all else goes on. */
#include "server/history.h"
#include "support/failing_heap.h"
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static history_issuer seen;

static void add(history *it, const char *issuer, jwkeep_event_kind kind) {
    const jwkeep_event event = {.kind = kind, .count = 1};
    history_add(it, issuer, &event);
}

static void says_that_there_is_no_memory(void **state) {
    (void)state;
    history *it = NULL;
    jwkeep_error error;
    failing_heap_fail_after(0);
    assert_int_equal(history_new(&it, &error), JWKEEP_OUT_OF_MEMORY);
    assert_true(failing_heap_stop());
    assert_int_equal(error.code, JWKEEP_OUT_OF_MEMORY);
    assert_null(it);
}

static void an_issuer_without_room_has_no_history_until_there_is(void **state) {
    (void)state;
    size_t before = failing_heap_count();
    history *it = NULL;
    assert_int_equal(history_new(&it, NULL), JWKEEP_OK);
    add(it, "a", JWKEEP_EVENT_REFRESHED);
    failing_heap_exhaust(true);
    add(it, "b", JWKEEP_EVENT_KID_REUSED);
    add(it, "a", JWKEEP_EVENT_FAILED);
    bool is_told = history_read(it, "b", &seen);
    int64_t reused_ms = history_kid_reused_ms(it, "b");
    failing_heap_exhaust(false);
    assert_false(is_told);
    assert_int_equal(reused_ms, 0);
    assert_true(history_read(it, "a", &seen));
    assert_int_equal(seen.event_count, 2);
    assert_int_equal(seen.counts[JWKEEP_EVENT_FAILED], 1);
    add(it, "b", JWKEEP_EVENT_STALE);
    assert_true(history_read(it, "b", &seen));
    assert_int_equal(seen.event_count, 1);
    assert_int_equal(seen.events[0].kind, JWKEEP_EVENT_STALE);
    history_free(it);
    assert_int_equal(failing_heap_count(), before);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(says_that_there_is_no_memory),
        cmocka_unit_test(an_issuer_without_room_has_no_history_until_there_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
