/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns an HTTPS server for tests, on 127.0.0.1, in a thread of its own, with a certificate of
 * its own making. */
#ifndef TESTS_SUPPORT_TLS_SERVER_H
#define TESTS_SUPPORT_TLS_SERVER_H

#include <stdbool.h>
#include <stddef.h>

typedef struct tls_server tls_server;

typedef struct tls_server_options {
    const char *host; /* a DNS name, which the self-signed certificate is for */
    long valid_s;     /* from now until it ends; may be negative */
    bool is_ancient;  /* speaks TLS 1.1 at the most */
    bool wants_client_certificate;
} tls_server_options;

/* Answers every request with an empty JWK Set at first. NULL if it cannot be made. */
tls_server *tls_server_new_with(const tls_server_options *options);

/* A server whose self-signed certificate is for `host` (a DNS name) and ends `valid_s` seconds
 * from now, which may be negative. NULL if it cannot be made. */
tls_server *tls_server_new(const char *host, long valid_s);
void tls_server_free(tls_server *server);

unsigned tls_server_port(const tls_server *server);

/* What every request is answered with from now on: copied. */
void tls_server_set_body(tls_server *server, const char *body);

/* Requests read so far, and the text of the last one, which is copied. */
size_t tls_server_requests(tls_server *server);
void tls_server_last_request(tls_server *server, char *text, size_t size);

/* The SHA-256 of its public key, in base64. */
const char *tls_server_pin(const tls_server *server);

/* A PEM file with the certificate's key, deleted with the server. With the certificate it
 * makes the client certificate that the server accepts. */
const char *tls_server_key_file(const tls_server *server);

/* A PEM file with the certificate, deleted with the server. */
const char *tls_server_ca_file(const tls_server *server);

#endif
