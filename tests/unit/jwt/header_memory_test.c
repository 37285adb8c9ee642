/* SPDX-License-Identifier: Apache-2.0
 *
 * The remembered headers: found by all of their bytes, under the same limits, and only if
 * they were kept. */
#include "jwt/header_memory.h"
#include "support/forge.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static jk_header_memory memory;
static jwkeep_limits limits;

static int set_up(void **state) {
    (void)state;
    jk_header_memory_init(&memory);
    jwkeep_limits_init(&limits);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    jk_header_memory_done(&memory);
    return 0;
}

/* The text is gone when this returns: nothing of the header may point into it. */
static const jk_jws_header *read_header(const char *kid) {
    char json[512];
    snprintf(json, sizeof json, "{\"alg\":\"ES256\",\"kid\":\"%s\"}", kid);
    char *encoded = forge_base64url(jwkeep_span_text(json));
    const jk_jws_header *header = NULL;
    jwkeep_code code =
        jk_header_memory_read(&memory, jwkeep_span_text(encoded), &limits, &header, NULL);
    free(encoded);
    return code == JWKEEP_OK ? header : NULL;
}

static void keep(const char *kid) {
    const jk_jws_header *header = read_header(kid);
    assert_non_null(header);
    jk_header_memory_keep(&memory, header);
}

static bool is_remembered(const char *kid) {
    return read_header(kid) != &memory.slots[memory.spare].header;
}

static void assert_kid(const jk_jws_header *header, const char *kid) {
    assert_non_null(header);
    assert_true(jwkeep_span_equals(header->kid, jwkeep_span_text(kid)));
}

static void finds_a_kept_header_again(void **state) {
    (void)state;
    const jk_jws_header *first = read_header("a");
    jk_header_memory_keep(&memory, first);
    assert_ptr_equal(read_header("a"), first);
    assert_kid(first, "a");
}

static void never_takes_one_header_for_another(void **state) {
    (void)state;
    keep("key-1");
    assert_kid(read_header("key-2"), "key-2");
    assert_kid(read_header("key-11"), "key-11");
    assert_kid(read_header("key-"), "key-");
    assert_kid(read_header("key-1"), "key-1");
}

static void does_not_remember_what_was_not_kept(void **state) {
    (void)state;
    assert_kid(read_header("a"), "a");
    assert_false(is_remembered("a"));
}

static void strangers_push_nothing_out(void **state) {
    (void)state;
    keep("good");
    for (int i = 0; i < 100; i++) {
        char kid[16];
        snprintf(kid, sizeof kid, "stranger-%d", i);
        assert_non_null(read_header(kid));
    }
    assert_true(is_remembered("good"));
}

static void forgets_the_oldest_first(void **state) {
    (void)state;
    char kid[16];
    for (unsigned i = 0; i <= JK_HEADERS_REMEMBERED; i++) {
        snprintf(kid, sizeof kid, "%u", i);
        keep(kid);
    }
    assert_false(is_remembered("0"));
    for (unsigned i = 1; i <= JK_HEADERS_REMEMBERED; i++) {
        snprintf(kid, sizeof kid, "%u", i);
        assert_true(is_remembered(kid));
    }
}

static void keeping_twice_takes_one_place(void **state) {
    (void)state;
    keep("a");
    for (unsigned i = 0; i < 2 * JK_HEADERS_REMEMBERED; i++)
        keep("b");
    assert_true(is_remembered("a"));
}

static void other_limits_forget_everything(void **state) {
    (void)state;
    keep("twelve-bytes");
    limits.max_kid_bytes = 11;
    assert_null(read_header("twelve-bytes"));
    limits.max_kid_bytes = 12;
    assert_false(is_remembered("twelve-bytes"));
}

static void a_refused_header_is_not_found_later(void **state) {
    (void)state;
    const jk_jws_header *header = NULL;
    static const char refused[] = "e30"; /* {} */
    for (int i = 0; i < 2; i++)
        assert_int_equal(
            jk_header_memory_read(&memory, jwkeep_span_text(refused), &limits, &header, NULL),
            JWKEEP_ALG_MISSING);
    assert_null(header);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(finds_a_kept_header_again, set_up, tear_down),
        cmocka_unit_test_setup_teardown(never_takes_one_header_for_another, set_up, tear_down),
        cmocka_unit_test_setup_teardown(does_not_remember_what_was_not_kept, set_up, tear_down),
        cmocka_unit_test_setup_teardown(strangers_push_nothing_out, set_up, tear_down),
        cmocka_unit_test_setup_teardown(forgets_the_oldest_first, set_up, tear_down),
        cmocka_unit_test_setup_teardown(keeping_twice_takes_one_place, set_up, tear_down),
        cmocka_unit_test_setup_teardown(other_limits_forget_everything, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_refused_header_is_not_found_later, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
