/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns how the hash of a key set is written: in lower-case hexadecimal. */
#ifndef SERVER_SET_HASH_H
#define SERVER_SET_HASH_H

#include <jwkeep/jwk.h>

#define SET_HASH_TEXT_SIZE (2 * JWKEEP_THUMBPRINT_SIZE + 1)

/* `hash` has JWKEEP_THUMBPRINT_SIZE bytes. */
void set_hash_write(const uint8_t *hash, char ret_text[SET_HASH_TEXT_SIZE]);

#endif
