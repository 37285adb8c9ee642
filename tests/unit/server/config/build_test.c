/* SPDX-License-Identifier: Apache-2.0
 *
 * A plan that comes after another one: which accepted issuers go on with their keys. Counted at
 * the issuer, which stands at a public address (support/names.h). */
#include "server/config/build.h"
#include "support/forge.h"
#include "support/names.h"
#include "support/tls_server.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define AN_HOUR 3600
#define ISSUER "https://" NAMES_HOST
#define TO_LOAD 2 /* requests: discovery, keys */

static struct fixture {
    tls_server *issuer;
    jwkeep_jwk *key;
    char *token;
    jwkeep_token *verified;
    config_pool *pool;
    server_plan *plan;
    char file[64];
} fixture;

static int set_up(void **state) {
    (void)state;
    struct fixture *f = &fixture;
    memset(f, 0, sizeof *f);
    f->issuer = tls_server_new(NAMES_HOST, AN_HOUR);
    if (!f->issuer)
        return -1;
    names_move(NAMES_PUBLIC_ADDRESS);
    names_lead(tls_server_port(f->issuer));
    f->key = forge_key(JWKEEP_ALGORITHM_EDDSA, "k");
    f->token = forge_token(JWKEEP_SPAN("{\"alg\":\"EdDSA\",\"kid\":\"k\"}"),
                           JWKEEP_SPAN("{\"iss\":\"" ISSUER "\",\"aud\":\"api\"}"), f->key,
                           JWKEEP_ALGORITHM_EDDSA);
    /* One document that is both its metadata and its keys. */
    char *keys = forge_keyset_text(&f->key, 1);
    char *body = NULL;
    int size = asprintf(&body, "{\"issuer\":\"" ISSUER "\",\"jwks_uri\":\"" ISSUER "/jwks\",%s",
                        keys + 1);
    tls_server_set_body(f->issuer, body);
    free(body);
    free(keys);
    snprintf(f->file, sizeof f->file, "/tmp/jwkeep-test-plan-XXXXXX");
    int descriptor = mkstemp(f->file);
    if (size < 0 || descriptor < 0 || close(descriptor))
        return -1;
    return config_pool_new(4, false, NULL, NULL, &f->pool, NULL) == JWKEEP_OK &&
                   jwkeep_token_new(&f->verified, NULL) == JWKEEP_OK
               ? 0
               : -1;
}

static int tear_down(void **state) {
    (void)state;
    struct fixture *f = &fixture;
    config_plan_free(f->pool, f->plan);
    config_pool_free(f->pool);
    jwkeep_token_free(f->verified);
    jwkeep_jwk_unref(f->key);
    free(f->token);
    tls_server_free(f->issuer);
    return unlink(f->file);
}

/* The next plan, in the place of the one there was. `policy` and `source` are further keys. */
static void configure(const char *policy, const char *source, const char *rest) {
    struct fixture *f = &fixture;
    config *loaded = NULL;
    config_fault fault;
    server_plan *next = NULL;
    FILE *file = fopen(f->file, "w");
    assert_non_null(file);
    fprintf(file,
            "issuers: [{name: fixed, issuer: \"https://fixed.test\"}]\nstart: lazy\n"
            "policies: [{name: p, audiences: [api], allow_no_exp: true, %s accepted_issuers: "
            "{patterns: [\"" ISSUER "\"], source: {ca_file: %s, fetch_timeout_ms: 20000, "
            "connect_timeout_ms: 20000%s}}}]\n%s",
            policy, tls_server_ca_file(f->issuer), source, rest);
    assert_int_equal(fclose(file), 0);
    assert_true(config_load(f->file, &loaded, &fault));
    assert_true(config_build(loaded, f->pool, f->plan, &next, &fault));
    config_plan_free(f->pool, f->plan);
    f->plan = next;
}

static jwkeep_code verify(void) {
    return jwkeep_verifier_verify(fixture.plan->policies[0].verifier,
                                  jwkeep_span_text(fixture.token), 60000, fixture.verified,
                                  NULL, NULL);
}

static size_t requests(void) {
    return tls_server_requests(fixture.issuer);
}

static void accepted_issuers_go_on_with_their_keys(void **state) {
    (void)state;
    configure("", "", "");
    assert_int_equal(verify(), JWKEEP_OK);
    assert_int_equal(requests(), TO_LOAD);
    configure("", "", "");
    assert_int_equal(verify(), JWKEEP_OK);
    configure("subject: alice,", "", "workers: 2\n");
    assert_int_equal(verify(), JWKEEP_CLAIM_MISSING); /* judged by the new rules */
    configure("", "", "");
    assert_int_equal(verify(), JWKEEP_OK);
    assert_int_equal(requests(), TO_LOAD);
}

static void another_configuration_of_their_sources_begins_anew(void **state) {
    (void)state;
    configure("", "", "");
    assert_int_equal(verify(), JWKEEP_OK);
    configure("", ", lifetime_max_s: 700", "");
    assert_int_equal(verify(), JWKEEP_OK);
    assert_int_equal(requests(), 2 * TO_LOAD);
    configure("", ", lifetime_max_s: 700", "limits: {max_keys: 7}\n");
    assert_int_equal(verify(), JWKEEP_OK);
    assert_int_equal(requests(), 3 * TO_LOAD);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(accepted_issuers_go_on_with_their_keys),
        TEST(another_configuration_of_their_sources_begins_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
