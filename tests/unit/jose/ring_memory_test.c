/* SPDX-License-Identifier: Apache-2.0
 *
 * Every allocation of keyrings, of taking keys out of sets and texts, and of certificates held
 * against keys fails once: the call says so, leaves ring and outputs alone and loses nothing.
 */
#include "support/certificates.h"
#include "support/failing_memory.h"
#include "support/forge.h"
#include <jwkeep/jwkeep.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static jwkeep_jwk *first;
static jwkeep_jwk *second;
static jwkeep_keyset *one;  /* the first */
static jwkeep_keyset *both; /* … and the second */
static jwkeep_certificate *certificate;
static jwkeep_jwk *certified;      /* with the certificate in it */
static jwkeep_jwk *certified_bare; /* without */
static jwkeep_buffer pem;          /* the second */

static void make_certificate(void) {
    EVP_PKEY *key = certificate_new_key();
    X509 *list[] = {certificate_make(&(certificate_plan){.subject = "own", .key = key}), NULL};
    jwkeep_buffer text;
    certificate_pem(list, &text);
    assert_int_equal(
        jwkeep_certificate_parse(jwkeep_buffer_span(&text), NULL, &certificate, NULL),
        JWKEEP_OK);
    assert_int_equal(jwkeep_certificate_key(certificate, &certified, NULL), JWKEEP_OK);
    certified_bare = certificate_jwk(key);
    jwkeep_buffer_done(&text);
    X509_free(list[0]);
    EVP_PKEY_free(key);
}

static int set_up(void **state) {
    static const jwkeep_jwk_export_options plain = {.with_private = false};
    if (failing_memory_install(state))
        return -1;
    first = forge_key(JWKEEP_ALGORITHM_ES256, "first");
    second = forge_key(JWKEEP_ALGORITHM_ED25519, "second");
    one = forge_keyset(&first, 1);
    both = forge_keyset((jwkeep_jwk *const[]){first, second}, 2);
    make_certificate();
    jwkeep_buffer_init(&pem, 4096);
    return jwkeep_jwk_export(second, &plain, &pem, NULL) == JWKEEP_OK ? 0 : -1;
}

static int tear_down(void **state) {
    (void)state;
    jwkeep_buffer_done(&pem);
    jwkeep_jwk_unref(certified_bare);
    jwkeep_jwk_unref(certified);
    jwkeep_certificate_unref(certificate);
    jwkeep_keyset_unref(both);
    jwkeep_keyset_unref(one);
    jwkeep_jwk_unref(second);
    jwkeep_jwk_unref(first);
    return 0;
}

static jwkeep_code add_second(jwkeep_keyring *ring, jwkeep_error *error) {
    bool is_added = false;
    jwkeep_code code = jwkeep_keyring_add(ring, second, &is_added, error);
    assert_int_equal(is_added, code == JWKEEP_OK);
    return code;
}

static jwkeep_code remove_first(jwkeep_keyring *ring, jwkeep_error *error) {
    return jwkeep_keyring_remove(ring, first, error);
}

static jwkeep_code clear(jwkeep_keyring *ring, jwkeep_error *error) {
    return jwkeep_keyring_clear(ring, error);
}

static jwkeep_code merge_both(jwkeep_keyring *ring, jwkeep_error *error) {
    size_t added = 0;
    jwkeep_code code = jwkeep_keyring_merge(ring, both, &added, error);
    assert_int_equal(added, code == JWKEEP_OK ? 1 : 0);
    return code;
}

static jwkeep_code replace_by_both(jwkeep_keyring *ring, jwkeep_error *error) {
    return jwkeep_keyring_replace(ring, both, jwkeep_keyring_generation(ring), error);
}

static jwkeep_code take_first_out(void *user, const jwkeep_keyset *present,
                                  jwkeep_keyset **ret_next, jwkeep_error *error) {
    (void)user;
    return jwkeep_keyset_without(present, first, ret_next, error);
}

static jwkeep_code update(jwkeep_keyring *ring, jwkeep_error *error) {
    return jwkeep_keyring_update(ring, take_first_out, NULL, error);
}

/* A ring with the first key is changed, or stays as it was. */
static jwkeep_code change(jwkeep_code (*act)(jwkeep_keyring *ring, jwkeep_error *error),
                          jwkeep_error *error) {
    jwkeep_keyring *ring = NULL;
    jwkeep_code code = jwkeep_keyring_new(one, &ring, error);
    assert_int_equal(ring != NULL, code == JWKEEP_OK);
    if (code != JWKEEP_OK)
        return code;
    jwkeep_generation before = jwkeep_keyring_generation(ring);
    code = act(ring, error);
    assert_int_equal(jwkeep_keyring_generation(ring) == before, code != JWKEEP_OK);
    if (code != JWKEEP_OK)
        assert_true(jwkeep_keyring_has(ring, JWKEEP_SPAN("first")) &&
                    !jwkeep_keyring_has(ring, JWKEEP_SPAN("second")));
    jwkeep_keyring_free(ring);
    return code;
}

#define RING(name, act)                                                                        \
    static jwkeep_code name(jwkeep_error *error) {                                             \
        return change(act, error);                                                             \
    }

RING(try_add, add_second)
RING(try_remove, remove_first)
RING(try_clear, clear)
RING(try_merge, merge_both)
RING(try_replace, replace_by_both)
RING(try_update, update)

static jwkeep_code try_without(jwkeep_error *error) {
    jwkeep_keyset *left = NULL;
    jwkeep_code code = jwkeep_keyset_without(both, first, &left, error);
    assert_int_equal(left != NULL, code == JWKEEP_OK);
    jwkeep_keyset_unref(left);
    return code;
}

static jwkeep_code try_pem(jwkeep_error *error) {
    jwkeep_jwk *key = NULL;
    jwkeep_code code = jwkeep_jwk_parse_pem(jwkeep_buffer_span(&pem), &key, error);
    assert_int_equal(key != NULL, code == JWKEEP_OK);
    jwkeep_jwk_unref(key);
    return code;
}

static jwkeep_code try_attach(jwkeep_error *error) {
    jwkeep_jwk *key = NULL;
    jwkeep_code code = jwkeep_certificate_attach(certificate, certified_bare, &key, error);
    assert_int_equal(key != NULL, code == JWKEEP_OK);
    jwkeep_jwk_unref(key);
    return code;
}

static jwkeep_code try_certificate_of(jwkeep_error *error) {
    jwkeep_certificate *found = NULL;
    jwkeep_code code = jwkeep_certificate_of_key(certified, NULL, &found, error);
    assert_int_equal(found != NULL, code == JWKEEP_OK);
    jwkeep_certificate_unref(found);
    return code;
}

static jwkeep_code try_thumbprint(jwkeep_error *error) {
    jwkeep_thumbprint made = {.size = 0};
    jwkeep_code code =
        jwkeep_thumbprint_compute(second, JWKEEP_THUMBPRINT_SHA512, &made, error);
    assert_int_equal(made.size != 0, code == JWKEEP_OK);
    bool is_of = false;
    if (code == JWKEEP_OK)
        code = jwkeep_thumbprint_is_of(&made, second, &is_of, error);
    assert_int_equal(is_of, code == JWKEEP_OK);
    return code;
}

static jwkeep_code try_jwt(jwkeep_error *error) {
    const jwkeep_jws_signer signer = {.key = second};
    jwkeep_buffer token;
    jwkeep_buffer_init(&token, 4096);
    jwkeep_code code =
        jwkeep_jwt_sign(JWKEEP_SPAN("{\"iss\":\"\\u0061\"}"), &signer, &token, error);
    assert_int_equal(token.size != 0, code == JWKEEP_OK);
    jwkeep_buffer_done(&token);
    return code;
}

/* First once with all it needs: what a thread keeps for later is there then. */
static void survives(failing_attempt attempt) {
    assert_int_equal(attempt(NULL), JWKEEP_OK);
    assert_true(failing_memory_try(attempt) > 0);
}

static void a_ring_is_changed_or_stays_as_it_was(void **state) {
    (void)state;
    static const failing_attempt attempts[] = {try_add,   try_remove,  try_clear,
                                               try_merge, try_replace, try_update};
    for (size_t i = 0; i < sizeof attempts / sizeof attempts[0]; i++)
        survives(attempts[i]);
}

static void keys_are_read_whole_or_not(void **state) {
    (void)state;
    survives(try_without);
    survives(try_pem);
    survives(try_thumbprint);
}

static void certificates_are_held_against_keys_or_not(void **state) {
    (void)state;
    survives(try_attach);
    survives(try_certificate_of);
}

static void a_token_is_signed_whole_or_not(void **state) {
    (void)state;
    survives(try_jwt);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_ring_is_changed_or_stays_as_it_was),
        cmocka_unit_test(keys_are_read_whole_or_not),
        cmocka_unit_test(certificates_are_held_against_keys_or_not),
        cmocka_unit_test(a_token_is_signed_whole_or_not),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
