/* SPDX-License-Identifier: Apache-2.0
 *
 * Tokens of HTTP requests: where one is found, and what a request must not do: bring two, hide
 * one from another parser, or bring what is no token. */
#include "base/attributes.h"
#include "support/jose.h"
#include <jwkeep/http_token.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define NO_PLACE ((jwkeep_http_place)0)

static jwkeep_http_request request;
static jwkeep_http_token_options options;
static jwkeep_buffer token;
static jwkeep_http_found found;
static jwkeep_error error;
static jwkeep_span fields[4];

static int set_up(void **state) {
    (void)state;
    memset(&request, 0, sizeof request);
    jwkeep_http_token_options_init(&options);
    options.is_dpop_taken = options.is_form_read = true;
    options.cookie = "session";
    jwkeep_buffer_init(&token, 65536);
    found = (jwkeep_http_found){NO_PLACE, false};
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    jwkeep_buffer_done(&token);
    return 0;
}

static jwkeep_code find(void) {
    jwkeep_buffer_clear(&token);
    found = (jwkeep_http_found){NO_PLACE, false};
    jwkeep_code code = jwkeep_http_token_find(&request, &options, &token, &found, &error);
    if (code != JWKEEP_OK)
        assert_true(token.size == 0 && found.place == NO_PLACE && error.code == code);
    return code;
}

static jwkeep_code find_in_header(const char *value) {
    fields[0] = jwkeep_span_text(value);
    request.authorization = fields;
    request.authorization_count = 1;
    return find();
}

static jwkeep_code find_in_cookie(const char *value) {
    fields[0] = jwkeep_span_text(value);
    request.cookies = fields;
    request.cookie_count = 1;
    return find();
}

static jwkeep_code find_in_form(const char *body) {
    request.method = JWKEEP_SPAN("POST");
    request.content_type = JWKEEP_SPAN("application/x-www-form-urlencoded");
    request.body = jwkeep_span_text(body);
    return find();
}

static void finds_a_bearer_token(void **state) {
    (void)state;
    static const char *const values[] = {"Bearer a.b-c_d", "bearer a.b-c_d", "BEARER   a.b-c_d",
                                         " Bearer a.b-c_d\t "};
    for (size_t i = 0; i < JK_COUNT_OF(values); i++) {
        assert_int_equal(find_in_header(values[i]), JWKEEP_OK);
        assert_true(holds(&token, "a.b-c_d"));
        assert_int_equal(found.place, JWKEEP_HTTP_PLACE_HEADER);
        assert_false(found.is_dpop);
    }
    assert_int_equal(find_in_header("Bearer Az09-._~+/=="), JWKEEP_OK);
}

static void tells_a_token_that_needs_a_proof(void **state) {
    (void)state;
    assert_int_equal(find_in_header("dpop abc"), JWKEEP_OK);
    assert_true(found.is_dpop);
    options.is_dpop_taken = false;
    assert_int_equal(find_in_header("DPoP abc"), JWKEEP_HTTP_TOKEN_MISSING);
}

static void refuses_credentials_that_are_no_token68(void **state) {
    (void)state;
    static const char *const values[] = {"Bearer",
                                         "Bearer ",
                                         "Bearer a b",
                                         "Bearer a,b",
                                         "Bearer a, Bearer b",
                                         "Bearer \"a\"",
                                         "Bearer =",
                                         "Bearer a=b",
                                         "Bearer a\tb",
                                         "Bearer \ta",
                                         "Bearer a%2Eb",
                                         "Bearer a\x80",
                                         "Bearer realm=x",
                                         "Bearer a;b",
                                         "DPoP",
                                         "Bearer a\r\nX: y",
                                         "Bearer a==a"};
    for (size_t i = 0; i < JK_COUNT_OF(values); i++)
        if (find_in_header(values[i]) != JWKEEP_HTTP_TOKEN_MALFORMED)
            fail_msg("%s: %s", values[i], jwkeep_code_name(error.code));
    fields[0] = jwkeep_span_of("Bearer a\0b", 10);
    assert_int_equal(find(), JWKEEP_HTTP_TOKEN_MALFORMED);
    assert_string_equal(error.where, "Authorization");
}

static void another_scheme_holds_no_token(void **state) {
    (void)state;
    static const char *const values[] = {"Basic YTpi", "Bearertoken", "Bearer\ta", "", " "};
    for (size_t i = 0; i < JK_COUNT_OF(values); i++)
        assert_int_equal(find_in_header(values[i]), JWKEEP_HTTP_TOKEN_MISSING);
}

static void refuses_two_authorization_fields_whatever_they_say(void **state) {
    (void)state;
    request.authorization = fields;
    request.authorization_count = 2;
    fields[0] = JWKEEP_SPAN("Bearer a");
    fields[1] = JWKEEP_SPAN("Bearer a");
    assert_int_equal(find(), JWKEEP_HTTP_TOKEN_REPEATED);
    fields[1] = JWKEEP_SPAN("Basic YTpi");
    assert_int_equal(find(), JWKEEP_HTTP_TOKEN_REPEATED);
}

static void finds_a_cookie_by_its_name(void **state) {
    (void)state;
    static const char *const values[] = {"session=a.b", "x=1; session=a.b; y=2",
                                         "x=session=c;session=a.b", "session=\"a.b\"; z"};
    for (size_t i = 0; i < JK_COUNT_OF(values); i++) {
        assert_int_equal(find_in_cookie(values[i]), JWKEEP_OK);
        assert_true(holds(&token, "a.b"));
        assert_int_equal(found.place, JWKEEP_HTTP_PLACE_COOKIE);
    }
    static const char *const others[] = {
        "Session=a", "xsession=a", "session2=a",        "x=session",
        "",          ";;; ; =",    "x=\"; session=a\"x"};
    for (size_t i = 0; i + 1 < JK_COUNT_OF(others); i++)
        assert_int_equal(find_in_cookie(others[i]), JWKEEP_HTTP_TOKEN_MISSING);
    /* Quotes hide no semicolon: RFC 6265 has no such escape. */
    assert_int_equal(find_in_cookie(others[JK_COUNT_OF(others) - 1]),
                     JWKEEP_HTTP_TOKEN_MALFORMED);
}

static void refuses_two_cookies_of_the_name(void **state) {
    (void)state;
    assert_int_equal(find_in_cookie("session=a; session=a"), JWKEEP_HTTP_TOKEN_REPEATED);
    request.cookie_count = 2;
    fields[0] = JWKEEP_SPAN("session=a");
    fields[1] = JWKEEP_SPAN("session=b");
    assert_int_equal(find(), JWKEEP_HTTP_TOKEN_REPEATED);
    fields[1] = JWKEEP_SPAN("x=b");
    assert_int_equal(find(), JWKEEP_OK);
}

static void refuses_cookies_that_are_no_token(void **state) {
    (void)state;
    static const char *const values[] = {"session=",     "session",     "session=a b",
                                         "session=\"a",  "session=a,b", "session=\"\"",
                                         "session=a%2Eb"};
    for (size_t i = 0; i < JK_COUNT_OF(values); i++) {
        assert_int_equal(find_in_cookie(values[i]), JWKEEP_HTTP_TOKEN_MALFORMED);
        assert_string_equal(error.where, "Cookie");
    }
    options.cookie = NULL;
    assert_int_equal(find_in_cookie("session=a"), JWKEEP_HTTP_TOKEN_MISSING);
}

static void finds_a_parameter_of_a_form(void **state) {
    (void)state;
    static const char *const bodies[] = {"access_token=a.b", "x=1&access_token=a.b&y",
                                         "&&access%5Ftoken=a%2eb&",
                                         "%61ccess_token=%61.b&x=%zz"};
    for (size_t i = 0; i < JK_COUNT_OF(bodies); i++) {
        assert_int_equal(find_in_form(bodies[i]), JWKEEP_OK);
        assert_true(holds(&token, "a.b"));
        assert_int_equal(found.place, JWKEEP_HTTP_PLACE_FORM);
    }
    assert_int_equal(find_in_form("access_token=a%3D%3d"), JWKEEP_OK);
    assert_true(holds(&token, "a=="));
    static const char *const others[] = {"",        "access_token2=a",  "Access_token=a",
                                         "token=a", "x=access_token=a", "access_toke=a"};
    for (size_t i = 0; i < JK_COUNT_OF(others); i++)
        assert_int_equal(find_in_form(others[i]), JWKEEP_HTTP_TOKEN_MISSING);
}

static void refuses_two_parameters_however_they_are_written(void **state) {
    (void)state;
    assert_int_equal(find_in_form("access_token=a&access_token=a"), JWKEEP_HTTP_TOKEN_REPEATED);
    assert_int_equal(find_in_form("access_token=a&x=1&access%5ftoken=b"),
                     JWKEEP_HTTP_TOKEN_REPEATED);
}

static void refuses_forms_that_are_malformed(void **state) {
    (void)state;
    static const char *const bodies[] = {
        "access_token",     "access_token=",     "access_token=a+b",   "access_token=a%",
        "access_token=a%2", "access_token=a%zz", "access_token=a%00",  "access_token=a%20",
        "access_token==",   "access_token=a=b",  "access_token=a&%=1", "access_token=a b"};
    for (size_t i = 0; i < JK_COUNT_OF(bodies); i++)
        if (find_in_form(bodies[i]) != JWKEEP_HTTP_TOKEN_MALFORMED)
            fail_msg("%s: %s", bodies[i], jwkeep_code_name(error.code));
    assert_string_equal(error.where, "body");
}

static void reads_a_form_only_where_it_is_one(void **state) {
    (void)state;
    static const char *const types[] = {"application/json", "multipart/form-data", "",
                                        "application/x-www-form-urlencodedx"};
    assert_int_equal(find_in_form("access_token=a"), JWKEEP_OK);
    for (size_t i = 0; i < JK_COUNT_OF(types); i++) {
        request.content_type = jwkeep_span_text(types[i]);
        assert_int_equal(find(), JWKEEP_HTTP_TOKEN_MISSING);
    }
    request.content_type = JWKEEP_SPAN("Application/X-WWW-Form-Urlencoded ; charset=UTF-8");
    assert_int_equal(find(), JWKEEP_OK);
    static const char *const methods[] = {"GET", "HEAD", "DELETE", "post", ""};
    for (size_t i = 0; i < JK_COUNT_OF(methods); i++) {
        request.method = jwkeep_span_text(methods[i]);
        assert_int_equal(find(), JWKEEP_HTTP_TOKEN_MISSING);
    }
    request.method = JWKEEP_SPAN("PUT");
    assert_int_equal(find(), JWKEEP_OK);
    options.is_form_read = false;
    assert_int_equal(find(), JWKEEP_HTTP_TOKEN_MISSING);
}

static void reads_the_query_only_when_switched_on(void **state) {
    (void)state;
    request.query = JWKEEP_SPAN("x=1&access_token=a.b");
    assert_int_equal(find(), JWKEEP_HTTP_TOKEN_MISSING);
    options.is_query_read = true;
    assert_int_equal(find(), JWKEEP_OK);
    assert_int_equal(found.place, JWKEEP_HTTP_PLACE_QUERY);
    request.query = JWKEEP_SPAN("access_token=a%");
    assert_int_equal(find(), JWKEEP_HTTP_TOKEN_MALFORMED);
    assert_string_equal(error.where, "query");
}

static void refuses_tokens_in_two_places(void **state) {
    (void)state;
    jwkeep_span cookie = JWKEEP_SPAN("session=a");
    assert_int_equal(find_in_header("Bearer a"), JWKEEP_OK);
    request.cookies = &cookie;
    request.cookie_count = 1;
    assert_int_equal(find(), JWKEEP_HTTP_TOKEN_REPEATED);
    request.cookie_count = 0;
    assert_int_equal(find_in_form("access_token=a"), JWKEEP_HTTP_TOKEN_REPEATED);
    request.authorization_count = 0;
    request.query = JWKEEP_SPAN("access_token=a");
    options.is_query_read = true;
    assert_int_equal(find(), JWKEEP_HTTP_TOKEN_REPEATED);
    request.body = JWKEEP_SPAN("");
    assert_int_equal(find(), JWKEEP_OK);
}

static void bounds_the_token(void **state) {
    (void)state;
    jwkeep_limits limits;
    jwkeep_limits_init(&limits);
    limits.max_token_bytes = 4;
    options.limits = &limits;
    assert_int_equal(find_in_header("Bearer abcd"), JWKEEP_OK);
    assert_int_equal(find_in_header("Bearer abcde"), JWKEEP_TOKEN_TOO_LARGE);
    request.authorization_count = 0;
    assert_int_equal(find_in_form("access_token=%61%62%63%64"), JWKEEP_OK);
    assert_int_equal(find_in_form("access_token=%61%62%63%64e"), JWKEEP_TOKEN_TOO_LARGE);
}

static void needs_room_and_arguments(void **state) {
    (void)state;
    char room[3];
    jwkeep_buffer small;
    assert_int_equal(find_in_header("Bearer abcd"), JWKEEP_OK);
    jwkeep_buffer_init_fixed(&small, room, sizeof room);
    assert_int_equal(jwkeep_http_token_find(&request, &options, &small, &found, NULL),
                     JWKEEP_MISUSE_TOO_SMALL);
    jwkeep_buffer_init(&small, 3);
    assert_int_equal(jwkeep_http_token_find(&request, &options, &small, &found, NULL),
                     JWKEEP_MISUSE_TOO_SMALL);
    jwkeep_buffer_done(&small);
    assert_int_equal(jwkeep_http_token_find(&request, NULL, &token, &found, NULL), JWKEEP_OK);
    assert_int_equal(jwkeep_http_token_find(NULL, NULL, &token, &found, NULL),
                     JWKEEP_MISUSE_ARGUMENT);
    assert_int_equal(jwkeep_http_token_find(&request, NULL, NULL, &found, NULL),
                     JWKEEP_MISUSE_ARGUMENT);
    assert_int_equal(jwkeep_http_token_find(&request, NULL, &token, NULL, NULL),
                     JWKEEP_MISUSE_ARGUMENT);
    options.cookie = "";
    assert_int_equal(find(), JWKEEP_MISUSE_ARGUMENT);
    jwkeep_http_token_options_init(&options);
    options.struct_size++;
    assert_int_equal(find(), JWKEEP_MISUSE_ARGUMENT);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(finds_a_bearer_token),
        TEST(tells_a_token_that_needs_a_proof),
        TEST(refuses_credentials_that_are_no_token68),
        TEST(another_scheme_holds_no_token),
        TEST(refuses_two_authorization_fields_whatever_they_say),
        TEST(finds_a_cookie_by_its_name),
        TEST(refuses_two_cookies_of_the_name),
        TEST(refuses_cookies_that_are_no_token),
        TEST(finds_a_parameter_of_a_form),
        TEST(refuses_two_parameters_however_they_are_written),
        TEST(refuses_forms_that_are_malformed),
        TEST(reads_a_form_only_where_it_is_one),
        TEST(reads_the_query_only_when_switched_on),
        TEST(refuses_tokens_in_two_places),
        TEST(bounds_the_token),
        TEST(needs_room_and_arguments),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
