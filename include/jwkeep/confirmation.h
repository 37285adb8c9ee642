/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the binding of a token to a key (`cnf`, RFC 7800): `jkt`, the key of a DPoP proof
 * (RFC 9449 §6), and `x5t#S256`, the certificate of the TLS connection (RFC 8705 §3.1). */
#ifndef JWKEEP_CONFIRMATION_H
#define JWKEEP_CONFIRMATION_H

#include <jwkeep/dpop.h>

JWKEEP_BEGIN

#define JWKEEP_CERTIFICATE_HASH_SIZE 32u /* SHA-256 of the certificate's DER */

/* What the sender has shown. Zero it, then set what there is. */
typedef struct jwkeep_presented {
    const jwkeep_dpop_proof *proof; /* verified for this request and this token */
    jwkeep_span certificate_hash;   /* JWKEEP_CERTIFICATE_HASH_SIZE bytes; absent: none */
    bool is_binding_required;       /* a token without `cnf` is refused */
} jwkeep_presented;

/* Whether the sender may use `token`, which was verified. A token without `cnf` may be used by
 * whoever has it, unless a binding is required or a proof was shown (RFC 9449 §7.1). Of a token
 * with `cnf`, everything that it names must have been shown, and be that; a member that is not
 * understood here is refused: nobody would have checked it. `presented` NULL: nothing was
 * shown, as with the scheme Bearer. Any thread.
 * Errors: CONFIRMATION_MISSING (a binding is required, or a proof shown, and the token has
 * none; or the token names one that was not shown), CONFIRMATION_MISMATCH,
 * CONFIRMATION_UNSUPPORTED, CLAIM_TYPE (`cnf` is no object, empty, or a member is no string),
 * each with `where`; MISUSE_ARGUMENT, MISUSE_STATE (`token` is not a verified one). */
JWKEEP_API JWKEEP_MUST_USE jwkeep_code jwkeep_confirmation_check(
    const jwkeep_token *token, const jwkeep_presented *presented, jwkeep_error *error);

JWKEEP_END

#endif
