/* SPDX-License-Identifier: Apache-2.0
 *
 * Delivering over the real transport: what goes out, and that of an answer nothing counts but
 * its status, however large, slow or broken the rest. */
#include "remote/transport.h"
#include "support/http_server.h"
#include <jwkeep/jwkeep.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define LARGE_BYTES (4u << 20)

typedef struct outcome {
    bool is_over;
    jwkeep_code code;
    unsigned status;
    size_t body_size;
    char retry_after[64];
} outcome;

typedef struct fixture {
    http_server *server;
    jk_transport *transport;
    char url[64];
    jk_request request;
    outcome got;
} fixture;

static const char *const lines[] = {"webhook-id: e-1", "webhook-timestamp: 17", NULL};

static int set_up(void **state) {
    fixture *f = calloc(1, sizeof *f);
    if (!f || !(f->server = http_server_new()) || jk_transport_curl_new(&f->transport, NULL))
        return -1;
    snprintf(f->url, sizeof f->url, "http://127.0.0.1:%u/hook", http_server_port(f->server));
    f->request = (jk_request){.url = f->url,
                              .max_body_bytes = 1024,
                              .connect_timeout_ms = 20000,
                              .total_timeout_ms = 20000,
                              .content = JWKEEP_SPAN("{\"id\":\"e-1\"}"),
                              .headers = lines};
    *state = f;
    return 0;
}

static int tear_down(void **state) {
    fixture *f = *state;
    f->transport->methods->free(f->transport);
    http_server_free(f->server);
    free(f);
    return 0;
}

static void on_done(void *user, const jk_response *response) {
    outcome *got = user;
    got->is_over = true;
    got->code = response->error.code;
    got->status = response->status;
    got->body_size = response->body.size;
    snprintf(got->retry_after, sizeof got->retry_after, "%.*s",
             (int)response->cache.retry_after.size,
             response->cache.retry_after.data ? (const char *)response->cache.retry_after.data
                                              : "");
}

static jwkeep_code deliver(fixture *f) {
    jk_transfer *transfer;
    f->got = (outcome){0};
    jwkeep_code code = f->transport->methods->start(f->transport, &f->request, on_done, &f->got,
                                                    &transfer, NULL);
    while (code == JWKEEP_OK && !f->got.is_over)
        f->transport->methods->run(f->transport, 1000);
    return code ? code : f->got.code;
}

static void answer_raw(fixture *f, http_server_manner manner, const char *bytes) {
    http_server_set(f->server, manner, bytes, strlen(bytes));
}

static void sends_json_and_the_lines_it_was_given(void **state) {
    fixture *f = *state;
    char sent[2048];
    http_server_set_response(f->server, "202 Accepted", "", "");
    assert_int_equal(deliver(f), JWKEEP_OK);
    assert_int_equal(f->got.status, 202);
    http_server_last_request(f->server, sent, sizeof sent);
    assert_non_null(strstr(sent, "POST /hook HTTP/1.1\r\n"));
    assert_non_null(strstr(sent, "\r\nContent-Type: application/json\r\n"));
    assert_non_null(strstr(sent, "\r\nContent-Length: 12\r\n"));
    assert_non_null(strstr(sent, "\r\nwebhook-id: e-1\r\nwebhook-timestamp: 17\r\n"));
    assert_non_null(strstr(sent, "\r\nUser-Agent: jwkeep/" JWKEEP_VERSION "\r\n"));
    assert_non_null(strstr(sent, "\r\n\r\n{\"id\":\"e-1\"}"));
    assert_null(strstr(sent, "Expect"));
    assert_null(strstr(sent, "Accept-Encoding"));
}

static void each_status_is_told(void **state) {
    fixture *f = *state;
    static const struct {
        const char *status;
        jwkeep_code code;
    } answers[] = {
        {"200 OK", JWKEEP_OK},
        {"299 Odd", JWKEEP_OK},
        {"304 Not Modified", JWKEEP_TRANSPORT_STATUS},
        {"404 Not Found", JWKEEP_TRANSPORT_STATUS},
        {"500 Oh", JWKEEP_TRANSPORT_STATUS},
    };
    for (size_t i = 0; i < JK_COUNT_OF(answers); i++) {
        http_server_set_response(f->server, answers[i].status, "Content-Type: text/html\r\n",
                                 "");
        assert_int_equal(deliver(f), answers[i].code);
        assert_int_equal(f->got.status, strtoul(answers[i].status, NULL, 10));
    }
}

static void a_redirect_is_not_followed(void **state) {
    fixture *f = *state;
    char location[128];
    snprintf(location, sizeof location, "Location: http://127.0.0.1:%u/elsewhere\r\n",
             http_server_port(f->server));
    http_server_set_response(f->server, "307 Temporary Redirect", location, "");
    assert_int_equal(deliver(f), JWKEEP_TRANSPORT_REDIRECT);
    assert_int_equal(http_server_requests(f->server), 1);
}

static void retry_after_is_told(void **state) {
    fixture *f = *state;
    http_server_set_response(f->server, "429 Too Many", "Retry-After: 7\r\n", "");
    assert_int_equal(deliver(f), JWKEEP_TRANSPORT_STATUS);
    assert_int_equal(f->got.status, 429);
    assert_string_equal(f->got.retry_after, "7");
}

static void a_huge_answer_is_cut_and_counts_by_its_status(void **state) {
    fixture *f = *state;
    char *body = malloc(LARGE_BYTES + 1);
    assert_non_null(body);
    memset(body, 'x', LARGE_BYTES);
    body[LARGE_BYTES] = '\0';
    http_server_set_response(f->server, "200 OK", "", body);
    jwkeep_code taken = deliver(f);
    size_t kept = f->got.body_size;
    http_server_set_response(f->server, "500 Oh", "", body);
    jwkeep_code refused = deliver(f);
    free(body);
    assert_int_equal(taken, JWKEEP_OK);
    assert_int_equal(kept, 0);
    assert_int_equal(refused, JWKEEP_TRANSPORT_STATUS);
    assert_int_equal(f->got.status, 500);
}

static void an_answer_that_stops_after_its_head_is_an_answer(void **state) {
    fixture *f = *state;
    answer_raw(f, HTTP_SERVER_ANSWER, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
    assert_int_equal(deliver(f), JWKEEP_OK);
    f->request.total_timeout_ms = 300;
    answer_raw(f, HTTP_SERVER_KEEP, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
    assert_int_equal(deliver(f), JWKEEP_OK);
}

static void an_answer_without_a_whole_head_is_none(void **state) {
    fixture *f = *state;
    answer_raw(f, HTTP_SERVER_ANSWER, "HTTP/1.1 200 OK\r\nContent-Le");
    assert_int_not_equal(deliver(f), JWKEEP_OK);
    assert_int_equal(f->got.status, 0);
    f->request.total_timeout_ms = 300;
    answer_raw(f, HTTP_SERVER_KEEP, "HTTP/1.1 100 Continue\r\n\r\n");
    assert_int_equal(deliver(f), JWKEEP_TRANSPORT_TIMEOUT);
    assert_int_equal(f->got.status, 0);
}

static void a_head_without_end_is_too_large(void **state) {
    fixture *f = *state;
    static const char first[] = "HTTP/1.1 200 OK\r\n";
    static const char line[] = "X-Filler: 0123456789012345678901234567890123456789\r\n";
    const size_t count = 4000;
    char *bytes = calloc(sizeof first + count * sizeof line, 1);
    assert_non_null(bytes);
    memcpy(bytes, first, sizeof first - 1);
    for (size_t i = 0; i < count; i++)
        memcpy(bytes + sizeof first - 1 + i * (sizeof line - 1), line, sizeof line - 1);
    answer_raw(f, HTTP_SERVER_ANSWER, bytes);
    free(bytes);
    jwkeep_code code = deliver(f);
    assert_true(code == JWKEEP_TRANSPORT_TOO_LARGE || code == JWKEEP_TRANSPORT_BROKEN);
    assert_int_equal(f->got.status, 0);
}

/* The server stands in for a proxy, and nobody is behind it. */
static void what_a_proxy_says_is_no_receipt(void **state) {
    fixture *f = *state;
    char proxy[64];
    snprintf(proxy, sizeof proxy, "http://127.0.0.1:%u", http_server_port(f->server));
    const jk_route route = {.proxy = proxy};
    f->request.route = &route;
    f->request.url = "https://receiver.test/hook";
    f->request.total_timeout_ms = 300;
    answer_raw(f, HTTP_SERVER_KEEP, "HTTP/1.1 200 Connection established\r\n\r\n");
    assert_int_not_equal(deliver(f), JWKEEP_OK);
    assert_int_equal(f->got.status, 0);
    assert_int_equal(http_server_requests(f->server), 1);
}

static void a_dynamic_url_reaches_no_loopback_address(void **state) {
    fixture *f = *state;
    static const jk_route dynamic = {.is_dynamic = true};
    f->request.route = &dynamic;
    http_server_set_response(f->server, "200 OK", "", "");
    assert_int_equal(deliver(f), JWKEEP_TRANSPORT_CONNECT);
    assert_int_equal(http_server_requests(f->server), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(sends_json_and_the_lines_it_was_given),
        TEST(each_status_is_told),
        TEST(a_redirect_is_not_followed),
        TEST(retry_after_is_told),
        TEST(a_huge_answer_is_cut_and_counts_by_its_status),
        TEST(an_answer_that_stops_after_its_head_is_an_answer),
        TEST(an_answer_without_a_whole_head_is_none),
        TEST(a_head_without_end_is_too_large),
        TEST(what_a_proxy_says_is_no_receipt),
        TEST(a_dynamic_url_reaches_no_loopback_address),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
