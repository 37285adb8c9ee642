/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns writing HTML. What comes from outside (names of issuers, `kid`s, URLs) goes through
 * html_text alone, so that it is text wherever it stands, in an element or in a quoted
 * attribute. */
#ifndef SERVER_PAGE_HTML_H
#define SERVER_PAGE_HTML_H

#include "base/attributes.h"
#include <jwkeep/buffer.h>

/* The first failure sticks in `code`; writing after it does nothing. */
typedef struct html_writer {
    jwkeep_buffer *buffer;
    jwkeep_code code;
} html_writer;

/* Markup of ours: constant text. */
void html_raw(html_writer *it, const char *markup);

/* Text: & < > " ' are escaped, control characters replaced by U+FFFD. */
void html_text(html_writer *it, jwkeep_span text);

/* Text in an element of its own that its direction of writing cannot leave (U+202E). */
void html_foreign(html_writer *it, jwkeep_span text);

/* Markup of ours with numbers and constant words in it, up to 512 bytes. */
void html_format(html_writer *it, const char *format, ...) JK_PRINTF(2, 3);

/* "40 s", "5 min", "3 h 20 min", "12 d": two figures at the most. */
void html_duration(html_writer *it, int64_t seconds);

/* A moment of the wall clock, as how long ago that was; for machines, in ISO 8601. */
void html_ago(html_writer *it, int64_t at_ms, int64_t now_ms);

#endif
