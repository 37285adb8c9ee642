/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns signing and verifying of bytes (RFC 7515), compact serialization; with a payload that
 * is detached (Appendix F) or not encoded (RFC 7797). The JSON serializations are
 * <jwkeep/jws_json.h>, large payloads <jwkeep/jws_stream.h>. A token with `crit` is refused
 * unless everything it names is understood (§4.1.11): `b64` is, and what the caller lists. The
 * header parameters `jku`, `x5u` and `x5c` are never used to find a key, `jwk` only where its
 * thumbprint is pinned. */
#ifndef JWKEEP_JWS_H
#define JWKEEP_JWS_H

#include <jwkeep/keyset.h>
#include <jwkeep/signing_device.h>

JWKEEP_BEGIN

/* An extension that the caller understands (RFC 7515 §4.1.11). `name` is that of the header
 * parameter; none that the RFCs define. `accept` is called for a token that lists it in `crit`
 * and whose signature holds, with the parameter's value, which lives as long as the call;
 * false refuses the token. NULL: understanding the name is enough. */
typedef struct jwkeep_jws_extension {
    const char *name;
    bool (*accept)(void *user, const jwkeep_json *value);
    void *user;
} jwkeep_jws_extension;

/* Which key, and which tokens are acceptable at all. Zero it, then set one of `key`, `keys`
 * and `pinned_thumbprint`.
 *
 * `key`: this one, whatever `kid` the token names. `keys`: those whose `kid` equals the
 * token's, byte by byte, in the set's order; a token without `kid` tries every key that is
 * for its `alg`, unless `is_kid_required`. In either case at most limits.max_candidates keys
 * are tried, and only keys for which jwkeep_jwk_may_verify says yes.
 *
 * `pinned_thumbprint`: the key that the protected header's `jwk` holds, if it is a public one
 * and has this SHA-256 thumbprint (JWKEEP_THUMBPRINT_SIZE bytes, RFC 7638). */
typedef struct jwkeep_jws_options {
    const jwkeep_jwk *key;
    const jwkeep_keyset *keys;
    jwkeep_algorithm_set algorithms; /* 0: whatever the keys are for */
    bool is_kid_required;
    const jwkeep_limits *limits; /* NULL: the defaults */
    jwkeep_span pinned_thumbprint;
    const jwkeep_jws_extension *extensions;
    size_t extension_count;
    jwkeep_span detached; /* absent: the payload is in the token; else this is the payload, at
                             most limits.max_detached_bytes, and the token must have none */
} jwkeep_jws_options;

/* Checks `token`, in compact serialization, and then appends its payload to `payload`, and its
 * protected header's JSON to `header`; either may be NULL. `ret_key` (may be NULL) is set to
 * the key that fitted, borrowed from the options; to NULL where it was the pinned one. A
 * payload that is not encoded (RFC 7797) counts against max_token_bytes like any other.
 * Errors (RFC 7515 §5.2): TOKEN_TOO_LARGE, TOKEN_MALFORMED, BASE64URL_INVALID, JSON_…,
 * HEADER_INVALID, ALG_MISSING, ALG_NONE, ALG_UNSUPPORTED, ALG_NOT_ALLOWED, CRIT_INVALID,
 * CRIT_UNSUPPORTED, EXTENSION_REFUSED, PAYLOAD_NOT_DETACHED, KID_TOO_LONG, KID_MISSING,
 * KID_UNKNOWN, KEY_ALG_MISMATCH, KEY_USE_FORBIDDEN, SIGNATURE_INVALID; EMBEDDED_KEY_MISSING,
 * EMBEDDED_KEY_MISMATCH, JWK_… (the pinned key); MISUSE_ARGUMENT; OUT_OF_MEMORY,
 * CRYPTO_FAILED, SYSTEM_FAILED (as jwkeep_json_parse), those of the buffers. Any thread. */
JWKEEP_API JWKEEP_MUST_USE jwkeep_code
jwkeep_jws_verify(jwkeep_span token, const jwkeep_jws_options *options, jwkeep_buffer *payload,
                  jwkeep_buffer *header, const jwkeep_jwk **ret_key, jwkeep_error *error);

/* What to sign with. Zero it, then set `key`; with a `device`, `key` may be the public half,
 * or NULL if `algorithm` is set. */
typedef struct jwkeep_jws_signer {
    const jwkeep_jwk *key;
    jwkeep_algorithm algorithm;  /* ABSENT: the key's `alg`, or the one its type suggests:
                                    RS256, ES256/384/512/256K, EdDSA, HS256/384/512 by length */
    jwkeep_span typ;             /* absent: no `typ` */
    jwkeep_span cty;             /* absent: no `cty` */
    bool is_kid_omitted;         /* else the key's `kid`, if it has one */
    jwkeep_span header;          /* further header parameters, a JSON object; none of alg, kid,
                                    typ, cty, crit, b64 may be among them */
    const char *const *critical; /* names in `header` that become `crit`; none that the RFCs
                                    define */
    size_t critical_count;
    bool is_payload_unencoded; /* `b64` false, and critical (RFC 7797) */
    bool is_payload_detached;  /* the token goes without its payload */
    jwkeep_span unprotected;   /* the unprotected header, a JSON object; JSON serializations
                                  only; none of alg, crit, b64, and no name of the protected
                                  header may be among them */
    const jwkeep_signing_device *device; /* NULL: `key` signs */
} jwkeep_jws_signer;

/* Appends the compact serialization of `payload` signed (RFC 7515 §5.1).
 * Errors: MISUSE_ARGUMENT, MISUSE_PRIVATE_NEEDED, MISUSE_KEY_ALG, KEY_USE_FORBIDDEN, JSON_…
 * and HEADER_INVALID for `header`, CRIT_INVALID for `critical`, PAYLOAD_UNENCODABLE (a dot in
 * a payload that is neither encoded nor detached, RFC 7797 §5.2), OUT_OF_MEMORY, CRYPTO_FAILED,
 * SYSTEM_FAILED (as jwkeep_json_parse), SIGNER_FAILED and whatever the device gives, those of
 * the buffer. Any thread. */
JWKEEP_API JWKEEP_MUST_USE jwkeep_code jwkeep_jws_sign(jwkeep_span payload,
                                                       const jwkeep_jws_signer *signer,
                                                       jwkeep_buffer *token,
                                                       jwkeep_error *error);

/* Appends the header's and the payload's bytes of a compact token WITHOUT VERIFYING anything
 * but the encodings; the signature may be empty. For looking at a token, never for deciding.
 * The payload is taken for base64url, unless the header says `b64` false. Either buffer may be
 * NULL.
 * Errors: TOKEN_TOO_LARGE, TOKEN_MALFORMED, BASE64URL_INVALID, MISUSE_ARGUMENT (the limits),
 * OUT_OF_MEMORY, those of the buffers. */
JWKEEP_API JWKEEP_MUST_USE jwkeep_code jwkeep_jws_decode_insecure(jwkeep_span token,
                                                                  const jwkeep_limits *limits,
                                                                  jwkeep_buffer *header,
                                                                  jwkeep_buffer *payload,
                                                                  jwkeep_error *error);

JWKEEP_END

#endif
