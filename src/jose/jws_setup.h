/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns what the calls that verify have in common: the caller's options, checked and resolved,
 * and the judgement of one signature under them. */
#ifndef JK_JOSE_JWS_SETUP_H
#define JK_JOSE_JWS_SETUP_H

#include "jose/jws.h"

typedef struct jk_jws_setup {
    jk_jws_choice choice; /* neither key nor keys where one is pinned */
    jk_jws_understood understood;
    jwkeep_limits limits;
    jwkeep_span pinned;   /* absent: none */
    jwkeep_span detached; /* absent: the payload is in the token */
} jk_jws_setup;

/* Errors: MISUSE_ARGUMENT. */
JWKEEP_MUST_USE jwkeep_code jk_jws_set_up(const jwkeep_jws_options *options,
                                          jk_jws_setup *ret_setup, jwkeep_error *error);

/* The key in the header's `jwk`, if it is the pinned one; the caller becomes its holder.
 * Errors: EMBEDDED_KEY_MISSING, EMBEDDED_KEY_MISMATCH, JWK_…, OUT_OF_MEMORY, CRYPTO_FAILED. */
JWKEEP_MUST_USE jwkeep_code jk_jws_embedded_key(const jk_jws_setup *setup,
                                                const jk_jws_header *header,
                                                jwkeep_jwk **ret_key, jwkeep_error *error);

/* Asks the caller about the critical extensions of a token whose signature holds.
 * Errors: EXTENSION_REFUSED. */
JWKEEP_MUST_USE jwkeep_code jk_jws_judge_extensions(const jk_jws_setup *setup,
                                                    const jk_jws_header *header,
                                                    jwkeep_error *error);

/* The signature, then the extensions. `ret_key` is NULL where the pinned key fitted.
 * Errors: those of jk_jws_check_signature, jk_jws_embedded_key and jk_jws_judge_extensions. */
JWKEEP_MUST_USE jwkeep_code jk_jws_judge(const jk_jws_setup *setup, const jk_jws_parts *parts,
                                         const jk_jws_header *header,
                                         const jwkeep_jwk **ret_key, jwkeep_error *error);

/* What is signed when the payload is `payload`, not yet encoded: RFC 7515 §5.1 step 5, RFC
 * 7797 §3. In `arena`, the payload behind the dot in the form that the token has it.
 * Errors: OUT_OF_MEMORY. */
JWKEEP_MUST_USE jwkeep_code jk_jws_signing_input(jwkeep_span encoded_header,
                                                 jwkeep_span payload, bool is_unencoded,
                                                 jk_arena *arena, jwkeep_span *ret_input,
                                                 jwkeep_error *error);

#endif
