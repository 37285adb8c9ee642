/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the tests of where a token is found, where it is not, and what counts as two; and of
 * what the gateways say about the client's request. */
#include "server/credentials.h"
#include "server/original.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static http_reader reader;
static char bytes[4096];

/* A request with these fields. */
static http_request request_with(const char *fields) {
    int size =
        snprintf(bytes, sizeof bytes, "GET /verify HTTP/1.1\r\nHost: a\r\n%s\r\n", fields);
    http_reader_init(&reader);
    assert_int_equal(http_reader_read(&reader, jwkeep_span_of(bytes, (size_t)size)),
                     HTTP_READ_COMPLETE);
    return (http_request){&reader, (const uint8_t *)bytes};
}

static server_policy everywhere(void) {
    server_policy policy;
    policy_init(&policy, "p", NULL, "r");
    policy.token_cookie = "session";
    policy.token_header = "x-token";
    policy.token_query = "access_token";
    return policy;
}

static credentials find(const server_policy *policy, const char *fields, const char *query) {
    http_request request = request_with(fields);
    return credentials_find(policy, &request, jwkeep_span_text(query));
}

static void finds_the_token_in_each_place(void **state) {
    (void)state;
    const char *const requests[][2] = {
        {"Authorization: Bearer a.b.c\r\n", NULL},
        {"authorization: bEARER   a.b.c\r\n", NULL},
        {"Cookie: session=a.b.c\r\n", NULL},
        {"Cookie: x=1; session=a.b.c; y=2\r\n", NULL},
        {"Cookie: x=1\r\nCookie: session=\"a.b.c\"\r\n", NULL},
        {"Cookie: session=; mysession=x; session=a.b.c\r\n", NULL},
        {"X-Token: a.b.c\r\n", NULL},
        {"X-TOKEN: Bearer a.b.c\r\n", NULL},
        {"", "a=1&access_token=a.b.c&b=2"},
        {"Authorization: Basic Zm9v\r\nX-Token: a.b.c\r\n", NULL},
    };
    server_policy policy = everywhere();
    for (size_t i = 0; i < sizeof requests / sizeof *requests; i++) {
        credentials found = find(&policy, requests[i][0], requests[i][1]);
        assert_null(found.fault);
        if (!jwkeep_span_equals(found.token, JWKEEP_SPAN("a.b.c")))
            fail_msg("not found in %s", requests[i][0]);
    }
}

static void looks_nowhere_but_where_the_policy_says(void **state) {
    (void)state;
    server_policy policy;
    policy_init(&policy, "p", NULL, "r");
    credentials found =
        find(&policy, "Cookie: session=a.b.c\r\nX-Token: a.b.c\r\n", "access_token=a.b.c");
    assert_false(jwkeep_span_is_present(found.token));
    policy.takes_authorization = false;
    policy.token_cookie = "other";
    found = find(&policy, "Authorization: Bearer a.b.c\r\nCookie: session=a.b.c\r\n", NULL);
    assert_false(jwkeep_span_is_present(found.token));
    assert_null(found.fault);
}

static void refuses_two_tokens_wherever_they_stand(void **state) {
    (void)state;
    const char *const requests[][2] = {
        {"Authorization: Bearer a\r\nAuthorization: Bearer a\r\n", NULL},
        {"Authorization: Bearer a b\r\n", NULL},
        {"Authorization: Bearer a,b\r\n", NULL},
        {"Authorization: Bearer\r\n", NULL},
        {"Authorization: Bearer a\r\nCookie: session=a\r\n", NULL},
        {"Authorization: Bearer a\r\nX-Token: a\r\n", NULL},
        {"Authorization: Bearer a\r\n", "access_token=a"},
        {"Cookie: session=a; session=a\r\n", NULL},
        {"Cookie: session=a\r\nCookie: session=b\r\n", NULL},
        {"X-Token: a\r\nX-Token: a\r\n", NULL},
        {"X-Token: a, b\r\n", NULL},
        {"", "access_token=a&access_token=a"},
    };
    server_policy policy = everywhere();
    for (size_t i = 0; i < sizeof requests / sizeof *requests; i++) {
        if (!find(&policy, requests[i][0], requests[i][1]).fault)
            fail_msg("let through: %s", requests[i][0]);
    }
}

static bool reads(policy_gateway gateway, const char *fields, const char *rest,
                  original_request *ret_original) {
    http_request request = request_with(fields);
    return original_read(gateway, &request, jwkeep_span_text(rest), ret_original);
}

static void believes_the_fields_of_its_gateway_only(void **state) {
    (void)state;
    const char *both = "X-Original-Method: PUT\r\nX-Original-URI: /n?q=1\r\n"
                       "X-Forwarded-Method: POST\r\nX-Forwarded-Uri: /f\r\n";
    original_request original;
    assert_true(reads(POLICY_GATEWAY_NGINX, both, NULL, &original));
    assert_true(jwkeep_span_equals(original.method, JWKEEP_SPAN("PUT")));
    assert_true(jwkeep_span_equals(original.path, JWKEEP_SPAN("/n")));
    assert_true(jwkeep_span_equals(original.query, JWKEEP_SPAN("q=1")));
    assert_true(reads(POLICY_GATEWAY_FORWARDED, both, NULL, &original));
    assert_true(jwkeep_span_equals(original.path, JWKEEP_SPAN("/f")));
    assert_true(jwkeep_span_equals(original.method, JWKEEP_SPAN("POST")));
    assert_true(reads(POLICY_GATEWAY_ENVOY, both, "/e", &original));
    assert_true(jwkeep_span_equals(original.path, JWKEEP_SPAN("/e")));
    assert_true(jwkeep_span_equals(original.method, JWKEEP_SPAN("GET")));
    assert_true(reads(POLICY_GATEWAY_NONE, both, NULL, &original));
    assert_false(jwkeep_span_is_present(original.path));
}

static void says_nothing_when_the_gateway_is_not_clear(void **state) {
    (void)state;
    const char *const fields[] = {
        "",
        "X-Original-URI: /a\r\n",
        "X-Original-Method: GET\r\n",
        "X-Original-Method: GET\r\nX-Original-URI: /a\r\nX-Original-URI: /b\r\n",
        "X-Original-Method: GET\r\nX-Original-Method: GET\r\nX-Original-URI: /a\r\n",
        "X-Original-Method: GET\r\nX-Original-URI:\r\n",
        "X-Original-Method: GET\r\nX-Original-URI: http://a/b\r\n",
        "X-Original-Method: G T\r\nX-Original-URI: /a\r\n",
    };
    original_request original;
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        if (reads(POLICY_GATEWAY_NGINX, fields[i], NULL, &original))
            fail_msg("believed: %s", fields[i]);
    }
    assert_false(reads(POLICY_GATEWAY_ENVOY, "", NULL, &original));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_the_token_in_each_place),
        cmocka_unit_test(looks_nowhere_but_where_the_policy_says),
        cmocka_unit_test(refuses_two_tokens_wherever_they_stand),
        cmocka_unit_test(believes_the_fields_of_its_gateway_only),
        cmocka_unit_test(says_nothing_when_the_gateway_is_not_clear),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
