/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the socket until it listens. */
#include "support/loopback.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

bool loopback_listen(int backlog, int *ret_listener, unsigned *ret_port) {
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (listener < 0)
        return false;
    if (bind(listener, (struct sockaddr *)&address, size) || listen(listener, backlog) ||
        getsockname(listener, (struct sockaddr *)&address, &size)) {
        close(listener);
        return false;
    }
    *ret_listener = listener;
    *ret_port = ntohs(address.sin_port);
    return true;
}
