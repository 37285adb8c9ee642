/* SPDX-License-Identifier: Apache-2.0
 *
 * Downloads speak TLS 1.2 and later (R19), also where OpenSSL would speak older ones. */
#include "support/lenient_openssl.h"
#include "support/tls_server.h"
#include <jwkeep/jwkeep.h>
#include <openssl/ssl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define AN_HOUR 3600

static jwkeep_code fetch(bool is_ancient, size_t *ret_requests) {
    tls_server *server = tls_server_new_with(&(tls_server_options){
        .host = "localhost", .valid_s = AN_HOUR, .is_ancient = is_ancient});
    assert_non_null(server);
    char url[128];
    jwkeep_source_options options;
    jwkeep_keyset *set = NULL;
    jwkeep_source_options_init(&options);
    snprintf(url, sizeof url, "https://localhost:%u/", tls_server_port(server));
    options.url = url;
    options.ca_file = tls_server_ca_file(server);
    options.connect_timeout_ms = 20000;
    options.fetch_timeout_ms = 20000;
    jwkeep_code code = jwkeep_fetch_keyset(&options, &set, NULL);
    jwkeep_keyset_unref(set);
    *ret_requests = tls_server_requests(server);
    tls_server_free(server);
    return code;
}

static void r19_speaks_no_tls_before_1_2(void **state) {
    (void)state;
    size_t requests = 0;
    assert_true(lenient_openssl_speaks(TLS1_1_VERSION));
    assert_int_equal(fetch(true, &requests), JWKEEP_TRANSPORT_TLS);
    assert_int_equal(requests, 0);
    assert_int_equal(fetch(false, &requests), JWKEEP_OK);
    assert_int_equal(requests, 1);
}

int main(void) {
    lenient_openssl_begin();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(r19_speaks_no_tls_before_1_2),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
