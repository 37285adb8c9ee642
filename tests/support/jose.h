/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the short forms in which tests make keys and tokens. Each ends the test when it fails.
 */
#ifndef TESTS_SUPPORT_JOSE_H
#define TESTS_SUPPORT_JOSE_H

#include <jwkeep/jwkeep.h>

/* The key of a JWK; ends the test if there is none. */
jwkeep_jwk *key_of(const char *json);

/* The set of a JWK Set. */
jwkeep_keyset *keyset_of(const char *json);

/* The code with which `json` is refused as a JWK; JWKEEP_OK if it is not. */
jwkeep_code refusal_of(const char *json, jwkeep_error *error);

/* A compact token of these two JSON texts, signed over whatever they are: the header is not
 * looked at. Into `ret_token`, with a NUL. */
void forge(const jwkeep_jwk *key, jwkeep_algorithm algorithm, const char *header,
           const char *payload, char *ret_token, size_t size);

/* Whether the bytes of `buffer` are `text`. */
bool holds(const jwkeep_buffer *buffer, const char *text);

#endif
