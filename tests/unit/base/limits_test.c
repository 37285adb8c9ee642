/* SPDX-License-Identifier: Apache-2.0
 *
 * Resolving the caller's limits. */
#include "base/limits.h"
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void null_means_the_defaults(void **state) {
    (void)state;
    jwkeep_limits defaults;
    jwkeep_limits resolved;
    jwkeep_limits_init(&defaults);
    assert_int_equal(jk_limits_resolve(NULL, &resolved, NULL), JWKEEP_OK);
    assert_memory_equal(&resolved, &defaults, sizeof defaults);
    assert_int_equal(resolved.max_token_bytes, JWKEEP_MAX_TOKEN_BYTES);
    assert_int_equal(resolved.max_audiences, JWKEEP_MAX_AUDIENCES);
}

static void keeps_what_the_caller_changed(void **state) {
    (void)state;
    jwkeep_limits limits;
    jwkeep_limits resolved;
    jwkeep_limits_init(&limits);
    limits.max_json_depth = 3;
    assert_int_equal(jk_limits_resolve(&limits, &resolved, NULL), JWKEEP_OK);
    assert_int_equal(resolved.max_json_depth, 3);
}

static void refuses_each_field_set_to_0_and_names_it(void **state) {
    (void)state;
    static const struct {
        size_t offset;
        const char *name;
    } fields[] = {
        {offsetof(jwkeep_limits, max_token_bytes), "max_token_bytes"},
        {offsetof(jwkeep_limits, max_header_bytes), "max_header_bytes"},
        {offsetof(jwkeep_limits, max_kid_bytes), "max_kid_bytes"},
        {offsetof(jwkeep_limits, max_json_depth), "max_json_depth"},
        {offsetof(jwkeep_limits, max_json_values), "max_json_values"},
        {offsetof(jwkeep_limits, max_keyset_bytes), "max_keyset_bytes"},
        {offsetof(jwkeep_limits, max_keys), "max_keys"},
        {offsetof(jwkeep_limits, max_candidates), "max_candidates"},
        {offsetof(jwkeep_limits, max_crit), "max_crit"},
        {offsetof(jwkeep_limits, max_audiences), "max_audiences"},
        {offsetof(jwkeep_limits, max_pem_bytes), "max_pem_bytes"},
        {offsetof(jwkeep_limits, max_passphrase_rounds), "max_passphrase_rounds"},
        {offsetof(jwkeep_limits, max_nesting), "max_nesting"},
        {offsetof(jwkeep_limits, max_json_token_bytes), "max_json_token_bytes"},
        {offsetof(jwkeep_limits, max_signatures), "max_signatures"},
        {offsetof(jwkeep_limits, max_detached_bytes), "max_detached_bytes"},
        {offsetof(jwkeep_limits, max_certificate_bytes), "max_certificate_bytes"},
        {offsetof(jwkeep_limits, max_chain), "max_chain"},
    };
    for (size_t i = 0; i < JK_COUNT_OF(fields); i++) {
        jwkeep_limits limits;
        jwkeep_limits resolved = {.struct_size = 42};
        jwkeep_error error;
        jwkeep_limits_init(&limits);
        memset((char *)&limits + fields[i].offset, 0, sizeof(size_t));
        assert_int_equal(jk_limits_resolve(&limits, &resolved, &error), JWKEEP_MISUSE_ARGUMENT);
        assert_string_equal(error.where, fields[i].name);
        assert_int_equal(resolved.struct_size, 42);
    }
}

static void refuses_a_structure_that_was_not_initialised(void **state) {
    (void)state;
    static const size_t sizes[] = {0, 1, sizeof(size_t), sizeof(jwkeep_limits) + 8,
                                   sizeof(jwkeep_limits) - 1};
    for (size_t i = 0; i < JK_COUNT_OF(sizes); i++) {
        jwkeep_limits limits;
        jwkeep_limits resolved;
        jwkeep_error error;
        jwkeep_limits_init(&limits);
        limits.struct_size = sizes[i];
        assert_int_equal(jk_limits_resolve(&limits, &resolved, &error), JWKEEP_MISUSE_ARGUMENT);
        assert_string_equal(error.where, "struct_size");
    }
}

static void gives_an_older_structure_the_defaults_it_does_not_have(void **state) {
    (void)state;
    jwkeep_limits limits;
    jwkeep_limits resolved;
    jwkeep_limits_init(&limits);
    limits.struct_size = offsetof(jwkeep_limits, max_audiences);
    limits.max_crit = 5;
    limits.max_audiences = 0;
    assert_int_equal(jk_limits_resolve(&limits, &resolved, NULL), JWKEEP_OK);
    assert_int_equal(resolved.max_crit, 5);
    assert_int_equal(resolved.max_audiences, JWKEEP_MAX_AUDIENCES);
    assert_int_equal(resolved.struct_size, sizeof resolved);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(null_means_the_defaults),
        cmocka_unit_test(keeps_what_the_caller_changed),
        cmocka_unit_test(refuses_each_field_set_to_0_and_names_it),
        cmocka_unit_test(refuses_a_structure_that_was_not_initialised),
        cmocka_unit_test(gives_an_older_structure_the_defaults_it_does_not_have),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
