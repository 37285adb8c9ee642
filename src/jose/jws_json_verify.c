/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns verifying a JWS in JSON serialization: each signature judged by itself, then the policy.
 * Refuses to show anything of a token whose policy was not met. */
#include "base/allocator.h"
#include "base/error.h"
#include "codec/base64url.h"
#include "jose/jws_json.h"
#include "jose/jws_setup.h"

/* A signature on its way: what was read, and what is shown. It is shown as bad until it has
 * been found good. */
typedef struct judged {
    jk_jws_triple triple;
    jk_jws_header header;
    bool is_acceptable; /* its headers are: the signature decides */
    jwkeep_jws_signature shown;
} judged;

struct jwkeep_jws_json {
    jk_arena arena;
    jwkeep_span payload;
    judged *signatures;
    size_t count;
    bool is_verified;
};

jwkeep_code jwkeep_jws_json_new(jwkeep_jws_json **ret_verified, jwkeep_error *error) {
    jwkeep_jws_json *verified = jk_alloc_zeroed(1, sizeof *verified);
    if (!verified)
        return jk_fail(error, JWKEEP_OUT_OF_MEMORY);
    jk_arena_init(&verified->arena, SIZE_MAX); /* bounded by the limits of each token */
    *ret_verified = verified;
    return JWKEEP_OK;
}

void jwkeep_jws_json_free(jwkeep_jws_json *verified) {
    if (!verified)
        return;
    jk_arena_done(&verified->arena);
    jk_free(verified);
}

static void reset(jwkeep_jws_json *verified) {
    jk_arena_reset(&verified->arena);
    verified->payload = JWKEEP_SPAN_NONE;
    verified->signatures = NULL;
    verified->count = 0;
    verified->is_verified = false;
}

/* What one call of jwkeep_jws_json_verify works on. */
typedef struct work {
    const jk_jws_setup *setup;
    const jwkeep_jws_policy *policy;
    jwkeep_jws_json *verified;
    jk_jws_shape shape;
} work;

static bool is_judgement(jwkeep_code code) {
    return code == JWKEEP_OK || jwkeep_code_class(code) == JWKEEP_CLASS_REJECTED;
}

/* Reads all headers, before any of them is acted upon. */
static jwkeep_code read_headers(work *at, jwkeep_error *error) {
    const jwkeep_json *value = at->shape.first;
    for (size_t i = 0; i < at->verified->count; i++) {
        judged *each = &at->verified->signatures[i];
        jwkeep_error *why = &each->shown.error;
        jk_fail(why, JWKEEP_SIGNATURE_INVALID);
        each->triple = jk_jws_json_triple(value);
        jwkeep_code code = jk_jws_json_read_header(&at->shape, &each->triple,
                                                   &at->setup->understood, &at->setup->limits,
                                                   &at->verified->arena, &each->header, why);
        if (!code)
            code = jk_jws_check_header(&each->header, &at->setup->choice, why);
        if (!is_judgement(code))
            return jk_fail(error, code);
        each->is_acceptable = code == JWKEEP_OK;
        value = jk_jws_json_next(&at->shape, value);
    }
    return JWKEEP_OK;
}

/* RFC 7797 §3: `b64` is the same for all signatures, and says what the payload is. */
static jwkeep_code find_b64(const jwkeep_jws_json *verified, const judged **ret_sample,
                            jwkeep_error *error) {
    const judged *sample = NULL;
    for (size_t i = 0; i < verified->count; i++) {
        const judged *each = &verified->signatures[i];
        if (!each->header.text.data)
            continue;
        if (sample && sample->header.is_unencoded != each->header.is_unencoded)
            return jk_fail_at(error, JWKEEP_B64_INCONSISTENT, "b64", "RFC 7797 §3",
                              JWKEEP_NO_OFFSET);
        sample = each;
    }
    *ret_sample = sample;
    return JWKEEP_OK;
}

static jwkeep_code decode_payload(work *at, jwkeep_error *error) {
    jwkeep_span encoded = jwkeep_json_string(at->shape.payload);
    size_t size = jk_base64url_decoded_size(encoded.size);
    uint8_t *bytes = jk_arena_bytes(&at->verified->arena, size);
    size_t offset;
    if (!bytes)
        return jk_fail(error, JWKEEP_OUT_OF_MEMORY);
    if (!jk_base64url_decode(encoded, bytes, &offset))
        return jk_fail_at(error, JWKEEP_BASE64URL_INVALID, "payload", "RFC 7515 §2",
                          jk_jws_json_place(&at->shape, at->shape.payload, offset));
    at->verified->payload = jwkeep_span_of(bytes, size);
    return JWKEEP_OK;
}

static jwkeep_code take_payload(work *at, bool is_unencoded, jwkeep_error *error) {
    jwkeep_span detached = at->setup->detached;
    if (detached.data && at->shape.payload)
        return jk_fail_at(error, JWKEEP_PAYLOAD_NOT_DETACHED, "payload", "RFC 7515 Appendix F",
                          jk_jws_json_place(&at->shape, at->shape.payload, 0));
    if (!detached.data && !at->shape.payload)
        return jk_fail_at(error, JWKEEP_PAYLOAD_MISSING, "payload", "RFC 7515 §7.2.1",
                          JWKEEP_NO_OFFSET);
    at->verified->payload = detached.data ? detached : jwkeep_json_string(at->shape.payload);
    return detached.data || is_unencoded ? JWKEEP_OK : decode_payload(at, error);
}

/* The signed bytes are given back at once: a payload for each signature would let whoever made
 * the token multiply the memory that one takes. */
static jwkeep_code check_signature(work *at, judged *each, jwkeep_error *why) {
    jk_arena *arena = &at->verified->arena;
    jk_jws_parts parts = {.header = jwkeep_json_string(each->triple.protected_header),
                          .signature = jwkeep_json_string(each->triple.signature)};
    jwkeep_code code =
        jk_jws_signing_input(parts.header, at->verified->payload, each->header.is_unencoded,
                             arena, &parts.signed_bytes, why);
    if (code)
        return code;
    code = jk_jws_judge(at->setup, &parts, &each->header, &each->shown.key, why);
    jk_arena_shrink(arena, (uint8_t *)(uintptr_t)parts.signed_bytes.data, 0);
    if (code && why->offset != JWKEEP_NO_OFFSET)
        why->offset = jk_jws_json_place(&at->shape, each->triple.signature, why->offset);
    return code;
}

static void show_held(const work *at, judged *each) {
    jwkeep_jws_signature *shown = &each->shown;
    jk_fail(&shown->error, JWKEEP_OK);
    shown->thumbprint = shown->key ? jwkeep_jwk_thumbprint(shown->key) : at->setup->pinned;
    shown->algorithm = each->header.algorithm;
    shown->header = each->header.text;
    shown->unprotected = jwkeep_json_raw(each->triple.header);
}

static jwkeep_code check_signatures(work *at, jwkeep_error *error) {
    for (size_t i = 0; i < at->verified->count; i++) {
        judged *each = &at->verified->signatures[i];
        if (!each->is_acceptable)
            continue;
        jwkeep_code code = check_signature(at, each, &each->shown.error);
        if (!is_judgement(code))
            return jk_fail(error, code);
        if (!code)
            show_held(at, each);
    }
    return JWKEEP_OK;
}

static size_t count_held(const jwkeep_jws_json *verified) {
    size_t held = 0;
    for (size_t i = 0; i < verified->count; i++)
        held += verified->signatures[i].shown.error.code == JWKEEP_OK;
    return held;
}

static bool has_signed(const jwkeep_jws_json *verified, jwkeep_span kid,
                       jwkeep_span thumbprint) {
    for (size_t i = 0; i < verified->count; i++) {
        const jwkeep_jws_signature *each = &verified->signatures[i].shown;
        if (each->error.code)
            continue;
        if (thumbprint.data && jwkeep_span_equals(each->thumbprint, thumbprint))
            return true;
        jwkeep_span own = each->key ? jwkeep_jwk_kid(each->key) : JWKEEP_SPAN_NONE;
        if (kid.data && own.data && jwkeep_span_equals(own, kid))
            return true;
    }
    return false;
}

static bool have_all_signed(const jwkeep_jws_json *verified, const jwkeep_jws_policy *policy) {
    for (size_t i = 0; i < policy->kid_count; i++)
        if (!has_signed(verified, policy->kids[i], JWKEEP_SPAN_NONE))
            return false;
    for (size_t i = 0; i < policy->thumbprint_count; i++)
        if (!has_signed(verified, JWKEEP_SPAN_NONE, policy->thumbprints[i]))
            return false;
    return true;
}

static bool is_met(const jwkeep_jws_json *verified, const jwkeep_jws_policy *policy) {
    size_t held = count_held(verified);
    switch (policy->demand) {
    case JWKEEP_JWS_DEMAND_ALL:
        return held == verified->count;
    case JWKEEP_JWS_DEMAND_ANY:
        return held > 0;
    case JWKEEP_JWS_DEMAND_KEYS:
        return have_all_signed(verified, policy);
    }
    return false;
}

static jwkeep_code apply_policy(const work *at, jwkeep_error *error) {
    const jwkeep_jws_json *verified = at->verified;
    if (is_met(verified, at->policy))
        return JWKEEP_OK;
    const jwkeep_error *only = &verified->signatures[0].shown.error;
    if (verified->count > 1 || !only->code)
        return jk_fail_at(error, JWKEEP_SIGNATURES_UNMET, "signatures", "RFC 7515 §5.2",
                          JWKEEP_NO_OFFSET);
    if (error)
        *error = *only;
    return only->code;
}

/* The token's bytes are copied: what is shown outlives them. */
static jwkeep_code read_shape(work *at, jwkeep_span token, jwkeep_error *error) {
    const jwkeep_limits *limits = &at->setup->limits;
    jwkeep_jws_json *verified = at->verified;
    if (token.size > limits->max_json_token_bytes)
        return jk_fail(error, JWKEEP_TOKEN_TOO_LARGE);
    uint8_t *copy = jk_arena_bytes(&verified->arena, token.size);
    if (!copy)
        return jk_fail(error, JWKEEP_OUT_OF_MEMORY);
    if (token.size)
        memcpy(copy, token.data, token.size);
    jwkeep_code code = jk_jws_json_read(jwkeep_span_of(copy, token.size), limits,
                                        &verified->arena, &at->shape, error);
    if (code)
        return code;
    size_t size = at->shape.count * sizeof *verified->signatures;
    judged *signatures = jk_arena_alloc(&verified->arena, size);
    if (!signatures)
        return jk_fail(error, JWKEEP_OUT_OF_MEMORY);
    memset(signatures, 0, size);
    verified->signatures = signatures;
    verified->count = at->shape.count;
    return JWKEEP_OK;
}

static jwkeep_code verify(work *at, jwkeep_span token, jwkeep_error *error) {
    const judged *sample = NULL;
    jwkeep_code code = read_shape(at, token, error);
    if (!code)
        code = read_headers(at, error);
    if (!code)
        code = find_b64(at->verified, &sample, error);
    if (!code && sample)
        code = take_payload(at, sample->header.is_unencoded, error);
    return code ? code : check_signatures(at, error);
}

static jwkeep_code check_policy(const jwkeep_jws_policy *policy, jwkeep_error *error) {
    if ((unsigned)policy->demand > JWKEEP_JWS_DEMAND_KEYS ||
        (policy->kid_count && !policy->kids) ||
        (policy->thumbprint_count && !policy->thumbprints))
        return jk_fail_at(error, JWKEEP_MISUSE_ARGUMENT, "policy", NULL, JWKEEP_NO_OFFSET);
    if (policy->demand == JWKEEP_JWS_DEMAND_KEYS && !policy->kid_count &&
        !policy->thumbprint_count)
        return jk_fail_text(error, JWKEEP_MISUSE_ARGUMENT, "a policy of no keys asks nothing",
                            "policy", NULL);
    return JWKEEP_OK;
}

jwkeep_code jwkeep_jws_json_verify(jwkeep_span token, const jwkeep_jws_options *options,
                                   const jwkeep_jws_policy *policy, jwkeep_jws_json *verified,
                                   jwkeep_error *error) {
    static const jwkeep_jws_policy all = {.demand = JWKEEP_JWS_DEMAND_ALL};
    jk_jws_setup setup;
    work at = {.setup = &setup, .policy = policy ? policy : &all, .verified = verified};
    if (!verified)
        return jk_fail_at(error, JWKEEP_MISUSE_ARGUMENT, "verified", NULL, JWKEEP_NO_OFFSET);
    reset(verified);
    jwkeep_code code = jk_jws_set_up(options, &setup, error);
    if (!code)
        code = check_policy(at.policy, error);
    if (!code)
        code = verify(&at, token, error);
    if (code) {
        reset(verified);
        return code;
    }
    code = apply_policy(&at, error);
    verified->is_verified = code == JWKEEP_OK;
    return code;
}

jwkeep_span jwkeep_jws_json_payload(const jwkeep_jws_json *verified) {
    return verified->is_verified ? verified->payload : JWKEEP_SPAN_NONE;
}

size_t jwkeep_jws_json_count(const jwkeep_jws_json *verified) {
    return verified->count;
}

jwkeep_code jwkeep_jws_json_at(const jwkeep_jws_json *verified, size_t index,
                               jwkeep_jws_signature *ret_signature) {
    if (index >= verified->count)
        return JWKEEP_NOT_FOUND;
    jwkeep_jws_signature shown = verified->signatures[index].shown;
    if (!verified->is_verified) {
        shown.header = JWKEEP_SPAN_NONE;
        shown.unprotected = JWKEEP_SPAN_NONE;
    }
    *ret_signature = shown;
    return JWKEEP_OK;
}
