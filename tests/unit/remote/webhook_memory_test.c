/* SPDX-License-Identifier: Apache-2.0
 *
 * A webhook of which every allocation fails once: what is refused is refused whole. */
#include "remote/webhook.h"
#include "support/failing_memory.h"
#include "support/script.h"
#include <jwkeep/jwkeep.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static script world;
static jwkeep_webhook *webhook;

static jwkeep_webhook_options options_of(void) {
    static const char *const header = "Authorization: Bearer abc";
    jwkeep_webhook_options options;
    jwkeep_webhook_options_init(&options);
    options.url = "https://receiver.test/hook";
    options.secret = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
    options.old_secret = options.secret;
    options.ca_file = "/etc/ca.pem";
    options.request_headers = &header;
    options.request_header_count = 1;
    return options;
}

static int set_up(void **state) {
    if (failing_memory_install(state))
        return -1;
    jk_environment environment = script_environment(&world);
    jwkeep_webhook_options options = options_of();
    return jk_webhook_new_in(&environment, false, &options, &webhook, NULL) ? -1 : 0;
}

static int tear_down(void **state) {
    (void)state;
    jwkeep_webhook_free(webhook);
    return 0;
}

static jwkeep_code check(jwkeep_error *error) {
    jwkeep_webhook_options options = options_of();
    return jwkeep_webhook_check(&options, error);
}

static jwkeep_code make(jwkeep_error *error) {
    jwkeep_webhook_options options = options_of();
    jwkeep_webhook *made = NULL;
    jwkeep_code code = jwkeep_webhook_new(&options, &made, error);
    assert_int_equal(made != NULL, code == JWKEEP_OK);
    jwkeep_webhook_free(made);
    return code;
}

/* Freed by the turn that takes it over, the replaced one with it. */
static jwkeep_code configure(jwkeep_error *error) {
    jwkeep_webhook_options options = options_of();
    jwkeep_code code = jwkeep_webhook_configure(webhook, &options, error);
    script_pass(&world, jk_webhook_refresher(webhook), 0);
    return code;
}

static void options_are_checked_whole(void **state) {
    (void)state;
    assert_true(failing_memory_try(check) > 4);
}

static void one_is_whole_or_none(void **state) {
    (void)state;
    assert_true(failing_memory_try(make) > 6);
}

static void a_configuration_is_taken_whole_or_not(void **state) {
    (void)state;
    assert_true(failing_memory_try(configure) > 4);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_are_checked_whole),
        cmocka_unit_test(one_is_whole_or_none),
        cmocka_unit_test(a_configuration_is_taken_whole_or_not),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
