/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the tests of the history of events. */
#include "server/history.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static jwkeep_jwk *make_key(const char *kid) {
    const jwkeep_jwk_spec spec = {.algorithm = JWKEEP_ALGORITHM_ES256,
                                  .kid = jwkeep_span_text(kid)};
    jwkeep_jwk *key = NULL;
    jwkeep_error error;
    assert_int_equal(jwkeep_jwk_generate(&spec, &key, &error), JWKEEP_OK);
    return key;
}

static history *open_history(void) {
    history *it = NULL;
    jwkeep_error error;
    assert_int_equal(history_new(&it, &error), JWKEEP_OK);
    return it;
}

static void add(history *it, const char *issuer, jwkeep_event_kind kind,
                const jwkeep_jwk *key) {
    const jwkeep_event event = {.kind = kind, .key = key, .count = 1};
    history_add(it, issuer, &event);
}

static void tells_events_in_order_and_repetitions_once(void **state) {
    (void)state;
    static history_issuer seen;
    history *it = open_history();
    add(it, "a", JWKEEP_EVENT_REFRESHED, NULL);
    for (int i = 0; i < 3; i++)
        add(it, "a", JWKEEP_EVENT_UNCHANGED, NULL);
    assert_true(history_read(it, "a", &seen));
    assert_int_equal(seen.event_count, 2);
    assert_int_equal(seen.events[0].kind, JWKEEP_EVENT_REFRESHED);
    assert_int_equal(seen.events[1].times, 3);
    assert_int_equal(seen.counts[JWKEEP_EVENT_UNCHANGED], 3);
    assert_false(history_read(it, "b", &seen));
    assert_int_equal(seen.event_count, 0);
    history_free(it);
}

static void keeps_the_last_events_only(void **state) {
    (void)state;
    static history_issuer seen;
    history *it = open_history();
    for (unsigned i = 0; i < 2 * HISTORY_MAX_EVENTS; i++) {
        const jwkeep_event event = {.kind = JWKEEP_EVENT_REFRESHED, .count = i};
        history_add(it, "a", &event);
    }
    assert_true(history_read(it, "a", &seen));
    assert_int_equal(seen.event_count, HISTORY_MAX_EVENTS);
    assert_int_equal(seen.events[0].keys, HISTORY_MAX_EVENTS);
    assert_int_equal(seen.events[HISTORY_MAX_EVENTS - 1].keys, 2 * HISTORY_MAX_EVENTS - 1);
    assert_int_equal(seen.counts[JWKEEP_EVENT_REFRESHED], 2 * HISTORY_MAX_EVENTS);
    history_free(it);
}

static void knows_when_a_key_came_until_it_goes(void **state) {
    (void)state;
    static history_issuer seen;
    history *it = open_history();
    jwkeep_jwk *key = make_key("k");
    const uint8_t *thumbprint = jwkeep_jwk_thumbprint(key).data;
    add(it, "a", JWKEEP_EVENT_KEY_ADDED, key);
    assert_true(history_read(it, "a", &seen));
    assert_true(history_key_came_ms(&seen, thumbprint) > 0);
    add(it, "a", JWKEEP_EVENT_KID_REUSED, key);
    add(it, "a", JWKEEP_EVENT_KEY_REMOVED, key);
    assert_true(history_read(it, "a", &seen));
    assert_true(seen.kid_reused_ms > 0);
    assert_int_equal(history_key_came_ms(&seen, thumbprint), 0);
    jwkeep_jwk_unref(key);
    history_free(it);
}

static void a_flood_of_keys_is_bounded(void **state) {
    (void)state;
    static history_issuer seen;
    history *it = open_history();
    for (unsigned i = 0; i < HISTORY_MAX_KEYS + 2; i++) {
        jwkeep_jwk *key = make_key("k");
        add(it, "a", JWKEEP_EVENT_KEY_ADDED, key);
        jwkeep_jwk_unref(key);
    }
    assert_true(history_read(it, "a", &seen));
    assert_int_equal(seen.key_count, HISTORY_MAX_KEYS);
    history_free(it);
}

static void cuts_a_long_kid_between_characters(void **state) {
    (void)state;
    static history_issuer seen;
    char kid[HISTORY_MAX_KID_BYTES + 4];
    history *it = open_history();
    memset(kid, 'a', sizeof kid);
    memcpy(kid + HISTORY_MAX_KID_BYTES - 2, "\xE2\x82\xAC", 4); /* the euro sign */
    jwkeep_jwk *key = make_key(kid);
    add(it, "a", JWKEEP_EVENT_KEY_ADDED, key);
    assert_true(history_read(it, "a", &seen));
    assert_int_equal(seen.events[0].kid_size, HISTORY_MAX_KID_BYTES - 2);
    jwkeep_jwk_unref(key);
    history_free(it);
}

static void issuers_are_bounded(void **state) {
    (void)state;
    static history_issuer seen;
    char name[32] = "";
    history *it = open_history();
    for (unsigned i = 0; i <= HISTORY_MAX_ISSUERS; i++) {
        snprintf(name, sizeof name, "issuer%u", i);
        add(it, name, JWKEEP_EVENT_FAILED, NULL);
    }
    assert_false(history_read(it, name, &seen));
    assert_true(history_read(it, "issuer0", &seen));
    history_free(it);
}

static void nobody_writes_to_no_history(void **state) {
    (void)state;
    static history_issuer seen;
    add(NULL, "a", JWKEEP_EVENT_FAILED, NULL);
    assert_false(history_read(NULL, "a", &seen));
    history_free(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tells_events_in_order_and_repetitions_once),
        cmocka_unit_test(keeps_the_last_events_only),
        cmocka_unit_test(knows_when_a_key_came_until_it_goes),
        cmocka_unit_test(a_flood_of_keys_is_bounded),
        cmocka_unit_test(cuts_a_long_kid_between_characters),
        cmocka_unit_test(issuers_are_bounded),
        cmocka_unit_test(nobody_writes_to_no_history),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
