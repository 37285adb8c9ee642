/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns encrypted private keys (EncryptedPrivateKeyInfo, RFC 5958 §3) under PBES2. */
#include "crypto/openssl/encrypted_key.h"
#include "crypto/openssl/failure.h"
#include "crypto/passphrase.h"
#include <openssl/asn1t.h>
#include <openssl/err.h>
#include <openssl/pkcs12.h>
#include <openssl/rand.h>

#define SALT_BYTES 16

/* A round of PBKDF2 is two hashes; scrypt mixes N · r · p blocks of 128 bytes, each the work of
 * about as much. */
static bool read_cost(const ASN1_INTEGER *number, uint64_t *ret_cost) {
    return number && ASN1_INTEGER_get_uint64(ret_cost, number) == 1 && *ret_cost > 0;
}

static bool pbkdf2_cost(const ASN1_TYPE *parameter, uint64_t *ret_cost) {
    PBKDF2PARAM *numbers = ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(PBKDF2PARAM), parameter);
    bool is_read = numbers && read_cost(numbers->iter, ret_cost);
    PBKDF2PARAM_free(numbers);
    return is_read;
}

static bool scrypt_cost(const ASN1_TYPE *parameter, uint64_t *ret_cost) {
    SCRYPT_PARAMS *numbers =
        ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(SCRYPT_PARAMS), parameter);
    uint64_t n = 0;
    uint64_t r = 0;
    uint64_t p = 0;
    bool is_read = numbers && read_cost(numbers->costParameter, &n) &&
                   read_cost(numbers->blockSize, &r) &&
                   read_cost(numbers->parallelizationParameter, &p);
    SCRYPT_PARAMS_free(numbers);
    bool is_huge = __builtin_mul_overflow(n, r, ret_cost);
    is_huge = is_huge || __builtin_mul_overflow(*ret_cost, p, ret_cost);
    if (is_huge)
        *ret_cost = UINT64_MAX;
    return is_read;
}

static bool function_cost(const X509_ALGOR *function, uint64_t *ret_cost) {
    switch (OBJ_obj2nid(function->algorithm)) {
    case NID_id_pbkdf2:
        return pbkdf2_cost(function->parameter, ret_cost);
    case NID_id_scrypt:
        return scrypt_cost(function->parameter, ret_cost);
    default:
        return false;
    }
}

/* False if `locked` is under another scheme than PBES2 with one of the two functions. */
static bool read_scheme(const X509_SIG *locked, uint64_t *ret_cost) {
    const X509_ALGOR *scheme;
    X509_SIG_get0(locked, &scheme, NULL);
    if (OBJ_obj2nid(scheme->algorithm) != NID_pbes2)
        return false;
    PBE2PARAM *both = ASN1_TYPE_unpack_sequence(ASN1_ITEM_rptr(PBE2PARAM), scheme->parameter);
    bool is_read = both && function_cost(both->keyfunc, ret_cost);
    PBE2PARAM_free(both);
    return is_read;
}

static jwkeep_code check_scheme(const X509_SIG *locked, const jk_key_source *source,
                                jwkeep_error *error) {
    uint64_t cost = 0;
    if (!read_scheme(locked, &cost)) {
        ERR_clear_error();
        return jk_fail_text(error, JWKEEP_PEM_INVALID,
                            "the key is encrypted in another way than PBES2", NULL,
                            "RFC 8018 §6.2");
    }
    if (cost > source->max_passphrase_rounds)
        return jk_fail_at(error, JWKEEP_PASSPHRASE_TOO_COSTLY, NULL, "RFC 8018 §4.2",
                          JWKEEP_NO_OFFSET);
    return JWKEEP_OK;
}

typedef struct opening {
    const X509_SIG *locked;
    EVP_PKEY *key;
    bool lacks_memory;
} opening;

/* A wrong passphrase shows in the padding, or in what is then no key. */
static bool open_key(void *lock, jwkeep_span passphrase, bool *ret_is_over) {
    opening *work = lock;
    const char *text = passphrase.data ? (const char *)passphrase.data : "";
    PKCS8_PRIV_KEY_INFO *plain = PKCS8_decrypt(work->locked, text, (int)passphrase.size);
    work->key = plain ? EVP_PKCS82PKEY(plain) : NULL;
    PKCS8_PRIV_KEY_INFO_free(plain);
    work->lacks_memory = jk_openssl_take_memory_failure();
    *ret_is_over = work->lacks_memory;
    return work->key != NULL;
}

static jwkeep_code open_locked(const X509_SIG *locked, const jk_key_source *source,
                               EVP_PKEY **ret_key, jwkeep_error *error) {
    opening work = {.locked = locked};
    jwkeep_code code = check_scheme(locked, source, error);
    if (code)
        return code;
    code = jk_passphrase_open(source->passphrase, open_key, &work, error);
    if (code && work.lacks_memory)
        return jk_fail(error, JWKEEP_OUT_OF_MEMORY);
    if (!code)
        *ret_key = work.key;
    return code;
}

jwkeep_code jk_encrypted_key_read(jwkeep_span der, const jk_key_source *source,
                                  EVP_PKEY **ret_key, jwkeep_error *error) {
    const unsigned char *next = der.data;
    X509_SIG *locked = d2i_X509_SIG(NULL, &next, (long)der.size);
    jwkeep_code code = locked && next == der.data + der.size
                           ? open_locked(locked, source, ret_key, error)
                           : jk_openssl_refuse(error, JWKEEP_PEM_INVALID, NULL, "RFC 5958 §3");
    X509_SIG_free(locked);
    return code;
}

X509_SIG *jk_encrypted_key_make(PKCS8_PRIV_KEY_INFO *plain, jwkeep_span passphrase,
                                uint32_t iterations) {
    unsigned char salt[SALT_BYTES];
    if (RAND_bytes(salt, sizeof salt) != 1)
        return NULL;
    return PKCS8_encrypt(-1, EVP_aes_256_cbc(), (const char *)passphrase.data,
                         (int)passphrase.size, salt, sizeof salt, (int)iterations, plain);
}
