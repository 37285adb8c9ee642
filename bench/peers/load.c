/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the load that bench/service puts on a server: kept-alive connections over TCP or a unix
 * socket, one request at a time on each, with one token after the other. wrk can do neither
 * unix sockets nor a header of its own for each request without a script in the way. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define MAX_REQUESTS 200000u
#define MAX_CONNECTIONS 1024u
#define MAX_TEXT_BYTES (512u * 1024u * 1024u)
#define RESPONSE_BYTES 16384u
#define NS_IN_S 1000000000LL

typedef struct connection {
    int socket;
    char response[RESPONSE_BYTES + 1];
    size_t size;
    long long began_ns;
} connection;

typedef struct load {
    const char *address;
    char *requests[MAX_REQUESTS];
    size_t sizes[MAX_REQUESTS];
    size_t count;
    size_t next;
    int poll;
    connection *connections;
    size_t connection_count;
    size_t good;
    size_t bad;
    double *latencies_us;
    size_t latency_capacity;
} load;

static long long now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (long long)now.tv_sec * NS_IN_S + now.tv_nsec;
}

static int fail(const char *what) {
    fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
    return 1;
}

static char *read_text(const char *path) {
    FILE *file = fopen(path, "rb");
    if (!file || fseek(file, 0, SEEK_END) != 0)
        return NULL;
    long size = ftell(file);
    char *text = size >= 0 && (size_t)size < MAX_TEXT_BYTES ? malloc((size_t)size + 1) : NULL;
    rewind(file);
    if (text) {
        size = (long)fread(text, 1, (size_t)size, file);
        text[size] = '\0';
    }
    fclose(file);
    return text;
}

static bool add_request(load *it, const char *path, const char *token) {
    static const char form[] =
        "GET %s HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer %s\r\n\r\n";
    size_t room = sizeof form + strlen(path) + strlen(token);
    char *request = it->count < MAX_REQUESTS ? malloc(room) : NULL;
    if (!request)
        return false;
    int size = snprintf(request, room, form, path, token);
    it->requests[it->count] = request;
    it->sizes[it->count++] = (size_t)size;
    return true;
}

static bool make_requests(load *it, const char *path, const char *tokens_file) {
    char *text = read_text(tokens_file);
    char *rest = text;
    bool is_made = text != NULL;
    for (char *line; is_made && (line = strsep(&rest, "\n")) != NULL;)
        if (*line)
            is_made = add_request(it, path, line);
    free(text);
    return is_made && it->count > 0;
}

static int connect_unix(const char *path) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path)
        return -1;
    memcpy(address.sun_path, path, strlen(path) + 1);
    int made = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (made >= 0 && connect(made, (const struct sockaddr *)&address, sizeof address) == 0)
        return made;
    return -1;
}

static int connect_tcp(const char *port) {
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)strtoul(port, NULL, 10)),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int made = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int one = 1;
    if (made >= 0 && connect(made, (const struct sockaddr *)&address, sizeof address) == 0 &&
        setsockopt(made, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one) == 0)
        return made;
    return -1;
}

static bool send_next(load *it, connection *at) {
    size_t index = it->next++ % it->count;
    at->size = 0;
    at->began_ns = now_ns();
    return send(at->socket, it->requests[index], it->sizes[index], MSG_NOSIGNAL) ==
           (ssize_t)it->sizes[index];
}

/* The size of the whole response, or 0 while it is not there. */
static size_t response_size(const connection *at) {
    const char *end = strstr(at->response, "\r\n\r\n");
    if (!end)
        return 0;
    const char *length = strcasestr(at->response, "\r\ncontent-length:");
    size_t body = length && length < end ? strtoul(length + 17, NULL, 10) : 0;
    return (size_t)(end - at->response) + 4 + body;
}

static void count(load *it, const connection *at) {
    if (it->good + it->bad < it->latency_capacity)
        it->latencies_us[it->good + it->bad] = (double)(now_ns() - at->began_ns) / 1e3;
    if (strncmp(at->response, "HTTP/1.1 2", 10) == 0)
        it->good++;
    else
        it->bad++;
}

static bool receive(load *it, connection *at) {
    ssize_t got = recv(at->socket, at->response + at->size, RESPONSE_BYTES - at->size, 0);
    if (got <= 0)
        return false;
    at->size += (size_t)got;
    at->response[at->size] = '\0';
    size_t size = response_size(at);
    if (size == 0)
        return at->size < RESPONSE_BYTES;
    if (at->size != size)
        return at->size < size;
    count(it, at);
    return send_next(it, at);
}

static bool open_connection(load *it, connection *at) {
    at->socket = strncmp(it->address, "unix:", 5) == 0 ? connect_unix(it->address + 5)
                                                       : connect_tcp(it->address);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = at};
    return at->socket >= 0 && epoll_ctl(it->poll, EPOLL_CTL_ADD, at->socket, &event) == 0 &&
           send_next(it, at);
}

static bool run(load *it, double seconds) {
    long long until_ns = now_ns() + (long long)(seconds * 1e9);
    struct epoll_event events[256];
    while (now_ns() < until_ns) {
        int ready = epoll_wait(it->poll, events, 256, 100);
        for (int i = 0; i < ready; i++)
            if (!receive(it, events[i].data.ptr))
                return false;
    }
    return true;
}

static int compare(const void *a, const void *b) {
    double left = *(const double *)a;
    double right = *(const double *)b;
    return (left > right) - (left < right);
}

static void report(load *it, double seconds) {
    size_t total = it->good + it->bad;
    size_t kept = total < it->latency_capacity ? total : it->latency_capacity;
    qsort(it->latencies_us, kept, sizeof *it->latencies_us, compare);
    printf("{\"per_s\":%.0f,\"good\":%zu,\"bad\":%zu,\"p50_us\":%.1f,\"p99_us\":%.1f}\n",
           (double)total / seconds, it->good, it->bad, kept ? it->latencies_us[kept / 2] : 0,
           kept ? it->latencies_us[kept * 99 / 100] : 0);
}

static int start(load *it, double seconds) {
    it->poll = epoll_create1(EPOLL_CLOEXEC);
    it->connections = calloc(it->connection_count, sizeof *it->connections);
    it->latency_capacity = 4000000;
    it->latencies_us = malloc(it->latency_capacity * sizeof *it->latencies_us);
    if (it->poll < 0 || !it->connections || !it->latencies_us)
        return fail("cannot begin");
    for (size_t i = 0; i < it->connection_count; i++)
        if (!open_connection(it, &it->connections[i]))
            return fail(it->address);
    if (!run(it, seconds))
        return fail("a connection broke");
    report(it, seconds);
    return 0;
}

int main(int argc, char **argv) {
    static load it;
    if (argc != 6) {
        fprintf(stderr, "usage: %s PORT|unix:PATH URL-PATH TOKENS-FILE CONNECTIONS SECONDS\n",
                argv[0]);
        return 2;
    }
    it.address = argv[1];
    it.connection_count = strtoul(argv[4], NULL, 10);
    if (it.connection_count == 0 || it.connection_count > MAX_CONNECTIONS)
        return 2;
    if (!make_requests(&it, argv[2], argv[3]))
        return fail(argv[3]);
    return start(&it, strtod(argv[5], NULL));
}
