/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns one GET. */
#include "cli/http_get.h"
#include "cli/options.h"
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define STEP_BYTES 2048u

static bool copy(char *target, size_t size, const char *text, size_t length) {
    if (length == 0 || length >= size)
        return false;
    memcpy(target, text, length);
    target[length] = '\0';
    return true;
}

static bool read_address(const char *text, http_place *place) {
    size_t length = strlen(text);
    int64_t port;
    if (length > 0 && text[length - 1] == '/')
        length--;
    const char *colon = memrchr(text, ':', length);
    if (!colon ||
        !copy(place->port, sizeof place->port, colon + 1, length - (size_t)(colon + 1 - text)))
        return false;
    size_t host = (size_t)(colon - text);
    if (host > 2 && text[0] == '[' && text[host - 1] == ']') {
        text++;
        host -= 2;
    } else if (memchr(text, ':', host)) {
        return false;
    }
    return copy(place->host, sizeof place->host, text, host) &&
           !strpbrk(place->host, "/@?# \t\r\n") &&
           options_read_number(place->port, 1, 65535, &port);
}

bool http_place_read(const char *text, http_place *ret_place) {
    http_place place = {.is_unix = strncmp(text, "unix:", 5) == 0};
    bool is_read =
        place.is_unix
            ? copy(place.host, sizeof((struct sockaddr_un *)NULL)->sun_path, text + 5,
                   strlen(text + 5))
            : read_address(strncmp(text, "http://", 7) == 0 ? text + 7 : text, &place);
    if (is_read)
        *ret_place = place;
    return is_read;
}

static int64_t now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static bool wait_for(int socket, short events, int64_t until_ms) {
    struct pollfd polled = {.fd = socket, .events = events};
    for (;;) {
        int64_t left_ms = until_ms - now_ms();
        if (left_ms <= 0)
            return false;
        int ready = poll(&polled, 1, (int)left_ms);
        if (ready > 0)
            return true;
        if (ready == 0 || errno != EINTR)
            return false;
    }
}

/* Gives a socket that is connected, or -1. */
static int connect_to(const struct sockaddr *address, socklen_t size, int64_t until_ms) {
    int socket_ = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int fault = 0;
    socklen_t fault_size = sizeof fault;
    if (socket_ < 0)
        return -1;
    if (connect(socket_, address, size) == 0 ||
        (errno == EINPROGRESS && wait_for(socket_, POLLOUT, until_ms) &&
         getsockopt(socket_, SOL_SOCKET, SO_ERROR, &fault, &fault_size) == 0 && fault == 0))
        return socket_;
    close(socket_);
    return -1;
}

static int connect_unix(const http_place *place, int64_t until_ms) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    memcpy(address.sun_path, place->host, strlen(place->host) + 1);
    return connect_to((const struct sockaddr *)&address, sizeof address, until_ms);
}

static int open_connection(const http_place *place, int64_t until_ms) {
    const struct addrinfo wanted = {.ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    int connected = -1;
    if (place->is_unix)
        return connect_unix(place, until_ms);
    if (getaddrinfo(place->host, place->port, &wanted, &found) != 0)
        return -1;
    for (const struct addrinfo *each = found; each && connected < 0; each = each->ai_next)
        connected = connect_to(each->ai_addr, each->ai_addrlen, until_ms);
    freeaddrinfo(found);
    return connected;
}

static bool send_request(int socket, const http_place *place, const char *path,
                         int64_t until_ms) {
    char request[512];
    const bool is_v6 = !place->is_unix && strchr(place->host, ':');
    int size = snprintf(
        request, sizeof request, "GET %s HTTP/1.1\r\nHost: %s%s%s\r\nConnection: close\r\n\r\n",
        path, is_v6 ? "[" : "", place->is_unix ? "localhost" : place->host, is_v6 ? "]" : "");
    if (size < 0 || (size_t)size >= sizeof request)
        return false;
    for (size_t sent = 0; sent < (size_t)size;) {
        if (!wait_for(socket, POLLOUT, until_ms))
            return false;
        ssize_t step = send(socket, request + sent, (size_t)size - sent, MSG_NOSIGNAL);
        if (step < 0 && errno != EAGAIN && errno != EINTR)
            return false;
        sent += step > 0 ? (size_t)step : 0;
    }
    return true;
}

static bool receive(int socket, jwkeep_buffer *answer, int64_t until_ms) {
    for (;;) {
        char bytes[STEP_BYTES];
        if (!wait_for(socket, POLLIN, until_ms))
            return false;
        ssize_t step = recv(socket, bytes, sizeof bytes, 0);
        if (step == 0)
            return true;
        if (step < 0 && errno != EAGAIN && errno != EINTR)
            return false;
        if (step > 0 &&
            jwkeep_buffer_append(answer, jwkeep_span_of(bytes, (size_t)step)) != JWKEEP_OK)
            return false;
    }
}

/* The body of a whole 200 whose length is told; the head ends with an empty line. */
static bool find_body(const jwkeep_buffer *answer, jwkeep_span *ret_body) {
    static const char field[] = "\r\nContent-Length:";
    if (answer->size < 15 || memcmp(answer->data, "HTTP/1.1 200 ", 13) != 0)
        return false;
    const char *begin = (const char *)answer->data;
    const char *end = memmem(begin, answer->size, "\r\n\r\n", 4);
    size_t length = 0;
    if (!end)
        return false;
    for (const char *at = begin; at + sizeof field - 1 < end; at++) {
        if (strncasecmp(at, field, sizeof field - 1) != 0)
            continue;
        for (at += sizeof field - 1; *at == ' '; at++)
            ;
        for (; *at >= '0' && *at <= '9' && length <= HTTP_GET_MAX_BYTES; at++)
            length = length * 10 + (size_t)(*at - '0');
        *ret_body = jwkeep_span_of(end + 4, answer->size - (size_t)(end + 4 - begin));
        return ret_body->size == length;
    }
    return false;
}

bool http_get(const http_place *place, const char *path, jwkeep_buffer *answer,
              jwkeep_span *ret_body, char ret_fault[HTTP_GET_FAULT_BYTES]) {
    const int64_t until_ms = now_ms() + HTTP_GET_TIMEOUT_MS;
    const char *fault = NULL;
    int connected = open_connection(place, until_ms);
    jwkeep_buffer_clear(answer);
    if (connected < 0)
        fault = "nobody answers there";
    else if (!send_request(connected, place, path, until_ms) ||
             !receive(connected, answer, until_ms))
        fault = "no whole answer in time";
    else if (!find_body(answer, ret_body))
        fault = "not an answer of a service's administration";
    if (connected >= 0)
        close(connected);
    if (fault)
        snprintf(ret_fault, HTTP_GET_FAULT_BYTES, "%s", fault);
    return !fault;
}
