/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the question whether a chain of certificates leads to one that the caller trusts (RFC
 * 5280 §6). Refuses to trust anything that came with the chain, and the system's store unless
 * it is asked for. Revocation is not looked at. */
#ifndef JWKEEP_TRUST_H
#define JWKEEP_TRUST_H

#include <jwkeep/certificate.h>

JWKEEP_BEGIN

#define JWKEEP_TRUST_MAX_BYTES (4u * 1024u * 1024u) /* of anchors */

/* Trusted certificates. They never change; any number of threads may ask. */
typedef struct jwkeep_trust jwkeep_trust;

/* Whom to trust. Zero it, then set what is wanted. Any certificate may be an anchor, also one
 * that another has signed, or the very one of a key: a chain ends at the first anchor. */
typedef struct jwkeep_trust_options {
    jwkeep_span anchors;    /* PEM, every block of which is a certificate, or DER, one */
    bool uses_system_store; /* the crypto library's default places as well, which the
                               environment may change */
} jwkeep_trust_options;

/* The anchors, copied; the caller frees them with jwkeep_trust_free.
 * Errors: CERTIFICATE_INVALID, PEM_TOO_LARGE (over JWKEEP_TRUST_MAX_BYTES), MISUSE_ARGUMENT (no
 * anchors at all), OUT_OF_MEMORY, CRYPTO_FAILED. */
JWKEEP_API JWKEEP_MUST_USE jwkeep_code jwkeep_trust_new(const jwkeep_trust_options *options,
                                                        jwkeep_trust **ret_trust,
                                                        jwkeep_error *error);

/* No other thread may be asking. NULL is fine. */
JWKEEP_API void jwkeep_trust_free(jwkeep_trust *trust);

/* What the first certificate of a chain must be for. */
typedef enum jwkeep_trust_purpose {
    JWKEEP_TRUST_SIGNING = 0, /* a key usage, if there is one, names signatures */
    JWKEEP_TRUST_ANY = 1,
    JWKEEP_TRUST_TLS_SERVER = 2,
    JWKEEP_TRUST_TLS_CLIENT = 3
} jwkeep_trust_purpose;

/* Whether the certificates lead to an anchor: each signed by the next, all valid at `time_s`
 * (seconds since 1970; the second in which one ends is no longer inside), those that sign being
 * authorities that may, within their path lengths and name constraints, with keys and hashes of
 * at least 112 bits of security. Which issuers are needed is found by their names: what came in
 * the chain and is not needed does not matter. `limits` may be NULL; its max_chain bounds the
 * path, the anchor not counted. Errors: CERTIFICATE_UNTRUSTED, CERTIFICATE_EXPIRED,
 * CERTIFICATE_NOT_YET_VALID, CERTIFICATE_PURPOSE, CERTIFICATE_CHAIN_TOO_LONG,
 * CERTIFICATE_CHAIN_INVALID (a signature, a constraint, an algorithm), MISUSE_ARGUMENT,
 * OUT_OF_MEMORY, CRYPTO_FAILED. */
JWKEEP_API JWKEEP_MUST_USE jwkeep_code jwkeep_trust_check(
    const jwkeep_trust *trust, const jwkeep_certificate *certificate, int64_t time_s,
    jwkeep_trust_purpose purpose, const jwkeep_limits *limits, jwkeep_error *error);

JWKEEP_END

#endif
