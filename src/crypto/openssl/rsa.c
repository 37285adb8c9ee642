/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns RSA keys (RFC 7518 §6.3) with RSASSA-PKCS1-v1_5 (§3.3) and RSASSA-PSS (§3.5). */
#include "base/error.h"
#include "crypto/openssl/backend.h"
#include "crypto/openssl/failure.h"
#include "crypto/openssl/numbers.h"
#include "crypto/openssl/openssl.h"
#include "crypto/openssl/rsa_numbers.h"
#include "crypto/openssl/signer.h"
#include <openssl/core_names.h>
#include <openssl/param_build.h>

static jwkeep_code verify(void *state, const jk_algorithm_info *info, jwkeep_span message,
                          jwkeep_span signature, jwkeep_error *error) {
    return jk_signer_verify(state, info, message, signature, error);
}

static jwkeep_code sign(void *state, const jk_algorithm_info *info, jwkeep_span message,
                        uint8_t *ret_signature, size_t signature_bytes, jwkeep_error *error) {
    size_t size = signature_bytes;
    jwkeep_code code = jk_signer_sign(state, info, message, ret_signature, &size, error);
    if (!code && size != signature_bytes)
        return jk_fail(error, JWKEEP_CRYPTO_FAILED);
    return code;
}

static jwkeep_code sign_digest(void *state, const jk_algorithm_info *info, jwkeep_span digest,
                               uint8_t *ret_signature, size_t signature_bytes,
                               jwkeep_error *error) {
    size_t size = signature_bytes;
    jwkeep_code code = jk_signer_sign_digest(state, info, digest, ret_signature, &size, error);
    if (!code && size != signature_bytes)
        return jk_fail(error, JWKEEP_CRYPTO_FAILED);
    return code;
}

static jwkeep_code verify_digest(void *state, const jk_algorithm_info *info, jwkeep_span digest,
                                 jwkeep_span signature, jwkeep_error *error) {
    return jk_signer_verify_digest(state, info, digest, signature, error);
}

static void free_state(void *state) {
    jk_signer_free(state);
}

static bool push(OSSL_PARAM_BLD *builder, const char *name, const BIGNUM *number) {
    return !number || OSSL_PARAM_BLD_push_BN(builder, name, number) == 1;
}

/* The caller frees; all is wiped when freed, for the BIGNUMs are secret ones. */
static OSSL_PARAM *list_parameters(const jk_rsa_numbers *numbers) {
    OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    OSSL_PARAM *parameters = NULL;
    if (builder && push(builder, OSSL_PKEY_PARAM_RSA_N, numbers->n) &&
        push(builder, OSSL_PKEY_PARAM_RSA_E, numbers->e) &&
        push(builder, OSSL_PKEY_PARAM_RSA_D, numbers->d) &&
        push(builder, OSSL_PKEY_PARAM_RSA_FACTOR1, numbers->p) &&
        push(builder, OSSL_PKEY_PARAM_RSA_FACTOR2, numbers->q) &&
        push(builder, OSSL_PKEY_PARAM_RSA_EXPONENT1, numbers->dp) &&
        push(builder, OSSL_PKEY_PARAM_RSA_EXPONENT2, numbers->dq) &&
        push(builder, OSSL_PKEY_PARAM_RSA_COEFFICIENT1, numbers->qi))
        parameters = OSSL_PARAM_BLD_to_param(builder);
    OSSL_PARAM_BLD_free(builder);
    return parameters;
}

static jwkeep_code build(const jk_rsa_numbers *numbers, EVP_PKEY **ret_key,
                         jwkeep_error *error) {
    int selection = numbers->d ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY;
    OSSL_PARAM *parameters = list_parameters(numbers);
    EVP_PKEY_CTX *maker = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
    bool is_made = parameters && maker && EVP_PKEY_fromdata_init(maker) == 1 &&
                   EVP_PKEY_fromdata(maker, ret_key, selection, parameters) == 1;
    EVP_PKEY_CTX_free(maker);
    OSSL_PARAM_free(parameters);
    return is_made ? JWKEEP_OK : jk_openssl_fail(error);
}

jwkeep_code jk_openssl_make_rsa(const jk_key_material *material, EVP_PKEY **ret_key,
                                jwkeep_error *error) {
    jk_rsa_numbers numbers;
    jwkeep_code code = jk_rsa_numbers_init(&numbers, material, error);
    if (code)
        return code;
    if (numbers.d)
        code = jk_rsa_numbers_check(&numbers, error);
    if (!code)
        code = build(&numbers, ret_key, error);
    jk_rsa_numbers_done(&numbers);
    return code;
}

/* The congruences hold for factors that are not prime as well: one signature tells. */
static jwkeep_code try_pair(jk_signer *signer, size_t signature_bytes, jwkeep_error *error) {
    const jk_algorithm_info *info = jk_algorithm_info_of(JWKEEP_ALGORITHM_RS256);
    jwkeep_span message = JWKEEP_SPAN("pair");
    uint8_t signature[JK_SIGNATURE_MAX_BYTES];
    jwkeep_error cause;
    jwkeep_code code = sign(signer, info, message, signature, signature_bytes, &cause);
    if (!code)
        code = jk_signer_verify(signer, info, message,
                                jwkeep_span_of(signature, signature_bytes), &cause);
    if (code == JWKEEP_OUT_OF_MEMORY)
        return jk_fail(error, code);
    return code ? jk_fail_at(error, JWKEEP_JWK_KEY_MISMATCH, "d", "RFC 8017 §3.2",
                             JWKEEP_NO_OFFSET)
                : JWKEEP_OK;
}

jwkeep_code jk_openssl_prepare_rsa(const jk_key_material *numbers, jk_key_engine *ret_engine,
                                   jwkeep_error *error) {
    static const jk_key_ops ops = {verify, sign, free_state, verify_digest, sign_digest};
    EVP_PKEY *key = NULL;
    jk_signer *signer;
    jwkeep_code code = jk_openssl_make_rsa(numbers, &key, error);
    if (!code)
        code = jk_signer_new(key, &signer, error);
    if (code) {
        EVP_PKEY_free(key);
        return code;
    }
    if (jwkeep_span_is_present(numbers->d))
        code = try_pair(signer, numbers->n.size, error);
    if (code) {
        jk_signer_free(signer);
        return code;
    }
    *ret_engine = (jk_key_engine){&ops, signer};
    return JWKEEP_OK;
}

static jwkeep_code store(const jk_rsa_numbers *numbers, jk_arena *arena,
                         jk_key_material *material, jwkeep_error *error) {
    const struct {
        const BIGNUM *number;
        jwkeep_span *member;
    } members[] = {
        {numbers->p, &material->p},   {numbers->q, &material->q},
        {numbers->dp, &material->dp}, {numbers->dq, &material->dq},
        {numbers->qi, &material->qi},
    };
    for (size_t i = 0; i < JK_COUNT_OF(members); i++) {
        jwkeep_code code =
            jk_openssl_number_store(members[i].number, 0, arena, members[i].member, error);
        if (code)
            return code;
    }
    return JWKEEP_OK;
}

jwkeep_code jk_openssl_rsa_complete(const jk_key_material *material, jk_arena *scratch,
                                    jk_key_material *ret_material, jwkeep_error *error) {
    jk_rsa_numbers numbers;
    jk_key_material complete = *material;
    jwkeep_code code = jk_rsa_numbers_init(&numbers, material, error);
    if (code)
        return code;
    code = jk_rsa_numbers_factor(&numbers, error);
    if (!code)
        code = store(&numbers, scratch, &complete, error);
    jk_rsa_numbers_done(&numbers);
    if (!code)
        *ret_material = complete;
    return code;
}
