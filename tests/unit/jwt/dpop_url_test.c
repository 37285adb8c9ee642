/* SPDX-License-Identifier: Apache-2.0
 *
 * URLs that are the same request and URLs that are not (RFC 3986 §6.2). */
#include "jwt/dpop_url.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static void is_normalised_to(const char *url, const char *expected) {
    jk_dpop_url read;
    if (!jk_dpop_url_read(jwkeep_span_text(url), &read))
        fail_msg("%s is refused", url);
    if (!jwkeep_span_equals(jwkeep_span_of(read.text, read.size), jwkeep_span_text(expected)))
        fail_msg("%s: %.*s", url, (int)read.size, (const char *)read.text);
}

static void brings_equal_urls_to_one_form(void **state) {
    (void)state;
    static const char *const same[] = {
        "https://a.example/b/c",      "HTTPS://A.EXAMPLE/b/c",
        "https://a.example:443/b/c",  "https://a.example:/b/c",
        "https://a.example:0443/b/c", "https://a.example/b/c?d",
        "https://a.example/b/c#d?e",  "https://a.example/b/./c",
        "https://a.example/b/x/../c", "https://a.example/../b/c",
        "https://a.example/%62/%63",  "https://%61.example/b/c",
        "https://a.example/b/%2e/c",  "https://a.example/x/%2E%2e/b/c",
    };
    for (size_t i = 0; i < JK_COUNT_OF(same); i++)
        is_normalised_to(same[i], "https://a.example/b/c");
}

static void keeps_different_urls_apart(void **state) {
    (void)state;
    is_normalised_to("http://a.example/b", "http://a.example/b");
    is_normalised_to("http://a.example:80/b", "http://a.example/b");
    is_normalised_to("http://a.example:443/b", "http://a.example:443/b");
    is_normalised_to("https://a.example/B", "https://a.example/B");
    is_normalised_to("https://a.example/b/", "https://a.example/b/");
    is_normalised_to("https://a.example/b//c", "https://a.example/b//c");
    is_normalised_to("https://a.example/b%2fc", "https://a.example/b%2Fc");
    is_normalised_to("https://a.example/b%3fc", "https://a.example/b%3Fc");
    is_normalised_to("https://a.example/b%252e", "https://a.example/b%252e");
    is_normalised_to("https://a.example/...", "https://a.example/...");
    is_normalised_to("https://a.example./", "https://a.example./");
}

static void an_empty_path_is_a_slash(void **state) {
    (void)state;
    is_normalised_to("https://a.example", "https://a.example/");
    is_normalised_to("https://a.example?b", "https://a.example/");
    is_normalised_to("https://a.example/.", "https://a.example/");
    is_normalised_to("https://a.example/b/..", "https://a.example/");
    is_normalised_to("https://a.example/../..", "https://a.example/");
    is_normalised_to("https://a.example/b/c/..", "https://a.example/b/");
    is_normalised_to("https://a.example/b/.", "https://a.example/b/");
}

static void keeps_the_address_of_version_6_whole(void **state) {
    (void)state;
    is_normalised_to("https://[2001:DB8::1]:443/", "https://[2001:db8::1]/");
    is_normalised_to("https://[2001:db8::1]:8443/", "https://[2001:db8::1]:8443/");
    is_normalised_to("https://[::1]", "https://[::1]/");
}

static void refuses_what_is_no_url_of_a_request(void **state) {
    (void)state;
    static const char *const urls[] = {
        "",
        "a.example",
        "//a.example/",
        "ftp://a.example/",
        "https:/a.example/",
        "https://",
        "https:///b",
        "https://?b",
        "https://:443/",
        "https://u@a.example/",
        "https://u:p@a.example/",
        "https://a.example/b c",
        "https://a.example/\n",
        "https://a.example/\xc3\xa9",
        "https://a.example\\@evil.example/",
        "https://a.example/b\\c",
        "https://a.example/%",
        "https://a.example/%2",
        "https://a.example/%zz",
        "https://a.example:8x/",
        "https://a.example:-1/",
        "https://a.example:b:443/",
        "https://[::1/",
        "https://::1]/",
        "https://[::1]x/",
        "https://[[::1]]/",
        "https://[::1]:1:2/",
        "https://a.example/\"",
        "https://a.example/{b}",
        "https://a.example|b/",
    };
    for (size_t i = 0; i < JK_COUNT_OF(urls); i++) {
        jk_dpop_url read;
        if (jk_dpop_url_read(jwkeep_span_text(urls[i]), &read))
            fail_msg("%s is taken", urls[i]);
    }
    jk_dpop_url read;
    assert_false(jk_dpop_url_read(jwkeep_span_of("https://a.example/\0", 19), &read));
}

static void bounds_the_url(void **state) {
    (void)state;
    static char url[JWKEEP_DPOP_MAX_URL_BYTES + 1];
    jk_dpop_url read;
    memset(url, 'a', sizeof url);
    memcpy(url, "https://", 8);
    assert_true(jk_dpop_url_read(jwkeep_span_of(url, JWKEEP_DPOP_MAX_URL_BYTES), &read));
    assert_int_equal(read.size, JWKEEP_DPOP_MAX_URL_BYTES + 1);
    assert_false(jk_dpop_url_read(jwkeep_span_of(url, JWKEEP_DPOP_MAX_URL_BYTES + 1), &read));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(brings_equal_urls_to_one_form),
        cmocka_unit_test(keeps_different_urls_apart),
        cmocka_unit_test(an_empty_path_is_a_slash),
        cmocka_unit_test(keeps_the_address_of_version_6_whole),
        cmocka_unit_test(refuses_what_is_no_url_of_a_request),
        cmocka_unit_test(bounds_the_url),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
