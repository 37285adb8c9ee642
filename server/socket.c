/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns parsing addresses, binding and listening. Refuses names: whoever resolves them might be
 * asked to listen somewhere else tomorrow. */
#include "server/socket.h"
#include "base/error.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

typedef struct address {
    union {
        struct sockaddr any;
        struct sockaddr_in in;
        struct sockaddr_in6 in6;
        struct sockaddr_un un;
    } is;
    socklen_t size;
} address;

static bool parse_port(const char *text, in_port_t *ret_port) {
    unsigned port = 0;
    if (*text == '\0' || strlen(text) > 5)
        return false;
    for (; *text != '\0'; text++) {
        if (*text < '0' || *text > '9')
            return false;
        port = port * 10 + (unsigned)(*text - '0');
    }
    if (port > UINT16_MAX)
        return false;
    *ret_port = htons((uint16_t)port);
    return true;
}

static bool parse_unix(const char *path, address *ret_address) {
    size_t size = strlen(path);
    if (size == 0 || size >= sizeof ret_address->is.un.sun_path)
        return false;
    ret_address->is.un.sun_family = AF_UNIX;
    memcpy(ret_address->is.un.sun_path, path, size + 1);
    ret_address->size = sizeof ret_address->is.un;
    return true;
}

static bool parse_inet6(const char *text, address *ret_address) {
    char host[INET6_ADDRSTRLEN];
    const char *end = strchr(text, ']');
    if (!end || end[1] != ':' || (size_t)(end - text) - 1 >= sizeof host)
        return false;
    size_t size = (size_t)(end - text) - 1;
    memcpy(host, text + 1, size);
    host[size] = '\0';
    ret_address->is.in6.sin6_family = AF_INET6;
    ret_address->size = sizeof ret_address->is.in6;
    return inet_pton(AF_INET6, host, &ret_address->is.in6.sin6_addr) == 1 &&
           parse_port(end + 2, &ret_address->is.in6.sin6_port);
}

static bool parse_inet(const char *text, address *ret_address) {
    char host[INET_ADDRSTRLEN];
    const char *end = strrchr(text, ':');
    if (!end || (size_t)(end - text) >= sizeof host)
        return false;
    memcpy(host, text, (size_t)(end - text));
    host[end - text] = '\0';
    ret_address->is.in.sin_family = AF_INET;
    ret_address->size = sizeof ret_address->is.in;
    return inet_pton(AF_INET, host, &ret_address->is.in.sin_addr) == 1 &&
           parse_port(end + 1, &ret_address->is.in.sin_port);
}

static bool parse_address(const char *text, address *ret_address) {
    memset(ret_address, 0, sizeof *ret_address);
    if (strncmp(text, "unix:", 5) == 0)
        return parse_unix(text + 5, ret_address);
    return text[0] == '[' ? parse_inet6(text, ret_address) : parse_inet(text, ret_address);
}

bool server_address_is_valid(const char *text) {
    address parsed;
    return parse_address(text, &parsed);
}

bool server_address_is_loopback(const char *text) {
    address parsed;
    if (!parse_address(text, &parsed))
        return false;
    if (parsed.is.any.sa_family == AF_INET)
        return ntohl(parsed.is.in.sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
    return parsed.is.any.sa_family == AF_INET6 &&
           IN6_IS_ADDR_LOOPBACK(&parsed.is.in6.sin6_addr);
}

/* A socket file whose server is gone stays behind and would make bind fail. */
static void remove_stale(const address *unix_address) {
    struct stat status;
    const char *path = unix_address->is.un.sun_path;
    if (lstat(path, &status) != 0 || !S_ISSOCK(status.st_mode))
        return;
    /* Without waiting: a server whose queue is full is not gone. */
    int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (probe < 0)
        return;
    if (connect(probe, &unix_address->is.any, unix_address->size) != 0 && errno == ECONNREFUSED)
        unlink(path);
    close(probe);
}

static int bind_and_listen(const address *parsed, unsigned unix_mode) {
    bool is_unix = parsed->is.any.sa_family == AF_UNIX;
    int socket_ =
        socket(parsed->is.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (socket_ < 0)
        return -1;
    if (is_unix)
        remove_stale(parsed);
    else
        (void)setsockopt(socket_, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
    /* Nobody can connect before listen, so the mode is set in time. */
    if (bind(socket_, &parsed->is.any, parsed->size) == 0 &&
        (!is_unix || chmod(parsed->is.un.sun_path, (mode_t)unix_mode) == 0) &&
        listen(socket_, SERVER_BACKLOG) == 0)
        return socket_;
    int why = errno;
    close(socket_);
    errno = why;
    return -1;
}

static void write_address(const address *bound, char ret_address[SERVER_ADDRESS_BYTES]) {
    char host[INET6_ADDRSTRLEN] = "";
    if (bound->is.any.sa_family == AF_UNIX) {
        snprintf(ret_address, SERVER_ADDRESS_BYTES, "unix:%s", bound->is.un.sun_path);
    } else if (bound->is.any.sa_family == AF_INET) {
        inet_ntop(AF_INET, &bound->is.in.sin_addr, host, sizeof host);
        snprintf(ret_address, SERVER_ADDRESS_BYTES, "%s:%u", host,
                 ntohs(bound->is.in.sin_port));
    } else {
        inet_ntop(AF_INET6, &bound->is.in6.sin6_addr, host, sizeof host);
        snprintf(ret_address, SERVER_ADDRESS_BYTES, "[%s]:%u", host,
                 ntohs(bound->is.in6.sin6_port));
    }
}

jwkeep_code server_socket_listen(const char *text, unsigned unix_mode, const char *where,
                                 int *ret_socket, char ret_address[SERVER_ADDRESS_BYTES],
                                 jwkeep_error *error) {
    address parsed;
    if (!parse_address(text, &parsed))
        return jk_fail_text(error, JWKEEP_MISUSE_ARGUMENT,
                            "not an address: IP:PORT, [IPV6]:PORT or unix:PATH", where, NULL);
    int socket_ = bind_and_listen(&parsed, unix_mode);
    if (socket_ < 0)
        return jk_fail_text(error, JWKEEP_SYSTEM_FAILED, strerrordesc_np(errno), where, NULL);
    if (parsed.is.any.sa_family != AF_UNIX &&
        getsockname(socket_, &parsed.is.any, &parsed.size) != 0) {
        close(socket_);
        return jk_fail_text(error, JWKEEP_SYSTEM_FAILED, strerrordesc_np(errno), where, NULL);
    }
    write_address(&parsed, ret_address);
    *ret_socket = socket_;
    return JWKEEP_OK;
}

static bool has_option(int socket, int option, int expected) {
    int value = 0;
    socklen_t size = sizeof value;
    return getsockopt(socket, SOL_SOCKET, option, &value, &size) == 0 && value == expected;
}

jwkeep_code server_socket_adopt(int socket_, const char *where,
                                char ret_address[SERVER_ADDRESS_BYTES], jwkeep_error *error) {
    address bound = {.size = sizeof bound.is};
    if (!has_option(socket_, SO_TYPE, SOCK_STREAM) || !has_option(socket_, SO_ACCEPTCONN, 1) ||
        getsockname(socket_, &bound.is.any, &bound.size) != 0 ||
        (bound.is.any.sa_family != AF_UNIX && bound.is.any.sa_family != AF_INET &&
         bound.is.any.sa_family != AF_INET6))
        return jk_fail_text(error, JWKEEP_SYSTEM_FAILED,
                            "what was handed over is no listening socket", where, NULL);
    write_address(&bound, ret_address);
    return JWKEEP_OK;
}

void server_socket_remove(const char *text) {
    if (strncmp(text, "unix:", 5) == 0)
        unlink(text + 5);
}
