/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the proxy's thread. */
#include "proxy.h"
#include "support/loopback.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#define REQUEST_BYTES 2048

struct proxy {
    int listener;
    int stop;
    unsigned target_port;
    char url[64];
    pthread_t thread;
    pthread_mutex_t mutex;
    size_t requests;
    char last_request[REQUEST_BYTES];
};

/* False: told to stop, or broken. */
static bool wait_for(const proxy *server, int socket) {
    struct pollfd sockets[] = {{.fd = server->stop, .events = POLLIN},
                               {.fd = socket, .events = POLLIN}};
    return poll(sockets, 2, -1) > 0 && !sockets[0].revents;
}

static bool read_request(proxy *server, int client) {
    char text[REQUEST_BYTES] = "";
    size_t size = 0;
    while (!strstr(text, "\r\n\r\n")) {
        ssize_t more =
            wait_for(server, client) ? recv(client, text + size, sizeof text - 1 - size, 0) : 0;
        if (more <= 0)
            return false;
        size += (size_t)more;
        text[size] = '\0';
    }
    pthread_mutex_lock(&server->mutex);
    server->requests++;
    memcpy(server->last_request, text, sizeof text);
    pthread_mutex_unlock(&server->mutex);
    return true;
}

static bool pass_on(int from, int to) {
    char bytes[2048];
    ssize_t size = recv(from, bytes, sizeof bytes, 0);
    return size > 0 && send(to, bytes, (size_t)size, MSG_NOSIGNAL) == size;
}

static void pump(const proxy *server, int client, int target) {
    bool is_open = true;
    while (is_open) {
        struct pollfd sockets[] = {{.fd = server->stop, .events = POLLIN},
                                   {.fd = client, .events = POLLIN},
                                   {.fd = target, .events = POLLIN}};
        is_open = poll(sockets, 3, -1) > 0 && !sockets[0].revents;
        if (is_open && sockets[1].revents)
            is_open = pass_on(client, target);
        if (is_open && sockets[2].revents)
            is_open = pass_on(target, client);
    }
}

static void serve(proxy *server, int client) {
    static const char yes[] = "HTTP/1.1 200 OK\r\nETag: \"proxy\"\r\n\r\n";
    static const char no[] = "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n";
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)server->target_port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (!read_request(server, client))
        return;
    int target = server->target_port ? socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0) : -1;
    if (target >= 0 && connect(target, (struct sockaddr *)&address, sizeof address) == 0) {
        send(client, yes, sizeof yes - 1, MSG_NOSIGNAL);
        pump(server, client, target);
    } else {
        send(client, no, sizeof no - 1, MSG_NOSIGNAL);
    }
    if (target >= 0)
        close(target);
}

static void *run(void *argument) {
    proxy *server = argument;
    while (wait_for(server, server->listener)) {
        int client = accept4(server->listener, NULL, NULL, SOCK_CLOEXEC);
        if (client < 0)
            continue;
        serve(server, client);
        close(client);
    }
    return NULL;
}

static bool start(proxy *server) {
    unsigned port;
    server->stop = eventfd(0, EFD_CLOEXEC);
    if (server->stop < 0 || !loopback_listen(16, &server->listener, &port))
        return false;
    snprintf(server->url, sizeof server->url, "http://127.0.0.1:%u", port);
    return pthread_create(&server->thread, NULL, run, server) == 0;
}

proxy *proxy_new(unsigned target_port) {
    proxy *server = calloc(1, sizeof *server);
    if (!server)
        return NULL;
    server->target_port = target_port;
    pthread_mutex_init(&server->mutex, NULL);
    if (start(server))
        return server;
    free(server);
    return NULL;
}

void proxy_free(proxy *server) {
    if (!server)
        return;
    eventfd_write(server->stop, 1);
    pthread_join(server->thread, NULL);
    close(server->listener);
    close(server->stop);
    pthread_mutex_destroy(&server->mutex);
    free(server);
}

const char *proxy_url(const proxy *server) {
    return server->url;
}

size_t proxy_requests(proxy *server) {
    pthread_mutex_lock(&server->mutex);
    size_t requests = server->requests;
    pthread_mutex_unlock(&server->mutex);
    return requests;
}

void proxy_last_request(proxy *server, char *text, size_t size) {
    pthread_mutex_lock(&server->mutex);
    snprintf(text, size, "%s", server->last_request);
    pthread_mutex_unlock(&server->mutex);
}
