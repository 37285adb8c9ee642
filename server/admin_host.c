/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the reading and the comparing of hosts. */
#include "server/admin_host.h"
#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

#define LOCALHOST "localhost"

static bool is_port(const char *text) {
    size_t digits = strspn(text, "0123456789");
    return digits <= 5 && text[digits] == '\0';
}

/* `[`, an IPv6 address, `]`, and perhaps a port. */
static bool is_address_in_brackets(char *text) {
    struct in6_addr address;
    char *end = strchr(text, ']');
    if (!end || (end[1] != '\0' && (end[1] != ':' || !is_port(end + 2))))
        return false;
    *end = '\0';
    return inet_pton(AF_INET6, text + 1, &address) == 1;
}

/* Without the dot at the end (RFC 3986 §3.2.2). */
static size_t size_of_name(const char *name) {
    size_t size = strlen(name);
    return size > 1 && name[size - 1] == '.' ? size - 1 : size;
}

static bool ends_in(const char *name, size_t size, const char *end, size_t end_size) {
    return size >= end_size && strncasecmp(name + size - end_size, end, end_size) == 0;
}

static bool is_localhost(const char *name) {
    const size_t least = sizeof LOCALHOST - 1;
    const size_t size = size_of_name(name);
    return ends_in(name, size, LOCALHOST, least) &&
           (size == least || name[size - least - 1] == '.');
}

static bool is_same_name(const char *a, const char *b) {
    return size_of_name(a) == size_of_name(b) && strncasecmp(a, b, size_of_name(a)) == 0;
}

bool admin_host_is_ours(jwkeep_span host, const char *const *names, size_t count) {
    char text[ADMIN_MAX_HOST_BYTES + sizeof ":65535"];
    struct in_addr address;
    if (!jwkeep_span_is_present(host) || host.size >= sizeof text ||
        memchr(host.data, '\0', host.size))
        return false;
    memcpy(text, host.data, host.size);
    text[host.size] = '\0';
    if (text[0] == '[')
        return is_address_in_brackets(text);
    char *port = strchr(text, ':');
    if (port && !is_port(port + 1))
        return false;
    if (port)
        *port = '\0';
    if (inet_pton(AF_INET, text, &address) == 1 || is_localhost(text))
        return true;
    for (size_t i = 0; i < count; i++)
        if (is_same_name(text, names[i]))
            return true;
    return false;
}

bool admin_host_is_name(const char *text) {
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyz"
                                  "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_";
    size_t size = strlen(text);
    return size > 0 && size <= ADMIN_MAX_HOST_BYTES && text[0] != '.' &&
           strspn(text, allowed) == size;
}
