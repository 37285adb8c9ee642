/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns name resolution in a test program: one name means what the test says, and connections
 * to NAMES_PUBLIC_ADDRESS end at 127.0.0.1. Whatever is linked into the program, libcurl too,
 * calls the two functions that this file defines instead of the C library's. */
#ifndef TESTS_SUPPORT_NAMES_H
#define TESTS_SUPPORT_NAMES_H

#define NAMES_HOST "moving.test"
#define NAMES_PUBLIC_ADDRESS "8.8.8.8"

/* The numeric address that NAMES_HOST resolves to from now on. Any thread. */
void names_move(const char *address);

/* The port that connections to NAMES_PUBLIC_ADDRESS end at; 0: the one they are for. */
void names_lead(unsigned port);

#endif
