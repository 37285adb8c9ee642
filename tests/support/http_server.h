/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns a small TCP server for tests, on 127.0.0.1, in a thread of its own: it reads a request
 * and answers with the very bytes it was given, or misbehaves as it was told. */
#ifndef TESTS_SUPPORT_HTTP_SERVER_H
#define TESTS_SUPPORT_HTTP_SERVER_H

#include <stdbool.h>
#include <stddef.h>

typedef enum http_server_manner {
    HTTP_SERVER_ANSWER = 0, /* all of it, then close */
    HTTP_SERVER_SILENT = 1, /* accept, read, never answer */
    HTTP_SERVER_DRIP = 2,   /* a byte every 20 ms */
    HTTP_SERVER_RESET = 3,  /* all of it, then reset the connection */
    HTTP_SERVER_RASH = 4,   /* as ANSWER, to whatever bytes come first */
    HTTP_SERVER_KEEP = 5    /* all of it, then wait for the next request */
} http_server_manner;

typedef struct http_server http_server;

/* NULL if it cannot be made. Answers with nothing at first. */
http_server *http_server_new(void);
void http_server_free(http_server *server);

unsigned http_server_port(const http_server *server);

/* What to do from the next request on. `bytes` are copied. */
void http_server_set(http_server *server, http_server_manner manner, const void *bytes,
                     size_t size);

/* A whole response: the status line's end ("200 OK"), header lines each ending in CRLF, and a
 * body, whose length is told. */
void http_server_set_response(http_server *server, const char *status, const char *headers,
                              const char *body);

/* Requests read so far, and the text of the last one, which is copied. */
size_t http_server_requests(http_server *server);
void http_server_last_request(http_server *server, char *text, size_t size);

#endif
