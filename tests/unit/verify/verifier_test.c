/* SPDX-License-Identifier: Apache-2.0
 *
 * The verifier with local keys and, in virtual time, with keys that are downloaded: which
 * issuer and key a token gets, when a download is asked for, and what is told meanwhile. */
#include "remote/refresher.h"
#include "support/forge.h"
#include "support/script.h"
#include "verify/verifier.h"
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define NOW_S INT64_C(1700000000)
#define ISSUER_A "https://a.example"
#define ISSUER_B "https://b.example"
#define ISSUER_C "https://c.example"

/* A: local keys. B: downloaded ones. */
static struct fixture {
    script world;
    jwkeep_refresher *refresher; /* the verifier's */
    jwkeep_verifier *verifier;
    jwkeep_jwk *a, *b, *b_next;
    jwkeep_keyset *a_keys;
    char *b_body, *b_next_body;
    jwkeep_token *token;
    jwkeep_failures failures;
    jwkeep_error error;
    size_t notified;
} fixture;

static int64_t wall_ms(void *user) {
    return ((const struct fixture *)user)->world.wall_ms;
}

static int set_up(void **state) {
    (void)state;
    struct fixture *f = &fixture;
    memset(f, 0, sizeof *f);
    f->a = forge_key(JWKEEP_ALGORITHM_HS256, "a1");
    f->b = forge_key(JWKEEP_ALGORITHM_ES256, "b1");
    f->b_next = forge_key(JWKEEP_ALGORITHM_ES256, "b2");
    f->a_keys = forge_keyset(&f->a, 1);
    f->b_body = forge_keyset_text(&f->b, 1);
    f->b_next_body = forge_keyset_text(&f->b_next, 1);
    f->refresher = script_refresher(&f->world, 0);
    static const char *const audiences[] = {"api"};
    jwkeep_rules rules;
    jwkeep_rules_init(&rules);
    rules.audiences = audiences;
    rules.audience_count = 1;
    const jwkeep_issuer issuers[] = {
        {.name = "a", .issuer = ISSUER_A, .keys = f->a_keys, .rules = &rules},
        {.name = "b", .issuer = ISSUER_B, .jwks_url = ISSUER_B "/jwks", .rules = &rules}};
    jwkeep_verifier_options options;
    jwkeep_verifier_options_init(&options);
    options.issuers = issuers;
    options.issuer_count = 2;
    options.now_ms = wall_ms;
    options.user = f;
    if (jk_verifier_new_in(&options, f->refresher, &f->verifier, &f->error) != JWKEEP_OK)
        return -1;
    return jwkeep_token_new(&f->token, NULL) == JWKEEP_OK ? 0 : -1;
}

static int tear_down(void **state) {
    (void)state;
    struct fixture *f = &fixture;
    jwkeep_verifier_free(f->verifier);
    jwkeep_token_free(f->token);
    jwkeep_keyset_unref(f->a_keys);
    jwkeep_jwk_unref(f->a);
    jwkeep_jwk_unref(f->b);
    jwkeep_jwk_unref(f->b_next);
    free(f->b_body);
    free(f->b_next_body);
    return f->world.is_freed ? 0 : -1;
}

static char *token_of(const jwkeep_jwk *key, const char *kid, const char *payload) {
    char header[128];
    jwkeep_algorithm algorithm = jwkeep_jwk_algorithm(key);
    snprintf(header, sizeof header, "{\"alg\":\"%s\"%s%s%s}", jwkeep_algorithm_name(algorithm),
             kid ? ",\"kid\":\"" : "", kid ? kid : "", kid ? "\"" : "");
    return forge_token(jwkeep_span_text(header), jwkeep_span_text(payload), key, algorithm);
}

#define CLAIMS(iss) "{\"iss\":\"" iss "\",\"aud\":\"api\",\"exp\":1700000600,\"sub\":\"s\"}"

static jwkeep_code verify(const char *token) {
    struct fixture *f = &fixture;
    f->error = (jwkeep_error){0};
    jwkeep_code code = jwkeep_verifier_verify(f->verifier, jwkeep_span_text(token), 0, f->token,
                                              &f->failures, &f->error);
    assert_int_equal(f->error.code, code);
    assert_int_equal(code == JWKEEP_OK, jwkeep_token_claims(f->token) != NULL);
    return code;
}

static jwkeep_code verify_and_free(char *token) {
    jwkeep_code code = verify(token);
    free(token);
    return code;
}

static void notify(void *user) {
    ((struct fixture *)user)->notified++;
}

static jwkeep_code begin(const char *token, jwkeep_pending **ret_pending) {
    struct fixture *f = &fixture;
    f->error = (jwkeep_error){0};
    jwkeep_code code =
        jwkeep_verifier_begin(f->verifier, jwkeep_span_text(token), 60000, notify, f, f->token,
                              ret_pending, &f->failures, &f->error);
    assert_int_equal(code == JWKEEP_OK, jwkeep_token_claims(f->token) != NULL);
    return code;
}

static jwkeep_code finish(jwkeep_pending *pending) {
    struct fixture *f = &fixture;
    jwkeep_code code = jwkeep_pending_finish(pending, f->token, &f->failures, &f->error);
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

/* Loads the keys of B. */
static int set_up_loaded(void **state) {
    if (set_up(state) != 0 || jwkeep_verifier_refresh(fixture.verifier, 1) != JWKEEP_OK)
        return -1;
    pass(0);
    answer(fixture.b_body);
    return fixture.world.request_count == 1 ? 0 : -1;
}

static void verifies_with_local_keys(void **state) {
    (void)state;
    assert_int_equal(verify_and_free(token_of(fixture.a, "a1", CLAIMS(ISSUER_A))), JWKEEP_OK);
    assert_true(jwkeep_span_equals(jwkeep_token_subject(fixture.token), JWKEEP_SPAN("s")));
    assert_int_equal(verify_and_free(token_of(fixture.a, NULL, CLAIMS(ISSUER_A))), JWKEEP_OK);
    assert_int_equal(verify_and_free(token_of(fixture.a, "x", CLAIMS(ISSUER_A))),
                     JWKEEP_KID_UNKNOWN);
    assert_int_equal(downloads(), 0);
}

static void finds_no_issuer_but_its_own(void **state) {
    (void)state;
    assert_int_equal(verify_and_free(token_of(fixture.a, "a1", CLAIMS(ISSUER_C))),
                     JWKEEP_ISSUER_UNKNOWN);
    assert_string_equal(fixture.error.where, "iss");
    assert_string_equal(fixture.error.clause, "RFC 7519 §4.1.1");
    assert_int_equal(verify_and_free(token_of(fixture.a, "a1", CLAIMS(ISSUER_A "/"))),
                     JWKEEP_ISSUER_UNKNOWN);
    assert_int_equal(verify_and_free(token_of(fixture.a, "a1", "{\"aud\":\"api\"}")),
                     JWKEEP_CLAIM_MISSING);
    assert_int_equal(verify_and_free(token_of(fixture.a, "a1", "{\"iss\":[\"" ISSUER_A "\"]}")),
                     JWKEEP_CLAIM_TYPE);
    assert_int_equal(downloads(), 0);
}

/* The key of one issuer says nothing about the tokens of another. */
static void refuses_the_key_of_another_issuer(void **state) {
    (void)state;
    assert_int_equal(verify_and_free(token_of(fixture.b, "b1", CLAIMS(ISSUER_A))),
                     JWKEEP_KID_UNKNOWN);
    assert_int_equal(verify_and_free(token_of(fixture.b, "a1", CLAIMS(ISSUER_A))),
                     JWKEEP_KEY_ALG_MISMATCH);
    assert_int_equal(verify_and_free(token_of(fixture.b, NULL, CLAIMS(ISSUER_A))),
                     JWKEEP_KEY_ALG_MISMATCH);
}

static void checks_the_signature_before_the_claims(void **state) {
    (void)state;
    const char *claims = "{\"iss\":\"" ISSUER_A "\",\"aud\":\"other\",\"exp\":1}";
    char *token = token_of(fixture.a, "a1", claims);
    assert_int_equal(verify(token), JWKEEP_AUDIENCE_MISMATCH);
    assert_int_equal(fixture.failures.count, 2);
    token[strlen(token) - 5] = token[strlen(token) - 5] == 'A' ? 'B' : 'A';
    assert_int_equal(verify_and_free(token), JWKEEP_SIGNATURE_INVALID);
    assert_int_equal(fixture.failures.count, 0);
}

static void goes_by_its_own_clock(void **state) {
    (void)state;
    char *token = token_of(fixture.a, "a1", CLAIMS(ISSUER_A));
    fixture.world.wall_ms = (NOW_S + 600) * 1000 - 1;
    assert_int_equal(verify(token), JWKEEP_OK);
    fixture.world.wall_ms++;
    assert_int_equal(verify_and_free(token), JWKEEP_TOKEN_EXPIRED);
}

static void downloads_when_the_first_token_comes(void **state) {
    (void)state;
    jwkeep_pending *pending = NULL;
    char *token = token_of(fixture.b, "b1", CLAIMS(ISSUER_B));
    assert_int_equal(begin(token, &pending), JWKEEP_PENDING);
    pass(0);
    assert_int_equal(downloads(), 1);
    assert_int_equal(fixture.notified, 0);
    answer(fixture.b_body);
    assert_int_equal(fixture.notified, 1);
    assert_int_equal(finish(pending), JWKEEP_OK);
    assert_int_equal(verify_and_free(token), JWKEEP_OK);
    assert_int_equal(downloads(), 1);
}

static void a_token_without_kid_waits_for_the_first_download_only(void **state) {
    (void)state;
    jwkeep_pending *pending = NULL;
    char *token = token_of(fixture.b, NULL, CLAIMS(ISSUER_B));
    char *stranger = token_of(fixture.b_next, NULL, CLAIMS(ISSUER_B));
    assert_int_equal(begin(token, &pending), JWKEEP_PENDING);
    pass(0);
    answer(fixture.b_body);
    assert_int_equal(finish(pending), JWKEEP_OK);
    assert_int_equal(verify_and_free(stranger), JWKEEP_SIGNATURE_INVALID);
    free(token);
    pass(0);
    assert_int_equal(downloads(), 1);
}

static void r24_a_new_kid_is_downloaded_for_the_caller_itself(void **state) {
    (void)state;
    jwkeep_pending *pending = NULL;
    char *token = token_of(fixture.b_next, "b2", CLAIMS(ISSUER_B));
    assert_int_equal(begin(token, &pending), JWKEEP_PENDING);
    pass(0);
    assert_int_equal(downloads(), 2);
    answer(fixture.b_next_body);
    assert_int_equal(finish(pending), JWKEEP_OK);
    free(token);
    assert_int_equal(verify_and_free(token_of(fixture.b, "b1", CLAIMS(ISSUER_B))),
                     JWKEEP_KID_UNKNOWN);
}

static void says_that_a_kid_stays_unknown(void **state) {
    (void)state;
    jwkeep_pending *pending = NULL;
    char *token = token_of(fixture.b_next, "b2", CLAIMS(ISSUER_B));
    assert_int_equal(begin(token, &pending), JWKEEP_PENDING);
    pass(0);
    answer(fixture.b_body);
    jwkeep_code code = finish(pending);
    free(token);
    assert_int_equal(code, JWKEEP_KID_UNKNOWN);
    assert_int_equal(fixture.error.code, JWKEEP_KID_UNKNOWN);
}

/* The answer comes, is told of, and the key is gone again before the token is looked at. */
static void says_that_a_key_vanished_meanwhile(void **state) {
    (void)state;
    jwkeep_pending *pending = NULL;
    char *token = token_of(fixture.b_next, "b2", CLAIMS(ISSUER_B));
    assert_int_equal(begin(token, &pending), JWKEEP_PENDING);
    pass(0);
    answer(fixture.b_next_body);
    assert_int_equal(jwkeep_verifier_refresh(fixture.verifier, 1), JWKEEP_OK);
    pass(60000);
    answer(fixture.b_body);
    jwkeep_code code = finish(pending);
    free(token);
    assert_int_equal(code, JWKEEP_KID_UNKNOWN);
    assert_string_equal(fixture.error.where, "kid");
}

static void r17_a_key_that_does_not_fit_is_not_missing(void **state) {
    (void)state;
    jwkeep_jwk *other = forge_key(JWKEEP_ALGORITHM_EDDSA, "b1");
    char *token = token_of(other, "b1", CLAIMS(ISSUER_B));
    jwkeep_jwk_unref(other);
    assert_int_equal(verify_and_free(token), JWKEEP_KEY_ALG_MISMATCH);
    pass(0);
    assert_int_equal(downloads(), 1);
}

/* R6: nobody gets a download for a token that would be refused with the key. */
static void r06_downloads_nothing_for_a_token_that_fails_anyway(void **state) {
    (void)state;
    static const struct {
        const char *payload;
        jwkeep_code code;
    } cases[] = {
        {"{\"iss\":\"" ISSUER_B "\",\"aud\":\"api\",\"exp\":1699999999}", JWKEEP_TOKEN_EXPIRED},
        {"{\"iss\":\"" ISSUER_B "\",\"aud\":\"api\",\"nbf\":1700000001}",
         JWKEEP_TOKEN_NOT_YET_VALID},
        {"{\"iss\":\"" ISSUER_B "\",\"aud\":\"other\"}", JWKEEP_AUDIENCE_MISMATCH},
        {"{\"iss\":\"" ISSUER_B "\",\"aud\":\"api\",\"exp\":\"9\"}", JWKEEP_CLAIM_TYPE},
        {"{\"iss\":\"" ISSUER_C "\",\"aud\":\"api\"}", JWKEEP_ISSUER_UNKNOWN},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *token = token_of(fixture.b_next, "b2", cases[i].payload);
        jwkeep_pending *pending = NULL;
        assert_int_equal(begin(token, &pending), cases[i].code);
        assert_null(pending);
        assert_int_equal(verify_and_free(token), cases[i].code);
        assert_int_equal(fixture.failures.count, 0);
    }
    pass(0);
    assert_int_equal(downloads(), 1);
}

static void tells_a_failed_download_apart_from_a_bad_token(void **state) {
    (void)state;
    jwkeep_pending *pending = NULL;
    char *token = token_of(fixture.b, "b1", CLAIMS(ISSUER_B));
    assert_int_equal(begin(token, &pending), JWKEEP_PENDING);
    pass(0);
    script_answer_failure(&fixture.world, fixture.refresher, JWKEEP_TRANSPORT_CONNECT);
    jwkeep_code code = finish(pending);
    free(token);
    assert_int_equal(code, JWKEEP_KEYS_FETCH_FAILED);
    assert_int_equal(jwkeep_code_class(code), JWKEEP_CLASS_KEY_UNAVAILABLE);
}

static void r09_serves_on_while_downloads_fail_and_says_stale_in_the_end(void **state) {
    (void)state;
    char *token = token_of(fixture.b, "b1", "{\"iss\":\"" ISSUER_B "\",\"aud\":\"api\"}");
    for (int minute = 0; minute < 60; minute++) {
        pass(60000);
        if (script_open_requests(&fixture.world) > 0)
            script_answer_failure(&fixture.world, fixture.refresher, JWKEEP_TRANSPORT_CONNECT);
        assert_int_equal(verify(token), JWKEEP_OK);
    }
    for (int minute = 0; minute < 11; minute++) {
        pass(60000);
        if (script_open_requests(&fixture.world) > 0)
            script_answer_failure(&fixture.world, fixture.refresher, JWKEEP_TRANSPORT_CONNECT);
    }
    jwkeep_pending *pending = NULL;
    jwkeep_code code = begin(token, &pending);
    free(token);
    assert_int_equal(code, JWKEEP_KEYS_STALE);
    assert_null(pending);
    assert_int_equal(jwkeep_code_class(code), JWKEEP_CLASS_KEY_UNAVAILABLE);
}

static void finishing_early_is_misuse_and_frees_nothing(void **state) {
    (void)state;
    jwkeep_pending *pending = NULL;
    char *token = token_of(fixture.b, "b1", CLAIMS(ISSUER_B));
    assert_int_equal(begin(token, &pending), JWKEEP_PENDING);
    assert_int_equal(finish(pending), JWKEEP_MISUSE_STATE);
    assert_int_equal(finish(NULL), JWKEEP_MISUSE_ARGUMENT);
    pass(0);
    answer(fixture.b_body);
    assert_int_equal(finish(pending), JWKEEP_OK);
    free(token);
}

static void giving_up_affects_nobody_else(void **state) {
    (void)state;
    jwkeep_pending *first = NULL, *second = NULL;
    char *token = token_of(fixture.b, "b1", CLAIMS(ISSUER_B));
    assert_int_equal(begin(token, &first), JWKEEP_PENDING);
    assert_int_equal(begin(token, &second), JWKEEP_PENDING);
    pass(0);
    jwkeep_pending_cancel(first);
    jwkeep_pending_cancel(NULL);
    answer(fixture.b_body);
    assert_int_equal(fixture.notified, 1);
    assert_int_equal(finish(second), JWKEEP_OK);
    free(token);
    assert_int_equal(downloads(), 1);
}

static void r11_each_waiter_has_its_own_deadline(void **state) {
    (void)state;
    jwkeep_pending *patient = NULL, *hasty = NULL;
    char *token = token_of(fixture.b, "b1", CLAIMS(ISSUER_B));
    assert_int_equal(begin(token, &patient), JWKEEP_PENDING);
    assert_int_equal(jwkeep_verifier_begin(fixture.verifier, jwkeep_span_text(token), 100,
                                           notify, &fixture, fixture.token, &hasty, NULL, NULL),
                     JWKEEP_PENDING);
    pass(0);
    pass(101);
    assert_int_equal(fixture.notified, 1);
    assert_int_equal(finish(hasty), JWKEEP_KEYS_TIMEOUT);
    answer(fixture.b_body);
    assert_int_equal(finish(patient), JWKEEP_OK);
    free(token);
}

static void begin_needs_somebody_to_notify(void **state) {
    (void)state;
    struct fixture *f = &fixture;
    jwkeep_pending *pending = NULL;
    assert_int_equal(jwkeep_verifier_begin(f->verifier, JWKEEP_SPAN("x"), 0, NULL, NULL,
                                           f->token, &pending, NULL, NULL),
                     JWKEEP_MISUSE_ARGUMENT);
    assert_int_equal(jwkeep_verifier_begin(f->verifier, JWKEEP_SPAN("x"), 0, notify, f,
                                           f->token, NULL, NULL, NULL),
                     JWKEEP_MISUSE_ARGUMENT);
    assert_int_equal(jwkeep_verifier_verify(f->verifier, JWKEEP_SPAN("x"), 0, NULL, NULL, NULL),
                     JWKEEP_MISUSE_ARGUMENT);
    assert_int_equal(jwkeep_verifier_verify(NULL, JWKEEP_SPAN("x"), 0, f->token, NULL, NULL),
                     JWKEEP_MISUSE_ARGUMENT);
}

static void a_misused_call_empties_the_token_too(void **state) {
    (void)state;
    struct fixture *f = &fixture;
    jwkeep_pending *pending = NULL;
    char *token = token_of(f->a, "a1", CLAIMS(ISSUER_A));
    assert_int_equal(verify(token), JWKEEP_OK);
    assert_int_equal(jwkeep_verifier_begin(f->verifier, jwkeep_span_text(token), 0, NULL, NULL,
                                           f->token, &pending, NULL, NULL),
                     JWKEEP_MISUSE_ARGUMENT);
    assert_null(jwkeep_token_claims(f->token));
    assert_int_equal(verify(token), JWKEEP_OK);
    assert_int_equal(
        jwkeep_verifier_verify(NULL, jwkeep_span_text(token), 0, f->token, NULL, NULL),
        JWKEEP_MISUSE_ARGUMENT);
    assert_null(jwkeep_token_claims(f->token));
    free(token);
}

typedef struct blocking_call {
    pthread_t thread;
    const char *bytes;
    jwkeep_code code;
    bool has_claims;
} blocking_call;

static void *verify_in_thread(void *user) {
    blocking_call *call = user;
    jwkeep_token *token = NULL;
    call->code = jwkeep_token_new(&token, NULL);
    if (call->code == JWKEEP_OK)
        call->code = jwkeep_verifier_verify(fixture.verifier, jwkeep_span_text(call->bytes),
                                            60000, token, NULL, NULL);
    call->has_claims = jwkeep_token_claims(token) != NULL;
    jwkeep_token_free(token);
    return NULL;
}

static void start_call(blocking_call *call, const char *bytes) {
    *call = (blocking_call){.bytes = bytes};
    assert_int_equal(pthread_create(&call->thread, NULL, verify_in_thread, call), 0);
}

static void await_waiters(uint64_t count) {
    jwkeep_source_status status = {0};
    do {
        sched_yield();
        assert_int_equal(jwkeep_verifier_status(fixture.verifier, 1, &status), JWKEEP_OK);
    } while (status.waiters < count);
}

static void a_blocking_call_succeeds_itself_after_the_download(void **state) {
    (void)state;
    blocking_call calls[4];
    char *token = token_of(fixture.b_next, "b2", CLAIMS(ISSUER_B));
    for (size_t i = 0; i < 4; i++)
        start_call(&calls[i], token);
    await_waiters(4);
    pass(0);
    answer(fixture.b_next_body);
    for (size_t i = 0; i < 4; i++)
        pthread_join(calls[i].thread, NULL);
    free(token);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(calls[i].code, JWKEEP_OK);
        assert_true(calls[i].has_claims);
    }
    assert_int_equal(downloads(), 2);
}

static void the_end_of_the_verifier_ends_calls_that_wait(void **state) {
    (void)state;
    blocking_call call;
    char *token = token_of(fixture.b_next, "b2", CLAIMS(ISSUER_B));
    start_call(&call, token);
    await_waiters(1);
    pass(0);
    jwkeep_verifier_free(fixture.verifier);
    fixture.verifier = NULL;
    pthread_join(call.thread, NULL);
    free(token);
    assert_int_equal(call.code, JWKEEP_KEYS_SHUTDOWN);
    assert_false(call.has_claims);
}

static void ignore_notify(void *user) {
    (void)user;
}

/* Neither waits for threads that are not there. */
static int end_in_child(jwkeep_pending *pending, const char *bytes) {
    struct fixture *f = &fixture;
    alarm(20);
    if (jwkeep_pending_finish(pending, f->token, NULL, NULL) != JWKEEP_KEYS_SHUTDOWN)
        return 1;
    if (jwkeep_verifier_verify(f->verifier, jwkeep_span_text(bytes), 60000, f->token, NULL,
                               NULL) != JWKEEP_KEYS_SHUTDOWN)
        return 2;
    jwkeep_verifier_free(f->verifier);
    return 0;
}

static void r24_a_forked_child_ends_the_verifier_that_others_wait_in(void **state) {
    (void)state;
    struct fixture *f = &fixture;
    blocking_call call;
    jwkeep_pending *pending = NULL;
    char *token = token_of(f->b_next, "b2", CLAIMS(ISSUER_B));
    jwkeep_code begun =
        jwkeep_verifier_begin(f->verifier, jwkeep_span_text(token), 60000, ignore_notify, NULL,
                              f->token, &pending, NULL, NULL);
    start_call(&call, token);
    await_waiters(2);
    int status = -1;
    pid_t child = fork();
    if (child == 0)
        _exit(end_in_child(pending, token));
    bool is_waited = child > 0 && waitpid(child, &status, 0) == child;
    jwkeep_pending_cancel(pending);
    pass(0);
    answer(f->b_next_body);
    pthread_join(call.thread, NULL);
    free(token);
    assert_int_equal(begun, JWKEEP_PENDING);
    assert_true(is_waited && WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    assert_int_equal(call.code, JWKEEP_OK);
}

static void tells_about_its_issuers(void **state) {
    (void)state;
    const jwkeep_verifier *verifier = fixture.verifier;
    jwkeep_source_status status = {.keys = 42};
    assert_int_equal(jwkeep_verifier_issuer_count(verifier), 2);
    assert_string_equal(jwkeep_verifier_issuer_name(verifier, 0), "a");
    assert_string_equal(jwkeep_verifier_issuer_id(verifier, 1), ISSUER_B);
    assert_null(jwkeep_verifier_issuer_name(verifier, 2));
    assert_null(jwkeep_verifier_issuer_id(verifier, 2));
    assert_int_equal(jwkeep_verifier_status(verifier, 2, &status), JWKEEP_NOT_FOUND);
    assert_int_equal(status.keys, 42);
    assert_int_equal(jwkeep_verifier_status(verifier, 0, &status), JWKEEP_OK);
    assert_int_equal(status.health, JWKEEP_HEALTH_OK);
    assert_int_equal(status.keys, 1);
    assert_int_equal(jwkeep_verifier_status(verifier, 1, &status), JWKEEP_OK);
    assert_int_equal(status.keys, 1);
    assert_int_equal(jwkeep_verifier_refresh(fixture.verifier, 2), JWKEEP_NOT_FOUND);
    assert_int_equal(jwkeep_verifier_refresh(fixture.verifier, 0), JWKEEP_OK);
}

static void hands_out_the_keys_of_an_issuer(void **state) {
    (void)state;
    jwkeep_keyset *local = jwkeep_verifier_take_keys(fixture.verifier, 0);
    jwkeep_keyset *remote = jwkeep_verifier_take_keys(fixture.verifier, 1);
    bool has_both = jwkeep_keyset_has(local, fixture.a) && jwkeep_keyset_has(remote, fixture.b);
    jwkeep_keyset_unref(local);
    jwkeep_keyset_unref(remote);
    assert_true(has_both);
    assert_null(jwkeep_verifier_take_keys(fixture.verifier, 2));
}

/* A verifier of B whose tokens are for `audience`, over the source of the fixture's. */
static jwkeep_verifier *share(const char *audience) {
    struct fixture *f = &fixture;
    jwkeep_verifier *sharing = NULL;
    jwkeep_rules rules;
    jwkeep_rules_init(&rules);
    rules.audiences = &audience;
    rules.audience_count = 1;
    const jwkeep_issuer issuer = {.name = "b",
                                  .issuer = ISSUER_B,
                                  .rules = &rules,
                                  .shared_source = f->verifier->issuers[1].source};
    jwkeep_verifier_options options;
    jwkeep_verifier_options_init(&options);
    options.issuers = &issuer;
    options.issuer_count = 1;
    options.now_ms = wall_ms;
    options.user = f;
    assert_int_equal(jwkeep_verifier_new(&options, &sharing, &f->error), JWKEEP_OK);
    return sharing;
}

static jwkeep_code verify_with(jwkeep_verifier *verifier, const char *token) {
    return jwkeep_verifier_verify(verifier, jwkeep_span_text(token), 0, fixture.token, NULL,
                                  NULL);
}

static void verifiers_share_a_source_and_not_their_rules(void **state) {
    (void)state;
    jwkeep_verifier *alike = share("api");
    jwkeep_verifier *other = share("other");
    char *token = token_of(fixture.b, "b1", CLAIMS(ISSUER_B));
    assert_int_equal(verify_with(alike, token), JWKEEP_OK);
    assert_int_equal(verify_with(other, token), JWKEEP_AUDIENCE_MISMATCH);
    assert_int_equal(downloads(), 1);
    jwkeep_verifier_free(alike);
    jwkeep_verifier_free(other);
    assert_int_equal(verify_with(fixture.verifier, token), JWKEEP_OK);
    free(token);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
#define LOADED(name) cmocka_unit_test_setup_teardown(name, set_up_loaded, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(verifies_with_local_keys),
        TEST(finds_no_issuer_but_its_own),
        TEST(refuses_the_key_of_another_issuer),
        TEST(checks_the_signature_before_the_claims),
        TEST(goes_by_its_own_clock),
        TEST(downloads_when_the_first_token_comes),
        TEST(a_token_without_kid_waits_for_the_first_download_only),
        LOADED(r24_a_new_kid_is_downloaded_for_the_caller_itself),
        LOADED(says_that_a_kid_stays_unknown),
        LOADED(says_that_a_key_vanished_meanwhile),
        LOADED(r17_a_key_that_does_not_fit_is_not_missing),
        LOADED(r06_downloads_nothing_for_a_token_that_fails_anyway),
        TEST(tells_a_failed_download_apart_from_a_bad_token),
        LOADED(r09_serves_on_while_downloads_fail_and_says_stale_in_the_end),
        TEST(finishing_early_is_misuse_and_frees_nothing),
        TEST(giving_up_affects_nobody_else),
        TEST(r11_each_waiter_has_its_own_deadline),
        TEST(begin_needs_somebody_to_notify),
        TEST(a_misused_call_empties_the_token_too),
        LOADED(a_blocking_call_succeeds_itself_after_the_download),
        LOADED(the_end_of_the_verifier_ends_calls_that_wait),
        LOADED(r24_a_forked_child_ends_the_verifier_that_others_wait_in),
        LOADED(tells_about_its_issuers),
        LOADED(hands_out_the_keys_of_an_issuer),
        LOADED(verifiers_share_a_source_and_not_their_rules),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
