/* SPDX-License-Identifier: Apache-2.0
 *
 * Every range that is set apart, at its first and last address and at the neighbours of
 * these. */
#include "base/attributes.h"
#include "remote/address.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>

#include <cmocka.h>

typedef union any_address {
    struct sockaddr any;
    struct sockaddr_in four;
    struct sockaddr_in6 six;
} any_address;

static socklen_t read_text(const char *text, any_address *ret_address) {
    memset(ret_address, 0, sizeof *ret_address);
    if (inet_pton(AF_INET, text, &ret_address->four.sin_addr) == 1) {
        ret_address->four.sin_family = AF_INET;
        return sizeof ret_address->four;
    }
    if (inet_pton(AF_INET6, text, &ret_address->six.sin6_addr) != 1)
        fail_msg("%s is no address", text);
    ret_address->six.sin6_family = AF_INET6;
    return sizeof ret_address->six;
}

static bool is_public(const char *text) {
    any_address address;
    socklen_t size = read_text(text, &address);
    return jk_address_is_public(&address.any, size);
}

static bool is_loopback(const char *text) {
    any_address address;
    socklen_t size = read_text(text, &address);
    return jk_address_is_loopback(&address.any, size);
}

/* NULL: there is no public neighbour on that side. */
typedef struct range {
    const char *before;
    const char *first;
    const char *last;
    const char *after;
} range;

static void expect_refused(const range *ranges, size_t count, const char *form) {
    char text[64];
    for (size_t i = 0; i < count; i++) {
        const char *const ends[] = {ranges[i].before, ranges[i].first, ranges[i].last,
                                    ranges[i].after};
        for (size_t end = 0; end < 4; end++) {
            bool is_neighbour = end == 0 || end == 3;
            if (!ends[end])
                continue;
            snprintf(text, sizeof text, "%s%s", form, ends[end]);
            if (is_public(text) != is_neighbour)
                fail_msg("%s is%s taken for public", text, is_neighbour ? " not" : "");
        }
    }
}

static const range ipv4_ranges[] = {
    {NULL, "0.0.0.0", "0.255.255.255", "1.0.0.0"},
    {"9.255.255.255", "10.0.0.0", "10.255.255.255", "11.0.0.0"},
    {"100.63.255.255", "100.64.0.0", "100.127.255.255", "100.128.0.0"},
    {"126.255.255.255", "127.0.0.0", "127.255.255.255", "128.0.0.0"},
    {"169.253.255.255", "169.254.0.0", "169.254.255.255", "169.255.0.0"},
    {"172.15.255.255", "172.16.0.0", "172.31.255.255", "172.32.0.0"},
    {"191.255.255.255", "192.0.0.0", "192.0.0.255", "192.0.1.0"},
    {"192.0.1.255", "192.0.2.0", "192.0.2.255", "192.0.3.0"},
    {"192.88.98.255", "192.88.99.0", "192.88.99.255", "192.88.100.0"},
    {"192.167.255.255", "192.168.0.0", "192.168.255.255", "192.169.0.0"},
    {"198.17.255.255", "198.18.0.0", "198.19.255.255", "198.20.0.0"},
    {"198.51.99.255", "198.51.100.0", "198.51.100.255", "198.51.101.0"},
    {"203.0.112.255", "203.0.113.0", "203.0.113.255", "203.0.114.0"},
    {"223.255.255.255", "224.0.0.0", "239.255.255.255", NULL},
    {NULL, "240.0.0.0", "255.255.255.255", NULL},
};

static void r18_knows_the_bounds_of_each_ipv4_range(void **state) {
    (void)state;
    expect_refused(ipv4_ranges, JK_COUNT_OF(ipv4_ranges), "");
}

static void r18_sees_through_mapped_and_nat64_forms(void **state) {
    (void)state;
    expect_refused(ipv4_ranges, JK_COUNT_OF(ipv4_ranges), "::ffff:");
    expect_refused(ipv4_ranges, JK_COUNT_OF(ipv4_ranges), "64:ff9b::");
}

static void r18_sees_through_6to4(void **state) {
    (void)state;
    assert_false(is_public("2002:7f00:1::"));
    assert_false(is_public("2002:c0a8:0101::1"));
    assert_false(is_public("2002:a00::1"));
    assert_true(is_public("2002:808:808::1"));
}

static void r18_knows_the_bounds_of_each_ipv6_range(void **state) {
    (void)state;
    static const range ranges[] = {
        /* Unspecified, loopback and all below the global unicast space, then all above. */
        {NULL, "::", "1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", NULL},
        {"3ffe:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
         "3fff::", "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff", "3fff:1000::"},
        {"3fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
         "4000::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", NULL},
        {"2000:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
         "2001::", "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff", "2001:200::"},
        {"2001:db7:ffff:ffff:ffff:ffff:ffff:ffff",
         "2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", "2001:db9::"},
    };
    static const char *const inside[] = {
        "::1",     "::127.0.0.1", "::8.8.8.8", "::ffff:0:8.8.8.8", "64:ff9b:1::8.8.8.8",
        "100::",   "fc00::",      "fdff::1",   "fe80::",           "fe80::1",
        "febf::1", "fec0::",      "ff00::",    "ff02::1",          "fbff::",
    };
    expect_refused(ranges, JK_COUNT_OF(ranges), "");
    for (size_t i = 0; i < JK_COUNT_OF(inside); i++)
        if (is_public(inside[i]))
            fail_msg("%s is taken for public", inside[i]);
    assert_true(is_public("2606:4700:4700::1111"));
}

static void r18_trusts_no_other_family_and_no_short_address(void **state) {
    (void)state;
    any_address address;
    struct sockaddr_un local = {.sun_family = AF_UNIX};
    assert_false(jk_address_is_public((const struct sockaddr *)&local, sizeof local));
    assert_false(jk_address_is_loopback((const struct sockaddr *)&local, sizeof local));
    socklen_t size = read_text("8.8.8.8", &address);
    assert_true(jk_address_is_public(&address.any, size));
    assert_false(jk_address_is_public(&address.any, size - 1));
    size = read_text("2606:4700:4700::1111", &address);
    assert_false(jk_address_is_public(&address.any, size - 1));
}

static void r18_knows_what_loopback_is(void **state) {
    (void)state;
    static const char *const yes[] = {"127.0.0.0", "127.0.0.1", "127.255.255.255", "::1",
                                      "::ffff:127.0.0.1"};
    static const char *const no[] = {"126.255.255.255",  "128.0.0.0",   "0.0.0.0", "::", "::2",
                                     "::ffff:128.0.0.1", "::127.0.0.1", "8.8.8.8"};
    for (size_t i = 0; i < JK_COUNT_OF(yes); i++)
        if (!is_loopback(yes[i]))
            fail_msg("%s is not taken for loopback", yes[i]);
    for (size_t i = 0; i < JK_COUNT_OF(no); i++)
        if (is_loopback(no[i]))
            fail_msg("%s is taken for loopback", no[i]);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(r18_knows_the_bounds_of_each_ipv4_range),
        cmocka_unit_test(r18_sees_through_mapped_and_nat64_forms),
        cmocka_unit_test(r18_sees_through_6to4),
        cmocka_unit_test(r18_knows_the_bounds_of_each_ipv6_range),
        cmocka_unit_test(r18_trusts_no_other_family_and_no_short_address),
        cmocka_unit_test(r18_knows_what_loopback_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
