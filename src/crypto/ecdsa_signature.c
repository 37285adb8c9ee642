/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the small part of DER (X.690 §8.3, §10.1) that ECDSA signatures use. */
#include "crypto/ecdsa_signature.h"

#define TAG_INTEGER 0x02u
#define TAG_SEQUENCE 0x30u
#define LENGTH_OF_ONE_BYTE 0x81u /* long form, needed from 128 on */

/* Without leading zeros, but with one if the number would look negative. */
static size_t put_integer(const uint8_t *number, size_t width, uint8_t *ret_der) {
    size_t skipped = 0;
    while (skipped + 1 < width && number[skipped] == 0)
        skipped++;
    size_t sign_bytes = number[skipped] >> 7;
    size_t size = width - skipped;
    ret_der[0] = TAG_INTEGER;
    ret_der[1] = (uint8_t)(sign_bytes + size);
    ret_der[2] = 0;
    memcpy(ret_der + 2 + sign_bytes, number + skipped, size);
    return 2 + sign_bytes + size;
}

size_t jk_ecdsa_to_der(jwkeep_span raw, uint8_t ret_der[JK_ECDSA_DER_MAX_BYTES]) {
    size_t width = raw.size / 2;
    if (width == 0 || width > JK_ECDSA_NUMBER_MAX_BYTES || raw.size % 2 != 0)
        return 0;
    uint8_t body[2 * (3 + JK_ECDSA_NUMBER_MAX_BYTES)];
    size_t size = put_integer(raw.data, width, body);
    size += put_integer(raw.data + width, width, body + size);

    size_t header = 0;
    ret_der[header++] = TAG_SEQUENCE;
    if (size >= 0x80)
        ret_der[header++] = LENGTH_OF_ONE_BYTE;
    ret_der[header++] = (uint8_t)size;
    memcpy(ret_der + header, body, size);
    return header + size;
}

/* Takes a tag, a length and so many bytes off the front of `der`. */
static bool take_element(jwkeep_span *der, uint8_t tag, jwkeep_span *ret_content) {
    size_t header = 2;
    if (der->size < header || der->data[0] != tag)
        return false;
    size_t size = der->data[1];
    if (size == LENGTH_OF_ONE_BYTE) {
        header = 3;
        if (der->size < header)
            return false;
        size = der->data[2];
    } else if (size >= 0x80) {
        return false;
    }
    if (size > der->size - header)
        return false;
    *ret_content = jwkeep_span_of(der->data + header, size);
    *der = jwkeep_span_of(der->data + header + size, der->size - header - size);
    return true;
}

static bool get_integer(jwkeep_span *der, size_t width, uint8_t *ret_number) {
    jwkeep_span number;
    if (!take_element(der, TAG_INTEGER, &number))
        return false;
    while (number.size > 0 && number.data[0] == 0)
        number = jwkeep_span_of(number.data + 1, number.size - 1);
    if (number.size > width)
        return false;
    memset(ret_number, 0, width - number.size);
    memcpy(ret_number + width - number.size, number.data, number.size);
    return true;
}

bool jk_ecdsa_from_der(jwkeep_span der, size_t width, uint8_t *ret_raw) {
    jwkeep_span body;
    return take_element(&der, TAG_SEQUENCE, &body) && der.size == 0 &&
           get_integer(&body, width, ret_raw) && get_integer(&body, width, ret_raw + width) &&
           body.size == 0;
}
