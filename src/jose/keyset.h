/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the key set's inner interface: making one with members of its own, and carrying
 * prepared keys over from an older set. */
#ifndef JK_JOSE_KEYSET_H
#define JK_JOSE_KEYSET_H

#include "base/attributes.h"
#include "jose/members.h"
#include <jwkeep/keyset.h>

/* As jwkeep_keyset_new, with `members` besides `keys` (NULL for none), which gain a holder. */
JWKEEP_MUST_USE jwkeep_code jk_keyset_new(jwkeep_jwk *const *keys, size_t count,
                                          jk_members *members, jwkeep_keyset **ret_set,
                                          jwkeep_error *error);

/* Puts the keys of `old` in place of those of `fresh` that are the same and say the same in
 * every member, so that contexts and tables made for them live on. `fresh` must have no other
 * holder yet. Returns how many keys were carried over. */
size_t jk_keyset_adopt(jwkeep_keyset *fresh, const jwkeep_keyset *old);

#endif
