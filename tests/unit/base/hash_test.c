/* SPDX-License-Identifier: Apache-2.0
 *
 * SipHash against published vectors, and the random key. */
#include "base/hash.h"
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

/* The SipHash paper, appendix A, and vectors.h of its reference implementation: key 00..0f,
 * input 00..n-1, SipHash-2-4. */
static void matches_the_vectors_of_siphash_2_4(void **state) {
    (void)state;
    static const jk_hash_key key = {0x0706050403020100u, 0x0f0e0d0c0b0a0908u};
    static const uint64_t expected[] = {
        0x726fdb47dd0e0e31u, 0x74f839c593dc67fdu, 0x0d6c8009d9a94f5au,
        0x85676696d7fb7e2du, 0xcf2794e0277187b7u, 0x18765564cd99a68du,
        0xcbc9466e58fee3ceu, 0xab0200f58b01d137u, 0x93f5f5799a932462u};
    uint8_t input[16];
    for (uint8_t i = 0; i < 16; i++)
        input[i] = i;
    for (size_t i = 0; i < JK_COUNT_OF(expected); i++)
        assert_true(jk_hash_rounds(&key, jwkeep_span_of(input, i), 2, 4) == expected[i]);
    assert_true(jk_hash_rounds(&key, jwkeep_span_of(input, 15), 2, 4) == 0xa129ca6149be45e5u);
}

/* hash() of bytes in CPython 3.11 with PYTHONHASHSEED=0 is SipHash-1-3 under the zero key. */
static void matches_what_cpython_computes_with_siphash_1_3(void **state) {
    (void)state;
    static const jk_hash_key key = {0, 0};
    assert_true(jk_hash(&key, JWKEEP_SPAN("abc")) == 0xc03bc3a0042630f2u);
    assert_true(jk_hash(&key, JWKEEP_SPAN("0123456")) == 0x810aaf7acf670379u);
    assert_true(jk_hash(&key, JWKEEP_SPAN("hello world 12345")) == 0x71f10310ca217030u);
}

static void depends_on_both_halves_of_the_key(void **state) {
    (void)state;
    static const jk_hash_key keys[] = {{1, 2}, {3, 2}, {1, 3}};
    uint64_t first = jk_hash(&keys[0], JWKEEP_SPAN("kid"));
    assert_true(first != jk_hash(&keys[1], JWKEEP_SPAN("kid")));
    assert_true(first != jk_hash(&keys[2], JWKEEP_SPAN("kid")));
}

static void draws_another_key_each_time(void **state) {
    (void)state;
    jk_hash_key a = {0, 0};
    jk_hash_key b = {0, 0};
    assert_true(jk_hash_key_random(&a));
    assert_true(jk_hash_key_random(&b));
    assert_true(a.k0 != b.k0 && a.k1 != b.k1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(matches_the_vectors_of_siphash_2_4),
        cmocka_unit_test(matches_what_cpython_computes_with_siphash_1_3),
        cmocka_unit_test(depends_on_both_halves_of_the_key),
        cmocka_unit_test(draws_another_key_each_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
