/* SPDX-License-Identifier: Apache-2.0
 *
 * The memory of the cache: without any, tokens are verified and not remembered; what is pushed
 * out, forgotten or freed is wiped. */
#include "support/cached_issuer.h"
#include "support/forge.h"
#include "support/watched_memory.h"
#include "verify/token_cache.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define ENTRIES 8
#define ROTATIONS 48

static cached_issuer fixture;
static jwkeep_jwk *key;
static jwkeep_keyset *keys;

static int set_up(void **state) {
    (void)state;
    key = forge_key(JWKEEP_ALGORITHM_HS256, "a");
    keys = forge_keyset(&key, 1);
    cached_issuer_init(&fixture, keys, ENTRIES, 0);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    cached_issuer_done(&fixture);
    jwkeep_keyset_unref(keys);
    jwkeep_jwk_unref(key);
    return 0;
}

static char *numbered(size_t number) {
    char claims[128];
    snprintf(claims, sizeof claims, "\"iss\":\"l\",\"aud\":\"api\",\"sub\":\"%zu\"", number);
    return cached_issuer_token(key, "{\"alg\":\"HS256\",\"kid\":\"a\"}", claims);
}

/* The token objects are warm; then there is no more. */
static void without_memory_nothing_is_remembered(void **state) {
    (void)state;
    char *known = numbered(1);
    char *other = numbered(2);
    assert_int_equal(cached_issuer_verify(&fixture, known), JWKEEP_OK);
    watched_memory_seen()->is_exhausted = true;
    jwkeep_code code = cached_issuer_verify(&fixture, other);
    jwkeep_code again = cached_issuer_verify(&fixture, other);
    jwkeep_code hit = cached_issuer_verify(&fixture, known);
    watched_memory_seen()->is_exhausted = false;
    free(known);
    free(other);
    assert_int_equal(code, JWKEEP_OK);
    assert_int_equal(again, JWKEEP_OK);
    assert_int_equal(hit, JWKEEP_OK);
    jwkeep_cache_status status = cached_issuer_status(&fixture);
    assert_int_equal(status.inserts, 1);
    assert_int_equal(status.hits, 1);
}

static void a_hit_allocates_nothing_and_a_miss_once(void **state) {
    (void)state;
    char *tokens[4];
    for (size_t i = 0; i < 4; i++)
        tokens[i] = numbered(i);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(cached_issuer_verify(&fixture, tokens[i]), JWKEEP_OK);
    watched_memory_seen()->allocations = 0;
    for (size_t round = 0; round < 9; round++)
        assert_int_equal(cached_issuer_verify(&fixture, tokens[round % 3]), JWKEEP_OK);
    size_t of_hits = watched_memory_seen()->allocations;
    assert_int_equal(cached_issuer_verify(&fixture, tokens[3]), JWKEEP_OK);
    size_t of_miss = watched_memory_seen()->allocations - of_hits;
    for (size_t i = 0; i < 4; i++)
        free(tokens[i]);
    assert_int_equal(cached_issuer_status(&fixture).hits, 9);
    assert_int_equal(of_hits, 0);
    assert_int_equal(of_miss, 1);
}

static void what_goes_is_wiped(void **state) {
    (void)state;
    watched_memory_seen()->dirty_releases = 0;
    for (size_t i = 0; i < 5 * ENTRIES; i++) {
        char *token = numbered(i);
        assert_int_equal(cached_issuer_verify(&fixture, token), JWKEEP_OK);
        free(token);
    }
    assert_true(cached_issuer_status(&fixture).evictions >= 4 * ENTRIES);
    jwkeep_verifier_forget_tokens(fixture.verifier);
    assert_int_equal(watched_memory_seen()->dirty_releases, 0);
}

/* What a freed cache gives back: the tags, the ghosts, the figures; not one token. */
static void what_is_freed_is_wiped(void **state) {
    (void)state;
    jk_token_cache *cache = NULL;
    char *token = numbered(1);
    assert_int_equal(jk_token_cache_new(ENTRIES, 0, &cache, NULL), JWKEEP_OK);
    watched_memory_seen()->dirty_releases = 0;
    jk_token_cache_free(cache);
    size_t of_empty = watched_memory_seen()->dirty_releases;
    assert_int_equal(jk_token_cache_new(ENTRIES, 0, &cache, NULL), JWKEEP_OK);
    assert_int_equal(cached_issuer_verify(&fixture, token), JWKEEP_OK);
    jk_cache_look look;
    jk_token_cache_look(cache, jwkeep_span_text(token), &look);
    jk_token_cache_put(&look, fixture.token, key, 1, 0);
    jwkeep_cache_status status;
    jk_token_cache_status(cache, &status);
    free(token);
    assert_int_equal(status.entries, 1);
    watched_memory_seen()->dirty_releases = 0;
    jk_token_cache_free(cache);
    assert_int_equal(watched_memory_seen()->dirty_releases, of_empty);
}

static void rotate(cached_issuer *f, unsigned number) {
    char kid[16];
    char header[64];
    snprintf(kid, sizeof kid, "%u", number);
    snprintf(header, sizeof header, "{\"alg\":\"EdDSA\",\"kid\":\"%s\"}", kid);
    jwkeep_jwk *fresh = forge_key(JWKEEP_ALGORITHM_EDDSA, kid);
    cached_issuer_publish(f, &fresh, 1);
    for (unsigned i = 0; i < 3; i++) {
        char claims[64];
        snprintf(claims, sizeof claims, "\"iss\":\"i\",\"aud\":\"api\",\"sub\":\"%u\"", i);
        char *token = cached_issuer_token(fresh, header, claims);
        jwkeep_code code = cached_issuer_verify(f, token);
        free(token);
        assert_int_equal(code, JWKEEP_OK);
    }
    jwkeep_jwk_unref(fresh);
}

/* There is room for the tokens of all keys; the keys themselves are what weighs. */
static void rotations_leave_no_keys_behind(void **state) {
    (void)state;
    static cached_issuer roomy;
    cached_issuer_init(&roomy, keys, 1000, 0);
    for (unsigned i = 0; i < ROTATIONS; i++)
        rotate(&roomy, 100 + i);
    size_t before = watched_memory_seen()->live_bytes;
    for (unsigned i = 0; i < ROTATIONS; i++)
        rotate(&roomy, 200 + i);
    size_t after = watched_memory_seen()->live_bytes;
    jwkeep_cache_status status = cached_issuer_status(&roomy);
    cached_issuer_done(&roomy);
    assert_true(after <= before);
    assert_true(status.entries <= 2 * 3);
    assert_int_equal(status.evictions, 0);
}

static void says_that_there_is_no_memory_for_a_cache(void **state) {
    (void)state;
    jk_token_cache *cache = NULL;
    watched_memory_seen()->is_exhausted = true;
    jwkeep_code code = jk_token_cache_new(ENTRIES, 0, &cache, NULL);
    watched_memory_seen()->is_exhausted = false;
    assert_int_equal(code, JWKEEP_OUT_OF_MEMORY);
    assert_null(cache);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(without_memory_nothing_is_remembered),
        TEST(a_hit_allocates_nothing_and_a_miss_once),
        TEST(what_goes_is_wiped),
        TEST(what_is_freed_is_wiped),
        TEST(rotations_leave_no_keys_behind),
        TEST(says_that_there_is_no_memory_for_a_cache),
    };
    return cmocka_run_group_tests(tests, watched_memory_install, NULL);
}
