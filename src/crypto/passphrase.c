/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns trying passphrases: how often, and that none is left behind. */
#include "crypto/passphrase.h"
#include "base/error.h"

/* One attempt. `*ret_is_given` tells whether there was a passphrase to try. */
static bool try_once(const jwkeep_passphrase *source, unsigned attempt, jk_passphrase_try *open,
                     void *lock, bool *ret_is_given, bool *ret_is_over) {
    uint8_t storage[JWKEEP_PASSPHRASE_MAX_BYTES];
    jwkeep_buffer passphrase;
    jwkeep_buffer_init_fixed(&passphrase, storage, sizeof storage);
    *ret_is_given = source->ask(source->user, attempt, &passphrase);
    bool is_open = *ret_is_given && open(lock, jwkeep_buffer_span(&passphrase), ret_is_over);
    jwkeep_buffer_done(&passphrase);
    return is_open;
}

jwkeep_code jk_passphrase_open(const jwkeep_passphrase *source, jk_passphrase_try *open,
                               void *lock, jwkeep_error *error) {
    bool is_given = source && source->ask;
    bool is_over = false;
    bool was_given = false;
    for (unsigned attempt = 1; is_given && attempt <= JWKEEP_PASSPHRASE_MAX_ATTEMPTS;
         attempt++) {
        if (try_once(source, attempt, open, lock, &is_given, &is_over))
            return JWKEEP_OK;
        was_given = was_given || is_given;
        is_given = is_given && !is_over;
    }
    return jk_fail_at(error, was_given ? JWKEEP_PASSPHRASE_WRONG : JWKEEP_PASSPHRASE_NEEDED,
                      NULL, "RFC 5958 §3", JWKEEP_NO_OFFSET);
}
