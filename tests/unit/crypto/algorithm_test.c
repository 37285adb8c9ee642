/* SPDX-License-Identifier: Apache-2.0
 *
 * Names are exact; each algorithm takes the keys of its RFC and no others. */
#include "crypto/algorithm.h"
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void finds_every_name_it_gives(void **state) {
    (void)state;
    for (int i = 1; i < JWKEEP_ALGORITHM_COUNT; i++) {
        jwkeep_algorithm algorithm = (jwkeep_algorithm)i;
        const char *name = jwkeep_algorithm_name(algorithm);
        assert_non_null(name);
        assert_int_equal(jwkeep_algorithm_from_name(jwkeep_span_text(name)), algorithm);
        assert_int_equal(jk_algorithm_info_of(algorithm)->algorithm, algorithm);
    }
    for (int i = 1; i <= JWKEEP_KTY_OKP; i++) {
        const char *name = jwkeep_kty_name((jwkeep_kty)i);
        assert_int_equal(jwkeep_kty_from_name(jwkeep_span_text(name)), i);
    }
    for (int i = 1; i <= JWKEEP_CRV_ED448; i++) {
        const char *name = jwkeep_crv_name((jwkeep_crv)i);
        assert_int_equal(jwkeep_crv_from_name(jwkeep_span_text(name)), i);
    }
}

static void knows_no_other_spelling(void **state) {
    (void)state;
    const jwkeep_span refused[] = {
        JWKEEP_SPAN("none"),   JWKEEP_SPAN("NONE"),    JWKEEP_SPAN("rs256"),
        JWKEEP_SPAN("RS256 "), JWKEEP_SPAN("RS256\0"), JWKEEP_SPAN("RS25"),
        JWKEEP_SPAN("RS2567"), JWKEEP_SPAN("EDDSA"),   JWKEEP_SPAN("ed25519"),
        JWKEEP_SPAN(""),       JWKEEP_SPAN_NONE,       JWKEEP_SPAN("RS1"),
    };
    for (size_t i = 0; i < JK_COUNT_OF(refused); i++) {
        assert_int_equal(jwkeep_algorithm_from_name(refused[i]), JWKEEP_ALGORITHM_ABSENT);
        assert_int_equal(jwkeep_kty_from_name(refused[i]), JWKEEP_KTY_ABSENT);
        assert_int_equal(jwkeep_crv_from_name(refused[i]), JWKEEP_CRV_ABSENT);
    }
    assert_int_equal(jwkeep_kty_from_name(JWKEEP_SPAN("rsa")), JWKEEP_KTY_ABSENT);
    assert_int_equal(jwkeep_kty_from_name(JWKEEP_SPAN("OCT")), JWKEEP_KTY_ABSENT);
    assert_int_equal(jwkeep_crv_from_name(JWKEEP_SPAN("P256")), JWKEEP_CRV_ABSENT);
}

static void has_no_names_outside_the_tables(void **state) {
    (void)state;
    assert_null(jwkeep_algorithm_name(JWKEEP_ALGORITHM_ABSENT));
    assert_null(jwkeep_algorithm_name((jwkeep_algorithm)JWKEEP_ALGORITHM_COUNT));
    assert_null(jwkeep_kty_name(JWKEEP_KTY_ABSENT));
    assert_null(jwkeep_kty_name((jwkeep_kty)5));
    assert_null(jwkeep_crv_name(JWKEEP_CRV_ABSENT));
    assert_null(jwkeep_crv_name((jwkeep_crv)7));
    assert_int_equal(jk_crv_bytes(JWKEEP_CRV_ABSENT), 0);
    assert_int_equal(jk_crv_bytes((jwkeep_crv)7), 0);
}

/* How many of all combinations of type and curve an algorithm takes. */
static int count_fits(jwkeep_algorithm algorithm) {
    int count = 0;
    for (int kty = 0; kty <= JWKEEP_KTY_OKP + 1; kty++) {
        for (int crv = 1; crv <= JWKEEP_CRV_ED448; crv++)
            count += jwkeep_algorithm_fits(algorithm, (jwkeep_kty)kty, (jwkeep_crv)crv);
    }
    return count;
}

static void fits_the_keys_of_its_rfc_alone(void **state) {
    (void)state;
    const jwkeep_crv absent = JWKEEP_CRV_ABSENT;
    assert_true(jwkeep_algorithm_fits(JWKEEP_ALGORITHM_HS256, JWKEEP_KTY_OCT, absent));
    assert_false(jwkeep_algorithm_fits(JWKEEP_ALGORITHM_HS256, JWKEEP_KTY_RSA, absent));
    assert_true(jwkeep_algorithm_fits(JWKEEP_ALGORITHM_PS512, JWKEEP_KTY_RSA, absent));
    assert_false(jwkeep_algorithm_fits(JWKEEP_ALGORITHM_RS256, JWKEEP_KTY_OCT, absent));
    const struct {
        jwkeep_algorithm algorithm;
        jwkeep_kty kty;
        jwkeep_crv crv;
        int count;
    } curves[] = {
        {JWKEEP_ALGORITHM_ES256, JWKEEP_KTY_EC, JWKEEP_CRV_P256, 1},
        {JWKEEP_ALGORITHM_ES384, JWKEEP_KTY_EC, JWKEEP_CRV_P384, 1},
        {JWKEEP_ALGORITHM_ES512, JWKEEP_KTY_EC, JWKEEP_CRV_P521, 1},
        {JWKEEP_ALGORITHM_ES256K, JWKEEP_KTY_EC, JWKEEP_CRV_SECP256K1, 1},
        {JWKEEP_ALGORITHM_ED25519, JWKEEP_KTY_OKP, JWKEEP_CRV_ED25519, 1},
        {JWKEEP_ALGORITHM_ED448, JWKEEP_KTY_OKP, JWKEEP_CRV_ED448, 1},
        {JWKEEP_ALGORITHM_EDDSA, JWKEEP_KTY_OKP, JWKEEP_CRV_ED25519, 2},
        {JWKEEP_ALGORITHM_EDDSA, JWKEEP_KTY_OKP, JWKEEP_CRV_ED448, 2},
    };
    for (size_t i = 0; i < JK_COUNT_OF(curves); i++) {
        assert_true(jwkeep_algorithm_fits(curves[i].algorithm, curves[i].kty, curves[i].crv));
        assert_int_equal(count_fits(curves[i].algorithm), curves[i].count);
        assert_false(
            jwkeep_algorithm_fits(curves[i].algorithm, curves[i].kty, JWKEEP_CRV_ABSENT));
    }
    assert_int_equal(count_fits(JWKEEP_ALGORITHM_ABSENT), 0);
}

static void sets_hold_what_their_names_say(void **state) {
    (void)state;
    jwkeep_algorithm_set all = jwkeep_algorithm_all();
    jwkeep_algorithm_set asymmetric = jwkeep_algorithm_asymmetric();
    assert_int_equal(all & 1u, 0);
    for (int i = 1; i < JWKEEP_ALGORITHM_COUNT; i++) {
        bool is_mac = i <= JWKEEP_ALGORITHM_HS512;
        assert_true(all & JWKEEP_ALGORITHM_BIT(i));
        assert_int_equal((asymmetric & JWKEEP_ALGORITHM_BIT(i)) == 0, is_mac);
    }
    assert_int_equal(all >> JWKEEP_ALGORITHM_COUNT, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_every_name_it_gives),
        cmocka_unit_test(knows_no_other_spelling),
        cmocka_unit_test(has_no_names_outside_the_tables),
        cmocka_unit_test(fits_the_keys_of_its_rfc_alone),
        cmocka_unit_test(sets_hold_what_their_names_say),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
