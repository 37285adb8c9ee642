/* SPDX-License-Identifier: Apache-2.0
 *
 * A token whose signature is bad under a known `kid` (R17): nothing is downloaded for it unless
 * that is switched on; then it is judged by what the issuer has now. In virtual time. */
#include "remote/refresher.h"
#include "support/forge.h"
#include "support/script.h"
#include "verify/verifier.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define INTERVAL_S 120
#define MINUTE 60000

static struct fixture {
    script world;
    jwkeep_refresher *refresher;
    jwkeep_verifier *verifier;
    jwkeep_jwk *before, *after;
    char *old_body, *new_body;
    char *old_token, *new_token, *without_kid, *expired;
    jwkeep_token *token;
    jwkeep_error error;
    size_t notified, looks;
    bool is_flickering;
} fixture;

static int64_t wall_ms(void *user) {
    (void)user;
    return fixture.world.wall_ms;
}

static char *token_of(const jwkeep_jwk *key, const char *header, const char *claims) {
    return forge_token(jwkeep_span_text(header), jwkeep_span_text(claims), key,
                       JWKEEP_ALGORITHM_EDDSA);
}

/* With the keys of before. */
static int make_verifier(jwkeep_refresher *refresher, uint32_t refetch_s) {
    struct fixture *f = &fixture;
    jwkeep_source_options source;
    jwkeep_source_options_init(&source);
    source.signature_refetch_s = refetch_s;
    const jwkeep_issuer issuer = {
        .issuer = "i", .jwks_url = "https://issuer.test/jwks", .source = &source};
    jwkeep_verifier_options options;
    jwkeep_verifier_options_init(&options);
    options.issuers = &issuer;
    options.issuer_count = 1;
    options.now_ms = wall_ms;
    if (jk_verifier_new_in(&options, refresher, &f->verifier, NULL) ||
        jwkeep_verifier_refresh(f->verifier, 0))
        return -1;
    script_pass(&f->world, refresher, 0);
    script_answer_body(&f->world, refresher, f->old_body);
    script_pass(&f->world, refresher, MINUTE);
    return 0;
}

static int set_up_with(uint32_t refetch_s) {
    static const char header[] = "{\"alg\":\"EdDSA\",\"kid\":\"k\"}";
    struct fixture *f = &fixture;
    memset(f, 0, sizeof *f);
    f->before = forge_key(JWKEEP_ALGORITHM_EDDSA, "k");
    f->after = forge_key(JWKEEP_ALGORITHM_EDDSA, "k");
    f->old_body = forge_keyset_text(&f->before, 1);
    f->new_body = forge_keyset_text(&f->after, 1);
    f->old_token = token_of(f->before, header, "{\"iss\":\"i\"}");
    f->new_token = token_of(f->after, header, "{\"iss\":\"i\"}");
    f->without_kid = token_of(f->after, "{\"alg\":\"EdDSA\"}", "{\"iss\":\"i\"}");
    f->expired = token_of(f->after, header, "{\"iss\":\"i\",\"exp\":1}");
    f->refresher = script_refresher(&f->world, 0);
    return jwkeep_token_new(&f->token, NULL) ? -1 : make_verifier(f->refresher, refetch_s);
}

static int set_up(void **state) {
    (void)state;
    return set_up_with(INTERVAL_S);
}

static int set_up_off(void **state) {
    (void)state;
    return set_up_with(0);
}

static int tear_down(void **state) {
    (void)state;
    struct fixture *f = &fixture;
    char *const texts[] = {f->old_body,  f->new_body,    f->old_token,
                           f->new_token, f->without_kid, f->expired};
    jwkeep_verifier_free(f->verifier);
    jwkeep_token_free(f->token);
    jwkeep_jwk_unref(f->before);
    jwkeep_jwk_unref(f->after);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        free(texts[i]);
    return 0;
}

static void notify(void *user) {
    ((struct fixture *)user)->notified++;
}

static jwkeep_code begin(const char *bytes, jwkeep_pending **ret_pending) {
    struct fixture *f = &fixture;
    f->error = (jwkeep_error){0};
    jwkeep_code code = jwkeep_verifier_begin(f->verifier, jwkeep_span_text(bytes), 5000, notify,
                                             f, f->token, ret_pending, NULL, &f->error);
    assert_int_equal(code == JWKEEP_OK, jwkeep_token_claims(f->token) != NULL);
    return code;
}

static jwkeep_code finish(jwkeep_pending *pending) {
    struct fixture *f = &fixture;
    f->error = (jwkeep_error){0};
    jwkeep_code code = jwkeep_pending_finish(pending, f->token, NULL, &f->error);
    assert_int_equal(code, f->error.code);
    assert_int_equal(code == JWKEEP_OK, jwkeep_token_claims(f->token) != NULL);
    return code;
}

static void pass(int64_t ms) {
    script_pass(&fixture.world, fixture.refresher, ms);
}

static void answer(const char *body) {
    script_answer_body(&fixture.world, fixture.refresher, body);
}

static size_t downloads(void) {
    return fixture.world.request_count;
}

static void r17_a_bad_signature_downloads_nothing_by_default(void **state) {
    (void)state;
    jwkeep_pending *pending = NULL;
    assert_int_equal(begin(fixture.new_token, &pending), JWKEEP_SIGNATURE_INVALID);
    assert_int_equal(fixture.error.code, JWKEEP_SIGNATURE_INVALID);
    assert_null(pending);
    pass(0);
    assert_int_equal(downloads(), 1);
}

static void r17_new_material_under_an_old_name_is_found_where_that_is_wanted(void **state) {
    (void)state;
    jwkeep_pending *pending = NULL;
    assert_int_equal(begin(fixture.new_token, &pending), JWKEEP_PENDING);
    pass(0);
    assert_int_equal(downloads(), 2);
    assert_true(script_last(&fixture.world)->is_forced);
    answer(fixture.new_body);
    assert_int_equal(fixture.notified, 1);
    assert_int_equal(finish(pending), JWKEEP_OK);
    assert_int_equal(begin(fixture.old_token, &pending), JWKEEP_SIGNATURE_INVALID);
    assert_int_equal(fixture.error.code, JWKEEP_SIGNATURE_INVALID);
}

static void r17_forged_tokens_cost_one_download_in_each_interval(void **state) {
    (void)state;
    struct fixture *f = &fixture;
    jwkeep_source_status status;
    for (size_t round = 0; round < 3; round++) {
        jwkeep_pending *pending = NULL;
        assert_int_equal(begin(f->new_token, &pending), JWKEEP_PENDING);
        pass(0);
        answer(f->old_body);
        assert_int_equal(finish(pending), JWKEEP_SIGNATURE_INVALID);
        assert_int_equal(downloads(), 2 + round);
        for (size_t i = 0; i < 1000; i++)
            assert_int_equal(begin(f->new_token, &pending), JWKEEP_SIGNATURE_INVALID);
        pass((INTERVAL_S - 1) * 1000);
        assert_int_equal(begin(f->new_token, &pending), JWKEEP_SIGNATURE_INVALID);
        assert_int_equal(begin(f->old_token, &pending), JWKEEP_OK);
        pass(1000);
        assert_int_equal(downloads(), 2 + round);
    }
    assert_int_equal(jwkeep_verifier_status(f->verifier, 0, &status), JWKEEP_OK);
    assert_int_equal(status.fetches[JWKEEP_TRIGGER_SIGNATURE], 3);
}

static void r17_only_what_is_acceptable_in_all_else_is_looked_at_twice(void **state) {
    (void)state;
    jwkeep_pending *pending = NULL;
    assert_int_equal(begin(fixture.expired, &pending), JWKEEP_SIGNATURE_INVALID);
    assert_int_equal(begin(fixture.without_kid, &pending), JWKEEP_SIGNATURE_INVALID);
    pass(0);
    assert_int_equal(downloads(), 1);
}

static void r17_the_verdict_stands_when_the_download_fails_or_takes_too_long(void **state) {
    (void)state;
    jwkeep_pending *pending = NULL;
    assert_int_equal(begin(fixture.new_token, &pending), JWKEEP_PENDING);
    pass(0);
    pass(5000);
    assert_int_equal(fixture.notified, 1);
    assert_int_equal(finish(pending), JWKEEP_SIGNATURE_INVALID);
    script_answer_failure(&fixture.world, fixture.refresher, JWKEEP_TRANSPORT_CONNECT);
    assert_int_equal(begin(fixture.new_token, &pending), JWKEEP_SIGNATURE_INVALID);
    assert_int_equal(begin(fixture.old_token, &pending), JWKEEP_OK);
}

static void a_suspect_token_may_be_given_up(void **state) {
    (void)state;
    jwkeep_pending *pending = NULL;
    assert_int_equal(begin(fixture.new_token, &pending), JWKEEP_PENDING);
    jwkeep_pending_cancel(pending);
    pass(0);
    answer(fixture.new_body);
    assert_int_equal(fixture.notified, 0);
    assert_int_equal(begin(fixture.new_token, &pending), JWKEEP_OK);
}

static void r24_the_end_is_told_to_a_suspect_token(void **state) {
    (void)state;
    struct fixture *f = &fixture;
    jwkeep_pending *pending = NULL;
    assert_int_equal(begin(f->new_token, &pending), JWKEEP_PENDING);
    jwkeep_source_free(f->verifier->issuers[0].source);
    f->verifier->issuers[0].source = NULL;
    assert_int_equal(finish(pending), JWKEEP_KEYS_SHUTDOWN);
}

/* The blocking form, where it need not wait. */
static void the_blocking_form_says_the_same(void **state) {
    (void)state;
    struct fixture *f = &fixture;
    jwkeep_pending *pending = NULL;
    assert_int_equal(begin(f->new_token, &pending), JWKEEP_PENDING);
    pass(0);
    answer(f->old_body);
    assert_int_equal(finish(pending), JWKEEP_SIGNATURE_INVALID);
    assert_int_equal(jwkeep_verifier_verify(f->verifier, jwkeep_span_text(f->new_token), 0,
                                            f->token, NULL, &f->error),
                     JWKEEP_SIGNATURE_INVALID);
    assert_int_equal(f->error.code, JWKEEP_SIGNATURE_INVALID);
    pass(INTERVAL_S * 1000);
    assert_int_equal(jwkeep_verifier_verify(f->verifier, jwkeep_span_text(f->new_token), 1,
                                            f->token, NULL, &f->error),
                     JWKEEP_SIGNATURE_INVALID);
}

/* A clock that is past the stale limit at every other look. */
static int64_t flickering_ms(void *user) {
    struct fixture *f = user;
    bool is_late = f->is_flickering && f->looks++ % 2 == 0;
    return f->world.now_ms + (is_late ? INT64_C(1000000000) : 0);
}

/* Keys that turn stale under the last look, and are renewed before it is over. */
static void a_known_name_is_not_told_unknown_when_its_keys_are_late(void **state) {
    (void)state;
    struct fixture *f = &fixture;
    jwkeep_verifier_free(f->verifier);
    f->verifier = NULL;
    jk_environment environment = script_environment(&f->world);
    environment.monotonic_ms = flickering_ms;
    environment.user = f;
    assert_int_equal(jk_refresher_new_in(&environment, 0, false, &f->refresher, NULL),
                     JWKEEP_OK);
    assert_int_equal(make_verifier(f->refresher, INTERVAL_S), 0);
    f->is_flickering = true;
    jwkeep_code code = jwkeep_verifier_verify(f->verifier, jwkeep_span_text(f->old_token), 1,
                                              f->token, NULL, &f->error);
    f->is_flickering = false;
    assert_int_equal(code, JWKEEP_KEYS_STALE);
    assert_int_equal(f->error.code, JWKEEP_KEYS_STALE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(r17_a_bad_signature_downloads_nothing_by_default,
                                        set_up_off, tear_down),
        TEST(r17_new_material_under_an_old_name_is_found_where_that_is_wanted),
        TEST(r17_forged_tokens_cost_one_download_in_each_interval),
        TEST(r17_only_what_is_acceptable_in_all_else_is_looked_at_twice),
        TEST(r17_the_verdict_stands_when_the_download_fails_or_takes_too_long),
        TEST(a_suspect_token_may_be_given_up),
        TEST(r24_the_end_is_told_to_a_suspect_token),
        TEST(the_blocking_form_says_the_same),
        TEST(a_known_name_is_not_told_unknown_when_its_keys_are_late),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
