/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns reading a JWK: its members, their types, and that they do not contradict each other.
 * What the numbers are worth is checked where the key is prepared. */
#include "base/error.h"
#include "base/limits.h"
#include "codec/base64url.h"
#include "codec/json.h"
#include "crypto/algorithm.h"
#include "jose/certificate.h"
#include "jose/jwk_form.h"
#include "jose/jwk_number.h"
#include "jose/jwk_ops.h"

#define JWK_MAX_OPS 32u            /* values of `key_ops`; nine are registered */
#define JWK_NUMBER_MAX_BYTES 2048u /* twice the largest number that a usable key has */

static const char *const trait_names[] = {"kty", "crv", "kid", "use", "key_ops", "alg"};

static jwkeep_code refuse(jwkeep_error *error, jwkeep_code code, const char *member,
                          const char *clause) {
    return jk_fail_at(error, code, member, clause, JWKEEP_NO_OFFSET);
}

/* The string called `name`; `*ret_text` stays as it is when there is none. */
static jwkeep_code read_string(const jwkeep_json *jwk, const char *name, const char *clause,
                               jwkeep_span *ret_text, jwkeep_error *error) {
    const jwkeep_json *member = jwkeep_json_member(jwk, name);
    if (!member)
        return JWKEEP_OK;
    if (jwkeep_json_type_of(member) != JWKEEP_JSON_STRING)
        return refuse(error, JWKEEP_JWK_INVALID, name, clause);
    *ret_text = jwkeep_json_string(member);
    return JWKEEP_OK;
}

static jwkeep_code read_required(const jwkeep_json *jwk, const char *name, const char *clause,
                                 jwkeep_span *ret_text, jwkeep_error *error) {
    jwkeep_code code = read_string(jwk, name, clause, ret_text, error);
    if (!code && !ret_text->data)
        return refuse(error, JWKEEP_JWK_MEMBER_MISSING, name, clause);
    return code;
}

static jwkeep_code read_type(const jwkeep_json *jwk, jk_key_material *material,
                             jwkeep_error *error) {
    jwkeep_span name = JWKEEP_SPAN_NONE;
    jwkeep_code code = read_required(jwk, "kty", "RFC 7517 §4.1", &name, error);
    if (code)
        return code;
    material->kty = jwkeep_kty_from_name(name);
    if (jwkeep_span_equals(name, JWKEEP_SPAN("AKP")))
        return refuse(error, JWKEEP_JWK_KTY_NOT_IN_BUILD, "kty", "draft-ietf-cose-dilithium");
    if (!material->kty)
        return refuse(error, JWKEEP_JWK_KTY_UNSUPPORTED, "kty", "RFC 7518 §6.1");
    if (material->kty != JWKEEP_KTY_EC && material->kty != JWKEEP_KTY_OKP)
        return JWKEEP_OK;
    const char *clause = material->kty == JWKEEP_KTY_EC ? "RFC 7518 §6.2.1.1" : "RFC 8037 §2";
    name = JWKEEP_SPAN_NONE;
    code = read_required(jwk, "crv", clause, &name, error);
    if (code)
        return code;
    material->crv = jwkeep_crv_from_name(name);
    if (!material->crv)
        return refuse(error, JWKEEP_JWK_CRV_UNSUPPORTED, "crv", clause);
    return JWKEEP_OK;
}

static jwkeep_code read_kid(const jwkeep_json *jwk, const jwkeep_limits *limits,
                            jk_jwk_traits *traits, jwkeep_error *error) {
    jwkeep_code code = read_string(jwk, "kid", "RFC 7517 §4.5", &traits->kid, error);
    if (!code && traits->kid.size > limits->max_kid_bytes)
        return refuse(error, JWKEEP_KID_TOO_LONG, "kid", NULL);
    return code;
}

static jwkeep_code read_use(const jwkeep_json *jwk, jk_jwk_traits *traits,
                            jwkeep_error *error) {
    jwkeep_code code = read_string(jwk, "use", "RFC 7517 §4.2", &traits->use_text, error);
    if (code || !traits->use_text.data)
        return code;
    if (jwkeep_span_equals(traits->use_text, JWKEEP_SPAN("sig")))
        traits->use = JWKEEP_JWK_USE_SIG;
    else if (jwkeep_span_equals(traits->use_text, JWKEEP_SPAN("enc")))
        traits->use = JWKEEP_JWK_USE_ENC;
    else
        traits->use = JWKEEP_JWK_USE_OTHER;
    return JWKEEP_OK;
}

static jwkeep_code read_ops(const jwkeep_json *jwk, jk_jwk_traits *traits,
                            jwkeep_error *error) {
    const char *clause = "RFC 7517 §4.3";
    const jwkeep_json *array = jwkeep_json_member(jwk, "key_ops");
    if (!array)
        return JWKEEP_OK;
    if (jwkeep_json_type_of(array) != JWKEEP_JSON_ARRAY)
        return refuse(error, JWKEEP_JWK_INVALID, "key_ops", clause);
    if (jwkeep_json_count(array) > JWK_MAX_OPS)
        return refuse(error, JWKEEP_JWK_MEMBER_INVALID, "key_ops", clause);
    /* An empty array allows nothing, while no array allows everything. */
    uint32_t found = jwkeep_json_count(array) ? 0 : JWKEEP_JWK_OP_OTHER;
    const jwkeep_json *value = jwkeep_json_first(array);
    for (; value; value = jwkeep_json_next(value)) {
        if (jwkeep_json_type_of(value) != JWKEEP_JSON_STRING)
            return refuse(error, JWKEEP_JWK_INVALID, "key_ops", clause);
        if (jk_json_is_repeated(array, value))
            return refuse(error, JWKEEP_JWK_MEMBER_INVALID, "key_ops", clause);
        found |= jk_jwk_op_of(jwkeep_json_string(value));
    }
    traits->ops = found;
    traits->ops_json = jwkeep_json_raw(array);
    return JWKEEP_OK;
}

static jwkeep_code read_algorithm(const jwkeep_json *jwk, const jk_key_material *material,
                                  jk_jwk_traits *traits, jwkeep_error *error) {
    jwkeep_span name = JWKEEP_SPAN_NONE;
    jwkeep_code code = read_string(jwk, "alg", "RFC 7517 §4.4", &name, error);
    if (code || !name.data)
        return code;
    traits->algorithm = jwkeep_algorithm_from_name(name);
    if (jwkeep_algorithm_is_left_out(name))
        return jk_fail_text(error, JWKEEP_JWK_ALG_UNSUPPORTED,
                            "ML-DSA is not in this build of the library", "alg", "FIPS 204");
    if (!traits->algorithm)
        return refuse(error, JWKEEP_JWK_ALG_UNSUPPORTED, "alg", "RFC 7517 §4.4");
    if (!jwkeep_algorithm_fits(traits->algorithm, material->kty, material->crv))
        return refuse(error, JWKEEP_JWK_ALG_MISMATCH, "alg", "RFC 7518 §3.1");
    return JWKEEP_OK;
}

static jwkeep_code read_traits(const jwkeep_json *jwk, const jwkeep_limits *limits,
                               const jk_key_material *material, jk_jwk_traits *ret_traits,
                               jwkeep_error *error) {
    jwkeep_code code = read_kid(jwk, limits, ret_traits, error);
    if (!code)
        code = read_use(jwk, ret_traits, error);
    if (!code)
        code = read_ops(jwk, ret_traits, error);
    if (!code)
        code = read_algorithm(jwk, material, ret_traits, error);
    if (!code)
        code = jk_jwk_check_use(ret_traits, error);
    return code;
}

/* A number that is missing is left to jk_key_import, which knows what goes together. */
static jwkeep_code read_number(const jwkeep_json *jwk, const jk_jwk_number *number,
                               jk_arena *arena, jk_key_material *material,
                               jwkeep_error *error) {
    jwkeep_span text = JWKEEP_SPAN_NONE;
    jwkeep_code code = read_string(jwk, number->name, number->clause, &text, error);
    if (code || !text.data)
        return code;
    size_t size = jk_base64url_decoded_size(text.size);
    if (size > JWK_NUMBER_MAX_BYTES)
        return refuse(error, JWKEEP_JWK_TOO_LARGE, number->name, number->clause);
    uint8_t *bytes = jk_arena_bytes(arena, size);
    if (!bytes)
        return jk_fail(error, JWKEEP_OUT_OF_MEMORY);
    if (!jk_base64url_decode(text, bytes, NULL))
        return refuse(error, JWKEEP_JWK_MEMBER_INVALID, number->name, "RFC 7515 §2");
    jk_jwk_number_set(number, jwkeep_span_of(bytes, size), material);
    return JWKEEP_OK;
}

static jwkeep_code read_numbers(const jwkeep_json *jwk, jk_arena *arena,
                                jk_key_material *material, jwkeep_error *error) {
    size_t count;
    const jk_jwk_number *rows = jk_jwk_numbers_of(material->kty, &count);
    for (size_t i = 0; i < count; i++) {
        jwkeep_code code = read_number(jwk, &rows[i], arena, material, error);
        if (code)
            return code;
    }
    if (material->kty == JWKEEP_KTY_RSA && jwkeep_json_member(jwk, "oth"))
        return jk_fail_text(error, JWKEEP_JWK_MEMBER_INVALID,
                            "keys of more than two primes are not supported", "oth",
                            "RFC 7518 §6.3.2.7");
    return JWKEEP_OK;
}

static jwkeep_code check_hmac_size(const jk_jwk_traits *traits, const jk_key_material *material,
                                   jwkeep_error *error) {
    const jk_algorithm_info *info = jk_algorithm_info_of(traits->algorithm);
    if (material->kty != JWKEEP_KTY_OCT || !info || material->k.size >= info->hash_bytes)
        return JWKEEP_OK;
    return refuse(error, JWKEEP_JWK_TOO_WEAK, "k", "RFC 7518 §3.2");
}

static bool is_other(jwkeep_span name) {
    for (size_t i = 0; i < JK_COUNT_OF(trait_names); i++)
        if (jwkeep_span_equals(name, jwkeep_span_text(trait_names[i])))
            return false;
    return !jk_jwk_number_is_name(name);
}

bool jk_jwk_has_secret(const jwkeep_json *value) {
    size_t count;
    jwkeep_kty kty = jwkeep_kty_from_name(jwkeep_json_string(jwkeep_json_member(value, "kty")));
    const jk_jwk_number *rows = jk_jwk_numbers_of(kty, &count);
    for (size_t i = 0; i < count; i++)
        if (rows[i].is_secret && jwkeep_json_member(value, rows[i].name))
            return true;
    return false;
}

static jwkeep_code build(const jwkeep_json *jwk, const jwkeep_limits *limits, jk_arena *arena,
                         jwkeep_jwk **ret_key, jwkeep_error *error) {
    jk_key_material material = {0};
    jk_jwk_traits traits = {0};
    jk_key *prepared = NULL;
    jwkeep_code code = read_type(jwk, &material, error);
    if (!code)
        code = read_traits(jwk, limits, &material, &traits, error);
    if (!code)
        code = read_numbers(jwk, arena, &material, error);
    if (!code)
        code = check_hmac_size(&traits, &material, error);
    if (!code)
        code = jk_members_collect(jwk, is_other, &traits.others, error);
    if (!code)
        code = jk_key_import(&material, &prepared, error);
    if (!code && (code = jk_certificate_check_jwk(jwk, limits, &material, error)))
        jk_key_free(prepared);
    if (!code)
        code = jk_jwk_create(prepared, &material, &traits, ret_key, error);
    jk_members_unref(traits.others);
    return code;
}

jwkeep_code jk_jwk_from_json(const jwkeep_json *value, const jwkeep_limits *limits,
                             jwkeep_jwk **ret_key, jwkeep_error *error) {
    if (jwkeep_json_type_of(value) != JWKEEP_JSON_OBJECT)
        return jk_fail_text(error, JWKEEP_JWK_INVALID, "a key is a JSON object", NULL,
                            "RFC 7517 §4");
    /* Bounded by the text: it holds parts of it, each once. Wiped when done. */
    jk_arena arena;
    jk_arena_init(&arena, SIZE_MAX);
    jwkeep_code code = build(value, limits, &arena, ret_key, error);
    jk_arena_done(&arena);
    return code;
}

jwkeep_code jwkeep_jwk_parse(jwkeep_span json, const jwkeep_limits *limits,
                             jwkeep_jwk **ret_key, jwkeep_error *error) {
    jwkeep_limits resolved;
    jwkeep_code code = jk_limits_resolve(limits, &resolved, error);
    if (code)
        return code;
    const jwkeep_json *root = NULL;
    jk_arena arena;
    jk_arena_init(&arena, SIZE_MAX); /* bounded by max_json_values and the text */
    code = jk_json_parse(json, &resolved, &arena, &root, error);
    if (!code)
        code = jk_jwk_from_json(root, &resolved, ret_key, error);
    jk_arena_done(&arena);
    return code;
}
