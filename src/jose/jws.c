/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the steps of verifying a JWS (RFC 7515 §5.2): taking a compact one apart, choosing keys,
 * checking the signature. The header is read in jws_header.c. */
#include "jose/jws.h"
#include "base/error.h"
#include "codec/base64url.h"
#include "jose/jwk.h"

static jwkeep_code refuse_at(jwkeep_error *error, jwkeep_code code, const char *text,
                             const char *clause, size_t offset) {
    jk_fail_text(error, code, text, NULL, clause);
    if (error)
        error->offset = offset;
    return code;
}

static jwkeep_code malformed(jwkeep_error *error, const char *text, size_t offset) {
    return refuse_at(error, JWKEEP_TOKEN_MALFORMED, text, "RFC 7515 §7.1", offset);
}

/* The offset of the first dot from `start` on and before `end`; `end` if there is none. */
static size_t find_dot(jwkeep_span token, size_t start, size_t end) {
    const uint8_t *dot = start < end ? memchr(token.data + start, '.', end - start) : NULL;
    return dot ? (size_t)(dot - token.data) : end;
}

jwkeep_code jk_jws_split_dots(jwkeep_span token, const jwkeep_limits *limits,
                              jk_jws_parts *ret_parts, jwkeep_error *error) {
    if (token.size > limits->max_token_bytes)
        return jk_fail(error, JWKEEP_TOKEN_TOO_LARGE);
    if (token.size && token.data[0] == '{')
        return malformed(error, "the JSON serialization is not accepted here", 0);
    size_t first = find_dot(token, 0, token.size);
    if (first > limits->max_header_bytes)
        return jk_fail_text(error, JWKEEP_TOKEN_TOO_LARGE, "the header is too large", NULL,
                            NULL);
    size_t second = find_dot(token, first + 1, token.size);
    if (second >= token.size)
        return malformed(error, "fewer than three segments", token.size);
    size_t third = find_dot(token, second + 1, token.size);
    if (third < token.size)
        return malformed(error, "more than three segments", third);
    *ret_parts = jk_jws_parts_at(token, first, second);
    return JWKEEP_OK;
}

jwkeep_code jk_jws_split(jwkeep_span token, const jwkeep_limits *limits,
                         jk_jws_parts *ret_parts, jwkeep_error *error) {
    jk_jws_parts parts;
    jwkeep_code code = jk_jws_split_dots(token, limits, &parts, error);
    if (code)
        return code;
    if (parts.header.size == 0)
        return malformed(error, "the header is empty", 0);
    if (parts.signature.size == 0)
        return malformed(error, "the signature is empty", token.size);
    *ret_parts = parts;
    return JWKEEP_OK;
}

jwkeep_code jk_jws_check_header(const jk_jws_header *header, const jk_jws_choice *choice,
                                jwkeep_error *error) {
    if (choice->algorithms && !(choice->algorithms & JWKEEP_ALGORITHM_BIT(header->algorithm)))
        return jk_fail_at(error, JWKEEP_ALG_NOT_ALLOWED, "alg", "RFC 8725 §3.1",
                          JWKEEP_NO_OFFSET);
    if (choice->is_kid_required && !header->kid.data)
        return jk_fail_at(error, JWKEEP_KID_MISSING, "kid", NULL, JWKEEP_NO_OFFSET);
    return JWKEEP_OK;
}

/* The keys that a token may name, one after the other. */
typedef struct candidates {
    const jk_jws_choice *choice;
    jwkeep_span kid;
    size_t index; /* of the next one, in a set without a `kid` to go by */
    const jwkeep_jwk *last;
} candidates;

static const jwkeep_jwk *next_candidate(candidates *at) {
    const jk_jws_choice *choice = at->choice;
    if (choice->key)
        at->last = at->last ? NULL : choice->key;
    else if (!at->kid.data)
        at->last = jwkeep_keyset_at(choice->keys, at->index++);
    else if (!at->last)
        at->last = jwkeep_keyset_find(choice->keys, at->kid);
    else
        at->last = jwkeep_keyset_find_next(choice->keys, at->last);
    return at->last;
}

const jwkeep_jwk *jk_jws_first_key(const jk_jws_header *header, const jk_jws_choice *choice) {
    candidates at = {.choice = choice, .kid = header->kid};
    const jwkeep_jwk *key;
    do
        key = next_candidate(&at);
    while (key && jwkeep_jwk_may_verify(key, header->algorithm) != JWKEEP_OK);
    return key;
}

static jwkeep_code refuse_keys(jwkeep_error *error, jwkeep_code refusal, bool was_tried) {
    if (was_tried)
        return jk_fail_at(error, JWKEEP_SIGNATURE_INVALID, NULL, "RFC 7515 §5.2",
                          JWKEEP_NO_OFFSET);
    if (refusal == JWKEEP_KEY_ALG_MISMATCH)
        return jk_fail_at(error, refusal, "alg", "RFC 7517 §4.4", JWKEEP_NO_OFFSET);
    if (refusal == JWKEEP_KEY_USE_FORBIDDEN)
        return jk_fail_at(error, refusal, "use", "RFC 7517 §4.2", JWKEEP_NO_OFFSET);
    return jk_fail_at(error, JWKEEP_KID_UNKNOWN, "kid", "RFC 7515 §4.1.4", JWKEEP_NO_OFFSET);
}

static jwkeep_code try_keys(jwkeep_span message, jwkeep_span signature,
                            const jk_jws_header *header, const jk_jws_choice *choice,
                            size_t max_candidates, const jwkeep_jwk **ret_key,
                            jwkeep_error *error) {
    candidates at = {.choice = choice, .kid = header->kid};
    jwkeep_code refusal = JWKEEP_KID_UNKNOWN;
    size_t tried = 0;
    const jwkeep_jwk *key;
    while (tried < max_candidates && (key = next_candidate(&at))) {
        jwkeep_code code = jwkeep_jwk_may_verify(key, header->algorithm);
        if (code) {
            /* What a fitting key forbids says more than that another does not fit. */
            if (refusal != JWKEEP_KEY_USE_FORBIDDEN)
                refusal = code;
            continue;
        }
        tried++;
        jwkeep_error why; /* of this key alone: another one may hold */
        code = jk_key_verify_by(jk_jwk_prepared(key), choice->engine, header->algorithm,
                                message, signature, &why);
        if (!code)
            *ret_key = key;
        else if (code != JWKEEP_SIGNATURE_INVALID && error)
            *error = why;
        if (code != JWKEEP_SIGNATURE_INVALID)
            return code;
    }
    return refuse_keys(error, refusal, tried > 0);
}

jwkeep_code jk_jws_check_signature(const jk_jws_parts *parts, const jk_jws_header *header,
                                   const jk_jws_choice *choice, const jwkeep_limits *limits,
                                   const jwkeep_jwk **ret_key, jwkeep_error *error) {
    uint8_t bytes[JK_SIGNATURE_MAX_BYTES];
    size_t size = jk_base64url_decoded_size(parts->signature.size);
    if (size > sizeof bytes)
        return refuse_keys(error, JWKEEP_OK, true);
    size_t offset;
    if (!jk_base64url_decode(parts->signature, bytes, &offset))
        return jk_fail_at(error, JWKEEP_BASE64URL_INVALID, "signature", "RFC 7515 §2",
                          parts->signature_at + offset);
    return try_keys(parts->signed_bytes, jwkeep_span_of(bytes, size), header, choice,
                    limits->max_candidates, ret_key, error);
}

jwkeep_code jk_jws_find_candidates(const jk_jws_header *header, const jk_jws_choice *choice,
                                   size_t max, const jwkeep_jwk **ret_keys, size_t *ret_count,
                                   jwkeep_error *error) {
    candidates at = {.choice = choice, .kid = header->kid};
    jwkeep_code refusal = JWKEEP_KID_UNKNOWN;
    size_t count = 0;
    const jwkeep_jwk *key;
    while (count < max && (key = next_candidate(&at))) {
        jwkeep_code code = jwkeep_jwk_may_verify(key, header->algorithm);
        if (!code)
            ret_keys[count++] = key;
        else if (refusal != JWKEEP_KEY_USE_FORBIDDEN)
            refusal = code;
    }
    if (count == 0)
        return refuse_keys(error, refusal, false);
    *ret_count = count;
    return JWKEEP_OK;
}
