/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns what a verifier tells about its issuers and its cache. */
#include "base/error.h"
#include "verify/token_cache.h"
#include "verify/verifier.h"

static const jk_issuer *issuer_at(const jwkeep_verifier *verifier, size_t index) {
    return index < verifier->issuer_count ? &verifier->issuers[index] : NULL;
}

size_t jwkeep_verifier_issuer_count(const jwkeep_verifier *verifier) {
    return verifier->issuer_count;
}

const char *jwkeep_verifier_issuer_name(const jwkeep_verifier *verifier, size_t index) {
    const jk_issuer *issuer = issuer_at(verifier, index);
    return issuer ? issuer->name : NULL;
}

const char *jwkeep_verifier_issuer_id(const jwkeep_verifier *verifier, size_t index) {
    const jk_issuer *issuer = issuer_at(verifier, index);
    return issuer ? issuer->issuer : NULL;
}

jwkeep_code jwkeep_verifier_status(const jwkeep_verifier *verifier, size_t index,
                                   jwkeep_source_status *ret_status) {
    const jk_issuer *issuer = issuer_at(verifier, index);
    if (!issuer)
        return JWKEEP_NOT_FOUND;
    if (issuer->source) {
        jwkeep_source_status_get(issuer->source, ret_status);
        return JWKEEP_OK;
    }
    *ret_status = (jwkeep_source_status){.health = JWKEEP_HEALTH_OK,
                                         .keys = jwkeep_keyset_count(issuer->keys),
                                         .generation = 1,
                                         .age_s = -1};
    memcpy(ret_status->set_hash, jwkeep_keyset_hash(issuer->keys).data,
           sizeof ret_status->set_hash);
    return JWKEEP_OK;
}

jwkeep_keyset *jwkeep_verifier_take_keys(const jwkeep_verifier *verifier, size_t index) {
    const jk_issuer *issuer = issuer_at(verifier, index);
    if (!issuer)
        return NULL;
    if (issuer->source)
        return jwkeep_keyring_take(jwkeep_source_ring(issuer->source), NULL);
    return jwkeep_keyset_ref(issuer->keys);
}

jwkeep_code jwkeep_verifier_refresh(jwkeep_verifier *verifier, size_t index) {
    const jk_issuer *issuer = issuer_at(verifier, index);
    if (!issuer)
        return JWKEEP_NOT_FOUND;
    if (issuer->source)
        jwkeep_source_refresh(issuer->source);
    return JWKEEP_OK;
}

static void count_one(void *user, const jk_dynamic_issuer *issuer) {
    jwkeep_dynamic_status *status = user;
    jwkeep_source_status source;
    jwkeep_source_status_get(issuer->issuer.source, &source);
    bool is_unloaded = source.age_s < 0;
    status->issuers++;
    status->unloaded += is_unloaded;
    status->degraded += source.health == JWKEEP_HEALTH_DEGRADED;
    status->failing += !is_unloaded && source.health == JWKEEP_HEALTH_FAILING;
}

jwkeep_code jwkeep_verifier_dynamic_status(const jwkeep_verifier *verifier,
                                           jwkeep_dynamic_status *ret_status,
                                           jwkeep_error *error) {
    jwkeep_dynamic_status status = {0};
    jwkeep_code code = JWKEEP_OK;
    if (verifier->dynamic) {
        status = jk_dynamic_figures(verifier->dynamic);
        status.issuers = 0;
        code = jk_dynamic_visit(verifier->dynamic, count_one, &status);
    }
    if (code != JWKEEP_OK)
        return jk_fail(error, code);
    *ret_status = status;
    return JWKEEP_OK;
}

typedef struct visitor {
    void (*visit)(void *user, const char *iss, const jwkeep_source_status *status);
    void *user;
} visitor;

static void visit_one(void *user, const jk_dynamic_issuer *issuer) {
    const visitor *told = user;
    jwkeep_source_status status;
    jwkeep_source_status_get(issuer->issuer.source, &status);
    told->visit(told->user, issuer->iss, &status);
}

jwkeep_code jwkeep_verifier_visit_dynamic(const jwkeep_verifier *verifier,
                                          void (*visit)(void *user, const char *iss,
                                                        const jwkeep_source_status *status),
                                          void *user, jwkeep_error *error) {
    visitor told = {visit, user};
    jwkeep_code code = JWKEEP_OK;
    if (verifier->dynamic)
        code = jk_dynamic_visit(verifier->dynamic, visit_one, &told);
    return code == JWKEEP_OK ? code : jk_fail(error, code);
}

jwkeep_code jwkeep_verifier_cache_status(const jwkeep_verifier *verifier,
                                         jwkeep_cache_status *ret_status) {
    if (!verifier->cache)
        return JWKEEP_NOT_FOUND;
    jk_token_cache_status(verifier->cache, ret_status);
    return JWKEEP_OK;
}

void jwkeep_verifier_forget_tokens(jwkeep_verifier *verifier) {
    if (verifier->cache)
        jk_token_cache_forget(verifier->cache);
}
