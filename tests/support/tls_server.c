/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the certificate and the thread; one connection at a time. */
#include "tls_server.h"
#include "support/loopback.h"
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
#define REQUEST_BYTES 2048

struct tls_server {
    int listener;
    int stop;
    unsigned port;
    pthread_t thread;
    SSL_CTX *context;
    char ca_file[64];
    char key_file[64];
    char pin[64];
    pthread_mutex_t mutex;
    char *body;
    size_t requests;
    char last_request[REQUEST_BYTES];
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

static FILE *open_file(char name[64]) {
    snprintf(name, 64, "/tmp/jwkeep-test-tls-XXXXXX");
    int descriptor = mkstemp(name);
    return descriptor >= 0 ? fdopen(descriptor, "w") : NULL;
}

static bool write_certificate(tls_server *server, X509 *certificate) {
    FILE *file = open_file(server->ca_file);
    bool is_written = file && PEM_write_X509(file, certificate) == 1;
    return file && fclose(file) == 0 && is_written;
}

static bool write_key(tls_server *server, EVP_PKEY *key) {
    FILE *file = open_file(server->key_file);
    bool is_written = file && PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL) == 1;
    return file && fclose(file) == 0 && is_written;
}

static bool write_pin(tls_server *server, EVP_PKEY *key) {
    unsigned char hash[EVP_MAX_MD_SIZE];
    unsigned char *encoded = NULL;
    int size = i2d_PUBKEY(key, &encoded);
    bool is_hashed =
        size > 0 && EVP_Digest(encoded, (size_t)size, hash, NULL, EVP_sha256(), NULL) == 1;
    OPENSSL_free(encoded);
    return is_hashed && EVP_EncodeBlock((unsigned char *)server->pin, hash, 32) == 44;
}

static bool set_manner(tls_server *server, const tls_server_options *options) {
    if (options->is_ancient &&
        (SSL_CTX_set_cipher_list(server->context, "DEFAULT@SECLEVEL=0") != 1 ||
         SSL_CTX_set_min_proto_version(server->context, TLS1_VERSION) != 1 ||
         SSL_CTX_set_max_proto_version(server->context, TLS1_1_VERSION) != 1))
        return false;
    if (options->wants_client_certificate) {
        SSL_CTX_set_verify(server->context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
                           NULL);
        return SSL_CTX_load_verify_file(server->context, server->ca_file) == 1;
    }
    return true;
}

static bool make_context(tls_server *server, const tls_server_options *options) {
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *certificate = key ? make_certificate(key, options->host, options->valid_s) : NULL;
    server->context = SSL_CTX_new(TLS_server_method());
    bool is_made = certificate && server->context && write_certificate(server, certificate) &&
                   write_key(server, key) && write_pin(server, key) &&
                   SSL_CTX_use_certificate(server->context, certificate) == 1 &&
                   SSL_CTX_use_PrivateKey(server->context, key) == 1 &&
                   set_manner(server, options);
    X509_free(certificate);
    EVP_PKEY_free(key);
    return is_made;
}

/* The whole response; the caller frees it. */
static char *take_request(tls_server *server, const char *request) {
    char *response = NULL;
    pthread_mutex_lock(&server->mutex);
    server->requests++;
    snprintf(server->last_request, sizeof server->last_request, "%s", request);
    if (asprintf(&response,
                 "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n"
                 "Connection: close\r\n\r\n%s",
                 strlen(server->body), server->body) < 0)
        abort();
    pthread_mutex_unlock(&server->mutex);
    return response;
}

/* Bytes that nobody read would make a reset of the close, which takes the last alert along. */
static void close_gently(int socket) {
    char rest[256];
    shutdown(socket, SHUT_WR);
    while (recv(socket, rest, sizeof rest, 0) > 0)
        ;
    close(socket);
}

static void answer(tls_server *server, int socket) {
    struct timeval timeout = {.tv_sec = CONNECTION_TIMEOUT_S};
    char request[REQUEST_BYTES];
    int size;
    setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
    SSL *session = SSL_new(server->context);
    if (session && SSL_set_fd(session, socket) == 1 && SSL_accept(session) == 1 &&
        (size = SSL_read(session, request, sizeof request - 1)) > 0) {
        request[size] = '\0';
        char *response = take_request(server, request);
        SSL_write(session, response, (int)strlen(response));
        SSL_shutdown(session);
        free(response);
    }
    SSL_free(session);
    close_gently(socket);
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

static bool start(tls_server *server) {
    server->stop = eventfd(0, EFD_CLOEXEC);
    if (server->stop < 0 || !loopback_listen(16, &server->listener, &server->port))
        return false;
    return pthread_create(&server->thread, NULL, run, server) == 0;
}

static void free_parts(tls_server *server) {
    SSL_CTX_free(server->context);
    if (server->ca_file[0])
        unlink(server->ca_file);
    if (server->key_file[0])
        unlink(server->key_file);
    pthread_mutex_destroy(&server->mutex);
    free(server->body);
    free(server);
}

tls_server *tls_server_new_with(const tls_server_options *options) {
    tls_server *server = calloc(1, sizeof *server);
    if (!server)
        return NULL;
    pthread_mutex_init(&server->mutex, NULL);
    server->body = strdup("{\"keys\":[]}");
    if (server->body && make_context(server, options) && start(server))
        return server;
    free_parts(server);
    return NULL;
}

tls_server *tls_server_new(const char *host, long valid_s) {
    return tls_server_new_with(&(tls_server_options){.host = host, .valid_s = valid_s});
}

void tls_server_free(tls_server *server) {
    if (!server)
        return;
    eventfd_write(server->stop, 1);
    pthread_join(server->thread, NULL);
    close(server->listener);
    close(server->stop);
    free_parts(server);
}

unsigned tls_server_port(const tls_server *server) {
    return server->port;
}

void tls_server_set_body(tls_server *server, const char *body) {
    char *copy = strdup(body);
    if (!copy)
        abort();
    pthread_mutex_lock(&server->mutex);
    free(server->body);
    server->body = copy;
    pthread_mutex_unlock(&server->mutex);
}

size_t tls_server_requests(tls_server *server) {
    pthread_mutex_lock(&server->mutex);
    size_t requests = server->requests;
    pthread_mutex_unlock(&server->mutex);
    return requests;
}

void tls_server_last_request(tls_server *server, char *text, size_t size) {
    pthread_mutex_lock(&server->mutex);
    snprintf(text, size, "%s", server->last_request);
    pthread_mutex_unlock(&server->mutex);
}

const char *tls_server_pin(const tls_server *server) {
    return server->pin;
}

const char *tls_server_key_file(const tls_server *server) {
    return server->key_file;
}

const char *tls_server_ca_file(const tls_server *server) {
    return server->ca_file;
}
