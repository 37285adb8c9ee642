/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns asking the administration of a service for a page: one GET over plain HTTP, to a
 * unix socket or an address, bounded in bytes and time. Refuses everything else of HTTP: other
 * answers than 200, redirects, bodies without a length. */
#ifndef CLI_HTTP_GET_H
#define CLI_HTTP_GET_H

#include <jwkeep/buffer.h>
#include <stdbool.h>
#include <stdint.h>

#define HTTP_GET_MAX_BYTES (64u << 20) /* of an answer, its head included */
#define HTTP_GET_TIMEOUT_MS 5000       /* for all of it */
#define HTTP_GET_MAX_HOST_BYTES 256u
#define HTTP_GET_FAULT_BYTES 160u

/* Where to ask. */
typedef struct http_place {
    bool is_unix;
    char host[HTTP_GET_MAX_HOST_BYTES]; /* or the path of the socket */
    char port[8];
} http_place;

/* Reads "http://HOST:PORT", "HOST:PORT", "[::1]:PORT" or "unix:PATH"; a "/" at the end is let
 * go. False for anything else. */
bool http_place_read(const char *text, http_place *ret_place);

/* GETs `path`; `answer` then holds all of it, and `*ret_body` its body. False: `ret_fault` says
 * why, as a line. */
bool http_get(const http_place *place, const char *path, jwkeep_buffer *answer,
              jwkeep_span *ret_body, char ret_fault[HTTP_GET_FAULT_BYTES]);

#endif
