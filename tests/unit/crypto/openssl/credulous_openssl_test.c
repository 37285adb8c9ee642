/* SPDX-License-Identifier: Apache-2.0
 *
 * What stands when OpenSSL, or a provider in it, believes too much: every signature is good to
 * it here, and every point of a curve passes when a key is made. This file's functions stand
 * before OpenSSL's. */
#include "base/attributes.h"
#include "crypto/algorithm.h"
#include "crypto/engine.h"
#include "crypto/key.h"
#include "crypto/stream.h"
#include <openssl/evp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define MESSAGE JWKEEP_SPAN("message")
#define DIGEST JWKEEP_SPAN("0123456789abcdef0123456789abcdef")

static bool is_point_refused;

int EVP_PKEY_verify(EVP_PKEY_CTX *context, const unsigned char *signature,
                    size_t signature_bytes, const unsigned char *digest, size_t digest_bytes) {
    (void)context, (void)signature, (void)signature_bytes, (void)digest, (void)digest_bytes;
    return 1;
}

int EVP_PKEY_public_check_quick(EVP_PKEY_CTX *context) {
    (void)context;
    return !is_point_refused;
}

static jk_key *new_key(void) {
    jk_key *key = NULL;
    assert_int_equal(jk_key_generate(JWKEEP_KTY_EC, JWKEEP_CRV_P256, 0, &key, NULL), JWKEEP_OK);
    return key;
}

static void assert_verdict(const jk_key *key, jwkeep_span signature, jwkeep_code expected) {
    assert_int_equal(jk_key_verify(key, JWKEEP_ALGORITHM_ES256, MESSAGE, signature, NULL),
                     expected);
    assert_int_equal(jk_key_verify_digest(key, JWKEEP_ALGORITHM_ES256, DIGEST, signature, NULL),
                     expected);
}

/* CVE-2022-21449, RFC 7518 §3.4 */
static void rejects_ecdsa_numbers_out_of_range(void **state) {
    (void)state;
    enum { WIDTH = 32 };
    jk_key *key = new_key();
    uint8_t good[2 * WIDTH];
    uint8_t bad[2 * WIDTH];
    memset(good, 1, sizeof good);
    assert_verdict(key, jwkeep_span_of(good, sizeof good), JWKEEP_OK);
    for (size_t at = 0; at < sizeof bad; at += WIDTH) {
        memcpy(bad, good, sizeof bad);
        memset(bad + at, 0, WIDTH);
        assert_verdict(key, jwkeep_span_of(bad, sizeof bad), JWKEEP_SIGNATURE_INVALID);
        memcpy(bad + at, jk_crv_order(JWKEEP_CRV_P256), WIDTH);
        assert_verdict(key, jwkeep_span_of(bad, sizeof bad), JWKEEP_SIGNATURE_INVALID);
    }
    jk_key_free(key);
}

/* RFC 7518 §6.2.1: making a key may check its point, this check does. */
static void takes_no_point_that_the_check_refuses(void **state) {
    (void)state;
    jk_arena arena;
    jk_key_material numbers;
    jwkeep_error error = {0};
    jk_key *key = new_key();
    jk_key *made = NULL;
    jk_arena_init(&arena, 65536);
    assert_int_equal(jk_key_export(key, &arena, &numbers, NULL), JWKEEP_OK);
    numbers.d = JWKEEP_SPAN_NONE;
    is_point_refused = true;
    assert_int_equal(jk_key_import(&numbers, &made, &error), JWKEEP_JWK_NOT_ON_CURVE);
    assert_null(made);
    assert_string_equal(error.where, "x");
    is_point_refused = false;
    assert_int_equal(jk_key_import(&numbers, &made, NULL), JWKEEP_OK);
    jk_key_free(made);
    jk_key_free(key);
    jk_arena_done(&arena);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rejects_ecdsa_numbers_out_of_range),
        cmocka_unit_test(takes_no_point_that_the_check_refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
