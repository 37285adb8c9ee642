/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the key set's inner interface: carrying prepared keys over from an older set. */
#ifndef JK_JOSE_KEYSET_H
#define JK_JOSE_KEYSET_H

#include "base/attributes.h"
#include <jwkeep/keyset.h>

/* Puts the keys of `old` in place of those of `fresh` that are the same and say the same in
 * every member, so that contexts and tables made for them live on. `fresh` must have no other
 * holder yet. Returns how many keys were carried over. */
size_t jk_keyset_adopt(jwkeep_keyset *fresh, const jwkeep_keyset *old);

#endif
