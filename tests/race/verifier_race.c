/* SPDX-License-Identifier: Apache-2.0
 *
 * Threads that verify, wait, begin and give up while the issuer rotates, fails and stalls:
 * whatever the order, a token is accepted with its own key and claims, or the answer says that
 * the key cannot be had. Never a wrong verdict, never somebody else's claims. */
#include "remote/refresher.h"
#include "support/forge.h"
#include "support/live_issuer.h"
#include "verify/verifier.h"
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define KEYS 6
#define THREADS 4
#define ROTATIONS 120

static struct fixture {
    live_issuer *issuer;
    jwkeep_verifier *verifier;
    jwkeep_jwk *keys[KEYS];
    char *tokens[KEYS];
    char *bodies[KEYS];      /* keys i and i + 1 */
    _Atomic bool is_over;    /* set once, read in loops: no partner */
    _Atomic size_t accepted; /* counts only */
    _Atomic size_t wrong;    /* likewise */
} fixture;

static void make_keys(struct fixture *f) {
    for (size_t i = 0; i < KEYS; i++) {
        char kid[8], header[64], payload[64];
        snprintf(kid, sizeof kid, "k%zu", i);
        snprintf(header, sizeof header, "{\"alg\":\"EdDSA\",\"kid\":\"%s\"}", kid);
        snprintf(payload, sizeof payload, "{\"iss\":\"i\",\"sub\":\"%s\"}", kid);
        f->keys[i] = forge_key(JWKEEP_ALGORITHM_EDDSA, kid);
        f->tokens[i] = forge_token(jwkeep_span_text(header), jwkeep_span_text(payload),
                                   f->keys[i], JWKEEP_ALGORITHM_EDDSA);
    }
    for (size_t i = 0; i < KEYS; i++) {
        jwkeep_jwk *two[] = {f->keys[i], f->keys[(i + 1) % KEYS]};
        f->bodies[i] = forge_keyset_text(two, 2);
    }
}

static int set_up(void **state) {
    (void)state;
    struct fixture *f = &fixture;
    memset(f, 0, sizeof *f);
    make_keys(f);
    f->issuer = live_issuer_new();
    live_issuer_publish(f->issuer, f->bodies[0]);
    f->verifier = live_issuer_new_verifier(f->issuer, 0);
    return f->verifier ? 0 : -1;
}

static int tear_down(void **state) {
    (void)state;
    struct fixture *f = &fixture;
    jwkeep_verifier_free(f->verifier);
    live_issuer_free(f->issuer);
    for (size_t i = 0; i < KEYS; i++) {
        jwkeep_jwk_unref(f->keys[i]);
        free(f->tokens[i]);
        free(f->bodies[i]);
    }
    return 0;
}

/* Whether the verdict on token `i` is one of those that may be. */
static bool is_right(jwkeep_code code, const jwkeep_token *token, size_t i) {
    if (code == JWKEEP_OK)
        return jwkeep_span_equals(jwkeep_token_subject(token),
                                  jwkeep_jwk_kid(fixture.keys[i])) &&
               jwkeep_span_equals(jwkeep_token_key_thumbprint(token),
                                  jwkeep_jwk_thumbprint(fixture.keys[i]));
    return jwkeep_token_claims(token) == NULL &&
           (code == JWKEEP_KID_UNKNOWN ||
            jwkeep_code_class(code) == JWKEEP_CLASS_KEY_UNAVAILABLE);
}

static void count(jwkeep_code code, const jwkeep_token *token, size_t i) {
    if (!is_right(code, token, i))
        atomic_fetch_add(&fixture.wrong, 1);
    else if (code == JWKEEP_OK)
        atomic_fetch_add(&fixture.accepted, 1);
}

static void *verify_blocking(void *user) {
    struct fixture *f = user;
    jwkeep_token *token = NULL;
    if (jwkeep_token_new(&token, NULL) != JWKEEP_OK)
        return NULL;
    for (size_t i = 0; !atomic_load(&f->is_over); i = (i + 1) % KEYS) {
        jwkeep_code code = jwkeep_verifier_verify(f->verifier, jwkeep_span_text(f->tokens[i]),
                                                  1, token, NULL, NULL);
        count(code, token, i);
    }
    jwkeep_token_free(token);
    return NULL;
}

static void notify(void *user) {
    atomic_store((_Atomic bool *)user, true);
}

/* Every other pending verification is given up, answered or not. */
static void *verify_pending(void *user) {
    struct fixture *f = user;
    jwkeep_token *token = NULL;
    size_t round = 0;
    if (jwkeep_token_new(&token, NULL) != JWKEEP_OK)
        return NULL;
    for (size_t i = 0; !atomic_load(&f->is_over); i = (i + 1) % KEYS, round++) {
        _Atomic bool is_notified = false;
        jwkeep_pending *pending = NULL;
        jwkeep_span bytes = jwkeep_span_text(f->tokens[i]);
        jwkeep_code code = jwkeep_verifier_begin(f->verifier, bytes, 50, notify, &is_notified,
                                                 token, &pending, NULL, NULL);
        while (code == JWKEEP_PENDING && round % 2 && !atomic_load(&is_notified) &&
               !atomic_load(&f->is_over))
            sched_yield();
        if (code == JWKEEP_PENDING && atomic_load(&is_notified)) {
            code = jwkeep_pending_finish(pending, token, NULL, NULL);
            count(code, token, i);
        } else if (code == JWKEEP_PENDING) {
            jwkeep_pending_cancel(pending);
        } else {
            count(code, token, i);
        }
    }
    jwkeep_token_free(token);
    return NULL;
}

static void *watch_status(void *user) {
    struct fixture *f = user;
    jwkeep_generation last = 0;
    while (!atomic_load(&f->is_over)) {
        jwkeep_source_status status;
        if (jwkeep_verifier_status(f->verifier, 0, &status) != JWKEEP_OK ||
            status.generation < last || status.keys > 2)
            atomic_fetch_add(&f->wrong, 1);
        last = status.generation;
        jwkeep_keyset *set = jwkeep_verifier_take_keys(f->verifier, 0);
        if (jwkeep_keyset_count(set) > 2)
            atomic_fetch_add(&f->wrong, 1);
        jwkeep_keyset_unref(set);
        sched_yield();
    }
    return NULL;
}

/* Rotates; every fifth time the issuer is down, every seventh it stalls. Otherwise the
 * rotation arrives: at the latest when the clock has passed the cooldown and the backoff. */
static void rotate(struct fixture *f, jwkeep_token *token, size_t i) {
    bool is_down = i % 5 == 4, is_stalled = i % 7 == 6;
    live_issuer_publish(f->issuer, is_down ? NULL : f->bodies[i % KEYS]);
    live_issuer_hold(f->issuer, is_stalled);
    jwkeep_code code;
    do {
        live_issuer_advance(f->issuer, 2000);
        code = jwkeep_verifier_refresh(f->verifier, 0);
        if (code == JWKEEP_OK)
            code = jwkeep_verifier_verify(f->verifier, jwkeep_span_text(f->tokens[i % KEYS]),
                                          10, token, NULL, NULL);
        count(code, token, i % KEYS);
    } while (code != JWKEEP_OK && !is_down && !is_stalled);
}

static void every_verdict_is_right_while_the_issuer_rotates(void **state) {
    (void)state;
    struct fixture *f = &fixture;
    void *(*const work[THREADS + 1])(void *) = {verify_blocking, verify_blocking,
                                                verify_pending, verify_pending, watch_status};
    pthread_t threads[THREADS + 1];
    jwkeep_token *token = NULL;
    assert_int_equal(jwkeep_token_new(&token, NULL), JWKEEP_OK);
    for (size_t i = 0; i <= THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, work[i], f), 0);
    for (size_t i = 0; i < ROTATIONS; i++)
        rotate(f, token, i);
    atomic_store(&f->is_over, true);
    live_issuer_hold(f->issuer, false);
    for (size_t i = 0; i <= THREADS; i++)
        pthread_join(threads[i], NULL);
    jwkeep_token_free(token);
    assert_int_equal(atomic_load(&f->wrong), 0);
    assert_true(atomic_load(&f->accepted) >= ROTATIONS / 2);
}

typedef struct waiting_call {
    pthread_t thread;
    jwkeep_code code;
    bool has_claims;
} waiting_call;

static void *wait_for_key(void *user) {
    waiting_call *call = user;
    jwkeep_token *token = NULL;
    call->code = jwkeep_token_new(&token, NULL);
    if (call->code == JWKEEP_OK)
        call->code = jwkeep_verifier_verify(
            fixture.verifier, jwkeep_span_text(fixture.tokens[0]), 60000, token, NULL, NULL);
    call->has_claims = jwkeep_token_claims(token) != NULL;
    jwkeep_token_free(token);
    return NULL;
}

static void start_waiting(waiting_call *calls) {
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&calls[i].thread, NULL, wait_for_key, &calls[i]), 0);
    jwkeep_source_status status = {0};
    while (status.waiters < THREADS) {
        sched_yield();
        assert_int_equal(jwkeep_verifier_status(fixture.verifier, 0, &status), JWKEEP_OK);
    }
}

static void ends_in_the_middle_of_a_download(void **state) {
    (void)state;
    waiting_call calls[THREADS] = {0};
    live_issuer_hold(fixture.issuer, true);
    start_waiting(calls);
    live_issuer_await_requests(fixture.issuer, 1);
    jwkeep_verifier_free(fixture.verifier);
    fixture.verifier = NULL;
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(calls[i].thread, NULL);
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(calls[i].code, JWKEEP_KEYS_SHUTDOWN);
        assert_false(calls[i].has_claims);
    }
}

/* The answer and the end come at the same time: each call gets one or the other, whole. */
static void ends_while_the_answer_comes_in(void **state) {
    (void)state;
    waiting_call calls[THREADS] = {0};
    live_issuer_hold(fixture.issuer, true);
    start_waiting(calls);
    live_issuer_await_requests(fixture.issuer, 1);
    live_issuer_hold(fixture.issuer, false);
    jwkeep_verifier_free(fixture.verifier);
    fixture.verifier = NULL;
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(calls[i].thread, NULL);
    for (size_t i = 0; i < THREADS; i++) {
        assert_true(calls[i].code == JWKEEP_OK || calls[i].code == JWKEEP_KEYS_SHUTDOWN);
        assert_int_equal(calls[i].has_claims, calls[i].code == JWKEEP_OK);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(every_verdict_is_right_while_the_issuer_rotates),
        TEST(ends_in_the_middle_of_a_download),
        TEST(ends_while_the_answer_comes_in),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
