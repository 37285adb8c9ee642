/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the bare crypto library that whole tokens are measured against: the quickest honest
 * loop over OpenSSL 3, nothing fetched, nothing created, no token around it. */
#ifndef BENCH_RAW_H
#define BENCH_RAW_H

#include <jwkeep/algorithm.h>
#include <jwkeep/buffer.h>
#include <stdbool.h>

/* A new key, both for OpenSSL and, in a JWK that raw_key_write gives, for the library. */
typedef struct raw_key raw_key;

/* NULL if OpenSSL fails. */
raw_key *raw_key_new(jwkeep_algorithm algorithm);
void raw_key_free(raw_key *key);

/* A key to verify with: a public key in PEM, or the bytes of a secret. NULL if it is none. */
raw_key *raw_key_read(jwkeep_algorithm algorithm, jwkeep_span bare);

/* Appends the private key: PEM, or the JWK of a symmetric one. */
bool raw_key_write(const raw_key *key, jwkeep_buffer *buffer);

/* What OpenSSL is given of a token: the signed bytes, borrowed, and the signature in the form
 * it takes. */
typedef struct raw_message {
    jwkeep_span signed_bytes;
    uint8_t signature[1024];
    size_t signature_size;
} raw_message;

/* Takes a compact token apart, once and beforehand. */
bool raw_message_of(const raw_key *key, jwkeep_span token, raw_message *ret_message);

/* One signature check. */
bool raw_verify(raw_key *key, const raw_message *message);

#endif
