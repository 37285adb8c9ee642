/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the rules by which keys are chosen from a set. */
#include "base/error.h"
#include <jwkeep/keyset.h>

#define OPS_OF_SIG ((uint32_t)(JWKEEP_JWK_OP_SIGN | JWKEEP_JWK_OP_VERIFY))
#define OPS_OF_PRIVATE                                                                         \
    ((uint32_t)(JWKEEP_JWK_OP_SIGN | JWKEEP_JWK_OP_DECRYPT | JWKEEP_JWK_OP_UNWRAP_KEY))

/* `use` and `key_ops` alone, where no algorithm says what a key must be. */
static jwkeep_code may_do(const jwkeep_jwk *key, uint32_t operation) {
    jwkeep_jwk_use wanted = (operation & OPS_OF_SIG) ? JWKEEP_JWK_USE_SIG : JWKEEP_JWK_USE_ENC;
    jwkeep_jwk_use use = jwkeep_jwk_use_of(key);
    uint32_t ops = jwkeep_jwk_ops(key);
    /* Every `alg` that a key can have here is one of signatures. */
    bool is_other_alg = jwkeep_jwk_algorithm(key) && wanted == JWKEEP_JWK_USE_ENC;
    bool is_allowed = (use == JWKEEP_JWK_USE_ABSENT || use == wanted) &&
                      (ops == 0 || (ops & operation)) && !is_other_alg;
    return is_allowed ? JWKEEP_OK : JWKEEP_KEY_USE_FORBIDDEN;
}

static jwkeep_code check_key(const jwkeep_jwk *key, const jwkeep_keyset_selection *selection) {
    uint32_t operation = (uint32_t)selection->operation;
    jwkeep_code code = JWKEEP_OK;
    if (selection->is_key_alg_required && !jwkeep_jwk_algorithm(key))
        return JWKEEP_KEY_ALG_MISMATCH;
    if (selection->algorithm && operation == JWKEEP_JWK_OP_SIGN)
        code = jwkeep_jwk_may_sign(key, selection->algorithm);
    else if (selection->algorithm)
        code = jwkeep_jwk_may_verify(key, selection->algorithm);
    else if (operation)
        code = may_do(key, operation);
    if (!code && (operation & OPS_OF_PRIVATE) && !jwkeep_jwk_is_private(key))
        return JWKEEP_KEY_USE_FORBIDDEN;
    return code;
}

/* The keys that may be meant, one after the other. */
typedef struct walk {
    const jwkeep_keyset *set;
    const jwkeep_keyset_selection *selection;
    jwkeep_jwk *last;
    size_t index;
} walk;

static jwkeep_jwk *next_key(walk *at) {
    const jwkeep_keyset_selection *selection = at->selection;
    if (selection->kid.data)
        at->last = at->last ? jwkeep_keyset_find_next(at->set, at->last)
                            : jwkeep_keyset_find(at->set, selection->kid);
    else if (selection->default_key)
        at->last = at->index++ == 0 ? selection->default_key : NULL;
    else
        at->last = jwkeep_keyset_at(at->set, at->index++);
    return at->last;
}

static jwkeep_code check_selection(const jwkeep_keyset_selection *selection, size_t capacity,
                                   jwkeep_error *error) {
    uint32_t operation = (uint32_t)selection->operation;
    bool is_single = (operation & (operation - 1)) == 0 && operation < JWKEEP_JWK_OP_OTHER;
    if (capacity == 0)
        return jk_fail_at(error, JWKEEP_MISUSE_ARGUMENT, "capacity", NULL, JWKEEP_NO_OFFSET);
    if (!is_single || (selection->algorithm && (operation & ~OPS_OF_SIG)))
        return jk_fail_at(error, JWKEEP_MISUSE_ARGUMENT, "operation", NULL, JWKEEP_NO_OFFSET);
    if (selection->is_kid_required && !selection->kid.data)
        return jk_fail_at(error, JWKEEP_KID_MISSING, "kid", NULL, JWKEEP_NO_OFFSET);
    return JWKEEP_OK;
}

static jwkeep_code refuse(jwkeep_code refusal, jwkeep_error *error) {
    const char *where = refusal == JWKEEP_KEY_ALG_MISMATCH    ? "alg"
                        : refusal == JWKEEP_KEY_USE_FORBIDDEN ? "use"
                                                              : "kid";
    return jk_fail_at(error, refusal, where, "RFC 7517 §4", JWKEEP_NO_OFFSET);
}

jwkeep_code jwkeep_keyset_select(const jwkeep_keyset *set,
                                 const jwkeep_keyset_selection *selection, size_t capacity,
                                 jwkeep_jwk **ret_keys, size_t *ret_count,
                                 jwkeep_error *error) {
    jwkeep_code code = check_selection(selection, capacity, error);
    if (code)
        return code;
    walk at = {.set = set, .selection = selection};
    walk again = at;
    jwkeep_code refusal = JWKEEP_KID_UNKNOWN;
    size_t count = 0;
    for (jwkeep_jwk *key; (key = next_key(&at));) {
        code = check_key(key, selection);
        count += code == JWKEEP_OK;
        /* What a fitting key forbids says more than that another does not fit. */
        if (code && refusal != JWKEEP_KEY_USE_FORBIDDEN)
            refusal = code;
    }
    if (count == 0)
        return refuse(refusal, error);
    if (count > 1 && selection->is_kid_unique)
        return refuse(JWKEEP_KEY_AMBIGUOUS, error);
    size_t taken = 0;
    for (jwkeep_jwk *key; taken < capacity && (key = next_key(&again));)
        if (check_key(key, selection) == JWKEEP_OK)
            ret_keys[taken++] = key;
    *ret_count = taken;
    return JWKEEP_OK;
}
