/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the life of a key and the checks that come before an engine is asked. Refuses to
 * compute anything itself. */
#include "base/allocator.h"
#include "base/error.h"
#include "base/secret.h"
#include "crypto/engine.h"
#include "crypto/openssl/openssl.h"
#include "crypto/stream.h"

void jk_key_free(jk_key *key) {
    if (!key)
        return;
    if (key->ahead.engine)
        key->ahead.engine->free(key->ahead.state);
    if (key->openssl.ops)
        key->openssl.ops->free(key->openssl.state);
    jk_arena_done(&key->storage);
    jk_free(key);
}

static size_t fixed_signature_bytes(const jk_key_material *numbers, size_t bits) {
    switch (numbers->kty) {
    case JWKEEP_KTY_RSA:
        return (bits + 7) / 8;
    case JWKEEP_KTY_OKP:
        return 2 * jk_crv_bytes(numbers->crv);
    case JWKEEP_KTY_EC:
    case JWKEEP_KTY_OCT:
    case JWKEEP_KTY_ABSENT:
        break;
    }
    return 0;
}

/* `material` has passed jk_key_material_check and is complete. */
static jwkeep_code fill(jk_key *key, const jk_engine_choice *choice,
                        const jk_key_material *material, size_t bits, jwkeep_error *error) {
    jk_arena_init(&key->storage, jk_key_material_size(material));
    jwkeep_code code = jk_key_material_copy(material, &key->storage, &key->numbers, error);
    if (code)
        return code;
    key->bits = bits;
    key->signature_bytes = fixed_signature_bytes(material, bits);
    key->is_private =
        jwkeep_span_is_present(key->numbers.d) || jwkeep_span_is_present(key->numbers.k);
    code = jk_openssl_prepare(&key->numbers, &key->openssl, error);
    return code ? code : jk_engine_ask(choice, &key->numbers, &key->ahead, error);
}

static jwkeep_code make(const jk_engine_choice *choice, const jk_key_material *material,
                        size_t bits, jk_key **ret_key, jwkeep_error *error) {
    jk_key *key = jk_alloc_zeroed(1, sizeof *key);
    if (!key)
        return jk_fail(error, JWKEEP_OUT_OF_MEMORY);
    jwkeep_code code = fill(key, choice, material, bits, error);
    if (code) {
        jk_key_free(key);
        return code;
    }
    *ret_key = key;
    return JWKEEP_OK;
}

jwkeep_code jk_key_import_with(const jk_engine_choice *choice, const jk_key_material *material,
                               jk_key **ret_key, jwkeep_error *error) {
    size_t bits;
    jwkeep_code code = jk_key_material_check(material, &bits, error);
    if (code)
        return code;
    bool has_factors = jwkeep_span_is_present(material->p);
    if (material->kty != JWKEEP_KTY_RSA || has_factors || !jwkeep_span_is_present(material->d))
        return make(choice, material, bits, ret_key, error);

    jk_arena scratch;
    jk_arena_init(&scratch, JK_KEY_NUMBERS_MAX_BYTES);
    jk_key_material complete;
    code = jk_openssl_rsa_complete(material, &scratch, &complete, error);
    if (!code)
        code = make(choice, &complete, bits, ret_key, error);
    jk_arena_done(&scratch);
    return code;
}

jwkeep_code jk_key_import(const jk_key_material *material, jk_key **ret_key,
                          jwkeep_error *error) {
    jk_engine_choice choice;
    jwkeep_code code = jk_engine_choice_init(&choice, error);
    return code ? code : jk_key_import_with(&choice, material, ret_key, error);
}

jwkeep_code jk_key_read(jwkeep_span bytes, const jk_key_source *source, jk_key **ret_key,
                        jwkeep_error *error) {
    jk_arena scratch;
    jk_arena_init(&scratch, JK_KEY_NUMBERS_MAX_BYTES);
    jk_key_material material;
    jwkeep_code code = jk_openssl_key_read(bytes, source, &scratch, &material, error);
    if (!code)
        code = jk_key_import(&material, ret_key, error);
    jk_arena_done(&scratch);
    return code;
}

jwkeep_code jk_key_write(const jk_key *key, const jk_key_form *form, jwkeep_buffer *buffer,
                         jwkeep_error *error) {
    return jk_openssl_key_write(&key->numbers, form, buffer, error);
}

static bool may_generate(jwkeep_kty kty, jwkeep_crv crv, size_t bits) {
    switch (kty) {
    case JWKEEP_KTY_RSA:
        return !crv && bits % 8 == 0 && bits >= JK_RSA_MIN_BITS && bits <= JK_RSA_MAX_BITS;
    case JWKEEP_KTY_OCT:
        return !crv && bits % 8 == 0 && bits >= JK_OCT_MIN_GENERATED_BITS &&
               bits <= JK_OCT_MAX_BYTES * 8;
    case JWKEEP_KTY_EC:
        return bits == 0 && jk_crv_order(crv);
    case JWKEEP_KTY_OKP:
        return bits == 0 && (crv == JWKEEP_CRV_ED25519 || crv == JWKEEP_CRV_ED448);
    case JWKEEP_KTY_ABSENT:
        break;
    }
    return false;
}

jwkeep_code jk_key_generate(jwkeep_kty kty, jwkeep_crv crv, size_t bits, jk_key **ret_key,
                            jwkeep_error *error) {
    if (bits == 0 && kty == JWKEEP_KTY_RSA)
        bits = JK_RSA_MIN_BITS;
    if (bits == 0 && kty == JWKEEP_KTY_OCT)
        bits = JK_OCT_MIN_GENERATED_BITS;
    if (!may_generate(kty, crv, bits))
        return jk_fail(error, JWKEEP_MISUSE_ARGUMENT);

    jk_arena scratch;
    jk_arena_init(&scratch, JK_KEY_NUMBERS_MAX_BYTES);
    jk_key_material material;
    jwkeep_code code = jk_openssl_generate(kty, crv, bits, &scratch, &material, error);
    if (!code)
        code = jk_key_import(&material, ret_key, error);
    jk_arena_done(&scratch);
    return code;
}

jwkeep_code jk_key_export(const jk_key *key, jk_arena *arena, jk_key_material *ret_material,
                          jwkeep_error *error) {
    return jk_key_material_copy(&key->numbers, arena, ret_material, error);
}

jwkeep_kty jk_key_kty(const jk_key *key) {
    return key->numbers.kty;
}
jwkeep_crv jk_key_crv(const jk_key *key) {
    return key->numbers.crv;
}
size_t jk_key_bits(const jk_key *key) {
    return key->bits;
}
bool jk_key_is_private(const jk_key *key) {
    return key->is_private;
}

/* NULL, with the record filled in, if `key` is not for `algorithm`. */
static const jk_algorithm_info *match(const jk_key *key, jwkeep_algorithm algorithm,
                                      jwkeep_code code, jwkeep_error *error) {
    const jk_algorithm_info *info = jk_algorithm_info_of(algorithm);
    if (!info || !jwkeep_algorithm_fits(algorithm, key->numbers.kty, key->numbers.crv)) {
        jk_fail_at(error, code, "alg", "RFC 7518 §3.1", JWKEEP_NO_OFFSET);
        return NULL;
    }
    if (info->family == JK_FAMILY_HMAC && key->numbers.k.size < info->hash_bytes) {
        jk_fail_text(error, code, "the HMAC key is shorter than the hash", "k",
                     "RFC 7518 §3.2");
        return NULL;
    }
    return info;
}

static size_t signature_bytes(const jk_key *key, const jk_algorithm_info *info) {
    return key->signature_bytes ? key->signature_bytes : info->signature_bytes;
}

/* Whether the engine ahead of OpenSSL verifies, where `only` lets it. */
static bool is_ahead(const jk_key *key, jwkeep_algorithm algorithm, const char *only) {
    const jk_engine_key *ahead = &key->ahead;
    return (ahead->algorithms & JWKEEP_ALGORITHM_BIT(algorithm)) &&
           (!only || strcmp(only, ahead->engine->name) == 0);
}

const char *jk_key_engine_name(const jk_key *key, jwkeep_algorithm algorithm) {
    if (!match(key, algorithm, JWKEEP_KEY_ALG_MISMATCH, NULL))
        return NULL;
    return is_ahead(key, algorithm, NULL) ? key->ahead.engine->name : JK_ENGINE_OPENSSL;
}

jwkeep_code jk_key_verify_by(const jk_key *key, const char *only, jwkeep_algorithm algorithm,
                             jwkeep_span message, jwkeep_span signature, jwkeep_error *error) {
    const jk_algorithm_info *info = match(key, algorithm, JWKEEP_KEY_ALG_MISMATCH, error);
    if (!info)
        return JWKEEP_KEY_ALG_MISMATCH;
    if (signature.size != signature_bytes(key, info))
        return jk_fail_signature(info, error);
    if (is_ahead(key, algorithm, only))
        return key->ahead.engine->verify(key->ahead.state, info, message, signature, error);
    return key->openssl.ops->verify(key->openssl.state, info, message, signature, error);
}

jwkeep_code jk_key_verify(const jk_key *key, jwkeep_algorithm algorithm, jwkeep_span message,
                          jwkeep_span signature, jwkeep_error *error) {
    return jk_key_verify_by(key, NULL, algorithm, message, signature, error);
}

jwkeep_code jk_key_sign(const jk_key *key, jwkeep_algorithm algorithm, jwkeep_span message,
                        uint8_t ret_signature[JK_SIGNATURE_MAX_BYTES], size_t *ret_size,
                        jwkeep_error *error) {
    const jk_algorithm_info *info = match(key, algorithm, JWKEEP_MISUSE_KEY_ALG, error);
    if (!info)
        return JWKEEP_MISUSE_KEY_ALG;
    if (!key->is_private)
        return jk_fail(error, JWKEEP_MISUSE_PRIVATE_NEEDED);
    uint8_t signature[JK_SIGNATURE_MAX_BYTES];
    size_t size = signature_bytes(key, info);
    jwkeep_code code =
        key->openssl.ops->sign(key->openssl.state, info, message, signature, size, error);
    if (!code) {
        memcpy(ret_signature, signature, size);
        *ret_size = size;
    }
    jk_secret_wipe(signature, size); /* a failed RSA signature can betray the factors */
    return code;
}

static jwkeep_code refuse_digest(jwkeep_error *error) {
    return jk_fail_at(error, JWKEEP_ALG_NOT_STREAMABLE, "alg", "RFC 8032 §5.1.6",
                      JWKEEP_NO_OFFSET);
}

jwkeep_code jk_key_verify_digest(const jk_key *key, jwkeep_algorithm algorithm,
                                 jwkeep_span digest, jwkeep_span signature,
                                 jwkeep_error *error) {
    const jk_algorithm_info *info = match(key, algorithm, JWKEEP_KEY_ALG_MISMATCH, error);
    if (!info)
        return JWKEEP_KEY_ALG_MISMATCH;
    if (info->family == JK_FAMILY_EDDSA)
        return refuse_digest(error);
    if (signature.size != signature_bytes(key, info) || digest.size != info->hash_bytes)
        return jk_fail_signature(info, error);
    if (info->family == JK_FAMILY_HMAC)
        return jk_secret_equals(digest, signature) ? JWKEEP_OK : jk_fail_signature(info, error);
    return key->openssl.ops->verify_digest(key->openssl.state, info, digest, signature, error);
}

jwkeep_code jk_key_sign_digest(const jk_key *key, jwkeep_algorithm algorithm,
                               jwkeep_span digest,
                               uint8_t ret_signature[JK_SIGNATURE_MAX_BYTES], size_t *ret_size,
                               jwkeep_error *error) {
    const jk_algorithm_info *info = match(key, algorithm, JWKEEP_MISUSE_KEY_ALG, error);
    if (!info)
        return JWKEEP_MISUSE_KEY_ALG;
    if (!key->is_private)
        return jk_fail(error, JWKEEP_MISUSE_PRIVATE_NEEDED);
    if (info->family == JK_FAMILY_EDDSA)
        return refuse_digest(error);
    uint8_t signature[JK_SIGNATURE_MAX_BYTES];
    size_t size = signature_bytes(key, info);
    jwkeep_code code = JWKEEP_OK;
    if (info->family == JK_FAMILY_HMAC)
        memcpy(signature, digest.data, size);
    else
        code = key->openssl.ops->sign_digest(key->openssl.state, info, digest, signature, size,
                                             error);
    if (!code) {
        memcpy(ret_signature, signature, size);
        *ret_size = size;
    }
    jk_secret_wipe(signature, size); /* as in jk_key_sign */
    return code;
}

jwkeep_code jk_fail_signature(const jk_algorithm_info *info, jwkeep_error *error) {
    static const char *const clauses[] = {
        [JK_FAMILY_HMAC] = "RFC 7518 §3.2",    [JK_FAMILY_RSA_PKCS1] = "RFC 7518 §3.3",
        [JK_FAMILY_RSA_PSS] = "RFC 7518 §3.5", [JK_FAMILY_ECDSA] = "RFC 7518 §3.4",
        [JK_FAMILY_EDDSA] = "RFC 8037 §3.1",
    };
    return jk_fail_at(error, JWKEEP_SIGNATURE_INVALID, NULL, clauses[info->family],
                      JWKEEP_NO_OFFSET);
}
