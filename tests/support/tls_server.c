/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the certificate and the thread; one connection at a time. */
#include "tls_server.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#define CONNECTION_TIMEOUT_S 5

struct tls_server {
    int listener;
    int stop;
    unsigned port;
    pthread_t thread;
    SSL_CTX *context;
    char ca_file[64];
};

static bool add_extension(X509 *certificate, int nid, const char *value) {
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, certificate, certificate, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    bool is_added = extension && X509_add_ext(certificate, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    return is_added;
}

static X509 *make_certificate(EVP_PKEY *key, const char *host, long valid_s) {
    char names[128];
    X509 *made = X509_new();
    snprintf(names, sizeof names, "DNS:%s", host);
    if (!made)
        return NULL;
    X509_NAME *name = X509_get_subject_name(made);
    if (X509_set_version(made, 2) == 1 && ASN1_INTEGER_set(X509_get_serialNumber(made), 1) &&
        X509_gmtime_adj(X509_getm_notBefore(made), -86400) &&
        X509_gmtime_adj(X509_getm_notAfter(made), valid_s) && X509_set_pubkey(made, key) == 1 &&
        X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"test", -1,
                                   -1, 0) == 1 &&
        X509_set_issuer_name(made, name) == 1 &&
        add_extension(made, NID_basic_constraints, "critical,CA:TRUE") &&
        add_extension(made, NID_subject_alt_name, names) && X509_sign(made, key, EVP_sha256()))
        return made;
    X509_free(made);
    return NULL;
}

static bool write_certificate(tls_server *server, X509 *certificate) {
    snprintf(server->ca_file, sizeof server->ca_file, "/tmp/jwkeep-test-ca-XXXXXX");
    int descriptor = mkstemp(server->ca_file);
    FILE *file = descriptor >= 0 ? fdopen(descriptor, "w") : NULL;
    bool is_written = file && PEM_write_X509(file, certificate) == 1;
    return file && fclose(file) == 0 && is_written;
}

static bool make_context(tls_server *server, const char *host, long valid_s) {
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *certificate = key ? make_certificate(key, host, valid_s) : NULL;
    server->context = SSL_CTX_new(TLS_server_method());
    bool is_made = certificate && server->context && write_certificate(server, certificate) &&
                   SSL_CTX_use_certificate(server->context, certificate) == 1 &&
                   SSL_CTX_use_PrivateKey(server->context, key) == 1;
    X509_free(certificate);
    EVP_PKEY_free(key);
    return is_made;
}

static void answer(tls_server *server, int socket) {
    static const char response[] = "HTTP/1.1 200 OK\r\nContent-Length: 11\r\n"
                                   "Connection: close\r\n\r\n{\"keys\":[]}";
    struct timeval timeout = {.tv_sec = CONNECTION_TIMEOUT_S};
    char request[2048];
    setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
    SSL *session = SSL_new(server->context);
    if (session && SSL_set_fd(session, socket) == 1 && SSL_accept(session) == 1 &&
        SSL_read(session, request, sizeof request) > 0) {
        SSL_write(session, response, (int)sizeof response - 1);
        SSL_shutdown(session);
    }
    SSL_free(session);
    close(socket);
}

static void *run(void *argument) {
    tls_server *server = argument;
    sigset_t pipe_only;
    sigemptyset(&pipe_only);
    sigaddset(&pipe_only, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe_only, NULL);
    for (;;) {
        struct pollfd sockets[] = {{.fd = server->stop, .events = POLLIN},
                                   {.fd = server->listener, .events = POLLIN}};
        if (poll(sockets, 2, -1) < 0 || sockets[0].revents)
            return NULL;
        int socket = accept(server->listener, NULL, NULL);
        if (socket >= 0)
            answer(server, socket);
    }
}

static bool listen_somewhere(tls_server *server) {
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    server->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    server->stop = eventfd(0, EFD_CLOEXEC);
    if (bind(server->listener, (struct sockaddr *)&address, size) ||
        listen(server->listener, 16) ||
        getsockname(server->listener, (struct sockaddr *)&address, &size))
        return false;
    server->port = ntohs(address.sin_port);
    return pthread_create(&server->thread, NULL, run, server) == 0;
}

tls_server *tls_server_new(const char *host, long valid_s) {
    tls_server *server = calloc(1, sizeof *server);
    if (server && make_context(server, host, valid_s) && listen_somewhere(server))
        return server;
    free(server);
    return NULL;
}

void tls_server_free(tls_server *server) {
    if (!server)
        return;
    eventfd_write(server->stop, 1);
    pthread_join(server->thread, NULL);
    close(server->listener);
    close(server->stop);
    SSL_CTX_free(server->context);
    unlink(server->ca_file);
    free(server);
}

unsigned tls_server_port(const tls_server *server) {
    return server->port;
}

const char *tls_server_ca_file(const tls_server *server) {
    return server->ca_file;
}
