/* SPDX-License-Identifier: Apache-2.0
 *
 * The system's clock, of which a verifier reads the last tick where that is good enough: what a
 * token's times say is judged as of now all the same. Both clocks stand where a test says. */
#include "support/forge.h"
#include <jwkeep/jwkeep.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define SECOND_MS (FORGE_NOW_S * 1000)

static struct fixture {
    int64_t tick_ms;
    int64_t clock_ms;
    size_t clock_reads;
    jwkeep_jwk *key;
    jwkeep_keyset *keys;
    jwkeep_verifier *verifier;
    jwkeep_token *token;
} fixture;

/* In the place of the C library's. */
int clock_gettime(clockid_t which, struct timespec *now) {
    bool is_tick = which == CLOCK_REALTIME_COARSE;
    if (!is_tick && which != CLOCK_REALTIME)
        return (int)syscall(SYS_clock_gettime, which, now);
    int64_t ms = is_tick ? fixture.tick_ms : fixture.clock_ms;
    fixture.clock_reads += !is_tick;
    *now = (struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    return 0;
}

static void make_verifier(const jwkeep_rules *rules) {
    struct fixture *f = &fixture;
    jwkeep_verifier_options options;
    const jwkeep_issuer issuer = {.name = "i", .issuer = "i", .keys = f->keys, .rules = rules};
    jwkeep_verifier_options_init(&options);
    options.issuers = &issuer;
    options.issuer_count = 1;
    jwkeep_verifier_free(f->verifier);
    assert_int_equal(jwkeep_verifier_new(&options, &f->verifier, NULL), JWKEEP_OK);
}

static int set_up(void **state) {
    (void)state;
    struct fixture *f = &fixture;
    memset(f, 0, sizeof *f);
    f->key = forge_key(JWKEEP_ALGORITHM_HS256, "k");
    f->keys = forge_keyset(&f->key, 1);
    make_verifier(NULL);
    return jwkeep_token_new(&f->token, NULL) == JWKEEP_OK ? 0 : -1;
}

static int tear_down(void **state) {
    (void)state;
    jwkeep_verifier_free(fixture.verifier);
    jwkeep_token_free(fixture.token);
    jwkeep_keyset_unref(fixture.keys);
    jwkeep_jwk_unref(fixture.key);
    return 0;
}

/* The verdict on a token whose claim `name` is this many milliseconds after FORGE_NOW_S, at
 * `clock_ms` after it, when the last tick was `late_ms` ago. */
static jwkeep_code judge(const char *name, unsigned ms, int64_t clock_ms, int64_t late_ms) {
    char payload[128];
    fixture.clock_ms = SECOND_MS + clock_ms;
    fixture.tick_ms = fixture.clock_ms - late_ms;
    fixture.clock_reads = 0;
    snprintf(payload, sizeof payload, "{\"iss\":\"i\",\"%s\":%lld.%03u}", name,
             (long long)FORGE_NOW_S + ms / 1000, ms % 1000);
    char *bytes = forge_token(JWKEEP_SPAN("{\"alg\":\"HS256\",\"kid\":\"k\"}"),
                              jwkeep_span_text(payload), fixture.key, JWKEEP_ALGORITHM_HS256);
    jwkeep_code code = jwkeep_verifier_verify(fixture.verifier, jwkeep_span_text(bytes), 0,
                                              fixture.token, NULL, NULL);
    free(bytes);
    return code;
}

static void a_token_is_good_from_the_moment_it_was_issued(void **state) {
    (void)state;
    static const int64_t late_ms[] = {0, 1, 4, 10, 60, 100};
    for (size_t i = 0; i < sizeof late_ms / sizeof *late_ms; i++) {
        assert_int_equal(judge("iat", 0, 0, late_ms[i]), JWKEEP_OK);
        assert_int_equal(judge("nbf", 0, 1, late_ms[i]), JWKEEP_OK);
        assert_int_equal(judge("iat", 500, 501, late_ms[i]), JWKEEP_OK);
        assert_int_equal(judge("nbf", 500, 500, late_ms[i]), JWKEEP_OK);
    }
    assert_int_equal(judge("iat", 0, -1, 4), JWKEEP_TOKEN_ISSUED_IN_FUTURE);
    assert_int_equal(judge("nbf", 500, 499, 4), JWKEEP_TOKEN_NOT_YET_VALID);
}

static void a_token_expires_when_it_says(void **state) {
    (void)state;
    assert_int_equal(judge("exp", 0, -1, 0), JWKEEP_OK);
    assert_int_equal(judge("exp", 0, 0, 4), JWKEEP_TOKEN_EXPIRED);
    assert_int_equal(judge("exp", 0, 90, 100), JWKEEP_TOKEN_EXPIRED);
    assert_int_equal(judge("exp", 750, 750, 10), JWKEEP_TOKEN_EXPIRED);
    assert_int_equal(judge("exp", 750, 749, 10), JWKEEP_OK);
}

/* What is exactly as old as it may be is good, and this last moment is over before the next
 * tick. */
static void a_token_is_too_old_when_the_rules_say(void **state) {
    (void)state;
    jwkeep_rules rules;
    jwkeep_rules_init(&rules);
    rules.max_age_s = 10;
    make_verifier(&rules);
    assert_int_equal(judge("iat", 0, 10000, 0), JWKEEP_OK);
    assert_int_equal(judge("iat", 0, 10004, 4), JWKEEP_TOKEN_TOO_OLD);
    assert_int_equal(judge("iat", 0, 10001, 10), JWKEEP_TOKEN_TOO_OLD);
}

static void the_clock_is_read_where_a_bound_may_be_near(void **state) {
    (void)state;
    assert_int_equal(judge("exp", 9000, 500, 4), JWKEEP_OK);
    assert_int_equal(fixture.clock_reads, 0);
    assert_int_equal(judge("exp", 9001, 500, 4), JWKEEP_OK);
    assert_int_equal(fixture.clock_reads, 1);
    assert_int_equal(judge("exp", 9000, 950, 4), JWKEEP_OK);
    assert_int_equal(fixture.clock_reads, 1);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_token_is_good_from_the_moment_it_was_issued),
        TEST(a_token_expires_when_it_says),
        TEST(a_token_is_too_old_when_the_rules_say),
        TEST(the_clock_is_read_where_a_bound_may_be_near),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
