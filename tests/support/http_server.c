/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the server's thread: one poll over the listener and its connections. */
#include "http_server.h"
#include "support/loopback.h"
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#define MAX_CONNECTIONS 128
#define REQUEST_BYTES 8192
#define DRIP_MS 20

typedef struct connection {
    int socket; /* -1: free */
    size_t read;
    char request[REQUEST_BYTES];
    bool is_answering;
    size_t sent;
} connection;

struct http_server {
    int listener;
    int stop;
    unsigned port;
    pthread_t thread;
    connection connections[MAX_CONNECTIONS];
    pthread_mutex_t mutex;
    http_server_manner manner;
    char *bytes;
    size_t size;
    size_t requests;
    char last_request[REQUEST_BYTES];
};

static void close_connection(connection *open, bool with_reset) {
    struct linger at_once = {.l_onoff = 1, .l_linger = 0};
    if (with_reset)
        setsockopt(open->socket, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close(open->socket);
    open->socket = -1;
}

/* Under the mutex. */
static void send_some(http_server *server, connection *open) {
    size_t left = server->size - open->sent;
    size_t size = server->manner == HTTP_SERVER_DRIP && left > 1 ? 1 : left;
    ssize_t sent = send(open->socket, server->bytes + open->sent, size, MSG_NOSIGNAL);
    if (sent > 0)
        open->sent += (size_t)sent;
    bool is_answered = sent >= 0 && open->sent == server->size;
    if (is_answered && server->manner == HTTP_SERVER_KEEP) {
        open->is_answering = false;
        open->read = 0;
        open->sent = 0;
    } else if (sent < 0 || is_answered)
        close_connection(open, server->manner == HTTP_SERVER_RESET);
}

/* With its content, of which the length was told as libcurl writes it. */
static bool is_whole(const char *request) {
    const char *end = strstr(request, "\r\n\r\n");
    const char *length = strstr(request, "\r\nContent-Length: ");
    if (!end)
        return false;
    return !length || length > end ||
           strlen(end + 4) >= strtoul(length + strlen("\r\nContent-Length: "), NULL, 10);
}

static void read_some(http_server *server, connection *open) {
    ssize_t size =
        recv(open->socket, open->request + open->read, REQUEST_BYTES - 1 - open->read, 0);
    if (size <= 0) {
        close_connection(open, false);
        return;
    }
    open->read += (size_t)size;
    open->request[open->read] = '\0';
    pthread_mutex_lock(&server->mutex);
    if (!open->is_answering &&
        (server->manner == HTTP_SERVER_RASH || is_whole(open->request))) {
        server->requests++;
        memcpy(server->last_request, open->request, open->read + 1);
        open->is_answering = server->manner != HTTP_SERVER_SILENT;
        if (open->is_answering && server->size == 0)
            close_connection(open, server->manner == HTTP_SERVER_RESET);
    }
    pthread_mutex_unlock(&server->mutex);
}

static void accept_one(http_server *server) {
    int socket = accept4(server->listener, NULL, NULL, SOCK_CLOEXEC);
    for (size_t i = 0; socket >= 0 && i < MAX_CONNECTIONS; i++) {
        if (server->connections[i].socket >= 0)
            continue;
        memset(&server->connections[i], 0, sizeof server->connections[i]);
        server->connections[i].socket = socket;
        return;
    }
    if (socket >= 0)
        close(socket);
}

/* Answers whoever is to be answered; how long to wait for the next time. */
static int answer_all(http_server *server) {
    int wait_ms = -1;
    pthread_mutex_lock(&server->mutex);
    for (size_t i = 0; i < MAX_CONNECTIONS; i++) {
        connection *open = &server->connections[i];
        if (open->socket < 0 || !open->is_answering)
            continue;
        send_some(server, open);
        if (open->socket >= 0)
            wait_ms = server->manner == HTTP_SERVER_DRIP ? DRIP_MS : 0;
    }
    pthread_mutex_unlock(&server->mutex);
    return wait_ms;
}

static void *run(void *argument) {
    http_server *server = argument;
    for (;;) {
        struct pollfd sockets[MAX_CONNECTIONS + 2] = {
            {.fd = server->stop, .events = POLLIN}, {.fd = server->listener, .events = POLLIN}};
        for (size_t i = 0; i < MAX_CONNECTIONS; i++)
            sockets[i + 2] =
                (struct pollfd){.fd = server->connections[i].socket, .events = POLLIN};
        int wait_ms = answer_all(server);
        for (size_t i = 0; i < MAX_CONNECTIONS; i++)
            if (server->connections[i].socket < 0)
                sockets[i + 2].fd = -1;
        if (poll(sockets, MAX_CONNECTIONS + 2, wait_ms) < 0 && errno != EINTR)
            return NULL;
        if (sockets[0].revents)
            return NULL;
        for (size_t i = 0; i < MAX_CONNECTIONS; i++)
            if (sockets[i + 2].fd >= 0 && sockets[i + 2].revents)
                read_some(server, &server->connections[i]);
        if (sockets[1].revents)
            accept_one(server);
    }
}

static bool start(http_server *server) {
    server->stop = eventfd(0, EFD_CLOEXEC);
    if (server->stop < 0 || !loopback_listen(128, &server->listener, &server->port))
        return false;
    return pthread_create(&server->thread, NULL, run, server) == 0;
}

http_server *http_server_new(void) {
    http_server *server = calloc(1, sizeof *server);
    if (!server)
        return NULL;
    for (size_t i = 0; i < MAX_CONNECTIONS; i++)
        server->connections[i].socket = -1;
    pthread_mutex_init(&server->mutex, NULL);
    if (start(server))
        return server;
    free(server);
    return NULL;
}

void http_server_free(http_server *server) {
    if (!server)
        return;
    eventfd_write(server->stop, 1);
    pthread_join(server->thread, NULL);
    for (size_t i = 0; i < MAX_CONNECTIONS; i++)
        if (server->connections[i].socket >= 0)
            close(server->connections[i].socket);
    close(server->listener);
    close(server->stop);
    pthread_mutex_destroy(&server->mutex);
    free(server->bytes);
    free(server);
}

unsigned http_server_port(const http_server *server) {
    return server->port;
}

void http_server_set(http_server *server, http_server_manner manner, const void *bytes,
                     size_t size) {
    char *copy = malloc(size + 1);
    if (!copy)
        abort();
    if (size)
        memcpy(copy, bytes, size);
    pthread_mutex_lock(&server->mutex);
    free(server->bytes);
    server->bytes = copy;
    server->size = size;
    server->manner = manner;
    pthread_mutex_unlock(&server->mutex);
}

void http_server_set_response(http_server *server, const char *status, const char *headers,
                              const char *body) {
    char *text = NULL;
    int size = asprintf(&text, "HTTP/1.1 %s\r\nContent-Length: %zu\r\n%s\r\n%s", status,
                        strlen(body), headers, body);
    if (size < 0)
        abort();
    http_server_set(server, HTTP_SERVER_ANSWER, text, (size_t)size);
    free(text);
}

size_t http_server_requests(http_server *server) {
    pthread_mutex_lock(&server->mutex);
    size_t requests = server->requests;
    pthread_mutex_unlock(&server->mutex);
    return requests;
}

void http_server_last_request(http_server *server, char *text, size_t size) {
    pthread_mutex_lock(&server->mutex);
    snprintf(text, size, "%s", server->last_request);
    pthread_mutex_unlock(&server->mutex);
}
