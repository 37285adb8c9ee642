/* SPDX-License-Identifier: Apache-2.0
 *
 * Accepting and evicting issuers when memory runs out at any place: the token is answered with
 * OUT_OF_MEMORY, nothing is lost, and the next one finds everything working. And what ten
 * thousand of them cost. */
#include "remote/refresher.h"
#include "support/forge.h"
#include "support/many_issuers.h"
#include "sync/threads.h"
#include "verify/verifier.h"
#include <jwkeep/allocator.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define NEVER 1000000000u
#define MANY 10000
/* Of the library's own memory, for an issuer with one key; OpenSSL's comes on top. */
#define MAX_BYTES_PER_ISSUER 8192u

static size_t countdown = NEVER; /* allocations until one fails */
static size_t blocks;
static size_t bytes;

/* Each block remembers its size before itself. */
#define HEAD 16u

static void *allocate(void *user, size_t size) {
    (void)user;
    if (countdown == 0 || --countdown == 0)
        return NULL;
    size_t *block = malloc(HEAD + size);
    if (!block)
        return NULL;
    *block = size;
    blocks++;
    bytes += size;
    return (char *)block + HEAD;
}

static void release(void *user, void *block) {
    (void)user;
    if (!block)
        return;
    size_t *head = (size_t *)(void *)((char *)block - HEAD);
    blocks--;
    bytes -= *head;
    free(head);
}

static void *reallocate(void *user, void *block, size_t size) {
    void *moved = allocate(user, size);
    if (!moved || !block)
        return moved;
    size_t before = *(size_t *)(void *)((char *)block - HEAD);
    memcpy(moved, block, before < size ? before : size);
    release(user, block);
    return moved;
}

static size_t kept; /* blocks that stay: this thread's record of slots */

static int use_failing_allocator(void **state) {
    (void)state;
    static const jwkeep_allocator failing = {allocate, reallocate, release, NULL};
    if (jwkeep_allocator_set(&failing, NULL) || !jk_thread_self())
        return -1;
    kept = blocks;
    return 0;
}

static struct fixture {
    many_issuers *world;
    jwkeep_refresher *refresher;
    jwkeep_verifier *verifier;
    jwkeep_jwk *key;
    char *body;
    jwkeep_token *token;
} fixture;

static jwkeep_code make_after(const jwkeep_verifier *predecessor,
                              jwkeep_refresher **ret_refresher, jwkeep_verifier **ret_verifier,
                              jwkeep_error *error) {
    static const char *const patterns[] = {"https://*.tenants.test"};
    struct fixture *f = &fixture;
    jwkeep_dynamic_issuers dynamic;
    jwkeep_dynamic_issuers_init(&dynamic);
    dynamic.patterns = patterns;
    dynamic.pattern_count = 1;
    dynamic.predecessor = predecessor;
    jwkeep_verifier_options options;
    jwkeep_verifier_options_init(&options);
    options.now_ms = forge_now_ms;
    options.dynamic = &dynamic;
    jk_environment environment = many_issuers_environment(f->world, false);
    jwkeep_code code = jk_refresher_new_in(&environment, 1024, false, ret_refresher, error);
    return code ? code : jk_verifier_new_in(&options, *ret_refresher, ret_verifier, error);
}

static jwkeep_code make_verifier(jwkeep_error *error) {
    return make_after(NULL, &fixture.refresher, &fixture.verifier, error);
}

static int set_up(void **state) {
    (void)state;
    struct fixture *f = &fixture;
    memset(f, 0, sizeof *f);
    countdown = NEVER;
    f->key = forge_key(JWKEEP_ALGORITHM_EDDSA, "k");
    f->body = forge_keyset_text(&f->key, 1);
    f->world = many_issuers_new(f->body);
    return jwkeep_token_new(&f->token, NULL) == JWKEEP_OK ? 0 : -1;
}

static int tear_down(void **state) {
    (void)state;
    struct fixture *f = &fixture;
    countdown = NEVER;
    jwkeep_verifier_free(f->verifier);
    jwkeep_token_free(f->token);
    jwkeep_jwk_unref(f->key);
    free(f->body);
    many_issuers_free(f->world);
    return blocks == kept ? 0 : -1;
}

static void notify(void *user) {
    (void)user;
}

static char *token_of(size_t number) {
    char payload[64];
    snprintf(payload, sizeof payload, "{\"iss\":\"https://t%zu.tenants.test\"}", number);
    return forge_token(JWKEEP_SPAN("{\"alg\":\"EdDSA\",\"kid\":\"k\"}"),
                       jwkeep_span_text(payload), fixture.key, JWKEEP_ALGORITHM_EDDSA);
}

static jwkeep_code begin(const char *bytes_of, jwkeep_pending **ret_pending,
                         jwkeep_error *error) {
    return jwkeep_verifier_begin(fixture.verifier, jwkeep_span_text(bytes_of), 60000, notify,
                                 NULL, fixture.token, ret_pending, NULL, error);
}

static void turn(size_t rounds) {
    while (rounds-- > 0)
        jk_refresher_turn(fixture.refresher);
}

static void a_verifier_that_cannot_be_made_leaves_nothing(void **state) {
    (void)state;
    size_t before = blocks;
    jwkeep_error error;
    for (size_t allowed = 1;; allowed++) {
        countdown = allowed;
        jwkeep_code code = make_verifier(&error);
        countdown = NEVER;
        if (code == JWKEEP_OK)
            break;
        assert_int_equal(code, JWKEEP_OUT_OF_MEMORY);
        assert_int_equal(error.code, JWKEEP_OUT_OF_MEMORY);
        assert_null(fixture.verifier);
        assert_int_equal(blocks, before);
    }
}

static void an_issuer_that_cannot_be_made_leaves_nothing(void **state) {
    (void)state;
    jwkeep_error error;
    jwkeep_pending *pending = NULL;
    jwkeep_dynamic_status status;
    assert_int_equal(make_verifier(NULL), JWKEEP_OK);
    for (size_t issuer = 0, allowed = 1; !pending; allowed++) {
        char *bytes_of = token_of(issuer);
        countdown = allowed;
        jwkeep_code code = begin(bytes_of, &pending, &error);
        countdown = NEVER;
        turn(1);
        assert_int_equal(code, pending ? JWKEEP_PENDING : JWKEEP_OUT_OF_MEMORY);
        assert_int_equal(jwkeep_verifier_dynamic_status(fixture.verifier, &status, NULL),
                         JWKEEP_OK);
        assert_int_equal(status.issuers, status.accepted);
        assert_true(allowed < 1000);
        if (pending) {
            turn(4);
            assert_int_equal(jwkeep_pending_finish(pending, fixture.token, NULL, NULL),
                             JWKEEP_OK);
        }
        free(bytes_of);
    }
}

static void a_successor_that_cannot_be_made_leaves_nothing(void **state) {
    (void)state;
    jwkeep_pending *pending = NULL;
    jwkeep_refresher *refresher = NULL;
    jwkeep_verifier *successor = NULL;
    jwkeep_dynamic_status status;
    assert_int_equal(make_verifier(NULL), JWKEEP_OK);
    for (size_t i = 0; i < 3; i++) {
        char *bytes_of = token_of(i);
        assert_int_equal(begin(bytes_of, &pending, NULL), JWKEEP_PENDING);
        turn(4);
        assert_int_equal(jwkeep_pending_finish(pending, fixture.token, NULL, NULL), JWKEEP_OK);
        free(bytes_of);
    }
    size_t before = blocks;
    for (size_t allowed = 1; !successor; allowed++) {
        countdown = allowed;
        jwkeep_code code = make_after(fixture.verifier, &refresher, &successor, NULL);
        countdown = NEVER;
        assert_int_equal(code, successor ? JWKEEP_OK : JWKEEP_OUT_OF_MEMORY);
        assert_true(successor || blocks == before);
    }
    assert_int_equal(jwkeep_verifier_dynamic_status(successor, &status, NULL), JWKEEP_OK);
    assert_int_equal(status.issuers, 3);
    jwkeep_verifier_free(successor);
    assert_int_equal(blocks, before);
}

/* What cannot be evicted stays, and goes the next time. */
static void an_eviction_without_memory_is_put_off(void **state) {
    (void)state;
    jwkeep_pending *pending = NULL;
    jwkeep_dynamic_status status;
    jk_dynamic *dynamic;
    assert_int_equal(make_verifier(NULL), JWKEEP_OK);
    char *bytes_of = token_of(0);
    assert_int_equal(begin(bytes_of, &pending, NULL), JWKEEP_PENDING);
    turn(4);
    assert_int_equal(jwkeep_pending_finish(pending, fixture.token, NULL, NULL), JWKEEP_OK);
    dynamic = fixture.verifier->dynamic;
    many_issuers_advance(fixture.world, 3600 * 1000);
    countdown = 1;
    jk_dynamic_sweep_if_due(dynamic);
    countdown = NEVER;
    assert_int_equal(jwkeep_verifier_dynamic_status(fixture.verifier, &status, NULL),
                     JWKEEP_OK);
    assert_int_equal(status.issuers, 1);
    many_issuers_advance(fixture.world, 1000);
    jk_dynamic_sweep_if_due(dynamic);
    assert_int_equal(jwkeep_verifier_dynamic_status(fixture.verifier, &status, NULL),
                     JWKEEP_OK);
    assert_int_equal(status.issuers, 0);
    assert_int_equal(status.evicted, 1);
    free(bytes_of);
}

static void r21_ten_thousand_accepted_issuers_in_one_process(void **state) {
    (void)state;
    jwkeep_dynamic_status status;
    assert_int_equal(make_verifier(NULL), JWKEEP_OK);
    size_t bytes_before = bytes;
    for (size_t i = 0; i < MANY; i++) {
        jwkeep_pending *pending = NULL;
        char *bytes_of = token_of(i);
        jwkeep_code code = begin(bytes_of, &pending, NULL);
        turn(4);
        if (code == JWKEEP_PENDING)
            code = jwkeep_pending_finish(pending, fixture.token, NULL, NULL);
        free(bytes_of);
        assert_int_equal(code, JWKEEP_OK);
    }
    size_t used = bytes - bytes_before;
    assert_int_equal(jwkeep_verifier_dynamic_status(fixture.verifier, &status, NULL),
                     JWKEEP_OK);
    assert_int_equal(status.issuers, MANY);
    assert_int_equal(status.unloaded, 0);
    print_message("%zu bytes an issuer\n", used / MANY);
    assert_true(used / MANY <= MAX_BYTES_PER_ISSUER);
    many_issuers_advance(fixture.world, 3601 * 1000);
    jk_dynamic_sweep_if_due(fixture.verifier->dynamic);
    turn(2);
    assert_int_equal(jwkeep_verifier_dynamic_status(fixture.verifier, &status, NULL),
                     JWKEEP_OK);
    assert_int_equal(status.issuers, 0);
    assert_true(bytes - bytes_before < MANY * 100u);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_verifier_that_cannot_be_made_leaves_nothing),
        TEST(an_issuer_that_cannot_be_made_leaves_nothing),
        TEST(a_successor_that_cannot_be_made_leaves_nothing),
        TEST(an_eviction_without_memory_is_put_off),
        TEST(r21_ten_thousand_accepted_issuers_in_one_process),
    };
    return cmocka_run_group_tests(tests, use_failing_allocator, NULL);
}
