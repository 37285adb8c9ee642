/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the way of a token through a verifier: its issuer, its key, and, when the key is
 * missing, the wait for it, blocking or pending. */
#include "base/allocator.h"
#include "base/clock.h"
#include "base/error.h"
#include "jose/keyring.h"
#include "jwt/verify.h"
#include "remote/source.h"
#include "verify/recall.h"

#define TICK_LATE_MS 100 /* at the most, even on a machine that is busy */

static jwkeep_code refuse_issuer(jwkeep_error *error) {
    return jk_fail_at(error, JWKEEP_ISSUER_UNKNOWN, "iss", "RFC 7519 §4.1.1", JWKEEP_NO_OFFSET);
}

/* What a verifying call was given. */
struct call {
    jwkeep_verifier *verifier;
    jwkeep_span bytes;
    jwkeep_token *token;
    jwkeep_failures *failures;
    jwkeep_error *error;
};

static bool is_of_whole_seconds(const jk_claims *claims) {
    static const jk_claim times[] = {JK_CLAIM_EXP, JK_CLAIM_NBF, JK_CLAIM_IAT};
    for (size_t i = 0; i < JK_COUNT_OF(times); i++)
        if (claims->values[times[i]] && !jk_claims_is_ill_typed(claims, times[i]) &&
            claims->times_ms[times[i]] % 1000 != 0)
            return false;
    return true;
}

/* The kernel's last tick, where no bound lies between it and now, so that the verdict is that
 * of the clock: bounds are whole seconds, as leeways are, but for claims with fractions. A
 * token that was issued a moment ago would be one of the future otherwise. */
static int64_t now_ms(const struct call *call) {
    const jwkeep_verifier *verifier = call->verifier;
    if (verifier->now_ms)
        return verifier->now_ms(verifier->user);
    int64_t tick_ms = jk_clock_wall_tick_ms();
    int64_t phase_ms = tick_ms % 1000;
    bool is_clear = phase_ms > 0 && phase_ms < 1000 - TICK_LATE_MS &&
                    is_of_whole_seconds(&call->token->claims);
    return is_clear ? tick_ms : jk_clock_wall_ms();
}

/* R18: a place, and a download, are for tokens that would be accepted with their key. */
static jwkeep_code accept_issuer(const struct call *call, jwkeep_span iss,
                                 jk_issuer_use *ret_use) {
    jk_dynamic *dynamic = call->verifier->dynamic;
    const jwkeep_rules *rules = &dynamic->settings.rules;
    jwkeep_code code = jk_jwt_check_header(call->token, rules, call->error);
    if (code == JWKEEP_OK)
        code = jk_jwt_precheck(call->token, rules, now_ms(call), call->error);
    if (code != JWKEEP_OK)
        return code;
    if (!jk_dynamic_accepts(dynamic, iss))
        return refuse_issuer(call->error);
    return jk_dynamic_make(dynamic, iss, ret_use, call->error);
}

static jwkeep_code find_issuer(const struct call *call, jk_issuer_use *ret_use) {
    const jwkeep_verifier *verifier = call->verifier;
    bool is_any = verifier->issuer_count == 1 && !verifier->issuers[0].issuer;
    size_t index = 0;
    jwkeep_span iss = JWKEEP_SPAN_NONE;
    if (!is_any) {
        jwkeep_code code = jk_jwt_issuer(call->token, &iss, call->error);
        if (code != JWKEEP_OK)
            return code;
        index = jk_issuer_table_find(&verifier->by_iss, iss);
    }
    if (index != JK_ISSUER_NONE) {
        ret_use->issuer = &verifier->issuers[index];
        return JWKEEP_OK;
    }
    if (!verifier->dynamic)
        return refuse_issuer(call->error);
    jwkeep_code found = jk_dynamic_find(verifier->dynamic, iss, ret_use);
    if (found == JWKEEP_NOT_FOUND)
        return accept_issuer(call, iss, ret_use);
    return found == JWKEEP_OK ? found : jk_fail(call->error, found);
}

/* How the signature of a token came to be good, for the cache: the key, held, and the
 * generation of the set it is from. Without a cache, or if it was recalled, there is no key. */
struct finding {
    jk_cache_look look;
    jwkeep_jwk *key;
    uint64_t generation;
    jwkeep_code unusable; /* why the keys may not be used now; or OK */
};

static void keep_key(struct finding *finding, const jwkeep_jwk *key, uint64_t generation) {
    if (!finding->look.cache)
        return;
    finding->key = jwkeep_jwk_ref((jwkeep_jwk *)(uintptr_t)key);
    finding->generation = generation;
}

/* PENDING: the key may be had by a download. A token without `kid` has been tried with what
 * there is, and no download can be said to bring what it needs. */
static jwkeep_code check_with_source(const struct call *call, const jk_issuer *issuer,
                                     struct finding *finding) {
    finding->unusable = jwkeep_source_check(issuer->source);
    if (finding->unusable != JWKEEP_OK)
        return JWKEEP_PENDING;
    jk_pin pin;
    const jwkeep_keyset *keys;
    const jwkeep_jwk *key;
    jwkeep_code code = jk_keyring_pin(jwkeep_source_ring(issuer->source), &pin, &keys);
    if (code != JWKEEP_OK)
        return jk_fail(call->error, code);
    jwkeep_error reason;
    code = jk_jwt_check_signature(call->token, NULL, keys, &issuer->rules,
                                  &call->verifier->limits, &key, &reason);
    if (code == JWKEEP_OK)
        keep_key(finding, key, pin.generation);
    jk_published_unpin(&pin);
    if (code == JWKEEP_KID_UNKNOWN && jwkeep_span_is_present(jk_jwt_kid(call->token)))
        return JWKEEP_PENDING;
    if (code != JWKEEP_OK && call->error)
        *call->error = reason;
    return code;
}

static jwkeep_code check_with_local_keys(const struct call *call, const jk_issuer *issuer,
                                         struct finding *finding) {
    const jwkeep_jwk *key;
    jwkeep_code code = jk_jwt_check_signature(call->token, NULL, issuer->keys, &issuer->rules,
                                              &call->verifier->limits, &key, call->error);
    if (code == JWKEEP_OK)
        keep_key(finding, key, 0);
    return code;
}

/* The entry is left before a set is pinned and before an application's own checks run, which
 * may verify another token. */
static jwkeep_code check_signature(const struct call *call, const jk_issuer *issuer,
                                   struct finding *finding) {
    jk_cache_look *look = &finding->look;
    if (jk_recall_holds(look, call->token, issuer)) {
        jk_token_cache_hit(look);
        jwkeep_code code = jk_jwt_trust_signature(call->token, look->entry->key, call->error);
        jk_token_cache_leave(look);
        return code;
    }
    jk_token_cache_miss(look);
    jk_token_cache_leave(look);
    return issuer->source ? check_with_source(call, issuer, finding)
                          : check_with_local_keys(call, issuer, finding);
}

/* R17: whether a download may be asked for after a bad signature; `error` stays as it is. */
static bool is_suspect(const struct call *call, const jk_issuer *issuer) {
    return issuer->source && jk_source_refetches(issuer->source) &&
           jwkeep_span_is_present(jk_jwt_kid(call->token)) &&
           jk_jwt_precheck(call->token, &issuer->rules, now_ms(call), NULL) == JWKEEP_OK;
}

/* The verdict with the keys of an issuer; PENDING if the key is missing, or not the one that it
 * was, and all else about the token is acceptable. */
static jwkeep_code judge(const struct call *call, jk_issuer_use *use, struct finding *finding) {
    const jk_issuer *issuer = use->issuer;
    const jwkeep_verifier *verifier = call->verifier;
    jwkeep_token *token = call->token;
    jwkeep_code code = jk_jwt_check_header(token, &issuer->rules, call->error);
    if (code == JWKEEP_OK)
        code = check_signature(call, issuer, finding);
    use->unusable = finding->unusable;
    if (code == JWKEEP_OK)
        code = jk_jwt_finish(token, &issuer->rules, &verifier->limits, now_ms(call),
                             call->failures, call->error);
    else if (code == JWKEEP_SIGNATURE_INVALID && !use->is_suspect && is_suspect(call, issuer)) {
        use->is_suspect = true;
        return JWKEEP_PENDING;
    }
    if (code == JWKEEP_OK && finding->key)
        jk_token_cache_put(&finding->look, token, finding->key, issuer->number,
                           finding->generation);
    if (code != JWKEEP_PENDING)
        return code;
    code = jk_jwt_precheck(token, &issuer->rules, now_ms(call), call->error);
    return code == JWKEEP_OK ? JWKEEP_PENDING : code;
}

static jwkeep_code read(const struct call *call) {
    const jwkeep_limits *limits = &call->verifier->limits;
    jwkeep_code code = jk_jwt_open(call->token, call->bytes, limits, call->error);
    return code == JWKEEP_OK ? jk_jwt_read_claims(call->token, limits, call->error) : code;
}

/* What was read when the token was verified before is not read again. */
static jwkeep_code open_remembered(const struct call *call, const jk_cached_token *entry) {
    const jwkeep_limits *limits = &call->verifier->limits;
    jwkeep_token *token = call->token;
    jwkeep_code code = jk_jwt_open_known(token, call->bytes, entry->first_dot,
                                         entry->second_dot, limits, call->error);
    if (code == JWKEEP_OK)
        code = jk_jwt_read_payload(token, call->error);
    if (code != JWKEEP_OK || jk_token_image_open(jk_cached_token_image(entry), token))
        return code;
    return jk_jwt_read_claims(token, limits, call->error);
}

static jwkeep_code open(const struct call *call, jk_cache_look *look) {
    jk_token_cache_look(call->verifier->cache, call->bytes, look);
    return look->entry ? open_remembered(call, look->entry) : read(call);
}

/* The verdict; or PENDING. `use`, empty before a first attempt, is the issuer's: for a second
 * one, and to be done with. */
static jwkeep_code attempt(const struct call *call, jk_issuer_use *use) {
    struct finding finding = {.key = NULL};
    jwkeep_code code = open(call, &finding.look);
    if (code == JWKEEP_OK && !use->issuer)
        code = find_issuer(call, use);
    if (code == JWKEEP_OK)
        code = judge(call, use, &finding);
    jk_token_cache_leave(&finding.look);
    jwkeep_jwk_unref(finding.key);
    return code;
}

/* After the keys were looked up: what is missing now stays missing. Keys that could not be used
 * then are not asked again, or a download in between would make a known name an unknown one. */
static jwkeep_code last_attempt(const struct call *call, jk_issuer_use *use) {
    jwkeep_code code = attempt(call, use);
    if (code != JWKEEP_PENDING)
        return code;
    if (use->unusable != JWKEEP_OK)
        return jk_fail(call->error, use->unusable);
    return jk_fail_at(call->error, JWKEEP_KID_UNKNOWN, "kid", "RFC 7515 §4.1.4",
                      JWKEEP_NO_OFFSET);
}

/* However the wait of a suspect token ended, its verdict is that of another look at it; but
 * where there was no wait, it stands, and where the verifier ends, there is none. */
static jwkeep_code after_suspicion(const struct call *call, jwkeep_code code) {
    if (code == JWKEEP_NOT_FOUND)
        return JWKEEP_SIGNATURE_INVALID;
    return code == JWKEEP_KEYS_SHUTDOWN ? jk_fail(call->error, code) : JWKEEP_OK;
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

/* The wait for a missing key, or, for a suspect token, for another look at it: then `error`
 * still says what was wrong with its signature, which stands if no look will help. */
static jwkeep_code look_up(const struct call *call, const jk_issuer_use *use,
                           uint32_t timeout_ms) {
    jwkeep_source *source = use->issuer->source;
    if (!use->is_suspect)
        return jwkeep_source_lookup(source, jk_jwt_kid(call->token), timeout_ms, call->error);
    jwkeep_error ignored;
    jwkeep_code code = jk_source_suspect(source, timeout_ms, &ignored);
    return after_suspicion(call, code);
}

/* All that is done with `use` is done before the end of the verifier may go on. */
static jwkeep_code wait_and_retry(const struct call *call, jk_issuer_use *use,
                                  uint32_t timeout_ms) {
    jk_waiting *waiting = &call->verifier->waiting;
    jk_waiting_enter(waiting);
    jwkeep_code code = jk_issuer_use_hold(use, call->error);
    if (code == JWKEEP_OK)
        code = look_up(call, use, timeout_ms);
    bool is_resumed = code == JWKEEP_OK && jk_waiting_resume(waiting);
    if (is_resumed)
        code = last_attempt(call, use);
    else if (code == JWKEEP_OK)
        code = jk_fail(call->error, JWKEEP_KEYS_SHUTDOWN);
    jk_issuer_use_done(use);
    jk_waiting_leave(waiting, is_resumed);
    return code;
}

void jwkeep_verifier_expect(const jwkeep_verifier *verifier, jwkeep_span bytes) {
    if (verifier && verifier->cache && jwkeep_span_is_present(bytes))
        jk_token_cache_expect(verifier->cache, bytes);
}

jwkeep_code jwkeep_verifier_verify(jwkeep_verifier *verifier, jwkeep_span bytes,
                                   uint32_t timeout_ms, jwkeep_token *token,
                                   jwkeep_failures *failures, jwkeep_error *error) {
    const struct call call = {verifier, bytes, token, failures, error};
    jk_issuer_use use = {0};
    jwkeep_code code = start(&call);
    if (code == JWKEEP_OK)
        code = attempt(&call, &use);
    if (code == JWKEEP_PENDING)
        code = wait_and_retry(&call, &use, timeout_ms);
    jk_issuer_use_done(&use);
    return settle(&call, code);
}

struct jwkeep_pending {
    jwkeep_verifier *verifier;
    jwkeep_span bytes;
    jwkeep_lookup *lookup;
    jk_issuer_use use; /* configured, or held */
};

/* How a call without waiting wants to be told. */
struct request {
    uint32_t timeout_ms;
    jwkeep_lookup_notify notify;
    void *user;
};

static jwkeep_code begin_look_up(const struct call *call, const jk_issuer_use *use,
                                 const struct request *request, jwkeep_lookup **ret_lookup) {
    jwkeep_source *source = use->issuer->source;
    if (!use->is_suspect)
        return jwkeep_source_lookup_begin(source, jk_jwt_kid(call->token), request->timeout_ms,
                                          request->notify, request->user, ret_lookup,
                                          call->error);
    jwkeep_error ignored;
    jwkeep_code code = jk_source_suspect_begin(source, request->timeout_ms, request->notify,
                                               request->user, ret_lookup, &ignored);
    return code == JWKEEP_PENDING ? code : after_suspicion(call, code);
}

/* With PENDING `use` has become the pending verification's. */
static jwkeep_code begin_lookup(const struct call *call, jk_issuer_use *use,
                                const struct request *request, jwkeep_pending **ret_pending) {
    jwkeep_code code = jk_issuer_use_hold(use, call->error);
    if (code != JWKEEP_OK)
        return code;
    jwkeep_pending *pending = jk_alloc(sizeof *pending);
    if (!pending)
        return jk_fail(call->error, JWKEEP_OUT_OF_MEMORY);
    jk_issuer_use held = *use;
    *pending = (jwkeep_pending){.verifier = call->verifier, .bytes = call->bytes, .use = held};
    *use = (jk_issuer_use){0};
    jwkeep_pending *before = *ret_pending;
    *ret_pending = pending; /* `notify` may run before this returns */
    code = begin_look_up(call, &held, request, &pending->lookup);
    if (code == JWKEEP_PENDING)
        return code;
    *use = held;
    *ret_pending = before;
    jk_free(pending);
    return code == JWKEEP_OK ? last_attempt(call, use) : code;
}

jwkeep_code jwkeep_verifier_begin(jwkeep_verifier *verifier, jwkeep_span bytes,
                                  uint32_t timeout_ms, jwkeep_lookup_notify notify, void *user,
                                  jwkeep_token *token, jwkeep_pending **ret_pending,
                                  jwkeep_failures *failures, jwkeep_error *error) {
    const struct call call = {verifier, bytes, token, failures, error};
    const struct request request = {timeout_ms, notify, user};
    jk_issuer_use use = {0};
    jwkeep_code code = start(&call);
    if (code == JWKEEP_OK && (!notify || !ret_pending))
        code = jk_fail_at(error, JWKEEP_MISUSE_ARGUMENT, notify ? "ret_pending" : "notify",
                          NULL, JWKEEP_NO_OFFSET);
    if (code == JWKEEP_OK)
        code = attempt(&call, &use);
    if (code == JWKEEP_PENDING)
        code = begin_lookup(&call, &use, &request, ret_pending);
    jk_issuer_use_done(&use);
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
    if (pending->use.is_suspect)
        code = after_suspicion(&call, code);
    if (code == JWKEEP_OK)
        code = last_attempt(&call, &pending->use);
    jwkeep_pending_cancel(pending);
    return settle(&call, code);
}

void jwkeep_pending_cancel(jwkeep_pending *pending) {
    if (!pending)
        return;
    jwkeep_lookup_free(pending->lookup);
    jk_issuer_use_done(&pending->use);
    jk_free(pending);
}
