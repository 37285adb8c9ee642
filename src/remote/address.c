/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the ranges. Of IPv6 only the global unicast space can be public, of IPv4 everything
 * that is not set apart. */
#include "remote/address.h"
#include "base/attributes.h"
#include <netinet/in.h>
#include <stdint.h>
#include <string.h>

#define IPV4_BYTES 4u
#define IPV6_BYTES 16u

typedef struct prefix {
    uint8_t bytes[IPV6_BYTES];
    unsigned bits;
} prefix;

static const prefix special_ipv4[] = {
    {{0}, 8},             /* this network: RFC 1122 §3.2.1.3 */
    {{10}, 8},            /* private: RFC 1918 §3 */
    {{100, 64}, 10},      /* shared by carriers: RFC 6598 §7 */
    {{127}, 8},           /* loopback: RFC 1122 §3.2.1.3 */
    {{169, 254}, 16},     /* link-local: RFC 3927 §2.1 */
    {{172, 16}, 12},      /* private: RFC 1918 §3 */
    {{192, 0, 0}, 24},    /* protocol assignments: RFC 6890 §2.1 */
    {{192, 0, 2}, 24},    /* documentation: RFC 5737 §3 */
    {{192, 88, 99}, 24},  /* relays of 6to4: RFC 7526 §4 */
    {{192, 168}, 16},     /* private: RFC 1918 §3 */
    {{198, 18}, 15},      /* benchmarks: RFC 2544 §C.2.2 */
    {{198, 51, 100}, 24}, /* documentation: RFC 5737 §3 */
    {{203, 0, 113}, 24},  /* documentation: RFC 5737 §3 */
    {{224}, 4},           /* multicast: RFC 5771 §3 */
    {{240}, 4},           /* reserved, broadcast: RFC 1112 §4 */
};

static const prefix global_ipv6 = {{0x20}, 3}; /* RFC 4291 §2.4 */
static const prefix special_ipv6[] = {
    {{0x20, 0x01}, 23},             /* protocol assignments, Teredo: RFC 2928 §2 */
    {{0x20, 0x01, 0x0d, 0xb8}, 32}, /* documentation: RFC 3849 §4 */
    {{0x3f, 0xff}, 20},             /* documentation: RFC 9637 §3 */
};

/* Where an IPv4 address stands in an IPv6 one, which then is as public as that. */
typedef struct embedding {
    prefix range;
    size_t offset;
} embedding;

static const embedding embeddings[] = {
    {{{[10] = 0xff, [11] = 0xff}, 96}, 12}, /* mapped: RFC 4291 §2.5.5.2 */
    {{{0x00, 0x64, 0xff, 0x9b}, 96}, 12},   /* NAT64: RFC 6052 §2.1 */
    {{{0x20, 0x02}, 16}, 2},                /* 6to4: RFC 3056 §2 */
};

static bool is_in(const uint8_t *address, const prefix *range) {
    unsigned whole = range->bits / 8;
    unsigned rest = range->bits % 8;
    if (memcmp(address, range->bytes, whole) != 0)
        return false;
    return rest == 0 || (address[whole] ^ range->bytes[whole]) >> (8 - rest) == 0;
}

static bool is_public_ipv4(const uint8_t *address) {
    for (size_t i = 0; i < JK_COUNT_OF(special_ipv4); i++)
        if (is_in(address, &special_ipv4[i]))
            return false;
    return true;
}

static bool is_public_ipv6(const uint8_t *address) {
    for (size_t i = 0; i < JK_COUNT_OF(embeddings); i++)
        if (is_in(address, &embeddings[i].range))
            return is_public_ipv4(address + embeddings[i].offset);
    for (size_t i = 0; i < JK_COUNT_OF(special_ipv6); i++)
        if (is_in(address, &special_ipv6[i]))
            return false;
    return is_in(address, &global_ipv6);
}

/* The address in network order; its size, or 0 for another family. */
static size_t read_address(const struct sockaddr *address, socklen_t size,
                           uint8_t ret_bytes[IPV6_BYTES]) {
    struct sockaddr_in four;
    struct sockaddr_in6 six;
    if (size >= sizeof four && address->sa_family == AF_INET) {
        memcpy(&four, address, sizeof four);
        memcpy(ret_bytes, &four.sin_addr, IPV4_BYTES);
        return IPV4_BYTES;
    }
    if (size >= sizeof six && address->sa_family == AF_INET6) {
        memcpy(&six, address, sizeof six);
        memcpy(ret_bytes, &six.sin6_addr, IPV6_BYTES);
        return IPV6_BYTES;
    }
    return 0;
}

bool jk_address_is_public(const struct sockaddr *address, socklen_t size) {
    uint8_t bytes[IPV6_BYTES];
    size_t count = read_address(address, size, bytes);
    return count == IPV4_BYTES   ? is_public_ipv4(bytes)
           : count == IPV6_BYTES ? is_public_ipv6(bytes)
                                 : false;
}

bool jk_address_is_loopback(const struct sockaddr *address, socklen_t size) {
    static const prefix mapped = {{[10] = 0xff, [11] = 0xff, [12] = 127}, 104};
    static const prefix ipv4 = {{127}, 8};
    static const prefix ipv6 = {{[15] = 1}, 128};
    uint8_t bytes[IPV6_BYTES];
    size_t count = read_address(address, size, bytes);
    if (count == IPV4_BYTES)
        return is_in(bytes, &ipv4);
    return count == IPV6_BYTES && (is_in(bytes, &ipv6) || is_in(bytes, &mapped));
}
