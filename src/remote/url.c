/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the check of URLs, on libcurl's own reading of them: what is checked is what will be
 * used. */
#include "remote/url.h"
#include "base/allocator.h"
#include "base/error.h"
#include <arpa/inet.h>
#include <curl/curl.h>
#include <string.h>
#include <strings.h>

static const char *const WELL_KNOWN[JK_METADATA_COUNT] = {
    [JK_METADATA_OPENID] = "/.well-known/openid-configuration",
    [JK_METADATA_OAUTH] = "/.well-known/oauth-authorization-server",
};

static jwkeep_code refuse(jwkeep_error *error, const char *text) {
    return jk_fail_text(error, JWKEEP_TRANSPORT_URL, text, "url", NULL);
}

static bool is_loopback_name(const char *host) {
    struct in_addr four;
    if (strcasecmp(host, "localhost") == 0 || strcmp(host, "[::1]") == 0)
        return true;
    return inet_pton(AF_INET, host, &four) == 1 && ntohl(four.s_addr) >> 24 == 127;
}

static bool has_part(CURLU *parts, CURLUPart part) {
    char *text = NULL;
    CURLUcode found = curl_url_get(parts, part, &text, 0);
    curl_free(text);
    return found == CURLUE_OK;
}

static jwkeep_code check_origin(CURLU *parts, bool allows_http_loopback, jwkeep_error *error) {
    char *scheme = NULL;
    char *host = NULL;
    jwkeep_code code = JWKEEP_OK;
    if (curl_url_get(parts, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK ||
        curl_url_get(parts, CURLUPART_HOST, &host, 0) != CURLUE_OK || !host[0])
        code = refuse(error, "a URL without scheme or host");
    else if (strcmp(scheme, "http") == 0 && !allows_http_loopback)
        code = refuse(error, "the scheme must be https");
    else if (strcmp(scheme, "http") == 0 && !is_loopback_name(host))
        code = refuse(error, "http is for loopback addresses only");
    else if (strcmp(scheme, "http") != 0 && strcmp(scheme, "https") != 0)
        code = refuse(error, "the scheme must be https");
    curl_free(scheme);
    curl_free(host);
    return code;
}

static jwkeep_code check_parts(CURLU *parts, const char *url, bool allows_http_loopback,
                               jwkeep_error *error) {
    CURLUcode read = curl_url_set(parts, CURLUPART_URL, url, CURLU_NON_SUPPORT_SCHEME);
    if (read == CURLUE_OUT_OF_MEMORY)
        return jk_fail(error, JWKEEP_OUT_OF_MEMORY);
    if (read != CURLUE_OK)
        return refuse(error, "not a URL");
    if (has_part(parts, CURLUPART_USER) || has_part(parts, CURLUPART_PASSWORD))
        return refuse(error, "a URL with a user or a password");
    if (has_part(parts, CURLUPART_FRAGMENT))
        return refuse(error, "a URL with a fragment");
    return check_origin(parts, allows_http_loopback, error);
}

jwkeep_code jk_url_check(const char *url, bool allows_http_loopback, jwkeep_error *error) {
    size_t size = strnlen(url, JK_MAX_URL_BYTES + 1);
    if (size > JK_MAX_URL_BYTES)
        return refuse(error, "the URL is too long");
    for (size_t i = 0; i < size; i++)
        if ((unsigned char)url[i] <= ' ' || url[i] == 0x7f || url[i] == '\\')
            return refuse(error, "a URL with a space, a backslash or a control character");
    /* RFC 3986 §3.2; libcurl would forgive one slash or three. */
    const char *authority = strstr(url, "://");
    if (!authority || authority[3] == '/')
        return refuse(error, "not a URL");
    CURLU *parts = curl_url();
    if (!parts)
        return jk_fail(error, JWKEEP_OUT_OF_MEMORY);
    jwkeep_code code = check_parts(parts, url, allows_http_loopback, error);
    curl_url_cleanup(parts);
    return code;
}

static bool is_part(CURLU *parts, CURLUPart part, const char *wanted) {
    char *text = NULL;
    CURLUcode found = curl_url_get(parts, part, &text, 0);
    bool is_it = found == CURLUE_OK && strcmp(text, wanted) == 0;
    curl_free(text);
    return is_it;
}

bool jk_url_is_proxy(const char *url) {
    CURLU *parts = curl_url();
    bool is_proxy = parts && strnlen(url, JK_MAX_URL_BYTES + 1) <= JK_MAX_URL_BYTES &&
                    curl_url_set(parts, CURLUPART_URL, url, 0) == CURLUE_OK &&
                    is_part(parts, CURLUPART_SCHEME, "http") &&
                    is_part(parts, CURLUPART_PATH, "/") && has_part(parts, CURLUPART_HOST) &&
                    has_part(parts, CURLUPART_PORT) && !has_part(parts, CURLUPART_USER) &&
                    !has_part(parts, CURLUPART_PASSWORD) && !has_part(parts, CURLUPART_QUERY) &&
                    !has_part(parts, CURLUPART_FRAGMENT);
    curl_url_cleanup(parts);
    return is_proxy;
}

bool jk_url_is_plain(const char *url) {
    return strncasecmp(url, "http:", 5) == 0;
}

/* The bytes up to the path. */
static size_t measure_origin(const char *url) {
    const char *authority = strstr(url, "://");
    return authority ? (size_t)(authority + 3 - url) + strcspn(authority + 3, "/")
                     : strlen(url);
}

char *jk_url_metadata(const char *issuer, jk_metadata metadata) {
    const char *inserted = WELL_KNOWN[metadata];
    size_t size = strlen(issuer);
    if (size && issuer[size - 1] == '/')
        size--;
    size_t at = metadata == JK_METADATA_OAUTH ? measure_origin(issuer) : size;
    size_t inserted_size = strlen(inserted);
    char *url = jk_alloc(size + inserted_size + 1);
    if (!url)
        return NULL;
    memcpy(url, issuer, at);
    memcpy(url + at, inserted, inserted_size);
    memcpy(url + at + inserted_size, issuer + at, size - at);
    url[size + inserted_size] = '\0';
    return url;
}
