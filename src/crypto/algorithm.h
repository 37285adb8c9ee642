/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the table behind <jwkeep/algorithm.h>: one row an algorithm, nothing about it anywhere
 * else. */
#ifndef JK_CRYPTO_ALGORITHM_H
#define JK_CRYPTO_ALGORITHM_H

#include "base/attributes.h"
#include <jwkeep/algorithm.h>

typedef enum jk_family {
    JK_FAMILY_HMAC,
    JK_FAMILY_RSA_PKCS1,
    JK_FAMILY_RSA_PSS,
    JK_FAMILY_ECDSA,
    JK_FAMILY_EDDSA
} jk_family;

typedef struct jk_algorithm_info {
    jwkeep_algorithm algorithm;
    const char *name;
    const char *hash; /* the crypto library's name; NULL for EdDSA */
    jk_family family;
    jwkeep_kty kty;
    jwkeep_crv crv;           /* ABSENT: RSA, oct, or (EdDSA) either OKP curve */
    uint16_t hash_bytes;      /* 0 for EdDSA */
    uint16_t signature_bytes; /* 0 where it depends on the key (RSA, EdDSA) */
} jk_algorithm_info;

/* NULL for ABSENT and for values outside the table. */
JWKEEP_CONST const jk_algorithm_info *jk_algorithm_info_of(jwkeep_algorithm algorithm);

/* Coordinate or key size in bytes: 32, 48, 66, 32, 32, 57; 0 for ABSENT. */
JWKEEP_CONST size_t jk_crv_bytes(jwkeep_crv crv);

#endif
