/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns signing and verifying of bytes (RFC 7515), compact serialization. No extension is
 * understood: a token with `crit` is refused (§4.1.11). The header parameters `jku`, `jwk`,
 * `x5u` and `x5c` are never used to find a key. */
#ifndef JWKEEP_JWS_H
#define JWKEEP_JWS_H

#include <jwkeep/keyset.h>

JWKEEP_BEGIN

/* Which key, and which tokens are acceptable at all. Zero it, then set either `key` or
 * `keys`.
 *
 * `key`: this one, whatever `kid` the token names. `keys`: those whose `kid` equals the
 * token's, byte by byte, in the set's order; a token without `kid` tries every key that is
 * for its `alg`, unless `is_kid_required`. In either case at most limits.max_candidates keys
 * are tried, and only keys for which jwkeep_jwk_may_verify says yes. */
typedef struct jwkeep_jws_options {
    const jwkeep_jwk *key;
    const jwkeep_keyset *keys;
    jwkeep_algorithm_set algorithms; /* 0: whatever the keys are for */
    bool is_kid_required;
    const jwkeep_limits *limits; /* NULL: the defaults */
} jwkeep_jws_options;

/* Checks `token` and then appends its payload to `payload`, and its protected header's JSON
 * to `header`; either may be NULL. `ret_key` (may be NULL) is set to the key that fitted,
 * borrowed from the options.
 * Errors (RFC 7515 §5.2): TOKEN_TOO_LARGE, TOKEN_MALFORMED, BASE64URL_INVALID, JSON_…,
 * HEADER_INVALID, ALG_MISSING, ALG_NONE, ALG_UNSUPPORTED, ALG_NOT_ALLOWED, CRIT_INVALID,
 * CRIT_UNSUPPORTED, KID_TOO_LONG, KID_MISSING, KID_UNKNOWN, KEY_ALG_MISMATCH,
 * KEY_USE_FORBIDDEN, SIGNATURE_INVALID; MISUSE_ARGUMENT; OUT_OF_MEMORY, CRYPTO_FAILED, those
 * of the buffers. */
JWKEEP_API JWKEEP_MUST_USE jwkeep_code
jwkeep_jws_verify(jwkeep_span token, const jwkeep_jws_options *options, jwkeep_buffer *payload,
                  jwkeep_buffer *header, const jwkeep_jwk **ret_key, jwkeep_error *error);

/* What to sign with. Zero it, then set `key`. */
typedef struct jwkeep_jws_signer {
    const jwkeep_jwk *key;
    jwkeep_algorithm algorithm; /* ABSENT: the key's `alg`, or the one its type suggests:
                                   RS256, ES256/384/512/256K, EdDSA, HS256/384/512 by length */
    jwkeep_span typ;            /* absent: no `typ` */
    jwkeep_span cty;            /* absent: no `cty` */
    bool is_kid_omitted;        /* else the key's `kid`, if it has one */
    jwkeep_span header;         /* further header parameters, a JSON object; none of alg, kid,
                                   typ, cty, crit, b64 may be among them */
} jwkeep_jws_signer;

/* Appends the compact serialization of `payload` signed (RFC 7515 §5.1).
 * Errors: MISUSE_ARGUMENT, MISUSE_PRIVATE_NEEDED, MISUSE_KEY_ALG, KEY_USE_FORBIDDEN, JSON_…
 * and HEADER_INVALID for `header`, OUT_OF_MEMORY, CRYPTO_FAILED, those of the buffer. */
JWKEEP_API JWKEEP_MUST_USE jwkeep_code jwkeep_jws_sign(jwkeep_span payload,
                                                       const jwkeep_jws_signer *signer,
                                                       jwkeep_buffer *token,
                                                       jwkeep_error *error);

/* Appends the header's and the payload's bytes of a compact token WITHOUT VERIFYING anything
 * but the encodings; the signature may be empty. For looking at a token, never for deciding.
 * Either buffer may be NULL.
 * Errors: TOKEN_TOO_LARGE, TOKEN_MALFORMED, BASE64URL_INVALID, MISUSE_ARGUMENT (the limits),
 * OUT_OF_MEMORY, those of the buffers. */
JWKEEP_API JWKEEP_MUST_USE jwkeep_code jwkeep_jws_decode_insecure(jwkeep_span token,
                                                                  const jwkeep_limits *limits,
                                                                  jwkeep_buffer *header,
                                                                  jwkeep_buffer *payload,
                                                                  jwkeep_error *error);

JWKEEP_END

#endif
