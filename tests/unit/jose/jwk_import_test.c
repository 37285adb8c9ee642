/* SPDX-License-Identifier: Apache-2.0
 *
 * Keys that go out in PEM and DER and come back, encrypted ones, and what they may cost. */
#include "jose/jwk_form.h"
#include "support/jose.h"
#include <openssl/encoder.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define MAX_TEXT 16384u

static const jwkeep_algorithm algorithms[] = {
    JWKEEP_ALGORITHM_RS256, JWKEEP_ALGORITHM_ES256,  JWKEEP_ALGORITHM_ES384,
    JWKEEP_ALGORITHM_ES512, JWKEEP_ALGORITHM_ES256K, JWKEEP_ALGORITHM_ED25519,
    JWKEEP_ALGORITHM_ED448,
};
static jwkeep_jwk *pairs[JK_COUNT_OF(algorithms)];

static int make_pairs(void **state) {
    (void)state;
    for (size_t i = 0; i < JK_COUNT_OF(algorithms); i++) {
        jwkeep_jwk_spec spec = {.algorithm = algorithms[i]};
        if (jwkeep_jwk_generate(&spec, &pairs[i], NULL))
            return -1;
    }
    return 0;
}

static int free_pairs(void **state) {
    (void)state;
    for (size_t i = 0; i < JK_COUNT_OF(pairs); i++)
        jwkeep_jwk_unref(pairs[i]);
    return 0;
}

typedef struct asked {
    const char *answers[4]; /* one an attempt; NULL: no further one */
    unsigned count;
} asked;

static bool answer(void *user, unsigned attempt, jwkeep_buffer *passphrase) {
    asked *book = user;
    book->count++;
    assert_int_equal(attempt, book->count);
    assert_int_equal(passphrase->size, 0);
    const char *text =
        attempt <= JK_COUNT_OF(book->answers) ? book->answers[attempt - 1] : NULL;
    return text && jwkeep_buffer_append_text(passphrase, text) == JWKEEP_OK;
}

static void write_key(const jwkeep_jwk *key, const jwkeep_jwk_export_options *options,
                      jwkeep_buffer *text) {
    jwkeep_error error = {0};
    jwkeep_buffer_init(text, MAX_TEXT);
    if (jwkeep_jwk_export(key, options, text, &error))
        fail_msg("export: %s", error.text);
    assert_int_equal(ERR_peek_error(), 0);
}

static jwkeep_code read_text(jwkeep_span bytes, const jwkeep_jwk_import_options *options,
                             jwkeep_jwk **ret_key) {
    jwkeep_error error = {0};
    jwkeep_code code = jwkeep_jwk_import(bytes, options, ret_key, &error);
    assert_int_equal(error.code, code);
    assert_int_equal(ERR_peek_error(), 0);
    assert_true((code == JWKEEP_OK) == (*ret_key != NULL));
    return code;
}

static void come_back(const jwkeep_jwk *key, const jwkeep_jwk_export_options *options,
                      const jwkeep_jwk_import_options *reading) {
    jwkeep_buffer text;
    jwkeep_jwk *again = NULL;
    write_key(key, options, &text);
    assert_int_equal(read_text(jwkeep_buffer_span(&text), reading, &again), JWKEEP_OK);
    assert_memory_equal(jwkeep_jwk_thumbprint(key).data, jwkeep_jwk_thumbprint(again).data,
                        JWKEEP_THUMBPRINT_SIZE);
    assert_int_equal(jwkeep_jwk_is_private(again), options->with_private);
    assert_null(jwkeep_jwk_kid(again).data);
    jwkeep_jwk_unref(again);
    jwkeep_buffer_done(&text);
}

static void comes_back_from_pem_and_der(void **state) {
    (void)state;
    for (size_t i = 0; i < JK_COUNT_OF(pairs); i++) {
        for (int form = 0; form < 4; form++) {
            jwkeep_jwk_export_options options = {
                .format = form & 1 ? JWKEEP_JWK_FORMAT_DER : JWKEEP_JWK_FORMAT_PEM,
                .with_private = (form & 2) != 0,
            };
            come_back(pairs[i], &options, NULL);
        }
    }
}

static void comes_back_encrypted(void **state) {
    (void)state;
    for (size_t i = 0; i < 2 * JK_COUNT_OF(pairs); i++) {
        asked book = {.answers = {"correct horse"}};
        const jwkeep_passphrase source = {answer, &book};
        jwkeep_jwk_import_options reading = {.passphrase = &source};
        jwkeep_jwk_export_options options = {
            .format = i % 2 ? JWKEEP_JWK_FORMAT_DER : JWKEEP_JWK_FORMAT_PEM,
            .with_private = true,
            .passphrase = JWKEEP_SPAN("correct horse"),
            .iterations = 1000,
        };
        come_back(pairs[i / 2], &options, &reading);
        assert_int_equal(book.count, 1);
    }
}

static void write_locked(uint32_t iterations, jwkeep_buffer *text) {
    jwkeep_jwk_export_options options = {
        .with_private = true, .passphrase = JWKEEP_SPAN("right"), .iterations = iterations};
    write_key(pairs[1], &options, text);
}

static jwkeep_code read_locked(jwkeep_span text, asked *book, const jwkeep_limits *limits) {
    const jwkeep_passphrase source = {answer, book};
    jwkeep_jwk_import_options options = {limits, &source};
    jwkeep_jwk *key = NULL;
    jwkeep_code code = read_text(text, &options, &key);
    jwkeep_jwk_unref(key);
    return code;
}

static void tries_three_passphrases_and_no_more(void **state) {
    (void)state;
    jwkeep_buffer text;
    write_locked(1000, &text);
    asked third = {.answers = {"wrong", "wrong again", "right"}};
    assert_int_equal(read_locked(jwkeep_buffer_span(&text), &third, NULL), JWKEEP_OK);
    asked fourth = {.answers = {"wrong", "wrong again", "", "right"}};
    assert_int_equal(read_locked(jwkeep_buffer_span(&text), &fourth, NULL),
                     JWKEEP_PASSPHRASE_WRONG);
    assert_int_equal(fourth.count, JWKEEP_PASSPHRASE_MAX_ATTEMPTS);
    asked gives_up = {.answers = {"wrong"}};
    assert_int_equal(read_locked(jwkeep_buffer_span(&text), &gives_up, NULL),
                     JWKEEP_PASSPHRASE_WRONG);
    assert_int_equal(gives_up.count, 2);
    asked silent = {.count = 0};
    assert_int_equal(read_locked(jwkeep_buffer_span(&text), &silent, NULL),
                     JWKEEP_PASSPHRASE_NEEDED);
    jwkeep_jwk *key = NULL;
    assert_int_equal(read_text(jwkeep_buffer_span(&text), NULL, &key),
                     JWKEEP_PASSPHRASE_NEEDED);
    jwkeep_buffer_done(&text);
}

/* A stranger's key with a thousand million rounds would keep a processor busy for minutes. */
static void asks_nobody_when_trying_costs_too_much(void **state) {
    (void)state;
    jwkeep_limits limits;
    jwkeep_buffer text;
    write_locked(1234, &text);
    jwkeep_limits_init(&limits);
    asked book = {.answers = {"right"}};
    limits.max_passphrase_rounds = 1234;
    assert_int_equal(read_locked(jwkeep_buffer_span(&text), &book, &limits), JWKEEP_OK);
    assert_int_equal(book.count, 1);
    limits.max_passphrase_rounds = 1233;
    assert_int_equal(read_locked(jwkeep_buffer_span(&text), &book, &limits),
                     JWKEEP_PASSPHRASE_TOO_COSTLY);
    assert_int_equal(book.count, 1);
    jwkeep_buffer_done(&text);
}

/* PKCS#8 encrypted by OpenSSL: scrypt with N 16384, r 8, p 1, and PBES1. */
static X509_SIG *lock_otherwise(EVP_PKEY *key, bool with_scrypt) {
    PKCS8_PRIV_KEY_INFO *plain = EVP_PKEY2PKCS8(key);
    X509_SIG *locked = NULL;
    if (with_scrypt) {
        X509_ALGOR *scheme =
            PKCS5_pbe2_set_scrypt(EVP_aes_256_cbc(), NULL, 0, NULL, 16384, 8, 1);
        locked = PKCS8_set0_pbe("right", 5, plain, scheme);
    } else {
        locked = PKCS8_encrypt(NID_pbe_WithSHA1And3_Key_TripleDES_CBC, NULL, "right", 5, NULL,
                               0, 2048, plain);
    }
    PKCS8_PRIV_KEY_INFO_free(plain);
    assert_non_null(locked);
    return locked;
}

static jwkeep_code read_otherwise(bool with_scrypt, size_t max_rounds) {
    EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    X509_SIG *locked = lock_otherwise(key, with_scrypt);
    unsigned char *der = NULL;
    int size = i2d_X509_SIG(locked, &der);
    jwkeep_limits limits;
    jwkeep_limits_init(&limits);
    limits.max_passphrase_rounds = max_rounds;
    asked book = {.answers = {"right"}};
    jwkeep_code code = read_locked(jwkeep_span_of(der, (size_t)size), &book, &limits);
    OPENSSL_free(der);
    X509_SIG_free(locked);
    EVP_PKEY_free(key);
    return code;
}

static void reads_scrypt_within_its_bound(void **state) {
    (void)state;
    assert_int_equal(read_otherwise(true, 16384 * 8), JWKEEP_OK);
    assert_int_equal(read_otherwise(true, 16384 * 8 - 1), JWKEEP_PASSPHRASE_TOO_COSTLY);
}

static void refuses_schemes_older_than_pbes2(void **state) {
    (void)state;
    assert_int_equal(read_otherwise(false, JWKEEP_MAX_PASSPHRASE_ROUNDS), JWKEEP_PEM_INVALID);
}

static void bounds_the_text(void **state) {
    (void)state;
    jwkeep_limits limits;
    jwkeep_buffer text;
    jwkeep_jwk *key = NULL;
    jwkeep_limits_init(&limits);
    jwkeep_jwk_import_options options = {.limits = &limits};
    for (int format = 0; format < 2; format++) {
        jwkeep_jwk_export_options form = {.format = (jwkeep_jwk_format)format};
        write_key(pairs[0], &form, &text);
        limits.max_pem_bytes = text.size;
        assert_int_equal(read_text(jwkeep_buffer_span(&text), &options, &key), JWKEEP_OK);
        jwkeep_jwk_unref(key);
        key = NULL;
        limits.max_pem_bytes = text.size - 1;
        assert_int_equal(read_text(jwkeep_buffer_span(&text), &options, &key),
                         JWKEEP_PEM_TOO_LARGE);
        jwkeep_buffer_done(&text);
    }
    limits.max_pem_bytes = 0;
    assert_int_equal(read_text(JWKEEP_SPAN("x"), &options, &key), JWKEEP_MISUSE_ARGUMENT);
}

static void reads_pkcs1_and_sec1_in_der(void **state) {
    (void)state;
    static const struct {
        const char *type;
        const char *structure;
        int selection;
    } rows[] = {
        {"RSA", "pkcs1", EVP_PKEY_KEYPAIR},
        {"RSA", "pkcs1", EVP_PKEY_PUBLIC_KEY},
        {"EC", "type-specific", EVP_PKEY_KEYPAIR},
    };
    for (size_t i = 0; i < JK_COUNT_OF(rows); i++) {
        EVP_PKEY *made = rows[i].type[0] == 'R'
                             ? EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)2048)
                             : EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-384");
        OSSL_ENCODER_CTX *encoder = OSSL_ENCODER_CTX_new_for_pkey(
            made, rows[i].selection, "DER", rows[i].structure, NULL);
        unsigned char *der = NULL;
        size_t size = 0;
        assert_int_equal(OSSL_ENCODER_to_data(encoder, &der, &size), 1);
        jwkeep_jwk *key = NULL;
        assert_int_equal(read_text(jwkeep_span_of(der, size), NULL, &key), JWKEEP_OK);
        assert_int_equal(jwkeep_jwk_is_private(key), rows[i].selection == EVP_PKEY_KEYPAIR);
        jwkeep_jwk_unref(key);
        OPENSSL_free(der);
        OSSL_ENCODER_CTX_free(encoder);
        EVP_PKEY_free(made);
    }
}

static void refuses_every_cut_and_every_byte_after(void **state) {
    (void)state;
    for (int secret = 0; secret < 2; secret++) {
        jwkeep_buffer der;
        jwkeep_jwk *key = NULL;
        jwkeep_jwk_export_options options = {.format = JWKEEP_JWK_FORMAT_DER,
                                             .with_private = secret};
        write_key(pairs[1], &options, &der);
        for (size_t size = 0; size < der.size; size++)
            assert_int_equal(read_text(jwkeep_span_of(der.data, size), NULL, &key),
                             JWKEEP_PEM_INVALID);
        assert_int_equal(jwkeep_buffer_append(&der, JWKEEP_SPAN("\0")), JWKEEP_OK);
        assert_int_equal(read_text(jwkeep_buffer_span(&der), NULL, &key), JWKEEP_PEM_INVALID);
        jwkeep_buffer_done(&der);
    }
}

static void parse_pem_reads_no_der(void **state) {
    (void)state;
    jwkeep_buffer der;
    jwkeep_jwk *key = NULL;
    jwkeep_jwk_export_options options = {.format = JWKEEP_JWK_FORMAT_DER};
    write_key(pairs[1], &options, &der);
    assert_int_equal(jwkeep_jwk_parse_pem(jwkeep_buffer_span(&der), &key, NULL),
                     JWKEEP_PEM_INVALID);
    jwkeep_buffer_done(&der);
}

static jwkeep_code export_code(const jwkeep_jwk *key, jwkeep_jwk_export_options options) {
    jwkeep_buffer text;
    jwkeep_error error = {0};
    jwkeep_buffer_init(&text, MAX_TEXT);
    jwkeep_code code = jwkeep_jwk_export(key, &options, &text, &error);
    assert_int_equal(error.code, code);
    assert_true(code != JWKEEP_OK && text.size == 0);
    jwkeep_buffer_done(&text);
    return code;
}

static void refuses_to_write_what_has_no_form(void **state) {
    (void)state;
    jwkeep_jwk *secret = key_of("{\"kty\":\"oct\",\"k\":\"AyM1SysPpbyDfgZld3umj1qzKObwVMko\"}");
    jwkeep_jwk *half = NULL;
    assert_int_equal(jwkeep_jwk_public(pairs[1], &half, NULL), JWKEEP_OK);
    jwkeep_jwk_export_options bare = {.format = JWKEEP_JWK_FORMAT_PEM};
    jwkeep_jwk_export_options whole = {.with_private = true};
    assert_int_equal(export_code(secret, bare), JWKEEP_JWK_NOT_PUBLIC);
    assert_int_equal(export_code(secret, whole), JWKEEP_JWK_NOT_PUBLIC);
    assert_int_equal(export_code(half, whole), JWKEEP_MISUSE_PRIVATE_NEEDED);
    jwkeep_jwk_unref(secret);
    jwkeep_jwk_unref(half);
}

static void refuses_options_that_contradict_each_other(void **state) {
    (void)state;
    static uint8_t long_passphrase[JWKEEP_PASSPHRASE_MAX_BYTES + 1];
    const jwkeep_span text = JWKEEP_SPAN("right");
    const jwkeep_jwk_export_options rows[] = {
        {.format = (jwkeep_jwk_format)2},
        {.iterations = 1000, .with_private = true},
        {.passphrase = text},
        {.passphrase = JWKEEP_SPAN(""), .with_private = true},
        {.passphrase = {long_passphrase, sizeof long_passphrase}, .with_private = true},
        {.passphrase = text, .with_private = true, .iterations = 999},
        {.passphrase = text, .with_private = true, .iterations = UINT32_MAX},
    };
    for (size_t i = 0; i < JK_COUNT_OF(rows); i++)
        assert_int_equal(export_code(pairs[1], rows[i]), JWKEEP_MISUSE_ARGUMENT);
}

static void an_output_that_is_too_small_stays_empty(void **state) {
    (void)state;
    uint8_t storage[16];
    jwkeep_buffer text;
    jwkeep_jwk_export_options options = {.with_private = true};
    jwkeep_buffer_init_fixed(&text, storage, sizeof storage);
    assert_int_equal(jwkeep_jwk_export(pairs[1], &options, &text, NULL),
                     JWKEEP_MISUSE_TOO_SMALL);
    assert_int_equal(text.size, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(comes_back_from_pem_and_der),
        cmocka_unit_test(comes_back_encrypted),
        cmocka_unit_test(tries_three_passphrases_and_no_more),
        cmocka_unit_test(asks_nobody_when_trying_costs_too_much),
        cmocka_unit_test(reads_scrypt_within_its_bound),
        cmocka_unit_test(refuses_schemes_older_than_pbes2),
        cmocka_unit_test(bounds_the_text),
        cmocka_unit_test(reads_pkcs1_and_sec1_in_der),
        cmocka_unit_test(refuses_every_cut_and_every_byte_after),
        cmocka_unit_test(parse_pem_reads_no_der),
        cmocka_unit_test(refuses_to_write_what_has_no_form),
        cmocka_unit_test(refuses_options_that_contradict_each_other),
        cmocka_unit_test(an_output_that_is_too_small_stays_empty),
    };
    return cmocka_run_group_tests(tests, make_pairs, free_pairs);
}
