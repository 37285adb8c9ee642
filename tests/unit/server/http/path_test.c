/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the tests of the paths that rules are held against, as somebody would write them who
 * wants to get past a rule. */
#include "server/http/path.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static uint8_t storage[HTTP_MAX_PATH_BYTES];

static void normalises_to(const char *path, const char *expected) {
    jwkeep_span result;
    if (!http_path_normalise(jwkeep_span_text(path), storage, &result))
        fail_msg("refused: %s", path);
    if (!jwkeep_span_equals(result, jwkeep_span_text(expected)))
        fail_msg("%s became %.*s, not %s", path, (int)result.size, (const char *)result.data,
                 expected);
}

static void brings_paths_to_one_form(void **state) {
    (void)state;
    const char *const pairs[][2] = {
        {"/", "/"},
        {"//", "/"},
        {"/.", "/"},
        {"/admin", "/admin"},
        {"/admin/", "/admin"},
        {"//admin", "/admin"},
        {"/admin//x", "/admin/x"},
        {"/./admin/.", "/admin"},
        {"/public/../admin", "/admin"},
        {"/public/..//./admin", "/admin"},
        {"/%61dmin", "/admin"},
        {"/%61%64%6D%69%6e", "/admin"},
        {"/public/%2e%2e/admin", "/admin"},
        {"/public/.%2E/admin", "/admin"},
        {"/%2e/admin", "/admin"},
        {"/admin/...", "/admin/..."},
        {"/..a/b..", "/..a/b.."},
        {"/a b", "/a b"},
        {"/100%25", "/100%"},
        {"/100%25z", "/100%z"},
        {"/caf%c3%a9", "/caf\xc3\xa9"},
        {"/ADMIN", "/ADMIN"},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        normalises_to(pairs[i][0], pairs[i][1]);
}

static void reads_to(http_path_reading reading, const char *path, const char *expected) {
    jwkeep_span result;
    assert_true(http_path_read(jwkeep_span_text(path), reading, storage, &result));
    if (!jwkeep_span_equals(result, jwkeep_span_text(expected)))
        fail_msg("%s became %.*s, not %s", path, (int)result.size, (const char *)result.data,
                 expected);
}

static void reads_dot_segments_as_different_programs_do(void **state) {
    (void)state;
    const char *const forms[][4] = {
        {"/a", "/a", "/a", "/a"},
        {"/a/", "/a", "/a/", "/a/"},
        {"/a//b", "/a/b", "/a//b", "/a//b"},
        {"/a/%2e%2e/b", "/b", "/b", "/a/../b"},
        {"/a//../b", "/b", "/a/b", "/a//../b"},
        {"//../a", NULL, "/a", "//../a"},
        {"//a", "/a", "//a", "//a"},
        {"/./%61", "/a", "/a", "/./a"},
    };
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        if (forms[i][1])
            reads_to(HTTP_PATH_PLAIN, forms[i][0], forms[i][1]);
        reads_to(HTTP_PATH_RFC3986, forms[i][0], forms[i][2]);
        reads_to(HTTP_PATH_LITERAL, forms[i][0], forms[i][3]);
    }
}

static void refuses_paths_that_programs_read_differently(void **state) {
    (void)state;
    const char *const paths[] = {
        "",
        "admin",
        "http://host/admin",
        "/..",
        "/public/../../admin",
        "/%2e%2e",
        "/admin%2fx",
        "/public/..%2Fadmin",
        "/public\\..\\admin",
        "/public%5c..%5Cadmin",
        "/admin%00",
        "/admin%0a",
        "/admin%7f",
        "/admin\x01",
        "/admin;x",
        "/public/..;/admin",
        "/public/..%3b/admin",
        "/admin%3fx",
        "/admin%23x",
        "/admin#x",
        "/%252e%252e/admin",
        "/%2561dmin",
        "/%25%36%31dmin",
        "/%256%31dmin",
        "/public/%25%32%65%25%32%65/admin",
        "/admin%",
        "/admin%2",
        "/admin%zz",
        "/%c0%ae%c0%ae/admin",
        "/..%c0%afadmin",
        "/%e0%80%af",
        "/%ff",
        "/%c3",
        "/%ed%a0%80",
        "/\xc0\xaf",
    };
    jwkeep_span result;
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        if (http_path_normalise(jwkeep_span_text(paths[i]), storage, &result))
            fail_msg("let through: %s", paths[i]);
    }
}

static void refuses_a_path_over_the_limit(void **state) {
    (void)state;
    static char path[HTTP_MAX_PATH_BYTES + 1];
    jwkeep_span result;
    memset(path, 'a', sizeof path);
    path[0] = '/';
    assert_true(http_path_normalise(jwkeep_span_of(path, sizeof path - 1), storage, &result));
    assert_false(http_path_normalise(jwkeep_span_of(path, sizeof path), storage, &result));
}

static bool is_below(const char *path, const char *prefix) {
    return http_path_is_below(jwkeep_span_text(path), jwkeep_span_text(prefix));
}

static void a_prefix_ends_with_a_segment(void **state) {
    (void)state;
    assert_true(is_below("/admin", "/admin"));
    assert_true(is_below("/admin/x", "/admin"));
    assert_true(is_below("/anything", "/"));
    assert_false(is_below("/administrator", "/admin"));
    assert_false(is_below("/adm", "/admin"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(brings_paths_to_one_form),
        cmocka_unit_test(reads_dot_segments_as_different_programs_do),
        cmocka_unit_test(refuses_paths_that_programs_read_differently),
        cmocka_unit_test(refuses_a_path_over_the_limit),
        cmocka_unit_test(a_prefix_ends_with_a_segment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
