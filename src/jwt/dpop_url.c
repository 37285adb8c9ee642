/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the normal form: scheme and host in lower case, the default port left out, escapes of
 * unreserved characters decoded, the others in upper case, dot segments removed. */
#include "jwt/dpop_url.h"
#include "base/ascii.h"

static bool is_unreserved(uint8_t byte) {
    return jk_ascii_is_alphanumeric(byte) || byte == '-' || byte == '.' || byte == '_' ||
           byte == '~';
}

static jwkeep_span from(jwkeep_span bytes, size_t start) {
    return jwkeep_span_of(bytes.data + start, bytes.size - start);
}

/* Nothing written is longer than what it was read from, but for the slash of an empty path. */
static void put(jk_dpop_url *url, uint8_t byte) {
    if (url->size < sizeof url->text)
        url->text[url->size++] = byte;
}

/* The next character as it is written in the normal form; false for a broken escape, and for
 * what may not stand in a URL at all. */
static bool put_next(jk_dpop_url *url, jwkeep_span *rest, bool is_host) {
    static const char digits[] = "0123456789ABCDEF";
    uint8_t byte = rest->data[0];
    if (byte <= 0x20 || byte >= 0x7f || strchr("\"<>\\^`{|}", byte))
        return false;
    if (byte != '%') {
        put(url, is_host ? jk_ascii_lower(byte) : byte);
        *rest = from(*rest, 1);
        return true;
    }
    int high = rest->size > 2 ? jk_ascii_hex_digit(rest->data[1]) : -1;
    int low = rest->size > 2 ? jk_ascii_hex_digit(rest->data[2]) : -1;
    if (high < 0 || low < 0)
        return false;
    *rest = from(*rest, 3);
    uint8_t decoded = (uint8_t)(high * 16 + low);
    if (is_unreserved(decoded)) {
        put(url, is_host ? jk_ascii_lower(decoded) : decoded);
        return true;
    }
    put(url, '%');
    put(url, (uint8_t)digits[high]);
    put(url, (uint8_t)digits[low]);
    return true;
}

static bool starts_with(jwkeep_span text, jwkeep_span prefix) {
    if (text.size < prefix.size)
        return false;
    for (size_t i = 0; i < prefix.size; i++)
        if (jk_ascii_lower(text.data[i]) != prefix.data[i])
            return false;
    return true;
}

/* The scheme with its slashes; the default port of it. Absent for another one. */
static jwkeep_span scheme_of(jwkeep_span text, jwkeep_span *ret_port) {
    static const struct {
        const char *scheme, *port;
    } SCHEMES[] = {{"https://", "443"}, {"http://", "80"}};
    for (size_t i = 0; i < JK_COUNT_OF(SCHEMES); i++) {
        jwkeep_span scheme = jwkeep_span_text(SCHEMES[i].scheme);
        if (starts_with(text, scheme)) {
            *ret_port = jwkeep_span_text(SCHEMES[i].port);
            return scheme;
        }
    }
    return JWKEEP_SPAN_NONE;
}

/* Bytes before the first of `ends`, or all. */
static size_t size_before(jwkeep_span text, const char *ends) {
    size_t size = 0;
    while (size < text.size && (text.data[size] == '\0' || !strchr(ends, text.data[size])))
        size++;
    return size;
}

/* The colon before the port: the last one, but none inside the brackets of an IPv6 address. */
static size_t port_start(jwkeep_span authority) {
    for (size_t i = authority.size; i > 0; i--) {
        if (authority.data[i - 1] == ':')
            return i - 1;
        if (authority.data[i - 1] == ']')
            break;
    }
    return authority.size;
}

/* An IPv6 address in its brackets, or a name without a colon (RFC 3986 §3.2.2). */
static bool may_be_host(jwkeep_span host) {
    if (host.size > 0 && host.data[0] == '[')
        return size_before(from(host, 1), "[]") + 2 == host.size &&
               host.data[host.size - 1] == ']';
    return host.size > 0 && size_before(host, ":[]@") == host.size;
}

static bool put_authority(jk_dpop_url *url, jwkeep_span authority, jwkeep_span default_port) {
    size_t colon = port_start(authority);
    jwkeep_span host = jwkeep_span_of(authority.data, colon);
    if (!may_be_host(host))
        return false;
    while (host.size > 0)
        if (!put_next(url, &host, true))
            return false;
    if (colon == authority.size)
        return true;
    jwkeep_span port = from(authority, colon + 1);
    while (port.size > 1 && port.data[0] == '0')
        port = from(port, 1);
    if (port.size == 0 || jwkeep_span_equals(port, default_port))
        return true;
    put(url, ':');
    for (; port.size > 0; port = from(port, 1)) {
        if (port.data[0] < '0' || port.data[0] > '9')
            return false;
        put(url, port.data[0]);
    }
    return true;
}

/* Takes the last segment, which began at `start`, away again if it is a dot segment (RFC 3986
 * §5.2.4), and the one before it if it is two dots. `path` is where the path begins. A dot
 * segment leaves the slash before it, which the next segment's takes the place of. */
static void remove_dots(jk_dpop_url *url, size_t path, size_t start, bool is_last) {
    size_t size = url->size - start;
    bool is_one = size == 2 && url->text[start + 1] == '.';
    bool is_two = size == 3 && url->text[start + 1] == '.' && url->text[start + 2] == '.';
    if (!is_one && !is_two)
        return;
    url->size = start;
    while (is_two && url->size > path && url->text[--url->size] != '/')
        continue;
    if (is_last)
        put(url, '/');
}

static bool put_path(jk_dpop_url *url, jwkeep_span rest) {
    const size_t path = url->size;
    if (rest.size == 0)
        put(url, '/');
    while (rest.size > 0) {
        const size_t start = url->size;
        jwkeep_span segment = jwkeep_span_of(rest.data, 1 + size_before(from(rest, 1), "/"));
        rest = from(rest, segment.size);
        while (segment.size > 0)
            if (!put_next(url, &segment, false))
                return false;
        remove_dots(url, path, start, rest.size == 0);
    }
    return true;
}

bool jk_dpop_url_read(jwkeep_span url, jk_dpop_url *ret_url) {
    jwkeep_span port;
    const jwkeep_span scheme = scheme_of(url, &port);
    if (scheme.size == 0 || url.size > JWKEEP_DPOP_MAX_URL_BYTES)
        return false;
    ret_url->size = 0;
    for (size_t i = 0; i < scheme.size; i++)
        put(ret_url, scheme.data[i]);
    jwkeep_span rest = from(url, scheme.size);
    const jwkeep_span authority = jwkeep_span_of(rest.data, size_before(rest, "/?#"));
    rest = from(rest, authority.size);
    rest.size = size_before(rest, "?#");
    return put_authority(ret_url, authority, port) && put_path(ret_url, rest);
}
