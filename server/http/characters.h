/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the character classes of RFC 9110 §5.6.2 (token), §5.5 (field values) and RFC 3986
 * (host), and the percent-encoding of forms. */
#ifndef SERVER_HTTP_CHARACTERS_H
#define SERVER_HTTP_CHARACTERS_H

#include <jwkeep/span.h>

bool http_is_token(jwkeep_span bytes);       /* 1*tchar */
bool http_is_field_value(jwkeep_span bytes); /* HTAB, SP, VCHAR, obs-text; may be empty */
bool http_is_target(jwkeep_span bytes);      /* 1*VCHAR without '#' */
bool http_is_host(jwkeep_span bytes);        /* uri-host [ ":" port ], loosely; may be empty */

/* Printable ASCII without white space at the ends: what survives every gateway unchanged. */
bool http_is_safe_value(jwkeep_span bytes);

/* What a hexadecimal digit is worth; -1 for any other byte. */
int http_hex_digit(uint8_t byte);

/* Takes white space (SP, HTAB) off both ends. */
jwkeep_span http_trim(jwkeep_span bytes);

#endif
