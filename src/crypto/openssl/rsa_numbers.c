/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the factoring of a modulus whose private exponent is known (NIST SP 800-56B appendix
 * C.1) and the congruences between the numbers of a key. */
#include "crypto/openssl/rsa_numbers.h"
#include "base/error.h"
#include "crypto/openssl/failure.h"
#include "crypto/openssl/numbers.h"

/* Each base finds the factors of a true key with a chance of one half at the least. */
#define FACTOR_MAX_BASES 64

typedef enum outcome { OUTCOME_FAILED, OUTCOME_NO, OUTCOME_YES } outcome;

static outcome yes_if(bool is_so) {
    return is_so ? OUTCOME_YES : OUTCOME_NO;
}

static jwkeep_code tell(outcome what, jwkeep_error *error) {
    if (what == OUTCOME_YES)
        return JWKEEP_OK;
    if (what == OUTCOME_FAILED)
        return jk_openssl_fail(error);
    return jk_openssl_refuse(error, JWKEEP_JWK_KEY_MISMATCH, "d", "RFC 8017 §3.2");
}

static bool load(BIGNUM **ret_number, jwkeep_span number) {
    if (!jwkeep_span_is_present(number))
        return true;
    *ret_number = jk_openssl_secret_number(number);
    return *ret_number != NULL;
}

jwkeep_code jk_rsa_numbers_init(jk_rsa_numbers *numbers, const jk_key_material *material,
                                jwkeep_error *error) {
    jk_rsa_numbers loaded = {0};
    if (load(&loaded.n, material->n) && load(&loaded.e, material->e) &&
        load(&loaded.d, material->d) && load(&loaded.p, material->p) &&
        load(&loaded.q, material->q) && load(&loaded.dp, material->dp) &&
        load(&loaded.dq, material->dq) && load(&loaded.qi, material->qi)) {
        *numbers = loaded;
        return JWKEEP_OK;
    }
    jk_rsa_numbers_done(&loaded);
    return jk_openssl_fail(error);
}

void jk_rsa_numbers_done(jk_rsa_numbers *numbers) {
    BN_clear_free(numbers->n);
    BN_clear_free(numbers->e);
    BN_clear_free(numbers->d);
    BN_clear_free(numbers->p);
    BN_clear_free(numbers->q);
    BN_clear_free(numbers->dp);
    BN_clear_free(numbers->dq);
    BN_clear_free(numbers->qi);
    *numbers = (jk_rsa_numbers){0};
}

/* For one factor: e · d is 1 and d is `reduced` modulo factor - 1. */
static outcome check_factor(const jk_rsa_numbers *numbers, const BIGNUM *factor,
                            const BIGNUM *reduced, BN_CTX *scratch) {
    BIGNUM *order = BN_CTX_get(scratch);
    BIGNUM *result = BN_CTX_get(scratch);
    if (!result || !BN_copy(order, factor) || !BN_sub_word(order, 1))
        return OUTCOME_FAILED;
    if (BN_is_zero(order))
        return OUTCOME_NO;
    BN_set_flags(order, BN_FLG_CONSTTIME);
    if (!BN_mod_mul(result, numbers->e, numbers->d, order, scratch))
        return OUTCOME_FAILED;
    if (!BN_is_one(result))
        return OUTCOME_NO;
    if (!BN_mod(result, numbers->d, order, scratch))
        return OUTCOME_FAILED;
    return yes_if(BN_cmp(result, reduced) == 0);
}

static outcome check_products(const jk_rsa_numbers *numbers, BN_CTX *scratch) {
    BIGNUM *result = BN_CTX_get(scratch);
    if (!result || !BN_mul(result, numbers->p, numbers->q, scratch))
        return OUTCOME_FAILED;
    if (BN_cmp(result, numbers->n) != 0 || BN_cmp(numbers->d, numbers->n) >= 0 ||
        BN_cmp(numbers->qi, numbers->p) >= 0)
        return OUTCOME_NO;
    if (!BN_mod_mul(result, numbers->qi, numbers->q, numbers->p, scratch))
        return OUTCOME_FAILED;
    return yes_if(BN_is_one(result));
}

static outcome check_all(const jk_rsa_numbers *numbers, BN_CTX *scratch) {
    outcome what = check_products(numbers, scratch);
    if (what == OUTCOME_YES)
        what = check_factor(numbers, numbers->p, numbers->dp, scratch);
    if (what == OUTCOME_YES)
        what = check_factor(numbers, numbers->q, numbers->dq, scratch);
    return what;
}

jwkeep_code jk_rsa_numbers_check(const jk_rsa_numbers *numbers, jwkeep_error *error) {
    BN_CTX *scratch = BN_CTX_secure_new();
    if (!scratch)
        return jk_openssl_fail(error);
    BN_CTX_start(scratch);
    outcome what = check_all(numbers, scratch);
    BN_CTX_end(scratch);
    BN_CTX_free(scratch);
    return tell(what, error);
}

/* What the search for a square root of 1 other than ±1 works with. */
typedef struct search {
    BIGNUM *odd; /* e · d - 1 without its factors of 2 */
    int twos;    /* so many of them */
    BIGNUM *minus_one;
    BIGNUM *root;
    BIGNUM *square;
} search;

static outcome start_search(search *found, const jk_rsa_numbers *numbers, BN_CTX *scratch) {
    found->odd = BN_CTX_get(scratch);
    found->minus_one = BN_CTX_get(scratch);
    found->root = BN_CTX_get(scratch);
    found->square = BN_CTX_get(scratch);
    if (!found->square || !BN_mul(found->odd, numbers->e, numbers->d, scratch) ||
        !BN_sub_word(found->odd, 1) || !BN_copy(found->minus_one, numbers->n) ||
        !BN_sub_word(found->minus_one, 1))
        return OUTCOME_FAILED;
    if (BN_is_zero(found->odd) || BN_is_odd(found->odd))
        return OUTCOME_NO;
    for (found->twos = 0; !BN_is_bit_set(found->odd, found->twos);)
        found->twos++;
    if (!BN_rshift(found->odd, found->odd, found->twos))
        return OUTCOME_FAILED;
    BN_set_flags(found->odd, BN_FLG_CONSTTIME);
    return OUTCOME_YES;
}

/* Squares `root` until it is a root of 1; `ret_is_useful` if it is not ±1. NO if it never
 * becomes one: d does not invert e. */
static outcome climb(search *found, const jk_rsa_numbers *numbers, BN_CTX *scratch,
                     bool *ret_is_useful) {
    if (BN_is_one(found->root))
        return OUTCOME_YES;
    for (int i = 0; i < found->twos; i++) {
        if (BN_cmp(found->root, found->minus_one) == 0)
            return OUTCOME_YES;
        if (!BN_mod_sqr(found->square, found->root, numbers->n, scratch))
            return OUTCOME_FAILED;
        if (BN_is_one(found->square)) {
            *ret_is_useful = true;
            return OUTCOME_YES;
        }
        BN_swap(found->root, found->square);
    }
    return OUTCOME_NO;
}

static outcome find_root(search *found, const jk_rsa_numbers *numbers, BN_CTX *scratch) {
    BIGNUM *base = BN_CTX_get(scratch);
    if (!base)
        return OUTCOME_FAILED;
    for (int i = 0; i < FACTOR_MAX_BASES; i++) {
        bool is_useful = false;
        if (!BN_priv_rand_range(base, found->minus_one) || !BN_add_word(base, 1) ||
            !BN_mod_exp(found->root, base, found->odd, numbers->n, scratch))
            return OUTCOME_FAILED;
        outcome what = climb(found, numbers, scratch, &is_useful);
        if (what != OUTCOME_YES || is_useful)
            return what;
    }
    return OUTCOME_NO;
}

static bool reduce(BIGNUM *ret_reduced, const BIGNUM *d, const BIGNUM *factor,
                   BN_CTX *scratch) {
    BIGNUM *order = BN_CTX_get(scratch);
    if (!order || !BN_copy(order, factor) || !BN_sub_word(order, 1))
        return false;
    BN_set_flags(order, BN_FLG_CONSTTIME);
    return BN_mod(ret_reduced, d, order, scratch) == 1;
}

static bool make_room(jk_rsa_numbers *numbers) {
    BIGNUM **members[] = {&numbers->p, &numbers->q, &numbers->dp, &numbers->dq, &numbers->qi};
    for (size_t i = 0; i < JK_COUNT_OF(members); i++) {
        *members[i] = BN_secure_new();
        if (!*members[i])
            return false;
        BN_set_flags(*members[i], BN_FLG_CONSTTIME);
    }
    return true;
}

/* From a root of 1 that is not ±1: p is gcd(root - 1, n). */
static bool derive(jk_rsa_numbers *numbers, search *found, BN_CTX *scratch) {
    if (!make_room(numbers) || !BN_sub_word(found->root, 1) ||
        !BN_gcd(numbers->p, found->root, numbers->n, scratch) ||
        !BN_div(numbers->q, NULL, numbers->n, numbers->p, scratch))
        return false;
    if (BN_cmp(numbers->p, numbers->q) < 0)
        BN_swap(numbers->p, numbers->q);
    return reduce(numbers->dp, numbers->d, numbers->p, scratch) &&
           reduce(numbers->dq, numbers->d, numbers->q, scratch) &&
           BN_mod_inverse(numbers->qi, numbers->q, numbers->p, scratch);
}

static outcome factor(jk_rsa_numbers *numbers, BN_CTX *scratch) {
    search found;
    outcome what = start_search(&found, numbers, scratch);
    if (what == OUTCOME_YES)
        what = find_root(&found, numbers, scratch);
    if (what == OUTCOME_YES && !derive(numbers, &found, scratch))
        what = OUTCOME_FAILED;
    return what;
}

jwkeep_code jk_rsa_numbers_factor(jk_rsa_numbers *numbers, jwkeep_error *error) {
    BN_CTX *scratch = BN_CTX_secure_new();
    if (!scratch)
        return jk_openssl_fail(error);
    BN_CTX_start(scratch);
    outcome what = factor(numbers, scratch);
    BN_CTX_end(scratch);
    BN_CTX_free(scratch);
    return tell(what, error);
}
