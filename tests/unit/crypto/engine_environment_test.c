/* SPDX-License-Identifier: Apache-2.0
 *
 * A process whose JWKEEP_ENGINE names no engine: nothing is done with another one instead. */
#include "crypto/engine.h"
#include "support/jose.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define OCT_KEY "{\"kty\":\"oct\",\"k\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}"
#define OCT_SET "{\"keys\":[" OCT_KEY "]}"

static void assert_misuse(jwkeep_code code, const jwkeep_error *error) {
    assert_int_equal(code, JWKEEP_MISUSE_ARGUMENT);
    assert_string_equal(error->where, "JWKEEP_ENGINE");
}

static void no_key_is_made(void **state) {
    (void)state;
    jwkeep_error error;
    assert_misuse(refusal_of(OCT_KEY, &error), &error);
    jwkeep_jwk *key = NULL;
    const jwkeep_jwk_spec spec = {.algorithm = JWKEEP_ALGORITHM_ES256};
    assert_misuse(jwkeep_jwk_generate(&spec, &key, &error), &error);
    assert_null(key);
}

/* It says nothing about the key, which is therefore not skipped. */
static void no_set_is_read(void **state) {
    (void)state;
    jwkeep_error error;
    jwkeep_keyset *set = NULL;
    assert_misuse(jwkeep_keyset_parse(JWKEEP_SPAN(OCT_SET), NULL, &set, NULL, &error), &error);
    assert_null(set);
}

static void no_verifier_is_made(void **state) {
    (void)state;
    jwkeep_error error;
    const jwkeep_issuer issuer = {.jwks_url = "https://issuer.test/jwks"};
    jwkeep_verifier_options options;
    jwkeep_verifier_options_init(&options);
    options.issuers = &issuer;
    options.issuer_count = 1;
    jwkeep_verifier *verifier = NULL;
    assert_misuse(jwkeep_verifier_new(&options, &verifier, &error), &error);
    assert_null(verifier);
}

int main(void) {
    if (setenv("JWKEEP_ENGINE", "no-such", 1) != 0)
        return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_key_is_made),
        cmocka_unit_test(no_set_is_read),
        cmocka_unit_test(no_verifier_is_made),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
