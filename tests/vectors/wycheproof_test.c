/* SPDX-License-Identifier: Apache-2.0
 *
 * Project Wycheproof's signature and MAC vectors against jk_key_verify. They are looked for
 * in $JWKEEP_VECTORS, else in ../shared/vectors; without them the tests are skipped.
 *
 * Where our rules are stricter than a vector's verdict, `strictness` says so. */
#include "crypto/algorithm.h"
#include "crypto/key.h"
#include "support/hex.h"
#include <jansson.h>
#include <openssl/err.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define BYTES_MAX 70000u
#define NUMBER_MAX 1100u

typedef struct counts {
    size_t run;
    size_t wrong;
} counts;

static const char *text_of(const json_t *object, const char *name) {
    return json_string_value(json_object_get(object, name));
}

static json_t *load(const char *file) {
    char path[2048];
    const char *folder = getenv("JWKEEP_VECTORS");
    (void)snprintf(path, sizeof path, "%s/wycheproof/%s_test.json",
                   folder ? folder : "../shared/vectors", file);
    return json_load_file(path, 0, NULL);
}

/* A number in exactly `width` bytes, or, if that is 0, without leading zeros. */
static jwkeep_span number_of(const json_t *object, const char *name, size_t width,
                             uint8_t storage[NUMBER_MAX]) {
    uint8_t bytes[NUMBER_MAX];
    jwkeep_span number = hex_decode(text_of(object, name), bytes, sizeof bytes);
    while (number.size > 0 && number.data[0] == 0)
        number = jwkeep_span_of(number.data + 1, number.size - 1);
    if (width == 0)
        width = number.size;
    if (number.size > width)
        abort();
    memset(storage, 0, width);
    memcpy(storage + width - number.size, number.data, number.size);
    return jwkeep_span_of(storage, width);
}

static jk_key *import_group_key(const json_t *group, const jk_algorithm_info *info) {
    uint8_t bytes[2][NUMBER_MAX];
    const json_t *public_key = json_object_get(group, "publicKey");
    jk_key_material material = {.kty = info->kty, .crv = info->crv};
    if (info->kty == JWKEEP_KTY_RSA) {
        material.n = number_of(public_key, "modulus", 0, bytes[0]);
        material.e = number_of(public_key, "publicExponent", 0, bytes[1]);
    } else if (info->kty == JWKEEP_KTY_EC) {
        material.x = number_of(public_key, "wx", jk_crv_bytes(info->crv), bytes[0]);
        material.y = number_of(public_key, "wy", jk_crv_bytes(info->crv), bytes[1]);
    } else {
        material.x = hex_decode(text_of(public_key, "pk"), bytes[0], NUMBER_MAX);
    }
    jk_key *key = NULL;
    return jk_key_import(&material, &key, NULL) == JWKEEP_OK ? key : NULL;
}

static jk_key *import_test_key(const json_t *test) {
    uint8_t bytes[NUMBER_MAX];
    jk_key_material material = {
        .kty = JWKEEP_KTY_OCT,
        .k = hex_decode(text_of(test, "key"), bytes, sizeof bytes),
    };
    jk_key *key = NULL;
    return jk_key_import(&material, &key, NULL) == JWKEEP_OK ? key : NULL;
}

/* What we answer where it differs from the vector's verdict; JWKEEP_OK: it does not. */
static jwkeep_code strictness(const json_t *group, const jk_algorithm_info *info) {
    if (info->family != JK_FAMILY_HMAC)
        return JWKEEP_OK;
    json_int_t hash_bits = info->hash_bytes * 8;
    /* RFC 7518 §3.2: a key at least as long as the hash. */
    if (json_integer_value(json_object_get(group, "keySize")) < hash_bits)
        return JWKEEP_KEY_ALG_MISMATCH;
    /* RFC 7518 §3.2: tags are not truncated. */
    if (json_integer_value(json_object_get(group, "tagSize")) < hash_bits)
        return JWKEEP_SIGNATURE_INVALID;
    return JWKEEP_OK;
}

static bool is_right(const char *verdict, jwkeep_code stricter, jwkeep_code code) {
    if (stricter)
        return code == stricter;
    if (strcmp(verdict, "valid") == 0)
        return code == JWKEEP_OK;
    if (strcmp(verdict, "invalid") == 0)
        return code == JWKEEP_SIGNATURE_INVALID;
    return code == JWKEEP_OK || code == JWKEEP_SIGNATURE_INVALID; /* acceptable */
}

static void check_case(const json_t *test, const json_t *group, const jk_key *key,
                       const jk_algorithm_info *info, counts *sum) {
    static uint8_t message[BYTES_MAX];
    static uint8_t signature[BYTES_MAX];
    bool is_mac = info->family == JK_FAMILY_HMAC;
    jwkeep_code code = jk_key_verify(
        key, info->algorithm, hex_decode(text_of(test, "msg"), message, sizeof message),
        hex_decode(text_of(test, is_mac ? "tag" : "sig"), signature, sizeof signature), NULL);
    sum->run++;
    if (is_right(text_of(test, "result"), strictness(group, info), code) &&
        ERR_peek_error() == 0)
        return;
    sum->wrong++;
    print_message("%s: test %lld is %s, but gave %s\n", info->name,
                  (long long)json_integer_value(json_object_get(test, "tcId")),
                  text_of(test, "result"), jwkeep_code_name(code));
}

static void run_group(const json_t *group, const jk_algorithm_info *info, counts *sum) {
    bool is_mac = info->family == JK_FAMILY_HMAC;
    jk_key *group_key = is_mac ? NULL : import_group_key(group, info);
    size_t i;
    const json_t *test;
    json_array_foreach(json_object_get(group, "tests"), i, test) {
        jk_key *key = is_mac ? import_test_key(test) : group_key;
        if (key)
            check_case(test, group, key, info, sum);
        else
            sum->wrong++;
        if (is_mac)
            jk_key_free(key);
    }
    jk_key_free(group_key);
}

static void run_file(const char *file, jwkeep_algorithm algorithm, size_t expected_count) {
    json_t *vectors = load(file);
    if (!vectors) {
        print_message("skipped: no vectors\n");
        skip();
    }
    counts sum = {0};
    size_t i;
    const json_t *group;
    json_array_foreach(json_object_get(vectors, "testGroups"), i, group) {
        run_group(group, jk_algorithm_info_of(algorithm), &sum);
    }
    size_t promised = (size_t)json_integer_value(json_object_get(vectors, "numberOfTests"));
    json_decref(vectors);
    print_message("%s: %zu cases\n", file, sum.run);
    assert_int_equal(sum.wrong, 0);
    assert_int_equal(sum.run, promised);
    assert_true(sum.run >= expected_count);
}

#define FILE_TEST(file, algorithm, count)                                                      \
    static void file(void **state) {                                                           \
        (void)state;                                                                           \
        run_file(#file, JWKEEP_ALGORITHM_##algorithm, count);                                  \
    }

FILE_TEST(hmac_sha256, HS256, 100)
FILE_TEST(hmac_sha384, HS384, 100)
FILE_TEST(hmac_sha512, HS512, 100)
FILE_TEST(rsa_signature_2048_sha256, RS256, 200)
FILE_TEST(rsa_signature_3072_sha384, RS384, 200)
FILE_TEST(rsa_signature_4096_sha512, RS512, 200)
FILE_TEST(rsa_pss_2048_sha256_mgf1_32, PS256, 100)
FILE_TEST(rsa_pss_4096_sha384_mgf1_48, PS384, 100)
FILE_TEST(rsa_pss_4096_sha512_mgf1_64, PS512, 100)
FILE_TEST(ecdsa_secp256r1_sha256_p1363, ES256, 200)
FILE_TEST(ecdsa_secp384r1_sha384_p1363, ES384, 200)
FILE_TEST(ecdsa_secp521r1_sha512_p1363, ES512, 200)
FILE_TEST(ecdsa_secp256k1_sha256_p1363, ES256K, 200)
FILE_TEST(ed25519, ED25519, 100)
FILE_TEST(ed448, ED448, 50)

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hmac_sha256),
        cmocka_unit_test(hmac_sha384),
        cmocka_unit_test(hmac_sha512),
        cmocka_unit_test(rsa_signature_2048_sha256),
        cmocka_unit_test(rsa_signature_3072_sha384),
        cmocka_unit_test(rsa_signature_4096_sha512),
        cmocka_unit_test(rsa_pss_2048_sha256_mgf1_32),
        cmocka_unit_test(rsa_pss_4096_sha384_mgf1_48),
        cmocka_unit_test(rsa_pss_4096_sha512_mgf1_64),
        cmocka_unit_test(ecdsa_secp256r1_sha256_p1363),
        cmocka_unit_test(ecdsa_secp384r1_sha384_p1363),
        cmocka_unit_test(ecdsa_secp521r1_sha512_p1363),
        cmocka_unit_test(ecdsa_secp256k1_sha256_p1363),
        cmocka_unit_test(ed25519),
        cmocka_unit_test(ed448),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
