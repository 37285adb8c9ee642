/* SPDX-License-Identifier: Apache-2.0
 *
 * What a reader may meet in a shard that another thread is changing. */
#include "verify/cache_shard.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* What a place holds of this tag is what an empty place holds. */
static void an_empty_place_is_no_find_for_any_tag(void **state) {
    (void)state;
    jk_cache_shard shard = {0};
    jk_hazard *hazard;
    assert_true(jk_cache_shard_init(&shard, 8, 65536));
    assert_int_equal(jk_hazard_find(&hazard), JWKEEP_OK);
    jk_cache_shard_expect(&shard, 0);
    assert_null(jk_cache_shard_find(&shard, 0, JWKEEP_SPAN("a.b.c"), 0, hazard));
    assert_null(atomic_load(hazard));
    jk_cache_shard_done(&shard, true);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_place_is_no_find_for_any_tag),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
