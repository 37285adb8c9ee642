/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns trying passphrases: how often, and that none is left behind. */
#ifndef JK_CRYPTO_PASSPHRASE_H
#define JK_CRYPTO_PASSPHRASE_H

#include "base/attributes.h"
#include <jwkeep/passphrase.h>

/* Whether `passphrase` opens what is locked. `*ret_is_over` set to true ends the trying for a
 * reason that is not the passphrase. */
typedef bool jk_passphrase_try(void *lock, jwkeep_span passphrase, bool *ret_is_over);

/* Asks `source` (NULL: nobody) until one opens `lock`.
 * Errors: PASSPHRASE_NEEDED (none was given), PASSPHRASE_WRONG (also: over, of which `open`
 * knows more). */
JWKEEP_MUST_USE jwkeep_code jk_passphrase_open(const jwkeep_passphrase *source,
                                               jk_passphrase_try *open, void *lock,
                                               jwkeep_error *error);

#endif
