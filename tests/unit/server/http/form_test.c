/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the tests of form decoding. */
#include "server/http/form.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* The pairs as "name=value;" one after the other, with "!" at the end of a malformed form. */
static const char *read_all(jwkeep_span body) {
    static char text[256];
    uint8_t storage[128];
    http_form form;
    jwkeep_span name;
    jwkeep_span value;
    size_t at = 0;
    http_form_init(&form, body, storage, sizeof storage);
    while (http_form_next(&form, &name, &value))
        at += (size_t)snprintf(text + at, sizeof text - at, "%.*s=%.*s;", (int)name.size,
                               (const char *)name.data, (int)value.size,
                               (const char *)value.data);
    snprintf(text + at, sizeof text - at, "%s", form.is_malformed ? "!" : "");
    return text;
}

#define READS(body, expected) assert_string_equal(read_all(JWKEEP_SPAN(body)), expected)

static void decodes_pairs_in_order(void **state) {
    (void)state;
    READS("", "");
    READS("sub=alice", "sub=alice;");
    READS("a=1&b=2&a=3", "a=1;b=2;a=3;");
    READS("a&b=", "a=;b=;");
    READS("scope=read+write%20all%2B", "scope=read write all+;");
    READS("a=b=c", "a=b=c;");
    READS("%61=%c3%A9", "a=\xc3\xa9;");
    READS("a=1&", "a=1;");
}

static void refuses_malformed_forms(void **state) {
    (void)state;
    READS("a=%", "!");
    READS("a=%4", "!");
    READS("a=%4g", "!");
    READS("a=%g4", "!");
    READS("a=%00", "!");
    READS("a=1&=2", "a=1;!");
    READS("&a=1", "!");
    READS("a=1&&b=2", "a=1;!");
    READS("a=b c", "!");
    READS("a=b\x00", "!");
    READS("a=\xc3\xa9", "!");
}

static void stops_at_the_end_of_its_storage(void **state) {
    (void)state;
    uint8_t storage[4];
    http_form form;
    jwkeep_span name;
    jwkeep_span value;
    http_form_init(&form, JWKEEP_SPAN("ab=cd&e=f"), storage, sizeof storage);
    assert_true(http_form_next(&form, &name, &value));
    assert_false(http_form_next(&form, &name, &value));
    assert_true(form.is_malformed);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decodes_pairs_in_order),
        cmocka_unit_test(refuses_malformed_forms),
        cmocka_unit_test(stops_at_the_end_of_its_storage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
