/* SPDX-License-Identifier: Apache-2.0
 *
 * R22 against the clock: readers verify tokens that are remembered while their keys come and
 * go, tokens push out each other, and everything is forgotten again and again. Once a removal
 * has been published, no call that begins later accepts a token of the removed key; and no call
 * ever hands out the claims of another token, or memory that was pushed out. */
#include "remote/refresher.h"
#include "support/forge.h"
#include "support/live_issuer.h"
#include "verify/verifier.h"
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define READERS 3
#define TOKENS 24 /* of each key */
#define ROUNDS 60
#define ENTRIES 20 /* fewer than tokens: they push out each other */

enum { STAYING, LEAVING, KEYS };

static struct fixture {
    live_issuer *issuer;
    jwkeep_verifier *verifier;
    jwkeep_jwk *keys[KEYS];
    char *tokens[KEYS][TOKENS];
    char *bodies[2]; /* without the leaving key, with it */
    /* Odd while the leaving key may be published. A reader that loads an even number before
     * and the same one after a call (acquire) knows that the removal had been seen published
     * (release) before the call, and no publication was asked for until it ended. */
    _Atomic size_t phase;
    _Atomic bool is_over;    /* set once, read in loops: no partner */
    _Atomic size_t accepted; /* counts only, as the next two */
    _Atomic size_t refused;
    _Atomic size_t wrong;
} fixture;

static char *make_token(const jwkeep_jwk *key, const char *kid, size_t number) {
    char header[64], payload[64];
    snprintf(header, sizeof header, "{\"alg\":\"EdDSA\",\"kid\":\"%s\"}", kid);
    snprintf(payload, sizeof payload, "{\"iss\":\"i\",\"sub\":\"%s\",\"n\":%zu}", kid, number);
    return forge_token(jwkeep_span_text(header), jwkeep_span_text(payload), key,
                       JWKEEP_ALGORITHM_EDDSA);
}

static int set_up(void **state) {
    (void)state;
    struct fixture *f = &fixture;
    memset(f, 0, sizeof *f);
    for (size_t i = 0; i < KEYS; i++) {
        const char kid[] = {(char)('a' + i), '\0'};
        f->keys[i] = forge_key(JWKEEP_ALGORITHM_EDDSA, kid);
        for (size_t j = 0; j < TOKENS; j++)
            f->tokens[i][j] = make_token(f->keys[i], kid, j);
    }
    f->bodies[0] = forge_keyset_text(f->keys, 1);
    f->bodies[1] = forge_keyset_text(f->keys, 2);
    f->issuer = live_issuer_new();
    live_issuer_publish(f->issuer, f->bodies[0]);
    f->verifier = live_issuer_new_verifier(f->issuer, ENTRIES);
    return f->verifier && jwkeep_verifier_wait_ready(f->verifier, 60000, NULL) == JWKEEP_OK
               ? 0
               : -1;
}

static int tear_down(void **state) {
    (void)state;
    struct fixture *f = &fixture;
    jwkeep_verifier_free(f->verifier);
    live_issuer_free(f->issuer);
    for (size_t i = 0; i < KEYS; i++) {
        jwkeep_jwk_unref(f->keys[i]);
        for (size_t j = 0; j < TOKENS; j++)
            free(f->tokens[i][j]);
    }
    free(f->bodies[0]);
    free(f->bodies[1]);
    return 0;
}

static bool is_of(const jwkeep_token *token, size_t key, size_t number) {
    int64_t n = -1;
    return jwkeep_span_equals(jwkeep_token_subject(token), jwkeep_jwk_kid(fixture.keys[key])) &&
           jwkeep_span_equals(jwkeep_token_key_thumbprint(token),
                              jwkeep_jwk_thumbprint(fixture.keys[key])) &&
           jwkeep_token_claim_int64(token, "n", &n) == JWKEEP_OK && n == (int64_t)number;
}

static void notify(void *user) {
    (void)user;
}

static void verify_one(struct fixture *f, size_t key, size_t number, jwkeep_token *token) {
    jwkeep_pending *pending = NULL;
    jwkeep_verifier_expect(f->verifier, jwkeep_span_text(f->tokens[key][number]));
    size_t before = atomic_load_explicit(&f->phase, memory_order_acquire);
    jwkeep_code code =
        jwkeep_verifier_begin(f->verifier, jwkeep_span_text(f->tokens[key][number]), 1000,
                              notify, NULL, token, &pending, NULL, NULL);
    bool is_removed =
        before % 2 == 0 && atomic_load_explicit(&f->phase, memory_order_acquire) == before;
    jwkeep_pending_cancel(pending);
    /* While the refresher is slow the clock of the test runs on, and keys may be stale. */
    bool is_right = code == JWKEEP_OK ? is_of(token, key, number)
                                      : key == LEAVING || jwkeep_code_class(code) ==
                                                              JWKEEP_CLASS_KEY_UNAVAILABLE;
    if (!is_right || (code == JWKEEP_OK && key == LEAVING && is_removed))
        atomic_fetch_add(&f->wrong, 1);
    else
        atomic_fetch_add(code == JWKEEP_OK ? &f->accepted : &f->refused, 1);
}

static void *verify_on(void *user) {
    struct fixture *f = user;
    jwkeep_token *token = NULL;
    if (jwkeep_token_new(&token, NULL) != JWKEEP_OK)
        return NULL;
    for (size_t i = 0; !atomic_load(&f->is_over); i++)
        /* Few tokens often, the others in turn. */
        verify_one(f, i % 2 ? LEAVING : STAYING, i % 3 ? i % 4 : i / 3 % TOKENS, token);
    jwkeep_token_free(token);
    return NULL;
}

static size_t keys_now(const struct fixture *f) {
    jwkeep_source_status status;
    return jwkeep_verifier_status(f->verifier, 0, &status) == JWKEEP_OK ? status.keys : 0;
}

/* Returns when the set with so many keys is published. */
static void publish(struct fixture *f, size_t count) {
    live_issuer_publish(f->issuer, f->bodies[count - 1]);
    for (size_t turn = 0; keys_now(f) != count; turn++) {
        if (turn % 256 == 0)
            live_issuer_advance(f->issuer, 2000);
        if (jwkeep_verifier_refresh(f->verifier, 0) != JWKEEP_OK)
            atomic_fetch_add(&f->wrong, 1);
        sched_yield();
    }
}

/* Until readers have been through the tokens. */
static void let_them_read(const struct fixture *f, size_t count) {
    size_t start = atomic_load(&f->accepted) + atomic_load(&f->refused);
    while (atomic_load(&f->accepted) + atomic_load(&f->refused) - start < count &&
           atomic_load(&f->wrong) == 0)
        sched_yield();
}

static void r22_no_token_outlives_its_key_however_threads_meet(void **state) {
    (void)state;
    struct fixture *f = &fixture;
    pthread_t readers[READERS];
    size_t started = 0;
    while (started < READERS && pthread_create(&readers[started], NULL, verify_on, f) == 0)
        started++;
    for (size_t round = 0; round < ROUNDS && started == READERS; round++) {
        atomic_fetch_add_explicit(&f->phase, 1, memory_order_acq_rel);
        publish(f, 2);
        let_them_read(f, 40);
        publish(f, 1);
        atomic_fetch_add_explicit(&f->phase, 1, memory_order_acq_rel);
        let_them_read(f, 20);
        if (round % 5 == 4)
            jwkeep_verifier_forget_tokens(f->verifier);
    }
    atomic_store(&f->is_over, true);
    for (size_t i = 0; i < started; i++)
        pthread_join(readers[i], NULL);
    jwkeep_cache_status status;
    assert_int_equal(jwkeep_verifier_cache_status(f->verifier, &status), JWKEEP_OK);
    assert_int_equal(started, READERS);
    assert_int_equal(atomic_load(&f->wrong), 0);
    assert_true(atomic_load(&f->refused) > 0);
    assert_true(status.hits > 0);
    assert_true(status.evictions > 0);
    assert_true(status.entries <= ENTRIES);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(r22_no_token_outlives_its_key_however_threads_meet,
                                        set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
