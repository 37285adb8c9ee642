/* SPDX-License-Identifier: Apache-2.0
 *
 * A verification whose key is known allocates nothing, once the token object is warm: counted
 * at the library's own memory functions, and at those of OpenSSL. What OpenSSL allocates for
 * itself within a check is its own affair and differs by algorithm and version; what is
 * asserted about it is only that the library adds nothing to it: as many as a bare check of
 * the same signature. */
#include "codec/base64url.h"
#include "jose/jwk.h"
#include "jose/jws.h"
#include "remote/refresher.h"
#include "support/forge.h"
#include "support/script.h"
#include "verify/verifier.h"
#include <jwkeep/allocator.h>
#include <openssl/crypto.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define ROUNDS 50
#define NOW_MS INT64_C(1700000000000)

static size_t own, foreign; /* allocations of the library, of OpenSSL; one thread */

static void *allocate(void *user, size_t size) {
    (void)user;
    own++;
    return malloc(size);
}
static void *reallocate(void *user, void *block, size_t size) {
    (void)user;
    own++;
    return realloc(block, size);
}
static void release(void *user, void *block) {
    (void)user;
    free(block);
}

static void *crypto_malloc(size_t size, const char *file, int line) {
    (void)file;
    (void)line;
    foreign++;
    return malloc(size);
}
static void *crypto_realloc(void *block, size_t size, const char *file, int line) {
    (void)file;
    (void)line;
    foreign++;
    return realloc(block, size);
}
static void crypto_free(void *block, const char *file, int line) {
    (void)file;
    (void)line;
    free(block);
}

static script world;
static jwkeep_refresher *refresher;
static jwkeep_verifier *verifier;
static jwkeep_jwk *local, *remote;
static jwkeep_keyset *local_keys;
static jwkeep_token *token;

static int64_t now_ms(void *user) {
    (void)user;
    return NOW_MS;
}

static bool load_remote(void) {
    jwkeep_keyset *set = forge_keyset(&remote, 1);
    jwkeep_buffer body;
    jwkeep_buffer_init(&body, 65536);
    bool is_written = jwkeep_keyset_write(set, false, &body, NULL) == JWKEEP_OK &&
                      jwkeep_buffer_append(&body, jwkeep_span_of("", 1)) == JWKEEP_OK &&
                      jwkeep_verifier_refresh(verifier, 1) == JWKEEP_OK;
    if (is_written) {
        script_pass(&world, refresher, 0);
        script_answer_body(&world, refresher, (const char *)body.data);
    }
    jwkeep_buffer_done(&body);
    jwkeep_keyset_unref(set);
    return is_written;
}

static int set_up(void **state) {
    (void)state;
    static const jwkeep_allocator allocator = {allocate, reallocate, release, NULL};
    if (!CRYPTO_set_mem_functions(crypto_malloc, crypto_realloc, crypto_free) ||
        jwkeep_allocator_set(&allocator, NULL) != JWKEEP_OK)
        return -1;
    local = forge_key(JWKEEP_ALGORITHM_HS256, "local");
    remote = forge_key(JWKEEP_ALGORITHM_ES256, "remote");
    local_keys = forge_keyset(&local, 1);
    refresher = script_refresher(&world, 0);
    const jwkeep_issuer issuers[] = {
        {.name = "local", .issuer = "local", .keys = local_keys},
        {.name = "remote", .issuer = "remote", .jwks_url = "https://issuer.test/jwks"}};
    jwkeep_verifier_options options;
    jwkeep_verifier_options_init(&options);
    options.issuers = issuers;
    options.issuer_count = 2;
    options.now_ms = now_ms;
    if (jk_verifier_new_in(&options, refresher, &verifier, NULL) != JWKEEP_OK || !load_remote())
        return -1;
    return jwkeep_token_new(&token, NULL) == JWKEEP_OK ? 0 : -1;
}

static int tear_down(void **state) {
    (void)state;
    jwkeep_verifier_free(verifier);
    jwkeep_token_free(token);
    jwkeep_keyset_unref(local_keys);
    jwkeep_jwk_unref(local);
    jwkeep_jwk_unref(remote);
    return 0;
}

static char *token_of(const jwkeep_jwk *key, const char *kid, unsigned number) {
    char header[64], payload[512];
    jwkeep_algorithm algorithm = jwkeep_jwk_algorithm(key);
    snprintf(header, sizeof header, "{\"alg\":\"%s\",\"kid\":\"%s\"}",
             jwkeep_algorithm_name(algorithm), kid);
    snprintf(
        payload, sizeof payload,
        "{\"iss\":\"%s\",\"sub\":\"subject-%u\",\"aud\":[\"a\",\"b\"],\"exp\":1800000000.5,"
        "\"scope\":\"esc\\u0061ped \\\"text\\\"\",\"nested\":{\"a\":[1,2,{\"b\":null}]}}",
        kid, number);
    return forge_token(jwkeep_span_text(header), jwkeep_span_text(payload), key, algorithm);
}

/* OpenSSL's allocations in a bare check of the same signature, after one to warm up. */
static size_t bare_allocations(const jwkeep_jwk *key, const char *bytes) {
    jk_jws_parts parts;
    jwkeep_limits limits;
    uint8_t signature[JK_SIGNATURE_MAX_BYTES];
    jwkeep_limits_init(&limits);
    assert_int_equal(jk_jws_split(jwkeep_span_text(bytes), &limits, &parts, NULL), JWKEEP_OK);
    size_t size = jk_base64url_decoded_size(parts.signature.size);
    assert_true(jk_base64url_decode(parts.signature, signature, NULL));
    for (int i = 0; i < 2; i++) {
        foreign = 0;
        assert_int_equal(jk_key_verify(jk_jwk_prepared(key), jwkeep_jwk_algorithm(key),
                                       parts.signed_bytes, jwkeep_span_of(signature, size),
                                       NULL),
                         JWKEEP_OK);
    }
    return foreign;
}

static jwkeep_code verify(const char *bytes) {
    return jwkeep_verifier_verify(verifier, jwkeep_span_text(bytes), 0, token, NULL, NULL);
}

static void counts_nothing(const jwkeep_jwk *key, const char *kid) {
    char *bytes[ROUNDS];
    size_t refused = 0, most_foreign = 0;
    for (unsigned i = 0; i < ROUNDS; i++)
        bytes[i] = token_of(key, kid, i);
    size_t bare = bare_allocations(key, bytes[0]);
    for (unsigned i = 0; i < 4; i++)
        refused += verify(bytes[i]) != JWKEEP_OK;
    own = 0;
    for (unsigned i = 0; i < ROUNDS; i++) {
        foreign = 0;
        refused += verify(bytes[i]) != JWKEEP_OK;
        if (foreign > most_foreign)
            most_foreign = foreign;
    }
    size_t counted = own;
    for (unsigned i = 0; i < ROUNDS; i++)
        free(bytes[i]);
    assert_int_equal(refused, 0);
    assert_int_equal(counted, 0);
    assert_true(most_foreign <= bare);
}

static void allocates_nothing_with_local_keys(void **state) {
    (void)state;
    counts_nothing(local, "local");
}

static void allocates_nothing_with_downloaded_keys(void **state) {
    (void)state;
    counts_nothing(remote, "remote");
}

/* Neither do tokens that are refused: nobody can make the library allocate by sending many. */
static void allocates_nothing_for_tokens_that_are_refused(void **state) {
    (void)state;
    char *bytes = token_of(local, "local", 1);
    char *forged = token_of(local, "remote", 1);
    size_t accepted = 0;
    bytes[strlen(bytes) - 5] = bytes[strlen(bytes) - 5] == 'A' ? 'B' : 'A';
    for (int round = 0; round < ROUNDS; round++) {
        if (round == 4)
            own = 0;
        accepted += verify(bytes) == JWKEEP_OK;
        accepted += verify(forged) == JWKEEP_OK;
        accepted += verify("a.b.c") == JWKEEP_OK;
    }
    size_t counted = own;
    free(bytes);
    free(forged);
    assert_int_equal(accepted, 0);
    assert_int_equal(counted, 0);
}

/* The count is real: a token object without memory must get some. */
static void counts_the_first_token(void **state) {
    (void)state;
    jwkeep_token *cold = NULL;
    char *bytes = token_of(local, "local", 1);
    own = 0;
    jwkeep_code code = jwkeep_token_new(&cold, NULL);
    if (code == JWKEEP_OK)
        code = jwkeep_verifier_verify(verifier, jwkeep_span_text(bytes), 0, cold, NULL, NULL);
    size_t counted = own;
    jwkeep_token_free(cold);
    free(bytes);
    assert_int_equal(code, JWKEEP_OK);
    assert_true(counted >= 3);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(allocates_nothing_with_local_keys),
        cmocka_unit_test(allocates_nothing_with_downloaded_keys),
        cmocka_unit_test(allocates_nothing_for_tokens_that_are_refused),
        cmocka_unit_test(counts_the_first_token),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
