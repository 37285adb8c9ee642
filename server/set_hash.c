/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns writing the hash of a key set. */
#include "server/set_hash.h"

void set_hash_write(const uint8_t *hash, char ret_text[SET_HASH_TEXT_SIZE]) {
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < JWKEEP_THUMBPRINT_SIZE; i++) {
        ret_text[2 * i] = digits[hash[i] >> 4];
        ret_text[2 * i + 1] = digits[hash[i] & 15];
    }
    ret_text[SET_HASH_TEXT_SIZE - 1] = '\0';
}
