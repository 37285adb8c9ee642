/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the keys that do not come from a JWK: new random ones, and the public half of a
 * private one. */
#include "base/error.h"
#include "codec/base64url.h"
#include "crypto/algorithm.h"
#include "crypto/digest.h"
#include "jose/jwk_form.h"
#include "jose/jwk_number.h"
#include "jose/jwk_ops.h"

#define OCT_MIN_BITS 256u
#define RANDOM_KID_BYTES 16u

static jwkeep_code misuse(jwkeep_error *error, const char *field) {
    return jk_fail_at(error, JWKEEP_MISUSE_ARGUMENT, field, NULL, JWKEEP_NO_OFFSET);
}

static bool is_okp(jwkeep_crv crv) {
    return crv == JWKEEP_CRV_ED25519 || crv == JWKEEP_CRV_ED448;
}

/* Puts what follows from `algorithm` in the fields that were left open. */
static void complete(jwkeep_jwk_spec *spec) {
    const jk_algorithm_info *info = jk_algorithm_info_of(spec->algorithm);
    if (info && !spec->kty)
        spec->kty = info->kty;
    if (info && !spec->crv)
        spec->crv = info->crv;
    if (info && !spec->crv && spec->kty == JWKEEP_KTY_OKP)
        spec->crv = JWKEEP_CRV_ED25519;
    if (!spec->bits && spec->kty == JWKEEP_KTY_RSA)
        spec->bits = JK_RSA_MIN_BITS;
    if (!spec->bits && spec->kty == JWKEEP_KTY_OCT)
        spec->bits = info ? 8u * info->hash_bytes : OCT_MIN_BITS;
}

static jwkeep_code check_curve(const jwkeep_jwk_spec *spec, jwkeep_error *error) {
    switch (spec->kty) {
    case JWKEEP_KTY_RSA:
    case JWKEEP_KTY_OCT:
        return spec->crv ? misuse(error, "crv") : JWKEEP_OK;
    case JWKEEP_KTY_EC:
    case JWKEEP_KTY_OKP:
        if (!jk_crv_bytes(spec->crv) || is_okp(spec->crv) != (spec->kty == JWKEEP_KTY_OKP))
            return misuse(error, "crv");
        return spec->bits ? misuse(error, "bits") : JWKEEP_OK;
    case JWKEEP_KTY_ABSENT:
        break;
    }
    return misuse(error, "kty");
}

static jwkeep_code check_bits(const jwkeep_jwk_spec *spec, jwkeep_error *error) {
    if (spec->kty != JWKEEP_KTY_RSA && spec->kty != JWKEEP_KTY_OCT)
        return JWKEEP_OK;
    bool is_rsa = spec->kty == JWKEEP_KTY_RSA;
    const jk_algorithm_info *info = jk_algorithm_info_of(spec->algorithm);
    size_t least = is_rsa ? JK_RSA_MIN_BITS : info ? 8u * info->hash_bytes : OCT_MIN_BITS;
    const char *clause = is_rsa ? "RFC 7518 §3.3" : "RFC 7518 §3.2";
    if (spec->bits < least)
        return jk_fail_at(error, JWKEEP_JWK_TOO_WEAK, "bits", clause, JWKEEP_NO_OFFSET);
    if (spec->bits > (is_rsa ? JK_RSA_MAX_BITS : 8u * JK_OCT_MAX_BYTES))
        return jk_fail_at(error, JWKEEP_JWK_TOO_LARGE, "bits", NULL, JWKEEP_NO_OFFSET);
    return spec->bits % 8 ? misuse(error, "bits") : JWKEEP_OK;
}

static jwkeep_code check_spec(const jwkeep_jwk_spec *spec, jwkeep_error *error) {
    if (spec->algorithm && !jk_algorithm_info_of(spec->algorithm))
        return misuse(error, "algorithm");
    const jk_jwk_traits traits = {
        .algorithm = spec->algorithm, .use = spec->use, .ops = spec->ops};
    if ((unsigned)spec->use > JWKEEP_JWK_USE_ENC || jk_jwk_check_use(&traits, NULL))
        return misuse(error, "use");
    if (spec->ops & ~JK_JWK_OPS_KNOWN)
        return misuse(error, "ops");
    jwkeep_code code = check_curve(spec, error);
    if (!code)
        code = check_bits(spec, error);
    if (code)
        return code;
    if (spec->algorithm && !jwkeep_algorithm_fits(spec->algorithm, spec->kty, spec->crv))
        return misuse(error, "algorithm");
    return jk_jwk_check_kid(spec->kid, error);
}

/* The `kid` of a key that was given none. An oct key's thumbprint is a hash of the secret
 * and must not travel in headers (RFC 7638 §7). */
static jwkeep_code default_kid(const jk_key_material *material,
                               char ret_text[JWKEEP_THUMBPRINT_TEXT_SIZE], jwkeep_span *ret_kid,
                               jwkeep_error *error) {
    uint8_t bytes[JWKEEP_THUMBPRINT_SIZE];
    bool is_secret = material->kty == JWKEEP_KTY_OCT;
    size_t size = is_secret ? RANDOM_KID_BYTES : sizeof bytes;
    jwkeep_code code =
        is_secret ? jk_random(bytes, size, error) : jk_thumbprint(material, size, bytes, error);
    if (code)
        return code;
    jk_base64url_encode(jwkeep_span_of(bytes, size), ret_text);
    *ret_kid = jwkeep_span_of(ret_text, jk_base64url_encoded_size(size));
    return JWKEEP_OK;
}

static jwkeep_code describe(const jwkeep_jwk_spec *spec, const jk_key_material *material,
                            char text[JWKEEP_THUMBPRINT_TEXT_SIZE], jwkeep_buffer *json,
                            jk_jwk_traits *ret_traits, jwkeep_error *error) {
    jk_jwk_traits traits = {.algorithm = spec->algorithm, .use = spec->use};
    if (spec->use)
        traits.use_text =
            spec->use == JWKEEP_JWK_USE_SIG ? JWKEEP_SPAN("sig") : JWKEEP_SPAN("enc");
    jwkeep_code code = spec->ops ? jk_jwk_ops_set(&traits, spec->ops, json) : JWKEEP_OK;
    if (code)
        return jk_fail(error, code);
    if (spec->kid.size)
        traits.kid = spec->kid;
    else if (!spec->kid.data)
        code = default_kid(material, text, &traits.kid, error);
    if (!code)
        *ret_traits = traits;
    return code;
}

jwkeep_code jk_jwk_adopt(jk_key *prepared, const jwkeep_jwk_spec *spec, jwkeep_jwk **ret_key,
                         jwkeep_error *error) {
    jk_arena arena;
    jk_key_material material = {0};
    jk_arena_init(&arena, SIZE_MAX); /* the numbers of one prepared key */
    char text[JWKEEP_THUMBPRINT_TEXT_SIZE];
    uint8_t storage[JK_JWK_OPS_MAX_TEXT];
    jwkeep_buffer json;
    jk_jwk_traits traits;
    jwkeep_buffer_init_fixed(&json, storage, sizeof storage);
    jwkeep_code code = jk_key_export(prepared, &arena, &material, error);
    if (!code)
        code = describe(spec, &material, text, &json, &traits, error);
    if (code)
        jk_key_free(prepared);
    else
        code = jk_jwk_create(prepared, &material, &traits, ret_key, error);
    jk_arena_done(&arena);
    return code;
}

jwkeep_code jwkeep_jwk_generate(const jwkeep_jwk_spec *spec, jwkeep_jwk **ret_key,
                                jwkeep_error *error) {
    jwkeep_jwk_spec full = *spec;
    complete(&full);
    jwkeep_code code = check_spec(&full, error);
    if (code)
        return code;
    jk_key *prepared = NULL;
    code = jk_key_generate(full.kty, full.crv, full.bits, &prepared, error);
    return code ? code : jk_jwk_adopt(prepared, &full, ret_key, error);
}

/* `key_ops` of the public half: sign gives verify, decrypt encrypt, unwrapKey wrapKey. What
 * only a private key does has no counterpart, and nothing left is not the same as no member. */
static jwkeep_code make_public_ops(jk_jwk_traits *traits, jwkeep_buffer *json) {
    static const struct {
        uint32_t sources;
        uint32_t op;
    } rows[] = {
        {JWKEEP_JWK_OP_SIGN | JWKEEP_JWK_OP_VERIFY, JWKEEP_JWK_OP_VERIFY},
        {JWKEEP_JWK_OP_DECRYPT | JWKEEP_JWK_OP_ENCRYPT, JWKEEP_JWK_OP_ENCRYPT},
        {JWKEEP_JWK_OP_UNWRAP_KEY | JWKEEP_JWK_OP_WRAP_KEY, JWKEEP_JWK_OP_WRAP_KEY},
    };
    if (!traits->ops)
        return JWKEEP_OK;
    uint32_t found = 0;
    for (size_t i = 0; i < JK_COUNT_OF(rows); i++)
        if (traits->ops & rows[i].sources)
            found |= rows[i].op;
    return jk_jwk_ops_set(traits, found ? found : JWKEEP_JWK_OP_OTHER, json);
}

static jwkeep_code make_public(const jwkeep_jwk *key, jk_key_material *material,
                               jwkeep_jwk **ret_public, jwkeep_error *error) {
    size_t count;
    const jk_jwk_number *rows = jk_jwk_numbers_of(material->kty, &count);
    for (size_t i = 0; i < count; i++)
        if (rows[i].is_secret)
            jk_jwk_number_set(&rows[i], JWKEEP_SPAN_NONE, material);
    uint8_t storage[JK_JWK_OPS_MAX_TEXT];
    jwkeep_buffer json;
    jwkeep_buffer_init_fixed(&json, storage, sizeof storage);
    jk_jwk_traits traits = key->traits;
    jwkeep_code code = make_public_ops(&traits, &json);
    if (code)
        return jk_fail(error, code);
    jk_key *prepared = NULL;
    code = jk_key_import(material, &prepared, error);
    return code ? code : jk_jwk_create(prepared, material, &traits, ret_public, error);
}

jwkeep_code jwkeep_jwk_public(jwkeep_jwk *key, jwkeep_jwk **ret_public, jwkeep_error *error) {
    if (jwkeep_jwk_kty(key) == JWKEEP_KTY_OCT)
        return jk_fail_at(error, JWKEEP_JWK_NOT_PUBLIC, "k", "RFC 7518 §6.4", JWKEEP_NO_OFFSET);
    if (!jwkeep_jwk_is_private(key)) {
        *ret_public = jwkeep_jwk_ref(key);
        return JWKEEP_OK;
    }
    jk_arena arena;
    jk_key_material material = {0};
    jk_arena_init(&arena, SIZE_MAX); /* the numbers of one prepared key */
    jwkeep_code code = jk_key_export(key->prepared, &arena, &material, error);
    if (!code)
        code = make_public(key, &material, ret_public, error);
    jk_arena_done(&arena);
    return code;
}
