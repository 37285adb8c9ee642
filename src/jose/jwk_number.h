/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the table of the JWK members that hold numbers (RFC 7518 §6, RFC 8037 §2): which key
 * type has which, which of them are secret, and where each stands in the key material. */
#ifndef JK_JOSE_JWK_NUMBER_H
#define JK_JOSE_JWK_NUMBER_H

#include "crypto/key.h"
#include <jwkeep/json.h>

/* The longest number in base64url: an HMAC key or RSA modulus at its bound. */
#define JK_JWK_NUMBER_MAX_TEXT (JK_OCT_MAX_BYTES * 4u / 3u + 2u)

typedef struct jk_jwk_number {
    const char *name;
    const char *clause;
    size_t offset; /* of its span in jk_key_material */
    jwkeep_kty kty;
    bool is_secret;
} jk_jwk_number;

/* The rows of `kty`, in the order they are written in. */
const jk_jwk_number *jk_jwk_numbers_of(jwkeep_kty kty, size_t *ret_count);

/* Whether `name` is a number of any key type: such a member of a key of another type is not
 * kept, so that writing the public half can let no secret out. */
bool jk_jwk_number_is_name(jwkeep_span name);

jwkeep_span jk_jwk_number_get(const jk_jwk_number *number, const jk_key_material *material);
void jk_jwk_number_set(const jk_jwk_number *number, jwkeep_span value,
                       jk_key_material *material);

/* The member `name` with `number` in base64url. Leaves no copy behind but in the buffer. */
void jk_jwk_number_write(jwkeep_json_writer *writer, const char *name, jwkeep_span number);

#endif
