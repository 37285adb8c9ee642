/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns changing what a key says besides its numbers: a key of the same numbers that says
 * something else. */
#include "base/error.h"
#include "crypto/algorithm.h"
#include "jose/jwk_ops.h"

static bool is_utf8(jwkeep_span text) {
    jwkeep_buffer buffer;
    jwkeep_json_writer writer;
    uint8_t storage[6 * JWKEEP_MAX_KID_BYTES + 2]; /* every byte as \u00XX, and the quotes */
    jwkeep_buffer_init_fixed(&buffer, storage, sizeof storage);
    jwkeep_json_writer_init(&writer, &buffer);
    jwkeep_json_write_string(&writer, text);
    return jwkeep_json_writer_finish(&writer) == JWKEEP_OK;
}

jwkeep_code jk_jwk_check_kid(jwkeep_span kid, jwkeep_error *error) {
    if (kid.size > JWKEEP_MAX_KID_BYTES)
        return jk_fail_at(error, JWKEEP_KID_TOO_LONG, "kid", NULL, JWKEEP_NO_OFFSET);
    return is_utf8(kid)
               ? JWKEEP_OK
               : jk_fail_at(error, JWKEEP_MISUSE_ARGUMENT, "kid", NULL, JWKEEP_NO_OFFSET);
}

static jwkeep_code check_labels(const jwkeep_jwk_labels *labels, jwkeep_error *error) {
    const char *where = NULL;
    if (labels->algorithm && !jk_algorithm_info_of(labels->algorithm))
        where = "algorithm";
    else if ((unsigned)labels->use > JWKEEP_JWK_USE_ENC)
        where = "use";
    else if (labels->ops & ~JK_JWK_OPS_KNOWN)
        where = "ops";
    return where ? jk_fail_at(error, JWKEEP_MISUSE_ARGUMENT, where, NULL, JWKEEP_NO_OFFSET)
                 : jk_jwk_check_kid(labels->kid, error);
}

static jwkeep_code check_algorithm(const jwkeep_jwk *key, jwkeep_algorithm algorithm,
                                   jwkeep_error *error) {
    const jk_algorithm_info *info = jk_algorithm_info_of(algorithm);
    if (!info)
        return JWKEEP_OK;
    if (!jwkeep_algorithm_fits(algorithm, jwkeep_jwk_kty(key), jwkeep_jwk_crv(key)))
        return jk_fail_at(error, JWKEEP_JWK_ALG_MISMATCH, "alg", "RFC 7518 §3.1",
                          JWKEEP_NO_OFFSET);
    if (info->family == JK_FAMILY_HMAC && jwkeep_jwk_bits(key) < 8u * (size_t)info->hash_bytes)
        return jk_fail_at(error, JWKEEP_JWK_TOO_WEAK, "k", "RFC 7518 §3.2", JWKEEP_NO_OFFSET);
    return JWKEEP_OK;
}

/* The traits of `key` with `labels` in their place; `json` is for `key_ops`. */
static jwkeep_code label(const jwkeep_jwk *key, const jwkeep_jwk_labels *labels,
                         jwkeep_buffer *json, jk_jwk_traits *ret_traits, jwkeep_error *error) {
    jk_jwk_traits traits = key->traits;
    if (labels->kid.data)
        traits.kid = labels->kid.size ? labels->kid : JWKEEP_SPAN_NONE;
    if (labels->algorithm)
        traits.algorithm = labels->algorithm;
    if (labels->use) {
        bool is_sig = labels->use == JWKEEP_JWK_USE_SIG;
        traits.use = labels->use;
        traits.use_text = is_sig ? JWKEEP_SPAN("sig") : JWKEEP_SPAN("enc");
    }
    jwkeep_code code = labels->ops ? jk_jwk_ops_set(&traits, labels->ops, json) : JWKEEP_OK;
    if (code)
        return jk_fail(error, code);
    code = check_algorithm(key, traits.algorithm, error);
    if (!code)
        code = jk_jwk_check_use(&traits, error);
    if (!code)
        *ret_traits = traits;
    return code;
}

jwkeep_code jk_jwk_copy(const jwkeep_jwk *key, const jk_jwk_traits *traits,
                        jwkeep_jwk **ret_key, jwkeep_error *error) {
    jk_arena arena;
    jk_key_material material = {0};
    jk_key *prepared = NULL;
    jk_arena_init(&arena, SIZE_MAX); /* the numbers of one prepared key */
    jwkeep_code code = jk_key_export(key->prepared, &arena, &material, error);
    if (!code)
        code = jk_key_import(&material, &prepared, error);
    if (!code)
        code = jk_jwk_create(prepared, &material, traits, ret_key, error);
    jk_arena_done(&arena);
    return code;
}

jwkeep_code jwkeep_jwk_relabel(const jwkeep_jwk *key, const jwkeep_jwk_labels *labels,
                               jwkeep_jwk **ret_key, jwkeep_error *error) {
    uint8_t storage[JK_JWK_OPS_MAX_TEXT];
    jwkeep_buffer json;
    jk_jwk_traits traits;
    jwkeep_buffer_init_fixed(&json, storage, sizeof storage);
    jwkeep_code code = check_labels(labels, error);
    if (!code)
        code = label(key, labels, &json, &traits, error);
    return code ? code : jk_jwk_copy(key, &traits, ret_key, error);
}
