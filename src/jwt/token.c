/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the accessors of the verified token. Refuses to show anything of one that is not
 * verified. */
#include "jwt/token.h"
#include "base/allocator.h"
#include "base/error.h"

/* What a payload takes is bounded by the limits on its bytes, values and depth. */
#define PAYLOAD_ARENA_MAX_BYTES (SIZE_MAX / 2)

jwkeep_code jwkeep_token_new(jwkeep_token **ret_token, jwkeep_error *error) {
    if (!ret_token)
        return jk_fail(error, JWKEEP_MISUSE_ARGUMENT);
    jwkeep_token *token = jk_alloc_zeroed(1, sizeof *token);
    if (!token)
        return jk_fail(error, JWKEEP_OUT_OF_MEMORY);
    jk_arena_init(&token->arena, PAYLOAD_ARENA_MAX_BYTES);
    jk_arena_init(&token->outer, PAYLOAD_ARENA_MAX_BYTES);
    jk_header_memory_init(&token->headers);
    *ret_token = token;
    return JWKEEP_OK;
}

void jwkeep_token_free(jwkeep_token *token) {
    if (!token)
        return;
    jk_arena_done(&token->arena);
    jk_arena_done(&token->outer);
    jk_header_memory_done(&token->headers);
    jk_free(token);
}

void jk_token_reset(jwkeep_token *token) {
    token->state = JK_TOKEN_EMPTY;
    token->has_payload = false;
    token->has_claims = false;
    jk_arena_reset(&token->arena);
}

static bool is_verified(const jwkeep_token *token) {
    return token && token->state == JK_TOKEN_VERIFIED;
}

const jwkeep_json *jwkeep_token_header(const jwkeep_token *token) {
    return is_verified(token) ? token->header->json : NULL;
}

const jwkeep_json *jwkeep_token_claims(const jwkeep_token *token) {
    return is_verified(token) ? token->claims.object : NULL;
}

jwkeep_span jwkeep_token_header_json(const jwkeep_token *token) {
    return is_verified(token) ? token->header->text : JWKEEP_SPAN_NONE;
}

jwkeep_span jwkeep_token_claims_json(const jwkeep_token *token) {
    return is_verified(token) ? token->payload : JWKEEP_SPAN_NONE;
}

jwkeep_algorithm jwkeep_token_algorithm(const jwkeep_token *token) {
    return is_verified(token) ? token->header->algorithm : JWKEEP_ALGORITHM_ABSENT;
}

jwkeep_span jwkeep_token_key_thumbprint(const jwkeep_token *token) {
    if (!is_verified(token))
        return JWKEEP_SPAN_NONE;
    return jwkeep_span_of(token->key_thumbprint, sizeof token->key_thumbprint);
}

jwkeep_span jwkeep_token_key_kid(const jwkeep_token *token) {
    return is_verified(token) ? token->key_kid : JWKEEP_SPAN_NONE;
}

static jwkeep_span text_of(const jwkeep_token *token, jk_claim claim) {
    return is_verified(token) ? jwkeep_json_string(token->claims.values[claim])
                              : JWKEEP_SPAN_NONE;
}

jwkeep_span jwkeep_token_issuer(const jwkeep_token *token) {
    return text_of(token, JK_CLAIM_ISS);
}

jwkeep_span jwkeep_token_subject(const jwkeep_token *token) {
    return text_of(token, JK_CLAIM_SUB);
}

jwkeep_span jwkeep_token_jti(const jwkeep_token *token) {
    return text_of(token, JK_CLAIM_JTI);
}

size_t jwkeep_token_audience_count(const jwkeep_token *token) {
    return is_verified(token) ? jk_claims_audience_count(&token->claims) : 0;
}

jwkeep_span jwkeep_token_audience_at(const jwkeep_token *token, size_t index) {
    return is_verified(token) ? jk_claims_audience_at(&token->claims, index) : JWKEEP_SPAN_NONE;
}

static jwkeep_code time_of(const jwkeep_token *token, jk_claim claim, int64_t *ret_time_s) {
    if (!is_verified(token) || !token->claims.values[claim])
        return JWKEEP_NOT_FOUND;
    *ret_time_s = token->claims.times_ms[claim] / 1000;
    return JWKEEP_OK;
}

jwkeep_code jwkeep_token_expires_s(const jwkeep_token *token, int64_t *ret_time_s) {
    return time_of(token, JK_CLAIM_EXP, ret_time_s);
}

jwkeep_code jwkeep_token_not_before_s(const jwkeep_token *token, int64_t *ret_time_s) {
    return time_of(token, JK_CLAIM_NBF, ret_time_s);
}

jwkeep_code jwkeep_token_issued_at_s(const jwkeep_token *token, int64_t *ret_time_s) {
    return time_of(token, JK_CLAIM_IAT, ret_time_s);
}

static const jwkeep_json *claim_of(const jwkeep_token *token, const char *name) {
    return jwkeep_json_member(jwkeep_token_claims(token), name);
}

jwkeep_code jwkeep_token_claim_string(const jwkeep_token *token, const char *name,
                                      jwkeep_span *ret_text) {
    const jwkeep_json *value = claim_of(token, name);
    if (!value)
        return JWKEEP_NOT_FOUND;
    if (jwkeep_json_type_of(value) != JWKEEP_JSON_STRING)
        return JWKEEP_JSON_TYPE;
    *ret_text = jwkeep_json_string(value);
    return JWKEEP_OK;
}

jwkeep_code jwkeep_token_claim_int64(const jwkeep_token *token, const char *name,
                                     int64_t *ret_number) {
    const jwkeep_json *value = claim_of(token, name);
    return value ? jwkeep_json_int64(value, ret_number) : JWKEEP_NOT_FOUND;
}

jwkeep_code jwkeep_token_claim_boolean(const jwkeep_token *token, const char *name,
                                       bool *ret_boolean) {
    const jwkeep_json *value = claim_of(token, name);
    return value ? jwkeep_json_boolean(value, ret_boolean) : JWKEEP_NOT_FOUND;
}
