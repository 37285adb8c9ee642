/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns holding what is remembered against the keys of now. */
#include "verify/recall.h"
#include "jose/keyring.h"
#include "jwt/verify.h"

/* The key object itself, which the entry holds, so that its address is nobody else's; a key
 * that came back with other members is another object. The first to be tried, so that a check
 * in this set would end with it and no other. */
static bool is_still_first(jk_cached_token *entry, const jwkeep_token *token,
                           const jk_issuer *issuer) {
    jk_pin pin;
    const jwkeep_keyset *keys;
    if (jk_keyring_pin(jwkeep_source_ring(issuer->source), &pin, &keys) != JWKEEP_OK)
        return false;
    bool is_first = jk_jwt_first_key(token, keys, &issuer->rules) == entry->key;
    if (is_first)
        atomic_store_explicit(&entry->generation, pin.generation, memory_order_relaxed);
    jk_published_unpin(&pin);
    return is_first;
}

bool jk_recall_holds(const jk_cache_look *look, const jwkeep_token *token,
                     const jk_issuer *issuer) {
    jk_cached_token *entry = look->entry;
    if (!entry || entry->issuer != issuer->number)
        return false;
    if (!issuer->source)
        return true; /* local keys do not change */
    if (jwkeep_source_check(issuer->source) != JWKEEP_OK)
        return false;
    return atomic_load_explicit(&entry->generation, memory_order_relaxed) ==
               jwkeep_keyring_generation(jwkeep_source_ring(issuer->source)) ||
           is_still_first(entry, token, issuer);
}
