/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the two functions that stand before those of the C library. */
#include "names.h"
#include <arpa/inet.h>
#include <dlfcn.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static char current[INET6_ADDRSTRLEN] = NAMES_PUBLIC_ADDRESS;
static unsigned port;

#define VISIBLE __attribute__((visibility("default")))

typedef int (*resolver)(const char *, const char *, const struct addrinfo *,
                        struct addrinfo **);
typedef int (*connector)(int, const struct sockaddr *, socklen_t);

static void *next(const char *name) {
    return dlsym(RTLD_NEXT, name);
}

void names_move(const char *address) {
    pthread_mutex_lock(&mutex);
    snprintf(current, sizeof current, "%s", address);
    pthread_mutex_unlock(&mutex);
}

void names_lead(unsigned new_port) {
    pthread_mutex_lock(&mutex);
    port = new_port;
    pthread_mutex_unlock(&mutex);
}

/* Where a connection to `to` really goes. */
static void redirect(struct sockaddr_in *to) {
    if (to->sin_addr.s_addr != inet_addr(NAMES_PUBLIC_ADDRESS))
        return;
    to->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    pthread_mutex_lock(&mutex);
    if (port)
        to->sin_port = htons((uint16_t)port);
    pthread_mutex_unlock(&mutex);
}

VISIBLE int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints,
                        struct addrinfo **ret_list) {
    char address[sizeof current];
    resolver real;
    *(void **)&real = next("getaddrinfo");
    pthread_mutex_lock(&mutex);
    memcpy(address, current, sizeof current);
    pthread_mutex_unlock(&mutex);
    return real(name && strcmp(name, NAMES_HOST) == 0 ? address : name, service, hints,
                ret_list);
}

VISIBLE int connect(int descriptor, __CONST_SOCKADDR_ARG address, socklen_t size) {
    struct sockaddr_in to;
    connector real;
    *(void **)&real = next("connect");
    if (size != sizeof to || address.__sockaddr__->sa_family != AF_INET)
        return real(descriptor, address.__sockaddr__, size);
    memcpy(&to, address.__sockaddr__, sizeof to);
    redirect(&to);
    return real(descriptor, (const struct sockaddr *)&to, sizeof to);
}
