/* SPDX-License-Identifier: Apache-2.0
 *
 * The transport against a real server with real faults: each gets its own error, in bounded
 * time. */
#include "base/clock.h"
#include "remote/transport.h"
#include "support/http_server.h"
#include "support/script.h"
#include <jwkeep/jwkeep.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define BODY_BYTES 5000

/* What came, kept past the callback. */
typedef struct outcome {
    bool is_over;
    bool is_not_modified;
    jwkeep_error error;
    size_t body_size;
    char body[BODY_BYTES];
    char etag[64];
    char cache_control[512];
    char retry_after[64];
} outcome;

typedef struct fixture {
    http_server *server;
    jk_transport *transport;
    char url[128];
    jk_request request;
    outcome got;
} fixture;

static int set_up(void **state) {
    fixture *f = calloc(1, sizeof *f);
    if (!f || !(f->server = http_server_new()) || jk_transport_curl_new(&f->transport, NULL))
        return -1;
    snprintf(f->url, sizeof f->url, "http://127.0.0.1:%u/jwks", http_server_port(f->server));
    f->request = (jk_request){.url = f->url,
                              .max_body_bytes = 4096,
                              .connect_timeout_ms = 20000,
                              .total_timeout_ms = 20000};
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

static void keep(char *text, size_t size, jwkeep_span span) {
    snprintf(text, size, "%.*s", (int)span.size, span.data ? (const char *)span.data : "");
}

static void on_done(void *user, const jk_response *response) {
    outcome *got = user;
    got->is_over = true;
    got->is_not_modified = response->is_not_modified;
    got->error = response->error;
    got->body_size = response->body.size;
    if (response->body.size && response->body.size < BODY_BYTES)
        memcpy(got->body, response->body.data, response->body.size);
    keep(got->etag, sizeof got->etag, response->etag);
    keep(got->cache_control, sizeof got->cache_control, response->cache.cache_control);
    keep(got->retry_after, sizeof got->retry_after, response->cache.retry_after);
}

static jwkeep_code exchange(fixture *f) {
    jk_transfer *transfer;
    memset(&f->got, 0, sizeof f->got);
    jwkeep_code code = f->transport->methods->start(f->transport, &f->request, on_done, &f->got,
                                                    &transfer, NULL);
    while (code == JWKEEP_OK && !f->got.is_over)
        f->transport->methods->run(f->transport, 1000);
    return code ? code : f->got.error.code;
}

static void brings_a_body_and_the_fields_that_count(void **state) {
    fixture *f = *state;
    http_server_set_response(f->server, "200 OK",
                             "cache-control: max-age=60\r\nETag: \"v1\"\r\n"
                             "Cache-Control: public\r\nContent-Type: application/json\r\n",
                             "{\"keys\":[]}");
    assert_int_equal(exchange(f), JWKEEP_OK);
    assert_int_equal(f->got.body_size, 11);
    assert_memory_equal(f->got.body, "{\"keys\":[]}", 11);
    assert_string_equal(f->got.etag, "\"v1\"");
    assert_string_equal(f->got.cache_control, "max-age=60,public");
}

static void says_what_it_wants_and_who_it_is(void **state) {
    fixture *f = *state;
    char sent[2048];
    http_server_set_response(f->server, "200 OK", "", "{}");
    assert_int_equal(exchange(f), JWKEEP_OK);
    http_server_last_request(f->server, sent, sizeof sent);
    assert_non_null(strstr(sent, "GET /jwks HTTP/1.1\r\n"));
    assert_non_null(strstr(sent, "Accept: application/jwk-set+json, application/json\r\n"));
    assert_non_null(strstr(sent, "User-Agent: jwkeep/" JWKEEP_VERSION "\r\n"));
    assert_non_null(strstr(sent, "Accept-Encoding: gzip\r\n"));
    assert_null(strstr(sent, "Cache-Control"));
    assert_null(strstr(sent, "If-None-Match"));
    assert_null(strstr(sent, "Cookie"));
    assert_null(strstr(sent, "Authorization"));
}

static void r07_a_forced_request_asks_past_the_caches(void **state) {
    fixture *f = *state;
    char sent[2048];
    f->request.is_forced = true;
    f->request.etag = "W/\"x\"";
    f->request.last_modified = "Sun, 06 Nov 1994 08:49:37 GMT";
    http_server_set_response(f->server, "200 OK", "", "{}");
    assert_int_equal(exchange(f), JWKEEP_OK);
    http_server_last_request(f->server, sent, sizeof sent);
    assert_non_null(strstr(sent, "Cache-Control: no-cache\r\n"));
    assert_non_null(strstr(sent, "If-None-Match: W/\"x\"\r\n"));
    assert_non_null(strstr(sent, "If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n"));
}

static void r07_304_is_an_answer_only_where_it_was_asked_for(void **state) {
    fixture *f = *state;
    http_server_set_response(f->server, "304 Not Modified", "", "");
    assert_int_equal(exchange(f), JWKEEP_TRANSPORT_STATUS);
    f->request.etag = "\"v1\"";
    assert_int_equal(exchange(f), JWKEEP_OK);
    assert_true(f->got.is_not_modified);
}

static void names_a_refused_connection(void **state) {
    fixture *f = *state;
    http_server_free(f->server);
    f->server = NULL;
    assert_int_equal(exchange(f), JWKEEP_TRANSPORT_CONNECT);
}

static void names_a_host_that_does_not_resolve(void **state) {
    fixture *f = *state;
    f->request.url = "https://no-such-host.invalid/";
    assert_int_equal(exchange(f), JWKEEP_TRANSPORT_RESOLVE);
}

static void names_a_server_that_never_answers(void **state) {
    fixture *f = *state;
    f->request.total_timeout_ms = 50;
    http_server_set(f->server, HTTP_SERVER_SILENT, "", 0);
    assert_int_equal(exchange(f), JWKEEP_TRANSPORT_TIMEOUT);
}

static void r12_cuts_off_a_server_that_drips(void **state) {
    fixture *f = *state;
    char long_answer[2048] = "HTTP/1.1 200 OK\r\nContent-Length: 1900\r\n\r\n";
    memset(long_answer + strlen(long_answer), ' ', 1900);
    f->request.total_timeout_ms = 200;
    http_server_set(f->server, HTTP_SERVER_DRIP, long_answer, 1900);
    assert_int_equal(exchange(f), JWKEEP_TRANSPORT_TIMEOUT);
}

static void names_a_connection_that_breaks(void **state) {
    fixture *f = *state;
    static const char part[] = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"keys\"";
    http_server_set(f->server, HTTP_SERVER_ANSWER, part, sizeof part - 1);
    assert_int_equal(exchange(f), JWKEEP_TRANSPORT_BROKEN);
    http_server_set(f->server, HTTP_SERVER_RESET, part, sizeof part - 1);
    assert_int_equal(exchange(f), JWKEEP_TRANSPORT_BROKEN);
    http_server_set(f->server, HTTP_SERVER_ANSWER, "", 0);
    assert_int_equal(exchange(f), JWKEEP_TRANSPORT_BROKEN);
    http_server_set(f->server, HTTP_SERVER_ANSWER, "no http at all\r\n\r\n", 18);
    assert_int_not_equal(exchange(f), JWKEEP_OK);
}

static void r14_refuses_html(void **state) {
    fixture *f = *state;
    http_server_set_response(f->server, "200 OK", "Content-Type: Text/HTML; charset=utf-8\r\n",
                             "{\"keys\":[]}");
    assert_int_equal(exchange(f), JWKEEP_TRANSPORT_CONTENT_TYPE);
    http_server_set_response(f->server, "200 OK", "Content-Type: text/htmlx\r\n", "{}");
    assert_int_equal(exchange(f), JWKEEP_OK);
}

static void r18_does_not_follow_a_redirect(void **state) {
    fixture *f = *state;
    char headers[256];
    snprintf(headers, sizeof headers, "Location: %s\r\n", f->url);
    http_server_set_response(f->server, "301 Moved Permanently", headers, "");
    assert_int_equal(exchange(f), JWKEEP_TRANSPORT_REDIRECT);
    assert_int_equal(http_server_requests(f->server), 1);
}

static void r10_a_status_comes_with_its_retry_after(void **state) {
    fixture *f = *state;
    http_server_set_response(f->server, "503 Service Unavailable", "Retry-After: 7\r\n", "x");
    assert_int_equal(exchange(f), JWKEEP_TRANSPORT_STATUS);
    assert_string_equal(f->got.retry_after, "7");
    http_server_set_response(f->server, "204 No Content", "", "");
    assert_int_equal(exchange(f), JWKEEP_TRANSPORT_STATUS);
}

static void r12_bounds_the_body(void **state) {
    fixture *f = *state;
    static char body[4098];
    memset(body, ' ', sizeof body);
    body[4096] = '\0';
    http_server_set_response(f->server, "200 OK", "", body);
    assert_int_equal(exchange(f), JWKEEP_OK);
    assert_int_equal(f->got.body_size, 4096);
    body[4096] = ' ';
    body[4097] = '\0';
    http_server_set_response(f->server, "200 OK", "", body);
    assert_int_equal(exchange(f), JWKEEP_TRANSPORT_TOO_LARGE);
}

static void r12_bounds_a_body_without_a_length(void **state) {
    fixture *f = *state;
    static const char head[] = "HTTP/1.1 200 OK\r\n\r\n";
    static char answer[sizeof head + 4097];
    memcpy(answer, head, sizeof head - 1);
    memset(answer + sizeof head - 1, ' ', 4097);
    http_server_set(f->server, HTTP_SERVER_ANSWER, answer, sizeof head - 1 + 4097);
    assert_int_equal(exchange(f), JWKEEP_TRANSPORT_TOO_LARGE);
}

static void bounds_the_header_lines(void **state) {
    fixture *f = *state;
    char *headers = malloc(80000);
    assert_non_null(headers);
    size_t size = 0;
    while (size < 70000)
        size += (size_t)snprintf(headers + size, 80000 - size, "X-%zu: %0100d\r\n", size, 0);
    http_server_set_response(f->server, "200 OK", headers, "{}");
    free(headers);
    assert_int_equal(exchange(f), JWKEEP_TRANSPORT_TOO_LARGE);
}

/* 4,000 and 100,000 spaces, packed by gzip. */
static const uint8_t packed_small[] = {
    0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0xed, 0xc1, 0x31, 0x01,
    0x00, 0x00, 0x00, 0xc2, 0xa0, 0x2a, 0xeb, 0x9f, 0xd2, 0x18, 0x3e, 0x40, 0x01, 0x00,
    0x00, 0x00, 0x6f, 0x03, 0x7c, 0x95, 0xcd, 0xba, 0xa0, 0x0f, 0x00, 0x00};
static const uint8_t packed_large[] = {
    0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0xed, 0xc1, 0x31, 0x01, 0x00,
    0x00, 0x00, 0xc2, 0xa0, 0x2a, 0xeb, 0x9f, 0xd2, 0x1a, 0x1e, 0x40, 0x01, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0xaf, 0x06, 0x2d, 0xf0, 0x79, 0xca, 0xa0, 0x86, 0x01, 0x00};

static void set_packed(fixture *f, const uint8_t *packed, size_t size) {
    char answer[1024];
    int head = snprintf(answer, sizeof answer,
                        "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n"
                        "Content-Length: %zu\r\n\r\n",
                        size);
    assert_in_range(size, 1, sizeof answer - (size_t)head);
    memcpy(answer + head, packed, size);
    http_server_set(f->server, HTTP_SERVER_ANSWER, answer, (size_t)head + size);
}

static void r12_bounds_what_a_small_answer_unpacks_to(void **state) {
    fixture *f = *state;
    set_packed(f, packed_small, sizeof packed_small);
    assert_int_equal(exchange(f), JWKEEP_OK);
    assert_int_equal(f->got.body_size, 4000);
    set_packed(f, packed_large, sizeof packed_large);
    assert_int_equal(exchange(f), JWKEEP_TRANSPORT_TOO_LARGE);
}

static void speaks_no_tls_with_a_server_that_has_none(void **state) {
    fixture *f = *state;
    snprintf(f->url, sizeof f->url, "https://127.0.0.1:%u/jwks", http_server_port(f->server));
    http_server_set(f->server, HTTP_SERVER_RASH, "HTTP/1.1 200 OK\r\n\r\n", 19);
    assert_int_equal(exchange(f), JWKEEP_TRANSPORT_TLS);
}

static void r18_http_reaches_loopback_addresses_only(void **state) {
    fixture *f = *state;
    f->request.url = "http://192.0.2.1:9/";
    assert_int_equal(exchange(f), JWKEEP_TRANSPORT_CONNECT);
    f->request.url = "http://0.0.0.0:9/";
    assert_int_equal(exchange(f), JWKEEP_TRANSPORT_CONNECT);
}

static void r18_a_dynamic_source_reuses_no_connection_of_another(void **state) {
    fixture *f = *state;
    static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";
    jk_route dynamic = {.is_dynamic = true};
    http_server_set(f->server, HTTP_SERVER_KEEP, answer, sizeof answer - 1);
    assert_int_equal(exchange(f), JWKEEP_OK);
    f->request.route = &dynamic;
    assert_int_equal(exchange(f), JWKEEP_TRANSPORT_CONNECT);
    assert_int_equal(http_server_requests(f->server), 1);
}

static void ignores_the_proxies_of_the_environment(void **state) {
    fixture *f = *state;
    setenv("http_proxy", "http://127.0.0.1:1", 1);
    setenv("all_proxy", "http://127.0.0.1:1", 1);
    http_server_set_response(f->server, "200 OK", "", "{}");
    jwkeep_code code = exchange(f);
    unsetenv("http_proxy");
    unsetenv("all_proxy");
    assert_int_equal(code, JWKEEP_OK);
}

static void a_cancelled_transfer_tells_nobody(void **state) {
    fixture *f = *state;
    jk_transfer *transfer;
    memset(&f->got, 0, sizeof f->got);
    http_server_set(f->server, HTTP_SERVER_SILENT, "", 0);
    assert_int_equal(f->transport->methods->start(f->transport, &f->request, on_done, &f->got,
                                                  &transfer, NULL),
                     JWKEEP_OK);
    while (http_server_requests(f->server) == 0)
        f->transport->methods->run(f->transport, 10);
    f->transport->methods->cancel(f->transport, transfer);
    f->transport->methods->wake(f->transport);
    f->transport->methods->run(f->transport, 60000);
    assert_false(f->got.is_over);
}

static jwkeep_source_options options_of(fixture *f) {
    jwkeep_source_options options;
    jwkeep_source_options_init(&options);
    options.url = f->url;
    options.allows_http_loopback = true;
    return options;
}

static void fetches_a_key_set_in_the_callers_thread(void **state) {
    fixture *f = *state;
    jwkeep_source_options options = options_of(f);
    http_server_set_response(f->server, "200 OK", "", script_keys("abc"));
    jwkeep_keyset *set = NULL;
    assert_int_equal(jwkeep_fetch_keyset(&options, &set, NULL), JWKEEP_OK);
    size_t count = jwkeep_keyset_count(set);
    jwkeep_keyset_unref(set);
    assert_int_equal(count, 3);
}

static void a_failed_fetch_gives_its_error_and_no_set(void **state) {
    fixture *f = *state;
    jwkeep_source_options options = options_of(f);
    http_server_set_response(f->server, "200 OK", "", "[]");
    jwkeep_keyset *set = NULL;
    jwkeep_error error = {0};
    assert_int_equal(jwkeep_fetch_keyset(&options, &set, &error), JWKEEP_TRANSPORT_BODY);
    assert_int_equal(error.code, JWKEEP_TRANSPORT_BODY);
    assert_null(set);
    options.allows_http_loopback = false;
    assert_int_equal(jwkeep_fetch_keyset(&options, &set, &error), JWKEEP_TRANSPORT_URL);
}

static void a_source_loads_rotates_and_ends(void **state) {
    fixture *f = *state;
    jwkeep_source_options options = options_of(f);
    jwkeep_refresher *refresher = NULL;
    jwkeep_source *source = NULL;
    http_server_set_response(f->server, "200 OK", "", script_keys("ab"));
    jwkeep_code made = jwkeep_refresher_new(0, &refresher, NULL);
    if (!made)
        made = jwkeep_source_new(refresher, &options, &source, NULL);
    jwkeep_code known = jwkeep_source_lookup(source, JWKEEP_SPAN("a"), 20000, NULL);
    http_server_set_response(f->server, "200 OK", "", script_keys("bc"));
    jwkeep_code rotated = jwkeep_source_lookup(source, JWKEEP_SPAN("c"), 20000, NULL);
    jwkeep_code removed = jwkeep_source_lookup(source, JWKEEP_SPAN("a"), 20000, NULL);
    jwkeep_source_free(source);
    jwkeep_refresher_free(refresher);
    assert_int_equal(made, JWKEEP_OK);
    assert_int_equal(known, JWKEEP_OK);
    assert_int_equal(rotated, JWKEEP_OK);
    assert_int_equal(removed, JWKEEP_KID_UNKNOWN);
    assert_int_equal(http_server_requests(f->server), 2);
}

/* Not a bound on speed: the download alone would take twenty seconds. */
static void r24_ends_in_the_middle_of_a_download(void **state) {
    fixture *f = *state;
    jwkeep_source_options options = options_of(f);
    options.is_eager = true;
    options.fetch_timeout_ms = 20000;
    jwkeep_refresher *refresher = NULL;
    jwkeep_source *source = NULL;
    http_server_set(f->server, HTTP_SERVER_SILENT, "", 0);
    jwkeep_code made = jwkeep_refresher_new(0, &refresher, NULL);
    if (!made)
        made = jwkeep_source_new(refresher, &options, &source, NULL);
    while (!made && http_server_requests(f->server) == 0)
        poll(NULL, 0, 1);
    int64_t before_ms = jk_clock_monotonic_ms();
    jwkeep_source_free(source);
    jwkeep_refresher_free(refresher);
    int64_t took_ms = jk_clock_monotonic_ms() - before_ms;
    assert_int_equal(made, JWKEEP_OK);
    assert_in_range(took_ms, 0, 10000);
}

/* In the child: what is loaded can be read, what would have to wait is told so, and nothing of
 * the parent is touched. */
static int look_in_child(jwkeep_source *source, jwkeep_refresher *refresher,
                         const jwkeep_source_options *options) {
    jwkeep_source_status status;
    jwkeep_source *another;
    if (jwkeep_source_check(source) != JWKEEP_OK ||
        jwkeep_source_lookup(source, JWKEEP_SPAN("a"), 20000, NULL) != JWKEEP_OK)
        return 1;
    if (jwkeep_source_lookup(source, JWKEEP_SPAN("z"), 20000, NULL) != JWKEEP_KEYS_SHUTDOWN)
        return 2;
    if (jwkeep_source_new(refresher, options, &another, NULL) != JWKEEP_KEYS_SHUTDOWN)
        return 4;
    jwkeep_source_refresh(source);
    jwkeep_source_status_get(source, &status);
    jwkeep_source_free(source);
    jwkeep_refresher_free(refresher);
    return status.keys == 2 ? 0 : 3;
}

static void r24_a_fork_leaves_both_processes_working(void **state) {
    fixture *f = *state;
    jwkeep_source_options options = options_of(f);
    jwkeep_refresher *refresher = NULL;
    jwkeep_source *source = NULL;
    http_server_set_response(f->server, "200 OK", "", script_keys("ab"));
    jwkeep_code made = jwkeep_refresher_new(0, &refresher, NULL);
    if (!made)
        made = jwkeep_source_new(refresher, &options, &source, NULL);
    if (!made)
        made = jwkeep_source_lookup(source, JWKEEP_SPAN("a"), 20000, NULL);
    int status = -1;
    pid_t child = made ? -1 : fork();
    if (child == 0)
        _exit(look_in_child(source, refresher, &options));
    bool is_waited = child > 0 && waitpid(child, &status, 0) == child;
    http_server_set_response(f->server, "200 OK", "", script_keys("bc"));
    jwkeep_code rotated = jwkeep_source_lookup(source, JWKEEP_SPAN("c"), 20000, NULL);
    jwkeep_source_free(source);
    jwkeep_refresher_free(refresher);
    assert_int_equal(made, JWKEEP_OK);
    assert_true(is_waited);
    assert_int_equal(WEXITSTATUS(status), 0);
    assert_int_equal(rotated, JWKEEP_OK);
}

/* Without descriptors for it, nobody could end the wait of `run`. */
static void is_not_made_without_what_wakes_it(void **state) {
    (void)state;
    jk_transport *transport = NULL;
    jwkeep_error error = {0};
    struct rlimit before;
    int first_free = dup(STDIN_FILENO);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    assert_true(first_free >= 0 && close(first_free) == 0);
    struct rlimit exhausted = {(rlim_t)first_free, before.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &exhausted), 0);
    jwkeep_code code = jk_transport_curl_new(&transport, &error);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    if (transport)
        transport->methods->free(transport);
    assert_int_equal(code, JWKEEP_SYSTEM_FAILED);
    assert_int_equal(error.code, JWKEEP_SYSTEM_FAILED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(is_not_made_without_what_wakes_it),
        TEST(brings_a_body_and_the_fields_that_count),
        TEST(says_what_it_wants_and_who_it_is),
        TEST(r07_a_forced_request_asks_past_the_caches),
        TEST(r07_304_is_an_answer_only_where_it_was_asked_for),
        TEST(names_a_refused_connection),
        TEST(names_a_host_that_does_not_resolve),
        TEST(names_a_server_that_never_answers),
        TEST(r12_cuts_off_a_server_that_drips),
        TEST(names_a_connection_that_breaks),
        TEST(r14_refuses_html),
        TEST(r18_does_not_follow_a_redirect),
        TEST(r10_a_status_comes_with_its_retry_after),
        TEST(r12_bounds_the_body),
        TEST(r12_bounds_a_body_without_a_length),
        TEST(bounds_the_header_lines),
        TEST(r12_bounds_what_a_small_answer_unpacks_to),
        TEST(speaks_no_tls_with_a_server_that_has_none),
        TEST(r18_http_reaches_loopback_addresses_only),
        TEST(r18_a_dynamic_source_reuses_no_connection_of_another),
        TEST(ignores_the_proxies_of_the_environment),
        TEST(a_cancelled_transfer_tells_nobody),
        TEST(fetches_a_key_set_in_the_callers_thread),
        TEST(a_failed_fetch_gives_its_error_and_no_set),
        TEST(a_source_loads_rotates_and_ends),
        TEST(r24_ends_in_the_middle_of_a_download),
        TEST(r24_a_fork_leaves_both_processes_working),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
