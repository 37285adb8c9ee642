/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns comparing and wiping secrets. */
#include "base/secret.h"
#include <string.h>

bool jk_secret_equals(jwkeep_span a, jwkeep_span b) {
    if (a.size != b.size)
        return false;
    /* volatile: the loops may not end early on a difference. */
    volatile uint64_t difference = 0;
    size_t i = 0;
    for (; a.size - i >= sizeof(uint64_t); i += sizeof(uint64_t)) {
        uint64_t left, right;
        memcpy(&left, a.data + i, sizeof left);
        memcpy(&right, b.data + i, sizeof right);
        difference = difference | (left ^ right);
    }
    for (; i < a.size; i++)
        difference = difference | (uint64_t)(a.data[i] ^ b.data[i]);
    return difference == 0;
}

void jk_secret_wipe(void *data, size_t size) {
    if (size)
        explicit_bzero(data, size);
}
