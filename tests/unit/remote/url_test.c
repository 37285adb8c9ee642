/* SPDX-License-Identifier: Apache-2.0
 *
 * Which URLs may be downloaded from (R18). */
#include "base/allocator.h"
#include "remote/url.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

typedef struct url_row {
    const char *url;
    bool is_good;             /* as it is */
    bool is_good_on_loopback; /* where plain http to loopback is allowed */
} url_row;

static const url_row rows[] = {
    {"https://issuer.test/jwks", true, true},
    {"HTTPS://issuer.test:8443/jwks?x=1", true, true},
    {"https://127.0.0.1/", true, true},
    {"http://127.0.0.1:8080/jwks", false, true},
    {"http://127.9.8.7/", false, true},
    {"http://[::1]:80/", false, true},
    {"http://localhost/", false, true},
    {"http://LOCALHOST/", false, true},
    {"http://localhost.evil.test/", false, false},
    {"http://127.0.0.1.evil.test/", false, false},
    {"http://127.0.0.1@evil.test/", false, false},
    {"http://issuer.test/", false, false},
    {"http://10.0.0.1/", false, false},
    {"http://[::ffff:127.0.0.1]/", false, false},
    {"ftp://issuer.test/", false, false},
    {"file:///etc/passwd", false, false},
    {"gopher://127.0.0.1/", false, false},
    {"data:application/json,{}", false, false},
    {"issuer.test/jwks", false, false},
    {"//issuer.test/jwks", false, false},
    {"https://", false, false},
    {"https:///jwks", false, false},
    {"https:/issuer.test/jwks", false, false},
    {"https:\\\\issuer.test/jwks", false, false},
    {"https://issuer.test\\@evil.test/", false, false},
    {"https://user@issuer.test/", false, false},
    {"https://user:pw@issuer.test/", false, false},
    {"https://issuer.test/#part", false, false},
    {"https://issuer.test/ x", false, false},
    {"https://issuer.test/\r\nHost: evil.test", false, false},
    {"https://issuer.test/\x7f", false, false},
    {"", false, false},
};

static void accepts_https_and_loopback_where_allowed(void **state) {
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        jwkeep_error error = {0};
        jwkeep_code code = jk_url_check(rows[i].url, false, &error);
        jwkeep_code on_loopback = jk_url_check(rows[i].url, true, NULL);
        if ((code == JWKEEP_OK) != rows[i].is_good ||
            (on_loopback == JWKEEP_OK) != rows[i].is_good_on_loopback)
            print_error("row %zu: %s\n", i, rows[i].url);
        assert_int_equal(code, rows[i].is_good ? JWKEEP_OK : JWKEEP_TRANSPORT_URL);
        assert_int_equal(error.code, code);
        assert_int_equal(on_loopback,
                         rows[i].is_good_on_loopback ? JWKEEP_OK : JWKEEP_TRANSPORT_URL);
    }
}

static void refuses_a_url_over_the_bound(void **state) {
    (void)state;
    char url[JK_MAX_URL_BYTES + 2];
    memset(url, 'a', sizeof url);
    memcpy(url, "https://issuer.test/", 20);
    url[JK_MAX_URL_BYTES] = '\0';
    assert_int_equal(jk_url_check(url, false, NULL), JWKEEP_OK);
    url[JK_MAX_URL_BYTES] = 'a';
    url[JK_MAX_URL_BYTES + 1] = '\0';
    assert_int_equal(jk_url_check(url, false, NULL), JWKEEP_TRANSPORT_URL);
}

/* OpenID Connect Discovery 1.0 §4; RFC 8414 §3.1 and its examples. */
static void r20_makes_the_url_of_a_discovery_document(void **state) {
    (void)state;
    static const char *const documents[][3] = {
        {"https://i.test", "https://i.test/.well-known/openid-configuration",
         "https://i.test/.well-known/oauth-authorization-server"},
        {"https://i.test/", "https://i.test/.well-known/openid-configuration",
         "https://i.test/.well-known/oauth-authorization-server"},
        {"https://i.test:8443/a", "https://i.test:8443/a/.well-known/openid-configuration",
         "https://i.test:8443/.well-known/oauth-authorization-server/a"},
        {"https://i.test/a/b/", "https://i.test/a/b/.well-known/openid-configuration",
         "https://i.test/.well-known/oauth-authorization-server/a/b"},
        {"http://[::1]:80/a", "http://[::1]:80/a/.well-known/openid-configuration",
         "http://[::1]:80/.well-known/oauth-authorization-server/a"},
    };
    for (size_t i = 0; i < sizeof documents / sizeof *documents; i++) {
        char *openid = jk_url_metadata(documents[i][0], JK_METADATA_OPENID);
        char *oauth = jk_url_metadata(documents[i][0], JK_METADATA_OAUTH);
        bool is_right = openid && oauth && strcmp(openid, documents[i][1]) == 0 &&
                        strcmp(oauth, documents[i][2]) == 0;
        jk_free(openid);
        jk_free(oauth);
        assert_true(is_right);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accepts_https_and_loopback_where_allowed),
        cmocka_unit_test(refuses_a_url_over_the_bound),
        cmocka_unit_test(r20_makes_the_url_of_a_discovery_document),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
