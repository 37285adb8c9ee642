/* SPDX-License-Identifier: Apache-2.0
 *
 * What the service says of itself in an event, on a machine whose name is what the test says.
 */
#include "server/webhook.h"
#include "support/http_server.h"
#include <jwkeep/jwkeep.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

typedef struct fixture {
    http_server *server;
    event_webhook *webhook;
} fixture;

static const char *host_name;

/* In the place of the system's, whose header may make it an inline function. */
int gethostname(char *name, size_t size);
int gethostname(char *name, size_t size) {
    if (!host_name)
        return -1;
    strncpy(name, host_name, size);
    return 0;
}

static int set_up(void **state) {
    static fixture f;
    f = (fixture){.server = http_server_new()};
    *state = &f;
    return f.server ? 0 : -1;
}

static int tear_down(void **state) {
    fixture *f = *state;
    event_webhook_free(f->webhook);
    http_server_free(f->server);
    return 0;
}

/* The text of the request that an event makes. */
static const char *tell(fixture *f, const char *host) {
    static char text[4096];
    char url[64];
    jwkeep_webhook_options options;
    host_name = host;
    jwkeep_webhook_options_init(&options);
    snprintf(url, sizeof url, "http://127.0.0.1:%u/", http_server_port(f->server));
    options.url = url;
    options.allows_http_loopback = true;
    options.secret = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
    http_server_set_response(f->server, "204 No Content", "", "");
    assert_int_equal(event_webhook_new(NULL, &f->webhook, NULL), JWKEEP_OK);
    assert_int_equal(
        event_webhook_configure(f->webhook, &options, WEBHOOK_BIT(WEBHOOK_STARTED), NULL),
        JWKEEP_OK);
    event_webhook_tell_service(f->webhook, WEBHOOK_STARTED, 1, 2);
    assert_int_equal(event_webhook_drain(f->webhook, 60000), 0);
    assert_int_equal(http_server_requests(f->server), 1);
    http_server_last_request(f->server, text, sizeof text);
    return text;
}

static void an_event_says_which_machine_it_is_of(void **state) {
    const char *text = tell(*state, "gateway-3");
    assert_non_null(strstr(text, "\"host\":\"gateway-3\""));
    assert_non_null(strstr(text, "\"policies\":1,\"issuers\":2"));
}

static void a_machine_may_have_any_name(void **state) {
    const char *text = tell(*state, "gate\xff\nway");
    assert_non_null(strstr(text, "\"host\":\"gate??way\""));
}

static void a_machine_may_have_no_name(void **state) {
    const char *text = tell(*state, NULL);
    assert_non_null(strstr(text, "\"host\":\"\""));
}

static void a_name_that_is_too_long_is_cut(void **state) {
    char name[1024];
    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    const char *text = tell(*state, name);
    assert_non_null(strstr(text, "nnn\",\"instance\":"));
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(an_event_says_which_machine_it_is_of),
        TEST(a_machine_may_have_any_name),
        TEST(a_machine_may_have_no_name),
        TEST(a_name_that_is_too_long_is_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
