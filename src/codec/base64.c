/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the two signs by which base64 differs from base64url, and the padding. */
#include "codec/base64.h"
#include <string.h>

void jk_base64_encode(jwkeep_span bytes, char *ret_text) {
    size_t digits = jk_base64url_encoded_size(bytes.size);
    jk_base64url_encode(bytes, ret_text);
    for (size_t i = 0; i < digits; i++) {
        if (ret_text[i] == '-')
            ret_text[i] = '+';
        else if (ret_text[i] == '_')
            ret_text[i] = '/';
    }
    memset(ret_text + digits, '=', jk_base64_encoded_size(bytes.size) - digits);
}

bool jk_base64_decode(char *text, size_t size, uint8_t *ret_bytes, size_t *ret_size) {
    if (size == 0 || size % 4 != 0)
        return false;
    size_t padding = text[size - 1] == '=' ? 1 + (text[size - 2] == '=') : 0;
    for (size_t i = 0; i < size; i++) {
        if (text[i] == '-' || text[i] == '_')
            return false;
        if (text[i] == '+')
            text[i] = '-';
        else if (text[i] == '/')
            text[i] = '_';
    }
    jwkeep_span digits = jwkeep_span_of(text, size - padding);
    *ret_size = jk_base64url_decoded_size(digits.size);
    return jk_base64url_decode(digits, ret_bytes, NULL);
}
