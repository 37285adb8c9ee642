/* SPDX-License-Identifier: Apache-2.0
 *
 * A download, and a refresher, of which every allocation fails once: the call says so and loses
 * nothing. Without an ETag: one that cannot be kept for the next time is left out. */
#include "support/failing_memory.h"
#include "support/http_server.h"
#include <jwkeep/jwkeep.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static http_server *server;
static char url[64];

static int set_up(void **state) {
    server = http_server_new();
    if (!server || failing_memory_install(state))
        return -1;
    http_server_set_response(server, "200 OK", "Cache-Control: max-age=600\r\n",
                             "{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":"
                             "\"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo\"}]}");
    snprintf(url, sizeof url, "http://127.0.0.1:%u/", http_server_port(server));
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    http_server_free(server);
    return 0;
}

static jwkeep_code fetch(jwkeep_error *error) {
    static const char *const header = "X-Tenant: a";
    jwkeep_source_options options;
    jwkeep_keyset *keys = NULL;
    jwkeep_source_options_init(&options);
    options.url = url;
    options.allows_http_loopback = true;
    options.request_headers = &header;
    options.request_header_count = 1;
    jwkeep_code code = jwkeep_fetch_keyset(&options, &keys, error);
    assert_int_equal(keys != NULL, code == JWKEEP_OK);
    jwkeep_keyset_unref(keys);
    return code;
}

static jwkeep_code make_refresher(jwkeep_error *error) {
    jwkeep_refresher *refresher = NULL;
    jwkeep_code code = jwkeep_refresher_new(4, &refresher, error);
    assert_int_equal(refresher != NULL, code == JWKEEP_OK);
    jwkeep_refresher_free(refresher);
    return code;
}

static void a_download_is_whole_or_none(void **state) {
    (void)state;
    assert_int_equal(fetch(NULL), JWKEEP_OK);
    assert_true(failing_memory_try(fetch) > 1);
}

static void a_refresher_is_whole_or_none(void **state) {
    (void)state;
    assert_true(failing_memory_try(make_refresher) > 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_download_is_whole_or_none),
        cmocka_unit_test(a_refresher_is_whole_or_none),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
