/* SPDX-License-Identifier: Apache-2.0
 *
 * An authority file stands in the place of the system's authorities, its folder included
 * (R19). The folder is the test's: libcurl calls the function that this file defines instead
 * of OpenSSL's, and finds in it what the test has put there. */
#include "support/tls_server.h"
#include <jwkeep/jwkeep.h>
#include <openssl/x509_vfy.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define AN_HOUR 3600

static const char *in_system_folder; /* a PEM file */
static size_t folders_read;

__attribute__((visibility("default"))) int X509_STORE_load_path(X509_STORE *store,
                                                                const char *path) {
    (void)path;
    folders_read++;
    return X509_STORE_load_file(store, in_system_folder);
}

static jwkeep_code fetch(const tls_server *server, const char *ca_file) {
    char url[128];
    jwkeep_source_options options;
    jwkeep_keyset *set = NULL;
    jwkeep_source_options_init(&options);
    snprintf(url, sizeof url, "https://localhost:%u/", tls_server_port(server));
    options.url = url;
    options.ca_file = ca_file;
    options.connect_timeout_ms = 20000;
    options.fetch_timeout_ms = 20000;
    jwkeep_code code = jwkeep_fetch_keyset(&options, &set, NULL);
    jwkeep_keyset_unref(set);
    return code;
}

static void r19_an_authority_file_replaces_the_systems_folder(void **state) {
    (void)state;
    tls_server *server = tls_server_new("localhost", AN_HOUR);
    tls_server *other = tls_server_new("localhost", AN_HOUR);
    assert_true(server && other);
    in_system_folder = tls_server_ca_file(server);
    jwkeep_code by_system = fetch(server, NULL);
    size_t read_by_default = folders_read;
    jwkeep_code by_other = fetch(server, tls_server_ca_file(other));
    jwkeep_code by_file = fetch(other, tls_server_ca_file(other));
    tls_server_free(server);
    tls_server_free(other);
    assert_int_equal(by_system, JWKEEP_OK);
    assert_true(read_by_default > 0);
    assert_int_equal(by_other, JWKEEP_TRANSPORT_TLS);
    assert_int_equal(by_file, JWKEEP_OK);
    assert_int_equal(folders_read, read_by_default);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(r19_an_authority_file_replaces_the_systems_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
