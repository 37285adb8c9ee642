/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the shape of a JWS in JSON serialization (RFC 7515 §7.2), flattened or general, before
 * anything in it is believed. */
#ifndef JK_JOSE_JWS_JSON_H
#define JK_JOSE_JWS_JSON_H

#include "jose/jws.h"
#include <jwkeep/jws_json.h>

/* A token's members; values live in the arena it was parsed into. */
typedef struct jk_jws_shape {
    jwkeep_span text;
    const jwkeep_json *payload; /* a string; NULL where it is detached */
    const jwkeep_json *first;   /* signature: the members of one stand in it */
    bool is_general;            /* more may follow `first` in its array */
    size_t count;
} jk_jws_shape;

/* The members of one signature. */
typedef struct jk_jws_triple {
    const jwkeep_json *protected_header; /* a string, or NULL */
    const jwkeep_json *header;           /* an object, or NULL */
    const jwkeep_json *signature;        /* a string */
} jk_jws_triple;

/* `text` must outlive the values. Errors: TOKEN_TOO_LARGE, JSON_…, JWS_JSON_INVALID,
 * TOO_MANY_SIGNATURES, OUT_OF_MEMORY. */
JWKEEP_MUST_USE jwkeep_code jk_jws_json_read(jwkeep_span text, const jwkeep_limits *limits,
                                             jk_arena *arena, jk_jws_shape *ret_shape,
                                             jwkeep_error *error);

/* The members of a signature of a token that has been read; the one after it, NULL at the
 * end. */
jk_jws_triple jk_jws_json_triple(const jwkeep_json *signature);
const jwkeep_json *jk_jws_json_next(const jk_jws_shape *shape, const jwkeep_json *signature);

/* Where the byte `offset` of the string `value` stands in the token. */
size_t jk_jws_json_place(const jk_jws_shape *shape, const jwkeep_json *value, size_t offset);

/* What both headers together must be (RFC 7515 §4, §7.2.1): no name in both, nothing
 * unprotected that must be protected. `header` and `unprotected` may be NULL.
 * Errors: HEADER_REPEATED, HEADER_UNPROTECTED. */
JWKEEP_MUST_USE jwkeep_code jk_jws_json_check_headers(const jwkeep_json *header,
                                                      const jwkeep_json *unprotected,
                                                      jwkeep_error *error);

/* The protected header of one signature, with what the unprotected one adds (`kid`).
 * Errors: those of jk_jws_read_protected, HEADER_UNPROTECTED, HEADER_REPEATED,
 * TOKEN_TOO_LARGE. */
JWKEEP_MUST_USE jwkeep_code jk_jws_json_read_header(const jk_jws_shape *shape,
                                                    const jk_jws_triple *triple,
                                                    const jk_jws_understood *understood,
                                                    const jwkeep_limits *limits,
                                                    jk_arena *arena, jk_jws_header *ret_header,
                                                    jwkeep_error *error);

/* What a signer gave as its unprotected header (may be absent), held against the protected one;
 * gives the object's bytes. Errors: JSON_…, HEADER_INVALID, HEADER_UNPROTECTED,
 * HEADER_REPEATED, OUT_OF_MEMORY. */
JWKEEP_MUST_USE jwkeep_code jk_jws_json_check_unprotected(jwkeep_span encoded_header,
                                                          jwkeep_span unprotected,
                                                          jk_arena *arena,
                                                          jwkeep_span *ret_json,
                                                          jwkeep_error *error);

/* The members of one signature; `unprotected` may be absent. */
void jk_jws_json_write_members(jwkeep_json_writer *writer, jwkeep_span encoded_header,
                               jwkeep_span unprotected, jwkeep_span encoded_signature);

#endif
