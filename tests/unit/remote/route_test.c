/* SPDX-License-Identifier: Apache-2.0
 *
 * How a source connects (R18, R19): what its options may be, and, against real servers, what
 * they do. */
#include "remote/route.h"
#include "support/http_server.h"
#include "support/names.h"
#include "support/proxy.h"
#include "support/tls_server.h"
#include <jwkeep/jwkeep.h>
#include <openssl/pem.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define AN_HOUR 3600
#define KEY_TEMPLATE "/tmp/jwkeep-test-key-XXXXXX"
#define PIN_A "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="
#define PIN_B "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="

static jwkeep_source_options plain_options(void) {
    jwkeep_source_options options;
    jwkeep_source_options_init(&options);
    options.url = "https://issuer.test/";
    options.connect_timeout_ms = 20000;
    options.fetch_timeout_ms = 20000;
    return options;
}

static jwkeep_code check(const jwkeep_source_options *options) {
    jk_route route = {0};
    jwkeep_code code = jk_route_init(&route, options, NULL);
    jk_route_done(&route);
    return code;
}

static jwkeep_code check_pins(const char *pins) {
    jwkeep_source_options options = plain_options();
    options.pinned_key = pins;
    return check(&options);
}

static void r19_pins_are_the_base64_of_a_sha256(void **state) {
    (void)state;
    assert_int_equal(check_pins(PIN_B), JWKEEP_OK);
    assert_int_equal(check_pins(PIN_A ";" PIN_B), JWKEEP_OK);
    static const char *const bad[] = {
        "",
        ";",
        PIN_A ";",
        ";" PIN_A,
        PIN_A PIN_B,
        "sha256//" PIN_A,
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB=",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA-_=",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (check_pins(bad[i]) != JWKEEP_MISUSE_ARGUMENT)
            fail_msg("\"%s\" is taken for a pin", bad[i]);
}

#define FOUR_PINS PIN_A ";" PIN_B ";" PIN_A ";" PIN_B

static void r19_pins_are_eight_at_the_most(void **state) {
    (void)state;
    assert_int_equal(check_pins(FOUR_PINS ";" FOUR_PINS), JWKEEP_OK);
    assert_int_equal(check_pins(FOUR_PINS ";" FOUR_PINS ";" PIN_A), JWKEEP_MISUSE_ARGUMENT);
}

static jwkeep_code check_header(const char *line) {
    jwkeep_source_options options = plain_options();
    options.request_headers = &line;
    options.request_header_count = 1;
    return check(&options);
}

static void r19_header_lines_cannot_make_another_request(void **state) {
    (void)state;
    static const char *const good[] = {"X-Tenant: a", "Authorization: Bearer x", "a:b",
                                       "X-Host: a", "x!#$%&'*+-.^_`|~1: \xc3\xa4"};
    static const char *const bad[] = {
        "",
        ": a",
        "X-Tenant",
        "X-Tenant;",
        "X-Tenant:",
        "X : a",
        " X: a",
        "X-Tenant:  ",
        "X: a\r\nHost: b",
        "X: a\nb",
        "X: \ta",
        "X: \x7f",
        "X(: a",
        "X-T\xc3\xa4: a",
        "Host: a",
        "hOST: a",
        "Accept: a",
        "TE: trailers",
        "Content-Length: 1",
        "Range: bytes=0-",
        "Pragma: no-cache",
        "If-None-Match: a",
        "Transfer-Encoding: chunked",
        "Cache-Control: a",
        "Connection: a",
        "If-Modified-Since: a",
        "Expect: a",
        "Upgrade: a",
        "Proxy-Authorization: a",
    };
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        if (check_header(good[i]) != JWKEEP_OK)
            fail_msg("\"%s\" is refused", good[i]);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (check_header(bad[i]) != JWKEEP_MISUSE_ARGUMENT)
            fail_msg("\"%s\" is accepted", bad[i]);
    assert_int_equal(check_header(NULL), JWKEEP_MISUSE_ARGUMENT);
}

static void r19_header_lines_are_bounded(void **state) {
    (void)state;
    const char *lines[JWKEEP_MAX_REQUEST_HEADERS + 1];
    static char line[JK_MAX_REQUEST_HEADER_BYTES + 2] = "X: ";
    memset(line + 3, 'a', JK_MAX_REQUEST_HEADER_BYTES - 3);
    for (size_t i = 0; i <= JWKEEP_MAX_REQUEST_HEADERS; i++)
        lines[i] = line;
    jwkeep_source_options options = plain_options();
    options.request_headers = lines;
    options.request_header_count = JWKEEP_MAX_REQUEST_HEADERS;
    assert_int_equal(check(&options), JWKEEP_OK);
    options.request_header_count++;
    assert_int_equal(check(&options), JWKEEP_MISUSE_ARGUMENT);
    line[JK_MAX_REQUEST_HEADER_BYTES] = 'a';
    options.request_header_count = 1;
    assert_int_equal(check(&options), JWKEEP_MISUSE_ARGUMENT);
    options.request_headers = NULL;
    assert_int_equal(check(&options), JWKEEP_MISUSE_ARGUMENT);
}

static jwkeep_code check_proxy(const char *url) {
    jwkeep_source_options options = plain_options();
    options.proxy = url;
    return check(&options);
}

static void r19_a_proxy_is_a_host_and_a_port(void **state) {
    (void)state;
    assert_int_equal(check_proxy("http://proxy.test:3128"), JWKEEP_OK);
    assert_int_equal(check_proxy("http://[::1]:3128/"), JWKEEP_OK);
    static const char *const bad[] = {
        "",
        "proxy.test:3128",
        "http://proxy.test",
        "https://proxy.test:3128",
        "socks5://proxy.test:3128",
        "http://user@proxy.test:3128",
        "http://user:pw@proxy.test:3128",
        "http://proxy.test:3128/path",
        "http://proxy.test:3128/?q",
        "http://proxy.test:3128#f",
        "http://proxy.test:99999",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (check_proxy(bad[i]) != JWKEEP_MISUSE_ARGUMENT)
            fail_msg("\"%s\" is taken for a proxy", bad[i]);
}

static void r19_a_client_certificate_has_a_key(void **state) {
    (void)state;
    jwkeep_source_options options = plain_options();
    options.client_cert_file = "cert.pem";
    assert_int_equal(check(&options), JWKEEP_MISUSE_ARGUMENT);
    options.client_key_file = "key.pem";
    assert_int_equal(check(&options), JWKEEP_OK);
    options.client_cert_file = NULL;
    assert_int_equal(check(&options), JWKEEP_MISUSE_ARGUMENT);
}

static void r18_a_dynamic_source_goes_through_no_proxy(void **state) {
    (void)state;
    jwkeep_source_options options = plain_options();
    options.proxy = "http://proxy.test:3128";
    options.is_dynamic = true;
    assert_int_equal(check(&options), JWKEEP_MISUSE_ARGUMENT);
}

typedef struct fixture {
    tls_server *server;
    char url[128];
    jwkeep_source_options options;
    jwkeep_error error;
} fixture;

static bool begin(fixture *f, const tls_server_options *manner) {
    f->server = tls_server_new_with(manner);
    if (!f->server)
        return false;
    snprintf(f->url, sizeof f->url, "https://%s:%u/", manner->host, tls_server_port(f->server));
    f->options = plain_options();
    f->options.url = f->url;
    f->options.ca_file = tls_server_ca_file(f->server);
    return true;
}

static int set_up(void **state) {
    static fixture f;
    memset(&f, 0, sizeof f);
    *state = &f;
    names_move(NAMES_PUBLIC_ADDRESS);
    return begin(&f, &(tls_server_options){.host = NAMES_HOST, .valid_s = AN_HOUR}) ? 0 : -1;
}

static int set_up_strict(void **state) {
    static fixture f;
    memset(&f, 0, sizeof f);
    *state = &f;
    return begin(&f, &(tls_server_options){.host = "localhost",
                                           .valid_s = AN_HOUR,
                                           .wants_client_certificate = true})
               ? 0
               : -1;
}

static int tear_down(void **state) {
    fixture *f = *state;
    tls_server_free(f->server);
    return 0;
}

static jwkeep_code fetch(fixture *f) {
    jwkeep_keyset *set = NULL;
    jwkeep_code code = jwkeep_fetch_keyset(&f->options, &set, &f->error);
    jwkeep_keyset_unref(set);
    return code;
}

static void r18_a_dynamic_source_reaches_public_addresses_only(void **state) {
    fixture *f = *state;
    static const char *const special[] = {"127.0.0.1",        "10.0.0.7", "169.254.169.254",
                                          "100.64.0.1",       "0.0.0.0",  "::1",
                                          "::ffff:127.0.0.1", "fe80::1",  "fd00::1"};
    f->options.is_dynamic = true;
    assert_int_equal(fetch(f), JWKEEP_OK);
    for (size_t i = 0; i < sizeof special / sizeof special[0]; i++) {
        names_move(special[i]);
        assert_int_equal(fetch(f), JWKEEP_TRANSPORT_CONNECT);
        assert_string_equal(f->error.text, "the address is not a public one");
    }
    assert_int_equal(tls_server_requests(f->server), 1);
    f->options.is_dynamic = false;
    names_move("127.0.0.1");
    assert_int_equal(fetch(f), JWKEEP_OK);
}

static void r18_a_dynamic_source_does_not_reach_loopback_by_http(void **state) {
    fixture *f = *state;
    http_server *server = http_server_new();
    assert_non_null(server);
    snprintf(f->url, sizeof f->url, "http://127.0.0.1:%u/", http_server_port(server));
    http_server_set_response(server, "200 OK", "", "{\"keys\":[]}");
    f->options.allows_http_loopback = true;
    jwkeep_code configured = fetch(f);
    f->options.is_dynamic = true;
    jwkeep_code dynamic = fetch(f);
    http_server_free(server);
    assert_int_equal(configured, JWKEEP_OK);
    assert_int_equal(dynamic, JWKEEP_TRANSPORT_CONNECT);
}

static void r19_one_of_the_pins_must_be_the_servers(void **state) {
    fixture *f = *state;
    char pins[256];
    f->options.pinned_key = tls_server_pin(f->server);
    assert_int_equal(fetch(f), JWKEEP_OK);
    snprintf(pins, sizeof pins, "%s;%s", PIN_B, tls_server_pin(f->server));
    f->options.pinned_key = pins;
    assert_int_equal(fetch(f), JWKEEP_OK);
    f->options.pinned_key = PIN_A ";" PIN_B;
    assert_int_equal(fetch(f), JWKEEP_TRANSPORT_TLS);
    assert_int_equal(tls_server_requests(f->server), 2);
}

static void r19_a_pin_does_not_replace_the_authorities(void **state) {
    fixture *f = *state;
    f->options.pinned_key = tls_server_pin(f->server);
    f->options.ca_file = NULL;
    assert_int_equal(fetch(f), JWKEEP_TRANSPORT_TLS);
}

static void r19_shows_a_client_certificate_where_one_is_demanded(void **state) {
    fixture *f = *state;
    assert_int_equal(fetch(f), JWKEEP_TRANSPORT_TLS);
    f->options.client_cert_file = tls_server_ca_file(f->server);
    f->options.client_key_file = tls_server_key_file(f->server);
    assert_int_equal(fetch(f), JWKEEP_OK);
    f->options.client_key_file = "/nowhere/key.pem";
    assert_int_equal(fetch(f), JWKEEP_TRANSPORT_TLS);
    assert_int_equal(tls_server_requests(f->server), 1);
}

/* The server's key under the passphrase "hush", in a file of its own. */
static void lock_key(fixture *f, char path[sizeof KEY_TEMPLATE]) {
    FILE *from = fopen(tls_server_key_file(f->server), "r");
    EVP_PKEY *key = from ? PEM_read_PrivateKey(from, NULL, NULL, NULL) : NULL;
    memcpy(path, KEY_TEMPLATE, sizeof KEY_TEMPLATE);
    int descriptor = mkstemp(path);
    FILE *to = descriptor >= 0 ? fdopen(descriptor, "w") : NULL;
    assert_non_null(key);
    assert_non_null(to);
    assert_int_equal(PEM_write_PrivateKey(to, key, EVP_aes_256_cbc(), (unsigned char *)"hush",
                                          4, NULL, NULL),
                     1);
    EVP_PKEY_free(key);
    fclose(from);
    fclose(to);
}

/* Whoever is asked here says the passphrase: the input of a process without a terminal. */
static void r19_asks_nobody_for_the_passphrase_of_a_client_key(void **state) {
    fixture *f = *state;
    char path[sizeof KEY_TEMPLATE];
    char byte = '\0';
    int ends[2];
    int input = dup(STDIN_FILENO);
    lock_key(f, path);
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], "hush\n", 5), 5);
    assert_int_equal(dup2(ends[0], STDIN_FILENO), STDIN_FILENO);
    f->options.client_cert_file = tls_server_ca_file(f->server);
    f->options.client_key_file = path;
    jwkeep_code code = fetch(f);
    close(ends[1]);
    ssize_t left = read(ends[0], &byte, 1);
    close(ends[0]);
    dup2(input, STDIN_FILENO);
    close(input);
    unlink(path);
    assert_int_equal(code, JWKEEP_TRANSPORT_TLS);
    assert_int_equal(left, 1);
    assert_int_equal(byte, 'h');
}

static void r19_goes_through_the_proxy_and_tells_it_nothing(void **state) {
    fixture *f = *state;
    char seen[1024];
    char sent[1024];
    const char *line = "Authorization: Bearer secret";
    names_move("10.255.255.1");
    proxy *through = proxy_new(tls_server_port(f->server));
    assert_non_null(through);
    setenv("no_proxy", "*", 1);
    f->options.proxy = proxy_url(through);
    f->options.request_headers = &line;
    f->options.request_header_count = 1;
    jwkeep_code code = fetch(f);
    unsetenv("no_proxy");
    size_t count = proxy_requests(through);
    proxy_last_request(through, seen, sizeof seen);
    proxy_free(through);
    tls_server_last_request(f->server, sent, sizeof sent);
    assert_int_equal(code, JWKEEP_OK);
    assert_int_equal(count, 1);
    assert_non_null(strstr(seen, "CONNECT " NAMES_HOST ":"));
    assert_null(strstr(seen, "secret"));
    assert_non_null(strstr(sent, "Authorization: Bearer secret\r\n"));
}

static void r19_a_proxy_does_not_end_tls(void **state) {
    fixture *f = *state;
    proxy *through = proxy_new(tls_server_port(f->server));
    assert_non_null(through);
    f->options.proxy = proxy_url(through);
    f->options.ca_file = NULL;
    jwkeep_code code = fetch(f);
    proxy_free(through);
    assert_int_equal(code, JWKEEP_TRANSPORT_TLS);
}

static void r19_names_a_proxy_that_refuses(void **state) {
    fixture *f = *state;
    proxy *through = proxy_new(0);
    assert_non_null(through);
    f->options.proxy = proxy_url(through);
    jwkeep_code code = fetch(f);
    proxy_free(through);
    assert_int_equal(code, JWKEEP_TRANSPORT_CONNECT);
    assert_string_equal(f->error.text, "the proxy refused");
    assert_int_equal(tls_server_requests(f->server), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(r19_pins_are_the_base64_of_a_sha256),
        cmocka_unit_test(r19_pins_are_eight_at_the_most),
        cmocka_unit_test(r19_header_lines_cannot_make_another_request),
        cmocka_unit_test(r19_header_lines_are_bounded),
        cmocka_unit_test(r19_a_proxy_is_a_host_and_a_port),
        cmocka_unit_test(r19_a_client_certificate_has_a_key),
        cmocka_unit_test(r18_a_dynamic_source_goes_through_no_proxy),
        TEST(r18_a_dynamic_source_reaches_public_addresses_only),
        TEST(r18_a_dynamic_source_does_not_reach_loopback_by_http),
        TEST(r19_one_of_the_pins_must_be_the_servers),
        TEST(r19_a_pin_does_not_replace_the_authorities),
        cmocka_unit_test_setup_teardown(r19_asks_nobody_for_the_passphrase_of_a_client_key,
                                        set_up_strict, tear_down),
        cmocka_unit_test_setup_teardown(r19_shows_a_client_certificate_where_one_is_demanded,
                                        set_up_strict, tear_down),
        TEST(r19_goes_through_the_proxy_and_tells_it_nothing),
        TEST(r19_a_proxy_does_not_end_tls),
        TEST(r19_names_a_proxy_that_refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
