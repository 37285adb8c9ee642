/* SPDX-License-Identifier: Apache-2.0
 *
 * Which key of an issuer's set judges a token: by kid, alg, use and key_ops, and how many are
 * tried. The set is downloaded from a scripted issuer. */
#include "remote/refresher.h"
#include "support/forge.h"
#include "support/script.h"
#include "verify/verifier.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define KEYS 5
#define BODY_MAX 16384

static struct fixture {
    script world;
    jwkeep_refresher *refresher; /* the verifier's */
    jwkeep_verifier *verifier;
    jwkeep_token *token;
    jwkeep_jwk *keys[KEYS];
    size_t count;
} fixture;

static int make_verifier(bool is_kid_required) {
    struct fixture *f = &fixture;
    jwkeep_rules rules;
    jwkeep_rules_init(&rules);
    rules.is_kid_required = is_kid_required;
    const jwkeep_issuer issuer = {
        .issuer = "i", .jwks_url = "https://issuer.test/jwks", .rules = &rules};
    jwkeep_verifier_options options;
    jwkeep_verifier_options_init(&options);
    options.issuers = &issuer;
    options.issuer_count = 1;
    return jk_verifier_new_in(&options, f->refresher, &f->verifier, NULL) == JWKEEP_OK ? 0 : -1;
}

static int set_up_with(bool is_kid_required) {
    memset(&fixture, 0, sizeof fixture);
    fixture.refresher = script_refresher(&fixture.world, 0);
    if (make_verifier(is_kid_required))
        return -1;
    return jwkeep_token_new(&fixture.token, NULL) == JWKEEP_OK ? 0 : -1;
}

static int set_up(void **state) {
    (void)state;
    return set_up_with(false);
}

static int set_up_with_kid(void **state) {
    (void)state;
    return set_up_with(true);
}

static int tear_down(void **state) {
    (void)state;
    jwkeep_verifier_free(fixture.verifier);
    jwkeep_token_free(fixture.token);
    for (size_t i = 0; i < fixture.count; i++)
        jwkeep_jwk_unref(fixture.keys[i]);
    return fixture.world.is_freed ? 0 : -1;
}

static void add_key(jwkeep_algorithm algorithm, const char *kid) {
    fixture.keys[fixture.count++] = forge_key(algorithm, kid);
}

static void drop(char *json, const char *member) {
    char *found = strstr(json, member);
    assert_non_null(found);
    size_t size = strlen(member);
    memmove(found, found + size, strlen(found + size) + 1);
}

/* The public half as JSON, its object opened by `members`, without its alg if that is so. */
static void write_key(const jwkeep_jwk *key, const char *members, bool has_alg,
                      jwkeep_buffer *body) {
    char json[1024] = "";
    jwkeep_buffer text;
    jwkeep_buffer_init(&text, sizeof json - 1);
    jwkeep_code code = jwkeep_jwk_write(key, false, &text, NULL);
    if (code == JWKEEP_OK)
        memcpy(json, text.data, text.size);
    jwkeep_buffer_done(&text);
    assert_int_equal(code, JWKEEP_OK);
    if (!has_alg)
        drop(json, ",\"alg\":\"ES256\"");
    assert_int_equal(jwkeep_buffer_append_text(body, "{"), JWKEEP_OK);
    assert_int_equal(jwkeep_buffer_append_text(body, members), JWKEEP_OK);
    assert_int_equal(jwkeep_buffer_append_text(body, json + 1), JWKEEP_OK);
}

/* Publishes all the keys, and has them downloaded. */
static void publish(const char *members, bool has_alg) {
    jwkeep_buffer body;
    jwkeep_buffer_init(&body, BODY_MAX);
    bool is_written = jwkeep_buffer_append_text(&body, "{\"keys\":[") == JWKEEP_OK;
    for (size_t i = 0; i < fixture.count; i++) {
        is_written &= i == 0 || jwkeep_buffer_append_text(&body, ",") == JWKEEP_OK;
        write_key(fixture.keys[i], members, has_alg, &body);
    }
    is_written &= jwkeep_buffer_append_text(&body, "]}") == JWKEEP_OK;
    jwkeep_code code = jwkeep_verifier_refresh(fixture.verifier, 0);
    script_pass(&fixture.world, fixture.refresher, 0);
    jk_response response = {.body = jwkeep_span_of(body.data, body.size)};
    script_answer(&fixture.world, fixture.refresher, &response);
    jwkeep_buffer_done(&body);
    assert_true(is_written && code == JWKEEP_OK);
    assert_int_equal(fixture.world.request_count, 1);
}

static jwkeep_code verify(const jwkeep_jwk *key, jwkeep_algorithm algorithm, const char *kid) {
    char header[128];
    snprintf(header, sizeof header, "{\"alg\":\"%s\"%s%s%s}", jwkeep_algorithm_name(algorithm),
             kid ? ",\"kid\":\"" : "", kid ? kid : "", kid ? "\"" : "");
    char *token =
        forge_token(jwkeep_span_text(header), JWKEEP_SPAN("{\"iss\":\"i\"}"), key, algorithm);
    jwkeep_code code = jwkeep_verifier_verify(fixture.verifier, jwkeep_span_text(token), 1,
                                              fixture.token, NULL, NULL);
    free(token);
    return code;
}

static void r16_keys_of_one_kid_are_chosen_by_alg(void **state) {
    (void)state;
    add_key(JWKEEP_ALGORITHM_ES256, "k");
    add_key(JWKEEP_ALGORITHM_ES384, "k");
    add_key(JWKEEP_ALGORITHM_EDDSA, "k");
    publish("", true);
    for (size_t i = 0; i < fixture.count; i++)
        assert_int_equal(verify(fixture.keys[i], jwkeep_jwk_algorithm(fixture.keys[i]), "k"),
                         JWKEEP_OK);
}

static void r16_four_keys_of_one_kid_and_alg_are_tried(void **state) {
    (void)state;
    for (size_t i = 0; i < KEYS; i++)
        add_key(JWKEEP_ALGORITHM_ES256, "k");
    publish("", true);
    for (size_t i = 0; i < KEYS; i++)
        assert_int_equal(verify(fixture.keys[i], JWKEEP_ALGORITHM_ES256, "k"),
                         i < JWKEEP_MAX_CANDIDATES ? JWKEEP_OK : JWKEEP_SIGNATURE_INVALID);
}

static void r17_four_keys_are_tried_for_a_token_without_kid(void **state) {
    (void)state;
    static const char *const kids[KEYS] = {"1", "2", "3", "4", "5"};
    for (size_t i = 0; i < KEYS; i++)
        add_key(JWKEEP_ALGORITHM_ES256, kids[i]);
    publish("", true);
    for (size_t i = 0; i < KEYS; i++)
        assert_int_equal(verify(fixture.keys[i], JWKEEP_ALGORITHM_ES256, NULL),
                         i < JWKEEP_MAX_CANDIDATES ? JWKEEP_OK : JWKEEP_SIGNATURE_INVALID);
}

static void r17_a_token_without_kid_can_be_refused(void **state) {
    (void)state;
    add_key(JWKEEP_ALGORITHM_ES256, "k");
    publish("", true);
    assert_int_equal(verify(fixture.keys[0], JWKEEP_ALGORITHM_ES256, NULL), JWKEEP_KID_MISSING);
    assert_int_equal(verify(fixture.keys[0], JWKEEP_ALGORITHM_ES256, "k"), JWKEEP_OK);
}

static void r17_a_bad_signature_under_a_known_kid_downloads_nothing(void **state) {
    (void)state;
    add_key(JWKEEP_ALGORITHM_ES256, "k");
    publish("", true);
    jwkeep_jwk *stranger = forge_key(JWKEEP_ALGORITHM_ES256, "k");
    jwkeep_code code = verify(stranger, JWKEEP_ALGORITHM_ES256, "k");
    jwkeep_jwk_unref(stranger);
    assert_int_equal(code, JWKEEP_SIGNATURE_INVALID);
    script_pass(&fixture.world, fixture.refresher, 1000);
    assert_int_equal(fixture.world.request_count, 1);
}

static void r17_the_alg_of_a_key_must_be_that_of_the_token(void **state) {
    (void)state;
    add_key(JWKEEP_ALGORITHM_RS256, "k");
    publish("", true);
    assert_int_equal(verify(fixture.keys[0], JWKEEP_ALGORITHM_RS256, "k"), JWKEEP_OK);
    assert_int_equal(verify(fixture.keys[0], JWKEEP_ALGORITHM_PS256, "k"),
                     JWKEEP_KEY_ALG_MISMATCH);
}

static void r17_use_must_be_sig_where_it_is_present(void **state) {
    (void)state;
    add_key(JWKEEP_ALGORITHM_ES256, "k");
    publish("\"use\":\"enc\",", false);
    assert_int_equal(verify(fixture.keys[0], JWKEEP_ALGORITHM_ES256, "k"),
                     JWKEEP_KEY_USE_FORBIDDEN);
}

static void r17_key_ops_must_hold_verify_where_they_are_present(void **state) {
    (void)state;
    add_key(JWKEEP_ALGORITHM_ES256, "k");
    publish("\"key_ops\":[\"sign\"],", false);
    assert_int_equal(verify(fixture.keys[0], JWKEEP_ALGORITHM_ES256, "k"),
                     JWKEEP_KEY_USE_FORBIDDEN);
}

static void r17_use_and_key_ops_may_allow(void **state) {
    (void)state;
    add_key(JWKEEP_ALGORITHM_ES256, "k");
    publish("\"use\":\"sig\",\"key_ops\":[\"verify\"],", false);
    assert_int_equal(verify(fixture.keys[0], JWKEEP_ALGORITHM_ES256, "k"), JWKEEP_OK);
}

#define TEST(name, set_up) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(r16_keys_of_one_kid_are_chosen_by_alg, set_up),
        TEST(r16_four_keys_of_one_kid_and_alg_are_tried, set_up),
        TEST(r17_four_keys_are_tried_for_a_token_without_kid, set_up),
        TEST(r17_a_token_without_kid_can_be_refused, set_up_with_kid),
        TEST(r17_a_bad_signature_under_a_known_kid_downloads_nothing, set_up),
        TEST(r17_the_alg_of_a_key_must_be_that_of_the_token, set_up),
        TEST(r17_use_must_be_sig_where_it_is_present, set_up),
        TEST(r17_key_ops_must_hold_verify_where_they_are_present, set_up),
        TEST(r17_use_and_key_ops_may_allow, set_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
