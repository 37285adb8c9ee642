/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns comparing and wiping secrets. */
#include "base/secret.h"
#include <string.h>

bool jk_secret_equals(jwkeep_span a, jwkeep_span b) {
    if (a.size != b.size)
        return false;
    /* volatile: the loop may not end early on a difference. */
    volatile uint8_t difference = 0;
    for (size_t i = 0; i < a.size; i++)
        difference = (uint8_t)(difference | (a.data[i] ^ b.data[i]));
    return difference == 0;
}

void jk_secret_wipe(void *data, size_t size) {
    if (size)
        explicit_bzero(data, size);
}
