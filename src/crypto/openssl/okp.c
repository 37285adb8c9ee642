/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns EdDSA (RFC 8037): Ed25519 and Ed448 keys and their one-shot signatures. */
#include "base/allocator.h"
#include "base/error.h"
#include "base/secret.h"
#include "crypto/openssl/backend.h"
#include "crypto/openssl/context_pool.h"
#include "crypto/openssl/failure.h"
#include "crypto/openssl/numbers.h"

#define KEY_MAX_BYTES 57u

typedef struct context {
    EVP_PKEY *key; /* a copy: its counters belong to the context's user */
    EVP_MD_CTX *verify;
    EVP_MD_CTX *sign; /* NULL until something is signed */
} context;

typedef struct okp_state {
    EVP_PKEY *key;
    jk_context_pool pool;
} okp_state;

static void free_context(context *used) {
    if (!used)
        return;
    EVP_MD_CTX_free(used->verify);
    EVP_MD_CTX_free(used->sign);
    EVP_PKEY_free(used->key);
    jk_free(used);
}

static bool fill_context(context *made, EVP_PKEY *key) {
    made->key = EVP_PKEY_dup(key);
    made->verify = EVP_MD_CTX_new();
    return made->key && made->verify &&
           EVP_DigestVerifyInit(made->verify, NULL, NULL, NULL, made->key) == 1;
}

static jwkeep_code make_context(EVP_PKEY *key, context **ret_context, jwkeep_error *error) {
    context *made = jk_alloc_zeroed(1, sizeof *made);
    if (!made)
        return jk_fail(error, JWKEEP_OUT_OF_MEMORY);
    if (!fill_context(made, key)) {
        free_context(made);
        return jk_openssl_fail(error);
    }
    *ret_context = made;
    return JWKEEP_OK;
}

static jwkeep_code borrow(okp_state *state, context **ret_context, jwkeep_error *error) {
    context *parked = jk_context_pool_take(&state->pool);
    if (!parked)
        return make_context(state->key, ret_context, error);
    *ret_context = parked;
    return JWKEEP_OK;
}

static void give_back(okp_state *state, context *used) {
    if (!jk_context_pool_park(&state->pool, used))
        free_context(used);
}

/* The second init of a context keeps its key. */
static jwkeep_code verify(void *key_state, const jk_algorithm_info *info, jwkeep_span message,
                          jwkeep_span signature, jwkeep_error *error) {
    context *used = NULL;
    jwkeep_code code = borrow(key_state, &used, error);
    if (!used)
        return code;
    if (EVP_DigestVerifyInit(used->verify, NULL, NULL, NULL, NULL) != 1) {
        free_context(used);
        return jk_openssl_fail(error);
    }
    int verdict = EVP_DigestVerify(used->verify, signature.data, signature.size, message.data,
                                   message.size);
    give_back(key_state, used);
    return verdict == 1 ? JWKEEP_OK : jk_openssl_refuse_signature(error, info);
}

static bool start_signing(context *used) {
    if (used->sign)
        return EVP_DigestSignInit(used->sign, NULL, NULL, NULL, NULL) == 1;
    used->sign = EVP_MD_CTX_new();
    return used->sign && EVP_DigestSignInit(used->sign, NULL, NULL, NULL, used->key) == 1;
}

static jwkeep_code sign(void *key_state, const jk_algorithm_info *info, jwkeep_span message,
                        uint8_t *ret_signature, size_t signature_bytes, jwkeep_error *error) {
    (void)info;
    context *used = NULL;
    jwkeep_code code = borrow(key_state, &used, error);
    if (!used)
        return code;
    size_t size = signature_bytes;
    if (!start_signing(used) ||
        EVP_DigestSign(used->sign, ret_signature, &size, message.data, message.size) != 1 ||
        size != signature_bytes) {
        free_context(used);
        return jk_openssl_fail(error);
    }
    give_back(key_state, used);
    return JWKEEP_OK;
}

static void free_state(void *key_state) {
    okp_state *state = key_state;
    for (void *parked; (parked = jk_context_pool_take(&state->pool)) != NULL;)
        free_context(parked);
    EVP_PKEY_free(state->key);
    jk_free(state);
}

/* RFC 8037 §2: `d` gives one public key, which must be `x`. */
static jwkeep_code check_pair(const EVP_PKEY *key, jwkeep_span x, jwkeep_error *error) {
    uint8_t derived[KEY_MAX_BYTES];
    size_t size = sizeof derived;
    if (EVP_PKEY_get_raw_public_key(key, derived, &size) != 1)
        return jk_openssl_fail(error);
    if (!jk_secret_equals(jwkeep_span_of(derived, size), x))
        return jk_fail_at(error, JWKEEP_JWK_KEY_MISMATCH, "d", "RFC 8037 §2", JWKEEP_NO_OFFSET);
    return JWKEEP_OK;
}

jwkeep_code jk_openssl_make_okp(const jk_key_material *numbers, EVP_PKEY **ret_key,
                                jwkeep_error *error) {
    const char *name = jk_openssl_curve_name(numbers->crv);
    bool is_private = jwkeep_span_is_present(numbers->d);
    EVP_PKEY *key = is_private
                        ? EVP_PKEY_new_raw_private_key_ex(NULL, name, NULL, numbers->d.data,
                                                          numbers->d.size)
                        : EVP_PKEY_new_raw_public_key_ex(NULL, name, NULL, numbers->x.data,
                                                         numbers->x.size);
    if (!key)
        return jk_openssl_fail(error);
    *ret_key = key;
    return is_private ? check_pair(key, numbers->x, error) : JWKEEP_OK;
}

jwkeep_code jk_openssl_prepare_okp(const jk_key_material *numbers, jk_key_engine *ret_engine,
                                   jwkeep_error *error) {
    static const jk_key_ops ops = {verify, sign, free_state, NULL, NULL};
    okp_state *state = jk_alloc_zeroed(1, sizeof *state);
    if (!state)
        return jk_fail(error, JWKEEP_OUT_OF_MEMORY);
    jk_context_pool_init(&state->pool);
    jwkeep_code code = jk_openssl_make_okp(numbers, &state->key, error);
    if (code) {
        free_state(state);
        return code;
    }
    *ret_engine = (jk_key_engine){&ops, state};
    return JWKEEP_OK;
}
