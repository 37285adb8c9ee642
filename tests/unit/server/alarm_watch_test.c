/* SPDX-License-Identifier: Apache-2.0
 *
 * What changed between two looks at the alarms: told once when it comes, once when it goes. */
#include "server/alarm_watch.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

typedef struct told {
    char text[2048]; /* "+no_keys@main -stale@other" */
} told;

static void write_down(void *user, bool is_raised, const service_alarm *changed) {
    told *it = user;
    size_t size = strlen(it->text);
    snprintf(it->text + size, sizeof it->text - size, "%s%c%s@%s%s", size ? " " : "",
             is_raised ? '+' : '-', changed->kind, changed->issuer ? changed->issuer : "",
             changed->reason ? "!" : "");
}

static int set_up(void **state) {
    alarm_watch *watch = NULL;
    if (alarm_watch_new(&watch, NULL) != JWKEEP_OK)
        return -1;
    *state = watch;
    return 0;
}

static int tear_down(void **state) {
    alarm_watch_free(*state);
    return 0;
}

static service_alarm of(const char *kind, const char *issuer) {
    return (service_alarm){kind, false, issuer, "text", JWKEEP_TRANSPORT_RESOLVE};
}

/* `alarms` are "kind@issuer", NULL at the end; what is told of the look. */
static const char *look(alarm_watch *watch, const char *const (*alarms)[2], size_t count) {
    static told it;
    it.text[0] = '\0';
    alarm_watch_begin(watch);
    for (size_t i = 0; i < count; i++) {
        service_alarm seen = of(alarms[i][0], alarms[i][1]);
        alarm_watch_add(watch, &seen);
    }
    alarm_watch_end(watch, write_down, &it);
    return it.text;
}

#define LOOK(watch, ...)                                                                       \
    look(watch, (const char *const[][2]){__VA_ARGS__},                                         \
         sizeof((const char *const[][2]){__VA_ARGS__}) / sizeof(const char *[2]))

static void what_stays_is_told_once(void **state) {
    assert_string_equal(LOOK(*state, {"stale", "main"}), "+stale@main!");
    assert_string_equal(LOOK(*state, {"stale", "main"}), "");
    assert_string_equal(look(*state, NULL, 0), "-stale@main");
    assert_string_equal(look(*state, NULL, 0), "");
    assert_string_equal(LOOK(*state, {"stale", "main"}), "+stale@main!");
}

static void alarms_of_one_kind_are_told_apart_by_issuer(void **state) {
    assert_string_equal(LOOK(*state, {"stale", "a"}, {"stale", "b"}), "+stale@a! +stale@b!");
    assert_string_equal(LOOK(*state, {"stale", "b"}, {"stale", "c"}), "-stale@a +stale@c!");
}

static void alarms_of_one_issuer_are_told_apart_by_kind(void **state) {
    assert_string_equal(LOOK(*state, {"size", "a"}, {"no_keys", "a"}, {"draining", NULL}),
                        "+draining@! +no_keys@a! +size@a!");
    assert_string_equal(LOOK(*state, {"size", "a"}), "-draining@ -no_keys@a");
}

static void the_order_of_a_look_does_not_matter(void **state) {
    (void)LOOK(*state, {"stale", "a"}, {"size", "b"}, {"draining", NULL});
    assert_string_equal(LOOK(*state, {"draining", NULL}, {"size", "b"}, {"stale", "a"}), "");
}

static void what_was_forgotten_is_told_again(void **state) {
    (void)LOOK(*state, {"stale", "a"}, {"size", "b"});
    alarm_watch_forget(*state);
    assert_string_equal(LOOK(*state, {"stale", "a"}), "+stale@a!");
}

/* As when a reload has freed the plan that the name was of. */
static void a_name_is_kept_past_the_look(void **state) {
    char name[] = "main";
    const char *const seen[1][2] = {{"stale", name}};
    assert_string_equal(look(*state, seen, 1), "+stale@main!");
    memset(name, 'x', sizeof name - 1);
    assert_string_equal(look(*state, NULL, 0), "-stale@main");
}

static void count(void *user, bool is_raised, const service_alarm *changed) {
    (void)is_raised;
    (void)changed;
    ++*(size_t *)user;
}

static void more_than_there_is_room_for_are_left_out(void **state) {
    alarm_watch *watch = *state;
    size_t changes = 0;
    alarm_watch_begin(watch);
    for (size_t i = 0; i < ALARM_WATCH_MAX + 10; i++) {
        char name[16];
        snprintf(name, sizeof name, "%05zu", i);
        service_alarm seen = of("stale", name);
        alarm_watch_add(watch, &seen);
    }
    alarm_watch_end(watch, count, &changes);
    assert_int_equal(changes, ALARM_WATCH_MAX);
    alarm_watch_begin(watch);
    alarm_watch_end(watch, count, &changes);
    assert_int_equal(changes, 2 * ALARM_WATCH_MAX);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(what_stays_is_told_once),
        TEST(alarms_of_one_kind_are_told_apart_by_issuer),
        TEST(alarms_of_one_issuer_are_told_apart_by_kind),
        TEST(the_order_of_a_look_does_not_matter),
        TEST(what_was_forgotten_is_told_again),
        TEST(a_name_is_kept_past_the_look),
        TEST(more_than_there_is_room_for_are_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
