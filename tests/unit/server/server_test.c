/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the tests of the whole service in one process: the test issuer, a verifier that
 * downloads its keys, the server before it, and clients on raw sockets. */
#include "server/dev_issuer.h"
#include "server/identity.h"
#include "server/server.h"
#include "server/verify_route.h"
#include "support/wire.h"
#include <jwkeep/json.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#define PARKED_COUNT 200
#define LONG_BYTES (IDENTITY_MAX_VALUE_BYTES + 1)

typedef struct fixture {
    char folder[32];
    char unix_address[64];
    dev_issuer *issuer;
    jwkeep_verifier *verifier;
    server *server;
    jwkeep_buffer token;
    char request[8192];
    wire_text text;
} fixture;

static int make_verifier(fixture *it) {
    static const char *const audiences[] = {DEV_ISSUER_AUDIENCE};
    jwkeep_rules rules;
    jwkeep_source_options source;
    jwkeep_verifier_options options;
    jwkeep_rules_init(&rules);
    rules.audiences = audiences;
    rules.audience_count = 1;
    jwkeep_source_options_init(&source);
    source.allows_http_loopback = true;
    const jwkeep_issuer issuer = {.issuer = dev_issuer_url(it->issuer),
                                  .jwks_url = dev_issuer_jwks_url(it->issuer),
                                  .rules = &rules,
                                  .source = &source};
    jwkeep_verifier_options_init(&options);
    options.issuers = &issuer;
    options.issuer_count = 1;
    return jwkeep_verifier_new(&options, &it->verifier, NULL) != JWKEEP_OK;
}

static int start(void **state, const server_limits *limits) {
    fixture *it = calloc(1, sizeof *it);
    dev_issuer_options issuer;
    server_options options;
    *state = it;
    snprintf(it->folder, sizeof it->folder, "/tmp/jwkeep-test-XXXXXX");
    if (!mkdtemp(it->folder))
        return 1;
    snprintf(it->unix_address, sizeof it->unix_address, "unix:%s/verify.sock", it->folder);
    jwkeep_buffer_init(&it->token, 16384);
    dev_issuer_options_init(&issuer);
    issuer.algorithms = JWKEEP_ALGORITHM_BIT(JWKEEP_ALGORITHM_ES256);
    if (dev_issuer_start(&issuer, &it->issuer, NULL) != JWKEEP_OK || make_verifier(it))
        return 1;
    const char *const listen[] = {"127.0.0.1:0", it->unix_address};
    server_options_init(&options);
    options.listen = listen;
    options.listen_count = 2;
    options.admin = "127.0.0.1:0";
    options.workers = 2;
    options.verifier = it->verifier;
    if (limits)
        options.limits = *limits;
    return server_start(&options, &it->server, NULL) != JWKEEP_OK;
}

static int set_up(void **state) {
    return start(state, NULL);
}

static int set_up_one_parked(void **state) {
    server_limits limits;
    server_limits_init(&limits);
    limits.max_parked = 2; /* one for each worker */
    return start(state, &limits);
}

static int tear_down(void **state) {
    fixture *it = *state;
    server_stop(it->server);
    jwkeep_verifier_free(it->verifier);
    dev_issuer_stop(it->issuer);
    jwkeep_buffer_done(&it->token);
    rmdir(it->folder);
    free(it);
    return 0;
}

static const char *listen_address(const fixture *it) {
    return server_listen_address(it->server, 0);
}

/* The request for a token asked of the issuer. */
static const char *request_with(fixture *it, const dev_issuer_request *wanted) {
    jwkeep_buffer_clear(&it->token);
    assert_int_equal(dev_issuer_mint(it->issuer, wanted, &it->token, NULL), JWKEEP_OK);
    snprintf(it->request, sizeof it->request,
             "GET /verify HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer %.*s\r\n\r\n",
             (int)it->token.size, (const char *)it->token.data);
    return it->request;
}

static int verify_with(fixture *it, const dev_issuer_request *wanted) {
    return wire_exchange(listen_address(it), request_with(it, wanted), &it->text);
}

static int verify_field(fixture *it, const char *fields) {
    snprintf(it->request, sizeof it->request, "GET /verify HTTP/1.1\r\nHost: a\r\n%s\r\n",
             fields);
    return wire_exchange(listen_address(it), it->request, &it->text);
}

static int get(fixture *it, const char *address, const char *path, const char *fields) {
    snprintf(it->request, sizeof it->request, "GET %s HTTP/1.1\r\nHost: a\r\n%s\r\n", path,
             fields);
    return wire_exchange(address, it->request, &it->text);
}

static int admin(fixture *it, const char *path) {
    return get(it, server_admin_address(it->server), path, "");
}

static bool has(const fixture *it, const char *text) {
    return strstr(it->text.data, text) != NULL;
}

#define ASSERT_HAS(it, text) assert_true(has(it, text))

/* The value of a sample of /metrics, -1 without it. */
static double metric(fixture *it, const char *sample) {
    char line[128];
    snprintf(line, sizeof line, "\n%s ", sample);
    if (admin(it, "/metrics") != 200)
        return -1;
    const char *at = strstr(it->text.data, line);
    return at ? strtod(at + strlen(line), NULL) : -1;
}

typedef struct metric_wait {
    fixture *it;
    const char *sample;
    double value;
} metric_wait;

static bool has_metric(void *user) {
    const metric_wait *wait = user;
    return metric(wait->it, wait->sample) == wait->value;
}

static bool wait_for_metric(fixture *it, const char *sample, double value) {
    metric_wait wait = {it, sample, value};
    return wire_wait(has_metric, &wait);
}

static void passes_a_good_token(void **state) {
    fixture *it = *state;
    char expected[512];
    const dev_issuer_request wanted = {.sub = JWKEEP_SPAN("alice"),
                                       .scope = JWKEEP_SPAN("read write")};
    assert_int_equal(verify_with(it, &wanted), 200);
    snprintf(expected, sizeof expected,
             "HTTP/1.1 200 OK\r\nX-Auth-Subject: alice\r\nX-Auth-Issuer: %s\r\n"
             "X-Auth-Scope: read write\r\nContent-Length: 0\r\n\r\n",
             dev_issuer_url(it->issuer));
    assert_string_equal(it->text.data, expected);
}

static void sends_every_identity_field_even_if_empty(void **state) {
    fixture *it = *state;
    const dev_issuer_request wanted = {.sub = JWKEEP_SPAN("")};
    assert_int_equal(verify_with(it, &wanted), 200);
    ASSERT_HAS(it, "\r\nX-Auth-Subject: \r\n");
    ASSERT_HAS(it, "\r\nX-Auth-Scope: \r\n");
}

static void sends_unsafe_values_empty_and_counts_them(void **state) {
    fixture *it = *state;
    char *longest = calloc(1, LONG_BYTES + 1);
    memset(longest, 'a', LONG_BYTES);
    const jwkeep_span unsafe[] = {JWKEEP_SPAN("a\r\nX-Auth-Issuer: mallory"),
                                  JWKEEP_SPAN("alice "), JWKEEP_SPAN("caf\xc3\xa9"),
                                  jwkeep_span_of(longest, LONG_BYTES)};
    for (size_t i = 0; i < sizeof unsafe / sizeof unsafe[0]; i++) {
        const dev_issuer_request wanted = {.sub = unsafe[i]};
        assert_int_equal(verify_with(it, &wanted), 200);
        ASSERT_HAS(it, "\r\nX-Auth-Subject: \r\n");
        assert_false(has(it, "mallory"));
    }
    const dev_issuer_request just_fits = {.sub = jwkeep_span_of(longest, LONG_BYTES - 1),
                                          .scope = jwkeep_span_of(longest, LONG_BYTES - 1)};
    assert_int_equal(verify_with(it, &just_fits), 200);
    assert_false(has(it, "X-Auth-Subject: \r\n"));
    assert_true(it->text.size < 4096);
    free(longest);
    assert_true(metric(it, "jwkeep_identity_values_dropped_total") == 4);
}

static void asks_for_a_token(void **state) {
    fixture *it = *state;
    static const char *const none[] = {"", "Authorization: Basic YTpi\r\n",
                                       "Authorization: Bearerx.y.z\r\n", "Authorization:\r\n",
                                       "Cookie: Bearer a.b.c\r\n"};
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++) {
        assert_int_equal(verify_field(it, none[i]), 401);
        ASSERT_HAS(it, "\r\nWWW-Authenticate: Bearer realm=\"jwkeep\"\r\n");
    }
}

static void the_scheme_has_no_case(void **state) {
    fixture *it = *state;
    assert_int_equal(verify_with(it, NULL), 200);
    char *scheme = strstr(it->request, "Bearer");
    memcpy(scheme, "bEARER", 6);
    assert_int_equal(wire_exchange(listen_address(it), it->request, &it->text), 200);
}

static void refuses_anything_but_one_token(void **state) {
    fixture *it = *state;
    static const char *const several[] = {
        "Authorization: Bearer a.b.c\r\nauthorization: Bearer a.b.c\r\n",
        "Authorization: Bearer a.b.c\r\nAuthorization: Basic YTpi\r\n",
        "Authorization: Bearer a.b.c d.e.f\r\n",
        "Authorization: Bearer a.b.c, Bearer d\r\n",
        "Authorization: Bearer a.b.c\td\r\n",
        "Authorization: Bearer\r\n",
        "Authorization: Bearer  \r\n"};
    for (size_t i = 0; i < sizeof several / sizeof several[0]; i++) {
        assert_int_equal(verify_field(it, several[i]), 401);
        ASSERT_HAS(it, "Bearer realm=\"jwkeep\", error=\"invalid_request\"");
        assert_false(has(it, "a.b.c"));
    }
}

static void refuses_bad_tokens(void **state) {
    fixture *it = *state;
    const dev_issuer_request wrong[] = {{.ttl_s = -10}, {.aud = JWKEEP_SPAN("other")}};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_int_equal(verify_with(it, &wrong[i]), 401);
        ASSERT_HAS(it, "Bearer realm=\"jwkeep\", error=\"invalid_token\", "
                       "error_description=\"");
        assert_false(has(it, "X-Auth-"));
    }
    static const char *const malformed[] = {"x", "a.b", "..", "a.b.c.d", "%\"\\", "\xc3\xa9"};
    for (size_t i = 0; i < sizeof malformed / sizeof malformed[0]; i++) {
        char field[64];
        snprintf(field, sizeof field, "Authorization: Bearer %s\r\n", malformed[i]);
        assert_int_equal(verify_field(it, field), 401);
        ASSERT_HAS(it, "error=\"invalid_token\"");
    }
    assert_true(metric(it, "jwkeep_refusals_total{reason=\"token_expired\"}") == 1);
    assert_true(metric(it, "jwkeep_refusals_total{reason=\"audience_mismatch\"}") == 1);
    assert_true(metric(it, "jwkeep_requests_total{policy=\"default\",outcome=\"rejected\"}") ==
                8);
}

static void treats_methods_alike_and_reads_no_body(void **state) {
    fixture *it = *state;
    request_with(it, NULL);
    size_t end = strlen(it->request) - strlen("\r\n");
    snprintf(it->request + end, sizeof it->request - end, "Content-Length: 5\r\n\r\nGET /");
    static const char *const methods[] = {"PUT", "FOO", "GET"};
    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++) {
        memcpy(it->request, methods[i], 3);
        assert_int_equal(wire_exchange(listen_address(it), it->request, &it->text), 200);
    }
}

static void undecided_is_503_while_there_are_no_keys(void **state) {
    fixture *it = *state;
    dev_issuer_set_failing(it->issuer, true);
    assert_int_equal(verify_with(it, NULL), 503);
    ASSERT_HAS(it, "\r\nRetry-After: ");
    assert_false(has(it, "X-Auth-"));
    assert_int_equal(admin(it, "/readyz"), 503);
    ASSERT_HAS(it, "\"reason\":\"");
    assert_int_equal(admin(it, "/healthz"), 200);
    assert_int_equal(get(it, listen_address(it), "/jwks/default", ""), 503);
}

static void a_rotated_key_passes_with_one_download(void **state) {
    fixture *it = *state;
    assert_int_equal(verify_with(it, NULL), 200);
    assert_int_equal(dev_issuer_downloads(it->issuer), 1);
    assert_int_equal(dev_issuer_rotate(it->issuer, false, NULL), JWKEEP_OK);
    assert_int_equal(verify_with(it, NULL), 200);
    assert_int_equal(dev_issuer_downloads(it->issuer), 2);
}

/* Parks `count` requests with a key that a download will bring which is slower than any machine
 * is at sending them, and faster than its time is up. */
static void park(fixture *it, int *sockets, size_t count) {
    dev_issuer_set_latency(it->issuer, 4000);
    assert_int_equal(dev_issuer_rotate(it->issuer, false, NULL), JWKEEP_OK);
    request_with(it, NULL);
    char *request = strdup(it->request);
    for (size_t i = 0; i < count; i++) {
        sockets[i] = wire_connect(server_listen_address(it->server, i % 2));
        assert_true(wire_send_text(sockets[i], request));
    }
    free(request);
}

static void known_keys_are_served_while_others_wait(void **state) {
    fixture *it = *state;
    int sockets[PARKED_COUNT];
    assert_int_equal(verify_with(it, NULL), 200);
    char *known = strdup(it->request);
    park(it, sockets, PARKED_COUNT);
    assert_true(wait_for_metric(it, "jwkeep_parked_requests", PARKED_COUNT));
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(wire_exchange(listen_address(it), known, &it->text), 200);
    free(known);
    for (size_t i = 0; i < PARKED_COUNT; i++) {
        it->text.size = 0;
        it->text.data[0] = '\0';
        assert_int_equal(wire_read_responses(sockets[i], &it->text, 1), 1);
        assert_int_equal(wire_status(&it->text, 0), 200);
        close(sockets[i]);
    }
    assert_int_equal(dev_issuer_downloads(it->issuer), 2);
    assert_true(metric(it, "jwkeep_parked_requests") == 0);
}

static void lets_go_of_requests_whose_client_left(void **state) {
    fixture *it = *state;
    int sockets[PARKED_COUNT];
    assert_int_equal(verify_with(it, NULL), 200);
    park(it, sockets, PARKED_COUNT);
    assert_true(wait_for_metric(it, "jwkeep_parked_requests", PARKED_COUNT));
    for (size_t i = 0; i < PARKED_COUNT; i++)
        close(sockets[i]);
    assert_true(wait_for_metric(it, "jwkeep_parked_requests", 0));
    assert_int_equal(verify_with(it, NULL), 200);
}

static void over_the_limit_of_parked_requests_the_answer_is_503(void **state) {
    fixture *it = *state;
    int sockets[2];
    assert_int_equal(verify_with(it, NULL), 200);
    char *known = strdup(it->request);
    park(it, sockets, 2);
    assert_true(wait_for_metric(it, "jwkeep_parked_requests", 2));
    assert_int_equal(verify_with(it, NULL), 503);
    ASSERT_HAS(it, "\r\nRetry-After: ");
    assert_int_equal(wire_exchange(listen_address(it), known, &it->text), 200);
    free(known);
    for (size_t i = 0; i < 2; i++) {
        it->text.size = 0;
        it->text.data[0] = '\0';
        assert_int_equal(wire_read_responses(sockets[i], &it->text, 1), 1);
        assert_int_equal(wire_status(&it->text, 0), 200);
        close(sockets[i]);
    }
}

static void stopping_answers_what_waits(void **state) {
    fixture *it = *state;
    int sockets[2];
    assert_int_equal(verify_with(it, NULL), 200);
    park(it, sockets, 2);
    assert_true(wait_for_metric(it, "jwkeep_parked_requests", 2));
    server_stop(it->server);
    it->server = NULL;
    for (size_t i = 0; i < 2; i++) {
        it->text.size = 0;
        it->text.data[0] = '\0';
        assert_true(wire_read_to_end(sockets[i], &it->text));
        assert_int_equal(wire_status(&it->text, 0), 200);
        ASSERT_HAS(it, "\r\nConnection: close\r\n");
        close(sockets[i]);
    }
    struct stat status;
    assert_int_equal(stat(it->unix_address + 5, &status), -1);
}

static void *stop_server(void *user) {
    server_stop(user);
    return NULL;
}

static bool is_unreachable(void *user) {
    int socket = wire_connect(user);
    if (socket >= 0)
        close(socket);
    return socket < 0;
}

/* The first server is still answering what it had accepted when its successor starts. */
static void stopping_leaves_the_socket_of_a_successor(void **state) {
    fixture *it = *state;
    const char *address = it->unix_address;
    server_options options;
    server *second = NULL;
    pthread_t stopping;
    int open_request = wire_connect(listen_address(it));
    assert_true(wire_send_text(open_request, request_with(it, NULL)));
    assert_true(wire_send_text(open_request, "GET /verify"));
    it->text.size = 0;
    assert_int_equal(wire_read_responses(open_request, &it->text, 1), 1);
    assert_int_equal(pthread_create(&stopping, NULL, stop_server, it->server), 0);
    it->server = NULL;
    bool is_closed = wire_wait(is_unreachable, it->unix_address);
    server_options_init(&options);
    options.listen = &address;
    options.listen_count = 1;
    options.verifier = it->verifier;
    jwkeep_code code = server_start(&options, &second, NULL);
    close(open_request);
    pthread_join(stopping, NULL);
    it->server = second;
    assert_true(is_closed);
    assert_int_equal(code, JWKEEP_OK);
    assert_int_equal(wire_exchange(it->unix_address, it->request, &it->text), 200);
}

static void mirrors_the_key_set(void **state) {
    fixture *it = *state;
    char field[160];
    assert_int_equal(verify_with(it, NULL), 200);
    assert_int_equal(get(it, listen_address(it), "/jwks/default", ""), 200);
    ASSERT_HAS(it, "Content-Type: application/jwk-set+json\r\n");
    ASSERT_HAS(it, "Cache-Control: public, max-age=");
    ASSERT_HAS(it, "\r\n\r\n{\"keys\":[{\"kty\":\"EC\"");
    assert_false(has(it, "\"d\""));
    const char *etag = strstr(it->text.data, "ETag: ") + 6;
    snprintf(field, sizeof field, "If-None-Match: %.*s\r\n", (int)strcspn(etag, "\r"), etag);
    assert_int_equal(get(it, listen_address(it), "/jwks/default", field), 304);
    assert_int_equal(get(it, listen_address(it), "/jwks/other", ""), 404);
    assert_int_equal(get(it, listen_address(it), "/jwks/", ""), 404);
    assert_int_equal(wire_exchange(listen_address(it),
                                   "PUT /jwks/default HTTP/1.1\r\nHost: a\r\n\r\n", &it->text),
                     405);
}

static void readiness_and_status_are_json(void **state) {
    fixture *it = *state;
    assert_int_equal(verify_with(it, NULL), 200);
    static const char *const paths[] = {"/readyz", "/status"};
    for (size_t i = 0; i < 2; i++) {
        jwkeep_json_text *json = NULL;
        assert_int_equal(admin(it, paths[i]), 200);
        ASSERT_HAS(it, "Content-Type: application/json\r\n");
        assert_int_equal(
            jwkeep_json_parse(jwkeep_span_text(strstr(it->text.data, "\r\n\r\n") + 4), NULL,
                              &json, NULL),
            JWKEEP_OK);
        jwkeep_json_text_free(json);
    }
    ASSERT_HAS(it, "\"kid\":\"");
    ASSERT_HAS(it, "\"requests\":{\"allowed\":1,");
}

static void metrics_follow_the_text_format(void **state) {
    fixture *it = *state;
    assert_int_equal(verify_with(it, NULL), 200);
    assert_int_equal(admin(it, "/metrics"), 200);
    ASSERT_HAS(it, "Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n");
    ASSERT_HAS(it, "\n# TYPE jwkeep_request_duration_seconds histogram\n");
    char *line = strstr(it->text.data, "\r\n\r\n") + 4;
    for (size_t size; (size = strcspn(line, "\n")) > 0; line += size + 1) {
        char *end = NULL;
        assert_int_equal(line[size], '\n');
        line[size] = '\0';
        if (strncmp(line, "# HELP ", 7) == 0 || strncmp(line, "# TYPE ", 7) == 0)
            continue;
        assert_int_equal(strncmp(line, "jwkeep_", 7), 0);
        strtod(strrchr(line, ' ') + 1, &end);
        assert_int_equal(*end, '\0');
    }
    assert_true(metric(it, "jwkeep_request_duration_seconds_count{policy=\"default\"}") == 1);
    assert_true(
        metric(it, "jwkeep_request_duration_seconds_bucket{policy=\"default\",le=\"+Inf\"}") ==
        1);
    assert_true(metric(it, "jwkeep_issuer_keys{issuer=\"default\"}") == 1);
    assert_true(metric(it, "jwkeep_issuer_health{issuer=\"default\",state=\"ok\"}") == 1);
}

/* The hash is the one that the mirror's entity tag shows. */
static void r25_every_figure_of_an_issuer_is_shown(void **state) {
    fixture *it = *state;
    static const char *const counters[] = {
        "keys",
        "generation",
        "age_seconds",
        "expires_in_seconds",
        "last_success_timestamp_seconds",
        "waiters",
        "waiters_coalesced_total",
        "cooldown_rejections_total",
        "negative_rejections_total",
        "stale_answers_total",
        "snapshots_failed_total",
        "size_alarm",
        "keys_skipped",
    };
    static const char *const members[] = {
        "health",
        "generation",
        "age_s",
        "expires_in_s",
        "last_success_ms",
        "fetches",
        "unchanged",
        "waiters",
        "waiters_coalesced",
        "cooldown_rejections",
        "keys_skipped",
        "size_alarm",
        "negative_rejections",
        "stale_answers",
        "snapshots_failed",
    };
    char text[160];
    assert_int_equal(verify_with(it, NULL), 200);
    assert_int_equal(get(it, listen_address(it), "/jwks/default", ""), 200);
    char hash[65] = {0};
    memcpy(hash, strstr(it->text.data, "ETag: \"") + 7, 64);
    assert_int_equal(strspn(hash, "0123456789abcdef"), 64);
    assert_int_equal(admin(it, "/metrics"), 200);
    for (size_t i = 0; i < sizeof counters / sizeof counters[0]; i++) {
        snprintf(text, sizeof text, "\njwkeep_issuer_%s{issuer=\"default\"} ", counters[i]);
        ASSERT_HAS(it, text);
    }
    snprintf(text, sizeof text, "\njwkeep_issuer_set_info{issuer=\"default\",hash=\"%s\"} 1\n",
             hash);
    ASSERT_HAS(it, text);
    assert_int_equal(admin(it, "/status"), 200);
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
        snprintf(text, sizeof text, "\"%s\":", members[i]);
        ASSERT_HAS(it, text);
    }
    snprintf(text, sizeof text, "\"set_hash\":\"%s\"", hash);
    ASSERT_HAS(it, text);
}

static void keeps_administration_apart(void **state) {
    fixture *it = *state;
    static const char *const paths[] = {"/metrics", "/healthz", "/readyz", "/status"};
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(get(it, listen_address(it), paths[i], ""), 404);
    assert_int_equal(admin(it, "/verify"), 404);
    assert_int_equal(admin(it, "/jwks/default"), 404);
    assert_int_equal(wire_exchange(server_admin_address(it->server),
                                   "POST /metrics HTTP/1.1\r\nHost: a\r\n\r\n", &it->text),
                     405);
}

static void knows_no_other_pages(void **state) {
    fixture *it = *state;
    static const char *const paths[] = {"/", "/verifyx", "/verify/x", "/Verify", "/%76erify"};
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++)
        assert_int_equal(get(it, listen_address(it), paths[i], ""), 404);
    assert_int_equal(get(it, listen_address(it), "/verify?x=y", ""), 401);
}

static void listens_on_unix_sockets(void **state) {
    fixture *it = *state;
    struct stat status;
    request_with(it, NULL);
    assert_string_equal(server_listen_address(it->server, 1), it->unix_address);
    assert_null(server_listen_address(it->server, 2));
    assert_int_equal(wire_exchange(it->unix_address, it->request, &it->text), 200);
    assert_int_equal(stat(it->unix_address + 5, &status), 0);
    assert_int_equal(status.st_mode & 0777, SERVER_UNIX_MODE);
}

static jwkeep_code start_with(fixture *it, const char *address, const char *realm,
                              jwkeep_error *error) {
    server *second = NULL;
    server_options options;
    server_options_init(&options);
    options.listen = &address;
    options.listen_count = 1;
    options.verifier = it->verifier;
    options.realm = realm;
    jwkeep_code code = server_start(&options, &second, error);
    server_stop(second);
    return code;
}

static void refuses_impossible_options(void **state) {
    fixture *it = *state;
    static const char *const addresses[] = {
        "",      "8080",  "localhost:80", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:65536",
        "[::1]", "::1:0", "unix:",        "1.2.3:80",   "127.0.0.1:+1"};
    static const char *const realms[] = {"a\"b", "a\\b", "a\r\nb", "a "};
    jwkeep_error error = {0};
    for (size_t i = 0; i < sizeof addresses / sizeof addresses[0]; i++) {
        assert_int_equal(start_with(it, addresses[i], "jwkeep", &error),
                         JWKEEP_MISUSE_ARGUMENT);
        assert_string_equal(error.where, "listen");
    }
    for (size_t i = 0; i < sizeof realms / sizeof realms[0]; i++) {
        assert_int_equal(start_with(it, "127.0.0.1:0", realms[i], &error),
                         JWKEEP_MISUSE_ARGUMENT);
        assert_string_equal(error.where, "realm");
    }
}

static void refuses_an_address_in_use(void **state) {
    fixture *it = *state;
    jwkeep_error error = {0};
    assert_int_equal(start_with(it, listen_address(it), "jwkeep", &error),
                     JWKEEP_SYSTEM_FAILED);
    assert_string_equal(error.text, "Address already in use");
    assert_int_equal(start_with(it, it->unix_address, "jwkeep", &error), JWKEEP_SYSTEM_FAILED);
    assert_int_equal(wire_exchange(it->unix_address, request_with(it, NULL), &it->text), 200);
}

static void replaces_stale_sockets_and_nothing_else(void **state) {
    fixture *it = *state;
    char address[64];
    jwkeep_error error = {0};
    snprintf(address, sizeof address, "unix:%s/other", it->folder);
    FILE *file = fopen(address + 5, "w");
    assert_non_null(file);
    fclose(file);
    assert_int_equal(start_with(it, address, "jwkeep", &error), JWKEEP_SYSTEM_FAILED);
    assert_int_equal(access(address + 5, F_OK), 0);
    unlink(address + 5);
    assert_int_equal(wire_leave_stale(address), 0);
    assert_int_equal(start_with(it, address, "jwkeep", &error), JWKEEP_OK);
}

/* Fills the queue of a listening socket that nobody accepts from; the sockets in it. */
static size_t fill_queue(const struct sockaddr_un *address, int *sockets, size_t capacity) {
    for (size_t i = 0; i < capacity; i++) {
        sockets[i] = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        if (connect(sockets[i], (const struct sockaddr *)(const void *)address,
                    sizeof *address) != 0)
            return i + 1;
    }
    return capacity;
}

static void does_not_wait_for_a_server_that_is_too_busy_to_accept(void **state) {
    fixture *it = *state;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char text[sizeof address.sun_path];
    jwkeep_error error = {0};
    int sockets[8];
    snprintf(text, sizeof text, "unix:%s/busy", it->folder);
    memcpy(address.sun_path, text + 5, strlen(text + 5) + 1);
    int busy = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(busy, (struct sockaddr *)(void *)&address, sizeof address), 0);
    assert_int_equal(listen(busy, 0), 0);
    size_t count = fill_queue(&address, sockets, 8);
    alarm(WIRE_DEADLINE_MS / 1000);
    jwkeep_code code = start_with(it, text, "jwkeep", &error);
    alarm(0);
    while (count > 0)
        close(sockets[--count]);
    close(busy);
    int unlinked = unlink(text + 5);
    assert_int_equal(code, JWKEEP_SYSTEM_FAILED);
    assert_int_equal(unlinked, 0);
}

#define WITH(test, set_up) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        WITH(passes_a_good_token, set_up),
        WITH(sends_every_identity_field_even_if_empty, set_up),
        WITH(sends_unsafe_values_empty_and_counts_them, set_up),
        WITH(asks_for_a_token, set_up),
        WITH(the_scheme_has_no_case, set_up),
        WITH(refuses_anything_but_one_token, set_up),
        WITH(refuses_bad_tokens, set_up),
        WITH(treats_methods_alike_and_reads_no_body, set_up),
        WITH(undecided_is_503_while_there_are_no_keys, set_up),
        WITH(a_rotated_key_passes_with_one_download, set_up),
        WITH(known_keys_are_served_while_others_wait, set_up),
        WITH(lets_go_of_requests_whose_client_left, set_up),
        WITH(over_the_limit_of_parked_requests_the_answer_is_503, set_up_one_parked),
        WITH(stopping_answers_what_waits, set_up),
        WITH(stopping_leaves_the_socket_of_a_successor, set_up),
        WITH(mirrors_the_key_set, set_up),
        WITH(readiness_and_status_are_json, set_up),
        WITH(metrics_follow_the_text_format, set_up),
        WITH(r25_every_figure_of_an_issuer_is_shown, set_up),
        WITH(keeps_administration_apart, set_up),
        WITH(knows_no_other_pages, set_up),
        WITH(listens_on_unix_sockets, set_up),
        WITH(refuses_impossible_options, set_up),
        WITH(refuses_an_address_in_use, set_up),
        WITH(replaces_stale_sockets_and_nothing_else, set_up),
        WITH(does_not_wait_for_a_server_that_is_too_busy_to_accept, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
