/* SPDX-License-Identifier: Apache-2.0
 *
 * Issuers that are accepted when a token names them: who becomes one, what that costs, who
 * stays and who goes. In virtual time. */
#include "remote/refresher.h"
#include "support/forge.h"
#include "support/many_issuers.h"
#include "sync/published.h"
#include "verify/verifier.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define MINUTE 60000
#define FLOOD 2000
#define AUDIENCE ",\"aud\":\"api\",\"exp\":1700000600}"

static struct fixture {
    many_issuers *world;
    jwkeep_refresher *refresher;
    jwkeep_verifier *verifier;
    jwkeep_jwk *key, *other;
    jwkeep_keyset *set;
    char *body;
    jwkeep_token *token;
    jwkeep_error error;
    size_t notified, asked, events;
    bool is_refusing;
    size_t cache_entries;
    char last_asked[600];
} fixture;

static bool accepts(void *user, const char *iss) {
    struct fixture *f = user;
    f->asked++;
    snprintf(f->last_asked, sizeof f->last_asked, "%s", iss);
    return !f->is_refusing;
}

static void count_event(void *user, const jwkeep_event *event) {
    ((struct fixture *)user)->events += event->source != NULL;
}

static const char *const patterns[] = {"https://*.tenants.test", "https://down.test/*"};
static const char *const audiences[] = {"api"};

static jwkeep_dynamic_issuers dynamic_options(void) {
    static jwkeep_rules rules;
    static jwkeep_source_options source;
    jwkeep_dynamic_issuers dynamic;
    jwkeep_rules_init(&rules);
    rules.audiences = audiences;
    rules.audience_count = 1;
    jwkeep_source_options_init(&source);
    source.on_event = count_event;
    source.user = &fixture;
    jwkeep_dynamic_issuers_init(&dynamic);
    dynamic.patterns = patterns;
    dynamic.pattern_count = 2;
    dynamic.rules = &rules;
    dynamic.source = &source;
    return dynamic;
}

static jwkeep_code make_verifier(const jwkeep_dynamic_issuers *dynamic, bool is_alone) {
    struct fixture *f = &fixture;
    const jwkeep_issuer issuer = {.issuer = "https://static.test", .keys = f->set};
    jwkeep_verifier_options options;
    jwkeep_verifier_options_init(&options);
    options.issuers = is_alone ? NULL : &issuer;
    options.issuer_count = is_alone ? 0 : 1;
    options.now_ms = forge_now_ms;
    options.dynamic = dynamic;
    options.cache_entries = f->cache_entries;
    jk_environment environment = many_issuers_environment(f->world, false);
    if (jk_refresher_new_in(&environment, 0, false, &f->refresher, NULL))
        return JWKEEP_OUT_OF_MEMORY;
    return jk_verifier_new_in(&options, f->refresher, &f->verifier, &f->error);
}

static int set_up(void **state) {
    (void)state;
    struct fixture *f = &fixture;
    memset(f, 0, sizeof *f);
    f->key = forge_key(JWKEEP_ALGORITHM_EDDSA, "k");
    f->other = forge_key(JWKEEP_ALGORITHM_EDDSA, "k");
    f->set = forge_keyset(&f->key, 1);
    f->body = forge_keyset_text(&f->key, 1);
    f->world = many_issuers_new(f->body);
    return jwkeep_token_new(&f->token, NULL) == JWKEEP_OK ? 0 : -1;
}

static int set_up_dynamic(void **state) {
    jwkeep_dynamic_issuers dynamic;
    if (set_up(state))
        return -1;
    dynamic = dynamic_options();
    return make_verifier(&dynamic, false) == JWKEEP_OK ? 0 : -1;
}

/* Few places: four, two of them for those without keys. */
static int set_up_narrow(void **state) {
    if (set_up(state))
        return -1;
    jwkeep_dynamic_issuers dynamic = dynamic_options();
    dynamic.max_issuers = 4;
    dynamic.max_unloaded = 2;
    dynamic.idle_s = 600;
    return make_verifier(&dynamic, true) == JWKEEP_OK ? 0 : -1;
}

static int set_up_remembering(void **state) {
    jwkeep_dynamic_issuers dynamic;
    if (set_up(state))
        return -1;
    dynamic = dynamic_options();
    dynamic.idle_s = 600;
    fixture.cache_entries = 100;
    return make_verifier(&dynamic, true) == JWKEEP_OK ? 0 : -1;
}

static int tear_down(void **state) {
    (void)state;
    struct fixture *f = &fixture;
    jwkeep_verifier_free(f->verifier);
    jwkeep_token_free(f->token);
    jwkeep_keyset_unref(f->set);
    jwkeep_jwk_unref(f->key);
    jwkeep_jwk_unref(f->other);
    free(f->body);
    many_issuers_free(f->world);
    return 0;
}

static char *signed_by(const jwkeep_jwk *key, const char *iss, const char *claims) {
    char payload[1024];
    snprintf(payload, sizeof payload, "{\"iss\":\"%s\"%s", iss, claims);
    return forge_token(JWKEEP_SPAN("{\"alg\":\"EdDSA\",\"kid\":\"k\"}"),
                       jwkeep_span_text(payload), key, JWKEEP_ALGORITHM_EDDSA);
}

static void notify(void *user) {
    ((struct fixture *)user)->notified++;
}

static jwkeep_code begin(const char *bytes, jwkeep_pending **ret_pending) {
    struct fixture *f = &fixture;
    return jwkeep_verifier_begin(f->verifier, jwkeep_span_text(bytes), MINUTE, notify, f,
                                 f->token, ret_pending, NULL, &f->error);
}

static void turn(size_t rounds) {
    while (rounds-- > 0)
        jk_refresher_turn(fixture.refresher);
}

static void pass(int64_t ms) {
    many_issuers_advance(fixture.world, ms);
    turn(4);
}

/* The verdict after as much waiting as it takes; frees `bytes`. */
static jwkeep_code verdict(char *bytes) {
    struct fixture *f = &fixture;
    jwkeep_pending *pending = NULL;
    jwkeep_code code = begin(bytes, &pending);
    if (code == JWKEEP_PENDING) {
        turn(4);
        code = jwkeep_pending_finish(pending, f->token, NULL, &f->error);
        if (code == JWKEEP_MISUSE_STATE)
            jwkeep_pending_cancel(pending);
    }
    free(bytes);
    return code;
}

static jwkeep_code verify(const char *iss) {
    return verdict(signed_by(fixture.key, iss, AUDIENCE));
}

static jwkeep_code verify_tenant(const char *prefix, size_t number) {
    char iss[64];
    snprintf(iss, sizeof iss, "https://%s%zu.tenants.test", prefix, number);
    return verify(iss);
}

static jwkeep_dynamic_status status(void) {
    jwkeep_dynamic_status now;
    assert_int_equal(jwkeep_verifier_dynamic_status(fixture.verifier, &now, NULL), JWKEEP_OK);
    return now;
}

static size_t downloads(void) {
    return many_issuers_requests(fixture.world);
}

static void accepts_an_issuer_that_a_token_names(void **state) {
    (void)state;
    assert_int_equal(verify("https://a.tenants.test"), JWKEEP_OK);
    assert_true(jwkeep_token_claims(fixture.token) != NULL);
    assert_int_equal(downloads(), 2); /* discovery, keys */
    assert_int_equal(many_issuers_unfiltered(fixture.world), 0);
    assert_true(fixture.events > 0);
    assert_int_equal(verify("https://a.tenants.test"), JWKEEP_OK);
    assert_int_equal(downloads(), 2);
    assert_int_equal(status().issuers, 1);
    assert_int_equal(status().accepted, 1);
    assert_int_equal(status().unloaded, 0);
    assert_int_equal(verify("https://static.test"), JWKEEP_OK);
    assert_int_equal(downloads(), 2);
}

static void r21_keys_are_found_under_their_issuer_only(void **state) {
    (void)state;
    assert_int_equal(verify("https://a.tenants.test"), JWKEEP_OK);
    char *forged = signed_by(fixture.other, "https://a.tenants.test", AUDIENCE);
    assert_int_equal(verdict(forged), JWKEEP_SIGNATURE_INVALID);
    many_issuers_hold(fixture.world, true);
    assert_int_equal(verify("https://b.tenants.test"), JWKEEP_MISUSE_STATE);
    many_issuers_hold(fixture.world, false);
}

static void r21_refuses_an_issuer_that_no_pattern_stands_for(void **state) {
    (void)state;
    static const char *const strangers[] = {
        "https://a.tenants.test.evil.test", "https://evil.test",
        "https://a.b.tenants.test",         "http://a.tenants.test",
        "https://a.tenants.test/",          ""};
    for (size_t i = 0; i < sizeof strangers / sizeof *strangers; i++)
        assert_int_equal(verify(strangers[i]), JWKEEP_ISSUER_UNKNOWN);
    turn(4);
    assert_int_equal(downloads(), 0);
    assert_int_equal(status().issuers, 0);
    assert_int_equal(status().refused, sizeof strangers / sizeof *strangers);
}

static void r18_asks_for_nothing_before_all_else_is_acceptable(void **state) {
    (void)state;
    static const struct {
        const char *claims;
        jwkeep_code code;
    } cases[] = {{",\"aud\":\"other\"}", JWKEEP_AUDIENCE_MISMATCH},
                 {",\"aud\":\"api\",\"exp\":1}", JWKEEP_TOKEN_EXPIRED},
                 {",\"aud\":\"api\",\"nbf\":1800000000}", JWKEEP_TOKEN_NOT_YET_VALID}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_int_equal(
            verdict(signed_by(fixture.key, "https://a.tenants.test", cases[i].claims)),
            cases[i].code);
    assert_int_equal(status().issuers, 0);
    assert_int_equal(status().refused, 0);
    turn(4);
    assert_int_equal(downloads(), 0);
}

static int set_up_asking(void **state) {
    jwkeep_dynamic_issuers dynamic;
    if (set_up(state))
        return -1;
    dynamic = dynamic_options();
    dynamic.accepts_issuer = accepts;
    dynamic.user = &fixture;
    return make_verifier(&dynamic, false) == JWKEEP_OK ? 0 : -1;
}

static void asks_the_caller_once_for_what_a_pattern_lets_through(void **state) {
    (void)state;
    assert_int_equal(verify("https://evil.test"), JWKEEP_ISSUER_UNKNOWN);
    assert_int_equal(fixture.asked, 0);
    fixture.is_refusing = true;
    assert_int_equal(verify("https://a.tenants.test"), JWKEEP_ISSUER_UNKNOWN);
    assert_int_equal(fixture.asked, 1);
    assert_string_equal(fixture.last_asked, "https://a.tenants.test");
    assert_int_equal(downloads(), 0);
    fixture.is_refusing = false;
    assert_int_equal(verify("https://a.tenants.test"), JWKEEP_OK);
    assert_int_equal(verify("https://a.tenants.test"), JWKEEP_OK);
    assert_int_equal(fixture.asked, 2);
}

static void the_caller_alone_may_decide(void **state) {
    (void)state;
    jwkeep_dynamic_issuers dynamic = dynamic_options();
    dynamic.pattern_count = 0;
    dynamic.accepts_issuer = accepts;
    dynamic.user = &fixture;
    assert_int_equal(make_verifier(&dynamic, true), JWKEEP_OK);
    assert_int_equal(verify("https://any.test/realm"), JWKEEP_OK);
    size_t asked = fixture.asked;
    assert_int_equal(verify("https://127.0.0.1"), JWKEEP_ISSUER_UNKNOWN);
    assert_int_equal(verify("https://a.test?b"), JWKEEP_ISSUER_UNKNOWN);
    assert_int_equal(fixture.asked, asked);
}

static void r21_a_failed_discovery_is_remembered(void **state) {
    (void)state;
    assert_int_equal(verify("https://down.test/a"), JWKEEP_KEYS_FETCH_FAILED);
    size_t before = downloads();
    for (size_t i = 0; i < 100; i++)
        assert_int_equal(verify("https://down.test/a"), JWKEEP_KEYS_FETCH_FAILED);
    assert_int_equal(downloads(), before);
    assert_int_equal(status().unloaded, 1);
    assert_int_equal(status().failing, 0);
}

/* Invented names that a pattern lets through: they share the places for those without keys,
 * and take none from anybody who has keys. */
static void r21_a_flood_of_invented_issuers_evicts_nobody(void **state) {
    (void)state;
    assert_int_equal(verify_tenant("a", 0), JWKEEP_OK);
    size_t busy = 0;
    for (size_t i = 0; i < FLOOD; i++) {
        char iss[64];
        snprintf(iss, sizeof iss, "https://down.test/%zu", i);
        jwkeep_code code = verify(iss);
        busy += code == JWKEEP_KEYS_BUSY;
        assert_true(code == JWKEEP_KEYS_BUSY || code == JWKEEP_KEYS_FETCH_FAILED);
    }
    assert_int_equal(busy, FLOOD - 2);
    assert_int_equal(status().busy, busy);
    assert_int_equal(status().issuers, 3);
    assert_true(downloads() <= 2 + 2);
    assert_int_equal(verify_tenant("a", 0), JWKEEP_OK);
}

static void r21_places_without_keys_change_hands_after_a_minute(void **state) {
    (void)state;
    assert_int_equal(verify("https://down.test/1"), JWKEEP_KEYS_FETCH_FAILED);
    assert_int_equal(verify("https://down.test/2"), JWKEEP_KEYS_FETCH_FAILED);
    assert_int_equal(verify_tenant("a", 0), JWKEEP_KEYS_BUSY);
    for (size_t i = 0; i < 60; i++) {
        assert_int_equal(status().evicted, 0);
        many_issuers_advance(fixture.world, 999);
        (void)verify("https://down.test/1"); /* being used keeps no place without keys */
    }
    many_issuers_advance(fixture.world, 60);
    assert_int_equal(verify_tenant("a", 0), JWKEEP_OK);
    assert_int_equal(status().evicted, 2);
}

static size_t unloaded(void) {
    return fixture.verifier->dynamic->unloaded_count;
}

/* Whoever waited for the keys, or evicts, takes the one issuer off the list: the others, of
 * which there may be thousands, are not looked at for that. */
static void an_issuer_that_has_keys_leaves_the_list_of_those_without(void **state) {
    (void)state;
    assert_int_equal(verify("https://down.test/a"), JWKEEP_KEYS_FETCH_FAILED);
    for (size_t i = 0; i < 20; i++)
        assert_int_equal(verify_tenant("a", i), JWKEEP_OK);
    assert_int_equal(unloaded(), 1);
    assert_int_equal(verify("https://down.test/b"), JWKEEP_KEYS_FETCH_FAILED);
    assert_int_equal(unloaded(), 2);
    assert_int_equal(fixture.verifier->dynamic->prune_at_ms, INT64_MIN);
    many_issuers_advance(fixture.world, MINUTE);
    jk_dynamic_sweep_if_due(fixture.verifier->dynamic);
    assert_int_equal(status().evicted, 2);
    assert_int_equal(unloaded(), 0);
}

/* Somebody who invents names has all of those without keys looked at once a second, not with
 * each name: it is that long that keys which came when nobody waited may go unseen. */
static void r21_the_list_of_those_without_keys_is_looked_at_once_a_second(void **state) {
    (void)state;
    jwkeep_pending *pending = NULL;
    assert_int_equal(verify("https://down.test/a"), JWKEEP_KEYS_FETCH_FAILED);
    char *bytes = signed_by(fixture.key, "https://b.tenants.test", AUDIENCE);
    jwkeep_code code = begin(bytes, &pending);
    jwkeep_pending_cancel(pending);
    free(bytes);
    assert_int_equal(code, JWKEEP_PENDING);
    assert_int_equal(verify("https://down.test/c"), JWKEEP_KEYS_BUSY);
    turn(4);
    many_issuers_advance(fixture.world, 999);
    assert_int_equal(verify("https://down.test/c"), JWKEEP_KEYS_BUSY);
    many_issuers_advance(fixture.world, 1);
    assert_int_equal(verify("https://down.test/c"), JWKEEP_KEYS_FETCH_FAILED);
}

static void r21_nobody_in_use_is_evicted_for_another(void **state) {
    (void)state;
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(verify_tenant("a", i), JWKEEP_OK);
    assert_int_equal(verify_tenant("b", 0), JWKEEP_KEYS_BUSY);
    pass(300 * 1000);
    for (size_t i = 1; i < 4; i++)
        assert_int_equal(verify_tenant("a", i), JWKEEP_OK);
    many_issuers_advance(fixture.world, 299 * 1000);
    assert_int_equal(verify_tenant("b", 0), JWKEEP_KEYS_BUSY);
    many_issuers_advance(fixture.world, 1000);
    assert_int_equal(verify_tenant("b", 0), JWKEEP_OK);
    size_t before = downloads();
    for (size_t i = 1; i < 4; i++)
        assert_int_equal(verify_tenant("a", i), JWKEEP_OK);
    assert_int_equal(downloads(), before);
    assert_int_equal(verify_tenant("a", 0), JWKEEP_KEYS_BUSY);
}

static void r21_what_is_idle_goes_without_being_asked(void **state) {
    (void)state;
    assert_int_equal(verify_tenant("a", 0), JWKEEP_OK);
    assert_int_equal(verify("https://down.test/1"), JWKEEP_KEYS_FETCH_FAILED);
    for (size_t i = 0; i < 12; i++)
        pass(2 * MINUTE);
    assert_int_equal(status().issuers, 0);
    assert_int_equal(status().evicted, 2);
    size_t before = downloads();
    pass(60 * MINUTE);
    assert_int_equal(downloads(), before);
    assert_int_equal(verify_tenant("a", 0), JWKEEP_OK);
}

/* It comes back with another key, whose set has the number that the first one had. */
static void r22_an_issuer_that_left_is_another_when_it_comes_back(void **state) {
    (void)state;
    jwkeep_cache_status cache;
    assert_int_equal(verify_tenant("a", 0), JWKEEP_OK);
    assert_int_equal(verify_tenant("a", 0), JWKEEP_OK);
    for (size_t i = 0; i < 12; i++)
        pass(2 * MINUTE);
    assert_int_equal(status().issuers, 0);
    char *body = forge_keyset_text(&fixture.other, 1);
    assert_int_equal(strlen(body), strlen(fixture.body));
    memcpy(fixture.body, body, strlen(body));
    free(body);
    assert_int_equal(verify_tenant("a", 0), JWKEEP_SIGNATURE_INVALID);
    assert_int_equal(verify_tenant("a", 0), JWKEEP_SIGNATURE_INVALID);
    assert_int_equal(jwkeep_verifier_cache_status(fixture.verifier, &cache), JWKEEP_OK);
    assert_int_equal(cache.hits, 1);
}

static void r21_who_waits_keeps_its_issuer(void **state) {
    (void)state;
    jwkeep_pending *pending = NULL;
    many_issuers_hold(fixture.world, true);
    char *bytes = signed_by(fixture.key, "https://slow.tenants.test", AUDIENCE);
    assert_int_equal(begin(bytes, &pending), JWKEEP_PENDING);
    turn(2);
    many_issuers_advance(fixture.world, 2 * MINUTE - 1);
    assert_int_equal(verify("https://down.test/1"), JWKEEP_MISUSE_STATE);
    assert_int_equal(verify("https://down.test/2"), JWKEEP_KEYS_BUSY);
    assert_int_equal(status().evicted, 0);
    jwkeep_pending_cancel(pending);
    many_issuers_advance(fixture.world, MINUTE);
    assert_int_equal(verify("https://down.test/2"), JWKEEP_MISUSE_STATE);
    assert_true(status().evicted > 0);
    many_issuers_hold(fixture.world, false);
    free(bytes);
}

/* Between the look at the keys and the wait for them. */
static void r21_who_is_evicted_before_it_waits_is_made_again(void **state) {
    (void)state;
    jk_dynamic *dynamic = fixture.verifier->dynamic;
    jk_issuer_use use = {0};
    assert_int_equal(verify_tenant("a", 0), JWKEEP_OK);
    assert_int_equal(jk_dynamic_find(dynamic, JWKEEP_SPAN("https://a0.tenants.test"), &use),
                     JWKEEP_OK);
    const jk_issuer *before = use.issuer;
    pass(60 * MINUTE);
    assert_int_equal(status().issuers, 0);
    assert_string_equal(before->issuer, "https://a0.tenants.test"); /* pinned */
    assert_int_equal(jk_issuer_use_hold(&use, NULL), JWKEEP_OK);
    assert_true(use.issuer != before);
    assert_int_equal(status().issuers, 1);
    pass(2 * MINUTE);
    assert_int_equal(status().issuers, 1);
    jk_issuer_use_done(&use);
}

/* A slot that still names its table, whoever wrote it, keeps the issuer, not its downloads; and
 * it may outlast the verifier. */
static void r21_what_is_evicted_downloads_no_more(void **state) {
    (void)state;
    jk_dynamic *dynamic = fixture.verifier->dynamic;
    jk_issuer_use use = {0};
    assert_int_equal(verify_tenant("a", 0), JWKEEP_OK);
    assert_int_equal(jk_dynamic_find(dynamic, JWKEEP_SPAN("https://a0.tenants.test"), &use),
                     JWKEEP_OK);
    pass(60 * MINUTE);
    assert_int_equal(status().issuers, 0);
    size_t before = downloads();
    for (size_t i = 0; i < 10; i++)
        pass(60 * MINUTE);
    assert_int_equal(downloads(), before);
    assert_string_equal(use.issuer->issuer, "https://a0.tenants.test");
    jwkeep_verifier_free(fixture.verifier);
    fixture.verifier = NULL;
    jk_issuer_use_done(&use);
}

static void free_nothing(void *object) {
    (void)object;
}

static void a_thread_without_slots_is_told_so(void **state) {
    (void)state;
    jk_pin pins[JK_PINS_PER_THREAD];
    jk_published *cell;
    assert_int_equal(verify_tenant("a", 0), JWKEEP_OK);
    assert_int_equal(jk_published_new(&fixture, free_nothing, &cell, NULL), JWKEEP_OK);
    for (size_t i = 0; i < JK_PINS_PER_THREAD; i++)
        assert_int_equal(jk_published_pin(cell, &pins[i]), JWKEEP_OK);
    jwkeep_code code = verify_tenant("a", 0);
    jwkeep_dynamic_status unread;
    jwkeep_code told = jwkeep_verifier_dynamic_status(fixture.verifier, &unread, NULL);
    for (size_t i = 0; i < JK_PINS_PER_THREAD; i++)
        jk_published_unpin(&pins[i]);
    jk_published_free(cell);
    assert_int_equal(code, JWKEEP_MISUSE_STATE);
    assert_int_equal(fixture.error.code, JWKEEP_MISUSE_STATE);
    assert_int_equal(told, JWKEEP_MISUSE_STATE);
    assert_int_equal(verify_tenant("a", 0), JWKEEP_OK);
}

static void count_visit(void *user, const char *iss, const jwkeep_source_status *told) {
    *(size_t *)user += told->keys == 1 && strstr(iss, ".tenants.test") != NULL;
}

static void each_can_be_seen(void **state) {
    (void)state;
    size_t seen = 0;
    for (size_t i = 0; i < 200; i++)
        assert_int_equal(verify_tenant("a", i), JWKEEP_OK);
    assert_int_equal(jwkeep_verifier_visit_dynamic(fixture.verifier, count_visit, &seen, NULL),
                     JWKEEP_OK);
    assert_int_equal(seen, 200);
    assert_int_equal(status().issuers, 200);
    assert_int_equal(jwkeep_verifier_issuer_count(fixture.verifier), 1);
}

static void r24_a_child_of_a_fork_reads_and_makes_none(void **state) {
    (void)state;
    assert_int_equal(verify_tenant("a", 0), JWKEEP_OK);
    char *known = signed_by(fixture.key, "https://a0.tenants.test", AUDIENCE);
    char *unknown = signed_by(fixture.key, "https://b0.tenants.test", AUDIENCE);
    pthread_mutex_lock(&fixture.verifier->dynamic->mutex); /* as another thread might */
    pid_t child = fork();
    if (child == 0) {
        jwkeep_pending *pending = NULL;
        bool is_right = begin(known, &pending) == JWKEEP_OK &&
                        begin(unknown, &pending) == JWKEEP_KEYS_SHUTDOWN;
        jwkeep_verifier_free(fixture.verifier);
        _exit(is_right ? 0 : 1);
    }
    pthread_mutex_unlock(&fixture.verifier->dynamic->mutex);
    int result = -1;
    pid_t waited = waitpid(child, &result, 0);
    free(known);
    free(unknown);
    assert_int_equal(waited, child);
    assert_int_equal(result, 0);
}

static void refuse(jwkeep_dynamic_issuers dynamic, const char *where) {
    fixture.error = (jwkeep_error){0};
    assert_int_equal(make_verifier(&dynamic, false), JWKEEP_MISUSE_ARGUMENT);
    assert_string_equal(fixture.error.where, where);
}

static void refuses_numbers_out_of_range(void **state) {
    (void)state;
    jwkeep_dynamic_issuers dynamic = dynamic_options();
    dynamic.max_issuers = 0;
    refuse(dynamic, "dynamic.max_issuers");
    dynamic.max_issuers = JWKEEP_MAX_DYNAMIC_ISSUERS + 1;
    refuse(dynamic, "dynamic.max_issuers");
    dynamic = dynamic_options();
    dynamic.max_unloaded = 0;
    refuse(dynamic, "dynamic.max_unloaded");
    dynamic.max_unloaded = JWKEEP_MAX_DYNAMIC_ISSUERS + 1;
    refuse(dynamic, "dynamic.max_unloaded");
    dynamic = dynamic_options();
    dynamic.idle_s = 59;
    refuse(dynamic, "dynamic.idle_s");
    dynamic.idle_s = 604801;
    refuse(dynamic, "dynamic.idle_s");
}

static void refuses_to_accept_anybody(void **state) {
    (void)state;
    static const char *const wide[] = {"https://*.com"};
    jwkeep_dynamic_issuers dynamic = dynamic_options();
    dynamic.pattern_count = 0;
    refuse(dynamic, "dynamic.patterns");
    dynamic = dynamic_options();
    dynamic.patterns = wide;
    dynamic.pattern_count = 1;
    refuse(dynamic, "dynamic.patterns");
    dynamic.pattern_count = JWKEEP_MAX_ISSUER_PATTERNS + 1;
    refuse(dynamic, "dynamic.patterns");
    dynamic = dynamic_options();
    dynamic.struct_size = 0;
    refuse(dynamic, "dynamic");
}

static void r18_refuses_a_template_that_would_tell_or_reach_too_much(void **state) {
    (void)state;
    static const char *const texts[] = {"Authorization: Bearer secret"};
    jwkeep_source_options base;
    jwkeep_source_options_init(&base);
    jwkeep_source_options cases[7];
    for (size_t i = 0; i < 7; i++)
        cases[i] = base;
    cases[0].allows_http_loopback = true;
    cases[1].proxy = "http://proxy.test:3128";
    cases[2].snapshot_file = "keys";
    cases[3].fallback_urls = texts;
    cases[3].fallback_count = 1;
    cases[4].request_headers = texts;
    cases[4].request_header_count = 1;
    cases[5].client_cert_file = "cert.pem";
    cases[6].client_key_file = "key.pem";
    for (size_t i = 0; i < 7; i++) {
        jwkeep_dynamic_issuers dynamic = dynamic_options();
        dynamic.source = &cases[i];
        refuse(dynamic, "dynamic.source");
    }
    jwkeep_dynamic_issuers dynamic = dynamic_options();
    base.cooldown_s = 0;
    dynamic.source = &base;
    refuse(dynamic, "cooldown_s");
}

/* A thousand names that hang leave the configured issuers their room for downloads. */
static void r21_accepted_issuers_have_a_refresher_of_their_own(void **state) {
    (void)state;
    struct fixture *f = &fixture;
    jwkeep_dynamic_issuers dynamic = dynamic_options();
    const jwkeep_issuer issuer = {.issuer = "https://static.test",
                                  .jwks_url = "https://static.test/jwks"};
    jwkeep_verifier_options options;
    jwkeep_verifier_options_init(&options);
    options.issuers = &issuer;
    options.issuer_count = 1;
    options.dynamic = &dynamic;
    assert_int_equal(jwkeep_verifier_new(&options, &f->verifier, NULL), JWKEEP_OK);
    assert_non_null(f->verifier->refresher);
    assert_true(f->verifier->dynamic->refresher != f->verifier->refresher);
}

static void refuses_tokens_inside_tokens(void **state) {
    (void)state;
    jwkeep_dynamic_issuers dynamic = dynamic_options();
    jwkeep_rules rules = *dynamic.rules;
    rules.is_nesting_allowed = true;
    dynamic.rules = &rules;
    refuse(dynamic, "rules.is_nesting_allowed");
}

static void refuses_an_issuer_that_takes_every_iss(void **state) {
    (void)state;
    struct fixture *f = &fixture;
    jwkeep_dynamic_issuers dynamic = dynamic_options();
    const jwkeep_issuer any = {.keys = f->set};
    jwkeep_verifier_options options;
    jwkeep_verifier_options_init(&options);
    options.issuers = &any;
    options.issuer_count = 1;
    options.dynamic = &dynamic;
    assert_int_equal(jwkeep_verifier_new(&options, &f->verifier, &f->error),
                     JWKEEP_MISUSE_ARGUMENT);
    assert_string_equal(f->error.where, "issuer");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up_dynamic, tear_down)
#define NARROW(name) cmocka_unit_test_setup_teardown(name, set_up_narrow, tear_down)
#define BARE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(accepts_an_issuer_that_a_token_names),
        TEST(r21_keys_are_found_under_their_issuer_only),
        TEST(r21_refuses_an_issuer_that_no_pattern_stands_for),
        TEST(r18_asks_for_nothing_before_all_else_is_acceptable),
        cmocka_unit_test_setup_teardown(asks_the_caller_once_for_what_a_pattern_lets_through,
                                        set_up_asking, tear_down),
        BARE(the_caller_alone_may_decide),
        TEST(r21_a_failed_discovery_is_remembered),
        TEST(an_issuer_that_has_keys_leaves_the_list_of_those_without),
        NARROW(r21_the_list_of_those_without_keys_is_looked_at_once_a_second),
        NARROW(r21_a_flood_of_invented_issuers_evicts_nobody),
        NARROW(r21_places_without_keys_change_hands_after_a_minute),
        NARROW(r21_nobody_in_use_is_evicted_for_another),
        NARROW(r21_what_is_idle_goes_without_being_asked),
        cmocka_unit_test_setup_teardown(r22_an_issuer_that_left_is_another_when_it_comes_back,
                                        set_up_remembering, tear_down),
        NARROW(r21_who_waits_keeps_its_issuer),
        NARROW(r21_who_is_evicted_before_it_waits_is_made_again),
        NARROW(r21_what_is_evicted_downloads_no_more),
        TEST(a_thread_without_slots_is_told_so),
        TEST(each_can_be_seen),
        TEST(r24_a_child_of_a_fork_reads_and_makes_none),
        BARE(refuses_numbers_out_of_range),
        BARE(refuses_to_accept_anybody),
        BARE(r18_refuses_a_template_that_would_tell_or_reach_too_much),
        BARE(r21_accepted_issuers_have_a_refresher_of_their_own),
        BARE(refuses_tokens_inside_tokens),
        BARE(refuses_an_issuer_that_takes_every_iss),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
