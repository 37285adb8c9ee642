/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns times as people say them, and the clock they are held against. */
#ifndef CLI_WHEN_H
#define CLI_WHEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WHEN_TEXT_BYTES 64u
#define WHEN_MAX_S 253402300799 /* the year 9999, the last that NumericDates may name */

/* The system's clock, in milliseconds since 1970. */
int64_t when_now_ms(void);

/* "2026-11-23 15:06:00 UTC"; false outside 0–WHEN_MAX_S. */
bool when_date(int64_t time_s, char ret_text[WHEN_TEXT_BYTES]);

/* "3 minutes ago", "in 2 days", "now". */
void when_relative(int64_t time_s, int64_t now_s, char ret_text[WHEN_TEXT_BYTES]);

/* Reads "now", "+SECONDS", "-SECONDS" (both from `now_s`) or seconds since 1970; false if it
 * is none, or outside 0–WHEN_MAX_S. */
bool when_read(const char *text, int64_t now_s, int64_t *ret_time_s);

#endif
