/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the table of characters: a bit a class. */
#include "server/http/characters.h"

enum { IS_TOKEN = 1, IS_VALUE = 2, IS_TARGET = 4, IS_HOST = 8, IS_SAFE = 16 };

#define C (IS_VALUE | IS_TARGET | IS_SAFE) /* visible, a delimiter */
#define T (C | IS_TOKEN)                   /* tchar, not of a host */
#define H (C | IS_HOST)                    /* of a host, not tchar */
#define B (C | IS_TOKEN | IS_HOST)         /* both: letters, digits, … */
#define S (IS_VALUE | IS_SAFE)             /* of values only: SP, '#' */
#define O IS_VALUE                         /* obs-text */

/* clang-format off */
static const uint8_t classes[256] = {
    0, 0, 0, 0, 0, 0, 0, 0, 0, O, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    /*   !  "  #             $  %  &  '  (  )  *  +  ,  -  .  / */
    S, B, C, S | IS_TOKEN, B, B, B, B, H, H, B, B, H, B, B, C,
    /* 0-9 : ; < = > ? */
    B, B, B, B, B, B, B, B, B, B, H, H, C, H, C, C,
    /* @ A-O */
    C, B, B, B, B, B, B, B, B, B, B, B, B, B, B, B,
    /* P-Z [ \ ] ^ _ */
    B, B, B, B, B, B, B, B, B, B, B, H, C, H, T, B,
    /* ` a-o */
    T, B, B, B, B, B, B, B, B, B, B, B, B, B, B, B,
    /* p-z { | } ~ DEL */
    B, B, B, B, B, B, B, B, B, B, B, C, T, C, B, 0,
    O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O,
    O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O,
    O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O,
    O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O,
    O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O,
    O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O,
    O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O,
    O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O,
};
/* clang-format on */

#undef C
#undef T
#undef H
#undef B
#undef S
#undef O

static bool all_are(jwkeep_span bytes, uint8_t class) {
    uint8_t common = class;
    for (size_t i = 0; i < bytes.size; i++)
        common &= classes[bytes.data[i]];
    return common != 0;
}

bool http_is_token(jwkeep_span bytes) {
    return bytes.size > 0 && all_are(bytes, IS_TOKEN);
}

bool http_is_field_value(jwkeep_span bytes) {
    return all_are(bytes, IS_VALUE);
}

bool http_is_target(jwkeep_span bytes) {
    return bytes.size > 0 && all_are(bytes, IS_TARGET);
}

bool http_is_host(jwkeep_span bytes) {
    return all_are(bytes, IS_HOST);
}

bool http_is_safe_value(jwkeep_span bytes) {
    return all_are(bytes, IS_SAFE) && http_trim(bytes).size == bytes.size;
}

static bool is_blank(uint8_t byte) {
    return byte == ' ' || byte == '\t';
}

jwkeep_span http_trim(jwkeep_span bytes) {
    while (bytes.size > 0 && is_blank(bytes.data[bytes.size - 1]))
        bytes.size--;
    while (bytes.size > 0 && is_blank(bytes.data[0])) {
        bytes.data++;
        bytes.size--;
    }
    return bytes;
}

int http_hex_digit(uint8_t byte) {
    if (byte >= '0' && byte <= '9')
        return byte - '0';
    if (byte >= 'a' && byte <= 'f')
        return byte - 'a' + 10;
    if (byte >= 'A' && byte <= 'F')
        return byte - 'A' + 10;
    return -1;
}
