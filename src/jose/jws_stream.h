/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the stream's state, for the two files that begin and end one: what verifies and what
 * signs. */
#ifndef JK_JOSE_JWS_STREAM_H
#define JK_JOSE_JWS_STREAM_H

#include "crypto/stream.h"
#include "jose/jws_setup.h"
#include <jwkeep/jws_stream.h>

/* One computation over the message. Algorithms with a public key need one in all, HMAC one for
 * each key that may have made the tag. */
typedef struct jk_jws_lane {
    const jwkeep_jwk *key;
    jk_stream *stream; /* NULL: that of the first lane */
} jk_jws_lane;

struct jwkeep_jws_stream {
    jk_arena arena; /* holds what the spans and values below point to */
    jk_jws_lane *lanes;
    size_t lane_count;
    uint64_t fed; /* bytes of the payload */
    uint64_t max_bytes;
    bool is_unencoded;
    bool is_signing;
    bool is_over;
    uint8_t carry[3]; /* bytes that do not yet make a group of base64url (RFC 4648 §4) */
    size_t carry_size;
    /* verifying */
    jk_jws_setup setup;
    jk_jws_header header;
    jwkeep_span signature; /* decoded */
    jwkeep_jwk *embedded;  /* NULL unless a key is pinned */
    /* signing */
    jwkeep_jws_signer signer;
    jwkeep_algorithm algorithm;
    jwkeep_jws_form form;
    jwkeep_span encoded_header;
    jwkeep_span unprotected; /* JSON; absent without one */
};

/* A stream without lanes, to be freed with jwkeep_jws_stream_free. Errors: OUT_OF_MEMORY. */
JWKEEP_MUST_USE jwkeep_code jk_jws_stream_new(jwkeep_jws_stream **ret_stream,
                                              jwkeep_error *error);

/* Lanes for `count` keys (an entry may be NULL where no key is needed), which have been given
 * the header and the dot. Errors: those of jk_stream_new, OUT_OF_MEMORY. */
JWKEEP_MUST_USE jwkeep_code jk_jws_stream_open(jwkeep_jws_stream *stream,
                                               jwkeep_algorithm algorithm,
                                               const jwkeep_jwk *const *keys, size_t count,
                                               jwkeep_span encoded_header, jwkeep_error *error);

/* Ends the feeding of a stream that goes the right way, or says MISUSE_STATE. */
JWKEEP_MUST_USE jwkeep_code jk_jws_stream_close(jwkeep_jws_stream *stream, bool is_signing,
                                                jwkeep_error *error);

#endif
