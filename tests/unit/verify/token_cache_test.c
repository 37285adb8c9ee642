/* SPDX-License-Identifier: Apache-2.0
 *
 * What a verifier remembers of tokens: when it is a hit, what a hit says, what pushes what out.
 * Keys that change are in recall_test.c. */
#include "support/cached_issuer.h"
#include "support/forge.h"
#include "verify/cache_shard.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define HEADER "{\"alg\":\"HS256\",\"kid\":\"a\"}"
#define CLAIMS "\"iss\":\"l\",\"aud\":[\"api\",\"b\"],\"exp\":1700000600,\"nbf\":1699999000"
#define ENTRIES 64
#define LARGE 400

static cached_issuer fixture;
static jwkeep_jwk *key;
static jwkeep_keyset *keys;

static int set_up_of(size_t entries, size_t bytes) {
    key = forge_key(JWKEEP_ALGORITHM_HS256, "a");
    keys = forge_keyset(&key, 1);
    cached_issuer_init(&fixture, keys, entries, bytes);
    return 0;
}

static int set_up(void **state) {
    (void)state;
    return set_up_of(ENTRIES, 0);
}

static int set_up_small(void **state) {
    (void)state;
    return set_up_of(100000, JWKEEP_CACHE_MIN_BYTES);
}

static int set_up_large(void **state) {
    (void)state;
    return set_up_of(LARGE, 0);
}

static int tear_down(void **state) {
    (void)state;
    cached_issuer_done(&fixture);
    jwkeep_keyset_unref(keys);
    jwkeep_jwk_unref(key);
    return 0;
}

static char *token_of(const char *claims) {
    return cached_issuer_token(key, HEADER, claims);
}

static char *numbered(size_t number) {
    char claims[256];
    snprintf(claims, sizeof claims, CLAIMS ",\"sub\":\"s\\u0075bject-%zu\"", number);
    return token_of(claims);
}

static jwkeep_code verify(const char *token) {
    jwkeep_code code = cached_issuer_verify(&fixture, token);
    assert_int_equal(fixture.error.code, code);
    assert_int_equal(code == JWKEEP_OK, jwkeep_token_claims(fixture.token) != NULL);
    return code;
}

static jwkeep_code verify_numbered(size_t number) {
    char *token = numbered(number);
    jwkeep_code code = verify(token);
    free(token);
    return code;
}

static size_t hits(void) {
    return (size_t)cached_issuer_status(&fixture).hits;
}

static void remembers_a_token_that_passed(void **state) {
    (void)state;
    char *token = numbered(1);
    assert_int_equal(verify(token), JWKEEP_OK);
    assert_int_equal(hits(), 0);
    assert_int_equal(verify(token), JWKEEP_OK);
    assert_int_equal(verify(token), JWKEEP_OK);
    free(token);
    jwkeep_cache_status status = cached_issuer_status(&fixture);
    assert_int_equal(status.hits, 2);
    assert_int_equal(status.misses, 1);
    assert_int_equal(status.inserts, 1);
    assert_int_equal(status.entries, 1);
    assert_int_equal(status.max_entries, ENTRIES);
    assert_true(status.bytes > 0 && status.bytes <= status.max_bytes);
}

static void has_no_cache_unless_asked(void **state) {
    (void)state;
    static cached_issuer plain;
    jwkeep_cache_status status;
    cached_issuer_init(&plain, keys, 0, 0);
    char *token = numbered(1);
    assert_int_equal(cached_issuer_verify(&plain, token), JWKEEP_OK);
    assert_int_equal(cached_issuer_verify(&plain, token), JWKEEP_OK);
    free(token);
    jwkeep_verifier_forget_tokens(plain.verifier);
    assert_int_equal(jwkeep_verifier_cache_status(plain.verifier, &status), JWKEEP_NOT_FOUND);
    cached_issuer_done(&plain);
}

/* Another token object, so that nothing is left in it from before. */
static void a_hit_says_all_that_was_said_before(void **state) {
    (void)state;
    int64_t time_s = 0;
    assert_int_equal(verify_numbered(7), JWKEEP_OK);
    jwkeep_token_free(fixture.token);
    assert_int_equal(jwkeep_token_new(&fixture.token, NULL), JWKEEP_OK);
    assert_int_equal(verify_numbered(7), JWKEEP_OK);
    const jwkeep_token *token = fixture.token;
    assert_int_equal(hits(), 1);
    assert_true(jwkeep_span_equals(jwkeep_token_header_json(token), JWKEEP_SPAN(HEADER)));
    assert_true(jwkeep_span_equals(jwkeep_token_claims_json(token),
                                   JWKEEP_SPAN("{" CLAIMS ",\"sub\":\"s\\u0075bject-7\"}")));
    assert_int_equal(jwkeep_token_algorithm(token), JWKEEP_ALGORITHM_HS256);
    assert_true(jwkeep_span_equals(jwkeep_token_key_kid(token), JWKEEP_SPAN("a")));
    assert_true(
        jwkeep_span_equals(jwkeep_token_key_thumbprint(token), jwkeep_jwk_thumbprint(key)));
    assert_true(jwkeep_span_equals(jwkeep_token_issuer(token), JWKEEP_SPAN("l")));
    assert_true(jwkeep_span_equals(jwkeep_token_subject(token), JWKEEP_SPAN("subject-7")));
    assert_int_equal(jwkeep_token_audience_count(token), 2);
    assert_true(jwkeep_span_equals(jwkeep_token_audience_at(token, 1), JWKEEP_SPAN("b")));
    assert_int_equal(jwkeep_token_expires_s(token, &time_s), JWKEEP_OK);
    assert_int_equal(time_s, 1700000600);
    assert_false(jwkeep_span_is_present(jwkeep_token_jti(token)));
    assert_non_null(jwkeep_json_member(jwkeep_token_header(token), "kid"));
    assert_int_equal(jwkeep_json_count(jwkeep_token_claims(token)), 5);
}

/* What a hit handed out is the caller's: it stays when the entry is pushed out and wiped. */
static void what_was_handed_out_stays(void **state) {
    (void)state;
    assert_int_equal(verify_numbered(1), JWKEEP_OK);
    assert_int_equal(verify_numbered(1), JWKEEP_OK);
    jwkeep_token *kept = fixture.token;
    assert_int_equal(jwkeep_token_new(&fixture.token, NULL), JWKEEP_OK);
    jwkeep_verifier_forget_tokens(fixture.verifier);
    for (size_t i = 2; i < 4 * ENTRIES; i++)
        assert_int_equal(verify_numbered(i), JWKEEP_OK);
    assert_true(jwkeep_span_equals(jwkeep_token_subject(kept), JWKEEP_SPAN("subject-1")));
    assert_int_equal(jwkeep_json_count(jwkeep_token_claims(kept)), 5);
    jwkeep_token_free(kept);
}

/* Of tokens remembered and not, of what is no token, and without a cache. */
static void to_expect_a_token_changes_nothing(void **state) {
    (void)state;
    static cached_issuer plain;
    static const char bytes[40];
    char *known = numbered(1);
    char *other = numbered(2);
    cached_issuer_init(&plain, keys, 0, 0);
    assert_int_equal(verify(known), JWKEEP_OK);
    jwkeep_cache_status before = cached_issuer_status(&fixture);
    jwkeep_verifier_expect(fixture.verifier, jwkeep_span_text(known));
    jwkeep_verifier_expect(fixture.verifier, jwkeep_span_text(other));
    for (size_t size = 0; size <= sizeof bytes; size++)
        jwkeep_verifier_expect(fixture.verifier, jwkeep_span_of(bytes, size));
    jwkeep_verifier_expect(fixture.verifier, JWKEEP_SPAN_NONE);
    jwkeep_verifier_expect(plain.verifier, jwkeep_span_text(known));
    jwkeep_verifier_expect(NULL, jwkeep_span_text(known));
    jwkeep_cache_status after = cached_issuer_status(&fixture);
    assert_memory_equal(&before, &after, sizeof before);
    assert_int_equal(verify(known), JWKEEP_OK);
    assert_int_equal(verify(other), JWKEEP_OK);
    assert_int_equal(hits(), 1);
    cached_issuer_done(&plain);
    free(known);
    free(other);
}

static void expect_token(const cached_issuer *f, const char *token) {
    jwkeep_verifier_expect(f->verifier, jwkeep_span_text(token));
}

/* A buffer that tokens of one length are received in, one after the other. */
static void an_expectation_is_of_bytes_that_may_be_others_by_now(void **state) {
    (void)state;
    char *buffer = numbered(1);
    char *known = numbered(2);
    char *unknown = numbered(3);
    assert_int_equal(verify(buffer), JWKEEP_OK);
    assert_int_equal(verify(known), JWKEEP_OK);

    expect_token(&fixture, buffer);
    memcpy(buffer, known, strlen(buffer));
    assert_int_equal(verify(buffer), JWKEEP_OK);
    assert_true(
        jwkeep_span_equals(jwkeep_token_subject(fixture.token), JWKEEP_SPAN("subject-2")));
    assert_int_equal(hits(), 1);

    expect_token(&fixture, buffer);
    memcpy(buffer, unknown, strlen(buffer));
    assert_int_equal(verify(buffer), JWKEEP_OK);
    assert_int_equal(hits(), 1);
    assert_int_equal(verify(unknown), JWKEEP_OK);
    assert_int_equal(hits(), 2);
    free(unknown);
    free(known);
    free(buffer);
}

static void no_token_that_was_changed_after_it_was_expected_is_a_hit(void **state) {
    (void)state;
    char *token = numbered(1);
    assert_int_equal(verify(token), JWKEEP_OK);
    size_t size = strlen(token);
    for (size_t i = 0; i < size; i++) {
        char before = token[i];
        expect_token(&fixture, token);
        token[i] = before == 'A' ? 'B' : 'A';
        assert_int_not_equal(verify(token), JWKEEP_OK);
        token[i] = before;
        expect_token(&fixture, token);
        assert_int_equal(verify(token), JWKEEP_OK);
    }
    assert_int_equal(hits(), size);
    free(token);
}

/* Whose hashes are others, and of which one is gone. */
static void an_expectation_of_one_verifier_is_none_of_another(void **state) {
    (void)state;
    static cached_issuer other;
    char *token = numbered(1);
    for (int i = 0; i < 8; i++) {
        cached_issuer_init(&other, keys, ENTRIES, 0);
        expect_token(&other, token);
        assert_int_equal(cached_issuer_verify(&fixture, token), JWKEEP_OK);
        assert_int_equal(hits(), i);
        expect_token(&fixture, token);
        assert_int_equal(cached_issuer_verify(&other, token), JWKEEP_OK);
        expect_token(&fixture, token);
        assert_int_equal(cached_issuer_verify(&other, token), JWKEEP_OK);
        assert_int_equal(cached_issuer_status(&other).hits, 1);
        cached_issuer_done(&other);
    }
    free(token);
}

/* As many as come before they are verified, and more. */
static void any_number_of_tokens_may_be_expected(void **state) {
    (void)state;
    char *tokens[16];
    for (size_t i = 0; i < JK_COUNT_OF(tokens); i++) {
        tokens[i] = numbered(i);
        assert_int_equal(verify(tokens[i]), JWKEEP_OK);
    }
    for (size_t ahead = 1; ahead <= JK_COUNT_OF(tokens); ahead++) {
        for (size_t i = 0; i < JK_COUNT_OF(tokens) + ahead; i++) {
            if (i < JK_COUNT_OF(tokens))
                expect_token(&fixture, tokens[i]);
            if (i >= ahead)
                assert_int_equal(verify(tokens[i - ahead]), JWKEEP_OK);
        }
        assert_int_equal(hits(), ahead * JK_COUNT_OF(tokens));
    }
    for (size_t i = 0; i < JK_COUNT_OF(tokens); i++)
        free(tokens[i]);
}

/* All that a thread may announce at a time is taken: nothing is recalled, and all is judged. */
static void without_a_free_slot_every_token_is_checked(void **state) {
    (void)state;
    jk_hazard *slots[JK_PINS_PER_THREAD];
    assert_int_equal(verify_numbered(1), JWKEEP_OK);
    for (size_t i = 0; i < JK_COUNT_OF(slots); i++) {
        assert_int_equal(jk_hazard_find(&slots[i]), JWKEEP_OK);
        atomic_store(slots[i], &fixture);
    }
    assert_int_equal(verify_numbered(1), JWKEEP_OK);
    assert_int_equal(verify_numbered(2), JWKEEP_OK);
    assert_int_equal(hits(), 0);
    for (size_t i = 0; i < JK_COUNT_OF(slots); i++)
        jk_hazard_clear(slots[i]);
    assert_int_equal(verify_numbered(1), JWKEEP_OK);
    assert_int_equal(verify_numbered(2), JWKEEP_OK);
    assert_int_equal(hits(), 2);
}

/* Every byte counts: whichever is changed, nothing is recalled, and the verdict is that of a
 * verifier that remembers nothing. */
static void no_other_token_is_a_hit(void **state) {
    (void)state;
    static cached_issuer plain;
    cached_issuer_init(&plain, keys, 0, 0);
    char *token = numbered(1);
    assert_int_equal(verify(token), JWKEEP_OK);
    size_t size = strlen(token);
    for (size_t i = 0; i < size; i++) {
        char before = token[i];
        token[i] = before == 'A' ? 'B' : 'A';
        jwkeep_code code = verify(token);
        assert_int_not_equal(code, JWKEEP_OK);
        assert_int_equal(code, cached_issuer_verify(&plain, token));
        token[i] = before;
    }
    token[size - 1] = '\0';
    assert_int_not_equal(verify(token), JWKEEP_OK);
    assert_int_equal(hits(), 0);
    free(token);
    cached_issuer_done(&plain);
}

/* The end of a good token, which chooses the place, behind other claims. */
static void a_borrowed_end_is_no_hit(void **state) {
    (void)state;
    char *good = numbered(1);
    char *other = numbered(2);
    assert_int_equal(verify(good), JWKEEP_OK);
    size_t size = strlen(good);
    assert_int_equal(strlen(other), size);
    memcpy(other + size - 43, good + size - 43, 43); /* the signature */
    assert_int_equal(verify(other), JWKEEP_SIGNATURE_INVALID);
    char *payload = strchr(good, '.') + 1;
    payload[4] = payload[4] == 'x' ? 'y' : 'x'; /* the last 64 bytes as they were */
    assert_int_not_equal(verify(good), JWKEEP_OK);
    assert_int_equal(hits(), 0);
    assert_int_equal(cached_issuer_status(&fixture).entries, 1);
    free(good);
    free(other);
}

static void remembers_no_token_that_was_refused(void **state) {
    (void)state;
    static const char *const claims[] = {
        "\"iss\":\"l\",\"aud\":\"api\",\"exp\":1699999999",
        "\"iss\":\"l\",\"aud\":\"other\"",
        "\"iss\":\"l\",\"aud\":\"api\",\"nbf\":1700000001",
        "\"iss\":\"x\",\"aud\":\"api\"",
    };
    for (size_t i = 0; i < sizeof claims / sizeof *claims; i++) {
        char *token = token_of(claims[i]);
        jwkeep_code code = verify(token);
        assert_int_not_equal(code, JWKEEP_OK);
        assert_int_equal(verify(token), code);
        free(token);
    }
    char *forged = numbered(1);
    forged[strlen(forged) - 5] = forged[strlen(forged) - 5] == 'A' ? 'B' : 'A';
    assert_int_equal(verify(forged), JWKEEP_SIGNATURE_INVALID);
    assert_int_equal(verify(forged), JWKEEP_SIGNATURE_INVALID);
    free(forged);
    jwkeep_cache_status status = cached_issuer_status(&fixture);
    assert_int_equal(status.inserts, 0);
    assert_int_equal(status.hits, 0);
}

static void the_clock_is_asked_at_every_hit(void **state) {
    (void)state;
    int64_t *now_ms = &fixture.world.wall_ms;
    char *token = numbered(1);
    assert_int_equal(verify(token), JWKEEP_OK);
    *now_ms = INT64_C(1700000600) * 1000 - 1;
    assert_int_equal(verify(token), JWKEEP_OK);
    *now_ms += 1;
    assert_int_equal(verify(token), JWKEEP_TOKEN_EXPIRED);
    assert_string_equal(fixture.error.where, "exp");
    assert_int_equal(fixture.failures.count, 1);
    assert_int_equal(fixture.failures.items[0].code, JWKEEP_TOKEN_EXPIRED);
    *now_ms = INT64_C(1699998999) * 1000;
    assert_int_equal(verify(token), JWKEEP_TOKEN_NOT_YET_VALID);
    *now_ms = INT64_C(1699999000) * 1000;
    assert_int_equal(verify(token), JWKEEP_OK);
    assert_int_equal(hits(), 4);
    free(token);
}

static void forgets_when_told_to(void **state) {
    (void)state;
    for (size_t i = 0; i < 10; i++)
        assert_int_equal(verify_numbered(i), JWKEEP_OK);
    jwkeep_verifier_forget_tokens(fixture.verifier);
    jwkeep_cache_status status = cached_issuer_status(&fixture);
    assert_int_equal(status.entries, 0);
    assert_int_equal(status.bytes, 0);
    assert_int_equal(verify_numbered(3), JWKEEP_OK);
    assert_int_equal(hits(), 0);
    assert_int_equal(verify_numbered(3), JWKEEP_OK);
    assert_int_equal(hits(), 1);
}

static void holds_as_many_as_it_may(void **state) {
    (void)state;
    for (size_t i = 0; i < 10 * ENTRIES; i++)
        assert_int_equal(verify_numbered(i), JWKEEP_OK);
    jwkeep_cache_status status = cached_issuer_status(&fixture);
    assert_true(status.entries <= ENTRIES);
    assert_true(status.entries > ENTRIES / 2);
    assert_int_equal(status.inserts, 10 * ENTRIES);
    assert_int_equal(status.evictions, 10 * ENTRIES - status.entries);
}

static void takes_as_many_bytes_as_it_may(void **state) {
    (void)state;
    for (size_t i = 0; i < 400; i++) {
        assert_int_equal(verify_numbered(i), JWKEEP_OK);
        assert_true(cached_issuer_status(&fixture).bytes <= JWKEEP_CACHE_MIN_BYTES);
    }
    jwkeep_cache_status status = cached_issuer_status(&fixture);
    assert_true(status.entries < 200);
    assert_true(status.bytes > JWKEEP_CACHE_MIN_BYTES / 2);
}

/* It would push out too many others; and it must not push out any on its way to that. */
static void does_not_remember_what_is_too_large(void **state) {
    (void)state;
    char *claims = NULL;
    static char numbers[4002];
    for (size_t i = 0; i < sizeof numbers; i++)
        numbers[i] = i % 2 ? ',' : '1';
    assert_int_equal(verify_numbered(1), JWKEEP_OK);
    assert_true(asprintf(&claims, CLAIMS ",\"x\":[%.4001s]", numbers) > 0);
    char *token = token_of(claims);
    for (int i = 0; i < 3; i++)
        assert_int_equal(verify(token), JWKEEP_OK);
    free(token);
    free(claims);
    assert_int_equal(hits(), 0);
    assert_int_equal(cached_issuer_status(&fixture).entries, 1);
}

static int64_t cached_now_ms(void *user) {
    (void)user;
    return CACHED_NOW_S * 1000;
}

static jwkeep_verifier *verifier_of_large_tokens(void) {
    static const char *const audiences[] = {"api"};
    jwkeep_limits limits;
    jwkeep_limits_init(&limits);
    limits.max_token_bytes = 4 * JK_CACHED_TOKEN_MAX_BYTES;
    jwkeep_rules rules;
    jwkeep_rules_init(&rules);
    rules.audiences = audiences;
    rules.audience_count = 1;
    const jwkeep_issuer issuer = {.issuer = "l", .keys = keys, .rules = &rules};
    jwkeep_verifier_options options;
    jwkeep_verifier_options_init(&options);
    options.issuers = &issuer;
    options.issuer_count = 1;
    options.limits = &limits;
    options.now_ms = cached_now_ms;
    options.cache_entries = ENTRIES;
    options.cache_bytes = 1u << 24;
    jwkeep_verifier *verifier = NULL;
    assert_int_equal(jwkeep_verifier_new(&options, &verifier, NULL), JWKEEP_OK);
    return verifier;
}

/* Whether a token of `size` bytes is put in; then it is a hit the second time. */
static bool remembers_of_size(jwkeep_verifier *verifier, size_t size) {
    char *claims = NULL;
    char *token = NULL;
    for (int width = 49000; !token || strlen(token) < size; width++) {
        free(token);
        free(claims);
        assert_true(asprintf(&claims, CLAIMS ",\"\\u0078\":\"%*s\"", width, "x\\n") > 0);
        token = token_of(claims);
    }
    assert_int_equal(strlen(token), size);
    jwkeep_cache_status before, after;
    assert_int_equal(jwkeep_verifier_cache_status(verifier, &before), JWKEEP_OK);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(jwkeep_verifier_verify(verifier, jwkeep_span_text(token), 0,
                                                fixture.token, NULL, NULL),
                         JWKEEP_OK);
        jwkeep_span x = JWKEEP_SPAN_NONE;
        assert_int_equal(jwkeep_token_claim_string(fixture.token, "x", &x), JWKEEP_OK);
        assert_true(x.size > 48000 && x.data[x.size - 1] == '\n');
    }
    assert_int_equal(jwkeep_verifier_cache_status(verifier, &after), JWKEEP_OK);
    free(token);
    free(claims);
    size_t inserts = (size_t)(after.inserts - before.inserts);
    assert_true(inserts == 0 || after.hits == before.hits + 1);
    return inserts > 0;
}

/* What an entry says of places in a token, it says in 16 bits. */
static void remembers_tokens_of_64_kib_and_none_longer(void **state) {
    (void)state;
    jwkeep_verifier *verifier = verifier_of_large_tokens();
    bool is_largest_remembered = remembers_of_size(verifier, JK_CACHED_TOKEN_MAX_BYTES);
    bool is_larger_remembered = remembers_of_size(verifier, JK_CACHED_TOKEN_MAX_BYTES + 2);
    jwkeep_verifier_free(verifier);
    assert_true(is_largest_remembered);
    assert_false(is_larger_remembered);
}

/* Tokens that come once push out each other. The working set is a third of the cache,
 * the flood twenty times as large as it, all of it valid. Places follow a random key: one of
 * the working set could be lost only where eight of it have the same eight places, in less than
 * one of a hundred thousand runs (with four places it was one of forty). */
static void a_flood_of_tokens_that_come_once_leaves_the_working_set(void **state) {
    (void)state;
    const size_t working_set = ENTRIES / 3;
    for (int round = 0; round < 3; round++)
        for (size_t i = 0; i < working_set; i++)
            assert_int_equal(verify_numbered(i), JWKEEP_OK);
    for (size_t i = 0; i < 20 * ENTRIES; i++)
        assert_int_equal(verify_numbered(1000 + i), JWKEEP_OK);
    size_t before = hits();
    for (size_t i = 0; i < working_set; i++)
        assert_int_equal(verify_numbered(i), JWKEEP_OK);
    assert_int_equal(hits() - before, working_set);
}

/* And what is pushed out before it was used comes back to stay. Of a quarter of the cache, a
 * few are forgotten meanwhile: the memory of what went is only as large as the cache. */
static void what_comes_back_after_a_flood_is_kept(void **state) {
    (void)state;
    const size_t group = LARGE / 4;
    for (size_t i = 0; i < group; i++)
        assert_int_equal(verify_numbered(i), JWKEEP_OK);
    for (size_t i = 0; i < LARGE; i++)
        assert_int_equal(verify_numbered(1000 + i), JWKEEP_OK);
    for (size_t i = 0; i < group; i++)
        assert_int_equal(verify_numbered(i), JWKEEP_OK);
    for (size_t i = 0; i < 3 * LARGE; i++)
        assert_int_equal(verify_numbered(2000 + i), JWKEEP_OK);
    size_t before = hits();
    for (size_t i = 0; i < group; i++)
        assert_int_equal(verify_numbered(i), JWKEEP_OK);
    assert_true(hits() - before > group / 2);
}

static void a_child_of_a_fork_remembers_on_its_own(void **state) {
    (void)state;
    assert_int_equal(verify_numbered(1), JWKEEP_OK);
    pid_t child = fork();
    if (child == 0) {
        bool is_right = verify_numbered(1) == JWKEEP_OK && hits() == 1 &&
                        verify_numbered(2) == JWKEEP_OK && verify_numbered(2) == JWKEEP_OK &&
                        hits() == 2;
        jwkeep_verifier_forget_tokens(fixture.verifier);
        is_right = is_right && verify_numbered(1) == JWKEEP_OK && hits() == 2;
        jwkeep_verifier_free(fixture.verifier);
        _exit(is_right ? 0 : 1);
    }
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    assert_int_equal(verify_numbered(1), JWKEEP_OK);
    assert_int_equal(hits(), 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(remembers_a_token_that_passed, set_up, tear_down),
        cmocka_unit_test_setup_teardown(has_no_cache_unless_asked, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_hit_says_all_that_was_said_before, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_was_handed_out_stays, set_up, tear_down),
        cmocka_unit_test_setup_teardown(to_expect_a_token_changes_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_expectation_is_of_bytes_that_may_be_others_by_now,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            no_token_that_was_changed_after_it_was_expected_is_a_hit, set_up, tear_down),
        cmocka_unit_test_setup_teardown(an_expectation_of_one_verifier_is_none_of_another,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(any_number_of_tokens_may_be_expected, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(without_a_free_slot_every_token_is_checked, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(no_other_token_is_a_hit, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_borrowed_end_is_no_hit, set_up, tear_down),
        cmocka_unit_test_setup_teardown(remembers_no_token_that_was_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_clock_is_asked_at_every_hit, set_up, tear_down),
        cmocka_unit_test_setup_teardown(forgets_when_told_to, set_up, tear_down),
        cmocka_unit_test_setup_teardown(holds_as_many_as_it_may, set_up, tear_down),
        cmocka_unit_test_setup_teardown(takes_as_many_bytes_as_it_may, set_up_small, tear_down),
        cmocka_unit_test_setup_teardown(does_not_remember_what_is_too_large, set_up_small,
                                        tear_down),
        cmocka_unit_test_setup_teardown(remembers_tokens_of_64_kib_and_none_longer, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_flood_of_tokens_that_come_once_leaves_the_working_set,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_comes_back_after_a_flood_is_kept, set_up_large,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_child_of_a_fork_remembers_on_its_own, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
