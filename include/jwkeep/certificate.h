/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns X.509 certificates (RFC 5280) as they come with a key: one for the key itself, and
 * after it, in order, those that each certify the one before (`x5c`, RFC 7517 §4.7). Refuses to
 * say that any of them is to be trusted: that is <jwkeep/trust.h>.
 *
 * The certificates never change; any number of threads may use them. */
#ifndef JWKEEP_CERTIFICATE_H
#define JWKEEP_CERTIFICATE_H

#include <jwkeep/jwk.h>

JWKEEP_BEGIN

#define JWKEEP_CERTIFICATE_SHA1_SIZE 20u
#define JWKEEP_CERTIFICATE_SHA256_SIZE 32u

/* A certificate with those that came after it. */
typedef struct jwkeep_certificate jwkeep_certificate;

/* What one certificate says, unverified; spans are borrowed from the jwkeep_certificate. */
typedef struct jwkeep_certificate_facts {
    jwkeep_span der;
    jwkeep_span subject; /* as RFC 4514 writes names, in UTF-8, control characters escaped */
    jwkeep_span issuer;
    jwkeep_span serial; /* in hexadecimal */
    int64_t not_before_s;
    int64_t not_after_s;
    bool is_ca;                                 /* by its basic constraints */
    uint8_t sha1[JWKEEP_CERTIFICATE_SHA1_SIZE]; /* of `der`: what `x5t` holds */
    uint8_t sha256[JWKEEP_CERTIFICATE_SHA256_SIZE];
} jwkeep_certificate_facts;

/* One more holder, which is returned; one fewer, the last of which frees. NULL is fine. */
JWKEEP_API jwkeep_certificate *jwkeep_certificate_ref(jwkeep_certificate *certificate);
JWKEEP_API void jwkeep_certificate_unref(jwkeep_certificate *certificate);

/* From DER, one, or from PEM, every block of which is a certificate, that of the key first.
 * `limits` may be NULL.
 * Errors: CERTIFICATE_INVALID, CERTIFICATE_TOO_LARGE, CERTIFICATE_CHAIN_TOO_LONG,
 * PEM_TOO_LARGE, MISUSE_ARGUMENT (the limits), OUT_OF_MEMORY, CRYPTO_FAILED. */
JWKEEP_API JWKEEP_MUST_USE jwkeep_code
jwkeep_certificate_parse(jwkeep_span bytes, const jwkeep_limits *limits,
                         jwkeep_certificate **ret_certificate, jwkeep_error *error);

/* Those of the member `x5c` of `key`, of which reading the key has checked that the first one
 * is for it. `limits` may be NULL. Errors: NOT_FOUND, and those of jwkeep_certificate_parse. */
JWKEEP_API JWKEEP_MUST_USE jwkeep_code
jwkeep_certificate_of_key(const jwkeep_jwk *key, const jwkeep_limits *limits,
                          jwkeep_certificate **ret_certificate, jwkeep_error *error);

/* How many there are, 1 or more, and what the one at `index` says; NULL past the end. */
JWKEEP_API size_t jwkeep_certificate_count(const jwkeep_certificate *certificate);
JWKEEP_API const jwkeep_certificate_facts *
jwkeep_certificate_at(const jwkeep_certificate *certificate, size_t index);

/* The public key of the first one, without `kid` and `alg`, with `x5c` and `x5t#S256`.
 * Errors: those of jwkeep_jwk_import. */
JWKEEP_API JWKEEP_MUST_USE jwkeep_code jwkeep_certificate_key(
    const jwkeep_certificate *certificate, jwkeep_jwk **ret_key, jwkeep_error *error);

/* `key`, private or public, with `x5c` and `x5t#S256` of these certificates, and without `x5t`.
 * Errors: CERTIFICATE_KEY_MISMATCH (the first one is for another key), OUT_OF_MEMORY,
 * CRYPTO_FAILED. */
JWKEEP_API JWKEEP_MUST_USE jwkeep_code
jwkeep_certificate_attach(const jwkeep_certificate *certificate, const jwkeep_jwk *key,
                          jwkeep_jwk **ret_key, jwkeep_error *error);

JWKEEP_END

#endif
