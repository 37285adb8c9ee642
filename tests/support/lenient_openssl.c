/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the choice of the configuration, and a handshake over memory that proves it. */
#include "support/lenient_openssl.h"
#include "support/certificates.h"
#include <openssl/ssl.h>
#include <stdlib.h>
#include <unistd.h>

#define CONFIGURATION "tests/support/lenient_openssl.cnf"
#define MOST_FLIGHTS 10 /* a handshake of TLS has four at the most */

void lenient_openssl_begin(void) {
    if (access(CONFIGURATION, R_OK) || setenv("OPENSSL_CONF", CONFIGURATION, 1))
        abort();
}

static SSL_CTX *new_server(void) {
    SSL_CTX *server = SSL_CTX_new(TLS_server_method());
    EVP_PKEY *key = certificate_new_key();
    X509 *certificate = certificate_make(&(certificate_plan){.subject = "test", .key = key});
    if (!server || SSL_CTX_use_certificate(server, certificate) != 1 ||
        SSL_CTX_use_PrivateKey(server, key) != 1)
        abort();
    X509_free(certificate);
    EVP_PKEY_free(key);
    return server;
}

static bool shake_hands(SSL *client, SSL *server, int version) {
    SSL_set_connect_state(client);
    SSL_set_accept_state(server);
    for (int i = 0; i < MOST_FLIGHTS; i++) {
        SSL_do_handshake(client);
        SSL_do_handshake(server);
    }
    return SSL_is_init_finished(client) && SSL_is_init_finished(server) &&
           SSL_version(server) == version;
}

bool lenient_openssl_speaks(int version) {
    SSL_CTX *of_server = new_server();
    SSL_CTX *of_client = SSL_CTX_new(TLS_client_method());
    BIO *server_end = NULL;
    BIO *client_end = NULL;
    if (!of_client || SSL_CTX_set_max_proto_version(of_client, version) != 1 ||
        BIO_new_bio_pair(&server_end, 0, &client_end, 0) != 1)
        abort();
    SSL *server = SSL_new(of_server);
    SSL *client = SSL_new(of_client);
    SSL_set_bio(server, server_end, server_end);
    SSL_set_bio(client, client_end, client_end);
    bool is_spoken = shake_hands(client, server, version);
    SSL_free(client);
    SSL_free(server);
    SSL_CTX_free(of_client);
    SSL_CTX_free(of_server);
    return is_spoken;
}
