/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns a message that comes in pieces: what of it a signature is made of, the hash or, for
 * HMAC, the tag, in memory that does not grow with it. */
#ifndef JK_CRYPTO_STREAM_H
#define JK_CRYPTO_STREAM_H

#include "crypto/digest.h"
#include "crypto/key.h"

typedef struct jk_stream jk_stream;

void jk_stream_free(jk_stream *stream); /* NULL is fine */

/* `key` is for HMAC alone, which computes with it from the first byte on, and may be NULL for
 * others. It must outlive the stream.
 * Errors: ALG_NOT_STREAMABLE (EdDSA hashes the message twice, RFC 8032 §5.1.6),
 * KEY_ALG_MISMATCH, OUT_OF_MEMORY, CRYPTO_FAILED. */
JWKEEP_MUST_USE jwkeep_code jk_stream_new(const jk_key *key, jwkeep_algorithm algorithm,
                                          jk_stream **ret_stream, jwkeep_error *error);

/* Errors: CRYPTO_FAILED. */
JWKEEP_MUST_USE jwkeep_code jk_stream_feed(jk_stream *stream, jwkeep_span bytes,
                                           jwkeep_error *error);

/* Once. Errors: CRYPTO_FAILED. */
JWKEEP_MUST_USE jwkeep_code jk_stream_finish(jk_stream *stream,
                                             uint8_t ret_digest[JK_DIGEST_MAX_BYTES],
                                             size_t *ret_size, jwkeep_error *error);

/* As jk_key_verify and jk_key_sign, for the message that `digest` came from; for HMAC the
 * digest is the tag, made under this very key.
 * Errors: also ALG_NOT_STREAMABLE. */
JWKEEP_MUST_USE jwkeep_code jk_key_verify_digest(const jk_key *key, jwkeep_algorithm algorithm,
                                                 jwkeep_span digest, jwkeep_span signature,
                                                 jwkeep_error *error);
JWKEEP_MUST_USE jwkeep_code jk_key_sign_digest(const jk_key *key, jwkeep_algorithm algorithm,
                                               jwkeep_span digest,
                                               uint8_t ret_signature[JK_SIGNATURE_MAX_BYTES],
                                               size_t *ret_size, jwkeep_error *error);

#endif
