/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns tokens and keys that the library itself would refuse to make: any header, any payload,
 * signed all the same. */
#ifndef TESTS_SUPPORT_FORGE_H
#define TESTS_SUPPORT_FORGE_H

#include <jwkeep/jwk.h>
#include <jwkeep/keyset.h>

/* A compact token of these very bytes, signed by `key` under `algorithm`; NUL-terminated, to
 * be freed with free(). Fails the test if it cannot be made. */
char *forge_token(jwkeep_span header, jwkeep_span payload, const jwkeep_jwk *key,
                  jwkeep_algorithm algorithm);

/* The same for two segments that are encoded already, or are no base64url at all. */
char *forge_segments(const char *header, const char *payload, const jwkeep_jwk *key,
                     jwkeep_algorithm algorithm);

/* base64url, to be freed. */
char *forge_base64url(jwkeep_span bytes);

/* A new key for `algorithm` with this `kid` (NULL: without). */
jwkeep_jwk *forge_key(jwkeep_algorithm algorithm, const char *kid);

/* A set of `count` keys, of which it becomes one more holder. */
jwkeep_keyset *forge_keyset(jwkeep_jwk *const *keys, size_t count);

/* The public JWK Set of `count` keys as text, as an issuer publishes it, to be freed. */
char *forge_keyset_text(jwkeep_jwk *const *keys, size_t count);

/* The same with private halves and secrets. */
char *forge_private_keyset_text(jwkeep_jwk *const *keys, size_t count);

/* A key from JSON. */
jwkeep_jwk *forge_key_of(const char *json);

/* A wall clock that stands at FORGE_NOW_S. */
#define FORGE_NOW_S INT64_C(1700000000)
int64_t forge_now_ms(void *user);

#endif
