/* SPDX-License-Identifier: Apache-2.0
 *
 * A source against real servers that fail in every way a network has. For each: the error has
 * its own code, the keys serve on, the download ends by itself, and the next good answer
 * heals. The policy's clock is moved by hand; only the transport's own time limits are real.
 */
#include "base/clock.h"
#include "remote/refresher.h"
#include "support/http_server.h"
#include "support/names.h"
#include "support/script.h"
#include "support/tls_server.h"
#include <jwkeep/jwkeep.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#define AN_HOUR 3600
#define REFRESH_MS (10 * 60 * 1000)
#define RETRY_MS (70 * 1000)
#define SHORT_TIMEOUT_MS 2000
#define LONG_TIMEOUT_MS 30000
#define PACKED_BYTES 6000000u

typedef struct fixture {
    http_server *server;
    tls_server *secure;
    tls_server *impostor;
    char ca_file[64]; /* with both certificates, where there is one */
    int64_t now_ms;
    jwkeep_refresher *refresher;
    jwkeep_source *source;
    jwkeep_code last_code; /* of the last download */
    size_t ends;           /* of downloads */
    char url[128];
    jwkeep_source_options options;
} fixture;

static int64_t stand_still(void *user) {
    return ((fixture *)user)->now_ms;
}

static int64_t wall(void *user) {
    return 1700000000000 + ((fixture *)user)->now_ms;
}

static void on_event(void *user, const jwkeep_event *event) {
    fixture *f = user;
    bool is_end = event->kind == JWKEEP_EVENT_REFRESHED ||
                  event->kind == JWKEEP_EVENT_UNCHANGED || event->kind == JWKEEP_EVENT_FAILED;
    if (!is_end)
        return;
    f->last_code = event->error ? event->error->code : JWKEEP_OK;
    f->ends++;
}

static bool make_refresher(fixture *f) {
    jwkeep_error error;
    jk_environment environment;
    if (jk_environment_system(&environment, &error))
        return false;
    environment.monotonic_ms = stand_still;
    environment.wall_ms = wall;
    environment.user = f;
    environment.seed = 42;
    return jk_refresher_new_in(&environment, 0, false, &f->refresher, &error) == JWKEEP_OK;
}

static int set_up(void **state) {
    fixture *f = calloc(1, sizeof *f);
    if (!f)
        return -1;
    *state = f;
    f->now_ms = 1000000;
    jwkeep_source_options_init(&f->options);
    f->options.url = f->url;
    f->options.on_event = on_event;
    f->options.user = f;
    f->options.is_eager = true;
    f->options.allows_http_loopback = true;
    f->options.connect_timeout_ms = LONG_TIMEOUT_MS;
    f->options.fetch_timeout_ms = LONG_TIMEOUT_MS;
    f->server = http_server_new();
    if (!f->server || !make_refresher(f))
        return -1;
    snprintf(f->url, sizeof f->url, "http://127.0.0.1:%u/jwks", http_server_port(f->server));
    return 0;
}

static int tear_down(void **state) {
    fixture *f = *state;
    jwkeep_source_free(f->source);
    jwkeep_refresher_free(f->refresher);
    http_server_free(f->server);
    tls_server_free(f->secure);
    free(f);
    return 0;
}

/* Moves the clock and turns until the download that is then due has ended. */
static jwkeep_code download_after(fixture *f, int64_t ms) {
    size_t before = f->ends;
    int64_t began_ms = jk_clock_monotonic_ms();
    f->now_ms += ms;
    while (f->ends == before) {
        jk_refresher_turn(f->refresher);
        if (jk_clock_monotonic_ms() - began_ms > 3 * LONG_TIMEOUT_MS)
            fail_msg("the download did not end");
    }
    return f->last_code;
}

static bool has_key(fixture *f, const char *kid) {
    jwkeep_jwk *key = jwkeep_keyring_find(jwkeep_source_ring(f->source), jwkeep_span_text(kid));
    jwkeep_jwk_unref(key);
    return key;
}

static void answer_well(fixture *f, const char *letters) {
    if (f->secure)
        tls_server_set_body(f->secure, script_keys(letters));
    http_server_set_response(f->server, "200 OK", "ETag: \"v1\"\r\n", script_keys(letters));
}

static void load(fixture *f) {
    answer_well(f, "ab");
    assert_int_equal(jwkeep_source_new(f->refresher, &f->options, &f->source, NULL), JWKEEP_OK);
    assert_int_equal(download_after(f, 0), JWKEEP_OK);
    assert_true(has_key(f, "a"));
}

static void expect_failure(fixture *f, jwkeep_code code) {
    assert_int_equal(download_after(f, REFRESH_MS), code);
    assert_int_equal(jwkeep_source_check(f->source), JWKEEP_OK);
    assert_true(has_key(f, "a"));
    jwkeep_source_status status;
    jwkeep_source_status_get(f->source, &status);
    assert_int_equal(status.fetches_failed, 1);
    assert_int_equal(status.last_error, code);
    assert_int_equal(status.health, JWKEEP_HEALTH_DEGRADED);
}

static void expect_healing(fixture *f) {
    assert_int_equal(download_after(f, RETRY_MS), JWKEEP_OK);
    assert_true(has_key(f, "c"));
    assert_false(has_key(f, "a"));
    jwkeep_source_status status;
    jwkeep_source_status_get(f->source, &status);
    assert_int_equal(status.last_error, JWKEEP_OK);
    assert_int_equal(status.health, JWKEEP_HEALTH_OK);
}

/* The server does `manner` with `bytes` once. */
static void survives(fixture *f, http_server_manner manner, const void *bytes, size_t size,
                     jwkeep_code code) {
    load(f);
    http_server_set(f->server, manner, bytes, size);
    expect_failure(f, code);
    answer_well(f, "bc");
    expect_healing(f);
}

static void survives_text(fixture *f, const char *answer, jwkeep_code code) {
    survives(f, HTTP_SERVER_ANSWER, answer, strlen(answer), code);
}

static void survives_a_server_that_never_answers(void **state) {
    fixture *f = *state;
    f->options.fetch_timeout_ms = SHORT_TIMEOUT_MS;
    survives(f, HTTP_SERVER_SILENT, "", 0, JWKEEP_TRANSPORT_TIMEOUT);
}

static void r12_survives_a_server_that_drips(void **state) {
    fixture *f = *state;
    char answer[2048] = "HTTP/1.1 200 OK\r\nContent-Length: 1900\r\n\r\n";
    size_t head = strlen(answer);
    memset(answer + head, ' ', 1900);
    f->options.fetch_timeout_ms = SHORT_TIMEOUT_MS;
    survives(f, HTTP_SERVER_DRIP, answer, head + 1900, JWKEEP_TRANSPORT_TIMEOUT);
}

static void survives_a_reset_in_the_body(void **state) {
    static const char part[] = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"keys\"";
    survives(*state, HTTP_SERVER_RESET, part, sizeof part - 1, JWKEEP_TRANSPORT_BROKEN);
}

static void survives_a_length_that_is_too_long(void **state) {
    survives_text(*state, "HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n{\"keys\":[]}",
                  JWKEEP_TRANSPORT_BROKEN);
}

static void survives_a_length_that_is_too_short(void **state) {
    survives_text(*state, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{\"keys\":[]}",
                  JWKEEP_TRANSPORT_BODY);
}

static void r14_survives_another_document(void **state) {
    survives_text(*state, "HTTP/1.1 200 OK\r\nContent-Length: 15\r\n\r\n{\"error\":\"oops\"}",
                  JWKEEP_TRANSPORT_BODY);
}

static void r14_survives_html(void **state) {
    survives_text(*state,
                  "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 2\r\n\r\n{}",
                  JWKEEP_TRANSPORT_CONTENT_TYPE);
}

static void survives_gzip_that_is_none(void **state) {
    survives_text(*state,
                  "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 11\r\n\r\n"
                  "{\"keys\":[]}",
                  JWKEEP_TRANSPORT_BROKEN);
}

static void r12_survives_five_megabytes(void **state) {
    static const char head[] = "HTTP/1.1 200 OK\r\n\r\n";
    char *answer = malloc(sizeof head + PACKED_BYTES);
    assert_non_null(answer);
    memcpy(answer, head, sizeof head);
    memset(answer + sizeof head - 1, ' ', PACKED_BYTES);
    survives(*state, HTTP_SERVER_ANSWER, answer, sizeof head - 1 + PACKED_BYTES,
             JWKEEP_TRANSPORT_TOO_LARGE);
    free(answer);
}

static void r18_survives_a_redirect(void **state) {
    fixture *f = *state;
    load(f);
    http_server_set_response(f->server, "301 Moved Permanently",
                             "Location: https://elsewhere.test/\r\n", "");
    expect_failure(f, JWKEEP_TRANSPORT_REDIRECT);
    assert_int_equal(http_server_requests(f->server), 2);
    answer_well(f, "bc");
    expect_healing(f);
}

static void r07_survives_a_304_that_was_not_asked_for(void **state) {
    fixture *f = *state;
    http_server_set_response(f->server, "304 Not Modified", "", "");
    assert_int_equal(jwkeep_source_new(f->refresher, &f->options, &f->source, NULL), JWKEEP_OK);
    assert_int_equal(download_after(f, 0), JWKEEP_TRANSPORT_STATUS);
    assert_int_equal(jwkeep_source_check(f->source), JWKEEP_KEYS_NOT_LOADED);
    answer_well(f, "bc");
    expect_healing(f);
}

static void r10_survives_a_server_error(void **state) {
    survives_text(*state, "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n",
                  JWKEEP_TRANSPORT_STATUS);
}

/* Deflate (RFC 1951 §3.2.4) in stored blocks would be no bomb: this is one block of fixed codes
 * (§3.2.6), a space and then copies of 258 bytes from one byte before, 13 bits each. */
typedef struct bit_writer {
    uint8_t *bytes;
    size_t bits;
} bit_writer;

static void put_bits(bit_writer *writer, unsigned value, unsigned count) {
    for (unsigned i = 0; i < count; i++, writer->bits++)
        writer->bytes[writer->bits / 8] |= (uint8_t)((value >> i & 1u) << (writer->bits % 8));
}

/* Huffman codes go with their most significant bit first (§3.1.1). */
static void put_code(bit_writer *writer, unsigned code, unsigned count) {
    for (unsigned i = count; i-- > 0;)
        put_bits(writer, code >> i & 1u, 1);
}

/* A body of 1 + 258 * `copies` spaces; its size, and the bytes for the caller to free. */
static size_t pack_spaces(size_t copies, uint8_t **ret_bytes) {
    static const uint8_t head[] = {0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255};
    bit_writer writer = {.bytes = calloc(1, sizeof head + copies * 13 / 8 + 32),
                         .bits = sizeof head * 8};
    assert_non_null(writer.bytes);
    memcpy(writer.bytes, head, sizeof head);
    put_bits(&writer, 1, 1);
    put_bits(&writer, 1, 2);
    put_code(&writer, 0x30 + ' ', 8);
    for (size_t i = 0; i < copies; i++) {
        put_code(&writer, 0xc0 + 285 - 280, 8);
        put_code(&writer, 0, 5);
    }
    put_code(&writer, 0, 7);
    *ret_bytes = writer.bytes;
    return (writer.bits + 7) / 8 + 8;
}

/* Under the limit while it is packed, a hundred times over it when it is not. */
static void r12_survives_a_gzip_bomb(void **state) {
    fixture *f = *state;
    uint8_t *packed;
    size_t size = pack_spaces(250000, &packed);
    assert_in_range(size, 1, 512 * 1024);
    char *answer = malloc(size + 256);
    assert_non_null(answer);
    int head = snprintf(answer, 256,
                        "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n"
                        "Content-Length: %zu\r\n\r\n",
                        size);
    memcpy(answer + head, packed, size);
    free(packed);
    survives(f, HTTP_SERVER_ANSWER, answer, (size_t)head + size, JWKEEP_TRANSPORT_TOO_LARGE);
    free(answer);
}

typedef struct certificate {
    const char *host;
    long valid_s;
    bool is_known; /* to the source */
} certificate;

static void load_by_tls(fixture *f, const char *ca_file) {
    names_move(NAMES_PUBLIC_ADDRESS);
    names_lead(0);
    snprintf(f->url, sizeof f->url, "https://%s:%u/", NAMES_HOST, tls_server_port(f->secure));
    f->options.ca_file = ca_file;
    load(f);
}

static int set_up_tls(void **state) {
    if (set_up(state))
        return -1;
    fixture *f = *state;
    f->secure = tls_server_new(NAMES_HOST, AN_HOUR);
    return f->secure ? 0 : -1;
}

static int tear_down_tls(void **state) {
    fixture *f = *state;
    names_move(NAMES_PUBLIC_ADDRESS);
    names_lead(0);
    tls_server_free(f->impostor);
    unlink(f->ca_file);
    return tear_down(state);
}

static bool copy_file(FILE *to, const char *name) {
    char text[2048];
    FILE *from = fopen(name, "r");
    size_t size = from ? fread(text, 1, sizeof text, from) : 0;
    if (from)
        fclose(from);
    return size > 0 && fwrite(text, 1, size, to) == size;
}

/* The certificates of both servers in one file. */
static void join_authorities(fixture *f) {
    snprintf(f->ca_file, sizeof f->ca_file, "/tmp/jwkeep-test-ca-XXXXXX");
    int descriptor = mkstemp(f->ca_file);
    FILE *file = descriptor >= 0 ? fdopen(descriptor, "w") : NULL;
    assert_non_null(file);
    bool is_joined = copy_file(file, tls_server_ca_file(f->secure)) &&
                     copy_file(file, tls_server_ca_file(f->impostor));
    assert_true(fclose(file) == 0 && is_joined);
}

/* For a while another server stands there, with another certificate. */
static void survives_certificate(fixture *f, const certificate *other) {
    f->impostor = tls_server_new(other->host, other->valid_s);
    assert_non_null(f->impostor);
    if (other->is_known)
        join_authorities(f);
    load_by_tls(f, other->is_known ? f->ca_file : tls_server_ca_file(f->secure));
    names_lead(tls_server_port(f->impostor));
    expect_failure(f, JWKEEP_TRANSPORT_TLS);
    assert_int_equal(tls_server_requests(f->impostor), 0);
    names_lead(0);
    answer_well(f, "bc");
    expect_healing(f);
}

static void r19_survives_an_unknown_authority(void **state) {
    survives_certificate(*state, &(certificate){NAMES_HOST, AN_HOUR, false});
}

static void r19_survives_an_expired_certificate(void **state) {
    survives_certificate(*state, &(certificate){NAMES_HOST, -AN_HOUR, true});
}

static void r19_survives_a_certificate_of_another_host(void **state) {
    survives_certificate(*state, &(certificate){"elsewhere.test", AN_HOUR, true});
}

static void survives_a_refused_connection(void **state) {
    fixture *f = *state;
    load_by_tls(f, tls_server_ca_file(f->secure));
    names_lead(1);
    expect_failure(f, JWKEEP_TRANSPORT_CONNECT);
    names_lead(0);
    answer_well(f, "bc");
    expect_healing(f);
}

static void r18_survives_a_name_that_moves_to_a_private_address(void **state) {
    fixture *f = *state;
    f->options.is_dynamic = true;
    load_by_tls(f, tls_server_ca_file(f->secure));
    names_move("10.0.0.7");
    expect_failure(f, JWKEEP_TRANSPORT_CONNECT);
    names_move(NAMES_PUBLIC_ADDRESS);
    answer_well(f, "bc");
    expect_healing(f);
}

static void survives_a_name_that_is_gone(void **state) {
    fixture *f = *state;
    load_by_tls(f, tls_server_ca_file(f->secure));
    names_move("no-such-host.invalid");
    expect_failure(f, JWKEEP_TRANSPORT_RESOLVE);
    names_move(NAMES_PUBLIC_ADDRESS);
    answer_well(f, "bc");
    expect_healing(f);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
#define TLS_TEST(name) cmocka_unit_test_setup_teardown(name, set_up_tls, tear_down_tls)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(survives_a_server_that_never_answers),
        TEST(r12_survives_a_server_that_drips),
        TEST(survives_a_reset_in_the_body),
        TEST(survives_a_length_that_is_too_long),
        TEST(survives_a_length_that_is_too_short),
        TEST(r14_survives_another_document),
        TEST(r14_survives_html),
        TEST(survives_gzip_that_is_none),
        TEST(r12_survives_five_megabytes),
        TEST(r18_survives_a_redirect),
        TEST(r07_survives_a_304_that_was_not_asked_for),
        TEST(r10_survives_a_server_error),
        TEST(r12_survives_a_gzip_bomb),
        TLS_TEST(r19_survives_an_unknown_authority),
        TLS_TEST(r19_survives_an_expired_certificate),
        TLS_TEST(r19_survives_a_certificate_of_another_host),
        TLS_TEST(survives_a_refused_connection),
        TLS_TEST(r18_survives_a_name_that_moves_to_a_private_address),
        TLS_TEST(survives_a_name_that_is_gone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
