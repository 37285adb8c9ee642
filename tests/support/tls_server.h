/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns an HTTPS server for tests, on 127.0.0.1, in a thread of its own, with a certificate of
 * its own making. Answers every request with an empty JWK Set. */
#ifndef TESTS_SUPPORT_TLS_SERVER_H
#define TESTS_SUPPORT_TLS_SERVER_H

typedef struct tls_server tls_server;

/* A server whose self-signed certificate is for `host` (a DNS name) and ends `valid_s` seconds
 * from now, which may be negative. NULL if it cannot be made. */
tls_server *tls_server_new(const char *host, long valid_s);
void tls_server_free(tls_server *server);

unsigned tls_server_port(const tls_server *server);

/* A PEM file with the certificate, deleted with the server. */
const char *tls_server_ca_file(const tls_server *server);

#endif
