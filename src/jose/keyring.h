/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the ring's inner interface: reading without counting a holder. */
#ifndef JK_JOSE_KEYRING_H
#define JK_JOSE_KEYRING_H

#include "sync/published.h"
#include <jwkeep/keyring.h>

/* The set now, borrowed until jk_published_unpin(ret_pin). Errors as jk_published_pin. */
JWKEEP_MUST_USE jwkeep_code jk_keyring_pin(const jwkeep_keyring *ring, jk_pin *ret_pin,
                                           const jwkeep_keyset **ret_set);

/* Lets go of replaced sets whose last reader has finished since; returns how many are still
 * being read. Every change of the ring does the same. Any thread. */
size_t jk_keyring_collect(jwkeep_keyring *ring);

#endif
