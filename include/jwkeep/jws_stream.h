/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns signing and verifying of detached payloads (RFC 7515 Appendix F) that come in pieces and
 * are never held as a whole: files, uploads. Memory does not grow with the payload. */
#ifndef JWKEEP_JWS_STREAM_H
#define JWKEEP_JWS_STREAM_H

#include <jwkeep/jws_json.h>

JWKEEP_BEGIN

/* One payload on its way. One thread at a time. */
typedef struct jwkeep_jws_stream jwkeep_jws_stream;

/* At any time, finished or not. NULL is fine. */
JWKEEP_API void jwkeep_jws_stream_free(jwkeep_jws_stream *stream);

/* Begins to verify `token`, which has no payload: in compact or, where `form` says so,
 * flattened serialization. `options` (see jwkeep_jws_verify) are read now; the keys and
 * extensions they name must live until the stream is freed. What can be refused before the
 * payload is known is refused here.
 * Errors: those of jwkeep_jws_verify and, flattened, jwkeep_jws_json_verify;
 * ALG_NOT_STREAMABLE (EdDSA needs the whole payload at once: jwkeep_jws_verify),
 * MISUSE_ARGUMENT (also options with `detached`, and the general serialization). */
JWKEEP_API JWKEEP_MUST_USE jwkeep_code jwkeep_jws_stream_begin_verify(
    jwkeep_span token, jwkeep_jws_form form, const jwkeep_jws_options *options,
    jwkeep_jws_stream **ret_stream, jwkeep_error *error);

/* Begins to sign; `signer` is read now, what it names must live until the stream is freed. It
 * need not say that the payload is detached. A device must take digests.
 * Errors: those of jwkeep_jws_sign and jwkeep_jws_json_sign; ALG_NOT_STREAMABLE. */
JWKEEP_API JWKEEP_MUST_USE jwkeep_code
jwkeep_jws_stream_begin_sign(const jwkeep_jws_signer *signer, jwkeep_jws_form form,
                             jwkeep_jws_stream **ret_stream, jwkeep_error *error);

/* The next bytes of the payload, as they are: a payload that is signed encoded is encoded here.
 * When verifying, more than limits.max_detached_bytes in all are TOKEN_TOO_LARGE. A stream that
 * failed is over. Errors: TOKEN_TOO_LARGE, MISUSE_STATE, CRYPTO_FAILED. */
JWKEEP_API JWKEEP_MUST_USE jwkeep_code jwkeep_jws_stream_feed(jwkeep_jws_stream *stream,
                                                              jwkeep_span bytes,
                                                              jwkeep_error *error);

/* The verdict over all that was fed: until it is JWKEEP_OK nothing of the payload may be
 * believed. Then the protected header's JSON is appended to `header` and `ret_key` set as by
 * jwkeep_jws_verify; either may be NULL.
 * Errors: SIGNATURE_INVALID, EXTENSION_REFUSED, MISUSE_STATE (not a stream that verifies, or it
 * is over), OUT_OF_MEMORY, CRYPTO_FAILED, those of the buffer. */
JWKEEP_API JWKEEP_MUST_USE jwkeep_code
jwkeep_jws_stream_finish_verify(jwkeep_jws_stream *stream, jwkeep_buffer *header,
                                const jwkeep_jwk **ret_key, jwkeep_error *error);

/* Appends the token over all that was fed, without the payload.
 * Errors: MISUSE_STATE (not a stream that signs, or it is over), SIGNER_FAILED and what the
 * device gives, OUT_OF_MEMORY, CRYPTO_FAILED, those of the buffer. */
JWKEEP_API JWKEEP_MUST_USE jwkeep_code jwkeep_jws_stream_finish_sign(jwkeep_jws_stream *stream,
                                                                     jwkeep_buffer *token,
                                                                     jwkeep_error *error);

JWKEEP_END

#endif
