/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the JSON serializations of a JWS (RFC 7515 §7.2): flattened, with one signature, and
 * general, with several; the policy that says which of them must hold; a result for each.
 * Nothing else in the library accepts them: who expects a compact token gets no other. */
#ifndef JWKEEP_JWS_JSON_H
#define JWKEEP_JWS_JSON_H

#include <jwkeep/jws.h>

JWKEEP_BEGIN

/* Which signatures must hold. Values are never renumbered. */
typedef enum jwkeep_jws_demand {
    JWKEEP_JWS_DEMAND_ALL = 0, /* every one of the token's */
    JWKEEP_JWS_DEMAND_ANY = 1, /* one is enough */
    JWKEEP_JWS_DEMAND_KEYS = 2 /* one by each key that the policy names, at least */
} jwkeep_jws_demand;

/* Zeroed, it demands that all signatures hold. With KEYS, one signature must hold for each
 * `kids` entry, by a key of the options that has this `kid` itself (what the token says does
 * not count), and one for each `thumbprints` entry (JWKEEP_THUMBPRINT_SIZE bytes); one of the
 * lists must not be empty. */
typedef struct jwkeep_jws_policy {
    jwkeep_jws_demand demand;
    const jwkeep_span *kids;
    size_t kid_count;
    const jwkeep_span *thumbprints;
    size_t thumbprint_count;
} jwkeep_jws_policy;

/* What came out of one verification, and the memory it took, used again for the next one. One
 * thread at a time. */
typedef struct jwkeep_jws_json jwkeep_jws_json;

/* An empty result, the caller's to free. Errors: OUT_OF_MEMORY. */
JWKEEP_API JWKEEP_MUST_USE jwkeep_code jwkeep_jws_json_new(jwkeep_jws_json **ret_verified,
                                                           jwkeep_error *error);
JWKEEP_API void jwkeep_jws_json_free(jwkeep_jws_json *verified); /* NULL is fine */

/* Checks `token`, in flattened or general serialization, under `options` (see
 * jwkeep_jws_verify) and `policy` (NULL: all must hold). On success `verified` holds payload
 * and results; where the policy was not met, the results alone; after another failure nothing.
 *
 * Each signature is judged by itself, by its own headers: `alg`, `crit` and `b64` count only
 * where they are protected, no name may be in both headers, and `kid` is taken from either.
 * Members that RFC 7515 does not define are ignored (§7.2.1), but for `ciphertext`: that is
 * a JWE (RFC 7516 §9).
 *
 * Errors: TOKEN_TOO_LARGE (max_json_token_bytes), JSON_…, JWS_JSON_INVALID,
 * TOO_MANY_SIGNATURES, B64_INCONSISTENT (RFC 7797 §3), PAYLOAD_MISSING, PAYLOAD_NOT_DETACHED,
 * BASE64URL_INVALID; SIGNATURES_UNMET where the policy is not met or, for a single signature,
 * what that one was refused for: HEADER_UNPROTECTED, HEADER_REPEATED and those of
 * jwkeep_jws_verify; MISUSE_ARGUMENT (also KEYS without a key); OUT_OF_MEMORY, CRYPTO_FAILED,
 * SYSTEM_FAILED.
 */
JWKEEP_API JWKEEP_MUST_USE jwkeep_code jwkeep_jws_json_verify(jwkeep_span token,
                                                              const jwkeep_jws_options *options,
                                                              const jwkeep_jws_policy *policy,
                                                              jwkeep_jws_json *verified,
                                                              jwkeep_error *error);

/* One signature. `error.code` is JWKEEP_OK if it holds. The rest is there only then, and the
 * headers only if the policy was met as well. Borrowed from `verified`, `key` from the options
 * (NULL where it was the pinned one). */
typedef struct jwkeep_jws_signature {
    jwkeep_error error;
    const jwkeep_jwk *key;
    jwkeep_span thumbprint; /* of the key, JWKEEP_THUMBPRINT_SIZE bytes */
    jwkeep_algorithm algorithm;
    jwkeep_span header;      /* the protected one, JSON */
    jwkeep_span unprotected; /* JSON, absent without one: NOT covered by the signature */
} jwkeep_jws_signature;

/* The payload of a token whose policy was met; absent otherwise. */
JWKEEP_API jwkeep_span jwkeep_jws_json_payload(const jwkeep_jws_json *verified);

/* The signatures in the token's order. NOT_FOUND past the end. */
JWKEEP_API size_t jwkeep_jws_json_count(const jwkeep_jws_json *verified);
JWKEEP_API JWKEEP_MUST_USE jwkeep_code jwkeep_jws_json_at(const jwkeep_jws_json *verified,
                                                          size_t index,
                                                          jwkeep_jws_signature *ret_signature);

typedef enum jwkeep_jws_form {
    JWKEEP_JWS_FORM_COMPACT = 0,
    JWKEEP_JWS_FORM_FLATTENED = 1,
    JWKEEP_JWS_FORM_GENERAL = 2
} jwkeep_jws_form;

/* Appends `payload` signed by `count` signers, in general serialization or, for one signer,
 * flattened. The signers must agree on whether the payload is encoded and detached.
 * Errors: those of jwkeep_jws_sign; HEADER_UNPROTECTED, HEADER_REPEATED for `unprotected`;
 * PAYLOAD_UNENCODABLE (a payload that is neither encoded nor detached must be UTF-8). */
JWKEEP_API JWKEEP_MUST_USE jwkeep_code jwkeep_jws_json_sign(jwkeep_span payload,
                                                            const jwkeep_jws_signer *signers,
                                                            size_t count, jwkeep_jws_form form,
                                                            jwkeep_buffer *token,
                                                            jwkeep_error *error);

/* Appends what the headers and the payload say WITHOUT VERIFYING anything but the encodings:
 * for looking at a token, never for deciding. `headers` gets a JSON array with an object for
 * each signature, with `protected` and `header` where it has them; `payload` its bytes, none
 * if it is detached. Either may be NULL.
 * Errors: TOKEN_TOO_LARGE, JSON_…, JWS_JSON_INVALID, TOO_MANY_SIGNATURES, BASE64URL_INVALID,
 * MISUSE_ARGUMENT (the limits), OUT_OF_MEMORY, SYSTEM_FAILED, those of the buffers. */
JWKEEP_API JWKEEP_MUST_USE jwkeep_code jwkeep_jws_json_decode_insecure(
    jwkeep_span token, const jwkeep_limits *limits, jwkeep_buffer *headers,
    jwkeep_buffer *payload, jwkeep_error *error);

JWKEEP_END

#endif
