/* SPDX-License-Identifier: Apache-2.0
 *
 * SHA-256 of FIPS 180-4's examples, and random bytes. */
#include "crypto/digest.h"
#include "support/hex.h"
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void assert_sha256(jwkeep_span bytes, const char *digits) {
    uint8_t expected[JK_SHA256_SIZE];
    uint8_t digest[JK_SHA256_SIZE];
    (void)hex_decode(digits, expected, sizeof expected);
    assert_int_equal(jk_sha256(bytes, digest, NULL), JWKEEP_OK);
    assert_memory_equal(digest, expected, sizeof expected);
}

static void hashes_with_sha256(void **state) {
    (void)state;
    assert_sha256(JWKEEP_SPAN("abc"),
                  "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_sha256(JWKEEP_SPAN("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
                  "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    assert_sha256(JWKEEP_SPAN_NONE,
                  "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

static void gives_other_random_bytes_each_time(void **state) {
    (void)state;
    uint8_t first[32] = {0};
    uint8_t second[32] = {0};
    assert_int_equal(jk_random(first, sizeof first, NULL), JWKEEP_OK);
    assert_int_equal(jk_random(second, sizeof second, NULL), JWKEEP_OK);
    assert_memory_not_equal(first, second, sizeof first);
}

static void refuses_more_random_bytes_than_can_be_asked_for(void **state) {
    (void)state;
    uint8_t byte = 7;
    jwkeep_error error;
    assert_int_equal(jk_random(&byte, (size_t)INT32_MAX + 1, &error), JWKEEP_CRYPTO_FAILED);
    assert_int_equal(error.code, JWKEEP_CRYPTO_FAILED);
    assert_int_equal(byte, 7);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hashes_with_sha256),
        cmocka_unit_test(gives_other_random_bytes_each_time),
        cmocka_unit_test(refuses_more_random_bytes_than_can_be_asked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
