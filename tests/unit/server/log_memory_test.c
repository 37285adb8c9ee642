/* SPDX-License-Identifier: Apache-2.0
 *
 * The log without memory: no line is lost without being counted. */
#include "server/log.h"
#include "support/failing_heap.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static char output[65536];

static void says_that_there_is_no_memory(void **state) {
    (void)state;
    size_t before = failing_heap_count();
    event_log *log = NULL;
    jwkeep_error error;
    failing_heap_fail_after(0);
    assert_int_equal(event_log_new(LOG_FORMAT_JSON, LOG_LEVEL_INFO, 1, &log, &error),
                     JWKEEP_OUT_OF_MEMORY);
    assert_true(failing_heap_stop());
    assert_int_equal(error.code, JWKEEP_OUT_OF_MEMORY);
    assert_null(log);
    assert_int_equal(failing_heap_count(), before);
}

static void counts_the_lines_that_there_was_no_room_for(void **state) {
    (void)state;
    size_t before = failing_heap_count();
    FILE *file = tmpfile();
    event_log *log = NULL;
    assert_non_null(file);
    assert_int_equal(event_log_new(LOG_FORMAT_LOGFMT, LOG_LEVEL_INFO, fileno(file), &log, NULL),
                     JWKEEP_OK);
    failing_heap_exhaust(true);
    for (int i = 0; i < 3; i++)
        EVENT(log, LOG_KEYS_STALE, "m", LOG_TEXT("issuer", "i"));
    event_log_flush(log);
    failing_heap_exhaust(false);
    event_log_free(log);
    rewind(file);
    output[fread(output, 1, sizeof output - 1, file)] = '\0';
    fclose(file);
    assert_non_null(strstr(output, "event=keys_stale suppressed=3 "));
    assert_null(strstr(output, "issuer=i"));
    assert_int_equal(failing_heap_count(), before);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(says_that_there_is_no_memory),
        cmocka_unit_test(counts_the_lines_that_there_was_no_room_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
