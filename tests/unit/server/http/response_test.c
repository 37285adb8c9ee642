/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the tests of the response writer: its form, its bounds, and that no value can leave
 * its line. */
#include "server/http/response.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

typedef struct fixture {
    http_response response;
    jwkeep_buffer output;
} fixture;

static int set_up(void **state) {
    fixture *it = calloc(1, sizeof *it);
    http_response_init(&it->response, 4096);
    jwkeep_buffer_init(&it->output, 16384);
    *state = it;
    return 0;
}

static int tear_down(void **state) {
    fixture *it = *state;
    http_response_done(&it->response);
    jwkeep_buffer_done(&it->output);
    free(it);
    return 0;
}

static void assert_written(fixture *it, http_response_form form, const char *expected) {
    assert_int_equal(http_response_write(&it->response, form, &it->output), JWKEEP_OK);
    assert_int_equal(it->output.size, strlen(expected));
    assert_memory_equal(it->output.data, expected, it->output.size);
}

static void writes_fields_and_an_exact_length(void **state) {
    fixture *it = *state;
    http_response_text(&it->response, 404, "nothing here");
    assert_true(http_response_try_field(&it->response, "X-A", JWKEEP_SPAN("b c")));
    assert_true(http_response_try_field(&it->response, "X-B", JWKEEP_SPAN("")));
    assert_written(it, (http_response_form){0},
                   "HTTP/1.1 404 Not Found\r\nContent-Type: text/plain; charset=utf-8\r\n"
                   "X-A: b c\r\nX-B: \r\nContent-Length: 13\r\n\r\nnothing here\n");
}

static void json_ends_with_a_newline(void **state) {
    fixture *it = *state;
    jwkeep_json_writer writer;
    http_response_start(&it->response, 200);
    jwkeep_json_writer_init(&writer, &it->response.body);
    jwkeep_json_write_boolean(&writer, true);
    http_response_json(&it->response, &writer);
    assert_written(it, (http_response_form){0},
                   "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                   "Content-Length: 5\r\n\r\ntrue\n");
}

static void unfinished_json_is_not_sent(void **state) {
    fixture *it = *state;
    jwkeep_json_writer writer;
    http_response_start(&it->response, 200);
    jwkeep_json_writer_init(&writer, &it->response.body);
    jwkeep_json_write_object(&writer);
    http_response_json(&it->response, &writer);
    assert_int_equal(it->response.status, 500);
    assert_memory_equal(it->response.body.data, "the answer", 10);
}

static void an_empty_answer_says_so(void **state) {
    fixture *it = *state;
    http_response_start(&it->response, 200);
    assert_written(it, (http_response_form){.is_closing = true},
                   "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
}

static void head_counts_the_body_and_leaves_it_out(void **state) {
    fixture *it = *state;
    http_response_text(&it->response, 200, "ok");
    assert_written(it, (http_response_form){.is_head = true},
                   "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\n"
                   "Content-Length: 3\r\n\r\n");
}

static void not_modified_has_no_length(void **state) {
    fixture *it = *state;
    http_response_start(&it->response, 304);
    http_response_field(&it->response, "ETag", "\"a\"");
    assert_written(it, (http_response_form){0},
                   "HTTP/1.1 304 Not Modified\r\nETag: \"a\"\r\n\r\n");
}

static void refuses_values_that_break_out(void **state) {
    fixture *it = *state;
    const jwkeep_span bad[] = {JWKEEP_SPAN("a\r\nX: b"), JWKEEP_SPAN("a\nb"),
                               JWKEEP_SPAN("a\rb"),      JWKEEP_SPAN("a\0b"),
                               JWKEEP_SPAN("a "),        JWKEEP_SPAN("\ta"),
                               JWKEEP_SPAN("a\x7f"),     JWKEEP_SPAN("\xc3\xa9")};
    http_response_start(&it->response, 200);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(http_response_try_field(&it->response, "X-A", bad[i]));
    assert_written(it, (http_response_form){0}, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
}

static void fields_over_the_bound_become_a_500(void **state) {
    fixture *it = *state;
    char text[HTTP_MAX_RESPONSE_FIELD_BYTES];
    memset(text, 'a', sizeof text);
    http_response_start(&it->response, 200);
    assert_true(
        http_response_try_field(&it->response, "X", jwkeep_span_of(text, sizeof text - 5)));
    assert_false(http_response_try_field(&it->response, "X", JWKEEP_SPAN("")));
    assert_written(it, (http_response_form){0},
                   "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n");
}

static void a_full_output_is_left_as_it_was(void **state) {
    fixture *it = *state;
    char storage[40];
    jwkeep_buffer small;
    jwkeep_buffer_init_fixed(&small, storage, sizeof storage);
    assert_int_equal(jwkeep_buffer_append_text(&small, "before"), JWKEEP_OK);
    http_response_start(&it->response, 200);
    assert_int_equal(http_response_write(&it->response, (http_response_form){0}, &small),
                     JWKEEP_MISUSE_TOO_SMALL);
    assert_int_equal(small.size, 6);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(writes_fields_and_an_exact_length, set_up, tear_down),
        cmocka_unit_test_setup_teardown(json_ends_with_a_newline, set_up, tear_down),
        cmocka_unit_test_setup_teardown(unfinished_json_is_not_sent, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_empty_answer_says_so, set_up, tear_down),
        cmocka_unit_test_setup_teardown(head_counts_the_body_and_leaves_it_out, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(not_modified_has_no_length, set_up, tear_down),
        cmocka_unit_test_setup_teardown(refuses_values_that_break_out, set_up, tear_down),
        cmocka_unit_test_setup_teardown(fields_over_the_bound_become_a_500, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_full_output_is_left_as_it_was, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
