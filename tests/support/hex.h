/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns bytes written as hexadecimal digits in tests. */
#ifndef JK_TESTS_SUPPORT_HEX_H
#define JK_TESTS_SUPPORT_HEX_H

#include <jwkeep/span.h>

/* The bytes of `digits` in `storage`; the absent span if `digits` is NULL. Ends the program if
 * they are not digits or do not fit. */
jwkeep_span hex_decode(const char *digits, uint8_t *storage, size_t size);

#endif
