/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns HMAC (RFC 7518 §3.2): contexts that keep the key's two half-computed hashes and start
 * again from there. */
#include "base/allocator.h"
#include "base/error.h"
#include "base/secret.h"
#include "crypto/openssl/backend.h"
#include "crypto/openssl/context_pool.h"
#include "crypto/openssl/failure.h"
#include "crypto/openssl/fetched.h"
#include <openssl/core_names.h>
#include <openssl/params.h>

#define TAG_MAX_BYTES 64u

typedef struct context {
    EVP_MAC_CTX *mac;
    const jk_algorithm_info *keyed_for; /* NULL: has no key yet */
} context;

typedef struct hmac_state {
    jwkeep_span k; /* of the key's numbers */
    jk_context_pool pool;
} hmac_state;

static void free_context(context *used) {
    if (!used)
        return;
    EVP_MAC_CTX_free(used->mac);
    jk_free(used);
}

static jwkeep_code make_context(context **ret_context, jwkeep_error *error) {
    EVP_MAC *hmac = jk_fetched_hmac();
    if (!hmac)
        return jk_fail(error, JWKEEP_CRYPTO_FAILED);
    context *made = jk_alloc_zeroed(1, sizeof *made);
    if (!made)
        return jk_fail(error, JWKEEP_OUT_OF_MEMORY);
    made->mac = EVP_MAC_CTX_new(hmac);
    if (!made->mac) {
        free_context(made);
        return jk_openssl_fail(error);
    }
    *ret_context = made;
    return JWKEEP_OK;
}

static jwkeep_code borrow(hmac_state *state, context **ret_context, jwkeep_error *error) {
    context *parked = jk_context_pool_take(&state->pool);
    if (!parked)
        return make_context(ret_context, error);
    *ret_context = parked;
    return JWKEEP_OK;
}

static bool start(context *used, const hmac_state *state, const jk_algorithm_info *info) {
    if (used->keyed_for == info)
        return EVP_MAC_init(used->mac, NULL, 0, NULL) == 1;
    char hash[16];
    size_t size = strlen(info->hash) + 1;
    if (size > sizeof hash)
        return false;
    memcpy(hash, info->hash, size);
    OSSL_PARAM parameters[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, hash, 0),
        OSSL_PARAM_construct_end(),
    };
    used->keyed_for = NULL;
    if (EVP_MAC_init(used->mac, state->k.data, state->k.size, parameters) != 1)
        return false;
    used->keyed_for = info;
    return true;
}

static bool compute(context *used, const hmac_state *state, const jk_algorithm_info *info,
                    jwkeep_span message, uint8_t ret_tag[TAG_MAX_BYTES]) {
    size_t size;
    return start(used, state, info) &&
           EVP_MAC_update(used->mac, message.data, message.size) == 1 &&
           EVP_MAC_final(used->mac, ret_tag, &size, TAG_MAX_BYTES) == 1 &&
           size == info->hash_bytes;
}

static jwkeep_code tag(hmac_state *state, const jk_algorithm_info *info, jwkeep_span message,
                       uint8_t ret_tag[TAG_MAX_BYTES], jwkeep_error *error) {
    context *used = NULL;
    jwkeep_code code = borrow(state, &used, error);
    if (!used)
        return code;
    if (!compute(used, state, info, message, ret_tag)) {
        free_context(used);
        return jk_openssl_fail(error);
    }
    if (!jk_context_pool_park(&state->pool, used))
        free_context(used);
    return JWKEEP_OK;
}

static jwkeep_code verify(void *key_state, const jk_algorithm_info *info, jwkeep_span message,
                          jwkeep_span signature, jwkeep_error *error) {
    uint8_t expected[TAG_MAX_BYTES];
    jwkeep_code code = tag(key_state, info, message, expected, error);
    if (!code && !jk_secret_equals(jwkeep_span_of(expected, info->hash_bytes), signature))
        code = jk_fail_signature(info, error);
    jk_secret_wipe(expected, sizeof expected);
    return code;
}

static jwkeep_code sign(void *key_state, const jk_algorithm_info *info, jwkeep_span message,
                        uint8_t *ret_signature, size_t signature_bytes, jwkeep_error *error) {
    uint8_t computed[TAG_MAX_BYTES];
    jwkeep_code code = tag(key_state, info, message, computed, error);
    if (!code)
        memcpy(ret_signature, computed, signature_bytes);
    jk_secret_wipe(computed, sizeof computed);
    return code;
}

static void free_state(void *key_state) {
    hmac_state *state = key_state;
    for (void *parked; (parked = jk_context_pool_take(&state->pool)) != NULL;)
        free_context(parked);
    jk_free(state);
}

jwkeep_code jk_openssl_prepare_hmac(const jk_key_material *numbers, jk_key_engine *ret_engine,
                                    jwkeep_error *error) {
    static const jk_key_ops ops = {verify, sign, free_state, NULL, NULL};
    hmac_state *state = jk_alloc_zeroed(1, sizeof *state);
    if (!state)
        return jk_fail(error, JWKEEP_OUT_OF_MEMORY);
    state->k = numbers->k;
    jk_context_pool_init(&state->pool);
    *ret_engine = (jk_key_engine){&ops, state};
    return JWKEEP_OK;
}
