/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the key set as a concurrent cell: many threads read it without locks while others
 * change it. Every operation here is atomic as a whole, also those that look first and change
 * then; adding a key that is there already is a success that changes nothing. */
#ifndef JWKEEP_KEYRING_H
#define JWKEEP_KEYRING_H

#include <jwkeep/keyset.h>

JWKEEP_BEGIN

typedef struct jwkeep_keyring jwkeep_keyring;

/* The number of a published set: 1 for the first, growing by one with each change. */
typedef uint64_t jwkeep_generation;

/* A ring that holds `initial` (which gains a holder), or an empty set if it is NULL.
 * Errors: OUT_OF_MEMORY, CRYPTO_FAILED, SYSTEM_FAILED (no random bytes). */
JWKEEP_API JWKEEP_MUST_USE jwkeep_code jwkeep_keyring_new(jwkeep_keyset *initial,
                                                          jwkeep_keyring **ret_ring,
                                                          jwkeep_error *error);

/* No other thread may be using the ring. Sets that were taken from it live on. */
JWKEEP_API void jwkeep_keyring_free(jwkeep_keyring *ring);

/* The set now, with the caller as one more holder, and its generation (may be NULL). Wait
 * for nobody; no lock. Successive calls never go back in generation. */
JWKEEP_API JWKEEP_MUST_USE jwkeep_keyset *
jwkeep_keyring_take(const jwkeep_keyring *ring, jwkeep_generation *ret_generation);

/* The generation now. Any thread; no lock. */
JWKEEP_API jwkeep_generation jwkeep_keyring_generation(const jwkeep_keyring *ring);

/* The first key with this `kid`, with the caller as one more holder; NULL if there is none.
 * No lock. */
JWKEEP_API JWKEEP_MUST_USE jwkeep_jwk *jwkeep_keyring_find(const jwkeep_keyring *ring,
                                                           jwkeep_span kid);

/* Whether a key with this `kid` is there now. No lock, and nothing is counted: threads that ask
 * at the same time do not disturb each other. */
JWKEEP_API JWKEEP_MUST_USE bool jwkeep_keyring_has(const jwkeep_keyring *ring, jwkeep_span kid);

/* Adds `key` unless the same key is there. `*ret_is_added` (may be NULL) says which.
 * Errors: those of jwkeep_keyset_new; nothing changed then. */
JWKEEP_API JWKEEP_MUST_USE jwkeep_code jwkeep_keyring_add(jwkeep_keyring *ring, jwkeep_jwk *key,
                                                          bool *ret_is_added,
                                                          jwkeep_error *error);

/* Removes the same key. Errors: NOT_FOUND, those of jwkeep_keyset_new; nothing changed then. */
JWKEEP_API JWKEEP_MUST_USE jwkeep_code jwkeep_keyring_remove(jwkeep_keyring *ring,
                                                             const jwkeep_jwk *key,
                                                             jwkeep_error *error);

/* Removes every key; what the set says besides stays. Errors: those of jwkeep_keyset_new. */
JWKEEP_API JWKEEP_MUST_USE jwkeep_code jwkeep_keyring_clear(jwkeep_keyring *ring,
                                                            jwkeep_error *error);

/* Adds every key of `set` that is not there; `*ret_added` (may be NULL) says how many that
 * were. Errors: those of jwkeep_keyset_new; nothing changed then. */
JWKEEP_API JWKEEP_MUST_USE jwkeep_code jwkeep_keyring_merge(jwkeep_keyring *ring,
                                                            const jwkeep_keyset *set,
                                                            size_t *ret_added,
                                                            jwkeep_error *error);

/* Puts `set` (which gains a holder) in place of what is there, if the generation is still
 * `expected`; 0 replaces whatever is there.
 * Errors: CONFLICT (another generation; nothing changed), OUT_OF_MEMORY. */
JWKEEP_API JWKEEP_MUST_USE jwkeep_code jwkeep_keyring_replace(jwkeep_keyring *ring,
                                                              jwkeep_keyset *set,
                                                              jwkeep_generation expected,
                                                              jwkeep_error *error);

/* Computes the next set from the present one, atomically against every other change.
 * `change` gets the present set, borrowed, and sets `*ret_next` to a set whose holder it
 * hands over, or leaves it NULL for no change; what it returns other than JWKEEP_OK ends the
 * update with that code and no change. It runs once, in the caller's thread, while other
 * writers (not readers) wait: it must not touch the same ring.
 * Errors: those of `change`, OUT_OF_MEMORY. */
typedef jwkeep_code (*jwkeep_keyring_change)(void *user, const jwkeep_keyset *present,
                                             jwkeep_keyset **ret_next, jwkeep_error *error);
JWKEEP_API JWKEEP_MUST_USE jwkeep_code jwkeep_keyring_update(jwkeep_keyring *ring,
                                                             jwkeep_keyring_change change,
                                                             void *user, jwkeep_error *error);

JWKEEP_END

#endif
