/* SPDX-License-Identifier: Apache-2.0
 *
 * The attack: a page whose name leads to the administration's address. */
#include "base/attributes.h"
#include "server/admin_host.h"
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static const char *const names[] = {"jwkeep.example", "Admin.Example."};

static bool is_ours(const char *host) {
    return admin_host_is_ours(jwkeep_span_text(host), names, JK_COUNT_OF(names));
}

static void takes_addresses_and_its_names(void **state) {
    (void)state;
    static const char *const ours[] = {
        "localhost",
        "localhost:9090",
        "LOCALHOST",
        "localhost.",
        "localhost.:9090",
        "a.localhost",
        "127.0.0.1",
        "127.0.0.1:9090",
        "127.9.9.9:1",
        "10.1.2.3:9090",
        "[::1]",
        "[::1]:9090",
        "[2001:DB8::1]:9090",
        "[::ffff:127.0.0.1]",
        "jwkeep.example",
        "jwkeep.example:9090",
        "JWKeep.Example.:9090",
        "admin.example",
        "admin.example.",
        "localhost:",
    };
    for (size_t i = 0; i < JK_COUNT_OF(ours); i++)
        if (!is_ours(ours[i]))
            fail_msg("%s", ours[i]);
}

static void refuses_every_other_name(void **state) {
    (void)state;
    static const char *const others[] = {
        "evil.example",
        "evil.example:9090",
        "localhost.evil.example",
        "evillocalhost",
        "127.0.0.1.evil.example",
        "127.0.0.1.:9090", /* to a resolver a name */
        "127.1",
        "0x7f000001",
        "2130706433",
        "localhost..",
        ".",
        "",
        ":9090",
        "::1",
        "[::1",
        "[::1]x",
        "[::1]:9090x",
        "[::1%25lo]",
        "[evil.example]:9090",
        "[127.0.0.1]",
        "localhost:9090x",
        "localhost:999999",
        "localhost:9090:9090",
        "user@localhost",
        "jwkeep.example.evil.example",
        "xjwkeep.example",
        "jwkeep.exampl",
    };
    for (size_t i = 0; i < JK_COUNT_OF(others); i++)
        if (is_ours(others[i]))
            fail_msg("%s", others[i]);
    assert_false(admin_host_is_ours(JWKEEP_SPAN_NONE, names, JK_COUNT_OF(names)));
    assert_false(admin_host_is_ours(JWKEEP_SPAN("localhost\0.evil.example"), names, 0));
}

static void reads_no_further_than_a_name_may_be_long(void **state) {
    (void)state;
    char longest[ADMIN_MAX_HOST_BYTES + 8];
    memset(longest, 'a', sizeof longest);
    memcpy(longest + ADMIN_MAX_HOST_BYTES - 10, ".localhost:65535", 16);
    assert_true(admin_host_is_ours(jwkeep_span_of(longest, ADMIN_MAX_HOST_BYTES + 6), NULL, 0));
    memset(longest, 'a', sizeof longest);
    memcpy(longest + sizeof longest - 10, ".localhost", 10);
    assert_false(admin_host_is_ours(jwkeep_span_of(longest, sizeof longest), NULL, 0));
}

static void knows_what_may_be_configured(void **state) {
    (void)state;
    char too_long[ADMIN_MAX_HOST_BYTES + 2];
    static const char *const refused[] = {"",    ".a",  "a:1", "[::1]",    "::1",
                                          "a b", "a/b", "*.a", "http://a", "a,b"};
    memset(too_long, 'a', sizeof too_long);
    too_long[sizeof too_long - 1] = '\0';
    assert_false(admin_host_is_name(too_long));
    assert_true(admin_host_is_name(too_long + 1));
    assert_true(admin_host_is_name("jwkeep-1.my_stack.example."));
    for (size_t i = 0; i < JK_COUNT_OF(refused); i++)
        if (admin_host_is_name(refused[i]))
            fail_msg("%s", refused[i]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_addresses_and_its_names),
        cmocka_unit_test(refuses_every_other_name),
        cmocka_unit_test(reads_no_further_than_a_name_may_be_long),
        cmocka_unit_test(knows_what_may_be_configured),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
