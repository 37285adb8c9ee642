/* SPDX-License-Identifier: Apache-2.0
 *
 * R22: a remembered token lives no longer than its key. Keys are removed, replaced, marked,
 * moved and go stale, and the next call knows. */
#include "jwt/verify.h"
#include "support/cached_issuer.h"
#include "support/forge.h"
#include "verify/token_cache.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define CLAIMS "\"iss\":\"i\",\"aud\":\"api\""
#define KEYS 8
#define FEW 16 /* tokens remembered */

static cached_issuer fixture;
static jwkeep_jwk *keys[KEYS]; /* a, b, c, … */
static jwkeep_jwk *local;
static jwkeep_keyset *local_keys;

static int set_up_of(size_t entries) {
    for (size_t i = 0; i < KEYS; i++) {
        const char kid[] = {(char)('a' + i), '\0'};
        keys[i] = forge_key(JWKEEP_ALGORITHM_EDDSA, kid);
    }
    local = forge_key(JWKEEP_ALGORITHM_HS256, "l");
    local_keys = forge_keyset(&local, 1);
    cached_issuer_init(&fixture, local_keys, entries, 0);
    return 0;
}

static int set_up(void **state) {
    (void)state;
    return set_up_of(1000);
}

static int set_up_few(void **state) {
    (void)state;
    return set_up_of(FEW);
}

static int tear_down(void **state) {
    (void)state;
    cached_issuer_done(&fixture);
    for (size_t i = 0; i < KEYS; i++)
        jwkeep_jwk_unref(keys[i]);
    jwkeep_keyset_unref(local_keys);
    jwkeep_jwk_unref(local);
    return 0;
}

/* Publishes the keys of `letters`, in this order. */
static void publish(const char *letters) {
    jwkeep_jwk *chosen[KEYS];
    size_t count = strlen(letters);
    for (size_t i = 0; i < count; i++)
        chosen[i] = keys[letters[i] - 'a'];
    cached_issuer_publish(&fixture, chosen, count);
}

static char *token_of(char letter) {
    char header[64];
    snprintf(header, sizeof header, "{\"alg\":\"EdDSA\",\"kid\":\"%c\"}", letter);
    return cached_issuer_token(keys[letter - 'a'], header, CLAIMS);
}

static jwkeep_code verify(const char *token) {
    jwkeep_code code = cached_issuer_verify(&fixture, token);
    assert_int_equal(code == JWKEEP_OK, jwkeep_token_claims(fixture.token) != NULL);
    return code;
}

static size_t hits(void) {
    return (size_t)cached_issuer_status(&fixture).hits;
}

/* Verifies the token twice: it is remembered, and a hit the second time. */
static void remember(const char *token) {
    size_t before = hits();
    assert_int_equal(verify(token), JWKEEP_OK);
    assert_int_equal(verify(token), JWKEEP_OK);
    assert_int_equal(hits(), before + 1);
}

/* The verdict on a token, which is freed. */
static jwkeep_code verdict_on(char *token) {
    jwkeep_code code = verify(token);
    free(token);
    return code;
}

/* A token of key a, that is remembered while the keys of `letters` are published. */
static char *remembered_under(const char *letters) {
    char *token = token_of('a');
    publish(letters);
    remember(token);
    return token;
}

/* As a check that ended with the fixture's token would. */
static void put_in(const char *token, const jwkeep_jwk *key, size_t issuer,
                   uint64_t generation) {
    jk_cache_look look;
    jk_token_cache_look(fixture.verifier->cache, jwkeep_span_text(token), &look);
    jk_token_cache_put(&look, fixture.token, key, issuer, generation);
    jk_token_cache_leave(&look);
}

static void r22_a_removed_key_is_refused_at_the_next_call(void **state) {
    (void)state;
    char *token = remembered_under("ab");
    publish("b");
    assert_int_equal(verdict_on(token), JWKEEP_KID_UNKNOWN); /* as if never seen */
    assert_int_equal(hits(), 1);
}

static void r22_a_key_that_stays_keeps_its_tokens(void **state) {
    (void)state;
    char *token = remembered_under("a");
    publish("ab");
    assert_int_equal(verify(token), JWKEEP_OK);
    publish("cba");
    assert_int_equal(verify(token), JWKEEP_OK);
    assert_int_equal(verdict_on(token), JWKEEP_OK);
    assert_int_equal(hits(), 4);
    assert_int_equal(cached_issuer_status(&fixture).misses, 1);
}

static void r22_a_key_that_comes_back_checks_again(void **state) {
    (void)state;
    char *token = remembered_under("ab");
    publish("b");
    publish("ba");
    assert_int_equal(verify(token), JWKEEP_OK);
    assert_int_equal(hits(), 1);
    assert_int_equal(verdict_on(token), JWKEEP_OK);
    assert_int_equal(hits(), 2);
    assert_int_equal(cached_issuer_status(&fixture).entries, 1);
}

static void r22_other_material_under_the_kid_is_another_key(void **state) {
    (void)state;
    jwkeep_jwk *other = forge_key(JWKEEP_ALGORITHM_EDDSA, "a");
    char *token = remembered_under("a");
    cached_issuer_publish(&fixture, &other, 1);
    jwkeep_code code = verify(token);
    free(token);
    jwkeep_jwk_unref(other);
    assert_int_equal(code, JWKEEP_SIGNATURE_INVALID);
}

/* The same key, but no longer for the algorithm of the token. */
static void r22_what_the_key_may_do_is_asked_anew(void **state) {
    (void)state;
    jwkeep_jwk *renamed = cached_issuer_renamed(keys[0]);
    assert_true(jwkeep_jwk_is_same(renamed, keys[0]));
    char *token = remembered_under("a");
    cached_issuer_publish(&fixture, &renamed, 1);
    jwkeep_code code = verify(token);
    free(token);
    jwkeep_jwk_unref(renamed);
    assert_int_equal(code, JWKEEP_KEY_ALG_MISMATCH);
}

/* A token without `kid` is tried with four keys. Where its own is the fifth now, it is refused,
 * remembered or not; where it is the second, it is found as before. */
static void r22_a_key_out_of_reach_is_no_hit(void **state) {
    (void)state;
    char *token = cached_issuer_token(keys[0], "{\"alg\":\"EdDSA\"}", CLAIMS);
    publish("ba");
    remember(token);
    publish("ca");
    assert_int_equal(verify(token), JWKEEP_OK);
    assert_int_equal(hits(), 1);
    publish("bcdea");
    assert_int_equal(verdict_on(token), JWKEEP_SIGNATURE_INVALID);
    assert_int_equal(hits(), 1);
}

static void r22_stale_keys_recall_nothing(void **state) {
    (void)state;
    char *token = remembered_under("a");
    for (int minute = 0; minute < 71; minute++) {
        script_pass(&fixture.world, fixture.refresher, 60000);
        if (script_open_requests(&fixture.world) > 0)
            script_answer_failure(&fixture.world, fixture.refresher, JWKEEP_TRANSPORT_CONNECT);
    }
    assert_int_equal(verdict_on(token), JWKEEP_KEYS_STALE);
    assert_int_equal(hits(), 1);
}

/* One moment for the signature check, a later one for the insertion, and between them the key
 * was removed: what is put in is true of the old generation only. */
static void r22_what_is_put_in_late_is_no_hit(void **state) {
    (void)state;
    static cached_issuer plain;
    char *token = token_of('a');
    cached_issuer_init(&plain, local_keys, 0, 0);
    cached_issuer_publish(&plain, &keys[0], 1);
    publish("ab");
    jwkeep_source_status status;
    assert_int_equal(jwkeep_verifier_status(fixture.verifier, 0, &status), JWKEEP_OK);
    jwkeep_keyset *set = jwkeep_verifier_take_keys(fixture.verifier, 0);
    assert_int_equal(cached_issuer_verify(&plain, token), JWKEEP_OK);

    jk_cache_look look;
    jk_token_cache_look(fixture.verifier->cache, jwkeep_span_text(token), &look);
    publish("b");
    jk_token_cache_put(&look, plain.token, jwkeep_keyset_find(set, JWKEEP_SPAN("a")), 0,
                       status.generation);
    jk_token_cache_leave(&look);
    jwkeep_keyset_unref(set);
    assert_int_equal(cached_issuer_status(&fixture).entries, 1);
    jwkeep_code code = verify(token);
    cached_issuer_done(&plain);
    free(token);
    assert_int_equal(code, JWKEEP_KID_UNKNOWN);
    assert_int_equal(hits(), 0);
}

/* The same for forgetting: what was under way before it leaves nothing behind. */
static void what_is_put_in_after_forgetting_is_no_hit(void **state) {
    (void)state;
    char *token = cached_issuer_token(local, "{\"alg\":\"HS256\",\"kid\":\"l\"}",
                                      "\"iss\":\"l\",\"aud\":\"api\"");
    assert_int_equal(verify(token), JWKEEP_OK);
    jwkeep_verifier_forget_tokens(fixture.verifier);
    jk_cache_look look;
    jk_token_cache_look(fixture.verifier->cache, jwkeep_span_text(token), &look);
    jwkeep_verifier_forget_tokens(fixture.verifier);
    jk_token_cache_put(&look, fixture.token, local, 1, 0);
    jk_token_cache_leave(&look);
    assert_int_equal(verdict_on(token), JWKEEP_OK);
    assert_int_equal(hits(), 0);
}

/* An entry is of one issuer, even if another has the same key in the same generation. */
static void an_entry_of_another_issuer_is_no_hit(void **state) {
    (void)state;
    char *token = cached_issuer_token(local, "{\"alg\":\"HS256\",\"kid\":\"l\"}",
                                      "\"iss\":\"l\",\"aud\":\"api\"");
    assert_int_equal(verify(token), JWKEEP_OK);
    jwkeep_verifier_forget_tokens(fixture.verifier);
    put_in(token, local, 0, 0);
    assert_int_equal(verdict_on(token), JWKEEP_OK);
    assert_int_equal(hits(), 0);
}

/* The same bytes under another key, which only a key made for that would accept: what counts is
 * the last check. */
static void an_entry_takes_the_key_of_the_last_check(void **state) {
    (void)state;
    jwkeep_source_status status;
    char *token = remembered_under("ab");
    jwkeep_keyset *set = jwkeep_verifier_take_keys(fixture.verifier, 0);
    assert_int_equal(jwkeep_verifier_status(fixture.verifier, 0, &status), JWKEEP_OK);
    put_in(token, jwkeep_keyset_find(set, JWKEEP_SPAN("b")), 0, status.generation);
    jwkeep_keyset_unref(set);
    assert_int_equal(verdict_on(token), JWKEEP_OK);
    assert_true(jwkeep_span_equals(jwkeep_token_key_kid(fixture.token), JWKEEP_SPAN("b")));
    assert_int_equal(cached_issuer_status(&fixture).entries, 1);
}

static void verify_numbered(char letter, size_t number) {
    char header[64];
    char claims[64];
    snprintf(header, sizeof header, "{\"alg\":\"EdDSA\",\"kid\":\"%c\"}", letter);
    snprintf(claims, sizeof claims, CLAIMS ",\"sub\":\"%zu\"", number);
    char *token = cached_issuer_token(keys[letter - 'a'], header, claims);
    jwkeep_code code = verify(token);
    free(token);
    assert_int_equal(code, JWKEEP_OK);
}

/* They are not pushed out: there is room for all. */
static void r22_tokens_of_removed_keys_go_when_others_come(void **state) {
    (void)state;
    publish("ab");
    for (size_t i = 0; i < 40; i++)
        verify_numbered(i % 4 ? 'a' : 'b', i);
    publish("b");
    assert_int_equal(cached_issuer_status(&fixture).entries, 40);
    for (size_t i = 100; i < 160; i++)
        verify_numbered('b', i);
    jwkeep_cache_status status = cached_issuer_status(&fixture);
    assert_int_equal(status.entries, 10 + 60);
    assert_int_equal(status.evictions, 0);
    for (size_t i = 0; i < 40; i += 4)
        verify_numbered('b', i);
    assert_int_equal(cached_issuer_status(&fixture).hits, 10);
}

/* Those of a full cache that were used so often that others are pushed out for them. */
static void r22_used_tokens_of_removed_keys_go_before_others(void **state) {
    (void)state;
    publish("ab");
    for (size_t round = 0; round < 4; round++)
        for (size_t i = 0; i < 4; i++)
            verify_numbered('a', i);
    for (size_t i = 100; i < 100 + 2 * FEW; i++)
        verify_numbered('b', i);
    size_t before = hits();
    for (size_t i = 0; i < 4; i++)
        verify_numbered('a', i);
    assert_int_equal(hits(), before + 4);
    publish("b");
    verify_numbered('b', 200);
    uint64_t evictions = cached_issuer_status(&fixture).evictions;
    for (size_t i = 201; i < 204; i++)
        verify_numbered('b', i);
    assert_int_equal(cached_issuer_status(&fixture).evictions, evictions);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(r22_a_removed_key_is_refused_at_the_next_call),
        TEST(r22_a_key_that_stays_keeps_its_tokens),
        TEST(r22_a_key_that_comes_back_checks_again),
        TEST(r22_other_material_under_the_kid_is_another_key),
        TEST(r22_what_the_key_may_do_is_asked_anew),
        TEST(r22_a_key_out_of_reach_is_no_hit),
        TEST(r22_stale_keys_recall_nothing),
        TEST(r22_what_is_put_in_late_is_no_hit),
        TEST(r22_tokens_of_removed_keys_go_when_others_come),
        cmocka_unit_test_setup_teardown(r22_used_tokens_of_removed_keys_go_before_others,
                                        set_up_few, tear_down),
        TEST(what_is_put_in_after_forgetting_is_no_hit),
        TEST(an_entry_of_another_issuer_is_no_hit),
        TEST(an_entry_takes_the_key_of_the_last_check),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
