/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns proofs of possession (DPoP, RFC 9449): a token of the client's own, made for one
 * request, signed with the key that it carries in its header. This is the one place where a
 * key from a header is used; it proves only that the sender has the private half, and is worth
 * something only together with an access token that names the key: <jwkeep/confirmation.h>. */
#ifndef JWKEEP_DPOP_H
#define JWKEEP_DPOP_H

#include <jwkeep/jwt.h>
#include <jwkeep/replay.h>

JWKEEP_BEGIN

#define JWKEEP_DPOP_MAX_AGE_S 60
#define JWKEEP_DPOP_LEEWAY_S 5
#define JWKEEP_DPOP_MAX_URL_BYTES 2048u

/* A verified proof, and the memory to verify the next one in. One thread at a time. */
typedef struct jwkeep_dpop_proof jwkeep_dpop_proof;

/* An empty proof, the caller's to free; freeing NULL is fine.
 * Errors: OUT_OF_MEMORY, MISUSE_ARGUMENT (no place for it). */
JWKEEP_API JWKEEP_MUST_USE jwkeep_code jwkeep_dpop_proof_new(jwkeep_dpop_proof **ret_proof,
                                                             jwkeep_error *error);
JWKEEP_API void jwkeep_dpop_proof_free(jwkeep_dpop_proof *proof);

/* Of the last verification, if it succeeded, else absent: the SHA-256 thumbprint of the key in
 * base64url (what `jkt` names), the proof's identifier, its claims. Borrowed, until the next.
 */
JWKEEP_API jwkeep_span jwkeep_dpop_proof_jkt(const jwkeep_dpop_proof *proof);
JWKEEP_API jwkeep_span jwkeep_dpop_proof_jti(const jwkeep_dpop_proof *proof);
JWKEEP_API const jwkeep_json *jwkeep_dpop_proof_claims(const jwkeep_dpop_proof *proof);

/* The request that the proof came with. Zero it, then set. */
typedef struct jwkeep_dpop_request {
    const jwkeep_span *proofs; /* the value of each DPoP field: there must be one */
    size_t proof_count;
    jwkeep_span method; /* as in the request line; compared with regard to case */
    jwkeep_span url;    /* that the client asked for: "https://api.example/resource"; query
                           and fragment are ignored */
    jwkeep_span access_token; /* that came along: `ath` must be its hash; absent: none did */
    jwkeep_span nonce;        /* that the server had given; absent: it gives none */
} jwkeep_dpop_request;

/* What proofs are acceptable. Fill with jwkeep_dpop_options_init. */
typedef struct jwkeep_dpop_options {
    size_t struct_size;
    jwkeep_algorithm_set algorithms; /* 0: all with a public key; HMAC is never among them */
    int64_t max_age_s;               /* since `iat`; default JWKEEP_DPOP_MAX_AGE_S */
    int64_t leeway_s;                /* that `iat` may be ahead; default JWKEEP_DPOP_LEEWAY_S */
    jwkeep_replay *replay; /* each proof is taken once; its window must be max_age_s + leeway_s
                              or more. NULL: `first` is asked */
    /* Whether this identifier is the first of its kind, for a memory of the caller's own: `id`
     * is the key's thumbprint, a dot and the `jti`. JWKEEP_OK, REPLAYED, or any other code that
     * refuses the proof. NULL as well: a proof may be repeated within max_age_s. */
    jwkeep_code (*first)(void *user, jwkeep_span id, int64_t now_ms);
    void *user;
    const jwkeep_limits *limits; /* NULL: the defaults */
} jwkeep_dpop_options;

/* Sets every field to its default. Any thread. Never fails. */
JWKEEP_API void jwkeep_dpop_options_init(jwkeep_dpop_options *options);

/* Checks the proof of `request` (RFC 9449 §4.3): one field; `typ` "dpop+jwt"; an asymmetric
 * `alg`; a public `jwk` in the header, whose signature it is; `jti`, `htm`, `htu`, `iat`;
 * method and URL those of the request, the URL normalised (RFC 3986 §6.2.2, §6.2.3); `iat` in
 * its window; `nonce`; `ath`; not seen before. `options` may be NULL. On failure `proof` is
 * empty. Check the access token first: only then do strangers not fill the replay memory.
 * Errors: DPOP_MISSING, DPOP_REPEATED; those of jwkeep_jwt_verify; DPOP_KEY_INVALID (no `jwk`,
 * a private one, or no key at all); DPOP_METHOD_MISMATCH, DPOP_URL_MISMATCH;
 * DPOP_NONCE_MISMATCH (answer "use_dpop_nonce", §8); DPOP_HASH_MISMATCH; REPLAYED,
 * REPLAY_MEMORY_FULL; MISUSE_ARGUMENT. */
JWKEEP_API JWKEEP_MUST_USE jwkeep_code jwkeep_dpop_verify(const jwkeep_dpop_request *request,
                                                          const jwkeep_dpop_options *options,
                                                          int64_t now_ms,
                                                          jwkeep_dpop_proof *proof,
                                                          jwkeep_error *error);

JWKEEP_END

#endif
