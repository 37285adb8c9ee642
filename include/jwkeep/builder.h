/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns putting a JWT together: claims and header parameters one by one, times relative to the
 * moment of signing. Refuses a name that is given twice, a registered claim of the wrong type
 * (RFC 7519 §4.1), and what is no JSON.
 *
 * The first failure sticks and is told when the token is asked for; calls in between do
 * nothing then. A builder may sign any number of tokens: each has its own relative times and
 * its own random `jti`. One thread at a time. */
#ifndef JWKEEP_BUILDER_H
#define JWKEEP_BUILDER_H

#include <jwkeep/jws.h>

JWKEEP_BEGIN

#define JWKEEP_BUILDER_MAX_BYTES (1024u * 1024u) /* of the claims as JSON */

typedef struct jwkeep_builder jwkeep_builder;

/* An empty builder, the caller's to free.
 * Errors: OUT_OF_MEMORY, MISUSE_ARGUMENT (no place for it). */
JWKEEP_API JWKEEP_MUST_USE jwkeep_code jwkeep_builder_new(jwkeep_builder **ret_builder,
                                                          jwkeep_error *error);
JWKEEP_API void jwkeep_builder_free(jwkeep_builder *builder); /* wipes; NULL is fine */

/* Forgets everything, the failure included. */
JWKEEP_API void jwkeep_builder_clear(jwkeep_builder *builder);

/* Registered claims. Whatever is passed is copied; strings must be UTF-8. */
JWKEEP_API void jwkeep_builder_set_issuer(jwkeep_builder *builder, jwkeep_span issuer);
JWKEEP_API void jwkeep_builder_set_subject(jwkeep_builder *builder, jwkeep_span subject);
JWKEEP_API void jwkeep_builder_set_jti(jwkeep_builder *builder, jwkeep_span jti);
JWKEEP_API void jwkeep_builder_set_random_jti(jwkeep_builder *builder); /* 128 bits */
/* May be called again: one audience is written as a string, several as an array. */
JWKEEP_API void jwkeep_builder_add_audience(jwkeep_builder *builder, jwkeep_span audience);

/* Times: `_at` in seconds since 1970, `_in` in seconds from the moment of signing, which may be
 * negative. */
JWKEEP_API void jwkeep_builder_set_expires_at(jwkeep_builder *builder, int64_t time_s);
JWKEEP_API void jwkeep_builder_set_expires_in(jwkeep_builder *builder, int64_t seconds);
JWKEEP_API void jwkeep_builder_set_not_before_at(jwkeep_builder *builder, int64_t time_s);
JWKEEP_API void jwkeep_builder_set_not_before_in(jwkeep_builder *builder, int64_t seconds);
JWKEEP_API void jwkeep_builder_set_issued_at(jwkeep_builder *builder, int64_t time_s);
JWKEEP_API void jwkeep_builder_set_issued_in(jwkeep_builder *builder, int64_t seconds);

/* Any claim; a registered one must then be of its type. `json` is one JSON value. */
JWKEEP_API void jwkeep_builder_set_string(jwkeep_builder *builder, const char *name,
                                          jwkeep_span text);
JWKEEP_API void jwkeep_builder_set_int64(jwkeep_builder *builder, const char *name,
                                         int64_t number);
JWKEEP_API void jwkeep_builder_set_double(jwkeep_builder *builder, const char *name,
                                          double number); /* finite */
JWKEEP_API void jwkeep_builder_set_boolean(jwkeep_builder *builder, const char *name,
                                           bool boolean);
JWKEEP_API void jwkeep_builder_set_null(jwkeep_builder *builder, const char *name);
JWKEEP_API void jwkeep_builder_set_json(jwkeep_builder *builder, const char *name,
                                        jwkeep_span json);

/* Every member of a JSON object. */
JWKEEP_API void jwkeep_builder_add_claims(jwkeep_builder *builder, jwkeep_span object);

/* A header parameter; none of those that a signer has a field for. */
JWKEEP_API void jwkeep_builder_set_header_string(jwkeep_builder *builder, const char *name,
                                                 jwkeep_span text);
JWKEEP_API void jwkeep_builder_set_header_json(jwkeep_builder *builder, const char *name,
                                               jwkeep_span json);

/* Whether all has gone well so far: the first failure, with `where` the name it concerns,
 * borrowed from the builder, if any.
 * Errors: MISUSE_ARGUMENT (a name given twice, a time out of range, a number that is not
 * finite, no builder); CLAIMS_INVALID (claims that are not an object); JSON_…;
 * MISUSE_TOO_SMALL (over JWKEEP_BUILDER_MAX_BYTES); OUT_OF_MEMORY, SYSTEM_FAILED. */
JWKEEP_API JWKEEP_MUST_USE jwkeep_code jwkeep_builder_check(const jwkeep_builder *builder,
                                                            jwkeep_error *error);

/* Appends the claims as they would be signed at `now_ms` (milliseconds since 1970), in the
 * order in which they were set.
 * Errors: those of jwkeep_builder_check; CLAIM_TYPE; CRYPTO_FAILED; those of the buffer. */
JWKEEP_API JWKEEP_MUST_USE jwkeep_code jwkeep_builder_write(const jwkeep_builder *builder,
                                                            int64_t now_ms,
                                                            jwkeep_buffer *claims,
                                                            jwkeep_error *error);

/* Appends the token; `signer` as for jwkeep_jwt_sign, its `header` being absent where the
 * builder was given header parameters.
 * Errors: those of jwkeep_builder_write and of jwkeep_jwt_sign. */
JWKEEP_API JWKEEP_MUST_USE jwkeep_code jwkeep_builder_sign(const jwkeep_builder *builder,
                                                           const jwkeep_jws_signer *signer,
                                                           int64_t now_ms, jwkeep_buffer *token,
                                                           jwkeep_error *error);

JWKEEP_END

#endif
