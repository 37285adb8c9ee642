/* SPDX-License-Identifier: Apache-2.0
 *
 * Threads that verify tokens of issuers which are accepted, loaded, evicted and accepted anew
 * at the same time, while other verifiers take them over: nobody reads what was freed, nobody
 * is told a wrong verdict, and what was evicted is gone with its downloads. The clock jumps, so
 * that places change hands all the time. */
#include "remote/refresher.h"
#include "support/forge.h"
#include "support/many_issuers.h"
#include "verify/verifier.h"
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define THREADS 4
#define ISSUERS 24
#define ROUNDS 1500

static struct fixture {
    many_issuers *world;
    jwkeep_verifier *verifier;
    jwkeep_jwk *key;
    char *body;
    char *tokens[ISSUERS];    /* every fourth of an issuer that is down */
    _Atomic bool is_over;     /* set once, read in loops: no partner */
    _Atomic size_t accepted;  /* counts only */
    _Atomic size_t wrong;     /* likewise */
    _Atomic size_t inherited; /* likewise */
} fixture;

static bool is_down(size_t i) {
    return i % 4 == 3;
}

static void make_tokens(struct fixture *f) {
    for (size_t i = 0; i < ISSUERS; i++) {
        char payload[128];
        snprintf(payload, sizeof payload, "{\"iss\":\"https://%s%zu.tenants.test\"}",
                 is_down(i) ? "down" : "t", i);
        f->tokens[i] = forge_token(JWKEEP_SPAN("{\"alg\":\"EdDSA\",\"kid\":\"k\"}"),
                                   jwkeep_span_text(payload), f->key, JWKEEP_ALGORITHM_EDDSA);
    }
}

/* A verifier in `world`, in the place of `predecessor`, or of none. */
static int make(many_issuers *world, const jwkeep_verifier *predecessor,
                jwkeep_verifier **ret_verifier) {
    static const char *const patterns[] = {"https://*.tenants.test"};
    jk_environment environment = many_issuers_environment(world, true);
    jwkeep_refresher *refresher = NULL;
    if (jk_refresher_new_in(&environment, 0, true, &refresher, NULL) != JWKEEP_OK)
        return -1;
    jwkeep_dynamic_issuers dynamic;
    jwkeep_dynamic_issuers_init(&dynamic);
    dynamic.patterns = patterns;
    dynamic.pattern_count = 1;
    dynamic.max_issuers = 12;
    dynamic.max_unloaded = 6;
    dynamic.idle_s = 60;
    dynamic.predecessor = predecessor;
    jwkeep_verifier_options options;
    jwkeep_verifier_options_init(&options);
    options.now_ms = forge_now_ms;
    options.dynamic = &dynamic;
    return jk_verifier_new_in(&options, refresher, ret_verifier, NULL) == JWKEEP_OK ? 0 : -1;
}

static int set_up(void **state) {
    (void)state;
    struct fixture *f = &fixture;
    memset(f, 0, sizeof *f);
    f->key = forge_key(JWKEEP_ALGORITHM_EDDSA, "k");
    f->body = forge_keyset_text(&f->key, 1);
    make_tokens(f);
    f->world = many_issuers_new(f->body);
    return make(f->world, NULL, &f->verifier);
}

static int tear_down(void **state) {
    (void)state;
    struct fixture *f = &fixture;
    jwkeep_verifier_free(f->verifier);
    many_issuers_free(f->world);
    jwkeep_jwk_unref(f->key);
    for (size_t i = 0; i < ISSUERS; i++)
        free(f->tokens[i]);
    free(f->body);
    return 0;
}

/* The clock may outrun the keys of whoever is kept from running. */
static bool is_right(jwkeep_code code, size_t i) {
    if (code == JWKEEP_OK)
        return !is_down(i);
    return code == JWKEEP_KEYS_BUSY || code == JWKEEP_KEYS_TIMEOUT ||
           code == JWKEEP_KEYS_STALE || code == JWKEEP_KEYS_SHUTDOWN ||
           (code == JWKEEP_KEYS_FETCH_FAILED && is_down(i));
}

static void *run_verifier(void *argument) {
    struct fixture *f = &fixture;
    size_t at = (size_t)(uintptr_t)argument;
    jwkeep_token *token = NULL;
    if (jwkeep_token_new(&token, NULL) != JWKEEP_OK)
        return NULL;
    for (size_t round = 0; round < ROUNDS; round++) {
        size_t i = (at * 7 + round * 5) % ISSUERS;
        jwkeep_code code = jwkeep_verifier_verify(f->verifier, jwkeep_span_text(f->tokens[i]),
                                                  60000, token, NULL, NULL);
        f->accepted += code == JWKEEP_OK;
        f->wrong += !is_right(code, i);
    }
    jwkeep_token_free(token);
    return NULL;
}

static void ignore(void *user) {
    (void)user;
}

/* Begins and gives up at once: what it held is free to go. */
static void *run_canceller(void *argument) {
    struct fixture *f = argument;
    jwkeep_token *token = NULL;
    if (jwkeep_token_new(&token, NULL) != JWKEEP_OK)
        return NULL;
    for (size_t round = 0; !f->is_over; round++) {
        jwkeep_pending *pending = NULL;
        size_t i = round % ISSUERS;
        jwkeep_code code =
            jwkeep_verifier_begin(f->verifier, jwkeep_span_text(f->tokens[i]), 60000, ignore,
                                  NULL, token, &pending, NULL, NULL);
        f->wrong += code != JWKEEP_PENDING && !is_right(code, i);
        if (code == JWKEEP_PENDING)
            jwkeep_pending_cancel(pending);
        sched_yield();
    }
    jwkeep_token_free(token);
    return NULL;
}

static void look(void *user, const char *iss, const jwkeep_source_status *status) {
    *(size_t *)user += strstr(iss, ".tenants.test") != NULL && status->keys <= 1;
}

/* Moves the clock and looks at everything. */
static void *run_clock(void *argument) {
    struct fixture *f = argument;
    while (!f->is_over) {
        size_t seen = 0;
        jwkeep_dynamic_status status = {0};
        many_issuers_advance(f->world, 20000);
        f->wrong +=
            jwkeep_verifier_visit_dynamic(f->verifier, look, &seen, NULL) != JWKEEP_OK ||
            jwkeep_verifier_dynamic_status(f->verifier, &status, NULL) != JWKEEP_OK;
        sched_yield();
    }
    return NULL;
}

/* Successors take over what is there, and are given up again. */
static void *run_successors(void *argument) {
    struct fixture *f = argument;
    while (!f->is_over) {
        jwkeep_verifier *successor = NULL;
        many_issuers *world = many_issuers_new(f->body);
        if (make(world, f->verifier, &successor) == 0)
            f->inherited += jk_dynamic_figures(successor->dynamic).issuers;
        else
            f->wrong++;
        jwkeep_verifier_free(successor);
        many_issuers_free(world);
        sched_yield();
    }
    return NULL;
}

static void r21_issuers_come_and_go_under_those_who_use_them(void **state) {
    (void)state;
    struct fixture *f = &fixture;
    pthread_t threads[THREADS], canceller, clock, successors;
    jwkeep_dynamic_status status;
    assert_int_equal(pthread_create(&canceller, NULL, run_canceller, f), 0);
    assert_int_equal(pthread_create(&clock, NULL, run_clock, f), 0);
    assert_int_equal(pthread_create(&successors, NULL, run_successors, f), 0);
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, run_verifier, (void *)(uintptr_t)i),
                         0);
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    f->is_over = true;
    pthread_join(canceller, NULL);
    pthread_join(clock, NULL);
    pthread_join(successors, NULL);
    assert_int_equal(f->wrong, 0);
    assert_true(f->accepted > 0);
    assert_true(f->inherited > 0);
    assert_int_equal(jwkeep_verifier_dynamic_status(f->verifier, &status, NULL), JWKEEP_OK);
    assert_true(status.evicted > 0);
    assert_true(status.issuers <= 12);
}

static void *wait_for_one(void *argument) {
    jwkeep_token *token = NULL;
    if (jwkeep_token_new(&token, NULL) != JWKEEP_OK)
        return NULL;
    jwkeep_code code = jwkeep_verifier_verify(
        fixture.verifier, jwkeep_span_text(fixture.tokens[(size_t)(uintptr_t)argument]), 60000,
        token, NULL, NULL);
    fixture.wrong += code != JWKEEP_KEYS_SHUTDOWN;
    jwkeep_token_free(token);
    return NULL;
}

static size_t count_waiters(void) {
    struct fixture *f = &fixture;
    size_t inside;
    pthread_mutex_lock(&f->verifier->waiting.mutex);
    inside = f->verifier->waiting.inside;
    pthread_mutex_unlock(&f->verifier->waiting.mutex);
    return inside;
}

static void add_waiters(void *user, const char *iss, const jwkeep_source_status *status) {
    (void)iss;
    *(size_t *)user += status->waiters;
}

static void r24_the_end_tells_those_who_wait_for_an_accepted_issuer(void **state) {
    (void)state;
    struct fixture *f = &fixture;
    pthread_t threads[THREADS];
    many_issuers_hold(f->world, true);
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, wait_for_one, (void *)(uintptr_t)i),
                         0);
    size_t waiting = 0;
    while (count_waiters() < THREADS || waiting < THREADS) {
        waiting = 0;
        assert_int_equal(
            jwkeep_verifier_visit_dynamic(f->verifier, add_waiters, &waiting, NULL), JWKEEP_OK);
        sched_yield();
    }
    jwkeep_verifier_free(f->verifier);
    f->verifier = NULL;
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(f->wrong, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(r21_issuers_come_and_go_under_those_who_use_them,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(r24_the_end_tells_those_who_wait_for_an_accepted_issuer,
                                        set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
