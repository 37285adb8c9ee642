/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the protocol of service managers. */
#include "server/notify.h"
#include "server/limits.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define STATUS_BYTES 768u

static bool address_of(const char *path, struct sockaddr_un *ret_address, socklen_t *ret_size) {
    size_t size = strlen(path);
    if ((path[0] != '/' && path[0] != '@') || size >= sizeof ret_address->sun_path)
        return false;
    *ret_address = (struct sockaddr_un){.sun_family = AF_UNIX};
    memcpy(ret_address->sun_path, path, size);
    /* An abstract name begins with a NUL, and has none at its end. */
    if (path[0] == '@')
        ret_address->sun_path[0] = '\0';
    *ret_size =
        (socklen_t)(offsetof(struct sockaddr_un, sun_path) + size + (path[0] == '@' ? 0 : 1));
    return true;
}

bool notify_send(const char *state) {
    const char *path = getenv("NOTIFY_SOCKET");
    struct sockaddr_un address;
    socklen_t size;
    if (!path || !*path)
        return true;
    if (!address_of(path, &address, &size))
        return false;
    int descriptor = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (descriptor < 0)
        return false;
    ssize_t sent = sendto(descriptor, state, strlen(state), MSG_NOSIGNAL,
                          (const struct sockaddr *)&address, size);
    close(descriptor);
    return sent >= 0;
}

bool notify_reloading(void) {
    char state[80];
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    snprintf(state, sizeof state, "RELOADING=1\nMONOTONIC_USEC=%lld",
             (long long)now.tv_sec * 1000000 + now.tv_nsec / 1000);
    return notify_send(state);
}

bool notify_reloaded(const char *fault) {
    char state[STATUS_BYTES];
    if (!fault)
        return notify_send("READY=1\nSTATUS=");
    size_t head = (size_t)snprintf(state, sizeof state,
                                   "READY=1\nSTATUS=The earlier configuration stays: ");
    snprintf(state + head, sizeof state - head, "%s", fault);
    /* A second line would say something else of the service; and what is no UTF-8 is not heard.
     */
    for (char *at = state + head; *at; at++)
        if (*at < 0x20 || *at >= 0x7f)
            *at = '?';
    return notify_send(state);
}

/* A positive decimal number of a variable; 0 otherwise. */
static long long number_of(const char *name) {
    const char *text = getenv(name);
    char *end;
    if (!text || !*text || strspn(text, "0123456789") != strlen(text))
        return 0;
    errno = 0;
    long long number = strtoll(text, &end, 10);
    return errno ? 0 : number;
}

uint32_t notify_watchdog_ms(void) {
    long long patience_us = number_of("WATCHDOG_USEC");
    long long pid = number_of("WATCHDOG_PID");
    if (patience_us <= 0 || patience_us / 2000 > UINT32_MAX || (pid > 0 && pid != getpid()))
        return 0;
    return patience_us < 2000 ? 1 : (uint32_t)(patience_us / 2000);
}

/* The name of the next socket: names are separated by colons. */
static bool is_admin(const char **names) {
    size_t size = *names ? strcspn(*names, ":") : 0;
    bool is_it = size == 5 && memcmp(*names, "admin", 5) == 0;
    if (*names)
        *names = (*names)[size] ? *names + size + 1 : NULL;
    return is_it;
}

static bool take(notify_sockets *sockets, long long count, const char *names) {
    if (count > (long long)NOTIFY_MAX_SOCKETS)
        return false;
    for (int descriptor = NOTIFY_FIRST_SOCKET; descriptor < NOTIFY_FIRST_SOCKET + count;
         descriptor++) {
        bool is_for_admin = is_admin(&names);
        (void)fcntl(descriptor, F_SETFD, FD_CLOEXEC);
        (void)fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK);
        if (is_for_admin ? sockets->admin >= 0 : sockets->verify_count == SERVER_MAX_LISTENERS)
            return false;
        if (is_for_admin)
            sockets->admin = descriptor;
        else
            sockets->verify[sockets->verify_count++] = descriptor;
    }
    return true;
}

bool notify_take_sockets(notify_sockets *ret_sockets) {
    notify_sockets sockets = {.admin = -1};
    bool is_ours = number_of("LISTEN_PID") == getpid();
    bool is_taken =
        !is_ours || take(&sockets, number_of("LISTEN_FDS"), getenv("LISTEN_FDNAMES"));
    unsetenv("LISTEN_PID");
    unsetenv("LISTEN_FDS");
    unsetenv("LISTEN_FDNAMES");
    if (is_taken)
        *ret_sockets = sockets;
    return is_taken;
}
