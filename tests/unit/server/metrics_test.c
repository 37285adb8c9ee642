/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the tests of the metrics format. */
#include "server/metrics.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void writes_families_and_samples(void **state) {
    (void)state;
    static const char expected[] = "# HELP a_total What.\n# TYPE a_total counter\n"
                                   "a_total 18446744073709551615\n"
                                   "a_total{x=\"1\",y=\"2\"} 0\n"
                                   "# HELP b How long.\n# TYPE b histogram\n"
                                   "b_sum 0.25\nb_bucket{le=\"+Inf\"} 3\n";
    char storage[512];
    jwkeep_buffer buffer;
    metrics_writer writer;
    jwkeep_buffer_init_fixed(&buffer, storage, sizeof storage);
    metrics_init(&writer, &buffer);
    metrics_family(&writer, "a_total", "counter", "What.");
    metrics_count(&writer, NULL, UINT64_MAX);
    metrics_count(&writer, (const char *const[]){"x", "1", "y", "2", NULL}, 0);
    metrics_family(&writer, "b", "histogram", "How long.");
    metrics_sample(&writer, "_sum", NULL, 0.25);
    metrics_sample(&writer, "_bucket", (const char *const[]){"le", "+Inf", NULL}, 3);
    assert_int_equal(writer.code, JWKEEP_OK);
    assert_int_equal(buffer.size, sizeof expected - 1);
    assert_memory_equal(buffer.data, expected, buffer.size);
}

static void a_label_cannot_leave_its_quotes(void **state) {
    (void)state;
    static const char expected[] = "# HELP a A.\n# TYPE a gauge\na{x=\"\\\"} 1\\n\\\\\"} 1\n";
    char storage[128];
    jwkeep_buffer buffer;
    metrics_writer writer;
    jwkeep_buffer_init_fixed(&buffer, storage, sizeof storage);
    metrics_init(&writer, &buffer);
    metrics_family(&writer, "a", "gauge", "A.");
    metrics_count(&writer, (const char *const[]){"x", "\"} 1\n\\", NULL}, 1);
    assert_int_equal(buffer.size, sizeof expected - 1);
    assert_memory_equal(buffer.data, expected, buffer.size);
}

static void tells_when_there_is_no_room(void **state) {
    (void)state;
    char storage[24];
    jwkeep_buffer buffer;
    metrics_writer writer;
    jwkeep_buffer_init_fixed(&buffer, storage, sizeof storage);
    metrics_init(&writer, &buffer);
    metrics_family(&writer, "a_rather_long_name", "gauge", "A.");
    metrics_count(&writer, NULL, 1);
    assert_int_equal(writer.code, JWKEEP_MISUSE_TOO_SMALL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_families_and_samples),
        cmocka_unit_test(a_label_cannot_leave_its_quotes),
        cmocka_unit_test(tells_when_there_is_no_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
