/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns blocking sockets with deadlines, for tests. */
#include "support/wire.h"
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static long now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int connect_unix(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    int connection = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connection >= 0 &&
        connect(connection, (struct sockaddr *)(void *)&address, sizeof address) != 0) {
        close(connection);
        return -1;
    }
    return connection;
}

int wire_connect(const char *text) {
    if (strncmp(text, "unix:", 5) == 0)
        return connect_unix(text + 5);
    return wire_connect_from("0.0.0.0", text);
}

int wire_connect_from(const char *source, const char *text) {
    struct sockaddr_in from = {.sin_family = AF_INET};
    struct sockaddr_in address = {.sin_family = AF_INET};
    inet_pton(AF_INET, source, &from.sin_addr);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons((in_port_t)strtoul(strrchr(text, ':') + 1, NULL, 10));
    int connection = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (connection >= 0 &&
        (bind(connection, (struct sockaddr *)(void *)&from, sizeof from) != 0 ||
         connect(connection, (struct sockaddr *)(void *)&address, sizeof address) != 0)) {
        close(connection);
        return -1;
    }
    return connection;
}

bool wire_send(int connection, const void *bytes, size_t size) {
    const char *at = bytes;
    while (size > 0) {
        ssize_t count = send(connection, at, size, MSG_NOSIGNAL);
        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0)
            return false;
        at += count;
        size -= (size_t)count;
    }
    return true;
}

bool wire_send_text(int connection, const char *text) {
    return wire_send(connection, text, strlen(text));
}

/* The size of the response at `at`, or 0 if it is not all there. */
static size_t response_size(const char *at) {
    const char *end = strstr(at, "\r\n\r\n");
    const char *length = strstr(at, "\r\nContent-Length: ");
    if (!end)
        return 0;
    size_t head = (size_t)(end - at) + 4;
    size_t body = length && length < end ? strtoul(length + 18, NULL, 10) : 0;
    return strlen(at) >= head + body ? head + body : 0;
}

const char *wire_response(const wire_text *text, size_t index) {
    const char *at = text->data;
    for (; *at != '\0'; index--) {
        size_t size = response_size(at);
        if (size == 0)
            return NULL;
        if (index == 0)
            return at;
        at += size;
    }
    return NULL;
}

int wire_status(const wire_text *text, size_t index) {
    const char *at = wire_response(text, index);
    return at && strncmp(at, "HTTP/1.1 ", 9) == 0 ? (int)strtol(at + 9, NULL, 10) : 0;
}

static size_t count_responses(const wire_text *text) {
    size_t count = 0;
    for (const char *at = text->data; *at != '\0'; count++) {
        size_t size = response_size(at);
        if (size == 0)
            break;
        at += size;
    }
    return count;
}

/* More bytes: 1; the end: 0; the deadline: -1; a reset: -2. */
static int read_more(int connection, wire_text *text, long deadline_ms) {
    long left_ms = deadline_ms - now_ms();
    struct pollfd waiting = {.fd = connection, .events = POLLIN};
    if (left_ms <= 0 || poll(&waiting, 1, (int)left_ms) <= 0)
        return -1;
    ssize_t count =
        recv(connection, text->data + text->size, sizeof text->data - 1 - text->size, 0);
    if (count <= 0)
        return count == 0 ? 0 : -2;
    text->size += (size_t)count;
    text->data[text->size] = '\0';
    return 1;
}

size_t wire_read_responses(int connection, wire_text *text, size_t count) {
    long deadline_ms = now_ms() + WIRE_DEADLINE_MS;
    while (count_responses(text) < count && read_more(connection, text, deadline_ms) > 0)
        ;
    return count_responses(text);
}

bool wire_read_to_end(int connection, wire_text *text) {
    long deadline_ms = now_ms() + WIRE_DEADLINE_MS;
    int more = 1;
    while (more > 0)
        more = read_more(connection, text, deadline_ms);
    return more == 0 || more == -2;
}

bool wire_read_to_orderly_end(int connection, wire_text *text) {
    long deadline_ms = now_ms() + WIRE_DEADLINE_MS;
    int more = 1;
    while (more > 0)
        more = read_more(connection, text, deadline_ms);
    return more == 0;
}

int wire_exchange(const char *address, const char *request, wire_text *text) {
    text->size = 0;
    text->data[0] = '\0';
    int connection = wire_connect(address);
    if (connection < 0)
        return 0;
    int status = 0;
    if (wire_send_text(connection, request) && wire_read_responses(connection, text, 1) == 1)
        status = wire_status(text, 0);
    close(connection);
    return status;
}

int wire_leave_stale(const char *text) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s", text + strlen("unix:"));
    int stale = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int status = bind(stale, (struct sockaddr *)(void *)&address, sizeof address);
    close(stale);
    return status;
}

bool wire_wait(bool (*holds)(void *user), void *user) {
    long deadline_ms = now_ms() + WIRE_DEADLINE_MS;
    while (!holds(user)) {
        if (now_ms() > deadline_ms)
            return false;
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
    return true;
}
