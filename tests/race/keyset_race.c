/* SPDX-License-Identifier: Apache-2.0
 *
 * Threads that hold, read, verify with and let go of one set, while another carries its keys
 * over to a new one and lets go first: the last holder frees, nobody before. */
#include "jose/keyset.h"
#include "support/jose.h"
#include "unit/jose/vectors.h"
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define THREADS 4
#define ROUNDS 300

static const char set_json[] = "{\"keys\":[" RFC8037_A2 "," RFC7515_A3_KEY "," RFC7517_A3_HMAC
                               ",{" RFC7520_EC_PUBLIC "}]}";

/* Lets go of `argument`; gives back how often something did not hold. */
static void *use_set(void *argument) {
    jwkeep_keyset *set = argument;
    size_t failures = 0;
    for (int i = 0; i < ROUNDS; i++) {
        jwkeep_keyset *held = jwkeep_keyset_ref(set);
        jwkeep_jws_options options = {.keys = held};
        if (jwkeep_jws_verify(jwkeep_span_text(RFC7515_A3), &options, NULL, NULL, NULL, NULL))
            failures++;
        jwkeep_jwk *key =
            jwkeep_keyset_find(held, JWKEEP_SPAN("bilbo.baggins@hobbiton.example"));
        if (!key || !jwkeep_keyset_has(held, key))
            failures++;
        jwkeep_jwk_unref(key ? jwkeep_jwk_ref(key) : NULL);
        jwkeep_keyset_unref(held);
    }
    jwkeep_keyset_unref(set);
    return (void *)failures;
}

static void the_last_holder_frees_a_set_that_is_in_use(void **state) {
    (void)state;
    jwkeep_keyset *set = keyset_of(set_json);
    jwkeep_keyset *next = keyset_of(set_json);
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, use_set, jwkeep_keyset_ref(set)), 0);
    assert_int_equal(jk_keyset_adopt(next, set), 4);
    jwkeep_keyset_unref(set);
    size_t failures = 0;
    for (int i = 0; i < THREADS; i++) {
        void *failed;
        pthread_join(threads[i], &failed);
        failures += (size_t)failed;
    }
    assert_int_equal(failures, 0);
    assert_int_equal((size_t)use_set(next), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_last_holder_frees_a_set_that_is_in_use),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
