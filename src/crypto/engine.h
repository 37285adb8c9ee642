/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the seam between a key and what computes with it: OpenSSL, which prepares every key, and
 * the engines that are asked before it when a signature is to be verified; and the numbers that
 * both were prepared from. Seen by src/crypto/ alone. */
#ifndef JK_CRYPTO_ENGINE_H
#define JK_CRYPTO_ENGINE_H

#include "crypto/algorithm.h"
#include "crypto/key.h"

/* What OpenSSL has of one key. `state` is its own. Any number of
 * threads call verify and sign at once; free is the last call.
 *
 * The caller has checked before: the algorithm is for such keys, an HMAC key is as long as
 * the hash, a signature to verify has its exact size, `ret_signature` has room for it, and
 * sign is called for private keys only. */
typedef struct jk_key_ops {
    jwkeep_code (*verify)(void *state, const jk_algorithm_info *info, jwkeep_span message,
                          jwkeep_span signature, jwkeep_error *error);
    jwkeep_code (*sign)(void *state, const jk_algorithm_info *info, jwkeep_span message,
                        uint8_t *ret_signature, size_t signature_bytes, jwkeep_error *error);
    void (*free)(void *state);
    /* The same for the hash of the message; NULL where the algorithms do not sign one. */
    jwkeep_code (*verify_digest)(void *state, const jk_algorithm_info *info, jwkeep_span digest,
                                 jwkeep_span signature, jwkeep_error *error);
    jwkeep_code (*sign_digest)(void *state, const jk_algorithm_info *info, jwkeep_span digest,
                               uint8_t *ret_signature, size_t signature_bytes,
                               jwkeep_error *error);
} jk_key_ops;

typedef struct jk_key_engine {
    const jk_key_ops *ops; /* NULL before the key is prepared */
    void *state;
} jk_key_engine;

typedef jwkeep_code jk_engine_verify(void *state, const jk_algorithm_info *info,
                                     jwkeep_span message, jwkeep_span signature,
                                     jwkeep_error *error);

/* What verifies faster than OpenSSL with the keys it takes. */
typedef struct jk_engine {
    const char *name; /* a constant, for people and for JWKEEP_ENGINE */

    /* Takes a key: `ret_state`, which `free` ends, and the algorithms under which it verifies
     * with it. Or declines: an empty set. `numbers` are the public ones of a key that OpenSSL
     * has accepted, never an oct key; they outlive the state.
     * Errors: OUT_OF_MEMORY, CRYPTO_FAILED. */
    jwkeep_code (*prepare)(const jk_key_material *numbers, void **ret_state,
                           jwkeep_algorithm_set *ret_algorithms, jwkeep_error *error);

    /* As in jk_key_ops. */
    jk_engine_verify *verify;
    void (*free)(void *state);
} jk_engine;

/* The engine that took a key. */
typedef struct jk_engine_key {
    const jk_engine *engine; /* NULL: none did */
    void *state;
    jwkeep_algorithm_set algorithms;
} jk_engine_key;

/* Which engines a key asks. */
typedef struct jk_engine_choice {
    const jk_engine *const *engines; /* in this order; ended by NULL */
    const char *only;                /* no other than this; NULL: any. "openssl": none */
} jk_engine_choice;

/* The engines of this build, as JWKEEP_ENGINE restricts them. Errors: MISUSE_ARGUMENT (it names
 * none of them). */
JWKEEP_MUST_USE jwkeep_code jk_engine_choice_init(jk_engine_choice *ret_choice,
                                                  jwkeep_error *error);

/* Whether `name` is one of `engines` or that of OpenSSL. */
JWKEEP_PURE bool jk_engine_is_among(const jk_engine *const *engines, const char *name);

/* The first engine that takes the key of `numbers`, or none. Errors: those of its prepare. */
JWKEEP_MUST_USE jwkeep_code jk_engine_ask(const jk_engine_choice *choice,
                                          const jk_key_material *numbers,
                                          jk_engine_key *ret_taken, jwkeep_error *error);

/* jk_key_import with engines of the caller's. */
JWKEEP_MUST_USE jwkeep_code jk_key_import_with(const jk_engine_choice *choice,
                                               const jk_key_material *material,
                                               jk_key **ret_key, jwkeep_error *error);

struct jk_key {
    jk_key_engine openssl;
    jk_engine_key ahead;     /* of OpenSSL, for the algorithms it names */
    jk_key_material numbers; /* into `storage`, members of the key's own type only */
    jk_arena storage;
    size_t bits;
    size_t signature_bytes; /* RSA and OKP: of the key; else of the algorithm */
    bool is_private;
};

/* SIGNATURE_INVALID with the clause of the algorithm; alike for every way to be wrong. */
jwkeep_code jk_fail_signature(const jk_algorithm_info *info, jwkeep_error *error);

/* What jk_key_generate gives for 0, and the least it gives (RFC 7518 §3.2). */
#define JK_OCT_MIN_GENERATED_BITS 256u

/* Bytes that the numbers of the largest key take, twice over. */
#define JK_KEY_NUMBERS_MAX_BYTES 16384u

/* The members of `material` that its type needs are there, and their widths and ranges are
 * right as far as bytes alone tell. Errors: those of jk_key_import but NOT_ON_CURVE and
 * KEY_MISMATCH. `ret_bits` is the size of the key, as jk_key_bits. */
JWKEEP_MUST_USE jwkeep_code jk_key_material_check(const jk_key_material *material,
                                                  size_t *ret_bits, jwkeep_error *error);

/* Bytes of the members that belong to the type of `material`. */
JWKEEP_PURE size_t jk_key_material_size(const jk_key_material *material);

/* Copies those members, and no others, into one piece of `arena`. */
JWKEEP_MUST_USE jwkeep_code jk_key_material_copy(const jk_key_material *material,
                                                 jk_arena *arena, jk_key_material *ret_material,
                                                 jwkeep_error *error);

/* Whether the big-endian number at `number` is not 0 and under the one at `bound`, both of
 * `size` bytes. Time depends on `size` alone. */
JWKEEP_PURE bool jk_number_is_below(const uint8_t *number, const uint8_t *bound, size_t size);

/* The order of the group of an EC curve, in jk_crv_bytes(crv) bytes; NULL for others. */
JWKEEP_CONST const uint8_t *jk_crv_order(jwkeep_crv crv);

#endif
