/* SPDX-License-Identifier: Apache-2.0
 *
 * A verifier in the place of another one: the issuers that were accepted there are accepted
 * here without a download, as long as they may be. In virtual time. */
#include "remote/refresher.h"
#include "support/forge.h"
#include "support/many_issuers.h"
#include "verify/verifier.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define MINUTE 60000

typedef struct seat {
    jwkeep_refresher *refresher;
    jwkeep_verifier *verifier;
} seat;

static struct fixture {
    many_issuers *world;
    jwkeep_jwk *key;
    char *body;
    jwkeep_token *token;
    seat before, after;
} fixture;

static const char *const patterns[] = {"https://*.tenants.test", "https://down.test/*"};

static jwkeep_dynamic_issuers accepting(void) {
    jwkeep_dynamic_issuers dynamic;
    jwkeep_dynamic_issuers_init(&dynamic);
    dynamic.patterns = patterns;
    dynamic.pattern_count = 2;
    return dynamic;
}

static seat make(const jwkeep_dynamic_issuers *dynamic) {
    seat made = {NULL, NULL};
    jwkeep_verifier_options options;
    jwkeep_verifier_options_init(&options);
    options.now_ms = forge_now_ms;
    options.dynamic = dynamic;
    jk_environment environment = many_issuers_environment(fixture.world, false);
    assert_int_equal(jk_refresher_new_in(&environment, 0, false, &made.refresher, NULL),
                     JWKEEP_OK);
    assert_int_equal(jk_verifier_new_in(&options, made.refresher, &made.verifier, NULL),
                     JWKEEP_OK);
    return made;
}

/* The predecessor is gone once its successor stands. */
static void succeed(jwkeep_dynamic_issuers dynamic) {
    dynamic.predecessor = fixture.before.verifier;
    fixture.after = make(&dynamic);
    jwkeep_verifier_free(fixture.before.verifier);
    fixture.before = (seat){NULL, NULL};
}

static int set_up(void **state) {
    (void)state;
    struct fixture *f = &fixture;
    memset(f, 0, sizeof *f);
    f->key = forge_key(JWKEEP_ALGORITHM_EDDSA, "k");
    f->body = forge_keyset_text(&f->key, 1);
    f->world = many_issuers_new(f->body);
    const jwkeep_dynamic_issuers dynamic = accepting();
    f->before = make(&dynamic);
    return jwkeep_token_new(&f->token, NULL) == JWKEEP_OK ? 0 : -1;
}

static int tear_down(void **state) {
    (void)state;
    struct fixture *f = &fixture;
    jwkeep_verifier_free(f->before.verifier);
    jwkeep_verifier_free(f->after.verifier);
    jwkeep_token_free(f->token);
    jwkeep_jwk_unref(f->key);
    free(f->body);
    many_issuers_free(f->world);
    return 0;
}

static void notify(void *user) {
    (void)user;
}

static void turn(const seat *at) {
    for (int i = 0; i < 4; i++)
        jk_refresher_turn(at->refresher);
}

/* After as much waiting as it takes. */
static jwkeep_code verify(const seat *at, const char *iss) {
    char payload[128];
    jwkeep_pending *pending = NULL;
    snprintf(payload, sizeof payload, "{\"iss\":\"%s\"}", iss);
    char *bytes = forge_token(JWKEEP_SPAN("{\"alg\":\"EdDSA\",\"kid\":\"k\"}"),
                              jwkeep_span_text(payload), fixture.key, JWKEEP_ALGORITHM_EDDSA);
    jwkeep_code code = jwkeep_verifier_begin(at->verifier, jwkeep_span_text(bytes), MINUTE,
                                             notify, NULL, fixture.token, &pending, NULL, NULL);
    if (code == JWKEEP_PENDING) {
        turn(at);
        code = jwkeep_pending_finish(pending, fixture.token, NULL, NULL);
    }
    free(bytes);
    return code;
}

static size_t downloads(void) {
    return many_issuers_requests(fixture.world);
}

static jwkeep_dynamic_status status(void) {
    jwkeep_dynamic_status now;
    assert_int_equal(jwkeep_verifier_dynamic_status(fixture.after.verifier, &now, NULL),
                     JWKEEP_OK);
    return now;
}

static void r21_a_successor_has_the_keys_that_are_there(void **state) {
    (void)state;
    assert_int_equal(verify(&fixture.before, "https://a.tenants.test"), JWKEEP_OK);
    assert_int_equal(verify(&fixture.before, "https://b.tenants.test"), JWKEEP_OK);
    size_t before = downloads();
    assert_int_equal(before, 4); /* discovery and keys of both */
    succeed(accepting());
    turn(&fixture.after);
    assert_int_equal(verify(&fixture.after, "https://a.tenants.test"), JWKEEP_OK);
    assert_int_equal(verify(&fixture.after, "https://b.tenants.test"), JWKEEP_OK);
    assert_int_equal(downloads(), before);
    assert_int_equal(status().issuers, 2);
    assert_int_equal(status().unloaded, 0);
    assert_int_equal(verify(&fixture.after, "https://c.tenants.test"), JWKEEP_OK);
    assert_int_equal(downloads(), before + 2);
}

/* R8: when the predecessor would have, not later. */
static void r08_a_successor_downloads_when_it_is_due(void **state) {
    (void)state;
    assert_int_equal(verify(&fixture.before, "https://a.tenants.test"), JWKEEP_OK);
    many_issuers_advance(fixture.world, 6 * MINUTE); /* of ten; due from 7:12 to 8:48 on */
    size_t before = downloads();
    succeed(accepting());
    turn(&fixture.after);
    assert_int_equal(downloads(), before);
    many_issuers_advance(fixture.world, 3 * MINUTE);
    turn(&fixture.after);
    assert_int_equal(downloads(), before + 2);
    assert_int_equal(status().degraded, 0);
}

/* R9: a lifetime of ten minutes and an hour of grace, counted from the download. */
static void r09_keys_that_came_along_grow_no_younger(void **state) {
    (void)state;
    assert_int_equal(verify(&fixture.before, "https://a.tenants.test"), JWKEEP_OK);
    many_issuers_hold(fixture.world, true);
    many_issuers_advance(fixture.world, 60 * MINUTE);
    succeed(accepting());
    assert_int_equal(verify(&fixture.after, "https://a.tenants.test"), JWKEEP_OK);
    many_issuers_advance(fixture.world, 11 * MINUTE);
    assert_int_equal(status().failing, 1);
}

static void r21_who_is_not_accepted_any_more_stays_behind(void **state) {
    (void)state;
    static const char *const others[] = {"https://b.tenants.test"};
    assert_int_equal(verify(&fixture.before, "https://a.tenants.test"), JWKEEP_OK);
    assert_int_equal(verify(&fixture.before, "https://b.tenants.test"), JWKEEP_OK);
    jwkeep_dynamic_issuers dynamic = accepting();
    dynamic.patterns = others;
    dynamic.pattern_count = 1;
    succeed(dynamic);
    assert_int_equal(status().issuers, 1);
    assert_int_equal(status().refused, 0); /* no token was */
    assert_int_equal(verify(&fixture.after, "https://a.tenants.test"), JWKEEP_ISSUER_UNKNOWN);
    assert_int_equal(verify(&fixture.after, "https://b.tenants.test"), JWKEEP_OK);
}

static void r21_who_has_no_keys_stays_behind(void **state) {
    (void)state;
    assert_int_equal(verify(&fixture.before, "https://down.test/1"), JWKEEP_KEYS_FETCH_FAILED);
    succeed(accepting());
    assert_int_equal(status().issuers, 0);
}

static void load_five(void) {
    for (int i = 0; i < 5; i++) {
        char iss[64];
        snprintf(iss, sizeof iss, "https://t%d.tenants.test", i);
        assert_int_equal(verify(&fixture.before, iss), JWKEEP_OK);
    }
}

static void r21_no_more_come_along_than_there_is_room_for(void **state) {
    (void)state;
    jwkeep_dynamic_issuers dynamic = accepting();
    load_five();
    dynamic.max_issuers = 3;
    succeed(dynamic);
    assert_int_equal(status().issuers, 3);
    assert_int_equal(status().busy, 0);
}

/* Of those without keys there is room for few: who comes with keys is none of them. */
static void r21_who_comes_with_keys_takes_no_room_of_those_without(void **state) {
    (void)state;
    jwkeep_dynamic_issuers dynamic = accepting();
    load_five();
    dynamic.max_unloaded = 2;
    succeed(dynamic);
    assert_int_equal(status().issuers, 5);
    assert_int_equal(verify(&fixture.after, "https://new.tenants.test"), JWKEEP_OK);
    assert_int_equal(status().busy, 0);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(r21_a_successor_has_the_keys_that_are_there),
        TEST(r08_a_successor_downloads_when_it_is_due),
        TEST(r09_keys_that_came_along_grow_no_younger),
        TEST(r21_who_is_not_accepted_any_more_stays_behind),
        TEST(r21_who_has_no_keys_stays_behind),
        TEST(r21_no_more_come_along_than_there_is_room_for),
        TEST(r21_who_comes_with_keys_takes_no_room_of_those_without),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
