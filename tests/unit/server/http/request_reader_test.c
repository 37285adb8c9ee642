/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the tests of the request reader: what it gives, what it refuses with which status, and
 * that neither depends on how the bytes were split. */
#include "server/http/characters.h"
#include "server/http/request_reader.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

typedef struct verdict {
    http_read_result result;
    http_reader reader;
} verdict;

static verdict read_in_steps(jwkeep_span bytes, size_t step) {
    verdict got = {.result = HTTP_READ_MORE};
    http_reader_init(&got.reader);
    for (size_t size = 0; got.result == HTTP_READ_MORE && size < bytes.size;) {
        size = bytes.size - size > step ? size + step : bytes.size;
        /* An exact block, so that the sanitizer sees a read past what has come. */
        uint8_t *exact = malloc(size);
        memcpy(exact, bytes.data, size);
        got.result = http_reader_read(&got.reader, jwkeep_span_of(exact, size));
        free(exact);
    }
    return got;
}

static verdict read_in_two(jwkeep_span bytes, size_t first) {
    verdict got;
    http_reader_init(&got.reader);
    got.result = http_reader_read(&got.reader, jwkeep_span_of(bytes.data, first));
    if (got.result == HTTP_READ_MORE)
        got.result = http_reader_read(&got.reader, bytes);
    return got;
}

static bool is_same(const verdict *a, const verdict *b) {
    const http_reader *x = &a->reader;
    const http_reader *y = &b->reader;
    if (a->result != b->result || x->status != y->status || x->reason != y->reason)
        return false;
    if (a->result != HTTP_READ_COMPLETE)
        return true;
    return x->size == y->size && x->body_at == y->body_at && x->body_size == y->body_size &&
           x->field_count == y->field_count && x->version == y->version &&
           x->is_closing == y->is_closing && x->authorization_count == y->authorization_count &&
           memcmp(&x->method, &y->method, sizeof x->method) == 0 &&
           memcmp(&x->path, &y->path, sizeof x->path) == 0 &&
           memcmp(&x->query, &y->query, sizeof x->query) == 0 &&
           memcmp(x->fields, y->fields, x->field_count * sizeof x->fields[0]) == 0;
}

/* The verdict on `bytes`, after making sure that every way of splitting them gives the same. */
static verdict read_every_way(jwkeep_span bytes) {
    verdict whole = read_in_steps(bytes, bytes.size);
    verdict single = read_in_steps(bytes, 1);
    assert_true(is_same(&whole, &single));
    for (size_t at = 0; at < bytes.size; at++) {
        verdict two = read_in_two(bytes, at);
        assert_true(is_same(&whole, &two));
    }
    return whole;
}

static void assert_refused(jwkeep_span bytes, uint16_t status) {
    verdict got = read_every_way(bytes);
    assert_int_equal(got.result, HTTP_READ_REFUSED);
    assert_int_equal(got.reader.status, status);
    assert_non_null(got.reader.reason);
}

#define REFUSED(status, text) assert_refused(JWKEEP_SPAN(text), status)

static verdict assert_accepted(jwkeep_span bytes) {
    verdict got = read_every_way(bytes);
    assert_int_equal(got.result, HTTP_READ_COMPLETE);
    return got;
}

#define ACCEPTED(text) assert_accepted(JWKEEP_SPAN(text))

static void assert_text(jwkeep_span span, const char *text) {
    assert_int_equal(span.size, strlen(text));
    assert_memory_equal(span.data, text, span.size);
}

static void gives_the_parts_of_a_request(void **state) {
    (void)state;
    const char text[] = "POST /verify/a?b=c?d HTTP/1.1\r\nHost: example:8080\r\n"
                        "authorization:\t Bearer x.y.z \t\r\nX-Empty:\r\n"
                        "Content-Length: 3\r\n\r\nabcGET";
    verdict got = assert_accepted(jwkeep_span_text(text));
    http_request request = {&got.reader, (const uint8_t *)text};
    assert_text(http_request_method(&request), "POST");
    assert_true(http_request_is(&request, "POST"));
    assert_false(http_request_is(&request, "post"));
    assert_text(http_request_path(&request), "/verify/a");
    assert_text(http_request_query(&request), "b=c?d");
    assert_text(http_request_body(&request), "abc");
    assert_text(http_request_field(&request, "host"), "example:8080");
    assert_text(http_request_field(&request, "authorization"), "Bearer x.y.z");
    assert_text(http_request_field(&request, "x-empty"), "");
    assert_false(jwkeep_span_is_present(http_request_field(&request, "x-emptyy")));
    assert_int_equal(got.reader.size, sizeof text - 1 - 3);
    assert_int_equal(got.reader.field_count, 4);
    assert_int_equal(got.reader.authorization_count, 1);
    assert_int_equal(got.reader.version, HTTP_VERSION_1_1);
    assert_false(got.reader.is_closing);
}

static void waits_for_the_rest(void **state) {
    (void)state;
    const char text[] = "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nab";
    for (size_t size = 0; size < sizeof text - 1; size++) {
        http_reader reader;
        http_reader_init(&reader);
        assert_int_equal(http_reader_read(&reader, jwkeep_span_of(text, size)), HTTP_READ_MORE);
    }
}

static void refuses_lines_without_crlf(void **state) {
    (void)state;
    REFUSED(400, "GET / HTTP/1.1\nHost: a\r\n\r\n");
    REFUSED(400, "GET / HTTP/1.1\r\nHost: a\n\r\n");
    REFUSED(400, "GET / HTTP/1.1\r\nHost: a\r\n\n");
    REFUSED(400, "\nGET / HTTP/1.1\r\nHost: a\r\n\r\n");
}

static void refuses_bare_cr_and_controls(void **state) {
    (void)state;
    REFUSED(400, "GET / HTTP/1.1\r\nHost: a\r\nX: a\rb\r\n\r\n");
    REFUSED(400, "GET / HTTP/1.1\r\nHost: a\r\nX: a\r\r\n\r\n");
    REFUSED(400, "GET / HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n");
    REFUSED(400, "GET / HTTP/1.1\r\nHost: a\r\n\0\r\n\r\n");
    REFUSED(400, "GET / HTTP/1.1\r\nHost: a\r\nX\0: b\r\n\r\n");
    REFUSED(400, "GET / HTTP/1.1\r\nHost: a\r\nX: a\x7f\r\n\r\n");
    REFUSED(400, "GET / HTTP/1.1\r\nHost: a\r\nX: a\x0b\r\n\r\n");
    REFUSED(400, "GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n");
    REFUSED(400, "GET /\r HTTP/1.1\r\nHost: a\r\n\r\n");
    REFUSED(400, "G\0T / HTTP/1.1\r\nHost: a\r\n\r\n");
}

static void refuses_folded_lines(void **state) {
    (void)state;
    verdict folded =
        read_every_way(JWKEEP_SPAN("GET / HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n"));
    assert_string_equal(folded.reader.reason, "folded field line");
    REFUSED(400, "GET / HTTP/1.1\r\nHost: a\r\nAuthoriz: Bearer forged\r\n ation\r\n\r\n");
    REFUSED(400, "GET / HTTP/1.1\r\nHost: a\r\nX: a\r\n\tb\r\n\r\n");
    REFUSED(400, "GET / HTTP/1.1\r\n Host: a\r\n\r\n");
}

static void refuses_names_that_are_not_tokens(void **state) {
    (void)state;
    REFUSED(400, "GET / HTTP/1.1\r\nHost : a\r\n\r\n");
    REFUSED(400, "GET / HTTP/1.1\r\nHost: a\r\n: b\r\n\r\n");
    REFUSED(400, "GET / HTTP/1.1\r\nHost: a\r\nX Y: b\r\n\r\n");
    REFUSED(400, "GET / HTTP/1.1\r\nHost: a\r\nX(Y): b\r\n\r\n");
    REFUSED(400, "GET / HTTP/1.1\r\nHost: a\r\nX\xc3\xa9: b\r\n\r\n");
    REFUSED(400, "GET / HTTP/1.1\r\nHost: a\r\nnocolon\r\n\r\n");
}

static void refuses_malformed_request_lines(void **state) {
    (void)state;
    REFUSED(400, "GET /\r\n\r\n");
    REFUSED(400, "GET\r\n\r\n");
    REFUSED(400, "GET / HTTP/1.1 \r\nHost: a\r\n\r\n");
    REFUSED(400, "GET  / HTTP/1.1\r\nHost: a\r\n\r\n");
    REFUSED(400, "GET /  HTTP/1.1\r\nHost: a\r\n\r\n");
    REFUSED(400, " GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    REFUSED(400, "GET / a HTTP/1.1\r\nHost: a\r\n\r\n");
    REFUSED(400, "GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n");
    REFUSED(400, "G@T / HTTP/1.1\r\nHost: a\r\n\r\n");
    REFUSED(400, "GET / http/1.1\r\nHost: a\r\n\r\n");
    REFUSED(400, "GET / HTTP/1.\r\nHost: a\r\n\r\n");
    REFUSED(400, "GET / HTTP/1.10\r\nHost: a\r\n\r\n");
    REFUSED(400, "GET / HTTP/A.1\r\nHost: a\r\n\r\n");
    REFUSED(400, "GET / HTTP/1.x\r\nHost: a\r\n\r\n");
    REFUSED(400, "GET / HTTP/1,1\r\nHost: a\r\n\r\n");
    REFUSED(400, "ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFG / HTTP/1.1\r\nHost: a\r\n\r\n");
}

static void refuses_other_versions(void **state) {
    (void)state;
    REFUSED(505, "GET / HTTP/2.0\r\nHost: a\r\n\r\n");
    REFUSED(505, "GET / HTTP/1.2\r\nHost: a\r\n\r\n");
    REFUSED(505, "GET / HTTP/0.9\r\nHost: a\r\n\r\n");
    REFUSED(505, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
}

static void judges_targets(void **state) {
    (void)state;
    REFUSED(400, "GET verify HTTP/1.1\r\nHost: a\r\n\r\n");
    REFUSED(400, "GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n");
    REFUSED(400, "GET /\xc3\xa9 HTTP/1.1\r\nHost: a\r\n\r\n");
    REFUSED(400, "GET * HTTP/1.1\r\nHost: a\r\n\r\n");
    REFUSED(400, "CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n");
    REFUSED(400, "GET http:///x HTTP/1.1\r\nHost: a\r\n\r\n");
    REFUSED(400, "GET http://u@h/x HTTP/1.1\r\nHost: a\r\n\r\n");
    REFUSED(400, "GET ftp://h/x HTTP/1.1\r\nHost: a\r\n\r\n");
    ACCEPTED("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n");
    const char text[] = "GET HTTP://h:80/verify?x HTTP/1.1\r\nHost: a\r\n\r\n";
    verdict got = assert_accepted(jwkeep_span_text(text));
    http_request request = {&got.reader, (const uint8_t *)text};
    assert_text(http_request_path(&request), "/verify");
    assert_text(http_request_query(&request), "x");
}

static void demands_exactly_one_host(void **state) {
    (void)state;
    REFUSED(400, "GET / HTTP/1.1\r\n\r\n");
    REFUSED(400, "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n");
    REFUSED(400, "GET / HTTP/1.0\r\nHost: a\r\nhOST: b\r\n\r\n");
    REFUSED(400, "GET / HTTP/1.1\r\nHost: a b\r\n\r\n");
    REFUSED(400, "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n");
    REFUSED(400, "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n");
    ACCEPTED("GET / HTTP/1.1\r\nHost:\r\n\r\n");
    ACCEPTED("GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n");
    ACCEPTED("GET / HTTP/1.0\r\n\r\n");
}

static void refuses_transfer_encoding(void **state) {
    (void)state;
    REFUSED(400, "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n");
    REFUSED(400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n"
                 "transfer-encoding: identity\r\n\r\n0");
    REFUSED(400, "POST / HTTP/1.0\r\nTransfer-Encoding:\r\n\r\n");
}

static void judges_content_length(void **state) {
    (void)state;
    REFUSED(400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n"
                 "Content-Length: 1\r\n\r\na");
    REFUSED(400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1, 1\r\n\r\na");
    REFUSED(400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\na");
    REFUSED(400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0x1\r\n\r\na");
    REFUSED(400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\na");
    REFUSED(413, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 16385\r\n\r\n");
    REFUSED(413, "POST / HTTP/1.1\r\nHost: a\r\n"
                 "Content-Length: 18446744073709551617\r\n\r\n");
    ACCEPTED("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
}

/* nginx sends `Content-Length ""` as no field at all, but a field without a value is none. */
static void refuses_empty_content_length(void **state) {
    (void)state;
    REFUSED(400, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n\r\n");
}

static void takes_a_body_of_the_limit(void **state) {
    (void)state;
    const char head[] = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 16384\r\n\r\n";
    size_t size = sizeof head - 1 + HTTP_MAX_BODY_BYTES;
    char *text = malloc(size);
    memset(text, 'b', size);
    memcpy(text, head, sizeof head - 1);
    verdict got = read_in_steps(jwkeep_span_of(text, size), 997);
    free(text);
    assert_int_equal(got.result, HTTP_READ_COMPLETE);
    assert_int_equal(got.reader.size, size);
}

static void answers_an_expectation_with_417(void **state) {
    (void)state;
    REFUSED(417, "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n"
                 "Content-Length: 1\r\n\r\na");
    ACCEPTED("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n\r\n");
    ACCEPTED("POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\na");
}

static bool is_closing_after(const char *text) {
    return assert_accepted(jwkeep_span_text(text)).reader.is_closing;
}

static void tells_when_to_close(void **state) {
    (void)state;
    assert_true(is_closing_after("GET / HTTP/1.0\r\n\r\n"));
    assert_true(is_closing_after("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"));
    assert_true(is_closing_after("GET / HTTP/1.1\r\nHost: a\r\nConnection: CLOSE\r\n\r\n"));
    assert_true(
        is_closing_after("GET / HTTP/1.1\r\nHost: a\r\nConnection: te , Close\r\n\r\n"));
    assert_true(is_closing_after("GET / HTTP/1.1\r\nHost: a\r\nConnection: keep-alive\r\n"
                                 "Connection: close\r\n\r\n"));
    assert_false(is_closing_after("GET / HTTP/1.1\r\nHost: a\r\nConnection: closed,\r\n\r\n"));
}

static void counts_authorization_fields(void **state) {
    (void)state;
    assert_int_equal(ACCEPTED("GET / HTTP/1.1\r\nHost: a\r\n\r\n").reader.authorization_count,
                     0);
    assert_int_equal(ACCEPTED("GET / HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer a\r\n"
                              "AUTHORIZATION: Bearer b\r\nauthorization: x\r\n\r\n")
                         .reader.authorization_count,
                     2);
}

static void skips_one_empty_line(void **state) {
    (void)state;
    const char text[] = "\r\nGET /x HTTP/1.1\r\nHost: a\r\n\r\n";
    verdict got = assert_accepted(jwkeep_span_text(text));
    assert_int_equal(got.reader.size, sizeof text - 1);
    REFUSED(400, "\r\n\r\nGET /x HTTP/1.1\r\nHost: a\r\n\r\n");
}

static void lets_high_bytes_through_in_values(void **state) {
    (void)state;
    ACCEPTED("GET / HTTP/1.1\r\nHost: a\r\nX: caf\xc3\xa9\xff\r\n\r\n");
    REFUSED(400, "GET / HTTP/1.1\r\nHost: a\xc3\xa9\r\n\r\n");
}

#define BUILD_BYTES (2 * HTTP_MAX_HEAD_BYTES)

/* A request whose request line is `line_size` bytes, with `field_count` fields besides Host,
 * each of `field_size` bytes with its CRLF, in BUILD_BYTES bytes at `text`. */
static jwkeep_span build(char *text, size_t line_size, size_t field_count, size_t field_size) {
    const size_t around = strlen("GET /") + strlen(" HTTP/1.1");
    size_t at = (size_t)snprintf(text, BUILD_BYTES, "GET /%0*d HTTP/1.1\r\nHost: a\r\n",
                                 (int)(line_size - around), 0);
    for (size_t i = 0; i < field_count; i++)
        at += (size_t)snprintf(text + at, BUILD_BYTES - at, "X: %0*d\r\n", (int)field_size - 5,
                               0);
    at += (size_t)snprintf(text + at, BUILD_BYTES - at, "\r\n");
    assert_true(at < BUILD_BYTES);
    return jwkeep_span_of(text, at);
}

static void assert_status(jwkeep_span bytes, uint16_t status) {
    const size_t steps[] = {1, 7, 4096, bytes.size};
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        http_reader reader;
        http_reader_init(&reader);
        http_read_result result = HTTP_READ_MORE;
        for (size_t size = 0; result == HTTP_READ_MORE && size < bytes.size;) {
            size = bytes.size - size > steps[i] ? size + steps[i] : bytes.size;
            result = http_reader_read(&reader, jwkeep_span_of(bytes.data, size));
        }
        assert_int_equal(result, status ? HTTP_READ_REFUSED : HTTP_READ_COMPLETE);
        assert_int_equal(reader.status, status);
    }
}

static void limits_the_request_line(void **state) {
    (void)state;
    char *text = malloc(BUILD_BYTES);
    assert_status(build(text, HTTP_MAX_REQUEST_LINE_BYTES, 0, 0), 0);
    assert_status(build(text, HTTP_MAX_REQUEST_LINE_BYTES + 1, 0, 0), 414);
    memset(text, 'a', 2 * HTTP_MAX_HEAD_BYTES);
    assert_status(jwkeep_span_of(text, 2 * HTTP_MAX_HEAD_BYTES), 414);
    free(text);
}

static void limits_the_number_of_fields(void **state) {
    (void)state;
    char *text = malloc(BUILD_BYTES);
    assert_status(build(text, 20, HTTP_MAX_FIELDS - 1, 10), 0);
    assert_status(build(text, 20, HTTP_MAX_FIELDS, 10), 431);
    free(text);
}

static void limits_the_head(void **state) {
    (void)state;
    char *text = malloc(BUILD_BYTES);
    size_t others = strlen("GET /00000 HTTP/1.1\r\nHost: a\r\n\r\n");
    size_t room = HTTP_MAX_HEAD_BYTES - others;
    assert_status(build(text, 19, 1, room), 0);
    assert_status(build(text, 19, 1, room + 1), 431);
    assert_status(build(text, 19, 1, room + 3000), 431);
    free(text);
}

static bool is_one_of(int byte, const char *set) {
    return byte != 0 && strchr(set, byte);
}

static void classes_follow_the_grammar(void **state) {
    (void)state;
    for (int byte = 0; byte < 256; byte++) {
        uint8_t text = (uint8_t)byte;
        jwkeep_span span = {&text, 1};
        bool is_alnum = (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') ||
                        (byte >= 'A' && byte <= 'Z');
        bool is_visible = byte > 0x20 && byte < 0x7f;
        assert_int_equal(http_is_token(span), is_alnum || is_one_of(byte, "!#$%&'*+-.^_`|~"));
        assert_int_equal(http_is_field_value(span),
                         is_visible || byte >= 0x80 || byte == ' ' || byte == '\t');
        assert_int_equal(http_is_target(span), is_visible && byte != '#');
        assert_int_equal(http_is_host(span),
                         is_alnum || is_one_of(byte, "-._~!$&'()*+,;=%:[]"));
        assert_int_equal(http_is_safe_value(span), is_visible);
    }
    assert_true(http_is_safe_value(JWKEEP_SPAN("a b")));
    assert_false(http_is_safe_value(JWKEEP_SPAN("a ")));
    assert_false(http_is_safe_value(JWKEEP_SPAN(" a")));
    assert_false(http_is_safe_value(JWKEEP_SPAN("a\r\nb")));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gives_the_parts_of_a_request),
        cmocka_unit_test(waits_for_the_rest),
        cmocka_unit_test(refuses_lines_without_crlf),
        cmocka_unit_test(refuses_bare_cr_and_controls),
        cmocka_unit_test(refuses_folded_lines),
        cmocka_unit_test(refuses_names_that_are_not_tokens),
        cmocka_unit_test(refuses_malformed_request_lines),
        cmocka_unit_test(refuses_other_versions),
        cmocka_unit_test(judges_targets),
        cmocka_unit_test(demands_exactly_one_host),
        cmocka_unit_test(refuses_transfer_encoding),
        cmocka_unit_test(judges_content_length),
        cmocka_unit_test(refuses_empty_content_length),
        cmocka_unit_test(takes_a_body_of_the_limit),
        cmocka_unit_test(answers_an_expectation_with_417),
        cmocka_unit_test(tells_when_to_close),
        cmocka_unit_test(counts_authorization_fields),
        cmocka_unit_test(skips_one_empty_line),
        cmocka_unit_test(lets_high_bytes_through_in_values),
        cmocka_unit_test(limits_the_request_line),
        cmocka_unit_test(limits_the_number_of_fields),
        cmocka_unit_test(limits_the_head),
        cmocka_unit_test(classes_follow_the_grammar),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
