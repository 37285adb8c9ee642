/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns how the library is told the passphrase of an encrypted key. Refuses to ask anybody
 * itself: no terminal, no environment. */
#ifndef JWKEEP_PASSPHRASE_H
#define JWKEEP_PASSPHRASE_H

#include <jwkeep/buffer.h>

JWKEEP_BEGIN

#define JWKEEP_PASSPHRASE_MAX_BYTES 1024u
#define JWKEEP_PASSPHRASE_MAX_ATTEMPTS 3u /* wrong ones, before the key is given up */

/* Who knows the passphrase. `ask` is called in the thread of the call that reads the key, and
 * only for a key that is encrypted: it appends the passphrase to the empty buffer, which takes
 * JWKEEP_PASSPHRASE_MAX_BYTES and is wiped after use, and gives true, or gives false for no
 * (further) passphrase. `attempt` is 1 at first, and one more after each that was wrong. */
typedef struct jwkeep_passphrase {
    bool (*ask)(void *user, unsigned attempt, jwkeep_buffer *passphrase);
    void *user;
} jwkeep_passphrase;

JWKEEP_END

#endif
