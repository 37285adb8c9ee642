/* SPDX-License-Identifier: Apache-2.0
 *
 * Signing through a device: what it is given, what is taken from it, and what is refused. */
#include "base/attributes.h"
#include "crypto/digest.h"
#include "crypto/ecdsa_signature.h"
#include "jose/jwk.h"
#include "support/forge.h"
#include "support/jose.h"
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define TOKEN_MAX 4096

/* A device that holds a key of the library's, and what it does wrong. */
typedef struct fake {
    const jwkeep_jwk *key;
    bool gives_der;
    size_t cut;           /* bytes left out at the end */
    size_t claimed;       /* the size it claims instead, if not 0 */
    jwkeep_code failure;  /* what it returns */
    size_t input_bytes;   /* what it was given last */
    jwkeep_span digested; /* the message, where the input is its digest */
} fake;

static jwkeep_code fake_sign(void *user, jwkeep_algorithm algorithm, jwkeep_span input,
                             uint8_t *ret_signature, size_t *ret_size) {
    fake *device = user;
    size_t size = 0;
    uint8_t signature[JK_SIGNATURE_MAX_BYTES];
    device->input_bytes = input.size;
    jwkeep_span message = device->digested.data ? device->digested : input;
    assert_int_equal(
        jk_key_sign(jk_jwk_prepared(device->key), algorithm, message, signature, &size, NULL),
        JWKEEP_OK);
    if (device->gives_der)
        size = jk_ecdsa_to_der(jwkeep_span_of(signature, size), ret_signature);
    else
        memcpy(ret_signature, signature, size);
    *ret_size = device->claimed ? device->claimed : size - device->cut;
    return device->failure;
}

static jwkeep_code sign(const jwkeep_signing_device *device, const jwkeep_jwk *key,
                        jwkeep_algorithm algorithm, jwkeep_buffer *token) {
    jwkeep_jws_signer signer = {.key = key, .algorithm = algorithm, .device = device};
    jwkeep_error error = {.code = JWKEEP_OK};
    jwkeep_code code = jwkeep_jws_sign(JWKEEP_SPAN("payload"), &signer, token, &error);
    assert_int_equal(error.code, code);
    return code;
}

/* The code of signing; what was signed holds under `key`. */
static jwkeep_code sign_and_verify(const jwkeep_signing_device *device,
                                   const jwkeep_jwk *public_key, jwkeep_algorithm algorithm,
                                   const jwkeep_jwk *key) {
    jwkeep_buffer token;
    jwkeep_buffer_init(&token, TOKEN_MAX);
    jwkeep_code code = sign(device, public_key, algorithm, &token);
    jwkeep_jws_options options = {.key = key};
    if (code)
        assert_int_equal(token.size, 0);
    else
        assert_int_equal(
            jwkeep_jws_verify(jwkeep_buffer_span(&token), &options, NULL, NULL, NULL, NULL),
            JWKEEP_OK);
    jwkeep_buffer_done(&token);
    return code;
}

static jwkeep_jwk *public_of(jwkeep_jwk *key) {
    jwkeep_jwk *half = NULL;
    assert_int_equal(jwkeep_jwk_public(key, &half, NULL), JWKEEP_OK);
    return half;
}

static void signs_with_every_algorithm(void **state) {
    (void)state;
    for (int value = 1; value < JWKEEP_ALGORITHM_COUNT; value++) {
        jwkeep_algorithm algorithm = (jwkeep_algorithm)value;
        jwkeep_jwk *key = forge_key(algorithm, "k");
        fake held = {.key = key};
        jwkeep_signing_device device = {.sign = fake_sign, .user = &held};
        assert_int_equal(sign_and_verify(&device, NULL, algorithm, key), JWKEEP_OK);
        if (jwkeep_jwk_kty(key) != JWKEEP_KTY_OCT) {
            jwkeep_jwk *half = public_of(key);
            assert_int_equal(sign_and_verify(&device, half, JWKEEP_ALGORITHM_ABSENT, key),
                             JWKEEP_OK);
            jwkeep_jwk_unref(half);
        }
        jwkeep_jwk_unref(key);
    }
}

static void takes_der_where_it_is_told_so(void **state) {
    (void)state;
    static const jwkeep_algorithm algorithms[] = {JWKEEP_ALGORITHM_ES256,
                                                  JWKEEP_ALGORITHM_ES512};
    for (size_t i = 0; i < JK_COUNT_OF(algorithms); i++) {
        jwkeep_jwk *key = forge_key(algorithms[i], NULL);
        jwkeep_jwk *half = public_of(key);
        fake held = {.key = key, .gives_der = true};
        jwkeep_signing_device device = {.sign = fake_sign, .user = &held};
        assert_int_equal(sign_and_verify(&device, half, algorithms[i], key),
                         JWKEEP_SIGNER_FAILED);
        device.is_der = true;
        assert_int_equal(sign_and_verify(&device, half, algorithms[i], key), JWKEEP_OK);
        held.gives_der = false;
        assert_int_equal(sign_and_verify(&device, half, algorithms[i], key),
                         JWKEEP_SIGNER_FAILED);
        jwkeep_jwk_unref(half);
        jwkeep_jwk_unref(key);
    }
}

static void gives_the_digest_where_it_is_wanted(void **state) {
    (void)state;
    jwkeep_jwk *key = forge_key(JWKEEP_ALGORITHM_ES384, NULL);
    fake held = {.key = key, .digested = JWKEEP_SPAN("eyJhbGciOiJFUzM4NCJ9.cGF5bG9hZA")};
    jwkeep_signing_device device = {.sign = fake_sign, .user = &held, .takes_digest = true};
    assert_int_equal(sign_and_verify(&device, key, JWKEEP_ALGORITHM_ES384, key), JWKEEP_OK);
    assert_int_equal(held.input_bytes, 48);
    jwkeep_jwk_unref(key);
}

static void refuses_what_the_public_key_does_not_verify(void **state) {
    (void)state;
    jwkeep_jwk *key = forge_key(JWKEEP_ALGORITHM_ES256, NULL);
    jwkeep_jwk *other = forge_key(JWKEEP_ALGORITHM_ES256, NULL);
    jwkeep_jwk *half = public_of(other);
    fake held = {.key = key};
    jwkeep_signing_device device = {.sign = fake_sign, .user = &held};
    assert_int_equal(sign_and_verify(&device, half, JWKEEP_ALGORITHM_ES256, key),
                     JWKEEP_SIGNER_FAILED);
    device.is_unchecked = true;
    assert_int_equal(sign_and_verify(&device, half, JWKEEP_ALGORITHM_ES256, key), JWKEEP_OK);
    jwkeep_jwk_unref(half);
    jwkeep_jwk_unref(other);
    jwkeep_jwk_unref(key);
}

static void refuses_signatures_of_a_wrong_size(void **state) {
    (void)state;
    static const jwkeep_algorithm algorithms[] = {
        JWKEEP_ALGORITHM_HS256, JWKEEP_ALGORITHM_RS256, JWKEEP_ALGORITHM_ES256,
        JWKEEP_ALGORITHM_EDDSA, JWKEEP_ALGORITHM_ED448};
    for (size_t i = 0; i < JK_COUNT_OF(algorithms); i++) {
        jwkeep_jwk *key = forge_key(algorithms[i], NULL);
        fake held = {.key = key, .cut = 1};
        jwkeep_signing_device device = {.sign = fake_sign, .user = &held, .is_unchecked = true};
        assert_int_equal(sign_and_verify(&device, NULL, algorithms[i], key),
                         JWKEEP_SIGNER_FAILED);
        held.cut = 0;
        held.claimed = JWKEEP_SIGNATURE_MAX_BYTES + 1;
        assert_int_equal(sign_and_verify(&device, NULL, algorithms[i], key),
                         JWKEEP_SIGNER_FAILED);
        jwkeep_jwk_unref(key);
    }
}

static void hands_on_what_the_device_says(void **state) {
    (void)state;
    jwkeep_jwk *key = forge_key(JWKEEP_ALGORITHM_ES256, NULL);
    fake held = {.key = key, .failure = JWKEEP_KEYS_TIMEOUT};
    jwkeep_signing_device device = {.sign = fake_sign, .user = &held};
    assert_int_equal(sign_and_verify(&device, key, JWKEEP_ALGORITHM_ES256, key),
                     JWKEEP_KEYS_TIMEOUT);
    jwkeep_jwk_unref(key);
}

static void refuses_misuse(void **state) {
    (void)state;
    jwkeep_jwk *key = forge_key(JWKEEP_ALGORITHM_HS256, NULL);
    fake held = {.key = key};
    jwkeep_signing_device device = {.user = &held};
    assert_int_equal(sign_and_verify(&device, key, JWKEEP_ALGORITHM_HS256, key),
                     JWKEEP_MISUSE_ARGUMENT);
    device.sign = fake_sign;
    assert_int_equal(sign_and_verify(&device, NULL, JWKEEP_ALGORITHM_ABSENT, key),
                     JWKEEP_MISUSE_ARGUMENT);
    assert_int_equal(sign_and_verify(&device, key, JWKEEP_ALGORITHM_ES256, key),
                     JWKEEP_MISUSE_KEY_ALG);
    device.takes_digest = true;
    assert_int_equal(sign_and_verify(&device, NULL, JWKEEP_ALGORITHM_HS256, key),
                     JWKEEP_MISUSE_ARGUMENT);
    assert_int_equal(sign_and_verify(&device, NULL, JWKEEP_ALGORITHM_EDDSA, key),
                     JWKEEP_MISUSE_ARGUMENT);
    jwkeep_jwk_unref(key);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signs_with_every_algorithm),
        cmocka_unit_test(takes_der_where_it_is_told_so),
        cmocka_unit_test(gives_the_digest_where_it_is_wanted),
        cmocka_unit_test(refuses_what_the_public_key_does_not_verify),
        cmocka_unit_test(refuses_signatures_of_a_wrong_size),
        cmocka_unit_test(hands_on_what_the_device_says),
        cmocka_unit_test(refuses_misuse),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
