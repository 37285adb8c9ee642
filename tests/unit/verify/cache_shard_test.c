/* SPDX-License-Identifier: Apache-2.0
 *
 * What a reader may meet in a shard that another thread is changing. */
#include "verify/cache_shard.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define TAG UINT64_C(0x123456789)

/* An entry leaves its place before its tag does: between the two there is a tag of nothing. */
static void a_tag_whose_entry_was_just_taken_out_is_no_find(void **state) {
    (void)state;
    jk_cache_shard shard = {0};
    jk_hazard *hazard;
    assert_true(jk_cache_shard_init(&shard, 8, 65536));
    assert_int_equal(jk_hazard_find(&hazard), JWKEEP_OK);
    for (size_t i = 0; i < JK_CACHE_WAYS; i++)
        atomic_store(&shard.buckets[TAG & shard.bucket_mask].tags[i], TAG);
    jk_cache_shard_fetch_places(&shard, TAG);
    unsigned first = jk_cache_shard_fetch_entry(&shard, TAG, 5);
    assert_true(first < JK_CACHE_PLACES);
    assert_null(jk_cache_shard_find(&shard, TAG, first, JWKEEP_SPAN("a.b.c"), 0, hazard));
    assert_null(atomic_load(hazard));
    jk_cache_shard_done(&shard, true);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_tag_whose_entry_was_just_taken_out_is_no_find),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
