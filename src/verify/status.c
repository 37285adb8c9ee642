/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns what a verifier tells about its issuers. */
#include "base/error.h"
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
