/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the decoding of forms. */
#include "server/http/form.h"
#include "server/http/characters.h"

void http_form_init(http_form *form, jwkeep_span body, uint8_t *storage, size_t size) {
    *form = (http_form){.rest = body, .storage = storage, .room = size};
}

/* One character of `text` at `*at`, which moves on; -1 if it is malformed. */
static int decode_one(jwkeep_span text, size_t *at) {
    uint8_t byte = text.data[(*at)++];
    if (byte == '+')
        return ' ';
    if (byte != '%')
        return byte > 0x20 && byte < 0x7f ? byte : -1;
    if (text.size - *at < 2)
        return -1;
    int high = http_hex_digit(text.data[*at]);
    int low = http_hex_digit(text.data[*at + 1]);
    *at += 2;
    return high < 0 || low < 0 || high + low == 0 ? -1 : high * 16 + low;
}

static bool decode(http_form *form, jwkeep_span text, jwkeep_span *ret_decoded) {
    uint8_t *decoded = form->storage;
    size_t size = 0;
    for (size_t at = 0; at < text.size; size++) {
        int byte = decode_one(text, &at);
        if (byte < 0 || size == form->room)
            return false;
        decoded[size] = (uint8_t)byte;
    }
    form->storage += size;
    form->room -= size;
    *ret_decoded = jwkeep_span_of(decoded, size);
    return true;
}

bool http_form_next(http_form *form, jwkeep_span *ret_name, jwkeep_span *ret_value) {
    jwkeep_span rest = form->rest;
    if (form->is_malformed || rest.size == 0)
        return false;
    const uint8_t *end = memchr(rest.data, '&', rest.size);
    size_t size = end ? (size_t)(end - rest.data) : rest.size;
    const uint8_t *equals = size ? memchr(rest.data, '=', size) : NULL;
    size_t name_size = equals ? (size_t)(equals - rest.data) : size;
    jwkeep_span name = jwkeep_span_of(rest.data, name_size);
    jwkeep_span value = equals ? jwkeep_span_of(equals + 1, size - name_size - 1)
                               : jwkeep_span_of(rest.data + size, 0);
    size += end ? 1 : 0;
    form->rest = jwkeep_span_of(rest.data + size, rest.size - size);
    if (name.size > 0 && decode(form, name, &name) && decode(form, value, &value)) {
        *ret_name = name;
        *ret_value = value;
        return true;
    }
    form->is_malformed = true;
    return false;
}
