/* SPDX-License-Identifier: Apache-2.0
 *
 * Which attempts are made again, and when: the verdict on an answer, the pause after it. */
#include "remote/delivery.h"
#include <jwkeep/error.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static const jk_delivery_pace pace = {
    .backoff_min_ms = 1000, .backoff_max_ms = 60000, .retry_after_max_ms = 300000};

static void what_was_received_is_over(void **state) {
    (void)state;
    for (unsigned status = 200; status < 300; status++)
        assert_int_equal(jk_delivery_judge(JWKEEP_OK, status), JK_VERDICT_DELIVERED);
}

static void only_408_429_and_5xx_are_tried_again(void **state) {
    (void)state;
    for (unsigned status = 300; status < 700; status++) {
        bool is_again = status == 408 || status == 429 || (status >= 500 && status < 600);
        jwkeep_code code = status < 400 ? JWKEEP_TRANSPORT_REDIRECT : JWKEEP_TRANSPORT_STATUS;
        assert_int_equal(jk_delivery_judge(code, status),
                         is_again ? JK_VERDICT_AGAIN : JK_VERDICT_REFUSED);
    }
}

static void what_had_no_answer_is_tried_again(void **state) {
    (void)state;
    static const jwkeep_code again[] = {JWKEEP_TRANSPORT_RESOLVE, JWKEEP_TRANSPORT_CONNECT,
                                        JWKEEP_TRANSPORT_TLS,     JWKEEP_TRANSPORT_TIMEOUT,
                                        JWKEEP_TRANSPORT_BROKEN,  JWKEEP_TRANSPORT_TOO_LARGE,
                                        JWKEEP_OUT_OF_MEMORY,     JWKEEP_SYSTEM_FAILED};
    for (size_t i = 0; i < JK_COUNT_OF(again); i++)
        assert_int_equal(jk_delivery_judge(again[i], 0), JK_VERDICT_AGAIN);
    assert_int_equal(jk_delivery_judge(JWKEEP_TRANSPORT_URL, 0), JK_VERDICT_REFUSED);
}

/* The whole range of what is random, at its ends. */
static void a_pause_doubles_up_to_its_bound(void **state) {
    (void)state;
    int64_t whole_ms = 1000;
    for (uint32_t failures = 1; failures < 100; failures++) {
        if (whole_ms > 60000)
            whole_ms = 60000;
        uint64_t span = (uint64_t)(whole_ms - whole_ms / 2 + 1);
        assert_int_equal(jk_delivery_backoff_ms(&pace, failures, 0), whole_ms / 2);
        assert_int_equal(jk_delivery_backoff_ms(&pace, failures, span - 1), whole_ms);
        assert_int_equal(jk_delivery_backoff_ms(&pace, failures, span), whole_ms / 2);
        whole_ms *= 2;
    }
    assert_in_range(jk_delivery_backoff_ms(&pace, UINT32_MAX, UINT64_MAX), 30000, 60000);
}

static void the_largest_pace_does_not_overflow(void **state) {
    (void)state;
    const jk_delivery_pace slow = {.backoff_min_ms = 60000, .backoff_max_ms = 3600000};
    for (uint32_t failures = 1; failures < 70; failures++)
        assert_in_range(jk_delivery_backoff_ms(&slow, failures, UINT64_MAX), 30000, 3600000);
}

static void what_is_asked_for_is_heeded_up_to_its_bound(void **state) {
    (void)state;
    assert_int_equal(jk_delivery_asked_ms(&pace, 0), 0);
    assert_int_equal(jk_delivery_asked_ms(&pace, 7), 7000);
    assert_int_equal(jk_delivery_asked_ms(&pace, 300), 300000);
    assert_int_equal(jk_delivery_asked_ms(&pace, INT64_MAX), 300000);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_received_is_over),
        cmocka_unit_test(only_408_429_and_5xx_are_tried_again),
        cmocka_unit_test(what_had_no_answer_is_tried_again),
        cmocka_unit_test(a_pause_doubles_up_to_its_bound),
        cmocka_unit_test(the_largest_pace_does_not_overflow),
        cmocka_unit_test(what_is_asked_for_is_heeded_up_to_its_bound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
