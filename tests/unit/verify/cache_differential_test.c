/* SPDX-License-Identifier: Apache-2.0
 *
 * Two verifiers in the same world, one that remembers tokens and one that does not, for
 * thousands of steps: keys come, go, change places and members, the clock runs and jumps back,
 * downloads fail until the keys are stale. They must never differ in anything they say. */
#include "support/cached_issuer.h"
#include "support/forge.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define SIGNERS 6
#define KEYS 7 /* the last one: the first again, for another algorithm */
#define TOKENS 48
#define STEPS 5000
#define SEEDS 3

static cached_issuer cached, plain;
static jwkeep_jwk *keys[KEYS];
static jwkeep_jwk *local;
static jwkeep_keyset *local_keys;
static char *tokens[TOKENS];
static uint64_t state_now;
static size_t counted[2]; /* tokens accepted, refused */

static size_t below(size_t bound) {
    state_now ^= state_now << 13;
    state_now ^= state_now >> 7;
    state_now ^= state_now << 17;
    return (size_t)(state_now % bound);
}

/* A third without `kid`, some with a name of another's, some ill typed, some forged. */
static char *make_token(size_t number) {
    static const char *const extras[] = {
        "",
        ",\"exp\":1700003000",
        ",\"exp\":1700009000.25,\"sub\":\"esc\\u0061ped\"",
        ",\"nbf\":1700002000",
        ",\"iat\":1700004000,\"jti\":\"j\"",
        ",\"nested\":{\"a\":[1,{\"b\":null}],\"\\u0063\":\"\\n\"}",
    };
    bool is_local = number % 8 == 7;
    const jwkeep_jwk *key = is_local ? local : keys[number % SIGNERS];
    char header[96], kid[32] = "", claims[256];
    if (number % 3 != 0 && !is_local)
        snprintf(kid, sizeof kid, ",\"kid\":\"%c\"",
                 (char)('a' + (number % 11 ? number % SIGNERS : (number + 1) % SIGNERS)));
    snprintf(header, sizeof header, "{\"alg\":\"%s\"%s}",
             jwkeep_algorithm_name(jwkeep_jwk_algorithm(key)), kid);
    snprintf(claims, sizeof claims, "\"iss\":\"%s\",\"aud\":%s,\"n\":%zu%s",
             is_local ? "l" : "i", number % 13 == 5 ? "[\"x\",\"y\"]" : "[\"api\",\"x\"]",
             number, extras[number % (sizeof extras / sizeof *extras)]);
    char *token = cached_issuer_token(key, header, claims);
    if (number % 17 == 4)
        token[strlen(token) - 9] = token[strlen(token) - 9] == 'A' ? 'B' : 'A';
    return token;
}

static int set_up(void **state) {
    (void)state;
    for (size_t i = 0; i < SIGNERS; i++) {
        const char kid[] = {(char)('a' + i), '\0'};
        keys[i] = forge_key(JWKEEP_ALGORITHM_EDDSA, kid);
    }
    keys[SIGNERS] = cached_issuer_renamed(keys[0]);
    local = forge_key(JWKEEP_ALGORITHM_HS256, "l");
    local_keys = forge_keyset(&local, 1);
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    for (size_t i = 0; i < KEYS; i++)
        jwkeep_jwk_unref(keys[i]);
    jwkeep_keyset_unref(local_keys);
    jwkeep_jwk_unref(local);
    return 0;
}

static bool is_same_span(jwkeep_span a, jwkeep_span b) {
    return jwkeep_span_is_present(a) == jwkeep_span_is_present(b) && jwkeep_span_equals(a, b);
}

static bool is_same_text(const char *a, const char *b) {
    return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool is_same_error(const jwkeep_error *a, const jwkeep_error *b) {
    return a->code == b->code && is_same_text(a->text, b->text) &&
           is_same_text(a->where, b->where) && is_same_text(a->clause, b->clause) &&
           a->offset == b->offset;
}

static bool is_same_json(const jwkeep_json *a, const jwkeep_json *b) {
    if (!a != !b || jwkeep_json_type_of(a) != jwkeep_json_type_of(b) ||
        jwkeep_json_count(a) != jwkeep_json_count(b) ||
        !is_same_span(jwkeep_json_raw(a), jwkeep_json_raw(b)) ||
        !is_same_span(jwkeep_json_name(a), jwkeep_json_name(b)) ||
        !is_same_span(jwkeep_json_string(a), jwkeep_json_string(b)))
        return false;
    const jwkeep_json *x = jwkeep_json_first(a);
    const jwkeep_json *y = jwkeep_json_first(b);
    for (; x && y; x = jwkeep_json_next(x), y = jwkeep_json_next(y))
        if (!is_same_json(x, y))
            return false;
    return !x && !y;
}

static bool is_same_token(const jwkeep_token *a, const jwkeep_token *b) {
    int64_t x = -1, y = -1;
    jwkeep_code code = jwkeep_token_expires_s(a, &x);
    return is_same_json(jwkeep_token_header(a), jwkeep_token_header(b)) &&
           is_same_json(jwkeep_token_claims(a), jwkeep_token_claims(b)) &&
           is_same_span(jwkeep_token_header_json(a), jwkeep_token_header_json(b)) &&
           is_same_span(jwkeep_token_claims_json(a), jwkeep_token_claims_json(b)) &&
           is_same_span(jwkeep_token_key_kid(a), jwkeep_token_key_kid(b)) &&
           is_same_span(jwkeep_token_key_thumbprint(a), jwkeep_token_key_thumbprint(b)) &&
           is_same_span(jwkeep_token_subject(a), jwkeep_token_subject(b)) &&
           is_same_span(jwkeep_token_jti(a), jwkeep_token_jti(b)) &&
           jwkeep_token_algorithm(a) == jwkeep_token_algorithm(b) &&
           jwkeep_token_audience_count(a) == jwkeep_token_audience_count(b) &&
           code == jwkeep_token_expires_s(b, &y) && x == y;
}

static bool is_same_failures(const jwkeep_failures *a, const jwkeep_failures *b) {
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++)
        if (!is_same_error(&a->items[i], &b->items[i]))
            return false;
    return true;
}

static void compare_verdicts(const char *token) {
    jwkeep_code code = cached_issuer_verify(&cached, token);
    bool is_same = code == cached_issuer_verify(&plain, token) &&
                   is_same_error(&cached.error, &plain.error) &&
                   is_same_failures(&cached.failures, &plain.failures) &&
                   is_same_token(cached.token, plain.token);
    counted[code != JWKEEP_OK]++;
    if (!is_same)
        fail_msg("%s: %s beside %s", token, jwkeep_code_name(code),
                 jwkeep_code_name(plain.error.code));
}

/* Some of the keys in some order, at least one. */
static void rotate(void) {
    jwkeep_jwk *chosen[KEYS];
    size_t count = 0;
    for (size_t i = 0; i < KEYS; i++)
        if (below(3) != 0)
            chosen[count++] = keys[i];
    if (count == 0)
        chosen[count++] = keys[1];
    for (size_t i = count; i > 1; i--) {
        size_t other = below(i);
        jwkeep_jwk *key = chosen[i - 1];
        chosen[i - 1] = chosen[other];
        chosen[other] = key;
    }
    cached_issuer_publish(&cached, chosen, count);
    cached_issuer_publish(&plain, chosen, count);
}

static void pass(int64_t ms, bool fails) {
    cached_issuer *const both[] = {&cached, &plain};
    for (size_t i = 0; i < 2; i++) {
        script_pass(&both[i]->world, both[i]->refresher, ms);
        if (fails && script_open_requests(&both[i]->world) > 0)
            script_answer_failure(&both[i]->world, both[i]->refresher,
                                  JWKEEP_TRANSPORT_CONNECT);
    }
}

static void jump(int64_t ms) {
    cached.world.wall_ms += ms;
    plain.world.wall_ms += ms;
}

static void step(void) {
    size_t kind = below(1000);
    if (kind < 8)
        rotate();
    else if (kind < 10)
        pass((int64_t)below(4000000), true);
    else if (kind < 40)
        jump(((int64_t)below(2001) - 1000) * 2000);
    else if (kind < 60)
        jump(CACHED_NOW_S * 1000 - cached.world.wall_ms);
    else if (kind < 62)
        jwkeep_verifier_forget_tokens(cached.verifier);
    else
        compare_verdicts(tokens[below(below(2) ? 8 : TOKENS)]);
}

static void run(uint64_t seed, size_t entries) {
    state_now = seed * 0x9e3779b97f4a7c15u;
    counted[0] = counted[1] = 0;
    cached_issuer_init(&cached, local_keys, entries, 0);
    cached_issuer_init(&plain, local_keys, 0, 0);
    for (size_t i = 0; i < TOKENS; i++)
        tokens[i] = make_token(i);
    for (size_t i = 0; i < STEPS; i++)
        step();
    jwkeep_cache_status status = cached_issuer_status(&cached);
    for (size_t i = 0; i < TOKENS; i++)
        free(tokens[i]);
    cached_issuer_done(&cached);
    cached_issuer_done(&plain);
    /* It was worth it: hits, misses, verdicts of both kinds, and evictions where it is small.
     */
    assert_true(status.hits > STEPS / 20);
    assert_true(status.misses > STEPS / 20);
    assert_true(counted[0] > STEPS / 20 && counted[1] > STEPS / 20);
    assert_true(entries >= TOKENS || status.evictions > 0);
}

static void a_verifier_that_remembers_says_what_one_says_that_does_not(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= SEEDS; seed++)
        run(seed, 1000);
}

static void nor_do_they_differ_while_tokens_push_out_each_other(void **state) {
    (void)state;
    run(SEEDS + 1, 6);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_verifier_that_remembers_says_what_one_says_that_does_not),
        cmocka_unit_test(nor_do_they_differ_while_tokens_push_out_each_other),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
