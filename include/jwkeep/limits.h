/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the one structure that bounds every path through the library: what a stranger's bytes
 * may cost. Refuses to have a second one. */
#ifndef JWKEEP_LIMITS_H
#define JWKEEP_LIMITS_H

#include <jwkeep/attributes.h>
#include <stddef.h>
#include <stdint.h>

JWKEEP_BEGIN

#define JWKEEP_MAX_TOKEN_BYTES 16384u /* a compact token, dots included */
#define JWKEEP_MAX_HEADER_BYTES 4096u /* its first segment, still encoded */
#define JWKEEP_MAX_KID_BYTES 256u
#define JWKEEP_MAX_JSON_DEPTH 16u
#define JWKEEP_MAX_JSON_VALUES 4096u           /* values of one JSON text, at all depths */
#define JWKEEP_MAX_KEYSET_BYTES (512u * 1024u) /* a JWK Set, after decoding */
#define JWKEEP_MAX_KEYS 100u
#define JWKEEP_MAX_CANDIDATES 4u    /* keys tried for one token */
#define JWKEEP_MAX_CRIT 16u         /* names in `crit` */
#define JWKEEP_MAX_AUDIENCES 64u    /* values in an `aud` array */
#define JWKEEP_MAX_PEM_BYTES 65536u /* a key in PEM or DER */
/* PBKDF2's iterations, or scrypt's N · r · p, of an encrypted key. */
#define JWKEEP_MAX_PASSPHRASE_ROUNDS 2000000u
#define JWKEEP_MAX_NESTING 2u              /* tokens inside a token, one in the other */
#define JWKEEP_MAX_JSON_TOKEN_BYTES 65536u /* a JWS in JSON serialization */
#define JWKEEP_MAX_SIGNATURES 8u           /* of one JWS */
#define JWKEEP_MAX_DETACHED_BYTES (1024u * 1024u * 1024u) /* a payload beside its token */
#define JWKEEP_MAX_CERTIFICATE_BYTES 16384u               /* one, in DER */
#define JWKEEP_MAX_CHAIN 8u /* certificates of a chain, without the anchor */

/* Fill with jwkeep_limits_init, then change what must differ. A field set to 0 is refused as
 * misuse by the function that takes the structure. Where a function takes a pointer to
 * limits, NULL means the defaults. */
typedef struct jwkeep_limits {
    size_t struct_size; /* set by jwkeep_limits_init */
    size_t max_token_bytes;
    size_t max_header_bytes;
    size_t max_kid_bytes;
    size_t max_json_depth;
    size_t max_json_values;
    size_t max_keyset_bytes;
    size_t max_keys;
    size_t max_candidates;
    size_t max_crit;
    size_t max_audiences;
    size_t max_pem_bytes;
    size_t max_passphrase_rounds;
    size_t max_nesting;
    size_t max_json_token_bytes;
    size_t max_signatures;
    size_t max_detached_bytes;
    size_t max_certificate_bytes;
    size_t max_chain;
} jwkeep_limits;

/* Sets every field to its default. Any thread. Never fails. */
JWKEEP_API void jwkeep_limits_init(jwkeep_limits *limits);

JWKEEP_END

#endif
