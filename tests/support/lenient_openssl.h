/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns an OpenSSL that refuses no old TLS by itself, so that what is refused is refused by our
 * own setting: the system's configuration would hide that one is missing. */
#ifndef TESTS_SUPPORT_LENIENT_OPENSSL_H
#define TESTS_SUPPORT_LENIENT_OPENSSL_H

#include <stdbool.h>

/* First of all in main: OpenSSL reads its configuration once. Ends the program when it cannot.
 */
void lenient_openssl_begin(void);

/* Whether two sides of OpenSSL that nobody has told anything speak `version` with each other,
 * where one of them knows no newer one. */
bool lenient_openssl_speaks(int version);

#endif
