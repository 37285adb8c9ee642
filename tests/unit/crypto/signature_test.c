/* SPDX-License-Identifier: Apache-2.0
 *
 * Every algorithm: what is signed verifies, what is changed does not. */
#include "crypto/algorithm.h"
#include "crypto/key.h"
#include <openssl/err.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define MESSAGE JWKEEP_SPAN("eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UifQ")

typedef struct signed_case {
    jwkeep_algorithm algorithm;
    jk_key *key;
    uint8_t signature[JK_SIGNATURE_MAX_BYTES];
    size_t size;
} signed_case;

/* One key for each, made once: RSA keys are slow to make. */
static jk_key *keys[JWKEEP_ALGORITHM_COUNT];
static jk_key *rsa_key;
static jk_key *ed448_key;

static int make_keys(void **state) {
    (void)state;
    if (jk_key_generate(JWKEEP_KTY_RSA, JWKEEP_CRV_ABSENT, 0, &rsa_key, NULL) ||
        jk_key_generate(JWKEEP_KTY_OKP, JWKEEP_CRV_ED448, 0, &ed448_key, NULL))
        return -1;
    for (int i = 1; i < JWKEEP_ALGORITHM_COUNT; i++) {
        const jk_algorithm_info *info = jk_algorithm_info_of((jwkeep_algorithm)i);
        jwkeep_crv crv = info->crv;
        if (info->algorithm == JWKEEP_ALGORITHM_EDDSA)
            crv = JWKEEP_CRV_ED25519;
        if (info->kty == JWKEEP_KTY_RSA)
            keys[i] = rsa_key;
        else if (jk_key_generate(info->kty, crv, info->kty == JWKEEP_KTY_OCT ? 512 : 0,
                                 &keys[i], NULL))
            return -1;
    }
    return 0;
}

static int free_keys(void **state) {
    (void)state;
    for (int i = 1; i < JWKEEP_ALGORITHM_COUNT; i++) {
        if (keys[i] != rsa_key)
            jk_key_free(keys[i]);
    }
    jk_key_free(rsa_key);
    jk_key_free(ed448_key);
    return 0;
}

static signed_case sign_message(jwkeep_algorithm algorithm, jk_key *key) {
    signed_case made = {.algorithm = algorithm, .key = key};
    assert_int_equal(jk_key_sign(key, algorithm, MESSAGE, made.signature, &made.size, NULL),
                     JWKEEP_OK);
    return made;
}

/* The signature stands alone on the heap, where reading past it is noticed. */
static jwkeep_code verify(const signed_case *made, jwkeep_span message) {
    jwkeep_error error;
    uint8_t *alone = malloc(made->size ? made->size : 1);
    assert_non_null(alone);
    memcpy(alone, made->signature, made->size);
    jwkeep_code code = jk_key_verify(made->key, made->algorithm, message,
                                     jwkeep_span_of(alone, made->size), &error);
    free(alone);
    assert_int_equal(ERR_peek_error(), 0);
    if (code)
        assert_int_equal(error.code, code);
    return code;
}

static void for_each_algorithm(void (*test)(signed_case *made)) {
    for (int i = 1; i < JWKEEP_ALGORITHM_COUNT; i++) {
        signed_case made = sign_message((jwkeep_algorithm)i, keys[i]);
        test(&made);
    }
    signed_case made = sign_message(JWKEEP_ALGORITHM_EDDSA, ed448_key);
    test(&made);
}

static void check_accepted(signed_case *made) {
    for (int i = 0; i < 3; i++)
        assert_int_equal(verify(made, MESSAGE), JWKEEP_OK);
}

static void accepts_what_it_signed(void **state) {
    (void)state;
    for_each_algorithm(check_accepted);
}

static void check_message_changes(signed_case *made) {
    assert_int_equal(verify(made, JWKEEP_SPAN("another")), JWKEEP_SIGNATURE_INVALID);
    assert_int_equal(verify(made, JWKEEP_SPAN("")), JWKEEP_SIGNATURE_INVALID);
    assert_int_equal(verify(made, JWKEEP_SPAN_NONE), JWKEEP_SIGNATURE_INVALID);
    assert_int_equal(verify(made, MESSAGE), JWKEEP_OK);
}

static void rejects_another_message(void **state) {
    (void)state;
    for_each_algorithm(check_message_changes);
}

static void check_every_byte(signed_case *made) {
    size_t step = made->size > 132 ? 7 : 1;
    for (size_t i = 0; i < made->size; i += step) {
        made->signature[i] ^= (uint8_t)(1u << i % 8);
        assert_int_equal(verify(made, MESSAGE), JWKEEP_SIGNATURE_INVALID);
        made->signature[i] ^= (uint8_t)(1u << i % 8);
    }
    assert_int_equal(verify(made, MESSAGE), JWKEEP_OK);
}

static void rejects_a_change_of_any_byte_of_the_signature(void **state) {
    (void)state;
    for_each_algorithm(check_every_byte);
}

static void check_sizes(signed_case *made) {
    const size_t size = made->size;
    const size_t wrong[] = {0, 1, size - 1, size + 1, size / 2, size - 2, size + 2};
    for (size_t i = 0; i < JK_COUNT_OF(wrong); i++) {
        if (wrong[i] > sizeof made->signature)
            continue;
        made->size = wrong[i];
        assert_int_equal(verify(made, MESSAGE), JWKEEP_SIGNATURE_INVALID);
    }
    made->size = size;
    assert_int_equal(verify(made, MESSAGE), JWKEEP_OK);
}

static void rejects_a_signature_of_another_size(void **state) {
    (void)state;
    for_each_algorithm(check_sizes);
}

static void signs_an_empty_message(void **state) {
    (void)state;
    for (int i = 1; i < JWKEEP_ALGORITHM_COUNT; i++) {
        signed_case made = {.algorithm = (jwkeep_algorithm)i, .key = keys[i]};
        assert_int_equal(jk_key_sign(made.key, made.algorithm, JWKEEP_SPAN_NONE, made.signature,
                                     &made.size, NULL),
                         JWKEEP_OK);
        assert_int_equal(verify(&made, JWKEEP_SPAN("")), JWKEEP_OK);
        assert_int_equal(verify(&made, MESSAGE), JWKEEP_SIGNATURE_INVALID);
    }
}

/* One key, its algorithms in turn: a context must not remember the wrong one. */
static void keeps_the_algorithms_of_one_key_apart(void **state) {
    (void)state;
    const jwkeep_algorithm first[] = {JWKEEP_ALGORITHM_RS256, JWKEEP_ALGORITHM_HS256};
    jk_key *const shared[] = {rsa_key, keys[JWKEEP_ALGORITHM_HS512]};
    const int count[] = {6, 3};
    for (size_t k = 0; k < JK_COUNT_OF(first); k++) {
        for (int i = 0; i < count[k]; i++) {
            signed_case made = sign_message((jwkeep_algorithm)((int)first[k] + i), shared[k]);
            for (int j = 0; j < count[k]; j++) {
                made.algorithm = (jwkeep_algorithm)((int)first[k] + j);
                assert_int_equal(verify(&made, MESSAGE),
                                 i == j ? JWKEEP_OK : JWKEEP_SIGNATURE_INVALID);
            }
        }
    }
}

static void rejects_an_algorithm_of_another_key(void **state) {
    (void)state;
    uint8_t signature[JK_SIGNATURE_MAX_BYTES] = {1};
    size_t size = 77;
    for (int k = 1; k < JWKEEP_ALGORITHM_COUNT; k++) {
        for (int a = 0; a <= JWKEEP_ALGORITHM_COUNT; a++) {
            jwkeep_algorithm algorithm = (jwkeep_algorithm)a;
            if (jwkeep_algorithm_fits(algorithm, jk_key_kty(keys[k]), jk_key_crv(keys[k])))
                continue;
            jwkeep_error error;
            assert_int_equal(jk_key_verify(keys[k], algorithm, MESSAGE,
                                           jwkeep_span_of(signature, 64), &error),
                             JWKEEP_KEY_ALG_MISMATCH);
            assert_int_equal(error.code, JWKEEP_KEY_ALG_MISMATCH);
            assert_int_equal(jk_key_sign(keys[k], algorithm, MESSAGE, signature, &size, &error),
                             JWKEEP_MISUSE_KEY_ALG);
            assert_int_equal(error.code, JWKEEP_MISUSE_KEY_ALG);
        }
    }
    assert_int_equal(size, 77);
    assert_int_equal(signature[0], 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(accepts_what_it_signed),
        cmocka_unit_test(rejects_another_message),
        cmocka_unit_test(rejects_a_change_of_any_byte_of_the_signature),
        cmocka_unit_test(rejects_a_signature_of_another_size),
        cmocka_unit_test(signs_an_empty_message),
        cmocka_unit_test(keeps_the_algorithms_of_one_key_apart),
        cmocka_unit_test(rejects_an_algorithm_of_another_key),
    };
    return cmocka_run_group_tests(tests, make_keys, free_keys);
}
