/* SPDX-License-Identifier: Apache-2.0
 *
 * The examples of RFC 7515 appendix A.1 to A.4 and RFC 8037 appendix A.4, at the level of
 * keys and signatures; base64url of the RFCs is written as hexadecimal digits. */
#include "crypto/key.h"
#include "support/hex.h"
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define MEMBER_MAX_BYTES 256u

typedef struct hex_numbers {
    const char *n, *e, *d, *x, *y, *k;
} hex_numbers;

typedef struct example {
    const char *source;
    jwkeep_algorithm algorithm;
    jwkeep_kty kty;
    jwkeep_crv crv;
    hex_numbers numbers;
    const char *message;
    const char *signature;
    bool is_deterministic;
} example;

static const example examples[] = {
    {
        "RFC 7515 A.1",
        JWKEEP_ALGORITHM_HS256,
        JWKEEP_KTY_OCT,
        JWKEEP_CRV_ABSENT,
        {.k = "0323354b2b0fa5bc837e0665777ba68f5ab328e6f054c928a90f84b2d2502ebfd3fb5a92d20647ef"
              "968ab4c377623d223d2e2172052e4f08c0cd9af567d080a3"},
        "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTk"
        "zODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ",
        "7418dfb49799e0254ffa607dd8adbbba16d4254d69d6bff05b58055853848d79",
        true,
    },
    {
        "RFC 7515 A.2",
        JWKEEP_ALGORITHM_RS256,
        JWKEEP_KTY_RSA,
        JWKEEP_CRV_ABSENT,
        {.n = "a1f8160ae2e3c9b465ce8d2d656263362b927dbe29e1f02477fc1625cc90a136e38bd93497c5b6ea"
              "63dd7711e67c7429f956b0fb8a8f089adc4b69893cc1333f53edd019b87784252fec914fe4857769"
              "594bea4280d32c0f55bf62944f130396bc6e9bdf6ebdd2bda3678eeca0c668f701b38dbffb38c834"
              "2ce2fe6d27fade4a5a4874979dd4b9cf9adec4c75b05852c2c0f5ef8a5c1750392f944e8ed64c110"
              "c6b647609aa4783aeb9c6c9ad755313050638b83665c6f6f7a82a396702a1f641b82d3ebf2392219"
              "491fb686872c5716f50af8358d9a8b9d17c340728f7f87d89a18d8fcab67ad84590c2ecf75933936"
              "3c07034d6f606f9e21e05456cae5e9a1",
         .e = "010001",
         .d = "12ae71a469cd0a2bc37e526c4500571f1d61751d64e949707b62590f9d0ba57c963c401e3fcf2f2c"
              "d3bdec88e503bfc6439b0b28c82f7d3797671f5213eed8c15a25d8d5cea0025ee3ab2e8b7f79216f"
              "c63bea562753b40644c6a15127d9b2954540a0bbe1a30556982d4e9fde5f6425f14d4b713441b55d"
              "c73b9b4aedcc92ace3927e37f57d0cfd5e7581fa512c8f4961a9eb0b80f8a80746728a55ff46471f"
              "3425063b9d53642f5ede1e84d613081afa5c22d051285bd63b943b565d898a05685413e53c3c6c65"
              "25ff1fe34e3ddc70f0d56450fda48ba12e104e9deb9fb81881e1c4bdf25d9247f450c865927968e7"
              "7334f4414f75a750e139546e3a8a739d"},
        "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9"
        "leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ",
        "702e218943e88fd11eb5d82dbf7845f34106ae1b81fff7731116add1717d83656d420afd3c96eedd"
        "73a2663e5166687b000b87226e0187ed1073f945e582adfcef16d85a798ee8c66ddb3db8975b17d0"
        "9402beedd5d9d97007108db28160d5f8040ca7445762b81fbe7ff9d92e0ae76f24f25b33bbe6f44a"
        "e61eb1040acb20044d3ef9128ed40130795bd4bd3b41eecad066ab651981fde48df77f372dc38b9f"
        "afdd3befb18b5da3cc3c2eb02f9e3a41d612caad15911273a05f23b9e838faaf849d698429ef5a1e"
        "88798236c3d40e604522a544c8f27a7a2db80663d16cf7caea56de405cb2215a45b2c25566b55ac1"
        "a748a070dfc8a32a469543d019eefb47",
        true,
    },
    {
        "RFC 7515 A.3",
        JWKEEP_ALGORITHM_ES256,
        JWKEEP_KTY_EC,
        JWKEEP_CRV_P256,
        {.x = "7fcdce2770f6c45d4183cbee6fdb4b7b580733357be9ef13bacf6e3c7bd15445",
         .y = "c7f144cd1bbd9b7e872cdfedb9eeb9f4b3695d6ea90b24ad8a4623288588e5ad",
         .d = "8e9b109e719098bf980487df1f5d77e9cb29606ebed2263b5f57c213df84f4b2"},
        "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9"
        "leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ",
        "0ed1215379636c483c2f7f155807d402a3b228033af97c7e17819ac3169ea665c50a07d38c3c70e5"
        "d8f12daf084a5480a66590c5f293509a8f3f7f8a83a354d5",
        false,
    },
    {
        "RFC 7515 A.4",
        JWKEEP_ALGORITHM_ES512,
        JWKEEP_KTY_EC,
        JWKEEP_CRV_P521,
        {.x = "01e929050f124fc6bc55c7d5393365df9def4ab0c22cb25798f934eb04e3c6bae3701a57a7910e9d"
              "81bf363159e8ebcb155d6349f4bdb6ccf8a94c5c59c7aac101a4",
         .y = "0034a6440e376750d2371fd1bdc2c8f3b71d2f4ee5ea3432c815cca31560fe5d9387ec774b558386"
              "30e5cbbf5a8cbe0a91dd0064c6999a1f6e6e67faddede4c8c8f6",
         .d = "018e696fb034505881dd110b483eb87d32ce495fe36b3745edf2d8cae4f0f2539f4615a0e98eab52"
              "b3c0c5eac4ce075185a8e7bb47deac1d1de77bccf66135e63d82"},
        "eyJhbGciOiJFUzUxMiJ9.UGF5bG9hZA",
        "01dc0c81e7abc2d1e887e975f7697ad21a7dc001d915525b2df0ff531322ef47309d93986912356c"
        "a3d644e73e99966ac2a4f6488f8a183281df85ced1ac3fed776d006f06692c0529d0803d98285c3d"
        "980496423c45f7c4aa51c1c74e3bc2a9107c098f2a8e8330ceee22af53cbdc9f036b9b161b496f44"
        "4415ee90e5e894bcde3bf267",
        false,
    },
    {
        "RFC 8037 A.4",
        JWKEEP_ALGORITHM_EDDSA,
        JWKEEP_KTY_OKP,
        JWKEEP_CRV_ED25519,
        {.d = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
         .x = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"},
        "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc",
        "860c98d2297f3060a33f42739672d61b53cf3adefed3d3c672f320dc021b411e9d59b8628dc351e2"
        "48b88b29468e0e41855b0fb7d83bb15be902bfccb8cd0a02",
        true,
    },
};

static jk_key *import(const example *from, bool as_public) {
    uint8_t bytes[6][MEMBER_MAX_BYTES];
    const hex_numbers *hex = &from->numbers;
    jk_key_material material = {
        .kty = from->kty,
        .crv = from->crv,
        .n = hex_decode(hex->n, bytes[0], MEMBER_MAX_BYTES),
        .e = hex_decode(hex->e, bytes[1], MEMBER_MAX_BYTES),
        .x = hex_decode(hex->x, bytes[2], MEMBER_MAX_BYTES),
        .y = hex_decode(hex->y, bytes[3], MEMBER_MAX_BYTES),
        .k = hex_decode(hex->k, bytes[4], MEMBER_MAX_BYTES),
    };
    if (!as_public)
        material.d = hex_decode(hex->d, bytes[5], MEMBER_MAX_BYTES);
    jk_key *key = NULL;
    assert_int_equal(jk_key_import(&material, &key, NULL), JWKEEP_OK);
    return key;
}

static void verifies_the_signatures_of_the_rfcs(void **state) {
    (void)state;
    for (size_t i = 0; i < JK_COUNT_OF(examples); i++) {
        uint8_t bytes[MEMBER_MAX_BYTES];
        jwkeep_span signature = hex_decode(examples[i].signature, bytes, sizeof bytes);
        jk_key *key = import(&examples[i], true);
        jwkeep_code code = jk_key_verify(
            key, examples[i].algorithm, jwkeep_span_text(examples[i].message), signature, NULL);
        jk_key_free(key);
        assert_int_equal(code, JWKEEP_OK);
    }
}

static void signs_as_the_rfcs_do(void **state) {
    (void)state;
    for (size_t i = 0; i < JK_COUNT_OF(examples); i++) {
        uint8_t bytes[MEMBER_MAX_BYTES];
        uint8_t made[JK_SIGNATURE_MAX_BYTES];
        size_t size = 0;
        jwkeep_span expected = hex_decode(examples[i].signature, bytes, sizeof bytes);
        jwkeep_span message = jwkeep_span_text(examples[i].message);
        jk_key *key = import(&examples[i], false);
        jwkeep_code signing =
            jk_key_sign(key, examples[i].algorithm, message, made, &size, NULL);
        jwkeep_code verifying = jk_key_verify(key, examples[i].algorithm, message,
                                              jwkeep_span_of(made, size), NULL);
        jk_key_free(key);
        assert_int_equal(signing, JWKEEP_OK);
        assert_int_equal(verifying, JWKEEP_OK);
        assert_int_equal(size, expected.size);
        if (examples[i].is_deterministic)
            assert_memory_equal(made, expected.data, size);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(verifies_the_signatures_of_the_rfcs),
        cmocka_unit_test(signs_as_the_rfcs_do),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
