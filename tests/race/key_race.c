/* SPDX-License-Identifier: Apache-2.0
 *
 * One key, many threads that verify and sign with it at once, more of them than it keeps
 * contexts: every answer is right. */
#include "crypto/algorithm.h"
#include "crypto/key.h"
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>

#include <cmocka.h>

#define THREADS 24
#define ROUNDS 12

typedef struct work {
    const jk_key *key;
    const jwkeep_algorithm *algorithms;
    size_t count;
    atomic_uint wrong;
} work;

static bool is_right(const work *shared, jwkeep_algorithm algorithm, uint8_t number) {
    uint8_t signature[JK_SIGNATURE_MAX_BYTES];
    size_t size = 0;
    const uint8_t message[] = {number, 1, 2};
    const uint8_t other[] = {number, 1, 3};
    if (jk_key_sign(shared->key, algorithm, jwkeep_span_of(message, 3), signature, &size, NULL))
        return false;
    jwkeep_span signed_by = jwkeep_span_of(signature, size);
    jwkeep_code good =
        jk_key_verify(shared->key, algorithm, jwkeep_span_of(message, 3), signed_by, NULL);
    jwkeep_code bad =
        jk_key_verify(shared->key, algorithm, jwkeep_span_of(other, 3), signed_by, NULL);
    return good == JWKEEP_OK && bad == JWKEEP_SIGNATURE_INVALID;
}

static void *use_key(void *argument) {
    work *shared = argument;
    for (unsigned i = 0; i < ROUNDS; i++) {
        jwkeep_algorithm algorithm = shared->algorithms[i % shared->count];
        if (!is_right(shared, algorithm, (uint8_t)i))
            atomic_fetch_add(&shared->wrong, 1);
    }
    return NULL;
}

static unsigned count_wrong(const jk_key *key, const jwkeep_algorithm *algorithms,
                            size_t count) {
    work shared = {.key = key, .algorithms = algorithms, .count = count};
    pthread_t threads[THREADS];
    size_t started = 0;
    while (started < THREADS && pthread_create(&threads[started], NULL, use_key, &shared) == 0)
        started++;
    for (size_t i = 0; i < started; i++)
        (void)pthread_join(threads[i], NULL);
    return atomic_load(&shared.wrong) + (unsigned)(THREADS - started);
}

static void check(jwkeep_kty kty, jwkeep_crv crv, size_t bits,
                  const jwkeep_algorithm *algorithms, size_t count) {
    jk_key *key = NULL;
    assert_int_equal(jk_key_generate(kty, crv, bits, &key, NULL), JWKEEP_OK);
    unsigned wrong = count_wrong(key, algorithms, count);
    jk_key_free(key);
    assert_int_equal(wrong, 0);
}

static void rsa_keys_serve_many_threads(void **state) {
    (void)state;
    const jwkeep_algorithm algorithms[] = {JWKEEP_ALGORITHM_RS256, JWKEEP_ALGORITHM_PS384,
                                           JWKEEP_ALGORITHM_RS512};
    check(JWKEEP_KTY_RSA, JWKEEP_CRV_ABSENT, 0, algorithms, 3);
}

static void ec_keys_serve_many_threads(void **state) {
    (void)state;
    const jwkeep_algorithm algorithms[] = {JWKEEP_ALGORITHM_ES256};
    check(JWKEEP_KTY_EC, JWKEEP_CRV_P256, 0, algorithms, 1);
}

static void okp_keys_serve_many_threads(void **state) {
    (void)state;
    const jwkeep_algorithm algorithms[] = {JWKEEP_ALGORITHM_EDDSA, JWKEEP_ALGORITHM_ED25519};
    check(JWKEEP_KTY_OKP, JWKEEP_CRV_ED25519, 0, algorithms, 2);
}

static void oct_keys_serve_many_threads(void **state) {
    (void)state;
    const jwkeep_algorithm algorithms[] = {JWKEEP_ALGORITHM_HS256, JWKEEP_ALGORITHM_HS512};
    check(JWKEEP_KTY_OCT, JWKEEP_CRV_ABSENT, 512, algorithms, 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rsa_keys_serve_many_threads),
        cmocka_unit_test(ec_keys_serve_many_threads),
        cmocka_unit_test(okp_keys_serve_many_threads),
        cmocka_unit_test(oct_keys_serve_many_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
