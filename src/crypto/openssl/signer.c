/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the contexts of RSA and EC keys. Measured on OpenSSL 3.0: hash and EVP_PKEY_verify on
 * contexts set up once take a sixth less than EVP_DigestVerify set up each time. */
#include "crypto/openssl/signer.h"
#include "base/allocator.h"
#include "base/error.h"
#include "crypto/openssl/context_pool.h"
#include "crypto/openssl/failure.h"
#include "crypto/openssl/fetched.h"
#include <openssl/rsa.h>

/* One of the two things a key does, set up for one algorithm at a time. */
typedef struct operation {
    EVP_PKEY_CTX *key_context;
    const jk_algorithm_info *ready_for; /* NULL: not set up */
} operation;

typedef struct context {
    EVP_PKEY *key; /* a copy: its locks and counters belong to the context's user */
    EVP_MD_CTX *hash;
    const EVP_MD *hash_kind; /* that `hash` is set up for */
    operation verify;
    operation sign;
} context;

struct jk_signer {
    EVP_PKEY *key;
    jk_context_pool pool;
};

static void free_context(context *used) {
    if (!used)
        return;
    EVP_PKEY_CTX_free(used->verify.key_context);
    EVP_PKEY_CTX_free(used->sign.key_context);
    EVP_MD_CTX_free(used->hash);
    EVP_PKEY_free(used->key);
    jk_free(used);
}

static jwkeep_code make_context(const jk_signer *signer, context **ret_context,
                                jwkeep_error *error) {
    context *made = jk_alloc_zeroed(1, sizeof *made);
    if (!made)
        return jk_fail(error, JWKEEP_OUT_OF_MEMORY);
    made->key = EVP_PKEY_dup(signer->key);
    made->hash = EVP_MD_CTX_new();
    if (!made->key || !made->hash) {
        free_context(made);
        return jk_openssl_fail(error);
    }
    *ret_context = made;
    return JWKEEP_OK;
}

static jwkeep_code borrow(jk_signer *signer, context **ret_context, jwkeep_error *error) {
    context *parked = jk_context_pool_take(&signer->pool);
    if (!parked)
        return make_context(signer, ret_context, error);
    *ret_context = parked;
    return JWKEEP_OK;
}

static void give_back(jk_signer *signer, context *used) {
    if (!jk_context_pool_park(&signer->pool, used))
        free_context(used);
}

static bool digest(context *used, const jk_algorithm_info *info, jwkeep_span message,
                   uint8_t ret_digest[EVP_MAX_MD_SIZE]) {
    const EVP_MD *hash = jk_fetched_hash(info);
    const EVP_MD *changed = hash == used->hash_kind ? NULL : hash;
    used->hash_kind = NULL;
    if (!hash || EVP_DigestInit_ex2(used->hash, changed, NULL) != 1 ||
        EVP_DigestUpdate(used->hash, message.data, message.size) != 1 ||
        EVP_DigestFinal_ex(used->hash, ret_digest, NULL) != 1)
        return false;
    used->hash_kind = hash;
    return true;
}

/* RFC 7518 §3.5: the mask uses the same hash, the salt is as long as it. */
static bool set_padding(EVP_PKEY_CTX *key_context, const jk_algorithm_info *info) {
    if (info->family == JK_FAMILY_RSA_PKCS1)
        return EVP_PKEY_CTX_set_rsa_padding(key_context, RSA_PKCS1_PADDING) == 1;
    if (info->family != JK_FAMILY_RSA_PSS)
        return true;
    return EVP_PKEY_CTX_set_rsa_padding(key_context, RSA_PKCS1_PSS_PADDING) == 1 &&
           EVP_PKEY_CTX_set_rsa_mgf1_md(key_context, jk_fetched_hash(info)) == 1 &&
           EVP_PKEY_CTX_set_rsa_pss_saltlen(key_context, info->hash_bytes) == 1;
}

/* A new EVP_PKEY_CTX each time the algorithm changes: no parameter of the old one can stay
 * behind in it. */
static bool set_up(operation *which, EVP_PKEY *key, int (*init)(EVP_PKEY_CTX *),
                   const jk_algorithm_info *info) {
    if (JK_LIKELY(which->ready_for == info))
        return true;
    which->ready_for = NULL;
    EVP_PKEY_CTX_free(which->key_context);
    which->key_context = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
    if (!which->key_context || init(which->key_context) != 1 ||
        !set_padding(which->key_context, info) ||
        EVP_PKEY_CTX_set_signature_md(which->key_context, jk_fetched_hash(info)) != 1)
        return false;
    which->ready_for = info;
    return true;
}

/* With a context that was borrowed: it goes back, or is given up. */
static jwkeep_code verify_hashed(jk_signer *signer, context *used,
                                 const jk_algorithm_info *info, jwkeep_span hashed,
                                 jwkeep_span signature, jwkeep_error *error) {
    if (!set_up(&used->verify, used->key, EVP_PKEY_verify_init, info)) {
        free_context(used);
        return jk_openssl_fail(error);
    }
    int verdict = EVP_PKEY_verify(used->verify.key_context, signature.data, signature.size,
                                  hashed.data, hashed.size);
    give_back(signer, used);
    return verdict == 1 ? JWKEEP_OK : jk_openssl_refuse_signature(error, info);
}

static jwkeep_code sign_hashed(jk_signer *signer, context *used, const jk_algorithm_info *info,
                               jwkeep_span hashed, uint8_t *ret_signature, size_t *size,
                               jwkeep_error *error) {
    if (!set_up(&used->sign, used->key, EVP_PKEY_sign_init, info) ||
        EVP_PKEY_sign(used->sign.key_context, ret_signature, size, hashed.data, hashed.size) !=
            1) {
        free_context(used);
        return jk_openssl_fail(error);
    }
    give_back(signer, used);
    return JWKEEP_OK;
}

/* Borrows a context, in which the message is hashed. */
static jwkeep_code begin(jk_signer *signer, const jk_algorithm_info *info, jwkeep_span message,
                         context **ret_used, uint8_t ret_hashed[EVP_MAX_MD_SIZE],
                         jwkeep_error *error) {
    context *used = NULL;
    jwkeep_code code = borrow(signer, &used, error);
    if (!used)
        return code;
    if (!digest(used, info, message, ret_hashed)) {
        free_context(used);
        return jk_openssl_fail(error);
    }
    *ret_used = used;
    return JWKEEP_OK;
}

jwkeep_code jk_signer_verify(jk_signer *signer, const jk_algorithm_info *info,
                             jwkeep_span message, jwkeep_span signature, jwkeep_error *error) {
    context *used;
    uint8_t hashed[EVP_MAX_MD_SIZE];
    jwkeep_code code = begin(signer, info, message, &used, hashed, error);
    if (code)
        return code;
    return verify_hashed(signer, used, info, jwkeep_span_of(hashed, info->hash_bytes),
                         signature, error);
}

jwkeep_code jk_signer_verify_digest(jk_signer *signer, const jk_algorithm_info *info,
                                    jwkeep_span digest, jwkeep_span signature,
                                    jwkeep_error *error) {
    context *used = NULL;
    jwkeep_code code = borrow(signer, &used, error);
    return used ? verify_hashed(signer, used, info, digest, signature, error) : code;
}

jwkeep_code jk_signer_sign(jk_signer *signer, const jk_algorithm_info *info,
                           jwkeep_span message, uint8_t *ret_signature, size_t *size,
                           jwkeep_error *error) {
    context *used;
    uint8_t hashed[EVP_MAX_MD_SIZE];
    jwkeep_code code = begin(signer, info, message, &used, hashed, error);
    if (code)
        return code;
    return sign_hashed(signer, used, info, jwkeep_span_of(hashed, info->hash_bytes),
                       ret_signature, size, error);
}

jwkeep_code jk_signer_sign_digest(jk_signer *signer, const jk_algorithm_info *info,
                                  jwkeep_span digest, uint8_t *ret_signature, size_t *size,
                                  jwkeep_error *error) {
    context *used = NULL;
    jwkeep_code code = borrow(signer, &used, error);
    return used ? sign_hashed(signer, used, info, digest, ret_signature, size, error) : code;
}

jwkeep_code jk_signer_new(EVP_PKEY *key, jk_signer **ret_signer, jwkeep_error *error) {
    jk_signer *signer = jk_alloc_zeroed(1, sizeof *signer);
    if (!signer)
        return jk_fail(error, JWKEEP_OUT_OF_MEMORY);
    signer->key = key;
    jk_context_pool_init(&signer->pool);
    *ret_signer = signer;
    return JWKEEP_OK;
}

void jk_signer_free(jk_signer *signer) {
    if (!signer)
        return;
    for (void *parked; (parked = jk_context_pool_take(&signer->pool)) != NULL;)
        free_context(parked);
    EVP_PKEY_free(signer->key);
    jk_free(signer);
}
