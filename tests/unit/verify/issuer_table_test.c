/* SPDX-License-Identifier: Apache-2.0
 *
 * The table of issuers: every name found, no other, at the greatest number there may be. */
#include "verify/issuer_table.h"
#include <jwkeep/verifier.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static char names[JWKEEP_MAX_ISSUERS][32];

static void finds_each_of_ten_thousand_names_and_no_other(void **state) {
    (void)state;
    jk_arena arena;
    jk_issuer_table table;
    size_t wrong = 0;
    jk_arena_init(&arena, 4u << 20);
    jwkeep_code code = jk_issuer_table_init(&table, JWKEEP_MAX_ISSUERS, &arena, NULL);
    for (size_t i = 0; code == JWKEEP_OK && i < JWKEEP_MAX_ISSUERS; i++) {
        snprintf(names[i], sizeof names[i], "https://%zu.example", i);
        wrong += !jk_issuer_table_add(&table, jwkeep_span_text(names[i]), i);
    }
    for (size_t i = 0; code == JWKEEP_OK && i < JWKEEP_MAX_ISSUERS; i++) {
        char other[40];
        snprintf(other, sizeof other, "%s/", names[i]);
        wrong += jk_issuer_table_find(&table, jwkeep_span_text(names[i])) != i;
        wrong += jk_issuer_table_find(&table, jwkeep_span_text(other)) != JK_ISSUER_NONE;
        wrong += jk_issuer_table_add(&table, jwkeep_span_text(names[i]), 0);
    }
    jk_arena_done(&arena);
    assert_int_equal(code, JWKEEP_OK);
    assert_int_equal(wrong, 0);
}

static void says_when_there_is_no_memory(void **state) {
    (void)state;
    jk_arena arena;
    jk_issuer_table table;
    jk_arena_init(&arena, 64);
    jwkeep_code code = jk_issuer_table_init(&table, 1000, &arena, NULL);
    jk_arena_done(&arena);
    assert_int_equal(code, JWKEEP_OUT_OF_MEMORY);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_each_of_ten_thousand_names_and_no_other),
        cmocka_unit_test(says_when_there_is_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
