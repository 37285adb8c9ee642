/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the tests of plans: which rule counts, who holds a plan, and what a reload does to
 * those who do, and to who asked for it. */
#include "server/loop.h"
#include "server/reload.h"
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static const char *const GET[] = {"GET"};
static const policy_rule RULES[] = {
    {.prefix = {(const uint8_t *)"/admin/open", 11}, .verdict = POLICY_ALLOW},
    {.prefix = {(const uint8_t *)"/admin", 6}, .methods = GET, .method_count = 1},
    {.prefix = {(const uint8_t *)"/admin", 6}, .verdict = POLICY_DENY},
};

static const policy_rule *find(const char *method, const char *path) {
    server_policy policy;
    policy_init(&policy, "p", NULL, "r");
    policy.rules = RULES;
    policy.rule_count = sizeof RULES / sizeof *RULES;
    return policy_find_rule(&policy, jwkeep_span_text(method), jwkeep_span_text(path));
}

static void the_first_rule_of_path_and_method_counts(void **state) {
    (void)state;
    assert_ptr_equal(find("GET", "/admin/open/x"), &RULES[0]);
    assert_ptr_equal(find("GET", "/admin/x"), &RULES[1]);
    assert_ptr_equal(find("HEAD", "/admin"), &RULES[1]);
    assert_ptr_equal(find("POST", "/admin"), &RULES[2]);
    assert_ptr_equal(find("get", "/admin"), &RULES[2]);
    assert_null(find("GET", "/administrator"));
}

static void a_seat_takes_the_newest_plan(void **state) {
    (void)state;
    server_plan plans[3] = {0};
    plan_seat seat = {0};
    plan_seat_offer(&seat, &plans[0]);
    assert_ptr_equal(plan_seat_look(&seat), &plans[0]);
    plan_seat_offer(&seat, &plans[1]);
    plan_seat_offer(&seat, &plans[2]);
    assert_true(plan_is_free(&plans[1]));
    assert_false(plan_is_free(&plans[0]));
    assert_ptr_equal(plan_seat_look(&seat), &plans[2]);
    assert_true(plan_is_free(&plans[0]));
    plan_seat_done(&seat);
    assert_true(plan_is_free(&plans[2]));
}

/* Plans to load, one after the other; how many were retired. */
typedef struct loads {
    server_plan plans[RELOAD_MAX_RETIRED + 2];
    size_t loaded;
    size_t retired;
    bool is_broken;
} loads;

static bool load(void *user, const server_plan *present, server_plan **ret_plan,
                 char ret_fault[RELOAD_FAULT_BYTES]) {
    loads *it = user;
    assert_ptr_equal(present, &it->plans[it->loaded]);
    if (it->is_broken) {
        snprintf(ret_fault, RELOAD_FAULT_BYTES, "broken");
        return false;
    }
    *ret_plan = &it->plans[++it->loaded];
    return true;
}

static void retire(void *user, server_plan *plan) {
    loads *it = user;
    assert_true(plan_is_free(plan));
    it->retired++;
}

static void start(reload *it, loads *world) {
    const reload_source source = {load, retire, world};
    reload_init(it, &source, &world->plans[0]);
}

static void what_cannot_be_loaded_changes_nothing(void **state) {
    (void)state;
    loads world = {.is_broken = true};
    reload it;
    plan_seat seat = {0};
    char fault[RELOAD_FAULT_BYTES] = "";
    start(&it, &world);
    reload_add_seat(&it, &seat);
    assert_false(reload_run(&it, fault));
    assert_string_equal(fault, "broken");
    assert_ptr_equal(plan_seat_look(&seat), &world.plans[0]);
    assert_int_equal(server_counter_get(&it.failed), 1);
    assert_int_equal(server_counter_get(&it.is_failing), 1);
    world.is_broken = false;
    assert_true(reload_run(&it, fault));
    assert_int_equal(server_counter_get(&it.is_failing), 0);
    assert_ptr_equal(plan_seat_look(&seat), &world.plans[1]);
    plan_seat_done(&seat);
    reload_done(&it);
    assert_int_equal(world.retired, 2);
}

static void a_plan_lives_until_the_last_request_lets_go(void **state) {
    (void)state;
    loads world = {0};
    reload it;
    plan_seat seat = {0};
    char fault[RELOAD_FAULT_BYTES] = "";
    start(&it, &world);
    reload_add_seat(&it, &seat);
    plan_hold(&world.plans[0]); /* a parked request */
    assert_true(reload_run(&it, fault));
    (void)plan_seat_look(&seat);
    reload_collect(&it);
    assert_int_equal(world.retired, 0);
    plan_let_go(&world.plans[0]);
    reload_collect(&it);
    assert_int_equal(world.retired, 1);
    plan_seat_done(&seat);
    reload_done(&it);
    assert_int_equal(world.retired, 2);
}

static void held_plans_are_bounded(void **state) {
    (void)state;
    loads world = {0};
    reload it;
    char fault[RELOAD_FAULT_BYTES] = "";
    start(&it, &world);
    for (size_t i = 0; i < RELOAD_MAX_RETIRED; i++) {
        plan_hold(&world.plans[i]);
        assert_true(reload_run(&it, fault));
    }
    assert_false(reload_run(&it, fault));
    assert_non_null(strstr(fault, "still in use"));
    for (size_t i = 0; i < RELOAD_MAX_RETIRED; i++)
        plan_let_go(&world.plans[i]);
    assert_true(reload_run(&it, fault));
    reload_done(&it);
    assert_int_equal(world.retired, RELOAD_MAX_RETIRED + 2);
}

/* A loop that does not run, with one connection. */
static server_connection *make_connection(server_worker **ret_worker) {
    static const server_service none;
    server_limits limits;
    server_limits_init(&limits);
    assert_int_equal(server_worker_new(&none, NULL, &limits, ret_worker, NULL), JWKEEP_OK);
    return server_connection_new(*ret_worker, -1);
}

/* Two signals, and the second load ends before the asker has come for the answer of the first:
 * another wake would find its connection answered, and perhaps gone. */
static void who_asked_is_woken_once(void **state) {
    (void)state;
    loads world = {0};
    reload it;
    server_worker *worker;
    char fault[RELOAD_FAULT_BYTES] = "";
    server_connection *connection = make_connection(&worker);
    signal(SIGHUP, SIG_IGN);
    start(&it, &world);
    reload_set_runner(&it, pthread_self());
    assert_int_equal(reload_answer(&it, &connection->exchange), SERVER_PARKED);
    assert_true(reload_run(&it, fault));
    assert_false(server_link_is_alone(&connection->in_mailbox));
    server_exchange_forget(&connection->exchange); /* the loop has taken it out */
    assert_true(reload_run(&it, fault));
    assert_true(server_link_is_alone(&connection->in_mailbox));
    assert_int_equal(reload_resume(&it, &connection->exchange), SERVER_ANSWERED);
    assert_int_equal(reload_answer(&it, &connection->exchange), SERVER_PARKED);
    assert_true(reload_run(&it, fault));
    assert_false(server_link_is_alone(&connection->in_mailbox));
    server_exchange_forget(&connection->exchange);
    server_connection_free(connection);
    server_worker_free(worker);
    reload_done(&it);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_rule_of_path_and_method_counts),
        cmocka_unit_test(a_seat_takes_the_newest_plan),
        cmocka_unit_test(what_cannot_be_loaded_changes_nothing),
        cmocka_unit_test(a_plan_lives_until_the_last_request_lets_go),
        cmocka_unit_test(held_plans_are_bounded),
        cmocka_unit_test(who_asked_is_woken_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
