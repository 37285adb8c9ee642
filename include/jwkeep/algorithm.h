/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the names and properties of the signature algorithms (RFC 7518 §3.1, RFC 8037,
 * RFC 8812, RFC 9864). There is no value for `none`: it cannot be asked for. */
#ifndef JWKEEP_ALGORITHM_H
#define JWKEEP_ALGORITHM_H

#include <jwkeep/span.h>

JWKEEP_BEGIN

/* Values are never renumbered. EdDSA takes the curve from the key; Ed25519 and Ed448 name it
 * themselves, and are other algorithms than EdDSA wherever an `alg` is compared. */
typedef enum jwkeep_algorithm {
    JWKEEP_ALGORITHM_ABSENT = 0,
    JWKEEP_ALGORITHM_HS256 = 1,
    JWKEEP_ALGORITHM_HS384 = 2,
    JWKEEP_ALGORITHM_HS512 = 3,
    JWKEEP_ALGORITHM_RS256 = 4,
    JWKEEP_ALGORITHM_RS384 = 5,
    JWKEEP_ALGORITHM_RS512 = 6,
    JWKEEP_ALGORITHM_PS256 = 7,
    JWKEEP_ALGORITHM_PS384 = 8,
    JWKEEP_ALGORITHM_PS512 = 9,
    JWKEEP_ALGORITHM_ES256 = 10,
    JWKEEP_ALGORITHM_ES384 = 11,
    JWKEEP_ALGORITHM_ES512 = 12,
    JWKEEP_ALGORITHM_ES256K = 13,
    JWKEEP_ALGORITHM_EDDSA = 14,
    JWKEEP_ALGORITHM_ED25519 = 15,
    JWKEEP_ALGORITHM_ED448 = 16
} jwkeep_algorithm;

#define JWKEEP_ALGORITHM_COUNT 17 /* one past the last value */

typedef enum jwkeep_kty {
    JWKEEP_KTY_ABSENT = 0,
    JWKEEP_KTY_RSA = 1,
    JWKEEP_KTY_EC = 2,
    JWKEEP_KTY_OCT = 3,
    JWKEEP_KTY_OKP = 4
} jwkeep_kty;

typedef enum jwkeep_crv {
    JWKEEP_CRV_ABSENT = 0,
    JWKEEP_CRV_P256 = 1,
    JWKEEP_CRV_P384 = 2,
    JWKEEP_CRV_P521 = 3,
    JWKEEP_CRV_SECP256K1 = 4,
    JWKEEP_CRV_ED25519 = 5,
    JWKEEP_CRV_ED448 = 6
} jwkeep_crv;

/* A set of algorithms: one bit each. 0 is the empty set. */
typedef uint32_t jwkeep_algorithm_set;
#define JWKEEP_ALGORITHM_BIT(algorithm) ((jwkeep_algorithm_set)1u << (unsigned)(algorithm))

/* The algorithm of an `alg` value, compared byte by byte; ABSENT if it is not one of them
 * (`none` is not); and the name, a constant, NULL for ABSENT. Any thread, never fails; so are
 * all below. */
JWKEEP_API jwkeep_algorithm jwkeep_algorithm_from_name(jwkeep_span name);
JWKEEP_API JWKEEP_CONST const char *jwkeep_algorithm_name(jwkeep_algorithm algorithm);

/* Whether `name` is that of an algorithm which the library knows and this build has not:
 * ML-DSA-44, ML-DSA-65 and ML-DSA-87 (FIPS 204), whose keys are of the type AKP. */
JWKEEP_API bool jwkeep_algorithm_is_left_out(jwkeep_span name);

/* Whether keys of `kty` and, for EC and OKP, `crv` are for `algorithm`. */
JWKEEP_API JWKEEP_CONST bool jwkeep_algorithm_fits(jwkeep_algorithm algorithm, jwkeep_kty kty,
                                                   jwkeep_crv crv);

/* The type or curve of a `kty` or `crv` value, compared byte by byte, ABSENT if it is none of
 * them; and the name, a constant, NULL for ABSENT. */
JWKEEP_API jwkeep_kty jwkeep_kty_from_name(jwkeep_span name);
JWKEEP_API JWKEEP_CONST const char *jwkeep_kty_name(jwkeep_kty kty);
JWKEEP_API jwkeep_crv jwkeep_crv_from_name(jwkeep_span name);
JWKEEP_API JWKEEP_CONST const char *jwkeep_crv_name(jwkeep_crv crv);

/* Every algorithm, and those whose keys have a public half. */
JWKEEP_API JWKEEP_CONST jwkeep_algorithm_set jwkeep_algorithm_all(void);
JWKEEP_API JWKEEP_CONST jwkeep_algorithm_set jwkeep_algorithm_asymmetric(void);

JWKEEP_END

#endif
