/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the order in which a token is checked: limits, header, signature, claims (RFC 7519
 * §7.2). */
#include "jwt/verify.h"
#include "base/error.h"
#include "base/limits.h"
#include "codec/base64url.h"
#include "jwt/media_type.h"

static jwkeep_code read_header(jwkeep_token *token, const jwkeep_limits *limits,
                               jwkeep_error *error) {
    jwkeep_code code = jk_header_memory_read(&token->headers, token->parts.header, limits,
                                             &token->header, error);
    if (code == JWKEEP_OK)
        token->state = JK_TOKEN_OPENED;
    return code;
}

jwkeep_code jk_jwt_open(jwkeep_token *token, jwkeep_span bytes, const jwkeep_limits *limits,
                        jwkeep_error *error) {
    jk_token_reset(token);
    jwkeep_code code = jk_jws_split(bytes, limits, &token->parts, error);
    return code == JWKEEP_OK ? read_header(token, limits, error) : code;
}

jwkeep_code jk_jwt_open_known(jwkeep_token *token, jwkeep_span bytes, size_t first_dot,
                              size_t second_dot, const jwkeep_limits *limits,
                              jwkeep_error *error) {
    jk_token_reset(token);
    token->parts = jk_jws_parts_at(bytes, first_dot, second_dot);
    return read_header(token, limits, error);
}

/* Whether the payload is a token again (RFC 7519 §5.2). */
static bool is_nested(const jwkeep_token *token) {
    return JK_UNLIKELY(jwkeep_span_is_present(token->header->cty)) &&
           jk_media_type_is(token->header->cty, JWKEEP_SPAN("JWT"));
}

static jwkeep_code decode_payload(jwkeep_token *token, jwkeep_error *error) {
    jwkeep_span encoded = token->parts.payload;
    size_t size = jk_base64url_decoded_size(encoded.size);
    uint8_t *decoded = jk_arena_bytes(&token->arena, size);
    if (!decoded)
        return jk_fail(error, JWKEEP_OUT_OF_MEMORY);
    size_t offset;
    if (!jk_base64url_decode(encoded, decoded, &offset))
        return jk_fail_at(error, JWKEEP_BASE64URL_INVALID, "payload", "RFC 7515 §2",
                          token->parts.header.size + 1 + offset);
    token->payload = jwkeep_span_of(decoded, size);
    token->has_payload = true;
    return JWKEEP_OK;
}

jwkeep_code jk_jwt_read_payload(jwkeep_token *token, jwkeep_error *error) {
    if (token->has_payload)
        return JWKEEP_OK;
    if (is_nested(token))
        return jk_fail_at(error, JWKEEP_TOKEN_NESTED, "cty", "RFC 7519 §5.2", JWKEEP_NO_OFFSET);
    return decode_payload(token, error);
}

jwkeep_code jk_jwt_read_claims(jwkeep_token *token, const jwkeep_limits *limits,
                               jwkeep_error *error) {
    if (token->has_claims)
        return JWKEEP_OK;
    jwkeep_code code = jk_jwt_read_payload(token, error);
    if (code != JWKEEP_OK)
        return code;
    const jwkeep_json *root;
    code = jk_json_parse(token->payload, limits, &token->arena, &root, error);
    if (code != JWKEEP_OK)
        return code;
    if (jwkeep_json_type_of(root) != JWKEEP_JSON_OBJECT)
        return jk_fail_at(error, JWKEEP_CLAIMS_INVALID, NULL, "RFC 7519 §7.2",
                          JWKEEP_NO_OFFSET);
    jk_claims_read(root, limits->max_audiences, &token->claims);
    token->has_claims = true;
    return JWKEEP_OK;
}

jwkeep_code jk_jwt_issuer(const jwkeep_token *token, jwkeep_span *ret_issuer,
                          jwkeep_error *error) {
    const jwkeep_json *value = token->claims.values[JK_CLAIM_ISS];
    const jk_claim_info *info = jk_claim_info_of(JK_CLAIM_ISS);
    jwkeep_span issuer = jwkeep_json_string(value);
    if (!jwkeep_span_is_present(issuer))
        return jk_fail_at(error, value ? JWKEEP_CLAIM_TYPE : JWKEEP_CLAIM_MISSING, info->name,
                          info->clause, JWKEEP_NO_OFFSET);
    *ret_issuer = issuer;
    return JWKEEP_OK;
}

static jk_jws_choice choice_of(const jwkeep_jwk *key, const jwkeep_keyset *keys,
                               const jwkeep_rules *rules) {
    return (jk_jws_choice){.key = key,
                           .keys = keys,
                           .algorithms = rules->algorithms,
                           .is_kid_required = rules->is_kid_required,
                           .engine = rules->engine};
}

jwkeep_code jk_jwt_check_header(const jwkeep_token *token, const jwkeep_rules *rules,
                                jwkeep_error *error) {
    const jk_jws_choice choice = choice_of(NULL, NULL, rules);
    jwkeep_code code = jk_jws_check_header(token->header, &choice, error);
    if (code == JWKEEP_OK)
        code = jk_rules_check_typ(rules, token->header->typ, error);
    return code;
}

jwkeep_code jk_jwt_precheck(const jwkeep_token *token, const jwkeep_rules *rules,
                            int64_t now_ms, jwkeep_error *error) {
    return jk_rules_prejudge(rules, &token->claims, now_ms, error);
}

static bool keep_key_identity(jwkeep_token *token, const jwkeep_jwk *key) {
    jwkeep_span kid = jwkeep_jwk_kid(key);
    token->key_kid = JWKEEP_SPAN_NONE;
    if (jwkeep_span_is_present(kid)) {
        uint8_t *copy = jk_arena_bytes(&token->arena, kid.size);
        if (!copy)
            return false;
        memcpy(copy, kid.data, kid.size);
        token->key_kid = jwkeep_span_of(copy, kid.size);
    }
    memcpy(token->key_thumbprint, jwkeep_jwk_thumbprint(key).data, JWKEEP_THUMBPRINT_SIZE);
    return true;
}

const jwkeep_jwk *jk_jwt_first_key(const jwkeep_token *token, const jwkeep_keyset *keys,
                                   const jwkeep_rules *rules) {
    const jk_jws_choice choice = choice_of(NULL, keys, rules);
    return jk_jws_first_key(token->header, &choice);
}

jwkeep_code jk_jwt_trust_signature(jwkeep_token *token, const jwkeep_jwk *key,
                                   jwkeep_error *error) {
    if (!keep_key_identity(token, key))
        return jk_fail(error, JWKEEP_OUT_OF_MEMORY);
    token->state = JK_TOKEN_SIGNED;
    return JWKEEP_OK;
}

jwkeep_code jk_jwt_check_signature(jwkeep_token *token, const jwkeep_jwk *key,
                                   const jwkeep_keyset *keys, const jwkeep_rules *rules,
                                   const jwkeep_limits *limits, const jwkeep_jwk **ret_key,
                                   jwkeep_error *error) {
    const jk_jws_choice choice = choice_of(key, keys, rules);
    const jwkeep_jwk *fitting;
    jwkeep_code code =
        jk_jws_check_signature(&token->parts, token->header, &choice, limits, &fitting, error);
    if (code == JWKEEP_OK)
        code = jk_jwt_trust_signature(token, fitting, error);
    if (code == JWKEEP_OK && ret_key)
        *ret_key = fitting;
    return code;
}

jwkeep_code jk_jwt_finish(jwkeep_token *token, const jwkeep_rules *rules,
                          const jwkeep_limits *limits, int64_t now_ms,
                          jwkeep_failures *failures, jwkeep_error *error) {
    if (token->state != JK_TOKEN_SIGNED)
        return jk_fail(error, JWKEEP_MISUSE_STATE);
    jwkeep_code code = jk_jwt_read_claims(token, limits, error);
    if (code == JWKEEP_OK)
        code = jk_rules_judge(rules, &token->claims, now_ms, failures, error);
    if (code != JWKEEP_OK)
        return code;
    jk_header_memory_keep(&token->headers, token->header);
    token->state = JK_TOKEN_VERIFIED;
    return JWKEEP_OK;
}

/* What one call of jwkeep_jwt_verify was given. */
struct request {
    jwkeep_span bytes;
    const jwkeep_jwk *key;
    const jwkeep_keyset *keys;
    const jwkeep_rules *rules;
    int64_t now_ms;
};

/* The header and the signature of one token; `typ` is asked of the innermost alone. */
static jwkeep_code check_one(const struct request *request, jwkeep_span bytes,
                             const jwkeep_rules *rules, const jwkeep_limits *limits,
                             jwkeep_token *token, jwkeep_error *error) {
    const jk_jws_choice choice = choice_of(NULL, NULL, rules);
    jwkeep_code code = jk_jwt_open(token, bytes, limits, error);
    if (code != JWKEEP_OK)
        return code;
    if (rules->is_nesting_allowed && is_nested(token))
        code = jk_jws_check_header(token->header, &choice, error);
    else
        code = jk_jwt_check_header(token, rules, error);
    if (code == JWKEEP_OK)
        code = jk_jwt_check_signature(token, request->key, request->keys, rules, limits, NULL,
                                      error);
    return code;
}

/* The token inside: its bytes move to where the next one does not overwrite them. */
static jwkeep_code unwrap(jwkeep_token *token, jwkeep_span *ret_bytes, jwkeep_error *error) {
    jwkeep_code code = decode_payload(token, error);
    if (code != JWKEEP_OK)
        return code;
    *ret_bytes = token->payload;
    const jk_arena arena = token->arena;
    token->arena = token->outer;
    token->outer = arena;
    return JWKEEP_OK;
}

static jwkeep_code check_all(const struct request *request, const jwkeep_rules *rules,
                             const jwkeep_limits *limits, jwkeep_token *token,
                             jwkeep_error *error) {
    jwkeep_span bytes = request->bytes;
    for (size_t depth = 0;; depth++) {
        jwkeep_code code = check_one(request, bytes, rules, limits, token, error);
        if (code != JWKEEP_OK || !rules->is_nesting_allowed || !is_nested(token))
            return code;
        if (depth == limits->max_nesting)
            return jk_fail_at(error, JWKEEP_NESTING_TOO_DEEP, "cty", "RFC 7519 §5.2",
                              JWKEEP_NO_OFFSET);
        code = unwrap(token, &bytes, error);
        if (code != JWKEEP_OK)
            return code;
    }
}

static jwkeep_code verify(const struct request *request, jwkeep_token *token,
                          jwkeep_failures *failures, jwkeep_error *error) {
    jwkeep_rules rules;
    jwkeep_limits limits;
    if (!request->key && !request->keys)
        return jk_fail_at(error, JWKEEP_MISUSE_ARGUMENT, "keys", NULL, JWKEEP_NO_OFFSET);
    jwkeep_code code = jk_rules_resolve(request->rules, &rules, error);
    if (code == JWKEEP_OK)
        code = jk_rules_check_issuers(&rules, error);
    if (code == JWKEEP_OK)
        code = jk_limits_resolve(rules.limits, &limits, error);
    if (code == JWKEEP_OK)
        code = check_all(request, &rules, &limits, token, error);
    if (code == JWKEEP_OK)
        code = jk_jwt_finish(token, &rules, &limits, request->now_ms, failures, error);
    return code;
}

jwkeep_code jwkeep_jwt_verify(jwkeep_span bytes, const jwkeep_jwk *key,
                              const jwkeep_keyset *keys, const jwkeep_rules *rules,
                              int64_t now_ms, jwkeep_token *token, jwkeep_failures *failures,
                              jwkeep_error *error) {
    if (failures)
        failures->count = 0;
    if (!token)
        return jk_fail_at(error, JWKEEP_MISUSE_ARGUMENT, "token", NULL, JWKEEP_NO_OFFSET);
    const struct request request = {bytes, key, keys, rules, now_ms};
    jwkeep_code code = verify(&request, token, failures, error);
    if (code != JWKEEP_OK)
        jk_token_reset(token);
    return code;
}
