/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the form of a key inside jose/, and how one comes to be: every key is made by
 * jk_jwk_create from a prepared key, its numbers, and what else its JWK says. */
#ifndef JK_JOSE_JWK_FORM_H
#define JK_JOSE_JWK_FORM_H

#include "base/arena.h"
#include "jose/jwk.h"
#include "jose/members.h"
#include <stdatomic.h>

/* What a JWK says besides its numbers. */
typedef struct jk_jwk_traits {
    jwkeep_span kid;      /* absent without one */
    jwkeep_span use_text; /* absent without one */
    jwkeep_span ops_json; /* `key_ops` as it stood; absent without one */
    jk_members *others;   /* members that are not known; NULL without one */
    jwkeep_algorithm algorithm;
    jwkeep_jwk_use use;
    uint32_t ops;
} jk_jwk_traits;

struct jwkeep_jwk {
    /* Partners: jwkeep_jwk_unref's decrements with each other. Each is acq_rel, so that
     * whoever takes the last holder away sees all that the others did with it (M). */
    _Atomic size_t holders;
    /* Key sets that have it; a hint without a partner. See jk_jwk_is_in_a_set. */
    _Atomic size_t sets;
    jk_key *prepared;
    jwkeep_algorithm_set fitting; /* by `kty`, `crv`, `alg` and, for HMAC, the size */
    jk_jwk_traits traits;         /* spans into `bytes` */
    uint8_t thumbprint[JWKEEP_THUMBPRINT_SIZE];
    char thumbprint_text[JWKEEP_THUMBPRINT_TEXT_SIZE];
    size_t size; /* of `bytes` */
    uint8_t bytes[];
};

/* Makes the key. Takes `prepared` over, also when it fails; copies `traits` and
 * holds its members. `material` holds
 * the numbers of `prepared`, of which the public ones are enough.
 * Errors: OUT_OF_MEMORY, CRYPTO_FAILED. */
JWKEEP_MUST_USE jwkeep_code jk_jwk_create(jk_key *prepared, const jk_key_material *material,
                                          const jk_jwk_traits *traits, jwkeep_jwk **ret_key,
                                          jwkeep_error *error);

/* A key of `prepared`, which it takes over, also when it fails; with the `kid`, `alg` and `use`
 * of `spec`. Errors: OUT_OF_MEMORY, CRYPTO_FAILED. */
JWKEEP_MUST_USE jwkeep_code jk_jwk_adopt(jk_key *prepared, const jwkeep_jwk_spec *spec,
                                         jwkeep_jwk **ret_key, jwkeep_error *error);

/* A key of the same numbers with other traits. Errors: OUT_OF_MEMORY, CRYPTO_FAILED. */
JWKEEP_MUST_USE jwkeep_code jk_jwk_copy(const jwkeep_jwk *key, const jk_jwk_traits *traits,
                                        jwkeep_jwk **ret_key, jwkeep_error *error);

/* The public key of a certificate, however large that is. Errors: as jwkeep_jwk_import. */
JWKEEP_MUST_USE jwkeep_code jk_jwk_from_certificate(jwkeep_span der, jwkeep_jwk **ret_key,
                                                    jwkeep_error *error);

/* Whether `kid` may be given to a key. Errors: KID_TOO_LONG, MISUSE_ARGUMENT (not UTF-8). */
JWKEEP_MUST_USE jwkeep_code jk_jwk_check_kid(jwkeep_span kid, jwkeep_error *error);

/* The order of identities: thumbprint, then no `kid` before any, then `kid` by size and
 * bytes. 0 if both are the same key. */
int jk_jwk_compare(const jwkeep_jwk *a, const jwkeep_jwk *b);

/* The thumbprint of the numbers (RFC 7638 §3, RFC 8037 §2) under the hash of `size` bytes, as
 * jk_digest knows it. */
JWKEEP_MUST_USE jwkeep_code jk_thumbprint(const jk_key_material *material, size_t size,
                                          uint8_t *ret_digest, jwkeep_error *error);

#endif
