/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the steps of verifying a JWS that the calls and the layers above take one by one: split
 * and read the header, choose keys, check the signature. Nothing here allocates but from the
 * caller's arena. */
#ifndef JK_JOSE_JWS_H
#define JK_JOSE_JWS_H

#include "base/arena.h"
#include "codec/json.h"
#include <jwkeep/jws.h>

/* The protected header, checked: members of the right types, `alg` known and not none, `crit`
 * understood. Spans and values live in the arena or in the token's bytes. */
typedef struct jk_jws_header {
    const jwkeep_json *json;
    jwkeep_span text; /* the decoded header */
    jwkeep_span kid;  /* absent without one */
    jwkeep_span typ;
    jwkeep_span cty;
    jwkeep_algorithm algorithm;
    bool is_unencoded;       /* `b64` is false (RFC 7797) */
    const jwkeep_json *crit; /* NULL without one */
} jk_jws_header;

/* The extensions that a `crit` may name. */
typedef struct jk_jws_understood {
    const jwkeep_jws_extension *extensions;
    size_t extension_count;
    bool has_b64; /* RFC 7797; a JWT never has it (§7) */
} jk_jws_understood;

/* A token taken apart; spans borrow the bytes of a compact one. */
typedef struct jk_jws_parts {
    jwkeep_span header;       /* encoded */
    jwkeep_span payload;      /* as it stands in the token */
    jwkeep_span signature;    /* encoded */
    jwkeep_span signed_bytes; /* header '.' payload */
    size_t signature_at;      /* its place in the token, for errors */
} jk_jws_parts;

/* The parts of a token whose two dots are at these offsets. */
static inline jk_jws_parts jk_jws_parts_at(jwkeep_span token, size_t first, size_t second) {
    return (jk_jws_parts){
        .header = jwkeep_span_of(token.data, first),
        .payload = jwkeep_span_of(token.data + first + 1, second - first - 1),
        .signature = jwkeep_span_of(token.data + second + 1, token.size - second - 1),
        .signed_bytes = jwkeep_span_of(token.data, second),
        .signature_at = second + 1,
    };
}

/* RFC 7515 §7.1, §5.2 step 1: three segments, of which only the payload may be empty.
 * Errors: TOKEN_TOO_LARGE (also a header over max_header_bytes), TOKEN_MALFORMED. */
JWKEEP_MUST_USE jwkeep_code jk_jws_split(jwkeep_span token, const jwkeep_limits *limits,
                                         jk_jws_parts *ret_parts, jwkeep_error *error);

/* Three segments, any of which may be empty. Errors: TOKEN_TOO_LARGE, TOKEN_MALFORMED. */
JWKEEP_MUST_USE jwkeep_code jk_jws_split_dots(jwkeep_span token, const jwkeep_limits *limits,
                                              jk_jws_parts *ret_parts, jwkeep_error *error);

/* Decodes and checks the header of a token for which no extension is understood (§5.2 steps
 * 2–4). `arena` keeps what `ret_header` points to.
 * Offsets in errors are those of the encoded header, that is of the token.
 * Errors: BASE64URL_INVALID, JSON_…, HEADER_INVALID, ALG_…, CRIT_…, KID_TOO_LONG,
 * OUT_OF_MEMORY. */
JWKEEP_MUST_USE jwkeep_code jk_jws_read_header(jwkeep_span encoded, const jwkeep_limits *limits,
                                               jk_arena *arena, jk_jws_header *ret_header,
                                               jwkeep_error *error);

/* The same where `understood` are. */
JWKEEP_MUST_USE jwkeep_code jk_jws_read_protected(jwkeep_span encoded,
                                                  const jk_jws_understood *understood,
                                                  const jwkeep_limits *limits, jk_arena *arena,
                                                  jk_jws_header *ret_header,
                                                  jwkeep_error *error);

/* Whether `crit` (NULL: no) names it. */
bool jk_jws_is_critical(const jwkeep_json *crit, jwkeep_span name);

/* Whether RFC 7515, 7516 or 7518 define a parameter of this name: `crit` must not have it. */
bool jk_jws_is_standard(jwkeep_span name);

/* What to choose keys by. */
typedef struct jk_jws_choice {
    const jwkeep_jwk *key;     /* this one; or, if NULL, */
    const jwkeep_keyset *keys; /* from these */
    jwkeep_algorithm_set algorithms;
    bool is_kid_required;
    const char *engine; /* alone, with OpenSSL behind it; NULL: any */
} jk_jws_choice;

/* Everything about the header and the choice that needs no key: ALG_NOT_ALLOWED,
 * KID_MISSING. */
JWKEEP_MUST_USE jwkeep_code jk_jws_check_header(const jk_jws_header *header,
                                                const jk_jws_choice *choice,
                                                jwkeep_error *error);

/* Chooses the candidates (R16, R17) and checks the signature with them (§5.2 step 8).
 * Errors: KID_UNKNOWN, KEY_ALG_MISMATCH, KEY_USE_FORBIDDEN, BASE64URL_INVALID,
 * SIGNATURE_INVALID, OUT_OF_MEMORY, CRYPTO_FAILED. */
JWKEEP_MUST_USE jwkeep_code jk_jws_check_signature(
    const jk_jws_parts *parts, const jk_jws_header *header, const jk_jws_choice *choice,
    const jwkeep_limits *limits, const jwkeep_jwk **ret_key, jwkeep_error *error);

/* The key that jk_jws_check_signature tries first; NULL if it would try none. */
const jwkeep_jwk *jk_jws_first_key(const jk_jws_header *header, const jk_jws_choice *choice);

/* The candidates alone, at most `max` of them, for a message that is not there yet: at least
 * one. Errors: KID_UNKNOWN, KEY_ALG_MISMATCH, KEY_USE_FORBIDDEN. */
JWKEEP_MUST_USE jwkeep_code jk_jws_find_candidates(const jk_jws_header *header,
                                                   const jk_jws_choice *choice, size_t max,
                                                   const jwkeep_jwk **ret_keys,
                                                   size_t *ret_count, jwkeep_error *error);

#endif
