/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the life of a key, what it tells of itself, and for which algorithms it may be used. */
#include "base/allocator.h"
#include "base/error.h"
#include "base/secret.h"
#include "codec/base64url.h"
#include "crypto/algorithm.h"
#include "jose/jwk_form.h"

_Static_assert(JWKEEP_THUMBPRINT_TEXT_SIZE == (JWKEEP_THUMBPRINT_SIZE * 4 + 2) / 3,
               "the text of a thumbprint is its base64url");

/* The copy of `span` at `*at`, which moves behind it; an absent span stays absent. */
static jwkeep_span keep(jwkeep_span span, uint8_t **at) {
    if (!span.data)
        return span;
    jwkeep_span copy = {*at, span.size};
    if (span.size)
        memcpy(*at, span.data, span.size);
    *at += span.size;
    return copy;
}

static void keep_traits(jwkeep_jwk *key, const jk_jwk_traits *traits) {
    uint8_t *at = key->bytes;
    key->traits = *traits;
    key->traits.kid = keep(traits->kid, &at);
    key->traits.use_text = keep(traits->use_text, &at);
    key->traits.ops_json = keep(traits->ops_json, &at);
    key->traits.others = jk_members_ref(traits->others);
}

static bool is_fitting(const jwkeep_jwk *key, jwkeep_algorithm algorithm) {
    if (key->traits.algorithm && key->traits.algorithm != algorithm)
        return false;
    if (!jwkeep_algorithm_fits(algorithm, jk_key_kty(key->prepared), jk_key_crv(key->prepared)))
        return false;
    const jk_algorithm_info *info = jk_algorithm_info_of(algorithm);
    return info && (info->family != JK_FAMILY_HMAC ||
                    jk_key_bits(key->prepared) >= 8u * (size_t)info->hash_bytes);
}

static jwkeep_algorithm_set fitting(const jwkeep_jwk *key) {
    jwkeep_algorithm_set set = 0;
    for (int value = 1; value < JWKEEP_ALGORITHM_COUNT; value++)
        if (is_fitting(key, (jwkeep_algorithm)value))
            set |= JWKEEP_ALGORITHM_BIT(value);
    return set;
}

static void destroy(jwkeep_jwk *key) {
    jk_key_free(key->prepared);
    jk_members_unref(key->traits.others);
    /* An oct key's thumbprint is a secret. */
    jk_secret_wipe(key, sizeof *key + key->size);
    jk_free(key);
}

jwkeep_code jk_jwk_create(jk_key *prepared, const jk_key_material *material,
                          const jk_jwk_traits *traits, jwkeep_jwk **ret_key,
                          jwkeep_error *error) {
    size_t size = traits->kid.size + traits->use_text.size + traits->ops_json.size;
    jwkeep_jwk *key = jk_alloc(sizeof *key + size);
    if (!key) {
        jk_key_free(prepared);
        return jk_fail(error, JWKEEP_OUT_OF_MEMORY);
    }
    *key = (jwkeep_jwk){.prepared = prepared, .size = size};
    atomic_init(&key->holders, 1);
    atomic_init(&key->sets, 0);
    keep_traits(key, traits);
    key->fitting = fitting(key);
    jwkeep_code code = jk_thumbprint(material, sizeof key->thumbprint, key->thumbprint, error);
    if (code) {
        destroy(key);
        return code;
    }
    jk_base64url_encode(jwkeep_jwk_thumbprint(key), key->thumbprint_text);
    *ret_key = key;
    return JWKEEP_OK;
}

jwkeep_jwk *jwkeep_jwk_ref(jwkeep_jwk *key) {
    /* Relaxed: the caller holds the key already, so nothing has to be seen through this. */
    atomic_fetch_add_explicit(&key->holders, 1, memory_order_relaxed);
    return key;
}

void jwkeep_jwk_unref(jwkeep_jwk *key) {
    if (!key || atomic_fetch_sub_explicit(&key->holders, 1, memory_order_acq_rel) != 1)
        return;
    destroy(key);
}

jwkeep_jwk *jk_jwk_join_set(jwkeep_jwk *key) {
    atomic_fetch_add_explicit(&key->sets, 1, memory_order_relaxed);
    return jwkeep_jwk_ref(key);
}

void jk_jwk_leave_set(jwkeep_jwk *key) {
    atomic_fetch_sub_explicit(&key->sets, 1, memory_order_relaxed);
    jwkeep_jwk_unref(key);
}

bool jk_jwk_is_in_a_set(const jwkeep_jwk *key) {
    return atomic_load_explicit(&key->sets, memory_order_relaxed) != 0;
}

jwkeep_span jwkeep_jwk_thumbprint(const jwkeep_jwk *key) {
    return jwkeep_span_of(key->thumbprint, sizeof key->thumbprint);
}

jwkeep_span jwkeep_jwk_thumbprint_text(const jwkeep_jwk *key) {
    return jwkeep_span_of(key->thumbprint_text, sizeof key->thumbprint_text);
}

jwkeep_span jwkeep_jwk_kid(const jwkeep_jwk *key) {
    return key->traits.kid;
}

jwkeep_kty jwkeep_jwk_kty(const jwkeep_jwk *key) {
    return jk_key_kty(key->prepared);
}

jwkeep_crv jwkeep_jwk_crv(const jwkeep_jwk *key) {
    return jk_key_crv(key->prepared);
}

jwkeep_algorithm jwkeep_jwk_algorithm(const jwkeep_jwk *key) {
    return key->traits.algorithm;
}

jwkeep_jwk_use jwkeep_jwk_use_of(const jwkeep_jwk *key) {
    return key->traits.use;
}

uint32_t jwkeep_jwk_ops(const jwkeep_jwk *key) {
    return key->traits.ops;
}

size_t jwkeep_jwk_bits(const jwkeep_jwk *key) {
    return jk_key_bits(key->prepared);
}

bool jwkeep_jwk_is_private(const jwkeep_jwk *key) {
    return jk_key_is_private(key->prepared);
}

const char *jwkeep_jwk_engine(const jwkeep_jwk *key, jwkeep_algorithm algorithm) {
    return jk_key_engine_name(key->prepared, algorithm);
}

const jk_key *jk_jwk_prepared(const jwkeep_jwk *key) {
    return key->prepared;
}

static int compare_sizes(size_t a, size_t b) {
    return (a > b) - (a < b);
}

int jk_jwk_compare(const jwkeep_jwk *a, const jwkeep_jwk *b) {
    int order = memcmp(a->thumbprint, b->thumbprint, sizeof a->thumbprint);
    if (order)
        return order;
    jwkeep_span x = a->traits.kid;
    jwkeep_span y = b->traits.kid;
    order = (x.data != NULL) - (y.data != NULL);
    if (order)
        return order;
    order = compare_sizes(x.size, y.size);
    return order || x.size == 0 ? order : memcmp(x.data, y.data, x.size);
}

bool jwkeep_jwk_is_same(const jwkeep_jwk *a, const jwkeep_jwk *b) {
    return jk_jwk_compare(a, b) == 0;
}

bool jwkeep_jwk_has_same_numbers(const jwkeep_jwk *a, const jwkeep_jwk *b) {
    return jk_secret_equals(jwkeep_jwk_thumbprint(a), jwkeep_jwk_thumbprint(b));
}

const jwkeep_json *jwkeep_jwk_member(const jwkeep_jwk *key, const char *name) {
    return jk_members_get(key->traits.others, name);
}

const jwkeep_json *jwkeep_jwk_members(const jwkeep_jwk *key) {
    return jk_members_root(key->traits.others);
}

bool jwkeep_jwk_is_identical(const jwkeep_jwk *a, const jwkeep_jwk *b) {
    const jk_jwk_traits *x = &a->traits;
    const jk_jwk_traits *y = &b->traits;
    return jk_jwk_compare(a, b) == 0 && jwkeep_jwk_is_private(a) == jwkeep_jwk_is_private(b) &&
           x->algorithm == y->algorithm && x->use == y->use && x->ops == y->ops &&
           jwkeep_span_equals(x->use_text, y->use_text) &&
           jwkeep_span_equals(x->ops_json, y->ops_json) &&
           jk_members_equal(x->others, y->others);
}

static jwkeep_code may_use(const jwkeep_jwk *key, jwkeep_algorithm algorithm, uint32_t op) {
    if (!algorithm || (unsigned)algorithm >= JWKEEP_ALGORITHM_COUNT ||
        !(key->fitting & JWKEEP_ALGORITHM_BIT(algorithm)))
        return JWKEEP_KEY_ALG_MISMATCH;
    if (key->traits.use != JWKEEP_JWK_USE_ABSENT && key->traits.use != JWKEEP_JWK_USE_SIG)
        return JWKEEP_KEY_USE_FORBIDDEN;
    if (key->traits.ops && !(key->traits.ops & op))
        return JWKEEP_KEY_USE_FORBIDDEN;
    return JWKEEP_OK;
}

jwkeep_code jwkeep_jwk_may_verify(const jwkeep_jwk *key, jwkeep_algorithm algorithm) {
    return may_use(key, algorithm, JWKEEP_JWK_OP_VERIFY);
}

jwkeep_code jwkeep_jwk_may_sign(const jwkeep_jwk *key, jwkeep_algorithm algorithm) {
    return may_use(key, algorithm, JWKEEP_JWK_OP_SIGN);
}
