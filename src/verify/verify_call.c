/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the way of a token through a verifier: its issuer, its key, and, when the key is
 * missing, the wait for it, blocking or pending. */
#include "base/allocator.h"
#include "base/error.h"
#include "jose/keyring.h"
#include "jwt/verify.h"
#include "verify/verifier.h"

static jwkeep_code find_issuer(const jwkeep_verifier *verifier, const jwkeep_token *token,
                               const jk_issuer **ret_issuer, jwkeep_error *error) {
    size_t index = 0;
    if (verifier->issuers[0].issuer) {
        jwkeep_span iss;
        jwkeep_code code = jk_jwt_issuer(token, &iss, error);
        if (code != JWKEEP_OK)
            return code;
        index = jk_issuer_table_find(&verifier->by_iss, iss);
    }
    if (index == JK_ISSUER_NONE)
        return jk_fail_at(error, JWKEEP_ISSUER_UNKNOWN, "iss", "RFC 7519 §4.1.1",
                          JWKEEP_NO_OFFSET);
    *ret_issuer = &verifier->issuers[index];
    return JWKEEP_OK;
}

/* PENDING: the key may be had by a download. A token without `kid` has been tried with what
 * there is, and no download can be said to bring what it needs. */
static jwkeep_code check_with_source(jwkeep_token *token, const jk_issuer *issuer,
                                     const jwkeep_limits *limits, jwkeep_error *error) {
    if (jwkeep_source_check(issuer->source) != JWKEEP_OK)
        return JWKEEP_PENDING;
    jk_pin pin;
    const jwkeep_keyset *keys;
    jwkeep_code code = jk_keyring_pin(jwkeep_source_ring(issuer->source), &pin, &keys);
    if (code != JWKEEP_OK)
        return jk_fail(error, code);
    jwkeep_error reason;
    code = jk_jwt_check_signature(token, NULL, keys, &issuer->rules, limits, &reason);
    jk_published_unpin(&pin);
    if (code == JWKEEP_KID_UNKNOWN && jwkeep_span_is_present(jk_jwt_kid(token)))
        return JWKEEP_PENDING;
    if (code != JWKEEP_OK && error)
        *error = reason;
    return code;
}

static jwkeep_code check_signature(jwkeep_token *token, const jk_issuer *issuer,
                                   const jwkeep_limits *limits, jwkeep_error *error) {
    if (issuer->source)
        return check_with_source(token, issuer, limits, error);
    return jk_jwt_check_signature(token, NULL, issuer->keys, &issuer->rules, limits, error);
}

/* What a verifying call was given. */
struct call {
    jwkeep_verifier *verifier;
    jwkeep_span bytes;
    jwkeep_token *token;
    jwkeep_failures *failures;
    jwkeep_error *error;
};

/* The verdict; or PENDING and the issuer whose key is missing, if all else about the token is
 * acceptable. */
static jwkeep_code attempt(const struct call *call, const jk_issuer **ret_issuer) {
    const jwkeep_verifier *verifier = call->verifier;
    const jwkeep_limits *limits = &verifier->limits;
    jwkeep_token *token = call->token;
    jwkeep_error *error = call->error;
    const jk_issuer *issuer = NULL;
    jwkeep_code code = jk_jwt_open(token, call->bytes, limits, error);
    if (code == JWKEEP_OK)
        code = jk_jwt_read_claims(token, limits, error);
    if (code == JWKEEP_OK)
        code = find_issuer(verifier, token, &issuer, error);
    if (code == JWKEEP_OK)
        code = jk_jwt_check_header(token, &issuer->rules, error);
    if (code == JWKEEP_OK)
        code = check_signature(token, issuer, limits, error);
    if (code == JWKEEP_OK)
        return jk_jwt_finish(token, &issuer->rules, limits, jk_verifier_now_ms(verifier),
                             call->failures, error);
    if (code != JWKEEP_PENDING)
        return code;
    code = jk_jwt_precheck(token, &issuer->rules, jk_verifier_now_ms(verifier), error);
    if (code != JWKEEP_OK)
        return code;
    *ret_issuer = issuer;
    return JWKEEP_PENDING;
}

/* After the keys were looked up: what is missing now stays missing. */
static jwkeep_code last_attempt(const struct call *call) {
    const jk_issuer *issuer;
    jwkeep_code code = attempt(call, &issuer);
    if (code != JWKEEP_PENDING)
        return code;
    code = jwkeep_source_check(issuer->source);
    if (code != JWKEEP_OK)
        return jk_fail(call->error, code);
    return jk_fail_at(call->error, JWKEEP_KID_UNKNOWN, "kid", "RFC 7515 §4.1.4",
                      JWKEEP_NO_OFFSET);
}

static jwkeep_code start(const struct call *call) {
    if (call->failures)
        call->failures->count = 0;
    if (call->verifier && call->token)
        return JWKEEP_OK;
    return jk_fail_at(call->error, JWKEEP_MISUSE_ARGUMENT, call->token ? "verifier" : "token",
                      NULL, JWKEEP_NO_OFFSET);
}

static jwkeep_code settle(const struct call *call, jwkeep_code code) {
    if (code != JWKEEP_OK && call->token)
        jk_token_reset(call->token);
    return code;
}

static jwkeep_code wait_and_retry(const struct call *call, const jk_issuer *issuer,
                                  uint32_t timeout_ms) {
    jk_waiting *waiting = &call->verifier->waiting;
    jk_waiting_enter(waiting);
    jwkeep_code code =
        jwkeep_source_lookup(issuer->source, jk_jwt_kid(call->token), timeout_ms, call->error);
    bool is_resumed = code == JWKEEP_OK && jk_waiting_resume(waiting);
    if (is_resumed)
        code = last_attempt(call);
    else if (code == JWKEEP_OK)
        code = jk_fail(call->error, JWKEEP_KEYS_SHUTDOWN);
    jk_waiting_leave(waiting, is_resumed);
    return code;
}

jwkeep_code jwkeep_verifier_verify(jwkeep_verifier *verifier, jwkeep_span bytes,
                                   uint32_t timeout_ms, jwkeep_token *token,
                                   jwkeep_failures *failures, jwkeep_error *error) {
    const struct call call = {verifier, bytes, token, failures, error};
    const jk_issuer *issuer;
    jwkeep_code code = start(&call);
    if (code == JWKEEP_OK)
        code = attempt(&call, &issuer);
    if (code == JWKEEP_PENDING)
        code = wait_and_retry(&call, issuer, timeout_ms);
    return settle(&call, code);
}

struct jwkeep_pending {
    jwkeep_verifier *verifier;
    jwkeep_span bytes;
    jwkeep_lookup *lookup;
};

/* How a call without waiting wants to be told. */
struct request {
    uint32_t timeout_ms;
    jwkeep_lookup_notify notify;
    void *user;
};

static jwkeep_code begin_lookup(const struct call *call, const jk_issuer *issuer,
                                const struct request *request, jwkeep_pending **ret_pending) {
    jwkeep_pending *pending = jk_alloc(sizeof *pending);
    if (!pending)
        return jk_fail(call->error, JWKEEP_OUT_OF_MEMORY);
    *pending = (jwkeep_pending){.verifier = call->verifier, .bytes = call->bytes};
    jwkeep_pending *before = *ret_pending;
    *ret_pending = pending; /* `notify` may run before this returns */
    jwkeep_code code = jwkeep_source_lookup_begin(issuer->source, jk_jwt_kid(call->token),
                                                  request->timeout_ms, request->notify,
                                                  request->user, &pending->lookup, call->error);
    if (code == JWKEEP_PENDING)
        return code;
    *ret_pending = before;
    jk_free(pending);
    return code == JWKEEP_OK ? last_attempt(call) : code;
}

jwkeep_code jwkeep_verifier_begin(jwkeep_verifier *verifier, jwkeep_span bytes,
                                  uint32_t timeout_ms, jwkeep_lookup_notify notify, void *user,
                                  jwkeep_token *token, jwkeep_pending **ret_pending,
                                  jwkeep_failures *failures, jwkeep_error *error) {
    const struct call call = {verifier, bytes, token, failures, error};
    const struct request request = {timeout_ms, notify, user};
    const jk_issuer *issuer;
    jwkeep_code code = start(&call);
    if (code == JWKEEP_OK && (!notify || !ret_pending))
        code = jk_fail_at(error, JWKEEP_MISUSE_ARGUMENT, notify ? "ret_pending" : "notify",
                          NULL, JWKEEP_NO_OFFSET);
    if (code == JWKEEP_OK)
        code = attempt(&call, &issuer);
    if (code == JWKEEP_PENDING)
        code = begin_lookup(&call, issuer, &request, ret_pending);
    return settle(&call, code);
}

jwkeep_code jwkeep_pending_finish(jwkeep_pending *pending, jwkeep_token *token,
                                  jwkeep_failures *failures, jwkeep_error *error) {
    const struct call call = {pending ? pending->verifier : NULL,
                              pending ? pending->bytes : JWKEEP_SPAN_NONE, token, failures,
                              error};
    jwkeep_code code = start(&call);
    if (code != JWKEEP_OK)
        return settle(&call, code);
    code = jwkeep_lookup_result(pending->lookup, error);
    if (code == JWKEEP_PENDING)
        return settle(&call, jk_fail(error, JWKEEP_MISUSE_STATE));
    if (code == JWKEEP_OK)
        code = last_attempt(&call);
    jwkeep_pending_cancel(pending);
    return settle(&call, code);
}

void jwkeep_pending_cancel(jwkeep_pending *pending) {
    if (!pending)
        return;
    jwkeep_lookup_free(pending->lookup);
    jk_free(pending);
}
