/* SPDX-License-Identifier: Apache-2.0
 *
 * Patterns for issuers against those who would be taken for one. */
#include "verify/issuer_pattern.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

static bool matches(const char *pattern, const char *iss) {
    assert_true(jk_issuer_pattern_is_valid(pattern));
    return jk_issuer_pattern_matches(pattern, jwkeep_span_text(iss));
}

static void a_star_is_one_whole_label_or_segment(void **state) {
    (void)state;
    static const char *const labels = "https://*.example.com";
    assert_true(matches(labels, "https://a.example.com"));
    assert_true(matches(labels, "https://tenant-1.example.com"));
    assert_false(matches(labels, "https://example.com"));
    assert_false(matches(labels, "https://.example.com"));
    assert_false(matches(labels, "https://a.b.example.com"));
    assert_false(matches(labels, "https://a.example.com/"));
    static const char *const segments = "https://id.example.com/realms/*/v2";
    assert_true(matches(segments, "https://id.example.com/realms/A_b~1.0/v2"));
    assert_false(matches(segments, "https://id.example.com/realms//v2"));
    assert_false(matches(segments, "https://id.example.com/realms/a/b/v2"));
    assert_false(matches(segments, "https://id.example.com/realms/a"));
    assert_false(matches(segments, "https://id.example.com/realms/a/v2/"));
    assert_false(matches("https://id.example.com/*", "https://id.example.com/"));
    assert_true(matches("https://*.example.com:8443/*/", "https://a.example.com:8443/b/"));
}

static void without_a_star_every_byte_is_compared(void **state) {
    (void)state;
    static const char *const only = "https://id.example.com/a";
    assert_true(matches(only, only));
    assert_false(matches(only, "https://id.example.com/A"));
    assert_false(matches(only, "https://id.example.com/a/"));
    assert_false(matches(only, "https://id.example.com/"));
    assert_false(matches(only, "https://id.example.com"));
    assert_false(matches("https://id.example.com", "https://id.example.com/"));
}

/* Each is taken for another host, or another tenant, by somebody who compares pieces of text
 * or reads URLs generously. */
static void tricks_match_nothing(void **state) {
    (void)state;
    static const char *const tricks[] = {
        "https://evil.test/.example.com",
        "https://evil.test#.example.com",
        "https://evil.test?.example.com",
        "https://evil.test\\.example.com",
        "https://a.example.com.evil.test",
        "https://a.example.com@evil.test",
        "https://a@b.example.com",
        "https://a:b@c.example.com",
        "https://aexample.com",
        "https://a.example.com:444",
        "https://a.example.com:",
        "https://a.example.com.",
        "https://a.EXAMPLE.com",
        "https://A.example.com",
        "HTTPS://a.example.com",
        "http://a.example.com",
        "https:/a.example.com",
        "https:///a.example.com",
        "https://a%2eb.example.com",
        "https://a%2f.example.com",
        "https://a_b.example.com",
        "https://\xd0\xb0.example.com",
        " https://a.example.com",
        "https://a.example.com ",
        "https://a.example.com\n",
        "https://*.example.com",
        "https://",
        "",
    };
    for (size_t i = 0; i < sizeof tricks / sizeof *tricks; i++)
        assert_false(matches("https://*.example.com", tricks[i]));
    static const char *const paths[] = {
        "https://id.example.com/realms/..",        "https://id.example.com/realms/.",
        "https://id.example.com/realms/../admin",  "https://id.example.com/realms/a%2f..",
        "https://id.example.com/realms/a?tenant=", "https://id.example.com/realms/a#b",
        "https://id.example.com/realms/a;b",       "https://id.example.com/realms/a\\b",
        "https://id.example.com//realms/a",        "https://id.example.com/./realms/a",
    };
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        assert_false(matches("https://id.example.com/realms/*", paths[i]));
    assert_false(jk_issuer_pattern_matches("https://*.example.com",
                                           JWKEEP_SPAN("https://a.example.com\0.evil.test")));
}

static void an_address_is_no_plain_issuer(void **state) {
    (void)state;
    static const char *const addresses[] = {
        "https://127.0.0.1",    "https://2130706433",  "https://0x7f.1",
        "https://127.1",        "https://[::1]",       "https://a.0x7f",
        "https://a.1",          "https://1",           "https://10.0.0.1/a",
        "https://0177.0.0.1",   "https://a.test:",     "https://a.test:123456",
        "https://a.test:0",     "https://a.test:0443", "https://a.test:65536",
        "https://a.test:99999",
    };
    for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++)
        assert_false(jk_issuer_is_plain(jwkeep_span_text(addresses[i])));
    assert_true(jk_issuer_is_plain(JWKEEP_SPAN("https://1.a.test:8443/b/c;d=e/")));
}

static void an_empty_segment_is_no_plain_issuer(void **state) {
    (void)state;
    assert_false(jk_issuer_is_plain(JWKEEP_SPAN("https://a.test//b")));
    assert_false(jk_issuer_is_plain(JWKEEP_SPAN("https://a.test/b//")));
    assert_true(jk_issuer_is_plain(JWKEEP_SPAN("https://a.test/b/")));
}

static void an_issuer_has_a_length(void **state) {
    (void)state;
    char text[JK_MAX_DYNAMIC_ISSUER_BYTES + 2] = "https://a.test/";
    memset(text + 15, 'x', JK_MAX_DYNAMIC_ISSUER_BYTES - 15);
    assert_true(jk_issuer_is_plain(jwkeep_span_of(text, JK_MAX_DYNAMIC_ISSUER_BYTES)));
    assert_true(jk_issuer_pattern_is_valid(text));
    text[JK_MAX_DYNAMIC_ISSUER_BYTES] = 'x';
    assert_false(jk_issuer_is_plain(jwkeep_span_of(text, JK_MAX_DYNAMIC_ISSUER_BYTES + 1)));
    assert_false(jk_issuer_pattern_is_valid(text));
    static const char label[] =
        "https://aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.test";
    assert_false(jk_issuer_is_plain(jwkeep_span_text(label)));
    assert_true(jk_issuer_is_plain(jwkeep_span_of("https://b.test", 14)));
}

static void refuses_patterns_that_stand_for_too_much(void **state) {
    (void)state;
    static const char *const wrong[] = {
        "https://*",
        "https://*/",
        "https://*.com",
        "https://*:8443",
        "https://*.com:8443/a.b.c",
        "https://*.com/a.b.c",
        "https://tenant-*.example.com",
        "https://*x.example.com",
        "https://a.*.example.com",
        "https://a.example.*",
        "https://**.example.com",
        "https://*.*.example.com",
        "https://a.example.com*",
        "https://a.example.com/a*",
        "https://a.example.com/*a",
        "https://a.example.com/**",
        "https://a.example.com:*",
        "https://a.example.com/?*",
        "https://a.example.com/?a=*",
        "*",
        "*://a.example.com",
        "https*//a.example.com",
        "http://a.example.com",
        "https://user@a.example.com",
        "",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_false(jk_issuer_pattern_is_valid(wrong[i]));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_star_is_one_whole_label_or_segment),
        cmocka_unit_test(without_a_star_every_byte_is_compared),
        cmocka_unit_test(tricks_match_nothing),
        cmocka_unit_test(an_address_is_no_plain_issuer),
        cmocka_unit_test(an_empty_segment_is_no_plain_issuer),
        cmocka_unit_test(an_issuer_has_a_length),
        cmocka_unit_test(refuses_patterns_that_stand_for_too_much),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
