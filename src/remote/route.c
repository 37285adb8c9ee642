/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the checks of what goes into a connection and a request. */
#include "remote/route.h"
#include "base/allocator.h"
#include "base/error.h"
#include "base/secret.h"
#include "remote/url.h"
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define PIN_CHARACTERS 44u /* of 32 bytes in base64 */
#define CURL_PIN "sha256//"

static const char base64_alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static jwkeep_code refuse(jwkeep_error *error, const char *text, const char *where) {
    return jk_fail_text(error, JWKEEP_MISUSE_ARGUMENT, text, where, NULL);
}

/* The 43rd character of 32 bytes carries four bits, and one `=` follows (RFC 4648 §4). */
static bool is_pin(const char *text, size_t size) {
    return size == PIN_CHARACTERS && strspn(text, base64_alphabet) == PIN_CHARACTERS - 1 &&
           (strchr(base64_alphabet, text[PIN_CHARACTERS - 2]) - base64_alphabet) % 4 == 0 &&
           text[PIN_CHARACTERS - 1] == '=';
}

static jwkeep_code copy_pins(const char *pins, char **ret_pins, jwkeep_error *error) {
    enum { PIN_ROOM = sizeof CURL_PIN - 1 + PIN_CHARACTERS + 1 };
    char made[JK_MAX_PINS * PIN_ROOM + 1];
    size_t size = 0;
    for (size_t count = 0; pins; count++) {
        size_t length = strcspn(pins, ";");
        if (count == JK_MAX_PINS)
            return refuse(error, "too many pins", "pinned_key");
        if (!is_pin(pins, length))
            return refuse(error, "a pin is the base64 of a SHA-256", "pinned_key");
        size += (size_t)snprintf(made + size, sizeof made - size, "%s" CURL_PIN "%.*s",
                                 count ? ";" : "", (int)length, pins);
        pins = pins[length] ? pins + length + 1 : NULL;
    }
    if (size == 0)
        return JWKEEP_OK;
    *ret_pins = jk_strndup(made, size);
    return *ret_pins ? JWKEEP_OK : jk_fail(error, JWKEEP_OUT_OF_MEMORY);
}

/* What is the transport's own to say, or would make another request of it (RFC 9110 §7.6.1,
 * §13.1, RFC 9112 §6). */
static const char *const reserved_names[] = {
    "accept",
    "accept-encoding",
    "cache-control",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "expect",
    "host",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-range",
    "if-unmodified-since",
    "keep-alive",
    "pragma",
    "proxy-authorization",
    "proxy-connection",
    "range",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
};

/* RFC 9110 §5.6.2 */
static size_t token_size(const char *text) {
    return strspn(text, "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                        "abcdefghijklmnopqrstuvwxyz");
}

static bool is_reserved(const char *name, size_t size) {
    for (size_t i = 0; i < JK_COUNT_OF(reserved_names); i++)
        if (strlen(reserved_names[i]) == size &&
            strncasecmp(name, reserved_names[i], size) == 0)
            return true;
    return false;
}

/* No line of a field's value ends before its end (RFC 9110 §5.5); and it is not empty, for
 * that would tell libcurl to leave the field out. */
static bool is_value(const char *text) {
    bool is_empty = true;
    for (; *text; text++) {
        if ((unsigned char)*text < ' ' || *text == 0x7f)
            return false;
        is_empty = is_empty && *text == ' ';
    }
    return !is_empty;
}

static jwkeep_code check_header(const char *line, jwkeep_error *error) {
    static const char where[] = "request_headers";
    if (!line || strnlen(line, JK_MAX_REQUEST_HEADER_BYTES + 1) > JK_MAX_REQUEST_HEADER_BYTES)
        return refuse(error, "a header line is missing or too long", where);
    size_t size = token_size(line);
    if (size == 0 || line[size] != ':')
        return refuse(error, "a header line is \"Name: value\"", where);
    if (is_reserved(line, size))
        return refuse(error, "this header is the transport's own", where);
    if (!is_value(line + size + 1))
        return refuse(error, "a header value is empty or has a control character", where);
    return JWKEEP_OK;
}

static jwkeep_code check_headers(const jwkeep_source_options *options, jwkeep_error *error) {
    if (options->request_header_count > JWKEEP_MAX_REQUEST_HEADERS)
        return refuse(error, "too many header lines", "request_headers");
    if (options->request_header_count && !options->request_headers)
        return refuse(error, "no header lines", "request_headers");
    for (size_t i = 0; i < options->request_header_count; i++) {
        jwkeep_code code = check_header(options->request_headers[i], error);
        if (code)
            return code;
    }
    return JWKEEP_OK;
}

/* A proxy resolves the name itself: nobody here would see where the connection goes. */
static jwkeep_code check(const jwkeep_source_options *options, jwkeep_error *error) {
    if (!options->client_cert_file != !options->client_key_file)
        return refuse(error, "a client certificate and its key go together",
                      options->client_cert_file ? "client_key_file" : "client_cert_file");
    if (options->proxy && options->is_dynamic)
        return refuse(error, "a dynamic source cannot go through a proxy", "proxy");
    if (options->proxy && !jk_url_is_proxy(options->proxy))
        return refuse(error, "a proxy is http://HOST:PORT", "proxy");
    return check_headers(options, error);
}

static bool copy_text(const char *text, char **ret_copy) {
    *ret_copy = text ? jk_strndup(text, strlen(text)) : NULL;
    return !text || *ret_copy;
}

static bool copy_headers(jk_route *route, const jwkeep_source_options *options) {
    while (route->request_header_count < options->request_header_count) {
        if (!copy_text(options->request_headers[route->request_header_count],
                       &route->request_headers[route->request_header_count]))
            return false;
        route->request_header_count++;
    }
    return true;
}

jwkeep_code jk_route_init(jk_route *route, const jwkeep_source_options *options,
                          jwkeep_error *error) {
    jk_route made = {.is_dynamic = options->is_dynamic};
    jwkeep_code code = check(options, error);
    if (code == JWKEEP_OK)
        code = copy_pins(options->pinned_key, &made.pinned_key, error);
    if (code)
        return code;
    if (!copy_text(options->ca_file, &made.ca_file) ||
        !copy_text(options->client_cert_file, &made.client_cert_file) ||
        !copy_text(options->client_key_file, &made.client_key_file) ||
        !copy_text(options->proxy, &made.proxy) || !copy_headers(&made, options)) {
        jk_route_done(&made);
        return jk_fail(error, JWKEEP_OUT_OF_MEMORY);
    }
    *route = made;
    return JWKEEP_OK;
}

void jk_route_done(jk_route *route) {
    jk_free(route->ca_file);
    jk_free(route->pinned_key);
    jk_free(route->client_cert_file);
    jk_free(route->client_key_file);
    jk_free(route->proxy);
    for (size_t i = 0; i < route->request_header_count; i++) {
        jk_secret_wipe(route->request_headers[i], strlen(route->request_headers[i]));
        jk_free(route->request_headers[i]);
    }
    *route = (jk_route){0};
}
