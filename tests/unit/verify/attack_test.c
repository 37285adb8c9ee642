/* SPDX-License-Identifier: Apache-2.0
 *
 * Attacks on the keys themselves: strangers' tokens that try to wipe, flood, poison or
 * redirect the key set, and issuers that publish what they should not. In virtual time. */
#include "remote/refresher.h"
#include "support/forge.h"
#include "support/script.h"
#include "verify/verifier.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define FLOOD 10000
#define URL "https://issuer.test/jwks"

static struct fixture {
    script world;
    jwkeep_refresher *refresher;
    jwkeep_verifier *verifier;
    jwkeep_jwk *known, *stranger;
    char *body; /* the set with `known` */
    char *good; /* its token */
    jwkeep_token *token;
    size_t notified;
} fixture;

static int64_t wall_ms(void *user) {
    return ((const struct fixture *)user)->world.wall_ms;
}

static char *token_of(const jwkeep_jwk *key, const char *kid) {
    char header[256];
    jwkeep_algorithm algorithm = jwkeep_jwk_algorithm(key);
    snprintf(header, sizeof header,
             "{\"alg\":\"%s\",\"kid\":\"%s\",\"jku\":\"https://evil.test/jwks\","
             "\"x5u\":\"https://evil.test/x5u\"}",
             jwkeep_algorithm_name(algorithm), kid);
    return forge_token(jwkeep_span_text(header), JWKEEP_SPAN("{\"iss\":\"i\"}"), key,
                       algorithm);
}

static void notify(void *user) {
    ((struct fixture *)user)->notified++;
}

static jwkeep_code begin(const char *bytes, jwkeep_pending **ret_pending) {
    return jwkeep_verifier_begin(fixture.verifier, jwkeep_span_text(bytes), 60000, notify,
                                 &fixture, fixture.token, ret_pending, NULL, NULL);
}

static jwkeep_code verify(const char *bytes) {
    return jwkeep_verifier_verify(fixture.verifier, jwkeep_span_text(bytes), 0, fixture.token,
                                  NULL, NULL);
}

static void pass(int64_t ms) {
    script_pass(&fixture.world, fixture.refresher, ms);
}

static void answer(const char *body) {
    script_answer_body(&fixture.world, fixture.refresher, body);
}

static void refresh(const char *body) {
    assert_int_equal(jwkeep_verifier_refresh(fixture.verifier, 0), JWKEEP_OK);
    pass(60000);
    answer(body);
}

static size_t keys_held(void) {
    jwkeep_source_status status = {0};
    assert_int_equal(jwkeep_verifier_status(fixture.verifier, 0, &status), JWKEEP_OK);
    return status.keys;
}

static int set_up(void **state) {
    (void)state;
    struct fixture *f = &fixture;
    memset(f, 0, sizeof *f);
    f->known = forge_key(JWKEEP_ALGORITHM_EDDSA, "known");
    f->stranger = forge_key(JWKEEP_ALGORITHM_EDDSA, "stranger");
    f->body = forge_keyset_text(&f->known, 1);
    f->good = token_of(f->known, "known");
    f->refresher = script_refresher(&f->world, 0);
    const jwkeep_issuer issuer = {.issuer = "i", .jwks_url = URL};
    jwkeep_verifier_options options;
    jwkeep_verifier_options_init(&options);
    options.issuers = &issuer;
    options.issuer_count = 1;
    options.now_ms = wall_ms;
    options.user = f;
    if (jk_verifier_new_in(&options, f->refresher, &f->verifier, NULL) != JWKEEP_OK ||
        jwkeep_token_new(&f->token, NULL) != JWKEEP_OK)
        return -1;
    if (jwkeep_verifier_refresh(f->verifier, 0) != JWKEEP_OK)
        return -1;
    pass(0);
    answer(f->body);
    return verify(f->good) == JWKEEP_OK ? 0 : -1;
}

static int tear_down(void **state) {
    (void)state;
    struct fixture *f = &fixture;
    jwkeep_verifier_free(f->verifier);
    jwkeep_token_free(f->token);
    jwkeep_jwk_unref(f->known);
    jwkeep_jwk_unref(f->stranger);
    free(f->body);
    free(f->good);
    return 0;
}

/* CVE-2026-48524: a random `kid` made a download, and its failure wiped the keys. */
static void r09_a_failed_download_for_a_random_kid_wipes_nothing(void **state) {
    (void)state;
    jwkeep_pending *pending = NULL;
    char *forged = token_of(fixture.stranger, "random");
    assert_int_equal(begin(forged, &pending), JWKEEP_PENDING);
    pass(0);
    script_answer_failure(&fixture.world, fixture.refresher, JWKEEP_TRANSPORT_STATUS);
    jwkeep_code code = jwkeep_pending_finish(pending, fixture.token, NULL, NULL);
    free(forged);
    assert_int_equal(code, JWKEEP_KEYS_FETCH_FAILED);
    assert_int_equal(verify(fixture.good), JWKEEP_OK);
    assert_int_equal(keys_held(), 1);
}

static void r06_a_flood_of_random_kids_is_two_downloads(void **state) {
    (void)state;
    size_t before = fixture.world.request_count, accepted = 0, at_once = 0;
    for (unsigned i = 0; i < FLOOD; i++) {
        char kid[32];
        jwkeep_pending *pending = NULL;
        snprintf(kid, sizeof kid, "random-%u", i);
        char *forged = token_of(fixture.stranger, kid);
        jwkeep_code code = begin(forged, &pending);
        if (code == JWKEEP_PENDING) {
            pass(0);
            answer(fixture.body);
            code = jwkeep_pending_finish(pending, fixture.token, NULL, NULL);
        } else {
            at_once++;
        }
        accepted += code != JWKEEP_KID_UNKNOWN;
        free(forged);
    }
    assert_int_equal(accepted, 0);
    assert_true(at_once >= FLOOD - 2);
    assert_true(fixture.world.request_count - before <= 2);
    assert_int_equal(verify(fixture.good), JWKEEP_OK);
}

static void reloads_do_not_overlap(void **state) {
    (void)state;
    enum { COUNT = 100 };
    jwkeep_pending *pending[COUNT] = {NULL};
    char *forged = token_of(fixture.stranger, "stranger");
    jwkeep_jwk *both[] = {fixture.known, fixture.stranger};
    char *body = forge_keyset_text(both, 2);
    size_t refused = 0;
    for (size_t i = 0; i < COUNT; i++) {
        refused += begin(forged, &pending[i]) != JWKEEP_PENDING;
        pass(0);
    }
    size_t open = script_open_requests(&fixture.world);
    answer(body);
    for (size_t i = 0; i < COUNT; i++)
        refused += jwkeep_pending_finish(pending[i], fixture.token, NULL, NULL) != JWKEEP_OK;
    free(body);
    free(forged);
    assert_int_equal(open, 1);
    assert_int_equal(refused, 0);
    assert_int_equal(keys_held(), 2);
}

static void r18_never_asks_the_url_in_a_token(void **state) {
    (void)state;
    jwkeep_pending *pending = NULL;
    char *forged = token_of(fixture.stranger, "random");
    assert_int_equal(begin(forged, &pending), JWKEEP_PENDING);
    pass(0);
    jwkeep_pending_cancel(pending);
    free(forged);
    for (size_t i = 0; i < fixture.world.request_count; i++)
        assert_string_equal(fixture.world.requests[i].url, URL);
}

/* The good set with the keys of `body` as further members. */
static char *mixed_with(const char *body) {
    char *mixed = NULL;
    int size = asprintf(&mixed, "%.*s,%s", (int)strlen(fixture.body) - 2, fixture.body,
                        strchr(body, '[') + 1);
    assert_true(size > 0);
    return mixed;
}

/* A private or symmetric key in a public place is known to everybody. */
static void r14_takes_no_private_or_symmetric_key_from_an_issuer(void **state) {
    (void)state;
    static const jwkeep_algorithm algorithms[] = {JWKEEP_ALGORITHM_HS256,
                                                  JWKEEP_ALGORITHM_ES256};
    for (size_t i = 0; i < 2; i++) {
        jwkeep_jwk *secret = forge_key(algorithms[i], "secret");
        char *secrets = forge_private_keyset_text(&secret, 1);
        char *body = mixed_with(secrets);
        char *forged = token_of(secret, "secret");
        jwkeep_pending *pending = NULL;
        refresh(body);
        jwkeep_code code = begin(forged, &pending);
        if (code == JWKEEP_PENDING) {
            pass(0);
            answer(body);
            code = jwkeep_pending_finish(pending, fixture.token, NULL, NULL);
        }
        jwkeep_jwk_unref(secret);
        free(secrets);
        free(body);
        free(forged);
        assert_int_equal(code, JWKEEP_KID_UNKNOWN);
        assert_int_equal(keys_held(), 1);
        assert_int_equal(verify(fixture.good), JWKEEP_OK);
    }
}

static void r14_garbage_keeps_the_keys(void **state) {
    (void)state;
    static const char *const bodies[] = {"",   "<html>",        "{}",
                                         "[]", "{\"keys\":{}}", "{\"keys\":[}"};
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++) {
        refresh(bodies[i]);
        assert_int_equal(keys_held(), 1);
        assert_int_equal(verify(fixture.good), JWKEEP_OK);
    }
}

static void r13_a_key_that_was_removed_is_refused_at_once(void **state) {
    (void)state;
    char *body = forge_keyset_text(&fixture.stranger, 1);
    refresh(body);
    jwkeep_pending *pending = NULL;
    jwkeep_code code = begin(fixture.good, &pending);
    if (code == JWKEEP_PENDING) {
        pass(0);
        answer(body);
        code = jwkeep_pending_finish(pending, fixture.token, NULL, NULL);
    }
    free(body);
    assert_int_equal(code, JWKEEP_KID_UNKNOWN);
}

static void r06_refuses_a_kid_that_is_too_long_unread(void **state) {
    (void)state;
    size_t before = fixture.world.request_count;
    char kid[JWKEEP_MAX_KID_BYTES + 2];
    memset(kid, 'k', sizeof kid);
    kid[sizeof kid - 1] = '\0';
    char header[JWKEEP_MAX_KID_BYTES + 64];
    snprintf(header, sizeof header, "{\"alg\":\"EdDSA\",\"kid\":\"%s\"}", kid);
    char *forged = forge_token(jwkeep_span_text(header), JWKEEP_SPAN("{\"iss\":\"i\"}"),
                               fixture.stranger, JWKEEP_ALGORITHM_EDDSA);
    jwkeep_pending *pending = NULL;
    jwkeep_code code = begin(forged, &pending);
    free(forged);
    pass(0);
    assert_int_equal(code, JWKEEP_KID_TOO_LONG);
    assert_int_equal(fixture.world.request_count, before);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(r09_a_failed_download_for_a_random_kid_wipes_nothing),
        TEST(r06_a_flood_of_random_kids_is_two_downloads),
        TEST(reloads_do_not_overlap),
        TEST(r18_never_asks_the_url_in_a_token),
        TEST(r14_takes_no_private_or_symmetric_key_from_an_issuer),
        TEST(r14_garbage_keeps_the_keys),
        TEST(r13_a_key_that_was_removed_is_refused_at_once),
        TEST(r06_refuses_a_kid_that_is_too_long_unread),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
