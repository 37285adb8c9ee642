/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the tests of the test issuer, over its sockets and through its calls. */
#include "base/clock.h"
#include "server/dev_issuer.h"
#include "support/wire.h"
#include <jwkeep/jwt.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

typedef struct fixture {
    dev_issuer *issuer;
    jwkeep_token *token;
    jwkeep_buffer minted;
    wire_text text;
} fixture;

static int start(void **state, uint32_t latency_ms) {
    fixture *it = calloc(1, sizeof *it);
    dev_issuer_options options;
    dev_issuer_options_init(&options);
    options.latency_ms = latency_ms;
    options.algorithms = JWKEEP_ALGORITHM_BIT(JWKEEP_ALGORITHM_ES256) |
                         JWKEEP_ALGORITHM_BIT(JWKEEP_ALGORITHM_EDDSA);
    jwkeep_buffer_init(&it->minted, 16384);
    *state = it;
    return dev_issuer_start(&options, &it->issuer, NULL) != JWKEEP_OK ||
           jwkeep_token_new(&it->token, NULL) != JWKEEP_OK;
}

static int set_up(void **state) {
    return start(state, 0);
}

static int set_up_slow(void **state) {
    return start(state, 300);
}

static int tear_down(void **state) {
    fixture *it = *state;
    dev_issuer_stop(it->issuer);
    jwkeep_token_free(it->token);
    jwkeep_buffer_done(&it->minted);
    free(it);
    return 0;
}

static int get(fixture *it, const char *path, const char *fields) {
    char request[512];
    snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: a\r\n%s\r\n", path, fields);
    return wire_exchange(dev_issuer_address(it->issuer), request, &it->text);
}

static int post(fixture *it, const char *path, const char *form) {
    char request[512];
    snprintf(request, sizeof request,
             "POST %s HTTP/1.1\r\nHost: a\r\nContent-Length: %zu\r\n"
             "Content-Type: application/x-www-form-urlencoded; charset=utf-8\r\n\r\n%s",
             path, strlen(form), form);
    return wire_exchange(dev_issuer_address(it->issuer), request, &it->text);
}

static const char *body(const fixture *it) {
    return strstr(it->text.data, "\r\n\r\n") + 4;
}

static jwkeep_keyset *fetch(fixture *it) {
    jwkeep_keyset *set = NULL;
    const jwkeep_keyset_options options = {.is_public_only = true};
    if (get(it, "/jwks.json", "") != 200 ||
        jwkeep_keyset_parse(jwkeep_span_text(body(it)), &options, &set, NULL, NULL))
        return NULL;
    return set;
}

/* The verdict on the token in the last answer, with the keys served now. */
static jwkeep_code verify_answer(fixture *it) {
    jwkeep_json_text *json = NULL;
    if (jwkeep_json_parse(jwkeep_span_text(body(it)), NULL, &json, NULL))
        return JWKEEP_MISUSE_STATE;
    jwkeep_buffer_clear(&it->minted);
    jwkeep_code code = jwkeep_buffer_append(
        &it->minted,
        jwkeep_json_string(jwkeep_json_member(jwkeep_json_root(json), "access_token")));
    jwkeep_json_text_free(json);
    jwkeep_keyset *keys = fetch(it);
    jwkeep_rules rules;
    jwkeep_rules_init(&rules);
    if (code == JWKEEP_OK)
        code = jwkeep_jwt_verify(jwkeep_buffer_span(&it->minted), NULL, keys, &rules,
                                 jk_clock_wall_ms(), it->token, NULL, NULL);
    jwkeep_keyset_unref(keys);
    return code;
}

static void assert_span(jwkeep_span span, const char *text) {
    assert_int_equal(span.size, strlen(text));
    assert_memory_equal(span.data, text, span.size);
}

static void serves_one_public_key_for_each_algorithm(void **state) {
    fixture *it = *state;
    jwkeep_keyset *set = fetch(it);
    size_t count = set ? jwkeep_keyset_count(set) : 0;
    jwkeep_keyset_unref(set);
    assert_int_equal(count, 2);
    assert_non_null(strstr(it->text.data, "X-Jwkeep-Test-Issuer: 1\r\n"));
    assert_non_null(strstr(it->text.data, "Cache-Control: public, max-age=300\r\n"));
    assert_null(strstr(it->text.data, "\"d\""));
    assert_int_equal(dev_issuer_downloads(it->issuer), 1);
}

static void answers_304_to_its_own_etag(void **state) {
    fixture *it = *state;
    assert_int_equal(get(it, "/jwks.json", ""), 200);
    assert_non_null(strstr(it->text.data, "ETag: \"1\"\r\n"));
    assert_int_equal(get(it, "/jwks.json", "If-None-Match: \"0\", W/\"1\"\r\n"), 304);
    assert_int_equal(dev_issuer_rotate(it->issuer, false, NULL), JWKEEP_OK);
    assert_int_equal(get(it, "/jwks.json", "If-None-Match: \"1\"\r\n"), 200);
    assert_int_equal(dev_issuer_downloads(it->issuer), 3);
}

static void names_itself_in_its_discovery_document(void **state) {
    fixture *it = *state;
    char expected[128];
    assert_int_equal(get(it, "/.well-known/openid-configuration", ""), 200);
    snprintf(expected, sizeof expected, "{\"issuer\":\"http://%s\",\"jwks_uri\":\"%s\",",
             dev_issuer_address(it->issuer), dev_issuer_jwks_url(it->issuer));
    assert_memory_equal(body(it), expected, strlen(expected));
}

static void signs_what_it_is_asked_for(void **state) {
    fixture *it = *state;
    jwkeep_span scope;
    int64_t expires_s = 0;
    assert_int_equal(post(it, "/token", "sub=bob&scope=read+write&aud=api&ttl=60&alg=EdDSA"),
                     200);
    assert_non_null(strstr(it->text.data, "Cache-Control: no-store\r\n"));
    assert_non_null(strstr(it->text.data, "\"token_type\":\"Bearer\",\"expires_in\":60"));
    assert_int_equal(verify_answer(it), JWKEEP_OK);
    assert_span(jwkeep_token_subject(it->token), "bob");
    assert_span(jwkeep_token_issuer(it->token), dev_issuer_url(it->issuer));
    assert_span(jwkeep_token_audience_at(it->token, 0), "api");
    assert_int_equal(jwkeep_token_claim_string(it->token, "scope", &scope), JWKEEP_OK);
    assert_span(scope, "read write");
    assert_int_equal(jwkeep_token_algorithm(it->token), JWKEEP_ALGORITHM_EDDSA);
    assert_int_equal(jwkeep_token_expires_s(it->token, &expires_s), JWKEEP_OK);
    const int64_t now_s = jk_clock_wall_ms() / 1000;
    assert_in_range(expires_s, now_s + 40, now_s + 60);
}

static void signs_expired_tokens_on_request(void **state) {
    fixture *it = *state;
    assert_int_equal(post(it, "/token", "ttl=-10"), 200);
    assert_int_equal(verify_answer(it), JWKEEP_TOKEN_EXPIRED);
}

static void refuses_bad_forms(void **state) {
    fixture *it = *state;
    static const char *const forms[] = {
        "alg=none",    "alg=HS256", "alg=RS256",  "ttl=x",
        "ttl=",        "ttl=+1",    "ttl=86401",  "ttl=1e3",
        "sub=a&sub=b", "unknown=1", "sub=%",      "sub=%ff",
        "ttl= 1",      "=x",        "ttl=-86401", "ttl=99999999999999999999999",
    };
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        assert_int_equal(post(it, "/token", forms[i]), 400);
        assert_non_null(strstr(body(it), "\"error\":\"invalid_request\""));
    }
    assert_int_equal(post(it, "/rotate", "retire=yes"), 400);
}

static void refuses_bodies_that_are_no_forms(void **state) {
    fixture *it = *state;
    assert_int_equal(wire_exchange(dev_issuer_address(it->issuer),
                                   "POST /token HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n"
                                   "Content-Type: application/json\r\n\r\n{}",
                                   &it->text),
                     400);
}

static void knows_its_routes(void **state) {
    fixture *it = *state;
    assert_int_equal(get(it, "/", ""), 404);
    assert_int_equal(get(it, "/token", ""), 405);
    assert_non_null(strstr(it->text.data, "Allow: POST\r\n"));
    assert_int_equal(post(it, "/jwks.json", ""), 405);
}

static void keeps_the_previous_generation_when_rotating(void **state) {
    fixture *it = *state;
    assert_int_equal(post(it, "/rotate", ""), 200);
    assert_non_null(strstr(body(it), "{\"generation\":2,\"kids\":["));
    jwkeep_keyset *second = fetch(it);
    assert_int_equal(post(it, "/rotate", ""), 200);
    jwkeep_keyset *third = fetch(it);
    size_t counts[] = {second ? jwkeep_keyset_count(second) : 0,
                       third ? jwkeep_keyset_count(third) : 0, 0};
    for (size_t i = 0; second && i < counts[0]; i++)
        counts[2] += third && jwkeep_keyset_has(third, jwkeep_keyset_at(second, i));
    jwkeep_keyset_unref(second);
    jwkeep_keyset_unref(third);
    assert_int_equal(counts[0], 4);
    assert_int_equal(counts[1], 4);
    assert_int_equal(counts[2], 2);
}

static void drops_older_keys_when_told_to(void **state) {
    fixture *it = *state;
    assert_int_equal(post(it, "/rotate", "retire=1"), 200);
    jwkeep_keyset *set = fetch(it);
    size_t count = set ? jwkeep_keyset_count(set) : 0;
    jwkeep_keyset_unref(set);
    assert_int_equal(count, 2);
    assert_int_equal(post(it, "/token", ""), 200);
    assert_int_equal(verify_answer(it), JWKEEP_OK);
    assert_int_equal(get(it, "/stats", ""), 200);
    assert_string_equal(body(it), "{\"downloads\":2,\"not_modified\":0,\"tokens\":1,"
                                  "\"rotations\":1,\"generation\":2}\n");
}

static void fails_when_told_to(void **state) {
    fixture *it = *state;
    dev_issuer_set_failing(it->issuer, true);
    assert_int_equal(get(it, "/jwks.json", ""), 503);
    dev_issuer_set_failing(it->issuer, false);
    assert_int_equal(get(it, "/jwks.json", ""), 200);
}

typedef struct downloads_wait {
    const dev_issuer *issuer;
    uint64_t count;
} downloads_wait;

static bool has_downloads(void *user) {
    const downloads_wait *wait = user;
    return dev_issuer_downloads(wait->issuer) >= wait->count;
}

static bool wait_for_downloads(fixture *it, uint64_t count) {
    downloads_wait wait = {it->issuer, count};
    return wire_wait(has_downloads, &wait);
}

static uint64_t now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* All wait at the same time, and see the keys of the moment in which they asked. */
static void many_slow_downloads_wait_together(void **state) {
    fixture *it = *state;
    enum { COUNT = 200 };
    int sockets[COUNT];
    uint64_t began_ms = now_ms();
    for (size_t i = 0; i < COUNT; i++) {
        sockets[i] = wire_connect(dev_issuer_address(it->issuer));
        assert_true(wire_send_text(sockets[i], "GET /jwks.json HTTP/1.1\r\nHost: a\r\n\r\n"));
    }
    assert_true(wait_for_downloads(it, COUNT));
    assert_int_equal(dev_issuer_rotate(it->issuer, true, NULL), JWKEEP_OK);
    for (size_t i = 0; i < COUNT; i++) {
        it->text.size = 0;
        it->text.data[0] = '\0';
        assert_int_equal(wire_read_responses(sockets[i], &it->text, 1), 1);
        assert_non_null(strstr(it->text.data, "ETag: \"1\"\r\n"));
        close(sockets[i]);
    }
    assert_true(now_ms() - began_ms >= 300);
    /* One after the other they would take a minute. */
    assert_true(now_ms() - began_ms < COUNT * 300 / 2);
}

static void stops_while_downloads_and_rotations_wait(void **state) {
    fixture *it = *state;
    int download = wire_connect(dev_issuer_address(it->issuer));
    int rotation = wire_connect(dev_issuer_address(it->issuer));
    assert_true(wire_send_text(download, "GET /jwks.json HTTP/1.1\r\nHost: a\r\n\r\n"));
    assert_true(wire_send_text(rotation, "POST /rotate HTTP/1.1\r\nHost: a\r\n\r\n"));
    assert_true(wait_for_downloads(it, 1));
    dev_issuer_stop(it->issuer);
    it->issuer = NULL;
    assert_true(wire_read_to_end(download, &it->text));
    close(download);
    close(rotation);
}

static void mints_for_its_own_program(void **state) {
    fixture *it = *state;
    dev_issuer_request request = {.ttl_s = DEV_ISSUER_MAX_TTL_S + 1};
    assert_int_equal(dev_issuer_mint(it->issuer, &request, &it->minted, NULL),
                     JWKEEP_MISUSE_ARGUMENT);
    request = (dev_issuer_request){.algorithm = JWKEEP_ALGORITHM_RS256};
    assert_int_equal(dev_issuer_mint(it->issuer, &request, &it->minted, NULL),
                     JWKEEP_MISUSE_ARGUMENT);
    request = (dev_issuer_request){.sub = JWKEEP_SPAN("\xff")};
    assert_int_equal(dev_issuer_mint(it->issuer, &request, &it->minted, NULL),
                     JWKEEP_MISUSE_ARGUMENT);
    assert_int_equal(it->minted.size, 0);
    assert_int_equal(dev_issuer_mint(it->issuer, NULL, &it->minted, NULL), JWKEEP_OK);
    assert_true(it->minted.size > 100);
}

static void refuses_options_that_are_not_for_a_test_issuer(void **state) {
    (void)state;
    static const char *const addresses[] = {"0.0.0.0:0",      "192.0.2.1:0", "[::]:0",
                                            "unix:/x",        "localhost:0", "127.0.0.1",
                                            "127.0.0.1:65536"};
    dev_issuer *issuer = NULL;
    jwkeep_error error = {0};
    dev_issuer_options options;
    for (size_t i = 0; i < sizeof addresses / sizeof addresses[0]; i++) {
        dev_issuer_options_init(&options);
        options.address = addresses[i];
        assert_int_equal(dev_issuer_start(&options, &issuer, &error), JWKEEP_MISUSE_ARGUMENT);
        assert_string_equal(error.where, "address");
    }
    dev_issuer_options_init(&options);
    options.algorithms |= JWKEEP_ALGORITHM_BIT(JWKEEP_ALGORITHM_HS256);
    assert_int_equal(dev_issuer_start(&options, &issuer, &error), JWKEEP_MISUSE_ARGUMENT);
    assert_string_equal(error.where, "algorithms");
    assert_null(issuer);
}

#define WITH(test, set_up) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        WITH(serves_one_public_key_for_each_algorithm, set_up),
        WITH(answers_304_to_its_own_etag, set_up),
        WITH(names_itself_in_its_discovery_document, set_up),
        WITH(signs_what_it_is_asked_for, set_up),
        WITH(signs_expired_tokens_on_request, set_up),
        WITH(refuses_bad_forms, set_up),
        WITH(refuses_bodies_that_are_no_forms, set_up),
        WITH(knows_its_routes, set_up),
        WITH(keeps_the_previous_generation_when_rotating, set_up),
        WITH(drops_older_keys_when_told_to, set_up),
        WITH(fails_when_told_to, set_up),
        WITH(many_slow_downloads_wait_together, set_up_slow),
        WITH(stops_while_downloads_and_rotations_wait, set_up_slow),
        WITH(mints_for_its_own_program, set_up),
        cmocka_unit_test(refuses_options_that_are_not_for_a_test_issuer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
