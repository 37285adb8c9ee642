/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the client half of raw-socket tests: connecting, sending bytes exactly as given,
 * reading with a deadline. Every wait ends; none is a sleep. */
#ifndef TESTS_SUPPORT_WIRE_H
#define TESTS_SUPPORT_WIRE_H

#include <stdbool.h>
#include <stddef.h>

#define WIRE_DEADLINE_MS 20000
#define WIRE_TEXT_BYTES (1u << 20)

/* What has been received, NUL-terminated. */
typedef struct wire_text {
    size_t size;
    char data[WIRE_TEXT_BYTES];
} wire_text;

/* A connection to "127.0.0.1:PORT" or "unix:PATH"; -1 on failure. */
int wire_connect(const char *address);

/* The same to a "127.0.0.1:PORT", from another loopback address. */
int wire_connect_from(const char *source, const char *address);

/* Sends all of it; false if the other side is gone. */
bool wire_send(int socket, const void *bytes, size_t size);
bool wire_send_text(int socket, const char *text);

/* Appends to `text` until it holds `count` whole responses, the other side closes, or the
 * deadline passes; the number of whole responses held. Responses to HEAD are not understood. */
size_t wire_read_responses(int socket, wire_text *text, size_t count);

/* Reads until the other side closes: true; or the deadline passes. A reset counts as closing.
 */
bool wire_read_to_end(int socket, wire_text *text);

/* The same, but a reset is false. */
bool wire_read_to_orderly_end(int socket, wire_text *text);

/* The status of the response at `index`, or 0; where it begins. */
int wire_status(const wire_text *text, size_t index);
const char *wire_response(const wire_text *text, size_t index);

/* One request on a connection of its own; the status, 0 on failure. `text` holds the answer. */
int wire_exchange(const char *address, const char *request, wire_text *text);

/* Leaves a socket file at "unix:PATH" that nobody listens on; 0 on success. */
int wire_leave_stale(const char *address);

/* Waits until `holds(user)`; false at the deadline. */
bool wire_wait(bool (*holds)(void *user), void *user);

#endif
