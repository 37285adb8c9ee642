/* SPDX-License-Identifier: Apache-2.0
 *
 * Signatures and keys made by somebody who knows the mathematics: numbers out of range, second
 * forms of a good signature, salts of another length, factors that are not prime. */
#include "crypto/algorithm.h"
#include "crypto/engine.h"
#include "crypto/key.h"
#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define NUMBER_MAX_BYTES 260u
#define MESSAGE JWKEEP_SPAN("message")

typedef struct signed_message {
    jk_key *key;
    uint8_t bytes[JK_SIGNATURE_MAX_BYTES];
    size_t size;
} signed_message;

static signed_message make(jwkeep_kty kty, jwkeep_crv crv, jwkeep_algorithm algorithm) {
    signed_message made = {.key = NULL};
    assert_int_equal(jk_key_generate(kty, crv, 0, &made.key, NULL), JWKEEP_OK);
    assert_int_equal(jk_key_sign(made.key, algorithm, MESSAGE, made.bytes, &made.size, NULL),
                     JWKEEP_OK);
    return made;
}

static jwkeep_code verify(const signed_message *made, jwkeep_algorithm algorithm) {
    jwkeep_code code = jk_key_verify(made->key, algorithm, MESSAGE,
                                     jwkeep_span_of(made->bytes, made->size), NULL);
    assert_int_equal(ERR_peek_error(), 0);
    return code;
}

/* CVE-2022-21449 and its kin: r or s is 0, n, or all ones. */
static void rejects_ecdsa_numbers_out_of_range(void **state) {
    (void)state;
    const jwkeep_crv curves[] = {JWKEEP_CRV_P256, JWKEEP_CRV_P384, JWKEEP_CRV_P521,
                                 JWKEEP_CRV_SECP256K1};
    for (size_t c = 0; c < JK_COUNT_OF(curves); c++) {
        jwkeep_algorithm algorithm = (jwkeep_algorithm)(JWKEEP_ALGORITHM_ES256 + (int)c);
        signed_message made = make(JWKEEP_KTY_EC, curves[c], algorithm);
        size_t width = jk_crv_bytes(curves[c]);
        for (int half = 0; half < 3; half++) {
            for (int value = 0; value < 3; value++) {
                signed_message forged = made;
                uint8_t *at = forged.bytes + (half == 1 ? width : 0);
                for (int i = 0; i < (half == 2 ? 2 : 1); i++, at += width) {
                    if (value == 2)
                        memcpy(at, jk_crv_order(curves[c]), width);
                    else
                        memset(at, value ? 0xff : 0, width);
                }
                assert_int_equal(verify(&forged, algorithm), JWKEEP_SIGNATURE_INVALID);
            }
        }
        jk_key_free(made.key);
    }
}

/* s + n names the same residue; only P-521 leaves room for it in the width. */
static void rejects_an_ecdsa_s_with_the_order_added(void **state) {
    (void)state;
    signed_message made = make(JWKEEP_KTY_EC, JWKEEP_CRV_P521, JWKEEP_ALGORITHM_ES512);
    const uint8_t *order = jk_crv_order(JWKEEP_CRV_P521);
    unsigned carry = 0;
    for (size_t i = 66; i > 0; i--) {
        carry += (unsigned)made.bytes[66 + i - 1] + order[i - 1];
        made.bytes[66 + i - 1] = (uint8_t)carry;
        carry >>= 8;
    }
    jwkeep_code code = verify(&made, JWKEEP_ALGORITHM_ES512);
    jk_key_free(made.key);
    assert_int_equal(code, JWKEEP_SIGNATURE_INVALID);
}

/* RFC 8032 §5.1.7: S is below L. Little-endian. */
static void rejects_an_eddsa_s_with_the_order_added(void **state) {
    (void)state;
    static const uint8_t order[32] = {0xed, 0xd3, 0xf5, 0x5c, 0x1a,       0x63,
                                      0x12, 0x58, 0xd6, 0x9c, 0xf7,       0xa2,
                                      0xde, 0xf9, 0xde, 0x14, [31] = 0x10};
    signed_message made = make(JWKEEP_KTY_OKP, JWKEEP_CRV_ED25519, JWKEEP_ALGORITHM_EDDSA);
    unsigned carry = 0;
    for (size_t i = 0; i < 32; i++) {
        carry += (unsigned)made.bytes[32 + i] + order[i];
        made.bytes[32 + i] = (uint8_t)carry;
        carry >>= 8;
    }
    jwkeep_code code = verify(&made, JWKEEP_ALGORITHM_EDDSA);
    jk_key_free(made.key);
    assert_int_equal(code, JWKEEP_SIGNATURE_INVALID);
}

static EVP_PKEY *openssl_key_of(const jk_key_material *numbers) {
    const struct {
        const char *name;
        jwkeep_span number;
    } members[] = {{"n", numbers->n}, {"e", numbers->e}, {"d", numbers->d}};
    BIGNUM *kept[3];
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    for (size_t i = 0; i < 3; i++) {
        kept[i] = BN_bin2bn(members[i].number.data, (int)members[i].number.size, NULL);
        (void)OSSL_PARAM_BLD_push_BN(builder, members[i].name, kept[i]);
    }
    OSSL_PARAM *parameters = OSSL_PARAM_BLD_to_param(builder);
    EVP_PKEY_CTX *maker = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    EVP_PKEY *key = NULL;
    (void)EVP_PKEY_fromdata_init(maker);
    (void)EVP_PKEY_fromdata(maker, &key, EVP_PKEY_KEYPAIR, parameters);
    EVP_PKEY_CTX_free(maker);
    OSSL_PARAM_free(parameters);
    OSSL_PARAM_BLD_free(builder);
    for (size_t i = 0; i < 3; i++)
        BN_free(kept[i]);
    return key;
}

/* A PSS signature with this salt and this hash for the mask, by OpenSSL. */
static void sign_pss(signed_message *made, EVP_PKEY *key, int salt_bytes,
                     const EVP_MD *mask_hash) {
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    EVP_PKEY_CTX *options;
    made->size = sizeof made->bytes;
    bool is_signed =
        EVP_DigestSignInit(context, &options, EVP_sha256(), NULL, key) == 1 &&
        EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING) == 1 &&
        EVP_PKEY_CTX_set_rsa_pss_saltlen(options, salt_bytes) == 1 &&
        EVP_PKEY_CTX_set_rsa_mgf1_md(options, mask_hash) == 1 &&
        EVP_DigestSign(context, made->bytes, &made->size, MESSAGE.data, MESSAGE.size) == 1;
    EVP_MD_CTX_free(context);
    assert_true(is_signed);
}

/* RFC 7518 §3.5 */
static void rejects_pss_with_another_salt_length_or_mask(void **state) {
    (void)state;
    const struct {
        int salt_bytes;
        const EVP_MD *mask_hash;
        jwkeep_code expected;
    } cases[] = {
        {32, EVP_sha256(), JWKEEP_OK},
        {0, EVP_sha256(), JWKEEP_SIGNATURE_INVALID},
        {20, EVP_sha256(), JWKEEP_SIGNATURE_INVALID},
        {33, EVP_sha256(), JWKEEP_SIGNATURE_INVALID},
        {222, EVP_sha256(), JWKEEP_SIGNATURE_INVALID},
        {32, EVP_sha1(), JWKEEP_SIGNATURE_INVALID},
    };
    jk_arena arena;
    jk_key_material numbers;
    signed_message made = make(JWKEEP_KTY_RSA, JWKEEP_CRV_ABSENT, JWKEEP_ALGORITHM_PS256);
    jk_arena_init(&arena, 65536);
    assert_int_equal(jk_key_export(made.key, &arena, &numbers, NULL), JWKEEP_OK);
    EVP_PKEY *key = openssl_key_of(&numbers);
    for (size_t i = 0; i < JK_COUNT_OF(cases); i++) {
        sign_pss(&made, key, cases[i].salt_bytes, cases[i].mask_hash);
        assert_int_equal(verify(&made, JWKEEP_ALGORITHM_PS256), cases[i].expected);
    }
    EVP_PKEY_free(key);
    jk_key_free(made.key);
    jk_arena_done(&arena);
}

static jwkeep_span store(const BIGNUM *number, uint8_t bytes[NUMBER_MAX_BYTES]) {
    return jwkeep_span_of(bytes, (size_t)BN_bn2bin(number, bytes));
}

/* p is a product of two primes, and every congruence that RFC 8017 §3.2 asks for holds. */
static void refuses_a_factor_that_is_not_prime(void **state) {
    (void)state;
    BN_CTX *scratch = BN_CTX_new();
    BN_CTX_start(scratch);
    BIGNUM *number[12];
    for (size_t i = 0; i < JK_COUNT_OF(number); i++)
        number[i] = BN_CTX_get(scratch);
    BIGNUM *n = number[0], *e = number[1], *d = number[2], *p = number[3], *q = number[4];
    BIGNUM *dp = number[5], *dq = number[6], *qi = number[7], *p1 = number[8];
    BIGNUM *q1 = number[9], *half = number[10], *both = number[11];
    (void)BN_set_word(e, RSA_F4);
    do {
        (void)BN_generate_prime_ex(half, 512, 0, NULL, NULL, NULL);
        (void)BN_generate_prime_ex(q, 512, 0, NULL, NULL, NULL);
        (void)BN_mul(p, half, q, scratch);
        (void)BN_generate_prime_ex(q, 1025, 0, NULL, NULL, NULL);
        (void)BN_mul(n, p, q, scratch);
        (void)BN_sub(p1, p, BN_value_one());
        (void)BN_sub(q1, q, BN_value_one());
        (void)BN_mul(both, p1, q1, scratch);
    } while (BN_num_bits(n) < 2048 || !BN_mod_inverse(d, e, both, scratch));
    (void)BN_mod(dp, d, p1, scratch);
    (void)BN_mod(dq, d, q1, scratch);
    (void)BN_mod_inverse(qi, q, p, scratch);
    uint8_t bytes[8][NUMBER_MAX_BYTES];
    const jk_key_material material = {
        .kty = JWKEEP_KTY_RSA,
        .n = store(n, bytes[0]),
        .e = store(e, bytes[1]),
        .d = store(d, bytes[2]),
        .p = store(p, bytes[3]),
        .q = store(q, bytes[4]),
        .dp = store(dp, bytes[5]),
        .dq = store(dq, bytes[6]),
        .qi = store(qi, bytes[7]),
    };
    jk_key *key = NULL;
    jwkeep_code code = jk_key_import(&material, &key, NULL);
    jk_key_free(key);
    BN_CTX_end(scratch);
    BN_CTX_free(scratch);
    assert_int_equal(code, JWKEEP_JWK_KEY_MISMATCH);
    assert_int_equal(ERR_peek_error(), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rejects_ecdsa_numbers_out_of_range),
        cmocka_unit_test(rejects_an_ecdsa_s_with_the_order_added),
        cmocka_unit_test(rejects_an_eddsa_s_with_the_order_added),
        cmocka_unit_test(rejects_pss_with_another_salt_length_or_mask),
        cmocka_unit_test(refuses_a_factor_that_is_not_prime),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
