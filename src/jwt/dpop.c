/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the order of the checks of RFC 9449 §4.3. */
#include "base/allocator.h"
#include "base/error.h"
#include "base/limits.h"
#include "base/secret.h"
#include "codec/base64url.h"
#include "crypto/digest.h"
#include "jose/jwk.h"
#include "jwt/dpop_url.h"
#include "jwt/verify.h"
#include <jwkeep/dpop.h>

#define HASH_TEXT_BYTES 43u /* base64url of JK_SHA256_SIZE bytes */

struct jwkeep_dpop_proof {
    jwkeep_token *token;
    uint8_t jkt[JWKEEP_THUMBPRINT_TEXT_SIZE];
    bool is_verified;
    jk_dpop_url url; /* of the request */
    jk_dpop_url htu; /* that the proof names */
};

/* What one call was given, completed. */
struct dpop {
    const jwkeep_dpop_request *request;
    jwkeep_dpop_options options;
    jwkeep_rules rules;
    jwkeep_limits limits;
    int64_t now_ms;
    jwkeep_error *error;
};

jwkeep_code jwkeep_dpop_proof_new(jwkeep_dpop_proof **ret_proof, jwkeep_error *error) {
    if (!ret_proof)
        return jk_fail(error, JWKEEP_MISUSE_ARGUMENT);
    jwkeep_dpop_proof *proof = jk_alloc_zeroed(1, sizeof *proof);
    if (!proof)
        return jk_fail(error, JWKEEP_OUT_OF_MEMORY);
    jwkeep_code code = jwkeep_token_new(&proof->token, error);
    if (code == JWKEEP_OK)
        *ret_proof = proof;
    else
        jk_free(proof);
    return code;
}

void jwkeep_dpop_proof_free(jwkeep_dpop_proof *proof) {
    if (!proof)
        return;
    jwkeep_token_free(proof->token);
    jk_free(proof);
}

jwkeep_span jwkeep_dpop_proof_jkt(const jwkeep_dpop_proof *proof) {
    return proof && proof->is_verified ? jwkeep_span_of(proof->jkt, sizeof proof->jkt)
                                       : JWKEEP_SPAN_NONE;
}

jwkeep_span jwkeep_dpop_proof_jti(const jwkeep_dpop_proof *proof) {
    return proof && proof->is_verified ? jwkeep_token_jti(proof->token) : JWKEEP_SPAN_NONE;
}

const jwkeep_json *jwkeep_dpop_proof_claims(const jwkeep_dpop_proof *proof) {
    return proof && proof->is_verified ? jwkeep_token_claims(proof->token) : NULL;
}

void jwkeep_dpop_options_init(jwkeep_dpop_options *options) {
    *options = (jwkeep_dpop_options){.struct_size = sizeof *options,
                                     .max_age_s = JWKEEP_DPOP_MAX_AGE_S,
                                     .leeway_s = JWKEEP_DPOP_LEEWAY_S};
}

static jwkeep_code refuse(const struct dpop *dpop, jwkeep_code code, const char *where,
                          const char *clause) {
    return jk_fail_at(dpop->error, code, where, clause, JWKEEP_NO_OFFSET);
}

static jwkeep_code misuse(const struct dpop *dpop, const char *field) {
    return refuse(dpop, JWKEEP_MISUSE_ARGUMENT, field, NULL);
}

static jwkeep_code resolve_options(const jwkeep_dpop_options *given, struct dpop *dpop) {
    jwkeep_dpop_options *options = &dpop->options;
    jwkeep_dpop_options_init(options);
    if (given) {
        const size_t size = given->struct_size;
        if (size < sizeof size || size > sizeof *options)
            return misuse(dpop, "struct_size");
        memcpy(options, given, size);
    }
    if (options->algorithms & ~jwkeep_algorithm_asymmetric())
        return misuse(dpop, "algorithms");
    if (options->max_age_s < 1 || options->max_age_s > JWKEEP_MAX_LEEWAY_S)
        return misuse(dpop, "max_age_s");
    if (options->leeway_s < 0 || options->leeway_s > JWKEEP_MAX_LEEWAY_S)
        return misuse(dpop, "leeway_s");
    if (options->replay &&
        jwkeep_replay_window_s(options->replay) < options->max_age_s + options->leeway_s)
        return misuse(dpop, "replay");
    return JWKEEP_OK;
}

static jwkeep_code resolve_rules(struct dpop *dpop) {
    static const char *const required[] = {"jti", "htm", "htu", "iat"};
    jwkeep_rules rules;
    jwkeep_rules_init(&rules);
    rules.algorithms =
        dpop->options.algorithms ? dpop->options.algorithms : jwkeep_algorithm_asymmetric();
    rules.typ = "dpop+jwt";
    rules.required = required;
    rules.required_count = JK_COUNT_OF(required);
    rules.max_age_s = dpop->options.max_age_s;
    rules.leeway_s = dpop->options.leeway_s;
    jwkeep_code code = jk_rules_resolve(&rules, &dpop->rules, dpop->error);
    return code == JWKEEP_OK
               ? jk_limits_resolve(dpop->options.limits, &dpop->limits, dpop->error)
               : code;
}

static jwkeep_code resolve_request(const struct dpop *dpop, jwkeep_dpop_proof *proof) {
    const jwkeep_dpop_request *request = dpop->request;
    if (request->method.size == 0)
        return misuse(dpop, "method");
    if (!jk_dpop_url_read(request->url, &proof->url))
        return misuse(dpop, "url");
    if (request->proof_count == 0)
        return refuse(dpop, JWKEEP_DPOP_MISSING, "DPoP", "RFC 9449 §4.3");
    if (request->proof_count > 1)
        return refuse(dpop, JWKEEP_DPOP_REPEATED, "DPoP", "RFC 9449 §4.3");
    return JWKEEP_OK;
}

/* The key of the header: public, and for signatures of the algorithm, which comes later. */
static jwkeep_code read_key(const struct dpop *dpop, const jwkeep_token *token,
                            jwkeep_jwk **ret_key) {
    const jwkeep_json *value = jwkeep_json_member(token->header->json, "jwk");
    if (jwkeep_json_type_of(value) != JWKEEP_JSON_OBJECT || jk_jwk_has_secret(value))
        return refuse(dpop, JWKEEP_DPOP_KEY_INVALID, "jwk", "RFC 9449 §4.2");
    jwkeep_code code = jk_jwk_from_json(value, &dpop->limits, ret_key, NULL);
    if (jwkeep_code_class(code) == JWKEEP_CLASS_REJECTED)
        return refuse(dpop, JWKEEP_DPOP_KEY_INVALID, "jwk", "RFC 9449 §4.2");
    return code == JWKEEP_OK ? code : jk_fail(dpop->error, code);
}

static jwkeep_code check_signature(const struct dpop *dpop, jwkeep_dpop_proof *proof) {
    jwkeep_jwk *key = NULL;
    jwkeep_code code = read_key(dpop, proof->token, &key);
    if (code != JWKEEP_OK)
        return code;
    code = jk_jwt_check_signature(proof->token, key, NULL, &dpop->rules, &dpop->limits, NULL,
                                  dpop->error);
    if (code == JWKEEP_OK)
        memcpy(proof->jkt, jwkeep_jwk_thumbprint_text(key).data, sizeof proof->jkt);
    jwkeep_jwk_unref(key);
    return code;
}

/* The claim called `name`; with a code of its own where it is no string. */
static jwkeep_code read_claim(const struct dpop *dpop, const jwkeep_token *token,
                              const char *name, jwkeep_span *ret_text) {
    const jwkeep_json *value = jwkeep_json_member(jwkeep_token_claims(token), name);
    *ret_text = jwkeep_json_string(value);
    if (jwkeep_span_is_present(*ret_text))
        return JWKEEP_OK;
    return refuse(dpop, value ? JWKEEP_CLAIM_TYPE : JWKEEP_CLAIM_MISSING, name,
                  "RFC 9449 §4.2");
}

static bool is_same_url(const jk_dpop_url *a, const jk_dpop_url *b) {
    return jwkeep_span_equals(jwkeep_span_of(a->text, a->size),
                              jwkeep_span_of(b->text, b->size));
}

static jwkeep_code check_target(const struct dpop *dpop, jwkeep_dpop_proof *proof) {
    jwkeep_span text;
    jwkeep_code code = read_claim(dpop, proof->token, "htm", &text);
    if (code != JWKEEP_OK)
        return code;
    if (!jwkeep_span_equals(text, dpop->request->method))
        return refuse(dpop, JWKEEP_DPOP_METHOD_MISMATCH, "htm", "RFC 9449 §4.3");
    code = read_claim(dpop, proof->token, "htu", &text);
    if (code != JWKEEP_OK)
        return code;
    if (!jk_dpop_url_read(text, &proof->htu) || !is_same_url(&proof->htu, &proof->url))
        return refuse(dpop, JWKEEP_DPOP_URL_MISMATCH, "htu", "RFC 9449 §4.3");
    return JWKEEP_OK;
}

static jwkeep_code check_nonce(const struct dpop *dpop, const jwkeep_token *token) {
    if (!jwkeep_span_is_present(dpop->request->nonce))
        return JWKEEP_OK;
    const jwkeep_json *value = jwkeep_json_member(jwkeep_token_claims(token), "nonce");
    const jwkeep_span nonce = jwkeep_json_string(value);
    if (jwkeep_span_is_present(nonce) && jk_secret_equals(nonce, dpop->request->nonce))
        return JWKEEP_OK;
    return refuse(dpop, JWKEEP_DPOP_NONCE_MISMATCH, "nonce", "RFC 9449 §8");
}

static jwkeep_code check_access_token(const struct dpop *dpop, const jwkeep_token *token) {
    uint8_t digest[JK_SHA256_SIZE];
    char text[HASH_TEXT_BYTES];
    jwkeep_span ath;
    if (!jwkeep_span_is_present(dpop->request->access_token))
        return JWKEEP_OK;
    jwkeep_code code = read_claim(dpop, token, "ath", &ath);
    if (code == JWKEEP_OK)
        code = jk_sha256(dpop->request->access_token, digest, dpop->error);
    if (code != JWKEEP_OK)
        return code;
    jk_base64url_encode(jwkeep_span_of(digest, sizeof digest), text);
    if (!jk_secret_equals(ath, jwkeep_span_of(text, sizeof text)))
        return refuse(dpop, JWKEEP_DPOP_HASH_MISMATCH, "ath", "RFC 9449 §4.3");
    return JWKEEP_OK;
}

/* The last check: a proof that is refused for another reason is not used up. */
static jwkeep_code check_first(const struct dpop *dpop, const jwkeep_dpop_proof *proof) {
    const jwkeep_dpop_options *options = &dpop->options;
    if (!options->replay && !options->first)
        return JWKEEP_OK;
    const jwkeep_span jti = jwkeep_token_jti(proof->token);
    const size_t size = sizeof proof->jkt + 1 + jti.size;
    uint8_t *id = jk_alloc(size);
    if (!id)
        return jk_fail(dpop->error, JWKEEP_OUT_OF_MEMORY);
    memcpy(id, proof->jkt, sizeof proof->jkt);
    id[sizeof proof->jkt] = '.';
    memcpy(id + sizeof proof->jkt + 1, jti.data, jti.size);
    jwkeep_code code =
        options->replay
            ? jwkeep_replay_take(options->replay, jwkeep_span_of(id, size), dpop->now_ms, NULL)
            : options->first(options->user, jwkeep_span_of(id, size), dpop->now_ms);
    jk_free(id);
    if (code == JWKEEP_OK)
        return code;
    if (jwkeep_code_class(code) == JWKEEP_CLASS_OK)
        code = JWKEEP_REPLAYED;
    return refuse(dpop, code, "jti", "RFC 9449 §11.1");
}

static jwkeep_code verify(const struct dpop *dpop, jwkeep_dpop_proof *proof) {
    jwkeep_token *token = proof->token;
    jwkeep_code code = jk_jwt_open(token, dpop->request->proofs[0], &dpop->limits, dpop->error);
    if (code == JWKEEP_OK)
        code = jk_jwt_check_header(token, &dpop->rules, dpop->error);
    if (code == JWKEEP_OK)
        code = check_signature(dpop, proof);
    if (code == JWKEEP_OK)
        code =
            jk_jwt_finish(token, &dpop->rules, &dpop->limits, dpop->now_ms, NULL, dpop->error);
    if (code == JWKEEP_OK)
        code = check_target(dpop, proof);
    if (code == JWKEEP_OK)
        code = check_nonce(dpop, token);
    if (code == JWKEEP_OK)
        code = check_access_token(dpop, token);
    if (code == JWKEEP_OK)
        code = check_first(dpop, proof);
    return code;
}

jwkeep_code jwkeep_dpop_verify(const jwkeep_dpop_request *request,
                               const jwkeep_dpop_options *options, int64_t now_ms,
                               jwkeep_dpop_proof *proof, jwkeep_error *error) {
    if (!request || !proof || (request->proof_count > 0 && !request->proofs))
        return jk_fail_at(error, JWKEEP_MISUSE_ARGUMENT, proof ? "request" : "proof", NULL,
                          JWKEEP_NO_OFFSET);
    struct dpop dpop = {.request = request, .now_ms = now_ms, .error = error};
    proof->is_verified = false;
    jwkeep_code code = resolve_options(options, &dpop);
    if (code == JWKEEP_OK)
        code = resolve_rules(&dpop);
    if (code == JWKEEP_OK)
        code = resolve_request(&dpop, proof);
    if (code == JWKEEP_OK)
        code = verify(&dpop, proof);
    if (code != JWKEEP_OK)
        jk_token_reset(proof->token);
    proof->is_verified = code == JWKEEP_OK;
    return code;
}
