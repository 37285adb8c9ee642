/* SPDX-License-Identifier: Apache-2.0
 *
 * Owns the transport over libcurl's multi interface. Refuses redirects, cookies, .netrc,
 * passwords in URLs, and the proxies that the environment names: where keys come from is the
 * configuration's affair, not the environment's. */
#include "base/allocator.h"
#include "base/error.h"
#include "remote/address.h"
#include "remote/transport.h"
#include "remote/url.h"
#include <curl/curl.h>
#include <jwkeep/version.h>
#include <poll.h>
#include <pthread.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#define MAX_HEADER_BYTES 65536u /* of all header lines of one answer together */
#define MAX_FIELD_BYTES 512u    /* of one field that is kept */
#define MAX_IDLE_CONNECTIONS 64L
#define FIRST_BODY_BYTES 8192u
#define MAX_WAIT_MS 60000
#define RETRY_WAIT_MS 20 /* when waiting itself fails */

typedef enum kept_field {
    FIELD_CACHE_CONTROL,
    FIELD_AGE,
    FIELD_EXPIRES,
    FIELD_DATE,
    FIELD_RETRY_AFTER,
    FIELD_ETAG,
    FIELD_LAST_MODIFIED,
    FIELD_COUNT
} kept_field;

static const char *const field_names[FIELD_COUNT] = {
    "cache-control", "age", "expires", "date", "retry-after", "etag", "last-modified"};

typedef struct kept_text {
    size_t size;
    bool is_present;
    char text[MAX_FIELD_BYTES];
} kept_text;

typedef struct curl_transport {
    jk_transport base;
    CURLM *multi;
} curl_transport;

struct jk_transfer {
    CURL *easy;
    struct curl_slist *headers;
    jk_transfer_done done;
    void *user;
    uint8_t *body;
    size_t body_size;
    size_t body_capacity;
    size_t max_body_bytes;
    size_t header_bytes;
    kept_text fields[FIELD_COUNT];
    bool is_plain;   /* http: to loopback addresses only */
    bool is_dynamic; /* to public addresses only */
    char details[CURL_ERROR_SIZE];
    const char *refusal; /* why an address was not connected to */
    bool is_conditional; /* 304 was asked for */
    bool is_too_large;
    bool is_out_of_memory;
    bool is_delivery;   /* content was sent */
    size_t thrown_away; /* of the answer to it */
    unsigned status;    /* of the head that came last */
    bool is_head_whole; /* and it was no 1xx */
};

/* R18: the name in the URL said loopback, or nothing that can be relied on; what counts is
 * what it resolved to. */
static const char *judge_address(const jk_transfer *transfer,
                                 const struct curl_sockaddr *address) {
    if (transfer->is_plain && !jk_address_is_loopback(&address->addr, address->addrlen))
        return "http is for loopback addresses only";
    if (transfer->is_dynamic && !jk_address_is_public(&address->addr, address->addrlen))
        return "the address is not a public one";
    return NULL;
}

static curl_socket_t open_socket(void *user, curlsocktype purpose,
                                 struct curl_sockaddr *address) {
    jk_transfer *transfer = user;
    const char *refusal = judge_address(transfer, address);
    if (refusal)
        transfer->refusal = refusal;
    if (purpose != CURLSOCKTYPE_IPCXN || refusal)
        return CURL_SOCKET_BAD;
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

static bool reserve_body(jk_transfer *transfer, size_t size) {
    if (size <= transfer->body_capacity)
        return true;
    size_t capacity = transfer->body_capacity ? transfer->body_capacity : FIRST_BODY_BYTES;
    while (capacity < size)
        capacity *= 2;
    uint8_t *grown = jk_realloc(transfer->body, capacity);
    if (!grown)
        return false;
    transfer->body = grown;
    transfer->body_capacity = capacity;
    return true;
}

/* Who has read the head knows all: over the bound the connection is closed. */
static size_t throw_away(char *data, size_t size, size_t count, void *user) {
    jk_transfer *transfer = user;
    (void)data;
    transfer->thrown_away += size * count;
    return transfer->thrown_away <= transfer->max_body_bytes ? size * count : 0;
}

/* Gets the decoded bytes, so that the bound holds for what a small answer unpacks to (R12). */
static size_t take_body(char *data, size_t size, size_t count, void *user) {
    jk_transfer *transfer = user;
    size_t bytes = size * count;
    if (bytes > transfer->max_body_bytes - transfer->body_size) {
        transfer->is_too_large = true;
        return 0;
    }
    if (!reserve_body(transfer, transfer->body_size + bytes)) {
        transfer->is_out_of_memory = true;
        return 0;
    }
    if (bytes)
        memcpy(transfer->body + transfer->body_size, data, bytes);
    transfer->body_size += bytes;
    return bytes;
}

/* Cache-Control is a list and may come on several lines (RFC 9110 §5.3); of the others the
 * first counts. One that does not fit is as good as absent. */
static void keep_field(jk_transfer *transfer, kept_field field, const char *value,
                       size_t size) {
    kept_text *kept = &transfer->fields[field];
    bool is_more = kept->is_present && field == FIELD_CACHE_CONTROL;
    if ((kept->is_present && !is_more) || size + is_more > MAX_FIELD_BYTES - kept->size)
        return;
    if (is_more)
        kept->text[kept->size++] = ',';
    memcpy(kept->text + kept->size, value, size);
    kept->size += size;
    kept->is_present = true;
}

static void take_header_line(jk_transfer *transfer, const char *line, size_t size) {
    const char *colon = memchr(line, ':', size);
    if (!colon)
        return;
    size_t name_size = (size_t)(colon - line);
    const char *value = colon + 1;
    size_t value_size = size - name_size - 1;
    while (value_size && strchr(" \t", value[0])) {
        value++;
        value_size--;
    }
    while (value_size && strchr(" \t\r\n", value[value_size - 1]))
        value_size--;
    for (kept_field field = 0; field < FIELD_COUNT; field++)
        if (strlen(field_names[field]) == name_size &&
            strncasecmp(line, field_names[field], name_size) == 0)
            keep_field(transfer, field, value, value_size);
}

/* RFC 9112 §4: the version, one space, three digits. */
static unsigned read_status(const char *line, size_t size) {
    const char *space = memchr(line, ' ', size);
    if (!space || size - (size_t)(space - line) < 4)
        return 0;
    unsigned status = 0;
    for (const char *digit = space + 1; digit < space + 4; digit++) {
        if (*digit < '0' || *digit > '9')
            return 0;
        status = status * 10 + (unsigned)(*digit - '0');
    }
    return status;
}

/* What was kept before was of a 1xx. */
static void begin_head(jk_transfer *transfer, const char *line, size_t size) {
    for (kept_field field = 0; field < FIELD_COUNT; field++)
        transfer->fields[field] = (kept_text){0};
    transfer->status = read_status(line, size);
}

static size_t take_header(char *line, size_t size, size_t count, void *user) {
    jk_transfer *transfer = user;
    size_t bytes = size * count;
    if (bytes > MAX_HEADER_BYTES - transfer->header_bytes) {
        transfer->is_too_large = true;
        return 0;
    }
    transfer->header_bytes += bytes;
    if (bytes >= 5 && memcmp(line, "HTTP/", 5) == 0)
        begin_head(transfer, line, bytes);
    else if (bytes <= 2)
        transfer->is_head_whole = transfer->status >= 200;
    else if (!transfer->is_head_whole) /* not of a trailer */
        take_header_line(transfer, line, bytes);
    return bytes;
}

static void free_transfer(jk_transfer *transfer) {
    if (!transfer)
        return;
    if (transfer->easy)
        curl_easy_cleanup(transfer->easy);
    curl_slist_free_all(transfer->headers);
    jk_free(transfer->body);
    jk_free(transfer);
}

static bool add_line(jk_transfer *transfer, const char *line) {
    struct curl_slist *longer = curl_slist_append(transfer->headers, line);
    if (!longer)
        return false;
    transfer->headers = longer;
    return true;
}

static bool add_header(jk_transfer *transfer, const char *name, const char *value) {
    char line[MAX_FIELD_BYTES + 64];
    int size = snprintf(line, sizeof line, "%s: %s", name, value);
    return size >= 0 && (size_t)size < sizeof line && add_line(transfer, line);
}

static bool add_own_headers(jk_transfer *transfer, const jk_route *route) {
    bool is_added = true;
    for (size_t i = 0; is_added && i < route->request_header_count; i++)
        is_added = add_line(transfer, route->request_headers[i]);
    return is_added;
}

/* No server is asked first whether it wants the content: it is small. */
static bool set_content(jk_transfer *transfer, const jk_request *request) {
    bool is_added =
        add_line(transfer, "Content-Type: application/json") && add_line(transfer, "Expect:");
    for (const char *const *line = request->headers; is_added && line && *line; line++)
        is_added = add_line(transfer, *line);
    return is_added &&
           curl_easy_setopt(transfer->easy, CURLOPT_HTTPHEADER, transfer->headers) ==
               CURLE_OK &&
           curl_easy_setopt(transfer->easy, CURLOPT_POSTFIELDSIZE_LARGE,
                            (curl_off_t)request->content.size) == CURLE_OK &&
           curl_easy_setopt(transfer->easy, CURLOPT_COPYPOSTFIELDS, request->content.data) ==
               CURLE_OK;
}

static bool set_headers(jk_transfer *transfer, const jk_request *request) {
    if (!add_own_headers(transfer, request->route))
        return false;
    if (transfer->is_delivery)
        return set_content(transfer, request);
    return add_header(transfer, "Accept", "application/jwk-set+json, application/json") &&
           (!request->is_forced || add_header(transfer, "Cache-Control", "no-cache")) &&
           (!request->etag || add_header(transfer, "If-None-Match", request->etag)) &&
           (!request->last_modified ||
            add_header(transfer, "If-Modified-Since", request->last_modified)) &&
           curl_easy_setopt(transfer->easy, CURLOPT_HTTPHEADER, transfer->headers) == CURLE_OK;
}

/* QUICK_EXIT: a resolver that hangs is left to its own thread, which cleans up after itself;
 * otherwise ending the transfer would wait for it (R24). */
static bool set_bounds(CURL *easy, const jk_request *request) {
    return curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
                            (long)request->connect_timeout_ms) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)request->total_timeout_ms) ==
               CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L) == CURLE_OK;
}

/* What is only thrown away may be as large as it likes to say. */
static bool set_answer(jk_transfer *transfer, const jk_request *request) {
    CURL *easy = transfer->easy;
    if (transfer->is_delivery)
        return curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, throw_away) == CURLE_OK;
    return curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, take_body) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_MAXFILESIZE_LARGE,
                            (curl_off_t)request->max_body_bytes) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_ACCEPT_ENCODING, "gzip") == CURLE_OK;
}

/* What is said to the proxy is not what is said to the server, nor the other way round. Plain
 * http is for loopback addresses, which a proxy has others of. */
static bool set_proxy(CURL *easy, const jk_request *request) {
    bool is_through = request->route->proxy && !jk_url_is_plain(request->url);
    return curl_easy_setopt(easy, CURLOPT_PROXY, is_through ? request->route->proxy : "") ==
               CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_NOPROXY, "") == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_HEADEROPT, (long)CURLHEADER_SEPARATE) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L) == CURLE_OK;
}

/* Downloads are seldom, and a retry may be due to what the name meant a moment ago: names are
 * resolved for each connection. */
static bool set_route(CURL *easy, const jk_request *request) {
    return curl_easy_setopt(easy, CURLOPT_URL, request->url) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR,
                            jk_url_is_plain(request->url) ? "http" : "https") == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_DNS_CACHE_TIMEOUT, 0L) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L) == CURLE_OK &&
           set_proxy(easy, request) &&
           curl_easy_setopt(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_USERAGENT, "jwkeep/" JWKEEP_VERSION) == CURLE_OK;
}

static bool set_text(CURL *easy, CURLoption option, const char *text) {
    return !text || curl_easy_setopt(easy, option, text) == CURLE_OK;
}

/* The system's authorities are in a file and in a folder: a file of one's own replaces both. */
static bool set_authorities(CURL *easy, const char *ca_file) {
    return !ca_file || (curl_easy_setopt(easy, CURLOPT_CAINFO, ca_file) == CURLE_OK &&
                        curl_easy_setopt(easy, CURLOPT_CAPATH, (char *)NULL) == CURLE_OK);
}

/* A connection that stands was judged by the rules of the transfer that opened it. */
static bool set_fresh(CURL *easy, const jk_route *route) {
    long is_fresh = route->is_dynamic || route->pinned_key || route->client_cert_file;
    return curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, is_fresh) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, is_fresh) == CURLE_OK;
}

/* A passphrase, if only an empty one: without it OpenSSL would ask the terminal, and wait. */
static bool set_tls(CURL *easy, const jk_route *route) {
    return curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) ==
               CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L) == CURLE_OK &&
           set_authorities(easy, route->ca_file) &&
           set_text(easy, CURLOPT_PINNEDPUBLICKEY, route->pinned_key) &&
           set_text(easy, CURLOPT_SSLCERT, route->client_cert_file) &&
           set_text(easy, CURLOPT_SSLKEY, route->client_key_file) &&
           curl_easy_setopt(easy, CURLOPT_KEYPASSWD, "") == CURLE_OK && set_fresh(easy, route);
}

static bool set_callbacks(jk_transfer *transfer) {
    CURL *easy = transfer->easy;
    return curl_easy_setopt(easy, CURLOPT_WRITEDATA, transfer) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, take_header) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_HEADERDATA, transfer) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, open_socket) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, transfer) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, transfer->details) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_PRIVATE, transfer) == CURLE_OK;
}

static bool set_all(jk_transfer *transfer, const jk_request *request) {
    return set_headers(transfer, request) && set_bounds(transfer->easy, request) &&
           set_route(transfer->easy, request) && set_tls(transfer->easy, request->route) &&
           set_callbacks(transfer) && set_answer(transfer, request);
}

static jk_transfer *make_transfer(const jk_request *given) {
    static const jk_route ordinary = {0};
    jk_request request = *given;
    jk_transfer *transfer = jk_alloc_zeroed(1, sizeof *transfer);
    if (!transfer)
        return NULL;
    if (!request.route)
        request.route = &ordinary;
    transfer->max_body_bytes = request.max_body_bytes;
    transfer->is_plain = jk_url_is_plain(request.url);
    transfer->is_dynamic = request.route->is_dynamic;
    transfer->is_delivery = jwkeep_span_is_present(request.content);
    transfer->is_conditional = request.etag || request.last_modified;
    transfer->easy = curl_easy_init();
    if (transfer->easy && set_all(transfer, &request))
        return transfer;
    free_transfer(transfer);
    return NULL;
}

static jwkeep_code start(jk_transport *transport, const jk_request *request,
                         jk_transfer_done done, void *user, jk_transfer **ret_transfer,
                         jwkeep_error *error) {
    curl_transport *self = (curl_transport *)transport;
    jk_transfer *transfer = make_transfer(request);
    if (!transfer)
        return jk_fail(error, JWKEEP_OUT_OF_MEMORY);
    transfer->done = done;
    transfer->user = user;
    if (curl_multi_add_handle(self->multi, transfer->easy) != CURLM_OK) {
        free_transfer(transfer);
        return jk_fail(error, JWKEEP_SYSTEM_FAILED);
    }
    *ret_transfer = transfer;
    return JWKEEP_OK;
}

static void cancel(jk_transport *transport, jk_transfer *transfer) {
    curl_transport *self = (curl_transport *)transport;
    curl_multi_remove_handle(self->multi, transfer->easy);
    free_transfer(transfer);
}

typedef struct curl_row {
    CURLcode result;
    jwkeep_code code;
} curl_row;

static jwkeep_code name_result(CURLcode result) {
    static const curl_row rows[] = {
        {CURLE_UNSUPPORTED_PROTOCOL, JWKEEP_TRANSPORT_URL},
        {CURLE_URL_MALFORMAT, JWKEEP_TRANSPORT_URL},
        {CURLE_COULDNT_RESOLVE_HOST, JWKEEP_TRANSPORT_RESOLVE},
        {CURLE_COULDNT_RESOLVE_PROXY, JWKEEP_TRANSPORT_RESOLVE},
        {CURLE_PROXY, JWKEEP_TRANSPORT_CONNECT},
        {CURLE_COULDNT_CONNECT, JWKEEP_TRANSPORT_CONNECT},
        {CURLE_OPERATION_TIMEDOUT, JWKEEP_TRANSPORT_TIMEOUT},
        {CURLE_FILESIZE_EXCEEDED, JWKEEP_TRANSPORT_TOO_LARGE},
        {CURLE_SSL_CONNECT_ERROR, JWKEEP_TRANSPORT_TLS},
        {CURLE_PEER_FAILED_VERIFICATION, JWKEEP_TRANSPORT_TLS},
        {CURLE_SSL_CERTPROBLEM, JWKEEP_TRANSPORT_TLS},
        {CURLE_SSL_PINNEDPUBKEYNOTMATCH, JWKEEP_TRANSPORT_TLS},
        {CURLE_SSL_CIPHER, JWKEEP_TRANSPORT_TLS},
        {CURLE_SSL_CACERT_BADFILE, JWKEEP_TRANSPORT_TLS},
        {CURLE_SSL_ISSUER_ERROR, JWKEEP_TRANSPORT_TLS},
        {CURLE_SSL_INVALIDCERTSTATUS, JWKEEP_TRANSPORT_TLS},
        {CURLE_OUT_OF_MEMORY, JWKEEP_OUT_OF_MEMORY},
    };
    for (size_t i = 0; i < JK_COUNT_OF(rows); i++)
        if (rows[i].result == result)
            return rows[i].code;
    return JWKEEP_TRANSPORT_BROKEN;
}

static bool is_html(const char *content_type) {
    return content_type && strncasecmp(content_type, "text/html", 9) == 0 &&
           (content_type[9] == '\0' || strchr("; \t", content_type[9]));
}

static jwkeep_code refuse_status(jwkeep_error *error, unsigned status) {
    bool is_redirect = status / 100 == 3 && status != 304;
    return jk_fail_at(error, is_redirect ? JWKEEP_TRANSPORT_REDIRECT : JWKEEP_TRANSPORT_STATUS,
                      NULL, is_redirect ? "RFC 9110 §15.4" : "RFC 9110 §15", JWKEEP_NO_OFFSET);
}

static jwkeep_code judge_status(const jk_transfer *transfer, bool *ret_is_not_modified,
                                jwkeep_error *error) {
    long status = 0;
    char *content_type = NULL;
    curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(transfer->easy, CURLINFO_CONTENT_TYPE, &content_type);
    *ret_is_not_modified = status == 304 && transfer->is_conditional;
    if (*ret_is_not_modified)
        return JWKEEP_OK;
    if (status != 200)
        return refuse_status(error, (unsigned)status);
    if (is_html(content_type))
        return jk_fail_at(error, JWKEEP_TRANSPORT_CONTENT_TYPE, "content-type", "RFC 7517 §8.5",
                          JWKEEP_NO_OFFSET);
    return JWKEEP_OK;
}

/* In TLS 1.3 the server refuses a client after the handshake (RFC 8446 §4.4.2.4): to libcurl
 * that is a failure to receive like any other, but for its words. */
static bool is_alert(const jk_transfer *transfer, CURLcode result) {
    return result == CURLE_RECV_ERROR && strstr(transfer->details, "alert");
}

static jwkeep_code judge_failure(const jk_transfer *transfer, CURLcode result,
                                 jwkeep_error *error) {
    long proxy_status = 0;
    curl_easy_getinfo(transfer->easy, CURLINFO_HTTP_CONNECTCODE, &proxy_status);
    if (proxy_status && proxy_status / 100 != 2)
        return jk_fail_text(error, JWKEEP_TRANSPORT_CONNECT, "the proxy refused", NULL,
                            "RFC 9110 §9.3.6");
    if (result == CURLE_COULDNT_CONNECT && transfer->refusal)
        return jk_fail_text(error, JWKEEP_TRANSPORT_CONNECT, transfer->refusal, NULL, NULL);
    if (is_alert(transfer, result))
        return jk_fail_text(error, JWKEEP_TRANSPORT_TLS, "the server ended the TLS session",
                            NULL, "RFC 8446 §6.2");
    return jk_fail_text(error, name_result(result), curl_easy_strerror(result), NULL, NULL);
}

/* Whoever receives has decided once the head is out, whatever becomes of the rest. */
static jwkeep_code judge_delivery(const jk_transfer *transfer, CURLcode result,
                                  jwkeep_error *error) {
    if (!transfer->is_head_whole && transfer->is_too_large)
        return jk_fail(error, JWKEEP_TRANSPORT_TOO_LARGE);
    if (!transfer->is_head_whole)
        return judge_failure(transfer, result, error);
    return transfer->status / 100 == 2 ? JWKEEP_OK : refuse_status(error, transfer->status);
}

static jwkeep_code judge(const jk_transfer *transfer, CURLcode result,
                         bool *ret_is_not_modified, jwkeep_error *error) {
    if (transfer->is_delivery)
        return judge_delivery(transfer, result, error);
    if (transfer->is_too_large)
        return jk_fail(error, JWKEEP_TRANSPORT_TOO_LARGE);
    if (transfer->is_out_of_memory)
        return jk_fail(error, JWKEEP_OUT_OF_MEMORY);
    if (result != CURLE_OK)
        return judge_failure(transfer, result, error);
    return judge_status(transfer, ret_is_not_modified, error);
}

static jwkeep_span field_of(const jk_transfer *transfer, kept_field field) {
    const kept_text *kept = &transfer->fields[field];
    return kept->is_present ? jwkeep_span_of(kept->text, kept->size) : JWKEEP_SPAN_NONE;
}

static void finish(curl_transport *self, jk_transfer *transfer, CURLcode result) {
    jk_response response = {
        .body = jwkeep_span_of(transfer->body, transfer->body_size),
        .cache = {.cache_control = field_of(transfer, FIELD_CACHE_CONTROL),
                  .age = field_of(transfer, FIELD_AGE),
                  .expires = field_of(transfer, FIELD_EXPIRES),
                  .date = field_of(transfer, FIELD_DATE),
                  .retry_after = field_of(transfer, FIELD_RETRY_AFTER)},
        .etag = field_of(transfer, FIELD_ETAG),
        .last_modified = field_of(transfer, FIELD_LAST_MODIFIED),
        .status = transfer->is_head_whole ? transfer->status : 0,
    };
    (void)judge(transfer, result, &response.is_not_modified, &response.error);
    curl_multi_remove_handle(self->multi, transfer->easy);
    transfer->done(transfer->user, &response);
    free_transfer(transfer);
}

/* Whether there were any. */
static bool finish_all(curl_transport *self) {
    int left;
    bool is_any = false;
    for (CURLMsg *message; (message = curl_multi_info_read(self->multi, &left));) {
        void *transfer = NULL;
        if (message->msg != CURLMSG_DONE)
            continue;
        CURLcode result = message->data.result;
        curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&transfer);
        finish(self, transfer, result);
        is_any = true;
    }
    return is_any;
}

static void run(jk_transport *transport, int64_t wait_ms) {
    curl_transport *self = (curl_transport *)transport;
    int running;
    int wait = (int)(wait_ms > MAX_WAIT_MS ? MAX_WAIT_MS : wait_ms);
    (void)curl_multi_perform(self->multi, &running);
    if (finish_all(self))
        return;
    if (curl_multi_poll(self->multi, NULL, 0, wait, NULL) != CURLM_OK)
        poll(NULL, 0, wait < RETRY_WAIT_MS ? wait : RETRY_WAIT_MS);
    (void)curl_multi_perform(self->multi, &running);
    (void)finish_all(self);
}

static void wake(jk_transport *transport) {
    curl_transport *self = (curl_transport *)transport;
    curl_multi_wakeup(self->multi);
}

static void free_transport(jk_transport *transport) {
    curl_transport *self = (curl_transport *)transport;
    curl_multi_cleanup(self->multi);
    jk_free(self);
}

static const jk_transport_class methods = {start, cancel, run, wake, free_transport};

static pthread_once_t once = PTHREAD_ONCE_INIT;
static CURLcode global_result = CURLE_FAILED_INIT;

static void init_curl(void) {
    global_result = curl_global_init(CURL_GLOBAL_DEFAULT);
}

jwkeep_code jk_transport_curl_new(jk_transport **ret_transport, jwkeep_error *error) {
    if (pthread_once(&once, init_curl) != 0 || global_result != CURLE_OK)
        return jk_fail(error, JWKEEP_SYSTEM_FAILED);
    curl_transport *self = jk_alloc_zeroed(1, sizeof *self);
    if (!self)
        return jk_fail(error, JWKEEP_OUT_OF_MEMORY);
    self->base.methods = &methods;
    self->multi = curl_multi_init();
    if (!self->multi) {
        jk_free(self);
        return jk_fail(error, JWKEEP_OUT_OF_MEMORY);
    }
    /* Out of descriptors, libcurl makes one that cannot be woken, and says so here only. */
    if (curl_multi_wakeup(self->multi) != CURLM_OK) {
        free_transport(&self->base);
        return jk_fail(error, JWKEEP_SYSTEM_FAILED);
    }
    curl_multi_setopt(self->multi, CURLMOPT_MAXCONNECTS, MAX_IDLE_CONNECTIONS);
    *ret_transport = (jk_transport *)self;
    return JWKEEP_OK;
}
