/* SPDX-License-Identifier: Apache-2.0
 *
 * Whom the transport believes (R19): the peer's certificate and its name are checked, always.
 */
#include "support/tls_server.h"
#include <jwkeep/jwkeep.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define AN_HOUR 3600

typedef struct visit {
    const char *certified_host;
    long valid_s;
    const char *asked_host;
    bool has_ca;
    const char *ca_file; /* instead of the server's, if not NULL */
} visit;

static jwkeep_code fetch_from(const visit *made) {
    tls_server *server = tls_server_new(made->certified_host, made->valid_s);
    if (!server)
        return JWKEEP_SYSTEM_FAILED;
    char url[128];
    jwkeep_source_options options;
    jwkeep_keyset *set = NULL;
    jwkeep_source_options_init(&options);
    snprintf(url, sizeof url, "https://%s:%u/", made->asked_host, tls_server_port(server));
    options.url = url;
    options.ca_file = made->has_ca ? tls_server_ca_file(server) : NULL;
    if (made->ca_file)
        options.ca_file = made->ca_file;
    options.connect_timeout_ms = 20000;
    options.fetch_timeout_ms = 20000;
    jwkeep_code code = jwkeep_fetch_keyset(&options, &set, NULL);
    jwkeep_keyset_unref(set);
    tls_server_free(server);
    return code;
}

static void believes_the_configured_authority(void **state) {
    (void)state;
    visit made = {"localhost", AN_HOUR, "localhost", true, NULL};
    assert_int_equal(fetch_from(&made), JWKEEP_OK);
}

static void refuses_an_unknown_authority(void **state) {
    (void)state;
    visit made = {"localhost", AN_HOUR, "localhost", false, NULL};
    assert_int_equal(fetch_from(&made), JWKEEP_TRANSPORT_TLS);
}

static void refuses_another_host(void **state) {
    (void)state;
    visit by_name = {"issuer.test", AN_HOUR, "localhost", true, NULL};
    visit by_address = {"localhost", AN_HOUR, "127.0.0.1", true, NULL};
    assert_int_equal(fetch_from(&by_name), JWKEEP_TRANSPORT_TLS);
    assert_int_equal(fetch_from(&by_address), JWKEEP_TRANSPORT_TLS);
}

static void refuses_an_expired_certificate(void **state) {
    (void)state;
    visit made = {"localhost", -AN_HOUR, "localhost", true, NULL};
    assert_int_equal(fetch_from(&made), JWKEEP_TRANSPORT_TLS);
}

static void refuses_an_authority_file_that_is_not_there(void **state) {
    (void)state;
    visit made = {"localhost", AN_HOUR, "localhost", true, "/nowhere/ca.pem"};
    assert_int_equal(fetch_from(&made), JWKEEP_TRANSPORT_TLS);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(believes_the_configured_authority),
        cmocka_unit_test(refuses_an_unknown_authority),
        cmocka_unit_test(refuses_another_host),
        cmocka_unit_test(refuses_an_expired_certificate),
        cmocka_unit_test(refuses_an_authority_file_that_is_not_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
